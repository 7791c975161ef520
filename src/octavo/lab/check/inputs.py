"""What is tried: messages made of the examples' own, and of nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from octavo.lab.leaves import general
from octavo.lab.subjects import NOON
from octavo.messages import Uplink
from octavo.networks.wire import F_PORT_APPLICATION_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from octavo.lab.bench import Seen

MOST_SEEDS = 40
"""Examples that others are made of."""

MOST_SWEPT = 16
"""Examples of which each byte is stepped."""

MOST_SWEPT_BYTES = 24
"""Bytes of one example that are stepped, from the first."""

MOST_SWEPT_TOGETHER = 120
"""Bytes of all examples together that are stepped."""

MOST_TRUNCATED = 400
"""Truncations of all examples together."""

LONGEST = 30
"""Bytes of random payloads. Source: the median of real payloads is 11 bytes, 99 in 100 have less than 48."""

STEPS = (
    0,
    1,
    2,
    3,
    7,
    8,
    9,
    10,
    14,
    15,
    16,
    17,
    24,
    31,
    32,
    33,
    63,
    64,
    99,
    126,
    127,
    128,
    129,
    191,
    192,
    240,
    254,
    255,
)
"""The values that a byte is stepped through: where a sign, a digit of hex or a bit begins."""

WORDS = (b"\x00\x00", b"\x7f\xff", b"\x80\x00", b"\xff\xff", b"\xff\x7f", b"\x00\x80")
"""The values of two bytes at which signs turn, in either order."""

MORE = tuple(bytes([value]) * count for value in (0, 1, 0x55) for count in (1, 2, 4, 8, 16))
"""Bytes that are put behind a payload to see whether they are all that it lacks."""


def uplink(payload: bytes, f_port: int) -> Uplink:
    """A message, received at a fixed time."""
    return Uplink(payload, f_port, NOON)


def timed(messages: Iterable[Uplink]) -> list[Uplink]:
    """Messages, all received at the same time."""
    return [replace(message, recv_time=NOON) for message in messages]


def spread(messages: Sequence[Uplink], most: int) -> list[Uplink]:
    """Some of many messages, of as many ports, lengths and first bytes as there are."""
    groups: dict[tuple[int, int, bytes], list[Uplink]] = {}
    for message in messages:
        key = (message.f_port, len(message.frm_payload), message.frm_payload[:1])
        groups.setdefault(key, []).append(message)
    chosen: list[Uplink] = []
    rest = [list(group) for group in groups.values()]
    while rest and len(chosen) < most:
        chosen += [group.pop(0) for group in rest]
        rest = [group for group in rest if group]
    return chosen[:most]


def once(messages: Iterable[Uplink]) -> list[Uplink]:
    """Each payload and port once, in order."""
    return list({(each.frm_payload, each.f_port): each for each in reversed(list(messages))}.values())[::-1]


def truncations(seeds: Sequence[Uplink]) -> list[Uplink]:
    """Each message cut at each byte, the longest first, as many as there may be."""
    cut = (
        replace(seed, frm_payload=seed.frm_payload[:size])
        for seed in seeds
        for size in reversed(range(len(seed.frm_payload)))
    )
    return once(cut)[:MOST_TRUNCATED]


def swept(seen: Sequence[Seen]) -> list[Seen]:
    """The messages of which each byte is stepped: those that give a field which none before gives, as many as may be.

    Args:
        seen: what came of the examples.
    """
    chosen: list[Seen] = []
    known: set[tuple[int, str]] = set()
    left = MOST_SWEPT_TOGETHER
    for each in seen:
        fields = {(each.f_port, general(path)) for path in each.leaves}
        size = min(len(each.payload), MOST_SWEPT_BYTES)
        if each.accepted and size <= left and fields - known and len(chosen) < MOST_SWEPT:
            known |= fields
            chosen.append(each)
            left -= size
    return chosen


def stepped(seen: Seen, place: int, values: Iterable[int] = STEPS) -> list[Uplink]:
    """A message with one byte stepped."""
    content = seen.payload
    return [seen.with_payload(content[:place] + bytes([value]) + content[place + 1 :]) for value in values]


def words(seen: Seen) -> Iterator[Uplink]:
    """A message with two bytes at a time where signs turn."""
    content = seen.payload
    for place in range(min(len(content) - 1, MOST_SWEPT_BYTES)):
        for word in WORDS:
            yield seen.with_payload(content[:place] + word + content[place + 2 :])


def drawn(seeds: Sequence[Uplink], ports: Sequence[int], random: Random, count: int) -> Iterator[Uplink]:
    """Messages changed at random, and random ones, half of each."""
    for index in range(count):
        if index % 2 and seeds:
            seed = random.choice(seeds)
            yield replace(seed, frm_payload=mutated(seed.frm_payload, random))
        else:
            yield uplink(random.randbytes(random.randint(0, LONGEST)), random.choice(ports))


def mutated(content: bytes, random: Random) -> bytes:
    """Bytes changed in one to four places: another byte, a flipped bit, one more, one less, a piece twice."""
    for _ in range(random.randint(1, 4)):
        place = random.randint(0, max(len(content) - 1, 0))
        some = bytes([random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))])
        flipped = bytes([byte ^ 1 << random.randrange(8) for byte in content[place : place + 1]])
        piece = content[place : place + random.randint(1, 4)]
        ends = (
            some + content[place + 1 :],
            flipped + content[place + 1 :],
            some + content[place:],
            content[place + 1 :],
            piece + content[place:],
        )
        content = content[:place] + random.choice(ends)
    return content


def ports(seeds: Sequence[Uplink]) -> Iterator[Uplink]:
    """A message and an empty one on every port; port 0, which no application has, comes last."""
    content = seeds[0].frm_payload if seeds else b"\x00\x01\x02\x03"
    for port in (*range(1, F_PORT_APPLICATION_MAX + 1), 0):
        yield uplink(b"", port)
        yield uplink(content, port)
