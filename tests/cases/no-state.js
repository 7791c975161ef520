// Scripts that try to carry something from one message to the next. Each function returns what it finds of an earlier
// run, as a text, and then leaves its mark; `observe` says what anybody may notice.

var topVar;
let topLet = 0;
topVar = (topVar || 0) + 1;
topLet += 1;
function Klass() {}
var counter = 0;
function tag(strings) { return strings; }
function template() { return tag`one${1}two`; }
var makers = { g: function* () { yield 1; }, later: null };

function has(object, key) { return {}.hasOwnProperty.call(object, key); }
function attempt(read) {
  try { return "" + read(); } catch (error) { return "!" + error; }
}
function flags(object, key) {
  var slot = Object.getOwnPropertyDescriptor(object, key);
  return slot ? "" + slot.writable + slot.enumerable + slot.configurable : "none";
}
function observe() {
  return attempt(function () { return typeof leaked + typeof topAssigned + typeof leakedGetter; }) +
    attempt(function () { var all = ""; for (var key in {}) all += key; return all; }) +
    attempt(function () { var all = ""; for (var key in [5]) all += key; return all; }) +
    attempt(function () { return Object.keys(Math).length + Object.keys(Array.prototype).length; }) +
    attempt(function () { return Object.getOwnPropertyNames(String.prototype).includes("carried"); }) +
    attempt(function () { return [3, 1, 2].map(String).sort().join("-") + [1, [2]].concat(4).indexOf(4); }) +
    attempt(function () { return JSON.stringify({ a: [1, { b: "c" }], d: new Date(0) }) + JSON.parse("[1]").length; }) +
    attempt(function () { return /a(b)/.exec("xab")[1] + "abc".replace(/b/g, "-") + "a,b".split(",").length; }) +
    attempt(function () { return Math.round(2.5) + Math.max(1, 2) + parseInt("12", 10) + (255).toString(16); }) +
    attempt(function () { return new Uint8Array([1, 2]).reduce(function (a, b) { return a + b; }, 0); }) +
    attempt(function () { return new Error("x").message + Error.stackTraceLimit; }) +
    attempt(function () { return [...new Set([1, 1, 2])].length + [...new Map([[1, 2]])][0][1]; }) +
    attempt(function () { return [...makers.g()].length + Object.isExtensible(Math) + Klass.name; });
}
function decodeUplink(input) {
  var before = observe();
  var seen = CARRIERS[input.bytes[0]](input);
  return { data: { text: seen + "|" + before + "|" + observe() } };
}

