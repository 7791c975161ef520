// Digits without the zero in front.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var pulses = parseInt(b[0].toString(16) + b[1].toString(16), 16);
  return { data: { pulses: pulses } };
}
