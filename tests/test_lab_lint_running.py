"""What ``octavo lint`` sees when a formatter runs: loading, examples on every network, QuickJS."""

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest

from octavo.errors import LimitError
from octavo.formatters import DIALECTS
from octavo.lab.lint import lint, loading, missing_extra, networks_of, side_by_side
from octavo.lab.lint import quickjs as second
from octavo.lab.subjects import Subject, subjects

EXAMPLES = """\
uplinkDecoder:
  fileName: probe.js
  examples:
    - description: one
      input: {fPort: 1, bytes: [1, 2]}
      output: {data: {n: 1}}
downlinkEncoder:
  fileName: probe.js
  examples:
    - description: down
      input: {data: {n: 1}, fPort: 2}
      output: {bytes: [1], fPort: 2}
"""
DOWN = "function encodeDownlink(input) { return { bytes: [input.data.n], fPort: 2 }; }\n"
CLEAN = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n" + DOWN
pytestmark = pytest.mark.usefixtures("warm_pool")
needs_quickjs = pytest.mark.skipif(missing_extra() is not None, reason="the extra `lab` is not installed")


@pytest.fixture
def subject(tmp_path):
    """Makes a codec YAML with examples, and a script for it."""

    def make(text, **changes):
        (tmp_path / "probe.js").write_text(text, encoding="utf-8")
        (tmp_path / "probe.yaml").write_text(EXAMPLES, encoding="utf-8")
        (found,) = [each for each in subjects(str(tmp_path / "probe.yaml")) if isinstance(each, Subject)]
        return Subject(**{name: getattr(found, name) for name in Subject.__slots__} | changes)

    return make


def test_what_does_not_parse_is_told_once_for_all_networks(subject):
    wrong = subject("function decodeUplink(input) {\n  return { data: { };\n}\n")
    networks = ("tts", "chirpstack4", "ts013", "actility")
    (found,) = lint(wrong, dialects=networks)
    assert found.kind == "syntax-error"
    assert (found.where, found.message, found.line) == ("Unexpected token ';'", "Unexpected token ';'", 2)
    assert found.dialects == networks


def outcomes(table):
    return [{name: cell.outcome for name, cell in line.cells.items()} for line in table.lines]


# ---- networks ----


def test_a_codec_yaml_is_for_the_things_stack(subject):
    assert networks_of(subject(CLEAN)) == ("tts", "tts-3.32")


def test_what_says_its_dialect_is_for_that_network(subject):
    assert networks_of(subject(CLEAN, dialect="chirpstack4")) == ("chirpstack4",)
    assert networks_of(subject(CLEAN, dialect="ttn2")) == ("ttn2",)


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        (CLEAN, {"tts", "tts-3.32", "chirpstack4", "ts013", "actility"}),
        ("var Decode = function () {};", {"chirpstack3"}),
        ("function Decoder() {}", {"tts", "tts-3.32"}),
        ("exports.decodeUplink = function () {};", {"tts", "tts-3.32", "chirpstack4", "ts013", "actility"}),
    ],
)
def test_a_script_is_for_those_that_call_its_functions(text, networks, tmp_path):
    file = tmp_path / "probe.js"
    file.write_text(text, encoding="utf-8")
    assert set(networks_of(Subject("probe.js", file))) == networks


@pytest.mark.parametrize(
    ("text", "severity"), [("exports.handler = function () {};", "note"), ("function decodeUplnk() {}", "error")]
)
def test_a_script_that_no_network_calls_is_one_finding(text, severity, tmp_path):
    file = tmp_path / "probe.js"
    file.write_text(text, encoding="utf-8")
    (found,) = lint(Subject("probe.js", file))
    assert (found.kind, found.severity) == ("missing-function", severity)


# ---- examples ----


