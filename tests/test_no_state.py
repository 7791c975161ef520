"""Nothing passes from one message to the next: any order of scripts answers as a new process a message does."""

import itertools
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from octavo.errors import Error
from octavo.formatters import Formatter

CASES = Path(__file__).parent / "cases"
FUNCTION = re.compile(r"^function (\w+)\(.*\}$", re.MULTILINE)
HELPERS = ("has", "attempt", "flags", "Klass", "tag", "template")
SYNCHRONOUS = (CASES / "no-state.js").read_text(encoding="utf-8")
ASYNCHRONOUS = (CASES / "no-state-async.js").read_text(encoding="utf-8")

# What V8 itself offers; the library that loads it adds timers, which no network server has.
ALONE = """
import json, sys
from py_mini_racer import MiniRacer
def run(text):
    with MiniRacer() as isolate:
        for name in ("setTimeout", "setInterval", "clearTimeout", "clearInterval"):
            isolate.eval(f"delete globalThis.{name}; 0")
        return isolate.eval(text)
print(json.dumps([run(text) for text in json.load(sys.stdin)]))
"""
CALL = """
;(function () {
  try { return decodeUplink({ bytes: BYTES, fPort: 1 }).data.text; } catch (error) { return "!" + error; }
})()
"""


def carriers(text: str) -> list[str]:
    return [name for name in FUNCTION.findall(text) if name not in HELPERS]


NAMES = carriers(SYNCHRONOUS)
LATER = carriers(ASYNCHRONOUS)
# These make the realm useless, or have it looked at with care after each message, for every message of their batch.
HEAVY = {
    "preventExtensions", "freezeNamespace", "deletedGlobal", "deletedMethod", "reorderedKeys",
    "madeByEval", "madeByFunction", "indirectLexical", "lockedGlobal", "proxiedBuiltIn", "derivedField",
}  # fmt: skip
LIGHT = [name for name in NAMES if name not in HEAVY]


def program(names: list[str]) -> str:
    """One script whose first payload byte chooses among the carriers; the others are left out."""
    unused = set(NAMES) - set(names)
    text = FUNCTION.sub(lambda found: "" if found[1] in unused else found[0], SYNCHRONOUS)
    more = ASYNCHRONOUS if set(LATER) & set(names) else ""
    return f"{text}{more}\nvar CARRIERS = [{', '.join(names)}];\n"


def alone(jobs: list[tuple[str, bytes]]) -> list[str]:
    """The answers of a new process with V8 and nothing else, a new isolate for each message."""
    texts = [text + CALL.replace("BYTES", json.dumps(list(payload))) for text, payload in jobs]
    command = [sys.executable, "-c", ALONE]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    names = [*NAMES, *LATER]
    text = program(names)
    with ThreadPoolExecutor(2) as threads:  # a process for each
        answers = threads.map(lambda i: alone([(text, bytes([i]))])[0], range(len(names)))
        return dict(zip(names, answers, strict=True))


@pytest.fixture
def opened(tmp_path, warm_pool):
    """Opens scripts as formatters that share the pool kept warm."""
    devices = []

    def open_text(text: str) -> Formatter:
        file = tmp_path / f"{len(devices)}.js"
        file.write_text(text, encoding="utf-8")
        devices.append(Formatter(file, name="carriers", limits=warm_pool.limits))
        return devices[-1]

    yield open_text
    for device in devices:
        device.close()


def answer(outcome) -> str:
    return f"!{outcome.args[0]}" if isinstance(outcome, Error) else outcome.data["text"]


def all_pairs(count: int) -> list[int]:
    """The shortest sequence in which every ordered pair stands side by side: a de Bruijn sequence of order two."""
    words = ([i] + [k for j in range(i + 1, count) for k in (i, j)] for i in range(count))
    return [*itertools.chain.from_iterable(words), 0]


