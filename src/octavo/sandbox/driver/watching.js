// Seventh part of the driver: a function is called for a tool that wants to know what it does with its input.

// ---- elsewhere: another zone, another language, other chance -----------------------------------------------------

// The zones that a text of a moment may name, as V8 reads them; another is said in hours, behind a sign.
const ZONES = ["z", "gmt", "utc", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt"];
// Whether a text of a moment names no zone, so that it is local time; a day alone, as ISO 8601 has it, is UTC.
const isLocal = (text, moment) => {
  const low = apply(lowerCase, text, []);
  for (let i = 0; i < ZONES.length; i += 1) if (apply(includes, low, [ZONES[i]])) return false;
  let timed = false;
  for (let i = 1; i < text.length; i += 1) {
    if (text[i] === "+" || (timed && text[i] === "-")) return false;
    timed = timed || text[i] === ":";
  }
  return timed || !apply(includes, apply(dateIso, new RealDate(moment), []), [text]);
};
const momentThere = (text, shift) => {
  const moment = dateParse(text);
  return moment === moment && isLocal(text, moment) ? moment - shift : moment;
};
// A realm east of Greenwich by so many minutes, all the year round.
const moveZone = (minutes) => {
  const shift = minutes * 60000;
  const proto = RealDate.prototype;
  const local = (name, make) => defineProperty(proto, name, { value: { [name](...given) { return make(this, given); } }[name], writable: true, enumerable: false, configurable: true });
  const parts = ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"];
  for (let i = 0; i < parts.length; i += 1) {
    const ofUtc = proto[`getUTC${parts[i]}`];
    const setUtc = proto[`setUTC${parts[i]}`];
    local(`get${parts[i]}`, (date) => apply(ofUtc, new RealDate(apply(dateValue, date, []) + shift), []));
    if (setUtc === undefined) continue;
    const setTime = proto.setTime;
    local(`set${parts[i]}`, (date, given) => {
      const there = new RealDate(apply(dateValue, date, []) + shift);
      apply(setUtc, there, given);
      return apply(setTime, date, [apply(dateValue, there, []) - shift]);
    });
  }
  local("getTimezoneOffset", () => -minutes);
  const texts = ["toString", "toDateString", "toTimeString"];
  for (let i = 0; i < texts.length; i += 1) {
    const original = proto[texts[i]];
    local(texts[i], (date) => apply(original, new RealDate(apply(dateValue, date, []) + shift), []));
  }
  const languages = ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"];
  for (let i = 0; i < languages.length; i += 1) {
    const original = proto[languages[i]];
    local(languages[i], (date, given) => {
      const names = isObject(given[1]) && given[1].timeZone !== undefined;
      return apply(original, names ? date : new RealDate(apply(dateValue, date, []) + shift), given);
    });
  }
  RealDate.parse = { parse: (text) => momentThere(toText(text), shift) }.parse;
};
// The language where a script names none.
const moveLocale = (language) => {
  const owners = [[RealDate.prototype, ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]], [NumberObject.prototype, ["toLocaleString"]]];
  for (let i = 0; i < owners.length; i += 1) {
    for (let j = 0; j < owners[i][1].length; j += 1) {
      const name = owners[i][1][j];
      const original = owners[i][0][name];
      const there = { [name](locales, options) { return apply(original, this, [locales === undefined ? language : locales, options]); } }[name];
      defineProperty(owners[i][0], name, { value: there, writable: true, enumerable: false, configurable: true });
    }
  }
};

// ---- watching ----------------------------------------------------------------------------------------------------

const MOST_ODD = 200; // more than are told of one formatter
const MOST_DEEP = 50;
const MOST_SEEN = 4096;
const MOST_LOOKED_AT = 65536;
const LONGEST_PATH = 1000;
const FARTHEST = 1000000;
// Whether a name is that of a place in a list. No pattern tells, for RegExp.$1 shows what was matched last.
const isPlace = (name) => {
  const at = +name;
  return trunc(at) === at && at > -FARTHEST && at < FARTHEST && toText(at) === name;
};

