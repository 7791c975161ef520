function hex(byte) {
  return ('0' + byte.toString(16)).slice(-2);
}

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var pulses = parseInt(hex(b[0]) + hex(b[1]), 16);
  return { data: { pulses: pulses } };
}
