"""Messages by MQTT, from a real Mosquitto to the store: acknowledged when they are kept, and not before."""

import contextlib
import json
import logging
import re
import socket
import threading
from pathlib import Path

import pytest

from octavo.errors import ContentError
from octavo.live import listen, running
from octavo.live.backoff import Backoff
from octavo.live.broker import make_broker
from octavo.live.config import Config, Listen, Server
from octavo.live.errors import StoreError
from octavo.live.intake import read
from octavo.live.listen import Listener
from octavo.live.mqtt import Connection, publish
from octavo.live.sqlite import SqliteStore
from octavo.live.subscription import TOPICS
from octavo.networks.message import Publication
from octavo.networks.tts import topics as tts_topics

from .live_parts import NoWorker
from .mosquitto import PASSWORD, USER, WRONG, Mosquitto, needs_mosquitto, needs_openssl
from .traffic import MESSAGE
from .waiting import until

QUICK = Backoff(0.05, 0.2)
SEEDS = Path(__file__).parent / "seeds"
V3_TOPIC = "v3/app1@ttn/devices/dev1/up"
MANY = 200


class FailingStore(SqliteStore):
    """Cannot keep anything, so often."""

    failures = 0

    def put(self, rows, received_ms, steady_ms):
        cls = type(self)
        if rows and cls.failures:
            cls.failures -= 1
            raise StoreError("the disk is full")
        return super().put(rows, received_ms, steady_ms)


class Receiver:
    """A `Listener` that runs in a thread; its store can be looked at."""

    def __init__(self, config, **how):
        self.listener = Listener(config, backoff=QUICK, **how)
        self.tally = self.listener.tally
        self.thread = threading.Thread(target=self.listener.run)
        self.store = SqliteStore(config.store.removeprefix("sqlite:"), durable=False)
        self.thread.start()

    def rows(self):
        return [stored.row for stored in self.store.claim(10_000, 1 << 60)]

    def has(self, count):
        return until(lambda: len(rows := self.rows()) >= count and rows, f"{count} are kept")

    def stop(self):
        self.listener.stop()
        self.thread.join()

    def close(self):
        self.stop()
        self.store.close()


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path) as started:
        yield started


def mosquitto(folder, **how):
    (folder / "broker").mkdir()
    return Mosquitto(folder / "broker", **how)


