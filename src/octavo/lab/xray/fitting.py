"""Numbers that grow evenly with their bits: sign, byte order, scale and offset from what was decoded.

A form and an order are guessed, the line through two values is drawn, and every value must lie on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo.examples.compare import is_number
from octavo.lab.xray.bits import BYTE, big_endian, gathered, little_endian, ones
from octavo.lab.xray.model import FORMS, Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

CLOSE = 1e-9
"""How far from the line a value may lie by the arithmetic of doubles, as a part of the greatest: a few roundings of
1e-16 each, and far less than one count of 24 bits."""

DIGITS = 12
"""Significant digits after which a scale that doubles have blurred is cut: of about 16, a division of differences
leaves that many."""

MOST_DECIMALS = 6
"""Decimals to which values are looked at as rounded: those of a position in degrees, the most that scripts use."""

LEAST_STEPS = 4
"""Different values that a rounded number needs, so that a line through them says something: two make the line, and
two more have to lie on it."""

NOWHERE = (0, 0.0)

Points = dict[int, Any]
"""What the bits of a member gave: the payload with no other bits, to the value."""


class Line(NamedTuple):
    """``scale * count + offset``, rounded or not."""

    scale: float
    offset: float
    decimals: int | None = None
    rounding: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """A way to make counts of bits.

    Attributes:
        form: one of `FORMS`.
        order: see `Linear`.
        places: the bits from the least significant.
    """

    form: str
    order: str
    places: tuple[int, ...]

    def count(self, word: int) -> int | None:
        """The number that a payload's bits make; None where they make none."""
        return counted(self.form, self.places, word)


def _signed(number: int, width: int) -> int:
    return number - (1 << width) if number >> width - 1 else number


def _magnitude(number: int, width: int) -> int:
    top = 1 << width - 1
    return -(number ^ top) if number & top else number


def _digits(number: int, width: int) -> int | None:
    del width
    text = f"{number:x}"
    return int(text) if text.isdecimal() else None


COUNTS: Mapping[str, Callable[[int, int], int | None]] = {
    FORMS[0]: lambda number, _: number,
    FORMS[1]: _signed,
    FORMS[2]: _magnitude,
    FORMS[3]: _digits,
}


def counted(form: str, places: Sequence[int], word: int) -> int | None:
    """The number that bits of a payload make; None where they make none.

    Args:
        form: one of `FORMS`.
        places: the bits from the least significant.
        word: the payload.
    """
    return COUNTS[form](gathered(word, places), len(places))


def linear(points: Points, mask: int) -> Linear | None:
    """The number that the points show; None where they lie on no line.

    Args:
        points: values by the payload's bits.
        mask: the bits.
    """
    numbers = {word: value for word, value in points.items() if is_number(value)}
    others = {word: value for word, value in points.items() if word not in numbers}
    if len(numbers) < 2 or len(set(numbers.values())) < 2 or len(others) > len(numbers):  # noqa: PLR2004 - a line
        return None
    for guess in _guesses(numbers, mask):
        pairs = [(guess.count(word), value) for word, value in numbers.items()]
        line = through([(count, value) for count, value in pairs if count is not None])
        if line and all(count is not None for count, _ in pairs):
            markers = tuple(sorted((guess.count(word) or 0, value) for word, value in others.items()))
            return Linear(guess.form, guess.order, guess.places, *line, markers=markers)
    return None


