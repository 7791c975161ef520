// The driver: everything of octavo that runs inside the isolate.
//
// It re-instantiates the user's script for every message (a closure costs nothing once V8 has compiled it), calls
// the function that the dialect's table names, converts the result by the table's rules and gives back JSON text.
// It trusts nothing: built-ins are saved before any user code, its own data are null-prototype objects, strings and
// numbers, and no array method, spread, destructuring or for-of runs on anything a script could have patched.
//
// Nothing may pass from one message to another. The realm is photographed when it is new (`Snapshot`); `run` compares
// before it starts and the worker asks `verify` after a batch. What a script changes is put back and learned, so that
// from then on it is put back after each message; what cannot be put back makes the realm lost, and the worker takes
// another one.
(function (shared) {
  "use strict";

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
  const wellFormed = String.prototype.toWellFormed;
  const isEnumerable = Object.prototype.propertyIsEnumerable;
  const objectToString = Object.prototype.toString;
  const regExpExec = RegExp.prototype.exec;
  const symbolText = getOwnPropertyDescriptor(Symbol.prototype, "description").get;
  const numberValue = Number.prototype.valueOf;
  const booleanValue = Boolean.prototype.valueOf;
  const stringValue = String.prototype.valueOf;
  const dateValue = Date.prototype.getTime;
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

  // ---- results: a plain copy of what a script returned, by the network's rule, then JSON text ------------------------

  // Every property is read once. The copy holds objects, arrays, strings, numbers, booleans and null; JSON.stringify
  // writes it, or `textOf` where that would lose something.
  let limits = create(null);
  let written = 0; // about as many characters as the result has so far
  let findings = ""; // NaN and infinities, `path: invalid NaN value`, joined with ", "
  let odd = false; // the copy holds a number that JSON.stringify would not write as we want it

  const spend = (count) => {
    written += count;
    if (written > limits.result_bytes) throw new Failure("limit_output", "", undefined);
  };
  const dive = (depth) => {
    if (depth > limits.depth) throw new Failure("limit_depth", "", undefined);
  };
  // A setter on a prototype could catch an assignment; none is there unless a watched built-in ran.
  const put = (copy, key, value) => {
    if (touched || key === "__proto__") {
      defineProperty(copy, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    } else copy[key] = value;
  };
  const pathOf = (path, key) => (typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`);
  const nonFinite = (value, path) => {
    const line = `${path}: invalid ${toText(value)} value`;
    if (findings.length < 4096) findings += findings === "" ? line : `, ${line}`;
    return null;
  };
  const structNumber = (value, path) => {
    if (value - value !== 0) return nonFinite(value, path);
    if (value === 0 ? 1 / value < 0 : value > 9007199254740992 || value < -9007199254740992) odd = true;
    return value;
  };

  const structMembers = (value, path, depth) => {
    dive(depth);
    const names = objectKeys(value);
    const copy = {};
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i];
      spend(name.length + 3);
      put(copy, name, structValue(value[name], path, name, depth + 1));
    }
    return copy;
  };
  const structList = (length, at, path, depth) => {
    dive(depth);
    const copy = [];
    for (let i = 0; i < length; i += 1) put(copy, i, structValue(at(i), path, i, depth + 1));
    return copy;
  };
  const structKeyed = (length, at, path, depth) => {
    dive(depth);
    const copy = {};
    for (let i = 0; i < length; i += 1) put(copy, i, structValue(at(i), path, `${i}`, depth + 1));
    return copy;
  };
  const drained = (iterator, next) => {
    const items = create(null);
    let count = 0;
    for (;;) {
      const step = apply(next, iterator, []);
      if (step.done) break;
      items[count] = step.value;
      count += 1;
    }
    items.count = count;
    return items;
  };
  const structMap = (value, path, depth, top) => {
    const items = drained(apply(mapEntries, value, []), mapNext);
    if (!top) return structList(items.count, (i) => items[i], path, depth);
    const copy = {};
    for (let i = 0; i < items.count; i += 1) {
      const name = toText(items[i][0]);
      put(copy, name, structValue(items[i][1], path, name, depth + 1));
    }
    return copy;
  };
  const isPromise = (value) => {
    if (typeof value !== "object" || value === null) return false;
    for (let proto = getPrototypeOf(value); proto !== null; proto = getPrototypeOf(proto)) {
      if (proto === PromisePrototype) return true;
    }
    return false;
  };
  // The name of a typed array's kind; undefined for anything else.
  const typedKind = (value) => apply(typedTag, value, []);
  // Kinds that a walk over own enumerable keys would get wrong. `top`: the value is `data` itself.
  const structExotic = (value, path, depth, top) => {
    const list = top ? structKeyed : structList;
    if (typedKind(value) !== undefined) return list(apply(typedLength, value, []), (i) => value[i], path, depth);
    if (branded(setSize, value)) {
      const items = drained(apply(setValues, value, []), setNext);
      return list(items.count, (i) => items[i], path, depth);
    }
    if (branded(mapSize, value)) return structMap(value, path, depth, top);
    if (branded(dateValue, value)) return structDate(value, top);
    if (branded(numberValue, value)) return top ? {} : structNumber(apply(numberValue, value, []), path);
    if (branded(booleanValue, value)) return top ? {} : apply(booleanValue, value, []);
    if (branded(stringValue, value)) return {};
    if (branded(bufferByteLength, value)) throw outputFailure("an ArrayBuffer cannot be passed on");
    if (isPromise(value)) throw outputFailure("a Promise cannot be passed on");
    if (apply(objectToString, value, []) === "[object Arguments]") return list(value.length, (i) => value[i], path, depth);
    return structMembers(value, path, depth);
  };
  const structDate = (value, top) => {
    if (top) return {};
    if (same(apply(dateValue, value, []), NaN)) return null;
    throw outputFailure("a Date cannot be passed on: what the network makes of it varies; return a string or a number");
  };
  const isOrdinary = (value) => {
    const proto = getPrototypeOf(value);
    return (proto === ObjectPrototype || proto === null) && !hasOwn(value, SymbolIterator);
  };
  const structObject = (value, path, depth) => {
    if (isArray(value)) return structList(value.length, (i) => value[i], path, depth);
    return isOrdinary(value) ? structMembers(value, path, depth) : structExotic(value, path, depth, false);
  };
  // One value inside `data`, as The Things Stack converts it to a protobuf Struct.
  const structValue = (value, parent, key, depth) => {
    switch (typeof value) {
      case "number":
        spend(4);
        return value - value === 0 ? structNumber(value, "") : nonFinite(value, pathOf(parent, key));
      case "string":
        spend(value.length + 3);
        return value;
      case "boolean":
        spend(5);
        return value;
      case "undefined":
        spend(5);
        return null;
      case "object":
        spend(5);
        return value === null ? null : structObject(value, pathOf(parent, key), depth);
      case "symbol": {
        const text = apply(symbolText, value, []);
        return text === undefined ? "" : text;
      }
      default:
        throw outputFailure(`a ${typeof value} cannot be passed on`);
    }
  };
  // `data` itself: must end up an object with string keys.
  const structTop = (value) => {
    if (value === undefined || value === null || typeof value === "function") return {};
    if (typeof value !== "object") throw outputFailure(`data must be an object, not a ${typeof value}`);
    if (isArray(value)) return structKeyed(value.length, (i) => value[i], "", 1);
    return isOrdinary(value) ? structMembers(value, "", 1) : structExotic(value, "", 1, true);
  };
  const structItems = (value) => structList(value.length, (i) => value[i], "", 1);

  // For networks that pass results on as JSON: what JSON.stringify makes of it; non-finite numbers are refused.
  const refuseNonFinite = (value, depth) => {
    if (typeof value === "number" && value - value !== 0) {
      throw new Failure("output_encoding", `json: unsupported value: ${toText(value)}`, undefined);
    }
    if (typeof value !== "object" || value === null) return;
    dive(depth);
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i += 1) refuseNonFinite(value[names[i]], depth + 1);
  };
  // v2: `data` must be an object; arrays and primitives are refused.
  const jsonObject = (value) => {
    if (typeof value !== "object" || value === null || isArray(value)) throw outputFailure("does not return an object");
    refuseNonFinite(value, 1);
    const text = stringify(value);
    spend(text === undefined ? 0 : text.length);
    const copy = text === undefined ? null : parse(text); // a toJSON may have made something else of it
    if (typeof copy !== "object" || copy === null || isArray(copy)) throw outputFailure("does not return an object");
    refuseNonFinite(copy, 1);
    return copy;
  };
  const dataRules = table({ struct: structTop, struct_list: structItems, json_object: jsonObject });

  // Numbers above 2^53 are written so that they are read back as the double that they are, and -0 as itself.
  const numberText = (value) => {
    if (value === 0) return 1 / value < 0 ? "-0.0" : "0";
    const text = `${value}`;
    if (value <= 9007199254740992 && value >= -9007199254740992) return text;
    return apply(includes, text, ["e"]) ? text : `${text}.0`;
  };
  const textOf = (value) => {
    if (typeof value === "number") return numberText(value);
    if (typeof value === "string") return quote(value);
    if (typeof value !== "object" || value === null) return `${value}`;
    let out = "";
    const list = isArray(value);
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i += 1) {
      if (i !== 0) out += ",";
      out += list ? textOf(value[i]) : `${quote(names[i])}:${textOf(value[names[i]])}`;
    }
    return list ? `[${out}]` : `{${out}}`;
  };
  const isPlainJson = () =>
    getPrototypeOf(ArrayPrototype) === ObjectPrototype && !hasOwn(ArrayPrototype, "toJSON") && !hasOwn(ObjectPrototype, "toJSON");
  const jsonOf = (copy) => {
    let text;
    if (!odd && isPlainJson()) text = stringify(copy);
    // a lone half of a surrogate pair is written as an escape, which no reader of ours takes
    if (text === undefined || apply(includes, text, ["\\ud"])) text = textOf(copy);
    if (text.length > limits.result_bytes) throw new Failure("limit_output", "", undefined);
    return text;
  };

  // A result nested too deep is cyclic where an object is among its own ancestors.
  const isCyclic = (value, ancestors) => {
    if (typeof value !== "object" || value === null) return false;
    if (apply(setHas, ancestors, [value])) return true;
    if (apply(setSize, ancestors, []) > 1000) return false;
    apply(setAdd, ancestors, [value]);
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i += 1) if (isCyclic(value[names[i]], ancestors)) return true;
    const items = collected(value);
    for (let i = 0; i < items.count; i += 1) if (isCyclic(items[i], ancestors)) return true;
    apply(setDelete, ancestors, [value]);
    return false;
  };
  // What a Map or a Set holds.
  const collected = (value) => {
    if (branded(mapSize, value)) return drained(apply(mapEntries, value, []), mapNext);
    return branded(setSize, value) ? drained(apply(setValues, value, []), setNext) : NONE;
  };
  const dataText = (rule, value) => {
    findings = "";
    odd = false;
    try {
      const copy = dataRules[rule](value);
      if (findings !== "") throw new Failure("output_encoding", findings, undefined);
      return jsonOf(copy);
    } catch (error) {
      throw dataFailure(error, value);
    }
  };
  const dataFailure = (error, value) => {
    if (!isFailure(error)) return outputFailure(clip(thrownText(error), 1024));
    if (error.name !== "limit_depth") return error;
    return isCyclic(value, new SetConstructor()) ? outputFailure("stack_depth_exceeded") : error;
  };

  // ---- bytes -------------------------------------------------------------------------------------------------------

  const HEX = "0123456789abcdef";
  const byteText = create(null);
  for (let i = 0; i < 256; i += 1) byteText[i] = HEX[i >> 4] + HEX[i & 15];
  const digit = (code) => (code < 58 ? code - 48 : code - 87);
  // A fresh, plain array of numbers, as the networks give it. The literal keeps setters on Array.prototype out.
  const bytesOf = (hex) => {
    const bytes = [];
    const length = hex.length;
    for (let i = 0; i < length; i += 2) {
      bytes[i >> 1] = (digit(apply(charCode, hex, [i])) << 4) | digit(apply(charCode, hex, [i + 1]));
    }
    return bytes;
  };
  const octets = (buffer, offset, length) => {
    const view = new BytesConstructor(buffer, offset, length);
    return items(length, (i) => view[i]);
  };
  const wrapByte = (item) => {
    const number = +item;
    if (number - number !== 0) return 0;
    const byte = trunc(number) % 256;
    return byte < 0 ? byte + 256 : byte;
  };
  const items = (length, at) => {
    let out = "";
    for (let i = 0; i < length; i += 1) {
      spend(2);
      out += byteText[wrapByte(at(i))];
    }
    return out;
  };
  const utf8 = (text) => {
    const clean = apply(wellFormed, text, []);
    let out = "";
    for (let i = 0; i < clean.length; i += 1) {
      let code = apply(charCode, clean, [i]);
      if (code >= 0xd800 && code < 0xdc00) {
        i += 1;
        code = 0x10000 + ((code - 0xd800) << 10) + (apply(charCode, clean, [i]) - 0xdc00);
      }
      spend(2);
      out += utf8Code(code);
    }
    return out;
  };
  const tail = (code, shift) => byteText[0x80 | ((code >> shift) & 0x3f)];
  const utf8Code = (code) => {
    if (code < 0x80) return byteText[code];
    if (code < 0x800) return byteText[0xc0 | (code >> 6)] + tail(code, 0);
    if (code < 0x10000) return byteText[0xe0 | (code >> 12)] + tail(code, 6) + tail(code, 0);
    return byteText[0xf0 | (code >> 18)] + tail(code, 12) + tail(code, 6) + tail(code, 0);
  };
  const arrayBytes = (value) =>
    items(value.length, (i) => {
      if (!reflectHas(value, i)) throw outputFailure("bytes has a hole");
      return value[i];
    });
  const iteratedBytes = (value, iterator) => {
    const next = iterator.next;
    let out = "";
    for (;;) {
      const step = apply(next, iterator, []);
      if (step.done) return out;
      spend(2);
      out += byteText[wrapByte(step.value)];
    }
  };
  // `bytes` as The Things Stack's engine exports it to a Go byte slice.
  const wrapBytes = (value) => {
    if (value === undefined || value === null) return null;
    if (typeof value === "string") return utf8(value);
    if (typeof value !== "object") throw outputFailure(`bytes must be a list of numbers, not a ${typeof value}`);
    if (isArray(value)) return arrayBytes(value);
    if (typedKind(value) !== undefined) {
      return octets(apply(typedBuffer, value, []), apply(typedOffset, value, []), apply(typedByteLength, value, []));
    }
    if (branded(bufferByteLength, value)) return octets(value, 0, apply(bufferByteLength, value, []));
    if (branded(viewByteLength, value)) {
      return octets(apply(viewBuffer, value, []), apply(viewOffset, value, []), apply(viewByteLength, value, []));
    }
    const iterate = value[SymbolIterator];
    if (typeof iterate === "function") return iteratedBytes(value, apply(iterate, value, []));
    if (branded(dateValue, value) || !reflectHas(value, "length")) {
      throw outputFailure("bytes must be a list of numbers");
    }
    return items(value.length, (i) => value[i]);
  };
  // v2: an array of whole numbers from 0 to 255 and nothing else.
  const exactBytes = (value) => {
    if (!isArray(value)) throw outputFailure("should return an Array of numbers");
    let out = "";
    for (let i = 0; i < value.length; i += 1) {
      const item = value[i];
      if (typeof item !== "number" || !(item >= 0 && item <= 255) || floor(item) !== item) {
        throw outputFailure(`item ${i} is not a whole number from 0 to 255: ${clip(thrownText(item), 100)}`);
      }
      spend(2);
      out += byteText[item];
    }
    return out;
  };
  const bytesRules = table({ wrap: wrapBytes, exact: exactBytes });
  const bytesText = (rule, value) => {
    try {
      return bytesRules[rule](value);
    } catch (error) {
      throw isFailure(error) ? error : outputFailure(clip(thrownText(error), 1024));
    }
  };

  // ---- ports -------------------------------------------------------------------------------------------------------

  // A result's fPort: absent keeps the requested port, or 1 where that is 0; anything else is a byte.
  const portOf = (value, requested) => {
    if (value !== undefined && value !== null) {
      try {
        return wrapByte(value);
      } catch (error) {
        throw outputFailure(clip(thrownText(error), 1024));
      }
    }
    return requested === 0 ? 1 : requested;
  };

  // ---- warnings and errors -----------------------------------------------------------------------------------------

  const itemText = (item) => {
    if (item === undefined || item === null) return "";
    return clip(toText(item), 4096);
  };
  // Lists as The Things Stack reads them: null is none, list-likes and iterables are read, all else is refused.
  const NONE = create(null);
  NONE.count = 0;
  const textList = (value, what) => {
    if (value === undefined || value === null) return NONE;
    const list = create(null);
    list.count = 0;
    if (typeof value !== "object") throw outputFailure(`${what} must be a list, not a ${typeof value}`);
    try {
      fillList(list, value, what);
    } catch (error) {
      throw isFailure(error) ? error : outputFailure(clip(thrownText(error), 1024));
    }
    return list;
  };
  const push = (list, item) => {
    list[list.count] = itemText(item);
    spend(list[list.count].length + 3);
    list.count += 1;
  };
  const fillList = (list, value, what) => {
    const iterate = isArray(value) ? undefined : value[SymbolIterator];
    if (typeof iterate === "function") {
      const iterator = apply(iterate, value, []);
      for (let step = iterator.next(); !step.done; step = iterator.next()) push(list, step.value);
      return;
    }
    if (!isArray(value) && !reflectHas(value, "length")) throw outputFailure(`${what} must be a list`);
    for (let i = 0; i < value.length; i += 1) push(list, value[i]);
  };
  const joined = (list) => {
    let out = "";
    for (let i = 0; i < list.count; i += 1) out += i === 0 ? list[i] : `, ${list[i]}`;
    return out;
  };
  const listJson = (list) => {
    let out = "[";
    for (let i = 0; i < list.count; i += 1) out += i === 0 ? quote(list[i]) : `,${quote(list[i])}`;
    return `${out}]`;
  };

  // ---- console -----------------------------------------------------------------------------------------------------

  let log = "";
  let logged = 0;
  const inText = (value) => {
    if (typeof value === "string") return value;
    try {
      const text = typeof value === "object" && value !== null ? stringify(value) : toText(value);
      return typeof text === "string" ? text : toText(value);
    } catch {
      return thrownText(value);
    }
  };
  const inJson = (value) => {
    try {
      const text = stringify(value);
      return typeof text === "string" ? text : toText(value);
    } catch {
      return thrownText(value);
    }
  };
  const writeLog = (show) =>
    function (...values) {
      if (logged > limits.log_bytes) return;
      let line = "";
      for (let i = 0; i < values.length; i += 1) line += (i === 0 ? "" : " ") + show(values[i]);
      const room = limits.log_bytes - logged;
      logged += line.length + 1;
      const kept = line.length > room ? clip(line, room) : line;
      log += log === "" ? quote(kept) : `,${quote(kept)}`;
    };
  const consoles = table({ text: inText, json: inJson });
  const makeConsole = (kind) => {
    const object = {};
    const write = writeLog(consoles[kind]);
    const names = ["log", "info", "warn", "error", "debug", "trace"];
    for (let i = 0; i < names.length; i += 1) {
      defineProperty(object, names[i], { value: write, writable: true, enumerable: true, configurable: true });
    }
    return object;
  };

  // ---- the realm: what a script finds, and what it leaves ------------------------------------------------------------

  // Names that the running script declares at its top level are found on the global object too, as in a real Script;
  // names that it assigns without declaring them are noted, to be deleted after the message.
  const findNothing = () => undefined;
  const NO_NAMES = create(null);
  let lookup = findNothing;
  let declared = NO_NAMES;
  let leaked = create(null);
  let leakedCount = 0;
  const leak = (name, value) => {
    leaked[leakedCount] = name;
    leakedCount += 1;
    return defineProperty(global, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  };
  let refuses = false; // the running script is strict: it may not assign a name that it has not declared
  const backdrop = create(null);
  backdrop.has = (target, name) => (typeof name === "string" && declared[name] === true) || reflectHas(target, name);
  backdrop.get = (target, name, receiver) => {
    if (typeof name === "string" && declared[name] === true) return lookup(name);
    return reflectGet(target, name, receiver);
  };
  backdrop.set = (target, name, value, receiver) => {
    if (receiver !== global || reflectHas(target, name)) return reflectSet(target, name, value, receiver);
    if (refuses && typeof name === "string") throw new ReferenceErrorConstructor(`${name} is not defined`);
    return leak(name, value);
  };

  // Built-ins that change attributes, links or extensibility of an object that the photograph shows say so, since a
  // quick look does not see that. Those that delete, or make code that could, call for a careful look after each
  // message: what one message added and another took away again shows in no later look.
  let touched = false;
  let suspects = create(null); // places in the photograph
  let suspectCount = 0;
  let careful = false;
  let spoilt = false; // a message of this batch may have seen what another left
  const suspect = (object) => {
    const place = apply(mapGet, places, [object]);
    if (place === undefined) return;
    touched = true;
    suspects[suspectCount] = place;
    suspectCount += 1;
  };
  const doubtAll = () => {
    if (!careful) spoilt = true;
    careful = true;
  };
  let proxied = false; // a proxy may stand for any object
  const doubtObjects = () => {
    doubtAll();
    proxied = true;
    touched = true;
  };
  const wrapped = (original, tell) => {
    const handler = create(null);
    handler.apply = (target, self, given) => {
      tell(self, given);
      return apply(target, self, given);
    };
    handler.construct = (target, given, newTarget) => {
      tell(undefined, given);
      return construct(target, given, newTarget);
    };
    return new ProxyConstructor(original, handler);
  };
  const watch = (owner, name, tell) => {
    if (owner === undefined) return; // not in every dialect
    const slot = getOwnPropertyDescriptor(owner, name);
    if (slot === undefined) return;
    const which = slot.value === undefined ? "set" : "value";
    slot[which] = wrapped(slot[which], tell);
    defineProperty(owner, name, slot);
  };
  const tellFirst = (self, given) => suspect(given[0]);
  const tellSelf = (self) => suspect(self);
  const tellReviver = (self, given) => {
    if (given.length > 1) doubtAll();
  };
  // These delete indices below the length: of built-ins, only functions have both that and room for indices; a change
  // of Array.prototype shows in its length.
  const tellList = (self) => {
    if (typeof self === "function") doubtAll();
  };
  const watchAll = () => {
    const ofObject = ["defineProperty", "defineProperties", "freeze", "seal", "preventExtensions", "setPrototypeOf"];
    for (let i = 0; i < ofObject.length; i += 1) watch(Object, ofObject[i], tellFirst);
    const inherited = ["__defineGetter__", "__defineSetter__", "__proto__"];
    for (let i = 0; i < inherited.length; i += 1) watch(ObjectPrototype, inherited[i], tellSelf);
    const ofReflect = ["defineProperty", "preventExtensions", "setPrototypeOf"];
    for (let i = 0; i < ofReflect.length; i += 1) watch(global.Reflect, ofReflect[i], tellFirst);
    watch(Error, "captureStackTrace", tellFirst);
    watch(global.Reflect, "deleteProperty", doubtAll);
    watch(JSON, "parse", tellReviver);
    const ofArrays = ["copyWithin", "pop", "reverse", "shift", "sort", "splice", "unshift"];
    for (let i = 0; i < ofArrays.length; i += 1) watch(ArrayPrototype, ofArrays[i], tellList);
    watch(global.Proxy, "revocable", doubtObjects);
    watch(global, "Proxy", doubtObjects);
    if (program.careful) careful = true;
    else watch(global, "eval", doubtAll); // such a text cannot call it directly
    watchConstructors();
  };
  // Function and its kin, wherever they can be had.
  const watchConstructors = () => {
    const real = Function;
    const made = wrapped(real, doubtAll);
    const hidden = [function* () {}, async function () {}, async function* () {}];
    for (let i = 0; i < hidden.length; i += 1) {
      const proto = getPrototypeOf(hidden[i]);
      setPrototypeOf(proto.constructor, made);
      watch(proto, "constructor", doubtAll);
    }
    const slot = { __proto__: null, value: made, writable: true, enumerable: false, configurable: true };
    defineProperty(real.prototype, "constructor", slot);
    defineProperty(global, "Function", slot);
  };

  // The photograph: every object reachable from the global one and those reachable through syntax alone.
  const objects = [];
  const names = []; // own keys of each object
  const saved = []; // for each key: value or getter, setter, attributes
  const links = []; // prototype
  const open = []; // extensible
  const showing = []; // number of enumerable string keys, or PLAIN_FUNCTION
  // Flat copies for the quick look: writable properties by value, and those whose deletion would not show.
  const valueOwner = [];
  const valueName = [];
  const valueSaved = [];
  const presentOwner = [];
  const presentName = [];

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const syntaxOnly = () => [
    function* () {}, async function () {}, async function* () {}, (function* () {})(), (async function* () {})(),
    [].values(), new MapConstructor().entries(), new SetConstructor().values(), ""[SymbolIterator](),
    /x/g[SymbolMatchAll]("x"), new MapConstructor(), new SetConstructor(), new ProxyConstructor(BytesConstructor, {}),
    getPrototypeOf(BytesConstructor), RealDate, [].values().map(toText), IteratorConstructor.from({ next: toText }),
    stackFrame(),
  ];
  // Behind literals, errors and results of built-ins, whether the dialect has their constructors or not.
  const behind = () => {
    const stack = getOwnPropertyDescriptor(new ErrorConstructor(), "stack");
    return [
      BigIntPrototype, SymbolPrototype, PromisePrototype, AggregatePrototype, SuppressedPrototype, IteratorConstructor,
      stack.get, stack.set,
    ];
  };
  const stackFrame = () => {
    ErrorConstructor.prepareStackTrace = (error, frames) => frames;
    const frames = new ErrorConstructor().stack;
    deleteProperty(ErrorConstructor, "prepareStackTrace");
    return frames[0];
  };
  let places = new MapConstructor(); // object -> its place in the photograph
  const photograph = () => {
    const seen = new SetConstructor();
    const queue = [];
    const visit = (value) => {
      if (!isObject(value) || value === backdropObject || apply(setHas, seen, [value])) return;
      apply(setAdd, seen, [value]);
      queue[queue.length] = value;
    };
    visit(global);
    const extra = syntaxOnly();
    for (let i = 0; i < extra.length; i += 1) visit(getPrototypeOf(extra[i]));
    const more = behind();
    for (let i = 0; i < more.length; i += 1) visit(more[i]);
    for (let i = 0; i < queue.length; i += 1) {
      record(i, queue[i], visit);
      note(i);
    }
  };
  const ATTRIBUTES = 3; // values kept for one property
  const WRITABLE = 1;
  const ENUMERABLE = 2;
  const CONFIGURABLE = 4;
  const ACCESSOR = 8;
  const attributesOf = (slot) =>
    (slot.writable ? WRITABLE : 0) | (slot.enumerable ? ENUMERABLE : 0) | (slot.configurable ? CONFIGURABLE : 0) |
    (slot.writable === undefined ? ACCESSOR : 0);
  const record = (at, object, visit) => {
    const own = ownKeys(object);
    const kept = [];
    const proto = getPrototypeOf(object);
    for (let i = 0; i < own.length; i += 1) {
      const slot = getOwnPropertyDescriptor(object, own[i]);
      const flags = attributesOf(slot);
      const first = flags & ACCESSOR ? slot.get : slot.value;
      kept[i * ATTRIBUTES] = first;
      kept[i * ATTRIBUTES + 1] = slot.set;
      kept[i * ATTRIBUTES + 2] = flags;
      visit(first);
      visit(slot.set);
    }
    visit(proto);
    objects[at] = object;
    apply(mapSet, places, [object, at]);
    names[at] = own;
    saved[at] = kept;
    links[at] = proto;
    open[at] = isExtensible(object);
    showing[at] = showingOf(object, own);
  };
  const note = (at) => {
    const object = objects[at];
    const proto = links[at];
    for (let i = 0; i < names[at].length; i += 1) {
      const name = names[at][i];
      const value = saved[at][i * ATTRIBUTES];
      const flags = saved[at][i * ATTRIBUTES + 2];
      if (flags & WRITABLE) {
        valueOwner[valueOwner.length] = object;
        valueName[valueName.length] = name;
        valueSaved[valueSaved.length] = value;
      }
      if (proto !== null && (flags & CONFIGURABLE) && same(reflectGet(proto, name, object), value)) {
        presentOwner[presentOwner.length] = object;
        presentName[presentName.length] = name;
      }
    }
  };

  // What can be seen after each message, nearly for nothing, since V8 compiles it to constants: values. What a message
  // adds stays until a look at the keys finds it, as long as nothing ran that deletes.
  const PART = 60;
  const looks = create(null);
  const prepareLooks = () => {
    looks.count = 0;
    for (let from = 0; from < valueOwner.length; from += PART) {
      const part = create(null);
      for (let i = from; i < valueOwner.length && i < from + PART; i += 1) {
        if (same(valueSaved[i], valueSaved[i])) addLook(part, valueOwner[i], valueName[i], valueSaved[i]);
      }
      closeLook(part);
    }
  };
  const isIdentifier = (name) => /^[A-Za-z_$][\w$]*$/.test(name); // asked before any code of a script runs
  const addLook = (part, owner, name, value) => {
    const at = part.count === undefined ? 0 : part.count;
    const member = typeof name === "symbol" ? `o${at}[n${at}]` : `o${at}[${stringify(name)}]`;
    const bare = owner === global && typeof name === "string" && isIdentifier(name); // outlives a change of the others
    part.count = at + 1;
    part.names = `${at === 0 ? "" : `${part.names},`}o${at},n${at},v${at}`;
    part.code = `${at === 0 ? "" : `${part.code}&&`}${bare ? name : member}===v${at}`;
    part[at * 3] = owner;
    part[at * 3 + 1] = name;
    part[at * 3 + 2] = value;
  };
  const closeLook = (part) => {
    if (part.count === undefined) return;
    part.length = part.count * 3;
    looks[looks.count] = apply(indirectEval(`((${part.names})=>()=>{try{return ${part.code}}catch{return false}})`), undefined, part);
    looks.count += 1;
  };
  const looksSame = () => {
    for (let i = 0; i < suspectCount; i += 1) if (!isMended(suspects[i])) return false;
    suspectCount = 0;
    for (let i = 0; i < looks.count; i += 1) if (!looks[i]()) return false;
    return true;
  };
  // Whether the realm is as it was, as far as this must be known before the next message of a batch.
  const looksClean = () => {
    if (!looksSame()) return false;
    if (!careful) return true;
    return touched ? allMended() : untouched();
  };

  // The quick look is exact as long as none of the watched built-ins ran: what assignment and deletion do shows in a
  // value, in the number of keys, in the last key (new ones come last) or in an enumerable key.
  const untouched = () => {
    for (let i = 0; i < valueOwner.length; i += 1) {
      if (valueOwner[i][valueName[i]] !== valueSaved[i] && valueSaved[i] === valueSaved[i]) return false;
    }
    for (let i = 0; i < objects.length; i += 1) if (!sameKeys(objects[i], names[i], showing[i])) return false;
    for (let i = 0; i < presentOwner.length; i += 1) if (!hasOwn(presentOwner[i], presentName[i])) return false;
    for (let i = 0; i < learnedCount; i += 1) if (learned[i].hollow && !isHollow(learned[i])) return false;
    return true;
  };
  const PLAIN_FUNCTION = -1; // has length, name and perhaps prototype, like most built-ins
  const showingOf = (object, own) => {
    const plain = typeof object === "function" && own.length <= 3 && own[0] === "length" && own[1] === "name";
    if (plain && (own.length === 2 || own[2] === "prototype") && objectKeys(object).length === 0) return PLAIN_FUNCTION;
    return objectKeys(object).length;
  };
  const sameKeys = (object, then, shown) => {
    if (shown === PLAIN_FUNCTION) {
      return hasOwn(object, "length") && hasOwn(object, "name") && objectKeys(object).length === 0 &&
        getOwnPropertySymbols(object).length === 0;
    }
    const own = ownKeys(object);
    const count = own.length;
    if (count !== then.length || (count > 0 && own[count - 1] !== then[count - 1])) return false;
    return objectKeys(object).length === shown;
  };

  const sameProperty = (object, name, kept, at) => {
    const slot = getOwnPropertyDescriptor(object, name);
    if (slot === undefined) return false;
    const flags = attributesOf(slot);
    const first = flags & ACCESSOR ? slot.get : slot.value;
    return flags === kept[at + 2] && same(first, kept[at]) && slot.set === kept[at + 1];
  };
  const descriptor = (kept, at) => {
    const slot = create(null);
    const flags = kept[at + 2];
    if (flags & ACCESSOR) {
      slot.get = kept[at];
      slot.set = kept[at + 1];
    } else {
      slot.value = kept[at];
      slot.writable = (flags & WRITABLE) !== 0;
    }
    slot.enumerable = (flags & ENUMERABLE) !== 0;
    slot.configurable = (flags & CONFIGURABLE) !== 0;
    return slot;
  };
  const indexOf = (list, item) => {
    for (let i = 0; i < list.length; i += 1) if (list[i] === item) return i;
    return -1;
  };

  // What a script touches: put back after each message from the first time on. What it adds to a built-in is deleted,
  // or, where the host has seen that the script cannot tell, becomes part of the photograph as a hollow property
  // (`undefined`) that its top level fills again: deleting from a prototype costs V8 all that it knows about it.
  const learned = create(null);
  let learnedCount = 0;
  const learn = (object, name, slot, plain) => {
    for (let i = 0; i < learnedCount; i += 1) {
      if (learned[i].object === object && learned[i].name === name) return;
    }
    const entry = create(null);
    entry.object = object;
    entry.name = name;
    entry.slot = slot; // undefined: was not there
    entry.fillable = plain; // may become hollow
    entry.hollow = false;
    learned[learnedCount] = entry;
    learnedCount += 1;
  };
  const isPlain = (slot) => slot.writable === true && slot.enumerable && slot.configurable;
  const HOLLOW = freeze({ __proto__: null, value: undefined, writable: true, enumerable: true, configurable: true });
  // Only in a realm that is as photographed otherwise.
  const hollowOut = (entry) => {
    const { object, name } = entry;
    const proto = getPrototypeOf(object);
    if (!entry.fillable || object === global || (proto !== null && reflectHas(proto, name))) return;
    defineProperty(object, name, HOLLOW);
    entry.slot = HOLLOW;
    entry.fillable = false;
    entry.hollow = true;
    const at = apply(mapGet, places, [object]);
    record(at, object, findNothing);
  };
  // A hollow property that the top level did not fill goes, before anybody can see it, and for good.
  const dropHollow = (entry) => {
    const { object, name } = entry;
    const at = apply(mapGet, places, [object]);
    const own = names[at];
    const kept = [];
    const values = [];
    for (let i = 0; i < own.length; i += 1) {
      if (own[i] === name) continue;
      for (let j = 0; j < ATTRIBUTES; j += 1) append(values, saved[at][i * ATTRIBUTES + j]);
      append(kept, own[i]);
    }
    names[at] = kept;
    saved[at] = values;
    showing[at] -= 1;
    deleteProperty(object, name);
    entry.slot = undefined;
    entry.hollow = false;
  };
  const append = (list, value) =>
    defineProperty(list, list.length, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  const isHollow = ({ object, name }) => {
    const slot = getOwnPropertyDescriptor(object, name);
    return slot !== undefined && slot.get === undefined && slot.set === undefined && slot.value === undefined;
  };
  const dropHollows = () => {
    if (!touched && !anyHollow()) return;
    for (let i = 0; i < learnedCount; i += 1) if (learned[i].hollow && isHollow(learned[i])) dropHollow(learned[i]);
    prepareLearned();
  };

  // Where no watched built-in ran and nothing is deleted, no getter or setter stands in the way, and assigning does
  // what defining would in a tenth of the time. Both are compiled anew whenever something was learned.
  const nothing = () => {};
  const no = () => false;
  let putBackValues = nothing;
  let anyHollow = no;
  const isQuick = (entry) => entry.slot !== undefined && entry.slot.writable === true;
  const prepareLearned = () => {
    const given = create(null);
    given.length = learnedCount * 3;
    let params = "";
    let assignments = "";
    let hollow = "false";
    for (let i = 0; i < learnedCount; i += 1) {
      const entry = learned[i];
      const key = typeof entry.name === "symbol" ? `n${i}` : stringify(entry.name);
      given[i * 3] = entry.object;
      given[i * 3 + 1] = entry.name;
      given[i * 3 + 2] = isQuick(entry) ? entry.slot.value : undefined;
      params += `${i === 0 ? "" : ","}o${i},n${i},v${i}`;
      if (isQuick(entry)) assignments += `if(o${i}[${key}]!==v${i})o${i}[${key}]=v${i};`;
      if (entry.hollow) hollow += `||o${i}[${key}]===undefined`;
    }
    putBackValues = apply(indirectEval(`((${params})=>()=>{${assignments}})`), undefined, given);
    anyHollow = apply(indirectEval(`((${params})=>()=>${hollow})`), undefined, given);
  };
  const putBack = () => {
    for (let i = 0; i < leakedCount; i += 1) deleteProperty(global, leaked[i]);
    leakedCount = 0;
    const quick = !touched && !careful;
    if (quick) putBackValues();
    for (let i = 0; i < learnedCount; i += 1) if (!quick || !isQuick(learned[i])) putBackSlot(learned[i]);
  };
  // A property that was gone comes back as the last one: `verify` has to look at the order.
  const putBackSlot = ({ object, name, slot }) => {
    if (slot === undefined) {
      deleteProperty(object, name);
      return;
    }
    if (!hasOwn(object, name)) touched = true;
    defineProperty(object, name, slot);
  };

  // Finds every difference of one object to its photograph, puts it back and learns it. False: cannot be put back.
  const mendObject = (i) => {
    const object = objects[i];
    const own = ownKeys(object);
    let ok = true;
    for (let j = 0; j < own.length; j += 1) {
      if (indexOf(names[i], own[j]) === -1) {
        learn(object, own[j], undefined, program.hollow && isPlain(getOwnPropertyDescriptor(object, own[j])));
        ok = deleteProperty(object, own[j]) && ok;
      }
    }
    for (let j = 0; j < names[i].length; j += 1) {
      if (!sameProperty(object, names[i][j], saved[i], j * ATTRIBUTES)) {
        const slot = descriptor(saved[i], j * ATTRIBUTES);
        learn(object, names[i][j], slot, false);
        ok = defineProperty(object, names[i][j], slot) && ok;
      }
    }
    ok = ok && reorder(i);
    if (getPrototypeOf(object) !== links[i]) ok = setPrototypeOf(object, links[i]) && ok;
    return ok && isExtensible(object) === open[i];
  };
  // What was deleted and came back stands last: from the first key out of place on, each is put behind the one before.
  const reorder = (i) => {
    const own = ownKeys(objects[i]);
    let first = 0;
    while (first < own.length && own[first] === names[i][first]) first += 1;
    for (let j = first; j < own.length; j += 1) {
      if (!deleteProperty(objects[i], names[i][j])) return false;
      defineProperty(objects[i], names[i][j], descriptor(saved[i], j * ATTRIBUTES));
    }
    return true;
  };
  const isMended = (i) => {
    const object = objects[i];
    const own = ownKeys(object);
    if (own.length !== names[i].length) return false;
    for (let j = 0; j < own.length; j += 1) {
      if (own[j] !== names[i][j] || !sameProperty(object, names[i][j], saved[i], j * ATTRIBUTES)) return false;
    }
    return getPrototypeOf(object) === links[i] && isExtensible(object) === open[i];
  };
  const allMended = () => {
    for (let i = 0; i < objects.length; i += 1) if (!isMended(i)) return false;
    return true;
  };
  const MOST_LEARNED = 400;
  const CLEAN = "clean"; // as photographed
  const MENDED = "mended"; // was not, is now, and what was touched is learned
  const LOST = "lost"; // cannot be put back
  const verify = () => {
    resetRegExp();
    if (!touched && untouched()) return CLEAN;
    touched = true; // and stays so where the realm is lost
    suspectCount = 0;
    const clean = allMended();
    for (let i = 0; !clean && i < objects.length; i += 1) if (!mendObject(i)) return LOST;
    if (!clean && (learnedCount > MOST_LEARNED || !allMended())) return LOST;
    touched = proxied;
    if (clean) return CLEAN;
    for (let i = 0; i < learnedCount; i += 1) hollowOut(learned[i]);
    prepareLearned();
    return MENDED;
  };
  // RegExp.$1 and its kin carry text from match to match; they belong to no property that could be put back.
  const emptyPattern = /(?:)/;
  const resetRegExp = () => apply(regExpExec, emptyPattern, [""]);

  // ---- clock and chance ----------------------------------------------------------------------------------------------

  let seed = 0;
  const chance = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const pinClock = (moment) => {
    const handler = create(null);
    handler.construct = (target, given, newTarget) => construct(target, given.length === 0 ? [moment] : given, newTarget);
    handler.apply = () => toText(new RealDate(moment));
    const Pinned = new ProxyConstructor(RealDate, handler);
    RealDate.now = { now: () => moment }.now;
    defineProperty(RealDate.prototype, "constructor", { value: Pinned, writable: true, enumerable: false, configurable: true });
    defineProperty(global, "Date", { value: Pinned, writable: true, enumerable: false, configurable: true });
    defineProperty(Math, "random", { value: { random: () => chance() }.random, writable: true, enumerable: false, configurable: true });
  };

  // ---- programs ------------------------------------------------------------------------------------------------------

  let program; // the dialect's table, limits and clock
  const scripts = create(null); // name -> what instantiates it
  let backdropObject;

  const removeAbsent = (dialect) => {
    const kept = new SetConstructor(dialect.globals);
    const present = ownKeys(global);
    for (let i = 0; i < present.length; i += 1) {
      if (typeof present[i] === "string" && !apply(setHas, kept, [present[i]])) deleteProperty(global, present[i]);
    }
    for (let i = 0; i < dialect.absent.length; i += 1) {
      const [owner, holder, name] = dialect.absent[i];
      const object = holder === "" ? global[owner] : global[owner][holder];
      if (object !== undefined) deleteProperty(object, name);
    }
  };
  // `text` is the script inside an arrow function: `this` is the global object, `arguments` and `new.target` stay
  // unknown, a "use strict" at its start counts. Its parameters are the built-ins whose names it declares with var.
  const compile = (script) => {
    const entry = create(null);
    entry.failure = script.failure; // a text that does not parse fails when it is used
    if (script.failure !== null) return entry;
    try {
      // frozen, since a sloppy script gets hold of it as the caller of its functions
      entry.make = freeze(indirectEval(script.text)((find) => {
        lookup = find;
      }));
    } catch (error) {
      entry.failure = [thrownText(error), ""]; // nested so deep that it parsed only just before
    }
    entry.given = [];
    for (let i = 0; i < script.shadows.length; i += 1) entry.given[i] = global[script.shadows[i]];
    entry.refuses = script.refuses;
    entry.declared = create(null);
    for (let i = 0; i < script.declared.length; i += 1) entry.declared[script.declared[i]] = true;
    return entry;
  };
  // Arguments are built from literals, which no setter on a prototype can catch.
  const prepare = (operations) => {
    const kinds = ownKeys(operations);
    for (let i = 0; i < kinds.length; i += 1) {
      const operation = operations[kinds[i]];
      const entries = operation.entries;
      if (operation.collect !== undefined) operation.collect = indirectEval(operation.collect);
      for (let j = 0; entries !== undefined && j < entries.length; j += 1) entries[j].build = indirectEval(entries[j].build);
    }
  };
  const load = (text) => {
    program = parse(text);
    limits = program.limits;
    removeAbsent(program.dialect);
    if (program.dialect.console !== null) {
      defineProperty(global, "console", { value: makeConsole(program.dialect.console), writable: true, enumerable: false, configurable: true });
    }
    if (program.now !== null) pinClock(program.now);
    const titles = ownKeys(program.scripts);
    for (let i = 0; i < titles.length; i += 1) scripts[titles[i]] = compile(program.scripts[titles[i]]);
    prepare(program.dialect.operations);
    watchAll();
    backdropObject = new ProxyConstructor(freeze(create(ObjectPrototype)), backdrop);
    setPrototypeOf(global, backdropObject);
    photograph();
    prepareLooks();
    return "";
  };

  // Runs a script's top level; afterwards `lookup` finds what it declared.
  const instantiate = (name) => {
    const script = scripts[name];
    if (script.failure !== null) throw new Failure("script", script.failure[0], undefined, script.failure[1]);
    declared = script.declared;
    refuses = script.refuses;
    apply(script.make, undefined, script.given);
    dropHollows();
  };

  // ---- operations ----------------------------------------------------------------------------------------------------

  const emptyToNull = (value) => {
    if (typeof value !== "object" || value === null) return value;
    const members_ = objectKeys(value);
    if (!isArray(value) && members_.length === 0) return null;
    for (let i = 0; i < members_.length; i += 1) {
      defineProperty(value, members_[i], { value: emptyToNull(value[members_[i]]), writable: true, enumerable: true, configurable: true });
    }
    return value;
  };
  // What a function may be given; the table names these. They are made before any code of the script runs.
  const inputs = table({
    bytes: (message) => bytesOf(message[0]),
    fPort: (message) => message[1],
    boxedFPort: (message) => new NumberObject(message[1]),
    recvTime: (message) => new RealDate(typeof message[2] === "number" ? message[2] : program.now === null ? begin : program.now),
    variables: (message) => (isObject(message[3]) ? message[3] : {}),
    data: (message) => message[0],
    dataNulls: (message) => emptyToNull(message[0]),
  });
  const entryOf = (operation) => {
    const entries = operation.entries;
    for (let i = 0; i < entries.length; i += 1) if (typeof lookup(entries[i].name) === "function") return i;
    return entries.length - 1;
  };
  const call = (name, list) => {
    const found = lookup(name);
    if (typeof found !== "function") throw new Failure("script", `ReferenceError: ${name} is not defined`, program.missing === null ? undefined : program.missing);
    return apply(found, undefined, list);
  };

  const PROMISE = `"p":1`;
  const NO_DATA = `"u":1`;
  const members = (result, operation) => {
    if (result === undefined || result === null) {
      if (operation.nothing === "type_error") {
        throw new Failure("script", `TypeError: Cannot destructure the result: it is ${toText(result)}`, "the function returned nothing: it must return {data: ...} or {errors: [...]}");
      }
      throw outputFailure("no_script_output");
    }
    if (typeof result !== "object" && typeof result !== "function") {
      throw outputFailure(`the result must be an object, not a ${typeof result}`);
    }
    return result;
  };
  const member = (object, name) => {
    try {
      return object[name];
    } catch (error) {
      throw outputFailure(clip(thrownText(error), 1024));
    }
  };
  const refuse = (errors) => {
    if (errors.count > 0) throw new Failure("output_errors", joined(errors), undefined);
  };

  // {data, warnings, errors}; the normalizer gets the decoder's own object and runs before anything is converted.
  const decodeEnvelope = (operation, result) => {
    const envelope = members(result, operation);
    const normalized = wantsNormalizer(operation, envelope) ? call(operation.normalizer, [{ data: envelope.data }]) : undefined;
    const shape = normalizedShape(normalized);
    refuse(textList(member(envelope, "errors"), "errors"));
    const warnings = textList(member(envelope, "warnings"), "warnings");
    const given = member(envelope, "data");
    const data = dataText(operation.data, given);
    const head = `"d":${data}${warnings.count > 0 ? `,"w":${listJson(warnings)}` : ""}${isPromise(envelope) ? `,${PROMISE}` : given === undefined ? `,${NO_DATA}` : ""}`;
    if (shape === undefined) return head;
    try {
      return `${head},${normalizedJson(operation, shape)}`;
    } catch (error) {
      return `${head},${failureJson(error)}`;
    }
  };
  const wantsNormalizer = (operation, envelope) => {
    if (operation.normalizer === null || typeof lookup(operation.normalizer) !== "function") return false;
    const errors = envelope.errors;
    return (!errors || !errors.length) && !!envelope.data;
  };
  const normalizedShape = (result) => {
    if (result === undefined || result === null) return undefined;
    if (typeof result !== "object" && typeof result !== "function") throw outputFailure("the normalizer's result must be an object");
    const shape = create(null);
    shape.errors = textList(member(result, "errors"), "errors");
    shape.warnings = textList(member(result, "warnings"), "warnings");
    shape.data = member(result, "data");
    return shape;
  };
  const normalizedJson = (operation, shape) => {
    refuse(shape.errors);
    if (shape.data === undefined || shape.data === null) return `"n":null`;
    if (typeof shape.data !== "object") throw outputFailure("normalized data must be an object or a list of objects");
    const text = dataText(isArray(shape.data) ? "struct_list" : operation.data, shape.data);
    return `"n":${text},"v":${listJson(shape.warnings)}`;
  };
  const encodeEnvelope = (operation, result, message) => {
    const envelope = members(result, operation);
    refuse(textList(member(envelope, "errors"), "errors"));
    const warnings = textList(member(envelope, "warnings"), "warnings");
    const bytes = bytesText(operation.bytes, member(envelope, "bytes"));
    const port = portOf(member(envelope, "fPort"), message[1]);
    return `"b":${bytes === null ? "null" : `"${bytes}"`},"f":${port}${warnings.count > 0 ? `,"w":${listJson(warnings)}` : ""}${isPromise(envelope) ? `,${PROMISE}` : ""}`;
  };
  const decodeBare = (operation, result) =>
    `"d":${dataText(operation.data, result)},"bare":1${isPromise(result) ? `,${PROMISE}` : ""}`;
  const encodeBare = (operation, result, message) => {
    const bytes = bytesText(operation.bytes, result);
    return `"b":${bytes === null ? "null" : `"${bytes}"`},"f":${message[1]}${isPromise(result) ? `,${PROMISE}` : ""}`;
  };
  const shapes = table({
    decode_envelope: decodeEnvelope, encode_envelope: encodeEnvelope, decode_bare: decodeBare, encode_bare: encodeBare,
  });

  // One script, one function: the first entry that the script has, else the last, which then is missing.
  const callOne = (operation, message) => {
    const values = operation.collect(inputs, message);
    instantiate(operation.script);
    const entry = operation.entries[entryOf(operation)];
    return shapes[entry.shape](operation, call(entry.name, entry.build(values)), message);
  };
  // v2: Decoder, Converter and Validator one after the other, each alone in its own text; an empty text is skipped.
  const callChain = (operation, message) => {
    const port = message[1];
    if (scripts[operation.decoder] === undefined) return `"d":null`;
    const bytes = bytesOf(message[0]);
    instantiate(operation.decoder);
    let data = call("Decoder", [bytes, port]);
    jsonObject(data);
    if (scripts[operation.converter] !== undefined) {
      instantiate(operation.converter);
      data = call("Converter", [data, port]);
    }
    const text = dataText("json_object", data);
    if (scripts[operation.validator] === undefined) return `"d":${text}`;
    instantiate(operation.validator);
    const valid = call("Validator", [data, port]);
    if (typeof valid !== "boolean") throw outputFailure("Validator does not return a boolean");
    return `"d":${text}${valid ? "" : `,"rejected":1`}`;
  };
  // The function named, with the example's input as it stands; the answer is what JSON.stringify prints.
  const callRaw = (operation, message) => {
    const input = message[0];
    const positional = operation.raw === "positional";
    instantiate(operation.script);
    if (!positional) return rawJson(call(operation.name, [input]));
    const result = call(operation.name, [operation.first === "bytes" ? input.bytes : input.data, input.fPort]);
    return rawJson(operation.first === "bytes" ? { data: result } : { bytes: result });
  };
  const rawJson = (result) => {
    const text = stringify(result);
    if (text === undefined) return `"r":null${isPromise(result) ? `,${PROMISE}` : ""}`;
    spend(text.length);
    return `"r":${quote(text)}${isPromise(result) ? `,${PROMISE}` : ""}`;
  };
  const flows = table({ one: callOne, chain: callChain, raw: callRaw });

  // ---- messages ------------------------------------------------------------------------------------------------------

  let begin = 0; // when the running message was begun
  let spent = 0; // milliseconds that the last message took
  const attempt = (operation, message) => {
    log = "";
    logged = 0;
    written = 0;
    seed = 0;
    let body;
    begin = now();
    try {
      body = flows[operation.flow](operation, message);
    } catch (error) {
      body = failureJson(error);
    }
    spent = now() - begin;
    lookup = findNothing;
    declared = NO_NAMES;
    putBack();
    const extras = `${log === "" ? "" : `,"l":[${log}]`}${logged > limits.log_bytes ? `,"cut":1` : ""}`;
    return `{${body}${extras}`;
  };
  // A message that looks slow is run again, since the first run compiles and any run may be held up: the shortest time
  // counts, the first answer stands. Only in a clean realm, and a script that stays slow is believed after a while.
  const MOST_DOUBTS = 5;
  const WORTH_DOUBT_MS = 50;
  let doubts = MOST_DOUBTS;
  const unhurried = (operation, text, index) => {
    let least = spent;
    for (let again = 0; again < 2 && least > program.slow_ms; again += 1) {
      spoilt = verify() !== CLEAN || spoilt;
      if (spoilt) return least;
      attempt(operation, parse(text).messages[index]);
      if (spent < least) least = spent;
    }
    if (least > program.slow_ms) doubts -= 1;
    return least;
  };
  const verifyAll = () => {
    const state = verify();
    const before = spoilt;
    spoilt = false;
    return state === CLEAN && before ? MENDED : state;
  };
  const MOST_ANSWERED = 4194304;
  // `text`: {"op": name, "messages": [[…], …]}. The answer: one JSON object a message, separated by line feeds (JSON
  // text holds none). The realm must have been found clean by `verify` since the last message.
  const run = (text) => {
    const request = parse(text);
    const operation = program.dialect.operations[request.op];
    const messages = request.messages;
    let out = "";
    for (let i = 0; i < messages.length; i += 1) {
      progress[0] = i;
      const answer = attempt(operation, messages[i]);
      const slow = spent > program.slow_ms && spent < WORTH_DOUBT_MS && doubts > 0;
      const time = slow ? unhurried(operation, text, i) : spent;
      out += `${i === 0 ? "" : "\n"}${answer}${time === 0 ? "" : `,"t":${time}`}}`;
      resetRegExp();
      if (!looksClean()) spoilt = true;
      if (spoilt || out.length > MOST_ANSWERED) break; // the host asks for the rest
    }
    progress[0] = messages.length;
    return out;
  };

  const api = create(null);
  api.load = load;
  api.run = run;
  api.verify = verifyAll;
  return api;
})
