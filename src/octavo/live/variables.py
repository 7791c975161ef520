"""Environment variables in the texts of a configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from octavo._rows import sayable
from octavo.errors import ContentError
from octavo.live.slips import key_of, pointer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\A\$([A-Za-z_][A-Za-z0-9_]*)\Z")
"""``${NAME}`` anywhere in a text, or a text that is ``$NAME`` as a whole."""

BARE = re.compile(r"\$[A-Z_][A-Z0-9_]*(?![A-Za-z0-9_])")
"""``$NAME`` as variables are called, in capitals; it is found where `VARIABLE` is not."""

USER = re.compile(r"\A[a-z]+://[^/@]*@")
"""A URL up to its host, where it says who somebody is."""


class Filling:
    """Puts variables into texts.

    Attributes:
        replaced: the JSON Pointers of the texts that had some.
        faults: what could not be done.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.replaced: set[str] = set()
        self.faults: list[ContentError] = []

    def fill(self, node: Any, path: tuple[str | int, ...]) -> Any:
        """What stands at a path, with its variables replaced."""
        if isinstance(node, dict):
            return {key: self.fill(value, (*path, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self.fill(value, (*path, number)) for number, value in enumerate(node)]
        return self._text(node, pointer_of(path)) if isinstance(node, str) else node

    def _text(self, text: str, place: str) -> str:
        rest = VARIABLE.sub(" ", text)
        if BARE.search(rest):  # its name is not told: it may be a part of a password
            self._fault(place, "$NAME beside other text: ${NAME} was expected, or a variable that holds this text")
        if "${" in rest:
            self._fault(place, "${ without a name and }: ${NAME} was expected, or a variable that holds this text")
        who = USER.match(text) if place == "/store" else None
        to_encode = who.end() if who else 0
        filled = VARIABLE.sub(lambda found: self._variable(found, place, is_encoded=found.end() < to_encode), text)
        if not _is_text(filled):
            self._fault(place, "text without NUL, and as an environment variable UTF-8, was expected")
        return filled

    def _variable(self, found: re.Match[str], place: str, *, is_encoded: bool) -> str:
        name = found[1] or found[2]
        if name not in self._environment:
            self._fault(place, f"the environment variable {name} is not set")
        self.replaced.add(place)
        value = self._environment.get(name, "")
        return quote(value, safe="") if is_encoded and _is_text(value) else value

    def _fault(self, place: str, sentence: str) -> None:
        self.faults.append(ContentError(f"{key_of(place)}: {sentence}", path=place))


def _is_text(text: str) -> bool:
    """Whether files, headers and URLs can hold it."""
    return "\0" not in text and sayable(text) == text
