"""The walk of a layout with a cursor that is the same in all rows of a part, and what parts the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct
import numpy as np

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.columns.parts import (
    FEW,
    Beyond,
    Bound,
    Derivation,
    Given,
    Part,
    Reading,
    Sum,
    TextReading,
    Unfit,
    split,
)
from octavo.codecs.columns.raw import counts_of, is_readable
from octavo.codecs.computed import Computed, Derived
from octavo.codecs.expressions import members_in
from octavo.codecs.fields import Choice, Field, Flag, Marker, Mismatch, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs.columns.arrays import Array, Path
    from octavo.codecs.columns.parts import Step


def finished(part: Part) -> Iterator[Part]:
    """The parts that a part falls into, each with all of its steps."""
    waiting = [part]
    while waiting:
        here = waiting.pop()
        if not here.beyond and len(here) < FEW:
            here.beyond = f"fewer than {FEW} are alike"
        if here.beyond or here.fails:
            yield here
        elif here.todo is None:
            here.fails = here.at != here.end
            yield here
        else:
            waiting += _next(here)


def _next(part: Part) -> list[Part]:
    (layout, path), part.todo = part.todo
    try:
        parts = _walk(layout, part, path)
    except Unfit:
        part.fails = True
    except Beyond as reason:
        part.beyond = str(reason)
    else:
        return [part] if parts is None else parts
    return [part]


def member(layout: Any, part: Part, path: Path) -> None:
    """Walk a layout inside a frame next: a named one has a path of its own."""
    if layout.name and not is_merged(layout):
        named(bare(layout), part, (*path, layout.name))
    else:
        part.later(bare(layout), path)


def named(layout: Any, part: Part, path: Path) -> None:
    """Walk a layout with a path of its own next; a frame is there even where none of its members is."""
    part.later(layout, path)
    if not isinstance(layout, Field | Derived):
        part.put(path, Given(path, [] if isinstance(layout, Repeat) else {}))


@singledispatch
def _walk(layout: Any, part: Part, path: Path) -> list[Part] | None:  # noqa: ARG001 - the signature
    raise Beyond(f"{type(layout).__name__} is")


@_walk.register(construct.Struct)
def _struct(layout: Any, part: Part, path: Path) -> None:
    _later_in_order(layout.subcons, part, path)


def _later_in_order(fields: Any, part: Part, path: Path) -> None:
    part.later(_InOrder(tuple(fields), 0), path)


@dataclass(frozen=True, slots=True)
class _InOrder:
    """Fields of a frame, from one of them on."""

    fields: tuple[Any, ...]
    index: int


@_walk.register(_InOrder)
def _in_order(layout: Any, part: Part, path: Path) -> None:
    if layout.index < len(layout.fields):
        part.later(_InOrder(layout.fields, layout.index + 1), path)
        member(layout.fields[layout.index], part, path)


@_walk.register(type(construct.Pass))
def _pass(layout: Any, part: Part, path: Path) -> None:
    """It has no bytes and no members."""


@_walk.register(construct.Padded)
def _padding(layout: Any, part: Part, path: Path) -> None:  # noqa: ARG001 - the signature
    if not isinstance(layout.subcon, type(construct.Pass)) or not isinstance(layout.length, int):
        raise Beyond("Padded is")
    part.need(layout.length)


@_walk.register(construct.Const)
def _constant(layout: Any, part: Part, path: Path) -> None:  # noqa: ARG001 - the signature
    if not isinstance(layout.value, bytes):
        raise Beyond("Const is")
    part.steps.append(Bound(part.need(len(layout.value)), layout.value))


@_walk.register(Field)
def _field(layout: Any, part: Part, path: Path) -> None:
    number = number_of(layout.subcon)
    if number is not None and not is_readable(number):
        raise Beyond(f"a number of {number.width} bits is")
    if number is not None:
        part.put(path, Reading(path, layout, number, part.need(number.size)))
        return
    whole = layout.subcon is construct.GreedyBytes
    size = part.end - part.at if whole else layout.subcon.sizeof()
    part.put(path, TextReading(path, layout, part.need(size), size))


@_walk.register(Marker)
def _marker(layout: Any, part: Part, path: Path) -> None:
    part.need(layout.subcon.sizeof())
    part.put(path, Given(path, value=True))


@_walk.register(Bits)
def _bits(layout: Any, part: Part, path: Path) -> None:
    at = part.need(layout.size)
    for named_field in layout.fields:
        field: Any = bare(named_field)
        inner = (*path, named_field.name)
        number = number_of(field.subcon, layout)
        if number is None or not is_readable(number):
            raise Beyond("such a range of bits is")
        part.put(inner, Given(inner, value=True) if isinstance(field, Marker) else Reading(inner, field, number, at))


@_walk.register(Tail)
def _tail(layout: Any, part: Part, path: Path) -> None:
    part.later(_Optional(tuple(layout.fields), 0), path)


@dataclass(frozen=True, slots=True)
class _Optional(_InOrder):
    """Fields of a tail, from one of them on."""


@_walk.register(_Optional)
def _optional(layout: Any, part: Part, path: Path) -> None:
    if part.at < part.end and layout.index < len(layout.fields):
        part.later(_Optional(layout.fields, layout.index + 1), path)
        member(layout.fields[layout.index], part, path)


@dataclass(frozen=True, slots=True)
class _Items:
    """A list, or a row of keys, of which some items have been read."""

    of: Any
    index: int
    count: int | None = None


@_walk.register(Repeat)
def _repeat(layout: Any, part: Part, path: Path) -> list[Part] | None:
    if layout.count is None:
        part.later(_Items(layout, 0, layout.maximum), path)
        return None

    def counted(here: Part, count: Any) -> None:
        if not isinstance(count, int) or count < layout.minimum:
            raise Unfit
        if layout.maximum is not None and count > layout.maximum:
            raise Unfit
        here.later(_Items(layout, 0, count), path)

    if isinstance(layout.count, str):
        return _by_value(part, layout.count, path[:-1], counted)
    return split(part, part.counts(layout.count), counted)


@_walk.register(_Items)
def _items(layout: Any, part: Part, path: Path) -> None:
    repeat, index = layout.of, layout.index
    open_end = repeat.count is None
    if index >= repeat.minimum and (index == layout.count or (open_end and part.at == part.end)):
        return
    part.later(_Items(repeat, index + 1, layout.count), path)
    _item(repeat.subcon, part, (*path, index))


def _item(layout: Any, part: Part, path: Path) -> None:
    inner = bare(layout)
    named(inner, part, path)


@_walk.register(Tlv)
def _tlv(layout: Any, part: Part, path: Path) -> None:
    part.later(_Keys(layout, 0), path)


@dataclass(frozen=True, slots=True)
class _Keys(_Items):
    """The items of a `Tlv`, of which some have been read."""


@_walk.register(_Keys)
def _keys(layout: Any, part: Part, path: Path) -> list[Part] | None:
    table, count = layout.of, layout.index
    if part.at == part.end or count == table.maximum:
        if count < table.minimum:
            raise Unfit
        return None

    def keyed(here: Part, key: Any) -> None:
        if key not in table.items:
            raise Unfit
        here.later(_Keys(table, count + 1), path)
        _of_key(table.items[key], here, path)

    return split(part, part.counts(table.key), keyed, _one_of(table.items))


def _one_of(table: Any) -> Any:
    """Where a number is a key of a table."""
    return lambda counts: np.isin(counts, list(table))


def _of_key(item: Any, part: Part, path: Path) -> None:
    many = bare(item)
    if not isinstance(many, Many):
        member(item, part, path)
        return
    where = (*path, item.name)
    if where not in part.found:
        part.put(where, Given(where, []))
    _item(many.subcon, part, (*where, sum(len(old) == len(where) + 1 and old[:-1] == where for old in part.found)))


@_walk.register(Channels)
def _channels(layout: Any, part: Part, path: Path) -> list[Part] | None:
    if part.at == part.end:
        return None
    number, at = number_of(layout.channel), part.at

    def typed(here: Part, kind: Any) -> None:
        if kind not in layout.items:
            raise Unfit
        here.later(layout, path)
        item = layout.items[kind]
        channel = int(counts_of(here.matrix[:1], number, at)[0]) if number else 0
        named(bare(item), here, (*path, f"{item.name}_{channel}"))

    def channelled(here: Part, channel: Any) -> None:  # noqa: ARG001 - read again, where the type is known
        here.later(_Typed(layout.type, _one_of(layout.items), typed), path)

    return split(part, part.counts(layout.channel), channelled)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A number that parts the rows, and what to do then."""

    raw: Any
    known: Any
    then: Any


