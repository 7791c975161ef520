"""What makes of the counts of many rows the values of a field, in the very steps that `Field.read` takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from octavo.codecs.columns.parts import Beyond
from octavo.codecs.fields import Choice, Flag, Mismatch, Missing, Scaled
from octavo.codecs.numbers import HALF, MOST, is_number
from octavo.codecs.texts import LAST_MS, UnixTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.codecs.columns.arrays import Array, Mask
    from octavo.codecs.numbers import Number

FLOAT, INT, BOOL, CODED, TEXT, OBJECT = "float", "int", "bool", "coded", "text", "object"
"""What an array holds: numbers, whole numbers, truths, places in a table of values, text, values of any kind."""

TYPES = {FLOAT: np.float64, INT: np.int64, BOOL: np.bool_, CODED: np.int32, TEXT: np.object_, OBJECT: np.object_}

NARROW = 2
"""Bytes of numbers of which all can be looked up beforehand."""

FORMAT, WIDTH, FIRST_OWN = 0, 1, 2
"""Places of the checks before a field's own: decimal digits, 53 bits."""


@dataclass(slots=True)
class Output:
    """The values of a step.

    Attributes:
        kind: `FLOAT` or another of them.
        values: one for each row.
        table: what the places of ``coded`` values mean.
        null: where there is none; None where all are there.
        absent: where not even the member is there.
    """

    kind: str
    values: Array
    table: list[Any]
    null: Mask | None = None
    absent: Mask | None = None


def constant(value: Any, count: int) -> Output:
    """The same value in so many rows."""
    kind = kind_of(value)
    if kind == CODED:
        return Output(kind, np.zeros(count, TYPES[kind]), [value])
    if kind != OBJECT:
        return Output(kind, np.full(count, value, TYPES[kind]), [])
    return objects([value] * count)


def objects(items: list[Any]) -> Output:
    """Any values; None is null."""
    values = np.empty(len(items), np.object_)
    for index, item in enumerate(items):
        values[index] = item
    null = np.array([item is None for item in items], bool)
    return Output(OBJECT, values, [], null if null.any() else None)


def kind_of(value: object) -> str:
    """The kind of a single value."""
    if isinstance(value, bool):
        return BOOL
    if is_number(value):
        return INT if isinstance(value, int) else FLOAT
    return CODED if isinstance(value, str) else OBJECT


class Fail(Protocol):
    """Takes the rows that a check refuses, by the place of the check among those of a field."""

    def __call__(self, check: int, bad: Mask) -> None:
        """Note the rows."""


class Worker(Protocol):
    """A field over many rows."""

    @property
    def kind(self) -> str:
        """What its values are."""

    @property
    def table(self) -> Any:
        """What the places of ``coded`` values mean."""

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """Put the values of counts into an array; gives where there is none, or None."""


def worker_of(field: Any, number: Number) -> Worker:
    """What reads a field over a number; raises `Beyond` for a field that it does not know."""
    return _worker(field, number)


@singledispatch
def _worker(field: Any, number: Number) -> Worker:  # noqa: ARG001 - the signature
    return ByValue(field)


@_worker.register(Scaled)
def _scaled(field: Any, number: Number) -> Worker:
    if number.form == "float":
        return Measured(field)
    return Quantity(field, tuple(_limits(field)), INT if is_whole(field) else FLOAT)


@_worker.register(Missing)
def _missing(field: Any, number: Number) -> Worker:
    return Nullable(field.markers, worker_of(field.field, number))


@_worker.register(Flag)
def _flag(field: Any, number: Number) -> Worker:  # noqa: ARG001 - the signature
    return Truth(field.inverted)


@_worker.register(Choice)
def _choice(field: Any, number: Number) -> Worker:
    if number.form == "float":
        raise Beyond("a Choice over a float is")
    return Named(field)


