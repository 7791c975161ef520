"""Ports that an encoder gives and no network has: what is made of them is told, and nothing is sent in silence."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.formatters import Formatter

pytestmark = pytest.mark.usefixtures("warm_pool")

SCRIPT = "function encodeDownlink(input) { return { bytes: [1], fPort: input.data.port }; }"
TTS, CHIRPSTACK = "The Things Stack", "ChirpStack"
NO_PORT = "{} takes no downlink for port 0: give one (f_port), or let the script return fPort"


@pytest.mark.parametrize(
    ("dialect", "given", "port", "notes"),
    [
        ("tts", 300, 44, [f"fPort is 300: {TTS} takes it for 44"]),
        ("tts-3.32", -1, 255, [f"fPort is -1: {TTS} takes it for 255"]),
        ("tts", 2.5, 2, [f"fPort is 2.5: {TTS} takes it for 2"]),
        ("tts", "abc", 0, [f"fPort is abc: {TTS} takes it for 0", NO_PORT.format(TTS)]),
        ("tts", 0, 0, [NO_PORT.format(TTS)]),
        ("tts", "10", 10, []),
        ("tts", None, 1, []),
        ("tts", 224, 224, []),
        ("chirpstack4", 300, 255, [f"fPort is 300: {CHIRPSTACK} takes it for 255"]),
        ("chirpstack4", "10", 0, [f"fPort is 10: {CHIRPSTACK} takes it for 0", NO_PORT.format(CHIRPSTACK)]),
        ("chirpstack4", 7, 7, []),
    ],
)
def test_what_a_network_makes_of_a_port_is_told(tmp_path, dialect, given, port, notes):
    (tmp_path / "x.js").write_text(SCRIPT)
    with Formatter(tmp_path / "x.js", name="x", dialect=dialect) as formatter:
        encoded = formatter.encode_downlink({"port": given})
    assert (encoded.f_port, encoded.notes) == (port, notes)


def test_a_push_says_so_too(tmp_path):
    (tmp_path / "x.js").write_text(SCRIPT)
    where = ["--server", "https://h.example", "--application", "app1", "--dry-run", "--json"]
    pushed = ["downlink", "push", "dev1", "port=300", "--device", str(tmp_path / "x.js"), *where]
    result = CliRunner().invoke(main, pushed)
    assert json.loads(json.loads(result.stdout)["body"])["downlinks"][0]["f_port"] == 44
    assert f"fPort is 300: {TTS} takes it for 44" in result.stderr


@pytest.mark.parametrize("port", ["0", '"abc"'])
def test_no_port_is_not_sent(tmp_path, port):
    (tmp_path / "x.js").write_text(SCRIPT)
    where = ["--server", "https://h.example", "--application", "app1", "--dry-run"]
    result = CliRunner().invoke(
        main, ["downlink", "push", "dev1", f"port={port}", "--device", str(tmp_path / "x.js"), *where]
    )
    assert (result.exit_code, "no FPort: " in result.stderr, result.stdout) == (1, True, "")
