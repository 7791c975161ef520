"""Formatters to measure with: 6 kB with lookup tables, and the same with polyfills that run every time."""

TABLES = "".join(
    f'var TABLE_{i} = {{ code: {i}, label: "state {i}", limits: [{i}, {i + 1}, {i + 2}] }};\n' for i in range(70)
)
NAME = """function name{i}(code) {{
  switch (code) {{ case 0: return "idle"; case 1: return "run {i}"; default: return "?"; }}
}}
"""
NAMES = "".join(NAME.format(i=i) for i in range(18))
DECODER = """
function signed(high, low) {
  var value = (high << 8) | low;
  return value > 32767 ? value - 65536 : value;
}
function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  data.temperature = signed(b[0], b[1]) / 100;
  data.humidity = b[2] / 2;
  data.battery = ((b[3] << 8) | b[4]) / 1000;
  data.mode = TABLE_5.label;
  data.state = name3(b[5] & 1);
  data.counter = ((b[6] << 24) | (b[7] << 16) | (b[8] << 8) | b[9]) >>> 0;
  data.low_battery = (b[10] & 1) === 1;
  data.level = TABLE_7.limits[b[11] % 3];
  return { data: data };
}
"""
POLYFILLS = """
Object.assign = function (target) {
  for (var i = 1; i < arguments.length; i++) {
    for (var key in arguments[i]) { target[key] = arguments[i][key]; }
  }
  return target;
};
Array.prototype.readInt8 = function (offset) {
  return this[offset] > 127 ? this[offset] - 256 : this[offset];
};
Number.prototype.round = function (digits) {
  return +(Math.round(this + "e+" + digits) + "e-" + digits);
};
"""
FORMATTER = TABLES + NAMES + DECODER
POLYFILLING = POLYFILLS + FORMATTER
