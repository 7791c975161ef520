"""How often each line ran: as c8 tells it from the ranges that V8 counts.

A line is counted by the smallest stretch that holds all of it, blank lines and comments too. A stretch ends where a
statement begins that was reached more or less often than the one before; where a function is left early, its last
brace stays with the whole.

Source: v8-to-istanbul 9.3.0, ``lib/v8-to-istanbul.js`` (``applyCoverage``: a range counts for the lines that are
wholly in it) and ``lib/source.js`` (a line has no line feed; blank lines at the end of a file are left out).
"""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo.lab.coverage.plan import Stretch


class _Open:
    """A stretch that has begun, and what is counted in it where the sweep is."""

    def __init__(self, stretch: Stretch, counts: Sequence[int]) -> None:
        self.end = stretch.end
        self._whole = counts[stretch.counter]
        self._turns = sorted(stretch.turns)
        self._counts = counts
        self._next = 0
        self._turned_end = stretch.end - 1 if stretch.is_function else stretch.end

    def count(self, start: int, end: int) -> int:
        """What a line counts that lies in it, or in parts of it if one of these ran; lines come in order."""
        while self._next < len(self._turns) and self._turns[self._next][0] <= start:
            self._next += 1
        if not self._next or end > self._turned_end:
            return self._whole
        parts = (self._counts[counter] for _, counter in self._touched(end))
        return next(filter(None, parts), 0)

    def _touched(self, end: int) -> Iterator[tuple[int, int]]:
        """The turn that a line begins in, and those that come in it."""
        yield self._turns[self._next - 1]
        yield from takewhile(lambda turn: turn[0] < end, islice(self._turns, self._next, None))


def line_hits(text: str, stretches: Sequence[Stretch], counts: Sequence[int]) -> tuple[int, ...]:
    """How often each line ran.

    Args:
        text: the script's.
        stretches: sorted by where they begin, the longer one first; the first one is the script.
        counts: by counter.
    """
    begun = [_Open(stretches[0], counts)]
    waiting = iter(stretches[1:])
    following = next(waiting, None)
    hits = []
    for start, end in _lines(text):
        while len(begun) > 1 and begun[-1].end < end:
            begun.pop()
        while following is not None and following.start <= start:
            if following.end >= end:
                begun.append(_Open(following, counts))
            following = next(waiting, None)
        hits.append(begun[-1].count(start, end))
    return tuple(hits)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends, in bytes of UTF-8, without its line feed."""
    at = 0
    for line in text.rstrip().split("\n"):
        size = len(line.encode("utf-8", "surrogatepass"))
        yield at, at + size - line.endswith("\r")
        at += size + 1
