// MClimate 16A Dry Switch (16ADS): a relay with protection against heat.
//
// A payload is a row of commands: code (1 byte) and its data, big-endian. Uplinks hold answers, events and, mostly
// last, a keep-alive; downlinks hold settings, and questions, which are a code alone. An answer has the code of its
// question, and the data of the setting. Port 2 in both directions; the device takes downlinks on others too.
//
// Sources (MClimate/docs, commit 6f04fe9, 2024-12-23, published as docs.mclimate.eu,
// devices/mclimate-16a-dry-switch-16ads/mclimate-16ads-device-communication-protocol):
// - README.md: ports; commands-cheat-sheet.md: codes; communication-concepts.md: rows of commands
// - keep-alive.md, network-related-settings.md, uplink-types.md, overheating-protection.md, relay-state.md,
//   led-indication-mode.md, get-firmware-and-hardware-version.md, reset-device.md: data of the commands

var PORT = 2;
var BELOW_ZERO = 0x80;

function Problem(message) {
  this.message = message;
}

function hexByte(value) {
  return '0x' + (value < 16 ? '0' : '') + value.toString(16);
}

// Kinds of data: size in bytes, read(bytes, at, name) and, where it can be set, write(value, name).

// A byte that counts steps of `step`; `least` and `most` bound the value.
function steps(step, least, most) {
  function checked(value, name) {
    if (typeof value !== 'number' || value % step !== 0 || !(value >= least && value <= most)) {
      var what = step === 1 ? 'a whole number' : 'a multiple of ' + step;
      throw new Problem(name + ' must be ' + what + ' from ' + least + ' to ' + most);
    }
    return value;
  }
  return {
    size: 1,
    read: function (b, at, name) { return checked(b[at] * step, name); },
    write: function (value, name) { return [checked(value, name) / step]; }
  };
}

