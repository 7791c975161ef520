// Random calls of `Buffer`, each the text of a JavaScript expression, and what such a call answers as JSON text. The
// same seed gives the same calls in every engine, so that Node's Buffer and another one can be asked the same.
(function () {
  "use strict";

  // ---- chance ------------------------------------------------------------------------------------------------------

  const generator = (seed) => {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (count) => Math.floor(next() * count);
    const pick = (list) => list[below(list.length)];
    const often = (chance) => next() < chance;
    const times = (count, make) => Array.from({ length: count }, make);
    return { below, pick, often, times };
  };

  // ---- arguments ---------------------------------------------------------------------------------------------------

  const ODD = [
    "undefined", "null", "NaN", "Infinity", "-Infinity", "-0", "0.5", "-0.5", "1.5", "2.9", "'1'", "'abc'", "''",
    "true", "false", "{}", "[]", "[1]", "[2, 3]", "1n", "-1n", "Symbol('s')", "() => 1", "function named() {}",
    "2 ** 31", "2 ** 32", "2 ** 33", "-(2 ** 31)", "-(2 ** 33)", "2 ** 53", "1e20", "-1e20", "new Date(5)", "'hex'",
    "/x/", "Object('1')", "{ valueOf() { return 2; } }", "new Uint8Array(2)", "'a rather long text, cut in a message'",
  ];
  const ENCODINGS = [
    "utf8", "utf-8", "hex", "base64", "base64url", "ascii", "latin1", "binary", "ucs2", "ucs-2", "utf16le", "utf-16le",
    "UTF8", "Hex", "BASE64", "UCS2", "Utf-16LE",
  ];
  // No objects, some of which Node 20 takes for a name; for a search nothing but text, since for anything else
  // Node 24 ends its process, as for a search for half of a surrogate pair.
  const NO_ENCODINGS = [
    "undefined", "null", "5", "''", "'foo'", "'utf16'", "'latin-1'", "'buffer'", "'constructor'", "'__proto__'",
    "'utf-8 '", "true", "-0", "NaN",
  ];
  const VIEWS = [
    "Uint16Array([258, 3])", "DataView(Uint8Array.of(1, 2, 3).buffer, 1)", "Float32Array([1])", "Uint8Array(0)",
  ];
  const INHERITED = [
    "map((x) => x + 1)", "filter((x) => x > 99)", "reverse()", "join('-')", "at(-1)", "includes(0)", "set([1])",
    "sort()", "constructor === Buffer", "every((x) => x > 1)", "keys().next().value", "byteLength", "length",
  ];
  const PLAIN = ["utf8", "ucs2", "hex", "base64", "base64url", "ascii", "latin1"];
  const WORDS = [
    "a", "abc", "hello", "é", "ÿ\u0080", "€", "日本", "😀", "\ud83d", "\ude00", "\ud83dx", "x\ude00\ud83d",
    "\ufffd", "\ufeff", "\0", "\u0131", "\u013d", "\u0159", "\u3d00", "'", '"', "`", "\n",
  ];
  const HEX = ["0", "7", "a", "F", "00", "ff", "Ab", "12", "g", " ", "x", "-", "é", "\u0131", "\u0141"];
  const BASE64 = [
    "A", "z", "0", "+", "/", "-", "_", "=", "==", " ", "\n", "YQ", "YWI", "YWJj", "!", "é", "\u0159", "\u013d",
  ];
  const UTF8 = [
    "0x61", "0x7f", "0x80", "0xbf", "0xc0", "0xc2, 0xa9", "0xc3", "0xe0, 0x80", "0xe0, 0xa0", "0xe2, 0x82, 0xac",
    "0xe2, 0x82", "0xed, 0xa0, 0x80", "0xed, 0x9f, 0xbf", "0xef, 0xbb, 0xbf", "0xef, 0xbf, 0xbd",
    "0xf0, 0x9f, 0x98, 0x80", "0xf0, 0x9f, 0x98", "0xf0, 0x80", "0xf0, 0x9f", "0xf4, 0x8f, 0xbf, 0xbf",
    "0xf4, 0x90, 0x80", "0xf5", "0xff", "0xfe",
  ];

  const quote = (text) => JSON.stringify(text).replace(/[\u0080-\uffff]/g, (unit) =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const argumentsOf = ({ below, pick, often, times }) => {
    const small = () => `${below(16) - 4}`;
    const place = () => (often(0.75) ? `${below(9)}` : often(0.5) ? small() : pick(ODD));
    // What would really be allocated stays small, and out of range for the limits of every Node.
    const size = () => place().replace(/^2 \*\* \d+$/, "2 ** 60");
    const start = () => size().replace(/^-?\d\.\d$/, "1"); // Node 20 and 22 differ in fractions of a byte
    const encoding = () => (often(0.85) ? quote(pick(ENCODINGS)) : pick(NO_ENCODINGS));
    const textEncoding = () => encoding().replace(/^[^'"].*$/, "undefined");
    const text = () => quote(times(below(7), () => pick(pick([WORDS, HEX, BASE64]))).join(""));
    const plainText = () => {
      const from = pick([HEX, HEX, BASE64, WORDS]);
      return quote(times(below(9), () => pick(from)).join(""));
    };
    const someText = () => (often(0.5) ? text() : plainText());
    const octet = () => `${often(0.7) ? below(256) : below(5)}`;
    const octets = () => times(below(14), octet).join(", ");
    const someOctets = () => (often(0.6) ? octets() : times(below(7), () => pick(UTF8)).join(", "));
    const pairs = () => times(below(3), () => `${below(3)}, ${below(3)}, `).join("");
    const whole = () => `Buffer.from([${someOctets()}])`;
    const piece = () => `Buffer.from([9, ${someOctets()}, 8]).slice(1, -1)`;
    const buffer = () => (often(0.8) ? whole() : piece());
    const bytes = () => (often(0.7) ? buffer() : `new Uint8Array([${octets()}])`);
    const beside = () => pick(["", " - 1", " + 1", " + 0.5", " - 0.5", " * 1.3"]);
    const power = () => `${pick(["", "-"])}(2 ** ${below(66)})${beside()}`;
    const number = () => {
      if (often(0.4)) return power();
      return often(0.5) ? `${below(70000) - 1000}` : often(0.6) ? small() : pick(ODD);
    };
    const big = () => {
      if (often(0.15)) return pick(ODD);
      return `${pick(["", "-"])}(${pick(["1n", "3n", "255n"])} << ${below(66)}n)${pick(["", " - 1n", " + 1n"])}`;
    };
    const reals = ["Math.PI", "1e300", "1e-310", "3.4e38", "3.5e38", "1e-46"];
    const real = () => (often(0.6) ? power() : pick([...ODD, ...reals]));
    const odd = () => pick(ODD);
    const search = () => pick(["indexOf", "lastIndexOf", "includes"]);
    const part = () => pick(["slice", "subarray"]);
    return {
      search, part, place, size, start, small, encoding, textEncoding, someText, octets, pairs, whole, buffer, bytes,
      number, big, real, odd,
    };
  };

  // ---- calls -------------------------------------------------------------------------------------------------------

  const numbers = ({ pick, often, below }) => {
    const name = () => pick(["UInt", "Int", "Uint"]);
    const end = () => pick(["LE", "BE"]);
    const fixed = () => pick([`${name()}8`, `${name()}16${end()}`, `${name()}32${end()}`]);
    const reals = () => `${pick(["Float", "Double"])}${end()}`;
    const bigs = () => `Big${pick(["UInt64", "Int64", "Uint64"])}${end()}`;
    const sized = () => `${name()}${end()}`;
    const noCount = ["0", "7", "-1", "1.5", "NaN", "undefined", "'2'", "Infinity", "null"];
    const count = () => (often(0.85) ? `${1 + below(6)}` : pick(noCount));
    return { fixed, reals, bigs, sized, count };
  };

  // A call changes its buffer `b` and gives `r`; both are looked at.
  const on = (buffer, call) => `((b) => { const r = b.${call}; return r === b ? ["same", b] : [r, b]; })(${buffer})`;
  // Where a search may be one by two-byte units, the memory starts at an even address, and bytes are sought in an even
  // number among an even number: else Node 20 misses matches, finds what is not there or never returns.
  const KINDS = {
    fromText: (a) => `Buffer.from(${a.someText()}, ${a.encoding()})`,
    fromTextOnly: (a) => `Buffer.from(${a.someText()})`,
    fromBytes: (a) => `Buffer.from(${a.bytes()})`,
    fromOdd: (a) => `Buffer.from(${a.odd()}, ${a.odd()})`,
    fromList: (a) => `Buffer.from([${a.octets()}, ${a.number()}, ${a.place()}])`,
    fromLike: (a) => `Buffer.from({ length: ${a.size()}, 0: ${a.number()}, 1: 5 })`,
    fromJson: (a) => `Buffer.from({ type: "Buffer", data: [${a.octets()}, ${a.number()}] })`,
    fromValue: (a) =>
      `Buffer.from({ valueOf: () => (${a.pick([a.odd(), a.someText(), a.bytes()])}) }, ${a.encoding()})`,
    fromPrimitive: (a) => {
      const result = a.pick([a.odd(), a.someText(), "hint"]);
      return `Buffer.from({ [Symbol.toPrimitive]: (hint) => (${result}) }, ${a.encoding()})`;
    },
    fromMemory: (a) => `Buffer.from(new Uint8Array([1, 2, 3, 4, 5, 6, 7]).buffer, ${a.start()}, ${a.start()})`,
    fromMemoryStart: (a) => `Buffer.from(new Uint8Array([1, 2, 3, 4]).buffer, ${a.start()})`,
    fromTyped: (a) => `Buffer.from(new ${a.pick(["Uint16Array", "Float32Array", "Int8Array"])}([${a.octets()}]))`,
    newBuffer: (a) => `new Buffer(${a.pick([a.someText(), a.bytes(), a.size()])}, ${a.encoding()})`,
    newBufferOne: (a) => `${a.pick(["new ", ""])}Buffer(${a.pick([a.someText(), a.bytes(), a.size(), a.small()])})`,
    of: (a) => `Buffer.of(${a.octets()}${a.often(0.5) ? `, ${a.number()}` : ""})`,
    alloc: (a) => `Buffer.alloc(${a.size()})`,
    allocFill: (a) => `Buffer.alloc(${a.size()}, ${a.pick([a.number(), a.someText(), a.bytes()])})`,
    allocText: (a) => `Buffer.alloc(${a.size()}, ${a.someText()}, ${a.encoding()})`,
    allocUnsafe: (a) => `Buffer.allocUnsafe${a.pick(["", "Slow"])}(${a.size()}).length`,
    concat: (a) => `Buffer.concat([${a.bytes()}, ${a.bytes()}, ${a.bytes()}]${a.often(0.5) ? `, ${a.size()}` : ""})`,
    concatOdd: (a) => `Buffer.concat([${a.bytes()}, ${a.odd()}], ${a.size()})`,
    concatList: (a) => `Buffer.concat(${a.odd()}, ${a.size()})`,
    isBuffer: (a) => `Buffer.isBuffer(${a.pick([a.bytes(), a.odd()])})`,
    isEncoding: (a) => `Buffer.isEncoding(${a.encoding()})`,
    byteLength: (a) => `Buffer.byteLength(${a.often(0.8) ? a.someText() : a.odd()}, ${a.encoding()})`,
    staticCompare: (a) => `Buffer.compare(${a.bytes()}, ${a.often(0.9) ? a.bytes() : a.odd()})`,
    sort: (a) => `[${a.bytes()}, ${a.bytes()}, ${a.bytes()}].sort(Buffer.compare)`,
    toString: (a) => on(a.buffer(), `toString(${a.encoding()})`),
    toStringPlain: (a) => on(a.buffer(), a.pick(["toString()", "toLocaleString()", "toJSON()", "inspect()"])),
    toStringPart: (a) => on(a.buffer(), `toString(${a.encoding()}, ${a.place()}, ${a.place()})`),
    decode: (a) => `Buffer.from(${a.someText()}, ${a.encoding()}).toString(${a.encoding()})`,
    write: (a) => on(a.buffer(), `write(${a.someText()}, ${a.pick([a.encoding(), a.place()])})`),
    writePart: (a) => on(a.buffer(), `write(${a.someText()}, ${a.place()}, ${a.pick([a.encoding(), a.place()])})`),
    writeFull: (a) => on(a.buffer(), `write(${a.someText()}, ${a.place()}, ${a.place()}, ${a.encoding()})`),
    writeOdd: (a) => on(a.buffer(), `write(${a.odd()}, ${a.odd()}, ${a.odd()})`),
    fill: (a) => on(a.buffer(), `fill(${a.pick([a.number(), a.someText(), a.bytes(), a.odd()])})`),
    fillPart: (a) => on(a.buffer(), `fill(${a.pick([a.number(), a.someText(), a.bytes()])}, ${a.size()}, ${a.size()})`),
    fillText: (a) => on(a.buffer(), `fill(${a.someText()}, ${a.size()}, ${a.size()}, ${a.encoding()})`),
    fillEncoded: (a) => on(a.buffer(), `fill(${a.someText()}, ${a.often(0.5) ? `${a.size()}, ` : ""}${a.encoding()})`),
    fillView: (a) => on(a.buffer(), `fill(new ${a.pick(VIEWS)})`),
    indexOf: (a) => on(a.buffer(), `${a.search()}(${a.number()}, ${a.place()})`),
    indexOfByte: (a) => `((b) => b.${a.search()}(b[${a.below(6)}] || 0, ${a.small()}))(${a.buffer()})`,
    indexOfPart: (a) =>
      `((b) => b.${a.search()}(b.slice(${a.place()}, ${a.place()}), ${a.small()}))(${a.buffer()})`,
    indexOfText: (a) => {
      const sought = `b.toString(e, ${a.place()}, ${a.place()}).toWellFormed()`;
      return `((b, e) => b.${a.search()}(${sought}, ${a.place()}, e))(${a.whole()}, ${a.textEncoding()})`;
    },
    indexOfEncoding: (a) => on(a.whole(), `${a.search()}(${a.someText()}.toWellFormed(), ${a.textEncoding()})`),
    indexOfBytes: (a) => {
      const encoding = a.pick(["'utf8'", "'hex'", "'latin1'", "'foo'"]);
      return on(a.buffer(), `${a.search()}(${a.bytes()}, ${a.place()}, ${encoding})`);
    },
    indexOfPairs: (a) => {
      const sought = `Buffer.from([${a.pairs()}])`;
      return on(`Buffer.from([1, 2, ${a.pairs()}1, 2])`, `${a.search()}(${sought}, ${a.place()}, "ucs2")`);
    },
    indexOfOdd: (a) =>
      on(`Buffer.from([0, 0, ${a.pairs()}])`, `${a.search()}(${a.odd()}, ${a.odd()}, ${a.textEncoding()})`),
    slice: (a) => on(a.buffer(), `${a.part()}(${a.pick([a.place(), a.small()])}, ${a.pick([a.place(), a.small()])})`),
    shared: (a) => `((b) => { const s = b.${a.part()}(${a.small()}, ${a.small()}); s.fill(7); return [
      s, b, s.buffer === b.buffer, s.parent === b.buffer, s.offset - b.offset]; })(${a.buffer()})`,
    copy: (a) =>
      `((b, t) => [b.copy(t, ${a.place()}, ${a.place()}, ${a.place()}), b, t])(${a.buffer()}, ${a.bytes()})`,
    copySelf: (a) => on(a.buffer(), `copy(b, ${a.place()}, ${a.place()})`),
    copyOdd: (a) => on(a.buffer(), `copy(${a.odd()})`),
    equals: (a) => on(a.buffer(), `equals(${a.often(0.8) ? a.bytes() : a.odd()})`),
    compare: (a) => on(a.buffer(), `compare(${a.often(0.8) ? a.bytes() : a.odd()})`),
    compareSelf: (a) =>
      `((b) => b.compare(b, ${a.size()}, ${a.size()}, ${a.size()}, ${a.size()}))(${a.buffer()})`,
    compareParts: (a) => on(a.buffer(), `compare(${a.bytes()}, ${a.size()}, ${a.size()}, ${a.size()})`),
    swap: (a) => on(a.buffer(), `swap${a.pick(["16", "32", "64"])}()`),
    readFixed: (a) => on(a.buffer(), `read${a.fixed()}(${a.place()})`),
    readFirst: (a) => on(a.buffer(), `read${a.pick([a.fixed(), a.reals(), a.bigs()])}()`),
    readSized: (a) => on(a.buffer(), `read${a.sized()}(${a.place()}, ${a.count()})`),
    readReal: (a) => on(a.buffer(), `read${a.reals()}(${a.place()})`),
    readBig: (a) => on(a.buffer(), `read${a.bigs()}(${a.place()})`),
    writeFixed: (a) => on(a.buffer(), `write${a.fixed()}(${a.number()}, ${a.place()})`),
    writeFirst: (a) => on(a.buffer(), `write${a.fixed()}(${a.number()})`),
    writeSized: (a) => on(a.buffer(), `write${a.sized()}(${a.number()}, ${a.place()}, ${a.count()})`),
    writeReal: (a) => on(a.buffer(), `write${a.reals()}(${a.real()}, ${a.place()})`),
    writeBig: (a) => on(a.buffer(), `write${a.bigs()}(${a.big()}, ${a.place()})`),
    plainWrite: (a) => on(a.buffer(), `${a.pick(PLAIN)}Write(${a.someText()}${a.often(0.5) ? ", 0" : ""})`),
    plainSlice: (a) => `((b) => b.${a.pick(PLAIN)}Slice(${a.often(0.5) ? "0, b.length" : ""}))(${a.buffer()})`,
    inherited: (a) => on(a.buffer(), a.pick(INHERITED)),
    forIn: (a) => `((b) => { const names = []; for (const k in b) names.push(k); return names.sort(); })(${a.whole()})`,
  };

  const calls = (seed, count) => {
    const chance = generator(seed);
    const given = { ...chance, ...argumentsOf(chance), ...numbers(chance) };
    const kinds = Object.keys(KINDS);
    return chance.times(count, (_, i) => {
      const kind = kinds[i % kinds.length];
      return { kind, text: KINDS[kind](given) };
    });
  };

  // ---- answers -----------------------------------------------------------------------------------------------------

  const octetsOf = (bytes) => {
    const list = [];
    for (let i = 0; i < bytes.length; i += 1) list.push(bytes[i]);
    return list;
  };
  const plain = (value) => {
    if (value instanceof Uint8Array) return { [value instanceof Buffer ? "buffer" : "octets"]: octetsOf(value) };
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value === "number") return Object.is(value, -0) ? { number: "-0" } : { number: `${value}` };
    if (typeof value === "bigint") return { bigint: `${value}` };
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    if (typeof value !== "object") return { [typeof value]: "" };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  };
  const failure = (error) => ({
    error: error.name,
    code: error.code === undefined ? null : error.code,
    message: error.message,
    known: error instanceof Error && (error instanceof TypeError || error instanceof RangeError),
    keys: Object.keys(error),
    text: `${error}`,
  });
  const answer = (text) => {
    try {
      return JSON.stringify(plain((0, eval)(text)));
    } catch (error) {
      return JSON.stringify(failure(error));
    }
  };

  return { calls, answer };
})()
