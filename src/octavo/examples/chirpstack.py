"""The tests of ChirpStack's device profiles: ``codecs/test_decode_x.json`` and ``test_encode_x.json`` beside ``x.js``.

A file is a list of ``{name, input, expected}``, a JavaScript literal. The input reaches the function as it stands.
ChirpStack compares the texts of ``JSON.stringify``; so what that does to the expected value is done to it here.

Source: chirpstack-device-profiles, README.md and interface/src/js/mod.rs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, NotFoundError
from octavo.examples.members import expect, names, text_of
from octavo.examples.model import Check, Example, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from octavo._literal import Document

DIALECT = "chirpstack4"

PREFIXES = {"test_decode_": "decode_uplink", "test_encode_": "encode_downlink"}
"""Beginnings of file names, and the operation they are about."""


def read(path: Path, document: Document, dialect: str | None = None) -> Suite:
    """The suite of a test file.

    Raises:
        NotFoundError: there is no script of that name beside it.
        ContentError: it is no list.
    """
    script = script_of(path)
    if not script.is_file():
        raise NotFoundError(f"there is no script {script.name} beside it{_hint(script)}", file=str(path))
    expect(document, (), document.value, list, "a list of {name, input, expected}")
    examples = tuple(_all(document, path))
    return Suite(path, examples, "chirpstack", script=script, dialect=dialect or DIALECT, text=document.text)


def script_of(path: Path) -> Path:
    """The script that a test file is for. Source: the README: ``x.js`` has ``test_decode_x.json``."""
    name = path.name
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return path.with_name(f"{name.removesuffix('.json')}.js")


def wants_none(path: Path) -> bool:
    """Whether an empty test file is all that there is to say: its script names no function to encode with."""
    return path.name.startswith("test_encode_") and not names(script_of(path), "encodeDownlink")


def _hint(script: Path) -> str:
    close = sorted(file.name for file in script.parent.glob("*.js") if file.stem.startswith(f"{script.stem}-"))
    return f"; {', '.join(close)} begins like it" if close else ""


def tests_of(script: Path) -> list[Path]:
    """The test files that a script has."""
    files = (script.with_name(f"{prefix}{script.stem}.json") for prefix in PREFIXES)
    return [file for file in files if file.is_file()]


def _all(document: Document, path: Path) -> Iterator[Example]:
    of_file = next((operation for prefix, operation in PREFIXES.items() if path.name.startswith(prefix)), None)
    for index, raw in enumerate(document.value):
        operation = of_file or _operation(raw)
        key = f"{path.as_posix()}::{operation}-{index}"
        try:
            yield _example(document, index, raw, operation, key)
        except ContentError as error:
            yield Example(key, operation, text_of(raw, "name"), error=error)


def _operation(raw: Any) -> str:
    """What an example in a file of another name is about."""
    given = raw.get("input") if isinstance(raw, dict) else None
    return "encode_downlink" if isinstance(given, dict) and "bytes" not in given else "decode_uplink"


def _example(document: Document, index: int, raw: Any, operation: str, key: str) -> Example:
    expect(document, (index,), raw, dict, "an object with name, input and expected")
    for member in ("input", "expected"):
        expect(document, (index, member), raw.get(member), dict, "an object")
    check = Check(operation, raw["input"], _printed(raw["expected"]), (index, "expected"))
    return Example(key, operation, text_of(raw, "name"), (check,))


def _printed(value: Any) -> Any:
    """A value as ``JSON.stringify`` prints it. Source: ECMA-262, SerializeJSONProperty."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _printed(inner) for key, inner in value.items()}
    return [_printed(inner) for inner in value] if isinstance(value, list) else value