def _guesses(numbers: Points, mask: int) -> Iterator[Guess]:
    """The forms in which the bits may make a number, the plain ones first."""
    orders = list(_orders(numbers, mask))
    width = len(orders[0][1])
    for form, (order, places) in product(FORMS, orders):
        if (form == FORMS[0] or width > 1) and (form != FORMS[3] or width > BYTE // 2):
            yield Guess(form, order, places)


def _orders(numbers: Points, mask: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    big, little = tuple(big_endian(mask)), tuple(little_endian(mask))
    if big == little:
        yield "", big
    else:
        yield from (("big", big), ("little", little))
    weighed = _weighed(numbers, mask)
    if weighed not in (None, big, little):
        yield "mixed", weighed or ()


def _weighed(numbers: Points, mask: int) -> tuple[int, ...] | None:
    """The bits by what they alone add to 0; None where that is not known of each."""
    zero = numbers.get(0)
    alone = {place: numbers.get(1 << place) for place in ones(mask)}
    if zero is None or None in alone.values():
        return None
    return tuple(sorted(alone, key=lambda place: abs((alone[place] or 0) - zero)))


def through(points: Sequence[tuple[int, float]]) -> Line | None:
    """The line on which all points lie, exactly or by rounding; None where there is none.

    >>> through([(0, -4.0), (10, -3.0), (25, -1.5)])
    Line(scale=0.1, offset=-4, decimals=None, rounding='')
    """
    low, high = min(points, default=NOWHERE), max(points, default=NOWHERE)
    if low[0] == high[0]:
        return None
    return _exact(points, low, high) or _rounded(points, low, high)


def _exact(points: Sequence[tuple[int, float]], low: tuple[int, float], high: tuple[int, float]) -> Line | None:
    most = max(abs(value) for _, value in points)
    near = min(points, key=lambda point: abs(point[0]))
    scale = short((high[1] - low[1]) / (high[0] - low[0]))
    offset = short(near[1] - scale * near[0], most * CLOSE)
    room = max(most, abs(offset)) * CLOSE
    fits = all(abs(scale * count + offset - value) <= room for count, value in points)
    return Line(scale, offset) if fits and scale else None


def _rounded(points: Sequence[tuple[int, float]], low: tuple[int, float], high: tuple[int, float]) -> Line | None:
    decimals = _decimals(points)
    if decimals is None or len({value for _, value in points}) < LEAST_STEPS:
        return None
    step = 10.0**-decimals
    rough = (high[1] - low[1]) / (high[0] - low[0])
    scale = simplest(rough - step / (high[0] - low[0]), rough + step / (high[0] - low[0]))
    room = step * 1e-6
    found: list[Line] = []
    for rounding, below, above in (("nearest", step / 2, step / 2), ("down", 0.0, step)):
        least = max(value - below - scale * count for count, value in points)
        most = min(value + above - scale * count for count, value in points)
        if scale and least <= most + room:
            found.append(Line(scale, simplest(least - room, most + room), decimals, rounding))
    return min(found, key=lambda line: len(str(line.offset)), default=None)


def _decimals(points: Sequence[tuple[int, float]]) -> int | None:
    """How many decimals the values have at most; None for too many."""
    for decimals in range(MOST_DECIMALS + 1):
        if all(math.isclose(round(value, decimals), value, rel_tol=1e-12, abs_tol=1e-12) for _, value in points):
            return decimals
    return None


def short(number: float, room: float = 0.0) -> float:
    """A number without what doubles have blurred, as a whole number where it is one.

    >>> short(0.30000000000000004), short(2.0), short(1e-17, 1e-9)
    (0.3, 2, 0)
    """
    if abs(number) <= room:
        return 0
    cut = float(f"{number:.{DIGITS}g}")
    return int(cut) if cut.is_integer() and abs(cut) < 2**53 else cut


def simplest(low: float, high: float) -> float:
    """The number between two that has the fewest digits, or is one part of a whole number of parts.

    >>> simplest(0.0995, 0.1002), simplest(-0.2, 0.3), simplest(0.0624, 0.06255)
    (0.1, 0, 0.0625)
    """
    if low <= 0 <= high:
        return 0
    middle = (low + high) / 2
    for digits in range(1, DIGITS + 1):
        near = float(f"{middle:.{digits}g}")
        if low <= near <= high:
            return short(near)
        parts = float(f"{1 / middle:.{digits}g}")
        if low <= 1 / parts <= high:
            return 1 / parts
    return short(middle)
