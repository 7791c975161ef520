// Seventh part of the driver: a function is called for a tool that wants to know what it does with its input.

// ---- elsewhere: another zone, another language, other chance -----------------------------------------------------

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

const MOST_ODD = 50;
const MOST_DEEP = 50;
const MOST_SEEN = 4096;
const WHOLE = /^-?\d{1,6}$/;
const isWhole = (name) => apply(regExpExec, WHOLE, [name]) !== null;

// The payload as the function gets it: each byte that it asks for is noted, those behind the end as well.
const seenBytes = (bytes, seen) => {
  const length = bytes.length;
  const handler = create(null);
  handler.get = (target, name, receiver) => {
    if (typeof name === "string" && seen.count < MOST_SEEN && isWhole(name)) {
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
    else if (isObject(given) && isArray(given.bytes)) given.bytes = seenBytes(given.bytes, seen);
  }
};
// Numbers that are none, and what JSON leaves out.
const oddities = (value, path, odd, deep) => {
  if (odd.count === MOST_ODD || deep > MOST_DEEP) return;
  const what = typeof value;
  if ((what === "number" && value - value !== 0) || what === "undefined" || what === "function" || what === "symbol" || what === "bigint") {
    odd.text += `${odd.count === 0 ? "" : ","}[${quote(path)},${quote(what === "number" ? toText(value) : what)}]`;
    odd.count += 1;
  }
  if (what !== "object" || value === null) return;
  if (isArray(value)) {
    for (let i = 0; i < value.length && i < MOST_SEEN; i += 1) oddities(value[i], `${path}[${i}]`, odd, deep + 1);
    return;
  }
  const names = objectKeys(value);
  for (let i = 0; i < names.length && i < MOST_SEEN; i += 1) {
    oddities(value[names[i]], path === "" ? names[i] : `${path}.${names[i]}`, odd, deep + 1);
  }
};
const joinedKeys = (places) => {
  const names = objectKeys(places);
  let out = "";
  for (let i = 0; i < names.length; i += 1) out += (i === 0 ? "" : ",") + names[i];
  return out;
};
// What a function is called with: what its network gives it for a message, or an example's input as it stands.
const watchedCall = (operation, message) => {
  if (operation.entries === undefined) {
    const input = message[0];
    if (operation.members === null) return { __proto__: null, name: operation.name, list: [input] };
    const list = [];
    for (let i = 0; i < operation.members.length; i += 1) put(list, i, isObject(input) ? input[operation.members[i]] : undefined);
    return { __proto__: null, name: operation.name, list };
  }
  const values = operation.collect(inputs, message);
  const entry = operation.entries[entryOf(operation)];
  return { __proto__: null, name: entry.name, list: entry.build(values) };
};
// The message may bring others, which the same instance of the script gets before it.
const callWatched = (operation, message) => {
  const earlier = isArray(message[4]) ? message[4] : [];
  instantiate(operation.script);
  for (let i = 0; i < earlier.length; i += 1) {
    try {
      const before = watchedCall(operation, earlier[i]);
      call(before.name, before.list);
    } catch (error) {
      if (isFailure(error)) throw error; // there is no such function
    }
  }
  seed = program.around.seed; // what chance gives depends on the message alone
  const { name, list } = watchedCall(operation, message);
  const given = stringify(list);
  const seen = { __proto__: null, reads: create(null), past: create(null), count: 0 };
  withSeenBytes(list, seen);
  const odd = { __proto__: null, text: "", count: 0 };
  let body;
  try {
    const result = call(name, list);
    oddities(result, "", odd, 0);
    body = rawJson(result);
  } catch (error) {
    body = failureJson(error);
  }
  const reads = joinedKeys(seen.reads);
  const past = joinedKeys(seen.past);
  const changed = stringify(list) !== given;
  const counts = find(COUNTS);
  const told = counts === undefined ? "" : `,"counts":${quote(toText(apply(counts, undefined, [])))}`;
  return `${body},"fn":${quote(name)},"reads":${quote(reads)},"past":${quote(past)}${changed ? `,"changed":1` : ""}${odd.count === 0 ? "" : `,"odd":[${odd.text}]`}${told}`;
};
const COUNTS = "octavoCounts"; // the function that a script is given which counts what runs in it
