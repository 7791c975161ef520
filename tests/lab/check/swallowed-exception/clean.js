var MODES = ['off', 'heating', 'cooling'];

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ['expected 3 bytes, got ' + b.length] };
  }
  if (b[2] >= MODES.length) {
    return { errors: ['mode ' + b[2] + ' is unknown'] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, mode: MODES[b[2]].toUpperCase() } };
}
