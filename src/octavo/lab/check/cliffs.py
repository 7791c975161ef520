"""Numbers that jump where one raw bit steps: hex without leading zeros, signs off by one, wrong shifts.

A field is judged by the values that it takes while one byte of a payload is stepped from 0 to 255 and all others stand
still. Only shapes that no maker chooses on purpose are told.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import is_number
from octavo.lab.check.inputs import stepped
from octavo.lab.check.sightings import Sighting, shown
from octavo.lab.doubles import MOST_BLURRED
from octavo.lab.leaves import general

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo.lab.bench import Bench, Seen
    from octavo.lab.check.truncated import Sweeps

_NUMERIC = re.compile(r"-?\d{1,15}(?:\.\d{1,12})?")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_TEMPERATURE = {"temperature", "temperatures", "temp", "tmp"}
_NOT_ABSOLUTE = re.compile(
    r"kelvin|raw|count|threshold|interval|alarm|status|flag|adc|resist|delta|diff|offset|hyst|time|template|index|id$|type|mode|rate|error|attempt",
    re.IGNORECASE,
)
_HALF, _FULL, _NIBBLE = 128, 256, 16
FEWEST = 12
"""Steps that must give a number for a byte to be judged at all: not half of `octavo.lab.check.inputs.STEPS`, for this
only makes a suspect, which all 256 values have to confirm."""

FEWEST_OF_ALL = 250
"""The same where every value was tried: up to six may stand for something else, such as no reading."""

MOST_DIGITS = 4
"""Digits behind the point that a script rounds to, a ten thousandth; more are what a double leaves."""

SAME_SLOPE = 1e-6
"""By how much two slopes may differ: far more than doubles blur, far less than one count among 256 times 256."""

WRONG_SHIFTS = (7, 9)
"""Shifts by which bytes are joined by mistake: one bit less or more than a byte has."""

TOO_HOT = 1000
"""No sensor for air, water, soil or goods reads as much. Source: IEC 60751, platinum resistors end at 850 °C."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a field is for each value of a byte.

    Attributes:
        place: the byte's offset.
        values: the field's value by the byte's.
        seen: the results by the byte's value.
        grain: by how much rounding may move the values.
    """

    place: int
    values: dict[int, float]
    seen: dict[int, Seen]
    grain: float = 0.0

    def slope(self, first: int, last: int) -> float | None:
        """How much the field grows with each step from one value to another; None where it does not grow evenly."""
        inside = sorted(step for step in self.values if first <= step <= last)
        if len(inside) < 3:  # noqa: PLR2004 - two points always lie on a line
            return None
        low, high = inside[0], inside[-1]
        found = (self.values[high] - self.values[low]) / (high - low)
        most = max(abs(self.values[step]) for step in inside)
        away = max(abs(self.values[step] - self.values[low] - found * (step - low)) for step in inside)
        return found if found and away <= self.grain + MOST_BLURRED * most else None

    def jump(self, before: int) -> float:
        """The difference between two values of the byte that follow each other."""
        return self.values[before + 1] - self.values[before]


def _curve(place: int, values: dict[int, float], seen: dict[int, Seen]) -> Curve:
    """A curve; values of few digits that lie on no line may have been rounded."""
    plain = Curve(place, values, seen)
    if plain.slope(0, _NIBBLE - 1) or plain.slope(_HALF, _FULL - 1):
        return plain
    digits = max(len(f"{value:.9f}".rstrip("0").partition(".")[2]) for value in values.values())
    return replace(plain, grain=10.0**-digits if 0 < digits <= MOST_DIGITS else 0.0)


def cliffs(bench: Bench, operation: str, whole: Seen, sweeps: Sweeps) -> Iterator[Sighting]:
    """Fields of a payload that jump.

    Args:
        bench: where a suspect's byte is stepped through all its values.
        operation: what was called.
        whole: the payload.
        sweeps: what comes of it where one byte is stepped.
    """
    curves: dict[str, dict[int, Curve]] = {}
    for place, seen in sweeps.items():
        for path, curve in _curves(place, seen, FEWEST).items():
            curves.setdefault(path, {})[place] = curve
    for path, by_place in curves.items():
        yield from _judged(bench, operation, whole, path, by_place)


def _curves(place: int, seen: Sequence[Seen], fewest: int) -> dict[str, Curve]:
    """The fields that are numbers, and that change with a byte."""
    values: dict[str, dict[int, float]] = {}
    results = {each.payload[place]: each for each in seen if each.accepted}
    for step, each in results.items():
        for path, number in _numbers(each):
            values.setdefault(path, {})[step] = number
    return {
        path: _curve(place, found, results)
        for path, found in values.items()
        if len(found) >= fewest and len(set(found.values())) > 1
    }


def _numbers(seen: Seen) -> Iterator[tuple[str, float]]:
    found = ((path, _number(value)) for path, value in seen.leaves.items())
    return ((path, number) for path, number in found if number is not None)


def _number(value: Any) -> float | None:
    if is_number(value):
        return float(value) if abs(value) < 1e15 else None  # noqa: PLR2004 - beyond it a double has no halves
    return float(value) if isinstance(value, str) and _NUMERIC.fullmatch(value) else None


def _judged(bench: Bench, operation: str, whole: Seen, path: str, curves: dict[int, Curve]) -> Iterator[Sighting]:
    for test in (_hex, _sign, _inner_sign, _shift, _unsigned):
        suspect = test(path, curves)
        if suspect is None:
            continue
        again = {place: _whole_curve(bench, operation, whole, path, place) for place in suspect.places}
        confirmed = {place: curve for place, curve in again.items() if curve is not None}
        sure = test(path, confirmed) if len(confirmed) == len(again) else None
        if sure is not None:
            shows = confirmed[sure.places[0]].seen[sure.step]
            told = partial(_told, path, sure.what)
            yield Sighting(sure.kind, operation, general(path), shows, told)
            return


def _whole_curve(bench: Bench, operation: str, whole: Seen, path: str, place: int) -> Curve | None:
    messages = stepped(whole, place, range(_FULL))
    return _curves(place, bench.see(operation, messages), FEWEST_OF_ALL).get(path)


def _told(path: str, what: str, seen: Seen) -> str:
    return f"{general(path)} is {shown(seen.leaves.get(path))} here: {what}"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A shape that no maker chooses.

    Attributes:
        kind: of the finding.
        places: the bytes that it shows at, the one that is stepped first.
        step: the value of that byte at which it shows.
        what: it in words.
    """

    kind: str
    places: tuple[int, ...]
    step: int
    what: str


