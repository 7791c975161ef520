// Scripts that leave work for later, or change what belongs to promises; appended to the others.

makers.later = async function () {};
makers.stream = async function* () {};

function promisePrototype() { var seen = typeof Promise.prototype.carried + typeof Promise.resolve(1).then; Promise.prototype.carried = 1; Promise.prototype.then = function () { return 3; }; return seen + Promise.resolve(1).then(); }
function microtaskGlobal() { var seen = typeof laterMark; Promise.resolve().then(function () { globalThis.laterMark = 1; }); return seen; }
function microtaskPrototype() { var seen = typeof [].laterOn + typeof Math.laterOn; (async function () { await null; await null; Array.prototype.laterOn = 1; Math.laterOn = 1; Math.floor = null; })(); return seen; }
function microtaskFreeze() { var seen = Object.isFrozen(Number.prototype); (async function () { for (var i = 0; i < 20; i += 1) await i; Object.freeze(Number.prototype); })(); return seen; }
function asyncPrototype() { var proto = Object.getPrototypeOf(makers.later), streams = Object.getPrototypeOf(makers.stream), seen = typeof proto.carried + typeof streams.carried + typeof streams.prototype.carried; proto.carried = 1; streams.carried = 1; streams.prototype.carried = 1; return seen; }
function unhandledRejection() { var seen = typeof Error.rejected + typeof Error.prepareStackTrace; Promise.reject(new Error("nobody")); Promise.resolve().then(function () { Error.rejected = 1; Error.stackTraceLimit = 2; throw new Error("later"); }); return seen; }
