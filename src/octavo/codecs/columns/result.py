"""Columns: the data of many payloads, member by member."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from octavo.codecs.columns.shapes import ListOf, Members
from octavo.codecs.columns.workers import BOOL, CODED, FLOAT, INT, TEXT
from octavo.codecs.numbers import MOST, tidy
from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.codecs.columns.arrays import Array, Mask, Path
    from octavo.codecs.columns.shapes import Shape
    from octavo.codecs.columns.workers import Output

ABSENT, NULL, VALUE = 0, 1, 2
"""What a row of a column has: no such member, null, a value."""

NOTHING = object()
"""In place of a member that a row does not have."""


@dataclass(frozen=True, slots=True)
class Column:
    """A member of the data in every row.

    Attributes:
        kind: of `octavo.codecs.columns.workers`.
        values: one for each row; for ``coded`` the place in the table.
        table: values of a ``coded`` column.
        state: ABSENT, NULL or VALUE for each row; None where all have a value.
    """

    kind: str
    values: Array
    table: tuple[Any, ...]
    state: Array | None

    def array(self) -> Array:
        """The values as numpy has them: objects where they are no numbers or truths."""
        if self.kind != CODED:
            return self.values
        table = np.empty(len(self.table) + 1, np.object_)
        for index, value in enumerate(self.table):
            table[index] = value
        looked_up: Array = table[self.values]
        return looked_up

    def mask(self) -> Mask:
        """Where there is a value."""
        if self.state is None:
            return np.ones(len(self.values), bool)
        valid: Mask = self.state == VALUE
        return valid

    def items(self) -> list[Any]:
        """The values as a single message has them; None for null, NOTHING for no member."""
        values = [_own(value) for value in self.array().tolist()]
        if self.state is None:
            return values
        given = (NOTHING, None)
        return [
            value if state == VALUE else given[state] for value, state in zip(values, self.state.tolist(), strict=True)
        ]


def column_of(output: Output) -> Column:
    """An output as a column of its own."""
    if output.null is None and output.absent is None:
        return Column(output.kind, output.values, tuple(output.table), None)
    state = np.full(len(output.values), VALUE, np.uint8)
    for mask, given in ((output.null, NULL), (output.absent, ABSENT)):
        if mask is not None:
            state[mask] = given
    return Column(output.kind, output.values, tuple(output.table), state)


def _own(value: Any) -> Any:
    """A whole number is an int, and no two rows share a list."""
    if isinstance(value, float):
        return tidy(value)
    return list(value) if isinstance(value, list) else value


class Arrays(Mapping[str, Any]):
    """Arrays by the name of their column, made when they are first looked at.

    Args:
        columns: the columns.
        make: what makes an array of one.
    """

    def __init__(self, columns: Mapping[str, Column], make: Any) -> None:
        self._columns = columns
        self._make = make
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        """The array of a column."""
        if name not in self._made:
            self._made[name] = self._make(self._columns[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order of the declaration."""
        return iter(self._columns)

    def __len__(self) -> int:
        """The number of columns."""
        return len(self._columns)

    def __repr__(self) -> str:
        """The names."""
        return f"<arrays of {', '.join(self) or 'no columns'}>"


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with rows.

    Attributes:
        messages: sentences; the first is None, for rows that are right.
        places: the place of each row's sentence.
    """

    messages: tuple[str | None, ...]
    places: Array


@dataclass(frozen=True, slots=True)
class Columns:
    """The data of many payloads, column by column.

    Attributes:
        columns: dotted path of a member (``position.latitude``) to its values: float64, int64 where only whole
            numbers can come, bool, or objects (text, lists). Where ``valid`` is false they mean nothing.
        valid: path to where there is a value: the row is no error, and the member is there and not null.
        vectorised: whether all rows were read together, none one by one.
        note: why not; empty where they were.
    """

    columns: Mapping[str, Array]
    valid: Mapping[str, Mask]
    vectorised: bool
    note: str
    _columns: Mapping[Path, Column] = field(repr=False)
    _frames: Mapping[Path, Mask] = field(repr=False)
    _problems: Problems = field(repr=False)
    _shapes: Mapping[Path, Shape] = field(repr=False)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._problems.places)

    @property
    def errors(self) -> Array:
        """For each row None, or what was expected where, as the error of a single message begins."""
        messages = np.array(self._problems.messages, np.object_)
        found: Array = np.take(messages, self._problems.places)
        return found

    def to_dicts(self) -> list[dict[str, Any] | None]:
        """The rows as single messages have them; None for those that are errors."""
        right = (self._problems.places == 0).tolist()
        rows: list[dict[str, Any] | None] = [{} if each else None for each in right]
        for path, there in sorted(self._frames.items(), key=lambda item: len(item[0])):
            _set(rows, path, ({} if each else NOTHING for each in there.tolist()))
        for path, column in self._columns.items():
            _set(rows, path, column.items())
        return rows

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table`` with a column for each, null where ``valid`` is false.

        Its types follow from the declaration, so that tables of several batches can be put together.

        Raises:
            ContentError: pyarrow is not installed.
        """
        try:
            pa = import_module("pyarrow")
        except ImportError as error:
            raise ContentError('pyarrow is not installed: pip install "octavo[columns]"') from error
        arrays = [_arrow(pa, column, self._shapes.get(path)) for path, column in self._columns.items()]
        return pa.Table.from_arrays(arrays, names=list(self.columns))


def _set(rows: list[Any], path: Path, values: Any) -> None:
    *parents, name = path
    for row, value in zip(rows, values, strict=True):
        if value is NOTHING or row is None:
            continue
        for parent in parents:
            row = row[parent]  # noqa: PLW2901 - one level down
        row[name] = value


def _arrow(pa: Any, column: Column, shape: Shape) -> Any:
    null = None if column.state is None else column.state != VALUE
    if column.kind in {FLOAT, INT, BOOL}:
        return pa.array(column.values, mask=null)
    if column.kind == CODED and shape == TEXT:
        names = list(dict.fromkeys(column.table))
        places = np.array([names.index(value) for value in column.table] + [-1], np.int32)[column.values]
        return pa.DictionaryArray.from_arrays(pa.array(places, mask=null), pa.array(names, pa.string()))
    items = [None if item is NOTHING else _storable(item) for item in column.items()]
    try:
        return pa.array(items, _type(pa, shape))
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # values of several types
        return pa.array([None if item is None else json.dumps(item) for item in items])


def _type(pa: Any, shape: Shape) -> Any:
    """The type of a shape; None where values of several kinds can stand, and pyarrow is left to look at them."""
    if isinstance(shape, ListOf):
        inner = _type(pa, shape.item)
        return None if inner is None else pa.list_(inner)
    if isinstance(shape, Members):
        types = {name: _type(pa, inner) for name, inner in shape.shapes.items()}
        return None if None in types.values() else pa.struct(list(types.items()))
    kinds = {FLOAT: pa.float64(), INT: pa.int64(), BOOL: pa.bool_(), TEXT: pa.string()}
    return kinds.get(shape or "")


def _storable(item: Any) -> Any:
    """A value without whole numbers that 64 bits do not hold."""
    if isinstance(item, list):
        return [_storable(each) for each in item]
    if isinstance(item, dict):
        return {name: _storable(each) for name, each in item.items()}
    return float(item) if isinstance(item, int) and abs(item) > MOST else item
