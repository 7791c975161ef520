"""MQTT topics of The Things Stack v3.

Source: The Things Stack documentation, "MQTT Server"; lorawan-stack,
pkg/applicationserver/io/mqtt/topics/v3.go.
"""

from __future__ import annotations

import re

from octavo.errors import ContentError
from octavo.networks.message import NO_IDS, Topic

MESSAGES = {
    "uplink_message": "up",
    "uplink_normalized": "up/normalized",
    "join_accept": "join",
    "downlink_ack": "down/ack",
    "downlink_nack": "down/nack",
    "downlink_sent": "down/sent",
    "downlink_failed": "down/failed",
    "downlink_queued": "down/queued",
    "downlink_queue_invalidated": "down/invalidated",
    "location_solved": "location/solved",
    "service_data": "service/data",
}
"""The eleven messages of an application's stream, and how their topics end."""

OPERATIONS = {"push": "down/push", "replace": "down/replace"}
"""The operations on a downlink queue, and how their topics end."""

DOWNLINKS = "v3.downlinks"

ID = re.compile(r"[a-z0-9](?:-?[a-z0-9]){2,}")
ID_MAX = 36
"""Source: lorawan-stack, api/ttn/lorawan/v3/identifiers.proto."""

KINDS_BY_END = {end: (f"v3.{name}", None) for name, end in MESSAGES.items()} | {
    end: (DOWNLINKS, name) for name, end in OPERATIONS.items()
}


def check_id(text: str, what: str) -> str:
    """The identifier itself, if The Things Stack allows it.

    Raises:
        ContentError: naming ``what`` it should identify.
    """
    if len(text) > ID_MAX or not ID.fullmatch(text):
        raise ContentError(
            f"{text!r} is no {what}: 3 to {ID_MAX} small letters, digits and single dashes were expected"
        )
    return text


def check_uid(text: str) -> str:
    """The application's unique identifier itself: ``app``, or ``app@tenant`` where there are tenants."""
    application, at, tenant = text.partition("@")
    check_id(application, "application id")
    if at:
        check_id(tenant, "tenant id")
    return text


def topic(message: str, application_uid: str, device_id: str) -> str:
    """The topic of a message or of an operation on the downlink queue.

    Args:
        message: a name of `MESSAGES`, or ``push`` or ``replace``.
        application_uid: ``app`` or ``app@tenant``.
        device_id: the end device.

    Raises:
        ContentError: for a message that has no topic, or an identifier that is none.

    >>> topic("uplink_message", "app1@ttn", "dev1")
    'v3/app1@ttn/devices/dev1/up'
    """
    end = MESSAGES.get(message) or OPERATIONS.get(message)
    if not end:
        raise ContentError(f"{message!r} has no topic: one of {', '.join([*MESSAGES, *OPERATIONS])} was expected")
    return f"v3/{check_uid(application_uid)}/devices/{check_id(device_id, 'device id')}/{end}"


def parse_topic(text: str) -> Topic:
    """What a topic says; levels before ``v3``, and new ones before the end, are passed over.

    Raises:
        ContentError: where it is no topic of a device.

    >>> parse_topic("v3/app1@ttn/devices/dev1/down/push").operation
    'push'
    """
    levels = text.split("/")
    try:
        start = levels.index("v3")
        device = levels.index("devices", start + 2) + 1
    except ValueError:
        raise _no_topic(text) from None
    kind, operation = _by_end(text, levels[device + 1 :])
    application, _, tenant = levels[start + 1].partition("@")
    ids = {"application_id": application, "tenant_id": tenant or None, "device_id": levels[device]}
    return Topic(kind, {**NO_IDS, **ids}, operation)


def _by_end(text: str, levels: list[str]) -> tuple[str, str | None]:
    found = KINDS_BY_END.get("/".join(levels[-2:])) or KINDS_BY_END.get(levels[-1] if levels else "")
    if not found:
        raise _no_topic(text)
    return found


def _no_topic(text: str) -> ContentError:
    return ContentError(
        f"{text!r} is no topic of v3: v3/{{application}}/devices/{{device}}/ was expected, then one of "
        f"{', '.join(KINDS_BY_END)}"
    )


def accepted_subscription(application_uid: str, requested: str) -> str:
    """The topic filter that the server makes of a requested one: always within the own application.

    Raises:
        ContentError: where the server refuses it.

    >>> accepted_subscription("app1", "v3/+/devices/+/up")
    'v3/app1/devices/+/up'
    """
    first, *rest = requested.split("/")
    if first == "#" or (first == "v3" and rest[:1] == ["#"]):
        return f"v3/{application_uid}/#"
    if first != "v3" or rest[:1] not in (["+"], [application_uid]):
        raise ContentError(
            f"the server refuses a subscription to {requested!r}: # or v3/{application_uid}/... was expected"
        )
    return "/".join(["v3", application_uid, *rest[1:]])
