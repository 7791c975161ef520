"""``octavo lint``: the table of networks, which networks are asked about, and what goes to the engine."""

import json
import sys

import pytest
from click.testing import CliRunner

from octavo.cli import columns, main, terminal
from octavo.formatters import DIALECTS
from octavo.lab.findings import Defect
from octavo.lab.lint import Cell, Line, SideBySide
from octavo.messages import Downlink, Uplink

from .terminal import environment as surroundings
from .terminal import plain, shown

SCRIPT = "function decodeUplink(input) {\n  return { data: { n: input.bytes[0] / 2 } };\n}\n"
DEVICE = """
uplinkDecoder:
  fileName: probe.js
  examples:
    - description: four
      input: {bytes: [8], fPort: 1}
      output: {data: {n: 4}}
    - description: none
      input: {bytes: [], fPort: 1}
      output: {data: {n: 4}}
"""


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch, warm_pool):  # noqa: ARG001 - workers that are there already
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "formatters" / "acme"
    folder.mkdir(parents=True)
    (folder / "probe.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "probe.yaml").write_text(DEVICE, encoding="utf-8")
    (folder / "bare.js").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """The engine finds one thing in each formatter; what it was asked."""
    calls = []

    def lint(subject, **how):
        calls.append((subject.name, how["dialects"]))
        return [Defect("missing-global", subject.name, "Buffer", "Buffer is not there", "It fails.", "warning")]

    monkeypatch.setattr("octavo.lab.lint.lint", lint)
    return calls


def run(*args):
    result = CliRunner().invoke(main, ["lint", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_findings_are_rows_and_no_table_is_among_them(asked):
    result = run("formatters/acme/probe.yaml")
    assert [row["kind"] for row in rows(result)] == ["missing-global"]
    assert (result.exit_code, result.stderr) == (1, "1 formatter: 1 warning\n")
    assert asked == [("formatters/acme/probe.yaml", None)]


@pytest.mark.parametrize(
    ("given", "networks"),
    [("tts,chirpstack4", ("tts", "chirpstack4")), ("ttn2", ("ttn2",)), ("tts, ts013,tts", ("tts", "ts013"))],
)
def test_the_networks_are_those_that_are_named(asked, given, networks):
    run("formatters/acme/probe.yaml", "--for", given)
    assert asked == [("formatters/acme/probe.yaml", networks)]


@pytest.mark.usefixtures("asked")
def test_a_table_is_a_row_where_it_is_asked_for():
    table, finding = rows(run("formatters/acme/probe.yaml", "--table", "--for", "tts,chirpstack4"))
    assert (table["subject"], table["reference"]) == ("formatters/acme/probe.yaml", "tts")
    assert table["dialects"] == ["tts", "chirpstack4"]
    assert [line["payload"] for line in table["lines"]] == ["08", ""]
    assert table["lines"][0]["cells"]["chirpstack4"]["outcome"] == "same"
    assert table["lines"][1]["cells"]["tts"]["outcome"] == "error"
    assert finding["kind"] == "missing-global"


@pytest.mark.usefixtures("asked")
def test_a_table_names_all_networks_without_a_choice():
    (table, *_) = rows(run("formatters/acme/probe.yaml", "--table"))
    assert table["dialects"] == list(DIALECTS)


def test_options_are_those_of_check(asked):
    assert rows(run("formatters", "--severity", "error")) == []
    assert rows(run("formatters", "--ignore", "missing-global")) == []
    assert run("formatters", "--baseline", "accepted.json", "--accept").exit_code == 0
    assert run("formatters", "--baseline", "accepted.json").exit_code == 0
    assert len(asked) == 8


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["formatters", "--for", "tts,lorawan"], "'lorawan' is none of"),
        (["formatters", "--for", ""], "'' is none of"),
        (["formatters", "--only", "throws"], "there is no kind 'throws'"),
        (["none.js"], "no such file"),
    ],
)
def test_wrong_usage(given, sentence):
    result = run(*given)
    assert result.exit_code == 2
    assert sentence in result.stderr


STAND_IN = """
import octavo.lab.lint
octavo.lab.lint.lint = lambda subject, **how: []
octavo.lab.lint.missing_extra = lambda: "QuickJS is not installed"
from octavo.cli import main
main(["lint", {}])
"""


def typed(workspace, arguments):
    """What a terminal shows, where the engine finds nothing."""
    (workspace / "stood_in.py").write_text(STAND_IN.format(arguments), encoding="utf-8")
    return shown(f"{sys.executable} stood_in.py", workspace, surroundings())


def test_a_terminal_gets_the_table_of_one_formatter(workspace):
    status, text = typed(workspace, '"formatters/acme/probe.yaml", "--for", "tts,ttn2,chirpstack4"')
    assert status == 0
    assert plain(text).splitlines() == [
        "octavo: QuickJS is not installed",
        "formatters/acme/probe.yaml",
        "  decode_uplink  port  tts    chirpstack4",
        "  (no bytes)     1     error  =",
        "  08             1     =      =",
        "    ttn2: no Decoder",
        "",
        "1 formatter: nothing found",
    ]


def test_a_terminal_gets_no_table_of_many_formatters_unless_it_is_asked_for(workspace):
    status, text = typed(workspace, '"formatters", "--for", "tts"')
    assert (status, plain(text).splitlines()[-1]) == (0, "2 formatters: nothing found")
    assert "decode_uplink" not in text
    status, text = typed(workspace, '"formatters", "--for", "tts", "--table"')
    assert "  decode_uplink  port  tts\n" in plain(text)
    assert "formatters/acme/bare.js\n  no examples, so nothing to compare\n" in plain(text)


def test_what_is_otherwise_is_told_once(capsys):
    same, other = Cell("same"), Cell("differs", "/n: 1, not 2")
    lines = [
        Line("decode_uplink", Uplink(bytes([n]) * 10, 2), {"tts": same, "ts013": other, "actility": other})
        for n in range(14)
    ]
    failed = {"tts": same, "ts013": Cell("error", "no data"), "actility": Cell("missing", "no encodeDownlink")}
    lines.append(Line("encode_downlink", Downlink({"interval": 600}, 3), failed))
    table = SideBySide("x.js", "tts", ("tts", "ts013", "actility"), tuple(lines))
    columns.show(terminal.console(), table)
    printed = plain(capsys.readouterr().out).splitlines()
    assert printed[:3] == [
        "x.js",
        "  decode_uplink    port  tts  ts013    actility",
        "  00000000000000…  2     =    differs  differs",
    ]
    assert printed[14:] == [
        "  and 2 more examples",
        "    ts013, actility: /n: 1, not 2 (00000000000000…; so in 14 examples)",
        "  encode_downlink  port  tts  ts013",
        '  {"interval": 6…  3     =    error',
        '    ts013: no data ({"interval": 6…)',
        "    actility: no encodeDownlink",
        "",
    ]
