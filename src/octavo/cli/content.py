"""``octavo list`` and ``octavo show``: what there is."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from octavo import catalog, devices
from octavo.cli import options, output
from octavo.cli.failures import say
from octavo.cli.fields import fields_of
from octavo.device import OPERATIONS
from octavo.errors import ContentError
from octavo.examples import Suite, collect
from octavo.formatters import Formatter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from octavo.device import Device

BUILT_IN = ("cayennelpp",)
"""Devices that need no file."""

FIELD_CELLS = ("path", "type", "unit", "values", "required")
"""What a terminal shows of each field."""

LIST_EXAMPLES = """\b
Examples:
  octavo list
  octavo list --json | jq -r .id

The workspace (the nearest folder upwards with formatters/ or codecs/) comes before what is shipped.
"""

SHOW_EXAMPLES = """\b
Examples:
  octavo show dragino/lht65
  octavo show formatters/my-company/my-device.yaml --json
  octavo show milesight/uc300 --full
"""


@click.command("list", short_help="List what can be named by id.", epilog=LIST_EXAMPLES)
@options.json_option
def list_command(*, as_json: bool) -> int:
    """List the formatters and codecs that can be named by id."""
    output.use_utf8()
    rows = [_row(name, "codec", None, name) for name in BUILT_IN]
    broken = []
    for entry in catalog.entries():
        try:
            rows.append(_row(entry.id, entry.kind, entry.file, f"{entry.kind}s:{entry.id}"))
        except ContentError as error:
            broken.append(str(error))
    _print_rows(rows, as_json=output.wants_json(as_json))
    for sentence in broken:
        say(sentence)
    return int(bool(broken))


@click.command("show", short_help="Show what a device offers.", epilog=SHOW_EXAMPLES)
@click.argument("device")
@click.option("--full", is_flag=True, help="Draw long tables item by item, not as a line for each.")
@options.json_option
def show_command(device: str, *, full: bool, as_json: bool) -> int:
    """Show what a device offers: operations, fields, examples, and pictures of a declared codec."""
    output.use_utf8()
    with devices.load(device) as loaded:
        details = _details(device, loaded)
        if output.wants_json(as_json):
            output.write_row(details)
        else:
            _print_details(details)
            _print_pictures(loaded, full=full)
    return 0


def _row(name: str, kind: str, file: Path | None, what: str) -> dict[str, Any]:
    """A row of ``list``; for a formatter its YAML is read, a declared codec is loaded."""
    if kind == "formatter" and file:
        definition = catalog.read_definition(file)
        return _cells(name, kind, definition.dialect or devices.DEFAULT_DIALECT, definition.operations, file)
    with devices.load(what) as device:
        return _cells(name, kind, device.dialect, device.operations, file)


def _cells(name: str, kind: str, dialect: str | None, operations: Iterable[str], file: Path | None) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "dialect": dialect,
        "operations": sorted(operations, key=OPERATIONS.index),
        "file": file.as_posix() if file else None,
    }


def _details(what: str, device: Device) -> dict[str, Any]:
    file = devices.locate(what)
    kind = "formatter" if isinstance(devices.unchecked(device), Formatter) else "codec"
    cells = _cells(device.name, kind, device.dialect, _operations(device, file), file)
    return cells | _described(device) | {"examples": _examples(file) if file else []}


def _operations(device: Device, file: Path | None) -> Iterable[str]:
    """What the device offers; of a lone script only the functions that its text names."""
    if file is None or file.suffix != ".js":
        return device.operations
    from octavo.formatters.dialects import dialect_table  # noqa: PLC0415 - loaded where a script is shown

    text = file.read_text(encoding="utf-8", errors="replace")
    offered = dialect_table(device.dialect or devices.DEFAULT_DIALECT).operations
    named = {name for name, each in offered.items() if any(function.name in text for function in each.functions)}
    return device.operations & named


def _described(device: Device) -> dict[str, Any]:
    """The units by JSON Pointer and the fields, each way, where a schema or a declaration tells; else null."""
    schemas = {way: devices.schema_of(device, way) for way in ("uplink", "downlink")}
    return {
        "units": {way: schema.units() if schema else None for way, schema in schemas.items()},
        "fields": {
            way: [field.to_dict() for field in fields_of(schema)] if schema else None for way, schema in schemas.items()
        },
    }


def _examples(file: Path) -> list[dict[str, str]]:
    suites = [suite for suite in collect(file.as_posix()) if isinstance(suite, Suite)]
    examples = (example for suite in suites for example in suite.examples)
    return [{"id": example.id, "description": example.description} for example in examples]


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            output.write_row(row)
        return
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    out = terminal.console()
    cells = ([row["id"], row["kind"], row["dialect"] or "", ", ".join(row["operations"])] for row in rows)
    terminal.show(out, terminal.table(out, cells, header=("id", "kind", "dialect", "operations")))


def _print_details(details: dict[str, Any]) -> None:
    from octavo.cli import terminal  # noqa: PLC0415 - as above

    out = terminal.console()
    cells = [(name, str(details[name] or "")) for name in ("id", "kind", "dialect", "file")]
    cells.append(("operations", ", ".join(details["operations"])))
    terminal.show(out, terminal.table(out, cells))
    for way, fields in details["fields"].items():
        for port, group in groupby(fields or [], key=itemgetter("f_port")):
            heading = f"{way} field" if port is None else f"{way} field, FPort {port}"
            rows = ([each[name] for name in FIELD_CELLS] for each in group)
            terminal.show(out, terminal.table(out, rows, header=(heading, *FIELD_CELLS[1:])))
    if details["examples"]:
        short = ((f"::{each['id'].rpartition('::')[2]}", each["description"]) for each in details["examples"])
        terminal.show(out, terminal.table(out, short, header=("example", "")))


def _print_pictures(device: Device, *, full: bool) -> None:
    """Where the fields of a declared codec lie."""
    if not devices.is_declared(devices.unchecked(device)):
        return
    from octavo.cli.layout import print_pictures  # noqa: PLC0415 - as above, and construct

    print_pictures(device, full=full)
