"""What a picture of a declaration consists of: boxes in rows, rows in blocks, and the legend of the fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo.codecs.words import BYTE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.codecs.words import Words

MOST_PARTS = 4
"""Lines of one box that are all drawn."""

MORE = "…"
"""What stands in the parts of a field whose name stands in another part."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the legend.

    Attributes:
        number: which one, from 1; boxes have it.
        path: the field in the data, ``history[].temperature``.
        bytes: where its bytes lie, from where its frame begins, ``+`` in front where that is not the payload;
            several places where several frames have it; a size where the offset differs between payloads.
        bits: the bits of its word, the least significant is 0; empty for whole bytes.
        words: what its bytes mean.
        docs: what its declaration says about it.
    """

    number: int
    path: str
    bytes: str
    bits: str
    words: Words
    docs: str

    @property
    def told(self) -> str:
        """What its values are, and what it means."""
        return "; ".join(filter(None, (self.words.value, " ".join(self.docs.split()))))


@dataclass(frozen=True, slots=True)
class Range:
    """Bits of a word.

    Attributes:
        label: name of the field.
        number: its number in the legend.
        low: the lowest bit, counted from the least significant of the word.
        width: how many.
    """

    label: str
    number: int | None
    low: int
    width: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A box: a field, a word of several fields, or bytes without a name.

    Attributes:
        label: what stands in it.
        size: number of bytes (in a row of bits: of bits), None where it goes on to the end.
        number: its number in the legend; None where the legend does not have it.
        ranges: the fields of a word.
        is_big: whether the first byte of a word is the most significant.
        short: what stands in it where the label does not fit; empty where the label is cut.
    """

    label: str
    size: int | None
    number: int | None = None
    ranges: tuple[Range, ...] = ()
    is_big: bool = True
    short: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Boxes side by side, from the left margin on.

    Attributes:
        margin: what stands before them: a key, a bit; empty for the offset.
        cells: the boxes.
        offset: byte of the first box, from where the frame begins; None where it differs.
        sign: ``+`` where the frame is an item of many, else empty.
        note: what stands behind the boxes, where there is room: what they are together.
    """

    margin: str
    cells: tuple[Cell, ...]
    offset: int | None
    sign: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading.

    Attributes:
        heading: when or how often the rows come; empty where that is plain.
        rows: the rows.
        depth: how many blocks it stands in.
    """

    heading: str
    rows: tuple[Row, ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """The layout of one port.

    Attributes:
        direction: ``uplink`` or ``downlink``.
        f_port: the port.
        blocks: the rows, in the order of the payload.
        legend: the fields.
    """

    direction: str
    f_port: int
    blocks: tuple[Block, ...]
    legend: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a box that stands in one line of boxes.

    Attributes:
        label: what stands in it.
        start: its first column.
        length: number of columns.
        number: its number in the legend.
        is_open: whether where it ends is not fixed.
        short: what stands in it where the label does not fit; empty where the label is cut.
    """

    label: str
    start: int
    length: int
    number: int | None
    is_open: bool = False
    short: str = ""


def placed(row: Row) -> Iterator[tuple[int, Cell]]:
    """The boxes of a row, each with how many bytes of the row stand before it."""
    at = 0
    for cell in row.cells:
        yield at, cell
        at += cell.size or 0


def new_words(block: Block, drawn: set[tuple[Cell, str]]) -> Iterator[tuple[Row, int, Cell]]:
    """The words of a block, each with the bytes of its row before it; what another block has at its place is left out.

    Args:
        block: the block.
        drawn: the words of the blocks before, to which its own are added.
    """
    for row in block.rows:
        for at, cell in placed(row):
            key = cell, row.margin or margin_of(row, at)
            if cell.ranges and key not in drawn:
                drawn.add(key)
                yield row, at, cell


def margin_of(row: Row, at: int) -> str:
    """What stands before a line of boxes: the key of a row, else the offset of its first byte."""
    if row.margin:
        return f"+{at}" if at else row.margin
    return "" if row.offset is None else f"{row.sign}{row.offset + at}"


def cut(cells: tuple[Cell, ...], columns: int) -> list[tuple[int, list[Piece]]]:
    """Boxes cut into lines of so many columns, each with its number; the widest part of a box has its label.

    Of a box that fills many lines the first two and the last are kept.
    """
    lines: dict[int, list[Piece]] = {}
    at = 0
    for cell in cells:
        parts = list(_parts(at, cell.size, columns))
        at = parts[-1][0] * columns + parts[-1][1] + parts[-1][2]
        widest = max(parts, key=lambda part: part[2])
        for part in parts if len(parts) <= MOST_PARTS else (*parts[:2], parts[-1]):
            line, start, length = part
            label = cell.label if part is widest or not cell.label else MORE
            piece = Piece(label, start, length, cell.number, cell.size is None, cell.short)
            lines.setdefault(line, []).append(piece)
    return list(lines.items())


def _parts(at: int, size: int | None, columns: int) -> Iterator[tuple[int, int, int]]:
    """Line, first column and number of columns of each part; what goes on to the end gets a line's rest."""
    line, start = divmod(at, columns)
    following = (line + 1) * columns
    end = following if size is None else at + size
    yield line, start, min(end, following) - at
    for begin in range(following, end, columns):
        yield begin // columns, 0, min(columns, end - begin)


def bit_rows(cell: Cell) -> list[tuple[int, tuple[Cell, ...]]]:
    """The bits of a word, a row for each byte in the order of the wire: the number of its first bit, its boxes."""
    size = cell.size or 0
    order = range(size - 1, -1, -1) if cell.is_big else range(size)
    return [(BYTE * byte + BYTE - 1, tuple(_bits_of(cell, BYTE * byte))) for byte in order]


def _bits_of(word: Cell, lowest: int) -> Iterator[Cell]:
    """The boxes of one byte, from its highest bit down."""
    bit = lowest + BYTE
    while bit > lowest:
        found = next((each for each in word.ranges if each.low < bit <= each.low + each.width), None)
        below = [each.low + each.width for each in word.ranges if each.low + each.width < bit]
        end = max(lowest, found.low if found else max(below, default=lowest))
        if found:
            short = "" if _is_widest(word, found, lowest) else MORE
            yield Cell(found.label, bit - end, found.number, short=short)
        else:
            yield Cell("", bit - end)
        bit = end


def _is_widest(word: Cell, bits: Range, lowest: int) -> bool:
    """Whether no other byte of the word has more of the bits (or as many, and a higher place)."""
    shares = [(_overlap(bits, BYTE * byte), byte) for byte in range(word.size or 0)]
    return max(shares)[1] * BYTE == lowest


def _overlap(bits: Range, lowest: int) -> int:
    return min(bits.low + bits.width, lowest + BYTE) - max(bits.low, lowest)
