"""``octavo test`` over many files: options, the table, JUnit XML, interruption, untested codecs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.examples import Row, junit, run_all, sources

from .terminal import environment as surroundings
from .terminal import plain, shown

SCRIPT = "function decodeUplink(input) { return { data: { n: input.bytes[0] + 0.25 }, warnings: [] }; }\n"


def example(name, n, **more):
    return {"name": name, "input": {"bytes": [1], "fPort": 1}, "expected": {"data": {"n": n}} | more}


@pytest.fixture(autouse=True)
def vendors(tmp_path, monkeypatch, warm_pool):  # noqa: ARG001 - workers that are there already
    monkeypatch.chdir(tmp_path)
    for vendor, n in (("acme", 1.25), ("other", 9)):
        folder = tmp_path / "vendors" / vendor / "codecs"
        folder.mkdir(parents=True)
        (folder / "x.js").write_text(SCRIPT, encoding="utf-8")
        text = json.dumps([example("one", n, warnings=[]), example("two", 1.25)])
        (folder / "test_decode_x.json").write_text(text, encoding="utf-8")
    (tmp_path / "vendors" / "acme" / "codecs" / "bare.js").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "vendors"


def run(*args):
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def outcomes(*args):
    return [json.loads(line)["outcome"] for line in run("test", *args).stdout.splitlines()]


def test_rows_come_in_the_order_of_the_files():
    assert outcomes("vendors") == ["untested", "passed", "failed", "failed", "failed"]
    result = run("test", "vendors")
    assert (result.exit_code, result.stderr) == (1, "5 examples: 1 passed, 3 failed, 1 untested\n")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--ignore-empty"], ["untested", "passed", "passed", "failed", "passed"]),
        (["--ignore-empty", "--tolerance", "8"], ["untested", "passed", "passed", "passed", "passed"]),
        (["--dialect", "ttn2"], ["untested", "error", "error", "error", "error"]),
    ],
)
def test_options_change_the_rule(options, expected):
    assert outcomes("vendors", *options) == expected


def test_tolerance_is_a_number_from_zero():
    assert run("test", "vendors", "--tolerance", "-1").exit_code == 2


def test_accepting_says_what_was_written_and_passes():
    result = run("test", "vendors/other", "--accept")
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert "accepted in line 1: /data/n: expected 9, got 1.25" in first["notes"]
    assert "accepted in line 1: /warnings: expected nothing, got []" in second["notes"]
    assert "1 file changed: vendors/other/codecs/test_decode_x.json" in result.stderr


@pytest.mark.usefixtures("vendors")
def test_a_terminal_gets_a_bar_while_it_runs_and_a_table_at_the_end(tmp_path):
    status, text = shown("octavo test vendors", tmp_path, surroundings())
    lines = plain(text).splitlines()
    assert status == 1
    assert lines[-4:] == [
        "folder                passed  failed  untested",
        "vendors/acme/codecs   1       1       1",
        "vendors/other/codecs  0       2       0",
        "5 examples: 1 passed, 3 failed, 1 untested",
    ]
    assert any(
        line.startswith("FAILED vendors/other/codecs/test_decode_x.json::decode_uplink-0  one") for line in lines
    )


def test_a_table_of_many_folders_is_short(vendors):
    for number in range(30):
        folder = vendors / f"v{number}" / "codecs"
        folder.mkdir(parents=True)
        (folder / "x.js").write_text(SCRIPT, encoding="utf-8")
        (folder / "test_decode_x.json").write_text("[]", encoding="utf-8")
    _, text = shown("octavo test vendors", vendors.parent, surroundings())
    lines = plain(text).splitlines()
    table = [line.split() for line in lines[-23:-1]]
    assert [table[0], table[1]] == [
        ["folder", "passed", "failed", "untested"],
        ["vendors/other/codecs", "0", "2", "0"],
    ]
    assert table[-1] == ["12", "others", "0", "0", "12"]


def test_junit_has_every_row(tmp_path):
    result = run("test", "vendors", "--junit", "out.xml")
    assert "5 rows written to out.xml" in result.stderr
    root = ET.fromstring((tmp_path / "out.xml").read_bytes())  # noqa: S314 - written by us
    numbers = {name: root.attrib[name] for name in ("tests", "failures", "errors", "skipped")}
    assert numbers == {"tests": "5", "failures": "3", "errors": "0", "skipped": "1"}
    names = [case.attrib["name"] for case in root.iter("testcase")]
    assert names == ["untested", *["decode_uplink-0 one", "decode_uplink-1 two"] * 2]
    (failure,) = root.findall("testsuite[3]/testcase[1]/failure")
    assert failure.attrib["message"] == "/data/n: expected 9, got 1.25"


def test_junit_is_well_formed_whatever_a_script_says():
    row = Row("f::x-0", "f\0", "decode_uplink", "a\x01<b>\ud800\uffff&", "failed", notes=["\x1b[31m"])
    (case,) = ET.fromstring(junit.report([row])).iter("testcase")  # noqa: S314 - written by us
    assert case.attrib["name"] == "x-0 a<b>&"
    assert case.find("system-out").text == "[31m"


def test_a_report_that_cannot_be_written_is_one_sentence():
    result = run("test", "vendors/acme", "--junit", "none/out.xml")
    assert result.exit_code == 1
    assert "octavo: none/out.xml: No such file or directory" in result.stderr


def test_no_example_that_ran_is_no_pass(vendors):
    result = run("test", str(vendors / "acme" / "codecs" / "bare.js"))
    assert result.exit_code == 1
    (vendors / "acme" / "codecs" / "test_decode_x.json").write_text("[]", encoding="utf-8")
    result = run("test", "vendors/acme")
    assert (result.exit_code, result.stderr) == (1, "2 examples: 2 untested\n")


def test_an_example_that_is_not_there_is_wrong_usage():
    result = run("test", "vendors", "vendors/acme/codecs/test_decode_x.json::decode_uplink-7")
    assert result.exit_code == 2
    assert "there is no example 'decode_uplink-7'" in result.stderr


def test_files_are_not_held_when_their_rows_are_told(vendors):
    """The number of files ahead of the one that is told is bounded."""
    taken = []
    for number in range(40):
        (vendors / f"test_decode_{number}.json").write_text("[5]", encoding="utf-8")

    def watched():
        for source in sources(str(vendors)):
            taken.append(source)
            yield source

    ahead = [len(taken) - told for told, _ in enumerate(run_all(watched()))]
    assert max(ahead) <= 4 * (os.cpu_count() or 1) + 1


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interruption_is_tidy(vendors):
    loop = "function decodeUplink() { for (;;) {} }"
    (vendors / "acme" / "codecs" / "x.js").write_text(loop, encoding="utf-8")
    many = [example(str(number), 1) for number in range(60)]
    (vendors / "acme" / "codecs" / "test_decode_x.json").write_text(json.dumps(many), encoding="utf-8")
    command = [Path(sys.executable).with_name("octavo"), "test", "vendors"]
    with subprocess.Popen(
        command, cwd=vendors.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline()  # the row of what is untested: it runs
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert (child.returncode, said.splitlines()[-1:]) == (130, ["octavo: interrupted"])


def test_the_clock_stands_still_for_examples(vendors):
    folder = vendors / "acme" / "codecs"
    script = "function decodeUplink() { return { data: { at: new Date().toISOString() } }; }\n"
    (folder / "clock.js").write_text(script, encoding="utf-8")
    expected = {"data": {"at": "2026-01-02T03:04:05.000Z"}}
    case = {"name": "now", "input": {"bytes": [1]}, "expected": expected}
    (folder / "test_decode_clock.json").write_text(json.dumps([case]), encoding="utf-8")
    file = "vendors/acme/codecs/test_decode_clock.json"
    assert outcomes(file) == ["failed"]
    assert outcomes(file, "--now", "2026-01-02T03:04:05Z") == ["passed"]


def test_the_script_of_a_package_finds_its_examples(tmp_path):
    """A TS013 package whose package.json does not say that it is a driver's."""
    (tmp_path / "index.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "other.js").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0", "main": "index.js"}', encoding="utf-8")
    case = {
        "type": "uplink",
        "description": "one",
        "input": {"bytes": [1], "fPort": 1},
        "output": {"data": {"n": 1.25}},
    }
    (tmp_path / "examples.json").write_text(json.dumps([case | {"output": case["output"] | {"warnings": []}}]), "utf-8")
    assert outcomes("index.js") == outcomes("examples.json") == ["passed"]
    assert outcomes("other.js") == ["error"], "the examples are another script's"


