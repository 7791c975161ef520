"""Two times: the one on the wall, which somebody may set, and one that only goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(slots=True)
class Clock:
    """The times of one process.

    Attributes:
        wall: seconds since 1970, as the machine believes them.
        monotonic: seconds since whenever; never goes back.
        floor_ms: what the steady time starts at, at least: the latest that an earlier process wrote down.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    floor_ms: int = 0
    _offset: float = field(init=False)

    def __post_init__(self) -> None:
        self._offset = max(self.wall(), self.floor_ms / 1000) - self.monotonic()

    def wall_ms(self) -> int:
        """The time on the wall, Unix milliseconds: for people to read."""
        return int(self.wall() * 1000)

    def steady_ms(self) -> int:
        """A time in milliseconds that no setting of the clock moves: for everything that is waited for."""
        return int((self.monotonic() + self._offset) * 1000)


def moment(wall_ms: int) -> str:
    """A Unix time in milliseconds as RFC 3339 text.

    >>> moment(1_700_000_000_000)
    '2023-11-14T22:13:20.000Z'
    """
    return datetime.fromtimestamp(wall_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
