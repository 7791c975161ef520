// As many readings as the payload says, which it does not hold.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var readings = [];
  for (var i = 0; i < b[0] * 16; i++) {
    readings.push({ index: i, value: b[1] });
  }
  return { data: { readings: readings } };
}
