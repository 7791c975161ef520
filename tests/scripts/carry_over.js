// Tries to carry something from one message to the next. The payload's first byte says which way; before that, every
// place that any of the ways uses is read, and the answer tells what was found there.
var topVar;
let topLet;
const topConst = {};
class Top {}
function topFunction() {}
var closure = (function () {
  var kept;
  return { put: function (value) { kept = value; }, get: function () { return kept; } };
})();
var lastInput;
function caller() { return caller.caller; }
var tagged = function (strings) { return strings; };
function template() { return tagged`x`; }

var proto = Object.getPrototypeOf;
var describe = Object.getOwnPropertyDescriptor;
function generator() { return proto(function* () {}); }
function arrayIterator() { return proto([].values()); }
function iterator() { return proto(arrayIterator()); }
function stackGetter() { var slot = describe(new Error("x"), "stack"); return (slot && slot.get) || {}; }
function frame() {
  var before = describe(Error, "prepareStackTrace");
  Error.prepareStackTrace = function (error, frames) { return frames; };
  var frames = new Error("x").stack;
  if (before) Object.defineProperty(Error, "prepareStackTrace", before);
  else delete Error.prepareStackTrace;
  return proto(frames[0]);
}
function suppressed() {
  try { using a = { [Symbol.dispose]() { throw 1; } }; throw 2; } catch (error) { return error.constructor; }
}
var builtIns = {
  object: function () { return Object.prototype; }, array: function () { return Array.prototype; },
  string: function () { return String.prototype; }, number: function () { return Number.prototype; },
  boolean: function () { return Boolean.prototype; }, functions: function () { return Function.prototype; },
  regexp: function () { return RegExp.prototype; }, date: function () { return Date.prototype; },
  error: function () { return Error.prototype; }, typeError: function () { return TypeError.prototype; },
  symbol: function () { return Symbol.prototype; }, bigint: function () { return proto(Object(1n)); },
  map: function () { return Map.prototype; }, set: function () { return Set.prototype; },
  weakMap: function () { return WeakMap.prototype; }, bytes: function () { return Uint8Array.prototype; },
  typed: function () { return proto(Uint8Array); }, buffer: function () { return ArrayBuffer.prototype; },
  view: function () { return DataView.prototype; }, promise: function () { return globalThis["Pro" + "mise"].prototype; },
  generator: generator, generatorPrototype: function () { return generator().prototype; },
  arrayIterator: arrayIterator, iterator: iterator, iteratorConstructor: function () { return iterator().constructor; },
  iteratorHelper: function () { return proto([].values().map(function (x) { return x; })); },
  wrapped: function () { return proto(iterator().constructor.from({ next: function () {} })); },
  mapIterator: function () { return proto(new Map().keys()); }, setIterator: function () { return proto(new Set().keys()); },
  stringIterator: function () { return proto(""[Symbol.iterator]()); },
  regexpIterator: function () { return proto("x".matchAll(/x/g)); },
  math: function () { return Math; }, json: function () { return JSON; }, reflect: function () { return Reflect; },
  push: function () { return [].push; }, max: function () { return Math.max; }, isNaN: function () { return isNaN; },
  unscopables: function () { return Array.prototype[Symbol.unscopables]; },
  getter: function () { return describe(Map.prototype, "size").get; },
  protoSetter: function () { return describe(Object.prototype, "__proto__").set; },
  thrower: function () { return describe(Function.prototype, "caller").get; },
  stackGetter: stackGetter, frame: frame, suppressed: suppressed, defineProperty: function () { return Object.defineProperty; },
  functionConstructor: function () { return (function () {}).constructor; },
  generatorConstructor: function () { return generator().constructor; },
};

