"""The dialects: what each network gives a script and how it reads what comes back, one table each.

Source: lorawan-stack 3.32.1 ``pkg/messageprocessors/javascript``, ``pkg/scripting/javascript`` and ``pkg/goproto``;
The Things Stack documentation, "Payload Formatters", 2026-04; ttn ``core/handler`` (v2); chirpstack d77207c
``chirpstack/src/codec`` (v4); chirpstack-application-server f2f2c34 ``internal/codec`` (v3) and otto's ``value.go``;
actility/device-catalog 53ef3f3 ``template``, ``tests`` and ``iso-libraries`` (TS013);
actility/thingpark-iot-flow-driver-catalogue d892484 (ThingPark X).
"""

from __future__ import annotations

from dataclasses import replace

from octavo.errors import ContentError
from octavo.formatters.rules import Dialect, Engine, Function, Operation, Wording


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
# What a text segmenter gives has prototypes that no global leads to: a script could leave something there.
SEGMENTER = ("Intl", "", "Segmenter")
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
# What QuickJS, ChirpStack v4's engine, has beside these; without the ways to share memory and to watch collection.
QUICKJS_GLOBALS = (*GOJA_GLOBALS, *_words("BigInt BigInt64Array BigUint64Array Iterator"))
# Actility's runner: V8 without Node, of its modules only Buffer, and `exports` for modules.
RUNNER_GLOBALS = (*QUICKJS_GLOBALS, "Intl")
# Otto, the engine of The Things Network v2 and of ChirpStack v3: ECMAScript 5.
OTTO_GLOBALS = _words("""
    Array Boolean Date Error EvalError Function Infinity JSON Math NaN Number Object RangeError ReferenceError RegExp
    String SyntaxError TypeError URIError decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval
    isFinite isNaN parseFloat parseInt undefined unescape
""")


# Source: measured side by side; goja on a year of frames, QuickJS on a batch of one script. otto was not measured.
GOJA = Engine("goja", 40)
OTTO = Engine("otto", 40)
QUICKJS = Engine("QuickJS", 6)
V8 = Engine("V8", 1)


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
# Where Actility's runner finds functions that are no globals: `exports.f`, `driver.f`, `exports.driver.f`.
_HOLDERS = ("exports", "driver")
_POINTS = Function("extractPoints", (("message", "message"), ("time", "pointsTime")), "decode_bare")

TTS = Dialect(
    name="tts",
    network="The Things Stack",
    engine=GOJA,
    refuses_port_0=True,
    operations={
        "decode_uplink": Operation(
            functions=(
                Function("decodeUplink", (*_BYTES_AND_PORT, ("recvTime", "recvTime")), "decode_envelope"),
                Function("Decoder", ("bytes", "fPort"), "decode_bare", wrap="data"),
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
                Function("Encoder", ("data", "fPort"), "encode_bare", wrap="bytes"),
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
                Function("Decoder", ("bytes", "fPort"), "decode_bare", wrap="data"),
            ),
        ),
        "decode_downlink": TTS.operations["decode_downlink"],
        "encode_downlink": Operation(
            functions=(
                Function("encodeDownlink", (("data", "dataNulls"), ("fPort", "boxedFPort")), "encode_envelope"),
                Function("Encoder", ("dataNulls", "boxedFPort"), "encode_bare", wrap="bytes"),
            ),
        ),
    },
    console=None,
    vocabulary="3.32",
)

TTN2 = Dialect(
    name="ttn2",
    network="The Things Network v2",
    engine=OTTO,
    operations={
        "decode_uplink": Operation(
            functions=(Function("Decoder", ("bytes", "fPort"), "decode_bare", wrap="data"),),
            data="json_object",
            flow="chain",
        ),
        "encode_downlink": Operation(
            functions=(Function("Encoder", ("data", "fPort"), "encode_bare", wrap="bytes"),), bytes="exact"
        ),
    },
    global_names=OTTO_GLOBALS,
    absent=(TO_TEMPORAL,),
    console="json",
    separate=True,
)

