"""What a declaration must hold to: found when it is loaded, with the field's path."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import construct

from octavo.codecs._construct import AnyConstruct, bare, integer_range, is_merged
from octavo.codecs.fields import Choice, Scaled, bit_under
from octavo.codecs.layouts import Bits, Case, Literal, Repeat, Tail, Tlv, Variants
from octavo.codecs.members import Merged
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_PORT, LAST_PORT = 1, 223
"""FPorts of application payloads. Source: LoRaWAN L2 1.0.4 Specification, 4.3.2 Port Field (FPort)."""


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
            if not isinstance(f_port, int) or not FIRST_PORT <= f_port <= LAST_PORT:
                _wrong(path, f"expected a port from {FIRST_PORT} to {LAST_PORT}, got {f_port!r}")
            name_once(layout)
            check(layout, path)


def check(layout: AnyConstruct, path: str) -> None:
    """Check a layout and everything under it; raises `ContentError`."""
    if not isinstance(layout, construct.Construct):
        _wrong(path, f"expected a construct layout, got {type(layout).__name__}")
    for kind, rule in _RULES:
        if isinstance(bare(layout), kind):
            rule(bare(layout), path)
    for child in children(layout):
        named = isinstance(child, construct.Construct) and child.name and not is_merged(child)
        check(child, f"{path}.{child.name}" if named else path)


def name_once(layout: AnyConstruct) -> None:
    """Join a field's name and its documentation, everywhere under a layout.

    ``"name" / field * "documentation"`` makes construct wrap the field twice, and paths name it twice.
    """
    while isinstance(layout, construct.Renamed) and isinstance(layout.subcon, construct.Renamed):
        layout.subcon = layout.subcon.subcon
    for child in children(layout):
        name_once(child)


def children(layout: AnyConstruct) -> list[AnyConstruct]:
    """The layouts directly under a layout, in order: how a declaration is walked."""
    layout = bare(layout)
    if isinstance(layout, Bits | Tail):
        return list(layout.fields)
    if isinstance(layout, Tlv):
        return list(layout.items.values())
    if isinstance(layout, Case):
        return list(layout.cases.values())
    if isinstance(layout, Variants):
        return [variant.layout for variant in layout.variants]
    if isinstance(layout, construct.Struct):
        return list(layout.subcons)
    return [layout.subcon] if isinstance(layout, construct.Subconstruct) else []


def names_of(layout: AnyConstruct) -> list[str]:
    """Every name that a layout gives its frame; of alternatives, a name that several give counts once."""
    layout = bare(layout)
    if isinstance(layout, Literal):
        return list(layout.data)
    if isinstance(layout, Case | Variants):
        return list(dict.fromkeys(name for child in children(layout) for name in names_of(child)))
    if not isinstance(layout, Merged | construct.Struct):
        return []
    return [name for child in children(layout) for name in _names_given(child)]


def _names_given(child: AnyConstruct) -> list[str]:
    if is_merged(child):
        return names_of(child)
    return [child.name] if child.name else []


def _wrong(path: str, message: str) -> NoReturn:
    raise ContentError(f"{path}: {message}", path=path)


def _names_differ(layout: AnyConstruct, path: str) -> None:
    seen: set[str] = set()
    for name in names_of(layout):
        if name in seen:
            _wrong(f"{path}.{name}", "expected a name of its own, got one that the frame has already")
        seen.add(name)


def _frame(frame: Any, path: str) -> None:
    _names_differ(frame, path)
    last = len(frame.subcons) - 1
    earlier: dict[str, AnyConstruct] = {}
    for index, field in enumerate(frame.subcons):
        if index < last and _takes_the_rest(field):
            _wrong(path, "expected nothing after a layout that reads to the end of the payload, got a field")
        if isinstance(bare(field), Case):
            _case(bare(field), earlier, path)
        earlier |= {field.name: field} if field.name else {}


def _takes_the_rest(field: AnyConstruct) -> bool:
    layout = bare(field)
    return isinstance(layout, Tail) or (isinstance(layout, Tlv | Repeat) and layout.maximum is None)


def _case(case: Any, earlier: Mapping[str, AnyConstruct], path: str) -> None:
    choice = bare(earlier[case.on]) if case.on in earlier else None
    if not isinstance(choice, Choice):
        _wrong(path, f"expected a Choice named {case.on} before its cases, got {type(choice).__name__}")
    alone = set(choice.names.values()) ^ case.cases.keys()
    if alone or choice.default is not None:
        _wrong(f"{path}.{case.on}", f"expected one case for each choice, got {sorted(map(str, alone))} alone")


def _scaled(field: Any, path: str) -> None:
    for factor in (field.per_unit, field.step):
        if not math.isfinite(factor) or factor == 0:
            _wrong(path, f"expected a factor that is finite and not 0, got {factor}")
    low, high = field.minimum, field.maximum
    if low is not None and high is not None and low > high:
        _wrong(path, f"expected a minimum of at most {high}, got {low}")
    if field.counts is None:
        return
    least, most = sorted(field.value_of(count) for count in field.counts)
    for bound in (low, high):
        if bound is not None and not least <= bound <= most:
            _wrong(path, f"expected a bound from {least} to {most}, which the raw field holds, got {bound}")


def _choice(field: Any, path: str) -> None:
    if not field.names:
        _wrong(path, "expected at least one choice, got none")
    if len(field.numbers) != len(field.names):
        _wrong(path, f"expected a value of its own for each number, got {list(field.names.values())}")
    bounds = integer_range(field.subcon)
    for number in field.names:
        if bounds is None or not bounds[0] <= number <= bounds[1]:
            _wrong(path, f"expected numbers that the raw field holds, got {number}")


def _bits(word: Any, path: str) -> None:
    if not word.fields:
        _wrong(path, "expected at least one field, got none")
    _names_differ(word, path)
    taken = word.written
    for field in word.fields:
        bit = bit_under(bare(field))
        if bit is None or not field.name:
            _wrong(path, f"expected named fields over Bit, got {field!r}")
        if bit.mask >> 8 * word.size:
            _wrong(
                f"{path}.{field.name}",
                f"expected bits below {8 * word.size}, got {bit.first + bit.width - 1}",
            )
        if bit.mask & taken:
            _wrong(f"{path}.{field.name}", "expected bits of its own, got some that are another's")
        taken |= bit.mask


def _tlv(table: Any, path: str) -> None:
    _names_differ(table, path)
    least, most = integer_range(table.key) or (0, -1)
    for key, item in table.items.items():
        if not least <= key <= most:
            _wrong(path, f"expected keys from {least} to {most}, got {key}")
        if not item.name or is_merged(item):
            _wrong(path, f"expected a named field after the key {key:#x}, got one without a name")


def _tail(tail: Any, path: str) -> None:
    _names_differ(tail, path)
    if any(not field.name for field in tail.fields[:-1]):
        _wrong(path, "expected a name for every field of a tail but the last, got one without")


def _repeat(items: Any, path: str) -> None:
    if items.minimum < 0 or (items.maximum is not None and items.maximum < max(items.minimum, 1)):
        _wrong(path, f"expected a maximum of at least {max(items.minimum, 1)}, got {items.maximum}")


def _variants(layout: Any, path: str) -> None:
    if not layout.variants:
        _wrong(path, "expected at least one variant, got none")
    for variant in layout.variants[:-1]:
        if variant.at is None and not isinstance(variant.layout, Literal):
            _wrong(path, "expected a byte that tells each variant but the last, got none")


_RULES: tuple[tuple[Any, Any], ...] = (
    (construct.Struct, _frame),
    (Scaled, _scaled),
    (Choice, _choice),
    (Bits, _bits),
    (Tlv, _tlv),
    (Tail, _tail),
    (Repeat, _repeat),
    (Variants, _variants),
)
