// Decentlab DL-TRS12: soil moisture, temperature and electrical conductivity.
//
// Uplinks (port 1, unless the device is told another): version of the protocol (1 byte), device ID (2), flags (2), and
// for each flag the words of its sensor. Downlinks (port 1): command (2 bytes), parameter (2), CRC (2). All big-endian.
//
// Sources:
// - Decentlab, decentlab/decentlab-decoders, commit ae766f0, DL-TRS12: words, formulas, and the two example frames
// - TheThingsNetwork/lorawan-devices, vendor/decentlab (by the maker): dl-trs12-codec.yaml, commit 62c8acd, examples of
//   both directions; dl-downlink-codec.js, commit 0a254aa, numbers, names and ranges of the commands, and the CRC

var PORT = 1;
var VERSION = 2;
var HEADER_SIZE = 5;
var DOWNLINK_SIZE = 6;
var MOST = 0xffff;
var INVALID = 0xffff; // a parameter that is not set

function Problem(message) {
  this.message = message;
}

function uint16(b, at) {
  return b[at] << 8 | b[at + 1];
}

function twoBytes(value) {
  return [value >> 8, value & 0xff];
}

function hexWord(value) {
  return '0x' + ('000' + value.toString(16)).slice(-4);
}

// The probe counts in tenths; its maker gives both formulas. Powers are products, whose last digit no engine changes.
function permittivity(count) {
  var root = 2.887e-9 * (count * count * count) - 2.08e-5 * (count * count) + 5.276e-2 * count - 43.39;
  return root * root;
}

function readSoil(b, at, data) {
  var count = uint16(b, at) / 10;
  data.moisture_count = count;
  data.dielectric_permittivity = permittivity(count);
  data.volumetric_water_content = count * 3.879e-4 - 0.6956;
  data.soil_temperature = (uint16(b, at + 2) - 32768) / 10;
  data.electrical_conductivity = uint16(b, at + 4);
}

function readBattery(b, at, data) {
  data.battery_voltage = uint16(b, at) / 1000;
}

// By flag, from the lowest.
var SENSORS = [
  { size: 6, read: readSoil },
  { size: 2, read: readBattery }
];

function checkSize(b, size) {
  if (b.length !== size) {
    throw new Problem('the payload has ' + b.length + ' bytes instead of ' + size);
  }
}

// The sensors that the flags name, after a look at the header and at the length that follows from it.
function sensorsIn(b) {
  if (b.length < HEADER_SIZE) {
    throw new Problem('the payload is cut short: ' + b.length + ' bytes, the header has ' + HEADER_SIZE);
  }
  if (b[0] !== VERSION) {
    throw new Problem('version ' + b[0] + ' of the protocol is unknown, ' + VERSION + ' is known');
  }
  var flags = uint16(b, 3);
  if (flags >> SENSORS.length !== 0) {
    throw new Problem('flags ' + hexWord(flags) + ' name a sensor that the device does not have');
  }
  var sensors = SENSORS.filter(function (_, bit) { return flags >> bit & 1; });
  checkSize(b, sensors.reduce(function (size, sensor) { return size + sensor.size; }, HEADER_SIZE));
  return sensors;
}

function readUplink(b) {
  var sensors = sensorsIn(b);
  var data = { device_id: uint16(b, 1) };
  var at = HEADER_SIZE;
  sensors.forEach(function (sensor) {
    sensor.read(b, at, data);
    at += sensor.size;
  });
  return data;
}

// CRC-16/MODBUS: 0xa001 is 0x8005 with its bits reversed, as the bytes are taken from their lowest bit.
function crc(bytes) {
  return bytes.reduce(function (sum, byte) {
    sum ^= byte;
    for (var bit = 0; bit < 8; bit++) {
      sum = sum & 1 ? sum >> 1 ^ 0xa001 : sum >> 1;
    }
    return sum;
  }, 0xffff);
}

// Kinds of parameters: read(word, name) and write(value, name).

function whole(least, most) {
  function checked(value, name) {
    if (typeof value !== 'number' || value % 1 !== 0 || !(value >= least && value <= most)) {
      throw new Problem(name + ' must be a whole number from ' + least + ' to ' + most);
    }
    return value;
  }
  return { read: checked, write: checked };
}

// The parameter means nothing.
var none = {
  read: function () { return true; },
  write: function (value, name) {
    if (value !== true) {
      throw new Problem(name + ' must be true');
    }
    return 0;
  }
};

var ofFirmware = {
  read: function (word) { return word === INVALID ? null : word; },
  write: function (value, name) {
    return value === null ? INVALID : whole(0, INVALID - 1).write(value, name);
  }
};

