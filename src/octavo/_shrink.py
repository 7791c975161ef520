"""Making an input smaller as long as it still shows something: bytes, and data."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

MOST_TRIES = 2000


def shrunk(value: T, simpler: Callable[[T], Iterator[T]], holds: Callable[[T], bool]) -> T:
    """The first of the simpler values for which something still holds, again and again.

    Args:
        value: for which it holds.
        simpler: gives simpler values, the simplest first.
        holds: whether it still holds; asked `MOST_TRIES` times at most.
    """
    tries = 0
    found: T | None = value
    while found is not None:
        value, found = found, None
        for candidate in simpler(value):
            tries += 1
            if tries > MOST_TRIES:
                return value
            if holds(candidate):
                found = candidate
                break
    return value


def simpler_bytes(content: bytes) -> Iterator[bytes]:
    """The ends of the bytes, the shortest first; the bytes with a part left out; bytes of smaller numbers."""
    size = len(content)
    yield from (content[size - count :] for count in range(1, size))
    cut = size // 2
    while cut:
        for start in range(0, size - cut + 1, cut):
            yield content[:start] + content[start + cut :]
        cut //= 2
    for place, byte in enumerate(content):
        fewer_bits = (byte & ~(1 << bit) for bit in reversed(range(8)))
        for smaller in dict.fromkeys((0, *fewer_bits, byte >> 1, byte - 1)):
            if 0 <= smaller < byte:
                yield content[:place] + bytes([smaller]) + content[place + 1 :]


def simpler_data(data: Any) -> Iterator[Any]:
    """Data with less in it, then with simpler values."""
    for path in _paths(data):
        yield _without(data, path)
    for path in _paths(data):
        value = _at(data, path)
        for other in _simpler_value(value):
            yield _with(data, path, other)


def _simpler_value(value: Any) -> Iterator[Any]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    for other in (0, 1, int(value) if abs(value) < 1e300 else 0, int(value / 2) if abs(value) < 1e300 else 0):  # noqa: PLR2004 - beyond it halves are of no use
        if abs(other) < abs(value) or (isinstance(value, float) and other == value):
            yield other


def _paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _without(data: Any, path: tuple[Any, ...]) -> Any:
    found = copy.deepcopy(data)
    del _at(found, path[:-1])[path[-1]]
    return found


def _with(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    found = copy.deepcopy(data)
    _at(found, path[:-1])[path[-1]] = value
    return found
