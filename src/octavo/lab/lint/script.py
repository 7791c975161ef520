"""A script, parsed: its nodes by kind, its names, and where things stand in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from octavo._syntax import parse, walk
from octavo.errors import ContentError
from octavo.lab.lint.scopes import Names, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from octavo._syntax import Node

MOST_BYTES = 1024 * 1024
"""The largest script that is examined: over ten times what any network is known to take."""

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
        names: what it declares and uses.
        starts: where each line begins, in bytes.
        stopped: tells whether nobody waits for what is found any more.
    """

    file: str
    text: str
    source: bytes
    root: Node
    nodes: Mapping[str, tuple[Node, ...]]
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

    Raises:
        ContentError: it is larger than `MOST_BYTES`.
    """
    source = text.encode("utf-8", "surrogatepass")
    if len(source) > MOST_BYTES:
        raise ContentError(f"a script of at most {MOST_BYTES} bytes was expected, not {len(source)}", file=file)
    root = parse(source)
    found: dict[str, list[Node]] = {}
    for node in takewhile(lambda _: not stopped(), walk(root)):
        found.setdefault(node.type, []).append(node)
    nodes = {kind: tuple(nodes) for kind, nodes in found.items()}
    starts = (0, *(end.end() for end in _LINE_ENDS.finditer(source)))
    return Script(file, text, source, root, nodes, names_of(root, stopped), starts, stopped)
