"""Values of one field: the boundary ones, a typical one, random ones, and raw values that it does not read."""

from __future__ import annotations

import json
import math
import struct
from bisect import bisect_left
from functools import singledispatch
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from octavo.codecs.fields import (
    EXACT,
    FLOATS,
    Choice,
    Counted,
    Field,
    Flag,
    FlagSet,
    Marker,
    Mismatch,
    Missing,
    Scaled,
)
from octavo.codecs.numbers import MOST, is_number, number_of, round_half_up
from octavo.codecs.texts import LAST_MS, Ascii, HexText, UnixTime, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from octavo.codecs.numbers import Number

TYPICAL: Mapping[str | None, float] = MappingProxyType(
    {
        "°C": 21.5,
        "%": 64,
        "%RH": 47.5,
        "V": 3.6,
        "mV": 3600,
        "hPa": 1013.2,
        "lx": 320,
        "s": 600,
        "min": 30,
        "°": 7.25,
        "m": 408,
        "dBm": -78,
        "ppm": 640,
    }
)
"""A value of each unit as a device sends it on an ordinary day; of other units a small number."""

SMALL = 18

NOW = 1_767_323_045
"""2026-01-02T03:04:05Z: the time in typical examples."""

UNTIL_END = (0, 1, 8)
"""Lengths of a text that reads to the end of the payload."""

TRIES = 20


class Unreadable(Exception):  # noqa: N818 - raised and caught inside this package only
    """A raw value that a field does not read; the text is what it expects."""


def values(field: Field) -> list[Any]:
    """The boundary values of a field that can be written, a typical one first.

    They are the ends of the range, what is next to them, 0 and what is next to it, None for no reading, and every
    choice.
    """
    found = {json.dumps(value): value for value in _readable(field)}  # as JSON 1 is not true
    return [value for value in found.values() if _is_writable(field, value)]


def bad_raws(field: Field) -> list[Any]:
    """Raw values that the field does not read: one for each sentence it has for them."""
    found: dict[str, Any] = {}
    for raw in raws(field):
        try:
            read(field, raw)
        except Unreadable as unreadable:
            found.setdefault(str(unreadable), raw)
    return list(found.values())


def read(field: Field, raw: Any) -> Any:
    """The value of a raw value; raises `Unreadable`."""
    if isinstance(field, Counted) and isinstance(raw, int) and abs(raw) > MOST:
        raise Unreadable(EXACT)
    try:
        return field.read(raw)
    except Mismatch as mismatch:
        raise Unreadable(mismatch.expected) from None


def least(found: list[Any]) -> Any:
    """The smallest of the `values` of a field; of texts and lists the first that is not typical."""
    return min(_ordered(found)) if _ordered(found) else found[min(1, len(found) - 1)]


def most(found: list[Any]) -> Any:
    """The greatest of the `values` of a field; of texts and lists the last."""
    return max(_ordered(found)) if _ordered(found) else found[-1]


def _ordered(found: list[Any]) -> list[Any]:
    return [value for value in found if isinstance(value, bool | int | float)]


def below_zero(found: list[Any]) -> Any:
    """The value nearest to zero of those below it, or None."""
    return max((value for value in found if is_number(value) and value < 0), default=None)


def random_value(field: Field, known: list[Any], random: Random) -> Any:
    """A value of a field, one of the ``known`` boundary values in one of three cases."""
    if random.randrange(3) == 0:
        return random.choice(known)
    for _ in range(TRIES):
        try:
            value = read(field, random_raw(field, random))
        except Unreadable:
            continue
        if _is_writable(field, value):
            return value
    return random.choice(known)


@singledispatch
def raws(field: Any) -> list[Any]:
    """Raw values at the boundaries of a field, readable or not, a typical one first."""
    return _edges(number_of(field.subcon))


@singledispatch
def random_raw(field: Any, random: Random) -> Any:
    """A random raw value, mostly one that the field reads."""
    return random.randint(*field.counts)


