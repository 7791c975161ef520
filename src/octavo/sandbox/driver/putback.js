// Fourth part of the driver: what a script changed is learned and put back.

// What a script touches: put back after each message from the first time on. What it adds to a built-in is deleted,
// or, where the host has seen that the script cannot tell, becomes part of the photograph as a hollow property
// (`undefined`) that its top level fills again: deleting from a prototype costs V8 all that it knows about it.
const learned = create(null);
let learnedCount = 0;
const learn = (object, name, slot, plain) => {
  for (let i = 0; i < learnedCount; i += 1) {
    if (learned[i].object === object && learned[i].name === name) return;
  }
  const entry = create(null);
  entry.object = object;
  entry.name = name;
  entry.slot = slot; // undefined: was not there
  entry.added = slot === undefined;
  entry.fillable = plain && object !== global && !(isArray(object) && isIndex(name)); // may become hollow
  entry.late = false; // not added by the top level, hence after all that it adds
  entry.hollow = false;
  learned[learnedCount] = entry;
  learnedCount += 1;
};
const isPlain = (slot) => slot.writable === true && slot.enumerable && slot.configurable;
const HOLLOW = freeze({ __proto__: null, value: undefined, writable: true, enumerable: true, configurable: true });
const isIndex = (name) => typeof name === "string" && toText(name >>> 0) === name; // an array would grow
const inherits = (object, other) => {
  let proto = getPrototypeOf(object);
  while (proto !== null && proto !== other) proto = getPrototypeOf(proto);
  return proto === other;
};
// A hollow property must hide none further up …
const hides = ({ object, name }) => {
  const proto = getPrototypeOf(object);
  if (proto !== null && reflectHas(proto, name)) return true;
  for (let i = 0; i < learnedCount; i += 1) {
    if (learned[i].added && learned[i].name === name && inherits(object, learned[i].object)) return true;
  }
  return false;
};
// … nor come before one that the top level adds too but that is not hollow: the order of keys can be seen.
const overtakes = ({ object }) => {
  for (let i = 0; i < learnedCount; i += 1) {
    if (learned[i].object === object && learned[i].added && !learned[i].fillable && !learned[i].late) return true;
  }
  return false;
};
const refuseHollow = (unfit) => {
  for (let i = 0; i < learnedCount; i += 1) if (learned[i].fillable && unfit(learned[i])) learned[i].fillable = false;
};
// Only in a realm that is as photographed otherwise.
const chooseHollows = () => {
  refuseHollow(hides);
  refuseHollow(overtakes);
  for (let i = 0; i < learnedCount; i += 1) {
    const { hollow, fillable } = learned[i];
    if (hollow && !fillable) dropHollow(learned[i]);
    if (fillable && !hollow) hollowOut(learned[i]);
  }
};
const hollowOut = (entry) => {
  const { object, name } = entry;
  defineProperty(object, name, HOLLOW);
  entry.slot = HOLLOW;
  entry.hollow = true;
  record(apply(mapGet, places, [object]), object, findNothing);
};
const dropHollow = (entry) => {
  const { object, name } = entry;
  const at = apply(mapGet, places, [object]);
  const own = names[at];
  const kept = [];
  const values = [];
  for (let i = 0; i < own.length; i += 1) {
    if (own[i] === name) continue;
    for (let j = 0; j < ATTRIBUTES; j += 1) append(values, saved[at][i * ATTRIBUTES + j]);
    append(kept, own[i]);
  }
  names[at] = kept;
  saved[at] = values;
  showing[at] -= 1;
  deleteProperty(object, name);
  entry.slot = undefined;
  entry.hollow = false;
};
const append = (list, value) =>
  defineProperty(list, list.length, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
const isHollow = ({ object, name }) => {
  const slot = slotOf(object, name);
  return slot !== undefined && slot.get === undefined && slot.set === undefined && slot.value === undefined;
};
const dropHollows = () => {
  if (!touched && !anyHollow()) return;
  for (let i = 0; i < learnedCount; i += 1) if (learned[i].hollow && isHollow(learned[i])) dropLate(learned[i]);
  prepareLearned();
};
// A hollow property that the top level did not fill goes, before anybody can see it, and for good.
const dropLate = (entry) => {
  entry.late = true;
  entry.fillable = false;
  dropHollow(entry);
};

// Where no watched built-in ran and nothing is deleted, no getter or setter stands in the way, and assigning does
// what defining would in a tenth of the time. Both are compiled anew whenever something was learned.
const nothing = () => {};
const no = () => false;
let putBackValues = nothing;
let anyHollow = no;
const isQuick = (entry) => entry.slot !== undefined && entry.slot.writable === true;
const prepareLearned = () => {
  const given = create(null);
  given.length = learnedCount * 3;
  let params = "";
  let assignments = "";
  let hollow = "false";
  for (let i = 0; i < learnedCount; i += 1) {
    const entry = learned[i];
    const key = typeof entry.name === "symbol" ? `n${i}` : stringify(entry.name);
    given[i * 3] = entry.object;
    given[i * 3 + 1] = entry.name;
    given[i * 3 + 2] = isQuick(entry) ? entry.slot.value : undefined;
    params += `${i === 0 ? "" : ","}o${i},n${i},v${i}`;
    if (isQuick(entry)) assignments += `if(o${i}[${key}]!==v${i})o${i}[${key}]=v${i};`;
    if (entry.hollow) hollow += `||o${i}[${key}]===undefined`;
  }
  putBackValues = apply(indirectEval(`((${params})=>()=>{${assignments}})`), undefined, given);
  anyHollow = apply(indirectEval(`((${params})=>()=>${hollow})`), undefined, given);
};
const putBack = () => {
  for (let i = 0; i < leakedCount; i += 1) deleteProperty(global, leaked[i]);
  leakedCount = 0;
  const quick = !touched && !careful;
  if (quick) putBackValues();
  for (let i = 0; i < learnedCount; i += 1) if (!quick || !isQuick(learned[i])) putBackSlot(learned[i]);
};
// A property that was gone comes back as the last one: `verify` has to look at the order.
const putBackSlot = ({ object, name, slot }) => {
  if (slot === undefined) {
    deleteProperty(object, name);
    return;
  }
  if (!hasOwn(object, name)) touched = true;
  defineProperty(object, name, slot);
};

// Finds every difference of one object to its photograph, puts it back and learns it. False: cannot be put back.
const mendObject = (i) => {
  const object = objects[i];
  const own = ownKeys(object);
  let ok = true;
  for (let j = 0; j < own.length; j += 1) {
    if (indexOf(names[i], own[j]) === -1) {
      learn(object, own[j], undefined, program.hollow && isPlain(slotOf(object, own[j])));
      ok = deleteProperty(object, own[j]) && ok;
    }
  }
  for (let j = 0; j < names[i].length; j += 1) {
    if (!sameProperty(object, names[i][j], saved[i], j * ATTRIBUTES)) {
      const slot = descriptor(saved[i], j * ATTRIBUTES);
      learn(object, names[i][j], slot, false);
      ok = defineProperty(object, names[i][j], slot) && ok;
    }
  }
  ok = ok && reorder(i);
  if (getPrototypeOf(object) !== links[i]) ok = setPrototypeOf(object, links[i]) && ok;
  return ok && isExtensible(object) === open[i];
};
// What was deleted and came back stands last: from the first key out of place on, each is put behind the one before.
const reorder = (i) => {
  const own = ownKeys(objects[i]);
  let first = 0;
  while (first < own.length && own[first] === names[i][first]) first += 1;
  for (let j = first; j < own.length; j += 1) {
    if (!deleteProperty(objects[i], names[i][j])) return false;
    defineProperty(objects[i], names[i][j], descriptor(saved[i], j * ATTRIBUTES));
  }
  return true;
};
const isMended = (i) => {
  const object = objects[i];
  const own = ownKeys(object);
  if (own.length !== names[i].length) return false;
  for (let j = 0; j < own.length; j += 1) {
    if (own[j] !== names[i][j] || !sameProperty(object, names[i][j], saved[i], j * ATTRIBUTES)) return false;
  }
  return getPrototypeOf(object) === links[i] && isExtensible(object) === open[i];
};
const allMended = () => {
  for (let i = 0; i < objects.length; i += 1) if (!isMended(i)) return false;
  return true;
};
const MOST_LEARNED = 400;
const CLEAN = "clean"; // as photographed
const MENDED = "mended"; // was not, is now, and what was touched is learned
const LOST = "lost"; // cannot be put back
const verify = () => {
  resetRegExp();
  if (!touched && untouched()) return CLEAN;
  touched = true; // and stays so where the realm is lost
  suspectCount = 0;
  const clean = allMended();
  for (let i = 0; !clean && i < objects.length; i += 1) if (!mendObject(i)) return LOST;
  if (!clean && (learnedCount > MOST_LEARNED || !allMended())) return LOST;
  touched = proxied;
  if (clean) return CLEAN;
  if (!careful) chooseHollows(); // after a deletion the keys may stand in another order than the top level adds them in
  prepareLearned();
  return MENDED;
};
// RegExp.$1 and its kin carry text from match to match; they belong to no property that could be put back.
const emptyPattern = /(?:)/;
const resetRegExp = () => apply(regExpExec, emptyPattern, [""]);
