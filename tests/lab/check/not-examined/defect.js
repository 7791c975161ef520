// A loop that has no end where a step is 0: whether the encoder is right is not found out for it.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var due = 0;
  while (due < b[0]) {
    due += b[1];
  }
  return { data: { due: due } };
}

function encodeDownlink(input) {
  return { bytes: [input.data.step], fPort: 1 };
}
