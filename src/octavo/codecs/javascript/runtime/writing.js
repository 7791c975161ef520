// A frame of its own, at the place of another.
function blank(frame) {
  return { bytes: [], all: 'data', path: frame.path, name: '' };
}

function append(frame, bytes) {
  frame.bytes = frame.bytes.concat(bytes);
}

// The value of a member, which an error is about from here on.
function given(frame, data, name) {
  frame.name = name;
  return data[name];
}

function numberIn(frame, data, name) {
  var value = given(frame, data, name);
  expect(frame, typeof value === 'number' && isFinite(value), 'a number', value);
  return value;
}

// A number as a count of parts of its unit.
function putUnsigned(frame, data, name, size, perUnit) {
  put(frame, countOf(frame, numberIn(frame, data, name), 0, Math.pow(256, size) - 1, perUnit || 1), size);
}

function putUnsignedLittle(frame, data, name, size, perUnit) {
  putLittle(frame, countOf(frame, numberIn(frame, data, name), 0, Math.pow(256, size) - 1, perUnit || 1), size);
}

function putSigned(frame, data, name, size, perUnit) {
  var half = Math.pow(256, size) / 2;
  put(frame, countOf(frame, numberIn(frame, data, name), -half, half - 1, perUnit || 1), size);
}

function putSignedLittle(frame, data, name, size, perUnit) {
  var half = Math.pow(256, size) / 2;
  putLittle(frame, countOf(frame, numberIn(frame, data, name), -half, half - 1, perUnit || 1), size);
}

function countOf(frame, value, least, most, perUnit) {
  return whole(frame, value * perUnit, least, most, 'a number from ' + least / perUnit + ' to ' + most / perUnit);
}

// The nearest count, which the raw number has to hold.
function whole(frame, value, least, most, wanted) {
  var count = roundHalfUp(value);
  expect(frame, count >= least && count <= most, wanted || 'a number from ' + least + ' to ' + most, value);
  return count;
}

// A count that does not mean that there is no reading.
function unmarked(frame, count, markers) {
  expect(frame, markers.indexOf(count) < 0, 'a value that is not written as no reading', count);
  return count;
}

// Numbers of any size: the most significant byte first, or last (little).
function put(frame, number, size) {
  append(frame, bytesOf(number, size));
}

function putLittle(frame, number, size) {
  append(frame, bytesOf(number, size).reverse());
}

function bytesOf(number, size) {
  var bytes = [], i;
  for (i = size - 1; i >= 0; i--) {
    bytes.push(Math.floor(number / Math.pow(256, i)) & 255);
  }
  return bytes;
}

// A sign in the top bit, and a magnitude.
function putMagnitude(frame, number, size) {
  append(frame, magnitudeBytes(number, size));
}

function putMagnitudeLittle(frame, number, size) {
  append(frame, magnitudeBytes(number, size).reverse());
}

function magnitudeBytes(number, size) {
  var bytes = bytesOf(Math.abs(number), size);
  bytes[0] += number < 0 ? 128 : 0;
  return bytes;
}

// Two decimal digits a byte.
function putDecimal(frame, number, size) {
  append(frame, decimalBytes(number, size));
}

function putDecimalLittle(frame, number, size) {
  append(frame, decimalBytes(number, size).reverse());
}

function decimalBytes(number, size) {
  var bytes = [], i;
  for (i = 0; i < size; i++) {
    bytes.unshift(Math.floor(number % 100 / 10) * 16 + number % 10);
    number = Math.floor(number / 100);
  }
  return bytes;
}

// IEEE 754, of 2, 4 or 8 bytes.
function putFloating(frame, number, size) {
  append(frame, floatBytes(number, size));
}

function putFloatingLittle(frame, number, size) {
  append(frame, floatBytes(number, size).reverse());
}

function floatBytes(number, size) {
  var form = floatForm(size), parts = floatParts(number, form), one = Math.pow(2, form.fraction);
  var bytes = bytesOf(parts.fraction % one, size), head = parts.exponent * Math.pow(2, 15 - form.exponent);
  bytes[0] += Math.floor(head / 256) + (number < 0 ? 128 : 0);
  bytes[1] += head % 256;
  return bytes;
}

