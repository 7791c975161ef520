"""What each network makes of a formatter's examples, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octavo.device import OPERATIONS
from octavo.errors import ContentError, Error, LimitError
from octavo.examples.compare import differences
from octavo.examples.model import shown
from octavo.formatters.dialects import DIALECTS, dialect_table
from octavo.formatters.results import PROMISE_NOTE
from octavo.lab.lint.entries import functions_of, operations_of
from octavo.lab.lint.levels import language_levels, module_syntax
from octavo.lab.lint.standing import outcomes, standing
from octavo.messages import Decoded, Downlink, Encoded, Uplink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octavo.formatters import Formatter
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.script import Script
    from octavo.lab.lint.standing import Standing
    from octavo.lab.subjects import Subject

SAME, PARTLY, DIFFERS, FAILS, MISSING = "same", "partly", "differs", "error", "missing"
CONSOLE, LIMIT, PROMISE = "console", "limit", "promise"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one network makes of one example.

    Attributes:
        outcome: `SAME` as the reference, or as the first network that has a result where the reference has none;
            `PARTLY` where the data is the same but its normalizing failed; `DIFFERS`; `FAILS`; `MISSING` where the
            network calls none of the script's functions.
        words: the first difference, the error, or what is missing; "" for the same.
        signs: `CONSOLE` where the script wrote with ``console``; `LIMIT` where a limit of the sandbox ended it, which
            on a busy machine says little; `PROMISE` where it returned a Promise.
    """

    outcome: str
    words: str = ""
    signs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """One example.

    Attributes:
        operation: one of `octavo.device.OPERATIONS`.
        message: what goes in.
        cells: by dialect.
    """

    operation: str
    message: Uplink | Downlink
    cells: dict[str, Cell]

    def to_dict(self) -> dict[str, Any]:
        """The line as a JSON object."""
        uplink = isinstance(self.message, Uplink)
        return {
            "operation": self.operation,
            "payload": self.message.frm_payload.hex() if isinstance(self.message, Uplink) else None,
            "f_port": self.message.f_port,
            "data": None if uplink or not isinstance(self.message, Downlink) else self.message.data,
            "cells": {name: {"outcome": cell.outcome, "words": cell.words} for name, cell in self.cells.items()},
        }


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The examples of a formatter under the rules of some networks.

    Attributes:
        subject: the formatter, as it is asked for again.
        reference: the dialect that the others are compared with; None where no network calls the script.
        dialects: the columns.
        lines: one for each example.
    """

    subject: str
    reference: str | None
    dialects: tuple[str, ...]
    lines: tuple[Line, ...]

    def to_dict(self) -> dict[str, Any]:
        """The table as a JSON object."""
        return {
            "subject": self.subject,
            "reference": self.reference,
            "dialects": list(self.dialects),
            "lines": [line.to_dict() for line in self.lines],
        }


def side_by_side(
    subject: Subject, dialects: Sequence[str] = DIALECTS, *, stopped: Callable[[], bool] = bool
) -> SideBySide:
    """Run the examples of a formatter under the rules of networks, and compare what comes of them.

    Args:
        subject: the formatter.
        dialects: the columns.
        stopped: tells whether nobody waits for the result any more.

    Raises:
        ContentError: a script cannot be read, or a dialect is unknown.
    """
    with standing(subject, subject.scripts(), stopped) as stand:
        return compare(stand, [dialect_table(name) for name in dialects])


def compare(stand: Standing, dialects: Sequence[Dialect]) -> SideBySide:
    """The same, of a formatter that is ready."""
    subject, scripts = stand.subject, stand.scripts
    reference = _reference(subject, scripts, dialects)
    messages = _messages(subject)
    columns: dict[str, list[Any]] = {
        each.name: [] if stand.stopped() or not messages else _column(stand, each, messages) for each in dialects
    }
    whole = {name: column for name, column in columns.items() if len(column) == len(messages)}
    ports = {dialect.name for dialect in dialects if _states_port(scripts, dialect)}
    lines = []
    for place, (operation, message) in enumerate(messages) if whole else ():
        results = {name: column[place] for name, column in whole.items()}
        lines.append(Line(operation, message, _cells(results, reference, ports)))
    return SideBySide(subject.name, reference, tuple(whole), tuple(lines))


def _reference(subject: Subject, scripts: Sequence[Script], dialects: Sequence[Dialect]) -> str | None:
    having = [dialect.name for dialect in dialects if operations_of(scripts, dialect)]
    return subject.dialect if subject.dialect in having else next(iter(having), None)


def _messages(subject: Subject) -> list[tuple[str, Uplink | Downlink]]:
    found: list[tuple[str, Uplink | Downlink]] = []
    for operation in OPERATIONS:
        inputs = subject.downlinks() if operation == "encode_downlink" else subject.uplinks(operation)
        found += [(operation, message) for message in inputs]
    return found


def _column(stand: Standing, dialect: Dialect, messages: Sequence[tuple[str, Uplink | Downlink]]) -> list[Any]:
    """For each message a result, an error, or a cell where none was called."""
    have = operations_of(stand.scripts, dialect)
    unparsed = _unparsed(stand.scripts, dialect)
    if unparsed:
        return [
            Cell(FAILS, unparsed) if operation in have else _missing(dialect, operation) for operation, _ in messages
        ]
    try:
        with stand.subject.open(dialect=dialect.name) as formatter:
            return [result for each in OPERATIONS for result in _results(stand, formatter, each, messages)]
    except ContentError as error:
        return [Cell(MISSING, error.message) for _ in messages]


def _results(
    stand: Standing, formatter: Formatter, operation: str, messages: Sequence[tuple[str, Uplink | Downlink]]
) -> list[Any]:
    dialect = dialect_table(formatter.dialect or "")
    mine = [message for name, message in messages if name == operation]
    if operation not in operations_of(stand.scripts, dialect):
        return [_missing(dialect, operation) for _ in mine]
    return outcomes(formatter, operation, mine, stand.stopped)


def _unparsed(scripts: Sequence[Script], dialect: Dialect) -> str:
    """What the network's engine does not parse, which the sandbox, being V8, would not notice; "" for nothing."""
    rules = (language_levels, module_syntax)
    names = dict.fromkeys(mark.where for script in scripts for rule in rules for mark in rule(script, [dialect]))
    return f"{dialect.engine.name} does not parse {', '.join(names)}" if names else ""


