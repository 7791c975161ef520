// Both directions: a frame is where reading or writing stands, and what an error says of it.

// Refuses what was found, with the field, byte and bit where it stands.
function refuse(frame, wanted, got) {
  var error = new Error(place(frame) + ': expected ' + wanted + ', got ' + shown(got));
  error.refused = true;
  throw error;
}

function expect(frame, holds, wanted, got) {
  if (!holds) {
    refuse(frame, wanted, got);
  }
}

// A value within its bounds; these are as a message prints them, where that is not plain.
function between(frame, value, minimum, maximum, unit) {
  return atMost(frame, atLeast(frame, value, minimum, unit), maximum, unit);
}

function atLeast(frame, value, minimum, unit, printed) {
  expect(frame, value >= minimum, 'at least ' + (printed || minimum) + unit, value);
  return value;
}

function atMost(frame, value, maximum, unit, printed) {
  expect(frame, value <= maximum, 'at most ' + (printed || maximum) + unit, value);
  return value;
}

function place(frame) {
  var path = joined(frame.path, frame.name) || frame.all;
  return frame.at === undefined ? path : path + ' (byte ' + (frame.start + frame.byte) + frame.bit + ')';
}

// The path of a member.
function joined(path, name) {
  return path && name ? path + '.' + name : path + name;
}

// A value in a message.
function shown(value) {
  return (typeof value === 'number' ? String(value) : String(JSON.stringify(value))).slice(0, 60);
}

function has(data, name) {
  return isObject(data) && Object.prototype.hasOwnProperty.call(data, name);
}

function isObject(data) {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

// The nearest whole number; a tie goes up.
function roundHalfUp(value) {
  var floor = Math.floor(value);
  return value - floor >= 0.5 ? floor + 1 : floor;
}

// A value rounded to the parts of a unit, unless it is beyond what is exact.
function rounded(value, parts) {
  return Math.abs(value * parts) <= 9007199254740991 ? roundHalfUp(value * parts) / parts : value;
}

// The value that a table gives a number, as a message prints it.
function named(item) {
  return typeof item[1] === 'string' ? item[1] : item[2] || String(item[1]);
}

function asPrinted(item) {
  return item[2] || (typeof item[1] === 'string' ? "'" + item[1] + "'" : String(item[1]));
}

function indexIn(table, value, column) {
  var i;
  for (i = 0; i < table.length && table[i][column] !== value; i++);
  return i;
}

function oneOf(table, print) {
  return 'one of ' + table.map(print).join(', ');
}

// The parts of a version are ranges of bits of a number: lowest bit, number of bits.
function version(number, parts, base) {
  return parts.map(function (part) {
    return (Math.floor(number / Math.pow(2, part[0])) % Math.pow(2, part[1])).toString(base);
  }).join('.');
}

// The nearest frame around that has a member.
function nearest(frames, name) {
  var i;
  for (i = 0; i < frames.length - 1 && !has(frames[i], name); i++);
  return frames[i][name];
}

// Sign, exponent and fraction of a float: the bits of its exponent, and of what stands behind its first bit.
function floatForm(size) {
  return { exponent: { 2: 5, 4: 8, 8: 11 }[size], fraction: { 2: 10, 4: 23, 8: 52 }[size] };
}

function sum(bytes) {
  return bytes.reduce(function (register, byte) {
    return register + byte;
  }, 0);
}

function xor(bytes) {
  return bytes.reduce(function (register, byte) {
    return register ^ byte;
  }, 0);
}

// A cyclic redundancy check, most significant bit first.
function crc(bytes, width, polynomial, initial, xorOut) {
  var register = initial * Math.pow(2, 32 - width), shifted = polynomial * Math.pow(2, 32 - width), i, bit;
  for (i = 0; i < bytes.length; i++) {
    register ^= bytes[i] << 24;
    for (bit = 0; bit < 8; bit++) {
      register = register << 1 ^ (register < 0 ? shifted : 0);
    }
  }
  return (register >>> 32 - width ^ xorOut) >>> 0;
}

// A cyclic redundancy check, least significant bit first.
function crcReflected(bytes, polynomial, initial, xorOut) {
  var register = initial, i, bit;
  for (i = 0; i < bytes.length; i++) {
    register ^= bytes[i];
    for (bit = 0; bit < 8; bit++) {
      register = register >>> 1 ^ (register & 1 ? polynomial : 0);
    }
  }
  return (register ^ xorOut) >>> 0;
}
