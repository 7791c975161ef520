"""The values that every network's messages become, and the row that describes a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.errors import Error
    from octavo.messages import Decoded, Finding

Ids: TypeAlias = dict[str, str | None]
Headers: TypeAlias = Mapping[Any, Any] | Iterable[tuple[Any, Any]]

ID_NAMES = (
    "application_id",
    "tenant_id",
    "device_id",
    "dev_eui",
    "join_eui",
    "dev_addr",
    "brand_id",
    "model_id",
)

NO_IDS: Mapping[str, None] = dict.fromkeys(ID_NAMES)

EVENT_PATH = "event"
"""Where in a topic of a network an event stands that the network does not have (`ContentError.path`)."""

USER_AGENT = "octavo"

CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f")
"""Characters that no text holds, and nearly every message of protocol buffers does."""

BINARY_TYPE = "application/octet-stream"
"""What integrations that are set to protocol buffers say of their bodies.

Source: chirpstack/chirpstack, chirpstack/src/integration/http.rs; lorawan-stack,
pkg/applicationserver/io/web/format_protobuf.go.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, ready to be sent by whatever client the caller has.

    Attributes:
        method: ``POST``, ``PUT``, ``GET`` or ``DELETE``.
        url: the whole URL.
        headers: by their canonical names; they hold the API key, so they are not shown by ``repr``.
        body: the bytes to send; empty for ``GET`` and ``DELETE``.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Publication:
    """An MQTT message to publish: a topic and the bytes of its payload."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Topic:
    """What an MQTT topic says about the message it carries.

    Attributes:
        kind: the message's kind, for example ``v3.uplink_message``.
        ids: the identifiers that stand in the topic; see `Incoming`.
        operation: ``push`` or ``replace`` for topics of the downlink queue, else None.
        field: name of the one field a per-field topic carries, else None.
    """

    kind: str
    ids: Mapping[str, str | None]
    operation: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as octavo reads it, whatever network it came from.

    Attributes:
        network: ``v3``, ``v2`` or ``chirpstack4``.
        kind: for example ``v3.uplink_message``.
        role: ``uplink``, ``normalized``, ``join``, ``event``, ``downlink`` or ``field``.
        dialect: the dialect that the network's formatters follow: ``tts``, ``ttn2`` or ``chirpstack4``.
        ids: `ID_NAMES`, each with its text or None; from the message, else from the topic.
        frm_payload: the payload of an uplink; empty when the message has none.
        f_port: the FPort of an uplink; 0 when the message has none.
        recv_time: RFC 3339 text of when the network received an uplink, or None.
        decoded_payload: what the network's own formatter had made of an uplink, or None.
        encrypted: the payload is still encrypted: the message brings the key for it, or its name.
        simulated: the message was simulated, not received.
        reply_url: where the message itself says that an answer goes (v2 ``downlink_url``), or None.
        error: what in the message could not be read, or None.
        findings: what could be read but looks wrong.
        variables: those of the device, where the caller knows them; no message carries them.
    """

    network: str
    kind: str
    role: str
    dialect: str
    ids: Ids
    frm_payload: bytes = b""
    f_port: int = 0
    recv_time: str | None = None
    decoded_payload: Any = None
    encrypted: bool = False
    simulated: bool = False
    reply_url: str | None = None
    error: Error | None = None
    findings: tuple[Finding, ...] = ()
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A downlink that answers a message, encoded already.

    Attributes:
        frm_payload: the bytes; None when the encoder gave none.
        f_port: the FPort they go to.
        operation: ``push`` (after what is queued), ``replace``, or None for the network's own default.
        confirmed: whether the device shall confirm it.
        priority: priority in the queue of v3.
        user_agent: the ``User-Agent`` of the request.
    """

    frm_payload: bytes | None
    f_port: int
    operation: str | None
    confirmed: bool
    priority: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Network:
    """One network: a row of the table that recognises, reads and answers messages.

    Attributes:
        name: first part of the names of its kinds.
        dialect: the dialect of its formatters.
        roles: each kind and its role; see `Incoming`.
        blank: the kinds that ``null``, ``{}`` or no payload at all may be.
        scalars: the kinds that a number, a string, a boolean or a list may be.
        events: each value of the query ``?event=`` and its kind.
        decoded_path: JSON Pointer of the decoded payload of an uplink.
        expected: what a message of it is known by, in words.
        parse_topic: reads a topic; raises `octavo.errors.ContentError` where it is not the network's.
        candidates: the kinds that an object may be.
        read: reads a message of a kind, with what its topic says; never raises.
        write: the same message with what a decoder made of it.
        reply: the request that carries an answer to a message, given the headers it came with.
        decodes_port_0: whether the network decodes uplinks on FPort 0, or without one, too.
    """

    name: str
    dialect: str
    roles: Mapping[str, str]
    blank: tuple[str, ...]
    scalars: tuple[str, ...]
    events: Mapping[str, str]
    decoded_path: str
    expected: str
    parse_topic: Callable[[str], Topic]
    candidates: Callable[[Mapping[str, Any]], tuple[str, ...]]
    read: Callable[[Any, str, Topic | None], Incoming]
    write: Callable[[Any, Decoded | Error], Any]
    reply: Callable[[Incoming, Headers, Answer], Request]
    decodes_port_0: bool = False


def header(headers: Headers, name: str) -> str | None:
    """The value of a header, its name matched without regard to case; bytes are read as HTTP does.

    Args:
        headers: a mapping, or pairs as ASGI gives them.
        name: the header's name.
    """
    pairs = headers.items() if hasattr(headers, "items") else headers
    for key, value in pairs:
        if _text(key).lower() == name.lower():
            return _text(value)
    return None


def binary_hint(body: Any, headers: Headers) -> str:
    """What to do about a body that is protocol buffers instead of JSON, to stand behind an error; else ""."""
    kind = (header(headers, "Content-Type") or "").partition(";")[0].strip().lower()
    if kind != BINARY_TYPE and not _is_binary(body):
        return ""
    return (
        "; integrations that are set to Protobuf send such bodies: set the payload encoding to JSON (ChirpStack), "
        "or the webhook format to JSON (The Things Stack)"
    )


def _is_binary(body: Any) -> bool:
    if not isinstance(body, str | bytes | bytearray | memoryview):
        return False
    try:
        text = body if isinstance(body, str) else bytes(body).decode()
    except UnicodeDecodeError:
        return True
    return not CONTROLS.isdisjoint(text)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def with_members(members: Mapping[str, Any], values: Mapping[str, Any], *, after: str) -> dict[str, Any]:
    """A copy of an object with some members set, or left out where their value is None.

    Members keep their places; new ones stand behind ``after``, or at the end where that is missing.
    """
    new = {key: value for key, value in values.items() if value is not None and key not in members}
    copy: dict[str, Any] = {}
    for key, value in members.items():
        kept = values.get(key, value)
        if kept is not None or key not in values:
            copy[key] = kept
        if key == after:
            copy.update(new)
    return copy | new
