// Third part of the driver: bytes, ports, and lists of warnings and errors, by the rules that the table names.

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
const wrapByte = (item) => wrapNumber(+item);
const wrapNumber = (number) => {
  if (number - number !== 0) return 0;
  const byte = trunc(number) % 256;
  return byte < 0 ? byte + 256 : byte;
};
// What the script gave where the network sends another byte of it: 300 is 44 for one, 255 for another. The first is
// kept with its place, the others are counted.
let otherBytes = 0;
let otherAt = 0;
let otherGiven = "";
const noteOther = (item, at) => {
  if (otherBytes === 0) {
    otherAt = at;
    otherGiven = isObject(item) ? (isArray(item) ? "a list" : "an object") : typeof item === "string" ? quote(clip(item, 100)) : toText(item);
  }
  otherBytes += 1;
};
const othersText = () => (otherBytes === 0 ? "" : `,"o":[${otherAt},${quote(otherGiven)},${otherBytes - 1}]`);
// A byte modulo 256. What is sent as its two's complement is meant so; null and an empty text are no zeros.
const wrappedByte = (item, at) => {
  if (isByte(item)) return item;
  const number = +item;
  const byte = wrapNumber(number);
  const isMeant = number === byte || (number >= -128 && number === byte - 256);
  if (!isMeant || item === null || item === "") noteOther(item, at);
  return byte;
};
const items = (length, at) => {
  let out = "";
  for (let i = 0; i < length; i += 1) {
    spend(2);
    out += byteText[wrappedByte(at(i), i)];
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
  for (let i = 0; ; i += 1) {
    const step = apply(next, iterator, []);
    if (step.done) return out;
    spend(2);
    out += byteText[wrappedByte(step.value, i)];
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
    if (!isByte(item)) {
      throw outputFailure(`item ${i} is not a whole number from 0 to 255: ${clip(thrownText(item), 100)}`);
    }
    spend(2);
    out += byteText[item];
  }
  return out;
};
// ChirpStack v4: an Array of numbers, each cut to a byte.
const saturated = (number) => (number > 255 ? 255 : number >= 1 ? trunc(number) : 0);
const saturatedByte = (number, at) => {
  const byte = saturated(number);
  if (byte !== number) noteOther(number, at);
  return byte;
};
const saturatedBytes = (value) => {
  if (!isArray(value)) throw unlike(value, "array");
  let out = "";
  for (let i = 0; i < value.length; i += 1) {
    if (typeof value[i] !== "number") throw unlike(value[i], "f64");
    spend(2);
    out += byteText[saturatedByte(value[i], i)];
  }
  return out;
};
const unlike = (value, kind) => {
  const what = value === null ? "null" : isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return outputFailure(`Error converting from js '${what}' into type '${kind}'`);
};
// ChirpStack v3: `exact` in its own words; holes are passed over.
const goBytes = (value) => {
  if (value === undefined || value === null) throw outputFailure("value must not be nil");
  if (!isArray(value)) throw outputFailure("value must be an array");
  let out = "";
  for (let i = 0; i < value.length; i += 1) {
    spend(1);
    if (!reflectHas(value, i)) continue;
    const item = value[i];
    if (typeof item !== "number") throw outputFailure(`array value must be an array of ints or floats, got: ${typeof item}`);
    if (!isByte(item)) throw outputFailure(`array value must be in byte range (0 - 255), got: ${item}`);
    spend(2);
    out += byteText[item];
  }
  return out;
};
const isByte = (item) => typeof item === "number" && item >= 0 && item <= 255 && floor(item) === item;
// TS013 and ThingPark: whole numbers from 0 to 255 in an Array or a Uint8Array (so a Buffer too), or hex.
const octetBytes = (value) => {
  if (typeof value === "string") return hexBytes(value);
  const kind = typedKind(value);
  if (kind === "Uint8Array" || kind === "Uint8ClampedArray") return items(apply(typedLength, value, []), (i) => value[i]);
  return exactBytes(value);
};
const hexBytes = (text) => {
  for (let i = 0; i < text.length; i += 1) if (!apply(includes, HEX, [lower(text[i])])) throw notHex();
  if (text.length % 2 === 1) throw notHex();
  spend(text.length);
  return lower(text);
};
const lower = (text) => apply(lowerCase, text, []);
const notHex = () => outputFailure("bytes: a list of whole numbers from 0 to 255, or an even number of hex digits, was expected");
const bytesRules = table({
  wrap: wrapBytes, exact: exactBytes, saturate: saturatedBytes, go_bytes: goBytes, octets: octetBytes,
});
const bytesText = (rule, value) => {
  otherBytes = 0;
  try {
    return bytesRules[rule](value);
  } catch (error) {
    throw isFailure(error) ? error : outputFailure(clip(thrownText(error), 1024));
  }
};

// ---- ports -------------------------------------------------------------------------------------------------------

// The Things Stack: absent keeps the requested port, or 1 where that is 0; anything else is a byte.
const bytePort = (value, requested) => {
  if (value !== undefined && value !== null) {
    try {
      return wrapByte(value);
    } catch (error) {
      throw outputFailure(clip(thrownText(error), 1024));
    }
  }
  return requested === 0 ? 1 : requested;
};

// ChirpStack v4: a number is cut to a byte, anything else keeps the requested port.
const saturatedPort = (value, requested) => (typeof value === "number" ? saturated(value) : requested);
// TS013 and ThingPark: the result states it; where it does not, the caller must have.
const statedPort = (value, requested) => {
  if (value === undefined || value === null) {
    if (requested > 0) return requested;
    throw outputFailure("fPort is missing: bytes and fPort were expected");
  }
  if (!isByte(value)) throw outputFailure(`fPort is not a whole number from 0 to 255: ${clip(thrownText(value), 100)}`);
  return value;
};
// What the script gave, where the network makes another port of it: 300 is 44 for one, 255 for another.
const otherPort = (given, port) => {
  if ((typeof given !== "number" && typeof given !== "string") || +given === port) return "";
  return `,"g":${quote(clip(toText(given), 100))}`;
};
const portRules = table({ byte: bytePort, saturate: saturatedPort, stated: statedPort });

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
// ChirpStack v4: a list of strings, or none.
const stringList = (value) => {
  if (!isArray(value)) return NONE;
  const list = create(null);
  list.count = 0;
  for (let i = 0; i < value.length; i += 1) {
    if (typeof value[i] !== "string") return NONE;
    push(list, value[i]);
  }
  return list;
};
const listRules = table({ list: textList, strings: stringList });
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

