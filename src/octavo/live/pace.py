"""How much is taken at a time, and who has to wait: nothing large, slow or endless may hold up all the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = 8
"""With how many a worker begins: one that ended, of too much at once, begins with less."""

TURN_S = 1.0
"""A turn that takes longer has taken too many: whoever waits, or wants to end, waits for all of them."""

TURN_CHARS = 8 << 20
"""Likewise, in characters of JSON: a script may return 8 MiB (`octavo.limits.Limits`), twice in an outcome."""

PROBES = 2
"""Messages of a device that is slow which are tried in a turn."""

REST_MS = 1000
"""How long the others of it are put off then."""


@dataclass(slots=True)
class Pace:
    """How many are taken in a turn.

    Attributes:
        most: never more than this.
        count: so many now.
    """

    most: int
    count: int = field(init=False)

    def __post_init__(self) -> None:
        self.count = min(FIRST, self.most)

    def note(self, sizes: Sequence[int], seconds: float = 0.0) -> None:
        """Take more in the next turn, or less.

        Args:
            sizes: characters of each that was taken.
            seconds: how long the turn took.
        """
        if sum(sizes) > TURN_CHARS or seconds > TURN_S:
            self.count = max(1, min(self.count, len(sizes)) // 2)
        else:
            self.count = min(self.most, self.count * 2)


TOLD_AGAIN_MS = 60 * 60 * 1000
"""What happens again and again is told once in so long, with how often it happened."""

TOLD_MOST = 60
"""Different things that are told in that time: texts may differ with each message."""


@dataclass(slots=True)
class Repeats:
    """What happens again and again: told when it begins, then counted."""

    _counts: dict[tuple[str, ...], int] = field(default_factory=dict)
    _before: dict[tuple[str, ...], int] = field(default_factory=dict)
    _begun_ms: int | None = None

    def note(self, what: tuple[str, ...], now_ms: int, times: int = 1) -> int:
        """Count something.

        Args:
            what: the thing, by the texts that tell it from others.
            now_ms: the time.
            times: how often it happened now.

        Returns:
            How often it happened since it was told last, now included; 0 where it is not to be told now.
        """
        if self._begun_ms is None or now_ms - self._begun_ms >= TOLD_AGAIN_MS:
            self._before, self._counts, self._begun_ms = self._counts, {}, now_ms
        if what in self._counts:
            self._counts[what] += times
            return 0
        if len(self._counts) >= TOLD_MOST:
            return 0
        self._counts[what] = 0
        return self._before.get(what, 0) + times


@dataclass(slots=True)
class Rests:
    """Devices whose messages take all the time there is: those of the others go first."""

    _until_ms: dict[str, int] = field(default_factory=dict)

    def put_off(self, names: Sequence[str | None], now_ms: int) -> list[int]:
        """Until when each message waits; 0 for those that are tried now.

        Args:
            names: what decodes each message.
            now_ms: the time.
        """
        tried: Counter[str] = Counter()
        return [self._put_off(name, tried, now_ms) if name in self._until_ms else 0 for name in names]

    def _put_off(self, name: str | None, tried: Counter[str], now_ms: int) -> int:
        until_ms = self._until_ms[name or ""]
        tried[name or ""] += now_ms >= until_ms
        is_tried = now_ms >= until_ms and tried[name or ""] <= PROBES
        return 0 if is_tried else max(until_ms, now_ms + REST_MS)

    def note(self, name: str, count: int, now_ms: int, spent_ms: int, *, is_slow: bool) -> None:
        """Note whether who was asked in a turn was slow, or is no longer.

        Args:
            name: what was asked.
            count: how many messages.
            now_ms: the time.
            spent_ms: how long it took: for half of that the others go first.
            is_slow: whether one of them took all the time that there is. They are slow, too, where they took longer
                than a turn should, or one alone half of that: it is no less slow for being alone.
        """
        is_long = spent_ms * PROBES > TURN_S * 1000 * min(count, PROBES)
        if is_slow or is_long:
            self._until_ms[name] = now_ms + spent_ms // 2
        else:
            self._until_ms.pop(name, None)