@pytest.fixture
def receiving(tmp_path, monkeypatch, caplog):
    """Starts receivers; one is there, and has subscribed, when it is given back."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(running, "Supervisor", NoWorker)
    monkeypatch.setattr(FailingStore, "failures", 0)
    monkeypatch.setattr(running, "open_store", lambda url, **how: FailingStore(url.removeprefix("sqlite:"), **how))
    started = []

    def start(broker, *, name="octavo", config=None, **options):
        access = {"username": USER, "password": PASSWORD, "topics": TOPICS, "client_id": name, "server": broker.url}
        listen = Listen(**(access | options))
        config = config or Config(store=f"sqlite:{tmp_path / name}.db", folder=tmp_path)
        said = len(connections(caplog))
        receiver = Receiver(replaced(config, listen))
        started.append(receiver)
        until(lambda: len(connections(caplog)) > said, "it listens")
        return receiver

    yield start
    for receiver in started:
        receiver.close()


def replaced(config, listen):
    return Config(store=config.store, folder=config.folder, listen=listen, server=config.server, unknown=config.unknown)


def connections(caplog):
    return [record for record in caplog.records if getattr(record, "event", "") in ("connected", "not_connected")]


def uplink(number):
    return json.dumps(MESSAGE | {"received_at": f"2026-02-12T15:15:46.{number:06}Z"}).encode()


def send(broker, *payloads, topic=V3_TOPIC, qos=1, retain=False):
    connection = Connection(make_broker(broker.url, username=USER, password=PASSWORD))
    try:
        connection.open()
        receipts = connection.publish([Publication(topic, each) for each in payloads], qos=qos, retain=retain)
        assert {each.state for each in receipts} == {"sent"}
    finally:
        connection.close()


def numbers(rows):
    return sorted(int(json.loads(row.body)["received_at"][20:26]) for row in rows)


# ---- what comes ----


def seed_publications():
    """Every message of the seeds that comes by MQTT, with its topic."""
    by_kind = {entry["kind"]: entry["message"] for entry in json.loads((SEEDS / "messages.json").read_text())}
    v2 = [(each["topic"], each["kind"]) for each in json.loads((SEEDS / "mqtt.json").read_text())["topics"]]
    v3 = [
        (tts_topics.topic(kind.removeprefix("v3."), "app1@ttn", "dev1"), kind)
        for kind in by_kind
        if kind.startswith("v3.") and kind != "v3.downlinks"
    ]
    down = [("v3/app1@ttn/devices/dev1/down/push", "v3.downlinks"), ("my-app-id/devices/my-dev-id/down", "v2.downlink")]
    by_kind["v2.event"] = by_kind["v2.downlink"]
    listed = dict([*v2, *v3, *down])
    return [(topic, kind, json.dumps(by_kind[kind]).encode()) for topic, kind in listed.items()]


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_every_message_of_the_seeds_is_kept(broker, receiving, version):
    receiver = receiving(broker, topics=("v3/#", "my-app-id/#"), version=version)
    published = seed_publications()
    for topic, _, payload in published:
        send(broker, payload, topic=topic)
    rows = receiver.has(len(published))
    assert [(row.topic, row.kind, row.body) for row in rows] == published
    assert {row.via for row in rows} == {"mqtt"}


@needs_mosquitto
def test_the_usual_subscriptions_bring_what_devices_say_and_no_more(broker, receiving):
    receiver = receiving(broker)
    eui = "application/b5f1bcbc-a56d-4a7b-8d4a-2bd4a9c1b1a5/device/0102030405060708/event"
    wanted = [
        "v3/app1@ttn/devices/dev1/up",
        "v3/app1@ttn/devices/dev1/join",
        "v3/app1@ttn/devices/dev1/up/normalized",
        "v3/app1@ttn/devices/dev1/down/queued",
        "v3/app1@ttn/devices/dev1/location/solved",
        "v3/app1@ttn/devices/dev1/service/data",
        "app1/devices/dev1/up",
        "app1/devices/dev1/events/activations",
        "app1/devices/dev1/events/down/sent",
        f"{eui}/up",
        f"{eui}/join",
    ]
    others = ["app1/devices/dev1/up/temperature", "app1/devices/dev1/down", "v3/app1@ttn/devices/dev1/down/push", "x"]
    for topic in others + wanted:
        send(broker, b"{}", topic=topic)
    assert [row.topic for row in receiver.has(len(wanted))] == wanted


@needs_mosquitto
def test_what_no_network_sends_is_counted_and_holds_up_nothing(broker, receiving, caplog):
    receiver = receiving(broker, topics=("#",), version=5)
    send(broker, b"secret words", topic="home/kitchen")
    send(broker, b"\x0a\x03secret", topic=V3_TOPIC)
    send(broker, b'{"secret": 1}', topic="home/kitchen")
    send(broker, b" " * (1 << 20) + uplink(2), topic=V3_TOPIC)
    send(broker, uplink(1))
    assert numbers(receiver.has(1)) == [1]
    assert receiver.tally.refused == 4
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said[:4] == [
        "refused 12 bytes on home/kitchen: not_json",
        f"refused 8 bytes on {V3_TOPIC}: protobuf",
        "refused 13 bytes on home/kitchen: unknown_kind",
        f"refused {(1 << 20) + len(uplink(2))} bytes on {V3_TOPIC}: too_large",
    ]
    assert "secret" not in caplog.text
    receiver.stop()
    again = receiving(broker, topics=("#",), name="octavo")
    send(broker, uplink(2))
    again.has(2)
    assert again.tally.refused == 0, "they were acknowledged"


@needs_mosquitto
def test_a_device_that_nobody_knows_can_be_refused(broker, receiving, tmp_path):
    config = Config(store=f"sqlite:{tmp_path / 'strict.db'}", folder=tmp_path, unknown="refuse")
    receiver = receiving(broker, config=config)
    send(broker, uplink(1))
    until(lambda: receiver.tally.refused, "it is refused")
    assert receiver.rows() == []


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_a_retained_message_is_taken_once(broker, receiving, version):
    send(broker, b"{}", topic="app1/devices/dev1/events/ack", retain=True)
    for _ in range(3):
        receiver = receiving(broker, version=version)
        receiver.has(1)
        receiver.stop()
    assert len(receiver.rows()) == 1


# ---- nothing is lost ----


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_what_cannot_be_kept_comes_again(broker, receiving, version, caplog):
    receiver = receiving(broker, version=version)
    FailingStore.failures = 3
    send(broker, *map(uplink, range(MANY)))
    until(lambda: len(receiver.rows()) == MANY, "all are kept")
    assert numbers(receiver.rows()) == list(range(MANY))
    assert "a message cannot be kept (the disk is full); the broker is to send it again" in caplog.text
    send(broker, uplink(MANY))
    receiver.has(MANY + 1)
    assert receiver.tally.duplicates <= MANY


@needs_mosquitto
def test_qos_0_is_held_while_the_store_cannot_keep_it(broker, receiving, caplog):
    receiver = receiving(broker)
    FailingStore.failures = 2
    send(broker, *map(uplink, range(20)), qos=0)
    assert numbers(receiver.has(20)) == list(range(20))
    assert not receiver.listener._held
    keeping = [record.event for record in caplog.records if record.event in ("store", "store_back")]
    assert keeping == ["store", "store_back"]
    assert receiver.tally.lost == 0


@needs_mosquitto
def test_a_store_with_too_much_to_do_holds_back_the_broker(broker, receiving, tmp_path):
    server = Server(waiting_max=1)
    receiver = receiving(broker, config=Config(store=f"sqlite:{tmp_path / 's.db'}", folder=tmp_path, server=server))
    send(broker, *map(uplink, range(MANY)))
    assert numbers(receiver.has(MANY)) == list(range(MANY))
    assert receiver.tally.duplicates == 0


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_the_session_waits_while_nobody_listens(broker, receiving, version):
    receiver = receiving(broker, version=version)
    send(broker, uplink(0))
    receiver.has(1)
    receiver.stop()
    send(broker, *map(uplink, range(1, MANY)))
    again = receiving(broker, version=version)
    assert numbers(again.has(MANY)) == list(range(MANY))
    assert again.tally.duplicates == 0, "what was taken had been acknowledged"


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_a_broker_that_is_killed(broker, receiving, version):
    receiver = receiving(broker, version=version)
    send(broker, *map(uplink, range(50)))
    receiver.has(50)
    broker.save()
    broker.kill()
    broker.start()
    until(lambda: "Sending CONNACK" in broker_log_after(broker), "it is there again")
    send(broker, *map(uplink, range(50, 100)))
    assert numbers(receiver.has(100)) == list(range(100))
    receiver.stop()
    send(broker, *map(uplink, range(100, 150)))
    broker.save()
    broker.kill()
    broker.start()
    again = receiving(broker, version=version)
    assert numbers(again.has(150)) == list(range(150))


def broker_log_after(broker):
    """What it wrote since it was started last."""
    return (broker.folder / "log").read_text().rpartition("starting")[2]


@needs_mosquitto
def test_receivers_of_a_group_split_the_messages(broker, receiving):
    first, second = (receiving(broker, name=name, share="decoders") for name in ("one", "two"))
    send(broker, *map(uplink, range(MANY)))
    until(lambda: len(first.rows()) + len(second.rows()) == MANY, "all are kept")
    assert sorted(numbers(first.rows()) + numbers(second.rows())) == list(range(MANY))
    assert min(len(first.rows()), len(second.rows())) > MANY // 10
    second.stop()
    send(broker, *map(uplink, range(MANY, 2 * MANY)))
    again = receiving(broker, name="two", share="decoders")
    until(lambda: len(first.rows()) + len(again.rows()) == 2 * MANY, "all are kept")
    assert sorted(numbers(first.rows()) + numbers(again.rows())) == list(range(2 * MANY))


# ---- to get in ----


@needs_mosquitto
@needs_openssl
def test_tls(tmp_path, receiving, caplog):
    with mosquitto(tmp_path, tls=True) as broker:
        receiver = receiving(broker, tls={"ca": "broker/ca.pem"})
        publish_tls(broker, uplink(1))
        receiver.has(1)
        receiving(broker, name="other")
        assert "its certificate is not trusted" in caplog.text


def publish_tls(broker, payload):
    access = make_broker(broker.url, username=USER, password=PASSWORD, tls={"ca": "ca.pem"}, folder=broker.folder)
    with contextlib.closing(Connection(access)) as connection:
        connection.open()
        assert connection.publish([Publication(V3_TOPIC, payload)])[0].state == "sent"


@needs_mosquitto
def test_a_wrong_password_in_words(broker, receiving, caplog):
    receiving(broker, password=WRONG)
    words = f"127.0.0.1:{broker.port} does not let us in: Not authorized; are user name and password right?"
    assert words in caplog.text
    assert WRONG not in caplog.text


def test_a_broker_of_mqtt_3_is_spoken_to_in_mqtt_3(tmp_path, monkeypatch, caplog):
    """The broker is a stand-in: it answers as those do that know no MQTT 5, and notes the version it is asked in."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(running, "Supervisor", NoWorker)
    versions = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer_twice, args=[server, versions])
        thread.start()
        listen = Listen(f"mqtt://127.0.0.1:{server.getsockname()[1]}", TOPICS)
        listener = Listener(Config(store=f"sqlite:{tmp_path / 'o.db'}", listen=listen), backoff=QUICK)
        receiver = threading.Thread(target=listener.run)
        receiver.start()
        thread.join()
        listener.stop()
        receiver.join()
    assert versions == [5, 4]
    assert "does not let us in: Unsupported protocol version" in caplog.text


