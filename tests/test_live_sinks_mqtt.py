"""Outcomes by MQTT, through a real Mosquitto."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError
from octavo.live.broker import BrokerError, make_broker, parse_server
from octavo.live.config import Config
from octavo.live.mqtt import Connection, publish
from octavo.live.sinks import make_sink
from octavo.live.sinks.mqtt import _level, published
from octavo.networks.message import Publication

from .live_parts import OUTCOME, letter, sink_config
from .mosquitto import PASSWORD, USER, WRONG, Mosquitto, needs_mosquitto, needs_openssl
from .waiting import free_port, until

SEEDS = json.loads((Path(__file__).parent / "seeds" / "mqtt.json").read_text())


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as started:
        yield started


@pytest.fixture
def made():
    """Makes sinks, and closes them at the end."""
    opened = []

    def make(broker, **options):
        options = {"server": broker.url, "username": USER, "password": PASSWORD} | options
        sink = make_sink(sink_config("mqtt", **options), Config(folder=broker.folder))
        sink.open()
        opened.append(sink)
        return sink

    yield make
    for sink in opened:
        sink.close()


@pytest.fixture
def heard():
    """Subscribes; gives a list that fills with what comes."""
    connections = []

    def listen(broker, topic="#", tls=None):
        messages = []
        access = make_broker(broker.url, username=USER, password=PASSWORD, tls=tls, folder=broker.folder)
        connection = Connection(access, lambda message: (messages.append(message), connection.acknowledge(message)))
        connections.append(connection)
        connection.open()
        assert connection.subscribe([topic]) == {}
        return messages

    yield listen
    for connection in connections:
        connection.close()


def states(receipts):
    return [receipt.state for receipt in receipts]


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_an_outcome_goes_to_the_topic_of_its_device(broker, made, heard, version):
    messages = heard(broker)
    join = {"kind": "v3.join_accept", "network": "v3", "decoded": None}
    letters = [letter(1), letter(2, **join)]
    assert states(made(broker, version=version).send(letters)) == ["sent", "sent"]
    until(lambda: len(messages) == 2, "both come")
    ends = ["up", "join_accept"]
    assert [message.topic for message in messages] == [f"octavo/my-app-id/devices/my-dev-id/{end}" for end in ends]
    assert [message.payload.decode() for message in messages] == [each.content for each in letters]


@needs_mosquitto
def test_fields_are_published_as_the_things_network_did(broker, made, heard):
    messages = heard(broker, "my-app-id/#")
    sent = letter(1, decoded={"data": SEEDS["payload_fields"]})
    assert states(made(broker, fields=True).send([sent])) == ["sent"]
    expected = [(each["topic"], json.loads(each["payload"])) for each in SEEDS["field_publications"]]
    until(lambda: len(messages) == len(expected), "all fields come")
    assert [(message.topic, json.loads(message.payload)) for message in messages] == expected


@needs_mosquitto
def test_fields_of_a_device_without_a_name_that_topics_have(broker, made, heard, caplog):
    messages = heard(broker, "+/devices/#")
    sink = made(broker, fields=True)
    named = OUTCOME["ids"] | {"device_id": "Probe 1", "dev_eui": "00FF00FF00FF00FF"}
    assert states(sink.send([letter(1, ids=named), letter(2, ids=named | {"dev_eui": None})])) == ["sent"] * 2
    until(lambda: messages, "the first comes")
    assert [message.topic for message in messages] == ["my-app-id/devices/00ff00ff00ff00ff/up/water"]
    assert "no topics for the fields of message 2: Invalid topic format: 'Probe 1'" in caplog.text


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("limit", ["max_packet_size 2000", "message_size_limit 2000"])
def test_what_is_too_big_is_refused_and_holds_up_nothing(tmp_path, made, heard, version, limit):
    """In MQTT 3.1.1 Mosquitto acknowledges what is beyond its message_size_limit, and drops it: nobody can tell."""
    with Mosquitto(tmp_path, more=f"{limit}\n") as broker:
        messages = heard(broker, "octavo/#")
        sink = made(broker, version=version)
        letters = [letter(number, text="x" * 3000 * (number == 2)) for number in range(5)]
        settled = dict.fromkeys(range(5), "down")
        for turn in ("down", "down", "down", "refused"):  # what is refused comes again much later
            left = [each for each in letters if settled[each.message_id] == turn]
            receipts = sink.send(left) if left else []
            settled |= {each.message_id: state for each, state in zip(left, states(receipts), strict=True)}
        is_told = version == 5 or limit.startswith("max_packet")
        assert (settled.pop(2) == "sent") != is_told
        assert set(settled.values()) == {"sent"}
        until(lambda: {json.loads(message.payload)["id"] for message in messages} == {0, 1, 3, 4}, "the others come")


@needs_mosquitto
def test_a_broker_that_was_away_gets_everything_in_order(broker, made, heard):
    sink = made(broker, timeout_s=5)
    assert states(sink.send([letter(0)])) == ["sent"]
    broker.kill()
    letters = [letter(number) for number in range(1, 100)]
    assert {receipt.state for receipt in sink.send(letters)} == {"down"}
    (reason,) = {receipt.reason for receipt in sink.send(letters)}
    assert reason == f"127.0.0.1:{broker.port} cannot be reached: Connection refused"
    broker.start()
    messages = heard(broker, "octavo/#")
    assert {receipt.state for receipt in sink.send(letters)} == {"sent"}
    until(lambda: len(messages) == 99, "all come")
    assert [json.loads(message.payload)["id"] for message in messages] == list(range(1, 100))


@needs_mosquitto
def test_what_is_not_acknowledged_is_not_sent(broker, made):
    sink = made(broker)
    assert states(sink.send([letter(0)])) == ["sent"]
    sink._timeout_s = 0.3
    broker.pause()
    (receipt,) = sink.send([letter(1)])
    broker.go_on()
    assert (receipt.state, receipt.reason) == ("down", f"127.0.0.1:{broker.port}: it did not acknowledge in time")
    assert states(made(broker).send([letter(1)])) == ["sent"]


@needs_mosquitto
@pytest.mark.parametrize("version", [4, 5])
def test_a_wrong_password_in_words(broker, made, version):
    (receipt,) = made(broker, password=WRONG, version=version).send([letter(1)])
    assert receipt.state == "down"
    assert "does not let us in: Not authorized; are user name and password right?" in receipt.reason
    assert WRONG not in receipt.reason


@needs_mosquitto
@needs_openssl
def test_tls(tmp_path, made, heard):
    with Mosquitto(tmp_path, tls=True) as broker:
        messages = heard(broker, tls={"ca": "ca.pem"})
        assert states(made(broker, tls={"ca": "ca.pem"}).send([letter(1)])) == ["sent"]
        until(lambda: messages, "it comes")
        (receipt,) = made(broker).send([letter(1)])
        assert "its certificate is not trusted: " in receipt.reason
        (receipt,) = made(broker, server=broker.url.replace("mqtts", "mqtt"), timeout_s=1).send([letter(1)])
        assert receipt.state == "down"
        with pytest.raises(ContentError, match=r"server\.key: certificates and a key in PEM were expected"):
            made(broker, tls={"ca": "server.key"})


@needs_mosquitto
def test_publish_and_go(broker, heard):
    messages = heard(broker, "a/b")
    publish(broker.url, [Publication("a/b", b"1"), Publication("a/b", b"2")], username=USER, password=PASSWORD)
    until(lambda: len(messages) == 2, "both come")
    with pytest.raises(BrokerError, match="does not let us in"):
        publish(broker.url, [Publication("a/b", b"1")], username=USER, password=WRONG)
    with pytest.raises(BrokerError, match="no publication of MQTT"):
        publish(broker.url, [Publication("a/#", b"1")], username=USER, password=PASSWORD)


def test_a_broker_that_is_not_there():
    port = free_port()
    with pytest.raises(BrokerError, match=f"127.0.0.1:{port} cannot be reached: Connection refused"):
        publish(f"mqtt://127.0.0.1:{port}", [])


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("mqtt://broker", ("broker", 1883, False)),
        ("mqtts://broker/", ("broker", 8883, True)),
        ("mqtt://[::1]:1884", ("::1", 1884, False)),
    ],
)
def test_urls_of_servers(url, parsed):
    assert parse_server(url) == parsed


@pytest.mark.parametrize("url", ["", "broker", "http://broker", "mqtt://", "mqtt://b:x", "mqtt://b:0", "mqtt://b/path"])
def test_what_is_no_url_of_a_server(url):
    with pytest.raises(ContentError, match=r"mqtt://host:port or mqtts://host:port was expected"):
        parse_server(url)


def test_a_user_in_the_url_is_not_repeated():
    with pytest.raises(ContentError) as caught:
        parse_server("mqtt://user:secret@broker")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("a/{device}", "no {device}: one of application_id, "),
        ("a/{device_id", "a { alone: {NAME} was expected"),
        ("a/device_id}", "a } alone: {NAME} was expected"),
        ("a/{device_id:{kind}}", "a { alone: {NAME} was expected"),
        ("a/{device_id:d}", "no {device_id:d}: {device_id}, and nothing else in the braces, was expected"),
        ("a/{device_id:>200000}", "no {device_id:>200000}: {device_id}, and nothing else"),
        ("a/{kind!r}", "no {kind!r}: {kind}, and nothing else"),
        ("a/{device_id.x}", "no {device_id.x}: {device_id}, and nothing else"),
        ("a/{device_id[0]}", "no {device_id[0]}: {device_id}, and nothing else"),
        ("a/{device_id:}", "no {device_id:}: {device_id}, and nothing else"),
        ("a/{}", "no {}: one of"),
    ],
)
def test_a_topic_that_is_none(topic, words):
    with pytest.raises(ContentError, match=r"sink mqtt: topic: ") as caught:
        make_sink(sink_config("mqtt", server="mqtt://broker", topic=topic), Config())
    assert words in str(caught.value)


def test_two_braces_are_one_in_a_topic():
    assert published(sink_config("mqtt", server="mqtt://broker", topic="a/{{b}}/{kind}")) == ["a/+/+"]


def test_what_has_no_topics_is_told_once_and_then_counted(caplog):
    sink = make_sink(sink_config("mqtt", server="mqtt://broker", fields=True), Config())
    outcome = json.loads(letter(1, ids=OUTCOME["ids"] | {"device_id": "Probe 1", "dev_eui": None}).content)
    for _ in range(3):
        assert sink._fields(outcome) == []
    (told,) = [record for record in caplog.records if record.event == "no_fields"]
    assert told.facts["count"] == 1


def test_tls_files_for_a_server_without_tls():
    with pytest.raises(ContentError, match="mqtts:// was expected"):
        make_sink(sink_config("mqtt", server="mqtt://broker", tls={"ca": "ca.pem"}), Config())


@given(st.one_of(st.none(), st.text()))
def test_whatever_an_identifier_is_it_is_one_level_of_a_topic(text):
    level = _level(text)
    assert level
    assert not set("+#/\0") & set(level)
    assert len(level.encode()) <= 4 * 256
