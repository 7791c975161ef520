// The driver: everything of octavo that runs inside the isolate. Its files are the body of one function,
//
//   (function (shared) { "use strict"; builtins.js data.js bytes.js console.js realm.js putback.js watching.js flow.js })
//
// put together by the worker; there are no modules inside V8, and nothing but a closure is out of a script's reach.
//
// The driver re-instantiates the user's script for every message (a closure costs nothing once V8 has compiled it),
// calls the function that the dialect's table names, converts the result by the table's rules and gives JSON text.
// It trusts nothing: built-ins are saved before any user code, its own data are null-prototype objects, strings and
// numbers, and no array method, spread, destructuring or for-of runs on anything a script could have patched.
//
// Nothing may pass from one message to another. The realm is photographed when it is new; each message is followed by
// a look at it and each batch by a thorough one (`verify`). What a script changes is put back and learned, so that from
// then on it is put back after each message; what cannot be put back makes the realm lost, and the worker takes another.

// ---- built-ins, saved before any user code -----------------------------------------------------------------------

const { apply, ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty, getPrototypeOf, setPrototypeOf,
  isExtensible, has: reflectHas, get: reflectGet, set: reflectSet, construct } = Reflect;
const { create, freeze, keys: objectKeys, getOwnPropertySymbols, is: same } = Object;
const hasOwn = Object.hasOwn;
const global = globalThis;
const indirectEval = eval;
const parse = JSON.parse;
const stringify = JSON.stringify;
const isArray = Array.isArray;
const isError = Error.isError;
const ArrayPrototype = Array.prototype;
const includes = String.prototype.includes;
const toText = String;
const { trunc, floor, imul } = Math;
const ObjectPrototype = Object.prototype;
const PromisePrototype = Promise.prototype;
const RealDate = Date;
const now = Date.now;
const NumberObject = Number;
const SymbolIterator = Symbol.iterator;
const BytesConstructor = Uint8Array;
const SetConstructor = Set;
const MapConstructor = Map;
const SymbolMatchAll = Symbol.matchAll;
const ProxyConstructor = Proxy;
const ErrorConstructor = Error;
const ReferenceErrorConstructor = ReferenceError;
const IteratorConstructor = Iterator;
const BigIntPrototype = BigInt.prototype;
const SymbolPrototype = Symbol.prototype;
const AggregatePrototype = AggregateError.prototype;
const SuppressedPrototype = SuppressedError.prototype;
const charCode = String.prototype.charCodeAt;
const lowerCase = String.prototype.toLowerCase;
const sortList = Array.prototype.sort;
const wellFormed = String.prototype.toWellFormed;
const objectToString = Object.prototype.toString;
const regExpExec = RegExp.prototype.exec;
const symbolText = getOwnPropertyDescriptor(Symbol.prototype, "description").get;
const numberValue = Number.prototype.valueOf;
const booleanValue = Boolean.prototype.valueOf;
const stringValue = String.prototype.valueOf;
const dateValue = Date.prototype.getTime;
const dateUtc = Date.UTC;
const dateParse = Date.parse;
const dateIso = Date.prototype.toISOString;
const mapGet = Map.prototype.get;
const mapSet = Map.prototype.set;
const setHas = Set.prototype.has;
const setAdd = Set.prototype.add;
const setDelete = Set.prototype.delete;
const setSize = getOwnPropertyDescriptor(Set.prototype, "size").get;
const mapSize = getOwnPropertyDescriptor(Map.prototype, "size").get;
const setValues = Set.prototype.values;
const mapEntries = Map.prototype.entries;
const setNext = getPrototypeOf(new Set().values()).next;
const mapNext = getPrototypeOf(new Map().entries()).next;
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const typedTag = getOwnPropertyDescriptor(TypedArrayPrototype, Symbol.toStringTag).get;
const typedLength = getOwnPropertyDescriptor(TypedArrayPrototype, "length").get;
const typedBuffer = getOwnPropertyDescriptor(TypedArrayPrototype, "buffer").get;
const typedOffset = getOwnPropertyDescriptor(TypedArrayPrototype, "byteOffset").get;
const typedByteLength = getOwnPropertyDescriptor(TypedArrayPrototype, "byteLength").get;
const viewBuffer = getOwnPropertyDescriptor(DataView.prototype, "buffer").get;
const viewOffset = getOwnPropertyDescriptor(DataView.prototype, "byteOffset").get;
const viewByteLength = getOwnPropertyDescriptor(DataView.prototype, "byteLength").get;
const bufferByteLength = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;

const progress = new Int32Array(shared); // [0]: index of the running message, read by another thread of the worker

const table = (object) => {
  const copy = create(null);
  const names = ownKeys(object);
  for (let i = 0; i < names.length; i += 1) copy[names[i]] = object[names[i]];
  return copy;
};

// A property's descriptor, which lacks what it lacks: nobody's `Object.prototype.get` shows through.
const slotOf = (object, name) => {
  const slot = getOwnPropertyDescriptor(object, name);
  if (slot !== undefined) setPrototypeOf(slot, null);
  return slot;
};

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

// Runs `get` on `value` and tells whether it is of the kind that `get` works on.
const branded = (get, value) => {
  try {
    apply(get, value, []);
    return true;
  } catch {
    return false;
  }
};

// ---- failures: values, thrown and caught inside the driver only --------------------------------------------------

// Fields are defined, not assigned, so that no setter on Object.prototype takes them; told from whatever else is
// thrown by a private field, since `instanceof` would run the trap of a proxy.
class Failure {
  #ours = true;
  name;
  message;
  cause;
  place;
  constructor(name, message, cause, place) {
    this.name = name;
    this.message = message;
    this.cause = cause;
    this.place = place;
  }
  static is(error) {
    return typeof error === "object" && error !== null && #ours in error;
  }
}
const isFailure = Failure.is;
const outputFailure = (cause) => new Failure("output", "", cause);

// A thrown value as text, whatever its toString does.
const thrownText = (error) => {
  try {
    return toText(error);
  } catch {
    return "uncaught exception";
  }
};
const stackText = (error) => {
  try {
    const stack = typeof error === "object" && error !== null ? error.stack : "";
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
};
const clip = (text, most) => {
  if (text.length <= most) return text;
  let out = "";
  for (let i = 0; i < most; i += 1) out += text[i];
  return out + "…";
};
const quote = (text) => stringify(apply(wellFormed, text, []));

const failureJson = (error) => {
  if (isFailure(error)) {
    return `"e":[${quote(error.name)},${quote(error.message)},${error.cause === undefined ? "null" : quote(error.cause)},${quote(error.place === undefined ? "" : error.place)}]`;
  }
  const text = clip(thrownText(error), 4096);
  const name = text === "RangeError: Array buffer allocation failed" ? "limit_memory" : "script";
  return `"e":[${quote(name)},${quote(text)},null,${quote(clip(stackText(error), 4096))}]`;
};
