"""Reading many payloads: part the rows, read each part, and put the columns together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.columns.assembly import Assembly
from octavo.codecs.columns.evaluation import PASSED, Evaluation
from octavo.codecs.columns.parts import Beyond, Part
from octavo.codecs.columns.payloads import batch_of, each_of
from octavo.codecs.columns.result import Arrays, Column, Columns
from octavo.codecs.columns.schema import kinds_of
from octavo.codecs.columns.shapes import shapes_of
from octavo.codecs.columns.walk import finished, member
from octavo.codecs.reference import before_got
from octavo.errors import Error
from octavo.messages import Uplink, unix_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.columns.arrays import Array, Rows
    from octavo.codecs.columns.payloads import Batch
    from octavo.codecs.columns.workers import Worker
    from octavo.messages import Decoded, Moment

HIGHEST_PORT = 255
NO_PAYLOAD = "payload: expected bytes"


def decode_batch(
    layouts: Mapping[int, AnyConstruct],
    payloads: Any,
    decode: Callable[[Uplink], Decoded | Error],
    *,
    f_port: Any,
    recv_times: Any,
) -> Columns:
    """See `octavo.codecs.columns.decode_columns`."""
    batch = batch_of(payloads)
    ports = _ports(f_port, layouts, batch.count)
    times = _Times(recv_times, batch.count)
    reading = _Reading(layouts, decode, batch.count, times)
    reading.assembly.fail(batch.absent, NO_PAYLOAD)
    for part in _by_port(batch, ports, layouts):
        for each in finished(part):
            reading.read(each)
    return reading.columns()


class _Times:
    """When the messages of a batch were received."""

    def __init__(self, given: Any, count: int) -> None:
        now = datetime.now(UTC)
        if isinstance(given, np.ndarray):
            given = (given.astype("datetime64[us]") if given.dtype.kind == "M" else given).tolist()
        self.moments: list[Moment] | None = None
        self.ms = np.full(count, unix_ms(now), np.int64)
        self.now = now
        self.wrong = np.empty(0, np.int64)
        if given is not None:
            self.moments = [now if each is None else each for each in each_of(given, count, "recv_times")]
            self._read(self.moments)

    def _read(self, moments: list[Moment]) -> None:
        wrong = []
        for row, moment in enumerate(moments):
            try:
                self.ms[row] = unix_ms(moment)
            except (ValueError, OverflowError):
                wrong.append(row)
        self.wrong = np.array(wrong, np.int64)

    def moment(self, row: int) -> Moment:
        """When the message of a row was received."""
        return self.now if self.moments is None else self.moments[row]


class _Reading:
    """A batch, being read."""

    def __init__(
        self,
        layouts: Mapping[int, AnyConstruct],
        decode: Callable[[Uplink], Decoded | Error],
        count: int,
        times: _Times,
    ) -> None:
        self.assembly = Assembly(count, kinds_of(layouts.values()))
        self.shapes = shapes_of(layouts.values())
        self.decode = decode
        self.times = times
        self.workers: dict[Any, Worker] = {}
        self.reasons: dict[str, int] = {}
        self.alone: dict[int, dict[str, Any]] = {}

    def read(self, part: Part) -> None:
        """Read a part, together or row by row."""
        if not len(part):
            return
        if part.beyond:
            self._one_by_one(part, np.arange(len(part)), part.beyond)
            return
        received = self.times.ms if part.rows is None else self.times.ms[part.rows]
        try:
            evaluation = Evaluation(part, received, self.workers)
        except Beyond as reason:
            self._one_by_one(part, np.arange(len(part)), str(reason))
            return
        self.assembly.add(part.rows, part.found, evaluation.outputs, len(part))
        if evaluation.first is not None or part.fails:
            self._note(part, evaluation.first)

    def _note(self, part: Part, first: Array | None) -> None:
        """The errors of a part: what one row of a failed check says, all say."""
        checks = np.full(len(part), PASSED, np.int32) if first is None else first
        failed = np.flatnonzero(checks != PASSED)
        for check in np.unique(checks[failed]).tolist():
            self._note_group(part, failed[checks[failed] == check])
        if part.fails:
            rest = np.setdiff1d(np.arange(len(part)), failed, assume_unique=True)
            self._note_group(part, rest)

    def _note_group(self, part: Part, chosen: Rows) -> None:
        if not len(chosen):
            return
        outcome = self._decoded(part, int(chosen[0]))
        if isinstance(outcome, Error):
            self.assembly.fail(_rows(part, chosen), expected(outcome))
        else:  # the reading by construct has the last word
            self.assembly.forget(_rows(part, chosen))
            self._one_by_one(part, chosen, "checked otherwise")

    def _one_by_one(self, part: Part, chosen: Rows, reason: str) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + len(chosen)
        for at, row in zip(chosen.tolist(), _rows(part, chosen).tolist(), strict=True):
            outcome = self._decoded(part, at)
            if isinstance(outcome, Error):
                self.assembly.fail(row, expected(outcome))
            else:
                self.alone[row] = outcome.data

    def _decoded(self, part: Part, at: int) -> Decoded | Error:
        row = at if part.rows is None else int(part.rows[at])
        return self.decode(Uplink(part.matrix[at].tobytes(), part.f_port, self.times.moment(row)))

    def columns(self) -> Columns:
        """All that was read."""
        self.assembly.add_one_by_one(self.alone)
        columns = self.assembly.columns()
        named = {".".join(map(str, path)): column for path, column in columns.items()}
        return Columns(
            columns=Arrays(named, Column.array),
            valid=Arrays(named, Column.mask),
            vectorised=not self.reasons,
            note="; ".join(f"{count} rows were read one by one: {reason}" for reason, count in self.reasons.items()),
            _columns=columns,
            _frames=self.assembly.frames,
            _problems=self.assembly.problems(),
            _shapes=self.shapes,
        )


def _rows(part: Part, chosen: Rows) -> Rows:
    return chosen if part.rows is None else part.rows[chosen]


def expected(error: Error) -> str:
    """The message of an error up to what was found."""
    return before_got(error.message)


def _ports(f_port: Any, layouts: Mapping[int, AnyConstruct], count: int) -> Any:
    """One port for all rows, or an array of them."""
    if f_port is None:
        if len(layouts) != 1:
            declared = f"one of {', '.join(map(str, layouts))}" if layouts else "a port that is declared"
            raise Error(f"f_port: expected {declared}, got none", name="input")
        return next(iter(layouts))
    try:
        ports = np.asarray(f_port if np.ndim(f_port) == 0 else each_of(f_port, count, "f_port"))
    except ValueError:
        ports = np.asarray("ragged")
    if ports.ndim > 1 or (ports.dtype.kind not in "iu" and ports.size):
        raise Error("f_port: expected a whole number, or one for each payload", name="input")
    if ports.size and (ports.min() < 0 or ports.max() > HIGHEST_PORT):
        raise Error(f"f_port: expected whole numbers from 0 to {HIGHEST_PORT}", name="input")
    return int(ports) if ports.ndim == 0 else ports


def _by_port(batch: Batch, ports: Any, layouts: Mapping[int, AnyConstruct]) -> Iterator[Part]:
    for frames in batch.frames:
        if isinstance(ports, int):
            yield _part(frames.matrix, frames.rows, ports, layouts)
            continue
        own = ports if frames.rows is None else ports[frames.rows]
        for port in np.unique(own).tolist():
            chosen = np.flatnonzero(own == port)
            rows = chosen if frames.rows is None else frames.rows[chosen]
            yield _part(frames.matrix[chosen], rows, port, layouts)


def _part(matrix: Any, rows: Rows | None, port: int, layouts: Mapping[int, AnyConstruct]) -> Part:
    part = Part(matrix, rows, port, matrix.shape[1], None)
    if port in layouts:
        member(layouts[port], part, ())
    else:
        part.fails = True
    return part
