"""What is counted in a script: by hand, in every form of the language, and with its semantics unchanged."""

import json
from pathlib import Path

import pytest

from octavo.errors import ContentError
from octavo.formatters import Formatter
from octavo.formatters.watching import Lens
from octavo.lab.coverage import measure
from octavo.lab.coverage.lines import line_hits
from octavo.lab.coverage.plan import plan
from octavo.lab.subjects import subjects

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases" / "coverage.json").read_text(encoding="utf-8"))
SAME = json.loads((HERE / "cases" / "coverage_same.json").read_text(encoding="utf-8"))


def rewritten(text):
    planned = plan(text)
    return planned.insertions.made(planned.counters, 0)


@pytest.fixture
def run(tmp_path, warm_pool):  # noqa: ARG001 - workers that are there already
    """Runs a text with and without counters: the results, and what was counted."""

    def called(text, inputs, dialect="tts"):
        file = tmp_path / "script.js"
        file.write_text(text, encoding="utf-8")
        seen = []
        for lens in (Lens(), Lens(rewritten)):
            with Formatter(file, name="script", dialect=dialect, lens=lens) as formatter:
                seen.append(list(formatter.watch_raw("decode_uplink", inputs)))
        plain, counted = ([(each.text, each.error and each.error.message) for each in some] for some in seen)
        counts = [sum(column) for column in zip(*(each.counts[1:] for each in seen[1]), strict=True)]
        return plain, counted, counts

    return called


@pytest.mark.parametrize("case", CASES, ids=[case["description"] for case in CASES])
def test_counts_are_istanbuls(run, case):
    """The numbers are those that istanbul-lib-instrument 6.0.3 gave for the same calls."""
    text = case["script"]
    plain, counted, counts = run(text, case["inputs"])
    assert counted == plain
    planned = plan(text)
    lines = text.encode()

    def place(spot):
        return [spot.line, spot.start - (lines.rfind(b"\n", 0, spot.start) + 1), counts[spot.counter]]

    assert [place(spot) for spot in planned.statements] == case["statements"]
    forks = [[fork.kind, fork.line, [arm.counted(counts).hits for arm in fork.arms]] for fork in planned.branches]
    assert sorted(forks) == case["branches"]
    assert sorted([spot.line, counts[spot.counter]] for spot in planned.functions) == case["functions"]
    hits = line_hits(text, planned.stretches, counts)
    assert [number for number, count in enumerate(hits, 1) if not count] == case["lines_not_run"]


@pytest.mark.parametrize("text", [case["script"] for case in SAME], ids=[case["description"] for case in SAME])
def test_a_script_does_the_same_when_it_is_counted(run, text):
    plain, counted, _ = run(text, [{"n": 1, "bytes": [1]}, {"n": 2}, {"n": 3, "a": {"b": None}}])
    assert counted == plain
    assert [line.count("\r") for line in rewritten(text).split("\n")][: text.count("\n")] == [
        line.count("\r") for line in text.split("\n")
    ][: text.count("\n")]


def test_a_module_is_counted(run):
    text = "import { Buffer as B } from 'buffer';\nexport const f = () => B.from([7])[0];\n"
    text += "export function decodeUplink(i) { return { data: f() || 1 }; }\nexport { f as g };\n"
    plain, counted, counts = run(text, [{}], dialect="chirpstack4")
    assert plain == counted == [('{"data":7}', None)]
    assert counts[plan(text).functions[0].counter] == 1


def test_what_does_not_parse_is_an_error_with_its_place():
    with pytest.raises(ContentError, match="JavaScript that parses was expected") as caught:
        plan("function f() {}\nvar x = = 1;\n", "x.js")
    assert (caught.value.file, caught.value.line) == ("x.js", 2)


def test_a_script_that_reads_its_own_text_is_refused(tmp_path):
    text = "function decodeUplink(i) { return { data: decodeUplink.toString().length }; }\n"
    (tmp_path / "x.js").write_text(text, encoding="utf-8")
    example = {"name": "x", "input": {"bytes": [1], "fPort": 1}, "expected": {}}
    (tmp_path / "test_decode_x.json").write_text(json.dumps([example]), encoding="utf-8")
    (subject,) = subjects(str(tmp_path / "x.js"))
    with pytest.raises(ContentError, match="cannot be counted: decode_uplink gives"):
        measure(subject)


def test_deep_and_long_scripts_are_planned():
    """No recursion, and time that grows with the length."""
    deep = "var x = " + "(" * 2000 + "1" + " || 2)" * 2000 + ";\n"
    wide = "if (a) { b(); } else c = d && e;\n" * 3000
    chain = "if (a) x = 1;\n" + "else if (b) x = 2;\n" * 1500
    assert len(plan(deep).branches) == 1
    assert len(plan(wide).statements) == 9000
    planned = plan(chain)
    assert len(planned.branches) == 1501
    assert len(line_hits(chain, planned.stretches, [1] * planned.counters)) == 1501
