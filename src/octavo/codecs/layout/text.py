"""Pictures as text: boxes in rows of eight bytes, bits below their bytes, then the legend.

Lines are lists of spans, a text with a style and a colour, which whoever prints them may heed.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from octavo.codecs.layout.brief import is_long, items, shortened
from octavo.codecs.layout.cells import bit_rows, cut, margin_of, new_words, placed
from octavo.codecs.layout.labels import fitted
from octavo.codecs.layout.palette import field_fill, fill
from octavo.codecs.layout.structure import pictures
from octavo.codecs.words import BYTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.codecs.codec import Codec
    from octavo.codecs.layout.cells import Block, Cell, Entry, Picture, Piece, Row

INDENT = 1
NARROWEST, WIDEST = 7, 12
"""Characters of a column of one byte or bit, one border among them."""

LEAST_TEXT = 30
"""Columns that the last column of the legend needs, else it stands on lines of its own."""

PLAIN = str.maketrans("─│┌┐└┘├┤┬┴┼┊…–×−", "-|+++++++++:~-x-")  # noqa: RUF001 - what is replaced
"""Drawing for an output that has ASCII only."""

JOINTS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""Where lines meet, by the directions they go in: up 1, down 2, left 4, right 8."""


class Span(NamedTuple):
    """A piece of a line.

    Attributes:
        text: what is printed.
        style: ``heading``, ``dim``, or empty.
        fill: the colour under it, ``#77AADD``, or empty.
    """

    text: str
    style: str = ""
    fill: str = ""


Line = list[Span]


def to_text(
    codec: Codec,
    *,
    direction: str | None = None,
    f_port: int | None = None,
    width: int = 80,
    plain: bool = False,
    brief: bool = False,
) -> str:
    """The pictures of a codec as text.

    Args:
        codec: the codec.
        direction: ``uplink`` or ``downlink``; None for both.
        f_port: the port; None for all.
        width: characters of a line.
        plain: draw with ASCII.
        brief: of a long table one line for each of its rows.

    Raises:
        ContentError: a layout that no picture can show; no such port.
    """
    drawn = lines(codec, direction=direction, f_port=f_port, width=width, plain=plain, brief=brief)
    return "".join("".join(span.text for span in line) + "\n" for line in drawn)


def lines(
    codec: Codec,
    *,
    direction: str | None = None,
    f_port: int | None = None,
    width: int = 80,
    plain: bool = False,
    brief: bool = False,
) -> Iterator[Line]:
    """The pictures of a codec as lines of spans; see `to_text`."""
    for number, picture in enumerate(pictures(codec, direction=direction, f_port=f_port)):
        if number:
            yield []
        for line in _picture(picture, width, brief=brief):
            yield _trimmed([span._replace(text=span.text.translate(PLAIN)) for span in line] if plain else line)


def has_long_tables(codec: Codec) -> bool:
    """Whether pictures of a codec are shorter in brief."""
    return any(is_long(block) for picture in pictures(codec) for block in picture.blocks)


def _trimmed(line: Line) -> Line:
    """A line without what nobody sees at its end."""
    if not line or line[-1].fill:
        return line
    return [*line[:-1], line[-1]._replace(text=line[-1].text.rstrip())]


class _Boxes(NamedTuple):
    """Boxes side by side, with what stands before them and behind."""

    margin: str
    pieces: list[Piece]
    note: str = ""


class _Sheet(NamedTuple):
    """How wide everything is: the margin before the boxes, the columns of a row, the characters of a column."""

    margin: int
    columns: int
    cell: int