// The payload as the function gets it: each byte that it asks for is noted, those behind the end as well.
const seenBytes = (bytes, seen) => {
  const length = bytes.length;
  const handler = create(null);
  handler.get = (target, name, receiver) => {
    if (typeof name === "string" && seen.count < MOST_SEEN && isPlace(name)) {
      const at = +name;
      const list = at >= 0 && at < length ? seen.reads : seen.past;
      if (list[at] === undefined) seen.count += 1;
      list[at] = true;
    }
    return reflectGet(target, name, receiver);
  };
  return new ProxyConstructor(bytes, handler);
};
const withSeenBytes = (list, seen) => {
  for (let i = 0; i < list.length; i += 1) {
    const given = list[i];
    if (isArray(given)) put(list, i, seenBytes(given, seen));
    else if (isObject(given) && hasOwn(given, "bytes") && isArray(given.bytes)) given.bytes = seenBytes(given.bytes, seen);
  }
};
// What a function is given, as it was: each object with its members. Neither noting nor comparing runs what a script
// may have put in the way, such as a toJSON.
const noted = (value, kept) => {
  if (!isObject(value)) return;
  const note = create(null);
  note.object = value;
  note.names = ownKeys(value);
  note.moment = momentOf(value);
  kept[kept.count] = note;
  kept.count += 1;
  for (let i = 0; i < note.names.length; i += 1) {
    note[i] = getOwnPropertyDescriptor(value, note.names[i]).value;
    noted(note[i], kept);
  }
};
const momentOf = (value) => (getPrototypeOf(value) === RealDate.prototype ? apply(dateValue, value, []) : undefined);
const isAsNoted = (note) => {
  const { object, names: then } = note;
  const own = ownKeys(object);
  if (own.length !== then.length || (note.moment !== undefined && !same(apply(dateValue, object, []), note.moment))) return false;
  for (let i = 0; i < own.length; i += 1) {
    const slot = getOwnPropertyDescriptor(object, own[i]);
    if (own[i] !== then[i] || !hasOwn(slot, "value") || !same(slot.value, note[i])) return false;
  }
  return true;
};
const isChanged = (kept) => {
  for (let i = 0; i < kept.count; i += 1) if (!isAsNoted(kept[i])) return true;
  return false;
};
const noteOdd = (odd, path, what) => {
  odd.text += `${odd.count === 0 ? "" : ","}[${quote(clip(path, LONGEST_PATH))},${quote(what)}]`;
  odd.count += 1;
};
// Numbers that are none, what JSON leaves out, and what is inside itself.
const oddities = (value, path, odd, deep) => {
  odd.looks += 1;
  if (odd.count === MOST_ODD || deep > MOST_DEEP || odd.looks > MOST_LOOKED_AT) return;
  const what = typeof value;
  if ((what === "number" && value - value !== 0) || what === "undefined" || what === "function" || what === "symbol" || what === "bigint") {
    noteOdd(odd, path, what === "number" ? toText(value) : what);
  }
  if (what !== "object" || value === null) return;
  for (let i = 0; i < deep; i += 1) {
    if (odd.around[i] === value) {
      noteOdd(odd, path, "cycle");
      return;
    }
  }
  odd.around[deep] = value;
  if (isArray(value)) {
    for (let i = 0; i < value.length && i < MOST_SEEN; i += 1) oddities(value[i], `${path}[${i}]`, odd, deep + 1);
    return;
  }
  const names = objectKeys(value);
  for (let i = 0; i < names.length && i < MOST_SEEN; i += 1) {
    oddities(value[names[i]], path === "" ? names[i] : `${path}.${names[i]}`, odd, deep + 1);
  }
};
const oddText = (result) => {
  const odd = { __proto__: null, text: "", count: 0, looks: 0, around: create(null) };
  try {
    oddities(result, "", odd, 0);
  } catch {
    // a getter that throws: what was found until then counts
  }
  return odd.count === 0 ? "" : `,"odd":[${odd.text}]`;
};
const joinedKeys = (places) => {
  const names = objectKeys(places);
  let out = "";
  for (let i = 0; i < names.length; i += 1) out += (i === 0 ? "" : ",") + names[i];
  return out;
};
// What a function is called with: what its network gives it for a message, or an example's input as it stands. It is
// made before any code of the script runs.
const valuesOf = (operation, message) =>
  operation.entries === undefined ? message[0] : operation.collect(inputs, message);
