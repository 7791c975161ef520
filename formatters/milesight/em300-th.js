// Milesight EM300-TH: temperature and humidity, with history. Application port 85.
//
// A payload is a row of items: channel (1 byte), type (1 byte), value (by type, little-endian).
//
// Sources:
// - Milesight-IoT/SensorDecoders, em-series/em300-th/README.md (commit e79c9d8, 2026-07-30):
//   telemetry channels and the two example frames
// - EM300 Series User Guide, 5.1 Basic Information and 5.2 Sensor Data (p. 22-23): channel ff, port 85
//
// A repeated channel: the last value stands. History items are appended in order.

var APPLICATION_PORT = 85;

// Type of the item, as "channel type" in hex, to its size in bytes and the function that reads it.
var ITEMS = {
  '0175': { size: 1, read: function (b, at, data) { data.battery = upTo(b[at], 100, 'battery'); } },
  '0367': { size: 2, read: function (b, at, data) { data.temperature = int16(b, at) / 10; } },
  '0468': { size: 1, read: function (b, at, data) { data.humidity = humidity(b[at]); } },
  '20ce': { size: 8, read: readHistory },
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
  'ff0f': { size: 1, read: function (b, at, data) { data.device_class = deviceClass(b[at]); } },
  'ff16': { size: 8, read: function (b, at, data) { data.serial_number = hex(b.slice(at, at + 8)); } }
};

var DEVICE_CLASSES = ['A', 'B', 'C', 'CtoB'];

function Problem(message) {
  this.message = message;
}

function int16(b, at) {
  var value = b[at] | (b[at + 1] << 8);
  return value > 0x7fff ? value - 0x10000 : value;
}

function uint32(b, at) {
  return b[at] + b[at + 1] * 0x100 + b[at + 2] * 0x10000 + b[at + 3] * 0x1000000;
}

function hex(bytes) {
  var text = '';
  for (var i = 0; i < bytes.length; i++) {
    text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);
  }
  return text;
}

function upTo(value, maximum, name) {
  if (value > maximum) {
    throw new Problem(name + ' is ' + value + ', the most is ' + maximum);
  }
  return value;
}

function humidity(raw) {
  return upTo(raw / 2, 100, 'humidity');
}

function deviceClass(value) {
  if (value >= DEVICE_CLASSES.length) {
    throw new Problem('device class ' + value + ' is unknown');
  }
  return DEVICE_CLASSES[value];
}

// The eighth byte is reserved.
function readHistory(b, at, data) {
  var record = { timestamp: uint32(b, at), temperature: int16(b, at + 4) / 10, humidity: humidity(b[at + 6]) };
  data.history = (data.history || []).concat([record]);
}

// Reads the item at `at` into data and answers where the next one starts.
function readItem(b, at, data) {
  var key = hex(b.slice(at, at + 2));
  var item = ITEMS.hasOwnProperty(key) ? ITEMS[key] : null;
  if (!item) {
    throw new Problem('unknown channel and type ' + key + ' at byte ' + at);
  }
  if (at + 2 + item.size > b.length) {
    throw new Problem('channel ' + key + ' at byte ' + at + ' is cut short');
  }
  item.read(b, at + 2, data);
  return at + 2 + item.size;
}

function readItems(b) {
  if (b.length === 0) {
    throw new Problem('the payload is empty');
  }
  var data = {};
  for (var at = 0; at < b.length;) {
    at = readItem(b, at, data);
  }
  return data;
}

function decodeUplink(input) {
  if (input.fPort !== APPLICATION_PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, the application port is ' + APPLICATION_PORT] };
  }
  try {
    return { data: readItems(input.bytes) };
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      throw problem;
    }
    return { errors: [problem.message] };
  }
}
