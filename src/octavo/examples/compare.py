"""The device repository's rule of comparison: deep equality of complete results.

The order of members does not count, the order of items does, and numbers are equal exactly or not at all.

Source: lorawan-devices, bin/validate.js (lodash ``isEqual`` of the printed result and ``output``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.examples.model import MISSING, Difference, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SAFE = 2**53
"""Whole numbers beyond this are rounded in JavaScript. Source: ECMA-262, ``Number.MAX_SAFE_INTEGER``."""


def differences(expected: Any, got: Any, path: str = "") -> Iterator[Difference]:
    """Every place where two JSON values are not equal, the innermost ones."""
    if isinstance(expected, dict) and isinstance(got, dict):
        yield from _members(expected, got, path)
    elif isinstance(expected, list) and isinstance(got, list):
        yield from _items(expected, got, path)
    elif not _equal(expected, got):
        place = path or "the result"
        yield Difference(path, expected, got, f"{place}: expected {shown(expected)}, got {shown(got)}")


def _members(expected: dict[str, Any], got: dict[str, Any], path: str) -> Iterator[Difference]:
    for key in [*expected, *(key for key in got if key not in expected)]:
        inner = f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"
        yield from differences(expected.get(key, MISSING), got.get(key, MISSING), inner)


def _items(expected: list[Any], got: list[Any], path: str) -> Iterator[Difference]:
    for index in range(max(len(expected), len(got))):
        yield from differences(_item(expected, index), _item(got, index), f"{path}/{index}")


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else MISSING


def _equal(expected: Any, got: Any) -> bool:
    if _is_number(expected) and _is_number(got):
        return _as_double(expected) == _as_double(got)
    return type(expected) is type(got) and bool(expected == got)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_double(number: float) -> float:
    """A number as JavaScript has it."""
    if isinstance(number, float) or abs(number) <= MAX_SAFE:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
