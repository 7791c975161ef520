"""``octavo test``: the examples of every format."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octavo.cli import options, output, progress, summary
from octavo.cli.coverage import Wanted, cover, coverage_options
from octavo.cli.failures import Failure, Misuse, counted, say
from octavo.cli.snippet import source_lines
from octavo.examples import Options, Row, run_all, sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from octavo.examples import Source

EXAMPLES = """\b
Examples:
  octavo test formatters/
  octavo test formatters/dragino/lht65.yaml
  octavo test formatters/dragino/lht65.yaml::decode_uplink-0
  octavo test vendors/acme/codecs/x.js --strict-order
  octavo test dragino/lht65 --json
  octavo test formatters/ --coverage --html coverage/ --lcov lcov.info --fail-under 80

PATH is a file of examples of any format, a script with examples beside it, a folder, an id of `octavo list`, or one
example: FILE::OPERATION-INDEX. An example passes when the result is equal to what the file expects, by the rule of the
file's origin, and its data fits the device's schema. Formats and rules: docs/testing.md.
"""

MARKS = {
    "passed": ("ok    ", "green"),
    "failed": ("FAILED", "red"),
    "error": ("ERROR ", "red"),
    "skipped": ("skip  ", "yellow"),
    "untested": ("none  ", "yellow"),
}
"""What a terminal shows for each outcome."""

WRONG = ("failed", "error")
MOST_REPEATED = 30
"""Rows after which what went wrong is named again at the end, and how many of these."""


@click.command("test", short_help="Run the examples of codecs, in every format.", epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@options.dialect_option
@options.now_option
@click.option("--ignore-empty", is_flag=True, help="Absent and empty warnings and errors are the same.")
@click.option("--tolerance", type=options.Number(min=0), default=0.0, metavar="X", help="Numbers may differ by X.")
@click.option("--strict-order", is_flag=True, help="The order of members counts, as for ChirpStack's own tool.")
@click.option("--accept", is_flag=True, help="Write what came out into the files, where it is not what was expected.")
@click.option("--junit", type=click.Path(dir_okay=False), metavar="FILE", help="Also write the rows as JUnit XML.")
@coverage_options
@options.json_option
def test_command(
    paths: tuple[str, ...],
    *,
    dialect: str | None,
    now: str | None,
    ignore_empty: bool,
    tolerance: float,
    strict_order: bool,
    accept: bool,
    junit: str | None,
    coverage: bool,
    lcov: str | None,
    html: str | None,
    fail_under: float | None,
    as_json: bool,
) -> int:
    """Run the examples of codecs; exit 0 when at least one ran and none failed."""
    output.use_utf8()
    told = Options(dialect, strict_order, ignore_empty, tolerance, accept, now)
    found = [(source, path.partition("::")[0]) for path in paths for source in _sources(path)]
    report = _Report(as_json=output.wants_json(as_json), keep=junit is not None)
    with progress.bar(len(found), report.out) as advance:
        for (_, rows), (_, asked) in zip(run_all((source for source, _ in found), told), found, strict=True):
            advance()
            for row in rows:
                report.add(row, asked)
    if junit is not None:
        _write_junit(junit, report.kept)
    status = report.finish()
    if not coverage and (lcov, html, fail_under) == (None, None, None):
        return status
    covered = cover(paths, Wanted(lcov, html, fail_under, dialect, now), as_json=report.as_json)
    return max(status, covered)


def _sources(path: str) -> list[Source]:
    found = list(sources(path))
    if not found:
        expected = "a codec YAML or another file of examples was expected"
        raise Misuse(f"{path} holds no codec YAML or other examples, nor is it an id: {expected}")
    return found


class _Report:
    """Shows rows as they come, and counts them.

    Args:
        as_json: whether rows are JSON lines.
        keep: whether all rows are wanted at the end.
    """

    def __init__(self, *, as_json: bool, keep: bool) -> None:
        self.as_json = as_json
        self.outcomes: Counter[str] = Counter()
        self.by_folder: dict[str, Counter[str]] = {}
        self.kept: list[Row] = []
        self.wrong: list[tuple[Row, str]] = []
        self.changed: dict[str, None] = {}
        self._keep = keep
        self.out = None if as_json else output.console()
        self._show = _write if self.out is None else _shown(self.out)

    def add(self, row: Row, asked: str) -> None:
        """One more row, of what was asked for."""
        self.outcomes[row.outcome] += 1
        name = _short(row, asked)
        folder = Path(name.partition("::")[0]).parent.as_posix()
        self.by_folder.setdefault(folder, Counter())[row.outcome] += 1
        if row.accepted:
            self.changed[name.partition("::")[0]] = None
        if self._keep:
            self.kept.append(row)
        if row.outcome in WRONG and len(self.wrong) <= MOST_REPEATED:
            self.wrong.append((row, name))
        self._show(row, name)

    def finish(self) -> int:
        """Print the numbers; the exit code."""
        if self.changed:
            say(f"{counted(len(self.changed), 'file')} changed: {', '.join(self.changed)}")
        if self.out is not None:
            _repeat(self.out, self.wrong, self.outcomes.total())
            summary.by_folder(self.out, self.by_folder, MARKS, WRONG)
        failed = self.outcomes["failed"] + self.outcomes["error"]
        numbers = ", ".join(f"{self.outcomes[name]} {name}" for name in MARKS if self.outcomes[name])
        click.echo(f"{counted(self.outcomes.total(), 'example')}: {numbers or 'none'}", err=self.as_json)
        return int(failed > 0 or self.outcomes["passed"] == 0)


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


def _shown(out: Console) -> Callable[[Row, str], None]:
    """What shows a row on a terminal."""
    from octavo.cli import terminal  # noqa: PLC0415 - as above

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


def _repeat(out: Console, wrong: list[tuple[Row, str]], total: int) -> None:
    """What went wrong once more, where the rows have scrolled away."""
    from octavo.cli import terminal  # noqa: PLC0415 - as above

    if total <= MOST_REPEATED:
        return
    for row, name in wrong[:MOST_REPEATED]:
        terminal.show(out, terminal.line(MARKS[row.outcome], f" {name}"))
    if len(wrong) > MOST_REPEATED:
        terminal.show(out, terminal.line("       and more: --json gives them all"))


def _write_junit(name: str, rows: list[Row]) -> None:
    from octavo.examples import junit  # noqa: PLC0415 - imported when asked for

    try:
        Path(name).write_bytes(junit.report(rows))
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}") from error
    say(f"{counted(len(rows), 'row')} written to {name}")
