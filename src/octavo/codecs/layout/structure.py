"""A declaration as pictures: a walk over its layouts that puts each field into a box, a row and the legend."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variant, Variants
from octavo.codecs.computed import Derived
from octavo.codecs.fields import Field
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layout.brief import BELOW
from octavo.codecs.layout.cells import Block, Cell, Picture, Range, Row
from octavo.codecs.layout.frames import Frame, Legend, Name
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.numbers import number_of
from octavo.codecs.tree import children, fixed_size
from octavo.codecs.words import Words, checksum_text, json_text, raw_type, times_text, words_of
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octavo.codecs.codec import Codec

LONGEST_MARGIN = 20
"""Characters of the value of a case that may stand at the margin of its row."""

SIMPLE = (Field, Derived, construct.Padded, construct.Const, type(construct.Pass))
"""What can stand in a row of a table and nowhere else."""

_NAMELESS = Case | Groups | Sized | Variants
"""Layouts whose boxes do not have their name."""


def pictures(codec: Codec, *, direction: str | None = None, f_port: int | None = None) -> list[Picture]:
    """The pictures of a codec, one a port.

    Args:
        codec: the codec.
        direction: ``uplink`` or ``downlink``; None for both.
        f_port: the port; None for all.

    Raises:
        ContentError: a layout that no picture can show; no such port.
    """
    ways = {"uplink": codec.uplink, "downlink": codec.downlink}
    chosen = [
        (way, port, layout)
        for way, layouts in ways.items()
        for port, layout in layouts.items()
        if direction in (None, way) and f_port in (None, port)
    ]
    if not chosen:
        raise ContentError(f"expected a port that {codec.name} declares, got {direction or 'port'} {f_port}")
    return [picture(layout, way, port) for way, port, layout in chosen]


def picture(layout: AnyConstruct, direction: str, f_port: int) -> Picture:
    """The picture of one layout; raises `ContentError`."""
    legend = Legend()
    frame = Frame(legend, f"{direction}[{f_port}]", start=0)
    put(layout, frame)
    return Picture(direction, f_port, tuple(frame.finished()), legend.entries())


def put(layout: AnyConstruct, frame: Frame) -> None:
    """Put a layout into a frame, under its name."""
    merged = is_merged(layout)
    name = Name("" if merged else layout.name or "", "" if merged else layout.docs or "")
    _put(bare(layout), frame, name)


@singledispatch
def _put(layout: Any, frame: Frame, name: Name) -> None:
    where = f"{frame.path}.{name.text}" if name.text else frame.path
    kind = type(layout).__name__
    raise ContentError(f"{where}: a picture cannot express {kind}; use a field of octavo.codecs", path=where)


@_put.register(Field)
def _field(layout: Field, frame: Frame, name: Name) -> None:
    size = fixed_size(layout.subcon)
    number = frame.explain(name, words_of(layout), size)
    if size != 0:
        frame.box(Cell(name.text, size, number))


@_put.register(Derived)
def _derived(layout: Derived, frame: Frame, name: Name) -> None:
    frame.explain(name, words_of(layout), 0)


@_put.register(construct.FormatField)
@_put.register(construct.BytesInteger)
@_put.register(construct.Bytes)
@_put.register(type(construct.GreedyBytes))
@_put.register(construct.Padded)
def _raw(layout: Any, frame: Frame, name: Name) -> None:
    size = fixed_size(layout)
    if size != 0:
        frame.box(Cell(name.text, size, frame.explain(name, words_of(layout), size)))


@_put.register(type(construct.Pass))
def _nothing(layout: Any, frame: Frame, name: Name) -> None:
    """Nothing stands there."""


@_put.register(construct.Const)
def _const(layout: Any, frame: Frame, name: Name) -> None:  # noqa: ARG001 - one signature for all layouts
    _constant(layout.value, frame)


@_put.register(construct.Struct)
def _struct(layout: Any, frame: Frame, name: Name) -> None:
    _members(layout.subcons, frame, name)


def _members(fields: Iterable[AnyConstruct], frame: Frame, name: Name) -> None:
    """The members of an object in the data, or of the frame itself."""
    around, here = frame.prefix, frame.path
    if name.text:
        frame.legend.add(around + name.text, Words("object"), name.docs, ("", ""))
        frame.prefix, frame.path = f"{around}{name.text}.", f"{here}.{name.text}"
    for field in fields:
        put(field, frame)
    frame.prefix, frame.path = around, here


@_put.register(Bits)
def _bits(layout: Bits, frame: Frame, name: Name) -> None:
    prefix = frame.prefix + (f"{name.text}." if name.text else "")
    if name.text:
        frame.legend.add(frame.prefix + name.text, Words("object"), name.docs, (frame.place(layout.size), ""))
    ranges = [_range(field, layout, frame, prefix) for field in layout.fields]
    ranges.sort(key=lambda each: -each.low)
    label = name.text or " ".join(each.label for each in ranges)
    number = ranges[0].number if len(ranges) == 1 else None
    short = "" if number else "bits"
    frame.box(Cell(label, layout.size, number, tuple(ranges), layout.big, short))


def _range(field: Any, word: Bits, frame: Frame, prefix: str) -> Range:
    leaf: Any = bare(field)
    number = number_of(leaf.subcon, word)
    low, width = (number.first, number.width) if number else (0, 0)
    bits = str(low) if width == 1 else f"{low + width - 1}–{low}"  # noqa: RUF001 - a range
    row = frame.legend.add(prefix + field.name, words_of(leaf, word), field.docs or "", (frame.place(word.size), bits))
    return Range(field.name, row, low, width)


@_put.register(Tail)
def _tail(layout: Tail, frame: Frame, name: Name) -> None:  # noqa: ARG001 - as above
    heading = "may be absent, from the last one backwards"
    inner = frame.inner(heading=heading, start=frame.offset, depth=frame.depth)
    for field in layout.fields:
        put(field, inner)
    frame.under(inner)


@_put.register(Repeat)
def _repeat(layout: Repeat, frame: Frame, name: Name) -> None:
    often = "once" if layout.minimum == layout.maximum == 1 else f"{times_text(layout.minimum, layout.maximum)} times"
    if isinstance(layout.count, str):
        often = f"as often as {layout.count} says"
    elif layout.count is not None:
        frame.box(Cell("count", fixed_size(layout.count)))
        often = f"as often as the count ({raw_type(layout.count)}) says"
    before = frame.offset
    item = _listed(layout.subcon, frame, name, often)
    if before is not None and item is not None and layout.count is None and layout.minimum == layout.maximum:
        frame.offset = frame.start = before + layout.minimum * item


def _listed(item: AnyConstruct, frame: Frame, name: Name, often: str) -> int | None:
    """The items of a list, drawn once, with offsets from where an item begins; the size of one, where it is fixed."""
    frame.legend.add(frame.prefix + name.text, Words("list", values=often), name.docs, ("", ""))
    heading = f"{name.text}: {often}"
    inner = frame.inner(heading=heading, start=0, prefix=f"{frame.prefix}{name.text}[].", sign="+")
    if isinstance(bare(item), Field):
        inner.prefix = frame.prefix
        _put(bare(item), inner, Name(f"{name.text}[]", item.docs or ""))
    else:
        put(item, inner)
    frame.under(inner)
    frame.offset = frame.start = None
    return inner.offset


@_put.register(Tlv)
def _tlv(layout: Tlv, frame: Frame, name: Name) -> None:  # noqa: ARG001 - a TLV has no name of its own
    one = layout.minimum == layout.maximum == 1
    items = "one item" if one else f"{times_text(layout.minimum, layout.maximum)} items, each"
    heading = f"{items}{':' if one else ''} a key ({raw_type(layout.key)}) and its value"
    _table([(_key(key, layout.size), item) for key, item in layout.items.items()], frame, heading)


@_put.register(Channels)
def _channels(layout: Channels, frame: Frame, name: Name) -> None:  # noqa: ARG001 - as above
    kinds = f"a channel ({raw_type(layout.channel)}), a type ({raw_type(layout.type)})"
    heading = f"any number of items, each {kinds} and its value; the channel is part of the name"
    rows = [
        (_key(key, layout.size), construct.Renamed(bare(item), f"{item.name}_<channel>", item.docs))
        for key, item in layout.items.items()
    ]
    _table(rows, frame, heading)


@_put.register(Groups)
def _groups(layout: Groups, frame: Frame, name: Name) -> None:  # noqa: ARG001 - as above
    frame.box(Cell("mask", fixed_size(layout.raw)))
    rows = [(f"bit {bit}", group) for bit, group in layout.groups.items()]
    _table(rows, frame, f"for each bit of the mask ({raw_type(layout.raw)}) that is set, in this order")


@_put.register(Sized)
def _sized(layout: Sized, frame: Frame, name: Name) -> None:  # noqa: ARG001 - as above
    frame.box(Cell("length", fixed_size(layout.raw)))
    inner = frame.inner(heading=f"as many bytes as the length ({raw_type(layout.raw)}) says", start=frame.offset)
    put(layout.layout, inner)
    frame.under(inner)
    frame.offset = frame.start = None


@_put.register(Checked)
def _checked(layout: Checked, frame: Frame, name: Name) -> None:  # noqa: ARG001 - as above
    put(layout.layout, frame)
    frame.flush()
    frame.heading = f"at the end, a checksum of all before it: {checksum_text(layout.over)}, {raw_type(layout.raw)}"
    frame.box(Cell("checksum", layout.size))


def _are_short(layout: Case) -> bool:
    """Whether cases are so short that each is a row of a table, with its value at the margin."""
    values = all(len(json_text(value)) <= LONGEST_MARGIN for value in layout.cases)
    fields = [[case] if case.name and not is_merged(case) else children(case) for case in layout.cases.values()]
    return values and all(isinstance(bare(field), SIMPLE) for row in fields for field in row)


def _table(
    rows: Iterable[tuple[str, AnyConstruct]],
    frame: Frame,
    heading: str,
    *,
    start: int | None = 0,
    sign: str = "+",
) -> None:
    """Layouts that come by a key, each a row with the key at its margin; what is no row comes below."""
    if frame.heading and not frame.cells:
        heading, frame.heading = f"{frame.heading}: {heading}", ""
    frame.flush()
    boxed: list[Row] = []
    below: list[Block] = []
    drawn: dict[int, str] = {}
    for margin, layout in rows:
        alike = drawn.setdefault(id(bare(layout)), str(layout.name)) if layout.name else ""
        if alike not in ("", layout.name) and isinstance(bare(layout), construct.Struct):
            frame.legend.add(frame.prefix + str(layout.name), Words(f"like {alike}"), layout.docs or "", ("", ""))
            boxed.append(Row(margin, (Cell(f"{layout.name}, like {alike}", 0),), start))
            continue
        first, *others = _row(layout, frame.inner(start=start, margin=margin, sign=sign), margin)
        note = str(layout.name) if layout.name and isinstance(bare(layout), construct.Struct | Many | _NAMELESS) else ""
        boxed += [replace(row, margin=margin, note=note) for row in first.rows]
        below += [replace(block, heading=f"{margin}: {block.heading}") for block in others]
    frame.blocks += [Block(heading, tuple(boxed), frame.depth), *below]
    frame.offset = frame.start = None


def _row(layout: AnyConstruct, inner: Frame, margin: str) -> list[Block]:
    """The blocks of a layout in a table; the first is its row."""
    many, start = bare(layout), inner.start
    if isinstance(many, Many):
        _many_row(many, inner, layout)
    else:
        put(layout, inner)
    blocks = inner.finished()
    if blocks and not blocks[0].heading:
        return blocks
    label = f"{layout.name or ''} (no bytes)" if not blocks else f"{layout.name or ''}{BELOW}"
    return [Block("", (Row(margin, (Cell(label.lstrip(), 0),), start),)), *blocks]


def _many_row(many: Many, inner: Frame, layout: AnyConstruct) -> None:
    """An item of a table that comes any number of times: a list in the data."""
    inner.legend.add(inner.prefix + str(layout.name), Words("list", values="one an item"), layout.docs or "", ("", ""))
    if isinstance(bare(many.subcon), Field):
        _put(bare(many.subcon), inner, Name(f"{layout.name}[]", ""))
    else:
        inner.prefix += f"{layout.name}[]."
        put(many.subcon, inner)


@_put.register(Case)
def _case(layout: Case, frame: Frame, name: Name) -> None:  # noqa: ARG001 - cases have no name of their own
    start = frame.offset
    if _are_short(layout):
        rows = [(json_text(value), case) for value, case in layout.cases.items()]
        _table(rows, frame, f"by {layout.on}", start=start, sign=frame.sign)
        return
    for value, case in layout.cases.items():
        inner = frame.inner(heading=f"where {layout.on} is {json_text(value)}", start=start)
        put(case, inner)
        frame.under(inner)
    frame.offset = frame.start = None


@_put.register(Literal)
def _literal(layout: Literal, frame: Frame, name: Name) -> None:  # noqa: ARG001 - nor has this
    for member, value in layout.data.items():
        frame.legend.add(
            frame.prefix + member, Words("the whole frame", values=json.dumps(value, ensure_ascii=False)), "", ("", "")
        )
    _constant(layout.frame, frame)


@_put.register(Variants)
def _variants(layout: Variants, frame: Frame, name: Name) -> None:  # noqa: ARG001 - nor have these
    start = frame.offset
    for variant in layout.variants:
        inner = frame.inner(heading=_condition(variant), start=start)
        put(variant.layout, inner)
        frame.under(inner)
    frame.offset = frame.start = None


def _condition(variant: Variant) -> str:
    if isinstance(bare(variant.layout), Literal):
        return "exactly these bytes"
    if variant.at is None:
        return "otherwise"
    mask = "" if variant.mask == 0xFF else f" & 0x{variant.mask:02x}"  # noqa: PLR2004 - all bits of a byte
    return f"where byte {variant.at}{mask} is 0x{variant.value:02x}"


def _constant(content: bytes, frame: Frame) -> None:
    """Bytes that are always the same; a run of them is one box."""
    if content:
        is_run = len(content) > 1 and not content.strip(content[:1])
        text = f"{len(content)} × {content[0]:02x}" if is_run else content.hex(" ")  # noqa: RUF001 - times
        frame.box(Cell(text, len(content)))


def _key(key: int, size: int) -> str:
    return key.to_bytes(size, "big").hex(" ")
