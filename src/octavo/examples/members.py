"""What the readers of every format share: members of an example, checked, and errors at their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from octavo import payload
from octavo.errors import PayloadError

if TYPE_CHECKING:
    from pathlib import Path

    from octavo._yaml import Place
    from octavo.errors import ContentError


class Document(Protocol):
    """A file that was read, whose errors name line and column."""

    @property
    def value(self) -> Any:
        """What it holds."""

    def error(self, place: Place, message: str) -> ContentError:
        """An error about the value at a place."""


def expect(document: Document, place: Place, value: Any, kind: type, what: str) -> Any:
    """The value, if it is of that kind.

    Raises:
        ContentError: at its place, with what was expected.
    """
    if not isinstance(value, kind):
        raise document.error(place, f"{name_of(place)}: {what} was expected")
    return value


def name_of(place: Place) -> str:
    """A place as errors name it: ``uplinkDecoder.examples[0].input``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def with_bytes(document: Document, place: Place, value: Any) -> dict[str, Any]:
    """An input or output, with ``bytes`` as a list where it is hex."""
    members: dict[str, Any] = expect(document, place, value, dict, "a mapping")
    if not isinstance(members.get("bytes"), str):
        return members
    try:
        return members | {"bytes": list(payload.from_hex(members["bytes"]))}
    except PayloadError as error:
        raise document.error((*place, "bytes"), f"bytes: {error.message}") from error


def text_of(raw: Any, member: str) -> str:
    """A member that describes, or ""."""
    return str(raw.get(member) or "") if isinstance(raw, dict) else ""


def names(script: Path, function: str) -> bool:
    """Whether the text of a script names a function."""
    try:
        text = script.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(rf"\b{function}\b", text) is not None
