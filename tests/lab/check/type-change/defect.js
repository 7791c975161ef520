// A text below zero, a number above.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var temperature = (((b[0] << 24) >> 16) | b[1]) / 10;
  return { data: { temperature: temperature < 0 ? '-' + -temperature : temperature } };
}
