"""The pytest plugin, run by pytest itself."""

import json
import subprocess
import sys

import pytest

from octavo import pytest_plugin
from octavo.examples import formats

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
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*x.yaml:2:13: uplinkDecoder.fileName: there is no file 'y.js' beside it"])


def test_a_device_that_cannot_be_loaded_fails_each_example(project, alone):
    (project.path / "formatters" / "driver.yaml").write_text("signature: nobody\n", encoding="utf-8")
    result = alone("formatters")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*nobody*"])


@pytest.mark.parametrize(("text", "words"), [("uplinkDecodr: {}\n", "did you mean uplinkDecoder"), ("", "empty")])
def test_a_spoilt_codec_yaml_beside_a_script_is_an_error(project, alone, text, words):
    (project.path / "formatters" / "y.yaml").write_text(text, encoding="utf-8")
    (project.path / "formatters" / "index.yaml").write_text("endDevices: []\n", encoding="utf-8")
    result = alone("formatters")
    result.assert_outcomes(passed=2, failed=2)
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


# ---- other formats ----

CHIRPSTACK = """// by hand
[{name: 'one', input: {bytes: [0x01]}, expected: {data: {n: 1}}},
 {name: 'two', input: {bytes: [2]}, expected: {data: {n: 3}}}]"""
PACKAGE = '[{"type": "uplink", "description": "up", "input": {"bytes": "05"}, "output": {"data": {"n": 5}}}]'


@pytest.fixture
def profile(pytester):
    """A ChirpStack profile and a TS013 package, among files of somebody else."""
    codecs = pytester.path / "vendors" / "acme" / "codecs"
    package = pytester.path / "package"
    for folder in (codecs, package):
        folder.mkdir(parents=True)
    (codecs / "x.js").write_text(SCRIPT, encoding="utf-8")
    (codecs / "test_decode_x.json").write_text(CHIRPSTACK, encoding="utf-8")
    (package / "index.js").write_text(SCRIPT, encoding="utf-8")
    (package / "examples.json").write_text(PACKAGE, encoding="utf-8")
    (package / "driver.yaml").write_text("signature:\n", encoding="utf-8")
    (pytester.path / "examples.json").write_text('{"of": "somebody else"}', encoding="utf-8")
    (pytester.path / "non-regression.json").write_text("{broken", encoding="utf-8")
    (pytester.path / "package.json").write_text("{}", encoding="utf-8")
    return pytester


RIGHT = {"passed": 2, "failed": 1}


def test_examples_of_every_format_are_tests_and_foreign_files_are_none(profile, alone):
    result = alone("-v")
    result.assert_outcomes(**RIGHT)
    result.stdout.fnmatch_lines(["*vendors/acme/codecs/test_decode_x.json::decode_uplink-0 PASSED*"])
    result.stdout.fnmatch_lines(
        ["*/data/n: expected 3, got 2", "again: octavo test *test_decode_x.json::decode_uplink-1"]
    )
    assert profile.path


@pytest.mark.usefixtures("profile", "project")
@pytest.mark.parametrize("options", [("-p", "xdist", "-n", "2"), ("-p", "pytest_randomly"), ("-p", "xdist", "-n", "0")])
def test_neither_distribution_nor_order_matters(alone, options):
    alone(*options).assert_outcomes(passed=4, failed=2)


@pytest.mark.parametrize(
    ("setting", "outcomes"),
    [
        ("octavo_tolerance = 1", {"passed": 3}),
        ("octavo_tolerance = wide", None),
    ],
)
def test_settings_change_the_rule(profile, alone, setting, outcomes):
    profile.makeini(f"[pytest]\n{setting}\n")
    result = alone()
    if outcomes is None:
        result.stdout.fnmatch_lines(["*octavo_tolerance: 'wide' is no number*"])
    else:
        result.assert_outcomes(**outcomes)


def test_what_is_skipped_says_why(profile, alone):
    (profile.path / "package" / "driver.yaml").write_text("useContext: true\n", encoding="utf-8")
    result = alone("package", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*keeps a global context*"])


def test_a_spoilt_file_in_its_place_is_an_error(profile, alone):
    (profile.path / "vendors" / "acme" / "codecs" / "test_decode_x.json").write_text("[{name: f()}]", encoding="utf-8")
    result = alone("vendors")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*test_decode_x.json:1:9: f(): a list*"])


WITHOUT = """
import sys
import pytest
status = pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]])
heavy = {"yaml", "click", "rich", "construct", "jsonschema", "tree_sitter", "octavo.catalog", "octavo.examples"}
print(status, sorted(heavy & set(sys.modules)))
"""


def test_a_run_without_formatters_loads_no_engine(pytester):
    """What the plugin costs there is its own few lines: the rest of octavo is not even imported."""
    pytester.makepyfile("def test_one(): pass")
    pytester.makefile(".json", package="{}")
    command = [sys.executable, "-c", WITHOUT, str(pytester.path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=pytester.path)
    assert run.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("octavo_strict_order = true", {"warnings": [], "data": {"n": 2}}),
        ("octavo_ignore_empty = true", {"data": {"n": 2}}),
    ],
)
def test_order_and_empty_lists_count_as_the_settings_say(profile, alone, setting, expected):
    folder = profile.path / "vendors" / "acme" / "codecs"
    script = "function decodeUplink(input) { return { data: { n: 2 }, warnings: [] }; }"
    (folder / "x.js").write_text(script, encoding="utf-8")
    cases = json.dumps([{"name": "one", "input": {"bytes": [1]}, "expected": expected}])
    (folder / "test_decode_x.json").write_text(cases, encoding="utf-8")
    before = alone("vendors").parseoutcomes()
    profile.makeini(f"[pytest]\n{setting}\n")
    after = alone("vendors").parseoutcomes()
    assert {tuple(before), tuple(after)} >= {("passed",), ("failed",)}


@pytest.mark.parametrize(
    "name", ["fooexamples.json", "Xnon-regression.json", "test_decode_x.txt", "my.examples.json.bak"]
)
def test_names_that_only_look_like_examples_are_passed_over_as_in_a_folder(name):
    assert not pytest_plugin._is_named(name)
    assert not formats.may_be_examples(name)


@pytest.mark.parametrize(
    "name", ["examples.json", "a.examples.json", "b.errors.json", "test_decode_x.json", "non-regression.json"]
)
def test_names_of_examples_are_known_in_both_places(name):
    assert pytest_plugin._is_named(name)
    assert formats.may_be_examples(name)


def test_a_file_without_its_script_fails_and_the_others_run(profile, alone):
    (profile.path / "vendors" / "acme" / "codecs" / "test_decode_gone.json").write_text(
        '[{"name": "n", "input": {"bytes": [1]}, "expected": {}}]', encoding="utf-8"
    )
    result = alone("vendors")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*there is no script gone.js beside it*"])
