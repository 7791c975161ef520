"""Payloads read and written by construct: what every other way of reading and writing them has to equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import more_bytes, shown
from octavo.codecs._faults import FAULTS, Payload, decode_error, encode_error
from octavo.codecs.computed import ABSENT, RECEIVED
from octavo.codecs.members import find_problem
from octavo.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs._construct import AnyConstruct

GOT = ", got "
"""What stands in a message between what was expected and what was found."""


def parsed(layout: AnyConstruct, frm_payload: bytes, received_ms: int | None = None) -> Any:
    """The data of a payload, as plain JSON values, as construct reads it.

    Args:
        layout: what it is read by.
        frm_payload: the bytes.
        received_ms: when it was received, Unix time in milliseconds; None where nobody knows.

    Raises:
        DecodeError: the bytes do not fit the layout, or some are left over.
    """
    payload = Payload(frm_payload)
    try:
        found = layout.parse_stream(payload, **{RECEIVED: received_ms})
    except FAULTS as fault:
        raise decode_error(fault, payload) from fault
    left = frm_payload[payload.tell() :]
    if left:
        end = len(frm_payload) - len(left)
        raise DecodeError(f"payload (byte {end}): expected the end, got {more_bytes(left)}", offset=end)
    if not isinstance(found, dict):
        raise DecodeError(f"payload: expected a layout of named fields, got {shown(found)}")
    return plain(found)


def write(layout: AnyConstruct, data: Any) -> bytes:
    """The payload of some data.

    Raises:
        EncodeError: a member is unknown or missing, or a value does not fit.
    """
    problem = find_problem(layout, data)
    if problem:
        raise EncodeError(f"{problem.path or 'data'}: {problem.message}", path=problem.path or None)
    return built(layout, data)


def built(layout: AnyConstruct, data: Any) -> bytes:
    """The payload of data whose members are known to be those of the layout.

    Raises:
        EncodeError: a value does not fit.
    """
    try:
        return bytes(layout.build(data))
    except FAULTS as fault:
        raise encode_error(fault, data) from fault


def plain(found: Any, path: str = "") -> Any:
    """Containers of construct as dicts and lists, merged layouts lifted into the frame around them.

    Raises:
        DecodeError: a value that JSON has no form for: NaN, an infinity, bytes.
    """
    if isinstance(found, dict):
        return dict(_plain_members(found, path))
    if isinstance(found, list):
        return [plain(value, f"{path}[{index}]") for index, value in enumerate(found)]
    if isinstance(found, float) and not math.isfinite(found):
        raise DecodeError(f"{path}: expected a finite number, got {found}", path=path)
    for kind in (bool, int, float, str):
        if isinstance(found, kind):
            return kind(found)
    if found is None:
        return None
    raise DecodeError(f"{path}: expected a JSON value, got {type(found).__name__}", path=path)


def _plain_members(found: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if name.startswith("*"):
            yield from _plain_members(value or {}, path)  # a case without members reads as None
        elif not name.startswith("_") and value is not ABSENT:
            yield name, plain(value, f"{path}.{name}" if path else name)


def before_got(message: str) -> str:
    """An error up to what was found: where it is, and what was expected. So much is equal in every language."""
    return message.partition(GOT)[0]