def _close(one: float, other: float) -> bool:
    """Whether two slopes are the same, but for the arithmetic of doubles and what a script rounds."""
    return abs(one - other) <= SAME_SLOPE * max(abs(one), abs(other))


def _hex(path: str, curves: dict[int, Curve]) -> Suspect | None:
    """The value grows evenly up to 0x0f and from 0x10 on, and jumps in between: a digit of hex is missing."""
    del path
    for place, curve in curves.items():
        if not {_NIBBLE - 1, _NIBBLE} <= set(curve.values):
            continue
        low, high = curve.slope(0, _NIBBLE - 1), curve.slope(_NIBBLE, _HALF - 1)
        if low is None or high is None or not _close(low, high) or len(curve.values) < FEWEST:
            continue
        jump = curve.jump(_NIBBLE - 1)
        if abs(jump - low) > _NIBBLE * abs(low) + curve.grain:
            what = f"byte {place} below 0x10 counts as one digit of hex, above as two"
            return Suspect("unpadded-hex", (place,), _NIBBLE - 1, what)
    return None


def _halves(curve: Curve) -> tuple[float, float] | None:
    """The slope of both halves, where it is the same, and the jump between them."""
    if not {_HALF - 1, _HALF} <= set(curve.values):
        return None
    low, high = curve.slope(0, _HALF - 1), curve.slope(_HALF, _FULL - 1)
    return (low, curve.jump(_HALF - 1)) if low is not None and high is not None and _close(low, high) else None


