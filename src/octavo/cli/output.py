"""Where results go: JSON lines into a pipe, readable text onto a terminal, remarks onto standard error."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from octavo._files import replace_file
from octavo._rows import dump
from octavo.cli.failures import Failure, say

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


def wants_json(asked: bool) -> bool:
    """Whether rows are JSON: asked for, or nobody reads them on a terminal."""
    return asked or not is_terminal(sys.stdout)


def is_terminal(stream: Any) -> bool:
    """Whether somebody looks at a stream."""
    return stream is not None and not stream.closed and bool(stream.isatty())


def console() -> Console:
    """The terminal that rows are shown on."""
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    return terminal.console()


def write_row(record: Any) -> None:
    """One JSON object on a line of its own, in UTF-8 whatever the locale."""
    sys.stdout.write(dump(record) + "\n")


def use_utf8() -> None:
    """Rows are UTF-8 whatever the locale says; a terminal that cannot show a character gets its escape."""
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure") and not is_terminal(stream):
            stream.reconfigure(encoding="utf-8", errors=errors)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write_file(target: Path, text: str) -> None:
    """Write a text file at once and as a whole: whoever reads it meanwhile sees the old one or the new one.

    Raises:
        Failure: it cannot be written.
    """
    content = text.encode("utf-8", "surrogateescape")  # names of files that are not UTF-8 are the bytes that they were
    try:
        if target.exists() and not target.is_file():  # a pipe, say
            target.write_bytes(content)
        else:
            replace_file(target, content)
    except OSError as error:
        raise Failure(f"{target}: it cannot be written: {error.strerror}") from error


class Remarks:
    """Remarks on standard error: each distinct one once, and not more than a screen of them."""

    MOST = 20

    def __init__(self) -> None:
        self.said: set[str] = set()

    def add(self, sentence: str, where: str = "") -> None:
        """Say a sentence unless it was said; ``where`` stands in front, but makes it no other sentence."""
        if sentence in self.said or len(self.said) > self.MOST:
            return
        self.said.add(sentence)
        if len(self.said) > self.MOST:
            say("there is more to remark, which is left out")
        else:
            say(f"{where}: {sentence}" if where else sentence)


class Progress:
    """A line on standard error that counts, while a long input is read; only on a terminal that can take it away.

    The time before the first count, in which workers start, is no part of it.

    Args:
        unit: what is counted.
    """

    EVERY_S = 0.2
    QUIET_S = 0.5

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.shown = False
        self.live = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self.first: tuple[int, float] | None = None
        self.last = 0.0

    def clear(self) -> None:
        """Take the line away, before something else is printed."""
        if self.shown:
            self._draw("")
            self.shown = False

    def show(self, count: int) -> None:
        """Draw the line again, at most five times a second, and not for short work."""
        now = time.monotonic()
        begin, started = self.first = self.first or (count, now)
        if not self.live or now - started < self.QUIET_S or now - self.last < self.EVERY_S:
            return
        self.last, self.shown = now, True
        self._draw(f"{count} {self.unit}, {(count - begin) / (now - started):.0f} a second")

    def _draw(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