def differing(names: list[str], sequence: list[int], outcomes: Iterator, expected: dict[str, str]) -> list[str]:
    """The carriers that answered otherwise than alone, each with the one before it."""
    found = []
    for at, (chosen, outcome) in enumerate(zip(sequence, outcomes, strict=True)):
        before = names[sequence[at - 1]] if at else "nothing"
        got = answer(outcome)
        if got != expected[names[chosen]]:
            found.append(f"{names[chosen]} after {before}: {got!r}, alone {expected[names[chosen]]!r}")
    return found


def messages(sequence: list[int]) -> list[tuple[bytes, int]]:
    return [(bytes([chosen]), 1) for chosen in sequence]


GROUPS = {
    "all": NAMES,
    "seen by a quick look": LIGHT,
    "with work for later": [*LATER, *LIGHT[::3], "deletedMethod", "freezeNamespace"],
}


def test_every_ordered_pair_stands_in_the_sequence():
    sequence = all_pairs(7)
    assert set(itertools.pairwise(sequence)) == set(itertools.product(range(7), repeat=2))
    assert len(sequence) == 50
    assert len(NAMES) >= 50


@pytest.mark.parametrize("group", GROUPS)
def test_every_ordered_pair_in_batches(group, opened, expected):
    names = GROUPS[group]
    sequence = all_pairs(len(names))
    outcomes = opened(program(names)).decode_uplinks(messages(sequence))
    found = differing(names, sequence, outcomes, expected)
    assert not found, f"{len(found)} differ\n" + "\n".join(found[:20])


@pytest.mark.parametrize("group", GROUPS)
def test_pairs_one_message_at_a_time(group, opened, expected):
    names = GROUPS[group]
    chance = random.Random(20)  # noqa: S311 - a sample, no secret
    sequence = [chance.randrange(len(names)) for _ in range(401)]
    device = opened(program(names))
    outcomes = (next(device.decode_uplinks([message])) for message in messages(sequence))
    found = differing(names, sequence, outcomes, expected)
    assert not found, f"{len(found)} differ\n" + "\n".join(found[:20])


@pytest.mark.parametrize("group", GROUPS)
def test_pairs_in_batches_of_two(group, opened, expected):
    names = GROUPS[group]
    chance = random.Random(2)  # noqa: S311 - a sample, no secret
    sequence = [chance.randrange(len(names)) for _ in range(600)]
    device = opened(program(names))
    pairs = (messages(sequence[at : at + 2]) for at in range(0, len(sequence), 2))
    outcomes = itertools.chain.from_iterable(device.decode_uplinks(pair) for pair in pairs)
    found = differing(names, sequence, outcomes, expected)
    assert not found, f"{len(found)} differ\n" + "\n".join(found[:20])


# ---- scripts that add to built-ins what some server lacks ------------------------------------------------------------

