// No network calls a function of this name.
function decodeUpLink(input) {
  var b = input.bytes;
  return b.length === 1 ? { data: { level: b[0] } } : { errors: ['expected 1 byte'] };
}
