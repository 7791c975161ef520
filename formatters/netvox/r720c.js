// Netvox R720C: air pressure and temperature. A module for ChirpStack v4.
//
// Port 6: reports. Port 7: commands down, and their answers up. Every payload has 11 bytes, big-endian.
//
// The device's variable temperature_offset (°C, from -10 to 10) is added to each measured temperature: ChirpStack
// keeps variables with the device, as text.
//
// Sources:
// - Netvox, R720C User Manual, Example of ReportDataCmd (page 7): layout and both example reports
// - Netvox, R720C User Manual, Example of ConfigureCmd (page 6): layout and the messages of port 7
// - Netvox, R718J User Manual, 5 (page 5): bounds of intervals and changes; R718CN2 User Manual, Tips: report type 0x00
//   is the version packet, with a date in BCD

const REPORT_PORT = 6;
const COMMAND_PORT = 7;
const SIZE = 11;
const DEVICE = 0x70;
const SET_CONFIG = 0x01;
const READ_CONFIG = 0x02;
const ANSWER = 0x80;
const MOST_OFFSET = 10;

// Name, bytes and counts per unit of each setting, in wire order.
const SETTINGS = [
  ['min_time', 2, 1],
  ['max_time', 2, 1],
  ['battery_change', 1, 10],
  ['temperature_change', 2, 100],
  ['air_pressure_change', 2, 10],
];

class Problem extends Error {}

const hexByte = (value) => `0x${value.toString(16).padStart(2, '0')}`;

// Hundredths of a degree to add.
function offsetOf(variables) {
  const text = String(variables?.temperature_offset ?? 0);
  const offset = text.trim() === '' ? NaN : Number(text);
  if (!(Math.abs(offset) <= MOST_OFFSET)) {
    throw new Problem(`variable temperature_offset must be a number from -10 to 10, not "${text}"`);
  }
  return Math.round(offset * 100);
}

// Bit 7 of the battery byte is low battery, bits 6..0 are tenths of a volt.
function dataReport(b, variables) {
  return {
    battery_voltage: (b[3] & 0x7f) / 10,
    battery_low: (b[3] & 0x80) !== 0,
    air_pressure: b.readUInt32BE(4) / 100,
    temperature: (b.readInt16BE(8) + offsetOf(variables)) / 100,
  };
}

// Two decimal digits.
function bcd(value) {
  const digits = value.toString(16);
  if (!/^\d+$/.test(digits)) {
    throw new Problem(`${hexByte(value)} is no pair of decimal digits`);
  }
  return Number(digits);
}

function versionReport(b) {
  const [century, year, month, day] = [...b.slice(5, 9)].map(bcd);
  if (month < 1 || month > 12 || day < 1 || day > 31) {
    throw new Problem(`month ${month}, day ${day} of the firmware is no date`);
  }
  return { software_version: b[3], hardware_version: b[4], firmware_date: { year: century * 100 + year, month, day } };
}

function readReport(b, variables) {
  if (b[0] !== 1) {
    throw new Problem(`version ${b[0]} of the payload is unknown`);
  }
  switch (b[2]) {
    case 0: return versionReport(b);
    case 1: return dataReport(b, variables);
    default: throw new Problem(`report type ${b[2]} is unknown`);
  }
}

function readSettings(b) {
  const settings = {};
  let at = 2;
  for (const [name, size, perUnit] of SETTINGS) {
    settings[name] = b.readUIntBE(at, size) / perUnit;
    at += size;
  }
  return settings;
}

function readAnswer(b) {
  switch (b[0]) {
    case SET_CONFIG | ANSWER: return { answer: 'set_config', success: b[2] === 0 };
    case READ_CONFIG | ANSWER: return { answer: 'read_config', ...readSettings(b) };
    default: throw new Problem(`command ${hexByte(b[0])} is unknown`);
  }
}

function readUplink({ bytes, fPort, variables }) {
  if (fPort !== REPORT_PORT && fPort !== COMMAND_PORT) {
    throw new Problem(`port ${fPort} is not used, reports come on port 6 and answers on port 7`);
  }
  if (bytes.length !== SIZE) {
    throw new Problem(`the payload has ${bytes.length} bytes instead of ${SIZE}`);
  }
  const b = Buffer.from(bytes);
  if (b[1] !== DEVICE) {
    throw new Problem(`device type ${hexByte(b[1])} is not that of an R720C, ${hexByte(DEVICE)}`);
  }
  return fPort === REPORT_PORT ? readReport(b, variables) : readAnswer(b);
}

// No change can be 0, and no interval.
function countOf(value, name, most, perUnit) {
  const count = Math.round(value * perUnit);
  if (typeof value !== 'number' || !(count >= 1 && count <= most)) {
    throw new Problem(`${name} must be a number from ${1 / perUnit} to ${most / perUnit}`);
  }
  return count;
}

function writeSettings(b, data) {
  let at = 2;
  for (const [name, size, perUnit] of SETTINGS) {
    b.writeUIntBE(countOf(data[name], name, 256 ** size - 1, perUnit), at, size);
    at += size;
  }
  if (data.max_time < data.min_time) {
    throw new Problem('max_time is less than min_time');
  }
}

// ChirpStack takes a list of numbers, no Buffer.
function writeCommand(data) {
  const b = Buffer.alloc(SIZE);
  b[1] = DEVICE;
  if (data?.command === 'set_config') {
    b[0] = SET_CONFIG;
    writeSettings(b, data);
  } else if (data?.command === 'read_config') {
    b[0] = READ_CONFIG;
  } else {
    throw new Problem('command must be one of set_config, read_config');
  }
  return [...b];
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

export function decodeUplink(input) {
  return guarded(() => ({ data: readUplink(input) }));
}

export function encodeDownlink(input) {
  return guarded(() => ({ bytes: writeCommand(input.data), fPort: COMMAND_PORT }));
}
