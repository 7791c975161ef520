"""The command line as a whole: help, versions, its reference in docs/cli.md, and what it costs to start."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from octavo.cli import COMMANDS, main
from octavo.formatters import DIALECTS

DOCS = Path(__file__).parents[1] / "docs" / "cli.md"


def run(*args, **kwargs):
    return CliRunner().invoke(main, args, **kwargs)


def command(name):
    return main.get_command(click.Context(main), name)


def section(name):
    """The part of the reference about a command."""
    found = re.search(
        rf"^## octavo {name}\n(.*?)(?=^## |\Z)", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return found[1] if found else ""


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples(name):
    result = run(name, "-h")
    assert result.exit_code == 0
    assert command(name).help
    if command(name).epilog:
        assert f"octavo {name} " in command(name).epilog


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_names_each_command_and_option(name):
    text = section(name)
    options = [option for param in command(name).params for option in param.opts if option.startswith("-")]
    missing = [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", text)]
    assert text
    assert missing == []


def test_the_reference_names_the_options_of_octavo_itself():
    text = DOCS.read_text(encoding="utf-8")
    assert all(option in text for option in ("--version", "--help", "octavo -h"))


SHIPPED = re.compile(r"^octavo (?:decode|encode|show) (?:dragino|cayennelpp|mclimate)[^#\n]*", re.MULTILINE)


@pytest.mark.parametrize("line", SHIPPED.findall(DOCS.read_text(encoding="utf-8")))
def test_the_examples_of_the_reference_run(line):
    result = run(*shlex.split(line)[1:])
    assert result.exit_code == 0
    assert all(json.loads(row).get("error") is None for row in result.stdout.splitlines())


def test_the_help_lists_the_commands():
    result = run("-h")
    assert all(f"  {name} " in result.stdout for name in COMMANDS)


def test_the_version_names_v8_and_its_binding():
    result = run("--version")
    assert re.fullmatch(r"octavo \S+ \(mini-racer [\d.]+, V8 [\d.]+\)\n", result.stdout)


def test_an_unknown_command_is_wrong_usage():
    assert run("nonsense").exit_code == 2
    assert run().exit_code == 2


def test_a_closed_standard_output_is_one_sentence():
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdout = None; from octavo.cli import main; main(['list'])"],
        stderr=subprocess.PIPE,
    ) as process:
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (2, b"octavo: standard output is closed\n")


LOADED = """
import sys
from octavo.cli import main
try:
    main(["decode", "cayennelpp", "03670110", "-p", "1"])
except SystemExit:
    pass
heavy = {"rich", "jsonschema", "yaml", "asyncio", "py_mini_racer", "octavo.formatters", "octavo.networks"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def test_a_plain_decode_loads_only_what_it_needs():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_rows_are_utf_8_whatever_the_locale(tmp_path):
    schema = {"properties": {"n": {"unit": "°C"}}}
    (tmp_path / "x.js").write_text("function decodeUplink() {}", encoding="utf-8")
    (tmp_path / "x.uplink.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", "from octavo.cli import main; main()", "show", "x.js"],
        env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["units"]["uplink"] == {"/n": "°C"}
    assert "°C".encode() in done.stdout


@pytest.mark.parametrize("command", ["decode", "encode", "compare", "test"])
def test_the_help_names_every_dialect(command):
    words = {word.strip(",.") for word in run(command, "--help").stdout.split()}
    assert [name for name in DIALECTS if name not in words] == []