// The exponent as it is sent, and the fraction with the bit before it; the fraction is rounded, a tie to even.
function floatParts(number, form) {
  var highest = Math.pow(2, form.exponent) - 1, bias = (highest - 1) / 2, one = Math.pow(2, form.fraction);
  var size = Math.min(Math.abs(number), Number.MAX_VALUE), exponent, fraction, rest;
  exponent = Math.max(1 - bias, Math.min(bias, Math.floor(Math.log(size) / Math.LN2) - 1));
  while (exponent < bias && size >= Math.pow(2, exponent + 1)) {
    exponent++;
  }
  rest = size / Math.pow(2, exponent - form.fraction);
  fraction = Math.floor(rest);
  rest -= fraction;
  fraction += rest > 0.5 || rest === 0.5 && fraction % 2 === 1 ? 1 : 0;
  return { exponent: fraction < one ? 0 : exponent + bias + (fraction < 2 * one ? 0 : 1), fraction: fraction };
}

// The number that a float of so many bytes holds instead.
function held(frame, number, size, wanted) {
  var value = floatOf(floatBytes(number, size));
  expect(frame, isFinite(number) && isFinite(value), wanted, number);
  return value + 0;
}

// Ranges of bits, joined with a word of many bytes, the least significant byte first.
function setBits(word, first, width, count) {
  var i, bit;
  for (i = 0; i < width; i++) {
    bit = first + i;
    word[Math.floor(bit / 8)] += (Math.floor(count / Math.pow(2, i)) & 1) << bit % 8;
  }
}

function signBit(count, width) {
  return count < 0 ? Math.pow(2, width - 1) - count : count;
}

// The number of a value in a table.
function numberOf(frame, data, name, table) {
  var value = given(frame, data, name), i = indexIn(table, value, 1);
  expect(frame, i < table.length, i < table.length || oneOf(table, asPrinted), value);
  return table[i][0];
}

// 1 for true.
function flag(frame, data, name) {
  var value = given(frame, data, name);
  expect(frame, typeof value === 'boolean', 'true or false', value);
  return value ? 1 : 0;
}

// A list of names as the bits that they stand for.
function flagBits(frame, data, name, table) {
  var value = given(frame, data, name), count = 0;
  expect(frame, Array.isArray(value) && value.every(function (text, at) {
    return value.indexOf(text) === at && indexIn(table, text, 1) < table.length;
  }), 'a list of ' + table.map(asPrinted).join(', ') + ', each at most once', value);
  value.forEach(function (text) {
    count += Math.pow(2, table[indexIn(table, text, 1)][0]);
  });
  return count;
}

function always(frame, data, name) {
  expect(frame, given(frame, data, name) === true, 'true', data[name]);
}

function putHex(frame, data, name, digits, wanted) {
  var value = given(frame, data, name), i;
  expect(frame, typeof value === 'string' && digits.test(value), wanted, value);
  for (i = 0; i < value.length; i += 2) {
    frame.bytes.push(parseInt(value.slice(i, i + 2), 16));
  }
}

function putAscii(frame, data, name, text, size, pad, wanted) {
  var value = given(frame, data, name), i;
  expect(frame, typeof value === 'string' && text.test(value) && value.charCodeAt(value.length - 1) !== pad, wanted, value);
  for (i = 0; i < Math.max(value.length, size); i++) {
    frame.bytes.push(i < value.length ? value.charCodeAt(i) : pad);
  }
}

function versionNumber(frame, data, name, parts, base) {
  var value = given(frame, data, name), texts = typeof value === 'string' ? value.split('.') : [], count = 0;
  parts.forEach(function (part, i) {
    count += parseInt(texts[i], base) * Math.pow(2, part[0]);
  });
  expect(frame, count >= 0 && value === version(count, parts, base), 'a version of ' + parts.length + ' parts', value);
  return count;
}

