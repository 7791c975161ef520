"""A member as a line of a declaration, with the words of `octavo.codecs`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from octavo.lab.doubles import MOST_BLURRED
from octavo.lab.xray.bits import BYTE, big_endian, byte_mask, bytes_in, ones
from octavo.lab.xray.fitting import short
from octavo.lab.xray.model import FORMS

if TYPE_CHECKING:
    from octavo.lab.xray.model import Field, Linear

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""What a member of a declaration may be called."""

NAMED_SIZES = (1, 2, 3, 4, 8)
"""Bytes of the whole numbers that construct has a name for."""

SHORT = 7
"""Characters of a factor that somebody may have written: 43.93 and 175.72 of data sheets, not what a division left."""

PARTS = (*(10**power for power in range(1, 7)), *(1 << power for power in range(1, 17)), 3, 255, 1023, 4095, 65535)
"""What factors are usually divided by: decimal digits, powers of two of up to two bytes, the largest counts of
converters of 8, 10, 12 and 16 bits, thirds."""

FLOAT_WORDS = re.compile(r"float(\d+), (big|little)-endian")
"""What `octavo.lab.xray.kinds` calls the floats that construct has a name for."""


class Raw(NamedTuple):
    """Bits as construct reads them.

    Attributes:
        number: the number: ``Int16sb``, or a range of bits ``Bit(0, 14)``.
        word: the word that the range is of, ``Int16ub``; empty for whole bytes.
        first: its lowest bit in that word.
    """

    number: str
    word: str = ""


def declaration(field: Field, size: int) -> str:
    """The line of a member of a payload of so many bytes; empty where the vocabulary has none."""
    name = field.path.rpartition(".")[2]
    raw = _raw(field, size)
    value = _value(field, raw.number, size) if raw else ""
    if not raw or not value or not NAME.fullmatch(name):
        return ""
    line = f'"{name}" / {value}'
    return f"Bits({raw.word}, {line})" if raw.word else line


def _value(field: Field, raw: str, size: int) -> str:
    """A field over raw bytes."""
    count = len(bytes_in(field.mask, size))
    if field.kind == "number" and field.linear:
        return _number(field.linear, raw)
    if field.kind == "flag":
        return f"Flag({raw}, inverted=True)" if field.detail else f"Flag({raw})"
    if field.kind in {"choice", "flags"}:
        return _choice(field, raw)
    if field.kind == "time" and field.linear:
        return _time(field.linear, raw)
    if field.kind == "version":
        return _version(field, raw, size)
    texts = {"hex": "" if field.detail else f"HexText({count})", "text": f"Ascii({count})"}
    return texts.get(field.kind, f"Scaled({raw})" if field.kind == "float" else "")


def _choice(field: Field, raw: str) -> str:
    usual = list(field.usual)
    names = {count: value for count, value in field.names if value is not None}
    kind = "FlagSet" if field.kind == "flags" else "Choice"
    is_whole = len(names) == (field.mask.bit_count() if kind == "FlagSet" else 1 << field.mask.bit_count())
    if not is_whole:
        return ""
    rest = "".join(f", default={value!r}" for value in usual)
    names = {count: value for count, value in names.items() if repr(value) not in map(repr, usual)}
    return f"{kind}({raw}, {names!r}{rest})"


def _version(field: Field, raw: str, size: int) -> str:
    found = [
        sorted(indexes(field.mask | field.refused, size, "big")[place] for place in ones(part)) for part in field.parts
    ]
    told = ", ".join(f"({places[0]}, {len(places)})" for places in found)
    is_plain = all(places == list(range(places[0], places[-1] + 1)) for places in found)
    if not is_plain or field.detail.startswith("after"):
        return ""
    return f"Version({raw}, {told}{', base=16' if field.detail else ''})"


def _number(number: Linear, raw: str) -> str:
    if number.rounding == "down" or number.below or any(value is not None for _, value in number.markers):
        return ""
    arguments = [raw, *_scaled(number.scale)]
    arguments += [f"offset={number.offset}"] if number.offset else []
    arguments += [f"decimals={number.decimals}"] if number.rounding else []
    told = f"Scaled({', '.join(arguments)})"
    markers = "".join(f", {_hex(count, number.width)}" for count, _ in number.markers)
    return f"Missing({told}{markers})" if markers else told


def _hex(count: int, width: int) -> str:
    return f"0x{count:0{-(-width // 4)}x}" if count >= 0 else str(count)


def _scaled(scale: float) -> list[str]:
    """What is done to a count, as the arguments of `octavo.codecs.Scaled`."""
    per_unit, step = parts(scale)
    told = [f"per_unit={per_unit}"] if per_unit != 1 else []
    return told + ([f"step={step}"] if step != 1 else [])


