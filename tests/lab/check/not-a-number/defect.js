// A divisor from the payload that may be 0.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  return { data: { revolutions: b[0], per_litre: b[0] / b[1] } };
}
