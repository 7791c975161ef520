"""Limits of the check itself: a busy moment, a slow script, more findings than anybody reads, what only it can show."""

import json
import shlex
from dataclasses import replace

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import LimitError
from octavo.formatters import Formatter
from octavo.formatters.dialects import dialect_table
from octavo.lab import bench
from octavo.lab.check import check
from octavo.lab.check.engine import MOST_FINDINGS

from .examined import bare, found, laid

pytestmark = pytest.mark.usefixtures("warm_pool")

BUSY = LimitError("script timeout", name="script_timeout")
ENCODER = "function encodeDownlink(input) { return { bytes: [input.data.n & 255], fPort: 1 }; }"
NORMALIZER = """function decodeUplink(input) {
  return input.bytes.length === 1 ? { data: { n: input.bytes[0] } } : { errors: ['size'] };
}
function normalizeUplink(input) { return { data: { battery: 3 } }; }
"""


def busy_at(monkeypatch, name, which):
    """Let one outcome of a method of `Formatter` be a limit, as on a machine that does something else."""
    real, seen = getattr(Formatter, name), []

    def watched(self, *args, **options):
        for outcome in real(self, *args, **options):
            seen.append(outcome)
            yield BUSY if len(seen) == which else outcome

    monkeypatch.setattr(Formatter, name, watched)
    return seen


@pytest.mark.parametrize("script", [ENCODER, NORMALIZER])
@pytest.mark.parametrize(("name", "which"), [("watch", 1), ("watch", 2), ("watch", 5), ("watch_raw", 3)])
def test_one_busy_moment_is_no_finding(tmp_path, monkeypatch, script, name, which):
    seen = busy_at(monkeypatch, name, which)
    payloads = ["01"] if script is NORMALIZER else []
    assert found(laid(tmp_path, script, payloads), runs=20) == set()
    assert len(seen) >= which or (script, name) == (ENCODER, "watch_raw")


def test_what_does_not_end_after_other_messages_depends_on_them(tmp_path):
    script = """var n = 0;
    function decodeUplink(input) {
      n++;
      while (n > 1) {}
      return input.bytes.length === 1 ? { data: { n: input.bytes[0] } } : { errors: ['size'] };
    }"""
    assert found(laid(tmp_path, script, ["01"]), runs=20) == {("depends-on-earlier-message", "n")}


SLOW = """function decodeUplink(input) {
  if (input.bytes.length !== 1) { return { errors: ['size'] }; }
  if (input.bytes[0] > 9) { for (var n = 0, i = 0; i < ROUNDS; i++) { n = (n * 31 + i) % 9973; } }
  return { data: { level: input.bytes[0] } };
}
"""


def test_what_takes_longer_than_the_network_waits_is_slow(tmp_path, monkeypatch):
    """A network that waits 10 ms: how fast the machine is hardly matters."""
    subject = laid(tmp_path, SLOW.replace("ROUNDS", "1e7"), ["01", "0a"])
    impatient = replace(dialect_table("tts"), time_limit_s=0.01)
    monkeypatch.setattr(bench, "dialect_table", lambda _name: impatient)
    (told,) = (each for each in check(subject, runs=20) if each.kind == "slow")
    assert told.payload[0] > 9
    assert told.message == "it takes more than 10 ms, which is all that The Things Stack gives it"


MANY = """function decodeUplink(input) {
  var data = {}, b = input.bytes;
  if (b.length !== 1) { return { errors: ['size'] }; }
  for (var i = 0; i < 70; i++) { data['m' + i] = undefined; }
  return { data: data };
}
function encodeDownlink(input) { return { bytes: MODES[input.data.mode], fPort: 1 }; }
"""


def test_the_gravest_are_told_and_the_rest_is_counted(tmp_path):
    defects = check(laid(tmp_path, MANY, ["01"], downlinks=[{"mode": 1}]), runs=20)
    assert [each.kind for each in defects].count("undefined") == MOST_FINDINGS - 1
    assert (defects[0].kind, defects[0].severity) == ("throws", "error")
    assert defects[-1].kind == "not-examined"
    assert defects[-1].message == "60 findings are told, the gravest, and 11 more are not"


def test_a_number_of_thousands_of_digits_is_no_result(tmp_path):
    script = """function decodeUplink(input) {
      return { data: { n: JSON.rawJSON ? JSON.rawJSON('1'.repeat(5000)) : 1 } };
    }"""
    assert isinstance(check(bare(tmp_path, script), runs=20), list)


KEPT = """var last = 0;
function decodeUplink(i) { var l = last; last = i.bytes[0]; return { data: { l: l, b: i.bytes } }; }"""
TIMED = "function decodeUplink(i) { return { data: { b: i.bytes, at: new Date().toISOString() } }; }"


@pytest.mark.parametrize(
    ("script", "kind", "command"),
    [(KEPT, "depends-on-earlier-message", "check"), (TIMED, "depends-on-clock", "decode")],
)
def test_what_other_surroundings_show_is_shown_again(tmp_path, monkeypatch, script, kind, command):
    monkeypatch.chdir(tmp_path)
    (told,) = (each for each in check(laid(tmp_path, script, ["01", "02"]), seed=3) if each.kind == kind)
    words = shlex.split(told.command)[1:]
    assert words[0] == command
    done = CliRunner().invoke(main, [*words, "--json"])
    shown = json.loads(done.stdout)
    if command == "check":
        assert (shown["kind"], shown["payload"]) == (kind, told.payload.hex())
    else:
        assert shown["data"]["at"] in told.message
        assert shown["data"]["at"] != told.got["data"]["at"]


WORDS = """var MODES = { eco: 1, boost: 2, turbo: 2 };
function encodeDownlink(input) { return { bytes: [MODES[input.data.mode] || 0], fPort: 1 }; }
function decodeDownlink(input) {
  if (input.bytes.length !== 1) { return { errors: ['size'] }; }
  return { data: { mode: READ[input.bytes[0]] || '?' } };
}
"""


@pytest.mark.parametrize(
    ("read", "asked", "told"),
    [
        ("{ 1: 'boost', 2: 'eco' }", "eco", {("no-round-trip", "mode")}),
        ("{ 1: 'eco', 2: 'boost' }", "turbo", set()),
        ("{ 1: 'ECO', 2: 'BOOST' }", "eco", set()),
    ],
)
def test_a_text_comes_back_as_another_that_means_other_bytes(tmp_path, read, asked, told):
    subject = laid(tmp_path, WORDS.replace("READ", f"({read})"), [], downlinks=[{"mode": asked}])
    assert found(subject, runs=20) == told
