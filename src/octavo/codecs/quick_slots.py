"""Fields of fixed size for `octavo.codecs.quick`: what reads their bytes, and what makes of them a value."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import construct

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.fields import Choice, Counted, Field, Flag, Marker, Missing, Scaled
from octavo.codecs.layouts import Bits
from octavo.codecs.numbers import MOST, number_of

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.numbers import Number

MOST_FLOAT = 1.7976931348623157e308
"""The greatest finite number. Source: ECMA-262, Number.MAX_VALUE."""

ITEMS = {1: "b", 2: "h", 4: "i", 8: "q"}
FLOATS = {2: "e", 4: "f", 8: "d"}

Convert: TypeAlias = Callable[[Any], Any]


class GiveUp(Exception):  # noqa: N818 - raised and caught by the quick reader only
    """The payload, or the layout, is for construct."""


class Slot(NamedTuple):
    """Bytes that one item of a struct format reads.

    Attributes:
        order: byte order, ``<`` or ``>``; empty where any does.
        item: the item; a pad, ``2x``, gives no value.
        members: names, and what makes of the value the member; None where it is the member as it stands.
        constant: what the value has to be.
    """

    order: str
    item: str
    members: tuple[tuple[str, Convert | None], ...] = ()
    constant: bytes | None = None


def slot_of(field: Any, name: str | None = None) -> Slot | None:
    """The slot of a member of a frame; None where it has no fixed size."""
    given = name if name is not None else field.name
    return _slot(bare(field), None if given is None or is_merged(field) else given)


def raw_slot(raw: AnyConstruct) -> Slot:
    """The slot of a number without a field; raises `GiveUp`."""
    number = number_of(raw)
    if number is None:
        raise GiveUp(type(bare(raw)).__name__)
    return _slot_of_number(number, "", None)


@singledispatch
def _slot(layout: Any, name: str | None) -> Slot | None:  # noqa: ARG001 - the signature
    return None


@_slot.register(construct.Padded)
def _padding(layout: Any, name: str | None) -> Slot | None:
    plain = isinstance(layout.subcon, type(construct.Pass)) and isinstance(layout.length, int) and name is None
    return Slot("", f"{layout.length}x") if plain else None


@_slot.register(construct.Const)
def _constant(layout: Any, name: str | None) -> Slot | None:
    if not isinstance(layout.value, bytes) or name is not None:
        return None
    return Slot("", f"{len(layout.value)}s", constant=layout.value)


@_slot.register(Bits)
def _bits(layout: Any, name: str | None) -> Slot | None:
    word = number_of(layout.raw)
    if word is None:
        raise GiveUp(type(bare(layout.raw)).__name__)
    members = tuple((field.name, _of_bit(field, layout)) for field in layout.fields)
    if name is None:
        return Slot(*_wire(word)[:2], tuple((each, _joined(_wire(word)[2], convert)) for each, convert in members))
    return _slot_of_number(word, name, lambda value: {each: convert(value) for each, convert in members})


@_slot.register(Marker)
def _marker(layout: Any, name: str | None) -> Slot | None:
    return Slot("", f"{layout.subcon.sizeof()}s", ((str(name), lambda _raw: True),)) if name is not None else None


@_slot.register(Field)
def _field(layout: Any, name: str | None) -> Slot | None:
    number = number_of(layout.subcon)
    if name is None:
        return None
    if number is not None:
        return _slot_of_number(number, name, converter(layout, number))
    raw = layout.subcon
    if isinstance(raw, construct.Bytes) and isinstance(raw.length, int):
        return Slot("", f"{raw.length}s", ((name, layout.read),))
    return None


def _slot_of_number(number: Number, name: str, convert: Convert | None) -> Slot:
    order, item, count = _wire(number)
    return Slot(order, item, ((name, _joined(count, convert)),))


def _joined(first: Convert | None, then: Convert | None) -> Convert | None:
    if first is None or then is None:
        return first or then
    return lambda value: then(first(value))


def _wire(number: Number) -> tuple[str, str, Convert | None]:
    """Byte order and item that read a number of bytes, and what makes of the value the count."""
    order = ">" if number.big else "<"
    if number.form == "float":
        return order, FLOATS[number.size], None
    if number.form == "integer" and number.size in ITEMS:
        item = ITEMS[number.size]
        return "" if number.size == 1 else order, item if number.signed else item.upper(), None
    return "", f"{number.size}s", _of_bytes(number)


def _of_bytes(number: Number) -> Convert:
    order: Literal["big", "little"] = "big" if number.big else "little"
    signed = number.signed
    if number.form == "integer":
        return lambda content: int.from_bytes(content, order, signed=signed)
    if number.form == "magnitude":
        return lambda content: _magnitude(int.from_bytes(content, order), number.width)
    return _digits if number.big else lambda content: _digits(content[::-1])


def _digits(content: bytes) -> int:
    text = content.hex()
    if not text.isdecimal():
        raise GiveUp
    return int(text)


def _magnitude(word: int, width: int) -> int:
    magnitude = word & (1 << width - 1) - 1
    return -magnitude if word >> width - 1 else magnitude


def _of_bit(field: Any, word: Any) -> Convert:
    """What makes of a word the value of a range of its bits."""
    layout: Any = bare(field)
    number = number_of(layout.subcon, word)
    if number is None:
        raise GiveUp(type(layout.subcon).__name__)
    low, width = number.first, number.width
    is_plain = number.form == "bits" and not number.is_wide  # a magnitude can be -0
    if type(layout) is Flag and not layout.inverted and is_plain:
        shifted = (1 << width) - 1 << low
        return lambda value: value & shifted != 0
    return _joined(_range(number, low, width), converter(layout, number)) or (lambda value: value)


def _range(number: Number, low: int, width: int) -> Convert:
    mask = (1 << width) - 1
    if number.form == "bits-magnitude":
        return lambda word: _magnitude(word >> low & mask, width)
    if not number.signed:
        return lambda word: word >> low & mask
    half = 1 << width - 1
    return lambda word: ((word >> low & mask) ^ half) - half


def converter(field: Any, number: Number) -> Convert | None:
    """What makes of a count the value of a field; None where the count is the value."""
    convert = _converter(field)
    if not (isinstance(field, Counted) and number.is_wide):
        return convert

    def exact(count: Any) -> Any:
        if abs(count) > MOST:
            raise GiveUp
        return count if convert is None else convert(count)

    return exact


@singledispatch
def _converter(field: Any) -> Convert | None:
    read: Convert = field.read
    return read


@_converter.register(Choice)
def _choice(field: Any) -> Convert | None:
    names, default = field.names, field.default
    if default is None:
        look_up: Convert = names.__getitem__
        return look_up
    return lambda count: names.get(count, default)


@_converter.register(Flag)
def _flag(field: Any) -> Convert | None:
    return (lambda count: count == 0) if field.inverted else bool


@_converter.register(Missing)
def _missing(field: Any) -> Convert | None:
    markers, convert = field.markers, _converter(field.field)
    if any(marker != marker for marker in markers):  # noqa: PLR0124 - NaN
        return _of_any(field)
    if convert is None:
        return lambda count: None if count in markers else count
    return lambda count: None if count in markers else convert(count)


def _of_any(field: Any) -> Convert:
    read: Convert = field.read
    return read


@_converter.register(Scaled)
def _scaled(field: Any) -> Convert | None:
    low = -MOST_FLOAT if field.minimum is None else field.minimum
    high = MOST_FLOAT if field.maximum is None else field.maximum
    bounded = field.minimum is not None or field.maximum is not None
    if field.value_of is None or field.counts is None or field.decimals is not None or field.offset or field.step != 1:
        return _of_any(field)
    if field.per_unit == 1:
        return _within(low, high) if bounded else None
    return _divided(field.per_unit, low, high) if bounded else _divided_only(field.per_unit)


def _within(low: float, high: float) -> Convert:
    def convert(count: float) -> float:
        if not low <= count <= high:
            raise GiveUp
        return count

    return convert


def _divided_only(per_unit: float) -> Convert:
    def convert(count: float) -> float:
        value = count / per_unit
        return int(value) if value.is_integer() else value

    return convert


def _divided(per_unit: float, low: float, high: float) -> Convert:
    def convert(count: float) -> float:
        value = count / per_unit
        if not low <= value <= high:
            raise GiveUp
        return int(value) if value.is_integer() else value

    return convert
