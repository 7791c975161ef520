"""Downlinks of ChirpStack v4, over MQTT and over its REST API.

Source: ChirpStack documentation, "Integrations > MQTT" (Scheduling a downlink); chirpstack/chirpstack,
api/proto/integration/integration.proto, DownlinkCommand, and api/proto/api/device.proto, DeviceQueueItem.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.networks.chirpstack4.topics import UUID, check_dev_eui, topic
from octavo.networks.message import USER_AGENT, Publication, Request
from octavo.networks.wire import (
    F_PORT_MAX,
    FRM_PAYLOAD_MAX,
    check_key,
    check_url,
    dump_json,
    misfit,
    parse_json,
    proto_member,
    read_bool,
    read_bytes,
    read_object,
    read_time,
    read_uint,
    text_member,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.messages import Moment

F_PORT_EXPECTED = f"1 to {F_PORT_MAX}"


@dataclass(frozen=True, slots=True)
class DownlinkCommand:
    """A downlink for the queue of a device.

    Attributes:
        dev_eui: the device's DevEUI.
        f_port: FPort, 1 to 255; 0 beside ``decoded_payload`` leaves it to the codec of the device profile.
        frm_payload: bytes to send as they are; ChirpStack encrypts them.
        decoded_payload: object for the codec of the device profile; only one of the two may be set.
        confirmed: whether the device shall confirm it.
        queue_item_id: a UUID that comes back in the ``ack`` and ``txack`` events; empty lets ChirpStack make one.
        expires_at: when ChirpStack drops it unsent; None is never. Needs ChirpStack 4.14.
    """

    dev_eui: str
    f_port: int = 0
    frm_payload: bytes | None = None
    decoded_payload: Mapping[str, Any] | None = None
    confirmed: bool = False
    queue_item_id: str = ""
    expires_at: Moment | None = None


def downlink_body(command: DownlinkCommand) -> dict[str, Any]:
    """The JSON object of a downlink, as MQTT carries it.

    Raises:
        ContentError: for what ChirpStack refuses, or would silently change; ``path`` names the member.
    """
    _check(command)
    data, fields = command.frm_payload, command.decoded_payload
    members = {
        "id": command.queue_item_id or None,
        "devEui": check_dev_eui(command.dev_eui),
        "confirmed": command.confirmed,
        "fPort": command.f_port or None,
        "data": None if data is None else base64.b64encode(data).decode("ascii"),
        "object": None if fields is None else dict(fields),
        "expiresAt": _time(command.expires_at),
    }
    return {name: value for name, value in members.items() if value is not None}


def _check(command: DownlinkCommand) -> None:
    if command.frm_payload is not None and command.decoded_payload is not None:
        raise ContentError("both data and object: ChirpStack would encode the object and drop the data", path="/data")
    if command.frm_payload is None and command.decoded_payload is None:
        raise ContentError("no payload: data or object was expected", path="/data")
    size = len(command.frm_payload or b"")
    if size > FRM_PAYLOAD_MAX:
        raise misfit(f"{size} bytes", "/data", f"at most {FRM_PAYLOAD_MAX} bytes")
    if command.queue_item_id and not UUID.fullmatch(command.queue_item_id):
        raise misfit(command.queue_item_id, "/id", "a UUID")
    _check_f_port(command)


def _check_f_port(command: DownlinkCommand) -> None:
    """Refuse a port that the queue refuses; beside an object the codec may set it.

    Source: chirpstack/src/storage/device_queue.rs, DeviceQueueItem::validate ("FPort must be between 1 - 255").
    """
    if not command.f_port and command.decoded_payload is None:
        raise ContentError(f"no FPort: /fPort: {F_PORT_EXPECTED} was expected; give f_port", path="/fPort")
    if type(command.f_port) is not int or not 0 <= command.f_port <= F_PORT_MAX:
        raise misfit(command.f_port, "/fPort", f"an FPort from {F_PORT_EXPECTED}")


def _time(moment: Moment | None) -> str | None:
    if moment is None:
        return None
    text = moment.isoformat() if isinstance(moment, datetime) else moment
    if read_time(text) is None:
        raise misfit(text, "/expiresAt", "an RFC 3339 time with its time zone")
    return text


def parse_downlink(body: Any) -> DownlinkCommand:
    """A downlink from its JSON text or value, read as ChirpStack reads it.

    Unknown members are passed over; names may be camelCase or snake_case; an object wins over data.

    Raises:
        ContentError: for what ChirpStack refuses; ``path`` names the member.
    """
    value = parse_json(body) if isinstance(body, str | bytes) else body
    if not isinstance(value, dict):
        raise misfit(value, "", "an object")
    fields = read_object(proto_member(value, "object"), "/object")
    data = read_bytes(proto_member(value, "data"), "/data")
    command = DownlinkCommand(
        dev_eui=check_dev_eui(text_member(value, "devEui") or text_member(value, "dev_eui") or ""),
        f_port=read_uint(proto_member(value, "f_port"), "/fPort", maximum=F_PORT_MAX),
        frm_payload=data if fields is None else None,
        decoded_payload=fields,
        confirmed=read_bool(proto_member(value, "confirmed"), "/confirmed"),
        queue_item_id=text_member(value, "id") or "",
        expires_at=_time(proto_member(value, "expires_at")),
    )
    _check(command)
    return command


def downlink_publication(application_id: str, command: DownlinkCommand) -> Publication:
    """The MQTT publication that enqueues a downlink, on the default topic.

    Args:
        application_id: UUID of the application the device belongs to.
        command: the downlink.

    Raises:
        ContentError: for an identifier that is none, or as `downlink_body`.
    """
    body = dump_json(downlink_body(command))
    return Publication(topic("down", application_id, command.dev_eui), body)


def downlink_request(
    command: DownlinkCommand,
    *,
    server: str,
    api_key: str,
    flush_queue: bool = False,
    user_agent: str = USER_AGENT,
) -> Request:
    """The HTTP request that enqueues a downlink.

    ChirpStack v4 itself speaks gRPC only; the request goes to ``chirpstack-rest-api``, which translates.
    The key travels as ``Authorization: Bearer``; that server takes ``Grpc-Metadata-Authorization`` as well.

    Source: chirpstack/chirpstack-rest-api, README.md and openapiv2/api/device.swagger.json
    (DeviceService_Enqueue); grpc-gateway documentation, "Customizing your gateway" (Authorization is always
    forwarded); ChirpStack documentation, "API > gRPC" (Authentication).

    Args:
        command: the downlink. Its ``queue_item_id`` must be empty: here ChirpStack always makes one.
        server: address of chirpstack-rest-api, such as ``http://localhost:8090``, with or without ``/api``.
        api_key: an API key of ChirpStack.
        flush_queue: whether what is queued already is dropped first.
        user_agent: who is calling.

    Raises:
        ContentError: for an address or key that is none, or as `downlink_body`.
    """
    if command.queue_item_id:
        raise ContentError("no id can be given over REST: ChirpStack makes one and answers with it", path="/id")
    item = downlink_body(command)
    dev_eui = item.pop("devEui")
    body = {"queueItem": item, **({"flushQueue": True} if flush_queue else {})}
    headers = {**_headers(api_key, user_agent), "Content-Type": "application/json"}
    return Request("POST", _queue_url(server, dev_eui), headers, dump_json(body))


def flush_request(dev_eui: str, *, server: str, api_key: str, user_agent: str = USER_AGENT) -> Request:
    """The HTTP request that empties a device's queue; see `downlink_request`.

    Raises:
        ContentError: for an identifier, address or key that is none.
    """
    return Request("DELETE", _queue_url(server, check_dev_eui(dev_eui)), _headers(api_key, user_agent))


def _queue_url(server: str, dev_eui: str) -> str:
    return f"{check_url(server).rstrip('/').removesuffix('/api')}/api/devices/{dev_eui}/queue"


def _headers(api_key: str, user_agent: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {check_key(api_key)}", "User-Agent": user_agent}