def allowed(field: Scaled) -> tuple[int, int] | None:
    """The least and the greatest count whose value is within the declared range; None for floats."""
    if field.counts is None:
        return None
    low, high = field.counts
    counts = range(low, high + 1)
    rising = field.value_of(high) >= field.value_of(low)
    begin, end = (field.minimum, field.maximum) if rising else (field.maximum, field.minimum)
    sign = 1 if rising else -1
    first = 0 if begin is None else bisect_left(counts, sign * begin, key=lambda c: sign * field.value_of(c))
    after = None if end is None else _after(counts, sign * end, lambda c: sign * field.value_of(c))
    return low + first, high if after is None else low + after - 1


def _after(counts: range, end: float, value_of: Any) -> int:
    """How many counts have a value of at most ``end``."""
    return bisect_left(counts, 1, key=lambda count: int(value_of(count) > end))


@raws.register(Scaled)
def _(field: Scaled) -> list[Any]:
    within = allowed(field)
    if within is None:
        return _floats(field)
    low, high = within
    wanted = field.count_of(TYPICAL.get(field.unit, field.offset + SMALL))
    typical = min(max(round_half_up(wanted), low), high)
    inner = (count for count in (low + 1, -1, 0, 1, *_zero(field), high - 1) if low <= count <= high)
    return list(dict.fromkeys([typical, low, *inner, high, *_outside(field, low, high)]))


def _zero(field: Scaled) -> list[int]:
    """The counts around the value 0, where an offset moves it."""
    if not field.offset:
        return []
    count = round_half_up(field.count_of(0))
    return [count - 1, count, count + 1]


def _outside(field: Scaled, low: int, high: int) -> list[int]:
    """Counts that the raw number holds, but whose values are out of range or not exact."""
    number = number_of(field.subcon)
    held = number.held if number else (low, high)
    return [count for count in (low - 1, high + 1, *held) if held[0] <= count <= held[1]]


def _floats(field: Scaled) -> list[float]:
    """Floats as the raw number holds them, NaN and the infinities among them."""
    bits = field.float_bits or 64
    great = {16: 65504.0, 32: 3.4028234663852886e38, 64: 1.7976931348623157e308}[bits]
    small = {16: 2.0**-24, 32: 2.0**-149, 64: 2.0**-1074}[bits]
    wanted = [TYPICAL.get(field.unit, SMALL), *(bound for bound in (field.minimum, field.maximum) if bound is not None)]
    counts = [_as_float(field.count_of(value), bits) for value in wanted]
    beyond = [_as_float(count * factor + shift, bits) for count in counts[1:] for factor, shift in ((2, 1), (-2, -1))]
    plain = [0.0, 1.0, -1.0, 0.5, -0.5, -1.5, small, -small, great, -great]
    return [*counts, *beyond, *plain, math.inf, -math.inf, math.nan]


def _as_float(value: float, bits: int) -> float:
    """The nearest float of so many bits."""
    try:
        nearest: float = struct.unpack(FLOATS[bits], struct.pack(FLOATS[bits], value))[0]
    except OverflowError:
        return math.inf
    return nearest


@raws.register(Missing)
def _(field: Missing) -> list[Any]:
    found = [raw for raw in raws(field.field) if not field.is_marker(raw)]
    near = [marker + step for marker in field.markers for step in (-1, 1)] if field.counts else []
    low, high = field.counts or (0, 0)
    return [*found, *(raw for raw in near if low <= raw <= high and not field.is_marker(raw)), *field.markers]


@raws.register(Choice)
def _(field: Choice) -> list[Any]:
    found = list(field.names)
    low, high = field.counts or (0, 0)
    near = [number for known in found for number in (known + 1, known - 1) if low <= number <= high]
    return [*found, *(number for number in (*near, low, high) if number not in field.names)]


@raws.register(Flag)
def _(field: Flag) -> list[Any]:
    return [int(not field.inverted), int(field.inverted), *_edges(number_of(field.subcon))]


@raws.register(FlagSet)
def _(field: FlagSet) -> list[Any]:
    masks = [1 << bit for bit in field.names]
    _, high = field.counts or (0, 0)
    unknown = [1 << bit for bit in range(high.bit_length()) if not field.mask >> bit & 1]
    return [masks[0], 0, *masks[1:], field.mask, *unknown[:1]]


@raws.register(Marker)
def _(field: Marker) -> list[Any]:
    return [field.written]


@raws.register(HexText)
def _(field: HexText) -> list[Any]:
    return [pattern for count in _lengths(field.count) for pattern in _patterns(count)]


