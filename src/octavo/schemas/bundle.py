"""The schema files that come with octavo: read once, by kind and profile. Nothing is ever fetched."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

from octavo import _shipped
from octavo.errors import ContentError, NotFoundError
from octavo.schemas.files import read_json
from octavo.schemas.pointers import children
from octavo.schemas.profiles import PROFILES, rebuilt

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://octavo.invalid/schemas/"
"""Beginning of every ``$id``. The domain ``.invalid`` can never exist. Source: RFC 2606, section 2."""

MEMBERS = (
    "uplink_message",
    "uplink_normalized",
    "join_accept",
    "downlink_ack",
    "downlink_nack",
    "downlink_sent",
    "downlink_failed",
    "downlink_queued",
    "downlink_queue_invalidated",
    "location_solved",
    "service_data",
)
"""The members of which a message of The Things Stack has exactly one.

Source: lorawan-stack api/ttn/lorawan/v3/messages.proto, ``oneof up`` of ApplicationUp.
"""

KINDS = {
    **{f"v3.{name}": f"tts/v3/{name}.json" for name in (*MEMBERS, "downlinks")},
    **{
        f"v2.{name}": f"ttn/v2/{name}.json"
        for name in ("uplink", "downlink", "activation", "event", "error", "ack", "field")
    },
    **{
        f"chirpstack4.{name}": f"chirpstack/v4/{name}.json"
        for name in ("up", "join", "ack", "txack", "log", "status", "location", "down")
    },
}
"""The file of each kind of message."""


def kinds() -> tuple[str, ...]:
    """The kinds of message there is a schema for."""
    return tuple(KINDS)


def uri(kind: str) -> str:
    """The ``$id`` of a kind's schema.

    Raises:
        NotFoundError: no such kind; the sentence lists them.
    """
    if kind not in KINDS:
        raise NotFoundError(f"no schema for messages of kind {kind!r}; the kinds are {', '.join(KINDS)}")
    return BASE + KINDS[kind]


@cache
def documents(profile: str) -> dict[str, dict[str, Any]]:
    """Every schema file in one profile, under its ``$id``.

    Raises:
        ContentError: no such profile, or a schema file cannot be read.
    """
    if profile not in PROFILES:
        raise ContentError(f"no profile {profile!r}; the profiles are {', '.join(PROFILES)}")
    top = _shipped.root() / "schemas"
    found = (read_json(path) for path in sorted(top.rglob("*.json")))
    return {schema["$id"]: rebuilt(schema, PROFILES[profile]) for schema in found}


def schema(kind: str, profile: str = "tolerant") -> dict[str, Any]:
    """The schema of a kind in one document, to print or to use in another validator.

    The files it refers to are embedded under ``$defs``. Source: JSON Schema 2020-12 core, 9.3.1.

    Args:
        kind: one of `kinds`.
        profile: ``tolerant``, ``strict`` or ``masked``.

    Raises:
        NotFoundError: no such kind.
        ContentError: no such profile.
    """
    found = documents(profile)
    root = found[uri(kind)]
    others = {name.removeprefix(BASE): found[name] for name in _referred(uri(kind), found)}
    return {**root, "$defs": {**root.get("$defs", {}), **others}}


def _referred(start: str, found: dict[str, dict[str, Any]]) -> list[str]:
    """The documents a document refers to, and they in turn; without itself."""
    seen: dict[str, None] = {start: None}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        refs = (node["$ref"] for node in nodes(found[name]) if "$ref" in node)
        fresh = {urldefrag(urljoin(name, ref)).url for ref in refs} - seen.keys()
        seen.update(dict.fromkeys(fresh))
        waiting.extend(fresh)
    return sorted(seen.keys() - {start})


def nodes(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in a schema document."""
    for _, child in children(document):
        yield from nodes(child)
    if isinstance(document, dict):
        yield document
