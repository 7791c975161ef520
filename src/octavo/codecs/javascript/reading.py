"""Layouts, read: statements that put the members of a frame into its data."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variant, Variants
from octavo.codecs.checksums import Crc, mirrored
from octavo.codecs.computed import Ago, Computed
from octavo.codecs.fields import Field, Marker
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.javascript import raw
from octavo.codecs.javascript.cases import alternative, write_case
from octavo.codecs.javascript.expressions import expression
from octavo.codecs.javascript.literals import camel, hexadecimal, number, text, value
from octavo.codecs.javascript.reading_fields import read_field
from octavo.codecs.javascript.script import Body, Place, member_place
from octavo.codecs.javascript.told import told_by
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Merged
from octavo.codecs.numbers import number_of
from octavo.codecs.rest import takes_the_rest
from octavo.codecs.tree import children, names_of

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.javascript.script import Script


def read_child(child: AnyConstruct, body: Body, word: Bits | None = None) -> None:
    """Write the statements of a layout inside a frame."""
    if is_merged(child) or not child.name:
        read_members(bare(child), body)
        return
    with body.at(child.name), body.described(child):
        read_value(bare(child), body, member_place(child.name, word))


def finish(layout: AnyConstruct, body: Body) -> None:
    """Write that nothing may be left behind a layout, where something can be."""
    if not takes_the_rest(layout):
        body.add("finish(frame);")


# ---- members -----------------------------------------------------------------------------------------------------


@singledispatch
def read_members(layout: Any, body: Body) -> None:
    """Write the statements that read the members of a layout.

    Raises:
        ContentError: it is none that the script can have.
    """
    raise raw.unknown(layout, body.where)


@read_members.register(construct.Struct)
def _(layout: Any, body: Body) -> None:
    for child in children(layout):
        read_child(child, body)


@read_members.register(Bits)
def _(layout: Bits, body: Body) -> None:
    body.add(f"{body.use('word')} = {raw.word_read(layout, text(layout.fields[0].name))};")
    for field in layout.fields:
        read_child(field, body, layout)


@read_members.register(Tail)
def _(layout: Tail, body: Body) -> None:
    for field in layout.fields:
        with body.block("if (more(frame))"):
            read_child(field, body)


@read_members.register(construct.Padded)
def _(layout: Any, body: Body) -> None:
    if bare(layout.subcon) is not construct.Pass:
        raise raw.unknown(layout.subcon, body.where)
    body.add(f"take(frame, '', {layout.length});")


@read_members.register(type(construct.Pass))
def _(layout: Any, body: Body) -> None:
    del layout, body


@read_members.register(construct.Const)
def _(layout: Any, body: Body) -> None:
    if not isinstance(layout.value, bytes):
        raise raw.unknown(layout, body.where)
    _constant(layout.value, body)


def _constant(content: bytes, body: Body) -> None:
    body.add(f"constant(frame, '{content.hex()}', {len(content)});")


@read_members.register(Case)
def _(layout: Case, body: Body) -> None:
    write_case(layout, body, read_members, "read")


@read_members.register(Literal)
def _(layout: Literal, body: Body) -> None:
    _constant(layout.frame, body)
    _literal(layout, body)


def _literal(layout: Literal, body: Body) -> None:
    for name, each in layout.data.items():
        body.add(f"data.{name} = {value(each)};")


@read_members.register(Variants)
def _(layout: Variants, body: Body) -> None:
    if takes_any(layout.variants[0]):
        read_members(bare(layout.variants[0].layout), body)
        return
    for index, variant in enumerate(layout.variants):
        head = "else" if takes_any(variant) else f"{'else ' if index else ''}if ({_test(variant)})"
        with body.block(head), body.knowing(told_by(variant)):
            _read_variant(variant.layout, body, index + 1)
    if not takes_any(layout.variants[-1]):
        with body.block("else"):
            body.add(f"refuseVariant(frame, {layout.last_at}, {text(layout.known)});")


def _read_variant(layout: AnyConstruct, body: Body, number_: int) -> None:
    if isinstance(layout, Literal):
        body.add(f"take(frame, '', {len(layout.frame)});")
        _literal(layout, body)
        return
    name = f"read{camel(body.where.rpartition('.')[2])}{number_}"
    alternative(layout, body, name, read_members)


def takes_any(variant: Variant) -> bool:
    """Whether any frame has a variant."""
    return variant.at is None and not isinstance(variant.layout, Literal)


def _test(variant: Variant) -> str:
    function, arguments = test_of(variant)
    return f"{function}(frame, {arguments})"


def test_of(variant: Variant) -> tuple[str, str]:
    """The function that tells that a frame has a variant, and what it takes beside the frame."""
    if isinstance(variant.layout, Literal):
        return "isRest", f"'{variant.layout.frame.hex()}'"
    return "isAhead", f"{variant.at}, {hexadecimal(variant.mask, 1)}, {hexadecimal(variant.value, 1)}"


@read_members.register(Tlv)
def _(layout: Tlv, body: Body) -> None:
    counted = body.fresh("items") if layout.minimum or layout.maximum is not None else None
    limit = f"{counted} < {layout.maximum} && " if layout.maximum is not None else ""
    if counted:
        body.add(f"{counted} = 0;")
    with body.block(f"while ({limit}more(frame))"):
        _keyed(layout, body, layout.key, layout.known_keys)
        if counted:
            body.add(f"{counted} += 1;")
    if counted and layout.minimum:
        body.add(
            "locate(frame, '');", f"expect(frame, {counted} >= {layout.minimum}, {text(layout.wanted)}, {counted});"
        )


def _keyed(layout: Tlv, body: Body, key: Any, wanted: str) -> None:
    body.add(f"{body.use('key')} = {raw.reading(raw.of_field(key, body), text(''))};")
    with body.block("switch (key)"):
        for number_, item in layout.items.items():
            with body.case(hexadecimal(number_, layout.size)), body.at(item.name):
                _item(item, body)
        with body.case(None):
            body.add(f"refuse(frame, {text(wanted)}, key);")


def _item(item: AnyConstruct, body: Body) -> None:
    many = bare(item)
    if not isinstance(many, Many):
        read_child(item, body)
        return
    name = item.name or ""
    reader, around = _reader(many.subcon, body, name)
    rows = f"data.{name}"
    with body.described(item):
        body.add(f"{rows} = {rows} || [];")
        body.add(f"{rows}.push(readItem(frame, {text(name)}, {rows}.length, {reader}{around}));")


@read_members.register(Groups)
def _(layout: Groups, body: Body) -> None:
    held = raw.of_field(layout.raw, body)
    mask = body.fresh("mask")
    body.add(f"{mask} = {raw.reading(held, text(''))};")
    unknown = raw.no_bits_but(mask, layout.mask, held.width)
    if unknown:
        body.add(f"expect(frame, {unknown}, {text(layout.known_bits)}, {mask});")
    for bit, group in layout.groups.items():
        with body.block(f"if ({raw.has_bit(mask, bit, held.size)})"):
            read_child(group, body)


@read_members.register(Sized)
def _(layout: Sized, body: Body) -> None:
    end = body.fresh("end")
    body.add(f"{end} = enter(frame, {raw.reading(raw.of_field(layout.raw, body), text(''))});")
    read_members(bare(layout.layout), body)
    finish(layout.layout, body)
    body.add(f"frame.end = {end};")


@read_members.register(Checked)
def _(layout: Checked, body: Body) -> None:
    check = raw.reading(raw.of_field(layout.raw, body), text(""))
    body.use("end")
    body.use("check")
    body.add(
        f"end = seekLast(frame, {layout.size});",
        f"check = {check};",
        f"expect(frame, check === {checksum(layout, 'bytesUpTo(frame, end)')}, {text(layout.wanted)}, check);",
        "frame.at = 0;",
        "frame.end = end;",
    )
    read_members(bare(layout.layout), body)
    finish(layout.layout, body)
    body.add(f"frame.at = frame.end = end + {layout.size};")


def checksum(layout: Checked, content: str) -> str:
    """The expression of the checksum of some bytes."""
    over = layout.over
    if not isinstance(over, Crc):
        return f"{over}({content})" if over == "xor" else f"sum({content}) % {number(256**layout.size)}"
    if over.reflected:
        numbers = (mirrored(over.polynomial, over.width), mirrored(over.initial, over.width), over.xor_out)
        return f"crcReflected({content}, {', '.join(hexadecimal(each, layout.size) for each in numbers)})"
    numbers = (over.polynomial, over.initial, over.xor_out)
    return f"crc({content}, {over.width}, {', '.join(hexadecimal(each, layout.size) for each in numbers)})"


@read_members.register(Channels)
def _(layout: Channels, body: Body) -> None:
    body.use("channel")
    body.use("type")
    body.use("name")
    with body.block("while (more(frame))"):
        body.add(
            f"channel = {raw.reading(raw.of_field(layout.channel, body), text(''))};",
            f"type = {raw.reading(raw.of_field(layout.type, body), text(''))};",
        )
        with body.block("switch (type)"):
            _channel_types(layout, body)


def _channel_types(layout: Channels, body: Body) -> None:
    for number_, item in layout.items.items():
        with body.case(hexadecimal(number_, layout.size)), body.at(item.name):
            body.add(f"name = {text(item.name + '_')} + channel;")
            with body.described(item):
                read_value(bare(item), body, Place("name", "data[name]", item.name))
    with body.case(None):
        body.add(f"refuse(frame, {text(layout.known_types)}, type);")


# ---- values ------------------------------------------------------------------------------------------------------


@singledispatch
def read_value(layout: Any, body: Body, place: Place) -> None:
    """Write the statements that read a value into its place.

    Raises:
        ContentError: it is of no layout that the script can have.
    """
    del place
    raise raw.unknown(layout, body.where)


@read_value.register(Field)
def _(layout: Field, body: Body, place: Place) -> None:
    read_field(layout, body, place)


@read_value.register(Marker)
def _(layout: Marker, body: Body, place: Place) -> None:
    held = number_of(layout.subcon, place.word)
    if held is not None and held.form == "bcd":
        body.add(f"{raw.reading(held, place.name)};")
    elif place.word is None and layout.sizeof():
        body.add(f"take(frame, {place.name}, {layout.sizeof()});")
    body.add(f"{place.value} = true;")


@read_value.register(Computed)
def _(layout: Computed, body: Body, place: Place) -> None:
    found = expression(layout.expression, body)
    if layout.decimals is not None:
        found = f"rounded({found}, {number(10**layout.decimals)})"
    body.add(f"{place.value} = computed({found});")


@read_value.register(Ago)
def _(layout: Ago, body: Body, place: Place) -> None:
    body.add(f"{body.use('value')} = ago(frame, {expression(layout.expression, body)});")
    with body.block("if (value !== undefined)"):
        body.add(f"{place.value} = value;")


@read_value.register(construct.Struct)
@read_value.register(Merged)
def _(layout: Any, body: Body, place: Place) -> None:
    reader, around = _reader(layout, body, place.label)
    body.add(f"{place.value} = inside(frame, {place.name}, {reader}{around});")


@read_value.register(Repeat)
def _(layout: Repeat, body: Body, place: Place) -> None:
    if isinstance(layout.count, str):
        body.add(f"locate(frame, {place.name});", f"{body.use('count')} = {body.look_up(layout.count)};")
        body.add(f"expect(frame, {_allowed(layout, None)}, {text(layout.wanted)}, count);")
    elif layout.count is not None:
        held = raw.of_field(layout.count, body)
        body.add(f"{body.use('count')} = {raw.reading(held, place.name)};")
        allowed = _allowed(layout, held.counts)
        if allowed:
            body.add(f"expect(frame, {allowed}, {text(layout.wanted)}, count);")
    reader, around = _reader(layout.subcon, body, place.label)
    if layout.count is None:
        most = "Infinity" if layout.maximum is None else str(layout.maximum)
        body.add(f"{place.value} = readMany(frame, {place.name}, {reader}, {layout.minimum}, {most}{around});")
    else:
        body.add(f"{place.value} = readCounted(frame, {place.name}, {reader}, count{around});")


def _allowed(layout: Repeat, counts: tuple[int, int] | None) -> str:
    """The condition that a count must hold to, as far as it may not."""
    low, high = counts or (-1, None)
    conditions = [f"count >= {layout.minimum}"] if low < layout.minimum else []
    if layout.maximum is not None and (high is None or high > layout.maximum):
        conditions.append(f"count <= {layout.maximum}")
    return " && ".join(conditions)


def _reader(layout: AnyConstruct, body: Body, label: str) -> tuple[str, str]:
    """The name of a function that reads an object or an item, and the further argument that it takes."""
    kind = bare(layout)
    is_frame = isinstance(kind, construct.Struct | Merged)
    inner = body.inner(names_of(kind))
    if is_frame:
        inner.variables["data = {}"] = None
        read_members(kind, inner)
        inner.add("return data;")
    else:
        read_value(kind, inner, Place(text(""), inner.use("item"), label))
        inner.add("return item;")
    around = body.around_inner(inner)
    name = body.script.function(f"read{camel(label)}", inner, "frame, around" if inner.levels else "frame")
    return name, around


def read_port(layout: AnyConstruct, script: Script, direction: str, f_port: int) -> str:
    """The name of the function that reads the payloads of a port."""
    body = Body(script, f"{direction.lower()}[{f_port}]", (frozenset(names_of(layout)),))
    body.variables["data = {}"] = None
    read_members(bare(layout), body)
    finish(layout, body)
    body.add("return data;")
    return script.function(f"read{direction}{f_port}", body, "frame", f"{direction} on port {f_port}.")
