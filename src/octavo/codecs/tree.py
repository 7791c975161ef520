"""How the tree of a declaration is walked, and what can be told of a layout without reading anything."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, cast

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.fields import Field, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Repeat, Tail, Tlv
from octavo.codecs.members import Listed, Merged
from octavo.codecs.numbers import Bit, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def children(layout: AnyConstruct) -> list[AnyConstruct]:
    """The layouts directly under a layout, in order: how a declaration is walked."""
    return list(_children(bare(layout)))


@singledispatch
def _children(layout: Any) -> Iterable[AnyConstruct]:
    return [layout.subcon] if isinstance(layout, construct.Subconstruct) else []


@_children.register(Bits)
@_children.register(Tail)
def _(layout: Any) -> Iterable[AnyConstruct]:
    return cast("Iterable[AnyConstruct]", layout.fields)


@_children.register(Tlv)
@_children.register(Channels)
def _(layout: Any) -> Iterable[AnyConstruct]:
    return cast("Iterable[AnyConstruct]", layout.items.values())


@_children.register(Sized)
@_children.register(Checked)
def _(layout: Any) -> Iterable[AnyConstruct]:
    return [layout.layout]


@_children.register(Case)
def _(layout: Case) -> Iterable[AnyConstruct]:
    return layout.cases.values()


@_children.register(Groups)
def _(layout: Groups) -> Iterable[AnyConstruct]:
    return layout.groups.values()


@_children.register(Variants)
def _(layout: Variants) -> Iterable[AnyConstruct]:
    return [variant.layout for variant in layout.variants]


@_children.register(construct.Struct)
def _(layout: Any) -> Iterable[AnyConstruct]:
    return cast("Iterable[AnyConstruct]", layout.subcons)


def walk(layout: AnyConstruct) -> Iterator[AnyConstruct]:
    """A layout and everything under it, without names: depth first, in order."""
    layout = bare(layout)
    yield layout
    for child in [] if isinstance(layout, Field) else children(layout):
        yield from walk(child)


def normal(layout: AnyConstruct) -> AnyConstruct:
    """A layout in the form that every target reads: changed in place, and given back.

    A field's name and its documentation are one ``Renamed``: ``"name" / field * "documentation"`` makes construct
    wrap the field twice, and paths name it twice. A number without a field becomes a `Scaled`.
    """
    if not isinstance(layout, construct.Construct):
        return layout  # the rules say what is wrong with it
    outer: Any = layout
    while isinstance(outer, construct.Renamed) and isinstance(outer.subcon, construct.Renamed):
        outer.subcon = outer.subcon.subcon
    holders: tuple[Any, ...] = (outer, bare(outer))
    for holder in holders:
        if isinstance(holder, construct.Renamed | Listed) and _is_number(holder.subcon):
            holder.subcon = Scaled(holder.subcon)
    for child in [] if isinstance(bare(layout), Field) else children(layout):
        normal(child)
    return layout


def _is_number(raw: Any) -> bool:
    return isinstance(raw, Bit) or (isinstance(raw, construct.Construct) and number_of(raw) is not None)


def names_of(layout: AnyConstruct) -> list[str]:
    """Every name that a layout gives its frame; of alternatives, a name that several give counts once."""
    layout = bare(layout)
    if isinstance(layout, Literal):
        return list(layout.data)
    if isinstance(layout, Case | Variants):
        return list(dict.fromkeys(name for child in children(layout) for name in names_of(child)))
    if not isinstance(layout, Merged | construct.Struct):
        return []
    return [name for child in children(layout) for name in names_given(child)]


def names_given(child: AnyConstruct) -> list[str]:
    """The names that a layout inside a frame gives the frame: its own, or its members'."""
    if child.name and not is_merged(child):
        return [child.name]
    return names_of(child)


def fixed_size(layout: AnyConstruct) -> int | None:
    """The number of bytes that a layout always has; None where it may have more or less."""
    try:
        return int(layout.sizeof())
    except construct.SizeofError:
        return None


def least_size(layout: AnyConstruct) -> int:
    """The least number of bytes that a layout reads."""
    return _least_size(bare(layout))


@singledispatch
def _least_size(layout: Any) -> int:
    return fixed_size(layout) or 0


@_least_size.register(Case)
@_least_size.register(Variants)
def _(layout: Any) -> int:
    return min(map(least_size, children(layout)), default=0)


@_least_size.register(Tail)
@_least_size.register(Channels)
def _(layout: Any) -> int:
    del layout
    return 0


@_least_size.register(Groups)
@_least_size.register(Sized)
def _(layout: Any) -> int:
    return int(layout.raw.sizeof())


@_least_size.register(Tlv)
def _(layout: Tlv) -> int:
    return layout.minimum * (layout.size + min(map(least_size, children(layout)), default=0))


@_least_size.register(Repeat)
def _(layout: Repeat) -> int:
    counted = 0 if layout.count is None or isinstance(layout.count, str) else layout.count.sizeof()
    return int(counted + layout.minimum * least_size(layout.subcon))


@_least_size.register(Checked)
def _(layout: Checked) -> int:
    return layout.size + least_size(layout.layout)


@_least_size.register(Literal)
def _(layout: Literal) -> int:
    return len(layout.frame)


@_least_size.register(construct.Struct)
def _(layout: Any) -> int:
    return sum(map(least_size, children(layout)))
