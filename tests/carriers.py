"""Ways to carry something from one message to the next: scripts of any of them, the payload's first byte says which."""

import json
import re
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
HEAD = (SCRIPTS / "carry_over.js").read_text(encoding="utf-8")

# Objects that every realm has, and how a script gets hold of them: a property is added to each.
BUILT_INS = {
    "object": "Object.prototype", "array": "Array.prototype", "string": "String.prototype",
    "number": "Number.prototype", "boolean": "Boolean.prototype", "functions": "Function.prototype",
    "regexp": "RegExp.prototype", "date": "Date.prototype", "error": "Error.prototype",
    "typeError": "TypeError.prototype", "symbol": "Symbol.prototype", "bigint": "proto(1n)",
    "map": "Map.prototype", "set": "Set.prototype", "weakMap": "WeakMap.prototype",
    "bytes": "Uint8Array.prototype", "typed": "proto(Uint8Array)", "typedPrototype": "proto(Uint8Array.prototype)",
    "buffer": "ArrayBuffer.prototype", "view": "DataView.prototype", "promise": "globalThis['Pro' + 'mise'].prototype",
    "generator": "generator()", "generatorPrototype": "generator().prototype", "arrayIterator": "arrayIterator()",
    "iterator": "iterator()", "iteratorConstructor": "iterator().constructor",
    "iteratorHelper": "proto([].values().map(function (x) { return x; }))",
    "wrapped": "proto(iterator().constructor.from({ next: function () {} }))",
    "mapIterator": "proto(new Map().keys())", "setIterator": "proto(new Set().keys())",
    "stringIterator": "proto(''[Symbol.iterator]())", "regexpIterator": "proto('x'.matchAll(/x/g))",
    "math": "Math", "json": "JSON", "reflect": "Reflect", "push": "[].push", "max": "Math.max", "isNaN": "isNaN",
    "unscopables": "Array.prototype[Symbol.unscopables]", "getter": "slot(Map.prototype, 'size').get",
    "protoSetter": "slot(Object.prototype, '__proto__').set", "thrower": "slot(Function.prototype, 'caller').get",
    "stackGetter": "((slot(new Error('x'), 'stack') || {}).get || {})", "defineProperty": "Object.defineProperty",
    "functionConstructor": "(function () {}).constructor", "generatorConstructor": "generator().constructor",
    "frame": (
        "(function (before) { Error.prepareStackTrace = function (error, frames) { return frames; };"
        " var frames = new Error('x').stack;"
        " if (before) Object.defineProperty(Error, 'prepareStackTrace', before); else delete Error.prepareStackTrace;"
        " return proto(frames[0]); })(slot(Error, 'prepareStackTrace'))"
    ),
    "suppressed": (
        "(function () { try { using a = { [Symbol.dispose]() { throw 1; } }; throw 2; }"
        " catch (error) { return error.constructor; } })()"
    ),
}  # fmt: skip


def _ways(file):
    text = (SCRIPTS / file).read_text(encoding="utf-8")
    return {found[1]: found[0] for found in re.finditer(r"^  (\w+): .*,$", text, re.MULTILINE)}


def _on(owner):
    return f"[function () {{ return {owner}.carried; }}, function () {{ {owner}.carried = 1; }}]"


WAYS = _ways("ways.js")
LATER = _ways("ways_later.js")
ADDED = {f"on_{name}": f"  on_{name}: {_on(owner)}," for name, owner in BUILT_INS.items()}
EVERY = WAYS | ADDED
_TEMPLATE = "function tagged(strings) { return strings; } function template() { return tagged`one${1}two`; }"
NEEDED = {
    "topClass": "class Top {}",
    "template": _TEMPLATE,
    "templateMark": _TEMPLATE,
    "closure": (
        "var closure = (function () { var kept;"
        " return { put: function (value) { kept = value; }, get: function () { return kept; } }; })();"
    ),
}
# After these the realm can only be given up, which takes long and lets nothing through to another message.
FATAL = {
    "globalLocked", "closedGlobal", "flagsOfCos", "frozenPush", "frozenArray", "closedMath", "sealedReflect",
    "frozenJSON", "byProxy", "noRound", "keyOrder",
}  # fmt: skip
# All that a script does without any of these shows in a quick look, for which the realm's values are enough.
_SLOW = re.compile(
    r"\b(?:delete|extends|eval|Reflect|Proxy|Function\(|setPrototypeOf|__proto__|freeze|seal|preventExtensions"
    r"|definePropert|__define|captureStackTrace|with)|globalThis\)"
)
QUICK = [name for name, line in WAYS.items() if not _SLOW.search(line) and name not in NEEDED]
SLOW = [name for name in WAYS if name not in QUICK and name not in FATAL]


def program(names):
    """A script of these ways."""
    needed = "\n".join(sorted({NEEDED[name] for name in names if name in NEEDED}))
    lines = "\n".join((EVERY | LATER)[name] for name in names)
    return f"{HEAD}{needed}\nvar ways = {{\n{lines}\n}};\nvar chosen = {json.dumps(names)};\n"
