// The high byte is shifted by seven bits.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { pressure: (b[0] << 7) | b[1] } };
}
