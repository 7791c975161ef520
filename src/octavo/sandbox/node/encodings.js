// Node's `Buffer`, and the modules that ChirpStack lets a script import, for the dialects whose runners have them.
// Written from Node's documentation (https://nodejs.org/docs/latest-v20.x/api/buffer.html and errors.html) and compared
// call by call with Node's own. The files of this folder are the body of one function:
//
//   (function () { "use strict"; encodings.js buffer.js modules.js; return modules; })()
//
// A script gets hold of nothing but `Buffer`, its prototype and their functions: errors have no class of their own,
// methods no prototype object, and no table is ever the `this` of a built-in that a script could replace. So whatever
// one message could leave for the next is in sight of who looks there. For the same reason there is no pool: each
// buffer owns its memory and starts as zeros, `allocUnsafe` too.

const { floor, trunc, min, max } = Math;
const { isArray } = Array;
const { isInteger, isFinite } = Number;
const { fromCharCode } = String;
const { defineProperties, defineProperty, freeze, getOwnPropertyDescriptors, setPrototypeOf, keys, is: same } = Object;
const [Memory, View, Octets, WrongType, WrongRange] = [ArrayBuffer, DataView, Uint8Array, TypeError, RangeError];
const { isView } = Memory;
const { toPrimitive } = Symbol;

const LONGEST = 2 ** 32; // bytes in a buffer, `buffer.constants.MAX_LENGTH` of Node 20
class Bytes extends Octets {} // never handed out: its prototype becomes that of `Buffer`

// ---- errors: classes, codes and sentences as Node's --------------------------------------------------------------

const tagged = (Kind, code, message) => {
  const error = new Kind(message);
  error.code = code;
  return error;
};
const coded = (Kind, code, message) => {
  const error = tagged(Kind, code, message);
  const value = () => `${error.name} [${code}]: ${error.message}`;
  return defineProperty(error, "toString", { value, writable: true, configurable: true });
};
const quoted = (text) => (text.includes("'") ? JSON.stringify(text) : `'${text}'`);
const shown = (value) => {
  if (typeof value === "string") return quoted(value.length > 28 ? `${value.slice(0, 25)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return value.toString();
  if (value instanceof Bytes) return inspected(value);
  if (typeof value === "object" && value !== null) return isView(value) ? `${value.constructor.name}(0) []` : "{}";
  return same(value, -0) ? "-0" : `${value}`;
};
const received = (value) => {
  if (value === undefined || value === null) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value !== "object") return `type ${typeof value} (${shown(value)})`;
  const { name } = value.constructor || {};
  return name ? `an instance of ${name}` : "[Object: null prototype] {}";
};
const wrongType = (what, expected, value) =>
  coded(WrongType, "ERR_INVALID_ARG_TYPE", `${what} must be ${expected}. Received ${received(value)}`);
const wrongArgument = (name, expected, value) => wrongType(`The "${name}" argument`, expected, value);
const outOfBounds = (message) => coded(WrongRange, "ERR_BUFFER_OUT_OF_BOUNDS", message);
const inThousands = (digits) => (digits.length < (digits[0] === "-" ? 5 : 4)
  ? digits : `${inThousands(digits.slice(0, -3))}_${digits.slice(-3)}`);
const outOfRange = (name, bounds, value) => {
  const big = typeof value === "bigint";
  const long = (big || isInteger(value)) && (value > LONGEST || value < -LONGEST);
  const text = long ? `${inThousands(`${value}`)}${big ? "n" : ""}` : shown(value);
  const message = `The value of "${name}" is out of range. It must be ${bounds}. Received ${text}`;
  return coded(WrongRange, "ERR_OUT_OF_RANGE", message);
};

// ---- arguments ---------------------------------------------------------------------------------------------------

const checkNumber = (value, name) => {
  if (typeof value !== "number") throw wrongArgument(name, "of type number", value);
};
const checkWhole = (value, name, most, fallback) => {
  if (value === undefined && fallback !== undefined) return fallback;
  checkNumber(value, name);
  if (!isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < 0 || value > most) throw outOfRange(name, `>= 0 && <= ${most}`, value);
  return value + 0; // -0 becomes 0
};
const checkWithin = (value, name, least, most) => {
  if (floor(value) !== value) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} and <= ${most}`, value);
};
const checkPlace = (bytes, offset, size) => {
  checkNumber(offset, "offset");
  const last = bytes.length - size;
  if (last < 0 && floor(offset) === offset) throw outOfBounds("Attempt to access memory outside buffer bounds");
  checkWithin(offset, "offset", 0, last);
};
const checkBytes = (value, name) => {
  if (!(value instanceof Octets)) throw wrongArgument(name, "an instance of Buffer or Uint8Array", value);
  return value;
};
// Each family of methods reads positions in a way of its own: cut to the buffer, counted from its end, rounded down.
const cut = (value, length) => (value > 0 ? (value < length ? trunc(value) : length) : 0);
const relative = (value, length) => {
  const place = trunc(value) || 0;
  return place < 0 ? max(place + length, 0) : min(place, length);
};
const rounded = (value) => (isFinite(+value) ? floor(value) : 0);

// ---- encodings: text to bytes and back ---------------------------------------------------------------------------

const textOf = (units, mask) => {
  let text = "";
  for (let i = 0; i < units.length; i += 1) text += fromCharCode(units[i] & mask);
  return text;
};
const bytesOf = (text, wide) => {
  const bytes = [];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    bytes.push(code & 0xff);
    if (wide) bytes.push(code >> 8);
  }
  return bytes;
};
const latin1Bytes = (text) => bytesOf(text, false);
const ucs2Text = (bytes) => {
  const units = [];
  for (let i = 1; i < bytes.length; i += 2) units.push(bytes[i - 1] | bytes[i] << 8);
  return textOf(units, 0xffff);
};

