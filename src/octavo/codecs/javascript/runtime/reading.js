// The bytes of the next field.
function take(frame, name, size) {
  var start = frame.at;
  locate(frame, name);
  frame.start = start;
  if (frame.end - start < size) {
    refuse(frame, size + (size === 1 ? ' byte' : ' bytes'), frame.end - start);
  }
  frame.at = start + size;
  return start;
}

// What an error is about from here on: a member of the frame, or for '' the frame itself.
function locate(frame, name) {
  frame.name = name;
  frame.byte = 0;
  frame.bit = '';
}

// The same for a range of bits: byte and bit of its lowest one, in the word.
function locateBits(frame, name, byte, bit) {
  frame.name = name;
  frame.byte = byte;
  frame.bit = ', bit ' + bit;
}

// Whether there are more bytes.
function more(frame) {
  frame.start = frame.at;
  return frame.at < frame.end;
}

// Nothing may be left.
function finish(frame) {
  locate(frame, '');
  if (more(frame)) {
    refuse(frame, 'the end', frame.end - frame.at + ' more');
  }
}

function taken(frame, name, size) {
  var start = take(frame, name, size), bytes = [], i;
  for (i = start; i < frame.at; i++) {
    bytes.push(frame.bytes[i]);
  }
  return bytes;
}

// Bytes as one number, the first of them on top; `above` stands above them.
function total(bytes, above) {
  return bytes.reduce(function (number, byte) {
    return number * 256 + byte;
  }, above);
}

// Numbers of any size: the most significant byte first, or last (little).
function unsigned(frame, name, size) {
  return total(taken(frame, name, size), 0);
}

function unsignedLittle(frame, name, size) {
  return total(taken(frame, name, size).reverse(), 0);
}

function signed(frame, name, size) {
  return twosComplement(taken(frame, name, size));
}

function signedLittle(frame, name, size) {
  return twosComplement(taken(frame, name, size).reverse());
}

function twosComplement(bytes) {
  return total(bytes, bytes[0] > 127 ? -1 : 0);
}

// A sign in the top bit, and a magnitude.
function magnitude(frame, name, size) {
  return signAndMagnitude(taken(frame, name, size));
}

function magnitudeLittle(frame, name, size) {
  return signAndMagnitude(taken(frame, name, size).reverse());
}

function signAndMagnitude(bytes) {
  var sign = bytes[0] > 127 ? -1 : 1;
  bytes[0] %= 128;
  return sign * total(bytes, 0) + 0;
}

// Two decimal digits a byte.
function decimal(frame, name, size) {
  return digitsOf(frame, taken(frame, name, size));
}

function decimalLittle(frame, name, size) {
  return digitsOf(frame, taken(frame, name, size).reverse());
}

function digitsOf(frame, bytes) {
  var text = hex(bytes);
  expect(frame, /^[0-9]*$/.test(text), 'decimal digits', '0x' + text);
  return Number(text);
}

// A number that is not rounded.
function exact(frame, number) {
  expect(frame, Math.abs(number) <= 9007199254740991, 'a number of at most 53 bits', number);
  return number;
}

// IEEE 754, of 2, 4 or 8 bytes.
function floating(frame, name, size) {
  return floatOf(taken(frame, name, size));
}

function floatingLittle(frame, name, size) {
  return floatOf(taken(frame, name, size).reverse());
}

function floatOf(bytes) {
  var form = floatForm(bytes.length), half = Math.pow(2, 15 - form.exponent), head = bytes[0] % 128 * 256 + bytes[1];
  var exponent = Math.floor(head / half), fraction = total(bytes.slice(2), head % half);
  var highest = Math.pow(2, form.exponent) - 1, one = Math.pow(2, form.fraction), sign = bytes[0] > 127 ? -1 : 1;
  if (exponent === highest) {
    return fraction ? NaN : sign * Infinity;
  }
  fraction = exponent ? fraction + one : fraction;
  return sign * fraction * Math.pow(2, Math.max(exponent, 1) - (highest - 1) / 2 - form.fraction);
}

function finite(frame, number) {
  expect(frame, isFinite(number), 'a finite number', number);
  return number + 0;
}

// Ranges of bits with a sign.
function signedBits(count, width) {
  return count < Math.pow(2, width - 1) ? count : count - Math.pow(2, width);
}

function magnitudeBits(count, width) {
  return count < Math.pow(2, width - 1) ? count : Math.pow(2, width - 1) - count;
}

// Ranges of bits of a word of many bytes, the least significant byte first.
function bits(word, first, width) {
  return bitsBelow(word, first, width, 0);
}

function bitsTwosComplement(word, first, width) {
  return bitsBelow(word, first, width - 1, 0 - bits(word, first + width - 1, 1));
}

