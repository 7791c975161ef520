"""The messages that examples stand for: one reader of their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.messages import Downlink, Uplink

if TYPE_CHECKING:
    from octavo.examples.model import Example


def uplink_of(example: Example) -> Uplink | None:
    """The payload of a decoder's example as a message; None where no network could carry it."""
    given = example.input
    if not _is_sendable(given):
        return None
    recv_time = given.get("recvTime") or given.get("time")  # by the legacy name
    return Uplink(bytes(given.get("bytes", [])), given.get("fPort", 1), recv_time, _variables(given))


def downlink_of(example: Example) -> Downlink | None:
    """The data of an encoder's example as a message; None where no network could carry it."""
    given = example.input
    if not _is_sendable(given):
        return None
    return Downlink(given.get("data"), given.get("fPort", 0), _variables(given))


def _variables(given: dict[str, Any]) -> dict[str, str] | None:
    variables = given.get("variables")
    return variables if isinstance(variables, dict) else None


def is_byte(value: Any) -> bool:
    """Whether a value is a number from 0 to 255."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255  # noqa: PLR2004 - a byte


def _is_sendable(given: Any) -> bool:
    """Whether an input is one of a message: examples may hold anything."""
    if not isinstance(given, dict):
        return False
    content, port = given.get("bytes", []), given.get("fPort", 1)
    return isinstance(content, list) and all(is_byte(item) for item in [*content, port])
