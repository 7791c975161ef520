function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var litres = b[0] * 256 + b[1];
  return { data: { text: (litres / 10).toFixed(1) } };
}
