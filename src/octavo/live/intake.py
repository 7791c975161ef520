"""A message as it arrives, and the row that is kept of it: recognised, without secrets, with an identity.

Nothing is decoded here: what comes in is kept first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from octavo._rows import sayable
from octavo.errors import ContentError
from octavo.live.errors import RefusedError
from octavo.live.redaction import without_keys
from octavo.networks.message import binary_hint, header
from octavo.networks.recognition import KINDS, recognise
from octavo.networks.wire import member, parse_json, text_member

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.networks.message import Headers, Ids, Incoming
    from octavo.networks.recognition import Query, Recognition

BAD_REQUEST, UNSUPPORTED = 400, 415
ID_MAX = 256
"""Characters of an identifier that are kept; those of the networks have at most 64."""

DEPTH_MAX = 250
"""Levels of nesting. What a script decodes may have 200, and a message has some around it."""

SERVER_ID = "as:"
"""How identifiers begin that an Application Server makes, one for each event.

Source: lorawan-stack, pkg/applicationserver (``as:up:``, ``as:downlink:`` and a ULID).
"""


@dataclass(frozen=True, slots=True)
class Received:
    """What came in; `repr` shows nothing of what was said.

    Attributes:
        body: the body, or the MQTT payload.
        via: ``webhook`` or ``mqtt``.
        headers: headers of the request.
        query: query of the URL.
        topic: the MQTT topic, or None.
        retained: whether the broker kept it for whoever subscribes: it may come any number of times.
    """

    body: bytes = field(repr=False)
    via: str = "webhook"
    headers: Headers = field(default=(), repr=False)
    query: Query = field(default="", repr=False)
    topic: str | None = None
    retained: bool = False


@dataclass(frozen=True, slots=True)
class DownlinkKeys:
    """Where the downlinks of a device go, with the keys for it: they came with a message and are kept apart.

    Attributes:
        network: ``v3`` or ``v2``.
        application: the application's identifier.
        device: the device's identifier.
        push: URL that adds to the queue (v3).
        replace: URL that replaces the queue (v3).
        api_key: key for both (v3).
        downlink_url: URL with its key (v2).
    """

    network: str
    application: str | None
    device: str | None
    push: str | None = None
    replace: str | None = None
    api_key: str | None = field(default=None, repr=False)
    downlink_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is kept; `repr` does not show its body.

    Attributes:
        network: ``v3``, ``v2`` or ``chirpstack4``.
        kind: for example ``v3.uplink_message``.
        ids: its identifiers; see `octavo.networks.message.Incoming`.
        via: ``webhook`` or ``mqtt``.
        topic: the MQTT topic, or None.
        event: the event that the query named, or None.
        body: the JSON text; keys that stood in it are gone.
        identity: 32 bytes that are the same when it is delivered again; None where nothing tells it from another.
        keys: the keys that came with it, or None.
    """

    network: str
    kind: str
    ids: Ids
    via: str
    topic: str | None
    event: str | None
    body: bytes = field(repr=False)
    identity: bytes | None = None
    keys: DownlinkKeys | None = field(default=None, repr=False)

    @property
    def application(self) -> str | None:
        """The application's identifier."""
        return _kept(self.ids["application_id"])

    @property
    def device(self) -> str | None:
        """The device's identifier, or its EUI where it has none."""
        return _kept(self.ids["device_id"] or self.ids["dev_eui"])


def read(received: Received) -> Row:
    """The row of a message.

    Raises:
        RefusedError: 415 for protocol buffers; 400 for what is no JSON, or no message that a network sends.
    """
    message = _parsed(received)
    url = text_member(message, "downlink_url")
    body, message = without_keys(received.body, message)
    event = _event(received.query)
    recognised = recognise(message, topic=received.topic, query={"event": event} if event else None)
    if recognised.kind is None:
        raise RefusedError(BAD_REQUEST, _unrecognised(recognised), recognised.reason)
    incoming = KINDS[recognised.kind].read(message, recognised.kind, recognised.topic)
    return Row(
        network=incoming.network,
        kind=incoming.kind,
        ids=incoming.ids,
        via=received.via,
        topic=received.topic,
        event=event if event in KINDS[incoming.kind].events else None,
        body=body,
        identity=_identity(incoming, message, received),
        keys=_keys(incoming, received.headers, url if url != text_member(message, "downlink_url") else None),
    )


