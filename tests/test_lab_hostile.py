"""The workbench with files and scripts that are not what it is made for: each is told in words, none ends it."""

import json
import shlex

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ContentError
from octavo.formatters import Formatter
from octavo.lab.coverage import measure
from octavo.lab.subjects import Subject, subjects
from octavo.messages import Uplink

pytestmark = pytest.mark.usefixtures("warm_pool")

FAULTY = """function decodeUplink(input) { return {data: {a: input.bytes[1].b.c}}; }
function encodeDownlink(input) { return {bytes: [input.data < 0 ? NaN : 1], fPort: 1}; }
"""
NAMES = ["-dash.js", "--help.js", "sp ace.js", "quo'te\".js", "new\nline.js", "$(pwd).js", "*.js", "@at.js", "a:b.js"]
EXAMPLES = """uplinkDecoder:
  fileName: d.js
  examples:
    - {description: odd, input: {bytes: [1], fPort: 1, variables: [1]}, output: {data: {}}}
"""


def run(*arguments):
    """Exit code and rows; whatever happens is told by a sentence."""
    command, *others = arguments
    result = CliRunner().invoke(main, [command, "--json", *others])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    rows = [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]
    return result.exit_code, rows


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_links_that_lead_nowhere_are_no_formatters(here):
    (here / "good.js").write_text(FAULTY, encoding="utf-8")
    (here / "loop.js").symlink_to("loop.js")
    (here / "broken.js").symlink_to("nowhere.js")
    (here / "self").symlink_to(".")
    assert [each.name for each in subjects(".")] == ["good.js"]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_a_finding_shows_it_again(here, name):
    (here / name).write_text(FAULTY, encoding="utf-8")
    status, found = run("check", "--runs", "3", "--", name)
    assert status == 1
    shown = [row for row in found if row["kind"] != "not-examined"]  # which no message shows
    assert shown
    for row in shown:
        _, *words = shlex.split(row["command"])
        assert run(*words)[0] in (0, 1), row["command"]


def test_variables_that_are_none_end_no_run(here):
    (here / "d.js").write_text("function decodeUplink() { return {data: {}}; }", encoding="utf-8")
    (here / "d.yaml").write_text(EXAMPLES, encoding="utf-8")
    _, (row,) = run("test", ".")
    assert (row["description"], row["outcome"]) == ("odd", "passed")
    assert row["notes"] == ["input.variables: no network gives this: texts by name were expected, got [1]"]
    with Formatter(here / "d.js", name="d", dialect="tts") as formatter:
        (outcome,) = formatter.decode_uplinks([Uplink(b"", 1, None, [1])])
    assert "variables: texts by name were expected, not list" in str(outcome)


@pytest.mark.parametrize("text", ["function decodeUplink(input) { return {data: ", "nowhere.x = 1; " + FAULTY])
@pytest.mark.parametrize("command", ["check", "lint"])
def test_a_script_that_does_not_load_is_found(here, command, text):
    (here / "broken.js").write_text(text, encoding="utf-8")
    status, found = run(command, "broken.js")
    assert status == 1
    assert {row["severity"] for row in found} == {"error"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("function octavoCounts() { return '0,1'; }", "it says octavoCounts"),
        ("function decodeUplink() { eval('octavo' + 'Counts = function () { return \"0,1\"; }'); return {}; }", "puts"),
    ],
)
def test_a_script_that_meddles_with_what_is_counted_is_refused(here, text, told):
    (here / "d.js").write_text(f"{text}\nfunction encodeDownlink() {{ return {{}}; }}", encoding="utf-8")
    (here / "d.yaml").write_text(EXAMPLES, encoding="utf-8")
    (subject,) = subjects("d.yaml")
    assert isinstance(subject, Subject)
    with pytest.raises(ContentError, match=told):
        measure(subject)