// Unix time of a text, in milliseconds.
function timeOf(frame, data, name) {
  var value = given(frame, data, name), form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{3})?Z$/;
  var found = form.exec(typeof value === 'string' ? value : '') || [];
  var ms = Date.UTC(found[1], found[2] - 1, found[3], found[4], found[5], found[6], (found[7] || '.000').slice(1));
  expect(frame, ms >= 0 && new Date(ms).toISOString().slice(0, 19) === value.slice(0, 19),
    'a time such as 2026-01-02T03:04:05.000Z', value);
  return ms;
}

// An object in the data.
function writeInside(frame, data, name, write, around) {
  writeAt(frame, name, data[name], write, around);
}

function writeAt(frame, name, value, write, around) {
  var path = frame.path;
  frame.path = joined(path, name);
  write(frame, value, around);
  frame.path = path;
}

// Lists in the data.
function writeMany(frame, data, name, write, around) {
  data[name].forEach(function (item, index) {
    writeAt(frame, name + '[' + index + ']', item, write, around);
  });
}

function writeValues(frame, data, name, write, around) {
  data[name].forEach(function (item, index) {
    writeAt(frame, name + '[' + index + ']', { '': item }, write, around);
  });
}

// How many items there are in data, by the table of their members, and more of those in lists.
function countItems(frame, data, shape, lists, least, most, wanted) {
  var count = sharedBy(shape, data) + lists;
  frame.name = '';
  expect(frame, count >= least && count <= most, wanted + ' of ' + membersOf(shape, data).map(saidOf).join(', '), count);
}

// Members that may be absent, from the last one backwards.
function expectBefore(frame, data, names, name) {
  var missing = names.filter(function (earlier) {
    return !has(data, earlier);
  });
  frame.name = '';
  expect(frame, missing.length === 0, missing[0] + ' before ' + name, 'no such member');
}

// Takes away what was written from a place on.
function cutFrom(frame, start) {
  var bytes = frame.bytes.slice(start);
  frame.bytes = frame.bytes.slice(0, start);
  return bytes;
}

// The first of several layouts whose members the data has, whose fields take the values, and which reads them again.
function writeFirst(frame, data, shapes, writers, tests, around) {
  var attempt = blank(frame), failure = null, i;
  for (i = 0; i < shapes.length; i++) {
    if (!problemIn(shapes[i], data, '')) {
      failure = failureOf(function () {
        attempt = blank(frame);
        writers[i](attempt, data, around);
        expect(blank(frame), variantOf(attempt.bytes, tests) === i,
          'values that are read by the layout that writes them', '0x' + hex(attempt.bytes));
      });
      if (!failure) {
        break;
      }
    }
  }
  expect(blank(frame), i < shapes.length || failure, 'the members of one of the layouts', Object.keys(data));
  if (failure) {
    throw failure;
  }
  append(frame, attempt.bytes);
}

// Which of several layouts reads some bytes: [test, what it takes]; the last layout may have none.
function variantOf(bytes, tests) {
  var frame = { bytes: bytes, at: 0, end: bytes.length }, i;
  for (i = 0; i < tests.length && !passes(frame, tests[i]); i++);
  return i;
}

function passes(frame, test) {
  return test[0](frame, test[1], test[2], test[3]);
}

// Members whose names end with a channel, in the order in which they are written.
function channelsIn(data, names, last) {
  return Object.keys(data).map(function (name) {
    var found = channelOf(name, names, last);
    return { name: name, channel: found.channel, item: found.item };
  }).filter(function (row) {
    return row.item >= 0;
  }).sort(function (one, other) {
    return one.channel - other.channel || one.item - other.item;
  });
}

function same(one, other) {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return one === other;
  }
  return Array.isArray(one) === Array.isArray(other) && Object.keys(one).length === Object.keys(other).length &&
    Object.keys(one).every(function (name) {
      return Object.prototype.hasOwnProperty.call(other, name) && same(one[name], other[name]);
    });
}
