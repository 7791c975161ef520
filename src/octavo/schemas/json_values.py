"""Is it JSON at all? What comes from other programs, or from Python, need not be.

Everything behind this check may rely on bounded depth, on finite numbers and on the seven types.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from octavo.limits import Limits
from octavo.messages import Finding
from octavo.schemas.pointers import children, pointer

DEPTH = Limits().depth
"""Levels of nesting that are checked; deeper data is one finding."""

LARGEST = int(sys.float_info.max)
"""Whole numbers beyond a double are no JSON number that another program would read."""

RULE = "https://www.rfc-editor.org/rfc/rfc8259"
"""Stands in `Finding.schema` for what the JSON standard itself rules out."""


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
        wrong = next((key for key in node if not isinstance(key, str)), None)
        return wrong and f"expected text as member names, got {type(wrong).__name__}"
    if isinstance(node, (list, str, bool, type(None))):
        return None
    if isinstance(node, int):
        return None if abs(node) <= LARGEST else "expected a number that fits a double, got a larger one"
    if isinstance(node, float):
        return None if math.isfinite(node) else f"expected a number, got {node}: JSON has no such number"
    return f"expected a JSON value, got {type(node).__name__} of Python"


def _finding(path: tuple[str | int, ...], message: str, value: Any) -> Finding:
    return Finding(pointer(path), message, value, RULE)
