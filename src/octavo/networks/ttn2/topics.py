"""MQTT topics of The Things Network v2.

Source: TheThingsNetwork/ttn, mqtt/README.md and mqtt/topics.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from octavo.errors import ContentError
from octavo.networks.message import NO_IDS, Topic

ID = r"([0-9a-z](?:[_-]?[0-9a-z]){1,35}|\+)"
ID_PATTERN = re.compile(ID)
DEVICE_TOPIC = re.compile(ID + r"/devices/" + ID + r"/(events|up|down)(/.*)?", re.DOTALL)
APPLICATION_TOPIC = re.compile(ID + r"/events([0-9a-z/-]+|/#)?")

EVENT_KINDS = {
    "activations": "v2.activation",
    "ack": "v2.ack",
    "down/acks": "v2.ack",
    "up/errors": "v2.error",
    "down/errors": "v2.error",
    "activations/errors": "v2.error",
}
"""Events whose payloads have a form of their own; all others are ``v2.event``."""


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """A topic of a device.

    Attributes:
        app_id: the application; None is the wildcard ``+``.
        dev_id: the device; None is the wildcard ``+``.
        type: ``up``, ``down`` or ``events``.
        field: what follows ``up`` or ``events``: a payload field, or an event such as ``down/sent``.
    """

    app_id: str | None
    dev_id: str | None
    type: str
    field: str = ""

    def __str__(self) -> str:
        """The topic's text; events that are not named are ``+``."""
        field = self.field or ("+" if self.type == "events" else "")
        if self.type == "down":
            field = ""
        text = f"{self.app_id or '+'}/devices/{self.dev_id or '+'}/{self.type}"
        return f"{text}/{field}" if field else text


@dataclass(frozen=True, slots=True)
class ApplicationTopic:
    """A topic of an application's events; an ``app_id`` of None is the wildcard ``+``."""

    app_id: str | None
    field: str = ""

    def __str__(self) -> str:
        """The topic's text; events that are not named are ``#``."""
        return f"{self.app_id or '+'}/events/{self.field or '#'}"


def device_topic(app_id: str, dev_id: str, kind: str, field: str = "") -> DeviceTopic:
    """The topic of one device, to publish on.

    Args:
        app_id: the application.
        dev_id: the device.
        kind: ``up``, ``down`` or ``events``.
        field: as in `DeviceTopic`.

    Raises:
        ContentError: for an identifier that is none; a wildcard is none.
    """
    for text in (app_id, dev_id):
        if not ID_PATTERN.fullmatch(text) or text == "+":
            raise _invalid(text, "an identifier of small letters, digits, single dashes and underscores")
    return DeviceTopic(app_id, dev_id, kind, field)


def parse_device_topic(text: str) -> DeviceTopic:
    """What a device's topic says. The names of payload fields are free, as the handler publishes them.

    Raises:
        ContentError: where it is none.

    >>> parse_device_topic("my-app-id/devices/my-dev-id/up/gps/lat").field
    'gps/lat'
    """
    found = DEVICE_TOPIC.fullmatch(text)
    if not found:
        raise _invalid(text, "{application}/devices/{device}/ and up, down or events")
    app_id, dev_id, kind, rest = found.groups()
    field = "" if kind == "down" else (rest or "").removeprefix("/")
    return DeviceTopic(_id(app_id), _id(dev_id), kind, field)


def parse_application_topic(text: str) -> ApplicationTopic:
    """What the topic of an application's events says.

    Raises:
        ContentError: where it is none.
    """
    found = APPLICATION_TOPIC.fullmatch(text)
    if not found:
        raise _invalid(text, "{application}/events")
    return ApplicationTopic(_id(found[1]), (found[2] or "").strip("/"))


def parse_topic(text: str) -> Topic:
    """The kind of message that a topic carries, with the identifiers in it.

    Raises:
        ContentError: where it is no topic of v2.
    """
    try:
        device = parse_device_topic(text)
    except ContentError:
        application = parse_application_topic(text)
        return Topic("v2.event", {**NO_IDS, "application_id": application.app_id})
    ids = {**NO_IDS, "application_id": device.app_id, "device_id": device.dev_id}
    is_field = device.type == "up" and device.field
    return Topic(_kind(device), ids, field=device.field if is_field else None)


def _kind(topic: DeviceTopic) -> str:
    if topic.type == "events":
        return EVENT_KINDS.get(topic.field, "v2.event")
    if topic.type == "down":
        return "v2.downlink"
    return "v2.field" if topic.field else "v2.uplink"


def _id(text: str) -> str | None:
    return None if text == "+" else text


def _invalid(text: str, expected: str) -> ContentError:
    return ContentError(f"Invalid topic format: {text!r}; {expected} was expected")
