"""``octavo check``: how findings are shown, chosen and accepted, and its exit codes. What is found is stood in for."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ScriptError
from octavo.lab.check import RUNS
from octavo.lab.findings import Defect

from .terminal import environment as surroundings
from .terminal import plain, shown

SCRIPT = "function decodeUplink(input) {\n  return { data: { n: input.bytes[0] / 2 } };\n}\n"
NAMES = ("acme/one", "acme/two", "other/three")
FOUND = Defect(
    "not-a-number",
    "",
    "n",
    "n is NaN where the payload is empty",
    "The Things Stack drops the decoded payload of the whole message.",
    dialects=("tts", "tts-3.32"),
    line=2,
    column=23,
    operation="decode_uplink",
    payload=b"",
    f_port=1,
    got={"data": {"n": "NaN"}},
    command="octavo decode x.js '' -p 1",
)
NOTE = replace(FOUND, kind="bytes-never-read", where="", severity="note", payload=b"\x01\x02")
WARNING = replace(FOUND, kind="type-change", severity="warning", payload=None, data={"n": 1})


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch, warm_pool):  # noqa: ARG001 - workers that are there already
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        file = tmp_path / "formatters" / f"{name}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def finds(monkeypatch):
    """Lets every formatter have certain defects; gives what the engine was asked."""
    asked = []

    def let(*defects, only_in=""):
        def check(subject, **how):
            asked.append((subject.name, {name: value for name, value in how.items() if name != "stopped"}))
            return [
                replace(each, subject=subject.name, file=str(subject.file))
                for each in defects
                if only_in in subject.name
            ]

        monkeypatch.setattr("octavo.lab.check.check", check)
        return asked

    return let


def run(*args):
    result = CliRunner().invoke(main, ["check", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_finding_is_a_row(finds):
    finds(FOUND)
    result = run("formatters/acme/one.js")
    (row,) = rows(result)
    assert result.exit_code == 1
    assert row == {
        "kind": "not-a-number",
        "severity": "error",
        "subject": "formatters/acme/one.js",
        "where": "n",
        "message": "n is NaN where the payload is empty",
        "why": "The Things Stack drops the decoded payload of the whole message.",
        "dialects": ["tts", "tts-3.32"],
        "file": "formatters/acme/one.js",
        "line": 2,
        "column": 23,
        "operation": "decode_uplink",
        "payload": "",
        "f_port": 1,
        "data": None,
        "got": {"data": {"n": "NaN"}},
        "command": "octavo decode x.js '' -p 1",
        "accepted": False,
    }
    assert result.stderr == "1 formatter: 1 error\n"


@pytest.mark.parametrize(
    ("defects", "status", "said"),
    [
        ([], 0, "3 formatters: nothing found\n"),
        ([NOTE], 0, "3 formatters: 3 notes\n"),
        ([NOTE, WARNING], 1, "3 formatters: 3 warnings, 3 notes\n"),
        ([FOUND, NOTE], 1, "3 formatters: 3 errors, 3 notes\n"),
    ],
)
def test_notes_alone_are_no_failure(finds, defects, status, said):
    finds(*defects)
    result = run("formatters")
    assert (result.exit_code, result.stderr) == (status, said)


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (["--only", "not-a-number"], ["not-a-number"]),
        (["--only", "type-change", "--only", "not-a-number"], ["not-a-number", "type-change"]),
        (["--ignore", "not-a-number"], ["type-change", "bytes-never-read"]),
        (["--severity", "warning"], ["not-a-number", "type-change"]),
        (["--severity", "error"], ["not-a-number"]),
    ],
)
def test_what_is_told_can_be_chosen(finds, options, kinds):
    finds(FOUND, WARNING, NOTE)
    assert [row["kind"] for row in rows(run("formatters/acme/one.js", *options))] == kinds


def test_the_engine_is_asked_as_the_command_was(finds):
    asked = finds()
    run("formatters/acme/one.js")
    run("formatters/acme/one.js", "--seed", "7", "--runs", "20")
    assert [how for _, how in asked] == [{"seed": 0, "runs": RUNS}, {"seed": 7, "runs": 20}]


def test_a_formatter_that_is_named_twice_is_examined_once(finds):
    asked = finds()
    run("formatters", "formatters/acme", "formatters/acme/one.js")
    assert [name for name, _ in asked] == [
        "formatters/acme/one.js",
        "formatters/acme/two.js",
        "formatters/other/three.js",
    ]


def test_findings_are_accepted_and_then_not_told(finds):
    finds(FOUND, NOTE)
    accepting = run("formatters", "--baseline", "accepted.json", "--accept")
    assert accepting.exit_code == 0
    assert "accepted.json: 6 accepted (6 more, 0 less)" in accepting.stderr
    assert all(row["accepted"] for row in rows(accepting))
    again = run("formatters", "--baseline", "accepted.json")
    assert (again.exit_code, again.stderr) == (0, "3 formatters: nothing found, 6 accepted\n")
    finds(FOUND, NOTE, WARNING)
    more = run("formatters", "--baseline", "accepted.json")
    assert more.exit_code == 1
    assert {row["kind"]: row["accepted"] for row in rows(more)} == {
        "not-a-number": True,
        "bytes-never-read": True,
        "type-change": False,
    }


def test_what_is_accepted_and_no_longer_there_is_told_and_then_taken_out(finds):
    finds(FOUND)
    run("formatters", "--baseline", "accepted.json", "--accept")
    finds(FOUND, only_in="one")
    sentence = "accepted, but no longer there: formatters/acme/two.js: not-a-number at n"
    result = run("formatters", "--baseline", "accepted.json")
    assert result.exit_code == 0
    assert sentence in result.stderr
    assert "accepted, but" not in run("formatters/acme/one.js", "--baseline", "accepted.json").stderr
    assert "accepted, but" not in run("formatters", "--baseline", "accepted.json", "--only", "throws").stderr
    assert "1 accepted (0 more, 2 less)" in run("formatters", "--baseline", "accepted.json", "--accept").stderr
    assert "accepted, but" not in run("formatters", "--baseline", "accepted.json").stderr


def test_accepting_one_formatter_keeps_what_is_accepted_of_others(finds):
    finds(FOUND)
    run("formatters", "--baseline", "accepted.json", "--accept")
    finds(WARNING)
    run("formatters/acme/one.js", "--baseline", "accepted.json", "--accept", "--only", "type-change")
    assert len(json.loads(Path("accepted.json").read_text(encoding="utf-8"))["accepted"]) == 4


def test_a_file_that_cannot_be_read_is_told_and_fails(finds, workspace):
    finds()
    folder = workspace / "formatters" / "acme"
    (folder / "away.yaml").write_text("uplinkDecoder: {fileName: away.js}\n", encoding="utf-8")
    (folder / "bad.yaml").write_text("uplinkDecoder: [\n", encoding="utf-8")
    result = run("formatters", "--severity", "error", "--only", "throws", "--baseline", "accepted.json", "--accept")
    assert result.exit_code == 1
    assert [(row["kind"], row["subject"], row["accepted"]) for row in rows(result)] == [
        ("unreadable", "formatters/acme/away.yaml", False),
        ("unreadable", "formatters/acme/bad.yaml", False),
    ]
    assert result.stderr.endswith("3 formatters: 2 errors\n"), "what cannot be read is no formatter"
    assert run("formatters", "--ignore", "unreadable").exit_code == 0


def test_a_formatter_that_fails_the_engine_does_not_stop_the_others(monkeypatch):
    def check(subject, **_):
        if "one" in subject.name:
            raise ScriptError("unexpected token", file=subject.name, line=2, column=3)
        return []

    monkeypatch.setattr("octavo.lab.check.check", check)
    result = run("formatters")
    (row,) = rows(result)
    assert (row["kind"], row["message"], row["line"], row["column"]) == ("unreadable", "unexpected token", 2, 3)
    assert (result.exit_code, result.stderr) == (1, "3 formatters: 1 error\n")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["none.js"], "no such file"),
        (["acme/none"], "acme/none"),
        (["formatters", "--only", "not-a-numbr"], "there is no kind 'not-a-numbr': did you mean not-a-number?"),
        (["formatters", "--ignore", "number"], "did you mean not-a-number?"),
        (["formatters", "--accept"], "--accept writes the file of --baseline FILE"),
        (["formatters", "--baseline", "none.json"], "none.json: there is no such file"),
        (["formatters", "--severity", "grave"], "grave"),
        (["formatters", "--runs", "0"], "--runs"),
        (["formatters", "--dialect", "lorawan"], "lorawan"),
        (["empty"], "empty holds no formatter"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage(finds, workspace, given, sentence):
    (workspace / "empty").mkdir()
    finds()
    result = run(*given)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_baseline_that_is_no_baseline_is_one_sentence(finds, workspace):
    finds()
    (workspace / "accepted.json").write_text("[1]", encoding="utf-8")
    result = run("formatters", "--baseline", "accepted.json")
    assert result.exit_code == 2
    expected = (
        "octavo: --baseline: a file that --accept wrote was expected: accepted.json:1:1: a file of accepted findings"
    )
    assert result.stderr.startswith(expected)


def test_a_folder_leaves_nothing_out_without_a_word(finds, workspace):
    finds()
    folder = workspace / "formatters" / "acme"
    for name, content in (("latin.js", b"// \xb0\n"), ("helper.js", b"function twice(n) {}\n"), ("empty.js", b"")):
        (folder / name).write_bytes(content)
    result = run("formatters")
    assert [(row["kind"], row["subject"]) for row in rows(result)] == [("unreadable", "formatters/acme/latin.js")]
    assert result.stderr == "3 formatters: 1 error; 2 other scripts without a formatter\n"
    assert run("formatters/acme/one.js").stderr == "1 formatter: nothing found\n"


def test_a_file_of_another_kind_is_no_formatter(workspace):
    (workspace / "readme.txt").write_text("hi\n", encoding="utf-8")
    result = run("readme.txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("octavo: readme.txt is no formatter: a script (.js), a codec YAML, ")


STAND_IN = """
import time
from dataclasses import replace
import octavo.lab.check
from octavo.lab.findings import Defect
def check(subject, *, stopped, **_):
    while {waits} and not stopped():
        time.sleep(0.01)
    found = Defect("not-a-number", subject.name, "n", "n is NaN", "It is lost.", dialects=("tts",), payload=b"",
        f_port=1, file=str(subject.file), line=2, column=23, got={{"data": {{"n": "NaN"}}}},
        command="octavo decode x.js")
    return [found, replace(found, kind="type-change", severity="warning", payload=None, data={{"n": 1}})]
