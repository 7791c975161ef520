"""The search of `octavo check`: where it begins, what is one finding, how small it becomes, and that it ends."""

import json
import random
import shlex
from itertools import product

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from octavo.cli import main
from octavo.device import OPERATIONS
from octavo.errors import ScriptError
from octavo.formatters import DIALECTS
from octavo.lab.check import KINDS, check, inputs
from octavo.lab.check.places import Source
from octavo.messages import Uplink

from .examined import bare, field, found, laid

pytestmark = pytest.mark.usefixtures("warm_pool")

UNCHECKED = """
function level(b, at) { return (b[at] << 8) | b[at + 1]; }
function decodeUplink(input) {
  var b = input.bytes;
  return { data: { id: level(b, 0), voltage: b[2] / 10, ratio: b[3] * 2, name: b[4].toString(16) } };
}
"""

CHANNELS = """
// A payload: 01 75 64 03 67 10 01
function decodeUplink(input) {
  var b = input.bytes, data = {};
  if (input.fPort !== 85) { return { errors: ['port'] }; }
  for (var i = 0; i < b.length;) {
    var channel = b[i++], type = b[i++];
    if (channel === 0x01 && type === 0x75) { data.battery = b[i] / 100; i += 1; }
    else if (channel === 0x09 && type === 0x99) { data.humidity = b[i].toFixed(1); i += 1; }
    else { break; }
  }
  return { data: data };
}
"""


def by_kind(defects):
    return {defect.kind: defect for defect in defects}


def test_what_truncation_causes_is_one_finding_of_a_kind(tmp_path):
    defects = check(laid(tmp_path, UNCHECKED, ["0102030405"]))
    told = {(each.kind, each.where, each.severity) for each in defects}
    assert told == {("throws", "truncated payloads", "warning")}
    script = UNCHECKED.replace("b[4].toString(16)", "b[4]")
    told = by_kind(check(laid(tmp_path, script, ["0102030405"])))
    assert told["not-a-number"].where == "truncated payloads"
    assert "1 more" in told["not-a-number"].message
    assert told["reads-past-the-end"].where == "truncated payloads"


def test_a_finding_is_as_small_as_it_can_be(tmp_path):
    script = "function decodeUplink(i) { return { data: { n: i.bytes.length > 2 && i.bytes[1] > 99 ? 0 / 0 : 1 } }; }"
    (defect,) = (each for each in check(laid(tmp_path, script, ["010203040506"])) if each.kind == "not-a-number")
    assert defect.payload.hex() == "006400"
    assert (defect.operation, defect.f_port, defect.got) == ("decode_uplink", 1, {"data": {"n": None}})


def test_what_alone_shows_it_is_found_behind_what_leads_to_it(tmp_path):
    script = """
    function decodeUplink(input) {
      var b = input.bytes, data = {}, i = 0;
      while (i < b.length) {
        var key = b[i++];
        if (key === 0x21) { data.level = b[i++]; } else if (key === 0x22) { data.mode = [1][b[i++]].toFixed(0); }
        else { break; }
      }
      return { data: data };
    }
    """
    told = by_kind(check(laid(tmp_path, script, ["210721052207"])))
    assert told["throws"].payload == bytes.fromhex("2201")


def test_the_command_shows_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    defects = check(laid(tmp_path, UNCHECKED.replace("b[4].toString(16)", "1"), ["0102030405"]))
    assert len(defects) > 1
    for defect in defects:
        done = CliRunner().invoke(main, [*shlex.split(defect.command)[1:], "--json"])
        shown = json.loads(done.stdout)
        if shown["error"]:  # what is not a number prints as null
            assert shown["error"]["name"] == "output_encoding"
            assert None in defect.got["data"].values()
        else:
            assert shown["data"] == defect.got["data"]


def test_messages_are_found_where_there_are_no_examples(tmp_path):
    defects = by_kind(check(bare(tmp_path, CHANNELS)))
    assert {"throws", "not-a-number"} <= set(defects)
    assert defects["not-a-number"].payload == b"\x01\x75"
    assert defects["throws"].payload == b"\x09\x99"
    assert defects["throws"].f_port == 85


RARE = """function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) { return { errors: ['size'] }; }
  return { data: { n: (b[0] * 7 + b[1] * 13 + b[2]) % 251 === 17 ? 0 / 0 : 1 } };
}
"""


def test_the_seed_decides_what_is_found(tmp_path):
    subject = laid(tmp_path, RARE, ["010203"])
    assert check(subject, seed=2) == check(subject, seed=2)
    assert {len(check(subject, seed=seed, runs=150)) for seed in range(8)} == {0, 1}