function bitsMagnitude(word, first, width) {
  return (1 - 2 * bits(word, first + width - 1, 1)) * bits(word, first, width - 1) + 0;
}

function bitsBelow(word, first, width, above) {
  var number = above, bit;
  for (bit = first + width - 1; bit >= first; bit--) {
    number = number * 2 + (word[Math.floor(bit / 8)] >> bit % 8 & 1);
  }
  return number;
}

// The value that a table gives a number.
function choose(frame, table, number) {
  var i = indexIn(table, number, 0);
  expect(frame, i < table.length, i < table.length || oneOf(table, withName), number);
  return table[i][1];
}

function withName(item) {
  return item[0] + ' (' + named(item) + ')';
}

// The same where the table has every number.
function chosen(table, number) {
  return table[indexIn(table, number, 0)][1];
}

function chooseOr(table, number, otherwise) {
  var i = indexIn(table, number, 0);
  return i < table.length ? table[i][1] : otherwise;
}

// The names of the bits that are set.
function flagNames(frame, table, number) {
  var found = table.filter(function (item) {
    return Math.floor(number / Math.pow(2, item[0])) % 2 === 1;
  });
  expect(frame, number === maskOf(found), 'no bits but 0x' + maskOf(table).toString(16).replace(/^(.)$/, '0$1'), number);
  return found.map(function (item) {
    return item[1];
  });
}

function maskOf(table) {
  return table.reduce(function (mask, item) {
    return mask + Math.pow(2, item[0]);
  }, 0);
}

function hex(bytes) {
  return bytes.map(function (byte) {
    return (byte < 16 ? '0' : '') + byte.toString(16);
  }).join('');
}

// Printable characters, without those that fill up.
function ascii(frame, name, size, pad) {
  var bytes = taken(frame, name, size), text;
  while (bytes.length && bytes[bytes.length - 1] === pad) {
    bytes.pop();
  }
  text = String.fromCharCode.apply(null, bytes);
  expect(frame, /^[ -~]*$/.test(text), 'printable ASCII', hex(bytes));
  return text;
}

function time(frame, ms) {
  expect(frame, ms <= 253402300799999, 'a time before the year 10000', ms);
  return new Date(ms).toISOString();
}

// The time of so many seconds before the message came; undefined where nobody knows.
function ago(frame, seconds) {
  var ms = frame.received - seconds * 1000;
  return ms >= 0 && ms <= 253402300799999 ? new Date(Math.floor(ms)).toISOString() : undefined;
}

// Computed members: a number, or null.
function known(value) {
  return typeof value === 'number' ? value : NaN;
}

function computed(value) {
  return isFinite(value) ? value + 0 : null;
}

// An object in the data.
function inside(frame, name, read, around) {
  var path = frame.path, found;
  frame.path = joined(path, name);
  found = read(frame, around);
  frame.path = path;
  return found;
}

// Lists in the data.
function readMany(frame, name, read, least, most, around) {
  var items = [];
  while (items.length < least || (items.length !== most && more(frame))) {
    items.push(readItem(frame, name, items.length, read, around));
  }
  return items;
}

function readCounted(frame, name, read, count, around) {
  var items = [];
  while (items.length < count) {
    items.push(readItem(frame, name, items.length, read, around));
  }
  return items;
}

function readItem(frame, name, index, read, around) {
  var before = frame.index, item;
  frame.index = index;
  item = inside(frame, name + '[' + index + ']', read, around);
  frame.index = before;
  return item;
}

// Bytes ahead tell what follows.
function isAhead(frame, at, mask, value) {
  return frame.at + at < frame.end && (frame.bytes[frame.at + at] & mask) === value;
}

function isRest(frame, text) {
  return hex(Array.prototype.slice.call(frame.bytes, frame.at, frame.end)) === text;
}

function refuseVariant(frame, at, wanted) {
  locate(frame, '');
  frame.start = frame.at;
  expect(frame, frame.end - frame.at > at, 'at least ' + (at + 1) + (at ? ' bytes' : ' byte'), frame.end - frame.at);
  frame.start += Math.max(at, 0);
  refuse(frame, wanted, frame.bytes[frame.start]);
}

// Bytes that are always the same.
function constant(frame, text, size) {
  var found = hex(taken(frame, '', size));
  expect(frame, found === text, '0x' + text, '0x' + found);
}

// Goes to the last bytes of the payload.
function seekLast(frame, size) {
  take(frame, '', size);
  frame.at = frame.end - size;
  return frame.at;
}

function bytesUpTo(frame, end) {
  return Array.prototype.slice.call(frame.bytes, 0, end);
}

// A part of the payload that has to be used up; returns where what is around it ends.
function enter(frame, size) {
  var end = frame.end;
  frame.at = take(frame, '', size);
  frame.end = frame.at + size;
  return end;
}
