"""The dialects: what each network gives a script and how it reads what comes back, one table each.

A table is data. The driver (``sandbox/driver/``) holds the rules that the tables name: ``struct``, ``wrap`` and so
on are functions there. Adding a network is adding a table, and a rule where it does something no other does.

Source: lorawan-stack 3.32.1 ``pkg/messageprocessors/javascript``, ``pkg/scripting/javascript`` and ``pkg/goproto``;
The Things Stack documentation, "Payload Formatters", 2026-04; ttn ``core/handler`` (v2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from octavo.errors import ContentError


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# What goja, The Things Stack's engine at 3.32, has; no console, Buffer, timers, Intl, BigInt, WeakRef ...
GOJA_GLOBALS = _words("""
    AggregateError Array ArrayBuffer Boolean DataView Date Error EvalError Float32Array Float64Array Function Infinity
    Int16Array Int32Array Int8Array JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect
    RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray
    WeakMap WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN
    parseFloat parseInt undefined unescape
""")
# Leads to Temporal, which no network has, though its name is removed: (object, member of it or "", name).
TO_TEMPORAL = ("Date", "prototype", "toTemporalInstant")
# Members of built-ins that V8 has and goja at 3.32 lacks.
GOJA_ABSENT = (
    TO_TEMPORAL,
    *(("Array", "prototype", name) for name in _words("toReversed toSorted toSpliced with")),
    *(("String", "prototype", name) for name in _words("isWellFormed toWellFormed")),
    *(
        ("Set", "prototype", name)
        for name in _words("union intersection difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom")
    ),
    ("Array", "", "fromAsync"),
    ("Map", "", "groupBy"),
    ("Object", "", "groupBy"),
    ("Promise", "", "withResolvers"),
    ("Promise", "", "try"),
)
# Otto, the engine of The Things Network v2: ECMAScript 5.
OTTO_GLOBALS = _words("""
    Array Boolean Date Error EvalError Function Infinity JSON Math NaN Number Object RangeError ReferenceError RegExp
    String SyntaxError TypeError URIError decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval
    isFinite isNaN parseFloat parseInt undefined unescape
""")


@dataclass(frozen=True, slots=True)
class Function:
    """A function that an operation may call.

    Attributes:
        name: the script's name for it.
        arguments: for an object argument, pairs of member and input; for positional ones, the inputs.
        shape: ``decode_envelope``, ``encode_envelope``, ``decode_bare`` or ``encode_bare``.
    """

    name: str
    arguments: tuple[tuple[str, str], ...] | tuple[str, ...]
    shape: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs it takes."""
        return tuple(item if isinstance(item, str) else item[1] for item in self.arguments)

    @property
    def positional(self) -> bool:
        """Whether it takes its inputs one by one, not as members of an object."""
        return all(isinstance(item, str) for item in self.arguments)

    def builder(self) -> str:
        """JavaScript that makes the argument list from the inputs; literals, so that no setter sees it."""
        members = [f"v.{item}" if isinstance(item, str) else f"{item[0]}:v.{item[1]}" for item in self.arguments]
        listed = ",".join(members)
        return f"(v)=>[{listed}]" if self.positional else f"(v)=>[{{{listed}}}]"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a network does to decode or encode; the first function that the script has is called.

    Attributes:
        functions: in order of preference; the last one's absence is the error.
        data: rule for decoded data: ``struct`` (protobuf Struct), ``json_object``.
        bytes: rule for encoded bytes: ``wrap`` (modulo 256), ``exact`` (0 to 255 or an error).
        nothing: what no result is: ``type_error`` or ``no_output``.
        normalizer: name of the function that normalizes, or None.
        flow: ``one`` function, or v2's ``chain`` of Decoder, Converter and Validator.
    """

    functions: tuple[Function, ...]
    data: str = "struct"
    bytes: str = "wrap"
    nothing: str = "no_output"
    normalizer: str | None = None
    flow: str = "one"

    @property
    def normalizers(self) -> tuple[Function, ...]:
        """The normalizer as a function, where there is one."""
        return (Function(self.normalizer, (("data", "data"),), "decode_envelope"),) if self.normalizer else ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One network's rules.

    Attributes:
        name: as given by ``--dialect``.
        operations: by `octavo.device.OPERATIONS`.
        global_names: what a script finds; all else that V8 has is removed.
        absent: members of built-ins that are removed.
        trailer: text the network appends; a script that clashes with it does not parse.
        console: how ``console`` shows values (``text``, ``json``), None where there is none.
        vocabulary: fields of normalized payloads: ``3.32`` or ``union``; None where nothing is normalized.
        codes: gRPC code by error name; empty where the network has none.
        separate: whether each function has a text of its own (v2).
        time_limit_s: the network's own time limit.
    """

    name: str
    operations: dict[str, Operation]
    global_names: tuple[str, ...]
    absent: tuple[tuple[str, str, str], ...] = ()
    trailer: str = ""
    console: str | None = None
    vocabulary: str | None = None
    codes: dict[str, str] | None = None
    separate: bool = False
    time_limit_s: float = 0.1

    def table(self) -> dict[str, Any]:
        """What the driver needs, as JSON values."""
        operations: dict[str, Any] = {}
        for name, operation in self.operations.items():
            operations[name] = _operation_table(self, name, operation)
            for function in (*operation.functions, *operation.normalizers):
                operations[raw_operation(function.name)] = _raw_table(self, name, function)
        return {
            "globals": list(self.global_names) + (["console"] if self.console else []),
            "absent": [list(item) for item in self.absent],
            "trailer": self.trailer,
            "console": self.console,
            "names": sorted(self.function_names()),
            "operations": operations,
        }

    def raw_function(self, operation: str, texts: tuple[str, ...]) -> str | None:
        """The function that an example of an operation calls: the first one that a text names, else the first.

        Args:
            operation: one of `octavo.device.OPERATIONS`, or ``normalize_uplink``.
            texts: the script's.

        Returns:
            Its name; None where the network calls none.
        """
        if operation == "normalize_uplink":
            return self.operations["decode_uplink"].normalizer
        names = [function.name for function in self.operations[operation].functions]
        named = (name for name in names if any(re.search(rf"\b{name}\b", text) for text in texts))
        return next(named, names[0])

    def function_names(self) -> set[str]:
        """Every function name that the dialect looks for."""
        names = {function.name for operation in self.operations.values() for function in operation.functions}
        names |= {operation.normalizer for operation in self.operations.values() if operation.normalizer}
        return names | ({"Converter", "Validator"} if self.separate else set())


