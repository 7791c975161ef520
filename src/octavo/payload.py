"""Payload text: hex, base64 or a list of integers, and back.

What a text may be read as is decided by how each kind is normally written; a second possible
reading is reported with the first (`Reading.alternatives`), never dropped.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("hex", "base64", "ints")
"""The kinds of payload text, in the words of ``--input``."""

STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
VALUES = {char: value for value, char in enumerate(STANDARD)} | {"-": 62, "_": 63}
"""Both alphabets of base64. Source: RFC 4648, tables 1 and 2."""

PART = re.compile(r"[^\s,]+")
HEX_PART = re.compile(r"[^\s,:;_-]+")
HEX_PREFIX = re.compile(r"0[xX]|\\[xX]")
PLAIN_HEX = re.compile(r"\s*(?:[0-9a-f]{2}){2,}\s*")
"""Hex as most of it is written: it looks like nothing else (`_plausible`), and needs no second look."""

HEX_SHAPE = re.compile(r"[0-9a-fA-F][0-9a-fA-F\s:;_-]*")
NOT_HEX = re.compile(r"[^0-9a-fA-F]")
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/_=\r\n-]")
DECIMAL = re.compile(r"[0-9]+")
PLAIN_DECIMALS = re.compile(r"[1-9][0-9]{1,2}(\s+[1-9][0-9]{1,2})*")
TWO_DIGITS = re.compile(r"[0-9]{2}([\s,]+[0-9]{2})*")

BYTE_MAX = 255
SHOWN_CHARS = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a payload text.

    Attributes:
        data: the bytes.
        how: ``hex``, ``base64`` or ``ints``.
        alternatives: the other ways the text may have been meant, where they give other bytes.
        doubt: why the text may not be whole; empty where nothing says so.
    """

    data: bytes
    how: str
    alternatives: tuple[Reading, ...] = ()
    doubt: str = ""


def parse(text: str, how: str = "auto") -> Reading:
    r"""Read a payload text.

    ``auto`` takes the first that fits: a list of integers (with a comma or brackets, every part 0 to
    255); hex (even groups of digits, with or without separators, ``0x`` or ``\x``); base64 in either
    alphabet, padded or not. It also reports other readings: small decimal numbers (``28``), and base64
    where a run of hex digits is written as hex seldom is (`_may_be_base64`). An odd number of hex digits, which may
    be base64 or hex that was cut, is base64 with a doubt (`Reading.doubt`).

    Args:
        text: the payload as somebody wrote it.
        how: ``auto``, ``hex``, ``base64`` or ``ints``.

    Raises:
        PayloadError: with ``offset``, the character that does not fit, counted from 0.

    >>> parse("0367 0110").data.hex()
    '03670110'
    >>> [reading.how for reading in parse("AAAAAA").alternatives]
    ['base64']
    """
    if how == "auto":
        return _guess(text)
    if how not in READERS:
        raise PayloadError(f"unknown kind of payload text {how!r}: one of auto, {', '.join(KINDS)} was expected")
    return Reading(READERS[how](text), how)


def write(data: bytes, how: str = "hex") -> str:
    """The text of a payload: what `parse` reads back with the same ``how``.

    >>> write(bytes([8, 152]), "ints")
    '[8, 152]'
    """
    if how == "hex":
        return data.hex()
    if how == "base64":
        return base64.b64encode(data).decode("ascii")
    return str(list(data))


def shown(text: str) -> str:
    """A text as a sentence shows it: cut where it is long."""
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


def from_hex(text: str) -> bytes:
    """Bytes from hex digits in even groups, with or without spaces, commas, colons, dashes or ``0x``."""
    return b"".join(_hex_group(*part) for part in _parts(text, HEX_PART))


def from_ints(text: str) -> bytes:
    """Bytes from decimal numbers 0 to 255, parted by commas or spaces, with or without brackets."""
    return bytes(_number(*part) for part in _parts(text, PART))


def from_base64(text: str) -> bytes:
    """Bytes from base64 in either alphabet, padded or not; line breaks may wrap it."""
    if found := NOT_BASE64.search(text.strip()):
        place = found.start() + len(text) - len(text.lstrip())
        raise _unfit(text, place, "a character of base64")
    digits = "".join(text.split())
    body = digits.rstrip("=")
    _check_padding(text, body, len(digits) - len(body))
    standard = body.replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(body) % 4))


READERS: dict[str, Callable[[str], bytes]] = {"hex": from_hex, "base64": from_base64, "ints": from_ints}


def _guess(text: str) -> Reading:
    if PLAIN_HEX.fullmatch(text):
        return Reading(bytes.fromhex(text.strip()), "hex")
    kinds = _plausible(text.strip())
    readings = _attempts(text, kinds) or _attempts(text, ["base64"])
    if not readings or not text.strip() or _is_lone_number(text.strip(), readings):
        raise _no_reading(text, kinds)
    first, others = readings[0], readings[1:]
    alternatives = tuple(other for other in others if other.data != first.data)
    return Reading(first.data, first.how, alternatives, _doubt(text.strip(), first.how))


def _is_lone_number(text: str, readings: list[Reading]) -> bool:
    """Whether a text is nothing but one number, ``123``, which hex that lacks a digit looks like as well."""
    return bool(DECIMAL.fullmatch(text)) and {reading.how for reading in readings} == {"ints"}


def _doubt(text: str, how: str) -> str:
    is_odd_hex = how == "base64" and len(text) % 2 and not NOT_HEX.search(text)
    return f"{_odd(text)} It is taken for base64" if is_odd_hex else ""


def _odd(text: str) -> str:
    return f"{len(text)} hex digits: one is missing or too many?"


