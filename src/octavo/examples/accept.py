"""``octavo test --accept``: what came out of an example takes the place of what its file expected.

Only the values that differ are replaced, in the style in which they stood; every other byte stays. What was written is
read again and compared before it is kept, and the examples are run again.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from octavo import _literal, _yaml
from octavo._files import replace_file
from octavo.errors import ContentError, Error
from octavo.examples import writing
from octavo.examples.compare import as_double
from octavo.examples.formats import YAML_SUFFIXES
from octavo.examples.model import Suite
from octavo.examples.runner import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from octavo.examples.model import Change, Row

ROUNDS = 3
"""Runs after which what still differs is no matter of what the file says: an output, then what is made of it."""

BOM = b"\xef\xbb\xbf"


def accept(suite: Suite, reread: Callable[[], object], *, stopped: Callable[[], bool] = bool) -> list[Row]:
    """Run a file's examples, write what came out where it was not expected, and run them again.

    Errors, limits and data that does not fit the device's schema are never accepted.

    Args:
        suite: the examples.
        reread: gives the suite of the file as it is then.
        stopped: as for `octavo.examples.run`.

    Returns:
        the rows of the last run, with notes on what was written, and where.
    """
    remarks: dict[str, list[str]] = {}
    rows = list(run(suite, stopped=stopped, moving=True))
    for _ in range(ROUNDS):
        wanted = [row for row in rows if row.changes]
        if not wanted:
            break
        try:
            lines = write(suite, wanted)
        except ContentError as error:
            return [_noted(row, remarks, f"not accepted: {error}" if row.changes else "") for row in rows]
        for row in wanted:
            remarks.setdefault(row.id, []).extend(_remarks(row, lines[row.id]))
        again = reread()
        if not isinstance(again, Suite):
            break
        suite = replace(again, rule=suite.rule, now=suite.now)
        rows = list(run(suite, stopped=stopped, moving=True))
    return [_noted(row, remarks, _why_not(row, remarks)) for row in rows]


def _remarks(row: Row, line: int) -> list[str]:
    return [f"accepted in line {line}: {difference.message}" for difference in row.diff]


def _why_not(row: Row, remarks: dict[str, list[str]]) -> str:
    if row.outcome not in ("failed", "error"):
        return ""
    if row.id in remarks:
        return "accepted, but another result came out the next time: it depends on time, chance or the examples before"
    return "not accepted: an error is no result" if row.error else "not accepted: no value of the file can mend it"


def _noted(row: Row, remarks: dict[str, list[str]], last: str) -> Row:
    notes = [*row.notes, *remarks.get(row.id, []), *([last] if last else [])]
    return replace(row, notes=list(dict.fromkeys(notes)), accepted=row.id in remarks)


def write(suite: Suite, rows: Iterable[Row]) -> dict[str, int]:
    """Put the changes of rows into their file.

    Returns:
        the line in which each row's first change stands, by the row's id.

    Raises:
        ContentError: the file was changed since it was read, or what would be written is not what was meant.
    """
    chosen = list(rows)
    file = _Text(suite)
    changes = [file.styled(change) for row in chosen for change in row.changes]
    edits = [file.edit(change) for change in changes]
    written = suite.text
    for start, end, new in sorted(edits, reverse=True):
        written = f"{written[:start]}{new}{written[end:]}"
    file.check(written, changes)
    _replace(suite.path, suite.text, written)
    return _lines(chosen, suite.text, edits)


class _Text:
    """The text of a file of examples, and where its values stand."""

    def __init__(self, suite: Suite) -> None:
        self.text = suite.text
        self.file = suite.path.as_posix()
        self.is_yaml = suite.path.suffix in YAML_SUFFIXES
        self.value = self.parse(self.text)
        self.spans: Any = _yaml.spans(self.text) if self.is_yaml else _literal.parse(self.text, self.file).spans()

    def parse(self, text: str) -> Any:
        """What a text holds."""
        return (_yaml if self.is_yaml else _literal).parse(text, self.file).value

    def styled(self, change: Change) -> Change:
        """A change whose bytes are hex where hex stands."""
        if change.place not in self.spans:
            path = "".join(f"/{part}" for part in change.place)
            raise ContentError("the value stands elsewhere: it is an alias", file=self.file, path=path)
        old = self.value
        for part in change.place:
            old = old[part]
        return replace(change, value=writing.as_stood(change.value, old))

    def edit(self, change: Change) -> tuple[int, int, str]:
        """First character, the one after the last, and what comes in their place."""
        span = self.spans[change.place]
        if self.is_yaml:
            return span.start, span.end, writing.yaml(change.value, self.text, span)
        return *span, writing.literal(change.value, self.text, *span)

    def check(self, written: str, changes: list[Change]) -> None:
        """Refuse to write what would not read as it was meant."""
        meant = deepcopy(self.value)
        for change in changes:
            *outer, last = change.place
            inner = meant
            for part in outer:
                inner = inner[part]
            inner[last] = change.value
        try:
            found = self.parse(written)
        except Error as error:
            raise ContentError(f"the results cannot be written so that they can be read: {error.message}") from error
        if _frozen(found) != _frozen(meant):
            raise ContentError("the results cannot be written without changing something else", file=self.file)


def _lines(rows: list[Row], text: str, edits: list[tuple[int, int, str]]) -> dict[str, int]:
    lines: dict[str, int] = {}
    starts = iter(edits)
    for row in rows:
        first, *_ = [next(starts)[0] for _ in row.changes]
        lines[row.id] = text.count("\n", 0, first) + 1
    return lines


def _frozen(value: Any) -> str:
    """A value as text, numbers as JavaScript has them: 1 is 1.0, and NaN is NaN."""
    return json.dumps(_doubles(value), sort_keys=True)


def _doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_doubles(inner) for inner in value]
    return float(as_double(value)) if isinstance(value, int) and not isinstance(value, bool) else value


def _replace(path: Path, before: str, after: str) -> None:
    """Change a file at once and as a whole, if it still holds what was read."""
    target = path.resolve()
    try:
        content = target.read_bytes()
        mark = BOM if content.startswith(BOM) else b""
        if content[len(mark) :] != before.encode("utf-8", "surrogatepass"):
            raise ContentError("the file was changed while its examples ran: run them again", file=str(path))
        replace_file(target, mark + after.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ContentError("the results hold half characters (lone surrogates)", file=str(path)) from error
    except OSError as error:
        raise ContentError(f"it cannot be written: {error.strerror}", file=str(path)) from error
