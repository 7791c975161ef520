"""What each network makes of a formatter's examples, on a terminal: a column for each, and in words what differs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from octavo.cli.failures import counted
from octavo.examples.model import shown
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from octavo.lab.lint import SideBySide
    from octavo.lab.lint.columns import Line

MOST_LINES = 12
"""Examples of an operation that are shown, those on which the networks do not agree first."""

MOST_CHARS = 14
"""Characters of an example's payload or data in the table."""

MARKS = {"same": "=", "missing": "-"}
"""What stands for an outcome in a cell; the others are words."""


def show(out: Console, table: SideBySide) -> None:
    """Print a table for each operation of one formatter, and what differs."""
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    terminal.show(out, terminal.line((table.subject, "bold")))
    if not table.lines:
        terminal.show(out, terminal.line("  no examples, so nothing to compare"))
    for operation, lines in groupby(table.lines, lambda line: line.operation):
        _operation(out, table, operation, list(lines))
    terminal.show(out, terminal.line(""))


def _operation(out: Console, table: SideBySide, operation: str, lines: Sequence[Line]) -> None:
    from octavo.cli import terminal  # noqa: PLC0415 - as above

    names = [name for name in table.dialects if any(line.cells[name].outcome != "missing" for line in lines)]
    order = sorted(lines, key=lambda line: len({line.cells[name].outcome for name in names}) < 2)  # noqa: PLR2004 - all alike
    rows = [
        (_input(line), str(line.message.f_port), *(_mark(line.cells[name].outcome) for name in names))
        for line in order[:MOST_LINES]
    ]
    terminal.show(out, terminal.table(out, rows, header=(operation, "port", *names), indent="  "))
    if len(lines) > MOST_LINES:
        terminal.show(out, terminal.line(f"  and {counted(len(lines) - MOST_LINES, 'more example')}"))
    for words, there in _words(table, lines).items():
        terminal.show(out, terminal.line(f"    {', '.join(there)}: {words}"))


def _mark(outcome: str) -> str:
    return MARKS.get(outcome, outcome)


def _words(table: SideBySide, lines: Sequence[Line]) -> dict[str, list[str]]:
    """What is otherwise than in the first column, in words; and where."""
    found: dict[str, list[str]] = {}
    for name in table.dialects:
        for words in _of_network(name, table.reference, lines):
            found.setdefault(words, []).append(name)
    return found


def _of_network(name: str, reference: str | None, lines: Sequence[Line]) -> Iterator[str]:
    """The first of each outcome that is not the reference's own, and how many there are."""
    by_outcome: dict[str, list[Line]] = {}
    for line in lines:
        cell = line.cells[name]
        usual = line.cells[reference].outcome if reference else ""
        if cell.words and cell.outcome != usual:
            by_outcome.setdefault(cell.outcome, []).append(line)
    for outcome, those in by_outcome.items():
        words = those[0].cells[name].words
        more = f"; so in {len(those)} examples" if len(those) > 1 else ""
        yield words if outcome == "missing" else f"{words} ({_input(those[0])}{more})"


def _input(line: Line) -> str:
    """An example by what goes in."""
    message = line.message
    text = (message.frm_payload.hex() or "(no bytes)") if isinstance(message, Uplink) else shown(message.data)
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"
