"""Findings on a terminal: each with all that is known about it, then how many there are of which kind and where."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octavo.cli import summary
from octavo.cli.failures import counted
from octavo.cli.snippet import lines_at
from octavo.examples.model import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from octavo.lab.findings import Defect

MARKS = {
    "error": ("error  ", "red"),
    "warning": ("warning", "yellow"),
    "note": ("note   ", "cyan"),
}
"""What a terminal shows for each severity, the gravest first."""

WRONG = ("error", "warning")
"""What makes the exit code 1."""

INDENT = " " * 9


class Tally:
    """Counts findings, and shows them where somebody looks.

    Args:
        out: the terminal; None where rows are JSON lines.

    Attributes:
        formatters: how many were looked at.
        left_out: how many scripts of folders were not, for they are none.
    """

    def __init__(self, out: Console | None) -> None:
        self.out = out
        self.formatters = 0
        self.left_out = 0
        self.severities: Counter[str] = Counter()
        self.accepted = 0
        self.by_folder: dict[str, Counter[str]] = {}
        self.by_kind: dict[tuple[str, str], list[str]] = {}

    def count(self, defect: Defect, *, accepted: bool) -> None:
        """One more finding."""
        if accepted:
            self.accepted += 1
            return
        self.severities[defect.severity] += 1
        folder = Path(defect.subject).parent.as_posix()
        self.by_folder.setdefault(folder, Counter())[defect.severity] += 1
        self.by_kind.setdefault((defect.severity, defect.kind), []).append(defect.subject)

    def show(self, defects: list[Defect]) -> None:
        """What was found in one formatter, under its name."""
        if self.out is None or not defects:
            return
        from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

        terminal.show(self.out, terminal.line((defects[0].subject, "bold")))
        for defect in defects:
            head = terminal.line("  ", MARKS[defect.severity], f" {defect.kind}  {defect.message}")
            lines = (terminal.line(f"{INDENT} {text}") for text in _details(defect))
            terminal.show(self.out, chain(head, *lines))

    def finish(self) -> int:
        """Print the numbers; the exit code."""
        if self.out is not None:
            self._tables(self.out)
        numbers = [counted(self.severities[name], name) for name in MARKS if self.severities[name]] or ["nothing found"]
        accepted = [f"{self.accepted} accepted"] if self.accepted else []
        others = f"; {counted(self.left_out, 'other script')} without a formatter" if self.left_out else ""
        sentence = f"{counted(self.formatters, 'formatter')}: {', '.join(numbers + accepted)}{others}"
        click.echo(sentence, err=self.out is None)
        return int(any(self.severities[name] for name in WRONG))

    def _tables(self, out: Console) -> None:
        if self.severities.total() > 1:
            rows = [
                (kind, severity, str(len(names)), str(len(set(names))))
                for (severity, kind), names in sorted(self.by_kind.items(), key=_gravest)
            ]
            summary.table(out, ("kind", "severity", "findings", "formatters"), rows)
        summary.by_folder(out, self.by_folder, MARKS, WRONG)


def _gravest(group: tuple[tuple[str, str], list[str]]) -> tuple[int, int, str]:
    (severity, kind), names = group
    return list(MARKS).index(severity), -len(names), kind


def _details(defect: Defect) -> Iterator[str]:
    """The lines under a finding's own."""
    networks = f" ({', '.join(defect.dialects)})" if defect.dialects else ""
    yield f"{defect.why}{networks}"
    yield from _given(defect)
    place = ":".join(str(part) for part in (defect.file, defect.line, defect.column) if part is not None)
    if place and defect.line is not None:
        yield f"at {place}"
    yield from lines_at(defect.file, defect.line, defect.column)
    if defect.command:
        yield f"again: {defect.command}"


def _given(defect: Defect) -> Iterator[str]:
    """What went in, and what came of it."""
    port = "" if defect.f_port is None else f", port {defect.f_port}"
    came = "" if defect.got is None else f": {shown(defect.got)}"
    if defect.payload is not None:
        yield f"payload {defect.payload.hex() or '(no bytes)'}{port}{came}"
    elif defect.data is not None:
        yield f"data {shown(defect.data)}{port}{came}"
    elif came:
        yield f"came of it{came}"
