// Adeunis Field Test Device (FTD): position, link quality and battery of a network tester.
//
// The first byte says which fields follow; they come in a fixed order. Latitude and longitude are BCD digits
// that run across the bytes, the hemisphere is the last bit. The guide names no port: every port is accepted.
//
// Sources:
// - adeunis, Field Test Device LoRaWAN US 902-928, user guide V1.0.0, 4 Decoding the payload (pages 16-18):
//   both example frames, field by field
// - adeunis, Field Test Device LoRaWAN AS 923, user guide V1.0.0, 4.2 (page 18): temperatures +27 and -12 degrees
// - adeunis, LoRaWAN Demonstrator user guide V1.2, 6 Payload description (page 23): status bits 1 and 0

var RECEPTION = { 1: 'good', 2: 'average', 3: 'poor' };

// Bit of the status byte, size of the field it announces, and the function that reads it; in wire order.
var FIELDS = [
  { bit: 0x80, size: 1, name: 'temperature', read: readTemperature },
  { bit: 0x10, size: 9, name: 'position', read: readPosition },
  { bit: 0x08, size: 1, name: 'uplink counter', read: function (b, at, data) { data.uplink_counter = b[at]; } },
  { bit: 0x04, size: 1, name: 'downlink counter', read: function (b, at, data) { data.downlink_counter = b[at]; } },
  { bit: 0x02, size: 2, name: 'battery', read: readBattery },
  { bit: 0x01, size: 2, name: 'link quality', read: readLink }
];

function Problem(message) {
  this.message = message;
}

function int8(value) {
  return value > 0x7f ? value - 0x100 : value;
}

function digitsOf(b, at, size) {
  var digits = [];
  for (var i = 0; i < size; i++) {
    digits.push(b[at + i] >> 4, b[at + i] & 0x0f);
  }
  return digits;
}

// The whole number that `count` BCD digits from `from` spell.
function decimal(digits, from, count, name) {
  var value = 0;
  for (var i = from; i < from + count; i++) {
    if (digits[i] > 9) {
      throw new Problem(name + ': ' + digits[i] + ' is no decimal digit');
    }
    value = value * 10 + digits[i];
  }
  return value;
}

// Degrees and thousandths of a minute to degrees, to the sixth place: 0.001 minute is 0.0000167 degrees.
function degrees(whole, thousandths, negative, limit, name) {
  var value = Math.round((whole + thousandths / 60000) * 1e6) / 1e6;
  if (thousandths >= 60000 || value > limit) {
    throw new Problem(name + ' is out of range');
  }
  return negative && value !== 0 ? -value : value;
}

// dd mm mmm h: two digits of degrees, five of minutes, hemisphere 1 is south.
function latitude(b, at) {
  var digits = digitsOf(b, at, 4);
  var thousandths = decimal(digits, 2, 5, 'latitude');
  return degrees(decimal(digits, 0, 2, 'latitude'), thousandths, digits[7] & 1, 90, 'latitude');
}

// ddd mm mm h: three digits of degrees, four of minutes, hemisphere 1 is west.
function longitude(b, at) {
  var digits = digitsOf(b, at, 4);
  var thousandths = decimal(digits, 3, 4, 'longitude') * 10;
  return degrees(decimal(digits, 0, 3, 'longitude'), thousandths, digits[7] & 1, 180, 'longitude');
}

function readTemperature(b, at, data) {
  data.temperature = int8(b[at]);
}

function readPosition(b, at, data, warnings) {
  data.latitude = latitude(b, at);
  data.longitude = longitude(b, at + 4);
  data.gps_satellites = b[at + 8] & 0x0f;
  var reception = b[at + 8] >> 4;
  if (RECEPTION.hasOwnProperty(reception)) {
    data.gps_reception = RECEPTION[reception];
  } else {
    warnings.push('GPS reception ' + reception + ' is unknown');
  }
}

function readBattery(b, at, data) {
  data.battery_voltage = ((b[at] << 8) | b[at + 1]) / 1000;
}

// The RSSI is sent as an absolute value.
function readLink(b, at, data) {
  data.rssi = b[at] === 0 ? 0 : -b[at];
  data.snr = int8(b[at + 1]);
}

function readFields(b, data, warnings) {
  var at = 1;
  for (var i = 0; i < FIELDS.length; i++) {
    if (b[0] & FIELDS[i].bit) {
      if (at + FIELDS[i].size > b.length) {
        throw new Problem(FIELDS[i].name + ' at byte ' + at + ' is cut short');
      }
      FIELDS[i].read(b, at, data, warnings);
      at += FIELDS[i].size;
    }
  }
  if (at < b.length) {
    throw new Problem(b.length - at + ' bytes too many after byte ' + at);
  }
}

function readFrame(b, warnings) {
  if (b.length === 0) {
    throw new Problem('the payload is empty');
  }
  var data = {
    triggered_by_accelerometer: (b[0] & 0x40) !== 0,
    triggered_by_button: (b[0] & 0x20) !== 0
  };
  readFields(b, data, warnings);
  return data;
}

function decodeUplink(input) {
  var warnings = [];
  try {
    var data = readFrame(input.bytes, warnings);
    return warnings.length > 0 ? { data: data, warnings: warnings } : { data: data };
  } catch (problem) {
    if (!(problem instanceof Problem)) {
      throw problem;
    }
    return { errors: [problem.message] };
  }
}
