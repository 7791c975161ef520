"""Running the examples of a formatter with counters in its scripts."""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error
from octavo.formatters.formatter import read_script
from octavo.formatters.watching import Lens, Watched
from octavo.lab.coverage.lines import line_hits
from octavo.lab.coverage.model import Coverage, ScriptCoverage
from octavo.lab.coverage.plan import plan
from octavo.lab.subjects import NOON
from octavo.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.examples.model import Check
    from octavo.lab.coverage.plan import Plan
    from octavo.lab.subjects import Subject
    from octavo.messages import Moment

SHOWN_CHARACTERS = 120
"""Characters of a result in a sentence."""

PATIENT = Limits(time_s=10.0)
"""What one call may cost: more than elsewhere, for counting takes time too."""


class _Scripts:
    """The scripts that are counted, each with its plan and what was counted so far.

    A script tells with its counts which one it is: its number here.
    """

    def __init__(self) -> None:
        self.files: list[str] = []
        self.plans: list[Plan] = []
        self.counts: list[list[int]] = []
        self._numbers: dict[str, int] = {}  # by text

    def add(self, file: str, text: str) -> None:
        """Another script; of two with the same text each has what was counted in both."""
        planned = plan(text, file)
        number = self._numbers.setdefault(text, len(self.plans))
        self.files.append(file)
        self.plans.append(planned)
        self.counts.append(self.counts[number] if number < len(self.counts) else [0] * planned.counters)

    def rewrite(self, text: str) -> str:
        """The text that counts; one that is not known stays as it is."""
        number = self._numbers.get(text)
        if number is None:
            return text
        made = self.plans[number]
        return made.insertions.made(made.counters, number)

    def count(self, told: tuple[int, ...]) -> None:
        """Add what a script told.

        Raises:
            ContentError: it told something else.
        """
        if not told:
            return
        number, *more = told
        if number >= len(self.counts) or len(more) != len(self.counts[number]):
            raise ContentError("it cannot be counted: it puts something else in place of what it counts")
        counts = self.counts[number]
        counts[:] = map(operator.add, counts, more)

    def covered(self) -> Iterator[ScriptCoverage]:
        """What ran of each script."""
        for file, planned, counts in zip(self.files, self.plans, self.counts, strict=True):
            yield _covered(file, planned, counts)


def measure(subject: Subject, *, now: Moment | None = NOON, stopped: Callable[[], bool] = bool) -> Coverage:
    """Run the examples of a formatter, and count what runs of its scripts.

    Every check of an example is a call of the script's function with the example's input, as `octavo test` makes it.

    Args:
        subject: the formatter.
        now: where its clock stands.
        stopped: asked between calls whether to end early; what was counted then is all there is.

    Raises:
        ContentError: a script cannot be read or parsed, or does something else when it is counted.
    """
    scripts = _Scripts()
    for file, text in subject.scripts().items():
        scripts.add(file, text)
    checks = [check for example in subject.examples for check in example.checks]
    for other in dict.fromkeys(check.script for check in checks):
        if other is not None and str(other) not in scripts.files:
            scripts.add(str(other), read_script(other))
    runs = 0
    for told in _run(subject, checks, scripts, now):
        scripts.count(told)
        runs += 1
        if stopped():
            break
    return Coverage(subject.name, tuple(scripts.covered()), runs)


def _run(subject: Subject, checks: list[Check], scripts: _Scripts, now: Moment | None) -> Iterator[tuple[int, ...]]:
    """What was counted in each call: those of one script and operation together."""
    in_order = sorted(checks, key=_call)
    for _, of_script in groupby(in_order, lambda check: str(check.script or "")):
        listed = list(of_script)
        script = listed[0].script
        called = subject if script is None else replace(subject, file=script, declared=False)
        opened = partial(called.open, now=now, limits=PATIENT)
        with opened(lens=Lens()) as plain, opened(lens=Lens(scripts.rewrite)) as counted:
            for operation, group in groupby(listed, lambda check: check.operation):
                inputs = [check.input for check in group]
                pairs = zip(plain.watch_raw(operation, inputs), counted.watch_raw(operation, inputs), strict=True)
                yield from (_counts(subject, operation, *pair) for pair in pairs)


def _call(check: Check) -> tuple[str, str]:
    return str(check.script or ""), check.operation


def _counts(subject: Subject, operation: str, plain: Watched | Error, counted: Watched | Error) -> tuple[int, ...]:
    """What was counted in a call, if the script did what it does when it is not counted."""
    without, with_counters = _outcome(plain), _outcome(counted)
    if without != with_counters and isinstance(plain, Watched) and plain.error and not plain.function:
        error = plain.error  # V8 does not take what the parser here does
        message = f"the script does not load: {error.message}"
        raise ContentError(message, file=error.file, line=error.line, column=error.column)
    if without != with_counters:
        message = (
            f"it cannot be counted: {operation} gives {_shown(with_counters)} when it is, {_shown(without)} without"
        )
        raise ContentError(message, file=subject.name)
    return counted.counts if isinstance(counted, Watched) else ()


def _outcome(seen: Watched | Error) -> tuple[Any, ...]:
    """What came of a call, but for columns, which counters shift."""
    error = seen if isinstance(seen, Error) else seen.error
    if error is not None:
        return error.name, error.message, error.cause, error.line
    return seen.text, seen.changed, seen.odd, seen.reads, seen.past  # type: ignore[union-attr] # errors are told above


def _shown(outcome: tuple[Any, ...]) -> str:
    text = " ".join(str(part) for part in outcome if part)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _covered(file: str, planned: Plan, counts: list[int]) -> ScriptCoverage:
    return ScriptCoverage(
        file,
        planned.text,
        tuple(place.counted(counts) for place in planned.statements),
        tuple(branch.counted(counts) for branch in planned.branches),
        tuple(place.counted(counts) for place in planned.functions),
        line_hits(planned.text, planned.stretches, counts),
    )
