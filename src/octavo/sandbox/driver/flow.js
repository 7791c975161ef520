// Last part of the driver: a program is loaded, its messages are run.

// ---- clock and chance ----------------------------------------------------------------------------------------------

let seed = 0;
const chance = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
const pinClock = (moment) => {
  const shift = program.around.zone_minutes * 60000;
  const there = (given) => {
    if (shift === 0) return given;
    if (given.length === 1) return typeof given[0] === "string" ? [momentThere(given[0], shift)] : given;
    return [apply(dateUtc, undefined, given) - shift];
  };
  const handler = create(null);
  handler.construct = (target, given, newTarget) => construct(target, given.length === 0 ? [moment] : there(given), newTarget);
  handler.apply = () => toText(new RealDate(moment));
  const Pinned = new ProxyConstructor(RealDate, handler);
  RealDate.now = { now: () => moment }.now;
  defineProperty(RealDate.prototype, "constructor", { value: Pinned, writable: true, enumerable: false, configurable: true });
  defineProperty(global, "Date", { value: Pinned, writable: true, enumerable: false, configurable: true });
  defineProperty(Math, "random", { value: { random: () => chance() }.random, writable: true, enumerable: false, configurable: true });
};

// ---- programs ------------------------------------------------------------------------------------------------------

let program; // the dialect's table, limits and clock
let scripts = create(null); // name -> what instantiates it
let backdropObject;

const removeAbsent = (dialect) => {
  const kept = new SetConstructor(dialect.globals);
  const present = ownKeys(global);
  for (let i = 0; i < present.length; i += 1) {
    if (typeof present[i] === "string" && !apply(setHas, kept, [present[i]])) deleteProperty(global, present[i]);
  }
  for (let i = 0; i < dialect.absent.length; i += 1) {
    const [owner, holder, name] = dialect.absent[i];
    const object = holder === "" ? global[owner] : global[owner][holder];
    if (object !== undefined) deleteProperty(object, name);
  }
};
// `text` is the script inside a function: for a script an arrow function, so that `this` is the global object and
// `arguments` and `new.target` stay unknown; a "use strict" at its start counts. Its parameters are what it imports,
// the objects that its functions may be put on, and the built-ins whose names it declares with var.
const compile = (script) => {
  const entry = create(null);
  entry.failure = script.failure; // a text that does not parse fails when it is used
  if (script.failure !== null) return entry;
  try {
    // frozen, since a sloppy script gets hold of it as the caller of its functions
    entry.make = freeze(indirectEval(script.text)((find) => {
      lookup = find;
    }));
  } catch (error) {
    entry.failure = [thrownText(error), ""]; // nested so deep that it parsed only just before
  }
  entry.given = [];
  entry.fresh = []; // which of them are new for each message
  for (let i = 0; i < script.given.length; i += 1) {
    const [source, name] = script.given[i];
    entry.fresh[i] = source === "fresh" ? name : "";
    entry.given[i] = undefined;
    if (source === "global") entry.given[i] = global[name];
    else if (source !== "fresh") entry.given[i] = name === "*" ? modules[source] : modules[source][name];
  }
  entry.refuses = script.refuses;
  entry.declared = create(null);
  for (let i = 0; i < script.declared.length; i += 1) entry.declared[script.declared[i]] = true;
  return entry;
};
// Arguments are built from literals, which no setter on a prototype can catch.
const prepare = (operations) => {
  const kinds = ownKeys(operations);
  for (let i = 0; i < kinds.length; i += 1) {
    const operation = operations[kinds[i]];
    const entries = operation.entries;
    if (operation.collect !== undefined) operation.collect = indirectEval(operation.collect);
    for (let j = 0; entries !== undefined && j < entries.length; j += 1) entries[j].build = indirectEval(entries[j].build);
  }
};
const load = (text, node) => {
  program = parse(text);
  if (node !== undefined) modules = indirectEval(node);
  if (modules !== undefined) defineProperty(global, "Buffer", { value: modules.buffer.Buffer, writable: true, enumerable: false, configurable: true });
  removeAbsent(program.dialect);
  if (program.dialect.console !== null) {
    defineProperty(global, "console", { value: makeConsole(program.dialect.console), writable: true, enumerable: false, configurable: true });
  }
  if (program.now !== null) pinClock(program.now);
  if (program.around.zone_minutes !== 0) moveZone(program.around.zone_minutes);
  if (program.around.locale !== "") moveLocale(program.around.locale);
  watchAll();
  backdropObject = new ProxyConstructor(freeze(create(ObjectPrototype)), backdrop);
  setPrototypeOf(global, backdropObject);
  photograph();
  prepareLooks();
  return adopt(text);
};
// Takes over a program in a realm made for one of the same dialect, clock and care: new, or left clean by another.
const adopt = (text) => {
  program = parse(text);
  limits = program.limits;
  doubts = MOST_DOUBTS;
  scripts = create(null);
  const titles = ownKeys(program.scripts);
  for (let i = 0; i < titles.length; i += 1) scripts[titles[i]] = compile(program.scripts[titles[i]]);
  prepare(program.dialect.operations);
  resetRegExp(); // names were matched
  return "";
};
// Gives the program up. Whether the realm is as it was when it was new, with nothing learned that would show.
const leave = () => {
  for (let i = 0; i < learnedCount; i += 1) if (learned[i].hollow) return "";
  if (spoilt || proxied || careful !== program.careful || verify() !== CLEAN) return "";
  learnedCount = 0;
  prepareLearned();
  scripts = create(null);
  return CLEAN;
};

