"""Bits of a payload: masks, ranges, and the order in which they make a number.

A payload is a whole number whose most significant byte is the first byte; a bit is where it stands in that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BYTE = 8


@dataclass(frozen=True, slots=True)
class Range:
    """Neighbouring bits of one byte.

    Attributes:
        byte: the byte, from 0.
        high: the highest of them; 7 is the most significant of the byte.
        low: the lowest.
    """

    byte: int
    high: int
    low: int

    def to_dict(self) -> dict[str, int]:
        """The range as a JSON object."""
        return {"byte": self.byte, "high": self.high, "low": self.low}


def ones(mask: int) -> Iterator[int]:
    """The places of the bits that are set, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def mask_of(places: Iterable[int]) -> int:
    """The mask with these bits set."""
    return union(1 << place for place in places)


def union(masks: Iterable[int]) -> int:
    """The bits that are in any of some masks."""
    return reduce(or_, masks, 0)


def byte_mask(byte: int, size: int) -> int:
    """The mask of a byte of a payload of so many bytes."""
    return 0xFF << BYTE * (size - 1 - byte)


def bytes_in(mask: int, size: int) -> list[int]:
    """The bytes that have a bit of a mask, in order."""
    return [byte for byte, bits in enumerate(mask.to_bytes(size, "big")) if bits]


def ranges(mask: int, size: int) -> tuple[Range, ...]:
    """A mask as ranges of bytes, in the order of the payload, from the highest bit of each."""
    found: list[Range] = []
    for byte, bits in enumerate(mask.to_bytes(size, "big")):
        high = None
        for bit in range(BYTE - 1, -2, -1):
            is_set = bit >= 0 and bits >> bit & 1
            if is_set and high is None:
                high = bit
            elif not is_set and high is not None:
                found.append(Range(byte, high, bit + 1))
                high = None
    return tuple(found)


def big_endian(mask: int) -> list[int]:
    """The places of a mask from the least significant, where the first byte is the most significant."""
    return list(ones(mask))


def little_endian(mask: int) -> list[int]:
    """The places of a mask from the least significant, where the last byte is the most significant."""
    return sorted(ones(mask), key=lambda place: (-(place // BYTE), place % BYTE))


def gathered(word: int, places: Sequence[int]) -> int:
    """The number that the bits at some places make, the least significant first.

    >>> gathered(0b1010, (1, 2, 3))
    5
    """
    number = 0
    for index, place in enumerate(places):
        number |= (word >> place & 1) << index
    return number


def spread(number: int, places: Sequence[int]) -> int:
    """The mask whose bits at some places are those of a number; the opposite of `gathered`."""
    return mask_of(place for index, place in enumerate(places) if number >> index & 1)
