// Fifth part of the driver: what a script finds, and how we see what it leaves behind.

// ---- the realm: what a script finds, and what it leaves ------------------------------------------------------------

// Names that the running script declares at its top level are found on the global object too, as in a real Script;
// names that it assigns without declaring them are noted, to be deleted after the message.
const findNothing = () => undefined;
const NO_NAMES = create(null);
let lookup = findNothing;
let declared = NO_NAMES;
let leaked = create(null);
let leakedCount = 0;
const leak = (name, value) => {
  leaked[leakedCount] = name;
  leakedCount += 1;
  return defineProperty(global, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
};
let refuses = false; // the running script is strict: it may not assign a name that it has not declared
const backdrop = create(null);
backdrop.has = (target, name) => (typeof name === "string" && declared[name] === true) || reflectHas(target, name);
backdrop.get = (target, name, receiver) => {
  if (typeof name === "string" && declared[name] === true) return lookup(name);
  return reflectGet(target, name, receiver);
};
backdrop.set = (target, name, value, receiver) => {
  if (receiver !== global || reflectHas(target, name)) return reflectSet(target, name, value, receiver);
  if (refuses && typeof name === "string") throw new ReferenceErrorConstructor(`${name} is not defined`);
  return leak(name, value);
};

// Built-ins that change attributes, links or extensibility of an object that the photograph shows say so, since a
// quick look does not see that. Those that delete, or make code that could, call for a careful look after each
// message: what one message added and another took away again shows in no later look.
let touched = false;
let suspects = create(null); // places in the photograph
let suspectCount = 0;
let careful = false;
let spoilt = false; // a message of this batch may have seen what another left
const suspect = (object) => {
  const place = apply(mapGet, places, [object]);
  if (place === undefined) return;
  touched = true;
  suspects[suspectCount] = place;
  suspectCount += 1;
};
const doubtAll = () => {
  if (!careful) spoilt = true;
  careful = true;
};
let proxied = false; // a proxy may stand for any object
const doubtObjects = () => {
  doubtAll();
  proxied = true;
  touched = true;
};
const wrapped = (original, tell) => {
  const handler = create(null);
  handler.apply = (target, self, given) => {
    tell(self, given);
    return apply(target, self, given);
  };
  handler.construct = (target, given, newTarget) => {
    tell(undefined, given);
    return construct(target, given, newTarget);
  };
  return new ProxyConstructor(original, handler);
};
const watch = (owner, name, tell) => {
  if (owner === undefined) return; // not in every dialect
  const slot = slotOf(owner, name);
  if (slot === undefined) return;
  const which = slot.value === undefined ? "set" : "value";
  slot[which] = wrapped(slot[which], tell);
  defineProperty(owner, name, slot);
};
const tellFirst = (self, given) => suspect(given[0]);
const tellSelf = (self) => suspect(self);
const tellReviver = (self, given) => {
  if (given.length > 1) doubtAll();
};
// These delete indices below the length, of whatever built-in is given one; a change of Array.prototype shows in its
// own length.
const tellList = (self) => {
  if (typeof self === "function" || (self !== ArrayPrototype && isBuiltIn(self))) doubtAll();
};
const isBuiltIn = (self) => isObject(self) && apply(mapGet, places, [self]) !== undefined;
const watchAll = () => {
  const ofObject = ["defineProperty", "defineProperties", "freeze", "seal", "preventExtensions", "setPrototypeOf"];
  for (let i = 0; i < ofObject.length; i += 1) watch(Object, ofObject[i], tellFirst);
  const inherited = ["__defineGetter__", "__defineSetter__", "__proto__"];
  for (let i = 0; i < inherited.length; i += 1) watch(ObjectPrototype, inherited[i], tellSelf);
  const ofReflect = ["defineProperty", "preventExtensions", "setPrototypeOf"];
  for (let i = 0; i < ofReflect.length; i += 1) watch(global.Reflect, ofReflect[i], tellFirst);
  watch(Error, "captureStackTrace", tellFirst);
  watch(global.Reflect, "deleteProperty", doubtAll);
  watch(JSON, "parse", tellReviver);
  const ofArrays = ["copyWithin", "pop", "reverse", "shift", "sort", "splice", "unshift"];
  for (let i = 0; i < ofArrays.length; i += 1) watch(ArrayPrototype, ofArrays[i], tellList);
  watch(global.Proxy, "revocable", doubtObjects);
  watch(global, "Proxy", doubtObjects);
  if (program.careful) careful = true;
  else watch(global, "eval", doubtAll); // such a text cannot call it directly
  watchConstructors();
};
// Function and its kin, wherever they can be had.
const watchConstructors = () => {
  const real = Function;
  const made = wrapped(real, doubtAll);
  const hidden = [function* () {}, async function () {}, async function* () {}];
  for (let i = 0; i < hidden.length; i += 1) {
    const proto = getPrototypeOf(hidden[i]);
    setPrototypeOf(proto.constructor, made);
    watch(proto, "constructor", doubtAll);
  }
  const slot = { __proto__: null, value: made, writable: true, enumerable: false, configurable: true };
  defineProperty(real.prototype, "constructor", slot);
  defineProperty(global, "Function", slot);
};

// The photograph: every object reachable from the global one and those reachable through syntax alone.
const objects = [];
const names = []; // own keys of each object
const saved = []; // for each key: value or getter, setter, attributes
const links = []; // prototype
const open = []; // extensible
const showing = []; // number of enumerable string keys, or PLAIN_FUNCTION
// Flat copies for the quick look: writable properties by value, and those whose deletion would not show.
const valueOwner = [];
const valueName = [];
const valueSaved = [];
const presentOwner = [];
const presentName = [];

const syntaxOnly = () => [
  function* () {}, async function () {}, async function* () {}, (function* () {})(), (async function* () {})(),
  [].values(), new MapConstructor().entries(), new SetConstructor().values(), ""[SymbolIterator](),
  /x/g[SymbolMatchAll]("x"), new MapConstructor(), new SetConstructor(), new ProxyConstructor(BytesConstructor, {}),
  getPrototypeOf(BytesConstructor), RealDate, [].values().map(toText), IteratorConstructor.from({ next: toText }),
  stackFrame(),
];
// Behind literals, errors and results of built-ins, whether the dialect has their constructors or not.
const behind = () => {
  const stack = slotOf(new ErrorConstructor(), "stack");
  return [
    BigIntPrototype, SymbolPrototype, PromisePrototype, AggregatePrototype, SuppressedPrototype, IteratorConstructor,
    stack.get, stack.set,
  ];
};
const stackFrame = () => {
  ErrorConstructor.prepareStackTrace = (error, frames) => frames;
  const frames = new ErrorConstructor().stack;
  deleteProperty(ErrorConstructor, "prepareStackTrace");
  return frames[0];
};
let modules; // of Node, where a script names one
let places = new MapConstructor(); // object -> its place in the photograph
const photograph = () => {
  const seen = new SetConstructor();
  const queue = [];
  const visit = (value) => {
    if (!isObject(value) || value === backdropObject || apply(setHas, seen, [value])) return;
    apply(setAdd, seen, [value]);
    queue[queue.length] = value;
  };
  visit(global);
  const extra = syntaxOnly();
  for (let i = 0; i < extra.length; i += 1) visit(getPrototypeOf(extra[i]));
  visit(modules);
  const more = behind();
  for (let i = 0; i < more.length; i += 1) visit(more[i]);
  for (let i = 0; i < queue.length; i += 1) {
    record(i, queue[i], visit);
    note(i);
  }
};
const ATTRIBUTES = 3; // values kept for one property
const WRITABLE = 1;
const ENUMERABLE = 2;
const CONFIGURABLE = 4;
const ACCESSOR = 8;
const attributesOf = (slot) =>
  (slot.writable ? WRITABLE : 0) | (slot.enumerable ? ENUMERABLE : 0) | (slot.configurable ? CONFIGURABLE : 0) |
  (slot.writable === undefined ? ACCESSOR : 0);
const record = (at, object, visit) => {
  const own = ownKeys(object);
  const kept = [];
  const proto = getPrototypeOf(object);
  for (let i = 0; i < own.length; i += 1) {
    const slot = slotOf(object, own[i]);
    const flags = attributesOf(slot);
    const first = flags & ACCESSOR ? slot.get : slot.value;
    kept[i * ATTRIBUTES] = first;
    kept[i * ATTRIBUTES + 1] = slot.set;
    kept[i * ATTRIBUTES + 2] = flags;
    visit(first);
    visit(slot.set);
  }
  visit(proto);
  objects[at] = object;
  apply(mapSet, places, [object, at]);
  names[at] = own;
  saved[at] = kept;
  links[at] = proto;
  open[at] = isExtensible(object);
  showing[at] = showingOf(object, own);
};
const note = (at) => {
  const object = objects[at];
  const proto = links[at];
  for (let i = 0; i < names[at].length; i += 1) {
    const name = names[at][i];
    const value = saved[at][i * ATTRIBUTES];
    const flags = saved[at][i * ATTRIBUTES + 2];
    if (flags & WRITABLE) {
      valueOwner[valueOwner.length] = object;
      valueName[valueName.length] = name;
      valueSaved[valueSaved.length] = value;
    }
    if (proto !== null && (flags & CONFIGURABLE) && same(reflectGet(proto, name, object), value)) {
      presentOwner[presentOwner.length] = object;
      presentName[presentName.length] = name;
    }
  }
};

// What can be seen after each message, nearly for nothing, since V8 compiles it to constants: values. What a message
// adds stays until a look at the keys finds it, as long as nothing ran that deletes.
const PART = 60;
const looks = create(null);
const prepareLooks = () => {
  looks.count = 0;
  for (let from = 0; from < valueOwner.length; from += PART) {
    const part = create(null);
    for (let i = from; i < valueOwner.length && i < from + PART; i += 1) {
      if (same(valueSaved[i], valueSaved[i])) addLook(part, valueOwner[i], valueName[i], valueSaved[i]);
    }
    closeLook(part);
  }
};
const isIdentifier = (name) => /^[A-Za-z_$][\w$]*$/.test(name); // asked before any code of a script runs
const addLook = (part, owner, name, value) => {
  const at = part.count === undefined ? 0 : part.count;
  const member = typeof name === "symbol" ? `o${at}[n${at}]` : `o${at}[${stringify(name)}]`;
  const bare = owner === global && typeof name === "string" && isIdentifier(name); // outlives a change of the others
  part.count = at + 1;
  part.names = `${at === 0 ? "" : `${part.names},`}o${at},n${at},v${at}`;
  part.code = `${at === 0 ? "" : `${part.code}&&`}${bare ? name : member}===v${at}`;
  part[at * 3] = owner;
  part[at * 3 + 1] = name;
  part[at * 3 + 2] = value;
};
const closeLook = (part) => {
  if (part.count === undefined) return;
  part.length = part.count * 3;
  looks[looks.count] = apply(indirectEval(`((${part.names})=>()=>{try{return ${part.code}}catch{return false}})`), undefined, part);
  looks.count += 1;
};
const looksSame = () => {
  for (let i = 0; i < suspectCount; i += 1) if (!isMended(suspects[i])) return false;
  suspectCount = 0;
  for (let i = 0; i < looks.count; i += 1) if (!looks[i]()) return false;
  return true;
};
// Whether the realm is as it was, as far as this must be known before the next message of a batch.
const looksClean = () => {
  if (!looksSame()) return false;
  if (!careful) return true;
  return touched ? allMended() : untouched();
};

// The quick look is exact as long as none of the watched built-ins ran: what assignment and deletion do shows in a
// value, in the number of keys, in the last key (new ones come last) or in an enumerable key.
const untouched = () => {
  for (let i = 0; i < valueOwner.length; i += 1) {
    if (valueOwner[i][valueName[i]] !== valueSaved[i] && valueSaved[i] === valueSaved[i]) return false;
  }
  for (let i = 0; i < objects.length; i += 1) if (!sameKeys(objects[i], names[i], showing[i])) return false;
  for (let i = 0; i < presentOwner.length; i += 1) if (!hasOwn(presentOwner[i], presentName[i])) return false;
  for (let i = 0; i < learnedCount; i += 1) if (learned[i].hollow && !isHollow(learned[i])) return false;
  return true;
};
const PLAIN_FUNCTION = -1; // has length, name and perhaps prototype, like most built-ins
const showingOf = (object, own) => {
  const plain = typeof object === "function" && own.length <= 3 && own[0] === "length" && own[1] === "name";
  if (plain && (own.length === 2 || own[2] === "prototype") && objectKeys(object).length === 0) return PLAIN_FUNCTION;
  return objectKeys(object).length;
};
const sameKeys = (object, then, shown) => {
  if (shown === PLAIN_FUNCTION) {
    return hasOwn(object, "length") && hasOwn(object, "name") && objectKeys(object).length === 0 &&
      getOwnPropertySymbols(object).length === 0;
  }
  const own = ownKeys(object);
  const count = own.length;
  if (count !== then.length || (count > 0 && own[count - 1] !== then[count - 1])) return false;
  return objectKeys(object).length === shown;
};

const sameProperty = (object, name, kept, at) => {
  const slot = slotOf(object, name);
  if (slot === undefined) return false;
  const flags = attributesOf(slot);
  const first = flags & ACCESSOR ? slot.get : slot.value;
  return flags === kept[at + 2] && same(first, kept[at]) && slot.set === kept[at + 1];
};
const descriptor = (kept, at) => {
  const slot = create(null);
  const flags = kept[at + 2];
  if (flags & ACCESSOR) {
    slot.get = kept[at];
    slot.set = kept[at + 1];
  } else {
    slot.value = kept[at];
    slot.writable = (flags & WRITABLE) !== 0;
  }
  slot.enumerable = (flags & ENUMERABLE) !== 0;
  slot.configurable = (flags & CONFIGURABLE) !== 0;
  return slot;
};
const indexOf = (list, item) => {
  for (let i = 0; i < list.length; i += 1) if (list[i] === item) return i;
  return -1;
};
