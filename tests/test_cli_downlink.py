"""``octavo downlink``: what is sent, what is said, and that no key is shown."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from octavo import cli
from octavo.cli import downlink, main
from octavo.downlinks import PRIORITIES
from octavo.downlinks.routes import NETWORKS
from octavo.live import mqtt

from .network_server import ATTRIBUTES, KEY, network_server

SCRIPT = """function encodeDownlink(input) {
  if (input.data.bad) { return { errors: ["bad"] }; }
  var warnings = input.data.odd ? ["odd"] : [];
  return { bytes: [input.data.interval || 0], fPort: input.fPort || 3, warnings: warnings };
}
"""
EUI = "0004a30b001c0530"
V3 = ["--server", "https://thethings.example.com", "--application", "app1"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, no_proxy):  # noqa: ARG001 - the stand-in is on this machine
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.js").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setitem(cli.COMMANDS, "downlink", "octavo.cli.downlink")
    monkeypatch.setenv("OCTAVO_API_KEY", KEY)
    monkeypatch.delenv("OCTAVO_DOWNLINK_URL", raising=False)


def run(*args, stdin=None):
    result = CliRunner().invoke(main, ["downlink", *args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "EINSZWEI" not in result.output + result.stderr, "no part of a key is shown"
    return result


def at(server):
    return ["--server", server.url, "--application", "app1"]


def test_push_replace_and_clear(server):
    result = run("push", "dev1", "interval=7", "--device", "x.js", *at(server))
    assert (result.exit_code, result.stderr, server.queue()) == (0, "", [b"\7"])
    assert json.loads(result.stdout) == {
        "operation": "push",
        "device_id": "dev1",
        "downlinks": [{"f_port": 3, "frm_payload": "Bw==", "hex": "07", "decoded_payload": None}],
        "findings": [],
        "remarks": [],
    }
    run("push", "dev1", "-", "--device", "x.js", "-p", "9", *at(server), stdin='{"interval":1}\n{"interval":2}\n')
    assert server.queue() == [b"\7", b"\1", b"\2"]
    run("replace", "dev1", "--raw", "0102", "AwQ=", "-p", "1", "--webhook", "wh1", *at(server))
    assert server.queue() == [b"\1\2", b"\3\4"]
    run("push", "dev1", '{"a": 1}', "--decoded", *at(server))
    assert server.queue()[-1] == {"a": 1}
    assert run("clear", "dev1", *at(server)).exit_code == 0
    assert server.queue() == []


def test_everything_that_a_downlink_may_have(server):
    ids = ["--correlation-id", "a", "--correlation-id", "b"]
    words = ["--confirmed", "--priority", "high", "--max-attempts", "3", "-p", "4", *ids]
    class_b_c = '{"absolute_time": "2026-01-02T03:04:05Z"}'
    run("push", "dev1", "--raw", "01", *words, "--class-b-c", class_b_c, *at(server))
    (item,) = server.queues["app1", "dev1"]
    assert (item.confirmed, item.priority, item.correlation_ids, item.max_attempts) == (True, "HIGH", ("a", "b"), 3)
    assert (item.f_port, item.class_b_c) == (4, json.loads(class_b_c))


def test_warnings_are_said(server):
    size = ["--region", "EU868", "--data-rate", "SF12BW125"]
    result = run("push", "dev1", "--raw", "00" * 60, "-p", "240", *size, *at(server))
    assert result.stderr.splitlines() == [
        "octavo: /downlinks/0/f_port: FPort 240 is above 223, the last one for applications",
        "octavo: /downlinks/0/frm_payload: the payload has 60 bytes; a downlink at SF12BW125 in EU868 holds at most 51",
    ]
    assert len(json.loads(result.stdout)["findings"]) == 2
    result = run("push", "dev1", "odd=1", "--device", "x.js", *at(server))
    assert (result.exit_code, result.stderr) == (0, "octavo: odd\n")


def test_attributes(server):
    result = run("attributes", "dev1", *at(server))
    assert json.loads(result.stdout) == {"device_id": "dev1", "attributes": ATTRIBUTES}


def test_on_a_terminal_it_is_a_sentence(server, monkeypatch):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _: True)
    assert run("push", "dev1", "--raw", "01", "-p", "1", *at(server)).stdout == "pushed 1 downlink to dev1\n"
    replaced = run("replace", "dev1", "--raw", "01", "02", "-p", "1", *at(server))
    assert replaced.stdout == "replaced the queue of dev1 by 2 downlinks\n"
    assert run("clear", "dev1", *at(server)).stdout == "cleared the queue of dev1\n"
    assert run("attributes", "dev1", *at(server)).stdout == "location: roof\nroom: 4.12\n"
    result = run("attributes", "dev2", *at(server))
    assert (result.stdout, result.stderr) == ("", "octavo: dev2 has no attributes\n")


def test_a_dry_run_prints_the_request_without_the_key(monkeypatch):
    monkeypatch.delenv("OCTAVO_API_KEY")
    result = run("push", "dev1", "--raw", "01", "-p", "1", *V3, "--dry-run")
    assert json.loads(result.stdout) == {
        "method": "POST",
        "url": "https://thethings.example.com/api/v3/as/applications/app1/devices/dev1/down/push",
        "headers": {
            "Authorization": "Bearer $OCTAVO_API_KEY",
            "Content-Type": "application/json",
            "User-Agent": "octavo",
        },
        "body": '{"downlinks":[{"f_port":1,"frm_payload":"AQ=="}]}',
    }
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _: True)
    shown = run("clear", "dev1", "--webhook", "wh1", *V3, "--dry-run").stdout
    assert shown.startswith('curl --location \\\n  --header "Authorization: Bearer $OCTAVO_API_KEY"')
    assert "field_mask=attributes" in run("attributes", "dev1", *V3, "--dry-run").stdout


@pytest.mark.parametrize(
    "args", [["push", "dev1", "--raw", "01", "-p", "1"], ["clear", "dev1"], ["attributes", "dev1"]]
)
def test_the_command_for_curl_goes_into_a_pipe_where_it_is_asked_for(args):
    shown = run(*args, *V3, "--dry-run", "--as", "curl").stdout
    assert shown.startswith('curl --location \\\n  --header "Authorization: Bearer $OCTAVO_API_KEY"')


def test_a_priority_is_named_as_the_help_has_it():
    result = run("push", "dev1", *RAW, "--priority", "urgent", *V3)
    assert f"'urgent' is none of {', '.join(PRIORITIES)}" in result.stderr


def test_v2_by_its_url(server, monkeypatch):
    monkeypatch.setenv("OCTAVO_DOWNLINK_URL", server.downlink_url)
    push = ["push", "my-dev", "--raw", "01", "-p", "1", "--network", "v2"]
    shown = json.loads(run(*push, "--dry-run").stdout)
    assert shown["url"].endswith("/my-process-id?key=***")
    with monkeypatch.context() as patch:
        patch.setattr("octavo.cli.output.is_terminal", lambda _: True)
        assert run(*push, "--dry-run").stdout.endswith('/my-process-id?key=***"\n')
    assert server.seen == []
    assert run(*push).exit_code == 0
    assert server.queue("my-dev", "my-app-id") == [b"\1"]


def test_a_dry_run_needs_no_extra():
    """It sends nothing, so httpx is not missed; what sends does say so."""
    code = "import sys; sys.modules['httpx'] = None; from octavo.cli import main; main()"
    words = [sys.executable, "-c", code, "downlink", "clear", "dev1", *V3]
    done = subprocess.run([*words, "--dry-run"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["body"] == '{"downlinks":[]}'
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'httpx is not installed: pip install "octavo[downlinks]"' in done.stderr


@pytest.mark.parametrize("name", ["push", "replace", "clear", "attributes"])
def test_help_tells_a_newcomer_all_that_is_needed(name):
    text = run(name, "--help").stdout
    assert f"octavo downlink {name} " in text, "an example"
    assert all(len(line) <= 80 for line in text.splitlines())
    for word in ("read -rs OCTAVO_API_KEY", "Write downlink application traffic", "View devices in application"):
        assert word in text
    for way in ("https://eu1.cloud.thethings.network", "$OCTAVO_DOWNLINK_URL", "chirpstack-rest-api", "mqtts://"):
        assert (way in text) or name == "attributes"


def test_chirpstack(server):
    run("replace", EUI, "--raw", "01", "-p", "1", "--network", "chirpstack4", "--server", server.url)
    assert server.queue(EUI, "") == [b"\1"]


@pytest.mark.parametrize(
    ("words", "user", "topic"),
    [
        (["--application", "app1@ttn"], "app1@ttn", "v3/app1@ttn/devices/dev1/down/push"),
        (["--application", "app1", "--network", "v2"], "app1", "app1/devices/dev1/down"),
        (["--application", "app1", "--mqtt-user", "me"], "me", "v3/app1/devices/dev1/down/push"),
    ],
)
def test_mqtt(monkeypatch, words, user, topic):
    published = []
    monkeypatch.setattr(mqtt, "publish", lambda *args, **names: published.append((args, names)))
    args = ["push", "dev1", "--raw", "01", "-p", "1", "--mqtt", "mqtt://broker.example", *words]
    shown = json.loads(run(*args, "--dry-run").stdout)
    assert (shown["topic"], published) == (topic, [])
    done = run(*args)
    assert (done.exit_code, done.stderr) == (0, f"octavo: {downlink.UNCONFIRMED}\n")
    assert json.loads(done.stdout)["remarks"] == [downlink.UNCONFIRMED]
    (((url, publications), names),) = published
    assert (url, publications[0].topic) == ("mqtt://broker.example", topic)
    assert names == {"username": user, "password": KEY, "timeout_s": 10.0}


def test_names_are_those_of_the_library():
    assert (downlink.NETWORKS, downlink.PRIORITIES) == (NETWORKS, PRIORITIES)


def test_a_variable_that_the_encoder_never_hears_of_is_said():
    result = run("push", "dev1", "interval=1", "--device", "x.js", "--variable", "a=1", *V3, "--dry-run")
    assert "octavo: --variable: x.js (dialect tts) takes no notice of it" in result.stderr


RAW = ["--raw", "01", "-p", "1"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["push", "dev1", "a=1", *V3], "nothing says how DATA becomes bytes: give --device"),
        (["push", "dev1", "a=1", "--raw", "--decoded", *V3], "--decoded and --raw say different things"),
        (["push", "dev1", "a=1", "--decoded", "--input", "hex", *V3], "--input: only with --raw"),
        (["push", "dev1", "--decoded", *V3], "no data"),
        (["push", "dev1", "--decoded", "--dialect", "ttn2", "a=1", *V3], "--dialect: only with --device"),
        (["push", "dev1", "--decoded", "--variable", "a=1", "a=1", *V3], "--variable: only with --device"),
        (["push", "dev1", "--raw", "01", *V3], "--raw: bytes go to a port: give -p"),
        (["push", "dev1", "--raw", "01", "-p", "0", *V3], "-p 0: FPort 0 is for MAC commands"),
        (["push", "dev1", "--raw", "256", "-p", "1", *V3], "256 is one number: it is no byte, for it is above 255"),
        (["push", "dev1", "--raw", "123", "-p", "1", *V3], "write [123] for one byte, or 0123 for hex"),
        (["push", "dev1", *RAW, "--as", "curl", *V3], "--as curl: there is no command without --dry-run"),
        (["attributes", "dev1", "--as", "curl", "--dry-run", "--json", *V3], "there is no command with --json"),
        (["clear", "dev1", "--as", "curl", "--dry-run", "--mqtt", "mqtt://x"], "there is no command with --mqtt"),
        (["push", "dev1", "--raw", "-p", "1", *V3], "no payload: give hex"),
        (["push", "dev1", "--raw", "-p", "1", "xyz!", *V3], "found '!' at offset 3"),
        (["push", "dev1", "--raw", "-p", "1", "AAAAAA", *V3], "may be hex or base64: say which with --input"),
        (["push", "dev1", "--raw", "-p", "1", "00E", *V3], "It is taken for base64: say --input base64"),
        (["push", "dev1", "a", "--decoded", *V3], "not JSON, nor KEY=VALUE"),
        (["push", "dev1", "a=1", "--device", "none.js", *V3], "none.js"),
        (["push", "dev1", *RAW, "--application", "app1"], "no server: give --server"),
        (["push", "dev1", *RAW, "--server", "https://x.example"], "no application: give --application"),
        (["clear", "dev1", "--application", "a", "--server", "localhost:18491"], "is it http://localhost:18491?"),
        (["clear", "dev1", "--application", "a", "--server", "me:NNSXS.ZWEI@host"], "is it http://HOST?"),
        (
            ["attributes", "dev1", "--application", "a", "--server", "ftp://x"],
            "http:// or https:// was expected in front",
        ),
        (["push", "dev1", *RAW, "--network", "v2"], "no downlink_url: put that of an uplink into $OCTAVO_DOWNLINK_URL"),
        (["push", "dev1", *RAW, "--network", "v2", "--server", "x"], "--server: it has no place with --network v2"),
        (["clear", "dev1", "--mqtt", "mqtt://x", "--webhook", "w"], "--webhook: it has no place with --mqtt"),
        (["clear", EUI, "--network", "chirpstack4", "--application", "a"], "--application: it has no place with"),
        (["clear", "dev1", "--mqtt-user", "me", *V3], "--mqtt-user: it has no place without --mqtt"),
        (["clear", "dev1", "--mqtt", "mqtt://x"], "no application"),
        (["clear", "dev1", "--api-key", "NNSXS.ZWEI", *V3], "read -rs OCTAVO_API_KEY; export OCTAVO_API_KEY"),
        (["push", "dev1", *RAW, "--class-b-c", "[1]", *V3], "an object was expected"),
        (["push", "dev1", *RAW, "--class-b-c", "{", *V3], "not JSON"),
        (["push", "dev1", *RAW, "--max-attempts", "101", *V3], "101"),
        (["push", "dev1", *RAW, "-p", "256", *V3], "no FPort"),
        (["insert"], "No such command"),
    ],
)
def test_wrong_usage(args, words):
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "NNSXS.ZWEI" not in result.stderr


def test_without_a_key_it_is_said_how_to_give_it(monkeypatch):
    monkeypatch.setenv("OCTAVO_API_KEY", "")
    result = run("clear", "dev1", *V3)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no API key: put it into $OCTAVO_API_KEY: read -rs" in result.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["push", "dev1", "bad=1", "--device", "x.js"], "octavo: x.js: bad\n"),
        (
            ["push", "dev1", "a=1", "--device", "adeunis/ftd"],
            "adeunis/ftd encodes no downlinks: give the payload as bytes",
        ),
        (["push", "dev1", "interval=1", "--device", "x.js", "-p", "224"], "found 224, expected an FPort from 1 to 223"),
        (["push", "dev1", "--raw", "00" * 256, "-p", "1"], "at most 255 bytes"),
        (
            ["push", "dev1", "--raw", "01", "-p", "1", "--class-b-c", '{"gateways": 5}'],
            "class_b_c/gateways: found 5, expected",
        ),
        (["push", "dev1", "--raw", "01", "-p", "1", "--region", "EU868"], "give both region and data_rate"),
        (["push", "dev1", "--raw", "01", "-p", "224"], "an FPort from 1 to 223"),
        (["push", "dev1", "-", "--decoded"], "standard input:2: not JSON"),
        (["push", "Dev_1", "--raw", "01", "-p", "1"], "is no device id"),
        (
            ["push", "dev9", "--raw", "01", "-p", "1"],
            "answered 404: it knows no such application, webhook or end device",
        ),
        (["clear", "dev1", "--webhook", "wh9"], "webhook not found"),
    ],
)
def test_what_fails(server, args, words):
    result = run(*args, *at(server), stdin='{"a":1}\n{\n')
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert server.queue() == []


def test_a_server_that_is_away(monkeypatch):
    waits = []
    monkeypatch.setattr("octavo.downlinks.client.time", SimpleNamespace(sleep=waits.append))
    with network_server() as gone:
        pass
    result = run("clear", "dev1", *at(gone))
    assert result.exit_code == 1
    assert "cannot be reached" in result.stderr
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("name", ["push", "replace", "clear", "attributes"])
def test_help(name):
    assert name in run("--help").stdout
    text = run(name, "--help").stdout
    assert "--server URL" in text
    assert "--api-key" not in text
    assert "read -rs OCTAVO_API_KEY" in run("--help").stdout
