"""The command line and ChirpStack v4: downlinks printed, messages decoded and validated."""

import json
import shlex

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.networks import recognise

from .chirpstack import ALL, APPLICATION, DEV_EUI, UP, topic

SCRIPT = """function decodeUplink(input) { return { data: { n: input.bytes.length } }; }
function encodeDownlink(input) { return { bytes: [input.data.n], fPort: input.data.port || input.fPort }; }
"""
NAMES = ["--application", APPLICATION, "--device-id", DEV_EUI]


@pytest.fixture(autouse=True)
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")


def run(*args, stdin=None):
    result = CliRunner().invoke(main, args, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_publication_a_downlink():
    result = run("encode", "x.js", "-", "--as", "chirpstack", "-p", "3", *NAMES, stdin='{"n":7}\n{"n":8,"port":4}\n')
    first, second = rows(result)
    assert (result.exit_code, result.stderr) == (0, "")
    assert list(first) == ["topic", "payload"]
    assert first["topic"] == second["topic"] == topic("down")
    expected = {"devEui": DEV_EUI, "confirmed": False, "fPort": 3, "data": "Bw=="}
    assert json.loads(first["payload"]) == expected
    assert json.loads(second["payload"]) == {**expected, "fPort": 4, "data": "CA=="}
    assert recognise(expected).kind == "chirpstack4.down"


def test_a_curl_command_with_the_key_in_the_environment():
    names = ["--server", "http://localhost:8090", "--device-id", DEV_EUI]
    result = run("encode", "x.js", "n=7", "--as", "chirpstack-curl", "-p", "3", *names)
    assert (result.exit_code, result.stderr) == (0, "")
    assert '"Authorization: Bearer $OCTAVO_API_KEY"' in result.stdout
    words = shlex.split(result.stdout.replace("\\\n", " "))
    assert words[-1] == f"http://localhost:8090/api/devices/{DEV_EUI}/queue"
    body = json.loads(words[words.index("--data") + 1])
    assert body == {"queueItem": {"confirmed": False, "fPort": 3, "data": "Bw=="}}


def test_what_stands_for_the_users_own_is_said():
    result = run("encode", "x.js", "n=7", "-p", "3", "--as", "chirpstack")
    assert result.exit_code == 0
    assert result.stderr == (
        "octavo: placeholders used: 00000000-0000-0000-0000-000000000000 (--application), "
        "0102030405060708 (--device-id)\n"
    )


@pytest.mark.parametrize("form", ["chirpstack", "chirpstack-curl"])
def test_a_downlink_without_a_port_says_what_to_give(form):
    result = run("encode", "x.js", "n=7", "--as", form)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no FPort" in result.stderr
    assert "give f_port (-p)" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--application", "app1"], "'app1' is no application id of ChirpStack: a UUID was expected"),
        (["--device-id", "dev1"], "'dev1' is no DevEUI: 16 hex digits were expected"),
    ],
)
def test_a_name_that_is_none_is_a_failure(options, words):
    result = run("encode", "x.js", "n=7", "-p", "3", "--as", "chirpstack", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--as", "chirpstack", "--server", "https://x.example"], "--server: only with --as curl or chirpstack-curl"),
        (["--as", "chirpstack-curl", "--application", "x"], "--application: only with --as mqtt or curl or chirpstack"),
        (["--as", "chirpstack-curl", "--json"], "--json: --as chirpstack-curl prints a command, --as chirpstack"),
    ],
)
def test_options_that_cannot_act_are_wrong_usage(options, words):
    result = run("encode", "x.js", "n=7", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"octavo: {words}")


def test_messages_are_decoded_as_mosquitto_prints_them():
    result = run("decode", "x.js", "-", stdin=f"{topic('up')} {json.dumps(UP)}\n")
    assert (rows(result), result.exit_code) == ([{**UP, "object": {"n": 7}}], 0)


@pytest.mark.parametrize("profile", [[], ["--strict"], ["--masked"]], ids=str)
def test_messages_are_validated_by_body_topic_and_kind(profile):
    bodies = "\n".join(json.dumps(message) for _, message in ALL)
    with_topics = "\n".join(f"{topic(kind.partition('.')[2])} {json.dumps(message)}" for kind, message in ALL)
    for lines in (bodies, with_topics):
        result = run("validate", *profile, "-", stdin=lines)
        assert (rows(result), result.exit_code) == ([], 0)


def test_findings_have_their_paths():
    message = {**UP, "fPort": 300, "deviceInfo": {**UP["deviceInfo"], "devEui": "x"}}
    by_kind = run("validate", "--kind", "chirpstack4.up", "-", stdin=json.dumps(message))
    assert [row["path"] for row in rows(by_kind)] == ["/deviceInfo/devEui", "/fPort"]
    assert by_kind.exit_code == 1
