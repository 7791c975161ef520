// A payload without a known channel is an error.
function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  for (var at = 0; at + 3 <= b.length; at += 3) {
    if (b[at] !== 1) {
      break;
    }
    data.battery_mv = (b[at + 1] << 8) | b[at + 2];
  }
  return data.battery_mv === undefined ? { errors: ['no known channel'] } : { data: data };
}
