"""Named data of a layout that meets every branch and every boundary, each once."""

from __future__ import annotations

import json
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Variants
from octavo.codecs.fields import Choice, Field, FlagSet, Missing
from octavo.codecs.groups import Channels, Groups
from octavo.codecs.layouts import Many, Repeat, Tail, Tlv
from octavo.codecs.reference import write
from octavo.codecs.samples.filling import Filling, counting_in, sizes, under
from octavo.codecs.samples.values import below_zero, least, most, values
from octavo.codecs.tree import children, names_of
from octavo.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


class Goal(NamedTuple):
    """A branch of a layout, or a value of a field, that data is to meet.

    Attributes:
        label: what it is called.
        forced: what has to be decided to get there: the layout's identity, and the decision.
        is_branch: whether it is a branch, which may have fields of its own.
    """

    label: str
    forced: Mapping[int, Any]
    is_branch: bool = False


WHOLE = Goal("", {}, is_branch=True)
"""A layout in which nothing is forced."""

Branch: TypeAlias = tuple[str, Any, AnyConstruct | None]
"""Label, what is to be decided, and the layout that is then there to be met, if another branch has it not."""


class Systematic:
    """A chooser that takes every layout as long as it gets and a given value of every field, but what is forced.

    Args:
        pick: the value of a field, of its boundary values.
        forced: decisions by the identity of the layout that asks.
        known: boundary values by the identity of their field, filled when they are first asked for.
        short: whether every layout is as short as it gets.

    Attributes:
        met: identities of the fields that got another value than a typical one.
    """

    def __init__(
        self,
        pick: Callable[[list[Any]], Any],
        forced: Mapping[int, Any],
        known: dict[int, list[Any]],
        *,
        short: bool = False,
    ) -> None:
        self.pick = pick
        self.forced = forced
        self.known = known
        self.short = short
        self.met: set[int] = set()

    def value(self, field: Field) -> Any:
        """The forced value, the one that is picked, or a typical one where none can be picked."""
        if id(field) in self.forced:
            return self.forced[id(field)]
        if id(field) not in self.known:
            self.known[id(field)] = values(field)
        found = self.known[id(field)]
        picked = self.pick(found)
        if picked is None:
            return found[0]
        if picked != found[0]:
            self.met.add(id(field))
        return picked

    def number(self, node: AnyConstruct, numbers: Sequence[int]) -> int:
        """The forced number, the least or the greatest; of items with no end two where that is allowed."""
        if id(node) in self.forced:
            forced: int = self.forced[id(node)]
            return min(max(forced, numbers[0]), numbers[-1])
        if isinstance(node, Tail) and not self.short:
            return numbers[-1]
        enough = 2 if isinstance(node, Repeat | Many) and not self.short else numbers[0]
        return min(max(enough, numbers[0]), numbers[-1])

    def one(self, node: AnyConstruct, options: Sequence[Any]) -> Any:
        """The forced one, or the first."""
        return self.forced.get(id(node), options[0])

    def some(self, node: AnyConstruct, options: Sequence[Any], minimum: int, maximum: int) -> list[Any]:
        """The forced ones, as few as it gets, or as many."""
        return list(self.forced.get(id(node), options[: minimum if self.short else maximum]))


def corners(layout: AnyConstruct) -> Iterator[tuple[str, dict[str, Any]]]:
    """Data that meets what there is to meet, each with its name; each can be written, and comes once.

    Typical values; the least, the greatest and the ones just below zero of every field; no reading of every
    field that may have none; the shortest and the longest payload; every choice, case, variant, group and item.
    """
    seen: set[str] = set()
    for label, data in _wanted(layout):
        key = json.dumps(data, sort_keys=True)
        if key not in seen and _can_write(layout, data):
            seen.add(key)
            yield label, data


def branches(layout: AnyConstruct) -> Iterator[tuple[dict[str, Any], set[int]]]:
    """Typical data of every branch that can be written, with the identities of the layouts that gave it."""
    make = _Maker(layout)
    for goal in make.branches:
        filling = make.filling(make.typical(goal.forced))
        data = filling.data()
        if _can_write(layout, data):
            yield data, filling.met


def _wanted(layout: AnyConstruct) -> Iterator[tuple[str, dict[str, Any]]]:
    make = _Maker(layout)
    yield "typical", make.data(make.typical({}))
    for label, pick in (("minimum", least), ("maximum", most), ("below zero", below_zero)):
        yield from _extremes(make, label, pick)
    yield "shortest", make.data(Systematic(_first, {}, make.known, short=True))
    yield "longest", make.data(make.typical(_longest(layout)))
    yield from ((goal.label, make.data(make.typical(goal.forced))) for goal in make.goals)


class _Maker:
    """What making data of one layout again and again needs to know of it."""

    def __init__(self, layout: AnyConstruct) -> None:
        self.layout = layout
        self.counting = counting_in(layout)
        self.known: dict[int, list[Any]] = {}
        self.goals = list(_once(goals(layout)))
        self.branches = [WHOLE, *(goal for goal in self.goals if goal.is_branch)]

    def typical(self, forced: Mapping[int, Any]) -> Systematic:
        """A chooser of typical values."""
        return Systematic(_first, forced, self.known)

    def filling(self, chooser: Systematic) -> Filling:
        """Data that is about to be made."""
        return Filling(self.layout, chooser, self.counting)

    def data(self, chooser: Systematic) -> dict[str, Any]:
        """Data as a chooser wants it."""
        return self.filling(chooser).data()


