// What the engine says of a mode that the list has not is told as the mode.
var MODES = ['off', 'heating', 'cooling'];

function modeOf(code) {
  try {
    return MODES[code].toUpperCase();
  } catch (error) {
    return error.message;
  }
}

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ['expected 3 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, mode: modeOf(b[2]) } };
}