def _missing(dialect: Dialect, operation: str) -> Cell:
    if operation not in dialect.operations:
        return Cell(MISSING, f"{dialect.network} has no {operation}")
    names = " or ".join(function.name for function in dialect.operations[operation].functions)
    return Cell(MISSING, f"no {names}")


def _states_port(scripts: Sequence[Script], dialect: Dialect) -> bool:
    """Whether the encoder that a network calls chooses the port, which it is else given."""
    have = functions_of(scripts, dialect)
    functions = (each for each in dialect.operations["encode_downlink"].functions if each.name in have)
    return next((each.shape != "encode_bare" for each in functions), False)


def _cells(results: dict[str, Any], reference: str | None, ports: set[str]) -> dict[str, Cell]:
    """Each result, compared with the reference's, or else with the first that there is."""
    order = sorted(results, key=lambda name: name != reference)
    first = next((name for name in order if _value(results[name]) is not None), None)
    cells = {}
    for name, result in results.items():
        port = {first, name} <= ports
        cells[name] = _cell(result, _value(results[first], port=port) if first else None, port=port)
    return cells


def _value(result: Any, *, port: bool = True) -> Any:
    """What came of a message, to be compared; None for an error and for what was not called."""
    if isinstance(result, Decoded):
        return {"data": result.data}
    if not isinstance(result, Encoded):
        return None
    payload = {"bytes": None if result.frm_payload is None else list(result.frm_payload)}
    return payload | {"fPort": result.f_port} if port else payload


def _cell(result: Any, usual: Any, *, port: bool) -> Cell:
    if isinstance(result, Cell):
        return result
    if isinstance(result, Error):
        return _of_error(result, usual)
    first = next(differences(usual, _value(result, port=port)), None)
    if first is None:
        return Cell(SAME, signs=_signs(result))
    words = f"{first.path or 'the result'}: {shown(first.got)}, not {shown(first.expected)}"
    return Cell(DIFFERS, words, _signs(result))


def _signs(result: Decoded | Encoded | None) -> frozenset[str]:
    if result is None:
        return frozenset()
    return frozenset(({CONSOLE} if result.log else set()) | ({PROMISE} if PROMISE_NOTE in result.notes else set()))


def _of_error(error: Error, usual: Any) -> Cell:
    """An error; where only the normalizing failed, the network passes the data on.

    Source: lorawan-stack 3.32.1, ``pkg/messageprocessors/javascript``: the decoded payload is set before.
    """
    signs = _signs(error.decoded or error.encoded) | ({LIMIT} if isinstance(error, LimitError) else set())
    if error.decoded is not None and error.decoded.data is not None and usual == {"data": error.decoded.data}:
        return Cell(PARTLY, f"no normalized payload: {_words(error)}", signs)
    return Cell(FAILS, _words(error), signs)


def _words(error: Error) -> str:
    text = error.message.strip().splitlines()[0]
    return f"{text} ({error.cause})" if error.cause else text
