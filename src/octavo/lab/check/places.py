"""Where in a script something happened, by a name that outlives an edit above it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, parse, text_of, walk

if TYPE_CHECKING:
    from octavo._syntax import Node
    from octavo.errors import Error

_HOLDERS = {"variable_declarator": "name", "assignment_expression": "left", "pair": "key"}
"""What a function without a name of its own is assigned to: the field of its parent, by the parent's type."""


_TEXTS = {"string", "template_string"}


class Source:
    """The text of a formatter.

    Args:
        texts: of its scripts, by path.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self._roots: dict[str, Node] = {}

    def quotes(self, word: str) -> bool:
        """Whether a word begins one of its strings; what ``typeof`` is compared with is none of them."""
        begins = re.compile(rf"""["'`]{word}\b""")
        return any(begins.match(text) for text in self._strings)

    @cached_property
    def _strings(self) -> list[str]:
        nodes = (node for path in self.texts for node in walk(self._root(path)) if node.type in _TEXTS)
        return [text_of(node) for node in nodes if not _is_type_asked(node)]

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


def _is_type_asked(text: Node) -> bool:
    """Whether a string is compared with what ``typeof`` gives."""
    around = text.parent
    if around is None or around.type != "binary_expression":
        return False
    sides = [around.child_by_field_name(side) for side in ("left", "right")]
    return any(side is not None and text_of(side).startswith("typeof") for side in sides)