def _sheet(picture: Picture, width: int) -> _Sheet:
    margins = [margin for block in picture.blocks for margin in _margins(block)]
    margin = INDENT + max(map(len, margins), default=0) + 1
    for columns in (BYTE, BYTE // 2):
        cell = (width - margin - 1) // columns
        if cell >= NARROWEST:
            return _Sheet(margin, columns, min(cell, WIDEST))
    return _Sheet(margin, BYTE // 4, max(NARROWEST, min((width - margin - 1) // (BYTE // 4), WIDEST)))


def _margins(block: Block) -> Iterator[str]:
    for row in block.rows:
        yield margin_of(row, 0)
        for at, cell in placed(row):
            yield from (margin_of(row, at + byte) for byte in range((cell.size or 0) if cell.ranges else 0))


def _picture(whole: Picture, width: int, *, brief: bool) -> Iterator[Line]:
    picture = shortened(whole) if brief else whole
    sheet = _sheet(picture, width)
    yield [Span(f"{picture.direction}, FPort {picture.f_port}", style="heading")]
    drawn: set[tuple[Cell, str]] = set()
    for block in picture.blocks:
        if brief and is_long(block):
            yield from _heading(block, width)
            yield from _items(block, whole, width)
            continue
        yield from _block(block, sheet, width)
        for row, at, cell in new_words(block, drawn):
            yield from _bits(row, cell, at, sheet)
    if picture.legend:
        yield []
        yield from legend(picture.legend, width)


def _heading(block: Block, width: int) -> Iterator[Line]:
    yield []
    indent = " " * INDENT * (block.depth + 1)
    for text in wrap(block.heading, width - len(indent)):
        yield [Span(indent + text, style="heading")]


def _items(block: Block, picture: Picture, width: int) -> Iterator[Line]:
    """The rows of a long table, a line each."""
    rows = items(block, picture)
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        cells = [cell.ljust(wide) for cell, wide in zip(row, widths, strict=False)]
        text = " " * INDENT * (block.depth + 2) + "  ".join([*cells, row.told])
        yield [Span(text if len(text) <= width else f"{text[: width - 1]}…")]


def _block(block: Block, sheet: _Sheet, width: int) -> Iterator[Line]:
    yield from _heading(block, width)
    boxed = [line for row in block.rows for line in _cut_row(row, sheet)]
    if any(piece.length for line in boxed for piece in line.pieces):
        yield _ruler([f"+{column}" for column in range(sheet.columns)], sheet)
    yield from _boxes(boxed, sheet)


def _cut_row(row: Row, sheet: _Sheet) -> Iterator[_Boxes]:
    """The lines of boxes of a row."""
    for index, line in cut(row.cells, sheet.columns):
        yield _Boxes(margin_of(row, index * sheet.columns), line, "" if index else row.note)


def _bits(row: Row, cell: Cell, at: int, sheet: _Sheet) -> Iterator[Line]:
    """The boxes of the bits of a word, a row for each byte under the numbers of its bits."""
    for byte, (first, cells) in enumerate(bit_rows(cell)):
        pieces = cut(cells, sheet.columns)
        for index, line in pieces:
            top = first - index * sheet.columns
            yield _ruler([f"bit {bit}" for bit in range(top, top - sheet.columns, -1)], sheet)
            yield from _boxes([_Boxes("" if index else margin_of(row, at + byte), line)], sheet)


def _ruler(numbers: Sequence[str], sheet: _Sheet) -> Line:
    above = "".join(f" {number:^{sheet.cell - 1}}" for number in numbers)
    return [Span(" " * sheet.margin + above, style="dim")]


def _boxes(rows: Sequence[_Boxes], sheet: _Sheet) -> Iterator[Line]:
    """Rows of boxes, one on the other; a line between two rows is drawn once."""
    above: list[Piece] = []
    for row in rows:
        boxed = [piece for piece in row.pieces if piece.length]
        if above or boxed:
            yield [Span(" " * sheet.margin + _border(above, boxed, sheet))]
        yield from _content(row, sheet)
        above = boxed
    if above:
        yield [Span(" " * sheet.margin + _border(above, [], sheet))]


def _border(above: list[Piece], below: list[Piece], sheet: _Sheet) -> str:
    walls = [{piece.start for piece in row} | {piece.start + piece.length for piece in row} for row in (above, below)]
    ends = [max((piece.start + piece.length for piece in row), default=0) for row in (above, below)]
    end = max(ends)
    text = ""
    for at in range(end + 1):
        ways = (at in walls[0]) + 2 * (at in walls[1]) + 4 * (at > 0) + 8 * (at < end)
        text += JOINTS[ways] + ("─" * (sheet.cell - 1) if at < end else "")
    return text


def _content(row: _Boxes, sheet: _Sheet) -> Iterator[Line]:
    """The lines of one row of boxes; the margin stands before the first, the note behind it."""
    margin, pieces, note = row
    if not any(piece.length for piece in pieces):
        yield [Span(f"{margin:>{sheet.margin - 1}}  ", style="dim"), *(Span(piece.label) for piece in pieces)]
        return
    width = sheet.cell
    labels = [fitted(piece, _fits(piece.length * width - 1)) for piece in pieces]
    beside = _beside(pieces, labels)
    room = (sheet.columns - pieces[-1].start - pieces[-1].length) * width
    if beside and len(beside) < room:
        note, labels = beside, [[str(pieces[0].number or "")]]
    for index in range(max(map(len, labels), default=1)):
        line = [Span(f"{margin if not index else '':>{sheet.margin - 1}} ", style="dim")]
        wall = ""
        for piece, label in zip(pieces, labels, strict=True):
            text = label[index] if index < len(label) else ""
            line.append(Span("│" if piece is pieces[0] else wall))
            line.append(Span(f"{text:^{piece.length * width - 1}}", fill=fill(piece) if piece.number else ""))
            wall = "┊" if piece.is_open else "│"
        yield [*line, Span(f"{wall} {note}" if note and not index and len(note) < room else wall)]


def _beside(pieces: Sequence[Piece], labels: Sequence[Sequence[str]]) -> str:
    """The name of a box that stands alone in its row and is too narrow for it; else empty."""
    is_cut = len(pieces) == 1 and labels[0][0] not in pieces[0].label
    return pieces[0].label if is_cut else ""


def _fits(width: int) -> Callable[[str], bool]:
    return lambda text: len(text) <= width


def legend(entries: Sequence[Entry], width: int) -> Iterator[Line]:
    """The fields: number, path, bytes, bits, type; then what their values are and mean."""
    rows = [(str(entry.number), entry.path, entry.bytes, entry.bits, entry.words.type) for entry in entries]
    header = ("", "field", "bytes", "bits", "type")
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    left = INDENT + sum(widths) + 2 * len(widths)
    beside = width - left >= LEAST_TEXT
    yield [Span(_spread(header, widths) + ("  value" if beside else ""), style="dim")]
    for entry, row in zip(entries, rows, strict=True):
        start, indent = (left, left) if beside else (0, INDENT + widths[0] + 2)
        text = wrap(entry.told, max(width - indent, LEAST_TEXT)) or [""]
        number = Span(f"{row[0]:>{widths[0]}}", fill=field_fill(entry.number))
        first = [Span(" " * INDENT), number, Span(_spread(row, widths)[INDENT + widths[0] :])]
        yield [*first, Span(f"  {text[0]}")] if start else first
        yield from ([Span(" " * indent + each)] for each in (text[1:] if start else filter(None, text)))


def _spread(cells: Iterable[str], widths: Sequence[int]) -> str:
    number, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return " " * INDENT + "  ".join([number, *others])