@_worker.register(UnixTime)
def _time(field: Any, number: Number) -> Worker:  # noqa: ARG001 - the signature
    return Moment(field) if isinstance(field.per_unit, int) else ByValue(field)


def is_whole(field: Any) -> bool:
    """Whether every value of a field is a whole number that 53 bits hold."""
    return bool(field.is_whole) and all(abs(field.value_of(count)) <= MOST for count in field.counts)


class Limit(NamedTuple):
    """A check of a range, as a limit of the count.

    Attributes:
        check: its place among the checks of the field.
        fails: of counts and the limit, where it fails.
        extreme: of counts, the one that fails first.
        limit: the limit.
    """

    check: int
    fails: Any
    extreme: Any
    limit: int


def _limits(field: Any) -> list[Limit]:
    """The checks of the range of a field, but for those that no count fails."""
    low, high = field.counts
    rises = field.value_of(high) >= field.value_of(low)
    found = []
    if field.minimum is not None:
        found.append(_limit(field, FIRST_OWN, lambda value: bool(value < field.minimum), small=rises))
    if field.maximum is not None:
        found.append(_limit(field, FIRST_OWN + 1, lambda value: bool(value > field.maximum), small=not rises))
    return [each for each in found if low < each.limit <= high]


def _limit(field: Any, check: int, fails: Callable[[float], bool], *, small: bool) -> Limit:
    """A check as a limit of the count; ``small`` tells that it is the small counts that fail."""
    low, high = field.counts
    limit = _first(lambda count: fails(field.value_of(count)) != small, low, high)
    return Limit(check, np.less, np.min, limit) if small else Limit(check, np.greater_equal, np.max, limit)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least count of which something holds that, once it holds, holds of all greater ones."""
    high += 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


@dataclass(frozen=True, slots=True)
class Quantity:
    """A `Scaled` over a whole number; its range is looked up in counts."""

    field: Any
    limits: tuple[Limit, ...]
    kind: str
    table: tuple[()] = ()

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        for check, fails, extreme, limit in self.limits:
            if fails(extreme(counts), limit):
                fail(check, fails(counts, limit))
        np.copyto(out, counts, casting="unsafe")
        scale(self.field, out)
        return None


def scale(field: Any, out: Array) -> None:
    """Turn counts into values in place, each step in 64-bit floats (whole numbers stay whole)."""
    if field.step != 1:
        out *= field.step
    if field.per_unit != 1:
        out /= field.per_unit
    if field.offset:
        out += field.offset
    if out.dtype != np.float64:
        return
    if field.decimals is not None:
        round_half_up(out, field.decimals)
    if field.per_unit < 0 or field.step < 0 or field.counts is None:
        out += 0.0  # no zero has a sign


def round_half_up(out: Array, decimals: int) -> None:
    """`octavo.codecs.fields.rounded` in place."""
    counts = out * float(10**decimals)
    floor = np.floor(counts)
    whole = floor + (counts - floor >= HALF)
    np.copyto(out, whole / float(10**decimals), where=np.abs(counts) <= MOST)


@dataclass(frozen=True, slots=True)
class Measured:
    """A `Scaled` over a float."""

    field: Any
    kind: str = FLOAT
    table: tuple[()] = ()

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        np.copyto(out, counts)
        scale(self.field, out)
        fail(FIRST_OWN, ~np.isfinite(out))
        if self.field.minimum is not None:
            fail(FIRST_OWN + 1, out < self.field.minimum)
        if self.field.maximum is not None:
            fail(FIRST_OWN + 2, out > self.field.maximum)
        return None


@dataclass(frozen=True, slots=True)
class Nullable:
    """A `Missing`: what another worker makes, but for the markers."""

    markers: tuple[float, ...]
    of: Worker

    @property
    def kind(self) -> str:
        """That of the field of a reading."""
        return self.of.kind

    @property
    def table(self) -> Any:
        """That of the field of a reading."""
        return self.of.table

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        null = np.zeros(len(counts), bool)
        for marker in self.markers:
            null |= np.isnan(counts) if marker != marker else counts == marker  # noqa: PLR0124 - NaN
        self.of.fill(counts, out, lambda check, bad: fail(check, bad & ~null))
        return null if null.any() else None


@dataclass(frozen=True, slots=True)
class Truth:
    """A `Flag`."""

    inverted: bool
    kind: str = BOOL
    table: tuple[()] = ()

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:  # noqa: ARG002 - the protocol
        """See `Worker`."""
        (np.equal if self.inverted else np.not_equal)(counts, 0, out=out)
        return None


class Named:
    """A `Choice`: its values are places in a table of names."""

    kind = CODED

    def __init__(self, field: Any) -> None:
        self.numbers = np.array(sorted(field.names), dtype=np.int64)
        self.table = [field.names[number] for number in self.numbers.tolist()]
        self.default = -1 if field.default is None else len(self.table)
        if field.default is not None:
            self.table.append(field.default)
        self.is_dense = self.numbers.tolist() == list(range(len(self.numbers)))
        self.narrow: dict[Any, Array] = {}

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        if self.is_dense and counts.dtype.kind == "u" and counts.max() < len(self.numbers):
            np.copyto(out, counts, casting="unsafe")
            return None
        if counts.dtype.itemsize <= NARROW:
            unsigned = np.dtype(f"u{counts.dtype.itemsize}")
            np.take(self._every(counts.dtype), counts.view(unsigned), out=out, mode="clip")
        else:
            out[:] = self.places(counts.astype(np.int64, copy=False))
        if self.default < 0:
            fail(FIRST_OWN, out < 0)
        return None

    def places(self, counts: Array) -> Array:
        """The place of each number's value in the table; -1 where it has none."""
        places = np.searchsorted(self.numbers, counts)
        places[places == len(self.numbers)] = 0
        found: Array = np.where(self.numbers[places] == counts, places, self.default).astype(np.int32)
        return found

    def _every(self, kind: Any) -> Array:
        """The places of all numbers of a narrow type, by their bits."""
        if kind not in self.narrow:
            bits = np.arange(1 << 8 * kind.itemsize, dtype=f"u{kind.itemsize}")
            self.narrow[kind] = self.places(bits.view(kind).astype(np.int64))
        return self.narrow[kind]


