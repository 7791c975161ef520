function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  if (b[1] === 0) {
    return { errors: ['expected some litres, got none'] };
  }
  return { data: { revolutions: b[0], per_litre: b[0] / b[1] } };
}
