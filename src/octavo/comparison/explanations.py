"""What would explain that a server's values differ from ours: rules, each of which must hold for every value.

A rule is refuted by the first pair of values that it does not cover, so that an explanation is never a guess from
one of them. The order of `RULES` is the order of belief.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from octavo.examples.model import MISSING
from octavo.messages import unix_s

if TYPE_CHECKING:
    from collections.abc import Callable

NOISE = 1e-9
"""Numbers that differ by less, relative to the larger one, are the same number computed in another order."""

FLOAT32_DIGITS = range(6, 10)
"""Significant digits of the shortest text of a single precision number. Source: IEEE 754-2019, section 5.12.2."""

WIDTHS = {1 << bits: bits for bits in (8, 16, 24, 32)}
COUNTS_PER_UNIT = (1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 2, 4, 5, 20, 50)

FAHRENHEIT_PER_CELSIUS = 1.8
FAHRENHEIT_AT_ZERO = 32
ROUNDED = 0.06
"""How far a temperature may be off, for both sides may round to a tenth."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What would explain all the differences at one path.

    Attributes:
        name: stable name of the rule, for example ``float32_there``.
        message: one sentence.
    """

    name: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The explanation as a JSON object."""
        return {"name": self.name, "message": self.message}


@dataclass(frozen=True, slots=True)
class Pair:
    """One difference.

    Attributes:
        theirs: the server's value, or `MISSING`.
        ours: our value, or `MISSING`.
        respelt: our name of a member that the server spells in another way, where the values are the same.
    """

    theirs: Any
    ours: Any
    respelt: str | None = None

    @property
    def numbers(self) -> tuple[float, float] | None:
        """Both values, where both are finite numbers."""
        pair = _double(self.theirs), _double(self.ours)
        return pair if all(map(math.isfinite, pair)) else None


class Rule(Protocol):
    """One way in which all the differences at a path may have come about."""

    def add(self, pair: Pair) -> bool:
        """Whether the rule still holds, with one more difference."""

    def explanation(self) -> Explanation | None:
        """What it says; None while it has seen too little."""


class Explainer:
    """Finds what explains all the differences at one path, without keeping them."""

    def __init__(self) -> None:
        self.rules: list[Rule] = [make() for make in RULES]

    def add(self, pair: Pair) -> None:
        """Take one more difference; the rules that do not cover it are out."""
        self.rules = [rule for rule in self.rules if rule.add(pair)]

    def explanation(self) -> Explanation | None:
        """What explains every difference so far, or None."""
        return next((said for rule in self.rules if (said := rule.explanation())), None)


class Each:
    """A rule that looks at each pair alone."""

    def __init__(self, name: str, message: str, holds: Callable[[Pair], bool]) -> None:
        self.said = Explanation(name, message)
        self.holds = holds

    def add(self, pair: Pair) -> bool:
        """Whether the pair is of this kind."""
        return self.holds(pair)

    def explanation(self) -> Explanation | None:
        """The rule's sentence."""
        return self.said


class Respelt:
    """Members of the same value whose names are spelt in two ways."""

    def __init__(self) -> None:
        self.name: str | None = None

    def add(self, pair: Pair) -> bool:
        """Whether the member has another name here, always the same."""
        self.name = self.name or pair.respelt
        return pair.respelt is not None and pair.respelt == self.name

    def explanation(self) -> Explanation | None:
        """The name here."""
        return Explanation("respelt", f"only the name differs: here it is {self.name}")


class Rounded:
    """One side has fewer decimals than the other.

    Args:
        name: the rule's name.
        coarse: picks the rounded number of the server's and ours.
    """

    def __init__(self, name: str, message: str, coarse: int) -> None:
        self.name = name
        self.message = message
        self.coarse = coarse
        self.decimals = 0
        self.farthest = 0.0

    def add(self, pair: Pair) -> bool:
        """Whether all so far may be numbers cut or rounded to as many decimals as the longest of them has."""
        if pair.numbers is None:
            return False
        coarse, fine = pair.numbers[self.coarse], pair.numbers[1 - self.coarse]
        self.decimals = max(self.decimals, _decimals(coarse))
        self.farthest = max(self.farthest, abs(coarse - fine))
        return _decimals(fine) > self.decimals and self.farthest < 10.0**-self.decimals

    def explanation(self) -> Explanation | None:
        """To how many decimals."""
        places = "whole numbers" if not self.decimals else f"{self.decimals} decimals"
        return Explanation(self.name, f"{self.message}, rounded or cut to {places}")


