"""Downlinks through a real broker: everything that a downlink may have arrives on the topic of its network."""

import asyncio
import queue
from functools import partial

import pytest

from octavo.downlinks import Client, QueueItem
from octavo.live import mqtt
from octavo.live.broker import make_broker
from octavo.networks import ttn2, tts

from .mosquitto import PASSWORD, USER, WRONG, Mosquitto, needs_mosquitto
from .waiting import SOON_S

pytestmark = needs_mosquitto

EUI = "0004a30b001c0530"
CLASS_B_C = {
    "gateways": [{"gateway_ids": {"gateway_id": "gw1"}, "antenna_index": 1, "group_index": 2}],
    "absolute_time": "2026-01-02T03:04:05.5Z",
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def arriving(broker):
    """What the network server would take, in order."""
    taken = queue.SimpleQueue()
    connection = mqtt.Connection(make_broker(broker.url, username=USER, password=PASSWORD), taken.put)
    try:
        connection.open()
        assert connection.subscribe(["#"]) == {}
        yield lambda: taken.get(timeout=SOON_S)
    finally:
        connection.close()


def client(broker, network, application="app1@ttn", password=PASSWORD):
    publish = partial(mqtt.publish, broker.url, username=USER, password=password)
    return Client.mqtt(publish, application_id=application, network=network)


@pytest.mark.parametrize("priority", tts.PRIORITIES)
def test_everything_that_v3_has(broker, arriving, priority):
    options = {"confirmed": True, "priority": priority, "correlation_ids": ["a", "b"], "max_attempts": 4}
    client(broker, "v3").push("dev1", b"\1", {"led": 1}, f_port=7, class_b_c=CLASS_B_C, **options)
    message = arriving()
    assert (message.topic, message.retained) == ("v3/app1@ttn/devices/dev1/down/push", False)
    more = (None, True, priority, ("a", "b"), 4, CLASS_B_C)
    first = QueueItem(7, b"\1", *more)
    assert tts.parse_downlinks(message.payload) == (first, QueueItem(7, None, {"led": 1}, *more[1:]))


def test_replace_and_clear_of_v3(broker, arriving):
    to = client(broker, "v3")
    asyncio.run(to.areplace("dev1", b"\2", f_port=1))
    to.clear("dev1")
    messages = [arriving(), arriving()]
    assert [message.topic for message in messages] == ["v3/app1@ttn/devices/dev1/down/replace"] * 2
    assert [tts.parse_downlinks(message.payload) for message in messages] == [(QueueItem(1, b"\2"),), ()]


def test_what_v2_has(broker, arriving):
    client(broker, "v2", "my-app").replace("my_dev", b"\1", {"led": 1}, f_port=7, confirmed=True)
    messages = [arriving(), arriving()]
    assert {message.topic for message in messages} == {"my-app/devices/my_dev/down"}
    assert [ttn2.parse_downlink(message.payload) for message in messages] == [
        ttn2.DownlinkMessage(7, b"\1", None, True, "replace"),  # noqa: FBT003 - as the class has it
        ttn2.DownlinkMessage(7, None, {"led": 1}, True, "last"),  # noqa: FBT003 - likewise
    ]


def test_a_wrong_password_is_told(broker):
    with pytest.raises(Exception, match="user name and password") as caught:
        client(broker, "v3", password=WRONG).clear("dev1")
    assert WRONG not in str(caught.value)
