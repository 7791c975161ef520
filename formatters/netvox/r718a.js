// Netvox R718A, R718AB and R712: temperature and humidity. They share one layout and differ in the device type.
//
// Port 6: reports. Port 7: commands down, and their answers up. Every payload has 11 bytes, big-endian.
//
// Sources:
// - Netvox, R718A User Manual, 5.1 Example of Data Report (page 6): both example reports, low battery, sign
// - Netvox, R718AB User Manual, 5.1 (page 6): device type 0x13
// - Netvox, R712 User Manual, Example of Report configuration (page 7): the four messages of port 7
// - Netvox, R718CN2 User Manual, Tips: report type 0x00 is the version packet, with a date in BCD

var REPORT_PORT = 6;
var COMMAND_PORT = 7;
var SIZE = 11;
var DEVICES = { 0x01: 'R712', 0x0b: 'R718A', 0x13: 'R718AB' };
var SET_CONFIG = 0x01;
var READ_CONFIG = 0x02;
var ANSWER = 0x80;

// Name, bytes and counts per unit of each setting, in wire order.
// The manuals: "Min and Max Interval: any number between 1 and 65535; the reportable change can not be 0".
var SETTINGS = [
  { name: 'min_time', size: 2, perUnit: 1 },
  { name: 'max_time', size: 2, perUnit: 1 },
  { name: 'battery_change', size: 1, perUnit: 10 },
  { name: 'temperature_change', size: 2, perUnit: 100 },
  { name: 'humidity_change', size: 2, perUnit: 100 }
];

function Problem(message) {
  this.message = message;
}

function uint16(b, at) {
  return (b[at] << 8) | b[at + 1];
}

function int16(b, at) {
  var value = uint16(b, at);
  return value > 0x7fff ? value - 0x10000 : value;
}

function hexByte(value) {
  return (value < 16 ? '0' : '') + value.toString(16);
}

function checkSize(b) {
  if (b.length !== SIZE) {
    throw new Problem('the payload has ' + b.length + ' bytes instead of ' + SIZE);
  }
}

function deviceOf(type) {
  if (!DEVICES.hasOwnProperty(type)) {
    throw new Problem('device type 0x' + hexByte(type) + ' is unknown');
  }
  return DEVICES[type];
}

function typeOf(device) {
  for (var type in DEVICES) {
    if (DEVICES[type] === device) {
      return Number(type);
    }
  }
  throw new Problem('device must be one of R712, R718A, R718AB');
}

// Bit 7 of the battery byte is low battery, bits 6..0 are tenths of a volt.
function dataReport(b, data) {
  data.battery_voltage = (b[3] & 0x7f) / 10;
  data.battery_low = (b[3] & 0x80) !== 0;
  data.temperature = int16(b, 4) / 100;
  data.humidity = uint16(b, 6) / 100;
  if (data.humidity > 100) {
    throw new Problem('humidity is ' + data.humidity + ', the most is 100');
  }
}

// Two decimal digits.
function bcd(value) {
  if (value >> 4 > 9 || (value & 0x0f) > 9) {
    throw new Problem('0x' + hexByte(value) + ' is no pair of decimal digits');
  }
  return (value >> 4) * 10 + (value & 0x0f);
}

function dateOf(b, at) {
  var date = { year: bcd(b[at]) * 100 + bcd(b[at + 1]), month: bcd(b[at + 2]), day: bcd(b[at + 3]) };
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) {
    throw new Problem('month ' + date.month + ', day ' + date.day + ' of the firmware is no date');
  }
  return date;
}

function versionReport(b, data) {
  data.software_version = b[3];
  data.hardware_version = b[4];
  data.firmware_date = dateOf(b, 5);
}

function readReport(b) {
  checkSize(b);
  if (b[0] !== 1) {
    throw new Problem('version ' + b[0] + ' of the payload is unknown');
  }
  var data = { device: deviceOf(b[1]) };
  if (b[2] === 0) {
    versionReport(b, data);
  } else if (b[2] === 1) {
    dataReport(b, data);
  } else {
    throw new Problem('report type ' + b[2] + ' is unknown');
  }
  return data;
}

