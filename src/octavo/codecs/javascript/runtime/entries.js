// What works, or the message of its refusal.
function answer(work) {
  var result, failure = failureOf(function () {
    result = work();
  });
  return failure ? { errors: [failure.message] } : result;
}

// The refusal that ended some work, or null; anything else that went wrong goes on.
function failureOf(work) {
  try {
    work();
  } catch (error) {
    if (!error.refused) { throw error; }
    return error;
  }
  return null;
}

function refusal(message) {
  var error = new Error(message);
  error.refused = true;
  return error;
}

function decode(readers, ports, input) {
  var frame = { bytes: input.bytes, at: 0, end: input.bytes.length, all: 'payload', path: '', name: '' };
  if (!has(readers, String(input.fPort))) {
    throw refusal('expected port ' + ports + ', got ' + input.fPort);
  }
  frame.received = Number(new Date(input.recvTime || input.time));
  return readers[input.fPort](frame);
}

// For one port: data that has the members of its shape.
function written(port, data) {
  var frame = { bytes: [], all: 'data', path: '', name: '' }, problem = problemIn(port.shape, data, '');
  if (problem) {
    throw refusal(problem);
  }
  port.write(frame, data);
  return frame.bytes;
}

// For the port given, or else for the only one.
function encodeOn(ports, names, data, fPort) {
  var found = ports.filter(function (port) {
    return port.fPort === fPort || !fPort;
  })[0];
  if (!found) {
    throw refusal('expected port ' + names + ', got ' + fPort);
  }
  return { bytes: written(found, data), fPort: found.fPort };
}

// For the ports whose members and values these are.
function encodeFitting(ports, data) {
  var failures = {}, fitting = [], near, reasons;
  ports.forEach(function (port) {
    failures[port.fPort] = failureOf(function () {
      fitting.push({ bytes: written(port, data), fPort: port.fPort });
    });
  });
  if (fitting.length === 0) {
    near = ports.filter(function (port) {
      return isObject(data) && sharedBy(port.shape, data) > 0;
    });
    reasons = (near.length ? near : ports).map(function (port) {
      return port.fPort + ': ' + failures[port.fPort].message;
    });
    throw refusal('the data fits none of the ports ' + listed(ports) + ' (' + reasons.join('; ') + ')');
  }
  return fitting;
}

function onlyOne(fitting) {
  if (fitting.length > 1) {
    throw refusal('the data fits the ports ' + listed(fitting) + ': give f_port');
  }
  return fitting[0];
}

function listed(ports) {
  var names = ports.map(function (port) {
    return port.fPort;
  });
  return names.slice(0, -1).join(', ') + ' and ' + names[names.length - 1];
}

// Adds what a frame measures: [names of a member, path in the vocabulary].
function measure(measurements, data, rules) {
  var measurement = {};
  rules.forEach(function (rule) {
    var value = memberAt(data, rule[0]);
    if (value !== undefined && value !== null) {
      putAt(measurement, rule[1], value);
    }
  });
  if (Object.keys(measurement).length) {
    measurements.push(measurement);
  }
}

function memberAt(data, names) {
  return names.reduce(function (inner, name) {
    return has(inner, name) ? inner[name] : undefined;
  }, data);
}

function putAt(measurement, path, value) {
  var last = path[path.length - 1];
  path.slice(0, -1).reduce(function (inner, name) {
    inner[name] = inner[name] || {};
    return inner[name];
  }, measurement)[last] = value;
}

function measureItems(measurements, items, measureItem) {
  (items || []).forEach(function (item) {
    measureItem(measurements, item);
  });
}
