"""What a runner of TS013 and ThingPark X give a script and make of its results."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import json

import pytest

from octavo.errors import Error, NotFoundError, OutputError
from octavo.formatters import Formatter

from .processes import written

pytestmark = pytest.mark.usefixtures("warm_pool")
MOMENT = "2026-11-22T05:06:07.089Z"
BOTH = pytest.mark.parametrize("dialect", ["ts013", "actility"])


@pytest.fixture
def load(tmp_path):
    devices = []

    def open_(text, dialect):
        devices.append(Formatter(written(tmp_path, text), name="loaded", dialect=dialect))
        return devices[-1]

    yield open_
    for device in devices:
        device.close()


def outcome(device, operation, *given, **named):
    try:
        return getattr(device, operation)(*given, **named)
    except Error as error:
        return error


PUT = {
    "global": "function NAME(input) BODY",
    "exports": "exports.NAME = function (input) BODY",
    "driver": "var driver = {}; driver.NAME = function (input) BODY",
    "exports.driver": "exports.driver = { NAME: function (input) BODY };",
    "const driver": "const driver = { NAME: (input) => BODY };",
    "exports of one's own": "let exports = { NAME(input) BODY };",
    "exports replaced": "exports = { NAME: function (input) BODY };",
    "exports declared again": "var exports = exports || {}; exports.NAME = function (input) BODY",
}


@BOTH
@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
def test_a_function_is_found_wherever_it_was_put(load, put, dialect):
    body = "{ return {data: {n: input.bytes[1]}}; }" if dialect == "ts013" else "{ return {n: input.bytes[1]}; }"
    device = load(put.replace("NAME", "decodeUplink").replace("BODY", body), dialect)
    assert device.decode_uplink(b"\1\2", 3).data == {"n": 2}


@BOTH
def test_functions_are_called_as_members_of_what_they_were_put_on(load, dialect):
    text = "exports.one = 1; exports.decodeUplink = function () { return {data: {n: this.one}, n: this.one}; }"
    assert load(text, dialect).decode_uplink(b"", 1).data["n"] == 1


@BOTH
def test_exports_are_new_for_each_message(load, dialect):
    text = "exports.n = (exports.n || 0) + 1; function decodeUplink() { return {data: {n: exports.n}, n: exports.n}; }"
    found = [result.data["n"] for result in load(text, dialect).decode_uplinks([(b"", 1)] * 5)]
    assert found == [1] * 5


@BOTH
def test_buffer_is_global_and_modules_are_not(load, dialect):
    text = "function decodeUplink(input) { var d = [Buffer.from(input.bytes).toString('hex'), typeof module, typeof require, typeof exports]; return {data: {d: d}, d: d}; }"
    assert load(text, dialect).decode_uplink(b"\1\xff", 1).data["d"] == ["01ff", "undefined", "undefined", "object"]


@BOTH
def test_what_one_message_does_to_buffer_the_next_does_not_see(load, dialect):
    text = """function decodeUplink(input) {
      var seen = [Buffer.from("a").extra, Buffer.poolSize, Buffer.from("a").toString("hex"), Buffer.prototype.readUInt8.mark].map(String);
      if (input.bytes[0] === 1) Buffer.prototype.extra = 1;
      if (input.bytes[0] === 2) Buffer.prototype.toString = function () { return "other"; };
      if (input.bytes[0] === 3) Buffer.prototype.readUInt8.mark = 1;
      if (input.bytes[0] === 4) Buffer = null;
      if (input.bytes[0] === 5) delete Buffer.prototype.toString;
      return {data: {seen: seen}, seen: seen};
    }"""
    device = load(text, dialect)
    order = [0, 1, 2, 3, 4, 5, 0, 5, 4, 3, 2, 1, 0, 1, 1, 5, 0]
    found = [result.data["seen"] for result in device.decode_uplinks([(bytes([n]), 1) for n in order])]
    assert found == [["undefined", found[0][1], "61", "undefined"]] * len(order)


def test_ts013_input(load):
    text = "function decodeUplink(input) { return {data: {keys: Object.keys(input), at: input.recvTime.getTime(), port: input.fPort}}; }"
    data = load(text, "ts013").decode_uplink(b"", 7, recv_time=MOMENT).data
    assert data == {"keys": ["bytes", "fPort", "recvTime"], "at": 1795323967089, "port": 7}
    text = "function encodeDownlink(input) { return {bytes: [Object.keys(input).length, input.data.a], fPort: 3}; }"
    assert load(text, "ts013").encode_downlink({"a": 2}, 9).frm_payload == b"\1\2"


def test_actility_input(load):
    text = "function decodeUplink(input) { return {keys: Object.keys(input), time: input.time}; }"
    assert load(text, "actility").decode_uplink(b"", 7, recv_time=MOMENT).data == {
        "keys": ["bytes", "fPort", "time"],
        "time": MOMENT,
    }
    text = "function encodeDownlink(data) { return {bytes: [data.a], fPort: 3}; }"
    encoded = load(text, "actility").encode_downlink({"a": 2}, 9)
    assert (encoded.frm_payload, encoded.f_port) == (b"\2", 3)


DATA = {
    "as JSON": (
        "{d: new Date(0), u: undefined, t: {toJSON: function () { return 5; }}}",
        {"d": "1970-01-01T00:00:00.000Z", "t": 5},
    ),
    "buffer": ("{b: Buffer.from([1])}", {"b": {"type": "Buffer", "data": [1]}}),
}


@pytest.mark.parametrize(("given", "expected"), DATA.values(), ids=DATA)
def test_data_is_what_json_says(load, given, expected):
    assert (
        load(f"function decodeUplink() {{ return {{data: {given}}}; }}", "ts013").decode_uplink(b"", 1).data == expected
    )
    assert load(f"function decodeUplink() {{ return {given}; }}", "actility").decode_uplink(b"", 1).data == expected


@pytest.mark.parametrize(
    ("given", "name"), [("[1]", "output"), ("5", "output"), ("{n: NaN}", "output_encoding"), ("null", "output")]
)
def test_data_that_is_none(load, given, name):
    bare = outcome(load(f"function decodeUplink() {{ return {given}; }}", "actility"), "decode_uplink", b"", 1)
    envelope = outcome(
        load(f"function decodeUplink() {{ return {{data: {given}}}; }}", "ts013"), "decode_uplink", b"", 1
    )
    assert [bare.name, envelope.name] == [name, name]


ENCODED = {
    "list": ("{bytes: [1, 255], fPort: 3}", (b"\1\xff", 3)),
    "buffer": ("{bytes: Buffer.from([1, 255]), fPort: 3}", (b"\1\xff", 3)),
    "hex": ("{bytes: '01fF', fPort: 3}", (b"\1\xff", 3)),
    "port of the caller": ("{bytes: [1]}", (b"\1", 9)),
}


@BOTH
@pytest.mark.parametrize(("given", "expected"), ENCODED.values(), ids=ENCODED)
def test_encoded(load, given, expected, dialect):
    encoded = load(f"function encodeDownlink() {{ return {given}; }}", dialect).encode_downlink({}, 9)
    assert (encoded.frm_payload, encoded.f_port) == expected


NOT_ENCODED = ["{bytes: [256], fPort: 3}", "{bytes: [1.5], fPort: 3}", "{bytes: ['1'], fPort: 3}", "{bytes: '123', fPort: 3}",
               "{bytes: 'xy', fPort: 3}", "{fPort: 3}", "{bytes: [1], fPort: '3'}", "{bytes: [1], fPort: 256}", "{bytes: [1]}", "5"]  # fmt: skip


@BOTH
@pytest.mark.parametrize("given", NOT_ENCODED)
def test_not_encoded(load, given, dialect):
    error = outcome(load(f"function encodeDownlink() {{ return {given}; }}", dialect), "encode_downlink", {}, 0)
    assert isinstance(error, OutputError)
    assert error.cause


def test_errors_of_ts013_are_errors_and_actility_throws(load):
    error = outcome(load("function decodeUplink() { return {errors: ['a', 'b']}; }", "ts013"), "decode_uplink", b"", 1)
    assert (error.name, error.message) == ("output_errors", "a, b")
    error = outcome(load("function decodeUplink() { throw new Error('wrong'); }", "actility"), "decode_uplink", b"", 1)
    assert (error.name, error.message) == ("script", "Error: wrong")


POINTS = (
    "exports.extractPoints = function (input) { return {t: input.message.t, n: [{eventTime: input.time, value: 1}]}; }"
)


@BOTH
def test_points(load, dialect):
    device = load(POINTS, dialect)
    found = list(device.extract_points([({"t": 3}, MOMENT), ({"t": 4}, None), "neither"]))
    assert [result.data for result in found[:2]] == [
        {"t": 3, "n": [{"eventTime": MOMENT, "value": 1}]},
        {"t": 4, "n": [{"eventTime": None, "value": 1}]},
    ]
    assert found[2].name == "input"


def test_points_are_of_thingpark_only(load):
    (error,) = load("function decodeUplink() {}", "tts").extract_points([({}, None)])
    assert isinstance(error, NotFoundError)


RAW = {
    "ts013 decode": ("ts013", "decode_uplink", "function decodeUplink(i) { return i; }", {"bytes": [1], "recvTime": "x"}, {"bytes": [1], "recvTime": "x"}),
    "actility encode": ("actility", "encode_downlink", "function encodeDownlink(d) { return d; }", {"data": {"a": 1}}, {"a": 1}),
    "actility points": ("actility", "extract_points", "function extractPoints(i) { return i; }", {"message": 1, "thing": 2}, {"message": 1, "thing": 2}),
    "chirpstack3 decode": ("chirpstack3", "decode_uplink", "function Decode(p, b) { return {p: p, b: b}; }", {"bytes": [1], "fPort": 2}, {"data": {"p": 2, "b": [1]}}),
    "chirpstack3 encode": ("chirpstack3", "encode_downlink", "function Encode(p, o, v) { return [p, o, typeof v]; }", {"data": 5, "fPort": 2}, {"bytes": [2, 5, "undefined"]}),
    "chirpstack4 encode": ("chirpstack4", "encode_downlink", "function encodeDownlink(i) { return i; }", {"data": 5, "fPort": 2}, {"data": 5, "fPort": 2}),
}  # fmt: skip


@pytest.mark.parametrize("case", RAW.values(), ids=RAW)
def test_examples_reach_the_function_as_their_runner_passes_them(load, case):
    dialect, operation, text, given, expected = case
    (result,) = load(text, dialect).call_raw([(operation, given)])
    assert json.loads(result.text) == expected


@BOTH
def test_context_is_an_empty_list_for_each_message_or_what_an_example_says(load, dialect):
    text = "function decodeUplink(input) { context.push(input.bytes.length); return {data: {n: context}, n: context}; }"
    device = load(text, dialect)
    assert [result.data["n"] for result in device.decode_uplinks([(b"\1", 1)] * 3)] == [[1]] * 3
    calls = [("decode_uplink", {"bytes": [1], "context": [5]}), ("decode_uplink", {"bytes": [1]})]
    assert [json.loads(result.text)["n"] for result in device.call_raw(calls)] == [[5, 1], [1]]
