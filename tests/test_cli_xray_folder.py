"""``octavo xray`` of a folder: a line for each payload, why there is none, totals, JSON, what is wrong usage."""

import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.cli import xray as command
from octavo.lab.xray import Frame

from .terminal import environment, plain, shown

pytestmark = pytest.mark.usefixtures("warm_pool")

SCRIPTS = {
    "acme/probe.js": """function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 20 && b.length !== 3) return { errors: ["size"] };
  return { data: { t: (b[0] << 8 | b[1]) / 10, square: b[1] * b[1], size: b.length } };
}""",
    "acme/encoder.js": "function encodeDownlink(input) { return { bytes: [1], fPort: 1 }; }",
    "other/broken.js": "function decodeUplink(input) { return {",
    "other/clock.js": "function decodeUplink(input) { return { errors: ['never'] }; }",
}
DEVICE = """uplinkDecoder:
  fileName: probe.js
  examples:
    - {description: short, input: {bytes: [1, 2, 3], fPort: 2}, output: {data: {}}}
    - {description: long, input: {bytes: %s, fPort: 10}, output: {data: {}}}
"""
TABLE = """\
  port  bytes  fields  explained  dead  discriminator  overlap  payload
acme/probe.yaml
     2      3       3          2     8              0        8  010203
    10     20       3          2   144              0        8  {cut}
acme/encoder.js
  error: it has no function that decodes uplinks
other/broken.js
  error: other/broken.js:1:40: the script does not load: SyntaxError: Unexpected token ';'
other/clock.js
  error: no payload that it accepts was found; give one
4 formatters: 1 x-rayed, 3 not; 2 payloads, 6 fields, 4 explained
"""
RUN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from octavo.cli import main; main()"
ENDLESS = "function decodeUplink(input) { while (input.bytes.length) {} }"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in SCRIPTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "acme/probe.yaml").write_text(DEVICE % list(range(20)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    result = CliRunner().invoke(main, ["xray", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("width", "cut"), [("80", "000102030405060…"), ("120", "000102030405060708090a0b0c0d0e0f10111213")]
)
def test_a_table_on_a_terminal(folder, width, cut):
    status, text = shown("octavo xray . 2> remarks", folder, environment() | {"COLUMNS": width, "TERM": "xterm"})
    assert status == 1
    assert plain(text) == TABLE.format(cut=cut)
    assert not (folder / "remarks").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_a_row_for_each_in_a_pipe():
    result = run(".")
    assert result.exit_code == 1
    found = {row["subject"]: row for row in rows(result)}
    assert list(found) == ["acme/probe.yaml", "acme/encoder.js", "other/broken.js", "other/clock.js"]
    assert {tuple(row) for row in found.values()} == {("subject", "origin", "frames", "left_out", "error")}
    assert [(row["origin"], len(row["frames"]), bool(row["error"])) for row in found.values()] == [
        ("examples", 2, False),
        (None, 0, True),
        (None, 0, True),
        ("found", 0, True),
    ]
    assert found["acme/probe.yaml"] == rows(run("acme/probe.yaml"))[0]
    assert result.stderr == "4 formatters: 1 x-rayed, 3 not; 2 payloads, 6 fields, 4 explained\n"


@pytest.mark.usefixtures("folder")
def test_several_formatters_and_a_port():
    result = run("acme/probe.yaml", "acme", "other/clock.js", "-p", "2")
    assert [(row["subject"], len(row["frames"])) for row in rows(result)] == [
        ("acme/probe.yaml", 1),
        ("acme/encoder.js", 0),
        ("other/clock.js", 0),
    ]
    assert "on FPort 2 was found" in result.stdout
    assert [row["subject"] for row in rows(run("acme/probe.js", "other/clock.js"))] == [
        "acme/probe.js",
        "other/clock.js",
    ]


@pytest.mark.usefixtures("folder")
def test_all_is_good_where_all_have_an_x_ray(folder):
    (folder / "acme/encoder.js").unlink()
    result = run("acme")
    assert (result.exit_code, result.stderr) == (0, "1 formatter: 1 x-rayed; 2 payloads, 6 fields, 4 explained\n")


@pytest.mark.parametrize(("payload", "told"), [(b"\1\2", "0102: no ("), (bytes(20), "000000000000000…: no (")])
def test_a_payload_that_cannot_be_x_rayed_is_a_line(payload, told):
    frame = Frame(payload, 2, error=f"no ({'.very.long' * 20})")
    line = "".join(each if isinstance(each, str) else each[0] for each in command._row(frame, 80))
    assert line.startswith(f"  error: FPort 2, {told}")
    assert (len(line), line[-1]) == (80, "…")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((".", "0102"), "one formatter, not with a folder of them: '0102'"),
        ((".", "--svg", "all.svg"), "--svg draws one formatter"),
        (("acme/probe.js", "other/clock.js", "--svg", "all.svg"), "--svg draws one formatter"),
        (("empty",), "holds no formatter"),
        (("acme/probe.js", "010203", "0405"), "010203"),
    ],
)
def test_wrong_usage(folder, args, words):
    (folder / "empty").mkdir()
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not (folder / "all.svg").exists()


@pytest.mark.usefixtures("folder")
def test_a_long_text_is_a_payload():
    assert rows(run("acme/probe.js", "00" * 2000))[0]["frames"][0]["error"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interruption_is_tidy(folder):
    for number in range(40):
        (folder / f"other/endless{number}.js").write_text(ENDLESS, encoding="utf-8")
    words = [sys.executable, "-c", RUN, "xray", "--json", "acme", "other"]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert json.loads(child.stdout.readline())["subject"] == "acme/probe.yaml"
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert (child.returncode, said.splitlines()[-1:]) == (130, ["octavo: interrupted"])


NOTHING = """uplinkDecoder:
  fileName: probe.js
  examples:
    - {description: short, input: {bytes: [1, 2, 3], fPort: 2}, output: {data: {}}}
    - {description: bad, input: {bytes: [1], fPort: 2}, output: {data: {}}}
    - {description: none, input: {bytes: [1, 2], fPort: 7}, output: {data: {}}}
    - {description: empty, input: {bytes: [], fPort: 8}, output: {data: {}}}
"""
LEFT_OUT = [
    "FPort 2, 01: size",
    "FPort 7, 0102: there is nothing in its data",
    "FPort 8, an empty payload: the payload is empty",
]


@pytest.fixture
def partly(folder):
    text = SCRIPTS["acme/probe.js"].replace(
        "if (", "if (input.fPort > 6) return { data: b.length ? {} : {a: 1} }; if (", 1
    )
    (folder / "acme/probe.js").write_text(text, encoding="utf-8")
    (folder / "acme/probe.yaml").write_text(NOTHING, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("partly")
def test_examples_that_give_nothing_are_told():
    result = run("acme/probe.yaml")
    assert (result.exit_code, len(rows(result)[0]["frames"])) == (0, 1)
    assert result.stderr.splitlines() == [f"octavo: left out: {told}" for told in LEFT_OUT]
    assert rows(result)[0]["left_out"][0] == {"payload": "01", "f_port": 2, "error": "size"}
    assert run("acme/probe.yaml", "-p", "2").stderr.count("left out") == 1


def test_examples_that_give_nothing_are_lines_of_a_folder(partly):
    _, text = shown("octavo xray acme", partly, environment() | {"COLUMNS": "80", "TERM": "dumb"})
    assert [line for line in plain(text).splitlines() if "left out" in line] == [
        f"  left out: {told}" for told in LEFT_OUT
    ]
