// Milesight VS350: passage people counter, with temperature. For ChirpStack v3: Decode and Encode, the port first.
//
// A payload is a row of items: channel (1 byte), type (1 byte), value (by type, little-endian), up and down.
//
// Decode has no way to report errors but its data: a payload that does not fit gives { error: text }. Encode can only
// refuse by throwing, which stops the downlink; the port is the server's to choose, so a wrong one is refused too.
//
// Sources:
// - Milesight-IoT/SensorDecoders, vs-series/vs350/README.md (commit e79c9d8, 2026-07-30): channels and example frames
// - https://www.milesight.com/products/docs/en/vs350/protocol/vs3xx/vs350-downlink.html: port, commands, examples;
//   the threshold alarm (ff 06) is left out, for its bits are not all explained
//
// A repeated channel: the last value stands. History items are appended in order.

var APPLICATION_PORT = 85;

// Type of the item, as "channel type" in hex, to its size in bytes and the function that reads it.
var ITEMS = {
  '0175': { size: 1, read: function (b, at, data) { data.battery = battery(b[at]); } },
  '0367': { size: 2, read: readTemperature },
  '04cc': { size: 4, read: readTotals },
  '05cc': { size: 4, read: readPeriod },
  '0aef': { size: 4, read: function (b, at, data) { data.timestamp = uint32(b, at); } },
  '20ce': { size: 9, read: readHistory },
  '8367': {
    size: 3,
    read: function (b, at, data) {
      readTemperature(b, at, data);
      data.temperature_alarm = named(TEMPERATURE_ALARMS, b[at + 2], 'temperature alarm');
    }
  },
  '84cc': {
    size: 5,
    read: function (b, at, data) {
      readTotals(b, at, data);
      data.total_alarm = named(COUNT_ALARMS, b[at + 4], 'total alarm');
    }
  },
  '85cc': {
    size: 5,
    read: function (b, at, data) {
      readPeriod(b, at, data);
      data.period_alarm = named(COUNT_ALARMS, b[at + 4], 'period alarm');
    }
  },
  'ff01': { size: 1, read: function (b, at, data) { data.protocol_version = b[at]; } },
  'ff09': {
    size: 2,
    read: function (b, at, data) { data.hardware_version = b[at].toString(16) + '.' + (b[at + 1] >> 4).toString(16); }
  },
  'ff0a': {
    size: 2,
    read: function (b, at, data) { data.software_version = b[at].toString(16) + '.' + b[at + 1].toString(16); }
  },
  'ff0b': { size: 1, read: function (b, at, data) { data.power_on = true; } },
  'ff0f': { size: 1, read: function (b, at, data) { data.device_class = named(DEVICE_CLASSES, b[at], 'class'); } },
  'ff16': { size: 8, read: function (b, at, data) { data.serial_number = hex(b.slice(at, at + 8)); } },
  'fffe': { size: 1, read: function (b, at, data) { data.reset = true; } },
  'ffff': { size: 2, read: function (b, at, data) { data.tsl_version = hex(b.slice(at, at + 2)); } }
};

var TEMPERATURE_ALARMS = { 0: 'threshold_release', 1: 'threshold', 3: 'high', 4: 'high_release' };
var COUNT_ALARMS = { 1: 'threshold' };
var DEVICE_CLASSES = { 0: 'A', 1: 'B', 2: 'C', 3: 'CtoB' };

function Problem(message) {
  this.message = message;
}

function uint16(b, at) {
  return b[at] | (b[at + 1] << 8);
}

function int16(b, at) {
  var value = uint16(b, at);
  return value > 0x7fff ? value - 0x10000 : value;
}

function uint32(b, at) {
  return uint16(b, at) + uint16(b, at + 2) * 0x10000;
}

function hex(bytes) {
  var text = '';
  for (var i = 0; i < bytes.length; i++) {
    text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
  }
  return text;
}

function named(names, value, what) {
  if (!names.hasOwnProperty(value)) {
    throw new Problem(what + ' ' + value + ' is unknown');
  }
  return names[value];
}

function battery(percent) {
  if (percent > 100) {
    throw new Problem('battery is ' + percent + ', the most is 100');
  }
  return percent;
}

function readTemperature(b, at, data) {
  data.temperature = int16(b, at) / 10;
}

function readTotals(b, at, data) {
  data.total_in = uint16(b, at);
  data.total_out = uint16(b, at + 2);
}

function readPeriod(b, at, data) {
  data.period_in = uint16(b, at);
  data.period_out = uint16(b, at + 2);
}

// Kind 1 has the totals too, four bytes more than kind 0.
function readHistory(b, at, data) {
  var record = { timestamp: uint32(b, at) };
  readPeriod(b, at + 5, record);
  if (b[at + 4] === 1) {
    readTotals(b, at + 9, record);
  }
  data.history = (data.history || []).concat([record]);
}