def parts(scale: float) -> tuple[float, float]:
    """Divisor and factor that make a scale, such as somebody may have written.

    >>> parts(0.01), parts(5), parts(175.72 / 65536), parts(0.0625)
    ((100, 1), (1, 5), (16384, 43.93), (16, 1))
    """
    inverse = 1 / scale
    if math.isclose(inverse, round(inverse), rel_tol=MOST_BLURRED) and round(inverse) != 0:
        return round(inverse), 1
    made = [(divisor, short(scale * divisor)) for divisor in (1, *PARTS)]
    divisor, factor = min(made, key=lambda each: len(str(abs(each[1]))))
    return (divisor, factor) if len(str(abs(factor))) <= SHORT else (1, scale)


def _time(number: Linear, raw: str) -> str:
    per_unit, step = parts(number.scale)
    if step != 1 or number.form != FORMS[0] or not float(number.offset).is_integer():
        return ""
    told = [raw] + ([f"per_unit={per_unit}"] if per_unit != 1 else [])
    return f"UnixTime({', '.join(told + ([f'epoch={int(number.offset)}'] if number.offset else []))})"


# ---- raw bytes and bits ----


def _raw(field: Field, size: int) -> Raw | None:
    """The bits of a field as construct reads them; None where they are no range of a word."""
    if field.kind == "float":
        found = FLOAT_WORDS.fullmatch(field.detail)
        return Raw(f"Float{found[1]}{found[2][0]}") if found else None
    if not field.mask:
        return None
    places = field.linear.places if field.linear else tuple(big_endian(field.mask))
    order = field.linear.order if field.linear else "big" if len(bytes_in(field.mask, size)) > 1 else ""
    if order == "mixed":
        return None
    form = field.linear.form if field.linear else FORMS[0]
    covered = field.mask | field.refused
    whole = _whole(covered, size)
    if whole:
        return _whole_number(whole, order, form) if _is_low(field, places, size, order) else None
    return _range(field.mask, size, order, form)


def _is_low(field: Field, places: tuple[int, ...], size: int, order: str) -> bool:
    """Whether the refused bits lie above those that feed the field, so that its raw number is that of all."""
    known = indexes(field.mask | field.refused, size, order)
    return [known[place] for place in places] == list(range(len(places)))


def _whole(mask: int, size: int) -> int:
    """How many neighbouring bytes a mask covers; 0 where it covers a part of one."""
    found = bytes_in(mask, size)
    is_whole = found == list(range(found[0], found[-1] + 1)) and mask == sum(byte_mask(byte, size) for byte in found)
    return len(found) if is_whole else 0


def indexes(mask: int, size: int, order: str) -> dict[int, int]:
    """Each place of a mask, and which bit of its word it is, 0 the least significant; the word is its bytes.

    Args:
        mask: the bits.
        size: number of bytes of the payload.
        order: ``little`` where the first byte is the least significant.
    """
    found = bytes_in(mask, size)
    places = [place for place in range(BYTE * size) if mask >> place & 1]
    if order != "little":
        low = BYTE * (size - 1 - found[-1])
        return {place: place - low for place in places}
    return {place: BYTE * (size - 1 - place // BYTE - found[0]) + place % BYTE for place in places}


def _whole_number(size: int, order: str, form: str) -> Raw:
    little = order == "little"
    if form in FORMS[2:]:
        name = "Magnitude" if form == FORMS[2] else "Bcd"
        return Raw(f"{name}({size}, big=False)" if little else f"{name}({size})")
    return Raw(_integer(size, little=little, signed=form == FORMS[1]))


def _integer(size: int, *, little: bool, signed: bool = False) -> str:
    if size in NAMED_SIZES:
        return f"Int{BYTE * size}{'s' if signed else 'u'}{'l' if little else 'b'}"
    told = [str(size)] + (["signed=True"] if signed else []) + (["swapped=True"] if little else [])
    return f"BytesInteger({', '.join(told)})"


def _range(mask: int, size: int, order: str, form: str) -> Raw | None:
    """A range of the bits of the word that its bytes make."""
    found = bytes_in(mask, size)
    bits = sorted(indexes(mask, size, order).values())
    if bits != list(range(bits[0], bits[-1] + 1)) or form == FORMS[3]:
        return None
    signs = {FORMS[1]: ["signed=True"], FORMS[2]: ["magnitude=True"]}
    told = [str(bits[0])] + ([str(len(bits))] if len(bits) > 1 else []) + signs.get(form, [])
    return Raw(f"Bit({', '.join(told)})", _integer(found[-1] - found[0] + 1, little=order == "little"))
