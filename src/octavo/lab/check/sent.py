"""What an encoder gave, and what its network sends of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import is_number
from octavo.lab.check.sightings import shown

if TYPE_CHECKING:
    from octavo.lab.bench import Seen

BYTES = range(256)
SIGNED = range(-128, 0)

MOST_PLACES = 8
"""Bytes of one result that are findings of their own, from the first: more are a list that has one cause."""


def encoded(seen: Seen) -> list[Any] | None:
    """The list of bytes that an encoder gave; None where it gave none."""
    return seen.data if seen.accepted and isinstance(seen.data, list) else None


def not_bytes(seen: Seen) -> list[Any]:
    """What is no byte among the bytes that were given."""
    return [item for place, item in enumerate(encoded(seen) or []) if not _is_sent_well(place, item, seen)]


def misfits(seen: Seen) -> dict[str, Any]:
    """What is no byte of what an encoder gave, by its place: ``bytes[1]``, ``fPort``; ``bytes`` where it is no list."""
    found: dict[str, Any] = {}
    result = seen.result if isinstance(seen.result, dict) else {}
    port, text = result.get("fPort"), result.get("bytes")
    if seen.sent and is_number(port) and not _is_byte(port):
        found["fPort"] = port
    if seen.sent and isinstance(text, str) and (seen.sent.frm_payload or b"").hex() != text.lower():
        found["bytes"] = text
    items = enumerate(encoded(seen) or [])
    found |= {f"bytes[{place}]": item for place, item in items if not _is_sent_well(place, item, seen)}
    return dict(islice(found.items(), MOST_PLACES))


def _is_byte(item: Any) -> bool:
    return is_number(item) and item in BYTES


def _is_sent_well(place: int, item: Any, seen: Seen) -> bool:
    """Whether it is a byte, or one with a sign, which the network sends as its two's complement."""
    if _is_byte(item):
        return True
    payload = (seen.sent.frm_payload if seen.sent else None) or b""
    return is_number(item) and item in SIGNED and payload[place : place + 1] == bytes([int(item) % 256])


def said(place: str, seen: Seen) -> str:
    """That something is no byte, and what is sent in its stead."""
    value = misfits(seen).get(place)
    note = " (NaN and undefined print as null)" if value is None else ""
    sent = _sent(place, seen)
    return f"{place} is {shown(value)}{note}" + (f", sent as {sent}" if sent else "")


def _sent(place: str, seen: Seen) -> str:
    if seen.sent is None:
        return ""
    if place == "fPort":
        return str(seen.sent.f_port)
    payload = seen.sent.frm_payload or b""
    if place == "bytes":
        return payload.hex()
    at = int(place[len("bytes[") : -1])
    return str(payload[at]) if len(payload) == len(encoded(seen) or []) else ""
