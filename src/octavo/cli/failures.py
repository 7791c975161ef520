"""How the command line says that something went wrong: one sentence on standard error, and an exit code."""

from __future__ import annotations

from typing import IO, Any

import click


class Failure(click.ClickException):
    """What was asked for failed: exit code 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        say(self.message, file)


class Misuse(Failure):
    """It was asked for wrongly: exit code 2."""

    exit_code = 2


def say(sentence: str, file: IO[Any] | None = None) -> None:
    """One sentence on standard error; control characters do not reach the terminal."""
    click.echo(f"octavo: {printable(sentence)}", file=file, err=True)


def printable(text: str) -> str:
    """Text without control characters, so that a payload's or script's words cannot steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _escaped(char) for char in text)


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _escaped(char: str) -> str:
    return " " if char in "\r\n" else char.encode("unicode_escape").decode("ascii")


class Failures:
    """Counts what failed in a long run: the first sentences are said, the rest is a number.

    Args:
        shown: how many sentences are said; 0 where each failure is shown in its place already.
    """

    def __init__(self, shown: int = 5) -> None:
        self.shown = shown
        self.count = 0
        self.total = 0
        self.misused = False

    def add(self, sentence: str | None, *, misuse: bool = False) -> None:
        """Count one result; a sentence says how it failed."""
        self.total += 1
        if sentence is None:
            return
        self.count += 1
        self.misused = self.misused or misuse
        if self.count <= self.shown:
            say(sentence)

    def finish(self) -> int:
        """Say the number where not every sentence was said; the exit code."""
        if self.count > self.shown and self.total > 1:
            say(f"{self.count} of {self.total} failed")
        return Misuse.exit_code if self.misused else int(self.count > 0)