let context = []; // what a driver kept from earlier messages: nothing, or what an example says

// Runs a script's top level; afterwards `lookup` finds what it declared.
const instantiate = (name) => {
  const script = scripts[name];
  if (script.failure !== null) throw new Failure("script", script.failure[0], undefined, script.failure[1]);
  declared = script.declared;
  refuses = script.refuses;
  for (let i = 0; i < script.fresh.length; i += 1) {
    if (script.fresh[i] !== "") script.given[i] = script.fresh[i] === "context" ? context : {};
  }
  apply(script.make, undefined, script.given);
  dropHollows();
};

// ---- operations ----------------------------------------------------------------------------------------------------

const emptyToNull = (value) => {
  if (typeof value !== "object" || value === null) return value;
  const members_ = objectKeys(value);
  if (!isArray(value) && members_.length === 0) return null;
  for (let i = 0; i < members_.length; i += 1) {
    defineProperty(value, members_[i], { __proto__: null, value: emptyToNull(value[members_[i]]), writable: true, enumerable: true, configurable: true });
  }
  return value;
};
const toIso = (moment) => apply(dateIso, moment, []);
// What a function may be given; the table names these. They are made before any code of the script runs.
const inputs = table({
  bytes: (message) => bytesOf(message[0]),
  fPort: (message) => message[1],
  boxedFPort: (message) => new NumberObject(message[1]),
  time: (message) => toIso(inputs.recvTime(message)),
  message: (message) => message[0],
  pointsTime: (message) => message[1],
  recvTime: (message) => new RealDate(typeof message[2] === "number" ? message[2] : program.now === null ? begin : program.now),
  variables: (message) => (isObject(message[3]) ? message[3] : {}),
  data: (message) => message[0],
  dataNulls: (message) => emptyToNull(message[0]),
});
// A function of the script: a global one, or one put on `exports`, `driver` or `exports.driver` where there are these.
let owner; // what the function found was put on
const find = (name) => {
  owner = undefined;
  const found = lookup(name);
  return typeof found === "function" ? found : findHeld(name);
};
const findHeld = (name) => {
  const holders = program.dialect.holders;
  for (let i = 0; i < holders.length; i += 1) {
    const holder = lookup(holders[i]);
    if (!isObject(holder)) continue;
    let found = findOn(holder, name);
    for (let j = 0; found === undefined && j < holders.length; j += 1) found = findOn(holder[holders[j]], name);
    if (found !== undefined) return found;
  }
  return undefined;
};
const findOn = (holder, name) => {
  if (!isObject(holder)) return undefined;
  const found = holder[name];
  if (typeof found !== "function") return undefined;
  owner = holder;
  return found;
};
const entryOf = (operation) => {
  const entries = operation.entries;
  for (let i = 0; i < entries.length; i += 1) if (find(entries[i].name) !== undefined) return i;
  return entries.length - 1;
};
const call = (name, list) => {
  const found = find(name);
  if (found === undefined) throw missing(name);
  return apply(found, owner, list);
};
let silent = ""; // the function whose result was looked at last, if it returned nothing
const resultOf = (name, list) => {
  const result = call(name, list);
  silent = result === undefined ? name : "";
  return result;
};
const missing = (name) => {
  const around = program.dialect.missing;
  return new Failure("script", around[0] + name + around[1], program.missing === null ? undefined : program.missing);
};

const PROMISE = `"p":1`;
const NO_DATA = `"u":1`;
const members = (result, operation) => {
  if (result === undefined || result === null) {
    if (operation.nothing === "type_error") {
      throw new Failure("script", `TypeError: Cannot destructure the result: it is ${toText(result)}`, "the function returned nothing: it must return {data: ...} or {errors: [...]}");
    }
    if (operation.nothing === "no_object") throw unlike(result, "object");
    throw outputFailure("no_script_output");
  }
  if (typeof result !== "object" && typeof result !== "function") {
    if (operation.nothing === "no_object") throw unlike(result, "object");
    throw outputFailure(`the result must be an object, not a ${typeof result}`);
  }
  return result;
};
const member = (object, name) => {
  try {
    return object[name];
  } catch (error) {
    throw outputFailure(clip(thrownText(error), 1024));
  }
};
const refuse = (errors, said) => {
  if (errors.count > 0) throw new Failure("output_errors", said + joined(errors), undefined);
};
const listOf = (operation, envelope, name) => listRules[operation.errors](member(envelope, name), name);

