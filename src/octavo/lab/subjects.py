"""What the workbench examines: formatters, each with the examples that there are for it."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo import catalog, devices
from octavo._files import temporary_file
from octavo.errors import ContentError, NotFoundError
from octavo.examples import Row, Suite, sources
from octavo.examples.collect import SKIPPED_FOLDERS
from octavo.examples.formats import YAML_SUFFIXES
from octavo.examples.messages import downlink_of, uplink_of
from octavo.examples.model import unreadable
from octavo.formatters import DIALECTS, Formatter
from octavo.formatters.dialects import dialect_table
from octavo.formatters.formatter import SEPARATE, read_script
from octavo.formatters.hints import misspelt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.examples import Example
    from octavo.formatters.watching import Lens
    from octavo.limits import Limits
    from octavo.messages import Downlink, Moment, Uplink

NOON = "2026-01-02T12:00:00Z"
"""The time at which an examination takes place, unless it is told another: a Friday."""


EXPECTED = "a script (.js), a codec YAML, a declaration (.py), a file of examples (.json) or a folder"
KNOWN = (".js", ".py", ".json", *YAML_SUFFIXES)
"""What the name of a file ends with that is a formatter, or leads to one."""

MOST_BYTES = 1024 * 1024
"""The largest script that is examined: over ten times what any network is known to take."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A formatter under examination.

    Attributes:
        name: how it is asked for again: a path, or an id of the catalogue.
        file: what `octavo.devices.load` takes.
        dialect: whose rules it follows, or None where nothing says.
        examples: those that can be run.
        declared: whether it is a declaration, of which the generated JavaScript is examined.
    """

    name: str
    file: Path
    dialect: str | None = None
    examples: tuple[Example, ...] = ()
    declared: bool = False

    @contextmanager
    def open(
        self,
        *,
        dialect: str | None = None,
        lens: Lens | None = None,
        now: Moment | None = NOON,
        limits: Limits | None = None,
    ) -> Iterator[Formatter]:
        """The formatter, ready to run.

        Args:
            dialect: under whose rules; None is its own.
            lens: how it is looked into.
            now: where its clock stands.
            limits: what one message may cost.

        Raises:
            ContentError: it cannot be loaded.
        """
        chosen = dialect or self.dialect
        with ExitStack() as stack:
            if dialect and self.file.suffix in YAML_SUFFIXES:
                scripts = _scripts_there(self.file, dialect)
                formatter: Any = Formatter(scripts, name=self.name, dialect=dialect, lens=lens, now=now, limits=limits)
                stack.callback(formatter.close)
            else:
                file = stack.enter_context(self._generated()) if self.declared else self.file
                device = stack.enter_context(devices.load(file, dialect=chosen, lens=lens, now=now, limits=limits))
                formatter = devices.unchecked(device)
            if not isinstance(formatter, Formatter):
                raise ContentError("it is no JavaScript formatter", file=self.name)
            yield formatter

    def with_examples_of(self, other: Subject) -> Subject:
        """This, with another's examples too, each once; where nothing says whose rules it follows, the other's."""
        examples = {example.id: example for example in (*self.examples, *other.examples)}
        dialect = self.dialect if self.declared else self.dialect or other.dialect
        return replace(self, dialect=dialect, examples=tuple(examples.values()))

    def _generated(self) -> AbstractContextManager[Path]:
        return temporary_file(f"{self.file.stem}.js", _javascript(self.file))

    def scripts(self) -> dict[str, str]:
        """The texts of its scripts by path, each once.

        Raises:
            ContentError: one cannot be read, or is larger than `MOST_BYTES`.
        """
        if self.declared:
            texts = {f"{self.name} (generated)": _javascript(self.file)}
        else:
            texts = {str(file): read_script(file) for file in _files_of(self.file)}
        for file, text in texts.items():
            size = len(text.encode("utf-8", "replace"))
            if size > MOST_BYTES:
                raise ContentError(f"a script of at most {MOST_BYTES} bytes was expected, not {size}", file=file)
        return texts

    def uplinks(self, operation: str = "decode_uplink") -> list[Uplink]:
        """The payloads of the examples of a decoder, as messages, each once."""
        found = (uplink_of(example) for example in self.examples if example.operation == operation)
        return list({(each.frm_payload, each.f_port): each for each in found if each}.values())

    def downlinks(self) -> list[Downlink]:
        """The data of the examples of the encoder, as messages."""
        found = (downlink_of(example) for example in self.examples if example.operation == "encode_downlink")
        return [each for each in found if each]


def subjects(target: str, dialect: str | None = None) -> Iterator[Subject | Row]:
    """The formatters that a path, a folder or an id of the catalogue stands for.

    In a folder also the scripts that have no examples: those which have a function that a network calls, or one whose
    name is nearly so. What cannot be read is a row in its place.

    Args:
        target: what is asked for.
        dialect: under whose rules; None is what each one says.

    Raises:
        NotFoundError: no such path or id, or a file of another kind.
    """
    path = Path(target)
    if path.suffix in (".js", ".py") and not path.is_dir():
        yield from _of_file(path, dialect)
    elif path.is_dir():
        yield from _of_folder(path, dialect)
    elif path.is_file() and path.suffix not in KNOWN:
        raise NotFoundError(f"{target} is no formatter: {EXPECTED} was expected")
    else:
        yield from _of_sources(target, dialect)


def _of_file(path: Path, dialect: str | None) -> Iterator[Subject | Row]:
    """A script, or a declaration, with the examples beside it."""
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file")
    found = [each for each in _grouped(str(path), dialect) if isinstance(each, Subject)]
    is_declared = path.suffix == ".py"
    subject = Subject(_named(path), path, None if is_declared else dialect, declared=is_declared)
    for each in found:
        if _is_about(each, path):
            subject = subject.with_examples_of(each)
    yield subject


def _named(path: Path) -> str:
    """A path as a command takes it: one that begins like an option is said from this folder on."""
    name = path.as_posix()
    return f"./{name}" if name.startswith("-") else name


def _is_about(subject: Subject, path: Path) -> bool:
    return subject.declared or subject.file == path or path in _scripts_of(subject)


def _scripts_of(subject: Subject) -> tuple[Path, ...]:
    try:
        return _files_of(subject.file)
    except ContentError:
        return ()


def _files_of(file: Path) -> tuple[Path, ...]:
    """A script itself, or the scripts that a codec YAML names, each once."""
    return (file,) if file.suffix == ".js" else tuple(dict.fromkeys(catalog.read_definition(file).scripts.values()))


def _of_folder(top: Path, dialect: str | None) -> Iterator[Subject | Row]:
    found = list(_grouped(str(top), dialect))
    covered = {os.path.realpath(file) for each in found if isinstance(each, Subject) for file in _scripts_of(each)}
    yield from found
    for script in _scripts_in(top):
        if os.path.realpath(script) not in covered:
            yield from _of_script(script, dialect)


def _of_script(script: Path, dialect: str | None) -> Iterator[Subject | Row]:
    """A script of a folder, if it is a formatter; a row if it cannot be told."""
    try:
        text = read_script(script)
    except ContentError as error:
        yield unreadable(script, error)
        return
    if _DEFINES.search(text) or misspelt(text):
        yield Subject(_named(script), script, dialect)


def left_out(target: str, found: Iterable[Subject | Row]) -> int:
    """How many scripts of a folder are no formatters: those which are neither examined nor said to be unreadable.

    Args:
        target: what was asked for.
        found: what `subjects` gave for it, and perhaps more.
    """
    named = (_scripts_of(each) if isinstance(each, Subject) else (each.file,) for each in found)
    known = {os.path.realpath(file) for files in named for file in files}
    return sum(os.path.realpath(script) not in known for script in _scripts_in(Path(target)))


def _of_sources(target: str, dialect: str | None) -> Iterator[Subject | Row]:
    for each in _grouped(target, dialect):
        yield replace(each, name=target) if isinstance(each, Subject) and not Path(target).exists() else each


def _grouped(target: str, dialect: str | None) -> Iterator[Subject | Row]:
    """One subject for each device, with the examples of all its files."""
    known: dict[Path, Subject] = {}
    rows: list[Row] = []
    for source in sources(target):
        found = source.read(dialect)
        if isinstance(found, Suite):
            subject = _subject(found, dialect)
            before = known.get(subject.file)
            known[subject.file] = before.with_examples_of(subject) if before else subject
        elif isinstance(found, Row) and found.outcome == "error":
            rows.append(found)
        elif isinstance(found, Row) and source.path.suffix in (*YAML_SUFFIXES, ".py"):
            known[source.path] = _bare(source.path, dialect)
    yield from known.values()
    yield from (row for row in rows if not row.file.endswith(".js"))


def _subject(suite: Suite, dialect: str | None) -> Subject:
    file = suite.script or suite.path
    examples = tuple(example for example in suite.examples if example.runs)
    if suite.declared:
        file = suite.path.with_suffix(".py")
    return Subject(_named(file), file, dialect or suite.dialect, examples, declared=suite.declared)


def _bare(path: Path, dialect: str | None) -> Subject:
    """A device without examples."""
    declared = path.suffix == ".py"
    return Subject(_named(path), path, None if declared else dialect, (), declared=declared)


def _scripts_in(top: Path) -> Iterator[Path]:
    for inner, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        scripts = (Path(inner) / name for name in sorted(names) if name.endswith(".js"))
        yield from (script for script in scripts if script.is_file())  # no link that leads nowhere, no pipe


_NAMES = sorted({name for dialect in DIALECTS for name in dialect_table(dialect).function_names()})
_DEFINES = re.compile(rf"\b(?:function\s+|)(?:{'|'.join(_NAMES)})\b\s*(?:\(|=|:)")


def _scripts_there(file: Path, dialect: str) -> dict[str, Path]:
    """The scripts that a codec YAML names for what a network does; what it names beside them no one calls there.

    Raises:
        ContentError: there are none.
    """
    table = dialect_table(dialect)
    known = {*table.operations, *(SEPARATE if table.separate else ())}
    named = catalog.read_definition(file).scripts
    found = {name: script for name, script in named.items() if name in known}
    if not found:
        raise ContentError(f"dialect {dialect} has no {', '.join(sorted(named))}", file=str(file))
    return found


def _javascript(file: Path) -> str:
    from octavo.codecs.javascript import to_javascript  # noqa: PLC0415 - construct is loaded where a declaration is

    return to_javascript(devices.declared(str(file)))
