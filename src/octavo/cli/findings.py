"""What ``octavo check`` and ``octavo lint`` share: going through formatters, and showing what is found in them."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import options, output, progress
from octavo.cli.failures import Misuse, say
from octavo.cli.tally import Tally
from octavo.errors import ContentError, Error, NotFoundError
from octavo.examples import Row
from octavo.lab import baseline
from octavo.lab.findings import SEVERITIES, UNFINISHED, Defect
from octavo.lab.subjects import Subject, left_out, subjects
from octavo.sandbox.many import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from octavo.lab.baseline import Baseline

    Stopped = Callable[[], bool]
    Engine = Callable[[Subject, Stopped], list[Defect]]

UNREADABLE = "unreadable"
"""The kind of finding that stands for a file which could not be examined."""

MOST_GONE = 5
"""Accepted findings that no longer occur which are named; of more the number is said."""


def finding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--only``, ``--ignore``, ``--severity``, ``--baseline``, ``--accept`` and ``--json``."""
    file = click.Path(dir_okay=False, path_type=Path)
    added = (
        click.option("--only", multiple=True, metavar="KIND", help="Tell of this kind only; may be given again."),
        click.option("--ignore", multiple=True, metavar="KIND", help="Do not tell of this kind; may be given again."),
        click.option(
            "--severity",
            type=click.Choice(SEVERITIES[::-1]),
            default="note",
            show_default=True,
            help="Tell of what is at least so grave.",
        ),
        click.option("--baseline", "file", type=file, metavar="FILE", help="Findings that are accepted: not told."),
        click.option("--accept", is_flag=True, help="Write what is found into the file of --baseline."),
        options.json_option,
    )
    for option in reversed(added):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is told, and what is accepted.

    Attributes:
        kinds: the kinds that are looked for.
        severity: the least that is told.
        accepted: the findings that are accepted; None where no file says.
        accept: whether what is found becomes accepted.
        as_json: whether rows are JSON lines.
    """

    kinds: frozenset[str]
    severity: str
    accepted: Baseline | None
    accept: bool
    as_json: bool

    def tells(self, defect: Defect) -> bool:
        """Whether a finding is one of those."""
        grave = SEVERITIES.index(defect.severity) <= SEVERITIES.index(self.severity)
        return grave and defect.kind in self.kinds

    def accepts(self, defect: Defect) -> bool:
        """Whether a finding is accepted, or becomes so. A file that cannot be read never is: nothing is known of it."""
        known = self.accept or (self.accepted is not None and self.accepted.has(defect))
        return known and defect.kind != UNREADABLE


def wanted(
    kinds: Collection[str],
    *,
    only: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: str,
    file: Path | None,
    accept: bool,
    as_json: bool,
) -> Wanted:
    """What the options of `finding_options` say.

    Args:
        kinds: all kinds of finding there are.
        only: as given; nothing is everything. So are the others.
        ignore: those to leave out.
        severity: the least.
        file: the file of what is accepted.
        accept: whether it is written.
        as_json: ``--json``.

    Raises:
        Misuse: there is no such kind, no file to write, or the file holds something else.
    """
    known = (*kinds, UNREADABLE)
    for kind in (*only, *ignore):
        _check_kind(kind, known)
    if accept and file is None:
        raise Misuse("--accept writes the file of --baseline FILE, which is not given")
    told = frozenset((*only, UNREADABLE) if only else known) - frozenset(ignore)
    accepted = None if file is None else _accepted(file, may_miss=accept)
    return Wanted(told, severity, accepted, accept, output.wants_json(as_json))


def _accepted(file: Path, *, may_miss: bool) -> Baseline:
    try:
        return (baseline.read_or_new if may_miss else baseline.read)(file)
    except NotFoundError:
        raise
    except ContentError as error:
        raise Misuse(f"--baseline: a file that --accept wrote was expected: {error}") from error


def _check_kind(kind: str, known: Sequence[str]) -> None:
    if kind in known:
        return
    close = [name for name in known if kind in name] or difflib.get_close_matches(kind, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)} was expected"
    raise Misuse(f"there is no kind {kind!r}: {hint}")


def named(targets: Iterable[str], dialect: str | None = None) -> list[Subject | Row]:
    """The formatters that were asked for, each once with all of its examples, and the files that cannot be read.

    Raises:
        NotFoundError: no such path or id.
        Misuse: a folder holds no formatter.
    """
    found: dict[str, Subject | Row] = {}
    for target in targets:
        inside = list(subjects(target, dialect))
        if not inside:
            raise Misuse(f"{target} holds no formatter: a script, a codec YAML or a declaration was expected")
        for each in inside:
            before = found.get(_name(each))
            if isinstance(before, Subject) and isinstance(each, Subject):
                found[_name(each)] = before.with_examples_of(each)
            else:
                found[_name(each)] = each
    return list(found.values())


def examine(found: list[Subject | Row], engine: Engine, told: Wanted, targets: Iterable[str] = ()) -> int:
    """Examine formatters, and show what is found in each as soon as its turn comes.

    Args:
        found: the formatters, as `named` gives them.
        engine: finds what is wrong with one.
        told: what is shown.
        targets: what was asked for: how many scripts of a folder are no formatters is said in the end.

    Returns:
        the exit code: 1 where something was found that is more than a note.
    """
    report = _Report(told)
    report.tally.left_out = sum(left_out(target, found) for target in targets)
    with progress.bar(len(found), report.tally.out) as advance:
        for subject, defects in in_order(found, partial(_examined, engine)):
            advance()
            report.add(subject, defects)
    return report.finish()


def _examined(engine: Engine, subject: Subject | Row, stopped: Stopped) -> list[Defect]:
    if isinstance(subject, Row):
        return [_unreadable(subject.id, subject.error)]
    try:
        return engine(subject, stopped)
    except Error as error:
        return [_unreadable(subject.name, error)]


def _unreadable(name: str, error: Error | None) -> Defect:
    message = "it cannot be read" if error is None else error.message
    place = (None, None, None) if error is None else (error.file, error.line, error.column)
    why = "nothing is known about it, for it was not examined"
    return Defect(UNREADABLE, name, "", message, why, file=place[0], line=place[1], column=place[2])


class _Report:
    """Shows findings as they come, and holds them against those that are accepted."""

    def __init__(self, told: Wanted) -> None:
        self.told = told
        self.tally = Tally(None if told.as_json else output.console())
        self.examined: list[str] = []
        self.found: list[Defect] = []

    def add(self, subject: Subject | Row, defects: list[Defect]) -> None:
        """What was found in one more formatter."""
        if not any(defect.kind in (UNREADABLE, UNFINISHED) for defect in defects):
            self.examined.append(_name(subject))
        if self.told.accepted is not None:
            self.found += defects
        self.tally.formatters += isinstance(subject, Subject)
        chosen = [(defect, self.told.accepts(defect)) for defect in defects if self.told.tells(defect)]
        for defect, accepted in chosen:
            self.tally.count(defect, accepted=accepted)
        self._show(chosen)

    def finish(self) -> int:
        """Tell of what is accepted, and print the numbers; the exit code."""
        if self.told.accepted is not None:
            self._settle(self.told.accepted)
        return self.tally.finish()

    def _show(self, chosen: list[tuple[Defect, bool]]) -> None:
        if self.told.as_json:
            for defect, accepted in chosen:
                output.write_row(defect.to_dict() | {"accepted": accepted})
            sys.stdout.flush()
        elif self.tally.out is not None:
            self.tally.show([defect for defect, accepted in chosen if not accepted])

    def _settle(self, accepted: Baseline) -> None:
        """Say what no longer occurs, and write what is accepted, where that is asked for."""
        gone = accepted.gone(self.found, self.examined, self.told.kinds)
        for line in _told_gone(gone):
            say(line)
        if not self.told.accept:
            return
        chosen = [defect for defect in self.found if self.told.tells(defect) and self.told.accepts(defect)]
        changed = accepted.changed(chosen, gone)
        changed.write()
        more, less = len(changed.keys - accepted.keys), len(gone)
        say(f"{changed.file}: {len(changed.keys)} accepted ({more} more, {less} less)")


def _name(subject: Subject | Row) -> str:
    """The name under which what is found in a formatter stands."""
    return subject.name if isinstance(subject, Subject) else subject.id


def _told_gone(gone: list[tuple[str, str, str]]) -> Iterator[str]:
    for subject, kind, where in gone[:MOST_GONE]:
        yield f"accepted, but no longer there: {subject}: {kind}{f' at {where}' if where else ''}"
    if len(gone) > MOST_GONE:
        yield f"{len(gone) - MOST_GONE} more accepted findings are no longer there"
