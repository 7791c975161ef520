"""Expressions over members, as ES5."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from octavo.codecs.expressions import Binary, Constant, Expression, Index, Member, Negative
from octavo.codecs.javascript.literals import number

if TYPE_CHECKING:
    from octavo.codecs.javascript.script import Body


def expression(tree: Expression, body: Body) -> str:
    """An expression; it is NaN where a member is no number."""
    match tree:
        case Constant():
            return number(tree.value)
        case Member():
            return f"known({body.look_up(tree.name)})"
        case Index():
            return "frame.index"
        case Negative():
            return f"-{_operand(tree.of, body)}"
        case Binary():
            return f"{_operand(tree.left, body)} {tree.operator} {_operand(tree.right, body)}"
        case _:
            assert_never(tree)


def _operand(tree: Expression, body: Body) -> str:
    plain = isinstance(tree, Member | Index) or (isinstance(tree, Constant) and tree.value >= 0)
    found = expression(tree, body)
    return found if plain else f"({found})"
