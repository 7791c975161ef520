// Fourth part of the driver: what a script writes with `console`.

// ---- console -----------------------------------------------------------------------------------------------------

let log = "";
let logged = 0;
const inText = (value) => {
  if (typeof value === "string") return value;
  try {
    const text = typeof value === "object" && value !== null ? stringify(value) : toText(value);
    return typeof text === "string" ? text : toText(value);
  } catch {
    return thrownText(value);
  }
};
const inJson = (value) => {
  try {
    const text = stringify(value);
    return typeof text === "string" ? text : toText(value);
  } catch {
    return thrownText(value);
  }
};
const clipBytes = (text, most) => {
  let out = "";
  for (let i = 0, size = unitBytes(text, 0); size <= most; i += 1, size += unitBytes(text, i)) out += text[i];
  return out + "…";
};
const writeLog = (show) =>
  function (...values) {
    if (logged > limits.log_bytes) return;
    let line = "";
    for (let i = 0; i < values.length; i += 1) line += (i === 0 ? "" : " ") + show(values[i]);
    const room = limits.log_bytes - logged;
    const size = bytesIn(line, room);
    const kept = size > room ? clipBytes(line, room) : line;
    logged += size + 1;
    log += log === "" ? quote(kept) : `,${quote(kept)}`;
  };
const consoles = table({ text: inText, json: inJson });
const makeConsole = (kind) => {
  const object = {};
  const write = writeLog(consoles[kind]);
  const names = ["log", "info", "warn", "error", "debug", "trace"];
  for (let i = 0; i < names.length; i += 1) {
    defineProperty(object, names[i], { value: write, writable: true, enumerable: true, configurable: true });
  }
  return object;
};
