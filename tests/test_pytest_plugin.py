"""The pytest plugin, run by pytest itself."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

SCRIPT = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n"
CODEC = """
uplinkDecoder:
  fileName: x.js
  examples:
    - description: one
      input: {bytes: [1], fPort: 1}
      output: {data: {n: 1}}
    - description: two
      input: {bytes: [2], fPort: 1}
      output: {data: {n: 3}}
    - input: {bytes: [3], fPort: 1}
      output: {data: {n: 3}}
"""


@pytest.fixture
def alone(pytester, monkeypatch):
    """Runs pytest with no plugin but ours, which is faster."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return lambda *options: pytester.runpytest_inprocess("-p", "octavo.pytest_plugin", *options)


@pytest.fixture
def project(pytester):
    folder = pytester.mkdir("formatters")
    (folder / "x.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "x.yaml").write_text(CODEC, encoding="utf-8")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return pytester


def test_each_example_is_a_test_and_a_failure_shows_the_difference(project):
    """With all the plugins that are installed, ours found by its entry point."""
    result = project.runpytest_inprocess("formatters", "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*formatters/x.yaml::decode_uplink-0 PASSED*"])
    result.stdout.fnmatch_lines(
        [
            "*decode_uplink-1 two*",
            "failed: two",
            "  /data/n: expected 3, got 2",
            "again: octavo test *formatters/x.yaml::decode_uplink-1",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*runner.py*")


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("selection", "outcomes"),
    [
        (["formatters/x.yaml::decode_uplink-0"], {"passed": 1}),
        (["formatters", "-k", "decode_uplink-2"], {"passed": 1, "deselected": 2}),
    ],
)
def test_one_example_can_be_selected(alone, selection, outcomes):
    alone(*selection).assert_outcomes(**outcomes)


@pytest.mark.usefixtures("project")
def test_distribution_does_not_matter(alone):
    alone("-p", "xdist", "-n", "2", "formatters").assert_outcomes(passed=2, failed=1)


def test_a_codec_without_examples_is_skipped_so_that_it_shows(project, alone):
    (project.path / "formatters" / "x.yaml").write_text("uplinkDecoder:\n  fileName: x.js\n", encoding="utf-8")
    result = alone("formatters", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*there are no examples*"])


def test_a_broken_codec_is_an_error_at_its_line(project, alone):
    (project.path / "formatters" / "x.yaml").write_text("uplinkDecoder:\n  fileName: y.js\n", encoding="utf-8")
    result = alone("formatters")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*x.yaml:2:13: uplinkDecoder.fileName: there is no file 'y.js' beside it"])


def test_a_device_that_cannot_be_loaded_fails_each_example(project, alone):
    (project.path / "formatters" / "driver.yaml").write_text("signature: actility\n", encoding="utf-8")
    result = alone("formatters")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*actility*"])


@pytest.mark.parametrize(("text", "words"), [("uplinkDecodr: {}\n", "did you mean uplinkDecoder"), ("", "empty")])
def test_a_spoilt_codec_yaml_beside_a_script_is_an_error(project, alone, text, words):
    (project.path / "formatters" / "y.yaml").write_text(text, encoding="utf-8")
    (project.path / "formatters" / "index.yaml").write_text("endDevices: []\n", encoding="utf-8")
    result = alone("formatters")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*y.yaml:*{words}*"])


def test_the_line_that_throws_is_shown(project, alone):
    script = "function decodeUplink(input) {\n  throw new Error('boom');\n}\n"
    (project.path / "formatters" / "x.js").write_text(script, encoding="utf-8")
    result = alone("formatters/x.yaml::decode_uplink-0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  2 |   throw new Error('boom');", "    |         ^"])


def test_notes_are_a_section_of_the_report(project, alone):
    script = "function decodeUplink(input) { return { data: { n: input.bytes[0] == 2 ? 2 : NaN } }; }\n"
    (project.path / "formatters" / "x.js").write_text(script, encoding="utf-8")
    result = alone("formatters", "-rP")
    result.stdout.fnmatch_lines(["*octavo's notes*", "*tts would fail*"])


def test_foreign_yaml_is_not_collected(pytester, alone):
    pytester.makefile(".yaml", compose="services:\n  uplinkDecoder: {}\n", broken="a: [\n", empty="")
    pytester.makefile(".yml", workflow="on: push\nfunctions: {}\n")
    assert alone(".").ret == pytest.ExitCode.NO_TESTS_COLLECTED


IMPORTED = """
import sys
import octavo.pytest_plugin
heavy = {"yaml", "click", "rich", "construct", "jsonschema", "octavo.catalog", "octavo.sandbox"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_plugin_loads_no_engine():
    run = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
