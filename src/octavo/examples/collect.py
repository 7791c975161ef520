"""From paths on a command line to suites of examples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from octavo import catalog
from octavo.errors import ContentError, NotFoundError
from octavo.examples import device_repository
from octavo.examples.model import Difference, Row, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator

YAML_SUFFIXES = (".yaml", ".yml")

SKIPPED_FOLDERS = ("node_modules", "__pycache__")
"""Folders that are not looked into, beside those whose name begins with a dot."""


def collect(target: str) -> Iterator[Suite | Row]:
    """The suites that a path, a folder, an example's id or a catalogue id stands for.

    A file without examples, or one that cannot be read, is a row in its place.

    Raises:
        NotFoundError: no such path or id.
    """
    name, _, key = target.partition("::")
    path = Path(name)
    for file in _files(path, name):
        yield _selected(_read(file), key, target) if key else _read(file)


def _selected(suite: Suite | Row, key: str, target: str) -> Suite | Row:
    if isinstance(suite, Row):
        return suite
    chosen = suite.select(frozenset([key]))
    if not chosen.examples:
        known = ", ".join(example.key for example in suite.examples)
        raise NotFoundError(f"there is no example {target!r}: {suite.path} has {known}")
    return chosen


def _files(path: Path, name: str) -> Iterator[Path]:
    """The files that a path or an id stands for; a folder without any does not hide an id."""
    found = _in_folder(path) if path.is_dir() else iter([path] if path.exists() else [])
    first = next(found, None)
    if first is not None:
        yield first
        yield from found
    elif not path.is_dir() and name.endswith(("/", *YAML_SUFFIXES)):
        raise NotFoundError(f"{name}: no such file or folder")
    else:
        yield from _of_id(name, may_miss=path.is_dir())


def _of_id(name: str, *, may_miss: bool) -> list[Path]:
    try:
        return [catalog.find(name).file]
    except NotFoundError:
        if may_miss:
            return []
        raise


def _in_folder(folder: Path) -> Iterator[Path]:
    for inner, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        paths = (Path(inner, name) for name in sorted(files))
        yield from (path for path in paths if _is_example_file(path) or _is_bare_declaration(path))


def _is_example_file(path: Path) -> bool:
    return path.suffix in YAML_SUFFIXES and path.is_file() and catalog.is_content_file(path)


def _is_bare_declaration(path: Path) -> bool:
    """A declared codec (``codecs/<vendor>/<device>.py``) with no examples beside it."""
    is_codec = path.suffix == ".py" and path.parent.parent.name == "codecs" and not path.name.startswith("_")
    return is_codec and _examples_beside(path) is None


def _examples_beside(path: Path) -> Path | None:
    beside = (path.with_suffix(suffix) for suffix in YAML_SUFFIXES)
    return next((file for file in beside if file.is_file()), None)


def _read(path: Path) -> Suite | Row:
    file = path if path.suffix in YAML_SUFFIXES else _examples_beside(path)
    if file is None and path.suffix == ".js":
        return unreadable(path, ContentError("examples stand in a codec YAML that names the script: test that"))
    if file is None:
        return untested(path)
    try:
        suite = device_repository.read(file)
    except ContentError as error:
        return unreadable(file, error)
    return suite if suite.examples else untested(file)


def untested(path: Path) -> Row:
    """The row of a device that has no examples: not a pass."""
    name = path.as_posix()
    return Row(name, name, None, "", "untested", notes=["there are no examples"])


def unreadable(path: Path, error: ContentError) -> Row:
    """The row of a file that does not hold what it should."""
    name = path.as_posix()
    return Row(name, name, None, "", "error", diff=[Difference("", None, None, str(error))], error=error)