// {data, warnings, errors}; the normalizer gets the decoder's own object and runs before anything is converted.
const decodeEnvelope = (operation, result) => {
  const envelope = members(result, operation);
  const normalized = wantsNormalizer(operation, envelope) ? call(operation.normalizer, [{ data: envelope.data }]) : undefined;
  const shape = normalizedShape(normalized);
  refuse(listOf(operation, envelope, "errors"), operation.said);
  const warnings = listOf(operation, envelope, "warnings");
  const given = member(envelope, "data");
  const data = dataText(operation.data, given);
  const head = `"d":${data}${warnings.count > 0 ? `,"w":${listJson(warnings)}` : ""}${isPromise(envelope) ? `,${PROMISE}` : given === undefined ? `,${NO_DATA}` : ""}`;
  if (shape === undefined) return head;
  try {
    return `${head},${normalizedJson(operation, shape)}`;
  } catch (error) {
    return `${head},${failureJson(error)}`;
  }
};
const wantsNormalizer = (operation, envelope) => {
  if (operation.normalizer === null || find(operation.normalizer) === undefined) return false;
  const errors = envelope.errors;
  return (!errors || !errors.length) && !!envelope.data;
};
const normalizedShape = (result) => {
  if (result === undefined || result === null) return undefined;
  if (typeof result !== "object" && typeof result !== "function") throw outputFailure("the normalizer's result must be an object");
  const shape = create(null);
  shape.errors = textList(member(result, "errors"), "errors");
  shape.warnings = textList(member(result, "warnings"), "warnings");
  shape.data = member(result, "data");
  return shape;
};
const normalizedJson = (operation, shape) => {
  refuse(shape.errors, "");
  if (shape.data === undefined || shape.data === null) return `"n":null`;
  if (typeof shape.data !== "object") throw outputFailure("normalized data must be an object or a list of objects");
  const text = dataText(isArray(shape.data) ? "struct_list" : operation.data, shape.data);
  return `"n":${text},"v":${listJson(shape.warnings)}`;
};
const encodeEnvelope = (operation, result, message) => {
  const envelope = members(result, operation);
  refuse(listOf(operation, envelope, "errors"), operation.said);
  const warnings = listOf(operation, envelope, "warnings");
  return `${encodedJson(operation, envelope, message)}${warnings.count > 0 ? `,"w":${listJson(warnings)}` : ""}`;
};
const encodeUnsaid = (operation, result, message) => encodedJson(operation, members(result, operation), message);
const encodedJson = (operation, envelope, message) => {
  const bytes = bytesText(operation.bytes, member(envelope, "bytes"));
  const given = member(envelope, "fPort");
  const port = portRules[operation.port](given, message[1]);
  return `"b":${bytes === null ? "null" : `"${bytes}"`},"f":${port}${othersText()}${otherPort(given, port)}${isPromise(envelope) ? `,${PROMISE}` : ""}`;
};
const decodeBare = (operation, result) =>
  `"d":${dataText(operation.data, result)},"bare":1${isPromise(result) ? `,${PROMISE}` : ""}`;
const encodeBare = (operation, result, message) => {
  const bytes = bytesText(operation.bytes, result);
  return `"b":${bytes === null ? "null" : `"${bytes}"`},"f":${message[1]}${othersText()}${isPromise(result) ? `,${PROMISE}` : ""}`;
};
const shapes = table({
  decode_envelope: decodeEnvelope, encode_envelope: encodeEnvelope, decode_bare: decodeBare, encode_bare: encodeBare,
  encode_unsaid: encodeUnsaid,
});

