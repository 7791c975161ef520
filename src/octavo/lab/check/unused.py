"""What of a payload says nothing: bytes that nothing looks at, bits that change nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from octavo.lab.check.inputs import STEPS, stepped
from octavo.lab.check.sightings import Sighting
from octavo.lab.leaves import general
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.lab.bench import Bench, Seen
    from octavo.lab.check.truncated import Sweeps
    from octavo.lab.leaves import Values

    See = Callable[[Sequence[Uplink]], Sequence[Seen]]

FILLERS = (0, 0xFF)
"""What reserved bytes are filled with: no loss."""

BITS, VALUES = 8, 256

FEWEST_PAIRS = 100
"""Of the 128 pairs of values that differ in one bit, how many must be accepted for the bit to be judged."""


MOST_LISTED = 8
"""Bytes, or ports, that are named in a line."""

MOST_SHAPES = 40
"""Payloads of other ports and members in which a bit is looked at: as many as examples that others are made of."""

PATTERNS = (0, 0x55, 0xAA, 0xFF)
"""What stands around a bit there: each bit is set and unset, with the others set and unset."""


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
    noun, verb = ("bytes", "are") if len(places) > 1 else ("byte", "is")
    return f"{noun} {_shortened(places)} of {len(seen.payload)} (counted from 0) {verb} never looked at"


def _shortened(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:MOST_LISTED])) + (" ..." if len(numbers) > MOST_LISTED else "")


def unused_bits(bench: Bench, operation: str, whole: Seen, sweeps: Sweeps, seen: Sequence[Seen]) -> Iterator[Sighting]:
    """Bits that change nothing in any mode of a payload, while bits on both sides of them in the same byte do.

    Which mode a payload is in other bytes decide, so that the bits are flipped in payloads of all modes that were seen.

    Args:
        bench: where a suspect's byte is stepped through all its values.
        operation: what was called.
        whole: the payload.
        sweeps: what comes of it where one byte is stepped.
        seen: what came of all messages: those with other members are of other modes.
    """
    for place, there in sweeps.items():
        if not _idle(place, there, 1):
            continue
        messages = stepped(whole, place, range(VALUES))
        bits = _idle(place, bench.see(operation, messages), FEWEST_PAIRS)
        modes = list(_modes(whole, place, sweeps, seen)) if bits else []
        using = {bit: _using(partial(bench.see, operation), place, bit, modes, whole) for bit in bits}
        left = {bit: ports for bit, ports in using.items() if whole.f_port not in ports}
        if left:
            where = f"port {whole.f_port}, {len(whole.payload)} bytes: byte {place}"
            alike = sum(mode.f_port == whole.f_port for mode in modes)
            told = partial(_told_bits, place, list(left), alike, sorted(set().union(*left.values())))
            yield Sighting("bits-never-used", operation, where, whole, told)


def _modes(whole: Seen, place: int, sweeps: Sweeps, seen: Iterable[Seen]) -> Iterator[Uplink]:
    """Payloads in which a byte may mean something else.

    The payload itself with one other byte changed, to all its values where that byte decides about members; and one
    payload of each port and set of members.
    """
    for other, there in sweeps.items():
        decides = len({_members(each) for each in there if each.accepted}) > 1
        if other != place:
            yield from stepped(whole, other, range(VALUES) if decides else STEPS)
    shapes: dict[tuple[int, frozenset[str]], Seen] = {}
    for each in seen:
        if each.accepted and len(each.payload) > place:
            shapes.setdefault((each.f_port, _members(each)), each)
    own_first = sorted(shapes.values(), key=lambda each: each.f_port != whole.f_port)
    for each in own_first[:MOST_SHAPES]:
        yield from stepped(each, place, (each.payload[place], *PATTERNS))


def _members(seen: Seen) -> frozenset[str]:
    return frozenset(map(general, seen.leaves))


def _using(see: See, place: int, bit: int, modes: Sequence[Uplink], whole: Seen) -> set[int]:
    """The ports on which a bit changes something in one of some payloads.

    Where no other bit of the byte feeds a field that it feeds here too, on the same port, the byte is another one, and
    tells nothing.
    """
    flipped = [_flipped(each, place, bit) for each in modes]
    pairs = zip(see(modes), see(flipped), strict=False)
    used = [one for one, other in pairs if _text(one) != _text(other)]
    here = _fed(see, place, bit, whole) if used else set()
    return {one.f_port for one in used if one.f_port != whole.f_port or here & _fed(see, place, bit, one)}


def _fed(see: See, place: int, bit: int, seen: Seen) -> set[str]:
    """The fields that the other bits of a byte feed."""
    message = seen.message
    if not isinstance(message, Uplink) or not seen.accepted:
        return set()
    others = see([_flipped(message, place, other) for other in range(BITS) if other != bit])
    changed = [path for each in others if each.accepted for path in _differing(seen.leaves, each.leaves)]
    return set(map(general, changed))


def _differing(one: Values, other: Values) -> list[str]:
    return [path for path in one.keys() & other.keys() if one[path] != other[path]]


def _flipped(message: Uplink, place: int, bit: int) -> Uplink:
    content = message.frm_payload
    return replace(message, frm_payload=content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])


def _text(seen: Seen) -> str | None:
    return seen.watched.text if seen.watched else None


def _idle(place: int, seen: Sequence[Seen], fewest: int) -> list[int]:
    """The bits of a byte that change no result and lie between such that do."""
    by_value = {each.payload[place]: each.watched.text for each in seen if each.accepted and each.watched}
    used = []
    for bit in range(BITS):
        pairs = [(value, value ^ 1 << bit) for value in by_value if not value >> bit & 1]
        known = [(by_value[low], by_value[high]) for low, high in pairs if high in by_value]
        used.append(any(low != high for low, high in known) or len(known) < fewest)
    return [bit for bit in range(BITS) if not used[bit] and any(used[:bit]) and any(used[bit:])]


def _told_bits(place: int, bits: Sequence[int], modes: int, ports: Sequence[int], seen: Seen) -> str:
    which = f"bit {bits[0]} of byte {place} changes" if len(bits) == 1 else f"bits {bits} of byte {place} change"
    others = f" and in {modes} others" if modes else ""
    but = f"; on port {_shortened(ports)} they do something" if ports else ""
    return (
        f"in this payload{others} of port {seen.f_port} {which} nothing, while bits on both sides do "
        f"(counted from 0, the lowest){but}"
    )
