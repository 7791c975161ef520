// Dragino LHT65: temperature and humidity, one external sensor, a datalog. Uplinks on port 2.
//
// A live frame is fixed: BAT (2), temperature (2), humidity (2), Ext # (1), value of the external sensor (4),
// big-endian. Bit fields: BAT is status (2 bits) and mV (14 bits); Ext # is cable lost (bit 7), reply to a poll
// (bit 6) and the type of the external sensor (bits 5..0). A reply to a poll is a row of 11-byte records.
//
// Sources:
// - Dragino, LHT65 Temperature & Humidity Sensor User Manual, 2.4 Uplink Payload and 2.6 Datalog feature
//   (pages 9 and 12 of the 40-page edition; pages 15, 21 and 30 of the 56-page edition)
// - Dragino, LHT65N User Manual (wiki.dragino.com), 2.4.2 BAT, 2.4.6.2 Ext=9, 2.6.4 and 2.6.5 Datalog
// - dragino/dragino-end-node-decoder, PAYLOAD_STRUCTURE.md and LHT65N: which byte is the interrupt's level and which
//   its status, and where a datalog record has its sensor's value
// - wiki.dragino.com, "How to set the transmit time interval"

var UPLINK_PORT = 2;
var FRAME = 11;
var WITHOUT_SENSOR = 7;
var NO_PROBE = 327.67;
var BATTERY_STATUS = ['ultra_low', 'low', 'ok', 'good'];
var SENSORS = {
  0: 'none',
  1: 'temperature',
  4: 'interrupt',
  5: 'illumination',
  6: 'adc',
  7: 'counter_16',
  8: 'counter_32',
  9: 'temperature_timestamp'
};
var WITH_CABLE = { 4: true, 5: true, 6: true, 7: true, 8: true };

var SET_INTERVAL = 0x01;
var POLL = 0x31;

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

function uint32(b, at) {
  return uint16(b, at) * 0x10000 + uint16(b, at + 2);
}

function humidity(raw) {
  if (raw > 1000) {
    throw new Problem('humidity is ' + raw / 10 + ', the most is 100');
  }
  return raw / 10;
}

function sensorType(status) {
  var type = status & 0x3f;
  if (!SENSORS.hasOwnProperty(type)) {
    throw new Problem('external sensor type ' + type + ' is unknown');
  }
  return type;
}

// The value of the external sensor: two bytes, in a live frame and in a record alike.
function readSensor(type, b, at, data) {
  if (type === 1 || type === 9) {
    data.external_temperature = int16(b, at) / 100;
  } else if (type === 4) {
    data.pin_level = b[at] ? 'high' : 'low';
    data.interrupt = b[at + 1] !== 0;
  } else if (type === 5) {
    data.illuminance = uint16(b, at);
  } else if (type === 6) {
    data.adc_voltage = uint16(b, at) / 1000;
  } else if (type === 7 || type === 8) {
    data.count = uint16(b, at);
  }
}

// Ext=9: the probe stands in the place of BAT, and the battery's status in the top bits of the humidity.
function readTimestamped(b) {
  return {
    external_temperature: int16(b, 0) / 100,
    temperature: int16(b, 2) / 100,
    battery_status: BATTERY_STATUS[b[4] >> 6],
    humidity: humidity(uint16(b, 4) & 0x0fff),
    external_sensor: SENSORS[9],
    timestamp: uint32(b, 7)
  };
}

function readLive(b) {
  var type = sensorType(b[6]);
  if (b.length !== FRAME && !(type === 0 && b.length === WITHOUT_SENSOR)) {
    throw new Problem('the frame has ' + b.length + ' bytes instead of ' + FRAME);
  }
  if (type === 9) {
    return readTimestamped(b);
  }
  var data = {
    battery_voltage: (uint16(b, 0) & 0x3fff) / 1000,
    battery_status: BATTERY_STATUS[b[0] >> 6],
    temperature: int16(b, 2) / 100,
    humidity: humidity(uint16(b, 4)),
    external_sensor: SENSORS[type]
  };
  if (WITH_CABLE[type]) {
    data.external_connected = (b[6] & 0x80) === 0;
  }
  readSensor(type, b, 7, data);
  if (type === 8) {
    data.count = uint32(b, 7);
  }
  return data;
}

function readRecord(b, at) {
  if ((b[at + 6] & 0x40) === 0) {
    throw new Problem('the record at byte ' + at + ' is no reply to a poll');
  }
  var type = sensorType(b[at + 6]);
  var record = {
    timestamp: uint32(b, at + 7),
    temperature: int16(b, at + 2) / 100,
    humidity: humidity(uint16(b, at + 4)),
    external_sensor: SENSORS[type]
  };
  readSensor(type, b, at, record);
  return record;
}

