"""``octavo test --coverage``: what the examples run of the scripts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import options, output, progress
from octavo.cli.failures import Failure, counted, say
from octavo.errors import ContentError, Error
from octavo.examples import Row
from octavo.lab.coverage.model import SHARES, rating, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.segment import Segment

    from octavo.lab.coverage import Coverage, ScriptCoverage, Share
    from octavo.lab.subjects import Subject

MOST_SHOWN = 40
"""Rows of the table on a terminal; where there are more scripts, the last one is about the others."""

MOST_RANGES = 8
"""Ranges of lines that a row shows; ``--json`` has all."""

HEADER = ("script", "stmt", "branch", "func", "line", "lines that did not run")

SHARE = re.compile(r"(\b\d+\.\d %)")

COLORS = {"good": "green", "fair": "yellow", "poor": "red"}


HTML = "Write that as HTML: FILE.html is one page, a FOLDER gets one for each script."
FAIL_UNDER = "Exit 1 where the statements, branches, functions or lines of all scripts together are less covered."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of the coverage.

    Attributes:
        lcov: a file for LCOV, or None.
        html: a file or a folder for pages, or None.
        fail_under: percent that each share of all scripts together must reach, or None.
        dialect: under whose rules; None is what each one says.
        now: where the clock of scripts stands; None is where an examination takes place.
    """

    lcov: str | None = None
    html: str | None = None
    fail_under: float | None = None
    dialect: str | None = None
    now: str | None = None


