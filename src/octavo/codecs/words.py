"""Fields in words: how they stand on the wire, what is done to the raw number, which values they have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import bytes_of
from octavo.codecs.checksums import Crc
from octavo.codecs.computed import Ago, Computed
from octavo.codecs.expressions import Binary, Constant, Member, Negative
from octavo.codecs.fields import Choice, Field, Flag, FlagSet, Marker, Missing, Scaled
from octavo.codecs.numbers import number_of
from octavo.codecs.texts import Ascii, HexText, UnixTime, Version, iso_text

if TYPE_CHECKING:
    from octavo.codecs.checksums import Algorithm
    from octavo.codecs.expressions import Expression
    from octavo.codecs.layouts import Bits

BYTE = 8
"""Bits in a byte."""

NO_READING = "no reading"

BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}
HIGHEST = 5
"""How tightly the steps of an expression bind."""


@dataclass(frozen=True, slots=True)
class Words:
    """A field in words.

    Attributes:
        type: how it stands on the wire: ``int16, big-endian``.
        scale: what is done to the raw number, in order: ``/ 100``.
        unit: symbol of its unit.
        values: its range, or its values with their raw numbers.
    """

    type: str = ""
    scale: str = ""
    unit: str = ""
    values: str = ""

    @property
    def value(self) -> str:
        """Scale, unit and values as one text."""
        unit = f"in {self.unit}" if self.unit and not self.scale else self.unit
        return ", ".join(filter(None, (" ".join(filter(None, (self.scale, unit))), self.values)))


@singledispatch
def words_of(field: Any, word: Bits | None = None) -> Words:
    """A field in words.

    Args:
        field: the field.
        word: the word it is a range of bits of, or None.
    """
    return Words(type=raw_type(field.subcon if isinstance(field, Field) else field, word))


@words_of.register(Scaled)
def _scaled(field: Scaled, word: Bits | None = None) -> Words:
    steps = []
    if field.step != 1:
        steps.append(f"× {field.step}")  # noqa: RUF001 - times
    if field.per_unit != 1:
        steps.append(f"/ {field.per_unit}")
    if field.offset:
        steps.append(f"{'+' if field.offset > 0 else '−'} {abs(field.offset)}")  # noqa: RUF001 - a minus sign
    digits = "" if field.decimals is None else f"rounded to {_digits(field.decimals)}"
    limits = range_text(field.minimum, field.maximum)
    values = ", ".join(filter(None, (digits, limits)))
    return Words(raw_type(field.subcon, word), " ".join(steps), field.unit or "", values)


@words_of.register(Missing)
def _missing(field: Missing, word: Bits | None = None) -> Words:
    inner = words_of(field.field, word)
    markers = ", ".join(f"{_marker_text(field, marker)} {NO_READING}" for marker in field.markers)
    return Words(inner.type, inner.scale, inner.unit, ", ".join(filter(None, (inner.values, markers))))


@words_of.register(Choice)
def _choice(field: Choice, word: Bits | None = None) -> Words:
    names = [f"{number} {json_text(name)}" for number, name in field.names.items()]
    others = [] if field.default is None else [f"others {json_text(field.default)}"]
    return Words(raw_type(field.subcon, word), values=", ".join(names + others))


@words_of.register(Flag)
def _flag(field: Flag, word: Bits | None = None) -> Words:
    number = number_of(field.subcon, word)
    others = "1" if number and number.width == 1 else "others"
    zero, other = ("true", "false") if field.inverted else ("false", "true")
    return Words(raw_type(field.subcon, word), values=f"0 {zero}, {others} {other}")


@words_of.register(FlagSet)
def _flagset(field: FlagSet, word: Bits | None = None) -> Words:
    names = (f"bit {bit} {name}" for bit, name in field.names.items())
    return Words(raw_type(field.subcon, word), values=", ".join(names))


@words_of.register(Marker)
def _marker(field: Marker, word: Bits | None = None) -> Words:  # noqa: ARG001 - one signature for all fields
    return Words("presence", values="true")


@words_of.register(HexText)
def _hextext(field: HexText, word: Bits | None = None) -> Words:  # noqa: ARG001 - as above
    return Words("hex digits")


@words_of.register(Ascii)
def _ascii(field: Ascii, word: Bits | None = None) -> Words:  # noqa: ARG001 - as above
    return Words("ASCII text")


@words_of.register(Version)
def _version(field: Version, word: Bits | None = None) -> Words:
    parts = ", ".join(_bits(first, width) for first, width in field.parts)
    base = "" if field.base == 10 else ", hex digits"  # noqa: PLR2004 - decimal
    return Words(raw_type(field.subcon, word), values=f"bits {parts}{base}")


@words_of.register(UnixTime)
def _unixtime(field: UnixTime, word: Bits | None = None) -> Words:
    scale = "" if field.per_unit == 1 else f"/ {field.per_unit}"
    since = iso_text(field.epoch * 1000).removesuffix(":00.000Z").replace("T", " ")
    return Words(raw_type(field.subcon, word), scale, "s", f"since {since} UTC")


@words_of.register(Computed)
def _computed(field: Computed, word: Bits | None = None) -> Words:  # noqa: ARG001 - as above
    digits = "" if field.decimals is None else f"rounded to {_digits(field.decimals)}"
    return Words("computed", f"= {expression_text(field.expression)}", field.unit or "", digits)


@words_of.register(Ago)
def _ago(field: Ago, word: Bits | None = None) -> Words:  # noqa: ARG001 - as above
    return Words("computed", f"recv_time − ({expression_text(field.expression)}) s")  # noqa: RUF001 - a minus sign


def raw_type(raw: Any, word: Bits | None = None) -> str:
    """How a raw number stands on the wire: ``int16, big-endian``, ``3 bits``; empty for what is no number."""
    number = number_of(raw, word)
    if number is None:
        return ""
    if number.form.startswith("bits"):
        sign = ", sign and magnitude" if number.form != "bits" else ", signed" if number.signed else ""
        return f"{number.width} {'bit' if number.width == 1 else 'bits'}{sign}"
    names = {"float": "float", "bcd": "BCD", "magnitude": "sign and magnitude"}
    kind = names.get(number.form, "int" if number.signed else "uint")
    order = "" if number.size == 1 else ", big-endian" if number.big else ", little-endian"
    if number.form in {"integer", "float"}:
        return f"{kind}{BYTE * number.size}{order}"
    return f"{kind} of {bytes_of(number.size)}{order}"


def checksum_text(over: Algorithm) -> str:
    """How a checksum is computed."""
    if not isinstance(over, Crc):
        return {"sum": "the sum of the bytes", "xor": "the exclusive or of the bytes"}[over]
    digits = -(-over.width // 4)
    told = [f"CRC-{over.width}", f"polynomial 0x{over.polynomial:0{digits}x}", f"initial 0x{over.initial:0{digits}x}"]
    told += ["reflected"] if over.reflected else []
    told += [f"xor 0x{over.xor_out:0{digits}x}"] if over.xor_out else []
    return ", ".join(told)


def range_text(minimum: float | None, maximum: float | None) -> str:
    """A range of values; empty where there is no bound."""
    if minimum is not None and maximum is not None:
        return f"{minimum} to {maximum}"
    if minimum is not None:
        return f"at least {minimum}"
    return "" if maximum is None else f"at most {maximum}"


def times_text(minimum: int, maximum: int | None) -> str:
    """How often something comes."""
    if maximum is None:
        return f"{minimum} or more" if minimum else "any number of"
    return f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"


def json_text(value: Any) -> str:
    """A value of a `Choice`, as JSON has it but for the quotes."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def expression_text(expression: Expression) -> str:
    """An expression as it is written by hand, with the parentheses that keep the order of its steps."""
    return _expression(expression)[0]


