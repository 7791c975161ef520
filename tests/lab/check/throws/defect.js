// A mode that the list has not.
var MODES = ['off', 'heating', 'cooling'];

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ['expected 3 bytes, got ' + b.length] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, mode: MODES[b[2]].toUpperCase() } };
}
