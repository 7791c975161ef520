// Second part of Node's modules: `Buffer`.

// ---- bytes -------------------------------------------------------------------------------------------------------

// Source and target may overlap in one memory: copied from the end where the target is the later one.
const put = (target, at, source, start, count) => {
  if (at > start) for (let i = count - 1; i >= 0; i -= 1) target[at + i] = source[start + i];
  else for (let i = 0; i < count; i += 1) target[at + i] = source[start + i];
  return max(count, 0);
};
const copied = (list) => {
  const bytes = new Bytes(list.length > 0 ? list.length : 0);
  put(bytes, 0, list, 0, bytes.length);
  return bytes;
};
const part = (bytes, start, end) => new Bytes(bytes.buffer, bytes.byteOffset + start, max(end - start, 0));
const order = (left, right) => {
  const common = min(left.length, right.length);
  for (let i = 0; i < common; i += 1) if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
};
const inspected = (bytes) => {
  const pairs = [];
  for (let i = 0; i < bytes.length && i < 50; i += 1) pairs.push(hexText([bytes[i]]));
  const more = bytes.length - 50;
  return `<Buffer ${pairs.join(" ")}${more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : ""}>`;
};
const readText = (bytes, name, start, end) => {
  const first = cut(start, bytes.length);
  if (first >= bytes.length) return "";
  const last = end === undefined || end > bytes.length ? bytes.length : trunc(end);
  return last > first ? (name === undefined ? utf8 : encodingOf(name)).text(part(bytes, first, last)) : "";
};
const putText = (bytes, text, chosen, offset, room) => {
  if (typeof text !== "string") throw tagged(WrongType, "ERR_INVALID_ARG_TYPE", "argument must be a string");
  const source = chosen.bytes(text);
  return put(bytes, offset, source, 0, chosen.fits(source, room));
};
const writeText = (bytes, text, offset, length, name) => {
  if (offset === undefined) return putText(bytes, text, utf8, 0, bytes.length);
  if (length === undefined && typeof offset === "string") return writeText(bytes, text, 0, bytes.length, offset);
  const room = bytes.length - checkWhole(offset, "offset", bytes.length);
  if (typeof length === "string") return writeText(bytes, text, offset, room, length);
  const most = min(room, checkWhole(length, "length", bytes.length, room));
  return putText(bytes, text, name ? encodingOf(name) : utf8, offset, most);
};

