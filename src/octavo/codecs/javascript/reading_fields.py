"""Fields, read: the expression of a value, and the statements that check it."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from octavo.codecs.fields import Choice, Flag, FlagSet, Missing, Scaled
from octavo.codecs.javascript import raw
from octavo.codecs.javascript.literals import enclosed, is_plain, listed, number, text, value
from octavo.codecs.texts import LAST_MS, Ascii, HexText, UnixTime, Version

if TYPE_CHECKING:
    from octavo.codecs.javascript.script import Body, Place
    from octavo.codecs.numbers import Number


MOST_ROWS = 255
"""Of a table that may have every number."""


def read_field(field: Any, body: Body, place: Place) -> None:
    """Write the statements that read a field into the data."""
    if isinstance(field, Missing):
        _read_missing(field, body, place)
    elif isinstance(field, HexText | Ascii):
        body.add(f"{place.value} = {_text(field, place)};")
    else:
        held = raw.of_field(field.subcon, body, place.word)
        found = value_of(field, _exact(held, raw.reading(held, place.name)), held, body, place)
        _locate(found, held, body, place)
        body.add(f"{place.value} = {found};")


def _read_missing(field: Missing, body: Body, place: Place) -> None:
    held = raw.of_field(field.subcon, body, place.word)
    reading = _exact(held, raw.reading(held, place.name))
    count = body.use("count")
    found = value_of(field.field, count, held, body, place)
    _locate(reading + found, held, body, place)
    is_marker = " || ".join(_is(count, marker) for marker in field.markers)
    body.add(f"{count} = {reading};", f"{place.value} = {is_marker} ? null : {found};")


def _is(count: str, marker: float) -> str:
    return f"{count} !== {count}" if marker != marker else f"{count} === {number(marker)}"  # noqa: PLR0124 - NaN


def _exact(held: Number, reading: str) -> str:
    return f"exact(frame, {reading})" if held.is_wide else reading


def _locate(found: str, held: Number, body: Body, place: Place) -> None:
    """Tell where a range of bits stands, if an error may name it."""
    if held.form.startswith("bits") and "(frame, " in found:
        body.add(f"locateBits(frame, {place.name}, {raw.bits_place(held)});")


def _text(field: HexText | Ascii, place: Place) -> str:
    size = "frame.end - frame.at" if field.count is None else field.count
    if isinstance(field, Ascii):
        return f"ascii(frame, {place.name}, {size}, {ord(field.pad)})"
    return f"hex(taken(frame, {place.name}, {size}))"


@singledispatch
def value_of(field: Any, count: str, held: Number, body: Body, place: Place) -> str:
    """The value of a count.

    Raises:
        ContentError: no field that the script can have.
    """
    del count, held, place
    raise raw.unknown(field, body.where)


@value_of.register(Scaled)
def _(field: Scaled, count: str, held: Number, body: Body, place: Place) -> str:
    del body, place
    expression = scaled(field, count)
    if field.counts is None:
        expression = f"finite(frame, {expression})"
    elif field.step * field.per_unit < 0 and not field.offset:
        expression = f"{enclosed(expression)} + 0"
    reachable = [field.value_of(count) for count in held.counts] if held.counts else [-math.inf, math.inf]
    return bounded(field, expression, min(reachable), max(reachable))


@value_of.register(Choice)
def _(field: Choice, count: str, held: Number, body: Body, place: Place) -> str:
    possible = _possible(held, body, place)
    if len(possible) == 1 and possible[0] in field.names:
        return value(field.names[possible[0]])
    table = choices(field, body, place)
    if possible and field.names.keys() >= set(possible):
        return f"chosen({table}, {count})"
    if field.default is None:
        return f"choose(frame, {table}, {count})"
    return f"chooseOr({table}, {count}, {value(field.default)})"


def _possible(held: Number, body: Body, place: Place) -> list[int]:
    """The numbers that can stand there; none where they are more than a table has."""
    low, high = held.held
    if high - low > MOST_ROWS:
        return []
    numbers = range(low, high + 1)
    if body.told is None or body.told.word is not place.word or held.form != "bits" or held.signed:
        return list(numbers)
    return [count for count in numbers if body.told.allows(held, count)]


@value_of.register(Flag)
def _(field: Flag, count: str, held: Number, body: Body, place: Place) -> str:
    del body, place
    compared = raw.flag_bit(held) or count
    return f"{enclosed(compared)} {'===' if field.inverted else '!=='} 0"


@value_of.register(FlagSet)
def _(field: FlagSet, count: str, held: Number, body: Body, place: Place) -> str:
    del held
    return f"flagNames(frame, {flags(field, body, place)}, {count})"


@value_of.register(Version)
def _(field: Version, count: str, held: Number, body: Body, place: Place) -> str:
    del held, body, place
    return f"version({count}, {value([list(part) for part in field.parts])}, {field.base})"


@value_of.register(UnixTime)
def _(field: UnixTime, count: str, held: Number, body: Body, place: Place) -> str:
    del body, place
    ms = f"{enclosed(count)} * 1000"
    if field.per_unit != 1:
        ms = f"Math.floor({ms} / {field.per_unit})"
    if field.epoch:
        ms = f"{ms} + {field.epoch * 1000}"
    counts = held.counts or (0, 0)
    if field.ms_of(counts[1]) > LAST_MS:
        return f"time(frame, {ms})"
    return f"new Date({ms}).toISOString()"


def scaled(field: Scaled, count: str) -> str:
    """The value of a count, in the unit."""
    found = count
    if field.step != 1:
        found = f"{enclosed(found)} * {number(field.step)}"
    if field.per_unit != 1:
        found = f"{_factor(found)} / {number(field.per_unit)}"
    if field.offset:
        found = f"{_factor(found)} {'-' if field.offset < 0 else '+'} {number(abs(field.offset))}"
    return found if field.decimals is None else f"rounded({found}, {number(10**field.decimals)})"


def bounded(field: Scaled, expression: str, least: float, most: float) -> str:
    """A value that is held to the bounds of a field, where it may be beyond them."""
    low = field.minimum if field.minimum is not None and least < field.minimum else None
    high = field.maximum if field.maximum is not None and most > field.maximum else None
    unit = text(f" {field.unit}" if field.unit else "")
    if low is not None and high is not None and is_plain(low) and is_plain(high):
        return f"between(frame, {expression}, {number(low)}, {number(high)}, {unit})"
    found = expression
    if low is not None:
        phrase = f", {text(str(low))}" if not is_plain(low) else ""
        found = f"atLeast(frame, {found}, {number(low)}, {unit}{phrase})"
    if high is not None:
        phrase = f", {text(str(high))}" if not is_plain(high) else ""
        found = f"atMost(frame, {found}, {number(high)}, {unit}{phrase})"
    return found


def _factor(expression: str) -> str:
    """An operand of a division or a sum: products stand without brackets."""
    return enclosed(expression) if any(sign in expression for sign in (" & ", " >> ", " >>> ")) else expression


def choices(field: Choice, body: Body, place: Place) -> str:
    """The name of the table of a choice: number, value, and how a message prints it where that is not plain."""
    rows = [_row(number_, each) for number_, each in field.names.items()]
    return _table(f"{place.label}_values", rows, body)


def _row(number_: int, each: Any) -> str:
    is_same = repr(each) == f"'{each}'" if isinstance(each, str) else not isinstance(each, bool) and is_plain(each)
    printed = "" if is_same else f", {text(repr(each))}"
    return f"[{number_}, {value(each)}{printed}]"


def flags(field: FlagSet, body: Body, place: Place) -> str:
    """The name of the table of some flags: bit, name."""
    return _table(f"{place.label}_flags", [_row(bit, name) for bit, name in field.names.items()], body)


def _table(name: str, rows: list[str], body: Body) -> str:
    return body.script.table(name, listed(rows))
