// MClimate Vicki: radiator thermostat. Uplinks on port 2; downlinks on any port, here the asked one or 1.
//
// A payload is a row of commands: code (1 byte) and its data (by code). The answers to questions and the
// keep-alive come up, settings, actions and questions go down. Most settings have the same layout both ways.
//
// Sources (MClimate/docs, commit 6f04fe9, 2024-12-23, published as docs.mclimate.eu,
// devices/mclimate-vicki-lorawan/vicki-lorawan-device-communication-protocol):
// - command-cheat-sheet.md: codes; keep-alive.md: bits and both examples; appendix-examples.md
// - one page a setting, each with examples: target-temperature-ranges, child-lock, open-window-detection, ...
// - README "What Fport are used by MClimate device": uplinks on 2, downlinks on 1, 2, 4-223

var UPLINK_PORT = 2;
var DOWNLINK_PORT = 1;
var KEEP_ALIVE = 9;

function Problem(message) {
  this.message = message;
}

function hexByte(value) {
  return '0x' + (value < 16 ? '0' : '') + value.toString(16);
}

function inRange(value, minimum, maximum, name) {
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) {
    throw new Problem(name + ' must be a number from ' + minimum + ' to ' + maximum);
  }
  return value;
}

// Kinds of data: size in bytes, read(bytes, at) and write(value, name).

// A big-endian count of `unit`, `size` bytes wide; minimum and maximum are values.
function number(size, perUnit, minimum, maximum) {
  return {
    size: size,
    read: function (b, at) {
      var count = 0;
      for (var i = 0; i < size; i++) {
        count = count * 0x100 + b[at + i];
      }
      return count / perUnit;
    },
    write: function (value, name) {
      var count = Math.round(inRange(value, minimum, maximum, name) * perUnit);
      var bytes = [];
      for (var i = 0; i < size; i++) {
        bytes.unshift(count % 0x100);
        count = Math.floor(count / 0x100);
      }
      return bytes;
    }
  };
}

// One byte that counts steps of `step`.
function steps(step, minimum, maximum) {
  return {
    size: 1,
    read: function (b, at) { return b[at] * step; },
    write: function (value, name) { return [Math.round(inRange(value, minimum, maximum, name) / step)]; }
  };
}

function choice(names) {
  return {
    size: 1,
    read: function (b, at) {
      if (b[at] >= names.length) {
        throw new Problem('value ' + b[at] + ' at byte ' + at + ' is none of ' + names.join(', '));
      }
      return names[b[at]];
    },
    write: function (value, name) {
      if (names.indexOf(value) < 0) {
        throw new Problem(name + ' must be one of ' + names.join(', '));
      }
      return [names.indexOf(value)];
    }
  };
}

// Bit 0 of a byte; the others are reserved.
var flag = {
  size: 1,
  read: function (b, at) { return (b[at] & 1) === 1; },
  write: function (value, name) {
    if (typeof value !== 'boolean') {
      throw new Problem(name + ' must be true or false');
    }
    return [value ? 1 : 0];
  }
};

// An action has no data: it is asked for with true.
var action = {
  size: 0,
  read: function () { return true; },
  write: function (value, name) {
    if (value !== true) {
      throw new Problem(name + ' must be true, or be left out');
    }
    return [];
  }
};

// Several values one after the other: [name, kind] pairs.
function group(members) {
  var size = 0;
  for (var i = 0; i < members.length; i++) {
    size += members[i][1].size;
  }
  return {
    size: size,
    read: function (b, at) {
      var value = {};
      for (var i = 0; i < members.length; i++) {
        value[members[i][0]] = members[i][1].read(b, at);
        at += members[i][1].size;
      }
      return value;
    },
    write: function (value, name) {
      if (typeof value !== 'object' || value === null) {
        throw new Problem(name + ' must be an object');
      }
      var bytes = [];
      for (var i = 0; i < members.length; i++) {
        bytes = bytes.concat(members[i][1].write(value[members[i][0]], name + '.' + members[i][0]));
      }
      return bytes;
    }
  };
}

// Percent that is missing to 100, as the valve's openness is sent.
var missingPercent = {
  size: 1,
  read: function (b, at) { return 100 - b[at]; },
  write: function (value, name) { return [100 - Math.round(inRange(value, 0, 100, name))]; }
};

