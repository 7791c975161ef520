"""What ChirpStack, v4 and v3, makes of scripts and results: the rules that The Things Stack has not."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import math

import pytest

from octavo.errors import Error, LimitError, OutputError, ScriptError
from octavo.formatters import Formatter
from octavo.limits import Limits

from .processes import written

pytestmark = pytest.mark.usefixtures("warm_pool")
MOMENT = "2026-11-22T05:06:07.089Z"


@pytest.fixture
def ask(tmp_path):
    """The outcome of one call: a result, or the error as a value."""

    def call(dialect, text, operation, *given, **named):
        with Formatter(written(tmp_path, text), name="asked", dialect=dialect) as device:
            try:
                return getattr(device, operation)(*given, **named)
            except Error as error:
                return error

    return call


def decoded(ask, text, dialect="chirpstack4", **named):
    return ask(dialect, text, "decode_uplink", b"\x01\xff", 7, recv_time=MOMENT, **named)


def returning(expression):
    return f"function decodeUplink(input) {{ return {expression}; }}"


DATA = {
    "numbers": ("{a: 1, b: -0.5, c: NaN}", {"a": 1, "b": -0.5, "c": None}),
    "nothing": ("{u: undefined, n: null}", {"u": None, "n": None}),
    "what has no kind": (
        "{f: function () {}, s: Symbol('s'), b: 1n, c: class {}, e: new Error('x')}",
        dict.fromkeys("fsbce"),
    ),
    "list": ("{a: [1, NaN, undefined, [2]], h: [1, , 3]}", {"a": [1, None, None, [2]], "h": [1, None, 3]}),
    "date": ("{d: new Date(0)}", {"d": {}}),
    "map and set": ("{m: new Map([[1, 2]]), s: new Set([1])}", {"m": {}, "s": {}}),
    "typed array": ("{t: new Uint8Array([5, 6])}", {"t": {"0": 5, "1": 6}}),
    "class instance": ("{p: new (class { constructor() { this.x = 1; } get y() { return 2; } })()}", {"p": {"x": 1}}),
    "getter": ("{get g() { return 3; }}", {"g": 3}),
    "date as data": ("new Date(0)", {}),
    "own __proto__": ('JSON.parse(\'{"__proto__": {"a": 1}}\')', {"__proto__": {"a": 1}}),
}


@pytest.mark.parametrize(("given", "expected"), DATA.values(), ids=DATA)
def test_v4_data(ask, given, expected):
    assert decoded(ask, returning(f"{{data: {given}}}")).data == expected


def test_v4_negative_zero_and_large_numbers_stay_what_they_are(ask):
    data = decoded(ask, returning("{data: {z: -0, l: 2 ** 60}}")).data
    assert math.copysign(1, data["z"]) == -1
    assert data["l"] == 2.0**60


REFUSED = {
    "infinity": ("{data: {a: {b: [1 / 0]}}}", "output_encoding", ".a.b[0]: invalid Infinity value"),
    "list": ("{data: [1]}", "output", "decodeUplink did not return 'data'"),
    "no data": ("{}", "output", "decodeUplink did not return 'data'"),
    "function": ("{data: function () {}}", "output", "decodeUplink did not return 'data'"),
    "list as result": ("[1]", "output", "decodeUplink did not return 'data'"),
    "nothing": ("undefined", "output", "Error converting from js 'undefined' into type 'object'"),
    "number": ("5", "output", "Error converting from js 'number' into type 'object'"),
    "errors": ("{data: {}, errors: ['a', 'b']}", "output_errors", "decodeUplink returned errors: a, b"),
    "circle": ("(() => { const o = {}; o.o = o; return {data: o}; })()", "output", "stack_depth_exceeded"),
}


@pytest.mark.parametrize(("given", "name", "message"), REFUSED.values(), ids=REFUSED)
def test_v4_refuses(ask, given, name, message):
    error = decoded(ask, returning(given))
    assert isinstance(error, OutputError)
    assert (error.name, error.message) == (name, message)


@pytest.mark.parametrize("errors", ["'text'", "5", "{}", "[1]", "['a', 1]", "[]", "null", "new Set(['a'])"])
def test_v4_errors_that_are_no_strings_are_no_errors(ask, errors):
    assert decoded(ask, returning(f"{{data: {{a: 1}}, errors: {errors}}}")).data == {"a": 1}


def test_v4_warnings_are_dropped_and_said_so(ask):
    result = decoded(ask, returning("{data: {}, warnings: ['low battery']}"))
    assert result.warnings == []
    assert result.notes == ["ChirpStack drops the script's warnings: low battery"]


def test_v4_input(ask):
    seen = "{data: {keys: Object.keys(input), bytes: input.bytes, plain: Array.isArray(input.bytes), port: input.fPort, at: input.recvTime.toISOString(), own: input.variables}}"
    assert decoded(ask, returning(seen), variables={"offset": "5"}).data == {
        "keys": ["bytes", "fPort", "recvTime", "variables"],
        "bytes": [1, 255],
        "plain": True,
        "port": 7,
        "at": MOMENT,
        "own": {"offset": "5"},
    }


def test_v4_is_strict(ask):
    error = decoded(ask, "\nfunction decodeUplink() { undeclared = 1; }")
    assert isinstance(error, ScriptError)
    assert error.message == "JS error: Error: undeclared is not defined"
    assert (error.line, error.column) == (2, 38)
    assert error.cause == "a script is a module here, hence strict: declare undeclared with var"


def test_v4_names_that_are_only_read_get_no_hint(ask):
    assert decoded(ask, returning("missing")).cause is None


def test_v4_has_no_global_this_and_no_arguments(ask):
    text = (
        "const seen = [typeof this, typeof globalThis.seen, typeof globalThis.Buffer, typeof console, typeof Intl];\n"
    )
    assert decoded(ask, text + returning("{data: {seen, buffer: typeof Buffer}}")).data == {
        "seen": ["undefined", "undefined", "undefined", "object", "undefined"],
        "buffer": "function",
    }


OWN = {
    "class": ("class Buffer { constructor(b) { this.offset = 0; this.length = b.length; } }", 2),
    "class that is exported": ("export class Buffer { constructor() { this.length = 3; } }", 3),
    "let": ("let Buffer = function (b) { this.offset = 0; this.length = b.length; };", 2),
    "const behind another": ("const a = 1, Buffer = class { constructor() { this.length = 9; } };", 9),
}


@pytest.mark.parametrize(("own", "length"), OWN.values(), ids=OWN)
def test_v4_lets_a_script_have_a_buffer_of_its_own(ask, own, length):
    assert decoded(ask, f"{own}\n" + returning("{data: {n: new Buffer(input.bytes).length}}")).data == {"n": length}


@pytest.mark.parametrize("member", ["offset", "parent", "buffer", "length", "byteOffset"])
def test_v4_puts_the_members_of_its_buffer_on_a_function_of_that_name(ask, member):
    text = f"function Buffer(b) {{ this.{member} = b; }}\n"
    assert "only a getter" in decoded(ask, text + returning("{data: {n: new Buffer(1)}}")).message
    assert decoded(ask, text + returning("{data: {n: Buffer.isBuffer(1)}}")).data == {"n": False}
    assert decoded(ask, text.replace(member, "bytes") + returning("{data: new Buffer(1)}")).data["bytes"] == 1


NO_SCRIPTS = {
    "two functions of one name": "function f() {}\nfunction f() {}\nfunction decodeUplink() { return {data: {}}; }",
    "var and function of one name": "var f;\nfunction f() {}\nfunction decodeUplink() { return {data: {}}; }",
    "own Buffer": "var Buffer = 1;\nfunction decodeUplink() { return {data: {}}; }",
    "default export": "export default function decodeUplink() { return {data: {}}; }",
    "return": "return 1;\nfunction decodeUplink() { return {data: {}}; }",
    "closing brace": "} {\nfunction decodeUplink() { return {data: {}}; }",
    "octal number": "function decodeUplink() { return {data: {a: 010}}; }",
    "export of all": 'export * from "buffer";\nfunction decodeUplink() { return {data: {}}; }',
}


@pytest.mark.parametrize("text", NO_SCRIPTS.values(), ids=NO_SCRIPTS)
def test_v4_takes_no_such_module(ask, text):
    error = decoded(ask, text)
    assert isinstance(error, ScriptError)
    assert error.message.startswith("JS error: ")


MODULES = {
    "export function": ("export function decodeUplink(input) { return {data: {n: input.bytes[0]}}; }", {"n": 1}),
    "export const": ("export const decodeUplink = (input) => ({data: {n: input.bytes[1]}});", {"n": 255}),
    "export list": ("function decodeUplink(input) { return {data: {n: 1}}; }\nexport { decodeUplink };", {"n": 1}),
    "Buffer by another name": (
        'import { Buffer as Bytes } from "buffer";\n'
        + returning("{data: {n: Bytes.from(input.bytes).readUInt16BE(0)}}"),
        {"n": 511},
    ),
    "ieee754": (
        'import { read } from "ieee754";\n' + returning("{data: {n: read([0, 60], 0, true, 10, 2)}}"),
        {"n": 1},
    ),
    "base64-js": (
        'import * as base64 from "base64-js";\n' + returning("{data: {n: base64.fromByteArray(input.bytes)}}"),
        {"n": "Af8="},
    ),
    "var of a built-in's name": ("var JSON = JSON || 5;\n" + returning("{data: {n: JSON}}"), {"n": 5}),
    "comment at the end": (returning("{data: {n: 1}}") + " // the end", {"n": 1}),
}


@pytest.mark.parametrize(("text", "data"), MODULES.values(), ids=MODULES)
def test_v4_modules(ask, text, data):
    assert decoded(ask, text).data == data


IMPORTS = {
    "of a module that is not there": ('import fs from "fs";\n', "there is no module 'fs'"),
    "of what the network imports itself": (
        'import { Buffer } from "buffer";\n',
        "Buffer is imported twice: the network does so before the script, delete this line",
    ),
    "of what the module has not": ('import { alloc } from "buffer";\n', "has no export 'alloc'"),
}


@pytest.mark.parametrize(("line", "reason"), IMPORTS.values(), ids=IMPORTS)
def test_v4_imports_that_fail(ask, line, reason):
    error = decoded(ask, line + returning("{data: {}}"))
    assert reason in error.message
    assert (error.line, error.column) == (1, 1)


REPAIRED = [
    "import {read as x y} from 'ieee754';", "import * as from 'ieee754';", "import {read,,} from 'ieee754';",
    "import {read} 'ieee754';", "import {read as if} from 'ieee754';", "import {'read'} from 'ieee754';",
    "import {read} from 'ieee754' let a;", "export {a;",
]  # fmt: skip


@pytest.mark.parametrize("line", REPAIRED)
def test_v4_what_a_tolerant_parser_repairs_is_no_module(ask, line):
    assert isinstance(decoded(ask, f"{line}\n{returning('{data: {}}')}"), ScriptError)


@pytest.mark.parametrize("line", ["Buffer = 1;", "x = 1;"])
def test_v4_imports_cannot_be_assigned(ask, line):
    error = decoded(ask, f"import {{ read as x }} from 'ieee754';\n{returning('{data: {}}')}\n{line}")
    assert "Assignment to constant variable" in error.message


def test_v4_errors_are_told_by_what_they_are(ask):
    data = "{tagged: {[Symbol.toStringTag]: 'Error', a: 1}, error: Object.assign(new Error('x'), {[Symbol.toStringTag]: 'X'})}"
    assert decoded(ask, returning(f"{{data: {data}}}")).data == {"tagged": {"a": 1}, "error": None}


def test_v4_places_stay_where_they_are_in_a_module(ask):
    text = 'import { Buffer as B } from "buffer";\nexport  function decodeUplink() { missing(); }'
    error = decoded(ask, text)
    assert (error.line, error.column) == (2, 35)


ENCODED = {
    "saturated": ("{bytes: [256, -1, 1.9, -0.5, NaN, 300, Infinity]}", (b"\xff\0\1\0\0\xff\xff", 9)),
    "port": ("{bytes: [], fPort: 20}", (b"", 20)),
    "port beyond a byte": ("{bytes: [1], fPort: 300}", (b"\1", 255)),
    "negative port": ("{bytes: [1], fPort: -4}", (b"\1", 0)),
    "port that is no number": ("{bytes: [1], fPort: '20'}", (b"\1", 9)),
}


@pytest.mark.parametrize(("given", "expected"), ENCODED.values(), ids=ENCODED)
def test_v4_encodes(ask, given, expected):
    text = f"function encodeDownlink(input) {{ return {given}; }}"
    result = ask("chirpstack4", text, "encode_downlink", {}, 9)
    assert (result.frm_payload, result.f_port) == expected


NOT_ENCODED = {
    "typed array": ("{bytes: new Uint8Array(2)}", "Error converting from js 'object' into type 'array'"),
    "text": ("{bytes: 'ff'}", "Error converting from js 'string' into type 'array'"),
    "none": ("{}", "Error converting from js 'undefined' into type 'array'"),
    "items": ("{bytes: [1, '2']}", "Error converting from js 'string' into type 'f64'"),
    "errors": ("{errors: ['no']}", "encodeDownlink returned errors: no"),
}


@pytest.mark.parametrize(("given", "message"), NOT_ENCODED.values(), ids=NOT_ENCODED)
def test_v4_does_not_encode(ask, given, message):
    error = ask("chirpstack4", f"function encodeDownlink(input) {{ return {given}; }}", "encode_downlink", {}, 9)
    assert (type(error), error.message) == (OutputError, message)


def test_v4_encoder_gets_data_and_variables_but_no_port(ask):
    text = "function encodeDownlink(input) { return {bytes: [Object.keys(input).length, Number(input.variables.n), input.data.a]}; }"
    result = ask("chirpstack4", text, "encode_downlink", {"a": 5}, 9, variables={"n": "4"})
    assert result.frm_payload == bytes([2, 4, 5])


def test_v3_takes_the_port_first_and_gives_any_value(ask):
    text = "function Decode(fPort, bytes, variables) { return [fPort, bytes, variables.a, {u: undefined, n: null, d: new Date(0), f: Decode}, undefined, , 3]; }"
    data = decoded(ask, text, "chirpstack3", variables={"a": "b"}).data
    assert data == [7, [1, 255], "b", {"n": None, "d": {}, "f": {}}, None, 3]


def test_v3_gives_keys_in_order(ask):
    data = decoded(ask, "function Decode() { return {b: 1, a: {d: 1, c: 2}}; }", "chirpstack3").data
    assert [list(data), list(data["a"])] == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize("value", ["NaN", "1 / 0", "-1 / 0"])
def test_v3_numbers_that_json_has_not(ask, value):
    error = decoded(ask, f"function Decode() {{ return {{a: [{value}]}}; }}", "chirpstack3")
    assert error.name == "output_encoding"
    assert error.message.startswith("json: unsupported value: ")


V3_BYTES = {
    "none": ("null", "value must not be nil"),
    "text": ("'a'", "value must be an array"),
    "fraction": ("[1.5]", "array value must be in byte range (0 - 255), got: 1.5"),
    "negative": ("[-1]", "array value must be in byte range (0 - 255), got: -1"),
    "text item": ("['1']", "array value must be an array of ints or floats, got: string"),
}


@pytest.mark.parametrize(("given", "message"), V3_BYTES.values(), ids=V3_BYTES)
def test_v3_bytes(ask, given, message):
    error = ask("chirpstack3", f"function Encode() {{ return {given}; }}", "encode_downlink", {}, 9)
    assert (error.name, error.message) == ("output", message)


def test_v3_encodes_to_the_port_that_was_asked_for(ask):
    text = "function Encode(fPort, obj, variables) { return [fPort, obj.a, Number(variables.b)]; }"
    result = ask("chirpstack3", text, "encode_downlink", {"a": 2}, 9, variables={"b": "3"})
    assert (result.frm_payload, result.f_port) == (bytes([9, 2, 3]), 9)


@pytest.mark.parametrize(
    ("dialect", "message"),
    [
        ("chirpstack4", "JS error: Error: interrupted: more than 0.5 s"),
        ("chirpstack3", "execute js error: execution timeout"),
    ],
)
def test_time_limits_in_the_network_s_words(tmp_path, dialect, message):
    file = written(tmp_path, "function decodeUplink() { for (;;); }\nfunction Decode() { for (;;); }")
    with (
        Formatter(file, name="endless", dialect=dialect, limits=Limits(time_s=0.5)) as device,
        pytest.raises(LimitError) as caught,
    ):
        device.decode_uplink(b"\1", 1)
    assert caught.value.name == "script_timeout"
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(("dialect", "name"), [("chirpstack4", "ChirpStack"), ("chirpstack3", "ChirpStack v3")])
def test_port_0_of_a_downlink_is_noted(ask, dialect, name):
    text = "function encodeDownlink() { return {bytes: [1]}; } function Encode() { return [1]; }"
    assert f"{name} takes no downlink for port 0" in ask(dialect, text, "encode_downlink", {}, 0).notes[0]
    assert ask(dialect, text, "encode_downlink", {}, 1).notes == []


@pytest.mark.parametrize(
    ("dialect", "text", "hint"),
    [
        ("tts", "export function decodeUplink() {}", "--dialect chirpstack4"),
        ("tts", 'import { Buffer } from "buffer";', "--dialect chirpstack4"),
        ("tts", "exports.decodeUplink = function () {};", "--dialect ts013 or actility"),
    ],
)
def test_a_script_of_another_network_is_recognised(ask, dialect, text, hint):
    assert hint in decoded(ask, text, dialect).cause
