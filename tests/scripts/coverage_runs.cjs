// Calls functions of a script, each call in a context of its own where "apart" says so. Standard input is JSON:
// {"file", "text", "calls": [[function, [argument, ...]], ...], "apart", "istanbul"}. With "istanbul" the text is instrumented by
// istanbul-lib-instrument, and its counts are printed; else NODE_V8_COVERAGE has what ran.
"use strict";
const { readFileSync } = require("node:fs");
const vm = require("node:vm");

const { file, text, calls, apart, istanbul } = JSON.parse(readFileSync(0, "utf8"));
const COUNTS = "istanbulCounts";
const counts = {};
const code = istanbul
  ? require("istanbul-lib-instrument")
      .createInstrumenter({ esModules: false, compact: false, coverageVariable: COUNTS })
      .instrumentSync(text, file)
  : text;
const script = new vm.Script(code, { filename: file });

const fresh = () => {
  const context = vm.createContext({ Buffer, exports: {}, [COUNTS]: counts });
  script.runInContext(context);
  return context;
};
const shared = apart ? null : fresh();
for (const [name, given] of calls) {
  try {
    const context = shared ?? fresh();
    context.octavoGiven = JSON.stringify(given);
    vm.runInContext(`(typeof ${name} === "undefined" ? exports.${name} : ${name})(...JSON.parse(octavoGiven))`, context);
  } catch {
    // what it throws is no matter: it is what runs that counts
  }
}
if (istanbul) process.stdout.write(JSON.stringify(counts[file] ?? null));
