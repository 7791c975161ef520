"""Raw numbers of many rows at once: what `octavo.codecs.numbers` is for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.numbers import MOST

if TYPE_CHECKING:
    from octavo.codecs.columns.arrays import Array, Bytes, Mask
    from octavo.codecs.numbers import Number

WHOLE = (1, 2, 4, 8)
"""Sizes, in bytes, that numpy has a type for."""

WIDEST = 64
MOST_DIGITS = 9
"""Bytes of decimal digits that 64 bits hold."""


def is_readable(number: Number) -> bool:
    """Whether a number can be read here; wider ones are read message by message."""
    return number.size <= MOST_DIGITS if number.form == "bcd" else number.width <= WIDEST


def counts_of(matrix: Bytes, number: Number, at: int) -> Array:
    """The counts of a number that begins at an offset, in the narrowest type that is at hand."""
    if number.form.startswith("bits"):
        return _bits(matrix, number, at)
    if number.form == "bcd":
        return _digits(matrix, number, at)
    if number.form == "magnitude":
        return _magnitude(_word(matrix, at, number.size, big=number.big), number.width)
    kind = "f" if number.form == "float" else ("i" if number.signed else "u")
    if number.size in WHOLE:
        return _column(matrix, at, number.size, kind, big=number.big)
    word = _word(matrix, at, number.size, big=number.big)
    return _signed(word, number.width) if number.signed else word


def bad_digits(matrix: Bytes, number: Number, at: int) -> Mask:
    """Where a nibble is no decimal digit."""
    part = matrix[:, at : at + number.size]
    bad = ((part & 0x0F) > 9) | (part > 0x9F)  # noqa: PLR2004 - the last digit
    return np.asarray(bad.any(axis=1), bool)


def inexact(counts: Array) -> Mask:
    """Where a whole number has more than 53 bits."""
    bad = counts > MOST
    if counts.dtype.kind == "i":
        bad = bad | (counts < -MOST)
    return np.asarray(bad, bool)


def _column(matrix: Bytes, at: int, size: int, kind: str, *, big: bool) -> Array:
    wire = np.dtype(f"{'>' if big else '<'}{kind}{size}")
    found: Array = matrix[:, at : at + size].view(wire)[:, 0].astype(wire.newbyteorder("="))
    return found


def _word(matrix: Bytes, at: int, size: int, *, big: bool) -> Array:
    """An unsigned number of up to 8 bytes."""
    if size in WHOLE:
        return _column(matrix, at, size, "u", big=big)
    return _joined(matrix, [at + (size - 1 - place if big else place) for place in range(size)], 0)


def _joined(matrix: Bytes, places: list[int], shift: int) -> Array:
    """Bytes, lowest first, as one number, without its lowest bits; what is beyond 64 bits falls off."""
    word: Any = np.zeros(len(matrix), np.uint64)
    for index, place in enumerate(places):
        byte = matrix[:, place].astype(np.uint64)
        left = 8 * index - shift
        word |= byte << np.uint64(left) if left >= 0 else byte >> np.uint64(-left)
    joined: Array = word
    return joined


def _bits(matrix: Bytes, number: Number, at: int) -> Array:
    mask = (1 << number.width) - 1
    if number.size in WHOLE:
        word = _column(matrix, at, number.size, "u", big=number.big)
        found: Array = word >> word.dtype.type(number.first) & word.dtype.type(mask)
    else:
        lowest, shift = divmod(number.first, 8)
        order = range(lowest, (number.first + number.width - 1) // 8 + 1)
        places = [at + (number.size - 1 - byte if number.big else byte) for byte in order]
        found = _joined(matrix, places, shift) & np.uint64(mask)
    if number.form == "bits-magnitude":
        return _magnitude(found, number.width)
    return _signed(found, number.width) if number.signed else found


def _signed(word: Array, width: int) -> Array:
    """Two's complement of so many bits."""
    if width == WIDEST:
        return word.view(np.int64)
    half = np.int64(1 << width - 1)
    found: Array = (word.astype(np.int64) ^ half) - half
    return found


def _magnitude(word: Array, width: int) -> Array:
    magnitude = (word & word.dtype.type((1 << width - 1) - 1)).astype(np.int64)
    found: Array = np.where(word >> word.dtype.type(width - 1), -magnitude, magnitude)
    return found


def _digits(matrix: Bytes, number: Number, at: int) -> Array:
    places = range(number.size) if number.big else range(number.size - 1, -1, -1)
    found: Any = np.zeros(len(matrix), np.int64)
    for place in places:
        byte = matrix[:, at + place].astype(np.int64)
        found = found * 100 + (byte >> 4) * 10 + (byte & 0x0F)
    digits: Array = found
    return digits
