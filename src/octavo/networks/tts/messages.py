"""Messages of The Things Stack v3: telling them apart, reading them, writing results back.

Source: The Things Stack documentation, "Data Formats"; lorawan-stack,
api/ttn/lorawan/v3/messages.proto, ApplicationUp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.errors import Error
from octavo.networks.location import infer_location
from octavo.networks.message import (
    NO_IDS,
    Answer,
    Headers,
    Ids,
    Incoming,
    Network,
    Request,
    Topic,
    with_members,
)
from octavo.networks.tts.downlinks import QueueItem, queue_findings, reply_request
from octavo.networks.tts.topics import DOWNLINKS, MESSAGES, parse_topic
from octavo.networks.wire import (
    F_PORT_MAX,
    member,
    misfit,
    port_findings,
    read_bytes,
    read_time,
    read_uint,
    size_findings,
    text_member,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.messages import Decoded

UPLINK = "v3.uplink_message"
PATH = "/uplink_message"
OTHER_ROLES = {
    "v3.uplink_message": "uplink",
    "v3.uplink_normalized": "normalized",
    "v3.join_accept": "join",
    DOWNLINKS: "downlink",
}
ROLES = {f"v3.{name}": "event" for name in MESSAGES} | OTHER_ROLES
ID_PATHS = {
    "application_id": ("end_device_ids", "application_ids", "application_id"),
    "tenant_id": ("uplink_message", "network_ids", "tenant_id"),
    "device_id": ("end_device_ids", "device_id"),
    "dev_eui": ("end_device_ids", "dev_eui"),
    "join_eui": ("end_device_ids", "join_eui"),
    "dev_addr": ("end_device_ids", "dev_addr"),
    "brand_id": ("uplink_message", "version_ids", "brand_id"),
    "model_id": ("uplink_message", "version_ids", "model_id"),
}


def message_ids(message: Any, topic: Topic | None = None) -> Ids:
    """The identifiers in a message, and where it has none those of its topic."""
    from_topic = topic.ids if topic else NO_IDS
    return {name: text_member(message, *path) or from_topic[name] for name, path in ID_PATHS.items()}


def candidates(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that an object may be; all of them when a field mask left only the envelope."""
    present = [name for name in (*MESSAGES, "downlinks") if name in message]
    if len(present) > 1:
        present = [name for name in present if message[name] is not None] or present
    if not present and ("end_device_ids" in message or "correlation_ids" in message):
        return tuple(f"v3.{name}" for name in MESSAGES)
    return tuple(f"v3.{name}" for name in present)


def read(message: Any, kind: str, topic: Topic | None) -> Incoming:
    """A message of a kind as octavo reads it; what cannot be read stands in ``error``."""
    members: dict[str, Any] = {}
    try:
        if kind == UPLINK:
            members = _read_uplink(message)
        elif kind == DOWNLINKS:
            members = {"findings": queue_findings(message)}
    except Error as error:
        members = {"error": error}
    simulated = member(message, "simulated") is True
    ids = message_ids(message, topic)
    return Incoming("v3", kind, ROLES[kind], "tts", ids, simulated=simulated, **members)


def _read_uplink(message: Any) -> dict[str, Any]:
    uplink = member(message, "uplink_message")
    if not isinstance(uplink, dict):
        raise misfit(uplink, PATH, "an object")
    f_port = read_uint(uplink.get("f_port"), f"{PATH}/f_port", maximum=F_PORT_MAX)
    frm_payload = read_bytes(uplink.get("frm_payload"), f"{PATH}/frm_payload")
    received = read_time(uplink.get("received_at")) or read_time(member(message, "received_at"))
    findings = (
        *port_findings(f_port, f"{PATH}/f_port"),
        *size_findings(frm_payload, f"{PATH}/frm_payload"),
    )
    return {
        "frm_payload": frm_payload,
        "f_port": f_port,
        "recv_time": received,
        "decoded_payload": uplink.get("decoded_payload"),
        "encrypted": uplink.get("app_s_key") is not None,
        "findings": findings,
    }


def write_decoded(message: Any, outcome: Decoded | Error) -> Any:
    """The same message with what a decoder made of its uplink; the message itself is not changed.

    Empty lists are left out, as The Things Stack leaves them out. A position in the decoded payload becomes the
    location ``frm-payload``, but not for a simulated uplink. Where the normalizer failed, the message
    has the decoded payload and no normalized one; where nothing was decoded, it stays as it is.

    Source: lorawan-stack, pkg/messageprocessors/javascript (fields are set before the normalizer's result
    is looked at).
    """
    result = outcome.decoded if isinstance(outcome, Error) else outcome
    uplink = member(message, "uplink_message")
    if result is None or result.data is None or not isinstance(uplink, dict):
        return message
    values = {
        "decoded_payload": result.data,
        "decoded_payload_warnings": result.warnings or None,
    }
    if result.normalized is not None or isinstance(outcome, Error):
        values["normalized_payload"] = result.normalized or None
        values["normalized_payload_warnings"] = result.normalized_warnings or None
    written = with_members(uplink, values, after="frm_payload")
    located = _located(written, result.data) if member(message, "simulated") is not True else written
    return {**message, "uplink_message": located}


def _located(uplink: dict[str, Any], data: Any) -> dict[str, Any]:
    """The uplink with the position that its payload tells, as The Things Stack adds it; zeros are left out.

    Source: lorawan-stack, pkg/applicationserver/applicationserver.go (``locations["frm-payload"]``; altitude and
    accuracy are cut to whole metres).
    """
    position = infer_location(data)
    if position is None:
        return uplink
    metres = {name: int(position[name]) for name in ("altitude", "accuracy")}
    location = {name: value for name, value in (position | metres).items() if value}
    known = member(uplink, "locations")
    locations = known if isinstance(known, dict) else {}
    return {**uplink, "locations": {**locations, "frm-payload": {**location, "source": "SOURCE_GPS"}}}


def reply(_incoming: Incoming, headers: Headers, answer: Answer) -> Request:
    """The request that answers a webhook's message; see `reply_request`."""
    item = QueueItem(
        f_port=answer.f_port,
        frm_payload=answer.frm_payload,
        confirmed=answer.confirmed,
        priority=answer.priority,
    )
    operation = answer.operation or "push"
    return reply_request(headers, [item], operation=operation, user_agent=answer.user_agent)


NETWORK = Network(
    name="v3",
    dialect="tts",
    roles=ROLES,
    blank=(),
    scalars=(),
    events={},
    decoded_path=f"{PATH}/decoded_payload",
    expected=f"one of the members {', '.join(MESSAGES)} or downlinks",
    parse_topic=parse_topic,
    candidates=candidates,
    read=read,
    write=write_decoded,
    reply=reply,
)
