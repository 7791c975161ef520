// What follows an unknown channel is left out, and be it everything.
function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  for (var at = 0; at + 3 <= b.length; at += 3) {
    if (b[at] !== 1) {
      break;
    }
    data.battery_mv = (b[at + 1] << 8) | b[at + 2];
  }
  return { data: data };
}