class Wrapped:
    """The same bits, read as a signed number on one side and as an unsigned one on the other."""

    def __init__(self) -> None:
        self.step: float | None = None

    def add(self, pair: Pair) -> bool:
        """Whether the server's number and ours differ by a power of two of counts, one of them being negative."""
        if pair.numbers is None or not min(pair.numbers) < 0 <= max(pair.numbers):
            return False
        step = pair.numbers[0] - pair.numbers[1]
        self.step = step if self.step is None else self.step
        return _is_close(step, self.step) and _bits(abs(step)) is not None

    def explanation(self) -> Explanation | None:
        """Which side has the sign."""
        step = self.step or 0.0
        there, here = ("unsigned", "signed") if step > 0 else ("signed", "unsigned")
        return Explanation("signed", f"{there} there, {here} here: {_bits(abs(step))} bits, {_shown(abs(step))} apart")


class Constant:
    """Numbers that all differ in the same way; told by two numbers at least.

    Args:
        name: the rule's name.
        message: the sentence, in front of the amount.
        measure: what is the same for all, from the server's number and ours; None where it is undefined.
    """

    def __init__(self, name: str, message: str, measure: Callable[[float, float], float | None]) -> None:
        self.name = name
        self.message = message
        self.measure = measure
        self.amount: float | None = None
        self.first: float | None = None
        self.varied = False

    def add(self, pair: Pair) -> bool:
        """Whether the amount is that of the pairs before."""
        amount = self.measure(*pair.numbers) if pair.numbers else None
        if amount is None or pair.numbers is None or not math.isfinite(amount):
            return False
        self.amount = amount if self.amount is None else self.amount
        self.first = pair.numbers[1] if self.first is None else self.first
        self.varied = self.varied or pair.numbers[1] != self.first
        return _is_close(amount, self.amount)

    def explanation(self) -> Explanation | None:
        """The amount, where it was seen with several numbers."""
        return Explanation(self.name, f"{self.message} {_shown(self.amount or 0.0)}") if self.varied else None


def _double(value: Any) -> float:
    """A JSON number as JavaScript has it; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _is_close(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=NOISE, abs_tol=1e-12)


def _shown(number: float) -> str:
    return f"{number:.9g}"


def _decimals(number: float) -> int:
    """Decimals of the shortest text of a number."""
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _bits(step: float) -> int | None:
    """The width of the field in which numbers so far apart are one and the same."""
    for per_unit in COUNTS_PER_UNIT:
        counts = step * per_unit
        if _is_close(counts, round(counts)) and round(counts) in WIDTHS:
            return WIDTHS[round(counts)]
    return None


def _single(number: float) -> float:
    """The nearest number in single precision; NaN where there is none."""
    try:
        single: float = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return math.nan
    return single


def _is_single(rounded: float, number: float) -> bool:
    """Whether a number is the other one in single precision, whole or in its shortest text, as Go prints it."""
    single = _single(number)
    if single == number:  # it is in single precision already
        return False
    texts = (float(f"{single:.{digits}g}") for digits in FLOAT32_DIGITS)
    return rounded == single or rounded == next((text for text in texts if _single(text) == single), None)


def _instant(value: Any) -> float | None:
    """Seconds since 1970 of a date and time; a text without a zone is UTC."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        return unix_s(value)
    except (ValueError, OverflowError):
        return None


def _same_instant(pair: Pair) -> bool:
    instants = [_instant(pair.theirs), _instant(pair.ours)]
    numbers = [_double(pair.theirs), _double(pair.ours)]
    told = [instant for instant in instants if instant is not None]
    if len(told) == 1:  # the other may count the seconds or milliseconds since 1970
        number = next((number for number in numbers if math.isfinite(number)), math.nan)
        return any(_is_close(number / per_s, told[0]) for per_s in (1, 1000))
    return len(told) > 1 and abs(told[0] - told[1]) < 1e-3  # noqa: PLR2004 - JavaScript counts milliseconds


def _number_as_text(pair: Pair) -> bool:
    for text, number in ((pair.theirs, pair.ours), (pair.ours, pair.theirs)):
        if isinstance(text, str) and math.isfinite(_double(number)):
            return _parsed(text) == _double(number)
    return False


