// The minor version has four bits.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 1) {
    return { errors: ['expected 1 byte, got ' + b.length] };
  }
  return { data: { firmware: (b[0] >> 4) + '.' + (b[0] & 0x0f) } };
}
