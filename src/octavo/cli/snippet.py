"""The line that an error names, as text: for terminals and for the reports of pytest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from octavo.cli.failures import printable

if TYPE_CHECKING:
    from octavo.errors import Error

SNIPPET_CHARS = 72
"""Characters of a source line shown around the place of an error: scripts may be one long line."""


def source_lines(error: Error | None) -> list[str]:
    """The line of the file that an error names, and a caret under its column; empty where there is none."""
    return [] if error is None else lines_at(error.file, error.line, error.column)


def lines_at(file: str | None, number: int | None, column: int | None) -> list[str]:
    """A line of a file, and a caret under a column of it; empty where there is no such line."""
    if file is None or number is None:
        return []
    try:
        lines = Path(file).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except (OSError, ValueError):
        return []
    if not 0 < number <= len(lines):
        return []
    return _with_caret(lines[number - 1], number, column)


def _with_caret(line: str, number: int, column: int | None) -> list[str]:
    start = max(0, (column or 1) - 1 - SNIPPET_CHARS // 2) if len(line) > SNIPPET_CHARS else 0
    shown = printable(line[start : start + SNIPPET_CHARS].replace("\t", " "))
    gutter = f"  {number} | "
    caret = [] if column is None else [" " * (len(gutter) - 2) + "| " + " " * (column - 1 - start) + "^"]
    return [gutter + shown, *caret]
