"""Fields, written: the statements that check a value, and the expression of its count."""

from __future__ import annotations

import math
import struct
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from octavo.codecs.fields import FLOATS, Choice, Flag, FlagSet, Marker, Missing, Scaled, held_by_float
from octavo.codecs.javascript import raw
from octavo.codecs.javascript.literals import enclosed, number, text, value
from octavo.codecs.javascript.reading_fields import bounded, choices, flags, scaled
from octavo.codecs.numbers import number_of, round_half_up
from octavo.codecs.texts import LAST_MS, Ascii, HexText, UnixTime, Version

if TYPE_CHECKING:
    from octavo.codecs.javascript.script import Body, Place
    from octavo.codecs.numbers import Number


def write_field(field: Any, body: Body, place: Place) -> None:
    """Write the statements that write a field."""
    if isinstance(field, Missing):
        _write_missing(field, body, place)
    elif isinstance(field, HexText | Ascii):
        body.add(_text(field, place))
    elif isinstance(field, Marker):
        _write_marker(field, body, place)
    else:
        held = raw.of_field(field.subcon, body, place.word)
        if isinstance(field, Scaled) and _is_simple(field, held):
            body.add(_simple(field, held, place))
        else:
            body.add(*raw.writing(held, count_of(field, held, body, place)))


def _is_simple(field: Scaled, held: Number) -> bool:
    """Whether a value is its count but for a factor, in a number with bytes of its own."""
    if held.form != "integer" or held.is_wide or field.step != 1 or field.offset:
        return False
    if field.minimum is not None or field.maximum is not None:
        return False
    low, high = (number(count / field.per_unit) for count in held.counts or (0, 0))
    return field.per_unit > 0 and "e" not in low + high and field.holdable == f"a number from {low} to {high}"


def _simple(field: Scaled, held: Number, place: Place) -> str:
    """The statement that mirrors the reading of a number."""
    factor = "" if field.per_unit == 1 else f", {number(field.per_unit)}"
    kind = "putSigned" if held.signed else "putUnsigned"
    return f"{kind}{raw.order(held)}(frame, data, {place.name}, {held.size}{factor});"


def _write_marker(field: Marker, body: Body, place: Place) -> None:
    body.add(f"always(frame, data, {place.name});")
    held = number_of(field.subcon, place.word)
    if held is not None and field.written is not None:
        body.add(*raw.writing(held, number(field.written)))


def _write_missing(field: Missing, body: Body, place: Place) -> None:
    held = raw.of_field(field.subcon, body, place.word)
    inner = body.part()
    inner.depth = body.depth + 1
    count = count_of(field.field, held, inner, place)
    markers = [each for each in field.markers if _may_be_written(field.field, each)]
    if markers:
        count = f"unmarked(frame, {count}, {value(markers)})"
    missing, present = _marked(field.markers[0], held), raw.writing(held, count)
    if not inner.lines and missing is None:
        first = number(field.markers[0])
        body.add(*raw.writing(held, f"{place.value} === null ? {first} : {count}"))
        return
    body.variables |= inner.variables
    with body.block(f"if ({place.value} === null)", end=""):
        body.add(*([missing] if missing else raw.writing(held, number(field.markers[0]))))
    with body.block("} else"):
        body.lines += inner.lines
        body.add(*present)


def _marked(marker: float, held: Number) -> str | None:
    """The statement that writes a marker that is no finite number; None for others."""
    if math.isfinite(marker):
        return None
    content = struct.pack(f"{'>' if held.big else '<'}{FLOATS[held.width][-1]}", marker)
    return f"append(frame, {value(list(content))});"


def _may_be_written(field: Any, marker: float) -> bool:
    """Whether a value of a field may be written as a marker."""
    if isinstance(field, Choice):
        return marker in field.names
    if isinstance(field, Flag):
        return marker in (0, 1)
    if not isinstance(field, Scaled):
        return True
    found = field.value_of(marker)
    low, high = field.minimum, field.maximum
    return found == found and (low is None or found >= low) and (high is None or found <= high)  # noqa: PLR0124 - NaN


def _text(field: HexText | Ascii, place: Place) -> str:
    arguments = f"frame, data, {place.name}"
    if isinstance(field, HexText):
        digits = "*" if field.count is None else f"{{{field.count}}}"
        return f"putHex({arguments}, /^(?:[0-9a-f]{{2}}){digits}$/, {text(field.writable)});"
    characters = "*" if field.count is None else f"{{0,{field.count}}}"
    return (
        f"putAscii({arguments}, /^[ -~]{characters}$/, {field.count or 0}, {ord(field.pad)}, {text(field.writable)});"
    )


