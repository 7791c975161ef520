"""A script, parsed: its nodes by kind, its names, and where things stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

from octavo._syntax import nested, parse
from octavo.lab.lint.scopes import Names, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from octavo._syntax import Node

T = TypeVar("T")

_LINE_ENDS = re.compile(rb"\r\n?|\n|\xe2\x80[\xa8\xa9]")
"""What ends a line in JavaScript, in UTF-8; two of these signs have three bytes."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script under examination.

    Attributes:
        file: its path.
        text: what stands in it.
        source: the same in UTF-8.
        root: of its syntax tree.
        nodes: every named node by kind, in the order of the text.
        nests: every named node and the one that it stands in, by its id, in the order of the text.
        names: what it declares and uses.
        starts: where each line begins, in bytes.
        stopped: tells whether nobody waits for what is found any more.
    """

    file: str
    text: str
    source: bytes
    root: Node
    nodes: Mapping[str, tuple[Node, ...]]
    nests: Mapping[int, tuple[Node, Node]]
    names: Names
    starts: tuple[int, ...]
    stopped: Callable[[], bool] = bool

    @property
    def readable(self) -> bool:
        """Whether the parser understood all of it; if not, nothing is said about its names."""
        return not self.root.has_error

    def of(self, *kinds: str) -> Iterator[Node]:
        """The nodes of some kinds, in the order of the text."""
        found = (node for kind in kinds for node in self.nodes.get(kind, ()))
        return takewhile(lambda _: not self.stopped(), sorted(found, key=lambda node: node.start_byte))

    def outer(self, node: Node) -> Node:
        """The node that another stands in; of the whole script, or of one that was not read to its end, that itself."""
        return self.nests.get(node.id, (node, node))[1]

    def inherited(self, rule: Callable[[Node, Node, T], T], *, first: T) -> Mapping[int, T]:
        """What each node has from those around it, by the node's id: one walk, however deep they are nested.

        Args:
            rule: gives it for a node, the one that this stands in, and what that one has.
            first: what the whole script has.
        """
        had = {self.root.id: first}
        for node, outer in takewhile(lambda _: not self.stopped(), self.nests.values()):
            had[node.id] = had[outer.id] if node is outer else rule(node, outer, had[outer.id])
        return had

    def place(self, node: Node) -> tuple[int, int]:
        """Line and column of a node, both from 1; the column in characters."""
        line = bisect_right(self.starts, node.start_byte)
        before = self.source[self.starts[line - 1] : node.start_byte].decode("utf-8", "replace")
        return line, len(before) + 1


def read(file: str, text: str, stopped: Callable[[], bool] = bool) -> Script:
    """Parse a script.

    Args:
        file: its path.
        text: what stands in it.
        stopped: tells whether nobody waits for the result any more; then it is not read to its end.
    """
    source = text.encode("utf-8", "surrogatepass")
    root = parse(source)
    found: dict[str, list[Node]] = {}
    nests: dict[int, tuple[Node, Node]] = {}
    for node, outer in takewhile(lambda _: not stopped(), nested(root)):
        found.setdefault(node.type, []).append(node)
        nests[node.id] = node, outer
    nodes = {kind: tuple(nodes) for kind, nodes in found.items()}
    starts = (0, *(end.end() for end in _LINE_ENDS.finditer(source)))
    return Script(file, text, source, root, nodes, nests, names_of(root, stopped), starts, stopped)
