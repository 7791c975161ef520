// A check of the length that throws.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    throw new Error('expected 2 bytes, got ' + b.length);
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10 } };
}
