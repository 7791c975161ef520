"""What each engine lacks, of what scripts are seen to use.

Source: each line was run in the engine: goja b396bb4c349d (2023-10), which lorawan-stack 3.32.1 pins; otto 3ca7298
(2025-06), the newest, and so the most that The Things Network v2 and ChirpStack v3 ever had; quickjs-ng 0.17, which is
of the family that ChirpStack 4.17 and later have through rquickjs. V8 has everything here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.formatters.rules import Dialect

GOJA, OTTO, QUICKJS = "goja", "otto", "QuickJS"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN = _words("""
    AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean Buffer
    DOMException DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array
    Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object
    Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String SuppressedError Symbol
    SyntaxError Temporal TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array Uint32Array
    Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly XMLHttpRequest alert atob btoa clearInterval
    clearTimeout console crypto decodeURI decodeURIComponent document encodeURI encodeURIComponent escape eval
    exports fetch global globalThis isFinite isNaN localStorage module parseFloat parseInt performance process
    queueMicrotask require self setImmediate setInterval setTimeout structuredClone undefined unescape util window
    __dirname __filename
""")
"""Names that some place where JavaScript runs has by itself; any other was never declared."""

_CONSOLE = {GOJA: False, QUICKJS: False, OTTO: True}
_UNSURE = {
    QUICKJS: _words("""
        Atomics DOMException FinalizationRegistry Float16Array SharedArrayBuffer WeakRef atob btoa performance
        queueMicrotask
    """)
}
"""Names that some builds of an engine have; nothing is said about them."""


def globals_of(dialect: Dialect) -> frozenset[str]:
    """The names that a script finds in a network, and those of which nobody can be sure.

    The sandbox shows ``console`` to scripts of The Things Stack and of ChirpStack, which have none.

    Source: the dialects' tables (docs/dialects.md); ``console``: chirpstack d77207c ``codec/js/mod.rs`` adds none to
    QuickJS, lorawan-stack 3.32.1 ``pkg/scripting/javascript`` none to goja; otto has its own.
    """
    names = {*dialect.global_names, *dialect.fresh, *(name for name, _ in dialect.imported)}
    if _CONSOLE.get(dialect.engine.name, dialect.console is not None):
        names.add("console")
    own = {"chirpstack_input"} if dialect.module else set()
    return frozenset(names | own | _UNSURE.get(dialect.engine.name, frozenset()))


_TAGS = _words("anchor big blink bold fixed fontcolor fontsize italics link small strike sub sup")
_SINCE_2023 = _words("""
    with toReversed toSorted toSpliced isWellFormed toWellFormed resize transfer transferToFixedLength
    difference intersection isDisjointFrom isSubsetOf isSupersetOf symmetricDifference union
    getFloat16 setFloat16 drop take toArray toBase64 toHex setFromBase64 setFromHex
""")
_ACCESSORS = _words("__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__")
ABSENT_METHODS: Mapping[str, frozenset[str]] = {
    GOJA: _TAGS
    | _SINCE_2023
    | _ACCESSORS
    | _words("getBigInt64 setBigInt64 getBigUint64 setBigUint64 toGMTString getYear setYear"),
    OTTO: _TAGS
    | _SINCE_2023
    | _ACCESSORS
    | _words("""
        at copyWithin fill find findIndex findLast findLastIndex includes entries flat flatMap keys values codePointAt
        endsWith matchAll normalize padEnd padStart repeat replaceAll
    """),
}
"""Methods that no object of the engine has by itself, whatever it is.

Source: the members of every built-in object of V8 14, looked for in each engine. Which goja has: b396bb4c349d,
``builtin_array.go``, ``builtin_string.go``, ``builtin_set.go``, ``builtin_date.go``, ``builtin_typedarrays.go``.
"""

_LAST_MATCH = _words("$1 $2 $3 $4 $5 $6 $7 $8 $9 $_ lastMatch lastParen leftContext rightContext input")
_NEWER = {
    "Array": "fromAsync",
    "Error": "captureStackTrace isError",
    "JSON": "isRawJSON rawJSON",
    "Map": "groupBy",
    "Math": "f16round",
    "Object": "groupBy",
    "Promise": "withResolvers try",
    "Symbol": "asyncIterator asyncDispose dispose",
    "Uint8Array": "fromBase64 fromHex",
}
_ES6 = {
    "Array": "from of fromAsync",
    "Math": "clz32 f16round fround hypot imul sign",
    "Number": "isFinite isInteger isSafeInteger parseFloat parseInt MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON",
    "Object": "getOwnPropertyDescriptors getOwnPropertySymbols groupBy hasOwn is setPrototypeOf entries fromEntries",
    "String": "fromCodePoint raw",
}
_REGEXP = {"RegExp": _LAST_MATCH | {"escape"}}
ABSENT_MEMBERS: Mapping[str, Mapping[str, frozenset[str]]] = {
    GOJA: {name: _words(members) for name, members in _NEWER.items()} | _REGEXP,
    OTTO: {name: _words(members) for name, members in (_NEWER | _ES6).items()} | _REGEXP,
    QUICKJS: {"RegExp": _LAST_MATCH},
}
"""Members of built-in objects that the engine lacks, by object. Source: as above; goja: ``builtin_global.go`` and the
file of each object."""

NOTHING_RAISED = _LAST_MATCH | _words("MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON asyncIterator asyncDispose dispose")
"""Of these, what is read and not called: it is ``undefined``."""

WITHOUT_INTL = (GOJA, OTTO, QUICKJS)
"""Engines whose ``toLocale…String`` know no languages, no time zones and no options."""