function readSettings(b, data) {
  var at = 2;
  for (var i = 0; i < SETTINGS.length; i++) {
    var count = SETTINGS[i].size === 2 ? uint16(b, at) : b[at];
    data[SETTINGS[i].name] = count / SETTINGS[i].perUnit;
    at += SETTINGS[i].size;
  }
}

function readAnswer(b) {
  checkSize(b);
  var data = { device: deviceOf(b[1]) };
  if (b[0] === (SET_CONFIG | ANSWER)) {
    data.answer = 'set_config';
    data.success = b[2] === 0;
  } else if (b[0] === (READ_CONFIG | ANSWER)) {
    data.answer = 'read_config';
    readSettings(b, data);
  } else {
    throw new Problem('command 0x' + hexByte(b[0]) + ' is unknown');
  }
  return data;
}

function readUplink(fPort, b) {
  if (fPort === REPORT_PORT) {
    return readReport(b);
  }
  if (fPort === COMMAND_PORT) {
    return readAnswer(b);
  }
  throw new Problem('port ' + fPort + ' is not used, reports come on port 6 and answers on port 7');
}

function warningsOf(data) {
  if (data.battery_low === true) {
    return ['low battery: ' + data.battery_voltage + ' V'];
  }
  return data.success === false ? ['the device refused the configuration'] : [];
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
  return guarded(function () {
    var data = readUplink(input.fPort, input.bytes);
    var warnings = warningsOf(data);
    return warnings.length > 0 ? { data: data, warnings: warnings } : { data: data };
  });
}

// Only data reports hold measurements.
function normalizeUplink(input) {
  if (input.data.temperature === undefined) {
    return { data: [] };
  }
  return {
    data: [
      {
        battery: input.data.battery_voltage,
        air: { temperature: input.data.temperature, relativeHumidity: input.data.humidity }
      }
    ]
  };
}

function countOf(setting, value) {
  var count = Math.round(value * setting.perUnit);
  var most = setting.size === 2 ? 0xffff : 0xff;
  if (typeof value !== 'number' || !(count >= 1 && count <= most)) {
    throw new Problem(setting.name + ' must be a number from ' + 1 / setting.perUnit + ' to ' + most / setting.perUnit);
  }
  return count;
}

function writeSettings(data) {
  var bytes = [];
  for (var i = 0; i < SETTINGS.length; i++) {
    var count = countOf(SETTINGS[i], data[SETTINGS[i].name]);
    if (SETTINGS[i].size === 2) {
      bytes.push(count >> 8);
    }
    bytes.push(count & 0xff);
  }
  if (data.max_time < data.min_time) {
    throw new Problem('max_time is less than min_time');
  }
  return bytes;
}

function writeCommand(data) {
  if (!data) {
    throw new Problem('command must be one of set_config, read_config');
  }
  var type = typeOf(data.device);
  if (data.command === 'set_config') {
    return [SET_CONFIG, type].concat(writeSettings(data));
  }
  if (data.command === 'read_config') {
    return [READ_CONFIG, type, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  }
  throw new Problem('command must be one of set_config, read_config');
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: writeCommand(input.data), fPort: COMMAND_PORT };
  });
}

function readCommand(fPort, b) {
  if (fPort !== COMMAND_PORT) {
    throw new Problem('port ' + fPort + ' is not used, commands go to port 7');
  }
  checkSize(b);
  var data = { device: deviceOf(b[1]) };
  if (b[0] === SET_CONFIG) {
    data.command = 'set_config';
    readSettings(b, data);
  } else if (b[0] === READ_CONFIG) {
    data.command = 'read_config';
  } else {
    throw new Problem('command 0x' + hexByte(b[0]) + ' is unknown');
  }
  return data;
}

function decodeDownlink(input) {
  return guarded(function () {
    var data = readCommand(input.fPort, input.bytes);
    writeCommand(data); // the same bounds as for encoding
    return { data: data };
  });
}
