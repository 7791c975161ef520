"""What changes of a payload show: which bits feed which member, and which decide about more.

Bits are flipped alone first. Where that says too little, they are changed together: all bits of a member at once, a
member's bits with those beside them that are refused alone (the top of a signed number, unknown values of a choice).
"""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

from octavo.lab.xray.bits import BYTE, byte_mask, bytes_in, mask_of, ones, spread, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from octavo.lab.leaves import Values
    from octavo.lab.xray.probing import Probe

SMALL = range(8)
"""Numbers that are tried in a byte that may not change by a single bit: types and versions are counted from 0 on."""

CHANCES = 16
"""Random values of each member: each bit is then 0 and 1 in some but for one case in 30000, and 250 bytes stay below
two seconds (`bench/xray.py`)."""

SLEEPERS = 6
"""In how many of them the bits beside it are flipped that have had no effect: these cost a payload for each bit."""

FULL = 5
"""Bits of a member of which all values are tried: 32, about as many payloads as `CHANCES` takes of a wider one."""

MOST_BYTES = 11
"""Members of one byte of which all values are tried, with the bits beside them that have had no effect: a payload of so
many bytes stays below 0.2 seconds (`bench/xray.py`)."""

SIDES = 7
"""Bytes beside a member that may hold its top bits: with one of its own these are the 8 of the widest number."""

BACKGROUNDS = 2
"""Payloads in which bits without an effect are flipped again: one at each end of what the fields can be."""