def test_the_gravest_come_first(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      b[0] = b[0];
      b.reverse().reverse();
      return { data: { m: ['a'][b[0] & 1], n: b[0] / b[1] } };
    }"""
    assert [each.severity for each in check(laid(tmp_path, script, ["0001"]))] == ["error", "warning", "note"]


def test_a_script_that_never_ends_is_told_and_left(tmp_path):
    script = "function decodeUplink(i) { while (i.bytes[0] > 9) {} return { data: { n: 1 } }; }"
    assert ("slow", "decode_uplink") in found(laid(tmp_path, script, ["01", "0b"]))


def test_a_script_that_does_not_end_before_its_functions_is_told(tmp_path):
    script = "for (;;) {}\nfunction decodeUplink(i) { return { data: { n: 1 } }; }"
    assert ("slow", "decode_uplink") in found(bare(tmp_path, script))


def test_nothing_is_tried_when_nobody_waits(tmp_path):
    assert check(laid(tmp_path, UNCHECKED, ["0102030405"]), stopped=lambda: True) == []


def test_port_0_is_a_note(tmp_path):
    script = "function decodeUplink(i) { return { data: { n: i.fPort === 0 ? 0 / 0 : i.bytes.length } }; }"
    (defect,) = (each for each in check(laid(tmp_path, script, ["0102"])) if each.kind == "not-a-number")
    assert (defect.severity, defect.f_port) == ("note", 0)


@pytest.mark.parametrize("dialect", ["tts", "chirpstack4", "ts013"])
@pytest.mark.parametrize(
    ("thrown", "kind"),
    [
        ("throw new Error('no such frame')", "exception-instead-of-errors"),
        ("throw 'no such frame'", "exception-instead-of-errors"),
        ("throw new RangeError('length 3')", "exception-instead-of-errors"),
        ("null.length", "throws"),
        ("b.size()", "throws"),
        ("(1).toFixed(b[0])", "throws"),
        ("new Date(NaN).toISOString()", "throws"),
        ("JSON.parse('{')", "throws"),
        ("missing + 1", "throws"),
        ("new Array(-1)", "throws"),
    ],
)
def test_an_exception_is_the_engines_or_the_scripts(tmp_path, dialect, thrown, kind):
    taken = f"if (b[0] === 200) {{ {thrown}; }} return {{ data: {{ n: 1 }} }};"
    script = f"function decodeUplink(i) {{ var b = i.bytes; {taken} }}"
    subject = laid(tmp_path, script, ["01", "c8"], dialect=dialect)
    assert {each for each, _ in found(subject) if each in {"throws", "exception-instead-of-errors"}} == {kind}


def test_a_function_without_errors_may_throw(tmp_path):
    script = "function Decode(p, b) { if (b.length < 2) { throw new Error('short'); } return { n: b[0] + b[1] }; }"
    assert found(laid(tmp_path, script, ["0102"], dialect="chirpstack3")) == set()


def test_an_exception_that_is_given_as_data_is_told(tmp_path):
    caught = "(function () { try { return b[0] > 9 ? null.x : b[1]; } catch (e) { return e.message; } })()"
    script = field(caught, 2)
    assert found(laid(tmp_path, script, ["0102"])) == {("swallowed-exception", "level")}


def test_what_a_sensor_reports_is_no_exception(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      if (b.length !== 1) { return { errors: ['expected 1 byte'] }; }
      return { data: { status: b[0] & 1 ? 'out of range' : 'is not valid', rest: b[0] >> 1 } };
    }"""
    assert found(laid(tmp_path, script, ["01", "02"])) == set()


def test_what_people_are_told_may_be_undefined(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      if (b.length !== 1) { return { data: { error: 'version ' + b[1] + ' is unknown' } }; }
      return { data: { level: b[0] } };
    }"""
    assert found(laid(tmp_path, script, ["01", "02"])) == set()


def test_what_a_whole_payload_shows_is_shown_by_a_whole_one(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      return { data: { litres: b[0], rate: b[0] / b[1] } };
    }"""
    defects = by_kind(check(laid(tmp_path, script, ["0a02", "0c03"])))
    assert len(defects["not-a-number"].payload) == 2


def test_an_absent_field_is_no_invention(tmp_path):
    script = """function decodeUplink(i) { var b = i.bytes, d = { a: 1 };
      if (b.length > 2) { d.n = b[0] << 16 | b[1] << 8 | b[2]; } return { data: d }; }"""
    assert found(laid(tmp_path, script, ["010203"])) == set()


def test_what_a_copy_lacks_is_an_invention(tmp_path):
    script = """function decodeUplink(i) { var w = i.bytes.slice(0, 2);
      return w.length ? { data: { n: w[1] << 8 | w[0] } } : { errors: ['empty'] }; }"""
    assert found(laid(tmp_path, script, ["0102"])) == {("reads-past-the-end", "truncated payloads")}


