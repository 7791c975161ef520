"""Results as people read them on a terminal: tables with units, warnings, the line of script that failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from octavo import payload
from octavo.cli import output
from octavo.cli.failures import counted, printable
from octavo.cli.inputs import sentence
from octavo.cli.snippet import source_lines
from octavo.devices import Checked
from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console, RenderableType

    from octavo.cli.inputs import Item
    from octavo.device import Device
    from octavo.messages import Decoded, Encoded
    from octavo.pipeline import Outcome

FieldPath = tuple["str | int", ...]


class Screen:
    """Prints results on a terminal.

    Args:
        device: the device, whose schema knows the units.
        downlink: whether downlink data is shown.
        out: where results go; standard output.
        err: where errors go; standard error.
    """

    def __init__(
        self,
        device: Device,
        *,
        downlink: bool = False,
        out: Console | None = None,
        err: Console | None = None,
    ) -> None:
        self.out = out or output.console()
        self.err = err or output.console(stderr=True)
        schema = (device.downlink if downlink else device.uplink) if isinstance(device, Checked) else None
        self.schema = schema

    def payload(self, item: Item, outcome: Decoded | Error, f_port: int) -> None:
        """Print what a payload says."""
        if item.reading:
            size = counted(len(item.reading.data), "byte")
            self._heading(f"{item.reading.data.hex() or '(empty)'}  {item.reading.how}, {size}, FPort {f_port}")
        self._decoded(outcome.decoded if isinstance(outcome, Error) else outcome, f_port)

    def message(self, item: Item, outcome: Outcome) -> None:
        """Print what the payload of a message says."""
        incoming = outcome.incoming
        names = [
            outcome.kind or item.where or "message",
            outcome.ids["application_id"],
            outcome.ids["device_id"],
        ]
        heading = "  ".join(name for name in names if name)
        if incoming and incoming.frm_payload:
            heading += f"  {incoming.frm_payload.hex()}, FPort {incoming.f_port}"
        self._heading(heading)
        self._decoded(outcome.decoded, incoming.f_port if incoming else None)

    def encoded(self, outcome: Encoded) -> None:
        """Print the bytes of a downlink."""
        content = outcome.frm_payload
        table = _table("", "", header=False)
        if content is not None:
            for name, text in _spellings(content):
                table.add_row(name, text)
        table.add_row("f_port", str(outcome.f_port))
        self._indented(table)
        self._lists(outcome)

    def error(self, item: Item, error: Error) -> None:
        """Print why something failed, and the line it failed in."""
        self.err.print(Text(f"error: {printable(sentence(item, error))}", style="bold red"))
        for line in source_lines(error):
            self.err.print(Text(line), no_wrap=True, overflow="ignore", crop=False)

    def _decoded(self, decoded: Decoded | None, f_port: int | None) -> None:
        if decoded is None:
            return
        if decoded.data is not None:
            units = self.schema.units(f_port) if self.schema else {}
            self._indented(fields_table(decoded.data, units))
        self._lists(decoded)
        for number, measurement in enumerate(decoded.normalized or [], start=1):
            self.out.print(Text(f"  normalized {number}", style="bold"))
            self._indented(fields_table(measurement, {}))
        self._lines("normalized warning", decoded.normalized_warnings, "yellow")

    def _lists(self, result: Decoded | Encoded) -> None:
        self._lines("warning", result.warnings, "yellow")
        self._lines("log", result.log, "cyan")
        self._lines("note", result.notes, "magenta")

    def _lines(self, label: str, lines: list[str], style: str) -> None:
        for line in lines:
            self.out.print(Text.assemble("  ", (f"{label}: ", style), printable(line)))

    def _heading(self, text: str) -> None:
        self.out.print(Text(printable(text), style="bold"))

    def _indented(self, inner: RenderableType) -> None:
        self.out.print(Padding(inner, (0, 0, 0, 2), expand=False))


def print_table(out: Console, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows under headings."""
    table = _table(*columns)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    out.print(table)


def fields_table(data: Any, units: Mapping[str, str]) -> Table:
    """A table of the fields of decoded data: name, value, unit."""
    patterns = [(tuple(pointer.split("/")[1:]), unit) for pointer, unit in units.items()]
    table = _table("field", "value", "unit")
    for path, value in fields(data):
        table.add_row(_dotted(path), Text(_value(value)), _unit(path, patterns))
    return table


def fields(data: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """Each field with its path; lists of plain values are one field."""
    inner = _children(data)
    if not inner:
        yield path, data
    for key, value in inner:
        yield from fields(value, (*path, key))


def _children(data: Any) -> list[tuple[str | int, Any]]:
    if isinstance(data, dict):
        return list(data.items())
    if isinstance(data, list) and any(isinstance(item, dict | list) for item in data):
        return list(enumerate(data))
    return []


def _dotted(path: FieldPath) -> Text:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return Text(printable("".join(parts).removeprefix(".") or "(data)"))


def _value(value: Any) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _unit(path: FieldPath, patterns: list[tuple[tuple[str, ...], str]]) -> str:
    """The unit of the schema's path that fits: a ``*`` there is any name or index."""
    escaped = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
    for pattern, unit in patterns:
        if len(pattern) == len(escaped) and all(map(_fits, pattern, escaped)):
            return unit
    return ""


def _fits(wanted: str, part: str) -> bool:
    return wanted in {"*", part}


def _table(*columns: str, header: bool = True) -> Table:
    table = Table(box=None, show_header=header, header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _spellings(content: bytes) -> list[tuple[str, str]]:
    return [
        ("hex", payload.write(content, "hex") or "(empty)"),
        ("base64", payload.write(content, "base64")),
        ("bytes", f"{payload.write(content, 'ints')} ({len(content)})"),
    ]