def _expression(expression: Expression) -> tuple[str, int]:
    """The text, and how tightly its last step binds."""
    if isinstance(expression, Binary):
        return _power(expression) or _binary(expression)
    if isinstance(expression, Negative):
        return f"-{_inside(expression.of, BINDS['*'])}", BINDS["*"]
    if isinstance(expression, Constant):
        return str(expression.value), HIGHEST
    return expression.name if isinstance(expression, Member) else "index", HIGHEST


def _binary(expression: Binary) -> tuple[str, int]:
    binds = BINDS[expression.operator]
    left, right = _inside(expression.left, binds), _inside(expression.right, binds + 1)
    return f"{left} {expression.operator} {right}", binds


def _power(expression: Binary) -> tuple[str, int] | None:
    """Something multiplied by itself, which is how a power is computed; None for anything else."""
    count, base = 1, expression.right
    left: Expression = expression
    while isinstance(left, Binary) and left.operator == "*" and left.right == base:
        count, left = count + 1, left.left
    return (f"{_inside(base, HIGHEST)} ** {count}", BINDS["**"]) if count > 1 and left == base else None


def _inside(expression: Expression, binds: int) -> str:
    text, own = _expression(expression)
    return text if own >= binds else f"({text})"


def _digits(decimals: int) -> str:
    return "whole numbers" if decimals == 0 else "1 decimal" if decimals == 1 else f"{decimals} decimals"


def _bits(first: int, width: int) -> str:
    return str(first) if width == 1 else f"{first + width - 1}–{first}"  # noqa: RUF001 - a range


def _marker_text(field: Missing, marker: float) -> str:
    number = number_of(field.subcon)
    if number is None or not isinstance(marker, int) or number.form == "bcd":
        return "NaN" if marker != marker else str(marker)  # noqa: PLR0124 - NaN
    digits = -(-number.width // 4)
    return f"0x{marker & (1 << number.width) - 1:0{digits}x}"
