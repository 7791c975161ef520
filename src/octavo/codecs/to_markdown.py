"""The payloads of a declared codec as tables for a datasheet."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, bare, is_merged
from octavo.codecs.alternatives import Case, Literal, Variant, Variants
from octavo.codecs.computed import Derived
from octavo.codecs.fields import Choice, Field, Flag, FlagSet, Missing
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Many, Repeat, Tail, Tlv
from octavo.codecs.numbers import number_of
from octavo.codecs.reference import parsed, write
from octavo.codecs.samples import corners
from octavo.codecs.samples.values import NOW
from octavo.codecs.tree import fixed_size
from octavo.codecs.words import checksum_text, json_text, raw_type, times_text, words_of
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.codecs.codec import Codec

COLUMNS = ("byte", "bits", "name", "type", "value", "unit", "values", "description")

INLINE = 4
"""So many choices stand in the table of the fields; more have a table of their own."""

THEN = "Then:"

UNKNOWN = "…"
"""A place that depends on the payload."""


def to_markdown(codec: Codec) -> str:
    """Tables of what a codec's payloads hold, byte by byte, with an example for every port.

    Args:
        codec: the declaration.

    Raises:
        ContentError: a layout has something that no table shows.
    """
    parts = [f"# {codec.description or codec.name}"]
    for way, layouts in (("Uplink", codec.uplink), ("Downlink", codec.downlink)):
        for f_port, layout in layouts.items():
            parts += [f"## {way}, FPort {f_port}", *_tables(layout, f"{way.lower()}[{f_port}]"), *_example(layout)]
    return "\n\n".join(parts) + "\n"


def _tables(layout: AnyConstruct, path: str) -> Iterator[str]:
    page = _Page(path)
    put(layout, page)
    for block in page.blocks:
        if block.rows:
            yield from filter(None, (block.heading, block.table()))
        elif block.heading != THEN:
            yield from filter(None, (block.heading,))
    for name, rows in page.choices.items():
        yield f"Values of `{name}`:"
        yield _table(("number", "value"), rows)


def _example(layout: AnyConstruct) -> Iterator[str]:
    """The first of the samples: its bytes and its data."""
    data = next((data for _, data in corners(layout)), None)
    if data is not None:
        payload = write(layout, data)
        found = json.dumps(parsed(layout, payload, 1000 * NOW), ensure_ascii=False, indent=2)
        yield f"An example, `{payload.hex(' ')}`:" if payload else "An example, the empty payload:"
        yield f"```json\n{found}\n```"


@dataclass(slots=True)
class _Block:
    """A table with what stands above it.

    Attributes:
        heading: a sentence, or empty.
        lead: title of the first column, which tells when a row is there; empty for none.
        rows: cells, the first column among them.
    """

    heading: str = ""
    lead: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def table(self) -> str:
        """The table, without columns that are empty."""
        titles = (self.lead, *COLUMNS)
        kept = [index for index, title in enumerate(titles) if title and any(row[index] for row in self.rows)]
        return _table([titles[index] for index in kept], [[row[index] for index in kept] for row in self.rows])


@dataclass(slots=True)
class _Page:
    """The tables of one layout while it is walked.

    Attributes:
        path: the layout's own, for errors.
        blocks: the tables.
        choices: tables of the fields that have many choices, by the field's name.
        offset: the byte at which the next field begins; None where that depends on the payload.
        prefix: what stands before the names of members.
        lead: what the first column of the next row says.
    """

    path: str
    blocks: list[_Block] = field(default_factory=lambda: [_Block()])
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    offset: int | None = 0
    prefix: str = ""
    lead: str = ""

    def open(self, heading: str, lead: str = "", offset: int | None = 0) -> None:
        """Begin a table."""
        self.blocks.append(_Block(heading, lead))
        self.offset = offset

    def row(self, name: str, what: AnyConstruct | None, size: int | None, *cells: str, bits: str = "") -> None:
        """Add a row: type, value, unit and values of a field; ``size`` None is up to the end, 0 is no bytes."""
        docs = (what.docs or "") if what is not None else ""
        begin = "" if size == 0 else UNKNOWN if self.offset is None else str(self.offset)
        if size and size > 1 and begin not in ("", UNKNOWN):
            begin = f"{begin}–{int(begin) + size - 1}"  # noqa: RUF001 - a range
        shown = f"`{self.prefix}{name}`" if name else ""
        self.blocks[-1].rows.append((self.lead, begin, bits, shown, *cells, docs))
        self.lead = ""

    def skip(self, size: int | None) -> None:
        """Go on behind some bytes."""
        self.offset = None if size is None or self.offset is None else self.offset + size


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *([_escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return " ".join(cell.splitlines()).replace("|", "\\|")


def put(layout: AnyConstruct, page: _Page) -> None:
    """Put a layout into the tables, under its name."""
    _put(bare(layout), page, layout)


@singledispatch
def _put(inner: Any, page: _Page, _layout: Any) -> None:
    kind = type(inner).__name__
    raise ContentError(f"{page.path}: a table cannot express {kind}; use a layout of octavo.codecs", path=page.path)


@_put.register(Field)
@_put.register(Derived)
def _(inner: Any, page: _Page, layout: Any) -> None:
    size = 0 if isinstance(inner, Derived) else fixed_size(inner.subcon)
    page.row(layout.name or "", layout, size, *_cells(inner, page, layout.name))
    page.skip(size)


def _cells(inner: Any, page: _Page, name: str | None, word: Bits | None = None) -> tuple[str, str, str, str]:
    """Type, value, unit and values of a field; many choices go into a table of their own."""
    words = words_of(inner, word)
    values = "0 false, others true" if isinstance(inner, Flag) and not inner.inverted else words.values
    choices = list(_choices(inner))
    if len(choices) > INLINE:
        page.choices[f"{page.prefix}{name}"] = choices
        values = "see below"
    value = words.scale if not words.scale or isinstance(inner, Derived) else f"raw {words.scale}"
    return words.type, value, words.unit, values


def _choices(inner: Any) -> Iterator[tuple[str, str]]:
    """Number and value of each choice of a field."""
    if isinstance(inner, Missing):
        yield from _choices(inner.field)
        yield from ((str(marker), "no reading") for marker in inner.markers)
    elif isinstance(inner, Choice):
        yield from ((str(number), f"`{json_text(value)}`") for number, value in inner.names.items())
        if inner.default is not None:
            yield "others", f"`{json_text(inner.default)}`"
    elif isinstance(inner, FlagSet):
        yield from ((f"bit {bit}", f"`{name}`") for bit, name in inner.names.items())


@_put.register(construct.Const)
def _(inner: Any, page: _Page, _layout: Any) -> None:
    page.row("", None, len(inner.value), "constant", f"0x{inner.value.hex()}", "", "")
    page.skip(len(inner.value))


@_put.register(construct.Padded)
def _(inner: Any, page: _Page, _layout: Any) -> None:
    page.row("", None, fixed_size(inner), "not used", "", "", "")
    page.skip(fixed_size(inner))


@_put.register(type(construct.Pass))
def _(_inner: Any, page: _Page, _layout: Any) -> None:
    page.row("", None, 0, "nothing", "", "", "")


@_put.register(construct.Struct)
def _(inner: Any, page: _Page, layout: Any) -> None:
    _members(inner.subcons, page, layout)


def _members(fields: Iterable[AnyConstruct], page: _Page, layout: Any) -> None:
    around = page.prefix
    if layout.name and not is_merged(layout):
        page.row(layout.name, layout, 0, "object", "", "", "")
        page.prefix = f"{around}{layout.name}."
    for each in fields:
        put(each, page)
    page.prefix = around


@_put.register(Bits)
def _(inner: Bits, page: _Page, layout: Any) -> None:
    around = page.prefix
    if not is_merged(layout):
        page.row(layout.name, layout, inner.size, f"object in {raw_type(inner.raw)}", "", "", "")
        page.prefix = f"{around}{layout.name}."
    for each in inner.fields:
        leaf: Any = bare(each)
        number = number_of(leaf.subcon, inner)
        low, width = (number.first, number.width) if number else (0, 0)
        bits = str(low) if width == 1 else f"{low + width - 1}–{low}"  # noqa: RUF001 - a range
        page.row(each.name, each, inner.size, *_cells(leaf, page, each.name, inner), bits=bits)
    page.prefix = around
    page.skip(inner.size)


@_put.register(Tail)
def _(inner: Tail, page: _Page, _layout: Any) -> None:
    page.open("The payload may end before any of these:", offset=page.offset)
    for each in inner.fields:
        put(each, page)


@_put.register(Repeat)
def _(inner: Repeat, page: _Page, layout: Any) -> None:
    often = times_text(inner.minimum, inner.maximum).removesuffix(" of")
    if isinstance(inner.count, str):
        often = f"as many as `{inner.count}` says"
    elif inner.count is not None:
        page.row("", None, fixed_size(inner.count), raw_type(inner.count), "", "", f"number of `{layout.name}`")
        page.skip(fixed_size(inner.count))
        often = "as many as the number before them says"
    page.row(layout.name, layout, None, "list", "", "", often)
    _items(inner.subcon, page, layout, f"Each of `{page.prefix}{layout.name}`, counted from where it begins:")


def _items(item: AnyConstruct, page: _Page, layout: Any, heading: str) -> None:
    around = page.prefix
    page.open(heading)
    page.prefix = f"{around}{layout.name}[]" + ("" if isinstance(bare(item), Field) else ".")
    put(item, page)
    page.prefix = around
    page.open(THEN, offset=None)


@_put.register(Many)
def _(inner: Many, page: _Page, layout: Any) -> None:
    around = page.prefix
    page.row(layout.name, layout, 0, "list", "", "", "one for each such item")
    page.prefix = f"{around}{layout.name}[]" + ("" if isinstance(bare(inner.subcon), Field) else ".")
    put(inner.subcon, page)
    page.prefix = around


@_put.register(Tlv)
def _(inner: Tlv, page: _Page, _layout: Any) -> None:
    many = "1 item" if inner.minimum == inner.maximum == 1 else f"{times_text(inner.minimum, inner.maximum)} items"
    heading = f"Then {many}: a key ({raw_type(inner.key)}) and what follows it, bytes counted from behind the key."
    _keyed(page, heading, "key", ((_hex(key, inner.size), item) for key, item in inner.items.items()))


@_put.register(Channels)
def _(inner: Channels, page: _Page, _layout: Any) -> None:
    head = f"a channel ({raw_type(inner.channel)}), a type ({raw_type(inner.type)})"
    heading = f"Then any number of items: {head} and what follows, bytes counted from behind the type. The channel "
    items = ((_hex(key, inner.size), _on_channel(item)) for key, item in inner.items.items())
    _keyed(page, heading + "is the end of the name.", "type", items)


def _on_channel(item: AnyConstruct) -> Any:
    return construct.Renamed(bare(item), f"{item.name}_<channel>", item.docs or "")


@_put.register(Groups)
def _(inner: Groups, page: _Page, _layout: Any) -> None:
    page.row("", None, fixed_size(inner.raw), raw_type(inner.raw), "", "", "mask: which groups follow")
    heading = "Then, in this order, the groups whose bits are set in the mask, bytes counted from where each begins:"
    _keyed(page, heading, "bit", ((str(bit), group) for bit, group in inner.groups.items()))


def _keyed(page: _Page, heading: str, lead: str, items: Iterable[tuple[str, AnyConstruct]]) -> None:
    """Layouts of which each has something that tells it."""
    page.open(heading, lead)
    for text, item in items:
        page.lead, page.offset = text, 0
        before = len(page.blocks)
        put(item, page)
        if len(page.blocks) > before:  # it has tables of its own
            page.open("", lead)
    page.lead = ""
    page.open("", offset=None)


@_put.register(Case)
def _(inner: Case, page: _Page, _layout: Any) -> None:
    _alternatives(page, ((f"Where `{inner.on}` is `{json_text(value)}`:", case) for value, case in inner.cases.items()))


@_put.register(Variants)
def _(inner: Variants, page: _Page, _layout: Any) -> None:
    begin = page.offset
    _alternatives(page, ((_condition(variant, begin), variant.layout) for variant in inner.variants))


def _alternatives(page: _Page, ways: Iterable[tuple[str, AnyConstruct]]) -> None:
    start = page.offset
    for heading, layout in ways:
        page.open(heading, offset=start)
        put(layout, page)
    page.open("", offset=None)


def _condition(variant: Variant, begin: int | None) -> str:
    if isinstance(bare(variant.layout), Literal):
        return "Where the payload is exactly this:"
    if variant.at is None:
        return "Otherwise:"
    place = f"byte {variant.at + begin}" if begin is not None else f"the byte {variant.at} from here"
    mask = "" if variant.mask == 0xFF else f" & 0x{variant.mask:02x}"  # noqa: PLR2004 - all bits of a byte
    return f"Where {place}{mask} is 0x{variant.value:02x}:"


@_put.register(Literal)
def _(inner: Literal, page: _Page, _layout: Any) -> None:
    data = json.dumps(inner.data, ensure_ascii=False)
    page.row("", None, len(inner.frame), "constant", f"0x{inner.frame.hex()}", "", f"`{data}`")
    page.skip(len(inner.frame))


@_put.register(Sized)
def _(inner: Sized, page: _Page, _layout: Any) -> None:
    size = fixed_size(inner.raw)
    page.row("", None, size, raw_type(inner.raw), "", "", "number of bytes that belong to what follows")
    page.skip(size)
    put(inner.layout, page)
    page.open("", offset=None)


@_put.register(Checked)
def _(inner: Checked, page: _Page, _layout: Any) -> None:
    put(inner.layout, page)
    page.open("At the end:", offset=None)
    page.row("", None, inner.size, raw_type(inner.raw), "", "", f"checksum of all before: {checksum_text(inner.over)}")


def _hex(key: int, size: int) -> str:
    return f"0x{key:0{2 * size}x}"
