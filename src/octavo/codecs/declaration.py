"""What a declaration must hold to: found when it is loaded, with the field's path."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.checksums import PLAIN, Crc
from octavo.codecs.computed import Ago, Computed, Derived
from octavo.codecs.expressions import members_in, uses_index
from octavo.codecs.fields import Choice, Counted, Field, Flag, FlagSet, Marker, Missing, Scaled
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.members import Listed, Merged
from octavo.codecs.normalized import known_field, problem_of
from octavo.codecs.numbers import MOST, bit_under, is_number, number_of
from octavo.codecs.texts import Ascii, UnixTime, Version
from octavo.codecs.tree import children, least_size, names_given, names_of, takes_the_rest, walk
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_PORT, LAST_PORT = 1, 223
"""FPorts of application payloads. Source: LoRaWAN L2 1.0.4 Specification, 4.3.2 Port Field (FPort)."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""Names of members: what is an identifier in every language a declaration is turned into."""

INDEXED, WORD = "_index", "_word"
"""What a list and the word of some bits add to the names that are seen: no member is called so."""

MOST_BYTES = 8
"""Of a number; more is a `HexText`, or the word of a `Bits`."""


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
                _wrong(path, f"expected a Struct or another layout of named members, got {type(bare(layout)).__name__}")
            if not isinstance(f_port, int) or not FIRST_PORT <= f_port <= LAST_PORT:
                _wrong(path, f"expected a port from {FIRST_PORT} to {LAST_PORT}, got {f_port!r}")
            outermost = bare(layout)
            if direction == "downlink" and any(isinstance(each, Ago) for each in walk(layout)):
                _wrong(path, "expected no time before reception in a downlink, which is sent")
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
        _wrong(path, f"expected a construct layout, got {type(layout).__name__}")
    kind = bare(layout)
    if isinstance(kind, Checked):
        _wrong(path, "expected a checksum around a whole payload, got one inside")
    for known, rule in _RULES:
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
        if name and not NAME.fullmatch(name):
            _wrong(f"{path}.{name}", f"expected a name of letters, digits and _, got {name!r}")
        if in_order:
            here |= _given(child)


def _given(child: AnyConstruct) -> dict[str, AnyConstruct]:
    """The members that a frame has after a layout in it."""
    if child.name and not is_merged(child):
        return {child.name: child}
    inner = bare(child)
    if isinstance(inner, Channels) or not isinstance(inner, Merged | construct.Struct):
        return {}
    return {name: member for each in children(inner) for name, member in _given(each).items()}


def _wrong(path: str, message: str) -> NoReturn:
    raise ContentError(f"{path}: {message}", path=path)


def _names_differ(layout: AnyConstruct, path: str) -> None:
    seen: set[str] = set()
    for name in names_of(layout):
        if name in seen:
            _wrong(f"{path}.{name}", "expected a name of its own, got one that the frame has already")
        seen.add(name)


