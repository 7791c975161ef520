// One less than 65536 is taken away.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var value = (b[0] << 8) | b[1];
  if (value > 0x7fff) {
    value -= 0xffff;
  }
  return { data: { temperature: value / 10 } };
}
