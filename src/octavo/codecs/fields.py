"""Fields: what one value of a payload is, over a plain construct number or a range of bits.

Each keeps what it was declared with as plain attributes (``unit``, ``per_unit``, ``minimum`` ...), so that
whoever walks the tree of a declaration can read it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyAdapter, AnyConstruct, FieldError, integer_range, shown

if TYPE_CHECKING:
    from collections.abc import Mapping


def round_half_up(value: float) -> int:
    """The nearest whole number; a tie goes up, as JavaScript's ``Math.round`` has it (Python's goes to even).

    >>> [round_half_up(value) for value in (2.5, -2.5, 0.49999999999999994)]
    [3, -2, 0]
    """
    floor = math.floor(value)
    return floor + 1 if value - floor >= 0.5 else floor  # noqa: PLR2004 - a half


def tidy(value: float) -> float:
    """A number as JavaScript has it: one kind, so a whole number prints without a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_number(value: object) -> bool:
    """A JSON number: neither a boolean nor NaN or an infinity."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


class Mismatch(Exception):  # noqa: N818 - raised and caught inside this module only
    """A value that a field does not take; `Field` adds where it stands."""

    def __init__(self, expected: str, got: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = got


class Field(AnyAdapter):
    """Base of the fields: `read` and `write` turn what is on the wire into a JSON value and back."""

    def __init__(self, raw: AnyConstruct) -> None:
        super().__init__(raw)
        self.bit = bit_under(raw)

    def read(self, raw: Any) -> Any:
        """The JSON value of what is on the wire; raises `Mismatch`."""
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        """What goes on the wire for a JSON value; raises `Mismatch`."""
        raise NotImplementedError

    def _decode(self, obj: Any, context: Any, path: str) -> Any:
        try:
            return self.read(obj)
        except Mismatch as mismatch:
            raise FieldError(mismatch.expected, shown(mismatch.got), path, self._place(context)) from None

    def _encode(self, obj: Any, context: Any, path: str) -> Any:
        try:
            return self.write(obj)
        except Mismatch as mismatch:
            raise FieldError(mismatch.expected, shown(mismatch.got), path, self._place(context)) from None

    def _place(self, context: Any) -> tuple[int, int] | None:
        """Byte and bit, inside its word, at which a bit field begins; None for fields of bytes."""
        if self.bit is None:
            return None
        byte = self.bit.first // 8
        return (context["_size"] - 1 - byte if context["_big"] else byte), self.bit.first % 8


class Scaled(Field):
    """A count on the wire, a physical quantity in the data.

    Reading gives ``count * step / per_unit + offset``. A division, not a multiplication by 0.1, so that the
    float equals the one a JavaScript formatter computes. Where ``per_unit`` is 1 whole numbers stay whole
    and exact. Writing rounds to the nearest count, ties as `round_half_up` has them.

    Args:
        raw: layout of the count: width, sign and byte order (``Int16sl``), or a `Bit`.
        per_unit: counts per unit.
        step: units per count, for counts coarser than the unit.
        offset: added after the division, in the unit.
        unit: symbol of the unit, ``°C``.
        minimum: least value, in the unit; less is an error, on reading and on writing.
        maximum: greatest value, likewise.

    >>> from construct import Int16sl
    >>> Scaled(Int16sl, per_unit=10, unit="°C").parse(bytes.fromhex("3401"))
    30.8
    """

    def __init__(
        self,
        raw: AnyConstruct,
        *,
        per_unit: float = 1,
        step: int = 1,
        offset: float = 0,
        unit: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> None:
        super().__init__(raw)
        self.per_unit = per_unit
        self.step = step
        self.offset = offset
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum
        self.counts = integer_range(raw)

    def value_of(self, count: float) -> float:
        """The value of a count, in the unit."""
        scaled = count * self.step
        if self.per_unit != 1:
            scaled = scaled / self.per_unit
        return tidy(scaled + self.offset)

    def read(self, raw: Any) -> Any:
        """The value of a count; raises `Mismatch` where it is out of range."""
        value = self.value_of(raw)
        self._check(value)
        return value

    def write(self, value: Any) -> Any:
        """The nearest count of a value; raises `Mismatch` where it is no number or out of range."""
        if not is_number(value):
            raise Mismatch("a number", value)
        self._check(value)
        count = (value - self.offset) * self.per_unit
        if self.step != 1:
            count = count / self.step
        return count if self.counts is None else self._whole(count, value, self.counts)

    def _whole(self, count: float, value: Any, counts: tuple[int, int]) -> int:
        whole = count if isinstance(count, int) else round_half_up(count)
        if not counts[0] <= whole <= counts[1]:
            low, high = sorted(self.value_of(bound) for bound in counts)
            raise Mismatch(f"a number from {low} to {high}", value)
        return whole

    def _check(self, value: Any) -> None:
        if self.minimum is not None and value < self.minimum:
            raise Mismatch(f"at least {self._with_unit(self.minimum)}", value)
        if self.maximum is not None and value > self.maximum:
            raise Mismatch(f"at most {self._with_unit(self.maximum)}", value)

    def _with_unit(self, value: float) -> str:
        return f"{value} {self.unit}" if self.unit else str(value)


class Choice(Field):
    """A number on the wire that stands for one of several JSON values, mostly names.

    Args:
        raw: layout of the number.
        names: number to value.
        default: value for every other number; without it another number is an error.
    """

    def __init__(self, raw: AnyConstruct, names: Mapping[int, Any], *, default: Any = None) -> None:
        super().__init__(raw)
        self.names = dict(names)
        self.default = default
        self.numbers = {value: number for number, value in self.names.items()}

    def read(self, raw: Any) -> Any:
        """The value a number stands for; raises `Mismatch` for an unknown one without a default."""
        value = self.names.get(raw, self.default)
        if value is None:
            known = ", ".join(f"{number} ({name})" for number, name in self.names.items())
            raise Mismatch(f"one of {known}", raw)
        return value

    def write(self, value: Any) -> Any:
        """The number that stands for a value; raises `Mismatch` for an unknown one."""
        number = self.numbers.get(value) if isinstance(value, str | int | float) else None
        if number is None or type(self.names[number]) is not type(value):
            raise Mismatch("one of " + ", ".join(repr(known) for known in self.numbers), value)
        return number


class Flag(Field):
    """A boolean: any number but 0 is true; true is written as 1.

    Args:
        raw: layout of the number, often a `Bit`.
        inverted: 0 is true.
    """

    def __init__(self, raw: AnyConstruct, *, inverted: bool = False) -> None:
        super().__init__(raw)
        self.inverted = inverted

    def read(self, raw: Any) -> Any:
        """Whether the number is any but 0 (``inverted``: whether it is 0)."""
        return bool(raw) != self.inverted

    def write(self, value: Any) -> Any:
        """1 or 0; raises `Mismatch` for anything but a boolean."""
        if not isinstance(value, bool):
            raise Mismatch("true or false", value)
        return int(value != self.inverted)


class Marker(Field):
    """Bytes whose presence says all: ``true`` in the data, whatever they hold.

    Args:
        raw: layout of the bytes, which are not looked at; construct's ``Pass`` for a key that says all.
        written: the number to write, or None for ``Pass``.
    """

    def __init__(self, raw: AnyConstruct, *, written: int | None = None) -> None:
        super().__init__(raw)
        self.written = written

    def read(self, raw: Any) -> Any:  # noqa: ARG002 - the bytes are not looked at
        """True, whatever the bytes hold."""
        return True

    def write(self, value: Any) -> Any:
        """The number to write; raises `Mismatch` for anything but true."""
        if value is not True:
            raise Mismatch("true", value)
        return self.written


class HexText(Field):
    """Bytes as lower-case hex digits: serial numbers, MAC addresses.

    Args:
        count: number of bytes.
    """

    def __init__(self, count: int) -> None:
        super().__init__(construct.Bytes(count))
        self.count = count

    def read(self, raw: Any) -> Any:
        """The bytes as hex digits."""
        return raw.hex()

    def write(self, value: Any) -> Any:
        """The bytes of hex digits; raises `Mismatch` where they are too few, too many or none."""
        if not isinstance(value, str) or len(value) != 2 * self.count or set(value) - set("0123456789abcdef"):
            raise Mismatch(f"{2 * self.count} lower-case hex digits", value)
        return bytes.fromhex(value)


class Version(Field):
    """A version, ``1.14``, whose parts are ranges of bits of one number.

    Args:
        raw: layout of the number.
        parts: ``(first bit, number of bits)`` of each part; bits that no part names are written 0.
        base: 10, or 16 where the parts are printed as hex digits.
    """

    def __init__(self, raw: AnyConstruct, *parts: tuple[int, int], base: int = 10) -> None:
        super().__init__(raw)
        self.parts = parts
        self.base = base

    def read(self, raw: Any) -> Any:
        """The parts, with dots between them."""
        digits = "d" if self.base == 10 else "x"  # noqa: PLR2004 - decimal
        return ".".join(format(raw >> first & (1 << width) - 1, digits) for first, width in self.parts)

    def write(self, value: Any) -> Any:
        """The number that reads as this version; raises `Mismatch` where there is none."""
        number = self._number(value) if isinstance(value, str) else None
        if number is None or self.read(number) != value:
            raise Mismatch(f"a version of {len(self.parts)} parts", value)
        return number

    def _number(self, text: str) -> int | None:
        parts = text.split(".")
        if len(parts) != len(self.parts):
            return None
        try:
            values = [int(part, self.base) for part in parts]
        except ValueError:
            return None
        return sum(
            (value & (1 << width) - 1) << first for value, (first, width) in zip(values, self.parts, strict=True)
        )


class Bit(AnyConstruct):
    """A range of bits of the word that the `Bits` around it read.

    Args:
        first: lowest bit, counted from 0 at the least significant bit of the word.
        width: number of bits.
        signed: two's complement.
    """

    def __init__(self, first: int, width: int = 1, *, signed: bool = False) -> None:
        super().__init__()
        self.first = first
        self.width = width
        self.signed = signed

    @property
    def mask(self) -> int:
        """The range as a mask of the word."""
        return ((1 << self.width) - 1) << self.first

    def _parse(self, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        value = (context["_word"] & self.mask) >> self.first
        return value - (1 << self.width) if self.signed and value >> self.width - 1 else value

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - construct's signature
        low, high = (-(1 << self.width - 1), (1 << self.width - 1) - 1) if self.signed else (0, (1 << self.width) - 1)
        if not isinstance(obj, int) or not low <= obj <= high:
            raise FieldError(f"a whole number from {low} to {high}", shown(obj), path)
        context["_word"] |= obj << self.first & self.mask
        return obj

    def _sizeof(self, context: Any, path: str) -> int:  # noqa: ARG002 - construct's signature
        return 0


def bit_under(con: AnyConstruct) -> Bit | None:
    """The range of bits at the bottom of a field, or None where the field reads bytes of its own."""
    while isinstance(con, construct.Subconstruct):
        con = con.subcon
    return con if isinstance(con, Bit) else None
