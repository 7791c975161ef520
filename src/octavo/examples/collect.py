"""From paths on a command line to files of examples, and to the suites that they hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from octavo import catalog
from octavo.errors import ContentError, NotFoundError
from octavo.examples import chirpstack, drivers, formats
from octavo.examples.formats import YAML_SUFFIXES
from octavo.examples.model import Row, Suite, unreadable, untested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SKIPPED_FOLDERS = ("node_modules", "__pycache__")
"""Folders that are not looked into, beside those whose name begins with a dot."""

NAME_YAML = ContentError("examples stand in a codec YAML that names the script, or in test files beside it: test those")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has examples, or should have.

    Attributes:
        path: the file.
        key: the one example, or the operation, that is asked for; "" for all.
        named: whether the file itself was named, not a folder that it is in.
        row: what is said of it unread, or None.
    """

    path: Path
    key: str = ""
    named: bool = False
    row: Row | None = None

    def read(self, dialect: str | None = None) -> Suite | Row | None:
        """The suite, or the row that stands for it; None where the file turns out to be somebody else's."""
        if self.row is not None:
            return self.row
        try:
            suite = formats.read(self.path, dialect)
        except NotFoundError as error:
            return unreadable(self.path, error)
        except ContentError as error:
            return unreadable(self.path, error) if self._is_ours() else None
        if suite is None:
            foreign = ContentError(formats.EXPECTED, file=str(self.path))
            return unreadable(self.path, foreign) if self._is_ours() else None
        if suite.examples:
            return self._selected(suite)
        return None if chirpstack.wants_none(self.path) and not self.named else untested(self.path)

    def _is_ours(self) -> bool:
        """Whether the file has to hold examples."""
        return self.named or self.path.suffix in YAML_SUFFIXES or formats.is_claimed(self.path)

    def _selected(self, suite: Suite) -> Suite:
        if not self.key:
            return suite
        chosen = suite.select(frozenset([self.key]))
        if not chosen.examples:
            known = ", ".join(example.key for example in suite.examples)
            raise NotFoundError(f"there is no example {self.key!r}: {suite.path} has {known}")
        return chosen


def collect(target: str) -> Iterator[Suite | Row]:
    """The suites that a path, a folder, an example's id or a catalogue id stands for.

    A file without examples, or one that cannot be read, is a row in its place.

    Raises:
        NotFoundError: no such path or id.
    """
    found = (source.read() for source in sources(target))
    return (suite for suite in found if suite is not None)


def sources(target: str) -> Iterator[Source]:
    """The files that a path, a folder, an example's id or a catalogue id stands for, unread.

    Raises:
        NotFoundError: no such path or id.
    """
    name, _, key = target.partition("::")
    path = Path(name)
    found = _in_folder(path) if path.is_dir() else _of_file(path, key) if path.exists() else iter(())
    first = next(found, None)
    if first is not None:
        yield from chain([first], found)
    elif not path.is_dir() and name.endswith(("/", ".js", ".json", *YAML_SUFFIXES)):
        raise NotFoundError(f"{name}: no such file or folder")
    else:
        yield from _of_id(name, key, may_miss=path.is_dir())


def _of_id(name: str, key: str, *, may_miss: bool) -> Iterator[Source]:
    try:
        file = catalog.find(name).file
    except NotFoundError:
        if may_miss:
            return
        raise
    yield from _of_file(file, key)


def _of_file(path: Path, key: str) -> Iterator[Source]:
    """What a file that was named stands for."""
    if path.suffix == ".js":
        yield from _of_script(path, key)
    elif path.suffix == ".py":
        beside = _examples_beside(path)
        yield Source(beside, key, named=True) if beside else Source(path, row=untested(path))
    else:
        yield Source(path, key, named=True)


def _of_script(script: Path, key: str) -> Iterator[Source]:
    """The test files beside a script, those of its driver, or the codec YAML of its name."""
    tests = chirpstack.tests_of(script)
    if not tests and drivers.is_claimed(script.parent):
        tests = list(_drivers_examples(script.parent))
    if not tests:  # a package that does not say that it is a driver's
        tests = [file for file in _drivers_examples(script.parent) if _is_for(script, file)]
    if not tests and (beside := _examples_beside(script)):
        tests = [beside]
    if not tests:
        yield Source(script, row=unreadable(script, NAME_YAML))
    for file in tests:
        if not key or len(tests) == 1 or _has(file, key):
            yield Source(file, key, named=True)


def _is_for(script: Path, file: Path) -> bool:
    """Whether a file has examples of a script."""
    suite = Source(file).read()
    return isinstance(suite, Suite) and suite.script is not None and suite.script.resolve() == script.resolve()


def _has(file: Path, key: str) -> bool:
    suite = Source(file).read()
    return isinstance(suite, Suite) and bool(suite.select(frozenset([key])).examples)


# ---- folders ----


def _in_folder(top: Path) -> Iterator[Source]:
    for inner, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        folder = Path(inner)
        found = [*_examples_in(folder, names), *_without_examples(folder, names)]
        yield from sorted(found, key=lambda source: source.path)


def _examples_in(folder: Path, names: Iterable[str]) -> Iterator[Source]:
    for name in names:
        path = folder / name
        if _is_codec_yaml(path) or (formats.may_be_examples(name) and path.is_file()):
            yield Source(path)


def _is_codec_yaml(path: Path) -> bool:
    return path.suffix in YAML_SUFFIXES and path.is_file() and catalog.is_content_file(path)


def _without_examples(folder: Path, names: list[str]) -> Iterator[Source]:
    """What stands for a device, but has no examples beside it."""
    for has_none in WITHOUT:
        for path in has_none(folder, names):
            yield Source(path, row=untested(path))


def _bare_declarations(folder: Path, names: list[str]) -> Iterator[Path]:
    """Declared codecs (``codecs/<vendor>/<device>.py``)."""
    if folder.parent.name != "codecs":
        return
    for name in names:
        path = folder / name
        if path.suffix == ".py" and not name.startswith("_") and _examples_beside(path) is None:
            yield path


def _bare_scripts(folder: Path, names: list[str]) -> Iterator[Path]:
    """Scripts of a ChirpStack device profile."""
    has_tests = any(name.startswith(tuple(chirpstack.PREFIXES)) for name in names)
    if folder.name == "codecs" and (has_tests or catalog.is_profile_folder(folder)):
        scripts = (folder / name for name in names if name.endswith(".js"))
        yield from (script for script in scripts if not chirpstack.tests_of(script))


def _bare_drivers(folder: Path, names: list[str]) -> Iterator[Path]:
    """Folders of drivers, by the file that says so."""
    says = next((name for name in (catalog.DRIVER_FILE, drivers.PACKAGE_FILE) if name in names), None)
    if says and drivers.is_claimed(folder) and not any(_drivers_examples(folder)):
        yield folder / says


WITHOUT: tuple[Callable[[Path, list[str]], Iterator[Path]], ...] = (_bare_declarations, _bare_scripts, _bare_drivers)


def _drivers_examples(folder: Path) -> Iterator[Path]:
    for inside in (folder, *(folder / name for name in drivers.EXAMPLE_FOLDERS)):
        names = sorted(path.name for path in inside.iterdir()) if inside.is_dir() else []
        yield from (inside / name for name in names if formats.may_be_examples(name))


def _examples_beside(path: Path) -> Path | None:
    beside = (path.with_suffix(suffix) for suffix in YAML_SUFFIXES)
    return next((file for file in beside if file.is_file()), None)
