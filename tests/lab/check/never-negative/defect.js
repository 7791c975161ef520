// The sign is forgotten.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { temperature: ((b[0] << 8) | b[1]) / 10 } };
}
