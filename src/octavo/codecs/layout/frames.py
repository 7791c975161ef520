"""A frame while its picture is put together: boxes, rows, blocks, and the legend that they share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from octavo.codecs._construct import bytes_of
from octavo.codecs.layout.cells import Block, Cell, Entry, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.codecs.words import Words

Place: TypeAlias = tuple[str, str]
"""Bytes and bits, as the legend tells them."""

PLACES = 3
"""Places of a field that the legend names, where several frames have it."""


class Legend:
    """The fields so far. A path has one number; where several frames mean something else by it, it has several rows."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[tuple[Words, str], list[Place]]] = {}

    def add(self, path: str, words: Words, docs: str, place: Place) -> int:
        """Add a field at a place; its number."""
        places = self.rows.setdefault(path, {}).setdefault((words, docs), [])
        if place not in places:
            places.append(place)
        return list(self.rows).index(path) + 1

    def entries(self) -> tuple[Entry, ...]:
        """The rows, those of a path together."""
        return tuple(
            Entry(number, path, *place, words, docs)
            for number, (path, meanings) in enumerate(self.rows.items(), start=1)
            for words, docs, place in _joined_values(meanings)
        )


class Name(NamedTuple):
    """What a declaration calls a layout, and says about it."""

    text: str
    docs: str


class Frame:
    """A frame while it is put together: the boxes of the row at hand, and the blocks that are done.

    Args:
        legend: the rows of the legend.
        path: the frame in the declaration, for errors.
        prefix: the frame in the data: ``history[].``.
        start: byte of its first box; None where that differs.
        heading: what stands over its first row.
        margin: what stands before its first row.
        depth: how many blocks it stands in.
        sign: what stands before an offset: ``+`` where it is not counted from the begin of the payload.
    """

    def __init__(
        self,
        legend: Legend,
        path: str,
        *,
        prefix: str = "",
        start: int | None = None,
        heading: str = "",
        margin: str = "",
        depth: int = 0,
        sign: str = "",
    ) -> None:
        self.legend = legend
        self.path = path
        self.prefix = prefix
        self.offset = start
        self.heading = heading
        self.margin = margin
        self.depth = depth
        self.sign = sign
        self.start = start
        self.cells: list[Cell] = []
        self.blocks: list[Block] = []

    def box(self, cell: Cell) -> None:
        """Add a box to the row at hand; what goes on to the end ends it."""
        self.cells.append(cell)
        self.offset = None if self.offset is None or cell.size is None else self.offset + cell.size
        if cell.size is None:
            self.flush()

    def flush(self) -> None:
        """End the row at hand; a heading without a row stands over what comes next."""
        row = Row(self.margin, tuple(self.cells), self.start, self.sign)
        heading = self.heading or ("then" if self.blocks and self.cells else "")
        if self.cells or heading:
            self.blocks.append(Block(heading, (row,) if self.cells else (), self.depth))
        self.cells, self.start, self.margin, self.heading = [], self.offset, "", ""

    def finished(self) -> list[Block]:
        """The blocks, with the last row."""
        if self.heading and not self.cells:
            self.heading += ": nothing more"
        self.flush()
        return self.blocks

    def inner(self, *, heading: str = "", start: int | None = None, **others: Any) -> Frame:
        """A frame that is drawn under this one."""
        same: dict[str, Any] = {"prefix": self.prefix, "depth": self.depth + 1, "path": self.path, "sign": self.sign}
        return Frame(self.legend, heading=heading, start=start, **(same | others))

    def under(self, frame: Frame) -> None:
        """Draw another frame after what this one has so far."""
        self.flush()
        self.blocks += frame.finished()

    def place(self, size: int | None) -> str:
        """Where the next so many bytes lie."""
        if size is None:
            return f"{self.sign}{self.offset} on" if self.offset is not None else "the rest"
        if size == 0:
            return ""
        if self.offset is None:
            return bytes_of(size)
        last = self.offset + size - 1
        return f"{self.sign}{self.offset}" if size == 1 else f"{self.sign}{self.offset}–{last}"  # noqa: RUF001 - a range

    def explain(self, name: Name, words: Words, size: int | None, bits: str = "") -> int | None:
        """The number of the legend's row for what comes next; None for what has no name."""
        if not name.text:
            return None
        return self.legend.add(self.prefix + name.text, words, name.docs, (self.place(size), bits))


def _joined_values(meanings: dict[tuple[Words, str], list[Place]]) -> Iterator[tuple[Words, str, Place]]:
    """The meanings of a path; choices that differ in nothing but their values, one in each frame, are one."""
    rows: dict[tuple[Words, str, Place], list[str]] = {}
    for (words, docs), places in meanings.items():
        place = _joined(each[0] for each in places), _joined(each[1] for each in places)
        is_open = not (words.scale or words.unit)
        rows.setdefault((replace(words, values="") if is_open else words, docs, place), []).append(words.values)
    for (words, docs, place), values in rows.items():
        yield replace(words, values=", ".join(filter(None, values))), docs, place


def _joined(places: Iterable[str]) -> str:
    """Each place once; so many that nobody reads them are not told."""
    known = list(dict.fromkeys(filter(None, places)))
    return ", ".join(known) if len(known) <= PLACES else "differ"