octavo.lab.check.check = check
from octavo.cli import main
main(["check", "formatters"])
"""


def test_a_terminal_shows_all_that_is_known_and_tables(workspace):
    (workspace / "stood_in.py").write_text(STAND_IN.format(waits=False), encoding="utf-8")
    status, text = shown(f"{sys.executable} stood_in.py", workspace, surroundings())
    lines = plain(text).splitlines()
    assert status == 1
    start = lines.index("formatters/acme/one.js")
    assert lines[start : start + 17] == [
        "formatters/acme/one.js",
        "  error   not-a-number  n is NaN",
        "          It is lost. (tts)",
        '          payload (no bytes), port 1: {"data": {"n": "NaN"}}',
        "          at formatters/acme/one.js:2:23",
        "            2 |   return { data: { n: input.bytes[0] / 2 } };",
        "              |                       ^",
        "          again: octavo decode x.js",
        "  warning type-change  n is NaN",
        "          It is lost. (tts)",
        '          data {"n": 1}, port 1: {"data": {"n": "NaN"}}',
        "          at formatters/acme/one.js:2:23",
        "            2 |   return { data: { n: input.bytes[0] / 2 } };",
        "              |                       ^",
        "          again: octavo decode x.js",
        "formatters/acme/two.js",
        "  error   not-a-number  n is NaN",
    ]
    assert lines[-9:] == [
        "",
        "kind          severity  findings  formatters",
        "not-a-number  error     3         3",
        "type-change   warning   3         3",
        "",
        "folder            error  warning",
        "formatters/acme   2      2",
        "formatters/other  1      1",
        "3 formatters: 3 errors, 3 warnings",
    ]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interruption_is_tidy(workspace):
    text = STAND_IN.format(waits='"acme/one" not in subject.name')
    with subprocess.Popen(
        [sys.executable, "-c", text], cwd=workspace, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline()  # the first formatter's: it runs
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert (child.returncode, said.splitlines()[-1:]) == (130, ["octavo: interrupted"])
