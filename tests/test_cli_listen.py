"""``octavo listen`` as a program: from a real Mosquitto to standard output, a webhook and MQTT."""

import json
import signal
import subprocess

import pytest

from octavo.live.broker import make_broker
from octavo.live.mqtt import Connection
from octavo.networks.message import Publication

from .live_parts import webhook
from .live_running import PROGRAM, Listening
from .mosquitto import PASSWORD, USER, WRONG, Mosquitto, needs_mosquitto
from .test_live_listen import V3_TOPIC, seed_publications, uplink
from .waiting import free_port, until

DEVICE = "function decodeUplink(input) { return { data: { gps: { lat: 52.37 }, bytes: input.bytes.length } }; }"

CONFIG = """
device = "device.js"

[listen]
server = "{server}"
username = "$MQTT_USER"
password = "$MQTT_PASSWORD"
topics = ["v3/#", "+/devices/+/up", "+/devices/+/down", "+/devices/+/events/#"]

[[sinks]]
type = "stdout"

[[sinks]]
type = "webhook"
url = "{url}"

[[sinks]]
type = "mqtt"
server = "{server}"
username = "$MQTT_USER"
password = "$MQTT_PASSWORD"
fields = true
"""


@pytest.fixture
def broker(tmp_path):
    (tmp_path / "broker").mkdir()
    with Mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
def listening(tmp_path):
    started = []

    def make(*options, password=PASSWORD):
        (tmp_path / "device.js").write_text(DEVICE)
        mine = {"OCTAVO_MQTT_PASSWORD": password, "MQTT_USER": USER, "MQTT_PASSWORD": PASSWORD}
        started.append(Listening(tmp_path, *options, **mine))
        return started[-1]

    yield make
    for each in started:
        if each.process:
            each.stop()


