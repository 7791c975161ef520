"""What the fields of a declaration must hold to: a rule for each kind of field, asked when it is loaded."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

from octavo.codecs._construct import INDEX, AnyConstruct, bare, shown
from octavo.codecs.computed import Computed, Derived
from octavo.codecs.expressions import members_in, uses_index
from octavo.codecs.fields import Choice, Counted, Field, Flag, FlagSet, Marker, Mismatch, Missing, Scaled, held_by_float
from octavo.codecs.normalized import known_field, problem_of
from octavo.codecs.numbers import MOST, is_number, number_of
from octavo.codecs.reference import GOT
from octavo.codecs.texts import Ascii, UnixTime, Version
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Names of members: what is an identifier in every language a declaration is turned into."""

WORD = "_word"
"""What the word of some bits adds to the names that are seen, as a list adds `INDEX`: no member is called so."""

WIDEST_NUMBER = 8
"""Bytes; more is a `HexText`, or the word of a `Bits`."""

MOST_DECIMALS = 15
"""Digits after the point that a 64-bit float can keep. Source: C, DBL_DIG."""


def wrong(path: str, message: str) -> NoReturn:
    """Refuse a declaration, with the path of what is wrong in it."""
    raise ContentError(f"{path}: {message}", path=path)


def _scaled(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _numbers(field, path)
    for factor in (field.per_unit, field.step):
        if not math.isfinite(factor) or factor == 0:
            wrong(path, f"expected a factor that is finite and not 0, got {factor}")
    if not math.isfinite(field.offset):
        wrong(path, f"expected an offset that is finite, got {field.offset}")
    _bounds(field, path)
    if field.counts is not None:
        _exact(field, path)
        _reachable(field, path)


def _numbers(field: Any, path: str) -> None:
    for name in ("per_unit", "step", "offset", "minimum", "maximum"):
        given = getattr(field, name)
        is_open = given is None and name.endswith("imum")
        if not is_open and (not isinstance(given, int | float) or isinstance(given, bool) or not _is_float(given)):
            wrong(path, f"expected a number as {name}, got {shown(given)}")


def _bounds(field: Any, path: str) -> None:
    low, high = field.minimum, field.maximum
    bounds = [bound for bound in (low, high) if bound is not None]
    if not all(map(math.isfinite, bounds)):
        wrong(path, "expected bounds that are finite; without one the value is open there")
    if len(bounds) > 1 and low > high:
        wrong(path, f"expected a minimum of at most {high}, got {low}")
    if field.float_bits:
        _held_by_float(field, bounds, path)


def _reachable(field: Any, path: str) -> None:
    least, most = sorted(field.value_of(count) for count in field.counts)
    for bound in (field.minimum, field.maximum):
        if bound is not None and not least <= bound <= most:
            wrong(path, f"expected a bound from {least} to {most}, which the raw field holds, got {bound}")


def _is_float(number: float) -> bool:
    """Whether a number is one as a 64-bit float; others have thousands of digits."""
    try:
        float(number)
    except OverflowError:
        return False
    return True


def _held_by_float(field: Any, bounds: Iterable[float], path: str) -> None:
    for bound in bounds:
        try:
            held_by_float(field.count_of(bound), field.float_bits, field.holdable, bound)
        except Mismatch as mismatch:
            wrong(path, f"expected a bound that the raw field holds ({mismatch.expected}), got {bound}")


def _exact(field: Any, path: str) -> None:
    """Whole numbers stay below 2**53, where 64-bit floats are as exact as Python's numbers."""
    most = max(map(abs, field.counts))
    steps = most * abs(field.step) if isinstance(field.step, int) else 0
    shifted = steps + abs(field.offset) if field.per_unit == 1 and isinstance(field.offset, int) else 0
    for number in (steps, shifted, *(each for each in (field.per_unit, field.offset) if isinstance(each, int))):
        if abs(number) > MOST:
            wrong(path, f"expected counts that stay exact, below 2**53, after step and offset, got {number}")


def _choice(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not field.names:
        wrong(path, "expected at least one choice, got none")
    odd = [number for number in field.names if not is_whole(number)]
    if odd:
        wrong(path, f"expected whole numbers and what they stand for, got {shown(odd[0])}")
    for value in field.names.values():
        if not isinstance(value, str | bool) and not is_number(value):
            wrong(path, f"expected text, numbers, true or false, got {value!r}")
    if len(field.numbers) != len(field.names):
        wrong(path, f"expected a value of its own for each number, got {list(field.names.values())}")
    if any(isinstance(value, int) and abs(value) > MOST for value in field.names.values()):
        wrong(path, "expected values below 2**53, got one beyond")
    for number in field.names:
        if field.counts is None or not field.counts[0] <= number <= field.counts[1]:
            wrong(path, f"expected numbers that the raw field holds, got {number}")


def _whole(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    unsigned = isinstance(field, FlagSet | UnixTime | Version)
    if number and number.size > WIDEST_NUMBER:
        wrong(path, f"expected a number of at most {WIDEST_NUMBER} bytes, got {number.size}")
    if isinstance(field, Scaled | Missing):
        return
    if number is None or number.form == "float" or (unsigned and number.signed):
        wrong(path, f"expected {'an unsigned' if unsigned else 'a'} whole number as the raw field")
    if isinstance(field, FlagSet | Version) and number.is_wide:
        wrong(path, "expected a raw field of at most 53 bits, got a wider one")


def _field(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if field.unit is not None and not (isinstance(field.unit, str) and field.unit.isprintable()):
        wrong(path, f"expected text of one line as its unit, got {shown(field.unit)}")
    names = getattr(field, "names", {}).values()
    broken = [name for name in names if isinstance(name, str) and not name.isprintable()]
    if broken:
        wrong(path, f"expected names of one line, got {shown(broken[0])}")
    if any(GOT in text for text in (field.unit, *names) if isinstance(text, str)):
        wrong(path, f"expected names and a unit without {GOT!r}, which stands in messages before what was found")
    if getattr(field, "bit", None) is not None and WORD not in seen:
        wrong(path, "expected a Bit inside Bits(word, ...), which reads the word, got one outside")
    decimals = getattr(field, "decimals", None)
    if decimals is not None and (not isinstance(decimals, int) or not 0 <= decimals <= MOST_DECIMALS):
        wrong(path, f"expected a number of decimals from 0 to {MOST_DECIMALS}, got {decimals!r}")


def _normalized(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    known = known_field(field.normalized) if field.normalized else None
    problem = problem_of(field, known) if field.normalized else None
    if problem:
        wrong(path, f"expected {problem}")
    if known and field.unit is not None and not known.is_in(field.unit):
        wrong(path, f"expected {known.units[0]}, the unit of {field.normalized}, got {field.unit}")


def _flag(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if field.counts is not None and field.counts[1] < 1:
        wrong(path, "expected a raw field that holds 1, which is written for true")


def _flag_set(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not field.names:
        wrong(path, "expected at least one bit with a name, got none")
    bits_below(number_of(field.subcon), field.names, path)
    if len(set(field.names.values())) != len(field.names):
        wrong(path, "expected a name of its own for each bit, got one twice")


def is_whole(number: object) -> bool:
    """Whether a number of a declaration is a whole one; Python takes True for 1."""
    return isinstance(number, int) and not isinstance(number, bool)


def is_text(text: object) -> bool:
    """Whether something is text that UTF-8 can hold: half of a surrogate pair is none."""
    return isinstance(text, str) and text == text.encode("utf-8", "replace").decode("utf-8")


def is_held(field: Any, marker: float) -> bool:
    """Whether a float has exactly this value, which is not -0: data has only 0."""
    if not isinstance(marker, int | float) or (marker == 0 and math.copysign(1, marker) < 0):
        return False
    if math.isnan(marker):
        return True
    try:
        return bool(held_by_float(marker, field.float_bits, "", marker) == marker)
    except Mismatch:
        return False


def bits_below(number: Any, bits: Iterable[int], path: str) -> None:
    """Refuse bits that a raw number does not have, or that are beyond the 53 that data can hold."""
    for bit in bits:
        if number is None or not is_whole(bit) or not 0 <= bit < min(number.width, 53):
            wrong(path, f"expected bits from 0 to {min(number.width, 53) - 1 if number else 0}, got {shown(bit)}")


def _marker(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    if number is None and field.written is not None:
        wrong(path, f"expected nothing to write into no bytes, got {field.written}")
    low, high = (number.counts or (0, -1)) if number else (0, 0)
    if number and (not is_whole(field.written) or not low <= field.written <= high):
        wrong(path, f"expected a number to write from {low} to {high}, got {shown(field.written)}")


def _unix_time(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if field.per_unit < 1 or field.epoch < 0 or not all(isinstance(n, int) for n in (field.per_unit, field.epoch)):
        wrong(path, "expected whole counts per second, and an epoch from 1970 on")
    if field.counts and field.counts[1] * 1000 > MOST:
        wrong(path, "expected a raw field of at most 43 bits, whose milliseconds are exact, got a wider one")


def _version(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    if not field.parts or field.base not in (10, 16):
        wrong(path, "expected at least one part, in base 10 or 16")
    for first, width in field.parts:
        if width < 1:
            wrong(path, f"expected parts of at least one bit, got {width}")
        bits_below(number, (first, first + width - 1), path)


def _text(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if len(field.pad) != 1 or not "\0" <= field.pad <= "~":
        wrong(path, f"expected one ASCII character to fill up with, got {field.pad!r}")


def _derived(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    for name in members_in(field.expression):
        known = bare(seen[name]) if name in seen else None
        known = known.field if isinstance(known, Missing) else known
        if not isinstance(known, Scaled | Computed):
            there = ", ".join(each for each in seen if NAME.fullmatch(each)) or "none"
            wrong(path, f"expected a number named {name} before it; the members there are {there}")
    if uses_index(field.expression) and INDEX not in seen:
        wrong(path, "expected this._index inside a list, got it outside")


FIELD_RULES: tuple[tuple[Any, Any], ...] = (
    (Field | Derived, _field),
    (Counted, _whole),
    (Scaled, _scaled),
    (Choice, _choice),
    (Flag, _flag),
    (FlagSet, _flag_set),
    (UnixTime, _unix_time),
    (Version, _version),
    (Ascii, _text),
    (Marker, _marker),
    (Derived, _derived),
    (Field | Derived, _normalized),
)