def raw_operation(function: str) -> str:
    """The driver's name for calling a function with an example's input as it stands."""
    return f"raw_{function}"


def _script_of(dialect: Dialect, operation: str) -> str:
    if not dialect.separate:
        return "script"
    return "encoder" if operation == "encode_downlink" else "decoder"


def _operation_table(dialect: Dialect, name: str, operation: Operation) -> dict[str, Any]:
    inputs = sorted({item for function in operation.functions for item in function.inputs})
    return {
        "flow": operation.flow,
        "script": _script_of(dialect, name),
        "decoder": "decoder",
        "converter": "converter",
        "validator": "validator",
        "collect": f"(from,message)=>({{{','.join(f'{item}:from.{item}(message)' for item in inputs)}}})",
        "entries": [
            {"name": function.name, "build": function.builder(), "shape": function.shape}
            for function in operation.functions
        ],
        "data": operation.data,
        "bytes": operation.bytes,
        "nothing": operation.nothing,
        "normalizer": operation.normalizer,
    }


def _raw_table(dialect: Dialect, operation: str, function: Function) -> dict[str, Any]:
    return {
        "flow": "raw",
        "script": _script_of(dialect, operation),
        "name": function.name,
        "raw": "positional" if function.positional else "object",
        "first": "data" if operation == "encode_downlink" else "bytes",
    }


_TTS_CODES = {
    "script": "ABORTED",
    "script_timeout": "DEADLINE_EXCEEDED",
    "output": "UNKNOWN",
    "output_errors": "ABORTED",
    "output_encoding": "INVALID_ARGUMENT",
    "no_script_output": "ABORTED",
    "stack_depth_exceeded": "RESOURCE_EXHAUSTED",
}
_BYTES_AND_PORT = (("bytes", "bytes"), ("fPort", "fPort"))

TTS = Dialect(
    name="tts",
    operations={
        "decode_uplink": Operation(
            functions=(
                Function("decodeUplink", (*_BYTES_AND_PORT, ("recvTime", "recvTime")), "decode_envelope"),
                Function("Decoder", ("bytes", "fPort"), "decode_bare"),
            ),
            nothing="type_error",
            normalizer="normalizeUplink",
        ),
        "decode_downlink": Operation(
            functions=(Function("decodeDownlink", _BYTES_AND_PORT, "decode_envelope"),),
        ),
        "encode_downlink": Operation(
            functions=(
                Function("encodeDownlink", (("data", "data"), ("fPort", "fPort")), "encode_envelope"),
                Function("Encoder", ("data", "fPort"), "encode_bare"),
            ),
        ),
    },
    global_names=GOJA_GLOBALS,
    absent=GOJA_ABSENT,
    trailer="function main(){}",
    console="text",
    vocabulary="union",
    codes=_TTS_CODES,
)

TTS_3_32 = replace(
    TTS,
    name="tts-3.32",
    operations={
        "decode_uplink": replace(
            TTS.operations["decode_uplink"],
            functions=(
                Function("decodeUplink", _BYTES_AND_PORT, "decode_envelope"),
                Function("Decoder", ("bytes", "fPort"), "decode_bare"),
            ),
        ),
        "decode_downlink": TTS.operations["decode_downlink"],
        "encode_downlink": Operation(
            functions=(
                Function("encodeDownlink", (("data", "dataNulls"), ("fPort", "boxedFPort")), "encode_envelope"),
                Function("Encoder", ("dataNulls", "boxedFPort"), "encode_bare"),
            ),
        ),
    },
    console=None,
    vocabulary="3.32",
)

TTN2 = Dialect(
    name="ttn2",
    operations={
        "decode_uplink": Operation(
            functions=(Function("Decoder", ("bytes", "fPort"), "decode_bare"),), data="json_object", flow="chain"
        ),
        "encode_downlink": Operation(functions=(Function("Encoder", ("data", "fPort"), "encode_bare"),), bytes="exact"),
    },
    global_names=OTTO_GLOBALS,
    absent=(TO_TEMPORAL,),
    console="json",
    separate=True,
)

TABLES = {dialect.name: dialect for dialect in (TTS, TTS_3_32, TTN2)}
DIALECTS = tuple(TABLES)
DEFAULT_DIALECT = TTS.name


def dialect_table(name: str) -> Dialect:
    """The table of a dialect.

    Raises:
        ContentError: there is none of that name.
    """
    if name not in TABLES:
        raise ContentError(f"unknown dialect {name!r}; one of {', '.join(DIALECTS)} was expected")
    return TABLES[name]