def _parsed(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _truth_as_number(pair: Pair) -> bool:
    values = pair.theirs, pair.ours
    truths = [value for value in values if isinstance(value, bool)]
    numbers = [_double(value) for value in values if not isinstance(value, bool)]
    return len(truths) == 1 and numbers[0] == int(truths[0])


def _is_among(pair: Pair, *kinds: Callable[[Any], bool]) -> bool:
    """Whether one value is of the first kind and the other of the second."""
    first, second = kinds
    return (first(pair.theirs) and second(pair.ours)) or (first(pair.ours) and second(pair.theirs))


def _is_nan(value: Any) -> bool:
    return value == "NaN" or (isinstance(value, float) and not math.isfinite(value))


def _is_nothing(value: Any) -> bool:
    return value is None or value is MISSING


def _is_null(value: Any) -> bool:
    return value is None


def _is_missing(value: Any) -> bool:
    return value is MISSING


def _is_empty_object(value: Any) -> bool:
    return value == {} and isinstance(value, dict)


def _same_letters(pair: Pair) -> bool:
    values = pair.theirs, pair.ours
    texts = ["".join(value.split()).casefold() for value in values if isinstance(value, str)]
    return len(texts) == 2 and texts[0] == texts[1]  # noqa: PLR2004 - theirs and ours


def _with_numbers(test: Callable[[float, float], bool]) -> Callable[[Pair], bool]:
    return lambda pair: pair.numbers is not None and test(*pair.numbers)


def _is_fahrenheit(of: float, value: float) -> bool:
    return abs(of - (value * FAHRENHEIT_PER_CELSIUS + FAHRENHEIT_AT_ZERO)) <= ROUNDED


RULES: tuple[Callable[[], Rule], ...] = (
    Respelt,
    lambda: Each(
        "null_or_missing",
        "null on one side, nothing on the other",
        lambda pair: _is_among(pair, _is_null, _is_missing),
    ),
    lambda: Each(
        "only_there",
        "only the server has it: the formatter is of another version, or octavo's dialect leaves it out",
        lambda pair: _is_missing(pair.ours),
    ),
    lambda: Each(
        "only_here",
        "the server has it not: the formatter is of another version, or a field mask took it away",
        lambda pair: _is_missing(pair.theirs),
    ),
    lambda: Each(
        "empty_object",
        "an empty object on one side, null on the other",
        lambda pair: _is_among(pair, _is_empty_object, _is_null),
    ),
    lambda: Each(
        "not_a_number",
        "NaN or infinite on one side, which JSON has not",
        lambda pair: _is_among(pair, _is_nan, lambda value: _is_nothing(value) or _is_nan(value)),
    ),
    lambda: Each("truth_as_number", "true or false on one side, 1 or 0 on the other", _truth_as_number),
    lambda: Each("number_as_text", "a number on one side, the same number as text on the other", _number_as_text),
    lambda: Each("same_instant", "the same moment, written in another way", _same_instant),
    lambda: Each("same_letters", "the same text but for capitals or spaces", _same_letters),
    lambda: Each(
        "float32_there",
        "the server's number is ours in single precision (float32)",
        _with_numbers(_is_single),
    ),
    lambda: Each(
        "float32_here",
        "our number is the server's in single precision (float32)",
        _with_numbers(lambda theirs, ours: _is_single(ours, theirs)),
    ),
    lambda: Each(
        "float_noise",
        "the same number computed in another order: they differ by less than 1e-9 of it",
        _with_numbers(_is_close),
    ),
    lambda: Rounded("rounded_there", "the server's number is ours", 0),
    lambda: Rounded("rounded_here", "our number is the server's", 1),
    Wrapped,
    lambda: Constant("factor", "another unit? The server's number is ours times", lambda t, o: t / o if o else None),
    lambda: Each(
        "fahrenheit_there",
        "degrees Fahrenheit there, Celsius here",
        _with_numbers(_is_fahrenheit),
    ),
    lambda: Each(
        "fahrenheit_here",
        "degrees Celsius there, Fahrenheit here",
        _with_numbers(lambda theirs, ours: _is_fahrenheit(ours, theirs)),
    ),
    lambda: Constant("offset", "another calibration? The server's number is ours plus", lambda t, o: t - o),
)
"""Every rule, the most exact first."""
