"""Downlinks of The Things Network v2, over HTTP and MQTT.

Source: The Things Network documentation, "HTTP Integration" and "MQTT API Reference"; TheThingsNetwork/ttn,
core/types/downlink_message.go and core/handler/convert_fields.go.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from octavo.errors import ContentError
from octavo.networks.message import Publication, Request
from octavo.networks.ttn2.topics import device_topic
from octavo.networks.wire import (
    F_PORT_MAX,
    FRM_PAYLOAD_MAX,
    check_f_port,
    check_url,
    dump_json,
    misfit,
    parse_json,
    read_bool,
    read_bytes,
    read_uint,
    text_member,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULES = ("replace", "first", "last")
METHODS = ("POST", "PUT")
REGIONS = ("ttn-eu", "ttn-us-west", "ttn-brazil", "ttn-asia-se")
SERVER = "https://integrations.thethingsnetwork.org"


@dataclass(frozen=True, slots=True)
class DownlinkMessage:
    """A downlink for a device of v2.

    Attributes:
        port: FPort; 0 is sent on 1, as the handler does.
        payload_raw: bytes to send as they are.
        payload_fields: object for the application's Encoder; only one of the two may be set.
        confirmed: whether the device shall confirm it.
        schedule: ``replace`` the queue, be the ``first`` or ``last`` in it; empty is ``replace``.
        dev_id: the device; needed over HTTP, taken from the topic over MQTT.
    """

    port: int = 0
    payload_raw: bytes | None = None
    payload_fields: Mapping[str, Any] | None = None
    confirmed: bool = False
    schedule: str = ""
    dev_id: str = ""


def downlink_body(message: DownlinkMessage) -> dict[str, Any]:
    """The JSON object of a downlink.

    Raises:
        ContentError: for what the handler refuses; ``path`` names the member.
    """
    _check(message)
    raw = message.payload_raw
    members = {
        "dev_id": message.dev_id,
        "port": message.port or 1,
        "confirmed": message.confirmed,
        "payload_raw": base64.b64encode(raw).decode("ascii") if raw else "",
        "payload_fields": None if message.payload_fields is None else dict(message.payload_fields),
        "schedule": message.schedule,
    }
    return {name: value for name, value in members.items() if value}


def _check(message: DownlinkMessage) -> None:
    check_f_port(message.port, "/port")
    if message.payload_raw and message.payload_fields:
        raise ContentError("Both Fields and Payload provided: payload_raw or payload_fields was expected")
    if not message.payload_raw and not message.payload_fields:
        raise ContentError("no payload: payload_raw or payload_fields was expected")
    if len(message.payload_raw or b"") > FRM_PAYLOAD_MAX:
        raise misfit(f"{len(message.payload_raw or b'')} bytes", "/payload_raw", f"at most {FRM_PAYLOAD_MAX} bytes")
    if message.schedule not in ("", *SCHEDULES):
        raise misfit(message.schedule, "/schedule", f"one of {', '.join(SCHEDULES)}")


def parse_downlink(body: Any) -> DownlinkMessage:
    """A downlink from its JSON text or value; unknown members are passed over.

    Raises:
        ContentError: for what the handler refuses; ``path`` names the member.
    """
    value = parse_json(body) if isinstance(body, str | bytes) else body
    if not isinstance(value, dict):
        raise misfit(value, "", "an object")
    fields, schedule = value.get("payload_fields"), value.get("schedule")
    if fields is not None and not isinstance(fields, dict):
        raise misfit(fields, "/payload_fields", "an object")
    if schedule is not None and not isinstance(schedule, str):
        raise misfit(schedule, "/schedule", f"one of {', '.join(SCHEDULES)}")
    message = DownlinkMessage(
        port=read_uint(value.get("port"), "/port", maximum=F_PORT_MAX) or 1,
        payload_raw=read_bytes(value.get("payload_raw"), "/payload_raw") or None,
        payload_fields=fields or None,
        confirmed=read_bool(value.get("confirmed"), "/confirmed"),
        schedule=schedule or "",
        dev_id=text_member(value, "dev_id") or "",
    )
    _check(message)
    return message


def downlink_url(region: str, app_id: str, process_id: str, key: str) -> str:
    """The URL that takes downlinks for the devices of an application.

    Args:
        region: one of `REGIONS`.
        app_id: the application.
        process_id: the process of the HTTP integration.
        key: the application's access key.

    Raises:
        ContentError: for a region that there was not.
    """
    if region not in REGIONS:
        raise ContentError(f"no region {region!r}: one of {', '.join(REGIONS)} was expected")
    place = "/".join(map(_quoted, (region, "api", "v2", "down", app_id, process_id)))
    return f"{SERVER}/{place}?key={_quoted(key)}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def downlink_request(url: str, message: DownlinkMessage, *, method: str = "POST") -> Request:
    """The HTTP request of a downlink.

    Args:
        url: as `downlink_url` makes it, or the ``downlink_url`` of an uplink.
        message: the downlink; it must name the device.
        method: ``POST`` or ``PUT``.

    Raises:
        ContentError: for another method, a URL that is none, a device not named, or as `downlink_body`.
    """
    if method not in METHODS:
        raise misfit(method, "method", " or ".join(METHODS))
    if not message.dev_id:
        raise ContentError("a downlink over HTTP names its device: dev_id is empty", path="/dev_id")
    headers = {"Content-Type": "application/json"}
    return Request(method, check_url(url), headers, dump_json(downlink_body(message)))


def downlink_publication(app_id: str, dev_id: str, message: DownlinkMessage) -> Publication:
    """The MQTT publication of a downlink.

    Raises:
        ContentError: for an identifier that is none, or as `downlink_body`.
    """
    topic = device_topic(app_id, dev_id, "down")
    return Publication(str(topic), dump_json(downlink_body(message)))