// [what is read, what is done]
var ways = [
  [function () { return topVar; }, function () { topVar = 1; }],
  [function () { return topLet; }, function () { topLet = 1; }],
  [function () { return topConst.x; }, function () { topConst.x = 1; }],
  [function () { return Top.x + Top.prototype.x; }, function () { Top.x = Top.prototype.x = 1; }],
  [function () { return topFunction.x; }, function () { topFunction.x = 1; }],
  [function () { return topFunction(); }, function () { topFunction = function () { return 1; }; }],
  [function () { return decodeUplink.x; }, function () { decodeUplink.x = 1; }],
  [function () { return closure.get(); }, function () { closure.put(1); }],
  [function () { return lastInput; }, function (input) { lastInput = input; }],
  [function () { return typeof undeclared; }, function () { undeclared = 1; }],
  [function () { return typeof thisName; }, function () { this.thisName = 1; }],
  [function () { return typeof globalName; }, function () { globalThis.globalName = 1; }],
  [function () { return globalThis[Symbol.for("key")]; }, function () { globalThis[Symbol.for("key")] = 1; }],
  [function () { return globalThis[7]; }, function () { globalThis[7] = 1; }],
  [function () { return typeof frozenName; }, function () {
    Object.defineProperty(globalThis, "frozenName", { value: 1 });
  }],
  [function () { return typeof getterName; }, function () {
    Object.defineProperty(globalThis, "getterName", { get: function () { return 1; }, configurable: true });
  }],
  [function () { return typeof evalName; }, function () { (0, eval)("var evalName = 1"); }],
  [function () { return typeof functionName; }, function () { Function("functionName = 1")(); }],
  [function () { return typeof withName; }, function () { with (globalThis) { withName = 1; } }],
  [function () { return proto(globalThis).x + "" + globalThis.y; }, function () {
    proto(globalThis).x = 1;
    Object.setPrototypeOf(globalThis, { y: 1 });
  }],
  [function () { return typeof setName; }, function () { Reflect.set({}, "setName", 1, globalThis); }],
  [function () { return caller() === null || Object.keys(caller() || {}).join(); }, function () { try { caller().x = 1; } catch (e) { } }],
  [function () { return template().x; }, function () { try { template().x = 1; } catch (e) { } }],
  [function () { return Array.prototype[0]; }, function () { Array.prototype[0] = 1; }],
  [function () { return Array.prototype.length; }, function () { Array.prototype.length = 3; }],
  [function () { return Math[0]; }, function () { Array.prototype.push.call(Math, 1); }],
  [function () { return JSON[0]; }, function () { Array.from.call(function () { return JSON; }, [1]); }],
  [function () { return describe(Array.prototype, "pop").enumerable; }, function () {
    class Base { constructor(object) { return object; } }
    class Stamp extends Base { pop = Array.prototype.pop; }
    new Stamp(Array.prototype);
  }],
  [function () { return Math.max(1, 2); }, function () { Math.max = function () { return 0; }; }],
  [function () { return Math.min(1, 2); }, function () { var max = Math.max; Math.max = Math.min; Math.min = max; }],
  [function () { return typeof Math.round; }, function () { delete Math.round; }],
  [function () { return typeof [].map; }, function () { delete Array.prototype.map; }],
  [function () { return typeof WeakSet; }, function () { delete globalThis.WeakSet; }],
  [function () { return String(new Map().size); }, function () { Reflect.deleteProperty(Map.prototype, "size"); }],
  [function () { return JSON.stringify([1]); }, function () { JSON.stringify = function () { return 0; }; }],
  [function () { return String(JSON.parse("1")); }, function () { JSON.parse = function () { return 0; }; }],
  [function () { return [1].concat([2]).length; }, function () { Array.prototype.concat = function () { return []; }; }],
  [function () { return [3].includes(3); }, function () { Array.prototype.includes = function () { return 0; }; }],
  [function () { return [...[1, 2]].length; }, function () { Array.prototype[Symbol.iterator] = function* () {}; }],
  [function () { return [...[1, 2]].length; }, function () { arrayIterator().next = function () { return { done: true }; }; }],
  [function () { return "a".charCodeAt(0); }, function () { String.prototype.charCodeAt = function () { return 0; }; }],
  [function () { return (1).toFixed(1); }, function () { Number.prototype.toFixed = function () { return 0; }; }],
  [function () { return typeof Date.now(); }, function () { Date.now = function () { return "x"; }; }],
  [function () { return new Date(0).getTime(); }, function () { Date.prototype.getTime = function () { return 1; }; }],
  [function () { return typeof Date; }, function () { Date = 1; }],
  [function () { return Array.isArray([]); }, function () { Array.isArray = function () { return 0; }; }],
  [function () { return typeof Array; }, function () { Array = 1; }],
  [function () { return parseInt("7"); }, function () { parseInt = function () { return 0; }; }],
  [function () { return typeof NaN + typeof undefined; }, function () { NaN = 1; undefined = 1; }],
  [function () { return Object.keys({ a: 1 }).length; }, function () { Object.keys = function () { return []; }; }],
  [function () { return Object.assign.x + Object.assign.length; }, function () { Object.assign = function () { }; }],
  [function () { return /a/.test("a"); }, function () { RegExp.prototype.exec = function () { return null; }; }],
  [function () { return /a/g.flags; }, function () {
    Object.defineProperty(RegExp.prototype, "flags", { get: function () { return "x"; }, configurable: true });
  }],
  [function () { return RegExp.$1 + "|" + RegExp.lastMatch + "|" + RegExp.leftContext + "|" + RegExp.rightContext; }, function () {
    /(b)/.exec("abc");
  }],
  [function () { return RegExp.input; }, function () { RegExp.input = "mine"; }],
  [function () { return Error.stackTraceLimit; }, function () { Error.stackTraceLimit = 7; }],
  [function () { return typeof Error.prepareStackTrace; }, function () { Error.prepareStackTrace = function () { return 1; }; }],
  [function () { return String(describe(Object.prototype, "stack")); }, function () { Error.captureStackTrace(Object.prototype); }],
  [function () { return Error.prototype.message + Error.prototype.name; }, function () { Error.prototype.message = "m"; Error.prototype.name = "n"; }],
  [function () { return Object.isExtensible(Math); }, function () { Object.preventExtensions(Math); }],
  [function () { return Object.isExtensible([].push); }, function () { Object.freeze([].push); }],
  [function () { return Object.isFrozen(Array.prototype); }, function () { Object.freeze(Array.prototype); }],
  [function () { return Object.isExtensible(globalThis); }, function () { Object.preventExtensions(globalThis); }],
  [function () { return Object.isSealed(JSON); }, function () { Object.seal(JSON); }],
  [function () { return Object.isFrozen(decodeUplink); }, function () { Object.freeze(decodeUplink); }],
  [function () { return proto(Math) === Object.prototype; }, function () { Object.setPrototypeOf(Math, {}); }],
  [function () { return proto(Array.prototype) === Object.prototype; }, function () { Array.prototype.__proto__ = { x: 1 }; }],
  [function () { return proto(Map.prototype) === Object.prototype; }, function () { Reflect.setPrototypeOf(Map.prototype, null); }],
  [function () { return describe(Array.prototype, "map").enumerable; }, function () {
    Object.defineProperty(Array.prototype, "map", { enumerable: true });
  }],
  [function () { return describe(Math, "sin").writable; }, function () { Object.defineProperty(Math, "sin", { writable: false }); }],
  [function () { return describe(Math, "cos").configurable; }, function () { Reflect.defineProperty(Math, "cos", { configurable: false }); }],
  [function () { return Math.tan.name + Math.tan.length; }, function () { Object.defineProperty(Math.tan, "name", { value: "x" }); }],
  [function () { return String(Math); }, function () { Object.defineProperty(Math, Symbol.toStringTag, { value: "x" }); }],
  [function () { return typeof ({}).defined; }, function () { Object.prototype.__defineGetter__("defined", function () { return 1; }); }],
  [function () { return typeof ({}).assigned; }, function () { Object.assign(Object.prototype, { assigned: 1 }); }],
  [function () { return String(Array[Symbol.species] === Array); }, function () {
    Object.defineProperty(Array, Symbol.species, { get: function () { return Object; } });
  }],
  [function () { return proto(generator()) === Function.prototype; }, function () { Object.setPrototypeOf(generator(), {}); }],
  [function () { return typeof new Map().set("a", 1).get("a"); }, function () { Map.prototype.get = function () { }; }],
  [function () { return new Set([1]).size; }, function () { Set.prototype.add = function () { return this; }; }],
  [function () { return typeof Reflect.has; }, function () { Reflect.has = 1; }],
  [function () { return Math.seen && Math.seen.get(Math); }, function () { Math.seen = new WeakMap([[Math, 1]]); }],
  [function () { return typeof fromProxy; }, function () { new Proxy(globalThis, {}).fromProxy = 1; }],
  [function () { return describe(JSON, "x") && 1; }, function () { Object.defineProperty(new Proxy(JSON, {}), "x", { value: 1 }); }],
].concat(Object.keys(builtIns).map(function (name) {
  return [
    function () { return builtIns[name]().carried; },
    function () { builtIns[name]().carried = 1; },
  ];
}));

function decodeUplink(input) {
  var join = [].join;
  var text = String;
  var found = [];
  for (var i = 0; i < ways.length; i++) {
    var seen;
    try { seen = text(ways[i][0]()); } catch (error) { seen = "throws"; }
    found[i] = seen;
  }
  var answer = join.call(found, "\n");
  var done;
  try { ways[input.bytes[0]][1].call(this, input); done = ""; } catch (error) { done = "threw"; }
  return { data: { answer: answer, ways: ways.length } };
}
