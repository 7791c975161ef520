"""Payloads as they are given, as matrices of bytes: one for each length."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from octavo.codecs._construct import shown
from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs.columns.arrays import Array, Bytes, Rows

BYTES = (bytes, bytearray, memoryview)


@dataclass(frozen=True, slots=True)
class Frames:
    """Payloads of one length.

    Attributes:
        matrix: a row of bytes for each.
        rows: which rows of the batch they are; None for all of them, in order.
    """

    matrix: Bytes
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads to read.

    Attributes:
        count: number of rows.
        frames: the payloads by length.
        absent: rows that have no payload.
    """

    count: int
    frames: list[Frames]
    absent: Rows


def batch_of(payloads: Any) -> Batch:
    """The payloads of an array, an Arrow array or an iterable; raises `Error` for anything else."""
    if isinstance(payloads, np.ndarray) and (payloads.dtype != object or payloads.ndim != 1):
        return _of_matrix(payloads)
    if type(payloads).__module__.partition(".")[0] == "pyarrow":
        return _of_arrow(payloads)
    if isinstance(payloads, (*BYTES, str)):
        raise _wrong(f"one {type(payloads).__name__}; put it in a list")
    try:
        given = list(payloads)
    except TypeError:
        raise _wrong(type(payloads).__name__) from None
    return _of_list(given)


def _wrong(got: str) -> Error:
    expected = "an array of uint8 with a row for each payload, an Arrow array of binary, or an iterable of bytes"
    return Error(f"payloads: expected {expected}, got {got}", name="input")


def _of_matrix(matrix: Any) -> Batch:
    if matrix.dtype != np.uint8 or matrix.ndim != 2:  # noqa: PLR2004 - rows and bytes
        raise _wrong(f"an array of {matrix.dtype} with {matrix.ndim} dimensions")
    return Batch(len(matrix), [Frames(np.ascontiguousarray(matrix), None)], _no_rows())


def _of_list(given: list[Any]) -> Batch:
    try:
        content = b"".join(given)
        lengths = np.fromiter(map(len, given), np.int64, len(given))
    except TypeError:
        return _of_odd_list(given)
    if lengths.sum() != len(content):  # views of wider items
        lengths = np.array([memoryview(item).nbytes for item in given], np.int64)
    return Batch(len(given), list(_by_length(np.frombuffer(content, np.uint8), lengths, None)), _no_rows())


def _of_odd_list(given: list[Any]) -> Batch:
    """A list of which some items are no bytes: those are rows without a payload."""
    good = np.array([isinstance(item, BYTES) for item in given], dtype=bool)
    inner = _of_list([bytes(item) for item, fits in zip(given, good, strict=True) if fits])
    rows = np.flatnonzero(good)
    frames = [Frames(each.matrix, rows if each.rows is None else rows[each.rows]) for each in inner.frames]
    return Batch(len(given), frames, np.flatnonzero(~good))


def _of_arrow(given: Any) -> Batch:
    pa = import_module("pyarrow")  # an extra; the caller has it

    array = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    if isinstance(array, pa.ChunkedArray):  # no chunks at all, or too much for one
        array = pa.concat_arrays([chunk.cast(pa.large_binary()) for chunk in array.chunks])
    if not isinstance(array, pa.Array) or not _is_binary(array.type):
        raise _wrong(f"an Arrow array of {getattr(given, 'type', type(given).__name__)}")
    fixed = pa.types.is_fixed_size_binary(array.type)
    content, bounds = _fixed(array) if fixed else _offsets(array, pa.types.is_large_binary(array.type))
    lengths = np.diff(bounds)
    if not array.null_count:
        inside = content[bounds[0] : bounds[-1]] if len(bounds) else content
        return Batch(len(array), list(_by_length(inside, lengths, None)), _no_rows())
    good = np.asarray(array.is_valid())
    rows = np.flatnonzero(good)
    starts = bounds[:-1].astype(np.int64)[rows]
    return Batch(len(array), list(_by_length(content, lengths[rows], rows, starts)), np.flatnonzero(~good))


def _is_binary(kind: Any) -> bool:
    pa = import_module("pyarrow")

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _fixed(array: Any) -> tuple[Bytes, Rows]:
    bounds = (np.arange(len(array) + 1, dtype=np.int64) + array.offset) * array.type.byte_width
    return _content(array.buffers()[1]), bounds


def _offsets(array: Any, large: bool) -> tuple[Bytes, Array]:
    _, offsets, content = array.buffers()
    if not len(array):
        return _content(None), _no_rows()
    bounds = np.frombuffer(offsets, np.int64 if large else np.int32)
    return _content(content), bounds[array.offset : array.offset + len(array) + 1]


def _content(buffer: Any) -> Bytes:
    return np.frombuffer(buffer if buffer is not None else b"", np.uint8)


def _by_length(content: Bytes, lengths: Array, rows: Rows | None, starts: Rows | None = None) -> Iterator[Frames]:
    """The payloads parted by length; where all have one length and lie side by side nothing is copied."""
    if not len(lengths):
        return
    least, most = int(lengths.min()), int(lengths.max())
    if least == most and (starts is None or bool((np.diff(starts) == most).all())):
        first = 0 if starts is None else int(starts[0])
        yield Frames(content[first : first + most * len(lengths)].reshape(len(lengths), most), rows)
        return
    starts = np.cumsum(lengths, dtype=np.int64) - lengths if starts is None else starts
    for length in np.unique(lengths).tolist():
        chosen = np.flatnonzero(lengths == length)
        yield Frames(_gathered(content, starts[chosen], length), chosen if rows is None else rows[chosen])


def _gathered(content: Bytes, starts: Rows, width: int) -> Bytes:
    if not width:
        return np.empty((len(starts), 0), np.uint8)
    windows = as_strided(content, (len(content) - width + 1, width), (1, 1), writeable=False)
    gathered: Bytes = windows[starts]
    return gathered


def _no_rows() -> Rows:
    return np.empty(0, np.int64)


def each_of(values: Any, count: int, what: str) -> list[Any]:
    """One value for each row, of an iterable or an Arrow array; raises `Error` where there are more or fewer."""
    try:
        found = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    except (TypeError, ValueError) as error:  # no iterable; times in nanoseconds
        raise Error(f"{what}: expected one for each of {count} payloads, got {shown(values)}", name="input") from error
    if len(found) != count:
        raise Error(f"{what}: expected one for each of {count} payloads, got {len(found)}", name="input")
    return found
