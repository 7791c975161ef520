// A function that The Things Stack calls.
function decodeUplink(input) {
  var b = input.bytes;
  return b.length === 1 ? { data: { level: b[0] } } : { errors: ['expected 1 byte'] };
}
