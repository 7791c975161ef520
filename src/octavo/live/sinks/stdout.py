"""JSON lines on standard output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from octavo.live.sinks.sink import BATCH, DOWN, SENT, Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octavo.live.store import Letter


class StdoutSink:
    """Each letter is one line, and a batch is one write: no line is mixed with another program's.

    A reader that takes its time is waited for. One that went away is down.

    Args:
        name: the sink's name.
        descriptor: what is written to; None is standard output.
    """

    batch = BATCH

    def __init__(self, name: str, descriptor: int | None = None) -> None:
        self.name = name
        self._descriptor = sys.__stdout__.fileno() if descriptor is None and sys.__stdout__ else descriptor
        self._torn = False

    def open(self) -> None:
        """See `Sink.open`."""

    def close(self) -> None:
        """See `Sink.close`."""

    def send(self, letters: Sequence[Letter]) -> list[Receipt]:
        """See `Sink.send`."""
        lines = [letter.content.encode() + b"\n" for letter in letters]
        written, reason = self._write(b"".join(lines))
        return _receipts(lines, written, reason)

    def _write(self, data: bytes) -> tuple[int, str]:
        """Write; says how many bytes went, and why not all."""
        if self._descriptor is None:
            return 0, "standard output is closed"
        start = b"\n" if self._torn else b""  # what was cut short stands on a line of its own
        left = memoryview(start + data)
        reason = ""
        while left and not reason:
            try:
                left = left[os.write(self._descriptor, left) :]
            except OSError as error:
                reason = f"standard output takes no more: {error.strerror}"
        written = max(0, len(data) - len(left))
        self._torn = bool(reason) and (data[written - 1 : written] != b"\n" if written else self._torn)
        return written, reason


def _receipts(lines: Sequence[bytes], written: int, reason: str) -> list[Receipt]:
    """Sent are the lines that were written whole."""
    receipts = []
    for line in lines:
        written -= len(line)
        receipts.append(Receipt(SENT) if written >= 0 else Receipt(DOWN, reason))
    return receipts
