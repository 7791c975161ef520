// MCCI Catena 4430, message format 0x22: mouse activity, feeding and environment. A v2 pair: Decoder and Encoder.
//
// Uplinks on port 1: format byte 0x22, time (4 bytes), a bit map, and the fields that it announces, big-endian.
// Downlinks: port 1 sets the uplink interval, port 2 calibrates the CO2 sensor, port 3 takes commands.
//
// A v2 Decoder has no way to report errors but its data: a payload that does not fit gives { error: text }.
// A v2 Encoder can only refuse by throwing, which stops the downlink.
//
// Sources:
// - mcci-catena/Catena4430_Sensor (commit 1393eea, 2025-02-27), extras/catena-message-port1-format-22.md:
//   fields, number formats and test vectors. Dew point and heat index, which MCCI's script derives, are left out.
// - the same repository, Downlink-Request-Data-Format.md: commands by port

var FORMAT = 0x22;
var HEADER = 6;

// Bit of the map, size of the field in bytes, and the function that reads it; in wire order.
var FIELDS = [
  { bit: 0x01, size: 2, read: function (b, at, data) { data.vBat = int16(b, at) / 4096; } },
  { bit: 0x02, size: 2, read: function (b, at, data) { data.vSys = int16(b, at) / 4096; } },
  { bit: 0x04, size: 2, read: function (b, at, data) { data.vBus = int16(b, at) / 4096; } },
  { bit: 0x08, size: 1, read: function (b, at, data) { data.boot = b[at]; } },
  { bit: 0x10, size: 6, read: readEnvironment },
  { bit: 0x20, size: 2, read: function (b, at, data) { data.irradiance = { White: uint16(b, at) }; } },
  { bit: 0x40, size: 6, read: function (b, at, data) { data.pellets = [pellets(b, at), pellets(b, at + 3)]; } }
];
var ACTIVITY = 0x80;

var COMMANDS = { reset: 0x02, get_version: 0x03, rejoin: 0x06, get_interval: 0x07 };

function uint16(b, at) {
  return (b[at] << 8) | b[at + 1];
}

function int16(b, at) {
  var value = uint16(b, at);
  return value > 0x7fff ? value - 0x10000 : value;
}

function uint32(b, at) {
  return uint16(b, at) * 0x10000 + uint16(b, at + 2);
}

// MCCI's sflt16: sign (bit 15), exponent (bits 14..11), fraction (bits 10..0); f/2048 * 2^(e-15).
function sflt16(b, at) {
  var value = uint16(b, at);
  var size = ((value & 0x7ff) / 2048) * Math.pow(2, ((value >> 11) & 0x0f) - 15);
  return value & 0x8000 && size !== 0 ? -size : size;
}

function readEnvironment(b, at, data) {
  data.tempC = int16(b, at) / 256;
  data.p = uint16(b, at + 2) / 25;
  data.rh = (uint16(b, at + 4) * 100) / 65535;
}

function pellets(b, at) {
  return { Total: uint16(b, at), Delta: b[at + 2] };
}

// Activity fills the rest of the message, one value a minute, the last one at the message's time.
function readActivity(b, at) {
  var values = [];
  for (; at + 2 <= b.length; at += 2) {
    values.push(sflt16(b, at));
  }
  return values;
}

// The end of the fields that the map announces, without the activity.
function endOfFields(map) {
  var end = HEADER;
  for (var i = 0; i < FIELDS.length; i++) {
    end += map & FIELDS[i].bit ? FIELDS[i].size : 0;
  }
  return end;
}

// What is wrong with the message, or '' where it fits.
function misfit(b, port) {
  if (port !== 1) {
    return 'port ' + port + ' is not used, uplinks come on port 1';
  }
  if (b.length < HEADER) {
    return 'the message has ' + b.length + ' bytes, at least ' + HEADER + ' are expected';
  }
  if (b[0] !== FORMAT) {
    return 'format ' + b[0] + ' is unknown, ' + FORMAT + ' is expected';
  }
  var rest = b.length - endOfFields(b[5]);
  if (rest < 0) {
    return 'the message is ' + -rest + ' bytes short';
  }
  if (b[5] & ACTIVITY ? rest % 2 !== 0 : rest > 0) {
    return 'the message has bytes too many';
  }
  return '';
}

function Decoder(bytes, port) {
  var wrong = misfit(bytes, port);
  if (wrong) {
    return { error: wrong };
  }
  var data = { time: uint32(bytes, 1) * 1000 };
  var at = HEADER;
  for (var i = 0; i < FIELDS.length; i++) {
    if (bytes[5] & FIELDS[i].bit) {
      FIELDS[i].read(bytes, at, data);
      at += FIELDS[i].size;
    }
  }
  if (bytes[5] & ACTIVITY) {
    data.activity = readActivity(bytes, at);
  }
  return data;
}

function wholeNumber(value, maximum, name) {
  if (typeof value !== 'number' || value % 1 !== 0 || value < 0 || value > maximum) {
    throw new Error(name + ' must be a whole number from 0 to ' + maximum);
  }
  return value;
}

function bigEndian(value, name) {
  wholeNumber(value, 0xffff, name);
  return [value >> 8, value & 0xff];
}

function intervalMessage(object) {
  var bytes = bigEndian(object.interval, 'interval');
  return object.cycles === undefined ? bytes : bytes.concat([wholeNumber(object.cycles, 0xff, 'cycles')]);
}

function commandMessage(object) {
  if (!COMMANDS.hasOwnProperty(object.command)) {
    throw new Error('command must be one of ' + Object.keys(COMMANDS).join(', '));
  }
  var delay = object.command === 'rejoin' ? bigEndian(object.delay, 'delay') : [];
  return [COMMANDS[object.command]].concat(delay);
}

function Encoder(object, port) {
  if (Number(port) === 1) {
    return intervalMessage(object || {});
  }
  if (Number(port) === 2) {
    return bigEndian((object || {}).co2_calibration, 'co2_calibration');
  }
  if (Number(port) === 3) {
    return commandMessage(object || {});
  }
  throw new Error('port ' + port + ' takes no downlinks, ports 1, 2 and 3 do');
}
