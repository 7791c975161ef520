"""What is subscribed to, at which broker; and that no sink publishes what would come in again."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING

from octavo._rows import sayable
from octavo.errors import ContentError
from octavo.live.broker import MQTT_5, make_broker, parse_server
from octavo.networks.tts.topics import MESSAGES

if TYPE_CHECKING:
    from octavo.live.broker import Broker
    from octavo.live.config import Config, Listen, SinkConfig

V3 = tuple(f"v3/+/devices/+/{end}" for end in MESSAGES.values())
"""The Things Stack; its server makes the own application of the ``+``.

Source: lorawan-stack, pkg/applicationserver/io/mqtt/topics/v3.go.
"""

V2 = ("+/devices/+/up", "+/devices/+/events/#")
"""The Things Network v2, without the topics of single fields. Source: TheThingsNetwork/ttn, mqtt/README.md."""

CHIRPSTACK = ("application/+/device/+/event/+",)
"""Source: ChirpStack documentation, "Integrations > MQTT"."""

TOPICS = (*V3, *V2, *CHIRPSTACK)
"""What is subscribed to where nobody says."""

WORDS = frozenset(word for topic in TOPICS for word in topic.split("/"))
"""Words of the networks' topics, which are no identifiers."""

FILTER_MAX = 65535
"""Bytes of a topic filter. Source: MQTT 5.0, section 1.5.4."""

SHARE = "$share/"


def filters_of(listen: Listen) -> tuple[str, ...]:
    """The topic filters that a broker is asked for.

    Raises:
        ContentError: one is none, or the group needs MQTT 5.
    """
    if listen.share and listen.version != MQTT_5:
        raise ContentError("listen.share: shared subscriptions are of MQTT 5: version = 5 was expected")
    filters = _filters(listen)
    told = [f"{each!r} is no topic filter: {wrong}" for each in filters if (wrong := _wrong(each))]
    if told:
        raise ContentError(f"listen.topics: {'; '.join(told)}")
    return filters


def broker_of(config: Config, listen: Listen) -> Broker:
    """The broker that is listened to.

    Raises:
        ContentError: the URL is none, or a file for TLS cannot be used.
    """
    return make_broker(
        listen.server,
        username=listen.username,
        password=listen.password,
        version=listen.version,
        tls=listen.tls,
        folder=config.folder,
        client_id=listen.client_id or _client_id(config, _filters(listen)),
        session_s=listen.session_s,
    )


def _filters(listen: Listen) -> tuple[str, ...]:
    topics = listen.topics or TOPICS
    return tuple(f"{SHARE}{listen.share}/{each}" for each in topics) if listen.share else topics


def _wrong(topic: str) -> str:
    """What is wrong with a topic filter, or "". Source: MQTT 5.0, sections 4.7.1, 4.7.3 and 4.8.2."""
    group, _, filtered = topic.removeprefix(SHARE).partition("/") if topic.startswith(SHARE) else ("a", "", topic)
    *before, last = filtered.split("/")
    if not filtered or not group or set("+#") & set(group):
        return "$share/GROUP/FILTER was expected" if topic.startswith(SHARE) else "it is empty"
    if filtered.startswith(SHARE):
        return "it has a group of its own already"
    if "\0" in topic or sayable(topic) != topic or len(topic.encode()) > FILTER_MAX:
        return f"at most {FILTER_MAX} bytes of UTF-8 without NUL were expected"
    if any("#" in level for level in before) or ("#" in last and last != "#"):
        return "# stands at the end only, behind a / or alone"
    if any("+" in level and level != "+" for level in (*before, last)):
        return "+ stands for a whole level, between two /"
    return ""


def _client_id(config: Config, filters: tuple[str, ...]) -> str:
    """The same each time on this machine with this store and these filters: the broker finds our session again.

    With other filters it is another session, since a session keeps what it once subscribed to.

    Source: MQTT 3.1.1, section 3.1.3.1: every server takes 23 letters and digits.
    """
    place = "\0".join([socket.gethostname(), config.store_name, *filters])
    return f"octavo{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def refuse_circle(listen: Listen, sink: SinkConfig) -> None:
    """See that a sink publishes nothing that would come in again.

    Raises:
        ContentError: it does.
    """
    if sink.type != "mqtt" or parse_server(sink.options["server"]) != parse_server(listen.server):
        return
    from octavo.live.sinks.mqtt import published  # noqa: PLC0415 - only where there is such a sink

    for each in _filters(listen):
        asked = each.split("/")[2:] if each.startswith(SHARE) else each.split("/")
        if any(_overlap(asked, ours.split("/")) for ours in published(sink)):
            raise ContentError(f"sink {sink.name}: what it publishes would come in again by the subscription to {each}")


def _overlap(asked: list[str], ours: list[str]) -> bool:
    """Whether there is a topic that is of both filters; ``#`` stands in the first only."""
    for index, level in enumerate(asked):
        if level == "#":
            return True
        if index >= len(ours):
            return False
        is_named = ours[index] == "+" and level not in WORDS
        if level not in ("+", ours[index]) and not is_named:
            return False
    return len(asked) == len(ours)
