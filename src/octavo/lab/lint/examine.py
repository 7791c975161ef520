"""All rules over one formatter, and what its runs say of them."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from octavo.examples.formats import YAML_SUFFIXES
from octavo.formatters.dialects import DEFAULT_DIALECT, DIALECTS, TTS, TTS_3_32, dialect_table
from octavo.formatters.hints import missing_hint
from octavo.lab.findings import Defect
from octavo.lab.lint import entries, globals, levels, members, strict  # noqa: A004 - rules about globals
from octavo.lab.lint.columns import CONSOLE, DIFFERS, FAILS, LIMIT, PARTLY, PROMISE, SAME, compare
from octavo.lab.lint.entries import functions_of
from octavo.lab.lint.loading import load_failures
from octavo.lab.lint.marks import KINDS, Kind, Mark
from octavo.lab.lint.quickjs import opinions
from octavo.lab.lint.script import read
from octavo.lab.lint.standing import standing
from octavo.messages import Uplink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.columns import Cell, Line, SideBySide
    from octavo.lab.lint.script import Script
    from octavo.lab.lint.standing import Standing
    from octavo.lab.subjects import Subject

# What is read from the syntax tree, whether or not all of it was understood; and what needs every name.
_OF_SYNTAX = (levels.language_levels, levels.module_syntax, strict.strict_mode, entries.sizes)
_OF_NAMES = (
    globals.missing_names,
    globals.undeclared,
    globals.constants,
    globals.functions_in_blocks,
    members.missing_members,
    members.locale_texts,
    members.named_groups,
    strict.names_declared_twice,
    entries.asynchronous,
    entries.own_names,
    entries.strict_ports,
)
_UNPARSED = {"language-level", "module-syntax", "strict-syntax", "syntax-error", "duplicate-name", "colliding-name"}
_IS_ABOUT = re.compile(r"Error: '?([\w$]+)'? is not defined")
_DISCONTINUED = ("ttn2",)
_Found: TypeAlias = "tuple[Mark, Script | None]"


def networks_of(subject: Subject) -> tuple[str, ...]:
    """The networks that a formatter is written for.

    The one whose rules its examples follow. Where nothing says: a codec YAML is for The Things Stack; a script is for
    every network that calls one of its functions, but for The Things Network v2, which is no more.

    Raises:
        ContentError: a script cannot be read.
    """
    return _networks(subject, [read(file, text) for file, text in subject.scripts().items()])


def _networks(subject: Subject, scripts: Sequence[Script]) -> tuple[str, ...]:
    if subject.dialect is not None:
        return _with_releases(subject.dialect)
    if subject.file.suffix in YAML_SUFFIXES:
        return _with_releases(DEFAULT_DIALECT)
    calling = (name for name in DIALECTS if name not in _DISCONTINUED and functions_of(scripts, dialect_table(name)))
    return tuple(calling) or _with_releases(DEFAULT_DIALECT)


def _with_releases(dialect: str) -> tuple[str, ...]:
    """The Things Stack in its releases; any other as it is."""
    return (TTS.name, TTS_3_32.name) if dialect == TTS.name else (dialect,)


def lint(
    subject: Subject, *, dialects: Sequence[str] | None = None, stopped: Callable[[], bool] = bool
) -> list[Defect]:
    """Whether a formatter runs on networks.

    Args:
        subject: the formatter.
        dialects: the networks; None is those that it is written for, see `networks_of`.
        stopped: tells whether nobody waits for the result any more.

    Raises:
        ContentError: a script cannot be read or is too large, or a dialect is unknown.
    """
    texts = subject.scripts()
    with standing(subject, texts, stopped) as stand:
        if stopped():
            return []  # the scripts may not have been read to their end
        tables = [dialect_table(name) for name in dialects or _networks(subject, stand.scripts)]
        readable = all(script.readable for script in stand.scripts)  # else its functions may not have been seen
        if dialects is None and readable and not any(functions_of(stand.scripts, each) for each in tables):
            return [_defect(_no_formatter(stand), None, subject, several=False)]
        found = _of_scripts(stand, tables)
        table = compare(stand, tables)
    if stopped():
        return []  # not all was looked at
    settled = _settled(found, table, asked=dialects is not None)
    several = len(stand.scripts) > 1
    return sorted((_defect(mark, script, subject, several=several) for mark, script in _merged(settled)), key=_order)


def _no_formatter(stand: Standing) -> Mark:
    """What is said of a script that no network calls, and that is perhaps written for something else."""
    hint = missing_hint(dialect_table(DEFAULT_DIALECT), tuple(script.text for script in stand.scripts))
    severity = "error" if "; the script has" in hint else "note"
    return Mark(
        "missing-function", "all", f"no network finds a function here: {hint}", (DEFAULT_DIALECT,), severity=severity
    )


def _of_scripts(stand: Standing, tables: Sequence[Dialect]) -> list[_Found]:
    loading = list(load_failures(stand, tables))
    found: list[_Found] = [(mark, None) for mark in entries.missing_functions(stand.scripts, tables)]
    for script in stand.scripts:
        mine = [mark for mark in loading if len(stand.scripts) == 1 or mark.file in (None, script.file)]
        found += [(mark, script) for mark in _of_script(script, tables, mine, stand.stopped)]
    return found


def _of_script(
    script: Script, dialects: Sequence[Dialect], loading: Sequence[Mark], stopped: Callable[[], bool]
) -> list[Mark]:
    """What the rules say of one script, without what is known not to be so, and without saying a thing twice."""
    rules = (*_OF_SYNTAX, *_OF_NAMES) if script.readable else _OF_SYNTAX
    going = takewhile(lambda _: not stopped(), rules)
    marks = [mark for rule in going for mark in rule(script, dialects)]
    second = None if stopped() else opinions(script, dialects)
    refused = {name for mark in loading if mark.kind == "syntax-error" for name in mark.dialects}
    marks = [mark for mark in marks if _stands(mark, refused, second)]
    marks = [_proven(mark, loading) for mark in marks]
    told = marks + [each for mark in loading for each in _news(mark, marks)]
    known = {name for mark in told if mark.kind in _UNPARSED for name in mark.dialects}
    return told + [mark for mark in second or () if not known & set(mark.dialects)]


def _proven(mark: Mark, loading: Sequence[Mark]) -> Mark:
    """A mark that is why the script does not load is an error, for every message."""
    meant = any(_explains(mark, each.message, name) for each in loading for name in each.dialects)
    return replace(mark, severity="error") if meant else mark


def _news(mark: Mark, marks: Sequence[Mark]) -> Iterator[Mark]:
    """What a script that does not load adds to the rules: nothing, where one of them says why."""
    kinds = _UNPARSED if mark.kind == "syntax-error" else ()
    left = [
        name
        for name in mark.dialects
        if not any(
            (each.kind in kinds and name in each.dialects) or _explains(each, mark.message, name) for each in marks
        )
    ]
    if left:
        yield replace(mark, dialects=tuple(left))


def _stands(mark: Mark, refused: set[str], second: list[Mark] | None) -> bool:
    """Whether what a rule expects of the parser is so: strict code is parsed by V8, modules by QuickJS."""
    if mark.kind == "strict-syntax":
        return bool(refused & set(mark.dialects))
    return mark.kind != "duplicate-name" or second is None or bool(second)


def _explains(mark: Mark, message: str, dialect: str) -> bool:
    """Whether a mark is about what an error is about."""
    about = _IS_ABOUT.search(message)
    return about is not None and about[1] == mark.where and dialect in mark.dialects


def _settled(found: list[_Found], table: SideBySide, *, asked: bool) -> list[_Found]:
    """What was found, with the examples that show it; and what only the examples show."""
    shown = [(each, script) for mark, script in found for each in _reached(mark, table)]
    return shown + _first([*_promises(shown, table), *_of_examples(found, table, asked=asked)])


def _promises(found: Sequence[_Found], table: SideBySide) -> Iterator[_Found]:
    """Results that are a Promise though no rule saw it coming."""
    told = {name for mark, _ in found if mark.kind == "async-function" for name in mark.dialects}
    for line in table.lines:
        for dialect, cell in line.cells.items():
            if PROMISE in cell.signs and dialect not in told:
                yield (
                    Mark("async-function", line.operation, "the result is a Promise", (dialect,), seen=_seen(line)),
                    None,
                )


def _reached(mark: Mark, table: SideBySide) -> Iterator[Mark]:
    """A mark; with the first example that reaches it where one does: there it is no more a matter of when."""
    lines: dict[str, Line] = {}
    for line in table.lines:
        for dialect, cell in line.cells.items():
            if _shows(line, cell, mark, dialect):
                lines.setdefault(dialect, line)
    left = tuple(name for name in mark.dialects if name not in lines)
    if left or not lines:
        yield replace(mark, dialects=left)
    there = tuple(name for name in mark.dialects if name in lines)
    if there:
        yield replace(mark, dialects=there, severity="error", seen=_seen(lines[there[0]]))


def _shows(line: Line, cell: Cell, mark: Mark, dialect: str) -> bool:
    """Whether what a network makes of an example comes of what a mark is about."""
    if dialect not in mark.dialects:
        return False
    if mark.kind == "strict-port":
        return line.operation == "encode_downlink" and cell.outcome == DIFFERS
    logs = mark.where == CONSOLE and CONSOLE in cell.signs
    return logs or (cell.outcome == FAILS and _explains(mark, cell.words, dialect))


def _of_examples(found: Sequence[_Found], table: SideBySide, *, asked: bool) -> Iterator[_Found]:
    """Examples that the reference takes and another network does not, or takes otherwise."""
    marks = [mark for mark, _ in found]
    for line in table.lines:
        usual = line.cells.get(table.reference or "")
        for dialect, cell in line.cells.items() if usual and usual.outcome in (SAME, PARTLY) else ():
            known = any(_says_why(mark, cell.words, dialect) or _shows(line, cell, mark, dialect) for mark in marks)
            if known or LIMIT in cell.signs:
                continue
            if cell.outcome == FAILS:
                yield Mark("fails-there", line.operation, cell.words, (dialect,), seen=_seen(line)), None
            elif cell.outcome == DIFFERS and asked:
                yield Mark("differs-there", line.operation, cell.words, (dialect,), seen=_seen(line)), None


def _says_why(mark: Mark, message: str, dialect: str) -> bool:
    """Whether a mark is why a message fails on a network."""
    never = mark.kind in _UNPARSED or mark.kind in ("load-error", "quickjs-syntax")
    return (never and dialect in mark.dialects) or _explains(mark, message, dialect)


def _first(marks: Iterable[_Found]) -> list[_Found]:
    """The first of each kind, network and operation, and how many there are."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[_Found]] = {}
    for mark, script in marks:
        groups.setdefault((mark.kind, mark.where, mark.dialects), []).append((mark, script))
    return [(replace(group[0][0], message=_counted(group)), group[0][1]) for group in groups.values()]


