"""Expressions of `octavo.codecs.expressions` over many rows."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from octavo.codecs.expressions import Binary, Constant, Index, Member, Negative

if TYPE_CHECKING:
    from octavo.codecs.columns.arrays import Array, Mask
    from octavo.codecs.columns.workers import Output

Term: TypeAlias = "tuple[Any, Any]"
"""Values, and where they are unknown; one of each where they are the same in all rows."""

_COMPUTE = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def value_of(expression: Any, operands: dict[str, Output | None], index: int | None, count: int) -> tuple[Array, Mask]:
    """What an expression is in each row, and where it is unknown or no finite number."""
    values, unknown = _term(expression, operands, index)
    values = np.array(np.broadcast_to(values, count), np.float64)
    return values, np.broadcast_to(unknown, count) | ~np.isfinite(values)


@singledispatch
def _term(expression: Any, operands: dict[str, Output | None], index: int | None) -> Term:
    raise NotImplementedError(type(expression).__name__)


@_term.register
def _constant(expression: Constant, operands: Any, index: int | None) -> Term:  # noqa: ARG001 - the signature
    return np.float64(expression.value), np.False_


@_term.register
def _member(expression: Member, operands: Any, index: int | None) -> Term:  # noqa: ARG001 - the signature
    output = operands[expression.name]
    if output is None:
        return np.float64(0), np.True_
    return output.values.astype(np.float64), np.False_ if output.null is None else output.null


@_term.register
def _index(expression: Index, operands: Any, index: int | None) -> Term:  # noqa: ARG001 - the signature
    return np.float64(index or 0), np.bool_(index is None)


@_term.register
def _negative(expression: Negative, operands: Any, index: int | None) -> Term:
    values, unknown = _term(expression.of, operands, index)
    return -values, unknown


@_term.register
def _binary(expression: Binary, operands: Any, index: int | None) -> Term:
    left, not_left = _term(expression.left, operands, index)
    right, not_right = _term(expression.right, operands, index)
    with np.errstate(all="ignore"):  # a quotient by 0 is infinite, as IEEE 754 has it
        return _COMPUTE[expression.operator](left, right), not_left | not_right
