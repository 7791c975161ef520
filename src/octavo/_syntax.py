"""The parser of JavaScript; the only module that knows tree-sitter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tree_sitter import Node as Node  # noqa: PLC0414 - others have it from here
    from tree_sitter import Parser

# fmt: off
FUNCTIONS = frozenset({
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
    "arrow_function", "method_definition",
})
"""The types of nodes that are functions."""
# fmt: on


def parse(source: bytes) -> Node:
    """The root of the syntax tree of a text in UTF-8; what does not parse is in it as errors."""
    return _parser().parse(source).root_node


def walk(root: Node, *, but_in: Collection[str] = ()) -> Iterator[Node]:
    """A node and all named ones inside it, in the order of the text.

    Args:
        root: where it begins.
        but_in: the types of nodes that are given without what is inside them; the first node is never one of these.
    """
    return (node for node, _ in nested(root, but_in=but_in))


def nested(root: Node, *, but_in: Collection[str] = ()) -> Iterator[tuple[Node, Node]]:
    """The same, each with the node that it stands in; the first one with itself.

    ``Node.parent`` looks for a node from the root of the tree on: asked of all, it takes hours where many are nested.
    """
    waiting = [(root, root)]
    while waiting:
        node, outer = waiting.pop()
        yield node, outer
        if node is root or node.type not in but_in:
            waiting += ((inner, node) for inner in reversed(node.named_children))


def text_of(node: Node | None) -> str:
    """What stands at a node; "" for none."""
    return "" if node is None else (node.text or b"").decode("utf-8", "replace")


@cache
def _parser() -> Parser:
    import tree_sitter_javascript  # noqa: PLC0415 - loaded where JavaScript is parsed
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_javascript.language()))