// The size of the item at `at`: that of a history record stands in it.
function sizeOf(key, b, at) {
  if (key !== '20ce' || at + 6 >= b.length) {
    return ITEMS[key].size;
  }
  if (b[at + 6] > 1) {
    throw new Problem('kind ' + b[at + 6] + ' of history at byte ' + at + ' is unknown');
  }
  return ITEMS[key].size + 4 * b[at + 6];
}

// Reads the item at `at` into data and answers where the next one starts.
function readItem(b, at, data) {
  var key = hex(b.slice(at, at + 2));
  if (!ITEMS.hasOwnProperty(key)) {
    throw new Problem('unknown channel and type ' + key + ' at byte ' + at);
  }
  var end = at + 2 + sizeOf(key, b, at);
  if (end > b.length) {
    throw new Problem('channel ' + key + ' at byte ' + at + ' is cut short');
  }
  ITEMS[key].read(b, at + 2, data);
  return end;
}

function readItems(fPort, b) {
  if (fPort !== APPLICATION_PORT) {
    throw new Problem('port ' + fPort + ' is not used, the application port is ' + APPLICATION_PORT);
  }
  if (b.length === 0) {
    throw new Problem('the payload is empty');
  }
  var data = {};
  for (var at = 0; at < b.length;) {
    at = readItem(b, at, data);
  }
  return data;
}

function Decode(fPort, bytes, variables) {
  try {
    return readItems(fPort, bytes);
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      throw problem;
    }
    return { error: problem.message };
  }
}

// Kinds of values to write: a function of value and name that answers the bytes.

function flag(value, name) {
  if (typeof value !== 'boolean') {
    throw new Error(name + ' must be true or false');
  }
  return [value ? 1 : 0];
}

function littleEndian(value) {
  return [value & 0xff, (value >> 8) & 0xff];
}

// A whole number of two bytes, after the bytes `before`.
function count(least, most, before) {
  return function (value, name) {
    if (typeof value !== 'number' || value % 1 !== 0 || value < least || value > most) {
      throw new Error(name + ' must be a whole number from ' + least + ' to ' + most);
    }
    return before.concat(littleEndian(value));
  };
}

function side(value, name) {
  if (value !== 'in' && value !== 'out') {
    throw new Error(name + ' must be in or out');
  }
  return [value === 'in' ? 1 : 2];
}

function calibration(value, name) {
  if (typeof value !== 'object' || value === null) {
    throw new Error(name + ' must be an object');
  }
  var tenths = Math.round(value.offset * 10);
  if (typeof value.offset !== 'number' || !(tenths >= -0x8000 && tenths <= 0x7fff)) {
    throw new Error(name + '.offset must be a number from -3276.8 to 3276.7');
  }
  return flag(value.enabled, name + '.enabled').concat(littleEndian(tenths));
}

function action(value, name) {
  if (value !== true) {
    throw new Error(name + ' must be true, or be left out');
  }
  return [0xff];
}

// Name, type on channel ff and kind, in the order in which Encode writes them: by type, the restart last.
var SETTINGS = [
  { name: 'data_storage', type: 0x68, write: flag },
  { name: 'data_retransmission', type: 0x69, write: flag },
  { name: 'retransmission_interval', type: 0x6a, write: count(30, 1200, [0]) },
  { name: 'report_interval', type: 0x8e, write: count(1, 0xffff, [0]) },
  { name: 'periodic_reset', type: 0xa6, write: flag },
  { name: 'reset_interval', type: 0xa7, write: count(1, 0xffff, []) },
  { name: 'reset_total', type: 0xa8, write: side },
  { name: 'report_totals', type: 0xa9, write: flag },
  { name: 'report_temperature', type: 0xaa, write: flag },
  { name: 'temperature_calibration', type: 0xab, write: calibration },
  { name: 'reboot', type: 0x10, write: action }
];

function checkNames(obj) {
  var names = SETTINGS.map(function (setting) { return setting.name; });
  for (var name in obj) {
    if (names.indexOf(name) < 0) {
      throw new Error(name + ' can not be set');
    }
  }
}

function Encode(fPort, obj, variables) {
  if (fPort !== APPLICATION_PORT) {
    throw new Error('port ' + fPort + ' takes no downlinks, port ' + APPLICATION_PORT + ' does');
  }
  checkNames(obj);
  var bytes = [];
  for (var i = 0; i < SETTINGS.length; i++) {
    var setting = SETTINGS[i];
    if (obj && obj[setting.name] !== undefined) {
      bytes = bytes.concat([0xff, setting.type], setting.write(obj[setting.name], setting.name));
    }
  }
  if (bytes.length === 0) {
    throw new Error('nothing to send');
  }
  return bytes;
}
