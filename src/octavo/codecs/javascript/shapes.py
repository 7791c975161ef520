"""Shapes: which members data has, as tables that the script checks it by before anything is written."""

from __future__ import annotations

from functools import singledispatch
from itertools import groupby
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.javascript.literals import camel, listed, text, value
from octavo.codecs.layouts import Bits, Tail, Tlv
from octavo.codecs.members import LISTS, Merged
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.javascript.script import Script


def shape_of(layout: AnyConstruct, script: Script, where: str) -> str | None:
    """The shape of what a layout is written from; None where any value may stand."""
    kind = bare(layout)
    if isinstance(kind, LISTS):
        return f"listOf({shape_of(kind.subcon, script, where) or 'null'})"
    if isinstance(kind, construct.Struct | Merged):
        return _joined(_members(kind, script, where))
    return None


def variant_shapes(layout: Variants, script: Script, where: str) -> str:
    """The name of the table of the shapes of variants."""
    shapes = [_joined(_members(bare(each.layout), script, where)) for each in layout.variants]
    return script.table(f"{camel(where.rpartition('.')[2].split('[')[0])}Variants", listed(shapes))


def tlv_members(layout: Tlv, script: Script, where: str) -> str:
    """The name of the table of the members of the items of a Tlv."""
    entries = [_entry(item, script, where, required=False) for item in children(layout)]
    return script.table(f"{camel(where.partition('.')[0])}Items", listed(entries))


def _joined(parts: list[str]) -> str:
    """A shape of members, and of tables of members."""
    if not any(part.startswith("...") for part in parts):
        return listed(parts)
    first, *others = [
        part.removeprefix("...") if is_table else listed(list(group))
        for is_table, group in groupby(parts, lambda part: part.startswith("..."))
        for part in (group if is_table else [""])
    ]
    return f"{first}.concat({', '.join(others)})" if others else first


@singledispatch
def _members(layout: Any, script: Script, where: str) -> list[str]:
    del layout, script, where
    return []


@_members.register(construct.Struct)
@_members.register(Bits)
@_members.register(Sized)
@_members.register(Checked)
def _(layout: Any, script: Script, where: str) -> list[str]:
    return [entry for child in children(layout) for entry in _entries(child, script, where)]


@_members.register(Tlv)
def _(layout: Tlv, script: Script, where: str) -> list[str]:
    return [f"...{tlv_members(layout, script, where)}"]


@_members.register(Tail)
def _(layout: Any, script: Script, where: str) -> list[str]:
    return [_entry(field, script, where, required=False) for field in layout.fields if field.name]


@_members.register(Case)
def _(layout: Case, script: Script, where: str) -> list[str]:
    cases = [(each, _members(bare(part), script, where)) for each, part in layout.cases.items()]
    rows = [f"[{value(each)}, {_joined(entries)}]" for each, entries in cases if entries]
    return [f"caseOf({text(layout.on)}, {listed(rows)})"]


@_members.register(Literal)
def _(layout: Literal, script: Script, where: str) -> list[str]:
    del script, where
    return [text(name) for name in layout.data]


@_members.register(Variants)
def _(layout: Variants, script: Script, where: str) -> list[str]:
    return [f"firstFitting({variant_shapes(layout, script, where)})"]


@_members.register(Groups)
def _(layout: Groups, script: Script, where: str) -> list[str]:
    shapes = [_joined(_entries(group, script, where)) for group in layout.groups.values()]
    return [f"groupsOf({listed(shapes)})"]


@_members.register(Channels)
def _(layout: Channels, script: Script, where: str) -> list[str]:
    items = [(item.name, shape_of(item, script, where)) for item in layout.items.values()]
    rows = [f"[{text(name)}, {shape or 'null'}]" for name, shape in items]
    return [f"channelled({listed(rows)}, {layout.last_channel})"]


def _entries(child: AnyConstruct, script: Script, where: str) -> list[str]:
    """The members that a layout inside a frame is."""
    if is_merged(child) or not child.name:
        return _members(bare(child), script, where)
    return [_entry(child, script, where, required=True)]


def _entry(child: AnyConstruct, script: Script, where: str, *, required: bool) -> str:
    """The member that a named layout is."""
    member = child.name or ""
    where = f"{where}.{member}"
    shape = shape_of(child, script, where)
    required = required and not (shape is None and child.flagbuildnone)
    name = text(f"{member}{'' if required else '?'}")
    if shape is None:
        return name
    if not required or not child.flagbuildnone or isinstance(bare(child), (*LISTS, Merged)):
        return f"[{name}, {shape}]"
    return _by_members(member, shape, _members(bare(child), script, where))


def _by_members(member: str, shape: str, members: list[str]) -> str:
    """An object that has to be there if one of its members does."""
    known = [entry.split("'")[1] for entry in members if entry[0] in "'["]
    if any(not name.endswith("?") for name in known):
        return f"[{text(member)}, {shape}]"
    if all(entry[0] in "'[." for entry in members):
        return f"[{text(member + '?')}, {shape}]"
    return f"nested({text(member)}, {shape})"