@singledispatch
def count_of(field: Any, held: Number, body: Body, place: Place) -> str:
    """Write what checks a value, and give the expression of its count.

    Raises:
        ContentError: no field that the script can have.
    """
    del held, place
    raise raw.unknown(field, body.where)


@count_of.register(Scaled)
def _(field: Scaled, held: Number, body: Body, place: Place) -> str:
    given = bounded(field, f"numberIn(frame, data, {place.name})", -math.inf, math.inf)
    count = _held(field, held, _unscaled(field, given))
    if not _is_off_bounds(field):
        return count
    body.add(f"{body.use('count')} = {count};")
    body.add(f"{bounded(field, scaled(field, 'count'), -math.inf, math.inf)};")
    return "count"


def _unscaled(field: Scaled, given: str) -> str:
    """The count of a value, not yet whole."""
    found = given
    if field.offset:
        found = f"{found} {'+' if field.offset < 0 else '-'} {number(abs(field.offset))}"
    if field.per_unit != 1:
        found = f"{enclosed(found)} * {number(field.per_unit)}"
    return found if field.step == 1 else f"{enclosed(found) if field.per_unit == 1 else found} / {number(field.step)}"


def _held(field: Scaled, held: Number, count: str) -> str:
    """The count that the raw number holds."""
    if held.counts is None:
        return f"held(frame, {count}, {held.size}, {text(field.holdable)})"
    if _always_holds(field, held.counts):
        return f"roundHalfUp({count})"
    low, high = held.counts
    plain = f"a number from {low} to {high}"
    wanted = "" if field.holdable == plain else f", {text(field.holdable)}"
    return f"whole(frame, {count}, {number(low)}, {number(high)}{wanted})"


def _always_holds(field: Scaled, counts: tuple[int, int]) -> bool:
    """Whether every value within the bounds has a count: from one bound to the other, counts only rise or fall."""
    if field.minimum is None or field.maximum is None:
        return False
    ends = [round_half_up(field.count_of(bound)) for bound in (field.minimum, field.maximum)]
    return all(counts[0] <= end <= counts[1] for end in ends)


def _is_off_bounds(field: Scaled) -> bool:
    """Whether a value within the bounds may be written as a count whose value is beyond them."""
    bounds = [bound for bound in (field.minimum, field.maximum) if bound is not None]
    ends = [field.value_of(_nearest(field, field.count_of(bound))) for bound in bounds]
    low, high = field.minimum, field.maximum
    return any((low is not None and end < low) or (high is not None and end > high) for end in ends)


def _nearest(field: Scaled, count: float) -> float:
    if field.float_bits:
        return held_by_float(count, field.float_bits, field.holdable, count)
    return count if field.counts is None else round_half_up(count)


@count_of.register(Choice)
def _(field: Choice, held: Number, body: Body, place: Place) -> str:
    del held
    return f"numberOf(frame, data, {place.name}, {choices(field, body, place)})"


@count_of.register(Flag)
def _(field: Flag, held: Number, body: Body, place: Place) -> str:
    del held, body
    given = f"flag(frame, data, {place.name})"
    return f"1 - {given}" if field.inverted else given


@count_of.register(FlagSet)
def _(field: FlagSet, held: Number, body: Body, place: Place) -> str:
    del held
    return f"flagBits(frame, data, {place.name}, {flags(field, body, place)})"


@count_of.register(Version)
def _(field: Version, held: Number, body: Body, place: Place) -> str:
    del held, body
    parts = value([list(part) for part in field.parts])
    return f"versionNumber(frame, data, {place.name}, {parts}, {field.base})"


@count_of.register(UnixTime)
def _(field: UnixTime, held: Number, body: Body, place: Place) -> str:
    ms = f"timeOf(frame, data, {place.name})"
    if field.epoch:
        ms = f"{ms} - {field.epoch * 1000}"
    factor = "" if field.per_unit == 1 else f" * {field.per_unit}"
    counts = held.counts or (0, 0)
    most = counts[1]
    if field.ms_of(most) > LAST_MS:
        most = _last_count(field, most)
    wanted = text(field.holdable)
    del body
    return f"whole(frame, {enclosed(ms)}{factor} / 1000, {counts[0]}, {most}, {wanted})"


def _last_count(field: UnixTime, most: int) -> int:
    """The last count that is before the year 10000."""
    count = (LAST_MS + 1 - field.epoch * 1000) * field.per_unit // 1000 + 1
    while field.ms_of(count) > LAST_MS:
        count -= 1
    return min(count, most)
