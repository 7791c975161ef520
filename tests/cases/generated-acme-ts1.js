// Acme TS1: temperature and battery
//
// Made from the declaration acme/ts1: change that, not this file. It runs on The Things Stack, ChirpStack v4
// and v3, The Things Network v2, ThingPark X and runners of TS013.

var STATE_VALUES = [[0, 'idle'], [1, 'busy']];
var DOWNLINK10 = ['interval', 'on'];

var UPLINKS = { 1: readUplink1 };

// The Things Stack, ChirpStack v4, TS013; ThingPark X, which gives the time and takes the data itself.
function decodeUplink(input) {
  if (typeof input.time === 'string') {
    return uplinkOf(input);
  }
  return answer(function () {
    return { data: uplinkOf(input) };
  });
}

// The Things Network v2.
function Decoder(bytes, port) {
  return uplinkOf({ bytes: bytes, fPort: port });
}

// ChirpStack v3.
function Decode(fPort, bytes) {
  return uplinkOf({ bytes: bytes, fPort: fPort });
}

function uplinkOf(input) {
  return decode(UPLINKS, '1', input);
}

var DOWNLINKS = { 10: readDownlink10 };

// The Things Stack, TS013, ThingPark X.
function decodeDownlink(input) {
  if (typeof input.time === 'string') {
    return downlinkOf(input);
  }
  return answer(function () {
    return { data: downlinkOf(input) };
  });
}

function downlinkOf(input) {
  return decode(DOWNLINKS, '10', input);
}

var WRITTEN = [
  { fPort: 10, shape: DOWNLINK10, write: writeDownlink10 }
];

// The Things Stack, ChirpStack v4, TS013; ThingPark X, which gives the data itself.
function encodeDownlink(input) {
  if (!has(input, 'data')) {
    return encoded(input, 0);
  }
  return answer(function () {
    return encoded(input.data, Number(input.fPort));
  });
}

// The Things Network v2.
function Encoder(data, port) {
  return encoded(data, Number(port)).bytes;
}

// ChirpStack v3.
function Encode(fPort, data) {
  return encoded(data, fPort).bytes;
}

function encoded(data, fPort) {
  return encodeOn(WRITTEN, '10', data, fPort);
}

// Uplink on port 1.
function readUplink1(frame) {
  var data = {}, count, word;
  // air, °C
  count = signed(frame, 'temperature', 2);
  data.temperature = count === 32767 ? null : between(frame, count / 100, -40, 85, ' °C');
  word = unsigned(frame, 'state', 1);
  // what it does
  locateBits(frame, 'state', 0, 6);
  data.state = choose(frame, STATE_VALUES, word >> 6);
  data.battery = (word & 0x3f) / 10; // battery, V
  finish(frame);
  return data;
}

// Downlink on port 10.
function readDownlink10(frame) {
  var data = {};
  data.interval = atLeast(frame, unsigned(frame, 'interval', 2), 60, ' s'); // between reports, s
  data.on = unsigned(frame, 'on', 1) !== 0;
  finish(frame);
  return data;
}

// Downlink on port 10.
function writeDownlink10(frame, data) {
  put(frame, whole(frame, atLeast(frame, numberIn(frame, data, 'interval'), 60, ' s'), 0, 65535), 2);
  put(frame, flag(frame, data, 'on'), 1);
}

// ---- what reads and writes ----

// What works, or the message of its refusal.
function answer(work) {
  var result, failure = failureOf(function () {
    result = work();
  });
  return failure ? { errors: [failure.message] } : result;
}

// The refusal that ended some work, or null; anything else that went wrong goes on.
function failureOf(work) {
  try {
    work();
  } catch (error) {
    if (!error.refused) { throw error; }
    return error;
  }
  return null;
}

function refusal(message) {
  var error = new Error(message);
  error.refused = true;
  return error;
}

function decode(readers, ports, input) {
  var frame = { bytes: input.bytes, at: 0, end: input.bytes.length, all: 'payload', path: '', name: '' };
  if (!has(readers, String(input.fPort))) {
    throw refusal('expected port ' + ports + ', got ' + input.fPort);
  }
  frame.received = Number(new Date(input.recvTime || input.time));
  return readers[input.fPort](frame);
}