def test_networks_side_by_side(subject):
    table = side_by_side(subject(CLEAN), ("tts", "chirpstack4", "chirpstack3", "actility"))
    assert table.reference == "tts"
    assert outcomes(table) == [
        {"tts": "same", "chirpstack4": "same", "chirpstack3": "missing", "actility": "differs"},
        {"tts": "same", "chirpstack4": "same", "chirpstack3": "missing", "actility": "error"},
    ]
    assert [cell.words for cell in table.lines[0].cells.values()][2:] == ["no Decode", "/data/n: nothing, not 1"]
    line = json.loads(json.dumps(table.to_dict()))["lines"][0]
    assert (line["payload"], line["cells"]["tts"]) == ("0102", {"outcome": "same", "words": ""})


def test_a_script_that_an_engine_does_not_parse_is_an_error_there(subject):
    text = CLEAN + "const Decode = (port, bytes) => ({ n: bytes[0] });"
    table = side_by_side(subject(text), ("tts", "chirpstack3"))
    assert table.lines[0].cells["chirpstack3"].words == "otto does not parse let or const, arrow function"


def test_side_by_side_of_every_network_is_the_default(subject):
    assert side_by_side(subject(CLEAN)).dialects == DIALECTS


def test_a_failed_normalizing_is_no_lost_message(subject):
    text = CLEAN + "function normalizeUplink(input) { return { data: { battery: 3 } }; }"
    table = side_by_side(subject(text), ("tts", "tts-3.32"))
    assert outcomes(table)[0] == {"tts": "same", "tts-3.32": "partly"}
    assert "unknown field `battery`" in table.lines[0].cells["tts-3.32"].words
    assert lint(subject(text)) == []


def test_an_example_that_fails_on_one_network_only(subject):
    text = CLEAN.replace("input.bytes[0]", "input.variables.scale * input.bytes[0]")
    assert not [each for each in lint(subject(text)) if each.kind == "fails-there"]  # on both of its networks
    text = CLEAN.replace("input.bytes[0]", "input.recvTime.getTime() * 0 + 1")
    (found,) = lint(subject(text))
    assert (found.kind, found.dialects, found.payload, found.f_port) == ("fails-there", ("tts-3.32",), b"\x01\x02", 1)
    assert not lint(subject(text.replace("input.recvTime.", "new Date().")))


def test_what_differs_is_a_finding_where_networks_are_asked_for(subject):
    text = CLEAN.replace("n: input.bytes[0]", "n: input.variables ? 2 : 1")
    (found,) = lint(subject(text), dialects=("tts", "chirpstack4"))
    assert (found.kind, found.severity, found.message) == ("differs-there", "note", "/data/n: 2, not 1")
    assert lint(subject(text)) == []
    assert lint(subject(CLEAN), dialects=("tts", "chirpstack4")) == []


def test_an_example_that_reaches_a_finding_makes_it_an_error(subject):
    (found,) = lint(subject(CLEAN.replace("{ return { data", "{ n = 1; return { data")), dialects=("chirpstack4",))
    assert (found.kind, found.severity, found.payload) == ("undeclared-assignment", "error", b"\x01\x02")
    (found,) = lint(
        subject(CLEAN.replace("{ return { data", "{ if (input.x) n = 1; return { data")), dialects=("chirpstack4",)
    )
    assert (found.kind, found.severity, found.payload) == ("undeclared-assignment", "warning", None)


def test_console_is_seen_though_the_sandbox_lends_one(subject):
    (found,) = lint(subject(CLEAN.replace("{ return { data", "{ console.log(1); return { data")), dialects=("tts",))
    assert (found.where, found.severity, found.payload) == ("console", "error", b"\x01\x02")


def test_a_promise_from_elsewhere_is_seen_when_it_is_returned(subject):
    later = "async function later(input) { return { data: { n: 1 } }; }\n"
    text = later + CLEAN.replace("return { data: { n: input.bytes[0] } }", "return later(input)")
    (found,) = lint(subject(text))
    assert (found.kind, found.where, found.payload) == ("async-function", "decode_uplink", b"\x01\x02")
    assert lint(subject(text.replace("async ", ""))) == []


