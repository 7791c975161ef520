// Talkpool OY1110: temperature and humidity, one measurement or several in a group. For ThingPark X.
//
// Port 2: a measurement (3 bytes). Port 3: the time between measurements (1 byte), then measurements, the latest
// first. Port 1: the status.
//
// ThingPark X takes bare data, and an error is what is thrown. extractPoints hands it one value for each measurement,
// and where there are several, the time of each.
//
// Sources (Talkpool, OY1110 LoRaWAN Temperature and humidity sensor, User manual, version 1.0):
// - 9.3.2 Periodic grouped measurement report to 9.3.4 Grouping header (pages 13-15): layout, scales and offsets
// - 9.3.5 and 9.3.6 (pages 15-16): both example reports
// - 9.6 Uplink query response and 9.6.1 Uplink status report (page 19): status, with its example

var STATUS_PORT = 1;
var SINGLE_PORT = 2;
var GROUP_PORT = 3;
var MEASUREMENT = 3;
var ANSWER = 0x01;
var REFUSAL = 0x02;
var STATUS = 0x20;

function hexByte(value) {
  return '0x' + (value < 16 ? '0' : '') + value.toString(16);
}

function checkSize(b, size) {
  if (b.length !== size) {
    throw new Error('the payload has ' + b.length + ' bytes instead of ' + size);
  }
}

// Two counts of 12 bits, whose low four bits share the third byte; 80 °C and 25 % are added so that none is negative.
function readMeasurement(b, at) {
  return {
    temperature: (((b[at] << 4) | (b[at + 2] >> 4)) - 800) / 10,
    humidity: (((b[at + 1] << 4) | (b[at + 2] & 0x0f)) - 250) / 10
  };
}

function readSingle(b) {
  checkSize(b, MEASUREMENT);
  return readMeasurement(b, 0);
}

// Bit 7 of the header tells hours from minutes.
function readInterval(header) {
  return (header & 0x7f) * (header & 0x80 ? 60 : 1);
}

function readGroup(b) {
  if (b.length < 1 + MEASUREMENT || (b.length - 1) % MEASUREMENT !== 0) {
    throw new Error('a group of ' + b.length + ' bytes is cut short: 1 and 3 for each measurement are expected');
  }
  var data = { interval: readInterval(b[0]), measurements: [] };
  for (var at = 1; at < b.length; at += MEASUREMENT) {
    var measurement = readMeasurement(b, at);
    measurement.minutes_ago = data.measurements.length * data.interval;
    data.measurements.push(measurement);
  }
  return data;
}

function readStatus(b) {
  if (b[0] === REFUSAL) {
    throw new Error('the device refused command ' + hexByte(b[1] || 0));
  }
  checkSize(b, 3);
  if (b[0] !== ANSWER || b[1] !== STATUS) {
    throw new Error('message ' + hexByte(b[0]) + ' ' + hexByte(b[1]) + ' is unknown');
  }
  return { status: b[2] };
}

function decodeUplink(input) {
  if (input.fPort === STATUS_PORT) {
    return readStatus(input.bytes);
  }
  if (input.fPort === SINGLE_PORT) {
    return readSingle(input.bytes);
  }
  if (input.fPort === GROUP_PORT) {
    return readGroup(input.bytes);
  }
  throw new Error('port ' + input.fPort + ' is not used, uplinks come on ports 1, 2 and 3');
}

// When a measurement was made, in ISO 8601, where the message came at `time`.
function timeBefore(time, minutes) {
  var milliseconds = time ? new Date(time).getTime() : NaN;
  if (isNaN(milliseconds)) {
    throw new Error('time is missing: a group of measurements needs the time of its message');
  }
  return new Date(milliseconds - minutes * 60000).toISOString();
}

function pointsOf(measurements, name, time) {
  return measurements.map(function (measurement) {
    return { eventTime: timeBefore(time, measurement.minutes_ago), value: measurement[name] };
  });
}

function extractPoints(input) {
  var message = input.message;
  if (message.measurements) {
    return {
      temperature: pointsOf(message.measurements, 'temperature', input.time),
      humidity: pointsOf(message.measurements, 'humidity', input.time)
    };
  }
  return message.temperature === undefined ? {} : { temperature: message.temperature, humidity: message.humidity };
}

exports.decodeUplink = decodeUplink;
exports.extractPoints = extractPoints;
