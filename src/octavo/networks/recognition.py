"""Telling messages apart: the table of networks, and the kind of a message."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs

from octavo.errors import ContentError
from octavo.networks.chirpstack4.messages import NETWORK as CHIRPSTACK4
from octavo.networks.message import EVENT_PATH
from octavo.networks.ttn2.messages import NETWORK as TTN2
from octavo.networks.tts.messages import NETWORK as TTS

if TYPE_CHECKING:
    from octavo.networks.message import Network, Topic

Query: TypeAlias = str | bytes | Mapping[str, Any]

MEANT_MOST = 20
"""Members that are compared with what they may have been meant to be; each takes about 0.1 ms."""

NETWORKS = (TTS, CHIRPSTACK4, TTN2)
"""The networks, those whose messages are most unlike others first. One more is one more row."""

KINDS: Mapping[str, Network] = {kind: network for network in NETWORKS for kind in network.roles}
"""Every kind and its network."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a message is.

    Attributes:
        kind: the kind; None where it is ambiguous or unknown.
        candidates: the kinds it may be, where it is ambiguous.
        topic: what its topic says, where a network knows it.
        reason: one sentence why there is no kind; empty where there is one.
    """

    kind: str | None = None
    candidates: tuple[str, ...] = ()
    topic: Topic | None = None
    reason: str = ""


def recognise(
    message: Any,
    *,
    kind: str | None = None,
    topic: str | None = None,
    query: Query | None = None,
) -> Recognition:
    """The kind of a message: what is given says it, else the topic, else the query, else the body.

    Bodies that several kinds share are ambiguous: octavo answers with the candidates and never guesses.
    Push and replace share one kind, ``v3.downlinks``; only a topic tells which it is (`Topic.operation`).

    Args:
        message: the value of the message's JSON.
        kind: its kind, where the caller knows it.
        topic: the MQTT topic it came on.
        query: the query of the URL it came to: text, or a mapping; ``event`` counts.
    """
    found = _from_topic(topic)
    if kind is not None:
        return _given(kind, found)
    if found:
        return Recognition(found.kind, topic=found)
    if unknown := _unknown_event(topic):
        return Recognition(reason=unknown)
    event = _event(query)
    kind = next((network.events[event] for network in NETWORKS if event in network.events), None)
    return Recognition(kind) if kind else _without(event, _from_body(message))


def _given(kind: str, topic: Topic | None) -> Recognition:
    if kind in KINDS:
        return Recognition(kind, topic=topic)
    return Recognition(topic=topic, reason=f"no kind {kind!r}: one of {', '.join(KINDS)} was expected")


def _from_topic(topic: str | None) -> Topic | None:
    return next((found for network in NETWORKS if (found := _read_topic(network, topic))), None)


def _read_topic(network: Network, topic: str | None) -> Topic | None:
    try:
        return network.parse_topic(topic) if isinstance(topic, str) else None
    except ContentError:
        return None


def _unknown_event(topic: str | None) -> str:
    """What is wrong with a topic that is a network's but for its event; else ""."""
    for network in NETWORKS if topic else ():
        try:
            network.parse_topic(str(topic))
        except ContentError as error:
            if error.path == EVENT_PATH:
                return error.message
    return ""


def _event(query: Query | None) -> str:
    text = query.decode("latin-1") if isinstance(query, bytes) else query
    values = parse_qs(text.removeprefix("?")) if isinstance(text, str) else text
    event = values.get("event") if isinstance(values, Mapping) else None
    name = event[0] if isinstance(event, list) and event else event
    return name if isinstance(name, str) else ""


def _without(event: str, found: Recognition) -> Recognition:
    """What the body says, unless the query names an event that its network does not have."""
    events = [name for kind in (found.kind, *found.candidates) if kind for name in KINDS[kind].events]
    if not event or not events:
        return found
    return Recognition(reason=f"no event {event!r}: one of {', '.join(dict.fromkeys(events))} was expected")


def _from_body(message: Any) -> Recognition:
    if isinstance(message, dict) and message:
        return _from_members(message)
    if message is None or isinstance(message, dict):
        kinds = tuple(kind for network in NETWORKS for kind in network.blank)
        return _ambiguous(kinds, "an empty body")
    if isinstance(message, str | int | float | list):
        kinds = tuple(kind for network in NETWORKS for kind in network.scalars)
        return _ambiguous(kinds, "a body that is no object")
    return Recognition(reason=f"a value of JSON was expected, not {type(message).__name__}")


def _from_members(message: Mapping[str, Any]) -> Recognition:
    kinds = tuple(kind for network in NETWORKS for kind in network.candidates(message))
    if len(kinds) == 1:
        return Recognition(kinds[0])
    if kinds:
        return _ambiguous(kinds, "this body")
    if meant := _meant(message):
        return Recognition(reason=f"no message that octavo knows: {meant}")
    expected = "; ".join(f"{network.name}: {network.expected}" for network in NETWORKS)
    return Recognition(reason=f"no message that octavo knows; expected for {expected}")


def _meant(message: Mapping[str, Any]) -> str:
    """The member that a message may have meant, in words, or ""."""
    known = {kind.partition(".")[2] for kind in KINDS if kind.startswith("v3.")}
    known |= {f"{name}s" for name in known if name == "downlink"} | {"payload_raw", "payload_fields", "deviceInfo"}
    for name in islice((name for name in map(str, message) if name not in known), MEANT_MOST):
        prefixed = [f"{name.removesuffix('s')}_message"] if f"{name.removesuffix('s')}_message" in known else []
        close = prefixed or difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        if close:
            return f"it has {name!r}; did you mean {close[0]!r}?"
    return ""


def _ambiguous(kinds: tuple[str, ...], what: str) -> Recognition:
    reason = f"{what} may be {', '.join(kinds)}; the kind or the topic tells which"
    return Recognition(candidates=kinds, reason=reason)