function topLevelNames() { var seen = topVar + "," + topLet + "," + counter; topVar = 9; topLet = 9; counter = 9; return seen; }
function undeclaredName() { var seen = typeof leaked; leaked = 1; return seen; }
function ofThis() { var seen = typeof this.ofThisMark + attempt(function () { return typeof this.sloppyMark; }); (function () { this.sloppyMark = 1; })(); this.ofThisMark = 1; return seen; }
function ofGlobalThis() { var seen = "markOfGlobal" in globalThis; globalThis.markOfGlobal = 1; globalThis[Symbol.for("mark")] = 1; return seen + "," + Object.getOwnPropertySymbols(globalThis).includes(Symbol.for("mark")) + (typeof topAssigned); }
function globalSymbol() { var key = Symbol.for("kept"), seen = has(globalThis, key); globalThis[key] = 1; return seen; }
function replacedGlobal() { var seen = typeof parseFloat("1.5") + parseInt("7"); parseInt = function () { return 8; }; isNaN = 3; return seen; }
function objectPrototype() { var seen = typeof {}.carried; Object.prototype.carried = "o"; return seen; }
function arrayPrototype() { var seen = typeof [].carried + [].length; Array.prototype.carried = 1; Array.prototype.push = function () { return 99; }; return seen + [].push(1); }
function arrayIndex() { var seen = [, 1][0]; Array.prototype[0] = "hole"; return "" + seen; }
function stringPrototype() { var seen = typeof "".carried + "a".trim(); String.prototype.carried = 1; String.prototype.trim = function () { return "no"; }; return seen; }
function numberPrototype() { var seen = typeof (1).carried + (1.25).toFixed(1); Number.prototype.carried = 1; Number.prototype.toFixed = function () { return "f"; }; return seen; }
function functionPrototype() { var seen = typeof Klass.carried; Function.prototype.carried = 1; Function.prototype.extra = function () {}; return seen; }
function regExpPrototype() { var seen = typeof /x/.carried + /b/.test("abc"); RegExp.prototype.carried = 1; RegExp.prototype.test = function () { return "t"; }; return seen; }
function errorPrototype() { var seen = new Error("m") + typeof Error.prototype.carried; Error.prototype.name = "Changed"; Error.prototype.carried = 1; TypeError.prototype.message = "kept"; return seen + new TypeError(); }
function datePrototype() { var seen = new Date(0).getTime() + typeof Date.prototype.carried; Date.prototype.getTime = function () { return 5; }; Date.prototype.carried = 1; Date.UTC = function () { return 4; }; return seen + Date.UTC(1970, 0); }
function symbolOnBuiltIn() { var key = Symbol.for("here"), seen = has(Array, key) + "," + has(Math, key) + "," + has(Object.keys, key); Array[key] = 1; Math[key] = 1; Object.keys[key] = 1; return seen; }
function propertyOfFunction() { var seen = typeof parseFloat.note + typeof JSON.note + typeof Array.isArray.note; parseFloat.note = 1; JSON.note = 1; Array.isArray.note = 1; return seen; }
function patchedMath() { var seen = Math.floor(1.5) + Math.PI; Math.floor = function () { return -1; }; Math.round = function () { return -2; }; return seen; }
function patchedJson() { var seen = JSON.stringify([1]); JSON.stringify = function () { return "patched"; }; JSON.parse = function () { return "long text"; }; return seen; }
function toJson() { var seen = typeof {}.toJSON; Object.prototype.toJSON = function () { return "own"; }; return seen; }
function regExpStatics() { var seen = RegExp.$1 + "," + RegExp.lastMatch + "," + RegExp["$`"] + "," + RegExp["$+"] + "," + RegExp.input; /k(e)(p)t/.exec("well kept thing"); return seen; }
function regExpLast() { var pattern = /a/g, seen = pattern.lastIndex; pattern.test("aaa"); pattern.note = 1; (function () { RegExp.input = "set"; })(); return seen + RegExp.lastParen.length; }
function stackLimit() { var seen = Error.stackTraceLimit; Error.stackTraceLimit = 1; return seen; }
function prepareStack() { var seen = typeof Error.prepareStackTrace + typeof new Error("a").stack; Error.prepareStackTrace = function () { return 7; }; return seen + new Error("b").stack; }
function preventExtensions() { var seen = Object.isExtensible(Reflect); Object.preventExtensions(Reflect); return seen; }
function freezeNamespace() { var seen = Object.isFrozen(JSON); Object.freeze(JSON); JSON.late = 1; return seen + typeof JSON.late; }
function linkOfBuiltIn() { var seen = Object.getPrototypeOf(Math) === Object.prototype; Object.setPrototypeOf(Math, { inherited: 1 }); return seen + "," + Math.inherited; }
function linkByProto() { var seen = Array.prototype.__proto__ === Object.prototype; Array.prototype.__proto__ = { fromAbove: 1 }; return seen + "," + [].fromAbove; }
function attributes() { var seen = flags(Math, "abs") + flags(Array.prototype, "map"); Object.defineProperty(Math, "abs", { enumerable: true }); Object.defineProperty(Array.prototype, "map", { writable: false, enumerable: true }); return seen; }
function accessorOnBuiltIn() { var seen = flags(Number.prototype, "toPrecision"), kept = 0; Object.defineProperty(Number.prototype, "toPrecision", { get: function () { kept += 1; return kept; } }); return seen + (5).toPrecision; }
function setterOnPrototype() { var seen = [].caught; Object.prototype.__defineSetter__("caught", function (value) { topVar = value; }); ({}).caught = 1; return seen + "," + topVar; }
function deletedGlobal() { var seen = typeof escape + typeof unescape; delete globalThis.escape; delete globalThis.unescape; return seen; }
function deletedMethod() { var seen = typeof [].map + typeof Math.max + typeof "".split; delete Array.prototype.map; delete Math.max; delete String.prototype.split; return seen; }
function reorderedKeys() { var first = Object.getOwnPropertyNames(Number)[3]; var keep = Number[first]; delete Number[first]; Number[first] = keep; return first; }
function closureOverInput(input) { var seen = typeof Klass.keep + typeof input.keep + input.bytes.length + typeof input.bytes.keep; Klass.keep = function () { return input; }; input.keep = 1; input.bytes.keep = 1; input.bytes.push(7); return seen; }
function generatorPrototype() { var proto = Object.getPrototypeOf(makers.g), seen = typeof proto.carried + typeof makers.g.carried + [...makers.g()]; proto.carried = 1; proto.prototype.next = function () { return { done: true }; }; return seen; }
function typedArrayPrototype() { var proto = Object.getPrototypeOf(Uint8Array.prototype), seen = typeof proto.carried + new Uint8Array([4]).reduce(function (a, b) { return a + b; }); proto.carried = 1; proto.reduce = function () { return 0; }; return seen; }
function arrayIterator() { var proto = Object.getPrototypeOf([][Symbol.iterator]()), seen = [...[1, 2]].length + typeof proto.carried; proto.next = function () { return { done: true }; }; proto.carried = 1; return seen; }
function iteratorRoot() { var proto = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), seen = typeof proto.carried + typeof new Set().values().carried; proto.carried = 1; Set.prototype[Symbol.iterator] = Array.prototype[Symbol.iterator]; return seen; }
function stringIterator() { var proto = Object.getPrototypeOf(""[Symbol.iterator]()), matches = Object.getPrototypeOf("x".matchAll(/x/g)), seen = typeof proto.carried + typeof matches.carried; proto.carried = 1; matches.carried = 1; return seen; }
function templateObject() { var object = template(), seen = typeof object.raw.length + Object.isFrozen(object) + (Klass.template === object); Klass.template = object; var known = globalThis.templates; globalThis.templates = new WeakSet([object]); return seen + (known ? known.has(object) : "new"); }
function weakKeyed() { var known = Klass.known || Array.weakMarks, seen = known ? known.get(Object.prototype) : "none"; var map = new WeakMap([[Object.prototype, 1], [decodeUplink, 2]]); Array.weakMarks = map; return seen; }
function madeByEval() { var seen = typeof evalMade + typeof functionMade + typeof evalKept; (0, eval)("var evalMade = 1; function functionMade() {}"); eval("evalKept = 2"); return seen; }
function madeByFunction() { var seen = typeof byFunction + typeof byFunctionThis; Function("byFunction = 1; this.byFunctionThis = 2")(); return seen; }
function indirectLexical() { var seen = attempt(function () { return (0, eval)("typeof lexical"); }); attempt(function () { return (0, eval)("let lexical = 1; lexical"); }); return seen; }
function getterOnGlobal() { var seen = typeof leakedGetter, count = 0; Object.defineProperty(globalThis, "leakedGetter", { get: function () { count += 1; return count; }, configurable: true }); return seen + leakedGetter; }
function lockedGlobal() { var seen = typeof lockedMark; Object.defineProperty(globalThis, "lockedMark", { value: 1 }); return seen; }
function aboveGlobal() { var above = Object.getPrototypeOf(globalThis), seen = attempt(function () { return typeof above.carriedAbove; }); attempt(function () { "use strict"; Object.getPrototypeOf(above).carriedAbove = 1; }); return seen + typeof carriedAbove; }
function symbolRegistry() { var key = Symbol.for("counted"), proto = Symbol.prototype, seen = typeof key.carried + typeof Boolean.prototype.carried; proto.carried = 1; Boolean.prototype.carried = 1; Object.getPrototypeOf(1n).carried = 1; return seen + typeof 1n.carried; }
function speciesOfArray() { var seen = [1].map(function (x) { return x; }).constructor === Array; Array.prototype.constructor = { [Symbol.species]: Klass }; return seen; }
function throwsOnTheWay() { var seen = typeof Math.thrown + typeof [].thrown; Math.thrown = 1; Array.prototype.thrown = 1; throw new RangeError("seen " + seen); }
function proxiedBuiltIn() { var seen = typeof Object.viaProxy; var proxy = new Proxy(Object, {}); Object.defineProperty(proxy, "viaProxy", { value: 1, configurable: true }); proxy.assigned = 1; return seen + typeof Object.assigned; }
function derivedField() { class Base { constructor(given) { return given; } } class Marked extends Base { derived = 1; } var seen = has(Array.from, "derived"); attempt(function () { return typeof new Marked(Array.from); }); return seen; }