def _even(curve: Curve) -> float | None:
    """The slope of a byte that counts, with or without a sign."""
    found = _halves(curve)
    if found is None or not (_close(found[1], found[0]) or _close(found[1], found[0] * (1 - _FULL))):
        return None
    return found[0]


def _sign(path: str, curves: dict[int, Curve]) -> Suspect | None:
    """Below zero a word is off by one: 0xffff was taken off where 0x10000 is right."""
    del path
    slopes = {place: found[0] for place, curve in curves.items() if (found := _halves(curve))}
    for place, curve in curves.items():
        found = _halves(curve)
        if found is None:
            continue
        slope, jump = found
        unit = min((abs(other) for other in slopes.values()), default=0.0)
        whole = unit * _FULL ** round(_exponent(abs(slope) / unit))
        missing = jump - slope * (1 - _FULL)
        if (
            _close(whole, abs(slope))
            and unit > 2 * curve.grain
            and _close(abs(missing), unit)
            and abs(jump) > abs(slope)
        ):
            return Suspect(
                "sign-cliff",
                (place, *(other for other in slopes if other != place)),
                _HALF,
                "below zero it is off by one step",
            )
    return None


def _exponent(ratio: float) -> float:
    return math.log(ratio, _FULL) if ratio > 0 else 0.0


def _inner_sign(path: str, curves: dict[int, Curve]) -> Suspect | None:
    """The low byte of a word has a sign of its own."""
    del path
    for place, curve, other, beside in _neighbours(curves):
        found, slope = _halves(curve), _even(beside)
        if found is None or slope is None:
            continue
        if _close(found[1], found[0] * (1 - _FULL)) and _close(slope, found[0] * _FULL):
            what = f"byte {place}, the low byte of a word, has a sign of its own"
            return Suspect("sign-cliff", (place, other), _HALF, what)
    return None


def _neighbours(curves: dict[int, Curve]) -> Iterator[tuple[int, Curve, int, Curve]]:
    """Each byte with the one before it and the one behind it, where the field changes with both."""
    for place, curve in curves.items():
        for other in (place - 1, place + 1):
            if other in curves:
                yield place, curve, other, curves[other]


def _shift(path: str, curves: dict[int, Curve]) -> Suspect | None:
    """Two bytes beside each other that are joined by a shift of 7 or 9 bits."""
    del path
    for place, curve, other, beside in _neighbours(curves):
        low, high = curve.slope(0, _FULL - 1), _even(beside)
        if low is None or high is None:
            continue
        bits = next((bits for bits in WRONG_SHIFTS if _close(high, low * 2**bits)), None)
        if bits is not None:
            what = f"bytes {other} and {place} are joined by a shift of {bits} bits"
            return Suspect("bytes-overlap", (other, place), 1, what)
    return None


def _unsigned(path: str, curves: dict[int, Curve]) -> Suspect | None:
    """A temperature of two bytes that never falls below zero, and rises beyond what there is."""
    name = path.rpartition(".")[2]
    if not _TEMPERATURE & {word.lower() for word in _WORD.findall(name)} or _NOT_ABSOLUTE.search(path):
        return None
    for place, curve, other, beside in _neighbours(curves):
        high, low = curve.slope(0, _FULL - 1), beside.slope(0, _FULL - 1)
        if high is None or low is None or low <= 0 or not _close(high, low * _FULL):
            continue
        if max(curve.values.values()) > TOO_HOT and min(curve.values.values()) >= 0:
            return Suspect("never-negative", (place, other), _FULL - 1, "it never falls below zero")
    return None