def _extremes(make: _Maker, label: str, pick: Callable[[list[Any]], Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Data with the same extreme in every field; of the branches those with a field that had it not yet."""
    met: set[int] = set()
    for goal in make.branches:
        chooser = Systematic(pick, goal.forced, make.known)
        data = make.data(chooser)
        if not chooser.met <= met:
            met |= chooser.met
            yield f"{label}, {goal.label}" if goal.label else label, data


def _longest(layout: AnyConstruct) -> dict[int, Any]:
    """Forces every list to be as long as it gets."""
    return {id(each): sizes(each)[-1] for each in under(layout) if isinstance(each, Repeat)}


def _first(found: list[Any]) -> Any:
    return found[0]


def _can_write(layout: AnyConstruct, data: dict[str, Any]) -> bool:
    try:
        write(layout, data)
    except EncodeError:
        return False
    return True


def _once(found: Iterator[Goal]) -> Iterator[Goal]:
    """Each goal once, though the layout that has it may stand in several places."""
    seen: set[str] = set()
    for goal in found:
        node, decision = list(goal.forced.items())[-1]
        key = f"{node} {decision!r} {goal.is_branch}"
        if key not in seen:
            seen.add(key)
            yield goal


def goals(layout: AnyConstruct) -> Iterator[Goal]:
    """What there is to meet in a layout: every branch, and every value of the fields that have few."""
    yield from _Search({}, "", {}).goals(layout)


class _Search(NamedTuple):
    """Where in a layout goals are looked for.

    Attributes:
        forced: what has to be decided to get there.
        path: the names on the way there.
        fields: the fields before it by their names, which a `Case` may be on.
    """

    forced: Mapping[int, Any]
    path: str
    fields: dict[str, Any]

    def goals(self, layout: AnyConstruct) -> Iterator[Goal]:
        """The goals of a layout that stands there."""
        named = layout.name if layout.name and not is_merged(layout) else ""
        inner: Any = bare(layout)
        here = f"{self.path}.{named}" if self.path and named else self.path or named
        yield from ((Goal(f"{here}: {label}", {**self.forced, id(inner): value})) for label, value in _few(inner))
        if isinstance(inner, Field):
            self.fields[named] = inner
            return
        inside = _Search(self.forced, here, dict(self.fields) if named else self.fields)
        branches = list(inside.branches(inner))
        for label, reached, below in branches:
            yield Goal(label, reached, is_branch=True)
            if below is not None:
                yield from _Search(reached, here, dict(inside.fields)).goals(below)
        for child in () if branches else children(inner):
            yield from inside.goals(child)

    def branches(self, inner: Any) -> Iterator[tuple[str, dict[int, Any], AnyConstruct | None]]:
        """The branches of a layout: label, what has to be decided, and the layout that follows."""
        if isinstance(inner, Case):
            for value, below in inner.cases.items():
                label = _at(self.path, f"{inner.on}: {_word(value)}")
                yield label, {**self.forced, id(self.fields[inner.on]): value}, below
        for label, decision, below in _branches(inner, self.path):
            yield label, {**self.forced, id(inner): decision}, below


def _few(field: Any) -> Iterator[tuple[str, Any]]:
    """The values of a field that has few."""
    if isinstance(field, Missing):
        yield "no reading", None
        yield from _few(field.field)
    elif isinstance(field, Choice):
        yield from ((str(value), value) for value in values(field))
    elif isinstance(field, FlagSet):
        yield from ((", ".join(value) or "none", value) for value in values(field))


@singledispatch
def _branches(_layout: Any, _path: str) -> Iterator[Branch]:
    """The branches of a layout."""
    yield from ()


@_branches.register(Variants)
def _(layout: Variants, path: str) -> Iterator[Branch]:
    everywhere = set.intersection(*(set(names_of(variant.layout)) for variant in layout.variants))
    for number, variant in enumerate(layout.variants):
        names = ", ".join(name for name in names_of(variant.layout) if name not in everywhere)
        label = f"variant {number + 1} of {len(layout.variants)}"
        yield _at(path, f"{label} ({names})" if names else label), number, variant.layout


@_branches.register(Tlv)
def _(layout: Tlv, path: str) -> Iterator[Branch]:
    for key, item in layout.items.items():
        yield _at(path, f"{item.name} alone"), (key,), item


@_branches.register(Groups)
def _(layout: Groups, path: str) -> Iterator[Branch]:
    for bit, group in layout.groups.items():
        names = ", ".join([group.name] if group.name and not is_merged(group) else names_of(group))
        yield _at(path, f"{names} alone"), (bit,), group


@_branches.register(Channels)
def _(layout: Channels, path: str) -> Iterator[Branch]:
    for kind, item in layout.items.items():
        yield _at(path, f"{item.name} alone"), (kind,), item


@_branches.register(Tail)
def _(layout: Tail, path: str) -> Iterator[Branch]:
    for number, field in enumerate(layout.fields):
        name = names_of(field) if is_merged(field) else [field.name or "the last bytes"]
        yield _at(path, f"without {', '.join(name)}"), number, None
    yield from ((_at(path, "whole"), len(layout.fields), field) for field in layout.fields)


@_branches.register(Repeat)
def _(layout: Repeat, path: str) -> Iterator[Branch]:
    numbers = sizes(layout)
    return _numbers(layout, path, (numbers[0], min(numbers[0] + 1, numbers[-1]), numbers[-1]))


@_branches.register(Many)
def _(layout: Many, path: str) -> Iterator[Branch]:
    return _numbers(layout, path, (1, 2))


def _numbers(layout: Repeat | Many, path: str, numbers: Sequence[int]) -> Iterator[Branch]:
    for number in dict.fromkeys(numbers):
        below = layout.subcon if number == numbers[-1] else None
        yield f"{path}: {number} item{'' if number == 1 else 's'}", number, below


def _at(path: str, label: str) -> str:
    return f"{path}: {label}" if path else label


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