// For one port: data that has the members of its shape.
function written(port, data) {
  var frame = { bytes: [], all: 'data', path: '', name: '' }, problem = problemIn(port.shape, data, '');
  if (problem) {
    throw refusal(problem);
  }
  port.write(frame, data);
  return frame.bytes;
}

// For the port given, or else for the only one.
function encodeOn(ports, names, data, fPort) {
  var found = ports.filter(function (port) {
    return port.fPort === fPort || !fPort;
  })[0];
  if (!found) {
    throw refusal('expected port ' + names + ', got ' + fPort);
  }
  return { bytes: written(found, data), fPort: found.fPort };
}

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

// The value that a table gives a number, as a message prints it.
function named(item) {
  return typeof item[1] === 'string' ? item[1] : item[2] || String(item[1]);
}

function indexIn(table, value, column) {
  var i;
  for (i = 0; i < table.length && table[i][column] !== value; i++);
  return i;
}

function oneOf(table, print) {
  return 'one of ' + table.map(print).join(', ');
}

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

function signed(frame, name, size) {
  return twosComplement(taken(frame, name, size));
}

function twosComplement(bytes) {
  return total(bytes, bytes[0] > 127 ? -1 : 0);
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

// What is wrong with the members of data, or ''.
function problemIn(shape, data, path) {
  return typeof shape === 'function' ? shape(data, path) : problemInObject(shape, data, path);
}

function problemInObject(shape, data, path) {
  var members, problem = '', i;
  if (!isObject(data)) {
    return wrong(path, 'an object', data);
  }
  members = membersOf(shape, data);
  problem = unknownIn(members, data, path) || missingIn(members, data, path);
  Object.keys(data).forEach(function (name) {
    var member = find(members, name);
    problem = problem || (member.shape ? problemIn(member.shape, data[name], joined(path, name)) : '');
  });
  return problem;
}

function wrong(path, wanted, got) {
  return (path || 'data') + ': expected ' + wanted + ', got ' + (got === undefined ? 'no such member' : shown(got));
}

function unknownIn(members, data, path) {
  var names = Object.keys(data).filter(function (name) {
    return !find(members, name);
  });
  return names.length ? wrong(joined(path, names[0]), 'one of ' + members.map(saidOf).filter(isFirst).join(', '), 'another') : '';
}

function saidOf(member) {
  return member.said || member.name;
}

function isFirst(name, at, names) {
  return names.indexOf(name) === at;
}

function missingIn(members, data, path) {
  var missing = members.filter(function (member) {
    return member.required && !has(data, member.name);
  });
  return missing.length ? wrong(joined(path, missing[0].name), 'a value', undefined) : '';
}

function find(members, name) {
  return members.filter(function (member) {
    return member.name === name;
  })[0];
}

function membersOf(shape, data) {
  return shape.reduce(function (members, entry) {
    return members.concat(typeof entry === 'function' ? entry(data) : entryOf(entry));
  }, []);
}

function entryOf(entry) {
  var shape = typeof entry === 'string' ? null : entry[1], name = shape ? entry[0] : entry;
  return { name: name.replace('?', ''), required: name.indexOf('?') < 0, shape: shape };
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

// The nearest count, which the raw number has to hold.
function whole(frame, value, least, most, wanted) {
  var count = roundHalfUp(value);
  expect(frame, count >= least && count <= most, wanted || 'a number from ' + least + ' to ' + most, value);
  return count;
}

// Numbers of any size: the most significant byte first, or last (little).
function put(frame, number, size) {
  append(frame, bytesOf(number, size));
}

function bytesOf(number, size) {
  var bytes = [], i;
  for (i = size - 1; i >= 0; i--) {
    bytes.push(Math.floor(number / Math.pow(256, i)) & 255);
  }
  return bytes;
}

// 1 for true.
function flag(frame, data, name) {
  var value = given(frame, data, name);
  expect(frame, typeof value === 'boolean', 'true or false', value);
  return value ? 1 : 0;
}
