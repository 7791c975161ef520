// Shapes: the members that data has. 'name' is required, 'name?' is not; [name, shape] holds others; a function in
// the place of a member gives those that depend on the data.

// What is wrong with the members of data, or ''.
function problemIn(shape, data, path) {
  return typeof shape === 'function' ? shape(data, path) : problemInObject(shape, data, path);
}

function problemInObject(shape, data, path) {
  var members, problem = '', i;
  if (!isObject(data)) {
    return wrong(path, 'an object', data);
  }
  members = membersOf(shape, data);
  problem = unknownIn(members, data, path) || missingIn(members, data, path);
  Object.keys(data).forEach(function (name) {
    var member = find(members, name);
    problem = problem || (member.shape ? problemIn(member.shape, data[name], joined(path, name)) : '');
  });
  return problem;
}

function wrong(path, wanted, got) {
  return (path || 'data') + ': expected ' + wanted + ', got ' + (got === undefined ? 'no such member' : shown(got));
}

function unknownIn(members, data, path) {
  var names = Object.keys(data).filter(function (name) {
    return !find(members, name);
  });
  return names.length ? wrong(joined(path, names[0]), 'one of ' + members.map(saidOf).filter(isFirst).join(', '), 'another') : '';
}

function saidOf(member) {
  return member.said || member.name;
}

function isFirst(name, at, names) {
  return names.indexOf(name) === at;
}

function missingIn(members, data, path) {
  var missing = members.filter(function (member) {
    return member.required && !has(data, member.name);
  });
  return missing.length ? wrong(joined(path, missing[0].name), 'a value', undefined) : '';
}

function find(members, name) {
  return members.filter(function (member) {
    return member.name === name;
  })[0];
}

function membersOf(shape, data) {
  return shape.reduce(function (members, entry) {
    return members.concat(typeof entry === 'function' ? entry(data) : entryOf(entry));
  }, []);
}

function entryOf(entry) {
  var shape = typeof entry === 'string' ? null : entry[1], name = shape ? entry[0] : entry;
  return { name: name.replace('?', ''), required: name.indexOf('?') < 0, shape: shape };
}

function relaxed(members, required) {
  return members.map(function (each) {
    return { name: each.name, required: required && each.required, shape: each.shape, said: each.said };
  });
}

// An object that has to be there if one of its members does.
function nested(name, shape) {
  return function (data) {
    var inner = isObject(data[name]) ? data[name] : {};
    return { name: name, shape: shape, required: membersOf(shape, inner).some(function (each) {
      return each.required;
    }) };
  };
}

function listOf(shape) {
  return function (data, path) {
    if (!Array.isArray(data)) {
      return wrong(path, 'a list', data);
    }
    return data.reduce(function (problem, item, index) {
      return problem || (shape ? problemIn(shape, item, path + '[' + index + ']') : '');
    }, '');
  };
}

// The members of the case that a member names.
function caseOf(on, cases) {
  return function (data) {
    var i = indexIn(cases, data[on], 0);
    return i < cases.length ? membersOf(cases[i][1], data) : [];
  };
}

// The members of the layout that fits, or of the one that shares most names with the data.
function firstFitting(shapes) {
  return function (data) {
    var fitting = shapes.filter(function (shape) {
      return !problemIn(shape, data, '');
    });
    return membersOf(fitting[0] || nearestShape(shapes, data), data);
  };
}

function nearestShape(shapes, data) {
  return shapes.reduce(function (best, shape) {
    return sharedBy(shape, data) > sharedBy(best, data) ? shape : best;
  });
}

function sharedBy(shape, data) {
  return membersOf(shape, data).filter(function (each) {
    return has(data, each.name);
  }).length;
}

// Groups whose members are required where the data has one of them.
function groupsOf(shapes) {
  return function (data) {
    return shapes.reduce(function (members, shape) {
      return members.concat(relaxed(membersOf(shape, data), sharedBy(shape, data) > 0));
    }, []);
  };
}

// Members whose names end with a channel: [name, shape].
function channelled(items, last) {
  var names = items.map(function (item) {
    return item[0];
  });
  return function (data) {
    return items.map(function (item) {
      return { name: '', required: false, said: item[0] + '_<channel>' };
    }).concat(Object.keys(data).map(function (name) {
      var item = items[channelOf(name, names, last).item] || ['', null];
      return { name: name, required: false, shape: item[1], said: item[0] + '_<channel>', type: item[0] };
    }).filter(function (each) {
      return each.type;
    }));
  };
}

// The number and the place of the name of a member such as temperature_3.
function channelOf(name, names, last) {
  var found = /^([^]+)_(0|[1-9][0-9]{0,9})$/.exec(name) || ['', '', '0'];
  return { channel: Number(found[2]), item: Number(found[2]) <= last ? names.indexOf(found[1]) : -1 };
}
