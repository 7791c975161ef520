"""Pictures as SVG, for a datasheet: one file without scripts, images or fonts of its own.

The page is white under all of it, so that it reads the same on a light and on a dark page around it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from octavo.codecs.layout.cells import bit_rows, cut, margin_of, new_words
from octavo.codecs.layout.labels import fitted
from octavo.codecs.layout.measure import width_of, wrapped
from octavo.codecs.layout.palette import field_fill, fill
from octavo.codecs.layout.structure import pictures
from octavo.codecs.words import BYTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from octavo.codecs.codec import Codec
    from octavo.codecs.layout.cells import Block, Cell, Entry, Picture, Piece, Row

WIDTH = 960
EDGE = 24
LEAST_MARGIN = 76
"""Pixels left of the boxes, where offsets and keys stand."""

PADDING = 5
LINE = 16
"""Pixels from one line of text to the next."""

SIZE, SMALL, LARGE = 12.0, 10.5, 17.0
"""Font sizes in pixels."""

LEAST_TEXT = 300
"""Pixels that the last column of the legend needs, else it stands on lines of its own."""

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
INK, GREY, EDGES = "#1a1a1a", "#5a5a5a", "#444444"


def to_svg(codec: Codec, *, direction: str | None = None, f_port: int | None = None) -> str:
    """The pictures of a codec as the text of an SVG file.

    Args:
        codec: the codec.
        direction: ``uplink`` or ``downlink``; None for both.
        f_port: the port; None for all.

    Raises:
        ContentError: a layout that no picture can show; no such port.
    """
    return drawn(codec.name, codec.description, pictures(codec, direction=direction, f_port=f_port))


def drawn(name: str, description: str, shown: Sequence[Picture]) -> str:
    """Pictures as the text of an SVG file.

    Args:
        name: what they are of.
        description: what is said about it; may be empty.
        shown: the pictures.
    """
    sheet = _Sheet()
    sheet.text(EDGE, name, LARGE, weight="bold")
    if description:
        sheet.y += LINE
        sheet.paragraph(EDGE, description, GREY)
    for picture in shown:
        _draw(picture, sheet)
    ports = ", ".join(f"{each.direction} on FPort {each.f_port}" for each in shown)
    fields = ", ".join(dict.fromkeys(entry.path for each in shown for entry in each.legend))
    named = re.sub("[^A-Za-z0-9]+", "-", name)  # in an id, so that several pictures can stand in one page
    return sheet.document(named, f"Payload layout of {name}", f"The bytes and bits of {ports}. Fields: {fields}.")


class _Sheet:
    """The elements so far, and how far down the page they reach."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = EDGE + LARGE
        self.left, self.column = 0.0, 0.0

    def keep_margin(self, width: float) -> None:
        """Where boxes begin, and how wide a column is, for margins of so many pixels."""
        self.left = EDGE + max(width + 14, LEAST_MARGIN)
        self.column = (WIDTH - EDGE - self.left) / BYTE

    def text(
        self, x: float, text: str, size: float = SIZE, *, colour: str = INK, anchor: str = "", weight: str = ""
    ) -> None:
        """A line of text, whose base line is at the present height."""
        extra = f' text-anchor="{anchor}"' if anchor else ""
        extra += f' font-weight="{weight}"' if weight else ""
        self.parts.append(
            f'<text x="{x:.4g}" y="{self.y:.6g}" font-size="{size:g}" fill="{colour}"{extra}>{_escaped(text)}</text>'
        )

    def paragraph(self, x: float, text: str, colour: str = INK, weight: str = "") -> None:
        """Lines of text down to the right edge; the height is that of the last one."""
        for index, line in enumerate(wrapped(text, WIDTH - EDGE - x, SIZE)):
            self.y += LINE if index else 0
            self.text(x, line, colour=colour, weight=weight)

    def box(self, box: _Box) -> None:
        """A rectangle; dashed where its end is not fixed."""
        dash = ' stroke-dasharray="4 3"' if box.is_open else ""
        self.parts.append(
            f'<rect x="{box.x:.4g}" y="{box.y:.6g}" width="{box.width:.4g}" height="{box.height:g}" rx="3" '
            f'fill="{box.fill}" stroke="{EDGES}"{dash}/>'
        )

    def document(self, name: str, title: str, description: str) -> str:
        """The whole file."""
        height = round(self.y + EDGE)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-desc" '
            f"font-family={quoteattr(FONTS)}>"
        )
        told = [
            f'<title id="{name}-title">{_escaped(title)}</title>',
            f'<desc id="{name}-desc">{_escaped(description)}</desc>',
        ]
        page = f'<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="#ffffff"/>'
        return "\n".join([head, *told, page, *self.parts, "</svg>"]) + "\n"


