"""Fields: what one value of a payload is, over a plain number or a range of bits.

Each keeps what it was declared with as plain attributes (``unit``, ``per_unit``, ``minimum`` ...), and says as
a property what it takes (``below``, ``readable`` ...), so that whoever walks the tree of a declaration reads the
same sentence that an error has.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import AnyAdapter, AnyConstruct, FieldError, shown
from octavo.codecs.given import layout_given, table_given
from octavo.codecs.numbers import MOST, bit_under, is_number, number_of, round_half_up, tidy
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

FINITE = "a finite number"
EXACT = "a number of at most 53 bits"
NUMBER = "a number"
BOOLEAN = "true or false"
UNMARKED = "a value that is not written as no reading"


class Mismatch(Exception):  # noqa: N818 - raised and caught inside this package only
    """A value that a field does not take; `Field` adds where it stands."""

    def __init__(self, expected: str, got: object) -> None:
        super().__init__(expected)
        self.expected = expected
        self.got = got


class Field(AnyAdapter):
    """Base of the fields: `read` and `write` turn what is on the wire into a JSON value and back.

    Attributes:
        unit: symbol of the unit of the value, or None.
        normalized: path of the value in the vocabulary of ``normalized_payload``, ``air.temperature``, or None.
        kind: Python type of the values: ``float`` for numbers, ``str``, ``bool`` or ``list``.
    """

    kind: type = float
    unit: str | None = None
    normalized: str | None = None

    def __init__(self, raw: AnyConstruct, *, normalized: str | None = None) -> None:
        super().__init__(layout_given(self, raw))
        self.bit = bit_under(raw)
        self.normalized = normalized

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
        return None if self.bit is None else context["_bits"].place(self.bit)


class Counted(Field):
    """Base of the fields over a number: what data cannot hold exactly is refused."""

    def __init__(self, raw: AnyConstruct, *, normalized: str | None = None) -> None:
        super().__init__(raw, normalized=normalized)
        number = number_of(raw)
        self.counts = number.counts if number else None
        self._is_wide = number is not None and number.is_wide

    def _decode(self, obj: Any, context: Any, path: str) -> Any:
        if self._is_wide and abs(obj) > MOST:
            raise FieldError(EXACT, shown(obj), path, self._place(context))
        return super()._decode(obj, context, path)


class Scaled(Counted):
    """A count on the wire, a physical quantity in the data.

    Reading gives ``count * step / per_unit + offset``, each step in 64-bit floats and left out where it changes
    nothing. A division, not a multiplication by 0.1, so that the float equals the one a JavaScript formatter
    computes. Writing takes the steps back and rounds to the nearest count, ties as
    `octavo.codecs.numbers.round_half_up` has them.

    Args:
        raw: layout of the count: width, sign and byte order (``Int16sl``), or a `Bit`; floats are not rounded.
        per_unit: counts per unit.
        step: units per count, for counts coarser than the unit.
        offset: added after the division, in the unit.
        unit: symbol of the unit, ``°C``.
        minimum: least value, in the unit; less is an error, on reading and on writing.
        maximum: greatest value, likewise.
        decimals: digits after the point to which a value that is read is rounded; None leaves it.
        normalized: path in the normalized vocabulary.

    >>> from construct import Int16sl
    >>> Scaled(Int16sl, per_unit=10, unit="°C").parse(bytes.fromhex("3401"))
    30.8
    """

    def __init__(
        self,
        raw: AnyConstruct,
        *,
        per_unit: float = 1,
        step: float = 1,
        offset: float = 0,
        unit: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        decimals: int | None = None,
        normalized: str | None = None,
    ) -> None:
        super().__init__(raw, normalized=normalized)
        self.per_unit = per_unit
        self.step = step
        self.offset = offset
        self.unit = unit
        self.minimum = minimum
        self.maximum = maximum
        self.decimals = decimals
        number = number_of(raw)
        self.float_bits = number.width if number and number.form == "float" else None
        self._is_plain = per_unit == step == 1 and offset == 0 and decimals is None and not self.float_bits

    @property
    def is_whole(self) -> bool:
        """Whether every value is a whole number."""
        whole = all(isinstance(number, int) for number in (self.step, self.offset))
        return self.per_unit == 1 and whole and self.counts is not None

    @property
    def below(self) -> str:
        """What is expected where a value is less than the minimum."""
        return f"at least {self._with_unit(self.minimum)}"

    @property
    def above(self) -> str:
        """What is expected where a value is more than the maximum."""
        return f"at most {self._with_unit(self.maximum)}"

    @property
    def holdable(self) -> str:
        """What is expected where the raw number does not hold a value."""
        if self.counts is None:
            return f"a number that {self.float_bits} bits of float hold"
        low, high = sorted(self.value_of(bound) for bound in self.counts)
        return f"a number from {low} to {high}"

    def value_of(self, count: float) -> float:
        """The value of a count, in the unit."""
        if self._is_plain:
            return count
        value = count if self.step == 1 else count * self.step
        if self.per_unit != 1:
            value = value / self.per_unit
        if self.offset:
            value = value + self.offset
        return tidy(value if self.decimals is None else rounded(value, self.decimals))

    def count_of(self, value: float) -> float:
        """The count of a value, not yet whole."""
        count = float(value)
        if self.offset:
            count = count - self.offset
        if self.per_unit != 1:
            count = count * self.per_unit
        return count if self.step == 1 else count / self.step

    def read(self, raw: Any) -> Any:
        """The value of a count; raises `Mismatch` where it is no finite number or out of range."""
        value = self.value_of(raw)
        if self.counts is None and not math.isfinite(value):
            raise Mismatch(FINITE, value)
        self._check(value, value)
        return value

    def write(self, value: Any) -> Any:
        """The nearest count of a value; raises `Mismatch` where it is no number or out of range."""
        if not is_number(value) or (isinstance(value, int) and not _is_float(value)):
            raise Mismatch(NUMBER, value)
        self._check(value, value)
        raw = self._held(self.count_of(value), value)
        self._check(self.value_of(raw), value)
        return raw

    def _held(self, count: float, value: Any) -> float:
        if self.float_bits:
            return held_by_float(count, self.float_bits, self.holdable, value)
        if self.counts is None:
            return count
        whole = round_half_up(count) if math.isfinite(count) else None
        if whole is None or not self.counts[0] <= whole <= self.counts[1]:
            raise Mismatch(self.holdable, value)
        return whole

    def _check(self, value: Any, given: Any) -> None:
        if self.minimum is not None and value < self.minimum:
            raise Mismatch(self.below, given)
        if self.maximum is not None and value > self.maximum:
            raise Mismatch(self.above, given)

    def _with_unit(self, value: float | None) -> str:
        return f"{value} {self.unit}" if self.unit else str(value)


class Missing(Counted):
    """A field, some of whose raw numbers mean that there is no reading: null in the data.

    Args:
        field: the field of a reading.
        markers: the raw numbers; the first is written. ``math.nan`` stands for every NaN of a float.

    >>> from construct import Int16sb
    >>> Missing(Scaled(Int16sb, per_unit=10), 0x7FFF).parse(bytes.fromhex("7fff")) is None
    True
    """

    def __init__(self, field: Field, *markers: float) -> None:
        if not isinstance(field, Field):
            raise ContentError(f"Missing: expected a field such as Scaled(Int8ub) first, got {shown(field)}")
        super().__init__(field.subcon, normalized=field.normalized)
        self.field = field
        self.markers = markers
        self.kind = field.kind
        self.unit = field.unit

    def read(self, raw: Any) -> Any:
        """None for a marker, else what the field reads."""
        return None if self.is_marker(raw) else self.field.read(raw)

    def write(self, value: Any) -> Any:
        """The first marker for None, else what the field writes; raises `Mismatch` where that is a marker."""
        if value is None:
            return self.markers[0]
        raw = self.field.write(value)
        if self.is_marker(raw):
            raise Mismatch(UNMARKED, value)
        return raw

    def is_marker(self, raw: Any) -> bool:
        """Whether a raw number means that there is no reading."""
        return any(raw == marker or (raw != raw and marker != marker) for marker in self.markers)  # noqa: PLR0124 - NaN


class Choice(Counted):
    r"""A number that stands for a name, or for another value.

    Args:
        raw: layout of the number.
        names: number to value: text, a number or a boolean.
        default: value of the numbers without a name; None makes them an error.
        normalized: path in the normalized vocabulary.

    >>> from construct import Int8ub
    >>> Choice(Int8ub, {0: "closed", 1: "open"}).parse(b"\x01")
    'open'
    """

    def __init__(
        self, raw: AnyConstruct, names: Mapping[int, Any], *, default: Any = None, normalized: str | None = None
    ) -> None:
        super().__init__(raw, normalized=normalized)
        given = table_given(self, names, "number: value, ...")
        self.names: dict[int, Any] = {number: tidy(value) for number, value in given.items()}
        self.default = tidy(default)
        known = [(value, number) for number, value in self.names.items() if isinstance(value, Hashable)]
        self.numbers: dict[Any, int] = dict(known)

    @property
    def readable(self) -> str:
        """What is expected where a number has no name."""
        return "one of " + ", ".join(f"{number} ({name})" for number, name in self.names.items())

    @property
    def writable(self) -> str:
        """What is expected where a value has no number."""
        return "one of " + ", ".join(repr(known) for known in self.numbers)

    def read(self, raw: Any) -> Any:
        """The value a number stands for; raises `Mismatch` for an unknown one without a default."""
        value = self.names.get(raw, self.default)
        if value is None:
            raise Mismatch(self.readable, raw)
        return value

    def write(self, value: Any) -> Any:
        """The number that stands for a value; raises `Mismatch` for an unknown one."""
        number = self.numbers.get(value) if isinstance(value, str | int | float) else None
        if number is None or isinstance(self.names[number], bool) != isinstance(value, bool):
            raise Mismatch(self.writable, value)
        return number


class Flag(Counted):
    """A boolean: any number but 0 is true; true is written as 1.

    Args:
        raw: layout of the number, often a `Bit`.
        inverted: 0 is true.
        normalized: path in the normalized vocabulary.
    """

    kind = bool

    def __init__(self, raw: AnyConstruct, *, inverted: bool = False, normalized: str | None = None) -> None:
        super().__init__(raw, normalized=normalized)
        self.inverted = inverted

    def read(self, raw: Any) -> Any:
        """Whether the number is any but 0 (``inverted``: whether it is 0)."""
        return bool(raw) != self.inverted

    def write(self, value: Any) -> Any:
        """1 or 0; raises `Mismatch` for anything but a boolean."""
        if not isinstance(value, bool):
            raise Mismatch(BOOLEAN, value)
        return int(value != self.inverted)


class FlagSet(Counted):
    r"""The names of the bits that are set, as a list, lowest bit first. A bit without a name is an error.

    Args:
        raw: layout of the number that holds the bits, unsigned.
        names: bit, counted from the least significant, to its name.

    >>> from construct import Int8ub
    >>> FlagSet(Int8ub, {0: "tilt", 3: "shock"}).parse(b"\x09")
    ['tilt', 'shock']
    """

    kind = list

    def __init__(self, raw: AnyConstruct, names: Mapping[int, str]) -> None:
        super().__init__(raw)
        given = table_given(self, names, "bit: name, ...")
        self.names: dict[int, str] = dict(sorted(given.items()))
        self.mask = sum(1 << bit for bit in self.names)

    @property
    def readable(self) -> str:
        """What is expected where a bit without a name is set."""
        return f"no bits but 0x{self.mask:02x}"

    @property
    def writable(self) -> str:
        """What is expected of a list."""
        return "a list of " + ", ".join(repr(name) for name in self.names.values()) + ", each at most once"

    def read(self, raw: Any) -> Any:
        r"""The names of the bits; raises `Mismatch` for one without a name."""
        if raw & ~self.mask:
            raise Mismatch(self.readable, raw)
        return [name for bit, name in self.names.items() if raw >> bit & 1]

    def write(self, value: Any) -> Any:
        """The number whose bits the names are; raises `Mismatch` for another, one that comes twice, or no list."""
        bits = {name: 1 << bit for bit, name in self.names.items()}
        known = isinstance(value, list) and all(isinstance(name, str) and name in bits for name in value)
        if not known or len(set(value)) != len(value):
            raise Mismatch(self.writable, value)
        return sum(bits[name] for name in value)


class Marker(Field):
    """Bytes whose presence says all: ``true`` in the data, whatever they hold.

    Args:
        raw: layout of the bytes, which are not looked at; construct's ``Pass`` for a key that says all.
        written: the number to write, or None for ``Pass``.
    """

    kind = bool
    wanted = "true"

    def __init__(self, raw: AnyConstruct, *, written: int | None = None) -> None:
        super().__init__(raw)
        self.written = written

    def read(self, raw: Any) -> Any:  # noqa: ARG002 - the bytes are not looked at
        """True, whatever the bytes hold."""
        return True

    def write(self, value: Any) -> Any:
        """The number to write; raises `Mismatch` for anything but true."""
        if value is not True:
            raise Mismatch(self.wanted, value)
        return self.written


FLOATS = {16: "<e", 32: "<f", 64: "<d"}
"""Formats of the struct module by the width of a float in bits."""


def held_by_float(value: float, bits: int, expected: str, given: Any) -> float:
    """The nearest number that a float of so many bits holds, a tie to even; zero has no sign.

    Raises:
        Mismatch: it is too great.
    """
    if not math.isfinite(value):
        raise Mismatch(expected, given)
    try:
        (held,) = struct.unpack(FLOATS[bits], struct.pack(FLOATS[bits], value))
    except OverflowError:
        raise Mismatch(expected, given) from None
    return float(held) + 0.0


def rounded(value: float, decimals: int) -> float:
    """A value rounded to so many digits after the point, in floats; what is beyond 2**53 counts is left."""
    counts = value * float(10**decimals)
    return round_half_up(counts) / 10**decimals if abs(counts) <= MOST else value


def _is_float(value: int) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True
