"""Numbers that grow evenly with their bits: sign, byte order, scale and offset from what was decoded.

A form and an order are guessed, the line through two values is drawn, and every value must lie on it.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import median_low
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo.examples.compare import is_number
from octavo.lab.doubles import MOST_BLURRED
from octavo.lab.xray.bits import BYTE, big_endian, gathered, little_endian, ones
from octavo.lab.xray.model import FORMS, Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

DIGITS = 12
"""Significant digits after which a scale that doubles have blurred is cut: of about 16, a division of differences
leaves that many."""

MOST_DECIMALS = 6
"""Decimals to which values are looked at as rounded: those of a position in degrees, the most that scripts use."""

LEAST_STEPS = 4
"""Different values that a rounded number needs, so that a line through them says something: two make the line, and
two more have to lie on it."""

ROUGH = 6
"""Significant digits of a slope between neighbours, which doubles blur more than one between the ends: enough to tell
which of some hundred thousand counts are off a line."""

QUARTER = 4
"""What part of one step a value may lie beside its line at most: doubles blur less, a sign that is off by one more."""

LAST_BITS = 8 * sys.float_info.epsilon
"""What a few operations on doubles lose: more than a quarter step for counts of 64 bits."""

MOST_STRAYS = 6
"""Counts off the line that are told one by one where all were tried: what stands for no reading, for errors."""

NOWHERE = (0, 0.0)

Pair = tuple[int, float]
"""A count, and the value of it."""

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

    def pairs(self, numbers: Points) -> list[Pair]:
        """Counts with their values; none where bits make no number."""
        found = [(count, value) for word, value in numbers.items() if (count := self.count(word)) is not None]
        return found if len(found) == len(numbers) else []


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
    numbers, others = _parted(points)
    for guess in _guesses(numbers, mask) if numbers else ():
        line = through(guess.pairs(numbers))
        if line:
            markers = tuple(sorted((guess.count(word) or 0, value) for word, value in others.items()))
            return Linear(guess.form, guess.order, guess.places, *line, markers=markers)
    return None


def nearly_linear(points: Points, mask: int) -> Linear | None:
    """The number that the points show but for a few counts where all were tried, or but for one step in the line.

    A step is seen: on both sides of it lies a count. Signed numbers come first, for most steps are signs that are off.

    Args:
        points: values by the payload's bits.
        mask: the bits.
    """
    numbers, others = _parted(points)
    guesses = list(_guesses(numbers, mask)) if numbers else []
    signed_first = sorted(guesses, key=lambda each: each.form != FORMS[1])
    found = [each for guess in signed_first if (each := _nearly(guess, numbers, others))]
    return min(found, key=lambda each: each.below is not None, default=None)


def _nearly(guess: Guess, numbers: Points, others: Points) -> Linear | None:
    is_all = len(numbers) + len(others) == 1 << len(guess.places)
    found = _line_but_for(guess.pairs(numbers), is_all=is_all)
    if found is None:
        return None
    line, below, strays = found
    known = [(guess.count(word) or 0, value) for word, value in others.items()]
    markers = tuple(sorted((*strays, *known), key=lambda each: each[0]))
    return Linear(guess.form, guess.order, guess.places, *line, markers=markers, below=below)


def _parted(points: Points) -> tuple[Points, Points]:
    """The points that have a number, and the others; nothing where that is too little for a line."""
    numbers = {word: value for word, value in points.items() if is_number(value)}
    others = {word: value for word, value in points.items() if word not in numbers}
    is_little = len(numbers) < 2 or len(set(numbers.values())) < 2 or len(others) > len(numbers)  # noqa: PLR2004 - a line
    return ({}, {}) if is_little else (numbers, others)


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


def through(points: Sequence[Pair]) -> Line | None:
    """The line on which all points lie, exactly or by rounding; None where there is none.

    >>> through([(0, -4.0), (10, -3.0), (25, -1.5)])
    Line(scale=0.1, offset=-4, decimals=None, rounding='')
    """
    low, high = min(points, default=NOWHERE), max(points, default=NOWHERE)
    if low[0] == high[0]:
        return None
    return _exact(points, low, high) or _rounded(points, low, high)


def _exact(points: Sequence[Pair], low: Pair, high: Pair) -> Line | None:
    near = min(points, key=lambda point: abs(point[0]))
    scale = short((high[1] - low[1]) / (high[0] - low[0]))
    greatest = max(abs(value) for _, value in (*points, (0, near[1] - scale * near[0])))
    room = min(greatest * MOST_BLURRED, max(abs(scale) / QUARTER, greatest * LAST_BITS))
    offset = short(near[1] - scale * near[0], room)
    fits = all(abs(scale * count + offset - value) <= room for count, value in points)
    return Line(scale, offset) if fits and scale else None


def _rounded(points: Sequence[Pair], low: Pair, high: Pair) -> Line | None:
    decimals = _decimals(points)
    if decimals is None or len({value for _, value in points}) < LEAST_STEPS:
        return None
    step = 10.0**-decimals
    rough = (high[1] - low[1]) / (high[0] - low[0])
    scale = simplest(rough - step / (high[0] - low[0]), rough + step / (high[0] - low[0]))
    if math.isclose(scale / step, round(scale / step), rel_tol=MOST_BLURRED):
        return None  # whole steps have nothing to be rounded
    room = step * 1e-6
    found: list[Line] = []
    for rounding, below, above in (("nearest", step / 2 + room, step / 2 + room), ("down", room, step - room)):
        least = max(value - below - scale * count for count, value in points)
        most = min(value + above - scale * count for count, value in points)
        if least <= most:
            found.append(Line(scale, simplest(least, most), decimals, rounding))
    return min(found, key=lambda line: len(str(line.offset)), default=None)


def _line_but_for(pairs: list[Pair], *, is_all: bool) -> tuple[Line, Pair | None, list[Pair]] | None:
    """A line, the count below which its offset is another one with that offset, and the counts that are off it."""
    pairs = sorted(pairs)
    slopes = [
        (after[1] - before[1]) / (after[0] - before[0]) for before, after in pairwise(pairs) if after[0] > before[0]
    ]
    is_curve = len(set(pairs)) == len({count for count, _ in pairs})
    slope = float(f"{median_low(slopes):.{ROUGH}g}") if slopes and is_curve else 0
    if not slope:
        return None
    home = median_low(value - slope * count for count, value in pairs)
    off = [pair for pair in pairs if abs(pair[1] - slope * pair[0] - home) > abs(slope) / QUARTER]
    on = [pair for pair in pairs if pair not in off]
    line = _drawn(on)
    if line is None:
        return None
    if is_all and len(off) <= MOST_STRAYS < len(on):
        return line, None, off
    return _stepped(*sorted((on, off)))


def _stepped(low: list[Pair], high: list[Pair]) -> tuple[Line, Pair, list[Pair]] | None:
    """Two lines of one scale, the second of which begins where the first ends."""
    before, after = _drawn(low), _drawn(high)
    if before is None or after is None or low[-1][0] + 1 != high[0][0]:
        return None
    if not math.isclose(before.scale, after.scale, rel_tol=MOST_BLURRED):
        return None
    return after, (high[0][0], before.offset), []


def _drawn(pairs: list[Pair]) -> Line | None:
    """The line that sorted counts lie on exactly; None where they are too few to say so."""
    return _exact(pairs, pairs[0], pairs[-1]) if len({value for _, value in pairs}) >= LEAST_STEPS else None


def _decimals(points: Sequence[Pair]) -> int | None:
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
