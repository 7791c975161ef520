"""Reading one payload fast: a tree of closures, built once for each layout.

construct takes microseconds for a field. Here neighbouring fields are read with one `struct.Struct`, and each
layout is a function that puts its members into the frame. What is not plain data ends the attempt: the caller
then reads the payload by construct, whose errors say what is wrong. So there is one place for errors, and this
one is for speed only.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import singledispatch
from struct import Struct
from typing import TYPE_CHECKING, Any, TypeAlias

import construct

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.checksums import checksum
from octavo.codecs.computed import Ago, Computed
from octavo.codecs.fields import Mismatch
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Merged
from octavo.codecs.quick_scope import Scope, looked_up, result_of
from octavo.codecs.quick_slots import GiveUp, Slot, raw_slot, slot_of
from octavo.codecs.texts import Ascii, HexText, seconds_before

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octavo.codecs._construct import AnyConstruct

Data: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[bytes, int, int, Data, Scope], int]
"""Reads from an offset, up to an end, into the members of a frame; gives the offset after it."""

ItemReader: TypeAlias = Callable[[bytes, int, int, Scope], tuple[Any, int]]
"""Reads an item of a list; gives its value, and the offset after it."""

QuickReader: TypeAlias = Callable[[bytes, int | None], Data | None]

GIVEN_UP = (GiveUp, Mismatch, LookupError)


def quick_reader(layout: AnyConstruct) -> QuickReader | None:
    """A function that reads payloads of a layout; None where the layout has something it does not know.

    The function takes the payload and the time of reception (Unix time in milliseconds, or None), and gives the
    data; None where construct is to read the payload.
    """
    try:
        members = reader(layout)
    except GiveUp:
        return None

    def read(payload: bytes, recv_ms: int | None) -> Data | None:
        data: Data = {}
        end = len(payload)
        try:
            at = members(payload, 0, end, data, Scope(None, None, None, recv_ms))
        except GIVEN_UP:
            return None
        return data if at == end else None

    return read


def reader(layout: AnyConstruct) -> Reader:
    """What reads the members of a frame, or of a merged layout, into the frame; raises `GiveUp`."""
    return _reader(bare(layout))


def _part(layout: AnyConstruct) -> Reader:
    """What reads a named field into the frame, or the members of a layout that hands them to it."""
    return _in_order([layout]) if layout.name and not is_merged(layout) else reader(layout)


@singledispatch
def _reader(layout: Any) -> Reader:
    raise GiveUp(type(layout).__name__)


@_reader.register(construct.Struct)
def _struct(layout: Any) -> Reader:
    return _in_order(layout.subcons)


@_reader.register(Bits)
@_reader.register(construct.Padded)
@_reader.register(construct.Const)
def _alone(layout: Any) -> Reader:
    return _in_order([layout])


@_reader.register(type(construct.Pass))
def _pass(layout: Any) -> Reader:  # noqa: ARG001 - it has nothing
    return lambda _payload, at, _end, _out, _scope: at


@_reader.register(Tail)
def _tail(layout: Any) -> Reader:
    readers = tuple(_in_order([field]) for field in layout.fields)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        for each in readers:
            if at == end:
                break
            at = each(payload, at, end, out, scope)
        return at

    return read


@_reader.register(Tlv)
def _tlv(layout: Any) -> Reader:
    items = {key: _tlv_item(item) for key, item in layout.items.items()}
    read_key = _raw(layout.key)
    minimum, maximum = layout.minimum, -1 if layout.maximum is None else layout.maximum

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        count = 0
        while at < end and count != maximum:
            key, at = read_key(payload, at, end, scope)
            at = items[key](payload, at, end, out, scope)
            count += 1
        if count < minimum:
            raise GiveUp
        return at

    return read


def _tlv_item(item: Any) -> Reader:
    many = bare(item)
    if not isinstance(many, Many):
        return _in_order([item])
    name, read_item = item.name, _item(many.subcon)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        rows = out.setdefault(name, [])
        row, at = read_item(payload, at, end, Scope(out, scope, len(rows), scope.recv_ms))
        rows.append(row)
        return at

    return read


@_reader.register(Case)
def _case(layout: Any) -> Reader:
    cases = {key: _part(case) for key, case in layout.cases.items()}
    on = looked_up(layout.on)
    return lambda payload, at, end, out, scope: cases[on(out, scope)](payload, at, end, out, scope)


@_reader.register(Literal)
def _literal(layout: Any) -> Reader:
    frame, data = layout.frame, layout.data

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:  # noqa: ARG001 - the signature
        after = at + len(frame)
        if after > end or not payload.startswith(frame, at):
            raise GiveUp
        out.update(copy.deepcopy(data))
        return after

    return read


@_reader.register(Variants)
def _variants(layout: Any) -> Reader:
    variants = tuple((variant, reader(variant.layout)) for variant in layout.variants)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        ahead = payload[at:end]
        for variant, read_it in variants:
            if variant.matches(ahead):
                return read_it(payload, at, end, out, scope)
        raise GiveUp

    return read


@_reader.register(Groups)
def _groups(layout: Any) -> Reader:
    read_mask, unknown = _raw(layout.raw), ~layout.mask
    groups = tuple((1 << bit, _part(group)) for bit, group in layout.groups.items())

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        mask, at = read_mask(payload, at, end, scope)
        if mask & unknown:
            raise GiveUp
        for bit, read_group in groups:
            if mask & bit:
                at = read_group(payload, at, end, out, scope)
        return at

    return read


@_reader.register(Sized)
def _sized(layout: Any) -> Reader:
    read_size, members = _raw(layout.raw), _part(layout.layout)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        size, at = read_size(payload, at, end, scope)
        after: int = at + size
        if after > end or members(payload, at, after, out, scope) != after:
            raise GiveUp
        return after

    return read


@_reader.register(Checked)
def _checked(layout: Any) -> Reader:
    read_sum, members = _raw(layout.raw), _part(layout.layout)
    size, over = layout.size, layout.over

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        after = end - size
        if at > 0 or after < 0 or read_sum(payload, after, end, scope)[0] != checksum(over, payload[:after], 8 * size):
            raise GiveUp
        if members(payload, 0, after, out, scope) != after:
            raise GiveUp
        return end

    return read


@_reader.register(Channels)
def _channels(layout: Any) -> Reader:
    read_channel, read_type = _raw(layout.channel), _raw(layout.type)
    items = {key: (item.name, _item(item)) for key, item in layout.items.items()}

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        inner = Scope(out, scope, scope.item, scope.recv_ms)
        while at < end:
            channel, at = read_channel(payload, at, end, scope)
            number, at = read_type(payload, at, end, scope)
            name, read_item = items[number]
            out[f"{name}_{channel}"], at = read_item(payload, at, end, inner)
        return at

    return read


def _in_order(fields: Iterable[AnyConstruct]) -> Reader:
    """Fields one after the other, neighbours of fixed size in one go."""
    readers: list[Reader] = []
    run: list[Slot] = []
    for field in fields:
        slot = slot_of(field)
        if slot is None:
            readers += [*_run(run), _member(field)]
            run = []
        elif slot.order and any(other.order not in {"", slot.order} for other in run):
            readers += _run(run)
            run = [slot]
        else:
            run.append(slot)
    readers += _run(run)
    return readers[0] if len(readers) == 1 else _sequence(tuple(readers))


def _sequence(readers: tuple[Reader, ...]) -> Reader:
    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        for each in readers:
            at = each(payload, at, end, out, scope)
        return at

    return read


def _run(slots: list[Slot]) -> list[Reader]:
    """One reader of slots that have one byte order; none where there is no slot."""
    if not slots:
        return []
    order = next((slot.order for slot in slots if slot.order), ">")
    layout = Struct(order + "".join(slot.item for slot in slots))
    size, unpack_from = layout.size, layout.unpack_from
    valued = [slot for slot in slots if not slot.item.endswith("x")]
    puts = tuple((index, *member) for index, slot in enumerate(valued) for member in slot.members)
    checks = tuple((index, slot.constant) for index, slot in enumerate(valued) if slot.constant is not None)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:  # noqa: ARG001 - the signature
        after = at + size
        if after > end:
            raise GiveUp
        values = unpack_from(payload, at)
        for index, constant in checks:
            if values[index] != constant:
                raise GiveUp
        for index, name, convert in puts:
            out[name] = values[index] if convert is None else convert(values[index])
        return after

    return [read]


def _raw(number: AnyConstruct) -> ItemReader:
    """A number without a field, such as a key or a count."""
    slot = raw_slot(number)
    convert = slot.members[0][1]
    layout = Struct(f"{slot.order}{slot.item}")
    size, unpack_from = layout.size, layout.unpack_from

    def read(payload: bytes, at: int, end: int, scope: Scope) -> tuple[Any, int]:  # noqa: ARG001 - the signature
        after = at + size
        if after > end:
            raise GiveUp
        (value,) = unpack_from(payload, at)
        return (value if convert is None else convert(value)), after

    return read


def _member(field: AnyConstruct) -> Reader:
    """A member that is no slot: it puts itself, or what it hands to the frame, into the frame."""
    if is_merged(field):
        return reader(field)
    if not field.name:
        raise GiveUp(type(bare(field)).__name__)
    return _named(bare(field), field.name)


@singledispatch
def _named(layout: Any, name: str) -> Reader:  # noqa: ARG001 - the signature
    raise GiveUp(type(layout).__name__)


@_named.register(construct.Struct)
@_named.register(Merged)
def _frame(layout: Any, name: str) -> Reader:
    members = reader(layout)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        inner: Data = {}
        at = members(payload, at, end, inner, Scope(out, scope, scope.item, scope.recv_ms))
        out[name] = inner
        return at

    return read


@_named.register(Repeat)
def _repeat(layout: Any, name: str) -> Reader:
    if layout.count is not None:
        return _counted(layout, name)
    read_item, minimum, maximum = _item(layout.subcon), layout.minimum, layout.maximum

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        rows: list[Any] = []
        while at < end and len(rows) != maximum:
            row, at = read_item(payload, at, end, Scope(out, scope, len(rows), scope.recv_ms))
            rows.append(row)
        if len(rows) < minimum:
            raise GiveUp
        out[name] = rows
        return at

    return read


def _counted(layout: Any, name: str) -> Reader:
    count_of = _count_reader(layout.count)
    read_item, minimum, maximum = _item(layout.subcon), layout.minimum, layout.maximum

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:
        count, at = count_of(payload, at, end, Scope(out, scope, scope.item, scope.recv_ms))
        if type(count) is not int or count < minimum or (maximum is not None and count > maximum):
            raise GiveUp
        rows: list[Any] = []
        for index in range(count):
            row, at = read_item(payload, at, end, Scope(out, scope, index, scope.recv_ms))
            rows.append(row)
        out[name] = rows
        return at

    return read


def _count_reader(count: Any) -> ItemReader:
    if not isinstance(count, str):
        return _raw(count)
    told = looked_up(count)
    return lambda _payload, at, _end, scope: (told({}, scope), at)


def _item(layout: AnyConstruct) -> ItemReader:
    """An item of a list: a frame, or a single field."""
    slot = slot_of(layout, "")
    if slot is not None and not isinstance(bare(layout), Merged):
        return _single(_run([slot])[0])
    members = reader(layout)

    def read(payload: bytes, at: int, end: int, scope: Scope) -> tuple[Any, int]:
        row: Data = {}
        at = members(payload, at, end, row, scope)
        return row, at

    return read


def _single(read_into: Reader) -> ItemReader:
    """What a reader puts under the empty name."""

    def read(payload: bytes, at: int, end: int, scope: Scope) -> tuple[Any, int]:
        found: Data = {}
        at = read_into(payload, at, end, found, scope)
        return found[""], at

    return read


@_named.register(HexText)
@_named.register(Ascii)
def _rest(layout: Any, name: str) -> Reader:
    """Text to the end of the payload; one of fixed size is a slot."""
    if layout.count is not None:
        raise GiveUp(name)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:  # noqa: ARG001 - the signature
        out[name] = layout.read(payload[at:end])
        return end

    return read


@_named.register(Computed)
def _computed(layout: Any, name: str) -> Reader:
    result = result_of(layout.expression)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:  # noqa: ARG001 - the signature
        value = result(out, scope)
        out[name] = None if value is None else layout.finished(value)
        return at

    return read


@_named.register(Ago)
def _ago(layout: Any, name: str) -> Reader:
    result = result_of(layout.expression)

    def read(payload: bytes, at: int, end: int, out: Data, scope: Scope) -> int:  # noqa: ARG001 - the signature
        value = None if scope.recv_ms is None else result(out, scope)
        text = None if value is None or scope.recv_ms is None else seconds_before(scope.recv_ms, value)
        if text is not None:
            out[name] = text
        return at

    return read
