"""Results as people read them on a terminal: tables with units, warnings, the line of script that failed."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from octavo import payload
from octavo.cli import terminal
from octavo.cli.failures import counted
from octavo.cli.inputs import sentence
from octavo.cli.snippet import source_lines
from octavo.devices import schema_of
from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.segment import Segment

    from octavo.cli.inputs import Item
    from octavo.device import Device
    from octavo.messages import Decoded, Encoded
    from octavo.pipeline import Outcome
    from octavo.schemas import DataSchema

FieldPath = tuple["str | int", ...]

INDENT = "  "

KNOWN = 4096
"""Fields whose units are kept at hand; a script may name any number of them."""


class Units:
    """The units of a device's fields, as its schema says.

    Args:
        schema: the schema; without one there are none.
    """

    def __init__(self, schema: DataSchema | None) -> None:
        self.schema = schema
        self.patterns = lru_cache(self._patterns)
        self.of = lru_cache(KNOWN)(self._of)

    def _patterns(self, f_port: int | None) -> list[tuple[tuple[str, ...], str]]:
        units = self.schema.units(f_port) if self.schema else {}
        return [(tuple(pointer.split("/")[1:]), unit) for pointer, unit in units.items()]

    def _of(self, f_port: int | None, path: FieldPath) -> str:
        """The unit of the schema's path that fits: a ``*`` there is any name or index."""
        escaped = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
        for pattern, unit in self.patterns(f_port):
            if len(pattern) == len(escaped) and all(map(_fits, pattern, escaped)):
                return unit
        return ""


NO_UNITS = Units(None)


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
        self.out = out or terminal.console()
        self.err = err or terminal.console(stderr=True)
        self.units = Units(schema_of(device, "downlink" if downlink else "uplink"))

    def payload(self, item: Item, outcome: Decoded | Error, f_port: int) -> None:
        """Print what a payload says."""
        shown: list[Segment] = []
        if item.reading:
            size = counted(len(item.reading.data), "byte")
            heading = f"{item.reading.data.hex() or '(empty)'}  {item.reading.how}, {size}, FPort {f_port}"
            shown += terminal.line((heading, "bold"))
        shown += self._decoded(outcome.decoded if isinstance(outcome, Error) else outcome, f_port)
        terminal.show(self.out, shown)

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
        decoded = self._decoded(outcome.decoded, incoming.f_port if incoming else None)
        terminal.show(self.out, [*terminal.line((heading, "bold")), *decoded])

    def encoded(self, outcome: Encoded) -> None:
        """Print the bytes of a downlink."""
        rows = [*_spellings(outcome.frm_payload), ("f_port", str(outcome.f_port))]
        terminal.show(self.out, [*terminal.table(self.out, rows, indent=INDENT), *_lists(outcome)])

    def error(self, item: Item, error: Error) -> None:
        """Print why something failed, and the line it failed in."""
        shown = [*terminal.line((f"error: {sentence(item, error)}", "bold red"))]
        for line in source_lines(error):
            shown += terminal.line(line)
        terminal.show(self.err, shown)

    def _decoded(self, decoded: Decoded | None, f_port: int | None) -> Iterator[Segment]:
        if decoded is None:
            return
        if decoded.data is not None:
            yield from self._fields(decoded.data, self.units, f_port)
        yield from _lists(decoded)
        for number, measurement in enumerate(decoded.normalized or [], start=1):
            yield from terminal.line((f"{INDENT}normalized {number}", "bold"))
            yield from self._fields(measurement, NO_UNITS, f_port)
        yield from _lines("normalized warning", decoded.normalized_warnings, "yellow")

    def _fields(self, data: Any, units: Units, f_port: int | None) -> Iterator[Segment]:
        """A table of the fields of decoded data: name, value, unit."""
        rows = ((_dotted(path), _value(value), units.of(f_port, path)) for path, value in fields(data))
        return terminal.table(self.out, rows, header=("field", "value", "unit"), indent=INDENT)


def _lists(result: Decoded | Encoded) -> Iterator[Segment]:
    yield from _lines("warning", result.warnings, "yellow")
    yield from _lines("log", result.log, "cyan")
    yield from _lines("note", result.notes, "magenta")


def _lines(label: str, lines: list[str], style: str) -> Iterator[Segment]:
    for text in lines:
        yield from terminal.line(INDENT, (f"{label}: ", style), text)


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


def _dotted(path: FieldPath) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".") or "(data)"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fits(wanted: str, part: str) -> bool:
    return wanted in {"*", part}


def _spellings(content: bytes | None) -> list[tuple[str, str]]:
    if content is None:
        return []
    return [
        ("hex", payload.write(content, "hex") or "(empty)"),
        ("base64", payload.write(content, "base64")),
        ("bytes", f"{payload.write(content, 'ints')} ({len(content)})"),
    ]