// (XX - 28) * 0.176 degrees, XX from 0 to 56.
var offset = {
  size: 1,
  read: function (b, at) { return Math.round((b[at] - 28) * 176) / 1000; },
  write: function (value, name) { return [Math.round((inRange(value, -5, 5, name) * 1000) / 176) + 28]; }
};

// The motor's position has its low byte first; its high bits share a byte with the temperature difference.
var windowBySteps = {
  size: 4,
  read: function (b, at) {
    return {
      enabled: flag.read(b, at),
      duration: b[at + 1] * 5,
      motor_position: b[at + 2] | ((b[at + 3] >> 4) << 8),
      temperature_difference: b[at + 3] & 0x0f
    };
  },
  write: function (value, name) {
    var head = group([['enabled', flag], ['duration', steps(5, 0, 1275)]]).write(value, name);
    var position = Math.round(inRange(value.motor_position, 0, 4095, name + '.motor_position'));
    var difference = Math.round(inRange(value.temperature_difference, 0, 15, name + '.temperature_difference'));
    return head.concat([position & 0xff, ((position >> 8) << 4) | difference]);
  }
};

// Two software or hardware digits in one byte.
var version = {
  size: 1,
  read: function (b, at) { return (b[at] >> 4) + '.' + (b[at] & 0x0f); }
};

var celsius = number(1, 1, 5, 30);
var tenths = number(2, 10, 0, 100);
var count24 = number(3, 1, 0, 0xffffff);

// A gain counts 1/131072; the guide's examples leave out the rest (0.412678 * 131072 = 54090).
var gain = {
  size: 3,
  read: function (b, at) { return count24.read(b, at) / 131072; },
  write: function (value, name) {
    return count24.write(Math.floor(inRange(value, 0, 0xffffff / 131072, name) * 131072), name);
  }
};