function readDatalog(b) {
  if (b.length % FRAME !== 0) {
    throw new Problem('the datalog has ' + b.length + ' bytes, no multiple of ' + FRAME);
  }
  var records = [];
  for (var at = 0; at < b.length; at += FRAME) {
    records.push(readRecord(b, at));
  }
  return { datalog: records };
}

// "If the device has no data in the polling time, it uplinks 11 bytes of 0."
function isEmptyDatalog(b) {
  for (var i = 0; i < b.length; i++) {
    if (b[i] !== 0) {
      return false;
    }
  }
  return b.length === FRAME;
}

function readUplink(b) {
  if (b.length < WITHOUT_SENSOR) {
    throw new Problem('the frame has ' + b.length + ' bytes instead of ' + FRAME);
  }
  if (isEmptyDatalog(b)) {
    return { datalog: [] };
  }
  return b[6] & 0x40 ? readDatalog(b) : readLive(b);
}

function warningsOf(data) {
  var warnings = [];
  if (data.external_temperature === NO_PROBE) {
    warnings.push('no probe: 327.67 is what the device sends when no DS18B20 is connected');
  }
  if (data.external_connected === false) {
    warnings.push('the cable of the external sensor is not connected');
  }
  if (data.battery_status === 'ultra_low') {
    warnings.push('the battery is nearly empty');
  }
  return warnings;
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
  if (input.fPort !== UPLINK_PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, uplinks come on port ' + UPLINK_PORT] };
  }
  return guarded(function () {
    var result = { data: readUplink(input.bytes) };
    var warnings = warningsOf(result.data);
    if (warnings.length > 0) {
      result.warnings = warnings;
    }
    return result;
  });
}

// The Things Stack's vocabulary: V, degrees Celsius and percent. Records of the datalog carry their own time.
function measurement(data) {
  var result = { air: { temperature: data.temperature, relativeHumidity: data.humidity } };
  if (data.battery_voltage !== undefined) {
    result.battery = data.battery_voltage;
  }
  if (data.timestamp !== undefined) {
    result.time = new Date(data.timestamp * 1000).toISOString();
  }
  return result;
}

function normalizeUplink(input) {
  var records = input.data.datalog || [input.data];
  var measurements = [];
  for (var i = 0; i < records.length; i++) {
    measurements.push(measurement(records[i]));
  }
  return { data: measurements };
}

function wholeNumber(value, minimum, maximum, name) {
  if (typeof value !== 'number' || value % 1 !== 0 || value < minimum || value > maximum) {
    throw new Problem(name + ' must be a whole number from ' + minimum + ' to ' + maximum);
  }
  return value;
}

function bigEndian(value, size) {
  var bytes = [];
  for (var i = 0; i < size; i++) {
    bytes.unshift(value % 0x100);
    value = Math.floor(value / 0x100);
  }
  return bytes;
}

function pollCommand(poll) {
  if (typeof poll !== 'object' || poll === null) {
    throw new Problem('poll must be an object with start, end and interval');
  }
  var start = wholeNumber(poll.start, 0, 0xffffffff, 'poll.start');
  var end = wholeNumber(poll.end, 0, 0xffffffff, 'poll.end');
  if (end < start) {
    throw new Problem('poll.end is before poll.start');
  }
  var interval = wholeNumber(poll.interval, 5, 255, 'poll.interval');
  return [POLL].concat(bigEndian(start, 4), bigEndian(end, 4), [interval]);
}

function command(data) {
  var names = Object.keys(data || {});
  if (names.length === 1 && names[0] === 'transmit_interval') {
    return [SET_INTERVAL].concat(bigEndian(wholeNumber(data.transmit_interval, 1, 0xffffff, 'transmit_interval'), 3));
  }
  if (names.length === 1 && names[0] === 'poll') {
    return pollCommand(data.poll);
  }
  throw new Problem('one of transmit_interval and poll is expected');
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: command(input.data), fPort: Number(input.fPort) || UPLINK_PORT };
  });
}

function readCommand(b) {
  if (b[0] === SET_INTERVAL && b.length === 4) {
    return { transmit_interval: b[1] * 0x10000 + uint16(b, 2) };
  }
  if (b[0] === POLL && b.length === 10) {
    return { poll: { start: uint32(b, 1), end: uint32(b, 5), interval: b[9] } };
  }
  throw new Problem('neither a transmit interval (01, 4 bytes) nor a poll (31, 10 bytes)');
}

function decodeDownlink(input) {
  return guarded(function () {
    var data = readCommand(input.bytes);
    command(data); // the same bounds as for encoding
    return { data: data };
  });
}