def _answer_twice(server, versions):
    for _ in range(2):
        connection, _ = server.accept()
        with connection:
            packet = connection.recv(4096)
            versions.append(packet[packet.index(b"MQTT") + 4])
            connection.sendall(b"\x20\x02\x00\x01")


# ---- what nobody expects ----


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_two_clients_of_one_name_are_told_so(broker, receiving, version, caplog):
    """MQTT 3.1.1 cannot say why it ends a connection, and Mosquitto before 2.0.15 does not in MQTT 5 either."""
    receiving(broker, name="one", client_id="octavo", version=version)
    receiving(broker, name="two", client_id="octavo", version=version)
    until(lambda: "each client of a broker needs a client_id of its own" in caplog.text, lambda: caplog.text)
    assert re.search(r"(is )?another client called octavo(\? Then they push each other out| took over)", caplog.text)


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"NaN",
    b"9" * 5000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b'{"end_device_ids": {"device_id": {}}, "received_at": {}, "uplink_message": []}',
    b'{"end_device_ids": {"device_id": "\\ud800\\u0000"}, "correlation_ids": {}, "uplink_message": 5}',
    b'{"dev_id": [], "app_id": {}, "payload_raw": 5, "metadata": 5}',
    b'{"deviceInfo": [], "deduplicationId": {}}',
]


