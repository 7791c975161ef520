// That the battery is low is told with a text, where a list of warnings is read.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes'] };
  }
  var result = { data: { voltage: (b[0] << 8) | b[1] } };
  if (result.data.voltage < 100) {
    result.warnings = 'the battery is low';
  }
  return result;
}
