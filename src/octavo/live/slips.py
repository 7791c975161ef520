"""What is wrong with a configuration, in words that hold no secret."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError

if TYPE_CHECKING:
    import tomllib
    from collections.abc import Iterator, Mapping, Sequence

    from octavo.messages import Finding
    from octavo.schemas import DataSchema

SCHEMA = Path(__file__).with_name("config.schema.json")

TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")

LISTED = re.compile(r"\s*\[{0,2}\s*(sinks|secrets)\b")
"""A line that begins one of the lists of tables, or is mistaken for that."""

TWICE = ("Cannot declare", "Cannot overwrite", "Cannot mutate")
"""How `tomllib` begins to say that a table stands there already, or something else in its place."""

NO_VALUE = "Invalid value"
"""What `tomllib` says of a text without quotes, among others."""

NUMBERS = ("integer", "number", "boolean")
"""Types whose wrong values may be told: what stands there by mistake is no password."""

SEPARATED_EUI = re.compile(r"(?=.*[A-F:. ])[0-9A-Fa-f]{2,4}(?:[-:. ][0-9A-Fa-f]{2,4})+")
"""Hexadecimal digits in groups; with small ones and dashes only it may be a device id of The Things Stack.

Source: The Things Stack documentation, "ID and EUI constraints"; lorawan-stack,
api/ttn/lorawan/v3/identifiers.proto.
"""

EUI_DIGITS = 16


@cache
def schema() -> DataSchema:
    """What a configuration has to fit."""
    from octavo.schemas import DataSchema  # noqa: PLC0415 - the schemas are loaded where there is a file

    return DataSchema.load(SCHEMA)


# ---- TOML ----


def not_toml(error: tomllib.TOMLDecodeError, text: str, path: Path) -> ContentError:
    """The error for a file that is no TOML."""
    place = TOML_PLACE.search(str(error))
    line, column = (int(part) if part else None for part in place.groups()) if place else (None, None)
    sentence = TOML_PLACE.sub("", str(error))
    there = text.split("\n")[line - 1] if line else ""
    return ContentError(f"not TOML: {sentence}{_toml_hint(sentence, there)}", file=str(path), line=line, column=column)


def _toml_hint(sentence: str, line: str) -> str:
    if sentence.startswith(NO_VALUE):
        return ': a text stands in quotes, "$NAME" too; true and false have small letters'
    listed = LISTED.match(line)
    if listed and sentence.startswith(TWICE):
        name = listed[1]
        return f": each of the {name} begins with [[{name}]], and neither [{name}] nor {name} = … stands beside them"
    return ""


# ---- findings of the schema ----


def told(finding: Finding, replaced: set[str]) -> ContentError:
    """The sentence of a finding; without the value, where that may be a secret.

    Args:
        finding: what the schema found.
        replaced: the places where a variable was put in.
    """
    sentence, place, rule = finding.message, *_rule(finding)
    if rule == "additionalProperties":
        sentence = sentence.partition(", got ")[0]
        known = _part(place).get("properties", {})
        sentence += "" if "did you mean" in sentence else f": one of {', '.join(known)} was expected"
    elif not isinstance(finding.value, dict | list | None):
        sentence = sentence if _may_be_told(finding, _part(place), replaced) else sentence.partition(", got ")[0]
        sentence += _of_variable(rule) if finding.path in replaced else _meant(finding.value, _part(place))
    return ContentError(f"{key_of(finding.path)}: {sentence}", path=finding.path)


def _rule(finding: Finding) -> tuple[str, str]:
    """Where in the schema the rule stands that was broken, and how it is called."""
    place, _, rule = finding.schema.partition("#")[2].rpartition("/")
    return place, rule


def _part(place: str) -> dict[str, Any]:
    from octavo.schemas.pointers import resolve  # noqa: PLC0415 - as above

    found = resolve(schema().contents, f"#{place}")
    return found if isinstance(found, dict) else {}


def _may_be_told(finding: Finding, part: Mapping[str, Any], replaced: set[str]) -> bool:
    """Whether a value can be no secret: something else than a text was expected, or one of a few words."""
    if finding.path in replaced or finding.path.startswith("/secrets/"):
        return False
    return "enum" in part or part.get("type") in NUMBERS


def _of_variable(rule: str) -> str:
    return ", and a variable is text" if rule == "type" else ", which the environment variable does not hold"


def _meant(value: Any, part: Mapping[str, Any]) -> str:
    close = get_close_matches(str(value), map(str, part.get("enum", ())), n=1)
    return f": did you mean {close[0]}?" if close else ""


# ---- what no schema tells ----


def unfit(contents: Mapping[str, Any]) -> Iterator[ContentError]:
    """An error for each sink that is called as one before it, and each device whose name no message has."""
    yield from _same_names(contents.get("sinks"))
    yield from _separated_euis(contents.get("devices"))


def _same_names(sinks: Any) -> Iterator[ContentError]:
    tables = [each if isinstance(each, dict) else {} for each in sinks] if isinstance(sinks, list) else []
    named = [each.get("name", each.get("type")) for each in tables]
    for number, name in enumerate(named):
        if isinstance(name, str) and name in named[:number]:
            message = f"sinks[{number}].name: two sinks are called {name}: give each a name of its own"
            yield ContentError(message, path=f"/sinks/{number}/name")


def _separated_euis(devices: Any) -> Iterator[ContentError]:
    """EUIs in groups; a device of ChirpStack that has such a name has the EUI, too, so nothing is lost by that."""
    for key in devices if isinstance(devices, dict) else ():
        digits = re.sub("[-:. ]", "", key)
        if SEPARATED_EUI.fullmatch(key) and len(digits) == EUI_DIGITS:
            message = f'devices: "{key}" would match nothing: an EUI stands there as "{digits.upper()}"'
            yield ContentError(message, path=pointer_of(("devices", key)))


# ---- places ----


def pointer_of(path: Sequence[str | int]) -> str:
    """The JSON Pointer of a path."""
    from octavo.schemas.pointers import pointer  # noqa: PLC0415 - as above

    return pointer(path)


def key_of(path: str) -> str:
    """A JSON Pointer as TOML has it.

    >>> key_of("/sinks/0/tls/ca")
    'sinks[0].tls.ca'
    """
    parts = parts_of(path)
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts).removeprefix(".") or "the file"


def parts_of(path: str) -> list[str]:
    """The parts of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
