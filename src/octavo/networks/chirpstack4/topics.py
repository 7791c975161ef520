"""MQTT topics of ChirpStack v4, and the identifiers in them.

Source: ChirpStack documentation, "Integrations > MQTT" (default event topic, Scheduling a downlink);
chirpstack/chirpstack, chirpstack/src/config.rs, ``event_topic`` and ``command_topic``.
"""

from __future__ import annotations

import re

from octavo.errors import ContentError
from octavo.networks.message import EVENT_PATH, NO_IDS, Topic

EVENTS = ("up", "join", "ack", "txack", "log", "status", "location")
"""The events of a device. Source: ChirpStack documentation, "Integrations > Event types"."""

MESSAGES = {**{name: f"event/{name}" for name in EVENTS}, "down": "command/down"}
"""The messages of a device, and how their topics end."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
DEV_EUI = re.compile(r"[0-9a-f]{16}", re.IGNORECASE | re.ASCII)
TOPIC = re.compile(r"(?:.*/)?application/([^/]+)/device/([^/]+)/(.+)", re.DOTALL)

KINDS_BY_END = {end: f"chirpstack4.{name}" for name, end in MESSAGES.items()}


def check_application_id(text: str) -> str:
    """The application's identifier itself, if it is a UUID as ChirpStack writes it; else `ContentError`."""
    if not UUID.fullmatch(text):
        raise ContentError(
            f"{text!r} is no application id of ChirpStack: a UUID was expected, as the web interface shows it"
        )
    return text


def check_dev_eui(text: str) -> str:
    """A DevEUI in lower case, as ChirpStack writes it and compares it.

    Source: chirpstack/src/integration/mqtt.rs (the payload's DevEUI must be the topic's, letter by letter).

    Raises:
        ContentError: where it is no DevEUI.
    """
    if not DEV_EUI.fullmatch(text):
        raise ContentError(f"{text!r} is no DevEUI: 16 hex digits were expected", path="/devEui")
    return text.lower()


def topic(message: str, application_id: str, dev_eui: str) -> str:
    """The default topic of an event, or of the command that enqueues a downlink.

    Args:
        message: a name of `MESSAGES`.
        application_id: the application's UUID.
        dev_eui: the device's DevEUI.

    Raises:
        ContentError: for a message that has no topic, or an identifier that is none.

    >>> topic("down", "81d1b5a4-3a5c-4b1e-9f0e-2c6f7d8e9a0b", "A84041FFFF1234AB")
    'application/81d1b5a4-3a5c-4b1e-9f0e-2c6f7d8e9a0b/device/a84041ffff1234ab/command/down'
    """
    if message not in MESSAGES:
        raise ContentError(f"{message!r} has no topic: one of {', '.join(MESSAGES)} was expected")
    return f"application/{check_application_id(application_id)}/device/{check_dev_eui(dev_eui)}/{MESSAGES[message]}"


def parse_topic(text: str) -> Topic:
    """What a topic of the default form says; levels before ``application`` are passed over.

    Applications of ChirpStack v4 are UUIDs; the numbers of v3 are not read, since its messages are others.

    Raises:
        ContentError: where it is no topic of a device, or ends in an event that is not known.

    >>> parse_topic("application/81d1b5a4-3a5c-4b1e-9f0e-2c6f7d8e9a0b/device/a84041ffff1234ab/event/up").kind
    'chirpstack4.up'
    """
    found = TOPIC.fullmatch(text)
    if found is None or not UUID.fullmatch(found[1]) or not DEV_EUI.fullmatch(found[2]):
        raise ContentError(f"{text!r} is no topic of ChirpStack: application/{{UUID}}/device/{{DevEUI}}/ was expected")
    kind = KINDS_BY_END.get(found[3])
    if kind is None:
        expected = f"one of {', '.join(KINDS_BY_END)} was expected"
        raise ContentError(f"no event {found[3]!r} in the topic: {expected}", path=EVENT_PATH)
    return Topic(kind, {**NO_IDS, "application_id": found[1], "dev_eui": found[2]})
