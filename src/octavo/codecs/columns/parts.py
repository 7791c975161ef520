"""Parts of a batch: rows that are read alike, and the steps that read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from octavo.codecs.columns.raw import counts_of, is_readable
from octavo.codecs.numbers import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs.columns.arrays import Array, Bytes, Mask, Path, Rows
    from octavo.codecs.numbers import Number

FEW = 8
"""Rows for which numpy's calls cost more than reading them one by one."""


class Unfit(Exception):  # noqa: N818 - raised and caught inside this package only
    """The payloads of a part do not fit the layout."""


class Beyond(Exception):  # noqa: N818 - raised and caught inside this package only
    """The layout has something that is read message by message only."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A field over a number that begins at an offset."""

    path: Path
    field: Any
    number: Number
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class TextReading:
    """A field over so many bytes."""

    path: Path
    field: Any
    at: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A value that is the same in every row; an empty list or object where it only has to be there."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """A member that is computed from earlier ones.

    Attributes:
        operands: the step of each name that the expression looks at; None where there is no such member.
        index: that of the innermost item around it, or None.
    """

    path: Path
    layout: Any
    operands: dict[str, Step | None]
    index: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Bytes that have to be these."""

    at: int
    value: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """The checksum of all bytes before an offset, at that offset."""

    layout: Any
    number: Number
    at: int


Step: TypeAlias = Reading | TextReading | Given | Derivation | Bound | Sum


@dataclass(slots=True)
class Part:
    """Rows of one length and, so far, the same control bytes.

    Attributes:
        matrix: their bytes.
        rows: which of the batch they are; None for all.
        f_port: their FPort.
        end: offset where the layout that is being walked has to end.
        at: offset of what comes next.
        todo: what comes next, as pairs of a layout with its path and what comes after.
        steps: what is read, in the order of the payload; all of them are checked.
        found: the steps that are in the data, by path.
        fails: whether what comes next does not fit.
        beyond: what has to be read message by message; None where nothing has.
    """

    matrix: Bytes
    rows: Rows | None
    f_port: int
    end: int
    todo: Any
    at: int = 0
    steps: list[Step] = field(default_factory=list)
    found: dict[Path, Step] = field(default_factory=dict)
    fails: bool = False
    beyond: str | None = None

    def __len__(self) -> int:
        return len(self.matrix)

    def need(self, size: int) -> int:
        """Go on by so many bytes; gives where they begin."""
        at = self.at
        if at + size > self.end:
            raise Unfit
        self.at = at + size
        return at

    def later(self, layout: Any, path: Path) -> None:
        """Walk a layout before all that is to come."""
        self.todo = ((layout, path), self.todo)

    def put(self, path: Path, step: Step) -> None:
        """A value for the data; what stood there before is only checked."""
        for old in [old for old in self.found if old[: len(path)] == path]:
            del self.found[old]
        self.found[path] = step
        self.steps.append(step)

    def counts(self, raw: Any) -> Array:
        """The counts of a raw number that comes next."""
        number = number_of(raw)
        if number is None or not is_readable(number) or number.form == "bcd":
            raise Beyond(type(raw).__name__)
        return counts_of(self.matrix, number, self.need(number.size))

    def taken(self, chosen: Rows) -> Part:
        """Some of the rows."""
        rows = chosen if self.rows is None else self.rows[chosen]
        return Part(
            self.matrix[chosen],
            rows,
            self.f_port,
            self.end,
            self.todo,
            self.at,
            list(self.steps),
            dict(self.found),
        )


Then: TypeAlias = Callable[[Part, Any], None]
"""What to do with a part, now that a control number is the same in all of its rows."""


def split(part: Part, counts: Array, then: Then, known: Callable[[Array], Mask] | None = None) -> list[Part]:
    """Part the rows by a control number; those of which there are few are left for reading one by one.

    Args:
        part: the rows.
        counts: the number of each.
        then: what to do with those that have the same.
        known: where a number can be what the layout wants; what is not is one and the same error.
    """
    if counts.min() == counts.max():
        return [_tried(part, counts[0].item(), then)]
    unknown = np.flatnonzero(~known(counts)) if known else np.empty(0, np.int64)
    if len(unknown) == len(part):
        part.fails = True
        return [part]
    if len(unknown):
        wrong, rest = part.taken(unknown), np.delete(np.arange(len(part)), unknown)
        wrong.fails = True
        return [wrong, *split(part.taken(rest), counts[rest], then)]
    order = np.argsort(counts, kind="stable")
    edges = np.flatnonzero(np.diff(counts[order])) + 1
    groups = np.split(order, edges)
    rare = [group for group in groups if len(group) < FEW]
    parts = [_tried(part.taken(group), counts[group[0]].item(), then) for group in groups if len(group) >= FEW]
    return [*parts, *_left(part, rare)]


def _left(part: Part, rare: list[Rows]) -> Iterator[Part]:
    if rare:
        left = part.taken(np.concatenate(rare))
        left.beyond = f"fewer than {FEW} are alike"
        yield left


def _tried(part: Part, value: Any, then: Then) -> Part:
    try:
        then(part, value)
    except Unfit:
        part.fails = True
    except Beyond as reason:
        part.beyond = str(reason)
    return part