// Name, code to set it, code to ask for it, code of the answer where that differs, and kind.
// In the order in which encodeDownlink writes the settings: by code.
var SETTINGS = [
  { name: 'keep_alive_period', set: 0x02, get: 0x12, kind: number(1, 1, 1, 255) },
  { name: 'recalibrate_motor', set: 0x03, kind: action },
  { name: 'version', get: 0x04, kind: group([['hardware', version], ['software', version]]) },
  { name: 'open_window_detection_steps', set: 0x06, get: 0x13, kind: windowBySteps },
  { name: 'child_lock', set: 0x07, get: 0x14, kind: flag },
  { name: 'temperature_range', set: 0x08, get: 0x15, kind: group([['min', celsius], ['max', celsius]]) },
  { name: 'force_close', set: 0x0b, kind: action },
  {
    name: 'control_parameters',
    set: 0x0c,
    get: 0x16,
    kind: group([
      ['period', number(1, 1, 1, 255)],
      ['first_last_steps', number(1, 1, 8, 255)],
      ['next_steps', number(1, 1, 8, 255)]
    ])
  },
  { name: 'operational_mode', set: 0x0d, get: 0x18, kind: choice(['manual', 'automatic', 'automatic_external']) },
  { name: 'target_temperature', set: 0x0e, kind: celsius },
  { name: 'join_retry_period', set: 0x10, get: 0x19, kind: steps(5, 5, 1275) },
  { name: 'uplink_type', set: 0x11, get: 0x1b, kind: choice(['unconfirmed', 'confirmed']) },
  {
    name: 'control_difference',
    set: 0x1a,
    get: 0x17,
    kind: group([['open', number(1, 1, 0, 255)], ['close', number(1, 1, 0, 255)]])
  },
  {
    name: 'watchdog',
    set: 0x1c,
    get: 0x1d,
    kind: group([['confirmed_uplinks', number(1, 1, 0, 255)], ['unconfirmed_hours', number(1, 1, 0, 255)]])
  },
  { name: 'primary_mode', set: 0x1e, get: 0x1f, kind: choice(['heating', 'cooling']) },
  { name: 'manual_target_temperature', answer: 0x28, kind: number(1, 1, 0, 255) },
  {
    name: 'proportional_control',
    set: 0x2a,
    get: 0x29,
    kind: group([['coefficient', number(1, 1, 0, 20)], ['period', number(1, 1, 1, 255)]])
  },
  {
    name: 'control_algorithm',
    set: 0x2c,
    get: 0x2b,
    kind: choice(['proportional', 'equal_directional', 'proportional_integral'])
  },
  { name: 'motor_position', set: 0x2d, kind: number(2, 1, 0, 800) },
  { name: 'reset', set: 0x30, kind: action },
  { name: 'motor', set: 0x31, kind: group([['position', number(2, 1, 0, 800)], ['target_temperature', celsius]]) },
  { name: 'child_lock_offline', set: 0x35, get: 0x34, kind: choice(['disabled', 'unchanged']) },
  { name: 'proportional_gain', set: 0x37, get: 0x36, kind: gain },
  { name: 'external_temperature', set: 0x3c, get: 0x44, kind: tenths },
  { name: 'integral_gain', set: 0x3e, get: 0x3d, kind: gain },
  { name: 'integral_value', get: 0x3f, kind: number(2, 10, 0, 6553.5) },
  { name: 'pi_run_period', set: 0x41, get: 0x40, kind: number(1, 1, 1, 255) },
  { name: 'temperature_hysteresis', set: 0x43, get: 0x42, kind: number(1, 10, 0.2, 25.5) },
  {
    name: 'open_window_detection',
    set: 0x45,
    get: 0x46,
    kind: group([['enabled', flag], ['duration', steps(5, 0, 1275)], ['temperature_difference', number(1, 10, 0.2, 25.5)]])
  },
  { name: 'force_attach', set: 0x47, get: 0x48, kind: flag },
  {
    name: 'anti_freeze',
    set: 0x49,
    get: 0x4a,
    kind: group([['activation', number(1, 10, 0, 25.5)], ['deactivation', number(1, 10, 0, 25.5)], ['target', celsius]])
  },
  { name: 'integral_maximum', set: 0x4c, get: 0x4d, kind: number(2, 10, 0, 6553.5) },
  { name: 'valve_openness', set: 0x4e, kind: number(1, 1, 0, 100) },
  {
    name: 'valve_openness_range',
    set: 0x4f,
    get: 0x50,
    kind: group([['max', missingPercent], ['min', missingPercent]])
  },
  { name: 'precise_target_temperature', set: 0x51, answer: 0x52, kind: number(2, 10, 5, 30) },
  { name: 'temperature_offset', set: 0x53, get: 0x54, kind: offset },
  { name: 'region', get: 0xa4, kind: choice(['EU868', 'AS923', 'AU915', 'US915']) }
];

// The setting whose member `which` (set, get, answer, name) is `value`.
function find(which, value) {
  for (var i = 0; i < SETTINGS.length; i++) {
    if (SETTINGS[i][which] === value) {
      return SETTINGS[i];
    }
  }
  return null;
}

function checkRest(b, at, size) {
  if (at + size > b.length) {
    throw new Problem('command ' + hexByte(b[at - 1]) + ' at byte ' + (at - 1) + ' is cut short');
  }
}

// Firmware up to 3.4 sends code 0x01 and an exact formula; from 3.5 on 0x81 and one with rounded constants.
function temperature(code, raw) {
  if (code === 0x01) {
    return (raw * 165) / 256 - 40;
  }
  return Math.round(((raw - 28.33333) / 5.66666) * 100) / 100;
}

function readKeepAlive(b, at, data) {
  data.target_temperature = b[at + 1];
  data.temperature = temperature(b[at], b[at + 2]);
  data.humidity = (b[at + 3] * 100) / 256;
  data.motor_position = b[at + 4] | ((b[at + 6] >> 4) << 8);
  data.motor_range = b[at + 5] | ((b[at + 6] & 0x0f) << 8);
  data.battery_voltage = (20 + (b[at + 7] >> 4)) / 10;
  data.open_window = (b[at + 7] & 0x08) !== 0;
  data.motor_current_high = (b[at + 7] & 0x04) !== 0;
  data.motor_current_low = (b[at + 7] & 0x02) !== 0;
  data.sensor_broken = (b[at + 7] & 0x01) !== 0;
  data.child_lock = (b[at + 8] & 0x80) !== 0;
  data.calibration_failed = (b[at + 8] & 0x40) !== 0;
  data.attached = (b[at + 8] & 0x20) !== 0;
  data.online = (b[at + 8] & 0x10) !== 0;
  data.anti_freeze_active = (b[at + 8] & 0x08) !== 0;
}

