// Second part of the driver: data that a script returned, made into text by the rules that the dialect's table names.

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
const refused = (number) => {
  if (number - number === 0) return undefined;
  throw new Failure("output_encoding", `json: unsupported value: ${toText(number)}`, undefined);
};
const refuseNonFinite = (value, depth) => {
  spend(typeof value === "string" ? value.length + 3 : 2);
  if (typeof value === "number") refused(value);
  if (typeof value !== "object" || value === null) return;
  dive(depth);
  if (isArray(value) && value.length > 0) spend(value.length * 2); // a hole is written as null
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
// ChirpStack v4: a protobuf Struct of what QuickJS's kinds of values are. What has no kind there is null; of objects
// that are no list, own enumerable members count. Infinities become numbers that its JSON cannot say.
const plainMembers = (value, path, depth) => {
  dive(depth);
  const names = objectKeys(value);
  const copy = {};
  for (let i = 0; i < names.length; i += 1) {
    spend(names[i].length + 3);
    put(copy, names[i], plainValue(value[names[i]], pathOf(path, names[i]), depth + 1));
  }
  return copy;
};
const plainList = (value, path, depth) => {
  dive(depth);
  const copy = [];
  for (let i = 0; i < value.length; i += 1) put(copy, i, plainValue(value[i], pathOf(path, i), depth + 1));
  return copy;
};
const plainValue = (value, path, depth) => {
  spend(5);
  if (typeof value === "number") return same(value, NaN) ? null : structNumber(value, path);
  if (typeof value === "string") spend(value.length);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null || isError(value)) return null;
  return isArray(value) ? plainList(value, path, depth) : plainMembers(value, path, depth);
};
const plainTop = (value) => {
  if (typeof value !== "object" || value === null || isArray(value) || isError(value)) {
    throw outputFailure("decodeUplink did not return 'data'");
  }
  return plainMembers(value, "", 1);
};

// ChirpStack v3: what otto exports, as Go's JSON writes it: no undefined members and no holes, keys in order.
const ottoMembers = (value, path, depth) => {
  dive(depth);
  const names = sorted(objectKeys(value));
  const copy = {};
  for (let i = 0; i < names.length; i += 1) {
    const item = value[names[i]];
    if (item === undefined) continue;
    spend(names[i].length + 3);
    put(copy, names[i], ottoValue(item, pathOf(path, names[i]), depth + 1));
  }
  return copy;
};
const sorted = (names) => apply(sortList, names, []);
const ottoList = (value, path, depth) => {
  dive(depth);
  const copy = [];
  let count = 0;
  for (let i = 0; i < value.length; i += 1) {
    spend(1);
    if (!reflectHas(value, i)) continue;
    put(copy, count, ottoValue(value[i], pathOf(path, i), depth + 1));
    count += 1;
  }
  return copy;
};
const ottoValue = (value, path, depth) => {
  spend(5);
  if (typeof value === "number") return refused(value) ?? structNumber(value, path);
  if (typeof value === "string") spend(value.length);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (!isObject(value)) return null;
  return isArray(value) ? ottoList(value, path, depth) : ottoMembers(value, path, depth);
};
const ottoTop = (value) => ottoValue(value, "", 1);

const dataRules = table({
  struct: structTop, struct_list: structItems, json_object: jsonObject, plain_struct: plainTop, otto: ottoTop,
});

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