def _frame(frame: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(frame, path)
    for field in children(frame)[:-1]:
        if takes_the_rest(field):
            _wrong(path, "expected nothing after a layout that reads to the end of the payload, got a field")
    for field in children(frame):
        if not field.name and isinstance(bare(field), construct.Struct | Listed | Field):
            _wrong(path, f"expected a name for {type(bare(field)).__name__}, which is dropped without one")
        if is_merged(field) and isinstance(bare(field), Variants) and len(names_of(frame)) > len(names_given(field)):
            _wrong(path, "expected a name for Variants beside other members, got none")
        if field.name and not is_merged(field) and isinstance(bare(field), _NO_VALUES):
            _wrong(f"{path}.{field.name}", "expected no name for bytes without a value, got one")


def _case(case: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    choice = bare(seen[case.on]) if case.on in seen else None
    if not isinstance(choice, Choice | Flag):
        there = ", ".join(each for each in seen if NAME.fullmatch(each)) or "none"
        _wrong(path, f"expected a Choice or a Flag named {case.on} before its cases; the members there are {there}")
    values: Iterable[Any] = choice.names.values() if isinstance(choice, Choice) else (True, False)
    alone = set(map(repr, values)) ^ set(map(repr, case.cases))
    if alone or getattr(choice, "default", None) is not None:
        _wrong(f"{path}.{case.on}", f"expected one case for each choice, got {sorted(alone)} alone")


def _scaled(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    for name in ("per_unit", "step", "offset", "minimum", "maximum"):
        given = getattr(field, name)
        if not isinstance(given, int | float) and not (given is None and name.endswith("imum")):
            _wrong(path, f"expected a number as {name}, got {given!r}")
    for factor in (field.per_unit, field.step):
        if not math.isfinite(factor) or factor == 0:
            _wrong(path, f"expected a factor that is finite and not 0, got {factor}")
    low, high = field.minimum, field.maximum
    if low is not None and high is not None and low > high:
        _wrong(path, f"expected a minimum of at most {high}, got {low}")
    if not math.isfinite(field.offset):
        _wrong(path, f"expected an offset that is finite, got {field.offset}")
    if field.counts is None:
        return
    _exact(field, path)
    least, most = sorted(field.value_of(count) for count in field.counts)
    for bound in (low, high):
        if bound is not None and not least <= bound <= most:
            _wrong(path, f"expected a bound from {least} to {most}, which the raw field holds, got {bound}")


def _exact(field: Any, path: str) -> None:
    """Whole numbers stay below 2**53, where 64-bit floats are as exact as Python's numbers."""
    most = max(map(abs, field.counts))
    steps = most * abs(field.step) if isinstance(field.step, int) else 0
    shifted = steps + abs(field.offset) if field.per_unit == 1 and isinstance(field.offset, int) else 0
    for number in (steps, shifted, *(each for each in (field.per_unit, field.offset) if isinstance(each, int))):
        if abs(number) > MOST:
            _wrong(path, f"expected counts that stay exact, below 2**53, after step and offset, got {number}")


def _missing(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if not isinstance(field.field, Field) or not field.markers:
        _wrong(path, "expected a field and at least one raw number that means no reading")
    check(field.field, path, seen)
    dead = [marker for marker in field.markers if marker in getattr(field.field, "names", {})]
    if dead:
        _wrong(path, f"expected choices that can be read, got {dead[0]}, which means no reading")
    for marker in field.markers:
        if field.counts is not None and not field.counts[0] <= marker <= field.counts[1]:
            _wrong(path, f"expected markers from {field.counts[0]} to {field.counts[1]}, got {marker}")


def _choice(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not field.names:
        _wrong(path, "expected at least one choice, got none")
    if not all(isinstance(number, int) for number in field.names):
        _wrong(path, f"expected whole numbers and what they stand for, got {next(iter(field.names))!r}")
    for value in field.names.values():
        if not isinstance(value, str | bool) and not is_number(value):
            _wrong(path, f"expected text, numbers, true or false, got {value!r}")
    if len(field.numbers) != len(field.names):
        _wrong(path, f"expected a value of its own for each number, got {list(field.names.values())}")
    if any(isinstance(value, int) and abs(value) > MOST for value in field.names.values()):
        _wrong(path, "expected values below 2**53, got one beyond")
    for number in field.names:
        if field.counts is None or not field.counts[0] <= number <= field.counts[1]:
            _wrong(path, f"expected numbers that the raw field holds, got {number}")


def _whole(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    unsigned = isinstance(field, FlagSet | UnixTime | Version)
    if number and number.size > MOST_BYTES:
        _wrong(path, f"expected a number of at most {MOST_BYTES} bytes, got {number.size}")
    if isinstance(field, Scaled | Missing):
        return
    if number is None or number.form == "float" or (unsigned and number.signed):
        _wrong(path, f"expected {'an unsigned' if unsigned else 'a'} whole number as the raw field")
    if isinstance(field, FlagSet | Version) and number.is_wide:
        _wrong(path, "expected a raw field of at most 53 bits, got a wider one")


def _field(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if field.unit is not None and not isinstance(field.unit, str):
        _wrong(path, f"expected text as its unit, got {field.unit!r}")
    if getattr(field, "bit", None) is not None and WORD not in seen:
        _wrong(path, "expected a Bit inside Bits(word, ...), which reads the word, got one outside")
    decimals = getattr(field, "decimals", None)
    if decimals is not None and (not isinstance(decimals, int) or decimals < 0):
        _wrong(path, f"expected a number of decimals from 0 on, got {decimals!r}")


def _normalized(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    problem = problem_of(field, known_field(field.normalized)) if field.normalized else None
    if problem:
        _wrong(path, f"expected {problem}")


def _marker(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    if number is None and field.written is not None:
        _wrong(path, f"expected nothing to write into no bytes, got {field.written}")
    low, high = (number.counts or (0, -1)) if number else (0, 0)
    if number and (not isinstance(field.written, int) or not low <= field.written <= high):
        _wrong(path, f"expected a number to write from {low} to {high}, got {field.written}")


def _flag_set(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _bits_below(number_of(field.subcon), field.names, path)
    if len(set(field.names.values())) != len(field.names):
        _wrong(path, "expected a name of its own for each bit, got one twice")


def _bits_below(number: Any, bits: Iterable[int], path: str) -> None:
    for bit in bits:
        if number is None or not 0 <= bit < min(number.width, 53):
            _wrong(path, f"expected bits from 0 to {min(number.width, 53) - 1 if number else 0}, got {bit}")


def _unix_time(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if field.per_unit < 1 or field.epoch < 0 or not all(isinstance(n, int) for n in (field.per_unit, field.epoch)):
        _wrong(path, "expected whole counts per second, and an epoch from 1970 on")
    if field.counts and field.counts[1] * 1000 > MOST:
        _wrong(path, "expected a raw field of at most 43 bits, whose milliseconds are exact, got a wider one")


def _version(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    number = number_of(field.subcon)
    for first, width in field.parts:
        _bits_below(number, (first, first + width - 1), path)


def _text(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if len(field.pad) != 1 or not "\0" <= field.pad <= "~":
        _wrong(path, f"expected one ASCII character to fill up with, got {field.pad!r}")


def _derived(field: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    for name in members_in(field.expression):
        known = bare(seen[name]) if name in seen else None
        known = known.field if isinstance(known, Missing) else known
        if not isinstance(known, Scaled | Computed):
            there = ", ".join(each for each in seen if NAME.fullmatch(each)) or "none"
            _wrong(path, f"expected a number named {name} before it; the members there are {there}")
    if uses_index(field.expression) and INDEXED not in seen:
        _wrong(path, "expected this._index inside a list, got it outside")


def _bits(word: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not word.fields:
        _wrong(path, "expected at least one field, got none")
    _unsigned(word.raw, path)
    _names_differ(word, path)
    taken = word.written
    for field in word.fields:
        bit = bit_under(bare(field))
        if bit is None or not field.name:
            _wrong(path, f"expected named fields over Bit, got {field!r}")
        here, last = f"{path}.{field.name}", bit.first + bit.width - 1
        if not 0 <= bit.first <= last < 8 * word.size:
            _wrong(here, f"expected bits below {8 * word.size}, got {last}")
        mask = (1 << bit.width) - 1 << word.low(bit)
        if mask & taken:
            _wrong(here, "expected bits of its own, got some that are another's")
        taken |= mask


def _unsigned(raw: AnyConstruct, path: str) -> None:
    number = number_of(raw)
    if number is None or number.signed or number.form != "integer":
        _wrong(path, "expected an unsigned whole number that tells what follows, got another layout")


def _tlv(table: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(table, path)
    _keys(table.key, table.items, path)
    if table.maximum is not None and table.maximum < max(table.minimum, 1):
        _wrong(path, f"expected a maximum of at least {max(table.minimum, 1)}, got {table.maximum}")


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
            _wrong(path, f"expected keys from {least} to {most}, got {key}")
        if not item.name or is_merged(item):
            _wrong(path, f"expected a named field after the key {key:#x}, got one without a name")


def _groups(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(layout.raw, path)
    _bits_below(number_of(layout.raw), layout.groups, path)
    _names_differ(layout, path)
    for group in children(layout)[:-1]:
        if takes_the_rest(group):
            _wrong(path, "expected nothing after a layout that reads to the end of the payload, got a group")
    for bit, group in layout.groups.items():
        if not names_given(group):
            _wrong(path, f"expected a group with members, got none for bit {bit}")


def _sized(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _unsigned(layout.raw, path)


def _checked(layout: Any, path: str) -> None:
    _unsigned(layout.raw, path)
    over = layout.over
    if not isinstance(over, Crc):
        if over not in PLAIN:
            _wrong(path, f"expected a Crc, 'sum' or 'xor', got {over!r}")
        return
    limit = 1 << over.width
    if over.width != 8 * layout.size or over.width > 32:  # noqa: PLR2004 - what JavaScript's bits hold
        _wrong(path, f"expected a Crc as wide as its {8 * layout.size} bits, at most 32, got {over.width}")
    if not all(0 <= number < limit for number in (over.polynomial, over.initial, over.xor_out)):
        _wrong(path, f"expected numbers of {over.width} bits, got {over}")


def _tail(tail: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    _names_differ(tail, path)
    if any(is_merged(field) for field in tail.fields):
        _wrong(path, "expected fields with names in a tail, got a layout that hands its members to the frame")
    if any(not field.name for field in tail.fields[:-1]):
        _wrong(path, "expected a name for every field of a tail but the last, got one without")
    for field in tail.fields:
        if not least_size(field) and not isinstance(bare(field), Derived):
            _wrong(path, "expected fields that take bytes in a tail, got one that may take none")


def _repeat(items: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    if items.minimum < 0 or (items.maximum is not None and items.maximum < max(items.minimum, 1)):
        _wrong(path, f"expected a maximum of at least {max(items.minimum, 1)}, got {items.maximum}")
    if not least_size(items.subcon):
        _wrong(path, "expected items that take at least one byte, got some that may take none")
    if takes_the_rest(items.subcon):
        _wrong(path, "expected items that end before the payload does, got one that takes the rest")
    if isinstance(items.count, str):
        told = bare(seen[items.count]) if items.count in seen else None
        if not isinstance(told, Scaled) or not told.is_whole:
            _wrong(path, f"expected a whole number named {items.count} before the items")
    elif items.count is not None:
        _unsigned(items.count, path)


def _variants(layout: Any, path: str, seen: Mapping[str, AnyConstruct]) -> None:
    del seen
    if not layout.variants:
        _wrong(path, "expected at least one variant, got none")
    for variant in layout.variants[:-1]:
        if variant.at is None and not isinstance(variant.layout, Literal):
            _wrong(path, "expected a byte that tells each variant but the last, got none")
    for index, variant in enumerate(layout.variants):
        if variant.value & ~variant.mask or not 0 <= variant.mask <= 0xFF:  # noqa: PLR2004 - a byte
            _wrong(path, f"expected a value under the mask 0x{variant.mask:02x}, got 0x{variant.value:02x}")
        if any(_covers(earlier, variant) for earlier in layout.variants[:index]):
            _wrong(path, f"expected variants that can come, got 0x{variant.value:02x} after one that takes all of it")


def _covers(earlier: Any, later: Any) -> bool:
    """Whether every frame of the later variant is taken for the earlier one."""
    if earlier.at is None or earlier.at != later.at or isinstance(earlier.layout, Literal):
        return False
    return bool(earlier.mask & later.mask == earlier.mask and later.value & earlier.mask == earlier.value)


_FRAMES: tuple[Any, ...] = (construct.Struct, Merged, construct.Switch, construct.IfThenElse, construct.LazyBound)

_NO_VALUES = (construct.Const, construct.Padded, type(construct.Pass))

_RULES: tuple[tuple[Any, Any], ...] = (
    (construct.Struct, _frame),
    (Field | Derived, _field),
    (Counted, _whole),
    (Scaled, _scaled),
    (Missing, _missing),
    (Choice, _choice),
    (FlagSet, _flag_set),
    (UnixTime, _unix_time),
    (Version, _version),
    (Ascii, _text),
    (Marker, _marker),
    (Derived, _derived),
    (Field | Derived, _normalized),
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
