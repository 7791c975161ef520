"""``octavo generate``: what is written, where, and what is refused."""

import json
import resource
import stat
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner

from octavo.cli import main
from octavo.cli.generate import KINDS

DECLARATION = """
from construct import Int16sb, Int8ub, Struct
from octavo.codecs import Codec, Scaled
codec = Codec(
    name="acme/ts1",
    description="Acme TS1: thermometer",
    uplink={1: Struct("temperature" / Scaled(Int16sb, per_unit=10, unit="°C") * "air temperature")},
    downlink={10: Struct("interval" / Scaled(Int8ub, unit="min"))},
)
"""


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "codecs" / "acme"
    folder.mkdir(parents=True)
    (folder / "ts1.py").write_text(DECLARATION, encoding="utf-8")
    return tmp_path


def run(*args):
    result = CliRunner().invoke(main, ["generate", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


SHOWN = {
    "javascript": "function decodeUplink(",
    "schema": '"title": "Acme TS1, uplink"',
    "codec-yaml": 'fileName: "ts1.js"',
    "layout": "uplink, FPort 1",
    "markdown": "| 0–1 | `temperature` | int16, big-endian | raw / 10 | °C | air temperature |",  # noqa: RUF001 - a range
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("warm_pool")
def test_each_kind_goes_to_standard_output(kind):
    result = run("acme/ts1", "--to", kind)
    assert (result.exit_code, result.stderr) == (0, "")
    assert SHOWN[kind] in result.stdout
    assert result.stdout.endswith("\n")
    assert not result.stdout.endswith("\n\n")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("warm_pool")
def test_each_kind_goes_to_a_file(kind, workspace):
    result = run("acme/ts1", "--to", kind, "-o", "found.txt")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (workspace / "found.txt").read_text(encoding="utf-8") == run("acme/ts1", "--to", kind).stdout
    assert sorted(file.name for file in workspace.iterdir()) == ["codecs", "found.txt"]


def test_the_schema_of_a_direction():
    assert (
        json.loads(run("acme/ts1", "--to", "schema", "--direction", "downlink").stdout)["title"] == "Acme TS1, downlink"
    )


@pytest.mark.usefixtures("warm_pool")
def test_a_declaration_is_named_by_its_path_too():
    assert SHOWN["codec-yaml"] in run("codecs/acme/ts1.py", "--to", "codec-yaml").stdout


@pytest.mark.usefixtures("warm_pool")
def test_the_examples_are_those_of_the_script():
    found = yaml.safe_load(run("acme/ts1", "--to", "codec-yaml").stdout)
    messages = [
        message for part in found.values() for each in part["examples"] for message in each["output"].get("errors", [])
    ]
    assert "temperature (byte 0): expected 2 bytes, got 1" in messages


@pytest.mark.parametrize(("options", "is_svg"), [(["-o", "a.svg"], True), (["--format", "svg", "-o", "a.txt"], True)])
def test_a_picture_is_svg_by_its_name_or_by_option(options, is_svg, workspace):
    assert run("acme/ts1", "--to", "layout", *options).exit_code == 0
    text = (workspace / options[-1]).read_text(encoding="utf-8")
    assert (ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg") == is_svg  # noqa: S314 - our own


def test_a_picture_named_svg_may_be_text(workspace):
    run("acme/ts1", "--to", "layout", "--format", "text", "-o", "a.svg")
    assert (workspace / "a.svg").read_text(encoding="utf-8").startswith("uplink, FPort 1")


def test_a_file_is_written_over_and_keeps_its_mode(workspace):
    target = workspace / "ts1.md"
    target.write_text("older and longer " * 1000, encoding="utf-8")
    target.chmod(0o640)
    assert run("acme/ts1", "--to", "markdown", "-o", "ts1.md").exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("# Acme TS1: thermometer\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_stays_a_link(workspace):
    (workspace / "real.md").write_text("old", encoding="utf-8")
    (workspace / "link.md").symlink_to("real.md")
    run("acme/ts1", "--to", "markdown", "-o", "link.md")
    assert (workspace / "link.md").is_symlink()
    assert (workspace / "real.md").read_text(encoding="utf-8").startswith("# Acme")


def test_links_that_lead_to_one_another_are_said(workspace):
    (workspace / "out.js").symlink_to("out.js")
    result = run("acme/ts1", "--to", "schema", "-o", "out.js")
    assert (result.exit_code, result.stderr.partition(": it cannot")[0]) == (1, "octavo: out.js")
    assert (workspace / "out.js").is_symlink()


def test_a_full_disk_leaves_the_old_file(workspace):
    target = workspace / "out.js"
    target.write_text("old", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        result = run("acme/ts1", "--to", "schema", "-o", "out.js")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (result.exit_code, result.stderr) == (1, "octavo: out.js: it cannot be written: File too large\n")
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in workspace.iterdir() if path.is_file()] == ["out.js"]


def test_a_name_as_long_as_names_get_is_written(workspace):
    name = "a" * 250 + ".json"
    assert run("acme/ts1", "--to", "schema", "-o", name).exit_code == 0
    assert json.loads((workspace / name).read_text(encoding="utf-8"))


def test_what_cannot_be_written_is_said():
    result = run("acme/ts1", "--to", "markdown", "-o", "nowhere/ts1.md")
    assert (result.exit_code, result.stderr) == (
        1,
        "octavo: nowhere/ts1.md: it cannot be written: No such file or directory\n",
    )


@pytest.mark.parametrize("device", ["cayennelpp", "script.js"])
def test_what_is_not_declared_is_refused(device, workspace):
    (workspace / "script.js").write_text("function decodeUplink(i) { return { data: {} }; }", encoding="utf-8")
    result = run(device, "--to", "schema")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"octavo: {device} is ")
    assert "only a declared codec" in result.stderr


def test_an_unknown_device_and_an_unknown_kind_are_misuse():
    assert run("acme/other", "--to", "schema").exit_code == 2
    assert run("acme/ts1", "--to", "xml").exit_code == 2
    assert run("acme/ts1").exit_code == 2


def test_a_direction_that_is_not_declared_is_refused(workspace):
    text = DECLARATION.replace('downlink={10: Struct("interval" / Scaled(Int8ub, unit="min"))},', "")
    (workspace / "codecs" / "acme" / "ts2.py").write_text(text, encoding="utf-8")
    result = run("acme/ts2", "--to", "schema", "--direction", "downlink")
    assert (result.exit_code, result.stderr) == (1, "octavo: acme/ts2 declares no downlink: there is no schema of it\n")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--to", "javascript", "--direction", "downlink"], "--direction is of --to schema, not of --to javascript"),
        (["--to", "schema", "--format", "svg"], "--format is of --to layout, not of --to schema"),
    ],
)
def test_an_option_of_another_kind_is_wrong_usage(given, sentence):
    done = run("acme/ts1", *given)
    assert done.exit_code == 2
    assert sentence in done.stderr
