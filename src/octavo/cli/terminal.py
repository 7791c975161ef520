"""What a terminal gets: lines in colour and aligned columns, as segments of rich.

The one place that decides about colours: NO_COLOR says no, else FORCE_COLOR yes, else it takes a terminal that is
not ``dumb``. Columns are laid out here, for a table of rich for each message of many takes seconds.

Source: https://no-color.org and https://force-color.org: each counts when it is set and not empty.
"""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text

from octavo.cli.failures import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GAP = "  "
"""What stands between columns."""

BELOW = "    "
"""What stands before a text under a row."""

NEWLINE = Segment.line()


def console(*, stderr: bool = False) -> Console:
    """A console of rich on standard output or standard error."""
    return Console(stderr=stderr, color_system=_colors(), highlight=False, markup=False, emoji=False)


def _colors() -> Literal["auto", "standard"] | None:
    if os.environ.get("NO_COLOR"):
        return None
    return "standard" if os.environ.get("FORCE_COLOR") else "auto"


def show(out: Console, segments: Iterable[Segment]) -> None:
    """Print segments as they are; the terminal wraps what is longer than a line."""
    out.print(Segments(segments), end="", soft_wrap=True)


def line(*parts: str | tuple[str, str]) -> Iterator[Segment]:
    """A line of texts, each alone or with the name of a style (``bold red``); control characters are escaped."""
    for part in parts:
        text, style = (part, None) if isinstance(part, str) else (part[0], Style.parse(part[1]))
        yield Segment(printable(text), style)
    yield NEWLINE


def table(
    out: Console,
    rows: Iterable[Sequence[str]],
    *,
    header: Sequence[str] = (),
    indent: str = "",
    below: Sequence[str] = (),
) -> Iterator[Segment]:
    """Aligned columns; where they are wider than the console, the widest are folded.

    Args:
        out: where they go.
        rows: the cells.
        header: the columns' names; empty for none.
        indent: spaces in front of each line.
        below: a text for each row that stands under it, over all columns; empty: no row has one.
    """
    shown = [[printable(cell).expandtabs() for cell in row] for row in ([header] if header else []) + list(rows)]
    widths = _widths(shown, out.width - len(indent))
    for number, row in enumerate(shown):
        style = "dim" if header and not number else "none"
        for text in _row(out, row, widths):
            yield from line(indent, (text, style))
        if below and not (header and not number):
            yield from _below(out, below[number - bool(header)], indent + BELOW)


def _below(out: Console, text: str, indent: str) -> Iterator[Segment]:
    for part in _folded(out, printable(text).expandtabs(), max(1, out.width - len(indent))):
        yield from line(indent, (part, "dim"))


def _widths(rows: list[list[str]], available: int) -> list[int]:
    """The width of each column: what it needs, or less where all together do not fit, rather not within a word."""
    columns = list(zip(*rows, strict=True))
    needed = [max(map(cell_len, column)) for column in columns]
    available -= len(GAP) * (len(needed) - 1)
    if sum(needed) <= available:
        return needed
    words = [max(cell_len(word) for cell in column for word in cell.split(" ")) for column in columns]
    for least in (words, [1] * len(needed)):
        for most in range(available, 0, -1):
            widths = [min(need, max(most, word)) for need, word in zip(needed, least, strict=True)]
            if sum(widths) <= available:
                return widths
    return [1] * len(needed)


def _row(out: Console, cells: list[str], widths: list[int]) -> Iterator[str]:
    """The lines of one row: one, unless a cell has to be folded."""
    folded = [_folded(out, cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        padded = (part + " " * (width - cell_len(part)) for part, width in zip(parts, widths, strict=True))
        yield GAP.join(padded).rstrip()


def _folded(out: Console, cell: str, width: int) -> list[str]:
    if cell_len(cell) <= width:
        return [cell]
    return [part.plain.rstrip() for part in Text(cell).wrap(out, width, overflow="fold")]