def coverage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--coverage`` and what goes with it."""
    for option in (
        click.option("--fail-under", type=options.Number(0, 100), metavar="PERCENT", help=FAIL_UNDER),
        click.option("--html", type=click.Path(), metavar="FILE|FOLDER", help=HTML),
        click.option("--lcov", type=click.Path(dir_okay=False), metavar="FILE", help="Write that as LCOV."),
        click.option("--coverage", is_flag=True, help="Also count what the examples run of the JavaScript."),
    ):
        command = option(command)
    return command


def cover(paths: Sequence[str], wanted: Wanted, *, as_json: bool) -> int:
    """Run the examples of what the paths name once more, with counters, and show what ran; the exit code.

    What cannot be read is left out where it was told with the examples.
    """
    from octavo.lab.coverage import PATIENT  # noqa: PLC0415 - imported when asked for
    from octavo.sandbox.many import in_order  # noqa: PLC0415 - as above

    found = _subjects(paths, wanted.dialect)
    out = None if as_json else output.console()
    scripts: dict[tuple[str, str], ScriptCoverage] = {}
    failed = 0
    with progress.bar(len(found), out) as advance:
        for subject, outcome in in_order(found, partial(_measured, wanted), limits=PATIENT):
            advance()
            if isinstance(outcome, Error):
                failed += 1
                _show_error(subject.id if isinstance(subject, Row) else subject.name, outcome, as_json=as_json)
            else:
                _add(scripts, outcome)
    listed = list(scripts.values())
    _show(listed, out)
    _write(listed, wanted)
    return int(failed > 0 or _is_under(listed, wanted.fail_under))


def _subjects(paths: Sequence[str], dialect: str | None) -> list[Subject | Row]:
    """The formatters, each once, with all the examples that were asked for; and the scripts that cannot be read."""
    from octavo.lab.subjects import Subject, subjects  # noqa: PLC0415 - imported when asked for

    found: dict[Path, Subject | Row] = {}
    for each in (each for path in paths for each in subjects(path, dialect)):
        if isinstance(each, Subject):
            before = found.get(each.file)
            found[each.file] = before.with_examples_of(each) if isinstance(before, Subject) else each
        elif each.file.endswith(".js"):
            found[Path(each.file)] = each
    return list(found.values())


def _measured(wanted: Wanted, subject: Subject | Row, stopped: Callable[[], bool]) -> Coverage | Error:
    from octavo.lab.coverage import measure  # noqa: PLC0415 - imported when asked for
    from octavo.lab.subjects import NOON  # noqa: PLC0415 - as above

    if isinstance(subject, Row):
        return subject.error or ContentError("it cannot be read", file=subject.file)
    try:
        return measure(subject, now=wanted.now or NOON, stopped=stopped)
    except Error as error:
        return error


def _add(scripts: dict[tuple[str, str], ScriptCoverage], measured: Coverage) -> None:
    """Two codec definitions may name one script."""
    for each in measured.scripts:
        script = replace(each, file=_short(each.file))
        key = script.file, script.text
        scripts[key] = scripts[key] + script if key in scripts else script


def _short(name: str) -> str:
    """A path from this folder, where it is inside."""
    file, here = Path(name), Path.cwd()
    return file.relative_to(here).as_posix() if file.is_relative_to(here) else name


# ---- showing ----


def _show_error(name: str, error: Error, *, as_json: bool) -> None:
    if as_json:
        output.write_row({"coverage": name, "error": error.to_dict()})
    else:
        say(f"no coverage of {name}: {error}")


def _show(scripts: list[ScriptCoverage], out: Console | None) -> None:
    """The figures of each script, and of all together."""
    total = together(scripts)
    if out is None:
        for script in scripts:
            output.write_row(script.to_dict())
    else:
        from octavo.cli import terminal  # noqa: PLC0415 - as above

        lines = terminal.table(out, _rows(scripts), header=HEADER)
        terminal.show(out, chain(terminal.line(""), _colored(lines)))
    shares = ", ".join(f"{what} {share.percent} %" for what, share in total.items())
    click.echo(f"coverage of {counted(len(scripts), 'script')}: {shares}", err=out is None)


def _rows(scripts: list[ScriptCoverage]) -> Iterator[tuple[str, ...]]:
    """A row for each script; of many those that have most lines which did not run, and the others as one."""
    order = sorted(scripts, key=_missed_lines) if len(scripts) > MOST_SHOWN else scripts
    for script in order[:MOST_SHOWN]:
        yield script.file, *_cells({what: script.share(what) for what in SHARES}), _ranges(script)
    if order[MOST_SHOWN:]:
        yield counted(len(order) - MOST_SHOWN, "other"), *_cells(together(order[MOST_SHOWN:])), ""


def _missed_lines(script: ScriptCoverage) -> int:
    lines = script.share("lines")
    return lines.hit - lines.found


def _cells(shares: dict[str, Share]) -> Iterator[str]:
    return (f"{share.percent} %" for share in shares.values())


def _ranges(script: ScriptCoverage) -> str:
    found = [str(first) if first == last else f"{first}-{last}" for first, last in script.uncovered_lines]
    more = f" and {len(found) - MOST_RANGES} more" if len(found) > MOST_RANGES else ""
    return ", ".join(found[:MOST_RANGES]) + more


def _colored(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Each share in the colour of its height."""
    from rich.segment import Segment  # noqa: PLC0415 - rich is loaded for terminals only
    from rich.style import Style  # noqa: PLC0415 - as above

    for segment in segments:
        for part in SHARE.split(segment.text):
            style = Style.parse(COLORS[rating(float(part[:-2]))]) if SHARE.fullmatch(part) else segment.style
            yield Segment(part, style)


# ---- files ----


def _write(scripts: list[ScriptCoverage], wanted: Wanted) -> None:
    from octavo.lab import coverage  # noqa: PLC0415 - as above

    if wanted.lcov is not None:
        output.write_file(Path(wanted.lcov), coverage.lcov(scripts))
        say(f"coverage of {counted(len(scripts), 'script')} written to {wanted.lcov}")
    if wanted.html is not None:
        page = _write_pages(Path(wanted.html), scripts)
        say(f"coverage of {counted(len(scripts), 'script')} written to {page}")


def _write_pages(where: Path, scripts: list[ScriptCoverage]) -> Path:
    """Write the page, or the pages; the one to open."""
    from octavo.lab import coverage  # noqa: PLC0415 - as above

    if where.suffix in (".html", ".htm") and not where.is_dir():
        output.write_file(where, coverage.html(scripts))
        return where
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(f"{where}: the folder cannot be made: {error.strerror}") from error
    for name, text in coverage.pages(scripts).items():
        output.write_file(where / name, text)
    return where / "index.html"


def _is_under(scripts: list[ScriptCoverage], least: float | None) -> bool:
    """Whether a share of all scripts together is too low; the sentence says which."""
    if least is None:
        return False
    low = [f"{what} {share.percent} %" for what, share in together(scripts).items() if share.percent < least]
    if low:
        say(f"coverage is under {least:g} %: {', '.join(low)}")
    return bool(low)
