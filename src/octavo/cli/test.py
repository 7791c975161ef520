"""``octavo test``: the examples of codec YAMLs."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octavo.cli import options, output
from octavo.cli.failures import Misuse, counted
from octavo.cli.snippet import source_lines
from octavo.examples import Row, collect, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = """\b
Examples:
  octavo test formatters/
  octavo test formatters/dragino/lht65.yaml
  octavo test formatters/dragino/lht65.yaml::decode_uplink-0
  octavo test dragino/lht65 --json

PATH is a codec YAML, a folder of them, an id of `octavo list`, or one example: FILE::OPERATION-INDEX.
An example passes when the complete result is equal to its output, and its data fits the device's schema.
"""

MARKS = {
    "passed": ("ok    ", "green"),
    "failed": ("FAILED", "red"),
    "error": ("ERROR ", "red"),
    "skipped": ("skip  ", "yellow"),
    "untested": ("none  ", "yellow"),
}
"""What a terminal shows for each outcome."""


@click.command("test", short_help="Run the examples of codec YAMLs.", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@options.json_option
def test_command(paths: tuple[str, ...], *, as_json: bool) -> int:
    """Run the examples of codec YAMLs; exit 0 when at least one ran and none failed."""
    output.use_utf8()
    rows_as_json = output.wants_json(as_json)
    outcomes: Counter[str] = Counter()
    show = _write if rows_as_json else _shown()
    for row, name in _rows(paths):
        outcomes[row.outcome] += 1
        show(row, name)
    return _finish(outcomes, rows_as_json)


def _rows(paths: tuple[str, ...]) -> Iterator[tuple[Row, str]]:
    """The rows, each with the short name that a terminal shows."""
    for path in paths:
        empty = True
        for found in collect(path):
            empty = False
            for row in [found] if isinstance(found, Row) else run(found):
                yield row, _short(row, path.partition("::")[0])
        if empty:
            expected = "a file with uplinkDecoder or downlinkEncoder was expected"
            raise Misuse(f"{path} holds no codec YAML, nor is it an id: {expected}")


def _short(row: Row, asked: str) -> str:
    """The row's id as it can be asked for again: by the catalogue's id that was given, or from this folder."""
    if not Path(asked).exists():
        return row.id.replace(row.file, asked, 1)
    file = Path(row.file)
    here = Path.cwd()
    return row.id.replace(row.file, file.relative_to(here).as_posix(), 1) if file.is_relative_to(here) else row.id


def _write(row: Row, _: str) -> None:
    output.write_row(row.to_dict())
    sys.stdout.flush()


def _shown() -> Callable[[Row, str], None]:
    """What shows a row on a terminal."""
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    out = terminal.console()

    def show(row: Row, name: str) -> None:
        head = terminal.line(MARKS[row.outcome], f" {name}  {row.description}".rstrip())
        terminal.show(out, chain(head, *map(terminal.line, _details(row, name))))

    return show


def _details(row: Row, name: str) -> Iterator[str]:
    """The lines under a row that did not pass, or has notes."""
    yield from (f"         note: {note}" for note in row.notes)
    yield from (f"         {difference.message}" for difference in row.diff)
    yield from (f"       {line}" for line in source_lines(row.error))
    if row.diff and row.operation:
        yield f"         again: octavo test {shlex.quote(name)}"


def _finish(outcomes: Counter[str], rows_as_json: bool) -> int:
    """Print the numbers; the exit code."""
    failed = outcomes["failed"] + outcomes["error"]
    numbers = ", ".join(f"{outcomes[name]} {name}" for name in MARKS if outcomes[name])
    click.echo(f"{counted(outcomes.total(), 'example')}: {numbers}", err=rows_as_json)
    return int(failed > 0 or outcomes["passed"] == 0)
