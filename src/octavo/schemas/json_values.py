"""Is it JSON at all? What comes from other programs, or from Python, need not be.

Everything behind this check may rely on bounded depth, on finite numbers and on the seven types.
"""

from __future__ import annotations

import math
import sys
from types import NoneType
from typing import TYPE_CHECKING, Any

from octavo.limits import Limits
from octavo.messages import Finding
from octavo.schemas.pointers import children, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

DEPTH = Limits().depth
"""Levels of nesting that are checked; deeper data is one finding."""

DOUBLE_MAX = sys.float_info.max
LARGEST = int(DOUBLE_MAX)
"""Whole numbers beyond a double are no JSON number that another program would read."""

TEXT = frozenset([str])
OTHER_SCALARS = frozenset([str, bool, NoneType])

RULE = "https://www.rfc-editor.org/rfc/rfc8259"
"""Stands in `Finding.schema` for what the JSON standard itself rules out."""


def plain_json(value: Any) -> bool:
    """Whether ``value`` is JSON of Python's own types, as `json.loads` gives it; on no `not_json` has to look."""
    return _all_plain([value], DEPTH)


def _all_plain(values: Iterable[Any], levels: int) -> bool:
    """In one loop and without paths: every message that is decoded comes by."""
    for value in values:
        kind = type(value)
        if kind is float or kind is int:
            good = -DOUBLE_MAX <= value <= DOUBLE_MAX  # false for NaN, too
        elif kind is list:
            good = levels > 0 and _all_plain(value, levels - 1)
        elif kind is dict:
            good = levels > 0 and TEXT.issuperset(map(type, value)) and _all_plain(value.values(), levels - 1)
        else:
            good = kind in OTHER_SCALARS
        if not good:
            return False
    return True


def not_json(value: Any) -> list[Finding]:
    """What JSON could not hold in ``value``: other types, NaN and infinity, too deep nesting.

    The first level that is too deep ends the search, so that data which holds itself comes to an end.
    """
    found: list[Finding] = []
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, node = waiting.pop()
        if len(path) > DEPTH:
            found.append(_finding(path, f"expected at most {DEPTH} levels of nesting, got more", None))
            break
        if problem := _problem(node):
            found.append(_finding(path, problem, None))
        else:
            waiting.extend(((*path, key), child) for key, child in children(node))
    return found


def _problem(node: Any) -> str | None:
    """What keeps this one value from being JSON."""
    if isinstance(node, dict):
        wrong = [key for key in node if not isinstance(key, str)]
        return f"expected text as member names, got {type(wrong[0]).__name__}" if wrong else None
    if isinstance(node, (list, str, bool, type(None))):
        return None
    if isinstance(node, int):
        return None if abs(node) <= LARGEST else "expected a number that fits a double, got a larger one"
    if isinstance(node, float):
        return None if math.isfinite(node) else f"expected a number, got {node}: JSON has no such number"
    return f"expected a JSON value, got {type(node).__name__} of Python"


def _finding(path: tuple[str | int, ...], message: str, value: Any) -> Finding:
    return Finding(pointer(path), message, value, RULE)
