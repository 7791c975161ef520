"""Pictures in brief: a long table has one line for each of its rows, and no boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from octavo.codecs._construct import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.codecs.layout.cells import Block, Cell, Entry, Picture, Row

MOST_ROWS = 12
"""Rows of a table that are drawn as boxes."""

BELOW = " (below)"
"""What stands behind the name of a row whose fields are drawn below the table."""


class Item(NamedTuple):
    """A row of a table in one line.

    Attributes:
        key: what stands at its margin.
        name: the field, or what its fields are together.
        bytes: how many they are.
        told: what they mean; of several fields their names.
    """

    key: str
    name: str
    bytes: str
    told: str


def is_long(block: Block) -> bool:
    """Whether a block is a table of more rows than anybody looks at."""
    return len(block.rows) > MOST_ROWS and all(row.margin for row in block.rows)


def shortened(picture: Picture) -> Picture:
    """A picture without what stands below the rows of its long tables, and the legend of what is still drawn."""
    tables = [block for block in picture.blocks if is_long(block)]
    if not tables:
        return picture
    keys = tuple(f"{row.margin}: " for table in tables for row in table.rows)
    kept = _without_details(picture.blocks, keys)
    drawn = {number for block in kept if not is_long(block) for number in _numbers(block)}
    legend = tuple(entry for entry in picture.legend if entry.number in drawn)
    return replace(picture, blocks=tuple(kept), legend=legend)


def _without_details(blocks: Iterable[Block], keys: tuple[str, ...]) -> list[Block]:
    """The blocks without those of a key, and those inside them."""
    kept: list[Block] = []
    inside: int | None = None
    for block in blocks:
        inside = inside if inside is not None and block.depth > inside else None
        if inside is None and _is_below(block, keys):
            inside = block.depth
        elif inside is None:
            kept.append(block)
    return kept


def _numbers(block: Block) -> Iterator[int | None]:
    for cell in _cells(block):
        yield cell.number
        yield from (each.number for each in cell.ranges)


def _cells(block: Block) -> Iterator[Cell]:
    for row in block.rows:
        yield from row.cells


def items(table: Block, picture: Picture) -> list[Item]:
    """The rows of a table of a picture, each in one line; ``…`` where more of a row stands below."""
    entries: dict[int, Entry] = {}
    for entry in picture.legend:
        entries.setdefault(entry.number, entry)
    found = [_item(row, entries) for row in table.rows]
    more = tuple(item.key for item in found if any(_is_below(block, (f"{item.key}: ",)) for block in picture.blocks))
    return [
        item._replace(told=", ".join(filter(None, (item.told, "…")))) if item.key in more else item for item in found
    ]


def _is_below(block: Block, keys: tuple[str, ...]) -> bool:
    return block.heading.startswith(keys)


def _item(row: Row, entries: Mapping[int, Entry]) -> Item:
    sizes = [cell.size for cell in row.cells]
    size = "the rest" if None in sizes else bytes_of(sum(filter(None, sizes)))
    fields = [field for cell in row.cells for field in (cell.ranges or (cell,))]
    name = row.note or _word_of(row)
    if len(fields) > 1 or name not in fields[0].label:
        return Item(row.margin, name, size, ", ".join(field.label or "…" for field in fields))
    entry = entries.get(fields[0].number or 0)
    told = "; ".join(filter(None, (entry.words.type, entry.told))) if entry else ""
    return Item(row.margin, fields[0].label.removesuffix(BELOW), size if any(sizes) or None in sizes else "", told)


def _word_of(row: Row) -> str:
    """The name of a word that has one of its own; without, it is called by its fields."""
    label = row.cells[0].label
    fields = " ".join(each.label for each in row.cells[0].ranges)
    return label if len(row.cells) == 1 and label != fields else ""
