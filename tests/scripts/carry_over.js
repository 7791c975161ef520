// Tries to carry something from one message to the next. `ways` holds pairs: what is read, and what is done. The
// payload's first byte says which is done; before that every place is read, and again the one of that way afterwards.
// `ways` and `chosen`, their names in order, come after this text.
var topVar;
let topLet;
const topConst = {};
function topFunction() {}
var topPattern = /a/g;
var lastInput;
function caller() { return caller.caller; }
function proto(object) { return Object.getPrototypeOf(object); }
function slot(object, key) { return Object.getOwnPropertyDescriptor(object, key); }
function flags(object, key) {
  var found = slot(object, key);
  return found ? "" + found.writable + found.enumerable + found.configurable : "none";
}
function walk(object) {
  var all = "";
  for (var key in object) all += key + ",";
  return all;
}
function generator() { return proto(function* () {}); }
function arrayIterator() { return proto([].values()); }
function iterator() { return proto(arrayIterator()); }

function look(name, text, input) {
  try { return text(ways[name][0](input)); } catch (error) { return "threw"; }
}
function decodeUplink(input) {
  var join = [].join, text = String, found = [], i = 0, way = chosen[input.bytes[0]], failed = "";
  for (; i < chosen.length; i += 1) found[i] = look(chosen[i], text, input);
  try { ways[way][1].call(this, input); } catch (error) { failed = "threw"; }
  found[i] = failed;
  found[i + 1] = look(way, text, input);
  if (way === "thrown") throw new RangeError(join.call(found, "\n"));
  return { data: { answer: join.call(found, "\n") } };
}