ASSIGN = "function (target, source) { for (var key in source) target[key] = source[key]; return target; }"
POLYFILLS = {
    "Object.assign by assignment": f"Object.assign = {ASSIGN};",
    "Object.assign where missing": f"if (!Object.assign) Object.assign = {ASSIGN};",
    "Object.assign defined": (
        f"Object.defineProperty(Object, 'assign', {{ value: {ASSIGN}, writable: true, configurable: true }});"
    ),
    "readInt8 by assignment": "Array.prototype.readInt8 = function (at) { return this[at] << 24 >> 24; };",
    "readInt8 where missing": (
        "var first = !Array.prototype.readInt8; if (first) { Array.prototype.readInt8 = "
        "function (at) { return this[at] << 24 >> 24; }; } note(first);"
    ),
    "readInt8 where not in the prototype": (
        "note('readInt8' in Array.prototype); if (!('readInt8' in Array.prototype)) "
        "Array.prototype.readInt8 = function (at) { return this[at]; };"
    ),
    "readInt8 where not own": (
        "var own = Array.prototype.hasOwnProperty('readInt8'); note(own); "
        "if (!own) Array.prototype.readInt8 = function (at) { return this[at] & 127; };"
    ),
    "readInt8 defined": (
        "Object.defineProperty(Array.prototype, 'readInt8', { configurable: true, "
        "value: function (at) { return this[at] - 1; } });"
    ),
    "readInt8 defined once more": (
        "try { Object.defineProperty(Array.prototype, 'readInt8', { value: 1, configurable: false }); note('new'); } "
        "catch (error) { note(error); }"
    ),
    "round by assignment": (
        "Number.prototype.round = function (places) { return Math.round(this * 10 ** places) / 10 ** places; };"
    ),
    "round twice": (
        "note(typeof (1).round); Number.prototype.round = function () { return 'first'; }; note((1).round()); "
        "Number.prototype.round = function () { return 'second'; };"
    ),
    "round or what is there": (
        "Number.prototype.round = Number.prototype.round || function () { return Math.round(this); };"
    ),
    "round while a message is decoded": (
        "later = function () { Number.prototype.round = function () { return 'late'; }; };"
    ),
    "keys walked before and after": (
        "for (var key in [5, 6]) note(key); Array.prototype.readInt8 = function (at) { return this[at]; }; "
        "for (var key in [7]) note(key);"
    ),
    "keys of the prototype": "note(Object.keys(Array.prototype).length); Array.prototype.readInt8 = function () {};",
    "toString of objects": "note({}); Object.prototype.toString = function () { return 'changed'; }; note({});",
    "includes replaced": "note('abc'.includes('b')); String.prototype.includes = function () { return 'replaced'; };",
    "filled by a loop": (
        "['round', 'twice'].forEach(function (name) { note(name in Number.prototype); "
        "Number.prototype[name] = function () { return name; }; });"
    ),
    "class that extends": (
        "class Buffer2 extends Array {} Buffer2.prototype.readInt8 = function () { return 2; }; "
        "note(typeof [].readInt8 + new Buffer2().readInt8());"
    ),
}
AROUND = """
var notes = "", later = function () {};
function note(value) { notes += value + ";"; }
POLYFILL
function decodeUplink(input) {
  var bytes = input.bytes, walked = "";
  note(typeof (1).round + typeof [].readInt8 + typeof Object.assign);
  later();
  for (var at in bytes) walked += at + ",";
  if (bytes[0] % 2 && (1).round) note((bytes[0] / 8).round(1));
  if (bytes[0] % 3 && bytes.readInt8) note(attempt(function () { return bytes.readInt8(0); }));
  var whole = Object.assign({ a: 1 }, { b: bytes[0] });
  return { data: { text: notes + walked + Object.keys(whole) + whole.b + "abc".includes("z") } };
}
function attempt(read) { try { return read(); } catch (error) { return "!" + error; } }
"""
COSTLY = {"readInt8 defined once more"}  # takes a new realm for each message
PAYLOADS = [bytes([first, 1, 2]) for first in (1, 200)]


@pytest.fixture(scope="module")
def polyfilled() -> dict[str, dict[bytes, str]]:
    """By title and payload: the answer of an isolate of its own."""
    keys = list(itertools.product(POLYFILLS, PAYLOADS))
    answers = alone([(AROUND.replace("POLYFILL", POLYFILLS[title]), payload) for title, payload in keys])
    table: dict[str, dict[bytes, str]] = {title: {} for title in POLYFILLS}
    for (title, payload), text in zip(keys, answers, strict=True):
        table[title][payload] = text
    return table


@pytest.mark.parametrize("title", POLYFILLS)
def test_polyfills_in_a_batch(title, opened, polyfilled):
    chance = random.Random(title)  # noqa: S311 - a sample, no secret
    payloads = chance.choices(PAYLOADS, k=60 if title in COSTLY else 300)
    device = opened(AROUND.replace("POLYFILL", POLYFILLS[title]))
    got = [answer(outcome) for outcome in device.decode_uplinks((payload, 1) for payload in payloads)]
    assert got == [polyfilled[title][payload] for payload in payloads]
