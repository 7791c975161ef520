"""A script, parsed: its nodes by kind, its names, and where things stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo._syntax import parse, walk
from octavo.lab.lint.scopes import Names, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo._syntax import Node

_LINE_ENDS = re.compile(r"\r\n?|[\n\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Script:
    """A script under examination.

    Attributes:
        file: its path.
        text: what stands in it.
        source: the same in UTF-8.
        root: of its syntax tree.
        nodes: every named node by kind, in the order of the text.
        names: what it declares and uses.
    """

    file: str
    text: str
    source: bytes
    root: Node
    nodes: Mapping[str, tuple[Node, ...]]
    names: Names

    @property
    def readable(self) -> bool:
        """Whether the parser understood all of it; if not, nothing is said about its names."""
        return not self.root.has_error

    def of(self, *kinds: str) -> Iterator[Node]:
        """The nodes of some kinds, in the order of the text."""
        found = (node for kind in kinds for node in self.nodes.get(kind, ()))
        return iter(sorted(found, key=lambda node: node.start_byte))

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column of a node, both from 1; the column in characters."""
        before = self.source[: node.start_byte].decode("utf-8", "replace")
        starts = [0, *(end.end() for end in _LINE_ENDS.finditer(before))]
        return len(starts), len(before) - starts[-1] + 1


def read(file: str, text: str) -> Script:
    """Parse a script."""
    source = text.encode("utf-8", "surrogatepass")
    root = parse(source)
    found: dict[str, list[Node]] = {}
    for node in walk(root):
        found.setdefault(node.type, []).append(node)
    return Script(file, text, source, root, {kind: tuple(nodes) for kind, nodes in found.items()}, names_of(root))