const fillEncoding = (name) => {
  if (name === undefined || name === null || name === "") return utf8;
  if (typeof name !== "string") throw wrongArgument("encoding", "of type string", name);
  return encodingOf(name);
};
const pattern = (value, chosen) => {
  if (typeof value === "string") return value === "" ? [0] : chosen.bytes(value);
  return isView(value) ? new Octets(value.buffer, value.byteOffset, value.byteLength) : [+value & 0xff];
};
const filled = (bytes, value, offset, end, name) => {
  const chosen = typeof value === "string" ? fillEncoding(name) : utf8;
  const start = checkWhole(offset, "offset", LONGEST, 0);
  const stop = offset === undefined ? bytes.length : checkWhole(end, "end", bytes.length, bytes.length);
  if (offset !== undefined && start >= stop) return bytes;
  const source = pattern(value, chosen);
  if (start < stop && source.length === 0) {
    throw coded(WrongType, "ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received ${shown(value)}`);
  }
  for (let i = start; i < stop; i += 1) bytes[i] = source[(i - start) % source.length];
  return bytes;
};

const matches = (bytes, sought, at) => {
  for (let i = 0; i < sought.length; i += 1) if (bytes[at + i] !== sought[i]) return false;
  return true;
};
const find = (bytes, sought, offset, unit, forward) => {
  const last = bytes.length - sought.length;
  const place = offset !== offset ? (forward ? 0 : bytes.length) : trunc(offset); // NaN: from the outermost place
  const start = place < 0 ? place + bytes.length : place;
  if (sought.length === 0) return cut(start, bytes.length);
  const first = forward ? max(start, 0) : min(start, last);
  if (first > last) return -1;
  for (let at = first - first % unit; at >= 0 && at <= last; at += forward ? unit : -unit) {
    if (matches(bytes, sought, at)) return at;
  }
  return -1;
};
const search = (bytes, value, byteOffset, name, forward) => {
  if (typeof byteOffset === "string") return search(bytes, value, undefined, byteOffset, forward);
  const offset = +byteOffset;
  if (typeof value === "number") return find(bytes, [value & 0xff], offset, 1, forward);
  if (typeof value === "string") {
    const { unit, bytes: encode } = name === undefined ? utf8 : encodingOf(name);
    return find(part(bytes, 0, bytes.length - bytes.length % unit), encode(value), offset, unit, forward);
  }
  if (value instanceof Octets) return find(bytes, value, offset, (named(name) || utf8).unit, forward);
  throw wrongArgument("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
};

// ---- making a buffer ---------------------------------------------------------------------------------------------

const fromText = (text, name) =>
  copied((typeof name !== "string" || name === "" ? utf8 : encodingOf(name)).bytes(text));
const fromMemory = (memory, byteOffset, length) => {
  const offset = +byteOffset || 0;
  const most = memory.byteLength - offset;
  if (most < 0) throw outOfBounds('"offset" is outside of buffer bounds');
  const count = length === undefined ? most : max(+length || 0, 0);
  if (count > most) throw outOfBounds('"length" is outside of buffer bounds');
  return new Bytes(memory, offset, count);
};
const listIn = (value) => {
  const { length } = value;
  if (length !== undefined || value.buffer instanceof Memory) return typeof length === "number" ? value : [];
  return value.type === "Buffer" && isArray(value.data) ? value.data : undefined;
};
const fromObject = (value, encodingOrOffset, length) => {
  if (value instanceof Memory) return fromMemory(value, encodingOrOffset, length);
  const plain = value.valueOf && value.valueOf();
  if (plain !== value && (typeof plain === "string" || (typeof plain === "object" && plain !== null))) {
    return from(plain, encodingOrOffset, length);
  }
  const list = listIn(value);
  if (list !== undefined) return copied(list);
  const text = typeof value[toPrimitive] === "function" ? value[toPrimitive]("string") : undefined;
  return typeof text === "string" ? fromText(text, encodingOrOffset) : undefined;
};
const from = (value, encodingOrOffset, length) => {
  if (typeof value === "string") return fromText(value, encodingOrOffset);
  const made = typeof value === "object" && value !== null ? fromObject(value, encodingOrOffset, length) : undefined;
  if (made !== undefined) return made;
  throw wrongType("The first argument",
    "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object", value);
};
const allocUnsafe = (size) => {
  checkNumber(size, "size");
  if (!(size >= 0 && size <= LONGEST)) throw outOfRange("size", `>= 0 && <= ${LONGEST}`, size);
  return new Bytes(size);
};
function Buffer(value, encodingOrOffset, length) {
  if (typeof value !== "number") return from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === "string") throw wrongArgument("string", "of type string", value);
  return allocUnsafe(value);
}

const totalLength = (list) => {
  let total = 0;
  for (let i = 0; i < list.length; i += 1) if (list[i].length) total += list[i].length;
  return total;
};
const statics = {
  poolSize: 8192, // Node's number; nothing here uses it
  from,
  of: (...items) => copied(items),
  alloc: (size, fill, name) => {
    const bytes = allocUnsafe(size);
    return fill !== undefined && fill !== 0 && size > 0 ? filled(bytes, fill, 0, bytes.length, name) : bytes;
  },
  allocUnsafe,
  allocUnsafeSlow: allocUnsafe,
  isBuffer: (value) => value instanceof Bytes,
  isEncoding: (name) => typeof name === "string" && named(name) !== undefined,
  compare: (left, right) => order(checkBytes(left, "buf1"), checkBytes(right, "buf2")),
  byteLength: (value, name) => {
    if (typeof value === "string") return (named(name) || utf8).size(value);
    if (isView(value) || value instanceof Memory) return value.byteLength;
    throw wrongArgument("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  },
  concat: (list, length) => {
    if (!isArray(list)) throw wrongArgument("list", "an instance of Array", list);
    if (list.length === 0) return new Bytes(0);
    const bytes = allocUnsafe(length === undefined ? totalLength(list) : checkWhole(length, "length", LONGEST));
    let at = 0;
    for (let i = 0; i < list.length; i += 1) {
      const next = checkBytes(list[i], `list[${i}]`);
      at += put(bytes, at, next, 0, min(next.length, bytes.length - at));
    }
    return bytes;
  },
};

// ---- what a buffer does ------------------------------------------------------------------------------------------

const methods = {
  get parent() { return this instanceof Bytes ? this.buffer : undefined; },
  get offset() { return this instanceof Bytes ? this.byteOffset : undefined; },
  toString(name, start, end) { return readText(this, name, start, end); },
  write(text, offset, length, name) { return writeText(this, text, offset, length, name); },
  inspect() { return inspected(this); },
  toJSON() {
    const data = [];
    for (let i = 0; i < this.length; i += 1) data.push(this[i]);
    return { type: "Buffer", data };
  },
  fill(value, offset, end, name) {
    if (typeof value === "string") {
      if (offset === undefined || typeof offset === "string") return filled(this, value, undefined, end, offset);
      if (typeof end === "string") return filled(this, value, offset, undefined, end);
    }
    return filled(this, value, offset, end, name);
  },
  slice(start, end) {
    return part(this, relative(start, this.length), end === undefined ? this.length : relative(end, this.length));
  },
  copy(target, targetStart, sourceStart, sourceEnd) {
    checkBytes(target, "target");
    const at = rounded(targetStart);
    if (at < 0) throw outOfRange("targetStart", ">= 0", at);
    const start = rounded(sourceStart);
    if (start < 0 || start > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, start);
    const end = sourceEnd === undefined ? this.length : rounded(sourceEnd);
    if (end < 0) throw outOfRange("sourceEnd", ">= 0", end);
    return put(target, at, this, start, min(end - start, this.length - start, target.length - at));
  },
  equals(other) { return order(this, checkBytes(other, "otherBuffer")) === 0; },
  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    const theirLength = checkBytes(target, "target").length;
    const their = checkWhole(targetStart, "targetStart", LONGEST, 0);
    const theirEnd = checkWhole(targetEnd, "targetEnd", theirLength, theirLength);
    const our = checkWhole(sourceStart, "sourceStart", LONGEST, 0);
    const ourEnd = checkWhole(sourceEnd, "sourceEnd", this.length, this.length);
    if (our >= ourEnd) return their >= theirEnd ? 0 : -1;
    return their >= theirEnd ? 1 : order(part(this, our, ourEnd), part(target, their, theirEnd));
  },
  indexOf(value, byteOffset, name) { return search(this, value, byteOffset, name, true); },
  lastIndexOf(value, byteOffset, name) { return search(this, value, byteOffset, name, false); },
  includes(value, byteOffset, name) { return search(this, value, byteOffset, name, true) !== -1; },
};
methods.subarray = methods.slice;
methods.toLocaleString = methods.toString;
const swapper = (size) => ({
  swap() {
    const message = `Buffer size must be a multiple of ${8 * size}-bits`;
    if (this.length % size !== 0) throw coded(WrongRange, "ERR_INVALID_BUFFER_SIZE", message);
    for (let i = 0; i < this.length; i += size) part(this, i, i + size).reverse();
    return this;
  },
});
const converter = (name) => ({
  slice(start, end) { return readText(this, name, start, end); },
  write(text, offset = 0, length = this.length - offset) { return writeText(this, text, offset, length, name); },
});

// ---- numbers: kinds of one shape, of which the tables below make the methods --------------------------------------

const boundsOf = (size, signed) => {
  const bits = 8 * size - (signed ? 1 : 0);
  if (size > 4) return `>= ${signed ? `-(2 ** ${bits})` : 0} and < 2 ** ${bits}`;
  return `>= ${signed ? -(2 ** bits) : 0} and <= ${2 ** bits - 1}`;
};
const integer = (size, signed) => {
  const above = 2 ** (8 * size - (signed ? 1 : 0));
  const least = signed ? -above : 0;
  return {
    size,
    check(given, offset) {
      const value = +given;
      if (size === 1) checkNumber(offset, "offset"); // in Node's order, which decides between two errors
      if (value > above - 1 || value < least) throw outOfRange("value", boundsOf(size, signed), value);
      return value;
    },
    read(bytes, offset, little) {
      let value = 0;
      for (let i = 0; i < size; i += 1) value = value * 256 + bytes[offset + (little ? size - 1 - i : i)];
      return signed && value >= above ? value - 2 * above : value;
    },
    write(bytes, value, offset, little) {
      let left = trunc(value);
      for (let i = 0; i < size; i += 1) {
        bytes[offset + (little ? i : size - 1 - i)] = left; // of which its low eight bits are kept
        left = floor(left / 256);
      }
    },
  };
};
// Made by a view onto eight bytes of its own, since `this` of a method may be any list of bytes.
const viewed = (size, type, check, stored = (value) => value) => ({
  size,
  check,
  read(bytes, offset, little) {
    const octets = new Octets(size);
    put(octets, 0, bytes, offset, size);
    return new View(octets.buffer)[`get${type}`](0, little);
  },
  write(bytes, value, offset, little) {
    const octets = new Octets(size);
    new View(octets.buffer)[`set${type}`](0, stored(value), little);
    put(bytes, offset, octets, 0, size);
  },
});
const real = (size) => viewed(size, `Float${8 * size}`, (value) => +value);
const bigInteger = (signed) => {
  const [least, above] = signed ? [-(2n ** 63n), 2n ** 63n] : [0n, 2n ** 64n];
  const bounds = signed ? ">= -(2n ** 63n) and < 2n ** 63n" : ">= 0n and < 2n ** 64n";
  const check = (value) => {
    if (value >= above || value < least) throw outOfRange("value", bounds, value);
    return value;
  };
  const stored = (value) => value & 0xffffffffffffffffn; // throws for what is no BigInt
  return viewed(8, signed ? "BigInt64" : "BigUint64", check, stored);
};
// Methods without a size of their own (`kindOf` asks for it) have no offset to start from either.
const numberMethods = (kindOf, first, little) => ({
  read(offset = first, byteLength) {
    if (offset === undefined) checkNumber(offset, "offset"); // before its size, unlike in writing: Node's order
    const kind = kindOf(byteLength);
    checkPlace(this, offset, kind.size);
    return kind.read(this, offset, little);
  },
  write(given, offset = first, byteLength) {
    const kind = kindOf(byteLength);
    const value = kind.check(given, offset);
    checkPlace(this, offset, kind.size);
    kind.write(this, value, offset, little);
    return offset + kind.size;
  },
});

// ---- putting it together -----------------------------------------------------------------------------------------

// Enumerable, as Node's are: `for (key in buffer)` gives the indices and then the name of every method.
const { prototype } = Bytes;
const install = (owner, made) => defineProperties(owner, getOwnPropertyDescriptors(made));
const installNumbers = (names, kindOf, first, little) => {
  const { read, write } = numberMethods(kindOf, first, little);
  for (const name of names) {
    prototype[`read${name}`] = read;
    prototype[`write${name}`] = write;
  }
};
const installIntegers = (names, kinds, big, end, little) => {
  const sized = (byteLength) => {
    checkNumber(byteLength, "byteLength");
    checkWithin(byteLength, "byteLength", 1, 6);
    return kinds[byteLength - 1];
  };
  const spelt = (before, after) => names.map((name) => `${before}${name}${after}`);
  installNumbers(spelt("", "8"), () => kinds[0], 0, little); // LE and BE are one
  installNumbers(spelt("", `16${end}`), () => kinds[1], 0, little);
  installNumbers(spelt("", `32${end}`), () => kinds[3], 0, little);
  installNumbers(spelt("Big", `64${end}`), () => big, 0, little);
  installNumbers(spelt("", end), sized, undefined, little);
};
install(prototype, methods);
for (const size of [2, 4, 8]) prototype[`swap${8 * size}`] = swapper(size).swap;
for (const name of keys(BY_NAME)) { // not in Node's documentation, but what `for…in` names
  const { slice, write } = converter(name);
  prototype[`${name}Slice`] = slice;
  prototype[`${name}Write`] = write;
}
const INTEGERS = [
  { names: ["UInt", "Uint"], kinds: [1, 2, 3, 4, 5, 6].map((size) => integer(size, false)), big: bigInteger(false) },
  { names: ["Int"], kinds: [1, 2, 3, 4, 5, 6].map((size) => integer(size, true)), big: bigInteger(true) },
];
const [FLOAT, DOUBLE] = [real(4), real(8)];
for (const [end, little] of [["LE", true], ["BE", false]]) {
  for (const { names, kinds, big } of INTEGERS) installIntegers(names, kinds, big, end, little);
  installNumbers([`Float${end}`], () => FLOAT, 0, little);
  installNumbers([`Double${end}`], () => DOUBLE, 0, little);
}
prototype.constructor = Buffer; // which stays out of `for…in`
Buffer.prototype = prototype;
setPrototypeOf(Buffer, Octets);
install(Buffer, statics);