def test_an_example_shows_a_strict_comparison_of_the_port(subject):
    text = CLEAN.replace("{ return { bytes", "{ if (input.fPort === 2) return { bytes: [9] }; return { bytes")
    (found,) = lint(subject(text), dialects=("tts", "tts-3.32"))
    assert (found.kind, found.severity, found.data, found.f_port) == ("strict-port", "error", {"n": 1}, 2)
    assert "The Things Stack 3.32" in found.why
    assert lint(subject(text.replace("===", "==")), dialects=("tts", "tts-3.32")) == []


def test_what_ends_a_script_while_it_loads_is_told_once(subject):
    (found,) = lint(subject(CLEAN + "module.exports = decodeUplink;\n"))
    assert (found.kind, found.where, found.severity) == ("missing-global", "module", "error")


def test_a_script_that_does_not_end_while_it_loads(subject, monkeypatch):
    monkeypatch.setattr(loading, "PATIENCE_S", 2.0)
    (found,) = lint(subject(CLEAN + "for (;;) {}\n"))
    assert (found.kind, found.where) == ("load-error", "script_timeout")
    assert lint(subject(CLEAN + "for (;;) { break; }\n")) == []


def test_a_busy_machine_is_given_time(subject, monkeypatch):
    busy = [[LimitError("script timeout", name="script_timeout")], []]
    monkeypatch.setattr(loading, "_errors", lambda *_: busy.pop(0))
    assert lint(subject(CLEAN)) == []
    assert busy == []


def test_a_declaration_is_looked_at_as_its_script():
    declared = next(each for each in subjects("codecs") if isinstance(each, Subject))
    assert declared.declared
    assert lint(declared) == []


def test_nobody_waits(subject):
    assert side_by_side(subject(CLEAN), stopped=lambda: True).lines == ()
    assert lint(subject(CLEAN), stopped=lambda: True) == []


# ---- QuickJS ----


@needs_quickjs
def test_quickjs_tells_what_nothing_else_knows(tmp_path, monkeypatch):
    file = tmp_path / "probe.js"
    file.write_text(CLEAN, encoding="utf-8")
    monkeypatch.setattr(second, "_ask", lambda _text: [["SyntaxError: what it says", 3, 4]])
    (found,) = lint(Subject("probe.js", file), dialects=("tts", "chirpstack4"))
    assert (found.kind, found.dialects, found.line, found.column) == ("quickjs-syntax", ("chirpstack4",), 3, 4)
    monkeypatch.setattr(second, "_ask", lambda _text: [])
    assert lint(Subject("probe.js", file), dialects=("tts", "chirpstack4")) == []


@needs_quickjs
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("var a = 1;", None),
        ("while (true) {}", None),  # nothing runs
        ('import { read } from "ieee754"; export function f() {}', None),
        ("with (a) {}", (1, 1)),
        ("var a;\n  with (a) {}", (2, 3)),
        ("function Buffer() {}", None),  # hoisted into the import: no clash that QuickJS sees
        ("var f; function f() {}", (1, 18)),
    ],
)
def test_quickjs_parses_a_module_and_tells_the_place(text, place):
    blanked = second.as_script(text, (("Buffer", "buffer"),)).text
    answer = second._ask(blanked)
    assert (answer and tuple(answer[0][1:])) == (place or [])


@needs_quickjs
def test_quickjs_has_limits():
    deep = "[" * 500_000
    assert second._ask(deep) is None or "Error" in second._ask(deep)[0][0]


def test_quickjs_that_does_not_answer_says_nothing(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false") or "false")
    assert second._ask("var a") is None


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(second, "find_spec", lambda _name: None)
    assert 'pip install "octavo[lab]"' in missing_extra()


def test_importing_the_engine_loads_no_quickjs():
    code = "import sys, octavo.lab.lint; assert not {'quickjs', 'click'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
