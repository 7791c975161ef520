"""Messages of The Things Network v2: telling them apart, reading them, writing results back.

Source: The Things Network documentation, "HTTP Integration" and "MQTT API Reference"; TheThingsNetwork/ttn,
core/types and mqtt/uplink.go.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error
from octavo.networks.message import (
    NO_IDS,
    Answer,
    Headers,
    Ids,
    Incoming,
    Network,
    Publication,
    Request,
    Topic,
    with_members,
)
from octavo.networks.ttn2.downlinks import DownlinkMessage, downlink_request, parse_downlink
from octavo.networks.ttn2.topics import device_topic, parse_topic
from octavo.networks.wire import (
    F_PORT_MAX,
    dump_json,
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
    from collections.abc import Iterator, Mapping

    from octavo.messages import Decoded

UPLINK, DOWNLINK = "v2.uplink", "v2.downlink"
ROLES = {
    UPLINK: "uplink",
    DOWNLINK: "downlink",
    "v2.activation": "join",
    "v2.event": "event",
    "v2.error": "event",
    "v2.ack": "event",
    "v2.field": "field",
}
ID_MEMBERS = {
    "application_id": ("app_id",),
    "tenant_id": (),
    "device_id": ("dev_id",),
    "dev_eui": ("hardware_serial", "dev_eui"),
    "join_eui": ("app_eui",),
    "dev_addr": ("dev_addr",),
    "brand_id": (),
    "model_id": (),
}
EVENT_MEMBERS = frozenset(("gateway_id", "config", "payload"))
ACTIVATION_MEMBERS = frozenset(("app_eui", "dev_eui", "dev_addr"))
UPLINK_MEMBERS = frozenset(("metadata", "hardware_serial", "downlink_url"))
FRAME_MEMBERS = frozenset(("counter", "is_retry"))
PAYLOAD_MEMBERS = frozenset(("payload_raw", "payload_fields", "port", "schedule"))
SCHEDULES = {"push": "last", "replace": "replace", None: ""}
UNPUBLISHED = frozenset("*+\0")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS = 10**9
INT64_MAX = 2**63 - 1


def candidates(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that an object may be; a downlink and the event that reports one look the same."""
    if _has(message, EVENT_MEMBERS) or isinstance(message.get("message"), dict):
        return ("v2.event",)
    if "error" in message:
        return ("v2.error",)
    if _has(message, ACTIVATION_MEMBERS):
        return ("v2.activation",)
    payload = _has(message, PAYLOAD_MEMBERS)
    if _has(message, UPLINK_MEMBERS) or (payload and _has(message, FRAME_MEMBERS)):
        return (UPLINK,)
    return (DOWNLINK, "v2.event") if payload else ()


def _has(message: Mapping[str, Any], names: frozenset[str]) -> bool:
    return not names.isdisjoint(message)


def message_ids(message: Any, topic: Topic | None = None) -> Ids:
    """The identifiers in a message, and where it has none those of its topic."""
    from_topic = topic.ids if topic else NO_IDS
    return {name: _first(message, members) or from_topic[name] for name, members in ID_MEMBERS.items()}


def _first(message: Any, names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := text_member(message, name))), None)


def read(message: Any, kind: str, topic: Topic | None) -> Incoming:
    """A message of a kind as octavo reads it; what cannot be read stands in ``error``."""
    members: dict[str, Any] = {}
    try:
        if kind == UPLINK:
            members = _read_uplink(message)
        elif kind == DOWNLINK:
            members = {"findings": port_findings(parse_downlink(message).port, "/port")}
    except Error as error:
        members = {"error": error}
    return Incoming("v2", kind, ROLES[kind], "ttn2", message_ids(message, topic), **members)


