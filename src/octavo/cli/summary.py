"""The tables at the end of a command that goes through many files."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from octavo.cli.failures import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.console import Console

MOST_GROUPS = 20
"""Lines of a table; where there are more folders, the last line is about the others."""


def by_folder(out: Console, groups: dict[str, Counter[str]], columns: Collection[str], wrong: Sequence[str]) -> None:
    """A table of numbers by folder, where there are several; of many those in which most went wrong.

    Args:
        out: where it goes.
        groups: the numbers of each folder by column.
        columns: all columns; those without a number are left out.
        wrong: the columns of what went wrong.
    """
    if len(groups) < 2:  # noqa: PLR2004 - the sentence at the end says it all
        return
    kept = _worst(groups, wrong) if len(groups) > MOST_GROUPS else groups
    shown = [name for name in columns if any(counts[name] for counts in kept.values())]
    rows = [(folder, *(str(counts[name]) for name in shown)) for folder, counts in kept.items()]
    table(out, ("folder", *shown), rows)


def table(out: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table after an empty line."""
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    terminal.show(out, chain(terminal.line(""), terminal.table(out, rows, header=header)))


def _worst(groups: dict[str, Counter[str]], wrong: Sequence[str]) -> dict[str, Counter[str]]:
    """The folders in which most went wrong, and the others as one."""
    order = sorted(groups, key=lambda folder: -sum(groups[folder][name] for name in wrong))
    worst, others = order[:MOST_GROUPS], order[MOST_GROUPS:]
    together = sum((groups[folder] for folder in others), Counter[str]())
    return {folder: groups[folder] for folder in worst} | {f"{counted(len(others), 'other')}": together}
