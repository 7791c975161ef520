"""What a coverage run tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import add
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")

SHARES = ("statements", "branches", "functions", "lines")

GOOD, FAIR = 90.0, 60.0
"""Percent from which a share is shown as good, and as fair."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many there are, and how many of them ran."""

    found: int = 0
    hit: int = 0

    @property
    def percent(self) -> float:
        """The share in percent, rounded down to a tenth, so that only all is 100; of none it is 100."""
        return 100.0 if not self.found else self.hit * 1000 // self.found / 10

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(self.found + other.found, self.hit + other.hit)

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"found": self.found, "hit": self.hit, "percent": self.percent}


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a script, and how often it ran.

    Attributes:
        start: where it begins, in bytes of UTF-8.
        end: behind its last byte.
        line: 1 for the first.
        counter: the number of what counts it.
        name: of a function; "" where it has none, and for all else.
        hits: how often it ran.
    """

    start: int
    end: int
    line: int
    counter: int
    name: str = ""
    hits: int = 0

    def counted(self, counts: Sequence[int]) -> Place:
        """The same part with what was counted, by counter."""
        return replace(self, hits=counts[self.counter])

    def __add__(self, other: Place) -> Place:
        """The same part in two runs."""
        return replace(self, hits=self.hits + other.hits)


@dataclass(frozen=True, slots=True)
class Branch:
    """A place where a script goes on one way or another.

    Attributes:
        kind: ``if``, ``cond-expr``, ``switch``, ``binary-expr`` or ``default-arg``.
        line: 1 for the first.
        start: where it begins.
        arms: its ways; the second one of an ``if`` without ``else`` is the ``if`` itself.
    """

    kind: str
    line: int
    start: int
    arms: tuple[Place, ...]

    def counted(self, counts: Sequence[int]) -> Branch:
        """The same place with what was counted, by counter."""
        return replace(self, arms=tuple(arm.counted(counts) for arm in self.arms))

    def __add__(self, other: Branch) -> Branch:
        """The same place in two runs."""
        return replace(self, arms=_added(self.arms, other.arms))


@dataclass(frozen=True, slots=True)
class ScriptCoverage:
    """What ran of one script.

    Attributes:
        file: its path.
        text: as it was read.
        statements: in the order of the text, as all of these.
        branches: those of ``if``, ``? :``, ``switch``, ``&&``, ``||``, ``??``, and values for what is not given.
        functions: of any form.
        lines: how often each line ran, the first one first; blank lines at the end are left out.
    """

    file: str
    text: str
    statements: tuple[Place, ...]
    branches: tuple[Branch, ...]
    functions: tuple[Place, ...]
    lines: tuple[int, ...]

    def __add__(self, other: ScriptCoverage) -> ScriptCoverage:
        """What ran in two runs of the same text."""
        return replace(
            self,
            statements=_added(self.statements, other.statements),
            branches=_added(self.branches, other.branches),
            functions=_added(self.functions, other.functions),
            lines=_added(self.lines, other.lines),
        )

    def share(self, what: str) -> Share:
        """The share of one of `SHARES`."""
        if what == "lines":
            return _share(self.lines)
        if what == "branches":
            return _share(arm.hits for branch in self.branches for arm in branch.arms)
        places: tuple[Place, ...] = getattr(self, what)
        return _share(place.hits for place in places)

    @property
    def uncovered_lines(self) -> list[tuple[int, int]]:
        """The lines that did not run, as ranges: the first and the last line of each."""
        return list(_ranges([number for number, hits in enumerate(self.lines, 1) if not hits]))

    @property
    def missed_branches(self) -> list[Place]:
        """The ways that were not taken."""
        return [arm for branch in self.branches for arm in branch.arms if not arm.hits]

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        missed = sorted({(branch.line, branch.kind, n) for branch in self.branches for n in _missed(branch)})
        return {
            "coverage": self.file,
            **{what: self.share(what).to_dict() for what in SHARES},
            "uncovered_lines": [list(each) for each in self.uncovered_lines],
            "missed_branches": [{"line": line, "kind": kind, "arm": arm} for line, kind, arm in missed],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """What ran of the scripts of a formatter.

    Attributes:
        subject: the formatter, as it is asked for again.
        scripts: each once.
        runs: how many calls were made.
    """

    subject: str
    scripts: tuple[ScriptCoverage, ...]
    runs: int


def together(scripts: Iterable[ScriptCoverage]) -> dict[str, Share]:
    """The shares of several scripts as one."""
    listed = list(scripts)
    return {what: sum((script.share(what) for script in listed), Share()) for what in SHARES}


def rating(percent: float) -> str:
    """``good``, ``fair`` or ``poor``."""
    return "good" if percent >= GOOD else "fair" if percent >= FAIR else "poor"


def _added(some: tuple[T, ...], others: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(map(add, some, others))


def _share(hits: Iterable[int]) -> Share:
    listed = [bool(each) for each in hits]
    return Share(len(listed), sum(listed))


def _missed(branch: Branch) -> Iterator[int]:
    return (number for number, arm in enumerate(branch.arms) if not arm.hits)


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    for _, group in groupby(enumerate(numbers), lambda each: each[1] - each[0]):
        listed = [number for _, number in group]
        yield listed[0], listed[-1]
