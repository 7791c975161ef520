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
"""Messages of a device that is slow which are tried in a turn, the oldest."""


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
    """Devices whose messages take all the time there is: those of the others go first.

    Nothing is noted of a message that waits, so that those of one device stay in their order.
    """

    _until_ms: dict[str, int] = field(default_factory=dict)
    _devices: dict[str, set[str]] = field(default_factory=dict)

    def resting(self, now_ms: int) -> list[str]:
        """The devices whose messages wait now, as `octavo.live.intake.Row` has them; "" for those that name none."""
        return [
            device
            for name, until_ms in self._until_ms.items()
            if now_ms < until_ms
            for device in self._devices.get(name, ())
        ]

    def tried(self, pairs: Sequence[tuple[str | None, str | None]], now_ms: int, *, alone: bool) -> list[bool]:
        """Which messages are tried now: of who is slow a few, of who rests none.

        Args:
            pairs: what decodes each message, and its device, in their order.
            now_ms: the time.
            alone: whether nobody else has any messages: then nobody rests.
        """
        tried: Counter[str] = Counter()
        return [self._is_tried(name, device, tried, now_ms, alone=alone) for name, device in pairs]

    def _is_tried(self, name: str | None, device: str | None, tried: Counter[str], now_ms: int, *, alone: bool) -> bool:
        if name is None or name not in self._until_ms:
            return True
        self._devices.setdefault(name, set()).add(device or "")
        tried[name] += 1
        return tried[name] <= PROBES and (alone or now_ms >= self._until_ms[name])

    def note(self, name: str, count: int, now_ms: int, spent_ms: int, *, is_slow: bool) -> None:
        """Note whether who was asked in a turn was slow, or is no longer.

        Args:
            name: what was asked.
            count: how many messages.
            now_ms: the time.
            spent_ms: how long it took: for as long the others go first.
            is_slow: whether one of them took all the time that there is. They are slow, too, where they took longer
                than a turn should, or one alone half of that: it is no less slow for being alone.
        """
        is_long = spent_ms * PROBES > TURN_S * 1000 * min(count, PROBES)
        if is_slow or is_long:
            self._until_ms[name] = now_ms + spent_ms
        else:
            self._until_ms.pop(name, None)
            self._devices.pop(name, None)
