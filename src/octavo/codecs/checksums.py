"""Checksums at the end of a payload."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Crc:
    """A cyclic redundancy check, by the parameters of the usual catalogues.

    Source of the names: R. Williams, A Painless Guide to CRC Error Detection Algorithms (the Rocksoft model).
    ``Crc(16, 0x1021, 0xFFFF)`` of the text 123456789 is 0x29b1, as those catalogues print it.

    Attributes:
        width: number of bits, 8 to 32.
        polynomial: without its top bit, most significant bit first.
        initial: what the register begins with.
        reflected: bytes go in, and the register comes out, least significant bit first.
        xor_out: what the result is joined with in the end.

    >>> hex(checksum(Crc(16, 0x1021, 0xFFFF), b"123456789", 16))
    '0x29b1'
    """

    width: int
    polynomial: int
    initial: int = 0
    reflected: bool = False
    xor_out: int = 0


Algorithm: TypeAlias = Crc | str
"""A `Crc`, ``sum`` (of all bytes, low bits kept) or ``xor`` (of all bytes)."""

PLAIN = ("sum", "xor")


def checksum(over: Algorithm, content: bytes, width: int) -> int:
    """The checksum of some bytes, in so many bits."""
    if isinstance(over, Crc):
        return _reflected(over, content) if over.reflected else _straight(over, content)
    return (sum(content) if over == "sum" else reduce(xor, content, 0)) & (1 << width) - 1


def mirrored(value: int, width: int) -> int:
    """A number with its bits in the opposite order.

    >>> hex(mirrored(0x1021, 16))
    '0x8408'
    """
    return int(f"{value:0{width}b}"[::-1], 2)


def _straight(crc: Crc, content: bytes) -> int:
    top, mask = 1 << crc.width - 1, (1 << crc.width) - 1
    register = crc.initial
    for byte in content:
        register ^= byte << crc.width - 8
        for _ in range(8):
            register = (register << 1 ^ (crc.polynomial if register & top else 0)) & mask
    return register ^ crc.xor_out


def _reflected(crc: Crc, content: bytes) -> int:
    polynomial = mirrored(crc.polynomial, crc.width)
    register = mirrored(crc.initial, crc.width)
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
    return register ^ crc.xor_out
