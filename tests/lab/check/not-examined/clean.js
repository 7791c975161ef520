function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  if (b[1] === 0) {
    return { errors: ['expected a step, got 0'] };
  }
  var due = 0;
  while (due < b[0]) {
    due += b[1];
  }
  return { data: { due: due } };
}

function encodeDownlink(input) {
  var step = input.data.step;
  if (!(step >= 1 && step <= 255)) {
    return { errors: ['step: 1 to 255 was expected'] };
  }
  return { bytes: [Math.round(step)], fPort: 1 };
}