@raws.register(Ascii)
def _(field: Ascii) -> list[Any]:
    found = [text.encode() for count in _lengths(field.count) for text in _texts(count)]
    pad = field.pad.encode("latin-1")
    full = [text.ljust(field.count or len(text), pad) for text in found]
    return [*full, *(b"\x1f".ljust(field.count or 1, pad), b"\x7f".ljust(field.count or 1, pad))]


@raws.register(Version)
def _(field: Version) -> list[Any]:
    one = sum(min(index + 1, (1 << width) - 1) << first for index, (first, width) in enumerate(field.parts))
    every = sum((1 << width) - 1 << first for first, width in field.parts)
    return [one, 0, every]


@raws.register(UnixTime)
def _(field: UnixTime) -> list[Any]:
    low, high = field.counts or (0, 0)
    now = math.floor((NOW - field.epoch) * field.per_unit)
    last = (LAST_MS // 1000 + 1 - field.epoch) * field.per_unit
    ends = [count for count in (last - 1, last) if low <= count <= high]
    return [min(max(now, low), high), *_edges(number_of(field.subcon)), *ends]


@random_raw.register(Scaled)
def _(field: Scaled, random: Random) -> Any:
    within = allowed(field)
    if within is None:
        return _random_float(field, random)
    low, high = within
    width = random.randint(1, max((high - low).bit_length(), 1))  # every order of magnitude alike
    count = random.choice((low, high, 0)) + random.randint(-(1 << width), 1 << width)
    return min(max(count, low), high)


def _random_float(field: Scaled, random: Random) -> float:
    bits = field.float_bits or 64
    if field.minimum is not None and field.maximum is not None:
        return _as_float(field.count_of(random.uniform(field.minimum, field.maximum)), bits)
    magnitude = 2.0 ** random.uniform(-14, 14 if random.randrange(4) else 15 * (bits // 16) ** 2)
    return _as_float(random.choice((-1, 1)) * magnitude, bits)


@random_raw.register(Missing)
def _(field: Missing, random: Random) -> Any:
    return random_raw(field.field, random)


@random_raw.register(Choice)
def _(field: Choice, random: Random) -> Any:
    return random.choice(list(field.names))


@random_raw.register(FlagSet)
def _(field: FlagSet, random: Random) -> Any:
    return random.randint(*field.counts or (0, 0)) & field.mask


@random_raw.register(Marker)
def _(field: Marker, _random: Random) -> Any:
    return field.written


@random_raw.register(HexText)
def _(field: HexText, random: Random) -> Any:
    return random.randbytes(_random_length(field.count, random))


@random_raw.register(Ascii)
def _(field: Ascii, random: Random) -> Any:
    count = _random_length(field.count, random)
    text = bytes(random.randint(0x20, 0x7E) for _ in range(random.randint(0, count)))
    return text.ljust(count, field.pad.encode("latin-1"))


@random_raw.register(Version)
def _(field: Version, random: Random) -> Any:
    return sum(random.getrandbits(width) << first for first, width in field.parts)


def _random_length(count: int | None, random: Random) -> int:
    return random.randrange(12) if count is None else count


def _edges(number: Number | None) -> list[int]:
    """What a whole number of this width holds at its ends and around 0."""
    if number is None:
        return []
    low, high = number.held
    inner = (count for count in (low, low + 1, -1, 0, 1, high - 1, high) if low <= count <= high)
    return list(dict.fromkeys([*inner, *(count for count in (-MOST, MOST) if low <= count <= high)]))


def _lengths(count: int | None) -> Iterable[int]:
    return reversed(UNTIL_END) if count is None else (count,)


def _patterns(count: int) -> list[bytes]:
    counting = bytes((0x11 + index) & 0xFF for index in range(count))
    return [counting, bytes(count), b"\xff" * count]


def _texts(count: int) -> list[str]:
    letters = "Az 09~" * (count // 6 + 1)
    return [letters[:count], "", "!" * count]


def _readable(field: Field) -> Iterable[Any]:
    for raw in raws(field):
        try:
            yield read(field, raw)
        except Unreadable:
            continue


def _is_writable(field: Field, value: Any) -> bool:
    try:
        field.write(value)
    except Mismatch:
        return False
    return True