def _counted(group: Sequence[_Found]) -> str:
    words = group[0][0].message
    return words if len(group) == 1 else f"{words}; so in {len(group)} examples"


def _seen(line: Line) -> tuple[tuple[str, Any], ...]:
    message = line.message
    what = ("payload", message.frm_payload) if isinstance(message, Uplink) else ("data", message.data)
    return (("operation", line.operation), what, ("f_port", message.f_port))


def _merged(found: Iterable[_Found]) -> Iterator[_Found]:
    """Marks that say the same of several networks, as one."""
    groups: dict[Any, list[_Found]] = {}
    for mark, script in found:
        place = mark.place or (mark.node.start_byte if mark.node else None)
        key = (mark.kind, mark.where, mark.message, mark.severity, place, script.file if script else None)
        groups.setdefault(key, []).append((mark, script))
    for group in groups.values():
        there = dict.fromkeys(name for mark, _ in group for name in mark.dialects)
        yield replace(group[0][0], dialects=tuple(there)), group[0][1]


def _defect(mark: Mark, script: Script | None, subject: Subject, *, several: bool) -> Defect:
    kind = KINDS[mark.kind]
    line, column = script.place(mark.node) if script and mark.node else mark.place or (None, None)
    file = script.file if script else mark.file
    where = f"{Path(file).name}: {mark.where}" if several and file else mark.where
    there = f" --for {','.join(mark.dialects)}" if mark.dialects else ""
    return Defect(
        kind=mark.kind,
        subject=subject.name,
        where=where,
        message=mark.message,
        why=(mark.why or kind.why).format(_networks_named(mark.dialects, kind)),
        severity=mark.severity or kind.severity,
        dialects=mark.dialects,
        file=file,
        line=line,
        column=column,
        command=f"octavo lint {shlex.quote(subject.name)}{there}",
        **dict(mark.seen),
    )


def _networks_named(dialects: Sequence[str], kind: Kind) -> str:
    """The networks of some dialects, for a sentence, with the releases of which it is known."""
    return " and ".join(dict.fromkeys(_network(name, dialects, kind) for name in dialects))


def _network(name: str, dialects: Sequence[str], kind: Kind) -> str:
    dialect = dialect_table(name)
    if dialect.module:
        return f"{dialect.network} from 4.17" if kind.of_modules else dialect.network
    if dialect.network != TTS.network:
        return dialect.network
    if TTS.name not in dialects:
        return f"{dialect.network} 3.32"
    return f"{dialect.network}, as of 3.32," if kind.of_goja else dialect.network


def _order(defect: Defect) -> tuple[Any, ...]:
    return (defect.file or "", defect.line or 0, defect.column or 0, defect.kind, defect.where, defect.dialects)
