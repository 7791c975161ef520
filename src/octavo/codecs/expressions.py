"""Expressions over the members of a frame, as construct's ``this`` writes them: ``this.volts * this.amperes``.

construct would call such an expression; here it is read into a tree, so that every target computes the same.
Numbers are 64-bit floats; a member that is missing or null makes the whole unknown, and so does a result that
is no finite number.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from construct import expr as construct_expr

from octavo.codecs._construct import INDEX, look_up
from octavo.codecs.numbers import MOST, is_number
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BinExpr: Any = construct_expr.BinExpr
UniExpr: Any = construct_expr.UniExpr
Path: Any = construct_expr.Path

HIGHEST_POWER = 4

OPERATORS: Mapping[Any, str] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
}


def divided(left: float, right: float) -> float:
    """A quotient as IEEE 754 has it: infinite, or NaN, where Python raises."""
    if right:
        return left / right
    return math.copysign(math.inf, left) * math.copysign(1, right) if left else math.nan


COMPUTE: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
}


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Member:
    """The value of an earlier member of the frame, or of a frame around it."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """The index of the item of a list, from 0."""


@dataclass(frozen=True, slots=True)
class Negative:
    """The negative of an expression."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what joins them: ``+``, ``-``, ``*`` or ``/``."""

    operator: str
    left: Expression
    right: Expression


Expression: TypeAlias = Constant | Member | Index | Negative | Binary


MOST_PARTS = 250
"""Operands and operators of an expression: far more than data sheets have."""


def parse_expression(written: Any) -> Expression:
    """The tree of an expression of construct.

    Raises:
        ContentError: an operator, a function or a path that not every target computes alike, or too many of them.
    """
    _check_size(written)
    return _parsed(written)


def _check_size(written: Any) -> None:
    """Refuse what is too long to be worked out, or to be printed; a power counts as the products that it is."""
    left, count = [written], 0
    while left:
        each = left.pop()
        count += 1
        if count > MOST_PARTS:
            raise ContentError(f"expected an expression of at most {MOST_PARTS} operands and operators, got more")
        if isinstance(each, UniExpr):
            left.append(each.operand)
        elif isinstance(each, BinExpr):
            is_power = each.op is operator.pow and isinstance(each.rhs, int)
            left += [each.lhs] * (min(each.rhs, HIGHEST_POWER) if is_power else 1) + [each.rhs]


def _parsed(written: Any) -> Expression:
    if is_number(written):
        return Constant(_exact(written))
    if isinstance(written, Path):
        return _member(written)
    if isinstance(written, UniExpr) and written.op is operator.neg:
        return Negative(_parsed(written.operand))
    if isinstance(written, BinExpr) and written.op is operator.pow:
        return _power(_parsed(written.lhs), written.rhs)
    if isinstance(written, BinExpr) and written.op in OPERATORS:
        return Binary(OPERATORS[written.op], _parsed(written.lhs), _parsed(written.rhs))
    raise ContentError(
        f"expected an expression of numbers and this.<member> with + - * / and ** of 2 to {HIGHEST_POWER},"
        f" got {written!r}"
    )


def members_in(expression: Expression) -> Iterator[str]:
    """The names of the members that an expression looks at."""
    if isinstance(expression, Member):
        yield expression.name
    elif isinstance(expression, Negative):
        yield from members_in(expression.of)
    elif isinstance(expression, Binary):
        yield from members_in(expression.left)
        yield from members_in(expression.right)


def uses_index(expression: Expression) -> bool:
    """Whether an expression looks at the index of an item."""
    if isinstance(expression, Negative):
        return uses_index(expression.of)
    if isinstance(expression, Binary):
        return uses_index(expression.left) or uses_index(expression.right)
    return isinstance(expression, Index)


def value_in(expression: Expression, context: Any) -> float | None:
    """What an expression is for the frame that is being read; None where it is unknown or no finite number."""
    value = _value(expression, context)
    return value if value is not None and math.isfinite(value) else None


def _value(expression: Expression, context: Any) -> float | None:
    if isinstance(expression, Constant):
        return float(expression.value)
    if isinstance(expression, Binary):
        return _joined(expression, context)
    if isinstance(expression, Negative):
        inner = _value(expression.of, context)
        return None if inner is None else -inner
    found = context.get(INDEX) if isinstance(expression, Index) else look_up(context, expression.name)
    return float(found) if is_number(found) else None


def _joined(expression: Binary, context: Any) -> float | None:
    left, right = _value(expression.left, context), _value(expression.right, context)
    if left is None or right is None:
        return None
    return COMPUTE[expression.operator](left, right)


def _member(path: Any) -> Expression:
    name, parent = path.__getfield__(), path._Path__parent  # noqa: SLF001 - construct offers no other way
    if parent is None or parent._Path__parent is not None:  # noqa: SLF001 - as above
        raise ContentError(f"expected this.{name}: the frame that has the member is found by itself, got {path!r}")
    return Index() if name == INDEX else Member(name)


def _exact(value: float) -> float:
    """A constant that is the same in Python and as a 64-bit float."""
    if isinstance(value, int) and abs(value) > MOST:
        raise ContentError(f"expected numbers below 2**53, which floats hold exactly, got {value}")
    return value


def _power(base: Expression, exponent: Any) -> Expression:
    if not isinstance(exponent, int) or not 2 <= exponent <= HIGHEST_POWER:  # noqa: PLR2004 - a square
        raise ContentError(f"expected a whole exponent from 2 to {HIGHEST_POWER}, got {exponent!r}")
    product = base
    for _ in range(exponent - 1):
        product = Binary("*", product, base)
    return product
