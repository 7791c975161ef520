"""Names in `octavo.codecs.quick`: what a member, a count or an expression finds in the frames around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from octavo.codecs.expressions import COMPUTE, Binary, Constant, Index, Member, Negative
from octavo.codecs.numbers import is_number

if TYPE_CHECKING:
    from octavo.codecs.expressions import Expression


class Scope(NamedTuple):
    """What stands around the frame that is being read.

    Attributes:
        members: those of the frame around it; None for the outermost.
        around: what stands around that frame.
        item: the index of the list's item it is in, or None.
        recv_ms: when the message was received, Unix time in milliseconds, or None.
    """

    members: dict[str, Any] | None
    around: Scope | None
    item: int | None
    recv_ms: int | None


Lookup: TypeAlias = Callable[[dict[str, Any], Scope], Any]
"""Finds something for a frame, given its members and what stands around it."""


def looked_up(name: str) -> Lookup:
    """The member that a name means: of the frame, then of those around it; None where none has it."""

    def look_up(out: dict[str, Any], scope: Scope) -> Any:
        members = out
        while name not in members and scope.members is not None and scope.around is not None:
            members, scope = scope.members, scope.around
        return members.get(name)

    return look_up


def result_of(expression: Expression) -> Lookup:
    """What an expression is; None where it is unknown or no finite number."""
    compute = _value(expression)

    def result(out: dict[str, Any], scope: Scope) -> Any:
        value = compute(out, scope)
        return value if value is not None and math.isfinite(value) else None

    return result


@singledispatch
def _value(expression: Expression) -> Lookup:
    raise NotImplementedError(type(expression).__name__)


@_value.register
def _constant(expression: Constant) -> Lookup:
    value = float(expression.value)
    return lambda _out, _scope: value


@_value.register
def _member(expression: Member) -> Lookup:
    look_up = looked_up(expression.name)
    return lambda out, scope: _as_float(look_up(out, scope))


@_value.register
def _index(expression: Index) -> Lookup:  # noqa: ARG001 - there is one
    return lambda _out, scope: _as_float(scope.item)


@_value.register
def _negative(expression: Negative) -> Lookup:
    inner = _value(expression.of)

    def negative(out: dict[str, Any], scope: Scope) -> Any:
        value = inner(out, scope)
        return None if value is None else -value

    return negative


@_value.register
def _binary(expression: Binary) -> Lookup:
    left, right = _value(expression.left), _value(expression.right)
    compute = COMPUTE[expression.operator]

    def joined(out: dict[str, Any], scope: Scope) -> Any:
        one, other = left(out, scope), right(out, scope)
        return None if one is None or other is None else compute(one, other)

    return joined


def _as_float(value: Any) -> float | None:
    return float(value) if is_number(value) else None
