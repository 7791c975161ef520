"""The parser of JavaScript; the only module that knows tree-sitter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node as Node  # noqa: PLC0414 - others have it from here
    from tree_sitter import Parser


def parse(source: bytes) -> Node:
    """The root of the syntax tree of a text in UTF-8; what does not parse is in it as errors."""
    return _parser().parse(source).root_node


@cache
def _parser() -> Parser:
    import tree_sitter_javascript  # noqa: PLC0415 - loaded where JavaScript is parsed
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_javascript.language()))
