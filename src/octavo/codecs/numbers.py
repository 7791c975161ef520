"""Numbers as they stand on the wire: widths, signs, byte orders, ranges of bits, decimal digits.

Data has one kind of number, JavaScript's: a 64-bit float. A whole number is exact up to 2**53, so what lies
beyond is an error wherever it is read, not a rounded value. Source: ECMA-262, Number.MAX_SAFE_INTEGER.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, FieldError, bare, shown
from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.codecs.layouts import Bits

MOST = (1 << 53) - 1
"""The greatest whole number of which every smaller one is exact too."""

DIGITS = "decimal digits"
"""What a `Bcd` expects."""

HALF = 0.5


def round_half_up(value: float) -> int:
    """The nearest whole number; a tie goes up, as JavaScript's ``Math.round`` has it (Python's goes to even).

    >>> [round_half_up(value) for value in (2.5, -2.5, 0.49999999999999994)]
    [3, -2, 0]
    """
    floor = math.floor(value)
    return floor + 1 if value - floor >= HALF else floor


def tidy(value: float) -> float:
    """A number as JavaScript has it: one kind, so a whole number prints without a fraction, while it is exact."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= MOST else value


def is_number(value: object) -> bool:
    """A JSON number: neither a boolean nor NaN or an infinity."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Number:
    """How a number stands on the wire.

    Attributes:
        form: ``integer`` (two's complement where signed), ``magnitude`` (the top bit is the sign), ``bcd``,
            ``float`` (IEEE 754), ``bits`` and ``bits-magnitude`` (a range of the bits of a word).
        size: number of bytes; of a range of bits, that of its word.
        big: whether the most significant byte comes first.
        signed: whether it can be negative.
        first: lowest bit, counted from the least significant of the word; ranges of bits only.
        width: number of bits.
    """

    form: str
    size: int
    big: bool
    signed: bool
    first: int = 0
    width: int = 0

    @property
    def counts(self) -> tuple[int, int] | None:
        """The least and the greatest whole number that data can hold of it; None for floats."""
        if self.form == "float":
            return None
        low, high = self.held
        return max(low, -MOST), min(high, MOST)

    @property
    def held(self) -> tuple[int, int]:
        """The least and the greatest whole number that the bits hold."""
        if self.form == "bcd":
            return 0, 100**self.size - 1
        half = 1 << self.width - 1
        if not self.signed:
            return 0, 2 * half - 1
        return (1 - half if self.form.endswith("magnitude") else -half), half - 1

    @property
    def is_wide(self) -> bool:
        """Whether it holds whole numbers that data cannot."""
        return self.form != "float" and self.held != self.counts


class Bcd(AnyConstruct):
    """Decimal digits, two a byte, as a whole number: ``12 34`` is 1234.

    Args:
        size: number of bytes.
        big: whether the first byte holds the highest digits.
    """

    def __init__(self, size: int, *, big: bool = True) -> None:
        super().__init__()
        self.size = size
        self.big = big

    def _parse(self, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        content = construct.stream_read(stream, self.size, path)
        digits = (content if self.big else content[::-1]).hex()
        if not digits.isdecimal():
            raise FieldError(DIGITS, f"0x{digits}", path)
        return int(digits)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        _within(obj, 0, 100**self.size - 1, path)
        content = bytes.fromhex(f"{obj:0{2 * self.size}d}")
        construct.stream_write(stream, content if self.big else content[::-1], self.size, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return self.size


class Magnitude(AnyConstruct):
    """A sign and a magnitude: the top bit tells whether the number that the others hold is negative.

    Args:
        size: number of bytes.
        big: whether the most significant byte comes first.
    """

    def __init__(self, size: int, *, big: bool = True) -> None:
        super().__init__()
        self.size = size
        self.big = big
        self._order: Any = "big" if big else "little"

    def _parse(self, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        word = int.from_bytes(construct.stream_read(stream, self.size, path), self._order)
        return _from_magnitude(word, 8 * self.size)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        most = (1 << 8 * self.size - 1) - 1
        _within(obj, -most, most, path)
        content = _to_magnitude(obj, 8 * self.size).to_bytes(self.size, self._order)
        construct.stream_write(stream, content, self.size, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return self.size


class Bit(AnyConstruct):
    """A range of bits of the word that the `Bits` around it read.

    Args:
        first: lowest bit, counted from 0 at the least significant bit of the word; in a `Bits` that counts from
            the most significant one, the highest bit.
        width: number of bits.
        signed: two's complement.
        magnitude: the highest of them is the sign, the others the magnitude.
    """

    def __init__(self, first: int, width: int = 1, *, signed: bool = False, magnitude: bool = False) -> None:
        super().__init__()
        if first < 0 or width < 1:
            raise ContentError(f"Bit({first}, {width}): expected a bit from 0 on, and at least one of them")
        self.first = first
        self.width = width
        self.signed = signed
        self.magnitude = magnitude

    @property
    def counts(self) -> tuple[int, int]:
        """The least and the greatest number that the bits hold."""
        half = 1 << self.width - 1
        if self.magnitude:
            return 1 - half, half - 1
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)

    def _parse(self, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        value = context["_word"] >> context["_bits"].low(self) & (1 << self.width) - 1
        if self.magnitude:
            return _from_magnitude(value, self.width)
        return value - (1 << self.width) if self.signed and value >> self.width - 1 else value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        _within(obj, *self.counts, path)
        raw = _to_magnitude(obj, self.width) if self.magnitude else obj & (1 << self.width) - 1
        context["_word"] |= raw << context["_bits"].low(self)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return 0


def bit_under(con: AnyConstruct) -> Bit | None:
    """The range of bits at the bottom of a field, or None where the field reads bytes of its own."""
    while isinstance(con, construct.Subconstruct):
        con = con.subcon
    return con if isinstance(con, Bit) else None


def number_of(raw: AnyConstruct, word: Bits | None = None) -> Number | None:
    """How a raw number stands on the wire; None for what is no number.

    Args:
        raw: a number of construct, a `Bcd`, a `Magnitude`, or a `Bit`.
        word: the word of a `Bit`; without it, its size, byte order and place are not known (0 bytes, bit 0).
    """
    raw = bare(raw)
    if isinstance(raw, Bit):
        form = "bits-magnitude" if raw.magnitude else "bits"
        size, big, first = (word.size, word.big, word.low(raw)) if word else (0, True, 0)
        return Number(form, size, big, raw.signed or raw.magnitude, first, raw.width)
    if isinstance(raw, Bcd | Magnitude):
        form = "bcd" if isinstance(raw, Bcd) else "magnitude"
        return Number(form, raw.size, raw.big, form == "magnitude", 0, 8 * raw.size)
    return _of_construct(raw)


def _of_construct(raw: Any) -> Number | None:
    """A number of construct's own; `Float16b` and the like are of the struct module's letters e, f and d."""
    if isinstance(raw, construct.FormatField):
        letter = raw.fmtstr[-1]
        form = {"e": "float", "f": "float", "d": "float"}.get(letter, "integer")
        if raw.fmtstr[0] not in "<>" or letter.lower() not in "bhilqefd":
            return None  # "=" is the order of whatever machine reads it
        signed = form == "float" or letter.islower()
        return Number(form, raw.length, raw.fmtstr[0] != "<", signed, 0, 8 * raw.length)
    if isinstance(raw, construct.BytesInteger) and isinstance(raw.length, int) and isinstance(raw.swapped, bool):
        return Number("integer", raw.length, not raw.swapped, raw.signed, 0, 8 * raw.length)
    return None


def _from_magnitude(word: int, width: int) -> int:
    magnitude = word & (1 << width - 1) - 1
    return -magnitude if word >> width - 1 else magnitude


def _to_magnitude(value: int, width: int) -> int:
    return abs(value) | (1 << width - 1 if value < 0 else 0)


def _within(value: Any, low: int, high: int, path: str) -> None:
    if not isinstance(value, int) or not low <= value <= high:
        raise FieldError(f"a whole number from {low} to {high}", shown(value), path)
