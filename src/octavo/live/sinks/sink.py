"""What a sink is: whoever outcomes are passed on to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octavo.live.store import Letter

SENT, REFUSED, DOWN, DEAD = "sent", "refused", "down", "dead"

BATCH = 256
"""Letters that a sink is given at a time where many cost it little more than one."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sink says of a letter.

    Attributes:
        state: ``sent``; ``refused``, by a fault of this letter's own; ``down``: the receiver is away; or ``dead``:
            nobody knows whether it was sent, and twice is worse than not at all.
        reason: why it was not sent, one sentence without any secret.
    """

    state: str
    reason: str = ""


class Sink(Protocol):
    """Whom outcomes are passed on to. One thread uses it; nothing outside makes it raise.

    Attributes:
        name: its name in the configuration, by which the store knows its letters.
        batch: how many letters it is given at a time; where the process ends before they are noted, all come again.
    """

    name: str
    batch: int

    def open(self) -> None:
        """Get ready; a receiver that is away is no error yet."""
        ...

    def send(self, letters: Sequence[Letter]) -> list[Receipt]:
        """Pass letters on, in order: one receipt for each. What follows one that is down need not be tried."""
        ...

    def close(self) -> None:
        """Let go of the receiver."""
        ...
