"""Results that a network does not take or that say nothing, functions that are not there, and what is too much."""

import pytest

from octavo.lab import bench
from octavo.lab.check import check

from .examined import bare, field, found, laid

pytestmark = pytest.mark.usefixtures("warm_pool")


def decoder(returned, before="if (!input.bytes.length) { return { errors: ['empty'] }; }"):
    return f"function decodeUplink(input) {{ {before} return {returned}; }}"


def kinds(defects):
    return {each.kind: each.severity for each in defects if each.kind != "not-examined"}


@pytest.mark.parametrize(
    ("returned", "tts", "chirpstack4"),
    [
        ("{ data: { a: 1 }, errors: 'bad' }", "invalid-result", "invalid-result"),
        ("{ data: { a: 1 }, errors: {} }", "invalid-result", ""),
        ("{ data: { a: 1 }, warnings: 5 }", "invalid-result", ""),
        ("{ data: 5 }", "invalid-result", "invalid-result"),
        ("'x'", "invalid-result", "invalid-result"),
        ("{ decoded: { a: 1 } }", "invalid-result", "invalid-result"),
        ("{ a: 1 }", "invalid-result", "invalid-result"),
        ("{ data: { at: new Date(7) } }", "invalid-result", ""),
        ("Promise.resolve({ data: { a: 1 } })", "invalid-result", "invalid-result"),
        ("{}", "no-data", "no-result"),
        ("{ errors: [] }", "no-data", "no-result"),
        ("{ warnings: ['unknown'] }", "", ""),
        ("{ data: null }", "no-data", "no-result"),
        ("{ data: {} }", "no-data", "no-data"),
        ("null", "no-result", "no-result"),
    ],
)
def test_what_the_network_does_not_take_is_told(tmp_path, returned, tts, chirpstack4):
    subject = bare(tmp_path, decoder(returned, ""))
    for dialect, kind in (("tts", tts), ("chirpstack4", chirpstack4)):
        severity = "error" if kind == "invalid-result" else "note"
        assert kinds(check(subject, dialect=dialect, runs=20)) == ({kind: severity} if kind else {}), dialect


def test_half_of_the_messages_are_enough(tmp_path):
    (told,) = check(bare(tmp_path, decoder("input.bytes[0] > 99 ? 'x' : { data: { a: input.bytes[0] } }")))
    assert (told.kind, told.where) == ("invalid-result", "decodeUplink: the result must be an object, not a string")
    assert told.message == (
        "The Things Stack does not take what decodeUplink returns: the result must be an object, not a string"
    )
    assert told.payload == b"\x64"


def test_where_no_example_gives_anything_it_is_an_error(tmp_path):
    assert kinds(check(laid(tmp_path, decoder("{ data: {} }"), ["01"]), runs=20)) == {"no-data": "error"}
    some = decoder("{ data: input.bytes[0] < 9 ? { a: input.bytes[0] } : {} }")
    assert kinds(check(laid(tmp_path, some, ["01"]), runs=20)) == {"no-data": "note"}


def test_where_no_payload_is_found_it_is_said(tmp_path):
    (told,) = check(bare(tmp_path, decoder("{ errors: ['never'] }")), runs=20)
    assert (told.kind, told.severity, told.where) == ("not-examined", "note", "decode_uplink")


@pytest.mark.parametrize(
    ("dialect", "where"), [("tts", "a"), ("chirpstack4", "a"), ("ts013", "a"), ("actility", "data.a")]
)
@pytest.mark.parametrize(
    ("before", "said"), [("var v = 10n;", "a BigInt"), ("var v = {}; v.v = [v];", "inside itself")]
)
def test_what_cannot_be_printed_is_no_exception_of_the_script(tmp_path, dialect, where, before, said):
    (told,) = (
        each
        for each in check(bare(tmp_path, decoder("{ data: { a: v } }", before)), dialect=dialect, runs=20)
        if each.kind != "not-examined"
    )
    path = where if said == "a BigInt" else f"{where}.v[]"
    assert (told.kind, told.severity, told.where) == ("not-json", "error", path)
    assert told.message == f"{path} is {said}"


