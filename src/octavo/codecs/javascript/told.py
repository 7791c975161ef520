"""What the byte that tells variants apart tells of the fields in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo.codecs._construct import bare
from octavo.codecs.layouts import Bits
from octavo.codecs.tree import children, fixed_size

if TYPE_CHECKING:
    from octavo.codecs.alternatives import Variant
    from octavo.codecs.numbers import Number


@dataclass(frozen=True, slots=True)
class Told:
    """What some bits of a word hold.

    Attributes:
        word: the word.
        mask: its bits that are known.
        value: what they hold.
    """

    word: Bits
    mask: int
    value: int

    def allows(self, raw: Number, count: int) -> bool:
        """Whether a range of the word's bits can hold a count."""
        known = self.mask >> raw.first & (1 << raw.width) - 1
        return (count ^ self.value >> raw.first) & known == 0


def told_by(variant: Variant) -> Told | None:
    """What a variant tells of the word in which its byte lies; None where it lies in none."""
    at = variant.at
    for child in children(variant.layout):
        kind, size = bare(child), fixed_size(child)
        if at is None or size is None:
            return None
        if at < size:
            return _told(kind, at, variant) if isinstance(kind, Bits) else None
        at -= size
    return None


def _told(word: Bits, at: int, variant: Variant) -> Told:
    shift = 8 * (word.size - 1 - at if word.big else at)
    return Told(word, variant.mask << shift, variant.value << shift)