function choice(names) {
  return {
    size: 1,
    read: function (b, at, name) {
      if (b[at] >= names.length) {
        throw new Problem(name + ' is ' + b[at] + ' at byte ' + at + ', which is none of ' + names.join(', '));
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

var flag = {
  size: 1,
  read: function (b, at) { return b[at] !== 0; },
  write: function (value, name) {
    if (typeof value !== 'boolean') {
      throw new Problem(name + ' must be true or false');
    }
    return [value ? 1 : 0];
  }
};

// A code that says all: there is no data.
var bare = {
  size: 0,
  read: function () { return true; },
  write: function (value, name) {
    if (value !== true) {
      throw new Problem(name + ' must be true, or be left out');
    }
    return [];
  }
};

function checkMembers(value, name, members) {
  if (typeof value !== 'object' || value === null) {
    throw new Problem(name + ' must be an object');
  }
  for (var member in value) {
    if (members.indexOf(member) < 0) {
      throw new Problem(name + '.' + member + ' can not be set');
    }
  }
}

// Two bytes of one kind, each a member of its own.
function pair(kind, first, second) {
  return {
    size: 2,
    read: function (b, at, name) {
      var found = {};
      found[first] = kind.read(b, at, name + '.' + first);
      found[second] = kind.read(b, at + 1, name + '.' + second);
      return found;
    },
    write: function (value, name) {
      checkMembers(value, name, [first, second]);
      return kind.write(value[first], name + '.' + first).concat(kind.write(value[second], name + '.' + second));
    }
  };
}

var anyByte = steps(1, 0, 255);
var threshold = steps(1, 30, 100); // °C

// Two digits, bits 7..4 and bits 3..0.
var version = {
  size: 1,
  read: function (b, at) { return (b[at] >> 4) + '.' + (b[at] & 0x0f); }
};

var seconds = {
  size: 2,
  read: function (b, at) { return b[at] << 8 | b[at + 1]; }
};

// Temperature inside (bit 7 is the sign, bits 6..0 are degrees), and the relay.
var keepAlive = {
  size: 2,
  read: function (b, at) {
    var degrees = b[at] & 0x7f;
    return { temperature: b[at] & BELOW_ZERO ? 0 - degrees : degrees, relay: b[at + 1] !== 0 };
  }
};

// Name, code that sets it, code that asks for it (and answers), kind.
var SETTINGS = [
  { name: 'keep_alive_period', set: 0x02, get: 0x12, kind: steps(1, 1, 255) },
  { name: 'join_retry_period', set: 0x10, get: 0x19, kind: steps(5, 5, 1275) },
  { name: 'confirmed_uplinks', set: 0x11, get: 0x1b, kind: flag },
  { name: 'watchdog', set: 0x1c, get: 0x1d, kind: pair(anyByte, 'confirmed', 'unconfirmed') },
  { name: 'overheating', set: 0x1e, get: 0x1f, kind: pair(threshold, 'trigger', 'recovery') },
  { name: 'relay_after_overheating', set: 0x59, get: 0x5a, kind: choice(['last', 'off']) },
  { name: 'led', set: 0x5b, get: 0x5c, kind: flag },
  { name: 'relay_after_power', set: 0x5e, get: 0x5f, kind: choice(['last', 'on', 'off']) },
  { name: 'relay', set: 0xc1, get: 0xb1, kind: flag }
];

// What can only be asked for.
var READINGS = [
  { name: 'versions', get: 0x04, kind: pair(version, 'hardware', 'software') },
  { name: 'overheating_event', get: 0x60, kind: pair(anyByte, 'events', 'temperature') },
  { name: 'overheating_recovery', get: 0x70, kind: seconds },
  { name: 'region', get: 0xa4, kind: choice(['EU868', 'AS923', 'AU915', 'US915']) }
];

function answer(row) {
  return { code: row.get, name: row.name, kind: row.kind };
}

function setting(row) {
  return { code: row.set, name: 'set_' + row.name, kind: row.kind };
}

function question(row) {
  return { code: row.get, name: 'get_' + row.name, kind: bare };
}

// The commands of each direction. Downlinks are written in this order.
var UPLINK = SETTINGS.concat(READINGS).map(answer).concat([
  { code: 0x5d, name: 'relay_by_hand', kind: flag },
  { code: 0x01, name: 'keep_alive', kind: keepAlive }
]);
var DOWNLINK = SETTINGS.map(setting).concat(SETTINGS.concat(READINGS).map(question), [
  { code: 0xa5, name: 'reset', kind: bare }
]);

// The command whose member `which` (code, name) is `value`.
function find(commands, which, value) {
  for (var i = 0; i < commands.length; i++) {
    if (commands[i][which] === value) {
      return commands[i];
    }
  }
  return null;
}

// Reads the command at `at` into data and answers where the next one starts.
function readOne(b, at, commands, data) {
  var where = 'command ' + hexByte(b[at]) + ' at byte ' + at;
  var command = find(commands, 'code', b[at]);
  if (!command) {
    throw new Problem(where + ' is unknown');
  }
  var next = at + 1 + command.kind.size;
  if (next > b.length) {
    throw new Problem(where + ' is cut short');
  }
  data[command.name] = command.kind.read(b, at + 1, command.name);
  return next;
}

function readAll(b, commands) {
  if (b.length === 0) {
    throw new Problem('the payload is empty');
  }
  var data = {};
  for (var at = 0; at < b.length;) {
    at = readOne(b, at, commands, data);
  }
  return data;
}

function writeAll(data) {
  for (var name in data) {
    if (!find(DOWNLINK, 'name', name)) {
      throw new Problem(name + ' can not be sent');
    }
  }
  var bytes = [];
  DOWNLINK.forEach(function (command) {
    if (data[command.name] !== undefined) {
      bytes = bytes.concat([command.code], command.kind.write(data[command.name], command.name));
    }
  });
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
  if (input.fPort !== PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, uplinks come on port ' + PORT] };
  }
  return guarded(function () {
    return { data: readAll(input.bytes, UPLINK) };
  });
}

function encodeDownlink(input) {
  return guarded(function () {
    return { bytes: writeAll(input.data || {}), fPort: PORT };
  });
}

function decodeDownlink(input) {
  if (input.fPort !== PORT) {
    return { errors: ['port ' + input.fPort + ' is not used, downlinks go to port ' + PORT] };
  }
  return guarded(function () {
    return { data: readAll(input.bytes, DOWNLINK) };
  });
}