MISSPELT = field("b[0]", 1).replace("decodeUplink", "decodeUpLink")


@pytest.mark.parametrize("dialect", ["tts", "ttn2", "chirpstack4", "chirpstack3", "ts013", "actility"])
@pytest.mark.parametrize("script", [MISSPELT, "", "// nothing"])
def test_a_script_without_a_function_is_an_error(tmp_path, script, dialect):
    for subject in (bare(tmp_path, script), laid(tmp_path, script, ["01"])):
        (told,) = check(subject, dialect=dialect)
        assert (told.kind, told.severity, told.where) == ("nothing-to-run", "error", "")
        assert ("the script has decodeUpLink" in told.message) == (
            script == MISSPELT and "decodeUplink" in told.message
        )


def test_examples_without_their_function_are_an_error(tmp_path):
    (told,) = check(laid(tmp_path, field("b[0]", 1), ["01"], downlinks=[{"n": 1}]))
    assert (told.kind, told.where) == ("nothing-to-run", "encode_downlink")
    assert told.message.endswith("no function for it: encodeDownlink or Encoder")


@pytest.mark.parametrize(
    "expression", ["(b[0] << 8) | b[1]", "b[0] | 0", "(b[0] << 8) | (b[1] & 3)", "((b[0] << 8) | b[1]) / 10"]
)
@pytest.mark.parametrize("payload", ["", "0000"])
def test_zeros_hide_no_byte_that_is_not_there(tmp_path, expression, payload):
    script = f"function decodeUplink(input) {{ var b = input.bytes; return {{ data: {{ level: {expression} }} }}; }}"
    subject = laid(tmp_path, script, [payload]) if payload else bare(tmp_path, script)
    assert found(subject) == {("reads-past-the-end", "truncated payloads")}


def test_a_command_that_comes_again_is_no_byte_that_is_not_there(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes, data = {};
      for (var at = 0; at < b.length; at += 2) {
        if (b[at] < 1 || b[at] > 2 || at + 2 > b.length) { return { errors: ['command'] }; }
        data[b[at] === 1 ? 'period' : 'limit'] = b[at + 1];
      }
      return at ? { data: data } : { errors: ['empty'] };
    }"""
    assert found(laid(tmp_path, script, ["01070209"])) == set()


def test_results_are_read_up_to_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "MOST_READ_TOGETHER", 1 << 20)
    script = decoder("{ data: { text: 'x'.repeat(9999), n: input.bytes[0] } }")
    (told,) = check(laid(tmp_path, script, ["01"]))
    assert told.kind == "not-examined"
    assert told.message.startswith("results of 1 million characters were read, and no more were tried")


def test_one_exception_does_not_hide_another(tmp_path):
    script = """function decodeUplink(input) {
      var b = input.bytes;
      var text = b[1].toString(16) + b[0];
      return { data: { text: nowhere.from(text) } };
    }"""
    told = {each.where: each.message for each in check(laid(tmp_path, script, ["0102"])) if each.kind == "throws"}
    assert set(told) == {"decodeUplink: nowhere is not defined", "truncated payloads"}
    assert "toString" in told["truncated payloads"]


@pytest.mark.parametrize("comment", ["", '// it says "NaN V" when it is short'])
def test_a_text_in_a_comment_is_none_of_the_scripts(tmp_path, comment):
    script = f"{comment}\n" + decoder("{ data: { id: input.bytes[0], voltage: input.bytes[1] / 10 + ' V' } }")
    assert found(laid(tmp_path, script, ["0221"])) == {("broken-text", "truncated payloads")}


@pytest.mark.parametrize(
    ("computed", "kind"),
    [
        ("new (globalThis['D' + 'ate'])().getTime()", "depends-on-clock"),
        ("Math['ran' + 'dom']()", "depends-on-random"),
        ("new (globalThis['D' + 'ate'])(2026, 0, 2).getTime()", "depends-on-time-zone"),
        ("(1.5)['toLocale' + 'String']()", "depends-on-locale"),
    ],
)
def test_a_name_that_is_computed_hides_nothing(tmp_path, computed, kind):
    assert found(laid(tmp_path, field(computed, 1), ["01"])) == {(kind, "level")}