@_walk.register(_Typed)
def _typed(layout: Any, part: Part, path: Path) -> list[Part]:  # noqa: ARG001 - the signature
    return split(part, part.counts(layout.raw), layout.then, layout.known)


@_walk.register(Groups)
def _groups(layout: Any, part: Part, path: Path) -> list[Part]:
    def masked(here: Part, mask: Any) -> None:
        if mask & ~layout.mask:
            raise Unfit
        _later_in_order([group for bit, group in layout.groups.items() if mask >> bit & 1], here, path)

    return split(part, part.counts(layout.raw), masked, lambda masks: (masks & ~np.uint64(layout.mask)) == 0)


@_walk.register(Sized)
def _sized(layout: Any, part: Part, path: Path) -> list[Part]:
    def sized(here: Part, size: Any) -> None:
        if here.at + size > here.end:
            raise Unfit
        here.later(_End(here.end), path)
        here.end = here.at + size
        member(layout.layout, here, path)

    return split(part, part.counts(layout.raw), sized)


@dataclass(frozen=True, slots=True)
class _End:
    """Where a part of the payload has to end; after it counts the end around it."""

    around: int


@_walk.register(_End)
def _end(layout: Any, part: Part, path: Path) -> None:  # noqa: ARG001 - the signature
    if part.at != part.end:
        raise Unfit
    part.end = layout.around


