"""Which format a file of examples has, told by what is in it; a name alone never decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo import _literal
from octavo.catalog import MAX_FILE_BYTES, is_profile_folder
from octavo.examples import actility, chirpstack, device_repository, drivers, ts013

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from octavo.examples.model import Suite

YAML_SUFFIXES = (".yaml", ".yml")

EXPECTED = (
    "no examples of a format that octavo knows: a list of {name, input, expected} (ChirpStack), of"
    " {type, input, output} (TS013) or of {type, bytes, data} (ThingPark X) was expected"
)


def read(path: Path, dialect: str | None = None) -> Suite | None:
    """The examples of a file; None where it is JSON, or a literal, of something else.

    Args:
        path: the file.
        dialect: whose rules the script follows, whatever the files say.

    Raises:
        NotFoundError: the file, or the script that it is for, does not exist.
        ContentError: it does not hold what it should, with line and column.
    """
    if path.suffix in YAML_SUFFIXES:
        return device_repository.read(path, dialect)
    document = _literal.read(path, most_bytes=MAX_FILE_BYTES)
    reader = _reader(path, document.value)
    return None if reader is None else reader(path, document, dialect)


def may_be_examples(name: str) -> bool:
    """Whether a file of this name is worth opening, where all files of a folder are looked at."""
    if not name.endswith(".json"):
        return False
    is_named = name == "examples.json" or name in ts013.SAMPLES or name.startswith(tuple(chirpstack.PREFIXES))
    return is_named or name.endswith((".examples.json", ".errors.json"))


def _reader(path: Path, value: Any) -> Callable[..., Suite] | None:
    if not isinstance(value, list):
        return None
    if not value:
        return _reader_by_name(path)
    return next((reader for recognise, reader in READERS if any(map(recognise, value))), None)


def _reader_by_name(path: Path) -> Callable[..., Suite] | None:
    """Of an empty list, in the place of somebody's examples."""
    if path.name.startswith(tuple(chirpstack.PREFIXES)):
        return chirpstack.read if is_claimed(path) else None
    return ts013.read if is_claimed(path) else None


def is_claimed(path: Path) -> bool:
    """Whether the place of a file of examples says that it is one, so that it has to be right."""
    if path.name.startswith(tuple(chirpstack.PREFIXES)):
        return chirpstack.script_of(path).is_file() or is_profile_folder(path.parent)
    return drivers.is_claimed(drivers.folder_of(path))


def _is_chirpstack(raw: Any) -> bool:
    given = raw.get("input") if isinstance(raw, dict) else None
    return isinstance(given, dict) and "expected" in raw and bool({"bytes", "data"} & given.keys())


def _is_ts013(raw: Any) -> bool:
    return isinstance(raw, dict) and _type_in(raw, ts013.TYPES) and "input" in raw


def _is_actility(raw: Any) -> bool:
    return isinstance(raw, dict) and _type_in(raw, actility.TYPES) and bool({"bytes", "data", "error"} & raw.keys())


def _type_in(raw: dict[str, Any], known: Any) -> bool:
    return isinstance(raw.get("type"), str) and raw["type"] in known


READERS: tuple[tuple[Callable[[Any], bool], Callable[..., Suite]], ...] = (
    (_is_chirpstack, chirpstack.read),
    (_is_ts013, ts013.read),
    (_is_actility, actility.read),
)