def test_the_script_and_the_network_have_one_clock(vendors):
    """The second call may come a second later: what it gives is no other thing."""
    folder = vendors / "acme" / "codecs"
    script = "function decodeUplink() { return { data: { at: new Date().toISOString(), n: Math.random() } }; }\n"
    (folder / "clock.js").write_text(script, encoding="utf-8")
    case = {"name": "now", "input": {"bytes": [1]}, "expected": {"data": {"at": "XXXX-XX-XXTXX:XX:XX.XXXZ"}}}
    (folder / "test_decode_clock.json").write_text(json.dumps([case] * 9), encoding="utf-8")
    result = CliRunner().invoke(main, ["test", "vendors/acme/codecs/test_decode_clock.json", "--json"])
    assert [json.loads(line)["notes"] for line in result.stdout.splitlines()] == [[]] * 9


def test_the_order_of_members_counts_when_asked(vendors):
    folder = vendors / "acme" / "codecs"
    expected = {"warnings": [], "data": {"n": 1.25}}
    (folder / "test_decode_x.json").write_text(
        json.dumps([{"name": "n", "input": {"bytes": [1]}, "expected": expected}]), encoding="utf-8"
    )
    assert outcomes("vendors/acme/codecs/x.js") == ["passed"]
    assert outcomes("vendors/acme/codecs/x.js", "--strict-order") == ["failed"]


def test_failures_that_scrolled_away_are_named_again(vendors):
    cases = [example(str(n), 1.25, warnings=[]) for n in range(40)] + [example("wrong", 9, warnings=[])]
    (vendors / "acme" / "codecs" / "test_decode_x.json").write_text(json.dumps(cases), encoding="utf-8")
    _, text = shown("octavo test vendors/acme/codecs/test_decode_x.json", vendors.parent, surroundings())
    assert [line.split()[0] for line in plain(text).splitlines()[-2:]] == ["FAILED", "41"]
