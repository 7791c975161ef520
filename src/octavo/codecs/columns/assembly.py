"""What the parts give, put together to columns of the whole batch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.columns.lists import Lists
from octavo.codecs.columns.parts import Given
from octavo.codecs.columns.result import ABSENT, VALUE, Column, Problems, column_of
from octavo.codecs.columns.schema import joined
from octavo.codecs.columns.workers import BOOL, CODED, FLOAT, INT, OBJECT, TEXT, TYPES, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.codecs.columns.arrays import Array, Mask, Path, Rows
    from octavo.codecs.columns.parts import Step
    from octavo.codecs.columns.workers import Output

EMPTY = {FLOAT: np.nan, INT: 0, BOOL: False, CODED: -1, TEXT: None, OBJECT: None}
"""What stands where there is no value."""


class Assembly:
    """The columns of a batch, as they grow.

    Args:
        count: number of rows.
        kinds: the columns that the declaration has, and what they hold.
    """

    def __init__(self, count: int, kinds: Mapping[Any, str]) -> None:
        self.count = count
        self.kinds: dict[Path, str] = dict(kinds)
        self.pieces: dict[Path, list[tuple[Any, Column | None]]] = {path: [] for path in kinds}
        self.frames: dict[Path, Mask] = {}
        self.messages: dict[str, int] = {}
        self.failed: list[Rows] = []
        self.places = np.zeros(count, np.int32)

    def fail(self, rows: Any, message: str) -> None:
        """Note the error of some rows."""
        self.places[rows] = self.messages.setdefault(message, len(self.messages) + 1)
        self.failed.append(np.atleast_1d(rows))

    def add(self, rows: Rows | None, found: dict[Path, Step], outputs: dict[Step, Output], count: int) -> None:
        """The values of a part."""
        lists = Lists(found, outputs, count)
        for path, step in found.items():
            if any(isinstance(key, int) for key in path):
                continue  # inside a list, which takes it along
            if isinstance(step, Given) and step.value == {}:
                self._frame(path)[slice(None) if rows is None else rows] = True
            elif isinstance(step, Given) and step.value == []:
                self._put(path, rows, objects(lists.items(path)))
            else:
                self._put(path, rows, outputs[step])

    def forget(self, rows: Any) -> None:
        """Take back what was added of some rows."""
        for pieces in self.pieces.values():
            pieces.append((rows, None))
        for there in self.frames.values():
            there[rows] = False

    def add_one_by_one(self, data: dict[int, dict[str, Any]]) -> None:
        """The data of rows that were read one by one."""
        members: dict[Path, dict[int, Any]] = {}
        for row, value in data.items():
            self._spread((), row, value, members)
        for path, values in members.items():
            self._put(path, np.array(list(values), np.int64), objects(list(values.values())))

    def _spread(self, path: Path, row: int, data: dict[str, Any], members: dict[Path, dict[int, Any]]) -> None:
        for name, value in data.items():
            inner = (*path, name)
            if isinstance(value, dict):
                self._frame(inner)[row] = True
                self._spread(inner, row, value, members)
            else:
                members.setdefault(inner, {})[row] = value

    def _frame(self, path: Path) -> Mask:
        if path not in self.frames:
            self.frames[path] = np.zeros(self.count, bool)
        return self.frames[path]

    def _put(self, path: Path, rows: Rows | None, output: Output) -> None:
        if path not in self.kinds:
            self.kinds[path] = _kind(output)
        elif output.kind != OBJECT:
            self.kinds[path] = joined(self.kinds[path], output.kind)
        self.pieces.setdefault(path, []).append((rows, column_of(output)))

    def columns(self) -> dict[Path, Column]:
        """The columns, those of the declaration first."""
        return {path: self._column(kind, self.pieces[path]) for path, kind in self.kinds.items()}

    def problems(self) -> Problems:
        """The errors."""
        return Problems((None, *self.messages), self.places)

    def _column(self, kind: str, pieces: list[tuple[Any, Column | None]]) -> Column:
        if not pieces:
            return _empty(kind, self.count)
        rows, column = pieces[0]
        if len(pieces) == 1 and rows is None and column and column.kind == kind:
            return self._without_failed(column)
        return self._scattered(kind, pieces)

    def _without_failed(self, column: Column) -> Column:
        """A column that is one piece as it stands, but for the rows that are errors."""
        if not len(self._failed):
            return column
        column.values[self._failed] = EMPTY[column.kind]
        if column.state is None:
            return replace(column, state=self._right)
        column.state[self._failed] = ABSENT
        return column

    @cached_property
    def _failed(self) -> Rows:
        """The rows that are errors."""
        return np.concatenate([np.empty(0, np.int64), *self.failed])

    @cached_property
    def _right(self) -> Array:
        """The state of a column that has a value in all other rows."""
        state: Array = np.full(self.count, VALUE, np.uint8)
        state[self._failed] = ABSENT
        return state

    def _scattered(self, kind: str, pieces: list[tuple[Any, Column | None]]) -> Column:
        values: Array = np.full(self.count, EMPTY[kind], TYPES[kind])
        state = np.full(self.count, ABSENT, np.uint8)
        table = Table()
        for rows, column in pieces:
            chosen = slice(None) if rows is None else rows
            if column:
                values[chosen] = _converted(column, kind, table)
            state[chosen] = _state(column)
        state[self._failed] = ABSENT
        empty = np.flatnonzero(state != VALUE)
        values[empty] = EMPTY[kind]
        return Column(kind, values, tuple(table.values), state if len(empty) else None)


def _kind(output: Output) -> str:
    """The kind of a column that no declaration has: a channel."""
    has_lists = output.kind == CODED and any(isinstance(value, list) for value in output.table)
    return OBJECT if has_lists else output.kind


def _empty(kind: str, count: int) -> Column:
    """A column that no row has; it takes no memory."""
    values: Array = np.broadcast_to(np.array(EMPTY[kind], TYPES[kind]), count)
    return Column(kind, values, (), np.broadcast_to(np.uint8(ABSENT), count))


def _state(column: Column | None) -> Any:
    if column is None:
        return ABSENT
    return VALUE if column.state is None else column.state


def _converted(column: Column, kind: str, table: Table) -> Array:
    """The values of a piece as the column has them."""
    if kind == CODED and column.kind == CODED:
        return column.values + np.int32(table.start(column.table))
    if kind == CODED:
        return _coded(column.values.tolist(), table)
    if column.kind == OBJECT and kind in {FLOAT, INT, BOOL}:
        found: Array = np.array([EMPTY[kind] if item is None else item for item in column.values], TYPES[kind])
        return found
    return column.array()


def _coded(items: list[Any], table: Table) -> Array:
    places = {item: place for place, item in enumerate(dict.fromkeys(items))}
    start = table.start(tuple(places))
    return np.array([places[item] + start for item in items], TYPES[CODED])


class Table:
    """The values of a ``coded`` column, gathered from those of its pieces."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.starts: dict[int, int] = {}

    def start(self, values: Any) -> int:
        """Where the values of a piece begin."""
        if id(values) not in self.starts:
            self.starts[id(values)] = len(self.values)
            self.values += values
        return self.starts[id(values)]
