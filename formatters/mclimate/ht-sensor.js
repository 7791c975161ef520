// MClimate HT Sensor: temperature and humidity, with an external thermistor. For runners of TS013.
//
// A payload is a row of commands: code (1 byte) and its data. Uplinks (port 2) hold a keep-alive and answers to
// questions; downlinks (any port, here 1) hold settings and questions. A setting has the same data both ways.
//
// TS013 gives an encoder no port, and takes { data, warnings, errors } and { bytes, fPort, errors }.
//
// Sources (MClimate/docs, commit 6f04fe9, 2024-12-23, published as docs.mclimate.eu,
// devices/mclimate-ht-sensor-lorawan/ht-sensor-lorawan-device-communication-protocol):
// - README.md: ports; commands-cheat-sheet.md: codes; communication-concepts.md: rows of commands
// - keep-alive.md: Tables 3 and 4; network-related-settings.md, uplink-types.md,
//   read-device-hardware-and-software-version-command-explanation..md: data of the other commands
// - appendix-examples.md: a downlink of four settings and four questions

var UPLINK_PORT = 2;
var DOWNLINK_PORT = 1;
var KEEP_ALIVE = 0x01;
var KEEP_ALIVE_SIZE = 7;
var NO_THERMISTOR = 0x04;

function Problem(message) {
  this.message = message;
}

function hexByte(value) {
  return '0x' + (value < 16 ? '0' : '') + value.toString(16);
}

// Kinds of data: size in bytes, read(bytes, at) and write(value, name).

// A byte that counts steps of `step`, from `least` on.
function steps(step, least) {
  return {
    size: 1,
    read: function (b, at) { return b[at] * step; },
    write: function (value, name) {
      if (typeof value !== 'number' || value % step !== 0 || !(value >= least && value <= 255 * step)) {
        var what = step === 1 ? 'a whole number' : 'a multiple of ' + step;
        throw new Problem(name + ' must be ' + what + ' from ' + least + ' to ' + 255 * step);
      }
      return [value / step];
    }
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

var anyByte = steps(1, 0);

// Two bytes, each a member of its own.
var watchdog = {
  size: 2,
  read: function (b, at) { return { confirmed_uplinks: b[at], unconfirmed_hours: b[at + 1] }; },
  write: function (value, name) {
    if (typeof value !== 'object' || value === null) {
      throw new Problem(name + ' must be an object');
    }
    return anyByte.write(value.confirmed_uplinks, name + '.confirmed_uplinks')
      .concat(anyByte.write(value.unconfirmed_hours, name + '.unconfirmed_hours'));
  }
};

// Hardware, then software, each in two digits.
var version = {
  size: 2,
  read: function (b, at) {
    return { hardware: (b[at] >> 4) + '.' + (b[at] & 0x0f), software: (b[at + 1] >> 4) + '.' + (b[at + 1] & 0x0f) };
  }
};

// Name, code that sets it, code that asks for it (and answers), kind. Downlinks are written in this order: by code.
var SETTINGS = [
  { name: 'keep_alive_period', set: 0x02, get: 0x12, kind: steps(1, 1) },
  { name: 'version', get: 0x04, kind: version },
  { name: 'join_retry_period', set: 0x10, get: 0x19, kind: steps(5, 5) },
  { name: 'uplink_type', set: 0x11, get: 0x1b, kind: choice(['unconfirmed', 'confirmed']) },
  { name: 'watchdog', set: 0x1c, get: 0x1d, kind: watchdog },
  { name: 'region', get: 0xa4, kind: choice(['EU868', 'AS923', 'AU915', 'US915']) }
];

// The setting whose member `which` (set, get, name) is `value`.
function find(which, value) {
  for (var i = 0; i < SETTINGS.length; i++) {
    if (SETTINGS[i][which] === value) {
      return SETTINGS[i];
    }
  }
  return null;
}

// Where the next command starts, if this one's data is all there.
function end(b, at, size) {
  if (at + 1 + size > b.length) {
    throw new Problem('command ' + hexByte(b[at]) + ' at byte ' + at + ' is cut short');
  }
  return at + 1 + size;
}

function unknown(b, at) {
  return new Problem('command ' + hexByte(b[at]) + ' at byte ' + at + ' is unknown');
}

// Without its thermistor the device still sends a value for it, which means nothing.
function readKeepAlive(b, at, data) {
  data.temperature = ((b[at] << 8 | b[at + 1]) - 400) / 10;
  data.humidity = b[at + 2] * 100 / 256;
  data.battery_voltage = (b[at + 3] * 8 + 1600) / 1000;
  data.thermistor_connected = (b[at + 4] & NO_THERMISTOR) === 0;
  if (data.thermistor_connected) {
    data.external_temperature = ((b[at + 4] & 0x03) << 8 | b[at + 5]) / 10;
  }
}

// Reads the command at `at` of an uplink into data and answers where the next one starts.
function readAnswer(b, at, data) {
  var next;
  if (b[at] === KEEP_ALIVE) {
    next = end(b, at, KEEP_ALIVE_SIZE - 1);
    readKeepAlive(b, at + 1, data);
    return next;
  }
  var setting = find('get', b[at]);
  if (!setting) {
    throw unknown(b, at);
  }
  next = end(b, at, setting.kind.size);
  data[setting.name] = setting.kind.read(b, at + 1);
  return next;
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
    throw unknown(b, at);
  }
  var next = end(b, at, setting.kind.size);
  data[setting.name] = setting.kind.read(b, at + 1);
  return next;
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
  if (!Array.isArray(names)) {
    throw new Problem('get must be a list of names');
  }
  return names.map(function (name) {
    var setting = find('name', name);
    if (!setting) {
      throw new Problem('get: ' + name + ' can not be asked for');
    }
    return setting.get;
  });
}

function writeAll(data) {
  checkNames(data);
  var bytes = writeSettings(data).concat(data.get === undefined ? [] : writeQuestions(data.get));
  if (bytes.length === 0) {
    throw new Problem('nothing to send');
  }
  return bytes;
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
    return data.thermistor_connected === false
      ? { data: data, warnings: ['the external thermistor is not connected'] }
      : { data: data };
  });
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: writeAll(input.data || {}), fPort: DOWNLINK_PORT };
  });
}

function decodeDownlink(input) {
  if (!(input.fPort >= 1 && input.fPort <= 223) || input.fPort === 3) {
    return { errors: ['port ' + input.fPort + ' is not used, downlinks go to ports 1, 2 and 4 to 223'] };
  }
  return guarded(function () {
    var data = readAll(input.bytes, readOrder);
    writeAll(data); // the same bounds as for encoding
    return { data: data };
  });
}
