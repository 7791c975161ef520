// What a script text is, found out in a throw-away isolate: the names are read after every configurable global is
// gone. Strict code is what allows no two parameters of one name, though it parses otherwise, or would if its first
// line were no directive.
const PROBE = (() => {
  const own = Object.getOwnPropertyNames, stringify = JSON.stringify, global = globalThis;
  const Make = Function, drop = Reflect.deleteProperty;
  const parses = (...parts) => { try { Make(...parts); return true; } catch { return false; } };
  return {
    names: () => stringify(own(global)),
    strict: (text) => !parses("PROBE", "PROBE", text) && (parses(text) || parses(`0;\n${text}`)),
    empty: () => { const all = own(global); for (const name of all) drop(global, name); return stringify(all); },
  };
})(); ""
