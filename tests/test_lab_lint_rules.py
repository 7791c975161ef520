"""Every kind of finding of ``octavo lint``: a script with exactly that defect, and a twin without it."""

import json
from pathlib import Path

import pytest

from octavo.formatters import DIALECTS
from octavo.lab.lint import KINDS, lint
from octavo.lab.subjects import Subject

CASES = json.loads((Path(__file__).parent / "cases" / "lint.json").read_text(encoding="utf-8"))
CLEAN = "function decodeUplink(input) {\n  return { data: { n: input.bytes[0] } };\n}\n"

pytestmark = pytest.mark.usefixtures("warm_pool")


@pytest.fixture
def linted(tmp_path):
    """Lints a text, for some networks."""

    def run(text, dialects):
        file = tmp_path / "probe.js"
        file.write_text(text, encoding="utf-8")
        return lint(Subject("probe.js", file), dialects=dialects)

    return run


def of_case(found, case):
    return [each for each in found if each.kind == case["kind"] and case["where"] in (None, each.where)]


@pytest.mark.parametrize("case", CASES, ids=[case["description"] for case in CASES])
def test_the_defect_is_found_and_nothing_else_and_its_twin_is_clean(case, linted):
    everything = linted(case["defect"], case["asked"])
    (found,) = of_case(everything, case)
    assert set(found.dialects) == set(case["found"])
    assert {each.kind for each in everything if each.severity != "note"} <= {case["kind"], "missing-function"}
    assert not of_case(linted(case["twin"], case["asked"]), case)


def test_a_finding_tells_its_place_and_its_command(linted):
    (found,) = linted(f"{CLEAN}\nfunction later() {{\n/* é */ new TextDecoder();\n}}", ["tts"])
    assert (found.line, found.column) == (6, 13)
    assert found.file is not None
    assert found.file.endswith("probe.js")
    assert found.command == "octavo lint probe.js --for tts"
    assert "The Things Stack" in found.why
    assert found.severity == "warning"


RELEASES = [
    (
        "function f() { return this.n; }\nfunction g() { f(); }",
        "chirpstack4",
        "on ChirpStack from 4.17 a script is strict",
    ),
    ("function f() { n = 1; }", "chirpstack4", "on ChirpStack from 4.17 the code is strict"),
    ("function f() { return console; }", "chirpstack4", "on ChirpStack it throws"),
    ("var n = 1_000;", "tts", "on The Things Stack, as of 3.32, the script does not load"),
    ("var n = 1_000;", "tts-3.32", "on The Things Stack 3.32 the script does not load"),
    ("function f() { return [].toSorted(); }", "tts", "on The Things Stack, as of 3.32, it throws"),
    ("var n = RegExp.$1;", "tts", "on The Things Stack, as of 3.32, it is undefined, and nothing is thrown"),
    ("function f() { return console; }", "tts", "on The Things Stack it throws"),
]


@pytest.mark.parametrize(("text", "dialect", "why"), RELEASES)
def test_a_sentence_says_what_comes_of_it_and_from_which_release(linted, text, dialect, why):
    (found,) = linted(CLEAN + text, [dialect])
    assert found.why.startswith(why)


def test_every_kind_has_a_test():
    elsewhere = {"fails-there", "differs-there", "quickjs-syntax", "too-large"}
    assert {case["kind"] for case in CASES} | elsewhere == set(KINDS)


@pytest.mark.parametrize(
    ("size", "severities"), [(40_960, []), (40_961, ["warning"]), (65_536, ["warning"]), (65_537, ["error"])]
)
def test_the_things_stack_takes_no_large_scripts(size, severities, linted):
    text = CLEAN + "// é"
    found = linted(text + "x" * (size - len(text.encode())), ["tts", "tts-3.32", "chirpstack4"])
    assert [each.severity for each in found] == severities
    assert all(each.kind == "too-large" and each.dialects == ("tts", "tts-3.32") for each in found)


def test_a_plain_script_is_clean_everywhere(linted):
    names = ("Decoder", "Decode", "Encoder", "Encode", "encodeDownlink", "decodeDownlink")
    plain = CLEAN + "".join(f"function {name}(a, b) {{ return []; }}\n" for name in names)
    assert linted(plain, DIALECTS) == []


SPARE = (
    "String.prototype.padStart = String.prototype.padStart || function (n, c) { return c.repeat(n) + this; };",
    "if (!String.prototype.padStart) { String.prototype.padStart = function (n, c) { return c.repeat(n) + this; }; }",
    "function wide(n) { return { high: n, toString: function () { return 'x'.repeat(n); } }; }",
    "var wide = { toJSON: function () { return 'x'.repeat(3); } };",
)


@pytest.mark.parametrize("text", SPARE)
def test_what_stands_in_for_a_missing_member_may_use_another(tmp_path, text):
    file = tmp_path / "spare.js"
    decoder = "function Decode(port, bytes) { return { n: bytes[0] }; }\n"
    file.write_text(decoder + text, encoding="utf-8")
    assert [each.kind for each in lint(Subject("spare.js", file), dialects=("chirpstack3",))] == []
    file.write_text(decoder + "function f(n) { return 'x'.repeat(n); }", encoding="utf-8")
    assert [each.where for each in lint(Subject("spare.js", file), dialects=("chirpstack3",))] == [".repeat"]