// Name, number (the next one does the same and saves the settings), kind.
var SETTINGS = [
  { name: 'period', number: 0x0001, kind: whole(1, MOST) },
  { name: 'data_rate', number: 0x0003, kind: whole(0, MOST) },
  { name: 'adr_on', number: 0x0005, kind: none },
  { name: 'adr_off', number: 0x0007, kind: none },
  { name: 'data_rate_minimum', number: 0x0009, kind: whole(0, MOST) },
  { name: 'data_rate_maximum', number: 0x000b, kind: whole(0, MOST) },
  { name: 'power_index_minimum', number: 0x000d, kind: whole(0, MOST) },
  { name: 'power_index_maximum', number: 0x000f, kind: whole(0, MOST) },
  { name: 'send_period', number: 0x0011, kind: whole(0, MOST) },
  { name: 'join_period', number: 0x0013, kind: whole(0, 1000) },
  { name: 'power_index', number: 0x0015, kind: whole(0, MOST) },
  { name: 'link_check_period', number: 0x0017, kind: whole(0, MOST) },
  { name: 'link_check_tolerance', number: 0x0019, kind: whole(0, MOST) },
  { name: 'link_check_limit', number: 0x001b, kind: whole(0, MOST) },
  { name: 'port', number: 0x001d, kind: whole(1, 223) }
];

// Of the sixteen parameters of a firmware; numbered from 0x0020, and from 0x0030 where they are saved.
var PARAMETERS = [0, 1, 2, 3];

var COMMANDS = [
  { name: 'reset', number: 0xfefe, kind: none },
  { name: 'factory_reset', number: 0xfef0, kind: none },
  { name: 'sleep', number: 0xfef1, kind: none }
];

SETTINGS.forEach(function (row) {
  COMMANDS.push({ name: 'set_' + row.name, number: row.number, kind: row.kind });
  COMMANDS.push({ name: 'set_' + row.name + '_saved', number: row.number + 1, kind: row.kind });
});

PARAMETERS.forEach(function (index) {
  COMMANDS.push({ name: 'set_parameter_' + index, number: 0x0020 + index, kind: ofFirmware });
  COMMANDS.push({ name: 'set_parameter_' + index + '_saved', number: 0x0030 + index, kind: ofFirmware });
});

// The command whose member `which` (number, name) is `value`.
function find(which, value) {
  for (var i = 0; i < COMMANDS.length; i++) {
    if (COMMANDS[i][which] === value) {
      return COMMANDS[i];
    }
  }
  return null;
}

function readDownlink(b) {
  checkSize(b, DOWNLINK_SIZE);
  var sum = crc(b.slice(0, DOWNLINK_SIZE - 2));
  if (uint16(b, DOWNLINK_SIZE - 2) !== sum) {
    throw new Problem('the CRC is ' + hexWord(uint16(b, DOWNLINK_SIZE - 2)) + ' instead of ' + hexWord(sum));
  }
  var command = find('number', uint16(b, 0));
  if (!command) {
    throw new Problem('command ' + hexWord(uint16(b, 0)) + ' is unknown');
  }
  var data = {};
  data[command.name] = command.kind.read(uint16(b, 2), command.name);
  return data;
}

function writeDownlink(data) {
  var names = Object.keys(data);
  if (names.length !== 1) {
    throw new Problem('a downlink is one command, not ' + names.length);
  }
  var command = find('name', names[0]);
  if (!command) {
    throw new Problem(names[0] + ' can not be sent');
  }
  var bytes = twoBytes(command.number).concat(twoBytes(command.kind.write(data[command.name], command.name)));
  return bytes.concat(twoBytes(crc(bytes)));
}

function guarded(work) {
  try {
    return work();
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      throw problem;
    }
    return { errors: [problem.message] };
  }
}

function decodeUplink(input) {
  if (input.fPort !== PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, uplinks come on port ' + PORT] };
  }
  return guarded(function () {
    return { data: readUplink(input.bytes) };
  });
}

function normalizeUplink(input) {
  var measurement = {};
  if (input.data.soil_temperature !== undefined) {
    measurement.soil = { temperature: input.data.soil_temperature };
  }
  if (input.data.battery_voltage !== undefined) {
    measurement.battery = input.data.battery_voltage;
  }
  return { data: Object.keys(measurement).length > 0 ? [measurement] : [] };
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: writeDownlink(input.data || {}), fPort: PORT };
  });
}

function decodeDownlink(input) {
  if (input.fPort !== PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, downlinks go to port ' + PORT] };
  }
  return guarded(function () {
    return { data: readDownlink(input.bytes) };
  });
}
