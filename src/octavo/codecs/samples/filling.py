"""Data of a layout, member by member: a chooser decides what stands in it."""

from __future__ import annotations

import copy
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Protocol

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.computed import Derived
from octavo.codecs.fields import Field, Mismatch
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_ITEMS = 16
"""A list that may have more items is written with `SOME_ITEMS`, for payloads of LoRaWAN are short."""

SOME_ITEMS = 3


class Chooser(Protocol):
    """Decides what stands in data. A ``node`` is the layout whose choice it is."""

    def value(self, field: Field) -> Any:
        """A value of a field."""

    def number(self, node: AnyConstruct, numbers: Sequence[int]) -> int:
        """How many items, or fields of a tail: one of some ascending numbers."""

    def one(self, node: AnyConstruct, options: Sequence[Any]) -> Any:
        """One of several."""

    def some(self, node: AnyConstruct, options: Sequence[Any], minimum: int, maximum: int) -> list[Any]:
        """Several of several, in their order."""


class Filling:
    """Data of one layout being put together.

    Args:
        layout: the layout.
        chooser: what decides.
        counting: what `counting_in` gives for the layout.

    Attributes:
        frames: the data of the frames around the present one, the outermost first.
        met: identities of the layouts that gave some of the data.
    """

    def __init__(self, layout: AnyConstruct, chooser: Chooser, counting: Mapping[str, Repeat]) -> None:
        self.chooser = chooser
        self.layout = layout
        self.counting = counting
        self.frames: list[dict[str, Any]] = []
        self.met: set[int] = set()

    def data(self) -> dict[str, Any]:
        """The whole data."""
        return self.frame(self.layout)

    def frame(self, layout: AnyConstruct) -> dict[str, Any]:
        """The data of a frame of its own."""
        data: dict[str, Any] = {}
        self.frames.append(data)
        self.fill(layout, data)
        self.frames.pop()
        return data

    def member(self, field: AnyConstruct, data: dict[str, Any]) -> None:
        """Put what a field of a frame gives into the data of the frame."""
        if is_merged(field) or not field.name:
            self.fill(field, data)
        elif not isinstance(bare(field), Derived) and not field.name.startswith("_"):
            data[field.name] = self.item(field)

    def fill(self, layout: AnyConstruct, data: dict[str, Any]) -> None:
        """Put the members of a layout into the data of the frame around it."""
        self.met.add(id(bare(layout)))
        fill(bare(layout), self, data)

    def item(self, field: AnyConstruct) -> Any:
        """The data of something with a name, or of an item of a list."""
        layout = bare(field)
        self.met.add(id(layout))
        if isinstance(layout, Field):
            repeat = self.counting.get(field.name or "")
            return self.chooser.value(layout) if repeat is None else self._count(layout, repeat)
        if isinstance(layout, Repeat):
            return self.items(layout, sizes(layout))
        return self.frame(layout)

    def items(self, layout: Repeat | Many, numbers: Sequence[int]) -> list[Any]:
        """The items of a list: as many as the member says that counts them, else one of some numbers."""
        self.met.add(id(layout))
        told = layout.count if isinstance(layout, Repeat) and isinstance(layout.count, str) else None
        if told is None:
            number = self.chooser.number(layout, numbers)
        else:
            number = next(frame[told] for frame in reversed(self.frames) if told in frame)
        return [self.item(layout.subcon) for _ in range(number)]

    def _count(self, field: Field, repeat: Repeat) -> Any:
        """A number of items that the field which counts them can hold."""
        numbers = [number for number in sizes(repeat) if _holds(field, number)]
        return self.chooser.number(repeat, numbers)


def sizes(repeat: Repeat) -> list[int]:
    """The numbers of items that a list may have, short ones."""
    some = repeat.minimum + SOME_ITEMS
    most = some if repeat.maximum is None or repeat.maximum > MOST_ITEMS else repeat.maximum
    return list(range(repeat.minimum, max(most, repeat.minimum) + 1))


def counting_in(layout: AnyConstruct) -> dict[str, Repeat]:
    """Names of the members that tell how many items a list has, with the list."""
    return {each.count: each for each in under(layout) if isinstance(each, Repeat) and isinstance(each.count, str)}


def under(layout: AnyConstruct, *, bared: bool = True) -> Iterator[Any]:
    """A layout and all under it down to the fields; ``bared`` is without their names."""
    yield bare(layout) if bared else layout
    for child in [] if isinstance(bare(layout), Field) else children(layout):
        yield from under(child, bared=bared)


def _holds(field: Field, number: int) -> bool:
    try:
        return bool(field.read(field.write(number)) == number)
    except Mismatch:
        return False


@singledispatch
def fill(layout: Any, filling: Filling, data: dict[str, Any]) -> None:
    """Put the members of a layout into the data of the frame around it; most bytes without a name give none."""


@fill.register(construct.Struct)
def _(layout: Any, filling: Filling, data: dict[str, Any]) -> None:
    for field in layout.subcons:
        filling.member(field, data)


@fill.register(Bits)
def _(layout: Bits, filling: Filling, data: dict[str, Any]) -> None:
    for field in layout.fields:
        filling.member(field, data)


@fill.register(Tail)
def _(layout: Tail, filling: Filling, data: dict[str, Any]) -> None:
    for field in layout.fields[: filling.chooser.number(layout, range(len(layout.fields) + 1))]:
        filling.member(field, data)


@fill.register(Tlv)
def _(layout: Tlv, filling: Filling, data: dict[str, Any]) -> None:
    most = len(layout.items) if layout.maximum is None else min(layout.maximum, len(layout.items))
    keys = filling.chooser.some(layout, list(layout.items), min(layout.minimum, most), most)
    room = SOME_ITEMS - 1 if layout.maximum is None else min(layout.maximum - len(keys), SOME_ITEMS - 1)
    for item in (layout.items[key] for key in keys):
        many = bare(item)
        if isinstance(many, Many):
            data[item.name] = filling.items(many, range(1, room + 2))
            room -= len(data[item.name]) - 1
        else:
            filling.member(item, data)


@fill.register(Case)
def _(layout: Case, filling: Filling, data: dict[str, Any]) -> None:
    told = next(frame[layout.on] for frame in reversed(filling.frames) if layout.on in frame)
    filling.member(layout.cases[told], data)


@fill.register(Literal)
def _(layout: Literal, _filling: Filling, data: dict[str, Any]) -> None:
    data |= copy.deepcopy(layout.data)


@fill.register(Variants)
def _(layout: Variants, filling: Filling, data: dict[str, Any]) -> None:
    number = filling.chooser.one(layout, range(len(layout.variants)))
    filling.member(layout.variants[number].layout, data)


@fill.register(Groups)
def _(layout: Groups, filling: Filling, data: dict[str, Any]) -> None:
    for bit in filling.chooser.some(layout, list(layout.groups), 0, len(layout.groups)):
        filling.member(layout.groups[bit], data)


@fill.register(Sized)
@fill.register(Checked)
def _(layout: Any, filling: Filling, data: dict[str, Any]) -> None:
    filling.member(layout.layout, data)


@fill.register(Channels)
def _(layout: Channels, filling: Filling, data: dict[str, Any]) -> None:
    for kind in filling.chooser.some(layout, list(layout.items), 0, len(layout.items)):
        field = layout.items[kind]
        for channel in range(1, 1 + filling.chooser.number(field, (1, 2))):
            data[f"{field.name}_{channel}"] = filling.item(field)
