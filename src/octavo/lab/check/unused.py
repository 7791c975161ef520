"""What of a payload says nothing: bytes that nothing looks at, bits that change nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from octavo.lab.check.inputs import stepped
from octavo.lab.check.sightings import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from octavo.lab.check.bench import Bench, Seen
    from octavo.lab.check.truncated import Sweeps

FILLERS = (0, 0xFF)
"""What reserved bytes are filled with: no loss."""

BITS, VALUES = 8, 256

FEWEST_PAIRS = 100
"""Of the 128 pairs of values that differ in one bit, how many must be accepted for the bit to be judged."""


def never_read(operation: str, examples: Sequence[Seen], seen: Iterable[Seen]) -> Iterator[Sighting]:
    """Bytes of the examples that no accepted payload of the same port and length has looked at.

    Args:
        operation: what was called.
        examples: what came of the examples themselves.
        seen: of all messages.
    """
    read: dict[tuple[int, int], set[int]] = {}
    for each in seen:
        if each.accepted and each.watched is not None:
            read.setdefault((each.f_port, len(each.payload)), set()).update(each.watched.reads)
    done: set[tuple[int, int]] = set()
    for each in examples:
        key = (each.f_port, len(each.payload))
        unread = sorted(set(range(len(each.payload))) - read.get(key, set()))
        if 2 * len(unread) > len(each.payload):
            continue  # it was looked at only to tell that it is not for this decoder
        if each.accepted and key not in done and any(each.payload[place] not in FILLERS for place in unread):
            done.add(key)
            where = f"port {each.f_port}, {len(each.payload)} bytes"
            yield Sighting("bytes-never-read", operation, where, each, partial(_told_unread, tuple(unread)))


def _told_unread(places: tuple[int, ...], seen: Seen) -> str:
    listed = ", ".join(map(str, places[:8])) + (" ..." if len(places) > 8 else "")  # noqa: PLR2004 - a line
    noun, verb = ("bytes", "are") if len(places) > 1 else ("byte", "is")
    return f"{noun} {listed} of {len(seen.payload)} (counted from 0) {verb} never looked at"


def unused_bits(bench: Bench, operation: str, whole: Seen, sweeps: Sweeps) -> Iterator[Sighting]:
    """Bits that change nothing, while bits on both sides of them in the same byte do.

    Args:
        bench: where a suspect's byte is stepped through all its values.
        operation: what was called.
        whole: the payload.
        sweeps: what comes of it where one byte is stepped.
    """
    for place, seen in sweeps.items():
        if not _idle(place, seen, 1):
            continue
        messages = stepped(whole, place, range(VALUES))
        bits = _idle(place, bench.see(operation, messages), FEWEST_PAIRS)
        if bits:
            where = f"port {whole.f_port}, {len(whole.payload)} bytes: byte {place}"
            yield Sighting("bits-never-used", operation, where, whole, partial(_told_bits, place, bits))


def _idle(place: int, seen: Sequence[Seen], fewest: int) -> list[int]:
    """The bits of a byte that change no result and lie between such that do."""
    by_value = {each.payload[place]: each.watched.text for each in seen if each.accepted and each.watched}
    used = []
    for bit in range(BITS):
        pairs = [(value, value ^ 1 << bit) for value in by_value if not value >> bit & 1]
        known = [(by_value[low], by_value[high]) for low, high in pairs if high in by_value]
        used.append(any(low != high for low, high in known) or len(known) < fewest)
    return [bit for bit in range(BITS) if not used[bit] and any(used[:bit]) and any(used[bit:])]


def _told_bits(place: int, bits: Sequence[int], seen: Seen) -> str:
    del seen
    which = f"bit {bits[0]} of byte {place} changes" if len(bits) == 1 else f"bits {bits} of byte {place} change"
    return f"in this payload {which} nothing, while bits on both sides do (counted from 0, the lowest)"