def _attempts(text: str, kinds: list[str]) -> list[Reading]:
    """The readings that succeed, in the order of the kinds."""
    readings = []
    for how in kinds:
        with suppress(PayloadError):
            readings.append(Reading(READERS[how](text), how))
    return readings


def _plausible(text: str) -> list[str]:
    """The ways a text is written like, the preferred first; what is like none may still be base64."""
    signs = [
        ("ints", _is_list(text)),
        ("hex", _looks_hex(text)),
        ("base64", not NOT_HEX.search(text) and (len(text) % 2 == 1 or _may_be_base64(text))),
        ("ints", bool(PLAIN_DECIMALS.fullmatch(text))),
    ]
    return [how for how, like in signs if like]


def _is_list(text: str) -> bool:
    return bool(text) and (text[0] == "[" or "," in text) and not HEX_PREFIX.search(text)


def _looks_hex(text: str) -> bool:
    """Whether a text may be hex: with commas only as ``0x01,0x67``, ``0A,67`` or ``01,67``."""
    if HEX_PREFIX.search(text):
        return True
    if "," in text:
        return _is_comma_hex(text)
    return bool(HEX_SHAPE.fullmatch(text)) and len(NOT_HEX.sub("", text)) % 2 == 0


def _is_comma_hex(text: str) -> bool:
    groups = [group.strip() for group in text.split(",")]
    if any(len(group) != 2 or NOT_HEX.search(group) for group in groups):  # noqa: PLR2004 - two digits a byte
        return False
    return not TWO_DIGITS.fullmatch(text) or any(group[0] == "0" for group in groups)


def _may_be_base64(digits: str) -> bool:
    """Whether a run of hex digits may have been meant as base64.

    Hex is written in one case; and base64's ``A`` is six zero bits, so a payload of small numbers is
    mostly ``A``. So: both cases, or at least every second character an ``A``.
    """
    both_cases = digits not in (digits.lower(), digits.upper())
    return both_cases or 2 * digits.count("A") >= len(digits)


def _no_reading(text: str, kinds: list[str]) -> PayloadError:
    """The sentence for a text that fits nothing: what its look promised, and where that breaks."""
    bare = text.strip()
    if not bare:
        return PayloadError("the payload is empty: hex, base64 or a list of integers was expected", offset=0)
    if DECIMAL.fullmatch(bare):
        return PayloadError(f"{shown(bare)} is one number: {_as_byte(bare)}", offset=len(text.rstrip()))
    if not NOT_HEX.search(bare):
        message = f"{_odd(bare)} It is no base64 either"
        return PayloadError(message, offset=len(text.rstrip()))
    try:
        READERS[_looks_most_like(text, kinds)](text)
    except PayloadError as error:
        return error
    return PayloadError("not hex, base64 or a list of integers", offset=0)


def _as_byte(number: str) -> str:
    """How to write a number that stands alone and has an odd number of digits."""
    if len(number) > len(str(BYTE_MAX)) or int(number) > BYTE_MAX:
        return "it is no byte, for it is above 255, and hex has an even number of digits"
    return f"write [{number}] for one byte, or 0{number} for hex, which has an even number of digits"


def _looks_most_like(text: str, kinds: list[str]) -> str:
    if kinds:
        return kinds[0]
    return "hex" if re.search(r"\s", text.strip()) or not NOT_HEX.search(text.strip()) else "base64"


def _parts(text: str, pattern: re.Pattern[str]) -> list[tuple[str, str, int]]:
    """Each part as (whole text, part, its offset); brackets around the whole are left out."""
    inner = text.strip()
    start = text.index(inner)
    if inner.startswith("["):
        if not inner.endswith("]"):
            raise _unfit(text, start + len(inner), "the closing bracket ]")
        start, inner = start + 1, inner[1:-1]
    return [(text, found.group(), start + found.start()) for found in pattern.finditer(inner)]


def _hex_group(text: str, group: str, offset: int) -> bytes:
    pieces = [piece for piece in HEX_PREFIX.split(group) if piece]
    digits = "".join(pieces)
    if found := NOT_HEX.search(digits):
        raise _unfit(text, text.index(found.group(), offset), "a hex digit")
    if not pieces or any(len(piece) % 2 for piece in pieces):
        raise _unfit(text, offset + len(group), f"an even number of hex digits in {shown(group)!r}")
    return bytes.fromhex(digits)


def _number(text: str, part: str, offset: int) -> int:
    if not (part.isascii() and DECIMAL.fullmatch(part) and len(part) <= len(str(BYTE_MAX))):
        raise _unfit(text, offset, "an integer 0 to 255")
    if int(part) > BYTE_MAX:
        raise _unfit(text, offset, "an integer 0 to 255")
    return int(part)


def _check_padding(text: str, body: str, padding: int) -> None:
    """Refuse what no encoder writes: a stray ``=``, a lone last character, bits beyond the last byte."""
    end = len(text.rstrip())
    if "=" in body:
        raise _unfit(text, text.index("="), "base64 with '=' at its end only")
    spare = len(body) * 6 % 8
    if spare == 6 or (padding and padding != -len(body) % 4):  # noqa: PLR2004 - one character holds six bits
        raise _unfit(text, end, "base64 of whole bytes (four characters hold three bytes; '=' fills the last four)")
    if spare and VALUES[body[-1]] & ((1 << spare) - 1):
        last = text.rstrip("=\r\n \t")
        raise _unfit(text, len(last) - 1, "base64 whose last character has no bits beyond the last byte (cut off?)")


def _unfit(text: str, offset: int, expected: str) -> PayloadError:
    found = repr(text[offset]) if offset < len(text) else "the end"
    return PayloadError(f"found {found} at offset {offset} of the payload, expected {expected}", offset=offset)
