"""The examples of a codec YAML: format of TheThingsNetwork/lorawan-devices, and of octavo's declared codecs.

Source: lorawan-devices, lib/draft/schema.json (``examples`` of ``uplinkDecoder`` and its siblings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo import payload
from octavo.catalog import MEMBERS, check_members, read_definition
from octavo.errors import ContentError, PayloadError
from octavo.examples.model import MISSING, Example, Suite

EXAMPLE_MEMBERS = ("description", "input", "output", "normalizedOutput")
"""Source: lorawan-devices, schema.json; ``normalizedOutput``: the same, ``uplinkDecoder.examples``."""

INPUT_MEMBERS = ("bytes", "fPort", "recvTime", "variables", "data")
"""Source: The Things Stack, documentation of JavaScript payload formatters, the argument of each function."""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo._yaml import Document, Place


def read(path: Path) -> Suite:
    """Read the examples of a codec YAML; one that is none brings its error (`Example.error`).

    Raises:
        ContentError: the file does not hold what it should, with line and column.
    """
    definition = read_definition(path)
    examples = tuple(_all(definition.document, path.as_posix()))
    return Suite(path, examples, declared=definition.declaration is not None)


def _all(document: Document, file: str) -> Iterator[Example]:
    for member in document.value:
        if member in MEMBERS:
            yield from _of_member(document, file, member)


def _of_member(document: Document, file: str, member: str) -> Iterator[Example]:
    part = _expect(document, (member,), document.value[member], dict, "a mapping")
    given = part.get("examples")
    examples = [] if given is None else _expect(document, (member, "examples"), given, list, "a list")
    for index, raw in enumerate(examples):
        place = (member, "examples", index)
        key = f"{file}::{MEMBERS[member]}-{index}"
        try:
            yield _example(document, place, raw, key)
        except ContentError as error:
            yield Example(key, MEMBERS[member], _description(raw), {}, {}, error=error)


def _description(raw: Any) -> str:
    return str(raw.get("description") or "") if isinstance(raw, dict) else ""


def _example(document: Document, place: Place, raw: Any, key: str) -> Example:
    _expect(document, place, raw, dict, "a mapping with input and output")
    check_members(document, place, raw, EXAMPLE_MEMBERS)
    given = _with_bytes(document, (*place, "input"), raw.get("input"))
    check_members(document, (*place, "input"), given, INPUT_MEMBERS)
    return Example(
        id=key,
        operation=MEMBERS[str(place[0])],
        description=_description(raw),
        input=given,
        expected=_with_bytes(document, (*place, "output"), raw.get("output")),
        normalized=raw.get("normalizedOutput", MISSING),
    )


def _with_bytes(document: Document, place: Place, value: Any) -> dict[str, Any]:
    """An input or output, with ``bytes`` as a list where forks of the repository write hex."""
    members: dict[str, Any] = _expect(document, place, value, dict, "a mapping")
    if not isinstance(members.get("bytes"), str):
        return members
    try:
        return members | {"bytes": list(payload.from_hex(members["bytes"]))}
    except PayloadError as error:
        raise document.error((*place, "bytes"), f"bytes: {error.message}") from error


def _expect(document: Document, place: Place, value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind):
        names = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
        raise document.error(place, f"{names.removeprefix('.')}: {what} was expected")
    return value
