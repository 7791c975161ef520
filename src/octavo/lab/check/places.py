"""Where in a script something happened, by a name that outlives an edit above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, parse, text_of

if TYPE_CHECKING:
    from octavo._syntax import Node
    from octavo.errors import Error

_HOLDERS = {"variable_declarator": "name", "assignment_expression": "left", "pair": "key"}
"""What a function without a name of its own is assigned to: the field of its parent, by the parent's type."""


class Source:
    """The text of a formatter.

    Args:
        texts: of its scripts, by path.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self._roots: dict[str, Node] = {}

    def names(self, *words: str) -> bool:
        """Whether one of some words is in it."""
        return any(word in text for word in words for text in self.texts.values())

    def quotes(self, word: str) -> bool:
        """Whether a word begins one of its strings; what ``typeof`` is compared with is none of them."""
        quoted = re.compile(rf"""["'`]{word}\b""")
        asked = re.compile(rf"""typeof[^;&|]{{1,80}}?[!=]==?\s*["'`]{word}\b|["'`]{word}["'`]\s*[!=]==?\s*typeof""")
        return any(len(quoted.findall(text)) > len(asked.findall(text)) for text in self.texts.values())

    def function_at(self, error: Error) -> str:
        """The named function in which something was thrown; "" at the top, or where the place is not known."""
        path = error.file if error.file in self.texts else next(iter(self.texts)) if len(self.texts) == 1 else None
        if error.line is None or path is None:
            return ""
        point = (error.line - 1, max((error.column or 1) - 1, 0))
        found = self._root(path).descendant_for_point_range(point, point)
        while found is not None:
            name = _name(found) if found.type in FUNCTIONS else ""
            if name:
                return name
            found = found.parent
        return ""

    def _root(self, path: str) -> Node:
        if path not in self._roots:
            self._roots[path] = parse(self.texts[path].encode())
        return self._roots[path]


def _name(node: Node) -> str:
    """A function's own name, or that of what it is assigned to."""
    named = node.child_by_field_name("name")
    if named is None and node.parent is not None and node.parent.type in _HOLDERS:
        named = node.parent.child_by_field_name(_HOLDERS[node.parent.type])
    return text_of(named)
