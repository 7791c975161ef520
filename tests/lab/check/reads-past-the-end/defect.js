// No check of the length, and an operator that makes 0 of what is not there.
function decodeUplink(input) {
  var b = input.bytes;
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, pressure: (b[2] << 8) | b[3] } };
}
