"""Data that cannot be written, one for each error that a layout has."""

from __future__ import annotations

import copy
import json
import math
from functools import singledispatch
from typing import TYPE_CHECKING, Any, TypeAlias

import construct

from octavo.codecs._construct import AnyConstruct, bare
from octavo.codecs.fields import FlagSet, Missing, Scaled
from octavo.codecs.layouts import Repeat
from octavo.codecs.members import LISTS, Merged, members_of
from octavo.codecs.reference import write
from octavo.codecs.samples.corners import branches
from octavo.codecs.samples.faults import kind_of
from octavo.codecs.samples.values import raws
from octavo.codecs.texts import Ascii, HexText, UnixTime
from octavo.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

UNKNOWN = "unknown_member"

WRONG: tuple[Any, ...] = (None, True, "", "?", -1, 0, 1, 0.5, 1e4, -1e4, 1e7, -1e7, 1e300, -1e300, [], {}, [None])
"""Values of every kind; where one stands in the place of another, something is wrong with most of them."""

TOO_MANY = 300
"""More items than a payload has bytes."""


def wrong_data(layout: AnyConstruct) -> Iterator[tuple[str, Any]]:
    """Data that cannot be written, one for each error that the layout has, with what the error says."""
    seen: set[str] = set()
    for data in _suspects(layout):
        try:
            write(layout, data)
        except EncodeError as error:
            sentence = kind_of(error.message)
            if sentence not in seen:
                seen.add(sentence)
                yield sentence, data


def _suspects(layout: AnyConstruct) -> Iterator[Any]:
    """Data of which most cannot be written: with a member more, one less, or another value."""
    found = sorted((data for data, _ in branches(layout)), key=lambda data: len(json.dumps(data)))
    seen: set[tuple[Any, ...]] = set()
    for data in found:
        for place, node, value in _places(layout, data):
            names = tuple(sorted(value)) if isinstance(value, dict) else ()
            key = (*(step for step in place if isinstance(step, str)), id(node), names)
            if key in seen:
                continue
            seen.add(key)
            yield from (_with(data, place, other) for other in (*_wrong(node, value), *WRONG))
            yield from (_without(data, place, name) for name in names)
    yield from ([], None, "?")
    for data in found[:2]:
        yield from (data | other for other in found if other.keys() != data.keys())


def _places(layout: AnyConstruct, value: Any, place: Place = ()) -> Iterator[tuple[Place, Any, Any]]:
    """Every value in some data: where it is, its layout, and itself."""
    layout = bare(layout)
    yield place, layout, value
    if isinstance(layout, LISTS):
        for index, item in enumerate(value):
            yield from _places(layout.subcon, item, (*place, index))
    elif isinstance(layout, Merged | construct.Struct):
        members = {member.name: member.layout for member in members_of(layout, value)}
        for name in value:
            yield from _places(members[name], value[name], (*place, name))


def _with(data: Any, place: Place, value: Any) -> Any:
    """The data with another value in one place; what is not around that place is shared."""
    if not place:
        return value
    changed = copy.copy(data)
    changed[place[0]] = _with(data[place[0]], place[1:], value)
    return changed


def _without(data: Any, place: Place, name: str) -> Any:
    """The data without a member of what is in one place."""
    return _with(data, place, {other: value for other, value in _at(data, place).items() if other != name})


def _at(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


@singledispatch
def _wrong(_node: Any, value: Any) -> list[Any]:
    """What a layout may refuse in the place of a value, beside what nearly every one refuses."""
    return [value | {UNKNOWN: 1}] if isinstance(value, dict) else []


@_wrong.register(Scaled)
def _(node: Scaled, _value: Any) -> list[Any]:
    bounds = [bound for bound in (node.minimum, node.maximum) if bound is not None]
    outside = [node.value_of(raw) for raw in raws(node)]
    return [number for number in (*bounds, *outside) if math.isfinite(number)]


@_wrong.register(Missing)
def _(node: Missing, value: Any) -> list[Any]:
    of_markers = [node.field.value_of(marker) for marker in node.markers] if isinstance(node.field, Scaled) else []
    return [*(number for number in of_markers if math.isfinite(number)), *_wrong(node.field, value)]


@_wrong.register(FlagSet)
def _(node: FlagSet, _value: Any) -> list[Any]:
    return [[*node.names.values(), next(iter(node.names.values()))]]


@_wrong.register(UnixTime)
def _(_node: UnixTime, _value: Any) -> list[Any]:
    return ["2026-02-30T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"]


@_wrong.register(Ascii)
@_wrong.register(HexText)
def _(_node: Any, _value: Any) -> list[Any]:
    return ["00" * TOO_MANY, "é", "0"]


@_wrong.register(Repeat)
def _(node: Repeat, value: Any) -> list[Any]:
    if not value:
        return []
    lengths = [node.minimum - 1, len(value) - 1, len(value) + 1, TOO_MANY]
    lengths += [node.maximum + 1] if node.maximum is not None else []
    return [value[:1] * length for length in lengths if 0 <= length <= TOO_MANY]
