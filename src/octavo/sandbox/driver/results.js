// Second part of the driver: what a script returned, made into text by the rules that the dialect's table names.

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
// Bytes that UTF-8 takes for a UTF-16 unit; half of a pair takes half of four.
const unitBytes = (text, i) => {
  const code = apply(charCode, text, [i]);
  if (code < 0x80) return 1;
  return code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
};
// Bytes of a text, counted no further than just past `most`.
const bytesIn = (text, most) => {
  let size = 0;
  for (let i = 0; i < text.length && size <= most; i += 1) size += unitBytes(text, i);
  return size;
};
const exceeds = (text, most) => text.length * 3 > most && bytesIn(text, most) > most; // mostly its length tells
const isPlainJson = () =>
  getPrototypeOf(ArrayPrototype) === ObjectPrototype && !hasOwn(ArrayPrototype, "toJSON") && !hasOwn(ObjectPrototype, "toJSON");
const jsonOf = (copy) => {
  let text;
  if (!odd && isPlainJson()) text = stringify(copy);
  // a lone half of a surrogate pair is written as an escape, which no reader of ours takes
  if (text === undefined || apply(includes, text, ["\\ud"])) text = textOf(copy);
  if (exceeds(text, limits.result_bytes)) throw new Failure("limit_output", "", undefined);
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
const clipBytes = (text, most) => {
  let out = "";
  for (let i = 0, size = unitBytes(text, 0); size <= most; i += 1, size += unitBytes(text, i)) out += text[i];
  return out + "…";
};
const writeLog = (show) =>
  function (...values) {
    if (logged > limits.log_bytes) return;
    let line = "";
    for (let i = 0; i < values.length; i += 1) line += (i === 0 ? "" : " ") + show(values[i]);
    const room = limits.log_bytes - logged;
    const size = bytesIn(line, room);
    const kept = size > room ? clipBytes(line, room) : line;
    logged += size + 1;
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
