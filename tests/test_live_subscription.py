"""What is subscribed to: which filters there are, and that nothing goes round in a circle."""

import pytest

from octavo.errors import ContentError
from octavo.live.config import Config, Listen, SinkConfig
from octavo.live.listen import Listener
from octavo.live.subscription import TOPICS, filters_of


def listening(tmp_path, *sinks, **options):
    access = {"server": "mqtt://broker", "topics": TOPICS} | options
    return Listener(Config(folder=tmp_path, sinks=sinks, listen=Listen(**access)))


def test_without_a_server(tmp_path):
    with pytest.raises(ContentError, match=r"no server of MQTT: \[listen\] in the configuration, or --server"):
        Listener(Config(folder=tmp_path))


def test_a_group_needs_mqtt_5(tmp_path):
    with pytest.raises(ContentError, match="shared subscriptions are of MQTT 5"):
        listening(tmp_path, share="decoders", version=4)


@pytest.mark.parametrize(
    ("topics", "options"),
    [
        (TOPICS, {"topic": "{application_id}/devices/{device_id}/{event}"}),
        (("octavo/#",), {}),
        (("+/devices/+/up/#",), {"fields": True}),
        (("my-app-id/#",), {"fields": True}),
        (("my-app-id/devices/+/up",), {"topic": "my-app-id/devices/{device_id}/up"}),
    ],
)
def test_what_goes_out_does_not_come_in_again(tmp_path, topics, options):
    sink = SinkConfig("mqtt", "mqtt", {"server": "mqtt://broker:1883"} | options)
    with pytest.raises(ContentError, match="sink mqtt: what it publishes would come in again by the subscription to"):
        listening(tmp_path, sink, topics=topics, share="decoders")
    elsewhere = SinkConfig("mqtt", "mqtt", {"server": "mqtt://other"} | options)
    assert listening(tmp_path, elsewhere, topics=topics)
    assert listening(tmp_path, SinkConfig("mqtt", "mqtt", {"server": "mqtt://broker", "fields": True}))


GOOD = ["#", "/", "+", "a", "a/#", "+/a/+", "/+", "a//b", " ", "$SYS/#", "$share/group/a/#", "$share/g//", "é" * 9]


@pytest.mark.parametrize("topic", GOOD)
def test_what_is_a_topic_filter(topic):
    """Source: MQTT 5.0, sections 4.7 and 4.8.2."""
    assert filters_of(Listen("mqtt://broker", (topic,))) == (topic,)


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ("a/#/b", "# stands at the end only"),
        ("a#", "# stands at the end only"),
        ("#/", "# stands at the end only"),
        ("##", "# stands at the end only"),
        ("a/b+", r"\+ stands for a whole level"),
        ("a+/b", r"\+ stands for a whole level"),
        ("", "it is empty"),
        ("a\0b", "at most 65535 bytes of UTF-8 without NUL"),
        ("a\udcff", "at most 65535 bytes of UTF-8 without NUL"),
        ("é" * 32768, "at most 65535 bytes"),
        ("$share/group", r"\$share/GROUP/FILTER was expected"),
        ("$share/group/", r"\$share/GROUP/FILTER was expected"),
        ("$share//a", r"\$share/GROUP/FILTER was expected"),
        ("$share/a+/b", r"\$share/GROUP/FILTER was expected"),
        ("$share/a/b/#/c", "# stands at the end only"),
    ],
)
def test_what_is_no_topic_filter_is_refused_at_the_start(tmp_path, topic, why):
    with pytest.raises(ContentError, match=f"listen.topics: .* is no topic filter: {why}"):
        listening(tmp_path, topics=("good/+", topic))


def test_a_group_within_a_group_is_refused(tmp_path):
    with pytest.raises(ContentError, match="it has a group of its own already"):
        listening(tmp_path, topics=("$share/a/b",), share="c")
