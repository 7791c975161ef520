"""A bar for a command that goes through many files."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octavo.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console


@contextmanager
def bar(total: int, out: Console | None) -> Iterator[Callable[[], None]]:
    """What moves a bar by one file, where somebody looks and there are many; elsewhere it does nothing.

    Args:
        total: how many files there are.
        out: where rows are shown, so that bar and rows do not disturb each other; None where they are no terminal's.
    """
    is_dumb = os.environ.get("TERM") == "dumb"  # it cannot take back what it shows
    if total < 2 or is_dumb or not output.is_terminal(sys.stderr):  # noqa: PLR2004 - one is no progress
        yield lambda: None
        return
    from rich.progress import Progress  # noqa: PLC0415 - rich is loaded for terminals only

    from octavo.cli import terminal  # noqa: PLC0415 - as above

    shown = out or terminal.console(stderr=True)
    with Progress(console=shown, transient=True, redirect_stdout=False, redirect_stderr=False) as progress:
        task = progress.add_task("files", total=total)
        yield lambda: progress.advance(task)
