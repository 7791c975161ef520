"""Messages of ChirpStack v4: telling them apart, reading them, writing results back.

Scalars and lists of an event are always written since ChirpStack 4.1; those of earlier releases, and of the
parts about gateways and places, are left out when they are zero.

Source: ChirpStack documentation, "Integrations > Event types", and Changelog, v4.1.0; chirpstack/chirpstack,
api/proto/integration/integration.proto and api/rust/build.rs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from octavo.errors import ContentError, Error
from octavo.networks.chirpstack4.downlinks import parse_downlink
from octavo.networks.chirpstack4.topics import EVENTS, parse_topic
from octavo.networks.message import (
    NO_IDS,
    Answer,
    Headers,
    Ids,
    Incoming,
    Network,
    Topic,
    with_members,
)
from octavo.networks.wire import (
    F_PORT_MAX,
    misfit,
    port_findings,
    proto_member,
    read_bytes,
    read_time,
    read_uint,
    size_findings,
    text_member,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.messages import Decoded

NAME = "chirpstack4"
UPLINK, DOWNLINK = f"{NAME}.up", f"{NAME}.down"
ROLES = {f"{NAME}.{name}": "event" for name in EVENTS} | {
    UPLINK: "uplink",
    f"{NAME}.join": "join",
    DOWNLINK: "downlink",
}
ID_PATHS = {
    "application_id": ("deviceInfo", "applicationId"),
    "tenant_id": ("deviceInfo", "tenantId"),
    "device_id": ("deviceInfo", "deviceName"),
    "dev_eui": ("deviceInfo", "devEui"),
    "dev_addr": ("devAddr",),
    "model_id": ("deviceInfo", "deviceProfileName"),
}
"""Where identifiers stand. A device is named by its name, and its model by its device profile."""

ENVELOPE = frozenset(("deduplicationId", "deviceInfo"))
FOREIGN = frozenset(("integrationName", "eventType"))
"""Members of the ``integration`` event, which ended with ChirpStack 4.14 and has no kind."""

JOINED = frozenset(("devAddr", "relayRxInfo", "joinServerContext", "regionConfigId"))
QUEUED = frozenset(("queueItemId", "fCntDown"))
MARKS = {
    "up": frozenset(("adr", "dr", "fCnt", "fPort", "confirmed", "data", "object", "rxInfo", "txInfo")),
    "join": frozenset(("devAddr",)),
    "ack": frozenset(("acknowledged", "queueItemId")),
    "txack": frozenset(("downlinkId", "gatewayId", "txInfo")),
    "log": frozenset(("level", "code", "description", "context")),
    "status": frozenset(("margin", "externalPowerSource", "batteryLevelUnavailable", "batteryLevel")),
    "location": frozenset(("location",)),
}
"""Members of which each event has at least one, whatever else is zero."""

ALL = {name: marks | {"deduplicationId"} for name, marks in MARKS.items()} | {
    "up": MARKS["up"] | JOINED | {"deduplicationId"},
    "join": JOINED | {"deduplicationId"},
    "ack": MARKS["ack"] | QUEUED | {"deduplicationId"},
    "txack": MARKS["txack"] | QUEUED,
    "log": MARKS["log"],
}
"""The members that each event may have beside ``deviceInfo`` and ``time``."""

KNOWN = frozenset().union(*ALL.values())
COMMAND_MEMBERS = ("f_port", "data", "object")


def candidates(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds that an object may be; members that no event of octavo's knowledge has are passed over."""
    if not ENVELOPE.isdisjoint(message):
        return tuple(f"{NAME}.{name}" for name in _events(message))
    is_named = text_member(message, "devEui") or text_member(message, "dev_eui")
    has_content = any(proto_member(message, name) is not None for name in COMMAND_MEMBERS)
    return (DOWNLINK,) if is_named and has_content else ()


def _events(message: Mapping[str, Any]) -> list[str]:
    if not FOREIGN.isdisjoint(message):
        return []
    known = KNOWN.intersection(message)
    fitting = [name for name in EVENTS if known <= ALL[name]]
    marked = [name for name in EVENTS if not MARKS[name].isdisjoint(known)]
    return [name for name in fitting if name in marked] or fitting or marked


def message_ids(message: Any, topic: Topic | None = None) -> Ids:
    """The identifiers in a message, and where it has none those of its topic."""
    ids: Ids = dict(topic.ids if topic else NO_IDS)
    found = {name: text_member(message, *path) for name, path in ID_PATHS.items()}
    found["dev_eui"] = found["dev_eui"] or text_member(message, "devEui")
    return ids | {name: text for name, text in found.items() if text}


def read(message: Any, kind: str, topic: Topic | None) -> Incoming:
    """A message of a kind as octavo reads it; what cannot be read stands in ``error``."""
    members: dict[str, Any] = {}
    try:
        if kind == UPLINK:
            members = _read_uplink(message)
        elif kind == DOWNLINK:
            members = {"findings": port_findings(parse_downlink(message).f_port, "/fPort")}
    except Error as error:
        members = {"error": error}
    return Incoming(NAME, kind, ROLES[kind], NAME, message_ids(message, topic), **members)


def _read_uplink(message: Any) -> dict[str, Any]:
    """What an ``up`` event says of the frame.

    Source: integration.proto, UplinkEvent: with a ``join_server_context`` ChirpStack has no AppSKey, and the
    payload is still encrypted.
    """
    if not isinstance(message, dict) or ALL["up"].isdisjoint(message):
        raise misfit(message, "", "an up event of ChirpStack, with fPort and data")
    f_port = read_uint(message.get("fPort"), "/fPort", maximum=F_PORT_MAX)
    frm_payload = read_bytes(message.get("data"), "/data")
    return {
        "frm_payload": frm_payload,
        "f_port": f_port,
        "recv_time": read_time(message.get("time")),
        "decoded_payload": message.get("object"),
        "encrypted": message.get("joinServerContext") is not None,
        "findings": (*port_findings(f_port, "/fPort"), *size_findings(frm_payload, "/data")),
    }


def write_decoded(message: Any, outcome: Decoded | Error) -> Any:
    """The same message with what a decoder made of its uplink; the message itself is not changed.

    Warnings and normalized payloads have no place in an event. Where nothing was decoded, it stays as it is.
    """
    result = outcome.decoded if isinstance(outcome, Error) else outcome
    if result is None or result.data is None or not isinstance(message, dict):
        return message
    return with_members(message, {"object": result.data}, after="data")


def reply(_incoming: Incoming, _headers: Headers, _answer: Answer) -> NoReturn:
    """There is none: an event names neither a server nor a key.

    Raises:
        ContentError: always; it names what to use instead.
    """
    raise ContentError(
        "an event of ChirpStack does not say where answers go: encode the downlink, and use "
        "octavo.networks.chirpstack4.downlink_publication (MQTT) or downlink_request (chirpstack-rest-api)"
    )


NETWORK = Network(
    name=NAME,
    dialect=NAME,
    roles=ROLES,
    blank=(),
    scalars=(),
    events={name: f"{NAME}.{name}" for name in EVENTS},
    decoded_path="/object",
    expected="deviceInfo with the members of an event, or devEui with fPort and data or object",
    parse_topic=parse_topic,
    candidates=candidates,
    read=read,
    write=write_decoded,
    reply=reply,
    decodes_port_0=True,
)