class Evidence:
    """What is known of a payload.

    Args:
        probe: who is asked.
        base: what the payload itself gives.

    Attributes:
        feeds: member to the bits that feed it.
        errors: bit that may not be flipped to what is said then.
        shapes: bit that changes the set of members to the answer.
        switched: member to the bits of ``shapes`` that change its value as well.
        samples: payloads with the same set of members, each with their values.
    """

    def __init__(self, probe: Probe, base: Values) -> None:
        self.probe = probe
        self.base = base
        self.feeds: dict[str, int] = dict.fromkeys(base, 0)
        self.switched: dict[str, int] = dict.fromkeys(base, 0)
        self.errors: dict[int, str] = {}
        self.shapes: dict[int, Values] = {}
        self.samples: dict[int, Values] = {probe.base: base}
        self._by_byte: dict[int, list[int]] = {}

    @property
    def refused(self) -> int:
        """The bits that may not be flipped alone."""
        return mask_of(self.errors)

    @property
    def dead(self) -> int:
        """The bits that have had no effect."""
        known = self.fed_but("") | self.refused | mask_of(self.shapes)
        return ((1 << BYTE * self.probe.size) - 1) & ~known

    def fed_but(self, path: str) -> int:
        """The bits that feed other members than one."""
        return union(mask for other, mask in self.feeds.items() if other != path)

    def touching(self, mask: int) -> Iterator[tuple[int, Values]]:
        """The samples in whose bytes of a mask something is changed, each once."""
        if not self._by_byte:
            for word in self.samples:
                for byte in _changed(word ^ self.probe.base):
                    self._by_byte.setdefault(byte, []).append(word)
        words = dict.fromkeys(word for byte in _changed(mask) for word in self._by_byte.get(byte, ()))
        return ((word, self.samples[word]) for word in words if (word ^ self.probe.base) & mask)

    def gather(self, seed: str) -> None:
        """Make all the experiments."""
        self.flip()
        self._wake()
        self.look(self._pairs())
        self.look(self._around())
        self._wake()
        self.look(self._chances(Random(seed)))  # noqa: S311 - an experiment, which has to be the same again

    # ---- single bits ----

    def flip(self) -> None:
        """Flip each bit alone."""
        places = range(BYTE * self.probe.size)
        answers = self.probe.ask(self.probe.base ^ 1 << place for place in places)
        for place, answer in zip(places, answers, strict=True):
            if answer.values is None:
                self.errors[place] = answer.error
            elif answer.values.keys() != self.base.keys():
                self.shapes[place] = answer.values
                self._note(self.switched, self.base, answer.values, 1 << place)
            else:
                self.samples[self.probe.base ^ 1 << place] = answer.values
                self._note(self.feeds, self.base, answer.values, 1 << place)

    @staticmethod
    def _note(notes: dict[str, int], before: Values, after: Values, mask: int) -> None:
        for path, value in before.items():
            if path in after and after[path] != value:
                notes[path] |= mask

    def _wake(self) -> None:
        """Flip bits without an effect in other payloads, where they may have one: behind a limit, say."""
        base = self.probe.base
        places = list(ones(self.dead))
        ends = base & ~self.dead, base | self.dead
        for word, answer in zip(ends, self.probe.ask(ends), strict=True):
            if answer.values is not None and answer.values.keys() == self.base.keys():
                self.samples[word] = answer.values
        far = sorted(self.samples, key=lambda word: (word ^ base).bit_count(), reverse=True)[:BACKGROUNDS]
        still = [word for word in ends if word in self.samples]
        for background in dict.fromkeys((*still, *far)) if places else ():
            before = self.samples[background]
            for place, answer in zip(places, self.probe.ask(background ^ 1 << each for each in places), strict=True):
                if answer.values is not None and answer.values.keys() == before.keys():
                    self._note(self.feeds, before, answer.values, 1 << place)
                    self.samples[background ^ 1 << place] = answer.values

    # ---- several bits ----

    def look(self, changes: Iterable[int]) -> None:
        """Decode payloads that differ from this one, those that differ least first."""
        words = sorted({*changes}, key=lambda word: ((word ^ self.probe.base).bit_count(), word))
        for word, answer in zip(words, self.probe.ask(words), strict=True):
            if answer.values is not None and answer.values.keys() == self.base.keys():
                self.samples[word] = answer.values
                self._explain(word, answer.values)

    def _explain(self, word: int, values: Values) -> None:
        """Bits that have an effect only together feed what they change together."""
        change = word ^ self.probe.base
        for path, value in self.base.items():
            known = change & self.feeds[path]
            if not known and values[path] != value:
                self.feeds[path] |= change
            elif known not in (0, change) and self._differs(path, values[path], known):
                more = change & ~known
                self.feeds[path] |= more & ~self._others(path, more)

    def _differs(self, path: str, after: Any, known: int) -> bool:
        """Whether a value is another one than the bits alone make of it that are known to feed it."""
        before = self.probe.known(self.probe.base ^ known)
        if before is None:
            return False
        return bool(after != (before.values.get(path, after) if before.values else self.base[path]))

    def _others(self, path: str, change: int) -> int:
        """The part of a change that is known to feed other members, and so is not needed to explain this one."""
        others = self.fed_but(path) & change
        return others if change & ~others else 0

    def _pairs(self) -> Iterator[int]:
        """Two bits of a byte at once, and small numbers, where a bit alone is refused."""
        size, base = self.probe.size, self.probe.base
        for byte in bytes_in(self.refused, size):
            low = BYTE * (size - 1 - byte)
            refused = self.refused >> low & 0xFF
            for one, other in combinations(range(BYTE), 2):
                if refused >> one & 1 or refused >> other & 1:
                    yield base ^ (1 << low + one | 1 << low + other)
            yield from (base & ~(0xFF << low) | number << low for number in SMALL)

    def _around(self) -> Iterator[int]:
        """All bits of a member 0 or 1, and each alone; the same with the bits beside it that are refused alone."""
        lazy = self.refused | self.dead
        for mask in dict.fromkeys(filter(None, self.feeds.values())):
            clear, full = self.probe.base & ~mask, self.probe.base | mask
            yield from (clear, full)
            yield from (clear | 1 << place for place in ones(mask))
            own = self._inside(mask, lazy)
            yield from (start ^ 1 << place for place in ones(own) for start in (clear, full))
            for side in dict.fromkeys(self._sides(mask)):
                yield from (self.probe.base ^ side, self.probe.base | side, self.probe.base & ~side)
                yield from (clear | side, clear & ~side, full | side, full & ~side)

    def _inside(self, mask: int, wanted: int) -> int:
        """The wanted bits in the bytes of a member."""
        size = self.probe.size
        return wanted & sum(byte_mask(byte, size) for byte in bytes_in(mask, size))

    def _sides(self, mask: int) -> Iterator[int]:
        """Refused bits that may be the top of a member: in its bytes, and in refused bytes before or behind them."""
        size = self.probe.size
        places = bytes_in(mask, size)
        own = self._inside(mask, self.refused)
        for first, step in ((places[0], -1), (places[-1], 1)):
            side = own & byte_mask(first, size)
            yield from filter(None, (own, side))
            yield from self._beyond(first + step, step, side)

    def _beyond(self, byte: int, step: int, side: int) -> Iterator[int]:
        for _ in range(SIDES):
            whole = byte_mask(byte, self.probe.size) if 0 <= byte < self.probe.size else 0
            if not whole or self.refused & whole != whole:
                return
            side |= whole
            yield side
            byte += step

    def _chances(self, random: Random) -> Iterator[int]:
        """All values of narrow members and of bytes; random ones of wide members, short ones and long ones."""
        dead = self.dead
        whole = 0
        for mask in dict.fromkeys(filter(None, self.feeds.values())):
            places, asleep = list(ones(mask)), list(ones(self._inside(mask, dead)))
            is_byte = len(bytes_in(mask, self.probe.size)) == 1 and whole < MOST_BYTES
            if len(places) <= FULL:
                yield from self._all_of(places)
            elif is_byte:
                whole += 1
                yield from self._all_of(sorted((*places, *asleep)))
            else:
                yield from self._some_of(places, asleep, random)

    def _all_of(self, places: Sequence[int]) -> Iterator[int]:
        clear = self.probe.base & ~mask_of(places)
        return (clear | spread(number, places) for number in range(1 << len(places)))

    def _some_of(self, places: Sequence[int], asleep: Sequence[int], random: Random) -> Iterator[int]:
        mask = mask_of(places)
        starts = (self.probe.base, self.probe.base & ~mask, self.probe.base | mask)
        for index in range(CHANCES):
            length = random.randint(1, len(places))
            low = places[:length] if index % 2 else places[-length:]
            word = starts[index % len(starts)] ^ spread(random.getrandbits(length), low)
            yield word
            yield from (word ^ 1 << place for place in asleep if index < SLEEPERS)


def _changed(mask: int) -> Iterator[int]:
    """The bytes of a mask, counted from the last one."""
    while mask:
        byte = ((mask & -mask).bit_length() - 1) // BYTE
        yield byte
        mask &= ~(0xFF << BYTE * byte)
