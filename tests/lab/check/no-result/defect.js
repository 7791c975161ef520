// Nothing is returned for other ports.
function decodeUplink(input) {
  var b = input.bytes;
  if (input.fPort === 1) {
    if (b.length !== 2) {
      return { errors: ['expected 2 bytes, got ' + b.length] };
    }
    return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10 } };
  }
}