const watchedCall = (operation, values) => {
  if (operation.entries === undefined) {
    if (operation.members === null) return { __proto__: null, name: operation.name, list: [values] };
    const list = [];
    for (let i = 0; i < operation.members.length; i += 1) put(list, i, isObject(values) ? values[operation.members[i]] : undefined);
    return { __proto__: null, name: operation.name, list };
  }
  const entry = operation.entries[entryOf(operation)];
  return { __proto__: null, name: entry.name, list: entry.build(values), shape: entry.shape };
};
// What the network makes of what the function returned, by the rules that it is run by; the normalizer is a function
// of its own. Of data it is enough to know that they are taken.
const takenText = (operation, called, result, message) => {
  if (called.shape === undefined) return "";
  const { data, bytes, port, errors, said, nothing } = operation;
  written = 0;
  try {
    const taken = shapes[called.shape]({ __proto__: null, data, bytes, port, errors, said, nothing, normalizer: null }, result, message);
    return apply(includes, called.shape, ["encode"]) ? `,"taken":{${taken}}` : "";
  } catch (error) {
    return `,"taken":{${failureJson(error)}}`;
  }
};
// The message may bring others, which the same instance of the script gets before it.
const callWatched = (operation, message) => {
  if (scripts[operation.script] === undefined) return `"r":null,"missing":1`; // an empty text, which v2 skips
  const earlier = create(null);
  earlier.count = isArray(message[4]) ? message[4].length : 0;
  for (let i = 0; i < earlier.count; i += 1) earlier[i] = valuesOf(operation, message[4][i]);
  const values = valuesOf(operation, message);
  if (operation.entries === undefined && isObject(values) && isArray(values.context)) context = values.context;
  instantiate(operation.script);
  for (let i = 0; i < earlier.count; i += 1) {
    try {
      const before = watchedCall(operation, earlier[i]);
      call(before.name, before.list);
    } catch (error) {
      if (isFailure(error)) throw error; // there is no such function
    }
  }
  seed = program.around.seed; // what chance gives depends on the message alone
  const called = watchedCall(operation, values);
  const { name, list } = called;
  const seen = { __proto__: null, reads: create(null), past: create(null), count: 0 };
  const kept = { __proto__: null, count: 0 };
  withSeenBytes(list, seen);
  for (let i = 0; i < list.length; i += 1) noted(list[i], kept);
  const absent = find(name) === undefined ? `,"missing":1` : "";
  let result = null;
  let returned = ""; // who throws is not waited for
  let body;
  const start = now();
  try {
    result = call(name, list);
    returned = `,"took":${now() - start}`;
    body = rawJson(result);
  } catch (error) {
    body = failureJson(error);
  }
  const odd = oddText(result);
  const reads = joinedKeys(seen.reads);
  const past = joinedKeys(seen.past);
  const changed = isChanged(kept);
  const taken = returned === "" ? "" : takenText(operation, called, result, message);
  return `${body},"fn":${quote(name)},"reads":${quote(reads)},"past":${quote(past)}${returned}${changed ? `,"changed":1` : ""}${odd}${taken}${absent}${countsText(operation)}`;
};
// What a script that was made to count tells. Its function stands for itself, whatever the script does to what it calls.
const countsText = (operation) => {
  const counts = operation.counts === null ? undefined : find(operation.counts);
  if (counts === undefined) return "";
  const told = apply(counts, undefined, []);
  if (typeof told !== "string") return "";
  spend(told.length);
  return `,"counts":${quote(told)}`;
};
