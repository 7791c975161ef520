"""Watching a hostile script: it does what it does unwatched, the answer is whole, and nothing passes on."""

import itertools
import json
import random

import pytest

from octavo.errors import Error, LimitError
from octavo.formatters import Formatter
from octavo.formatters.watching import Lens

from .carriers import FATAL, QUICK, SLOW, program
from .fresh import UNHURRIED
from .processes import written

pytestmark = pytest.mark.usefixtures("warm_pool")

LIKE_UNWATCHED = {
    "input that holds itself": "input.self = input; return {data: {a: input.bytes[0]}};",
    "input that JSON does not have": "input.bytes[0] = 1n; return {data: {a: 1}};",
    "input that throws": (
        "Object.defineProperty(input, 'fPort', {get: function () { throw 1; }, enumerable: true});"
        "return {data: {a: input.bytes[1]}};"
    ),
    "frozen input": "Object.freeze(input); Object.freeze(input.bytes); return {data: {a: input.bytes[1]}};",
    "what a pattern found": "/(b)/.exec('abc'); var byte = input.bytes[0]; return {data: {a: RegExp.$1 + byte}};",
    "a getter that counts": "var n = 0; return {data: {get a() { n += 1; return n; }}};",
    "names like places": "input.bytes['01'] = 5; return {data: {a: input.bytes['01'], b: input.bytes['1']}};",
}
TOP = {
    "lists that print otherwise": "Array.prototype.toJSON = function () { throw new Error('no'); };",
    "dates that print otherwise": "Date.prototype.toJSON = Date.prototype.toISOString = function () { throw 1; };",
    "a setter on lists": (
        "Object.defineProperty(Array.prototype, 0,"
        " {set: function () {}, get: function () { return 99; }, configurable: true});"
    ),
    "a setter on objects": (
        "Object.defineProperty(Object.prototype, 1,"
        " {set: function () {}, get: function () { return 98; }, configurable: true});"
    ),
    "bytes of every object": (
        "Object.defineProperty(Object.prototype, 'bytes',"
        " {get: function () { return [7, 8]; }, set: function () { throw 2; }, configurable: true});"
    ),
    "other built-ins": "Object.keys = Array.isArray = JSON.stringify = function () { throw 3; }; Reflect.get = null;",
    "no built-ins": "Proxy = Reflect = String = Map = Object = undefined; delete globalThis.Array;",
    "counts of its own": "function octavoCounts() { for (;;); }",
    "counts that are none": "var octavoCounts = function () { return 'many'; };",
}
THROWN = {
    "null": ("null", "null"),
    "undefined": ("undefined", "undefined"),
    "a symbol": ("Symbol('x')", "Symbol(x)"),
    "no text": ("{toString: function () { throw 1; }}", "uncaught exception"),
    "a proxy": ("new Proxy({}, {get: function () { throw 1; }, getPrototypeOf: function () { throw 2; }})", "uncaught"),
    "itself": ("input", "[object Object]"),
}
REFUSED = {
    "circular in two ways": ("var a = {}; a.x = a; a.y = a; return {data: a};", "circular"),
    "the same object in ever more places": (
        "var a = {}; for (var i = 0; i < 60; i++) a = {x: a, y: a}; return {data: a};", "larger than",
    ),
    "nested without end": ("var a = {}; for (var i = 0; i < 1e5; i++) a = {a: a}; return {data: a};", "nested deeper"),
    "bigint": ("return {data: {a: 1n}};", "BigInt"),
    "a getter that throws": ("return {get data() { throw new Error('gone'); }};", "gone"),
}  # fmt: skip


def decoder(body, top=""):
    return f"{top}\nfunction decodeUplink(input) {{ {body} }}"


def loaded(tmp_path, text, lens=None, dialect="tts"):
    file = written(tmp_path, text)
    return Formatter(file, name="hostile", dialect=dialect, lens=lens, limits=UNHURRIED)


def seen(tmp_path, text, lens=None):
    """What each of two same messages gives, which must be the same."""
    with loaded(tmp_path, text, lens or Lens()) as formatter:
        first, second = formatter.watch("decode_uplink", [(b"\5\6", 1)] * 2)
    assert not isinstance(first, Error)
    assert (first.text, first.reads, first.odd) == (second.text, second.reads, second.odd)
    return first


def unwatched(tmp_path, text):
    with loaded(tmp_path, text) as formatter:
        return formatter.decode_uplink(b"\5\6", 1).data


@pytest.mark.parametrize("name", LIKE_UNWATCHED)
def test_a_function_does_what_it_does_unwatched(tmp_path, name):
    text = decoder(LIKE_UNWATCHED[name])
    found = seen(tmp_path, text)
    assert json.loads(found.text)["data"] == unwatched(tmp_path, text)


