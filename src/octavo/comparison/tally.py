"""Many compared messages in one value: counts, the paths that differ, and what would explain them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo.comparison.explanations import Explainer, Explanation, Pair
from octavo.comparison.messages import COMPARED, Archived, Compared, Deviation, compare
from octavo.examples.model import MISSING
from octavo.pipeline import first_difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.addressing import Variables
    from octavo.device import Device
    from octavo.examples.model import Difference

MOST_PATHS = 1000
"""Paths that are kept apart: a script may name members after anything, a time for instance."""

SAMPLES = 100
"""Messages of each kind, differing and agreeing, with which another dialect is tried."""


UNREAD = frozenset(("not_json", "unknown_kind", "ambiguous", "invalid", "unknown_device"))
"""Outcomes of messages of which nobody can say whether they agree."""


@dataclass(frozen=True, slots=True)
class PathSummary:
    """The differences at one path.

    Attributes:
        path: JSON Pointer into the message, list positions as ``*``.
        messages: in how many messages.
        file: file of the first of them, or None.
        line: its line there, or None.
        first: the first difference: the server's value (``expected``) and ours (``got``).
        explanation: what would explain every one of them, or None.
    """

    path: str
    messages: int
    file: str | None
    line: int | None
    first: Difference
    explanation: Explanation | None

    def to_dict(self) -> dict[str, Any]:
        """The row as a JSON object; a value that is missing is null, and the sentence tells which it was."""
        return {
            **self.first.to_dict(),
            "path": self.path,
            "messages": self.messages,
            "file": self.file,
            "line": self.line,
            "explanation": self.explanation.to_dict() if self.explanation else None,
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """How a sample of the messages fares under another dialect.

    Attributes:
        dialect: the dialect.
        messages: size of the sample.
        agree: how many of them agree there.
        before: how many of them agree as they were compared.
    """

    dialect: str
    messages: int
    agree: int
    before: int

    def to_dict(self) -> dict[str, Any]:
        """The trial as a JSON object."""
        return {"dialect": self.dialect, "messages": self.messages, "agree": self.agree, "before": self.before}


@dataclass(frozen=True, slots=True)
class Summary:
    """All that was compared.

    Attributes:
        messages: how many messages there were.
        compared: in how many the server's data stood against ours: the next three together.
        agree: they are the same.
        differ: they are not.
        failed: our device could not decode what the server could.
        not_compared: why the others were not, and how many each.
        paths: where they differ, most messages first.
        paths_left_out: how many differences stand at paths beyond `MOST_PATHS`.
    """

    messages: int
    compared: int
    agree: int
    differ: int
    failed: int
    not_compared: Mapping[str, int]
    paths: tuple[PathSummary, ...]
    paths_left_out: int

    @property
    def holds(self) -> bool:
        """Whether something was compared, all of it agrees, and every message could be read."""
        return 0 < self.compared == self.agree and UNREAD.isdisjoint(self.not_compared)

    def to_dict(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return {
            "outcome": "summary",
            "messages": self.messages,
            "compared": self.compared,
            "agree": self.agree,
            "differ": self.differ,
            "failed": self.failed,
            "not_compared": dict(self.not_compared),
            "paths": [path.to_dict() for path in self.paths],
            "paths_left_out": self.paths_left_out,
        }


@dataclass(slots=True)
class _Path:
    """What is known of a path so far."""

    first: Difference
    file: str | None
    line: int | None
    messages: int = 0
    explainer: Explainer = field(default_factory=Explainer)


class Tally:
    """Counts compared messages, in memory that does not grow with their number."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.paths: dict[str, _Path] = {}
        self.paths_left_out = 0
        self.dialects: set[str | None] = set()
        self.samples: dict[bool, list[Archived]] = {True: [], False: []}

    def add(self, compared: Compared) -> None:
        """Count one message."""
        self.counts[compared.outcome] += 1
        if not compared.is_compared:
            return
        self.dialects.add(compared.dialect)
        sample = self.samples[compared.outcome == "agrees"]
        if len(sample) < SAMPLES:
            sample.append(compared.archived)
        touched = {self._add_deviation(compared.archived, *each) for each in _respelt(compared.diff)}
        for path in touched - {None}:
            self.paths[str(path)].messages += 1

    def _add_deviation(self, archived: Archived, deviation: Deviation, pair: Pair) -> str | None:
        """Take one difference; its path, where it is kept."""
        path = deviation.pattern
        if path not in self.paths and len(self.paths) == MOST_PATHS:
            self.paths_left_out += 1
            return None
        known = self.paths.setdefault(path, _Path(deviation.found, archived.file, archived.line))
        known.explainer.add(pair)
        return path

    def summary(self) -> Summary:
        """Everything so far."""
        paths = sorted(self.paths.items(), key=lambda item: -item[1].messages)
        agree, differ, failed = (self.counts[name] for name in COMPARED)
        return Summary(
            messages=self.counts.total(),
            compared=agree + differ + failed,
            agree=agree,
            differ=differ,
            failed=failed,
            not_compared={name: count for name, count in self.counts.items() if name not in COMPARED},
            paths=tuple(_summarised(path, known) for path, known in paths),
            paths_left_out=self.paths_left_out,
        )

    def try_dialect(
        self,
        dialect: str,
        device: Device,
        *,
        f_port: int | None = None,
        variables: Variables | None = None,
        tolerance: float = 0.0,
    ) -> Trial:
        """Compare a sample once more, with a device that follows another dialect."""
        archive = [*self.samples[False], *self.samples[True]]
        again = compare(archive, device, f_port=f_port, variables=variables, tolerance=tolerance)
        agree = sum(each.outcome == "agrees" for each in again)
        return Trial(dialect, len(archive), agree, len(self.samples[True]))


def _summarised(path: str, known: _Path) -> PathSummary:
    return PathSummary(path, known.messages, known.file, known.line, known.first, known.explainer.explanation())


def _respelt(diff: Iterable[Deviation]) -> Iterator[tuple[Deviation, Pair]]:
    """The differences; a member that has the same value under a name spelt in another way is one, not two."""
    missing = {_spelling(each.found.path): each for each in diff if each.found.expected is MISSING}
    others = {key: each.found for key, each in missing.items()}
    pairs: list[tuple[Deviation, Pair]] = []
    taken: set[str] = set()
    for each in diff:
        found = each.found
        twin = others.get(_spelling(found.path)) if found.got is MISSING else None
        if twin is not None and first_difference(found.expected, twin.got) is None:
            taken.add(twin.path)
            pairs.append((each, Pair(found.expected, twin.got, twin.path.rpartition("/")[2])))
        else:
            pairs.append((each, Pair(found.expected, found.got)))
    return (pair for pair in pairs if pair[0].found.path not in taken)


def _spelling(path: str) -> tuple[str, str]:
    """A path with its last name in small letters, without what joins words."""
    parent, _, name = path.rpartition("/")
    return parent, name.casefold().replace("_", "").replace("-", "").replace(" ", "")
