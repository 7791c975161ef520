function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var count = b[0] * 256 + b[1];
  return { data: { count: count } };
}
