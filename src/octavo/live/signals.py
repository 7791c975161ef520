"""How a program that runs for long is ended: by the first signal gracefully, by the second at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Ending:
    """Which signal came.

    Attributes:
        by: its number; 0 as long as none came.
    """

    by: int = 0


@contextmanager
def ended_by_signals(stop: Callable[[], object]) -> Iterator[Ending]:
    """While this is open, the first SIGINT or SIGTERM calls a function, and the second ends the process.

    Args:
        stop: called in a thread of its own: it may take a lock that the code has which the signal interrupted.
    """
    ending = Ending()

    def first(number: int, _frame: FrameType | None) -> None:
        ending.by = number
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        threading.Thread(target=stop, name="octavo-stop").start()

    before = {number: signal.signal(number, first) for number in SIGNALS}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
