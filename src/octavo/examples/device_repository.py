"""The examples of a codec YAML: format of TheThingsNetwork/lorawan-devices, and of octavo's declared codecs.

Source: lorawan-devices, lib/draft/schema.json (``examples`` of ``uplinkDecoder`` and its siblings), bin/validate.js
(``normalizeUplink`` gets the example's ``output``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from octavo.catalog import MEMBERS, check_members, read_definition
from octavo.errors import ContentError
from octavo.examples.members import expect, text_of, with_bytes
from octavo.examples.model import Check, Example, Suite

EXAMPLE_MEMBERS = ("description", "input", "output", "normalizedOutput")
"""Source: lorawan-devices, schema.json; ``normalizedOutput``: the same, ``uplinkDecoder.examples``."""

INPUT_MEMBERS = ("bytes", "fPort", "recvTime", "time", "variables", "data")
"""Source: The Things Stack, documentation of JavaScript payload formatters, the argument of each function."""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo._yaml import Document, Place


def read(path: Path, dialect: str | None = None) -> Suite:
    """Read the examples of a codec YAML; one that is none brings its error (`Example.error`).

    Args:
        path: the file.
        dialect: whose rules its script follows, instead of what the file says.

    Raises:
        ContentError: the file does not hold what it should, with line and column.
    """
    definition = read_definition(path)
    dialect = dialect or definition.dialect
    examples = tuple(_all(definition.document, path.as_posix()))
    if dialect is not None and _throws(dialect):
        examples = tuple(map(_throwing, examples))
    if definition.declaration is not None:
        return Suite(path, examples, declared=True, text=definition.document.text)
    return Suite(path, examples, dialect=dialect, text=definition.document.text)


def _all(document: Document, file: str) -> Iterator[Example]:
    for member in document.value:
        if member in MEMBERS:
            yield from _of_member(document, file, member)


def _of_member(document: Document, file: str, member: str) -> Iterator[Example]:
    part = expect(document, (member,), document.value[member], dict, "a mapping")
    given = part.get("examples")
    examples = [] if given is None else expect(document, (member, "examples"), given, list, "a list")
    for index, raw in enumerate(examples):
        place = (member, "examples", index)
        key = f"{file}::{MEMBERS[member]}-{index}"
        try:
            yield _example(document, place, raw, key)
        except ContentError as error:
            yield Example(key, MEMBERS[member], text_of(raw, "description"), error=error)


def _example(document: Document, place: Place, raw: Any, key: str) -> Example:
    expect(document, place, raw, dict, "a mapping with input and output")
    check_members(document, place, raw, EXAMPLE_MEMBERS)
    given = with_bytes(document, (*place, "input"), raw.get("input"))
    check_members(document, (*place, "input"), given, INPUT_MEMBERS)
    operation = MEMBERS[str(place[0])]
    output = with_bytes(document, (*place, "output"), raw.get("output"))
    checks = [Check(operation, given, output, (*place, "output"))]
    if "normalizedOutput" in raw:
        checks.append(_normalization(raw, output, (*place, "normalizedOutput")))
    return Example(key, operation, text_of(raw, "description"), tuple(checks))


def _throws(dialect: str) -> bool:
    """Whether the functions of a dialect can report an error by throwing it only."""
    from octavo.formatters.dialects import dialect_table  # noqa: PLC0415 - loaded where a dialect is named

    return not dialect_table(dialect).reports_errors


def _throwing(example: Example) -> Example:
    """The example with a thrown error as what is expected, where its output is one error and nothing else."""
    checks = tuple(
        replace(check, throws=check.expected["errors"][0]) if _is_one_error(check.expected) else check
        for check in example.checks
    )
    return replace(example, checks=checks)


def _is_one_error(output: Any) -> bool:
    errors = output.get("errors") if isinstance(output, dict) and len(output) == 1 else None
    return isinstance(errors, list) and len(errors) == 1 and isinstance(errors[0], str)


def _normalization(raw: dict[str, Any], output: dict[str, Any], place: Place) -> Check:
    """The normalizer, called with what is expected of the decoder; a single measurement is a list of one."""
    expected = raw["normalizedOutput"]
    is_object = isinstance(expected, dict) and isinstance(expected.get("data"), dict)
    view = _as_object if is_object else _as_list
    return Check("normalize_uplink", output, expected, place, label="normalizedOutput", view=view)


def _as_list(result: Any) -> Any:
    data = result.get("data") if isinstance(result, dict) else None
    return result | {"data": [data]} if isinstance(data, dict) else result


def _as_object(result: Any) -> Any:
    data = result.get("data") if isinstance(result, dict) else None
    return result | {"data": data[0]} if isinstance(data, list) and len(data) == 1 else result
