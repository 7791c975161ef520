function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 4) {
    return { errors: ['expected 4 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, pressure: (b[2] << 8) | b[3] } };
}