def _read_uplink(message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise misfit(message, "", "an object")
    port = read_uint(message.get("port"), "/port", maximum=F_PORT_MAX)
    payload = read_bytes(message.get("payload_raw"), "/payload_raw")
    return {
        "frm_payload": payload,
        "f_port": port,
        "recv_time": read_time(member(message, "metadata", "time")),
        "decoded_payload": message.get("payload_fields"),
        "reply_url": text_member(message, "downlink_url"),
        "findings": (*port_findings(port, "/port"), *size_findings(payload, "/payload_raw")),
    }


def write_decoded(message: Any, outcome: Decoded | Error) -> Any:
    """The same message with what a decoder made of its uplink; the message itself is not changed.

    Without fields there is no ``payload_fields``. Where nothing was decoded, or the Validator said no, the
    message stays as it is.

    Source: TheThingsNetwork/ttn, core/handler/convert_fields.go.
    """
    if isinstance(outcome, Error) or outcome.data is None or not isinstance(message, dict):
        return message
    return with_members(message, {"payload_fields": outcome.data or None}, after="payload_raw")


def reply(incoming: Incoming, _headers: Headers, answer: Answer) -> Request:
    """The request that answers an uplink of the HTTP integration, to its ``downlink_url``.

    Raises:
        ContentError: where the message has none, or for an operation that is neither push nor replace.
    """
    if not incoming.reply_url:
        raise ContentError("no downlink_url in the message: only uplinks of the HTTP integration have one")
    if answer.operation not in SCHEDULES:
        raise ContentError(f"{answer.operation!r} is no operation on a queue: push, replace was expected")
    message = DownlinkMessage(
        port=answer.f_port,
        payload_raw=answer.frm_payload,
        confirmed=answer.confirmed,
        schedule=SCHEDULES[answer.operation],
        dev_id=incoming.ids["device_id"] or "",
    )
    request = downlink_request(incoming.reply_url, message)
    return replace(request, headers={**request.headers, "User-Agent": answer.user_agent})


def field_publications(app_id: str, dev_id: str, payload_fields: Mapping[str, Any]) -> list[Publication]:
    """The publications of an uplink's fields, each on its own topic.

    Members of nested objects have their own topics as well; lists are not split. Names holding ``*``, ``+``
    or NUL are passed over, as the handler does.

    Raises:
        ContentError: for an identifier that is none, or a value that JSON cannot say.

    >>> [found.topic for found in field_publications("a1", "d1", {"gps": {"lat": 52.37}})]
    ['a1/devices/d1/up/gps', 'a1/devices/d1/up/gps/lat']
    """
    return [
        Publication(str(device_topic(app_id, dev_id, "up", name)), dump_json(value))
        for name, value in _flattened(payload_fields)
        if not UNPUBLISHED & set(name)
    ]


def _flattened(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    waiting = list(fields.items())[::-1]
    while waiting:
        name, value = waiting.pop()
        yield name, value
        if isinstance(value, dict):
            waiting += [(f"{name}/{key}", inner) for key, inner in list(value.items())[::-1]]


def format_time(unix_nano: int) -> str:
    """A moment as v2 writes it: RFC 3339 in UTC without trailing zeros; the epoch itself is empty.

    Args:
        unix_nano: nanoseconds since 1970.

    Raises:
        ContentError: for a number beyond 64 bits.

    Source: TheThingsNetwork/ttn, core/types/json_time.go.

    >>> format_time(1_500_000_000)
    '1970-01-01T00:00:01.5Z'
    """
    if not -INT64_MAX - 1 <= unix_nano <= INT64_MAX:
        raise misfit(unix_nano, "time", "nanoseconds in 64 bits")
    if not unix_nano:
        return ""
    seconds, nanoseconds = divmod(unix_nano, NANOSECONDS)
    fraction = f".{nanoseconds:09}".rstrip("0").rstrip(".")
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


NETWORK = Network(
    name="v2",
    dialect="ttn2",
    roles=ROLES,
    blank=("v2.ack", "v2.event", "v2.field"),
    scalars=("v2.field",),
    events={},
    decoded_path="/payload_fields",
    expected="payload_raw, payload_fields, metadata, app_eui, error, or another member of the messages of v2",
    parse_topic=parse_topic,
    candidates=candidates,
    read=read,
    write=write_decoded,
    reply=reply,
)