// Reads the command at `at` of an uplink into data and answers where the next one starts.
function readAnswer(b, at, data) {
  if (b[at] === 0x01 || b[at] === 0x81) {
    checkRest(b, at + 1, KEEP_ALIVE - 1);
    readKeepAlive(b, at, data);
    return at + KEEP_ALIVE;
  }
  var setting = find('answer', b[at]) || find('get', b[at]);
  if (!setting) {
    throw new Problem('command ' + hexByte(b[at]) + ' at byte ' + at + ' is unknown');
  }
  checkRest(b, at + 1, setting.kind.size);
  data[setting.name] = setting.kind.read(b, at + 1);
  return at + 1 + setting.kind.size;
}

// Reads the command at `at` of a downlink, likewise.
function readOrder(b, at, data) {
  var asked = find('get', b[at]);
  if (asked) {
    data.get = (data.get || []).concat([asked.name]);
    return at + 1;
  }
  var setting = find('set', b[at]);
  if (!setting) {
    throw new Problem('command ' + hexByte(b[at]) + ' at byte ' + at + ' is unknown');
  }
  checkRest(b, at + 1, setting.kind.size);
  data[setting.name] = setting.kind.read(b, at + 1);
  return at + 1 + setting.kind.size;
}

function readAll(b, readOne) {
  if (b.length === 0) {
    throw new Problem('the payload is empty');
  }
  var data = {};
  for (var at = 0; at < b.length;) {
    at = readOne(b, at, data);
  }
  return data;
}

function warningsOf(data) {
  var warnings = [];
  if (data.sensor_broken) {
    warnings.push('the temperature sensor is broken: the temperature is not valid');
  }
  if (data.motor_current_high) {
    warnings.push('the motor takes too much current');
  }
  if (data.motor_current_low) {
    warnings.push('the motor takes too little current');
  }
  if (data.calibration_failed) {
    warnings.push('the motor could not be calibrated');
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
    var data = readAll(input.bytes, readAnswer);
    var warnings = warningsOf(data);
    return warnings.length > 0 ? { data: data, warnings: warnings } : { data: data };
  });
}

function checkNames(data) {
  for (var name in data) {
    var setting = find('name', name);
    if (name !== 'get' && !(setting && setting.set !== undefined)) {
      throw new Problem(name + ' can not be set');
    }
  }
}

function writeSettings(data) {
  var bytes = [];
  for (var i = 0; i < SETTINGS.length; i++) {
    var setting = SETTINGS[i];
    if (setting.set !== undefined && data[setting.name] !== undefined) {
      bytes = bytes.concat([setting.set], setting.kind.write(data[setting.name], setting.name));
    }
  }
  return bytes;
}

function writeQuestions(names) {
  var bytes = [];
  for (var i = 0; i < names.length; i++) {
    var setting = find('name', names[i]);
    if (!setting || setting.get === undefined) {
      throw new Problem('get: ' + names[i] + ' can not be asked for');
    }
    bytes.push(setting.get);
  }
  return bytes;
}

function checkOpenness(range) {
  if (range && range.max - range.min < 10) {
    throw new Problem('valve_openness_range: max must be at least 10 above min');
  }
}

function writeAll(data) {
  checkNames(data);
  checkOpenness(data.valve_openness_range);
  if (data.temperature_range && data.temperature_range.max <= data.temperature_range.min) {
    throw new Problem('temperature_range: max must be above min');
  }
  var bytes = writeSettings(data).concat(writeQuestions(data.get || []));
  if (bytes.length === 0) {
    throw new Problem('nothing to send');
  }
  return bytes;
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: writeAll(input.data || {}), fPort: Number(input.fPort) || DOWNLINK_PORT };
  });
}

function decodeDownlink(input) {
  return guarded(function () {
    var data = readAll(input.bytes, readOrder);
    writeAll(data); // the same bounds as for encoding
    return { data: data };
  });
}
