function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var r = b.slice().reverse();
  return { data: { temperature: (((r[0] << 24) >> 16) | r[1]) / 10 } };
}
