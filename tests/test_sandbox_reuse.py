"""A realm that one script left clean is taken over by the next one, which finds nothing of it."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import pytest

from octavo.formatters import Formatter
from octavo.sandbox import process

from .processes import written

SEES = """function decodeUplink() {
  var keys = []; for (var key in globalThis) keys.push(key);
  return { data: { keys: keys, names: ["first", "second", "leaked", "Own", "lexical"].map(function (name) { return typeof globalThis[name]; }),
    added: [[].added, {}.added, "".added].map(String), last: RegExp.$1, lookup: typeof first + typeof lexical, random: typeof Math.random(),
    array: Object.getOwnPropertyNames(Array.prototype).length, math: Object.keys(Math).length, date: new Date(5).getTime(),
    frozen: Object.isFrozen(Array.prototype), json: JSON.stringify({ a: 1 }), proto: Object.getPrototypeOf(Array.prototype) === Object.prototype } };
}"""
LEAVES = {
    "names": "var first = 1; function second() {} let lexical = 2; class Own {}",
    "undeclared": "leaked = 1;",
    "on the global object": "globalThis.leaked = 1; this.first = 2;",
    "polyfill": "Array.prototype.added = 1; Object.prototype.added = 1; String.prototype.added = function () {};",
    "polyfill in a function": "(function () { if (!Array.prototype.added) { Array.prototype.added = function () {}; } })();",
    "patched": "Math.random = function () { return 'text'; }; JSON.stringify = function () { return ''; };",
    "matched": "'secret'.match(/(s.*)/);",
    "frozen": "Object.freeze(Array.prototype);",
    "link": "Object.setPrototypeOf(Array.prototype, null);",
    "promise": "Promise.resolve(1).then(function () { Array.prototype.added = 1; });",
    "eval": "eval('var first = 1'); Function('leaked = 1')();",
    "proxy": "var first = new Proxy({}, {}); globalThis.leaked = first;",
    "date": "Date = function () {};",
    "throws": "leaked = 1; throw new Error('top level');",
    "syntax": "}{",
}


def program(text):
    return f"{text}\nfunction decodeUplink(input) {{ return {{ data: {{ n: input.bytes[0] }} }}; }}"


@pytest.fixture
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(process, "MOST_PROGRAMS", 1)


def seen(path):
    with Formatter(path, name="sees", workers=1) as device:
        return device.decode_uplink(b"\1").data


@pytest.mark.usefixtures("one_at_a_time")
def test_the_next_script_finds_nothing_of_the_last(tmp_path):
    looking = written(tmp_path, SEES)
    files = {name: written(tmp_path, program(text), f"{name}.js") for name, text in LEAVES.items()}
    with Formatter(written(tmp_path, program(""), "first.js"), name="holds the workers", workers=1) as held:
        held.decode_uplink(b"\1")
        expected = seen(looking)
        for name, file in files.items():
            with Formatter(file, name=name, workers=1) as device:
                for batch in (1, 3):
                    list(device.decode_uplinks([(b"\1", 1)] * batch))
            assert seen(looking) == expected, name


@pytest.mark.usefixtures("one_at_a_time")
def test_each_script_has_the_clock_and_the_globals_of_its_own(tmp_path):
    text = "function decodeUplink() { return { data: { now: Date.now(), buffer: typeof Buffer, big: typeof BigInt } }; }\nfunction Decoder() { return decodeUplink().data; }\nfunction Decode() { return Decoder(); }"
    file = written(tmp_path, text)
    moments = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", None]
    with Formatter(file, name="holds the workers", workers=1) as held:
        held.decode_uplink(b"\1")
        found = {}
        for _ in range(2):
            for dialect in ("tts", "ts013", "ttn2", "chirpstack4"):
                for now in moments[:2]:
                    with Formatter(file, name="timed", dialect=dialect, now=now, workers=1) as device:
                        data = device.decode_uplink(b"\1").data
                    assert found.setdefault((dialect, now), data) == data
    assert [found[dialect, moments[0]]["now"] for dialect in ("tts", "ts013", "ttn2", "chirpstack4")] == [
        1767225600000
    ] * 4
    assert found["tts", moments[1]]["now"] == 1767312000000
    assert [found[dialect, moments[0]]["buffer"] for dialect in ("tts", "ts013", "chirpstack4")] == [
        "undefined",
        "function",
        "function",
    ]
    assert [found[dialect, moments[0]]["big"] for dialect in ("tts", "ttn2", "chirpstack4")] == [
        "undefined",
        "undefined",
        "function",
    ]


def test_a_programs_first_requests_stay_with_the_worker_that_has_it(tmp_path):
    with Formatter(written(tmp_path, program("")), name="few", workers=2) as device:
        for _ in range(3):
            device.decode_uplink(b"\1")
        loaded = [
            worker for worker in device._loan.pool._workers if worker.has(device._programs["decode_uplink"].program)
        ]
        assert len(loaded) == 1
        for _ in range(10):
            device.decode_uplink(b"\1")
        loaded = [
            worker for worker in device._loan.pool._workers if worker.has(device._programs["decode_uplink"].program)
        ]
        assert len(loaded) == 2