@_walk.register(Checked)
def _checked(layout: Any, part: Part, path: Path) -> None:
    number = number_of(layout.raw)
    if number is None or part.at:
        raise Beyond("Checked inside a layout is")
    inner = part.end - layout.size
    if inner < 0:
        raise Unfit
    part.steps.append(Sum(layout, number, inner))
    part.later(_Skipped(layout.size), path)
    part.later(_End(part.end), path)
    part.end = inner
    member(layout.layout, part, path)


@dataclass(frozen=True, slots=True)
class _Skipped:
    """Bytes that were looked at before."""

    size: int


@_walk.register(_Skipped)
def _skipped(layout: Any, part: Part, path: Path) -> None:  # noqa: ARG001 - the signature
    part.need(layout.size)


@_walk.register(Literal)
def _literal(layout: Any, part: Part, path: Path) -> None:
    part.steps.append(Bound(part.need(len(layout.frame)), layout.frame))
    _give(layout.data, part, path)


def _give(data: Any, part: Part, path: Path) -> None:
    for name, value in data.items():
        inner = (*path, name)
        if isinstance(value, dict):
            part.put(inner, Given(inner, {}))
            _give(value, part, inner)
        else:
            part.put(inner, Given(inner, value))


@_walk.register(Variants)
def _variants(layout: Any, part: Part, path: Path) -> list[Part]:
    def chosen(here: Part, index: Any) -> None:
        if index < 0:
            raise Unfit
        member(layout.variants[index].layout, here, path)

    return split(part, _which(layout.variants, part), chosen)


def _which(variants: Any, part: Part) -> Array:
    """The index of the first variant that matches, -1 for none."""
    found = np.full(len(part), -1, np.int16)
    columns: dict[int, Array] = {}
    for index, variant in enumerate(variants):
        matches = _matching(variant, part, columns)
        if np.any(matches):
            np.copyto(found, index, where=matches & (found < 0))
        if np.ndim(matches) == 0 and matches:
            break
    return found


def _matching(variant: Any, part: Part, columns: dict[int, Array]) -> Any:
    """Where a variant matches; one truth for all rows where that is so."""
    if isinstance(variant.layout, Literal):
        return _equal(variant.layout.frame, part)
    at = part.at if variant.at is None else part.at + variant.at
    if variant.at is None or at >= part.end:
        return np.bool_(variant.at is None)
    if at not in columns:
        column = np.ascontiguousarray(part.matrix[:, at])
        columns[at] = column[:1] if column.min() == column.max() else column
    matches = (columns[at] & np.uint8(variant.mask)) == variant.value
    return matches[0] if len(matches) == 1 else matches


def _equal(frame: bytes, part: Part) -> Any:
    """Where all that is left of a payload is this."""
    if part.end - part.at != len(frame):
        return np.False_
    rows = np.flatnonzero(part.matrix[:, part.at] == frame[0]) if frame else np.arange(len(part))
    for index, byte in enumerate(frame):
        rows = rows[part.matrix[rows, part.at + index] == byte]
    equal = np.zeros(len(part), bool)
    equal[rows] = True
    return equal


@_walk.register(Case)
def _case(layout: Any, part: Part, path: Path) -> list[Part]:
    def chosen(here: Part, value: Any) -> None:
        if value not in layout.cases:
            raise Unfit
        member(layout.cases[value], here, path)

    return _by_value(part, layout.on, path, chosen)


def _by_value(part: Part, name: str, path: Path, then: Any) -> list[Part]:
    """Part the rows by the value of an earlier member."""
    step = look_up(part, name, path)
    if not isinstance(step, Reading) or not isinstance(step.field, Choice | Flag | Scaled | Missing):
        raise Beyond(f"what hangs on {name} is")
    field = step.field

    def valued(here: Part, count: Any) -> None:
        try:
            value = field.read(count)
        except Mismatch:
            raise Unfit from None
        then(here, value)

    known = _one_of(field.names) if isinstance(field, Choice) and field.default is None else None
    return split(part, counts_of(part.matrix, step.number, step.at), valued, known)


def look_up(part: Part, name: str, path: Path) -> Step | None:
    """The step of the member that a name means: of the frame itself, then of those around it."""
    steps = [part.found[at] for end in range(len(path), -1, -1) if (at := (*path[:end], name)) in part.found]
    if len(steps) > 1 and not _is_known(steps[0]):
        raise Beyond(f"{name}, which stands in two frames, is")
    return steps[0] if steps else None


def _is_known(step: Step) -> bool:
    """Whether a member can be no null."""
    return isinstance(step, Reading) and not isinstance(step.field, Missing)


@_walk.register(Derived)
def _derived(layout: Any, part: Part, path: Path) -> None:
    operands = {name: look_up(part, name, path[:-1]) for name in members_in(layout.expression)}
    for name, step in operands.items():
        if not _is_number(step):
            raise Beyond(f"what is computed from {name} is")
    indices = [key for key in path if isinstance(key, int)]
    part.put(path, Derivation(path, layout, operands, indices[-1] if indices else None))


def _is_number(step: Step | None) -> bool:
    if isinstance(step, Reading):
        field = step.field.field if isinstance(step.field, Missing) else step.field
        return isinstance(field, Scaled)
    return step is None or (isinstance(step, Derivation) and isinstance(step.layout, Computed))
