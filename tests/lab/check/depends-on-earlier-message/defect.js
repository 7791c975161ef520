// A difference from the message before.
var before = 0;

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 2) {
    return { errors: ['expected 2 bytes, got ' + b.length] };
  }
  var count = b[0] * 256 + b[1];
  var more = count - before;
  before = count;
  return { data: { count: count, more: more } };
}
