"""Pictures of declared codecs: the declaration in ``octavo show``, real payloads in ``octavo decode --layout``."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, count, product
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo import devices
from octavo._rows import dump
from octavo.cli import terminal
from octavo.cli.failures import Misuse
from octavo.cli.render import INDENT, Screen
from octavo.codecs.codec import Codec, received_ms
from octavo.codecs.layout.palette import SPARE, field_fill
from octavo.codecs.layout.places import places
from octavo.codecs.layout.text import PLAIN, has_long_tables, lines
from octavo.errors import DecodeError
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console
    from rich.segment import Segment

    from octavo.cli.inputs import Item
    from octavo.codecs.layout.places import Place, Places
    from octavo.codecs.layout.text import Span
    from octavo.device import Device
    from octavo.errors import Error
    from octavo.messages import Decoded
    from octavo.pipeline import Outcome

BYTES = 16
"""Bytes of a payload on a line; half as many where it is narrow."""

HEADER = ("key", "field", "bytes", "bits", "raw", "value", "unit")

STYLES = {"": "none", "heading": "bold", "dim": "dim"}


def print_pictures(device: Device, out: Console | None = None, *, full: bool = True) -> None:
    """Print the pictures of a declared codec, as wide as the terminal; of any other device nothing.

    Args:
        device: the device.
        out: where to; None for stdout.
        full: draw long tables; else each of their rows has a line, and what draws them is told.
    """
    codec = devices.unchecked(device)
    if not isinstance(codec, Codec):
        return
    out = out or terminal.console()
    for drawn in lines(codec, width=out.width, plain=not draws_boxes(out), brief=not full):
        terminal.show(out, terminal.line(*map(_painted, drawn)))
    if not full and has_long_tables(codec):
        terminal.show(out, terminal.line(("", "none")))
        terminal.show(out, terminal.line(("--full draws every item of the long tables, with offsets and bits", "dim")))


def draws_boxes(out: Console) -> bool:
    """Whether the encoding of an output has the characters that boxes are drawn with."""
    try:
        "".join(map(chr, PLAIN)).encode(out.encoding)
    except UnicodeError:
        return False
    return True


def _painted(span: Span) -> tuple[str, str]:
    return span.text, f"black on {span.fill}" if span.fill else STYLES[span.style]


class LayoutScreen(Screen):
    """Prints the bytes of each payload with the fields they belong to, in place of the fields alone.

    Args:
        device: a declared codec.
        downlink: whether the payloads are downlinks.
        recv_time: when they were received, as ``--recv-time`` says.

    Raises:
        Misuse: the device is none.
    """

    def __init__(self, device: Device, *, downlink: bool = False, recv_time: str | None = None) -> None:
        super().__init__(device, downlink=downlink)
        codec = devices.unchecked(device)
        if not isinstance(codec, Codec):
            raise Misuse(
                f"--layout: {device.name} is no declared codec; where its fields lie only a declaration says, "
                "and no picture is made of what a script does"
            )
        self.layouts = codec.downlink if downlink else codec.uplink
        self.recv_time = recv_time
        self.uplink: Uplink | None = None

    def payload(self, item: Item, outcome: Decoded | Error, f_port: int) -> None:
        """Print where everything of a payload lies."""
        self.uplink = Uplink(item.reading.data, f_port, self.recv_time) if item.reading else None
        super().payload(item, outcome, f_port)

    def message(self, item: Item, outcome: Outcome) -> None:
        """Print where everything of the payload of a message lies."""
        incoming = outcome.incoming
        self.uplink = Uplink(incoming.frm_payload, incoming.f_port, incoming.recv_time) if incoming else None
        super().message(item, outcome)

    def _decoded(self, decoded: Decoded | None, f_port: int | None) -> Iterator[Segment]:
        found = self._places()
        if self.uplink and found:
            yield from picture(self.out, self.uplink.frm_payload, found)
        if decoded:
            yield from super()._decoded(replace(decoded, data=None) if found else decoded, f_port)

    def _places(self) -> Places | None:
        """The places of the present payload; None where its port is not declared, or its time cannot be read."""
        layout = self.layouts.get(self.uplink.f_port) if self.uplink else None
        if self.uplink is None or layout is None:
            return None
        try:
            received = received_ms(self.uplink)
        except DecodeError:
            return None
        return places(layout, self.uplink.frm_payload, received)


def picture(out: Console, frm_payload: bytes, found: Places) -> Iterator[Segment]:
    """The bytes of a payload with a key under each, then what each key stands for; ``^^`` is where it fails."""
    spans = list(dict.fromkeys(_span(place) for place in found.found if place.size))
    keys = dict(zip(spans, _keys(), strict=False))
    wrong = found.error.offset if found.error else None
    painted = _Painted({at: span for span in spans for at in range(span[0], sum(span))}, _fills(found))
    end = max(len(frm_payload), 0 if wrong is None else wrong + 1)
    for row in _rows(end, out.width):
        yield from terminal.line(f"{INDENT}{row.start:>4}  ", *painted.line(row, _hex(frm_payload)))
        marks = {at: keys[span] for at, span in painted.owners.items()} | ({} if wrong is None else {wrong: "^^"})
        yield from terminal.line(f"{INDENT}      ", *painted.line(row, marks, wrong=wrong))
    cells = [_told(place, frm_payload, keys.get(_span(place), "")) for place in found.found]
    yield from terminal.table(out, cells, header=HEADER, indent=INDENT)


class _Painted(NamedTuple):
    """Bytes with the colours of their fields.

    Attributes:
        owners: byte to the first byte and the number of bytes of the field it belongs to.
        fills: those to the colour.
    """

    owners: Mapping[int, tuple[int, int]]
    fills: Mapping[tuple[int, int], str]

    def line(self, row: range, texts: Mapping[int, str], *, wrong: int | None = None) -> Iterator[tuple[str, str]]:
        """Two characters for each byte of a row; the space behind has the colour of a field that goes on."""
        for at in row:
            span = self.owners.get(at)
            style = "bold red" if at == wrong else f"black on {self.fills[span]}" if span else "none"
            goes_on = span is not None and at + 1 in row and self.owners.get(at + 1) == span and at != wrong
            yield f"{texts.get(at, ''):<2}", style
            if at + 1 in row:
                yield " ", style if goes_on else "none"


def _rows(end: int, width: int) -> Iterator[range]:
    step = BYTES if width >= len(INDENT) + len("0000  ") + len("00 ") * BYTES else BYTES // 2
    for start in range(0, end, step):
        yield range(start, min(start + step, end))


def _span(place: Place) -> tuple[int, int]:
    return place.offset, place.size


def _fills(found: Places) -> dict[tuple[int, int], str]:
    """The colours: fields by turns, pale grey for what is no member of the data."""
    fills: dict[tuple[int, int], str] = {}
    fields = count(1)
    for place in found.found:
        if _span(place) not in fills:
            fills[_span(place)] = field_fill(next(fields)) if place.path and place.size else SPARE
    return fills


def _keys() -> Iterator[str]:
    """The letters a to z, then aa, ab and so on: more than a payload has bytes."""
    pairs = ("".join(pair) for pair in product(ascii_lowercase, repeat=2))
    return chain(ascii_lowercase, pairs)


def _hex(content: bytes) -> dict[int, str]:
    return {at: f"{byte:02x}" for at, byte in enumerate(content)}


def _told(place: Place, frm_payload: bytes, key: str) -> tuple[str, ...]:
    """A place as cells of the table."""
    last = place.offset + place.size - 1
    where = "" if not place.size else str(last) if place.size == 1 else f"{place.offset}-{last}"
    field = place.path or f"({place.kind})"
    value = _value(place.value) if place.path or isinstance(place.value, dict) else ""
    return key, field, where, _bits(place), _raw(place, frm_payload), value, place.unit or ""


def _bits(place: Place) -> str:
    if place.first_bit is None or place.width is None:
        return ""
    last = place.first_bit + place.width - 1
    return str(last) if place.width == 1 else f"{last}-{place.first_bit}"


def _raw(place: Place, frm_payload: bytes) -> str:
    """What is on the wire, in hex, and the number that it is."""
    if place.width is not None and isinstance(place.raw, int):
        return f"0x{place.raw & (1 << place.width) - 1:x} = {place.raw}"
    content = frm_payload[place.offset : place.offset + place.size].hex(" ")
    return content if isinstance(place.raw, bytes | None) else f"{content} = {place.raw}"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else dump(value)