const REPLACEMENT = 0xfffd;
const pushPoint = (bytes, point) => {
  const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  bytes.push(more === 0 ? point : 0xff00 >> more + 1 & 0xff | point >> 6 * more);
  for (let left = more - 1; left >= 0; left -= 1) bytes.push(0x80 | point >> 6 * left & 0x3f);
};
const utf8Bytes = (text) => {
  const bytes = [];
  for (let i = 0; i < text.length; i += 1) {
    const point = text.codePointAt(i);
    if (point > 0xffff) i += 1;
    pushPoint(bytes, point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point);
  }
  return bytes;
};
// After E0, ED, F0 and F4 the next byte has narrower bounds than 80…BF (WHATWG Encoding Standard, UTF-8 decoder).
const follows = (byte, lead) => {
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  return byte >= least && byte <= (lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf);
};
const moreAfter = (lead) => (lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3);
const utf8Text = (bytes) => {
  const units = [];
  for (let i = 0; i < bytes.length; i += 1) {
    const lead = bytes[i];
    const last = i + moreAfter(lead);
    let point = lead < 0x80 ? lead : last === i ? REPLACEMENT : lead & 0x3f >> last - i;
    for (let before = lead; i < last && follows(bytes[i + 1], before); before = 0) {
      i += 1;
      point = point << 6 | bytes[i] & 0x3f;
    }
    if (i < last) point = REPLACEMENT;
    if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | point & 0x3ff);
    else units.push(point);
  }
  return textOf(units, 0xffff);
};
const wholeCharacters = (bytes, room) => {
  let count = min(room, bytes.length);
  while (count > 0 && count < bytes.length && (bytes[count] & 0xc0) === 0x80) count -= 1;
  return count;
};

const DIGITS = "0123456789abcdef";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const valuesIn = (alphabets) => {
  const table = new Int8Array(256).fill(-1);
  for (const letters of alphabets) for (let i = 0; i < letters.length; i += 1) table[letters.charCodeAt(i)] = i;
  return table;
};
const DIGIT_VALUES = valuesIn([DIGITS, DIGITS.toUpperCase()]);
const LETTER_VALUES = valuesIn([`${LETTERS}+/`, `${LETTERS}-_`]);
const hexBytes = (text) => {
  const codes = latin1Bytes(text); // the low byte of a character is all that counts, here and in base64
  const bytes = [];
  for (let i = 1; i < codes.length; i += 2) {
    const byte = DIGIT_VALUES[codes[i - 1]] << 4 | DIGIT_VALUES[codes[i]];
    if (byte < 0) break;
    bytes.push(byte);
  }
  return bytes;
};
const hexText = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 1) text += DIGITS[bytes[i] >> 4] + DIGITS[bytes[i] & 15];
  return text;
};
const base64Bytes = (text) => {
  const codes = latin1Bytes(text);
  const bytes = [];
  let held = 0;
  let bits = 0;
  for (let i = 0; i < codes.length && codes[i] !== 0x3d; i += 1) {
    if (LETTER_VALUES[codes[i]] < 0) continue;
    held = (held << 6 | LETTER_VALUES[codes[i]]) & 0xfff;
    bits = (bits + 6) % 8;
    if (bits < 6) bytes.push(held >> bits & 0xff);
  }
  return bytes;
};
const base64Text = (bytes, letters, padding) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const three = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]; // what is not there counts as 0
    const count = min(bytes.length - i, 3);
    for (let j = 0; j <= count; j += 1) text += letters[three >> 18 - 6 * j & 0x3f];
    text += padding.repeat(3 - count);
  }
  return text;
};
const base64Size = (text) => {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length - padding) * 3 >>> 2;
};

// size: what `Buffer.byteLength` says, which trusts hex and base64 to be well-formed; fits: how many of the bytes
// `write` puts where there is less room; unit: the bytes of a step when searching.
const encoding = (bytes, text, size, fits = (list, room) => min(room, list.length), unit = 1) =>
  ({ bytes, text, size, fits, unit });
const base64 = (letters, padding) =>
  encoding(base64Bytes, (bytes) => base64Text(bytes, letters, padding), base64Size);
const oneByte = (mask) => encoding(latin1Bytes, (bytes) => textOf(bytes, mask), (text) => text.length);
const utf8 = encoding(utf8Bytes, utf8Text, (text) => utf8Bytes(text).length, wholeCharacters);
const evenBytes = (list, room) => min(room - room % 2, list.length);
const ucs2 = encoding((text) => bytesOf(text, true), ucs2Text, (text) => 2 * text.length, evenBytes, 2);
const BY_NAME = {
  __proto__: null, utf8, ucs2, ascii: oneByte(0x7f), latin1: oneByte(0xff),
  hex: encoding(hexBytes, hexText, (text) => text.length >>> 1),
  base64: base64(`${LETTERS}+/`, "="), base64url: base64(`${LETTERS}-_`, ""),
};
const ENCODINGS = {
  __proto__: null, ...BY_NAME, "utf-8": utf8, "ucs-2": ucs2, utf16le: ucs2, "utf-16le": ucs2, binary: BY_NAME.latin1,
};
const named = (name) => ENCODINGS[`${name}`.toLowerCase()];
const encodingOf = (name) => {
  const known = named(name);
  if (known !== undefined) return known;
  const text = typeof name === "string" ? name : shown(name);
  throw coded(WrongType, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${text}`);
};