def test_the_normalizer_is_examined(tmp_path):
    script = field("b[0]", 1) + "function normalizeUplink(i) { return { data: { battery: 1 / (i.data.level - 7) } }; }"
    defects = check(laid(tmp_path, script, ["05"]))
    assert [(each.kind, each.where, each.operation) for each in defects] == [
        ("not-a-number", "battery", "normalize_uplink")
    ]
    assert defects[0].payload == b"\x07"


def test_encoders_are_tried_with_the_data_of_examples(tmp_path):
    script = "function encodeDownlink(i) { return i.data.m ? { bytes: [i.data.m], fPort: 2 } : { errors: ['m'] }; }"
    subject = laid(tmp_path, script, downlinks=[{"m": 10}])
    (defect,) = check(subject)
    assert (defect.kind, defect.operation, defect.payload) == ("not-a-byte", "encode_downlink", None)
    assert not 0 <= defect.data["m"] <= 255


@pytest.mark.parametrize(
    ("dialect", "why"),
    [
        ("tts", "The Things Stack refuses the whole downlink request."),
        ("chirpstack4", "The network refuses the downlink."),
    ],
)
def test_an_encoder_that_throws_loses_a_downlink(tmp_path, dialect, why):
    script = "function encodeDownlink(i) { return { bytes: [i.data.modes.on], fPort: 2 }; }"
    defects = by_kind(check(laid(tmp_path, script, downlinks=[{"mode": 1}], dialect=dialect)))
    assert (defects["throws"].operation, defects["throws"].why) == ("encode_downlink", why)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_networks_of_a_finding_are_those_of_which_the_sentence_is_true(kind):
    for dialect, operation in product(DIALECTS, OPERATIONS):
        told = kind.dialects(dialect, operation) or DIALECTS
        same = [name for name in DIALECTS if kind.reason(name, operation) == kind.reason(dialect, operation)]
        assert dialect in told
        assert list(told) == same


def test_a_finding_names_its_networks(tmp_path):
    script = field("1 / b[0]", 1)
    defects = {name: check(laid(tmp_path, script, ["05"], dialect=name)) for name in ("tts", "chirpstack4", "ts013")}
    assert {name: found.dialects for name, (found,) in defects.items()} == {
        "tts": ("tts", "tts-3.32"),
        "chirpstack4": ("chirpstack4",),
        "ts013": ("ts013", "actility"),
    }


def test_every_kind_says_what_it_is_and_why():
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.severity in {"error", "warning", "note"}
        for dialect in ("tts", "tts-3.32", "ttn2", "chirpstack4", "chirpstack3", "ts013", "actility"):
            for operation in OPERATIONS:
                assert kind.reason(dialect, operation).endswith(".")


@pytest.mark.parametrize(
    ("text", "line", "column", "name"),
    [
        ("function a() {\n  b();\n}", 2, 3, "a"),
        ("var a = function () {\n  b();\n};", 2, 3, "a"),
        ("o.a = () => {\n  b();\n};", 2, 3, "o.a"),
        ("var o = { a: function () {\n  b();\n} };", 2, 3, "a"),
        ("function a() { [1].map(function () {\n  b();\n}); }", 2, 3, "a"),
        ("b();", 1, 1, ""),
    ],
)
def test_a_place_is_named_by_its_function(text, line, column, name):
    assert Source({"x.js": text}).function_at(ScriptError("b", line=line, column=column)) == name


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("if (typeof x === 'undefined') {}", False),
        ("if ('undefined' === typeof x) {}", False),
        ("return 'undefined';", True),
        ("if (typeof x === 'undefined') return 'undefined';", True),
    ],
)
def test_what_typeof_is_compared_with_is_no_text_of_the_data(text, quoted):
    assert Source({"x.js": text}).quotes("undefined") is quoted


@given(st.binary(max_size=40), st.integers(0, 2**32))
def test_changed_payloads_depend_on_the_seed_alone(content, seed):
    once, again = (inputs.mutated(content, random.Random(seed)) for _ in range(2))  # noqa: S311 - repeatable on purpose
    assert once == again


@given(st.lists(st.tuples(st.binary(max_size=20), st.integers(1, 223)), max_size=30))
def test_truncations_are_shorter_and_each_is_one(pairs):
    seeds = [Uplink(content, port) for content, port in pairs]
    cut = inputs.truncations(seeds)
    whole = {(port, content[:size]) for content, port in pairs for size in range(len(content))}
    assert {(each.f_port, each.frm_payload) for each in cut} <= whole
    assert len(cut) == len({(each.f_port, each.frm_payload) for each in cut}) == min(len(whole), inputs.MOST_TRUNCATED)