CHIRPSTACK4 = Dialect(
    name="chirpstack4",
    network="ChirpStack",
    engine=QUICKJS,
    module=True,
    warnings=False,
    refuses_port_0=True,
    imported=(("Buffer", "buffer"),),
    wording=Wording(
        script="JS error: {}",
        thrown="Error: {}",
        timeout="JS error: Error: interrupted",
        output="{}",
        errors="{} returned errors: {}",
    ),
    operations={
        "decode_uplink": Operation(
            functions=(
                Function(
                    "decodeUplink",
                    (*_BYTES_AND_PORT, ("recvTime", "recvTime"), ("variables", "variables")),
                    "decode_envelope",
                ),
            ),
            data="plain_struct",
            errors="strings",
            nothing="no_object",
        ),
        "encode_downlink": Operation(
            functions=(Function("encodeDownlink", (("variables", "variables"), ("data", "data")), "encode_envelope"),),
            bytes="saturate",
            port="saturate",
            errors="strings",
            nothing="no_object",
        ),
    },
    global_names=QUICKJS_GLOBALS,
    absent=(TO_TEMPORAL,),
    console="text",
)

CHIRPSTACK3 = Dialect(
    name="chirpstack3",
    network="ChirpStack v3",
    refuses_port_0=True,
    engine=OTTO,
    wording=Wording(
        script="execute js error: js vm error: {}",
        missing="ReferenceError: '{}' is not defined",
        timeout="execute js error: execution timeout",
        output="{}",
    ),
    operations={
        "decode_uplink": Operation(
            functions=(Function("Decode", ("fPort", "bytes", "variables"), "decode_bare", wrap="data"),), data="otto"
        ),
        "encode_downlink": Operation(
            functions=(Function("Encode", ("fPort", "data", "variables"), "encode_bare", wrap="bytes"),),
            bytes="go_bytes",
        ),
    },
    global_names=OTTO_GLOBALS,
    absent=(TO_TEMPORAL,),
    console="text",
)

# The API that no one network defines: values are what JSON has, bytes are bytes, and what is amiss is an error.
TS013 = Dialect(
    name="ts013",
    network="a runner of TS013",
    engine=V8,
    time_limit_s=1.0,
    holders=_HOLDERS,
    fresh=("exports", "context"),
    operations={
        "decode_uplink": Operation(
            functions=(Function("decodeUplink", (*_BYTES_AND_PORT, ("recvTime", "recvTime")), "decode_envelope"),),
            data="json_object",
            points=_POINTS,
        ),
        "decode_downlink": Operation(
            functions=(Function("decodeDownlink", (*_BYTES_AND_PORT, ("recvTime", "recvTime")), "decode_envelope"),),
            data="json_object",
        ),
        "encode_downlink": Operation(
            functions=(Function("encodeDownlink", (("data", "data"),), "encode_envelope"),),
            bytes="octets",
            port="stated",
        ),
    },
    global_names=(*RUNNER_GLOBALS, "Buffer"),
    absent=(TO_TEMPORAL, SEGMENTER),
    console="text",
)

ACTILITY = replace(
    TS013,
    name="actility",
    network="ThingPark X",
    operations={
        "decode_uplink": Operation(
            functions=(Function("decodeUplink", (*_BYTES_AND_PORT, ("time", "time")), "decode_bare"),),
            data="json_object",
            points=_POINTS,
        ),
        "decode_downlink": Operation(
            functions=(Function("decodeDownlink", (*_BYTES_AND_PORT, ("time", "time")), "decode_bare"),),
            data="json_object",
        ),
        "encode_downlink": Operation(
            functions=(Function("encodeDownlink", ("data",), "encode_unsaid"),), bytes="octets", port="stated"
        ),
    },
)

TABLES = {dialect.name: dialect for dialect in (TTS, TTS_3_32, TTN2, CHIRPSTACK4, CHIRPSTACK3, TS013, ACTILITY)}
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