class Client:
    """A connection that publishes, and remembers what comes."""

    def __init__(self, broker, topics=()):
        self.messages = []
        self.connection = Connection(make_broker(broker.url, username=USER, password=PASSWORD), self.take)
        self.connection.open()
        if topics:
            assert self.connection.subscribe(topics) == {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def take(self, message):
        self.messages.append(message)
        self.connection.acknowledge(message)

    def send(self, *publications):
        sent = self.connection.publish([Publication(*each) for each in publications])
        assert {each.state for each in sent} == {"sent"}


@needs_mosquitto
def test_every_message_of_the_seeds_in_and_out(broker, listening, tmp_path):
    published = seed_publications()
    with webhook() as (hook, url), Client(broker, ["octavo/#", "my-app-id/devices/my-dev-id/up/#"]) as client:
        (tmp_path / "octavo.toml").write_text(CONFIG.format(server=broker.url, url=url))
        listener = listening("octavo.toml").start()
        client.send(*((topic, payload) for topic, _, payload in published))
        printed = listener.outcomes(len(published))
        assert [(each["topic"], each["kind"]) for each in printed.values()] == [each[:2] for each in published]
        until(lambda: len(hook.bodies) == len(published), "all are posted")
        assert {each["id"]: each for each in hook.bodies} == printed

        def outcomes():
            found = [json.loads(each.payload) for each in client.messages if each.topic.startswith("octavo/")]
            return {each["id"]: each for each in found}

        until(lambda: len(outcomes()) == len(published), "all are published")
        assert outcomes() == printed
        fields = {each.topic.partition("/up/")[2]: each.payload for each in client.messages if "/up/" in each.topic}
        assert fields == {"gps": b'{"lat":52.37}', "gps/lat": b"52.37", "bytes": b"4"}
        assert listener.stop() == 0
    assert PASSWORD not in listener.said.read_text() + listener.printed.read_text()


@needs_mosquitto
def test_without_a_configuration(broker, listening):
    listener = listening("--server", broker.url, "--username", USER, "--device", "device.js").start()
    with Client(broker) as client:
        client.send((V3_TOPIC, uplink(1)))
    ((_, record),) = listener.outcomes(1).items()
    assert (record["via"], record["decoded"]["data"]["bytes"]) == ("mqtt", 3)
    (told,) = listener.events("connected")
    where = f"listening to {told['server']} for the topics of all networks, storing in sqlite:"
    assert told["message"].startswith(where)
    assert told["message"].endswith(f"device.js, passing on to {told['passes_on_to']}")
    assert (told["passes_on_to"], "+/devices/+/up" in told["topics"]) == ("stdout", True)
    assert listener.stop(signal.SIGINT) == 130
    assert listener.events()[-1]["event"] == "stopped"


@needs_mosquitto
def test_killed_again_and_again_under_load_nothing_is_missing_and_nothing_is_kept_twice(broker, listening):
    listener = listening("--server", broker.url, "--username", USER, "--device", "device.js").start()
    count = 900
    with Client(broker) as client:
        for start in range(0, count, 300):
            client.send(*((V3_TOPIC, uplink(number)) for number in range(start, start + 300)))
            listener.kill()
            listener.start()
    printed = listener.outcomes(count)
    moments = [each["message"]["received_at"] for each in printed.values()]
    assert len(printed) == len(set(moments)) == count


@needs_mosquitto
def test_a_sink_that_is_away_gets_everything_in_order_when_it_is_back(broker, listening, tmp_path):
    port = free_port()
    config = CONFIG.partition("[[sinks]]")[0] + '[[sinks]]\ntype = "webhook"\nurl = "{url}"\nin_flight = 1\n'
    (tmp_path / "octavo.toml").write_text(config.format(server=broker.url, url=f"http://127.0.0.1:{port}/hook"))
    listener = listening("octavo.toml").start()
    with Client(broker) as client:
        client.send(*((V3_TOPIC, uplink(number)) for number in range(300)))
        with webhook(port) as (hook, _):
            until(lambda: len(hook.bodies) >= 300, "all come")
            assert [each["message"]["received_at"][20:26] for each in hook.bodies] == [f"{n:06}" for n in range(300)]
            assert listener.stop() == 0


@needs_mosquitto
def test_a_wrong_password_in_words(broker, listening):
    listener = listening("--server", broker.url, "--username", USER, password=WRONG)
    listener.start("not_connected")
    words = "does not let us in: Not authorized; are user name and password right?"
    assert words in listener.said.read_text()
    assert WRONG not in listener.said.read_text()


@needs_mosquitto
def test_a_user_without_a_password(tmp_path, listening):
    """An empty variable says that there is none."""
    folder = tmp_path / "open"
    folder.mkdir()
    with Mosquitto(folder) as broker:
        listener = listening("--server", broker.url, "--username", USER, password="")
        listener.start("not_connected")
        assert "are user name and password right?" in listener.said.read_text()


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ([], 2, "octavo: no server: --server, or a CONFIG with [listen], was expected"),
        (
            ["--server", "broker"],
            2,
            "--server: no URL of an MQTT server: mqtt://host:port or mqtts://host:port was expected",
        ),
        (["--server", "127.0.0.1:18471"], 2, "mqtt://host:port or mqtts://host:port was expected"),
        (["--server", "mqtt://me:secret@broker"], 2, "user name and password stand by themselves"),
        (["--server", "mqtt://broker", "--device", "nobody/nothing"], 2, "nobody/nothing"),
        (["nothing.toml"], 2, "nothing.toml"),
        (
            ["--server", "mqtt://broker", "--topic", "a/#/b"],
            2,
            "octavo: --topic: 'a/#/b' is no topic filter: # stands at the end only",
        ),
        (["--server", "mqtt://broker", "--username", "me"], 2, "no password for --username: $OCTAVO_MQTT_PASSWORD was"),
    ],
)
def test_what_is_wrong_in_words(tmp_path, options, status, words):
    done = subprocess.run([*PROGRAM, "listen", *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "octavo.db").exists()
