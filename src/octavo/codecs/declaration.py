"""What a declaration must hold to: found when it is loaded, with the field's path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import INDEX, AnyConstruct, bare, is_merged, shown
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.checksums import PLAIN, Crc
from octavo.codecs.computed import Ago, Derived
from octavo.codecs.field_rules import FIELD_RULES, NAME, WORD, bits_below, is_held, is_text, is_whole, wrong
from octavo.codecs.fields import Choice, Counted, Field, Flag, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Listed, Merged
from octavo.codecs.numbers import MOST, bit_under, is_number, number_of
from octavo.codecs.rest import may_take_the_rest
from octavo.codecs.tree import children, least_size, names_given, names_of, walk
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_PORT, LAST_PORT = 1, 223
"""FPorts of application payloads. Source: LoRaWAN L2 1.0.4 Specification, 4.3.2 Port Field (FPort)."""

MOST_DEPTH, MOST_LISTS, MOST_LAYOUTS = 32, 4, 10_000
"""Layouts, and lists, one inside another, and all layouts of a payload: far more than devices have."""

MOST_BYTES = 4096
"""Of the shortest payload. A frame has 242 at most. Source: RP002-1.0.4, 2, maximum payload sizes."""

MOST_CHANNEL_BITS = 32
"""Of the channel that is part of a member's name."""

TAKEN = frozenset(
    ("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf")
)
"""Names that every object of JavaScript has already. Source: ECMA-262, Properties of the Object Prototype Object."""


def check_ports(uplink: Mapping[int, AnyConstruct], downlink: Mapping[int, AnyConstruct]) -> None:
    """Check every layout of a declaration.

    Raises:
        ContentError: with ``path``: direction and port, then the field.
    """
    if not uplink and not downlink:
        raise ContentError("expected at least one port, got none")
    for direction, layouts in (("uplink", uplink), ("downlink", downlink)):
        for f_port, layout in layouts.items():
            path = f"{direction}[{f_port}]"
            if isinstance(layout, construct.Construct) and not isinstance(bare(layout), _FRAMES):
                wrong(path, f"expected a Struct or another layout of named members, got {type(bare(layout)).__name__}")
            if not is_whole(f_port) or not FIRST_PORT <= f_port <= LAST_PORT:
                wrong(path, f"expected a port from {FIRST_PORT} to {LAST_PORT}, got {f_port!r}")
            outermost = bare(layout)
            if direction == "downlink" and any(isinstance(each, Ago) for each in walk(layout)):
                wrong(path, "expected no time before reception in a downlink, which is sent")
            if isinstance(layout, construct.Construct):
                _handed(layout, path)
            if isinstance(outermost, Checked):
                _checked(outermost, path)
                _handed(outermost.layout, path)
                check(outermost.layout, path, {})
            else:
                check(layout, path, {})
            if least_size(layout) > MOST_BYTES:
                wrong(path, f"expected a payload of at most {MOST_BYTES} bytes, got at least {least_size(layout)}")


def check_extent(layout: Any, path: str) -> None:
    """Check that a layout ends: that it is no part of itself, nor so deep or so large that no proof would end.

    Raises:
        ContentError: with ``path``.
    """
    left, count = [(layout, path, 0, 0)], 0
    while left:
        each, where, depth, lists = left.pop()
        if not isinstance(each, construct.Construct):
            continue  # the rules say what is wrong with it
        count += 1
        where += f".{each.name}" if depth and each.name and not is_merged(each) else ""
        lists += isinstance(bare(each), Repeat | Many)
        if depth > MOST_DEPTH or lists > MOST_LISTS:
            wrong(where, f"expected at most {MOST_DEPTH} layouts, and {MOST_LISTS} lists, one inside another, got more")
        if count > MOST_LAYOUTS:
            wrong(path, f"expected at most {MOST_LAYOUTS} fields, got more")
        inner = [] if isinstance(bare(each), Field) else children(each)
        left += [(child, where, depth + 1, lists) for child in inner]


