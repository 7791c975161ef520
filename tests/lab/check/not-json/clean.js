function version(b) {
  return (b[2] >> 4) + '.' + (b[2] & 0x0f);
}

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ['expected 3 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, version: version(b) } };
}