class ByValue:
    """Any other field: each number that occurs is read once."""

    kind = CODED

    def __init__(self, field: Any) -> None:
        self.read = field.read
        self.table: list[Any] = []
        self.places: dict[Any, int] = {}

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        numbers, inverse = np.unique(counts, return_inverse=True)
        places = np.array([self.place(number) for number in numbers.tolist()], np.int32)
        np.take(places, inverse, out=out)
        fail(FIRST_OWN, out < 0)
        return None

    def place(self, number: Any) -> int:
        """The place of a number's value in the table; -1 where it has none."""
        if number not in self.places:
            self.places[number] = self._read(number)
        return self.places[number]

    def _read(self, number: Any) -> int:
        try:
            self.table.append(self.read(number))
        except Mismatch:
            return -1
        return len(self.table) - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """A `UnixTime`."""

    field: Any
    kind: str = TEXT
    table: tuple[()] = ()

    def fill(self, counts: Array, out: Array, fail: Fail) -> Mask | None:
        """See `Worker`."""
        ms = counts.astype(np.int64) * 1000 // self.field.per_unit + self.field.epoch * 1000
        late = ms > LAST_MS
        if late.any():
            fail(FIRST_OWN, late)
            ms[late] = 0
        out[:] = iso_texts(ms)
        return None


def iso_texts(ms: Array) -> Array:
    """`octavo.codecs.texts.iso_text` of many."""
    texts: Array = np.char.add(np.datetime_as_string(ms.astype("datetime64[ms]")), "Z").astype(np.object_)
    return texts
