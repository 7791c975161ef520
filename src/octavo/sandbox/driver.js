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
  const toText = String;
  const isFinite = Number.isFinite;
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
  const charCode = String.prototype.charCodeAt;
  const wellFormed = String.prototype.toWellFormed;
  const objectToString = Object.prototype.toString;
  const regExpExec = RegExp.prototype.exec;
  const symbolText = getOwnPropertyDescriptor(Symbol.prototype, "description").get;
  const numberValue = Number.prototype.valueOf;
  const booleanValue = Boolean.prototype.valueOf;
  const stringValue = String.prototype.valueOf;
  const dateValue = Date.prototype.getTime;
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

  class Failure {
    constructor(name, message, cause, place) {
      this.name = name;
      this.message = message;
      this.cause = cause;
      this.place = place;
    }
  }
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
    if (error instanceof Failure) {
      return `"e":[${quote(error.name)},${quote(error.message)},${error.cause === undefined ? "null" : quote(error.cause)},${quote(error.place === undefined ? "" : error.place)}]`;
    }
    const text = clip(thrownText(error), 4096);
    const name = text === "RangeError: Array buffer allocation failed" ? "limit_memory" : "script";
    return `"e":[${quote(name)},${quote(text)},null,${quote(clip(stackText(error), 4096))}]`;
  };

  // ---- the walker: values to JSON text, by rule --------------------------------------------------------------------

  let limits = create(null);
  let written = 0; // characters of the result so far
  let findings = ""; // NaN and infinities, `path: invalid NaN value`, joined with ", "

  const spend = (text) => {
    written += text.length;
    if (written > limits.result_bytes) throw new Failure("limit_output", "", undefined);
    return text;
  };
  const nonFinite = (value, path) => {
    const line = `${path}: invalid ${toText(value)} value`;
    if (findings.length < 4096) findings += findings === "" ? line : `, ${line}`;
    return "null";
  };
  // Numbers above 2^53 are written so that they are read back as the double that they are.
  const numberText = (value, path) => {
    if (!isFinite(value)) return nonFinite(value, path);
    if (value === 0) return same(value, -0) ? "-0.0" : "0";
    if (value > 9007199254740992 || value < -9007199254740992) {
      const text = `${value}`;
      return text.length < 22 && !hasExponent(text) ? `${text}.0` : text;
    }
    return `${value}`;
  };
  const hasExponent = (text) => {
    for (let i = 0; i < text.length; i += 1) if (text[i] === "e") return true;
    return false;
  };

  const plainObject = (value, path, depth) => {
    if (depth > limits.depth) throw new Failure("limit_depth", "", undefined);
    const names = objectKeys(value);
    let out = "{";
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i];
      out += spend(`${i === 0 ? "" : ","}${quote(name)}:`);
      out += structValue(value[name], path, name, depth + 1);
    }
    return `${out}}`;
  };
  const listOf = (length, at, path, depth) => {
    if (depth > limits.depth) throw new Failure("limit_depth", "", undefined);
    let out = "[";
    for (let i = 0; i < length; i += 1) {
      if (i !== 0) out += spend(",");
      out += structValue(at(i), path, i, depth + 1);
    }
    return `${out}]`;
  };
  const keyedList = (length, at, path, depth) => {
    let out = "{";
    for (let i = 0; i < length; i += 1) {
      out += spend(`${i === 0 ? "" : ","}"${i}":`);
      out += structValue(at(i), path, `${i}`, depth + 1);
    }
    return `${out}}`;
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
  const setItems = (value) => drained(apply(setValues, value, []), setNext);
  const mapItems = (value) => drained(apply(mapEntries, value, []), mapNext);
  const pathOf = (path, key) => (typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`);

  // The name of a typed array's kind; undefined for anything else.
  const typedKind = (value) => apply(typedTag, value, []);
  // Kinds that a plain walk over own enumerable keys would get wrong; order matters little, these are rare.
  const exotic = (value, path, depth, top) => {
    if (typedKind(value) !== undefined) {
      const length = apply(typedLength, value, []);
      return (top ? keyedList : listOf)(length, (i) => value[i], path, depth);
    }
    if (branded(setSize, value)) {
      const items = setItems(value);
      return (top ? keyedList : listOf)(items.count, (i) => items[i], path, depth);
    }
    if (branded(mapSize, value)) return mapText(value, path, depth, top);
    if (branded(dateValue, value)) {
      if (top) return "{}";
      if (same(apply(dateValue, value, []), NaN)) return "null";
      throw outputFailure("a Date cannot be passed on: the network's answer to it varies; return a string or a number");
    }
    if (branded(numberValue, value)) return top ? "{}" : numberText(apply(numberValue, value, []), path);
    if (branded(booleanValue, value)) return top ? "{}" : toText(apply(booleanValue, value, []));
    if (branded(stringValue, value)) return "{}";
    if (branded(bufferByteLength, value)) throw outputFailure("an ArrayBuffer cannot be passed on");
    if (isPromise(value)) throw outputFailure("a Promise cannot be passed on");
    if (apply(objectToString, value, []) === "[object Arguments]") {
      return (top ? keyedList : listOf)(value.length, (i) => value[i], path, depth);
    }
    return plainObject(value, path, depth);
  };
  const mapText = (value, path, depth, top) => {
    const items = mapItems(value);
    if (!top) return listOf(items.count, (i) => items[i], path, depth);
    let out = "{";
    for (let i = 0; i < items.count; i += 1) {
      const name = toText(items[i][0]);
      out += spend(`${i === 0 ? "" : ","}${quote(name)}:`);
      out += structValue(items[i][1], path, name, depth + 1);
    }
    return `${out}}`;
  };
  const isPromise = (value) => {
    if (typeof value !== "object" || value === null) return false;
    for (let proto = getPrototypeOf(value); proto !== null; proto = getPrototypeOf(proto)) {
      if (proto === PromisePrototype) return true;
    }
    return false;
  };

  const structObject = (value, path, depth) => {
    if (isArray(value)) return listOf(value.length, (i) => value[i], path, depth);
    const proto = getPrototypeOf(value);
    if ((proto === ObjectPrototype || proto === null) && !hasOwn(value, SymbolIterator)) {
      return plainObject(value, path, depth);
    }
    return exotic(value, path, depth, false);
  };
  // One value inside `data`, as The Things Stack converts it to a protobuf Struct.
  const structValue = (value, parent, key, depth) => {
    switch (typeof value) {
      case "number":
        if (isFinite(value)) return spend(numberText(value, ""));
        return spend(nonFinite(value, pathOf(parent, key)));
      case "string":
        return spend(quote(value));
      case "boolean":
        return spend(value ? "true" : "false");
      case "undefined":
        return spend("null");
      case "object":
        if (value === null) return spend("null");
        return structObject(value, pathOf(parent, key), depth);
      case "symbol": {
        const text = apply(symbolText, value, []);
        return spend(quote(text === undefined ? "" : text));
      }
      default:
        throw outputFailure(`a ${typeof value} cannot be passed on`);
    }
  };
  // `data` itself: must end up an object with string keys.
  const structTop = (value) => {
    if (value === undefined || value === null || typeof value === "function") return "{}";
    if (typeof value !== "object") throw outputFailure(`data must be an object, not a ${typeof value}`);
    if (isArray(value)) return keyedList(value.length, (i) => value[i], "", 1);
    const proto = getPrototypeOf(value);
    if ((proto === ObjectPrototype || proto === null) && !hasOwn(value, SymbolIterator)) return plainObject(value, "", 1);
    return exotic(value, "", 1, true);
  };

  // The JSON that JSON.stringify gives, for networks that pass results on as JSON; non-finite numbers are findings.
  const jsonFailure = (value, depth) => {
    if (typeof value === "number") return isFinite(value) ? undefined : toText(value);
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > limits.depth) throw new Failure("limit_depth", "", undefined);
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i += 1) {
      const found = jsonFailure(value[names[i]], depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const jsonText = (value) => {
    const found = jsonFailure(value, 1);
    if (found !== undefined) throw new Failure("output_encoding", `json: unsupported value: ${found}`, undefined);
    const text = stringify(value);
    return spend(text === undefined ? "null" : apply(wellFormed, text, []));
  };
  // v2: `data` must be an object; arrays and primitives are refused.
  const jsonObject = (value) => {
    if (typeof value !== "object" || value === null || isArray(value)) throw outputFailure("does not return an object");
    return jsonText(value);
  };
  const structList = (value) => listOf(value.length, (i) => value[i], "", 1);
  const dataRules = table({ struct: structTop, struct_list: structList, json_object: jsonObject });

  // A result nested too deep is cyclic where an object is among its own ancestors.
  const isCyclic = (value, ancestors) => {
    if (typeof value !== "object" || value === null) return false;
    if (apply(setHas, ancestors, [value])) return true;
    if (apply(setSize, ancestors, []) > 1000) return false;
    apply(setAdd, ancestors, [value]);
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i += 1) if (isCyclic(value[names[i]], ancestors)) return true;
    apply(setDelete, ancestors, [value]);
    return false;
  };
  const dataText = (rule, value) => {
    findings = "";
    try {
      const text = dataRules[rule](value);
      if (findings !== "") throw new Failure("output_encoding", findings, undefined);
      return text;
    } catch (error) {
      throw dataFailure(error, value);
    }
  };
  const dataFailure = (error, value) => {
    if (!(error instanceof Failure)) return outputFailure(clip(thrownText(error), 1024));
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
    if (!isFinite(number)) return 0;
    const byte = trunc(number) % 256;
    return byte < 0 ? byte + 256 : byte;
  };
  const items = (length, at) => {
    let out = "";
    for (let i = 0; i < length; i += 1) out += spend(byteText[wrapByte(at(i))]);
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
      out += spend(utf8Code(code));
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
      out += spend(byteText[wrapByte(step.value)]);
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
      out += spend(byteText[item]);
    }
    return out;
  };
  const bytesRules = table({ wrap: wrapBytes, exact: exactBytes });
  const bytesText = (rule, value) => {
    try {
      return bytesRules[rule](value);
    } catch (error) {
      throw error instanceof Failure ? error : outputFailure(clip(thrownText(error), 1024));
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
  const textList = (value, what) => {
    const list = create(null);
    list.count = 0;
    if (value === undefined || value === null) return list;
    if (typeof value !== "object") throw outputFailure(`${what} must be a list, not a ${typeof value}`);
    try {
      fillList(list, value, what);
    } catch (error) {
      throw error instanceof Failure ? error : outputFailure(clip(thrownText(error), 1024));
    }
    return list;
  };
  const push = (list, item) => {
    list[list.count] = itemText(item);
    spend(list[list.count]);
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
  const shown = (value) => {
    if (typeof value === "string") return value;
    try {
      const text = typeof value === "object" && value !== null ? stringify(value) : toText(value);
      return typeof text === "string" ? text : toText(value);
    } catch {
      return thrownText(value);
    }
  };
  const shownJson = (value) => {
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
  const consoles = table({ text: shown, json: shownJson });
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
  let lookup = () => undefined;
  let declared = create(null);
  let leaked = create(null);
  let leakedCount = 0;
  const leak = (name, value) => {
    leaked[leakedCount] = name;
    leakedCount += 1;
    return defineProperty(global, name, { value, writable: true, enumerable: true, configurable: true });
  };
  const backdrop = create(null);
  backdrop.has = (target, name) => (typeof name === "string" && declared[name] === true) || reflectHas(target, name);
  backdrop.get = (target, name, receiver) => {
    if (typeof name === "string" && declared[name] === true) return lookup(name);
    return reflectGet(target, name, receiver);
  };
  backdrop.set = (target, name, value, receiver) => {
    if (receiver !== global || reflectHas(target, name)) return reflectSet(target, name, value, receiver);
    return leak(name, value);
  };

  // Built-ins that change attributes, links or extensibility say so, since a quick look does not see that.
  let touched = false;
  const watch = (owner, name) => {
    const slot = getOwnPropertyDescriptor(owner, name);
    const handler = create(null);
    handler.apply = (target, self, given) => {
      touched = true;
      return apply(target, self, given);
    };
    const which = slot.value === undefined ? "set" : "value";
    slot[which] = new ProxyConstructor(slot[which], handler);
    defineProperty(owner, name, slot);
  };
  const watchAll = () => {
    const ofObject = ["defineProperty", "defineProperties", "freeze", "seal", "preventExtensions", "setPrototypeOf"];
    for (let i = 0; i < ofObject.length; i += 1) watch(Object, ofObject[i]);
    watch(ObjectPrototype, "__defineGetter__");
    watch(ObjectPrototype, "__defineSetter__");
    watch(ObjectPrototype, "__proto__");
    const ofReflect = ["defineProperty", "preventExtensions", "setPrototypeOf"];
    const reflect = global.Reflect; // not in every dialect
    for (let i = 0; reflect !== undefined && i < ofReflect.length; i += 1) watch(reflect, ofReflect[i]);
    watch(Error, "captureStackTrace");
  };

  // The photograph: every object reachable from the global one and those reachable through syntax alone.
  const objects = [];
  const names = []; // own keys of each object
  const slots = []; // their descriptors
  const links = []; // prototype
  const open = []; // extensible
  const enumerable = []; // number of enumerable string keys
  const symbols = []; // number of symbol keys
  let objectCount = 0;
  // Flat copies for the quick look: data properties by value, the others by presence.
  const valueOwner = [];
  const valueName = [];
  const valueSaved = [];
  let valueCount = 0;
  const presentOwner = [];
  const presentName = [];
  let presentCount = 0;

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
  const syntaxOnly = () => [
    function* () {}, async function () {}, async function* () {}, (function* () {})(), (async function* () {})(),
    [].values(), new MapConstructor().entries(), new SetConstructor().values(), ""[SymbolIterator](),
    /x/g[SymbolMatchAll]("x"), new MapConstructor(), new SetConstructor(), new ProxyConstructor(BytesConstructor, {}),
    getPrototypeOf(BytesConstructor), RealDate,
  ];
  const photograph = () => {
    const seen = new SetConstructor();
    const queue = create(null);
    let last = 0;
    const visit = (value) => {
      if (!isObject(value) || value === backdropObject || apply(setHas, seen, [value])) return;
      apply(setAdd, seen, [value]);
      queue[last] = value;
      last += 1;
    };
    visit(global);
    const extra = syntaxOnly();
    for (let i = 0; i < extra.length; i += 1) visit(getPrototypeOf(extra[i]));
    for (let i = 0; i < last; i += 1) record(queue[i], visit);
    flatten();
  };
  const record = (object, visit) => {
    const own = ownKeys(object);
    const descriptors = create(null);
    for (let i = 0; i < own.length; i += 1) {
      const slot = getOwnPropertyDescriptor(object, own[i]);
      setPrototypeOf(slot, null);
      descriptors[i] = slot;
      visit(slot.value);
      visit(slot.get);
      visit(slot.set);
    }
    visit(getPrototypeOf(object));
    objects[objectCount] = object;
    names[objectCount] = own;
    slots[objectCount] = descriptors;
    links[objectCount] = getPrototypeOf(object);
    open[objectCount] = isExtensible(object);
    enumerable[objectCount] = objectKeys(object).length;
    symbols[objectCount] = getOwnPropertySymbols(object).length;
    objectCount += 1;
  };
  // Deleting such a property would not show in its value.
  const inheritsSame = (object, name, value) => {
    const proto = getPrototypeOf(object);
    return proto !== null && same(reflectGet(proto, name, object), value);
  };
  const flatten = () => {
    for (let i = 0; i < objectCount; i += 1) {
      for (let j = 0; j < names[i].length; j += 1) {
        const slot = slots[i][j];
        if (!hasOwn(slot, "value") || inheritsSame(objects[i], names[i][j], slot.value)) {
          presentOwner[presentCount] = objects[i];
          presentName[presentCount] = names[i][j];
          presentCount += 1;
        }
        if (hasOwn(slot, "value") && (slot.writable || slot.configurable)) {
          valueOwner[valueCount] = objects[i];
          valueName[valueCount] = names[i][j];
          valueSaved[valueCount] = slot.value;
          valueCount += 1;
        }
      }
    }
  };

  // The quick look is exact as long as none of the watched built-ins ran: assignment and deletion change values,
  // presence, or the number of enumerable or symbol keys, and it sees these.
  const untouched = () => {
    for (let i = 0; i < valueCount; i += 1) {
      if (valueOwner[i][valueName[i]] !== valueSaved[i] && valueSaved[i] === valueSaved[i]) return false;
    }
    for (let i = 0; i < objectCount; i += 1) {
      if (objectKeys(objects[i]).length !== enumerable[i]) return false;
      if (getOwnPropertySymbols(objects[i]).length !== symbols[i]) return false;
    }
    for (let i = 0; i < presentCount; i += 1) if (!hasOwn(presentOwner[i], presentName[i])) return false;
    return true;
  };

  const sameSlot = (now_, then) =>
    now_ !== undefined && same(now_.value, then.value) && now_.get === then.get && now_.set === then.set &&
    now_.writable === then.writable && now_.enumerable === then.enumerable && now_.configurable === then.configurable;
  const indexOf = (list, item) => {
    for (let i = 0; i < list.length; i += 1) if (list[i] === item) return i;
    return -1;
  };

  // What a script touches: put back after each message from the first time on.
  const learned = create(null);
  let learnedCount = 0;
  const learn = (object, name, slot) => {
    for (let i = 0; i < learnedCount; i += 1) {
      if (learned[i].object === object && learned[i].name === name) return;
    }
    const entry = create(null);
    entry.object = object;
    entry.name = name;
    entry.slot = slot; // undefined: was not there
    learned[learnedCount] = entry;
    learnedCount += 1;
  };
  const restore = (object, name, slot) => {
    if (slot === undefined) return deleteProperty(object, name);
    const current = getOwnPropertyDescriptor(object, name);
    if (sameSlot(current, slot)) return true;
    return defineProperty(object, name, slot);
  };
  const putBack = () => {
    for (let i = 0; i < leakedCount; i += 1) deleteProperty(global, leaked[i]);
    leakedCount = 0;
    for (let i = 0; i < learnedCount; i += 1) {
      const entry = learned[i];
      if (entry.slot === undefined) deleteProperty(entry.object, entry.name);
      else if (!hasOwn(entry.slot, "value") || entry.object[entry.name] !== entry.slot.value) {
        restore(entry.object, entry.name, entry.slot);
      }
    }
  };

  // Finds every difference of one object to its photograph, puts it back and learns it. False: cannot be put back.
  const mendObject = (i) => {
    const object = objects[i];
    const own = ownKeys(object);
    let ok = true;
    for (let j = 0; j < own.length; j += 1) {
      if (indexOf(names[i], own[j]) === -1) {
        learn(object, own[j], undefined);
        ok = restore(object, own[j], undefined) && ok;
      }
    }
    for (let j = 0; j < names[i].length; j += 1) {
      if (!sameSlot(getOwnPropertyDescriptor(object, names[i][j]), slots[i][j])) {
        learn(object, names[i][j], slots[i][j]);
        ok = restore(object, names[i][j], slots[i][j]) && ok;
      }
    }
    if (getPrototypeOf(object) !== links[i]) ok = setPrototypeOf(object, links[i]) && ok;
    return ok && isExtensible(object) === open[i];
  };
  const isMended = (i) => {
    const object = objects[i];
    const own = ownKeys(object);
    if (own.length !== names[i].length) return false;
    for (let j = 0; j < own.length; j += 1) {
      if (!sameSlot(getOwnPropertyDescriptor(object, names[i][j]), slots[i][j])) return false;
    }
    return getPrototypeOf(object) === links[i] && isExtensible(object) === open[i];
  };
  const MOST_LEARNED = 400;
  const CLEAN = "clean"; // as photographed
  const MENDED = "mended"; // was not, is now, and what was touched is learned
  const LOST = "lost"; // cannot be put back
  const verify = () => {
    resetRegExp();
    if (!touched && untouched()) return CLEAN;
    touched = false;
    let clean = true;
    for (let i = 0; i < objectCount; i += 1) if (!isMended(i)) clean = false;
    if (clean) return CLEAN;
    for (let i = 0; i < objectCount; i += 1) if (!mendObject(i)) return LOST;
    for (let i = 0; i < objectCount; i += 1) if (!isMended(i)) return LOST;
    touched = false;
    return learnedCount > MOST_LEARNED ? LOST : MENDED;
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
    entry.make = indirectEval(script.text)((find) => {
      lookup = find;
    });
    entry.given = [];
    for (let i = 0; i < script.shadows.length; i += 1) entry.given[i] = global[script.shadows[i]];
    entry.declared = create(null);
    for (let i = 0; i < script.declared.length; i += 1) entry.declared[script.declared[i]] = true;
    return entry;
  };
  // Arguments are built from literals, which no setter on a prototype can catch.
  const prepare = (operations) => {
    const kinds = ownKeys(operations);
    for (let i = 0; i < kinds.length; i += 1) {
      const entries = operations[kinds[i]].entries;
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
    return "";
  };

  // Runs a script's top level; afterwards `lookup` finds what it declared.
  const instantiate = (name) => {
    const script = scripts[name];
    if (script.failure !== null) throw new Failure("script", script.failure[0], undefined, script.failure[1]);
    declared = script.declared;
    apply(script.make, undefined, script.given);
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
    recvTime: (message) => (message[2] === null ? new RealDate(program.now === null ? now() : program.now) : new RealDate(message[2])),
    variables: (message) => (message[3] === null ? {} : message[3]),
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
    if (typeof found !== "function") throw new Failure("script", `ReferenceError: ${name} is not defined`, undefined);
    return apply(found, undefined, list);
  };

  const PROMISE = `"p":1`;
  const members = (result, operation) => {
    if (result === undefined || result === null) {
      if (operation.nothing === "type_error") {
        throw new Failure("script", `TypeError: Cannot destructure the result: it is ${toText(result)}`, undefined);
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
    const data = dataText(operation.data, member(envelope, "data"));
    const head = `"d":${data}${warnings.count > 0 ? `,"w":${listJson(warnings)}` : ""}${isPromise(envelope) ? `,${PROMISE}` : ""}`;
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
    const values = create(null);
    for (let i = 0; i < operation.inputs.length; i += 1) {
      values[operation.inputs[i]] = inputs[operation.inputs[i]](message);
    }
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
    return `"r":${text === undefined ? "null" : quote(spend(text))}${isPromise(result) ? `,${PROMISE}` : ""}`;
  };
  const flows = table({ one: callOne, chain: callChain, raw: callRaw });

  // ---- messages ------------------------------------------------------------------------------------------------------

  const attempt = (operation, message) => {
    log = "";
    logged = 0;
    written = 0;
    seed = 0;
    let body;
    const begin = now();
    try {
      body = flows[operation.flow](operation, message);
    } catch (error) {
      body = failureJson(error);
    }
    const spent = now() - begin;
    lookup = () => undefined;
    declared = create(null);
    putBack();
    const extras = `${log === "" ? "" : `,"l":[${log}]`}${logged > limits.log_bytes ? `,"cut":1` : ""}${spent === 0 ? "" : `,"t":${spent}`}`;
    return `{${body}${extras}}`;
  };
  const MOST_ANSWERED = 4194304;
  // `text`: {"op": name, "messages": [[…], …]}. The answer: one JSON object a message, separated by line feeds (JSON
  // text holds none), or `mended` / `lost` where the realm was not clean to start with.
  const run = (text) => {
    const state = verify();
    if (state !== CLEAN) return state;
    const request = parse(text);
    const operation = program.dialect.operations[request.op];
    const messages = request.messages;
    let out = "";
    for (let i = 0; i < messages.length; i += 1) {
      progress[0] = i;
      out += (i === 0 ? "" : "\n") + attempt(operation, messages[i]);
      resetRegExp();
      if (out.length > MOST_ANSWERED) break; // the host asks for the rest
    }
    progress[0] = messages.length;
    return out;
  };

  const api = create(null);
  api.load = load;
  api.run = run;
  api.verify = verify;
  return api;
})