def _parsed(received: Received) -> Any:
    if not received.body and received.topic:
        return None
    try:
        message = parse_json(received.body)
    except ContentError as error:
        hint = binary_hint(received.body, received.headers)
        status, name = (UNSUPPORTED, "protobuf") if hint else (BAD_REQUEST, "not_json")
        raise RefusedError(status, name, error.message + hint) from error
    if received.body.count(b"{") + received.body.count(b"[") > DEPTH_MAX and _is_deep(message):
        raise RefusedError(BAD_REQUEST, "not_json", f"not JSON that can be kept: more than {DEPTH_MAX} levels deep")
    return message


def _is_deep(message: Any) -> bool:
    """Whether a message is nested so deeply that whoever gets it might not read it."""
    level: list[Any] = [[message]]
    for _ in range(DEPTH_MAX + 1):
        inside = (node.values() if isinstance(node, dict) else node for node in level)
        level = [node for nodes in inside for node in nodes if isinstance(node, dict | list)]
    return bool(level)


def _unrecognised(recognised: Recognition) -> str:
    return "ambiguous" if recognised.candidates else "unknown_kind"


def _event(query: Query) -> str | None:
    """The value of ``?event=``: all that is kept of a query."""
    if not isinstance(query, str):
        query = query.decode("latin-1") if isinstance(query, bytes) else urlencode(query)
    return next((_kept(value) for name, value in parse_qsl(query) if name == "event"), None)


def _keys(incoming: Incoming, headers: Headers, downlink_url: str | None) -> DownlinkKeys | None:
    api_key = header(headers, "X-Downlink-Apikey")
    if not api_key and not downlink_url:
        return None
    ids = incoming.ids
    push, replace = (header(headers, f"X-Downlink-{name}") for name in ("Push", "Replace"))
    application, device = _kept(ids["application_id"]), _kept(ids["device_id"] or ids["dev_eui"])
    url = downlink_url and sayable(downlink_url)
    return DownlinkKeys(incoming.network, application, device, push, replace, api_key, url)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def _identity(incoming: Incoming, message: Any, received: Received) -> bytes | None:
    """What is the same when a message is delivered again, and different for any other.

    Never counters and correlation ids: several messages of one frame share them, users set them, and counters
    start again. Source: The Things Stack documentation, "Webhook Retries" (a redelivery has the same body);
    ChirpStack, api/proto/integration (``deduplicationId``).
    """
    occurrence = text_member(message, "deduplicationId") if incoming.network == "chirpstack4" else None
    is_told = occurrence or _tells_its_moment(message, incoming.kind)
    if not is_told and not received.retained:
        return None
    ids = incoming.ids
    device = ids["device_id"] or ids["dev_eui"]
    named = [incoming.network, ids["application_id"], device, incoming.kind, None if is_told else received.topic]
    text = _CANONICAL.encode([*named, occurrence or message])
    return hashlib.sha256(text.encode("ascii")).digest()


def _tells_its_moment(message: Any, kind: str) -> bool:
    """Whether a body says when it happened, so that an equal body is the same one again."""
    if not isinstance(message, dict):
        return False
    inner = message.get(kind.partition(".")[2])
    metadata = message.get("metadata")
    times = (message.get("received_at"), member(inner, "received_at"), message.get("time"), member(metadata, "time"))
    return any(times) or _is_one_event(message) or (kind == "v2.event" and bool(message.get("payload")))


def _is_one_event(message: Mapping[str, Any]) -> bool:
    names = message.get("correlation_ids")
    return isinstance(names, list) and any(isinstance(name, str) and name.startswith(SERVER_ID) for name in names)


def _kept(text: str | None) -> str | None:
    """An identifier as every store can hold it: not too long, no NUL, no half of a surrogate pair."""
    if text is None:
        return None
    return sayable(text[:ID_MAX].replace("\0", "\ufffd"))
