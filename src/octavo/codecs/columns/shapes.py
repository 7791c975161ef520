"""What the values of a member look like, down to the items of lists: the same for any payloads.

A shape is a kind of value, a list of a shape, or members with a shape each; None where values of several kinds can
stand in one place.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Literal
from octavo.codecs.columns.schema import kind_of_field
from octavo.codecs.columns.workers import BOOL, CODED, FLOAT, INT, OBJECT, TEXT, kind_of
from octavo.codecs.computed import Derived
from octavo.codecs.fields import Choice, Field, FlagSet, Missing
from octavo.codecs.groups import Channels
from octavo.codecs.members import Listed
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.columns.arrays import Path


NOTHING = "nothing"
"""The shape of the items of a list that has none: any other takes its place."""


class ListOf(NamedTuple):
    """A list of values of one shape."""

    item: Shape


class Members(NamedTuple):
    """An object with members."""

    shapes: dict[str, Shape]


Shape: TypeAlias = "str | ListOf | Members | None"


def shapes_of(layouts: Iterable[AnyConstruct]) -> dict[Path, Shape]:
    """The shape of every member of some layouts, by its names from the frame inwards."""
    found: dict[Path, Shape] = {}
    for layout in layouts:
        for path, shape in _places(_frame(bare(layout)), ()):
            found[path] = _joined(found[path], shape) if path in found else shape
    return found


def _places(shape: Shape, path: Path) -> Iterator[tuple[Path, Shape]]:
    if not isinstance(shape, Members):
        yield path, shape
        return
    for name, inner in shape.shapes.items():
        yield from _places(inner, (*path, name))


def _of(layout: AnyConstruct) -> Shape:
    inner = bare(layout)
    if isinstance(inner, Listed):
        return ListOf(_of(inner.subcon))
    return _of_field(inner) if isinstance(inner, Field | Derived) else _frame(inner)


def _of_field(field: Any) -> Shape:
    plain = field.field if isinstance(field, Missing) else field
    if isinstance(plain, FlagSet):
        return ListOf(TEXT)
    if isinstance(plain, Choice):
        values = [*plain.names.values(), *([plain.default] if plain.default is not None else [])]
        kinds = {FLOAT if kind_of(value) == INT else kind_of(value) for value in values}
        kind = kinds.pop() if len(kinds) == 1 else None
    else:
        kind = kind_of_field(plain)
    return None if kind == OBJECT else TEXT if kind == CODED else kind


def _frame(layout: Any) -> Shape:
    """The members of a frame; None where only the payload knows them."""
    shapes: dict[str, Shape] = {}
    for name, shape in _members(layout):
        if name is None:
            return None
        shapes[name] = _joined(shapes[name], shape) if name in shapes else shape
    return Members(shapes)


def _members(layout: Any) -> Iterator[tuple[str | None, Shape]]:
    if isinstance(layout, Channels):
        yield None, None
    if isinstance(layout, Literal):
        yield from ((name, _of_value(value)) for name, value in layout.data.items())
    for child in children(layout):
        if child.name and not is_merged(child):
            yield child.name, _of(child)
        else:
            yield from _members(bare(child))


def _of_value(value: Any) -> Shape:
    if isinstance(value, dict):
        return Members({name: _of_value(inner) for name, inner in value.items()})
    if isinstance(value, list):
        nothing: Shape = NOTHING
        return ListOf(reduce(_joined, map(_of_value, value), nothing))
    kind = kind_of(value)
    return kind if kind in {BOOL, INT, FLOAT, TEXT} else TEXT if kind == CODED else None


def _joined(one: Shape, other: Shape) -> Shape:
    """The shape that holds both; None where there is none."""
    if one in (other, NOTHING):
        return other
    if other == NOTHING:
        return one
    if isinstance(one, Members) and isinstance(other, Members):
        names = dict.fromkeys([*one.shapes, *other.shapes])
        both = one.shapes | other.shapes
        return Members(
            {
                name: _joined(one.shapes[name], other.shapes[name])
                if name in one.shapes and name in other.shapes
                else both[name]
                for name in names
            }
        )
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        return ListOf(_joined(one.item, other.item))
    return FLOAT if one in (FLOAT, INT) and other in (FLOAT, INT) else None
