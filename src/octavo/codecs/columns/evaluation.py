"""The steps of a part, run over all of its rows: values, and the first check that each row failed."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.columns.parts import Bound, Derivation, Given, Reading, Sum, TextReading
from octavo.codecs.columns.raw import bad_digits, counts_of, inexact
from octavo.codecs.columns.sums import sums_of
from octavo.codecs.columns.terms import value_of
from octavo.codecs.columns.workers import (
    FIRST_OWN,
    FLOAT,
    FORMAT,
    TEXT,
    TYPES,
    WIDTH,
    Output,
    constant,
    iso_texts,
    round_half_up,
    worker_of,
)
from octavo.codecs.computed import Computed
from octavo.codecs.fields import Mismatch
from octavo.codecs.texts import LAST_MS, HexText

if TYPE_CHECKING:
    from octavo.codecs.columns.arrays import Array, Mask
    from octavo.codecs.columns.parts import Part, Step
    from octavo.codecs.columns.workers import Worker

BLOCK = 65_536
"""Rows that are read in one go: what is needed for them stays in the processor's cache."""

CHECKS = 8
"""More than any step has."""

PASSED = np.iinfo(np.int32).max
"""In place of a check, for a row that failed none."""


class Evaluation:
    """A part, being read.

    Args:
        part: the rows and their steps.
        received: when each row was received, Unix time in milliseconds.
        workers: those made before, by field and number; those made here are added.
    """

    def __init__(self, part: Part, received: Array, workers: dict[Any, Worker]) -> None:
        self.part = part
        self.received = received
        self.workers = workers
        self.first: Array | None = None
        self.outputs: dict[Step, Output] = {}
        with np.errstate(all="ignore"):  # NaN and infinities are looked for
            self._read_numbers()
            for index, step in enumerate(part.steps):
                self._run(step, index)

    def fail(self, check: int, bad: Mask, start: int = 0) -> None:
        """Note the rows that a check refuses."""
        if not bad.any():
            return
        if self.first is None:
            self.first = np.full(len(self.part), PASSED, np.int32)
        part = self.first[start : start + len(bad)]
        np.minimum(part, check, out=part, where=bad)

    def _read_numbers(self) -> None:
        """The readings, block by block."""
        count = len(self.part)
        readings = [
            (index * CHECKS, step, self._worker(step))
            for index, step in enumerate(self.part.steps)
            if isinstance(step, Reading)
        ]
        floats = sum(worker.kind == FLOAT for _, _, worker in readings)
        together = iter(np.empty((floats, count)))  # one piece of memory is had faster than many
        for _, step, worker in readings:
            values = next(together) if worker.kind == FLOAT else np.empty(count, TYPES[worker.kind])
            self.outputs[step] = Output(worker.kind, values, worker.table)
        for start in range(0, count, BLOCK):
            for first, step, worker in readings:
                self._read_block(step, worker, first, start)

    def _worker(self, step: Reading) -> Worker:
        key = id(step.field), step.number
        if key not in self.workers:
            self.workers[key] = worker_of(step.field, step.number)
        return self.workers[key]

    def _read_block(self, step: Reading, worker: Worker, first: int, start: int) -> None:
        matrix = self.part.matrix[start : start + BLOCK]
        counts = counts_of(matrix, step.number, step.at)
        if step.number.form == "bcd":
            self.fail(first + FORMAT, bad_digits(matrix, step.number, step.at), start)
        if step.number.is_wide:
            self.fail(first + WIDTH, inexact(counts), start)
        output = self.outputs[step]
        out = output.values[start : start + BLOCK]
        null = worker.fill(counts, out, lambda check, bad: self.fail(first + check, bad, start))
        if null is not None:
            if output.null is None:
                output.null = np.zeros(len(self.part), bool)
            output.null[start : start + BLOCK] = null

    @singledispatchmethod
    def _run(self, step: Any, index: int) -> None:
        raise NotImplementedError(type(step).__name__)

    @_run.register
    def _reading(self, step: Reading, index: int) -> None:
        """It has been read."""

    @_run.register
    def _given(self, step: Given, index: int) -> None:  # noqa: ARG002 - the signature
        self.outputs[step] = constant(step.value, len(self.part))

    @_run.register
    def _bound(self, step: Bound, index: int) -> None:
        wanted = np.frombuffer(step.value, np.uint8)
        found = self.part.matrix[:, step.at : step.at + len(wanted)]
        self.fail(index * CHECKS, (found != wanted).any(axis=1))

    @_run.register
    def _sum(self, step: Sum, index: int) -> None:
        told = counts_of(self.part.matrix, step.number, step.at)
        found = sums_of(step.layout.over, self.part.matrix[:, : step.at], 8 * step.layout.size)
        self.fail(index * CHECKS, told.astype(np.uint64) != found)

    @_run.register
    def _text(self, step: TextReading, index: int) -> None:
        part = self.part.matrix[:, step.at : step.at + step.size]
        content, size = part.tobytes(), step.size
        values = np.empty(len(part), np.object_)
        if isinstance(step.field, HexText):
            text = content.hex()
            values[:] = [text[at * 2 * size : (at + 1) * 2 * size] for at in range(len(part))]
        else:
            self._read_each(step, [content[at * size : (at + 1) * size] for at in range(len(part))], values, index)
        self.outputs[step] = Output(TEXT, values, [])

    def _read_each(self, step: TextReading, contents: list[bytes], values: Array, index: int) -> None:
        """Each text that occurs, once."""
        known: dict[bytes, Any] = {}
        for content in set(contents):
            try:
                known[content] = step.field.read(content)
            except Mismatch:
                known[content] = None
        values[:] = [known[content] for content in contents]
        self.fail(index * CHECKS + FIRST_OWN, np.array([known[content] is None for content in contents], bool))

    @_run.register
    def _derivation(self, step: Derivation, index: int) -> None:  # noqa: ARG002 - the signature
        outputs = {name: self.outputs[of] if of else None for name, of in step.operands.items()}
        values, unknown = value_of(step.layout.expression, outputs, step.index, len(self.part))
        is_number = isinstance(step.layout, Computed)
        self.outputs[step] = _computed(step.layout, values, unknown) if is_number else self._ago(values, unknown)

    def _ago(self, seconds: Array, unknown: Mask) -> Output:
        ms = np.floor(self.received - seconds * 1000)
        absent = unknown | ~((ms >= 0) & (ms <= LAST_MS))
        texts = iso_texts(np.where(absent, 0, ms).astype(np.int64))
        return Output(TEXT, texts, [], absent=absent)


def _computed(layout: Any, values: Array, unknown: Mask) -> Output:
    if layout.decimals is not None:
        round_half_up(values, layout.decimals)
    null = unknown | ~np.isfinite(values)
    values = np.where(null, np.nan, values + 0.0)
    return Output(FLOAT, values, [], null=null if null.any() else None)
