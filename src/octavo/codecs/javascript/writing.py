"""Layouts, written: statements that put the members of some data into a frame's bytes."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare, bytes_of, is_merged, shown
from octavo.codecs.alternatives import Case, Literal, Variant, Variants
from octavo.codecs.computed import Derived
from octavo.codecs.fields import Field
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.javascript import raw
from octavo.codecs.javascript.cases import write_case
from octavo.codecs.javascript.literals import camel, hexadecimal, text, value
from octavo.codecs.javascript.reading import checksum, takes_any, test_of
from octavo.codecs.javascript.script import Body, Place, member_place
from octavo.codecs.javascript.shapes import shape_of, tlv_members, variant_shapes
from octavo.codecs.javascript.writing_fields import write_field
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Merged
from octavo.codecs.tree import children, names_given, names_of
from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.javascript.script import Script

SMALL = 2
"""Most bytes of a length that data can exceed."""


def write_child(child: AnyConstruct, body: Body, word: Bits | None = None) -> None:
    """Write the statements of a layout inside a frame."""
    if is_merged(child) or not child.name:
        write_members(bare(child), body)
    elif not isinstance(bare(child), Derived):
        with body.at(child.name):
            write_value(bare(child), body, member_place(child.name, word))


# ---- members -----------------------------------------------------------------------------------------------------


@singledispatch
def write_members(layout: Any, body: Body) -> None:
    """Write the statements that write the members of a layout.

    Raises:
        ContentError: it is none that the script can have.
    """
    raise raw.unknown(layout, body.where)


@write_members.register(construct.Struct)
def _(layout: Any, body: Body) -> None:
    for child in children(layout):
        write_child(child, body)


@write_members.register(Bits)
def _(layout: Bits, body: Body) -> None:
    body.add(f"{body.use('word')} = {raw.word_begun(layout)};")
    for field in layout.fields:
        write_child(field, body, layout)
    body.add(raw.word_written(layout))


@write_members.register(Tail)
def _(layout: Tail, body: Body) -> None:
    earlier: list[str] = []
    for field in layout.fields:
        if not field.name:
            continue
        if is_merged(field):
            message = f"{body.where}: JavaScript cannot express a {type(field).__name__} in a Tail; use a named one"
            raise ContentError(message, path=body.where)
        with body.block(f"if (has(data, {text(field.name)}))"):
            if earlier:
                body.add(f"expectBefore(frame, data, {value(earlier)}, {text(field.name)});")
            write_child(field, body)
        earlier.append(field.name)


@write_members.register(construct.Padded)
def _(layout: Any, body: Body) -> None:
    body.add(f"put(frame, 0, {layout.length});")


@write_members.register(type(construct.Pass))
def _(layout: Any, body: Body) -> None:
    del layout, body


@write_members.register(construct.Const)
def _(layout: Any, body: Body) -> None:
    body.add(f"append(frame, {value(list(layout.value))});")


@write_members.register(Case)
def _(layout: Case, body: Body) -> None:
    write_case(layout, body, write_members, "write")


def _part(layout: AnyConstruct, body: Body) -> Body:
    part = body.part()
    write_members(bare(layout), part)
    return part


@write_members.register(Literal)
def _(layout: Literal, body: Body) -> None:
    wanted = " && ".join(_is_same(f"data.{name}", each) for name, each in layout.data.items())
    body.add("frame.name = '';", f"expect(frame, {wanted}, {text(shown(layout.data))}, data);")
    body.add(f"append(frame, {value(list(layout.frame))});")


def _is_same(given: str, expected: Any) -> str:
    """The condition that a value is a certain one."""
    if not isinstance(expected, dict | list):
        return f"{given} === {value(expected)}"
    if not expected:
        return f"JSON.stringify({given}) === {text(value(expected))}"
    return f"same({given}, {value(expected)})"


@write_members.register(Variants)
def _(layout: Variants, body: Body) -> None:
    parts = [_part(variant.layout, body) for variant in layout.variants]
    label = body.where.rpartition(".")[2]
    further = "".join({body.around_part(part) for part in parts})
    writers = [
        body.script.function(f"write{camel(label)}{index}", part, f"frame, data{', around' if part.levels else ''}")
        for index, part in enumerate(parts, 1)
    ]
    shapes = variant_shapes(layout, body.script, body.where)
    tests = ", ".join(_test(variant) for variant in layout.variants if not takes_any(variant))
    body.add(f"writeFirst(frame, data, {shapes}, [{', '.join(writers)}], [{tests}]{further});")


def _test(variant: Variant) -> str:
    """What tells that bytes are those of a variant: a function, and what it takes beside the frame."""
    function, arguments = test_of(variant)
    return f"[{function}, {arguments}]"


@write_members.register(Tlv)
def _(layout: Tlv, body: Body) -> None:
    _count_items(layout, body)
    key = raw.of_field(layout.key, body)
    for number_, item in layout.items.items():
        with body.block(f"if (has(data, {text(item.name)}))"), body.at(item.name):
            written = raw.writing(key, hexadecimal(number_, layout.size))
            many = bare(item)
            if not isinstance(many, Many):
                body.add(*written)
                write_value(many, body, member_place(item.name))
                continue
            writer, around = _writer(many.subcon, body, item.name, written)
            body.add(f"{_many(many.subcon)}(frame, data, {text(item.name)}, {writer}{around});")


def _count_items(layout: Tlv, body: Body) -> None:
    if not layout.minimum and layout.maximum is None:
        return
    lists = [item.name for item in layout.items.values() if isinstance(bare(item), Many)]
    more = " + ".join(f"(has(data, {text(name)}) ? data.{name}.length - 1 : 0)" for name in lists)
    names = ", ".join(item.name for item in layout.items.values())
    most = "Infinity" if layout.maximum is None else str(layout.maximum)
    wanted = text(layout.writable.removesuffix(f" of {names}"))
    table = tlv_members(layout, body.script, body.where)
    body.add(f"countItems(frame, data, {table}, {more or 0}, {layout.minimum}, {most}, {wanted});")


@write_members.register(Groups)
def _(layout: Groups, body: Body) -> None:
    held = raw.of_field(layout.raw, body)
    mask = body.fresh("mask")
    body.add(f"{mask} = 0;")
    for bit, group in layout.groups.items():
        body.add(f"{mask} += {_is_in(group, body)} ? {hexadecimal(1 << bit, held.size)} : 0;")
    body.add(*raw.writing(held, mask))
    for bit, group in layout.groups.items():
        with body.block(f"if ({raw.has_bit(mask, bit, held.size)})"):
            write_child(group, body)


def _is_in(group: AnyConstruct, body: Body) -> str:
    """The condition that data has a member of a group."""
    if any(isinstance(bare(each), Channels) for each in (group, *children(group))):
        message = f"{body.where}: JavaScript cannot express Channels inside Groups; use a Tlv"
        raise ContentError(message, path=body.where)
    names = list(dict.fromkeys(names_given(group)))
    return f"has(data, {text(names[0])})" if len(names) == 1 else f"sharedBy({value(names)}, data)"


@write_members.register(Sized)
def _(layout: Sized, body: Body) -> None:
    held = raw.of_field(layout.raw, body)
    start, inner = body.fresh("start"), body.fresh("inner")
    body.add(f"{start} = frame.bytes.length;")
    write_members(bare(layout.layout), body)
    body.add(f"{inner} = cutFrom(frame, {start});")
    if held.size <= SMALL:
        most = held.held[1]
        wanted = text(f"at most {bytes_of(most)}")
        body.add("frame.name = '';", f"expect(frame, {inner}.length <= {most}, {wanted}, {inner}.length);")
    body.add(*raw.writing(held, f"{inner}.length"), f"append(frame, {inner});")


@write_members.register(Checked)
def _(layout: Checked, body: Body) -> None:
    write_members(bare(layout.layout), body)
    body.add(*raw.writing(raw.of_field(layout.raw, body), checksum(layout, "frame.bytes")))


@write_members.register(Channels)
def _(layout: Channels, body: Body) -> None:
    names = value([item.name for item in layout.items.values()])
    inner = body.part()
    inner.depth += 1
    inner.add(*raw.writing(raw.of_field(layout.channel, body), "row.channel"))
    with inner.block("switch (row.item)"):
        for index, (number_, item) in enumerate(layout.items.items()):
            with inner.case(str(index)), inner.at(item.name):
                inner.add(*raw.writing(raw.of_field(layout.type, body), hexadecimal(number_, layout.size)))
                write_value(bare(item), inner, Place("row.name", "data[row.name]", item.name))
    body.variables |= inner.variables
    body.levels = max(body.levels, inner.levels)
    body.add(f"channelsIn(data, {names}, {layout.last_channel}).forEach(function (row) {{")
    body.lines += inner.lines
    body.add("});")


# ---- values ------------------------------------------------------------------------------------------------------


@singledispatch
def write_value(layout: Any, body: Body, place: Place) -> None:
    """Write the statements that write a value.

    Raises:
        ContentError: it is of no layout that the script can have.
    """
    del place
    raise raw.unknown(layout, body.where)


@write_value.register(Field)
def _(layout: Field, body: Body, place: Place) -> None:
    write_field(layout, body, place)


@write_value.register(construct.Struct)
@write_value.register(Merged)
def _(layout: Any, body: Body, place: Place) -> None:
    writer, around = _writer(layout, body, place.label, [])
    body.add(f"writeInside(frame, data, {place.name}, {writer}{around});")


@write_value.register(Repeat)
def _(layout: Repeat, body: Body, place: Place) -> None:
    length = f"{place.value}.length"
    conditions = [f"{length} >= {layout.minimum}"] if layout.minimum else []
    conditions += [f"{length} <= {layout.maximum}"] if layout.maximum is not None else []
    if conditions or isinstance(layout.count, str):
        body.add(f"frame.name = {place.name};")
    if conditions:
        body.add(f"expect(frame, {' && '.join(conditions)}, {text(layout.wanted)}, {length});")
    if isinstance(layout.count, str):
        wanted = text(f"as many items as {layout.count} says")
        body.add(f"expect(frame, {length} === {body.look_up(layout.count)}, {wanted}, {length});")
    elif layout.count is not None:
        body.add(*raw.writing(raw.of_field(layout.count, body), length))
    many = _many(layout.subcon)
    writer, around = _writer(layout.subcon, body, place.label, [])
    body.add(f"{many}(frame, data, {place.name}, {writer}{around});")


def _many(item: AnyConstruct) -> str:
    """The function that writes a list; an item that is a value itself is handed over as a member without a name."""
    return "writeMany" if isinstance(bare(item), construct.Struct | Merged) else "writeValues"


def _writer(layout: AnyConstruct, body: Body, label: str, first: list[str]) -> tuple[str, str]:
    """The name of a function that writes an object or an item, and the further argument that it takes."""
    kind = bare(layout)
    inner = body.inner(names_of(kind))
    inner.add(*first)
    if isinstance(kind, construct.Struct | Merged):
        write_members(kind, inner)
    else:
        write_value(kind, inner, Place(text(""), "data['']", label))
    around = body.around_inner(inner)
    name = body.script.function(f"write{camel(label)}", inner, f"frame, data{', around' if inner.levels else ''}")
    return name, around


def write_port(layout: AnyConstruct, script: Script, f_port: int) -> tuple[str, str]:
    """The names of the function that writes the payloads of a port, and of the shape of their data."""
    where = f"downlink[{f_port}]"
    body = Body(script, where, (frozenset(names_of(layout)),))
    write_members(bare(layout), body)
    name = script.function(f"writeDownlink{f_port}", body, "frame, data", f"Downlink on port {f_port}.")
    return name, script.table(f"downlink{f_port}", shape_of(layout, script, where) or "[]")