class _Box(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    is_open: bool = False


def _draw(picture: Picture, sheet: _Sheet) -> None:
    sheet.y += 2.4 * LINE
    sheet.text(EDGE, f"{picture.direction}, FPort {picture.f_port}", 15, weight="bold")
    margins = (row.margin for block in picture.blocks for row in block.rows)
    sheet.keep_margin(max((width_of(margin, SIZE) for margin in margins), default=0.0))
    drawn: set[tuple[Cell, str]] = set()
    for block in picture.blocks:
        _block(block, sheet)
        for row, at, cell in new_words(block, drawn):
            _bits(row, at, cell, sheet)
    _legend(picture.legend, sheet)


def _block(block: Block, sheet: _Sheet) -> None:
    if block.heading:
        sheet.y += 1.6 * LINE
        sheet.paragraph(EDGE + 14 * block.depth, block.heading, weight="600")
    if any(cell.size != 0 for row in block.rows for cell in row.cells):
        _ruler([f"+{column}" for column in range(BYTE)], sheet)
    for row in block.rows:
        for index, line in cut(row.cells, BYTE):
            _boxes(margin_of(row, index * BYTE), line, sheet, note="" if index else row.note)


def _bits(row: Row, at: int, cell: Cell, sheet: _Sheet) -> None:
    for byte, (first, cells) in enumerate(bit_rows(cell)):
        _ruler([f"bit {bit}" for bit in range(first, first - BYTE, -1)], sheet)
        for _, line in cut(cells, BYTE):
            _boxes(margin_of(row, at + byte), line, sheet)


def _ruler(numbers: Iterable[str], sheet: _Sheet) -> None:
    sheet.y += 1.4 * LINE
    for column, number in enumerate(numbers):
        sheet.text(sheet.left + (column + 0.5) * sheet.column, number, SMALL, colour=GREY, anchor="middle")
    sheet.y += PADDING


def _boxes(margin: str, pieces: Sequence[Piece], sheet: _Sheet, note: str = "") -> None:
    """A row of boxes from the present height down, with a note behind it where there is room."""
    labels = [fitted(piece, _fits(piece.length * sheet.column - 2 * PADDING)) for piece in pieces]
    height = 14 + LINE * max(map(len, labels))
    top = sheet.y
    sheet.y = top + height / 2 + SIZE / 3
    sheet.text(sheet.left - 10, margin, colour=GREY, anchor="end")
    end = sheet.left + sheet.column * max(piece.start + piece.length for piece in pieces)
    if note and width_of(note, SIZE) <= WIDTH - EDGE - end - 10:
        sheet.text(end + 10, note, colour=GREY)
    for piece, label in zip(pieces, labels, strict=True):
        x = sheet.left + piece.start * sheet.column
        if not piece.length:
            sheet.y = top + height / 2 + SIZE / 3
            sheet.text(x + PADDING, piece.label)
            continue
        sheet.box(_Box(x, top, piece.length * sheet.column, height, fill(piece), piece.is_open))
        sheet.y = top + height / 2 + SIZE / 3 - LINE * (len(label) - 1) / 2
        for line in label:
            sheet.text(x + piece.length * sheet.column / 2, line, anchor="middle")
            sheet.y += LINE
    sheet.y = top + height


def _fits(width: float) -> Callable[[str], bool]:
    return lambda text: width_of(text, SIZE) <= width


def _legend(entries: Sequence[Entry], sheet: _Sheet) -> None:
    header = ("field", "bytes", "bits", "type")
    rows = [(entry.path, entry.bytes, entry.bits, entry.words.type) for entry in entries]
    widths = [max(width_of(cell, SIZE) for cell in column) for column in zip(header, *rows, strict=True)]
    places = [EDGE + 36.0]
    for width in widths:
        places.append(places[-1] + width + 16)
    beside = WIDTH - EDGE - places[-1] >= LEAST_TEXT
    sheet.y += 1.8 * LINE
    for x, cell in zip(places, (*header, "value" if beside else ""), strict=True):
        sheet.text(x, cell, SMALL, colour=GREY)
    sheet.y += 2
    for entry, row in zip(entries, rows, strict=True):
        _entry(entry, row, places, sheet, beside=beside)


def _entry(entry: Entry, row: Sequence[str], places: Sequence[float], sheet: _Sheet, *, beside: bool) -> None:
    sheet.y += LINE + 4
    sheet.box(_Box(EDGE, sheet.y - 12, 26, 16, field_fill(entry.number)))
    sheet.text(EDGE + 13, str(entry.number), SMALL, anchor="middle")
    for x, cell in zip(places, row, strict=False):
        sheet.text(x, cell)
    if beside:
        sheet.paragraph(places[-1], entry.told)
    elif entry.told:
        sheet.y += LINE
        sheet.paragraph(places[0] + 12, entry.told, GREY)


def _escaped(text: str) -> str:
    """Text for XML, without the control characters that it has no way to write."""
    return escape("".join(char for char in text if char.isprintable()))