// One script, one function: the first entry that the script has, else the last, which then is missing.
const callOne = (operation, message) => {
  const values = operation.collect(inputs, message);
  instantiate(operation.script);
  const entry = operation.entries[entryOf(operation)];
  return shapes[entry.shape](operation, resultOf(entry.name, entry.build(values)), message);
};
// v2: Decoder, Converter and Validator one after the other, each alone in its own text; an empty text is skipped.
const callChain = (operation, message) => {
  const port = message[1];
  if (scripts[operation.decoder] === undefined) return `"d":null`;
  const bytes = bytesOf(message[0]);
  instantiate(operation.decoder);
  let data = resultOf("Decoder", [bytes, port]);
  let text = dataText(operation.data, data);
  if (scripts[operation.converter] !== undefined) {
    instantiate(operation.converter);
    data = resultOf("Converter", [data, port]);
    text = dataText(operation.data, data);
  }
  if (scripts[operation.validator] === undefined) return `"d":${text}`;
  instantiate(operation.validator);
  const valid = call("Validator", [data, port]);
  if (typeof valid !== "boolean") throw outputFailure("Validator does not return a boolean");
  return `"d":${text}${valid ? "" : `,"rejected":1`}`;
};
// The function named, with the example's input as it stands; the answer is what JSON.stringify prints.
const callRaw = (operation, message) => {
  const input = message[0];
  const names = operation.members;
  if (isObject(input) && isArray(input.context)) context = input.context;
  instantiate(operation.script);
  if (names === null) return rawJson(call(operation.name, [input]));
  const list = [];
  for (let i = 0; i < names.length; i += 1) put(list, i, isObject(input) ? input[names[i]] : undefined);
  const result = call(operation.name, list);
  return rawJson(operation.wrap === null ? result : operation.wrap === "data" ? { data: result } : { bytes: result });
};
// Stops JSON.stringify where a result is too large or nested too deep, before its text has been made.
const withinLimits = () => {
  const depths = new MapConstructor();
  return function replacer(key, value) {
    spend(1 + key.length + (typeof value === "string" ? value.length : 0));
    if (!isObject(value)) return value;
    const around = apply(mapGet, depths, [this]);
    const depth = around === undefined ? 0 : around + 1;
    dive(depth);
    apply(mapSet, depths, [value, depth]);
    return value;
  };
};
const rawJson = (result) => {
  const text = stringify(result, withinLimits());
  written = 0; // what was spent until now is part of the text
  if (text === undefined) return `"r":null${isPromise(result) ? `,${PROMISE}` : ""}`;
  spend(text.length);
  return `"r":${quote(text)}${isPromise(result) ? `,${PROMISE}` : ""}`;
};
const flows = table({ one: callOne, chain: callChain, raw: callRaw, watched: callWatched });

// ---- messages ------------------------------------------------------------------------------------------------------

let begin = 0; // when the running message was begun
let spent = 0; // milliseconds that the last message took
const attempt = (operation, message) => {
  log = "";
  logged = 0;
  written = 0;
  silent = "";
  seed = program.around.seed;
  context = [];
  let body;
  begin = now();
  try {
    body = flows[operation.flow](operation, message);
  } catch (error) {
    body = failureJson(error);
  }
  spent = now() - begin;
  lookup = findNothing;
  declared = NO_NAMES;
  putBack();
  const extras = `${log === "" ? "" : `,"l":[${log}]`}${logged > limits.log_bytes ? `,"cut":1` : ""}${silent === "" ? "" : `,"z":"${silent}"`}`;
  return `{${body}${extras}`;
};
// A message that looks slow is run again, since the first run compiles and any run may be held up: the shortest time
// counts, the first answer stands. Only in a clean realm, and a script that stays slow is believed after a while.
const MOST_DOUBTS = 5;
const WORTH_DOUBT_MS = 50;
let doubts = MOST_DOUBTS;
const unhurried = (operation, text, index) => {
  let least = spent;
  for (let again = 0; again < 2 && least > program.slow_ms; again += 1) {
    spoilt = verify() !== CLEAN || spoilt;
    if (spoilt) return least;
    attempt(operation, parse(text).messages[index]);
    if (spent < least) least = spent;
  }
  if (least > program.slow_ms) doubts -= 1;
  return least;
};
const verifyAll = () => {
  const state = verify();
  const before = spoilt;
  spoilt = false;
  return state === CLEAN && before ? MENDED : state;
};
const MOST_ANSWERED = 4194304;
// `text`: {"op": name, "messages": [[…], …]}. The answer: one JSON object a message, separated by line feeds (JSON
// text holds none). The realm must have been found clean by `verify` since the last message.
const run = (text) => {
  const request = parse(text);
  const operation = program.dialect.operations[request.op];
  const messages = request.messages;
  let out = "";
  for (let i = 0; i < messages.length; i += 1) {
    progress[0] = i;
    const answer = attempt(operation, messages[i]);
    const slow = spent > program.slow_ms && spent < WORTH_DOUBT_MS && doubts > 0;
    const time = slow ? unhurried(operation, text, i) : spent;
    out += `${i === 0 ? "" : "\n"}${answer}${time === 0 ? "" : `,"t":${time}`}}`;
    resetRegExp();
    if (!looksClean()) spoilt = true;
    if (spoilt || out.length > MOST_ANSWERED) break; // the host asks for the rest
  }
  progress[0] = messages.length;
  return out;
};

const api = create(null);
api.load = load;
api.adopt = adopt;
api.leave = leave;
api.run = run;
api.verify = verifyAll;