@pytest.mark.parametrize("name", TOP)
def test_a_top_level_does_what_it_does_unwatched(tmp_path, name):
    text = decoder("return {data: {a: input.bytes[0], b: input.bytes[1], l: input.bytes.length}};", TOP[name])
    found = seen(tmp_path, text)
    assert json.loads(found.text)["data"] == unwatched(tmp_path, text) == {"a": 5, "b": 6, "l": 2}
    assert (found.reads, found.changed, found.counts) == ((0, 1), False, ())


@pytest.mark.parametrize(
    "body",
    [
        "input.self = input;", "input.bytes[0] = 1n;", "input.bytes.push(1);", "delete input.fPort;",
        "input.bytes = null;", "input.recvTime.setFullYear(1999);", "input.bytes.reverse();", "input.more = undefined;",
    ],
)  # fmt: skip
def test_every_change_of_the_input_is_seen(tmp_path, body):
    assert seen(tmp_path, decoder(f"{body} return {{data: {{}}}};")).changed


def test_bytes_that_only_objects_inherit_are_no_input(tmp_path):
    text = TOP["bytes of every object"] + "function encodeDownlink(input) { return {fPort: 1}; }"
    with loaded(tmp_path, text, Lens()) as formatter:
        (found,) = formatter.watch("encode_downlink", [({"a": 1}, 1)])
    assert (found.error, found.text, found.changed) == (None, '{"fPort":1}', False)


@pytest.mark.parametrize("name", THROWN)
def test_whatever_is_thrown_is_told(tmp_path, name):
    thrown, told = THROWN[name]
    found = seen(tmp_path, decoder(f"var byte = input.bytes[1]; throw {thrown};"))
    assert told in found.error.message
    assert (found.text, found.reads, found.odd, found.function) == (None, (1,), (), "decodeUplink")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_result_is_refused_before_it_costs_much(tmp_path, name):
    body, told = REFUSED[name]
    found = seen(tmp_path, decoder(body))
    assert told in found.error.message
    assert (found.text, found.function) == (None, "decodeUplink")


def test_paths_of_oddities_are_cut(tmp_path):
    body = "var o = {}; o[new Array(1e5).join('x')] = NaN; return {data: o};"
    ((path, what),) = seen(tmp_path, decoder(body)).odd
    assert what == "NaN"
    assert len(path) < 1100


@pytest.mark.parametrize("told", ["'1,2,'", "'one'", "{}", "null", "'-1'", "'1' + '0'.repeat(30)"])
def test_counts_that_are_none_are_left_out(tmp_path, told):
    lens = Lens(rewrite=lambda text: f"{text}\nfunction octavoCounts() {{ return {told}; }}")
    assert seen(tmp_path, decoder("return {data: {}};"), lens).counts == ()


def test_a_context_goes_in_with_an_example(tmp_path):
    text = decoder("return {data: {before: context.length}};")
    inputs = [{"bytes": [1], "context": [{"a": 1}, {"a": 2}]}, {"bytes": [1]}]
    with loaded(tmp_path, text, Lens(), "actility") as formatter:
        watched = [each.text for each in formatter.watch_raw("decode_uplink", inputs)]
    with loaded(tmp_path, text, None, "actility") as formatter:
        assert watched == [each.text for each in formatter.call_raw([("decode_uplink", each) for each in inputs])]


# ---- nothing passes from one message to the next ----

SAMPLE = [*QUICK[:12], *SLOW[::4], *sorted(FATAL)[::3]]


def said(outcome):
    assert not isinstance(outcome, LimitError), outcome
    return f"!{outcome.error.args[0]}" if outcome.error else json.loads(outcome.text)["data"]["answer"]


@pytest.fixture(scope="module")
def right(fresh):
    """What a fresh machine answers to each way."""
    text = program(SAMPLE)
    return text, fresh((text, bytes([way])) for way in range(len(SAMPLE)))


def watched_ways(formatter, ways, earlier=()):
    messages = [(bytes([way]), 1) for way in ways]
    return [said(each) for each in formatter.watch("decode_uplink", messages, earlier=earlier)]


def test_every_message_is_the_first_one(tmp_path, right):
    text, answers = right
    sequence = random.Random(1).choices(range(len(SAMPLE)), k=200)  # noqa: S311 - a sample, no secret
    with loaded(tmp_path, text, Lens(), "tts-3.32") as formatter:
        assert watched_ways(formatter, sequence) == [answers[way] for way in sequence]


def test_what_came_earlier_is_gone_with_its_message(tmp_path, right):
    text, answers = right
    ways = range(len(SAMPLE))
    with loaded(tmp_path, text, Lens(), "tts-3.32") as formatter:
        for way, other in itertools.islice(itertools.product(ways, (0, 5, len(SAMPLE) - 1)), 60):
            assert len(watched_ways(formatter, [other], earlier=[(bytes([way]), 1)])) == 1
            assert watched_ways(formatter, [other]) == [answers[other]], (SAMPLE[way], SAMPLE[other])
