"""What a declaration must hold to: found when it is loaded, with the field's path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.checksums import PLAIN, Crc
from octavo.codecs.computed import Ago, Derived
from octavo.codecs.field_rules import FIELD_RULES, INDEXED, NAME, WORD, bits_below, is_held, wrong
from octavo.codecs.fields import Choice, Counted, Field, Flag, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Listed, Merged
from octavo.codecs.numbers import bit_under, number_of
from octavo.codecs.tree import children, least_size, names_given, names_of, takes_the_rest, walk
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_PORT, LAST_PORT = 1, 223
"""FPorts of application payloads. Source: LoRaWAN L2 1.0.4 Specification, 4.3.2 Port Field (FPort)."""

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
            if not isinstance(f_port, int) or not FIRST_PORT <= f_port <= LAST_PORT:
                wrong(path, f"expected a port from {FIRST_PORT} to {LAST_PORT}, got {f_port!r}")
            outermost = bare(layout)
            if direction == "downlink" and any(isinstance(each, Ago) for each in walk(layout)):
                wrong(path, "expected no time before reception in a downlink, which is sent")
            if isinstance(outermost, Checked):
                _checked(outermost, path)
                check(outermost.layout, path, {})
            else:
                check(layout, path, {})


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
    here = dict(seen) | ({INDEXED: layout} if isinstance(layout, Repeat | Many) else {})
    here |= {WORD: layout} if isinstance(layout, Bits) else {}
    for child in children(layout):
        own = isinstance(child, construct.Construct) and not is_merged(child)
        name = (child.name or "") if own else ""
        check(child, f"{path}.{name}" if name else path, here)
        if name:
            _name(name, path)
        if in_order:
            here |= _given(child)


def _name(name: str, path: str) -> None:
    if not NAME.fullmatch(name):
        wrong(f"{path}.{name}", f"expected a name of letters, digits and _, got {name!r}")
    if name in TAKEN:
        wrong(f"{path}.{name}", "expected a name that objects of JavaScript do not have already")


def _given(child: AnyConstruct) -> dict[str, AnyConstruct]:
    """The members that a frame has after a layout in it."""
    if child.name and not is_merged(child):
        return {child.name: child}
    inner = bare(child)
    if isinstance(inner, Channels) or not isinstance(inner, Merged | construct.Struct):
        return {}
    return {name: member for each in children(inner) for name, member in _given(each).items()}


def _names_differ(layout: AnyConstruct, path: str) -> None:
    seen: set[str] = set()
    for name in names_of(layout):
        if name in seen:
            wrong(f"{path}.{name}", "expected a name of its own, got one that the frame has already")
        seen.add(name)


def _frame(frame: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(frame, path)
    for field in children(frame)[:-1]:
        if takes_the_rest(field):
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
        if field.counts is not None and not (isinstance(marker, int) and field.counts[0] <= marker <= field.counts[1]):
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
    _names_differ(table, path)
    _keys(table.type, table.items, path)


def _keys(raw: AnyConstruct, items: Mapping[int, AnyConstruct], path: str) -> None:
    _unsigned(raw, path)
    number = number_of(raw)
    least, most = number.counts or (0, -1) if number else (0, -1)
    for key, item in items.items():
        if not least <= key <= most:
            wrong(path, f"expected keys from {least} to {most}, got {key}")
        if not item.name or is_merged(item):
            wrong(path, f"expected a named field after the key {key:#x}, got one without a name")


def _groups(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(layout.raw, path)
    bits_below(number_of(layout.raw), layout.groups, path)
    _names_differ(layout, path)
    for group in children(layout)[:-1]:
        if takes_the_rest(group):
            wrong(path, "expected nothing after a layout that reads to the end of the payload, got a group")
    for bit, group in layout.groups.items():
        if not names_given(group):
            wrong(path, f"expected a group with members, got none for bit {bit}")


def _sized(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(layout.raw, path)


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
    for name in literal.data:
        _name(name, path)
    try:
        if json.loads(json.dumps(literal.data, allow_nan=False)) == literal.data and literal.frame:
            return
    except (TypeError, ValueError):  # a value that JSON does not have
        pass
    wrong(path, "expected at least one byte, and data that JSON has")


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
    if takes_the_rest(items.subcon):
        wrong(path, "expected items that end before the payload does, got one that takes the rest")
    if isinstance(items.count, str):
        told = bare(seen[items.count]) if items.count in seen else None
        if not isinstance(told, Scaled) or not told.is_whole:
            wrong(path, f"expected a whole number named {items.count} before the items")
    elif items.count is not None:
        _unsigned(items.count, path)


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