def check(layout: AnyConstruct, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    """Check a layout and everything under it.

    Args:
        layout: the layout.
        path: where it stands.
        seen: the members before it, of its frame and of those around it, and ``_index`` inside a list.

    Raises:
        ContentError: with ``path``.
    """
    if not isinstance(layout, construct.Construct):
        wrong(path, f"expected a construct layout, got {type(layout).__name__}")
    if not is_text(layout.docs):
        wrong(path, f"expected documentation that is text, got {shown(layout.docs)}")
    kind = bare(layout)
    if isinstance(kind, Checked):
        wrong(path, "expected a checksum around a whole payload, got one inside")
    for known, rule in (*_RULES, *FIELD_RULES):
        if isinstance(kind, known):
            rule(kind, path, seen)
    if not isinstance(kind, Field):
        _check_children(kind, path, seen)


def _check_children(layout: AnyConstruct, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    """What stands one after another sees what is before it; alternatives do not see one another."""
    in_order = isinstance(layout, construct.Struct | Tail | Groups)
    here = dict(seen) | ({INDEX: layout} if isinstance(layout, Repeat | Many) else {})
    here |= {WORD: layout} if isinstance(layout, Bits) else {}
    before: dict[str, AnyConstruct] = {}
    for child in children(layout):
        if isinstance(layout, _HANDING) and isinstance(child, construct.Construct):
            _handed(child, path)
        own = isinstance(child, construct.Construct) and not is_merged(child)
        name = (child.name or "") if own else ""
        check(child, f"{path}.{name}" if name else path, here)
        if name:
            _name(name, path)
        if isinstance(child, construct.Construct) and isinstance(bare(child), Case):
            _told(child, before, path)
        if in_order:
            before |= _given(child, surely=not isinstance(layout, Groups))
            here |= before


def _name(name: str, path: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        wrong(f"{path}.{name}", f"expected a name of letters, digits and _, got {name!r}")
    if name in TAKEN:
        wrong(f"{path}.{name}", "expected a name that objects of JavaScript do not have already")


def _handed(child: AnyConstruct, path: str) -> None:
    """Refuse a value of its own where the members are handed to the frame around."""
    kind = bare(child)
    if (child.name and not is_merged(child)) or not isinstance(kind, (*_FRAMES, *_NO_VALUES)):
        got = f"a single {type(kind).__name__}" if not child.name or is_merged(child) else f"the name {child.name}"
        wrong(path, f"expected a Struct, or a layout that hands its members to the frame, got {got}")


def _told(child: AnyConstruct, before: Mapping[str, AnyConstruct], path: str) -> None:
    """Refuse cases that are told by a member of another frame, or by one that not every payload has."""
    case: Any = bare(child)
    on = case.on
    if not is_merged(child) or on not in before or isinstance(before[on], _Perhaps):
        wrong(path, f"expected cases right in the frame that has {on}, told by it in every payload")


class _Perhaps(construct.Renamed):  # type: ignore[type-arg] # generic in the stubs only
    """A member that not every payload has."""


def _given(child: AnyConstruct, *, surely: bool) -> dict[str, AnyConstruct]:
    """The members that a frame has after a layout in it."""
    if child.name and not is_merged(child):
        return {child.name: child if surely else _Perhaps(child, newname=child.name)}
    inner = bare(child)
    if isinstance(inner, Channels) or not isinstance(inner, Merged | construct.Struct):
        return {}
    surely = surely and isinstance(inner, construct.Struct | Bits | Sized)
    return {name: member for each in children(inner) for name, member in _given(each, surely=surely).items()}


def _names_differ(layout: AnyConstruct, path: str) -> None:
    seen: set[str] = set()
    for name in names_of(layout):
        if name in seen:
            wrong(f"{path}.{name}", "expected a name of its own, got one that the frame has already")
        seen.add(name)


def _frame(frame: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(frame, path)
    channels = [item.name for field in children(frame) if isinstance(bare(field), Channels) for item in children(field)]
    for name in names_of(frame):
        if name not in channels and any(re.fullmatch(f"{each}_[0-9]+", name) for each in channels):
            wrong(f"{path}.{name}", "expected a name that no channel has, got one that a channel may have")
    for field in children(frame)[:-1]:
        if may_take_the_rest(field):
            wrong(path, "expected nothing after a layout that reads to the end of the payload, got a field")
    for field in children(frame):
        if not field.name and isinstance(bare(field), construct.Struct | Listed | Field):
            wrong(path, f"expected a name for {type(bare(field)).__name__}, which is dropped without one")
        if is_merged(field) and isinstance(bare(field), Variants) and len(names_of(frame)) > len(names_given(field)):
            wrong(path, "expected a name for Variants beside other members, got none")
        if field.name and not is_merged(field) and isinstance(bare(field), _NO_VALUES):
            wrong(f"{path}.{field.name}", "expected no name for bytes without a value, got one")


def _case(case: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    choice = bare(seen[case.on]) if case.on in seen else None
    if not isinstance(choice, Choice | Flag):
        there = ", ".join(each for each in seen if NAME.fullmatch(each)) or "none"
        wrong(path, f"expected a Choice or a Flag named {case.on} before its cases; the members there are {there}")
    values: Iterable[Any] = choice.names.values() if isinstance(choice, Choice) else (True, False)
    alone = set(map(repr, values)) ^ set(map(repr, case.cases))
    if alone or getattr(choice, "default", None) is not None:
        wrong(f"{path}.{case.on}", f"expected one case for each choice, got {sorted(alone)} alone")


def _missing(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if not isinstance(field.field, Counted) or isinstance(field.field, Missing) or not field.markers:
        wrong(path, "expected a field over a number, and at least one raw number that means no reading")
    check(field.field, path, seen)
    dead = [marker for marker in field.markers if marker in getattr(field.field, "names", {})]
    if dead:
        wrong(path, f"expected choices that can be read, got {dead[0]}, which means no reading")
    for marker in field.markers:
        if field.counts is not None and not (is_whole(marker) and field.counts[0] <= marker <= field.counts[1]):
            wrong(path, f"expected markers from {field.counts[0]} to {field.counts[1]}, got {marker}")
        if field.counts is None and not is_held(field.field, marker):
            wrong(path, f"expected a marker that the raw field holds exactly, or NaN, got {marker}")


def _bits(word: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not word.fields:
        wrong(path, "expected at least one field, got none")
    _unsigned(word.raw, path)
    _names_differ(word, path)
    taken = word.written
    if not 0 <= taken < 1 << 8 * word.size:
        wrong(path, f"expected {8 * word.size} bits to write where no field is, got {taken:#x}")
    for field in word.fields:
        bit = bit_under(bare(field))
        if bit is None or not field.name:
            wrong(path, f"expected named fields over Bit, got {field!r}")
        here, last = f"{path}.{field.name}", bit.first + bit.width - 1
        if not 0 <= bit.first <= last < 8 * word.size:
            wrong(here, f"expected bits below {8 * word.size}, got {last}")
        mask = (1 << bit.width) - 1 << word.low(bit)
        if mask & taken:
            wrong(here, "expected bits of its own, got some that are another's")
        taken |= mask


def _unsigned(raw: AnyConstruct, path: str) -> None:
    number = number_of(raw)
    if number is None or number.signed or number.form != "integer":
        wrong(path, "expected an unsigned whole number that tells what follows, got another layout")


def _tlv(table: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(table, path)
    _keys(table.key, table.items, path)
    if table.maximum is not None and table.maximum < max(table.minimum, 1):
        wrong(path, f"expected a maximum of at least {max(table.minimum, 1)}, got {table.maximum}")


def _channels(table: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(table.channel, path)
    if 8 * table.channel.sizeof() > MOST_CHANNEL_BITS:
        wrong(path, f"expected a channel of at most {MOST_CHANNEL_BITS} bits, got {8 * table.channel.sizeof()}")
    _names_differ(table, path)
    _keys(table.type, table.items, path)


def _keys(raw: AnyConstruct, items: Mapping[int, AnyConstruct], path: str) -> None:
    _unsigned(raw, path)
    if not items:
        wrong(path, "expected at least one item, got none")
    number = number_of(raw)
    least, most = number.counts or (0, -1) if number else (0, -1)
    for key, item in items.items():
        if not is_whole(key) or not least <= key <= most:
            wrong(path, f"expected keys from {least} to {most}, got {shown(key)}")
        if not item.name or is_merged(item):
            wrong(path, f"expected a named field after the key {key:#x}, got one without a name")


def _groups(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(layout.raw, path)
    bits_below(number_of(layout.raw), layout.groups, path)
    _names_differ(layout, path)
    for group in children(layout)[:-1]:
        if may_take_the_rest(group):
            wrong(path, "expected nothing after a layout that reads to the end of the payload, got a group")
    for bit, group in layout.groups.items():
        if not names_given(group):
            wrong(path, f"expected a group with members, got none for bit {bit}")


def _sized(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _count(layout.raw, path)


def _count(raw: AnyConstruct, path: str) -> None:
    """Refuse a length, or a number of items, that not every target reads exactly."""
    _unsigned(raw, path)
    number = number_of(raw)
    if number is None or number.is_wide:
        wrong(path, "expected a length or a number of items of at most 53 bits, got a wider one")


def _checked(layout: Any, path: str) -> None:
    _unsigned(layout.raw, path)
    over = layout.over
    if not isinstance(over, Crc):
        if over not in PLAIN:
            wrong(path, f"expected a Crc, 'sum' or 'xor', got {over!r}")
        return
    limit = 1 << over.width
    if over.width != 8 * layout.size or over.width > 32:  # noqa: PLR2004 - what JavaScript's bits hold
        wrong(path, f"expected a Crc as wide as its {8 * layout.size} bits, at most 32, got {over.width}")
    if not all(0 <= number < limit for number in (over.polynomial, over.initial, over.xor_out)):
        wrong(path, f"expected numbers of {over.width} bits, got {over}")


def _literal(literal: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not isinstance(literal.frame, bytes) or not literal.frame:
        wrong(path, f"expected at least one byte, got {shown(literal.frame)}")
    _json(literal.data, path)


def _json(data: Any, path: str) -> None:
    """Refuse data that JSON does not have, or not for everyone."""
    if isinstance(data, dict):
        for name, value in data.items():
            _name(name, path)
            _json(value, f"{path}.{name}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _json(value, f"{path}[{index}]")
    elif not (data is None or isinstance(data, bool) or is_text(data) or (is_number(data) and abs(data) <= MOST)):
        wrong(path, f"expected data that JSON has, its numbers below 2**53, got {shown(data)}")


def _padded(padding: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if padding.pattern != b"\0" and padding.subcon is construct.Pass:
        wrong(path, f"expected padding of zeros, got {padding.pattern!r}; Const has bytes that stay")


def _tail(tail: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(tail, path)
    if any(is_merged(field) for field in tail.fields):
        wrong(path, "expected fields with names in a tail, got a layout that hands its members to the frame")
    if any(not field.name for field in tail.fields[:-1]):
        wrong(path, "expected a name for every field of a tail but the last, got one without")
    for field in tail.fields:
        if not least_size(field) and not isinstance(bare(field), Derived):
            wrong(path, "expected fields that take bytes in a tail, got one that may take none")


def _repeat(items: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if items.minimum < 0 or (items.maximum is not None and items.maximum < max(items.minimum, 1)):
        wrong(path, f"expected a maximum of at least {max(items.minimum, 1)}, got {items.maximum}")
    if not least_size(items.subcon):
        wrong(path, "expected items that take at least one byte, got some that may take none")
    if may_take_the_rest(items.subcon):
        wrong(path, "expected items that end before the payload does, got one that takes the rest")
    if isinstance(items.count, str):
        told = bare(seen[items.count]) if items.count in seen else None
        if not isinstance(told, Scaled) or not told.is_whole or abs(told.step) != 1:
            wrong(path, f"expected a whole number named {items.count} before the items")
        if isinstance(seen[items.count], _Perhaps):
            wrong(path, f"expected a number that every payload has, got {items.count}, which some have not")
    elif items.count is not None:
        _count(items.count, path)


def _variants(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not layout.variants:
        wrong(path, "expected at least one variant, got none")
    for variant in layout.variants[:-1]:
        if variant.at is None and not isinstance(variant.layout, Literal):
            wrong(path, "expected a byte that tells each variant but the last, got none")
    for index, variant in enumerate(layout.variants):
        if variant.value & ~variant.mask or not 0 <= variant.mask <= 0xFF:  # noqa: PLR2004 - a byte
            wrong(path, f"expected a value under the mask 0x{variant.mask:02x}, got 0x{variant.value:02x}")
        if any(_covers(earlier, variant) for earlier in layout.variants[:index]):
            wrong(path, f"expected variants that can come, got 0x{variant.value:02x} after one that takes all of it")


def _covers(earlier: Any, later: Any) -> bool:
    """Whether every frame of the later variant is taken for the earlier one."""
    if earlier.at is None or earlier.at != later.at or isinstance(earlier.layout, Literal):
        return False
    return bool(earlier.mask & later.mask == earlier.mask and later.value & earlier.mask == earlier.value)


_FRAMES: tuple[Any, ...] = (construct.Struct, Merged, construct.Switch, construct.IfThenElse, construct.LazyBound)

_HANDING = (Sized, Case, Variants)
"""What hands the members of the layouts in it to the frame around."""

_NO_VALUES = (construct.Const, construct.Padded, type(construct.Pass))

_RULES: tuple[tuple[Any, Any], ...] = (
    (construct.Struct, _frame),
    (Missing, _missing),
    (Literal, _literal),
    (construct.Padded, _padded),
    (Bits, _bits),
    (Tlv, _tlv),
    (Channels, _channels),
    (Groups, _groups),
    (Sized, _sized),
    (Tail, _tail),
    (Repeat, _repeat),
    (Case, _case),
    (Variants, _variants),
)