@needs_mosquitto
def test_whatever_a_body_is_what_follows_it_is_kept(broker, receiving, caplog):
    receiver = receiving(broker, topics=("#",))
    topics = [V3_TOPIC, "app1/devices/dev1/up", "application/a/device/0102030405060708/event/up", "a/" * 90 + "b"]
    for topic in topics:
        send(broker, *HOSTILE, topic=topic)
    send(broker, uplink(1))
    rows = until(lambda: [row for row in receiver.rows() if b"15:15:46.000001" in row.body], "the last is kept")
    assert numbers(rows) == [1]
    assert receiver.tally.received + receiver.tally.refused == len(topics) * len(HOSTILE) + 1
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []
    assert [each for each in caplog.records if getattr(each, "event", "") == "disconnected"] == []


@needs_mosquitto
@pytest.mark.parametrize("mistake", [RecursionError, TypeError, KeyError, UnicodeDecodeError, OverflowError])
def test_a_mistake_over_a_message_is_told_and_it_comes_once(broker, receiving, monkeypatch, caplog, mistake):
    """It would come for ever, and hold up what follows; the log has no word of it but where the mistake is."""
    asked = []

    def mistaken(received):
        asked.append(received.body)
        if b"secret" in received.body:
            raise mistake.__new__(mistake)
        return read(received)

    monkeypatch.setattr(listen, "read", mistaken)
    receiver = receiving(broker, topics=("#",))
    send(broker, b"secret words", uplink(1))
    assert numbers(receiver.has(1)) == [1]
    assert (receiver.tally.refused, asked.count(b"secret words")) == (1, 1)
    (told,) = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert told.exc_info[0] is mistake
    assert f"which a message on {V3_TOPIC} found" in told.getMessage()
    receiver.stop()
    again = receiving(broker, topics=("#",))
    send(broker, uplink(2))
    again.has(2)
    assert asked.count(b"secret words") == 1, "it was acknowledged"


@needs_mosquitto
def test_trouble_that_is_not_the_messages_own_leaves_it_to_the_broker(broker, receiving, monkeypatch, caplog):
    troubles = [ContentError("the catalogue cannot be read"), StoreError("the disk is full")]

    def troubled(received):
        if troubles:
            raise troubles.pop()
        return read(received)

    monkeypatch.setattr(listen, "read", troubled)
    receiver = receiving(broker)
    send(broker, uplink(1))
    assert numbers(receiver.has(1)) == [1]
    assert "a message cannot be kept (the catalogue cannot be read); the broker is to send it again" in caplog.text
    troubles.append(StoreError("the disk is full"))
    send(broker, uplink(2), qos=0)
    until(lambda: receiver.tally.lost, "no broker sends it again")
    assert "1 messages are lost: the disk is full" in caplog.text


# ---- downlinks ----


def test_publish_is_there_for_downlinks():
    with pytest.raises(ContentError, match="no URL of an MQTT server"):
        publish("http://broker", [])
