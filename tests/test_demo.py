"""What ``make demo`` shows, in a pipe and on a terminal."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from .terminal import ANSI, environment, plain, shown

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "demo"
SCRIPT = FOLDER / "demo.sh"
SOURCES = {"v3-uplink.json": "v3-uplink_message", "v2-uplink.json": "v2-http-uplink"}


@pytest.fixture(scope="module")
def piped(tmp_path_factory):
    """Its output without a terminal, and from another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(
        ["sh", str(SCRIPT)], cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def steps(piped):
    """Each command with the lines that follow it."""
    parts = re.split(r"^\$ (.*)\n", piped, flags=re.MULTILINE)
    return {command: re.split(r"\n\n\d\. ", text)[0] for command, text in zip(parts[1::2], parts[2::2], strict=True)}


def row(steps, command):
    return next(json.loads(line) for line in steps[command].splitlines() if line.startswith("{"))


def test_a_base64_uplink_is_decoded(steps):
    decoded = row(steps, "octavo decode formatters:milesight/em300-th AXVcA2c0AQRoZQ== -p 85")
    assert decoded["data"] == {"battery": 92, "temperature": 30.8, "humidity": 50.5}
    assert decoded["error"] is None


def test_a_whole_webhook_message_is_decoded_and_its_difference_found(steps):
    command = "octavo decode sensor.yaml @v3-uplink.json -p 1"
    message = row(steps, command)
    assert message["uplink_message"]["decoded_payload"] == {"temperature": 25, "luminosity": 16862}
    assert message["uplink_message"]["frm_payload"] == "gkHe"
    assert "/uplink_message/decoded_payload/luminosity: the decoded payload in the message is not" in steps[command]


def test_a_message_of_v2_is_decoded(steps):
    message = row(steps, "octavo decode cayennelpp @v2-uplink.json")
    assert message["payload_raw"] == "AQIDBA=="
    assert message["payload_fields"] == {"analog_in_1": 7.72}


def test_a_downlink_is_encoded_and_shown_as_a_call(steps):
    command = "octavo encode milesight/em300-th report_interval=1200"
    encoded = row(steps, command)
    assert (encoded["hex"], encoded["f_port"]) == ("ff03b004", 85)
    assert f'"frm_payload":"{encoded["frm_payload"]}"' in steps[f"{command} --as curl"]
    assert "down/push" in steps[f"{command} --as curl"]


def test_the_examples_of_the_formatter_pass(steps):
    assert "4 examples: 4 passed" in steps["octavo test sensor.yaml"]


def test_a_wrong_member_is_found(steps):
    finding = row(steps, "octavo validate --strict downlinks.json")
    assert finding["path"] == "/downlinks/0/confirm"
    assert 'did you mean "confirmed"?' in finding["message"]


def test_without_a_terminal_there_are_no_colours(piped):
    assert ANSI.search(piped) is None


def test_on_a_terminal_there_are_colours_and_tables():
    colored = {name: text for name, text in environment().items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    status, output = shown(f"sh '{SCRIPT}'", ROOT, colored)
    assert status == 0
    assert ANSI.search(output)
    assert "\n  temperature  30.8   °C\n" in plain(output)
    assert "\n  temperature  25     °C\n" in plain(output)


def test_a_command_that_ends_otherwise_stops_the_demo(tmp_path):
    stand_in = tmp_path / "octavo"
    stand_in.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run(["sh", str(SCRIPT)], env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.endswith("exit status 3, expected was 0\n")
    assert done.stdout.count("$ octavo") == 1


@pytest.mark.parametrize("file", SOURCES)
def test_messages_are_those_of_the_documents(file):
    seeds = json.loads((ROOT / "tests" / "seeds" / "messages.json").read_text(encoding="utf-8"))
    documented = {seed["name"]: seed["message"] for seed in seeds}
    assert json.loads((FOLDER / file).read_text(encoding="utf-8")) == documented[SOURCES[file]]


def test_make_demo_runs_the_script():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:.*\n\t.*sh docs/demo/demo\.sh$", makefile, re.MULTILINE)
    assert os.access(SCRIPT, os.X_OK)
