// Last part of Node's modules: those that ChirpStack v4 has, by name. `base64-js` and `ieee754` are written from their
// READMEs: https://github.com/beatgammit/base64-js and https://github.com/feross/ieee754.

const base64Module = {
  __proto__: null,
  byteLength: (text) => base64Size(text),
  toByteArray: (text) => {
    if (text.length % 4 > 0) throw new Error("Invalid string. Length must be a multiple of 4");
    return new Octets(base64Bytes(text));
  },
  fromByteArray: (bytes) => base64Text(bytes, `${LETTERS}+/`, "="),
};

// A number of `size` bytes of which the lowest `mantissaBits` bits are the mantissa, the highest one the sign.
const exponentBits = (size, mantissaBits) => size * 8 - mantissaBits - 1;
const ieeeRead = (bytes, offset, isLittle, mantissaBits, size) => {
  let whole = 0n;
  for (let i = 0; i < size; i += 1) whole = whole << 8n | BigInt(bytes[offset + (isLittle ? size - 1 - i : i)]);
  const bits = exponentBits(size, mantissaBits);
  const mantissa = Number(whole & (1n << BigInt(mantissaBits)) - 1n);
  const exponent = Number(whole >> BigInt(mantissaBits) & (1n << BigInt(bits)) - 1n);
  const sign = whole >> BigInt(size * 8 - 1) === 1n ? -1 : 1;
  const bias = 2 ** (bits - 1) - 1;
  if (exponent === 2 ** bits - 1) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (mantissa + 2 ** mantissaBits) * 2 ** (exponent - bias - mantissaBits);
};
const roundedTies = (value) => {
  const below = floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2 === 1) ? below + 1 : below;
};
const exponentOf = (value, bias) => {
  let exponent = max(min(floor(Math.log2(value)), bias), 1 - bias);
  if (value >= 2 ** (exponent + 1)) exponent += 1; // the logarithm is rounded
  if (exponent > 1 - bias && value < 2 ** exponent) exponent -= 1;
  return exponent;
};
const ieeeBits = (value, mantissaBits, bits) => {
  const bias = 2 ** (bits - 1) - 1;
  const top = BigInt(2 ** bits - 1) << BigInt(mantissaBits);
  if (value !== value) return top | 1n << BigInt(mantissaBits - 1);
  if (value === Infinity) return top;
  if (value === 0) return 0n;
  const exponent = exponentOf(value, bias);
  const counts = roundedTies(value / 2 ** (exponent - mantissaBits)); // subnormal numbers have no leading one
  const whole = BigInt(exponent + bias - 1) * (1n << BigInt(mantissaBits)) + BigInt(counts);
  return whole > top ? top : whole;
};
const ieeeWrite = (bytes, value, offset, isLittle, mantissaBits, size) => {
  const isNegative = value < 0 || same(value, -0);
  let whole = ieeeBits(isNegative ? -value : value, mantissaBits, exponentBits(size, mantissaBits));
  if (isNegative) whole |= 1n << BigInt(size * 8 - 1);
  for (let i = 0; i < size; i += 1) {
    bytes[offset + (isLittle ? i : size - 1 - i)] = Number(whole & 0xffn);
    whole >>= 8n;
  }
};
const ieeeModule = { __proto__: null, read: ieeeRead, write: ieeeWrite };

// Frozen, as what `import * as` gives is.
const modules = {
  __proto__: null, buffer: freeze({ __proto__: null, Buffer }), "base64-js": freeze(base64Module), ieee754: freeze(ieeeModule),
};
