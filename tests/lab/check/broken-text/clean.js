function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { version: b[0] + '.' + b[1] } };
}
