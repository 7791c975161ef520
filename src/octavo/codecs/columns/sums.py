"""Checksums of many payloads of one length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.checksums import Crc, checksum

if TYPE_CHECKING:
    from octavo.codecs.checksums import Algorithm
    from octavo.codecs.columns.arrays import Array, Bytes


def sums_of(over: Algorithm, matrix: Bytes, width: int) -> Array:
    """The checksum of each row, in so many bits."""
    if isinstance(over, Crc):
        return _crc(over, matrix)
    joined: Any = np.add.reduce(matrix, axis=1, dtype=np.uint64)
    if over == "xor":
        joined = np.bitwise_xor.reduce(matrix, axis=1).astype(np.uint64)
    summed: Array = joined & np.uint64((1 << width) - 1)
    return summed


def _crc(crc: Crc, matrix: Bytes) -> Array:
    """Linear over xor: the checksum of a row is that of zeros, joined with what each byte changes at its place."""
    length = matrix.shape[1]
    found: Any = np.full(len(matrix), checksum(crc, bytes(length), crc.width), np.uint64)
    for place in range(length):
        found ^= _changes(crc, bytes(length - place - 1))[matrix[:, place]]
    summed: Array = found
    return summed


def _changes(crc: Crc, rest: bytes) -> Array:
    """What each value of a byte before so many others changes."""
    silent = checksum(crc, bytes(1) + rest, crc.width)
    changes = np.zeros(256, np.uint64)
    values = np.arange(256)
    for bit in range(8):
        change = checksum(crc, bytes([1 << bit]) + rest, crc.width) ^ silent
        changes[(values >> bit & 1).astype(bool)] ^= np.uint64(change)
    return changes
