"""Members of an x-ray in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.codecs.words import Words, json_text
from octavo.lab.xray.bits import BYTE, bytes_in, ranges
from octavo.lab.xray.declaring import parts
from octavo.lab.xray.model import FORMS

if TYPE_CHECKING:
    from octavo.lab.xray.model import Discriminator, Field, Linear

MOST_NAMES = 8
"""Values of a choice that are told, those of three bits: the rest is in JSON."""

MOST_MEMBERS = 3
"""Members that come or go which are told, so that they have room in a line: the rest is in JSON."""

SAID = {
    "choice": "choice",
    "constant": "constant",
    "flag": "flag",
    "flags": "flags",
    "hex": "hex digits",
    "other": "not linear",
    "switched": "by discriminators",
    "text": "ASCII text",
    "version": "version",
}
"""What kinds are called that are no numbers."""


def words(field: Field, size: int) -> Words:
    """What a member of a payload of so many bytes is."""
    if field.linear is None:
        kind = field.detail if field.kind == "float" else SAID[field.kind]
        extra = "" if field.kind == "float" else field.detail
        return Words(kind, values=", ".join(filter(None, (extra, _names(field)))))
    kind = _type(field, field.linear, size)
    if field.kind == "time":
        return Words(f"{kind}, Unix time", _scale(field.linear, field.linear.offset))
    values = ", ".join(filter(None, (_below(field.linear), _rounded(field.linear), _markers(field.linear))))
    return Words(kind, _scale(field.linear, field.linear.offset), values=values)


def _names(field: Field) -> str:
    usual = [json_text(value) for value in field.usual]
    told = [f"{count} {json_text(value)}" for count, value in field.names if json_text(value) not in usual]
    others = [f"others {value}" for value in usual]
    return ", ".join(told[:MOST_NAMES] + (["…"] if len(told) > MOST_NAMES else []) + others)


def _type(field: Field, number: Linear, size: int) -> str:
    """How the number stands on the wire, in the words of pictures of declarations."""
    count = len(bytes_in(field.mask, size))
    order = f", {number.order}-endian" if number.order in {"big", "little"} else ", bytes mixed" if number.order else ""
    if (field.mask | field.refused).bit_count() != BYTE * count:
        sign = {FORMS[1]: ", signed", FORMS[2]: ", sign and magnitude", FORMS[3]: ", BCD"}.get(number.form, "")
        return f"{number.width} {'bit' if number.width == 1 else 'bits'}{sign}{order}"
    if number.form in FORMS[2:]:
        kind = "BCD" if number.form == FORMS[3] else number.form
        return f"{kind} of {count} {'byte' if count == 1 else 'bytes'}{order}"
    return f"{'int' if number.signed else 'uint'}{BYTE * count}{order}"


def _scale(number: Linear, offset: float) -> str:
    divisor, factor = parts(number.scale)
    told = [f"× {factor}"] if factor != 1 else []  # noqa: RUF001 - times
    told += [f"/ {divisor}"] if divisor != 1 else []
    if offset:
        told.append(f"{'+' if offset > 0 else '−'} {abs(offset)}")  # noqa: RUF001 - a minus sign
    return " ".join(told)


def _below(number: Linear) -> str:
    if number.below is None:
        return ""
    count, offset = number.below
    return f"below {count}: {_scale(number, offset) or 'the count itself'}"


def _rounded(number: Linear) -> str:
    if number.decimals is None:
        return ""
    several = f"{number.decimals} decimal{'' if number.decimals == 1 else 's'}"
    digits = several if number.decimals else "whole numbers"
    return f"{'cut' if number.rounding == 'down' else 'rounded'} to {digits}"


def _markers(number: Linear) -> str:
    return ", ".join(f"{count} gives {json_text(value)}" for count, value in number.markers)


def discriminator(found: Discriminator) -> str:
    """What happens when one of its bits is flipped."""
    if found.error:
        return f"error: {found.error}"
    members = [f"+ {_some(found.adds)}"] if found.adds else []
    members += [f"− {_some(found.removes)}"] if found.removes else []  # noqa: RUF001 - a minus sign
    return "; ".join(members)


def _some(paths: tuple[str, ...]) -> str:
    more = len(paths) - MOST_MEMBERS
    return ", ".join(paths[:MOST_MEMBERS]) + (f" and {more} more" if more > 0 else "")


def places(mask: int, size: int) -> str:
    """Bits in words: ``0–1, 6 bit 7–4``; runs of whole bytes are one."""  # noqa: RUF002 - ranges
    told: list[str] = []
    whole: list[int] = []
    for each in ranges(mask, size):
        if (each.high, each.low) == (BYTE - 1, 0) and (not whole or whole[-1] == each.byte - 1):
            whole.append(each.byte)
            continue
        told += _run(whole)
        whole = [each.byte] if (each.high, each.low) == (BYTE - 1, 0) else []
        told += [] if whole else [f"{each.byte} bit {span(each.high, each.low)}"]
    return ", ".join(told + _run(whole))


def _run(whole: list[int]) -> list[str]:
    return [span(whole[0], whole[-1])] if whole else []


def span(first: int, last: int) -> str:
    """A range of numbers; one alone is itself."""
    return str(first) if first == last else f"{first}–{last}"  # noqa: RUF001 - a range
