"""Which columns a layout has, and what they hold: the same for any payloads."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Literal
from octavo.codecs.columns.workers import BOOL, CODED, FLOAT, INT, OBJECT, TEXT, is_whole, kind_of
from octavo.codecs.computed import Ago, Computed, Derived
from octavo.codecs.fields import Choice, Field, Flag, Marker, Missing, Scaled
from octavo.codecs.groups import Channels
from octavo.codecs.members import Listed
from octavo.codecs.texts import Ascii, HexText, UnixTime, Version
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.codecs._construct import AnyConstruct


def kinds_of(layouts: Iterable[AnyConstruct]) -> dict[tuple[str, ...], str]:
    """The columns of some layouts, in order, and the kind of each."""
    kinds: dict[tuple[str, ...], str] = {}
    for layout in layouts:
        for path, kind in _columns(bare(layout), ()):
            kinds[path] = joined(kinds.get(path, kind), kind)
    return kinds


def kind_of_field(field: Any) -> str:
    """The kind of a field's values; ``object`` for lists and what is mixed."""
    return _kind(field)


def joined(one: str, other: str) -> str:
    """The kind that holds both."""
    if one == other:
        return one
    return FLOAT if {one, other} == {FLOAT, INT} else OBJECT


def _under(layout: AnyConstruct, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    named = layout.name and not is_merged(layout)
    yield from _columns(bare(layout), (*path, str(layout.name)) if named else path)


@singledispatch
def _columns(layout: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(layout, Field | Derived):
        if path:
            yield path, _kind(layout)
        return
    for child in children(layout):
        yield from _under(child, path)


@_columns.register(Listed)
def _list(layout: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ARG001 - any list
    yield path, OBJECT


@_columns.register(Channels)
def _channels(layout: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ARG001 - as below
    """Only the payloads know which channels there are."""
    yield from ()


@_columns.register(Literal)
def _literal(layout: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from _given(layout.data, path)


def _given(data: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _given(value, (*path, name))
        else:
            yield (*path, name), kind_of(value)


@singledispatch
def _kind(layout: Any) -> str:  # noqa: ARG001 - any other field
    return OBJECT


@_kind.register
def _scaled(layout: Scaled) -> str:
    return INT if layout.counts is not None and is_whole(layout) else FLOAT


@_kind.register
def _missing(layout: Missing) -> str:
    return _kind(layout.field)


@_kind.register(Flag)
@_kind.register(Marker)
def _truth(layout: Any) -> str:  # noqa: ARG001 - either
    return BOOL


@_kind.register(Choice)
@_kind.register(Version)
def _coded(layout: Any) -> str:  # noqa: ARG001 - either
    return CODED


@_kind.register(UnixTime)
@_kind.register(HexText)
@_kind.register(Ascii)
@_kind.register(Ago)
def _text(layout: Any) -> str:  # noqa: ARG001 - any text
    return TEXT


@_kind.register
def _computed(layout: Computed) -> str:  # noqa: ARG001 - a quotient may be no whole number
    return FLOAT
