"""The file of accepted findings: what is known and stays as it is, so that only what is new is told."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo import _literal, catalog
from octavo._files import replace_file
from octavo.devices import LOADERS
from octavo.errors import ContentError, NotFoundError
from octavo.examples.formats import YAML_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from octavo._literal import Document, Place
    from octavo.lab.findings import Defect

    Key = tuple[str, str, str]

MOST_BYTES = 64 * 1024 * 1024
"""Size above which a file is refused: half a million findings."""

MEMBERS = ("subject", "kind", "where")
"""What names a finding; see `octavo.lab.findings.Defect`."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that are accepted.

    Attributes:
        file: where they stand. A subject that is a path is kept from the file's folder on, so that the same file holds
            wherever it is asked from.
        keys: subject, kind and where of each; see `subject`.
    """

    file: Path
    keys: frozenset[Key] = frozenset()

    def has(self, defect: Defect) -> bool:
        """Whether a finding is accepted: all that it is made of."""
        return self.named(defect) <= self.keys

    def named(self, defect: Defect) -> frozenset[Key]:
        """A finding as the file names it; one of several parts is as many."""
        subject = self.subject(defect.subject)
        places = [f"{defect.where}: {part}" for part in defect.parts] or [defect.where]
        return frozenset((subject, defect.kind, where) for where in places)

    def subject(self, name: str) -> str:
        """A formatter as the file names it: an id as it is, a path from the file's folder on.

        A codec YAML of one script and the script are one formatter, whichever was asked for: the script names it.
        """
        if not _is_path(name):
            return name
        file = _script_of(Path(name).resolve())
        try:
            return Path(os.path.relpath(file, self._folder)).as_posix()
        except ValueError:  # another drive of Windows
            return file.as_posix()

    def gone(self, found: Iterable[Defect], examined: Collection[str], kinds: Collection[str]) -> list[Key]:
        """The accepted findings that no longer occur.

        Args:
            found: what an examination found.
            examined: the formatters that it looked at, by name.
            kinds: what it looked for. Other accepted findings may still occur.
        """
        subjects = {self.subject(name) for name in examined}
        lost = {key for key in self.keys if key[1] in kinds and (key[0] in subjects or self._is_away(key[0]))}
        return sorted(lost.difference(*map(self.named, found)))

    def changed(self, accepted: Iterable[Defect], gone: Iterable[Key]) -> Baseline:
        """This, with some findings more and some less."""
        return Baseline(self.file, (self.keys - frozenset(gone)).union(*map(self.named, accepted)))

    def write(self) -> None:
        """Put it into its file, one finding a line, in the order of their names.

        Raises:
            ContentError: the file cannot be written.
        """
        rows = [f"\n    {json.dumps(dict(zip(MEMBERS, key, strict=True)))}" for key in sorted(self.keys)]
        end = "\n  " if rows else ""
        text = f'{{\n  "accepted": [{",".join(rows)}{end}]\n}}\n'
        try:
            replace_file(self.file, text.encode("ascii"))
        except OSError as error:
            raise ContentError(f"the file cannot be written: {error.strerror}", file=str(self.file)) from error

    @property
    def _folder(self) -> Path:
        return self.file.resolve().parent

    def _is_away(self, subject: str) -> bool:
        """Whether a formatter is a file that is not there any more."""
        try:
            return _is_path(subject) and not (self._folder / subject).exists()
        except OSError:  # longer than a name can be
            return True


def read(file: Path) -> Baseline:
    """The findings that a file accepts.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it holds something else; with the place.
    """
    document = _literal.read(file, most_bytes=MOST_BYTES)
    rows = document.value.get("accepted") if isinstance(document.value, dict) else None
    if not isinstance(rows, list):
        raise document.error((), 'a file of accepted findings was expected: {"accepted": [...]}')
    return Baseline(file, frozenset(_key(document, ("accepted", index), row) for index, row in enumerate(rows)))


def read_or_new(file: Path) -> Baseline:
    """The same, and of a file that is not there none.

    Raises:
        ContentError: as for `read`.
    """
    try:
        return read(file)
    except NotFoundError:
        return Baseline(file)


def _key(document: Document, place: Place, row: Any) -> Key:
    expected = "an accepted finding was expected: an object whose subject, kind and where are texts"
    if not isinstance(row, dict) or set(row) != set(MEMBERS):
        raise document.error(place, expected)
    for name in MEMBERS:
        if not isinstance(row[name], str):
            raise document.error((*place, name), expected)
    return row["subject"], row["kind"], row["where"]


def _is_path(subject: str) -> bool:
    return Path(subject).suffix in LOADERS


@lru_cache(maxsize=1024)
def _script_of(file: Path) -> Path:
    """The only script that a codec YAML names; any other file itself."""
    if file.suffix not in YAML_SUFFIXES:
        return file
    try:
        scripts = {script.resolve() for script in catalog.read_definition(file).scripts.values()}
    except ContentError:
        return file
    return scripts.pop() if len(scripts) == 1 else file
