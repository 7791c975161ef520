"""Whether a script loads on a network: parsed and run up to its last line, and no function called."""

from __future__ import annotations

import re
import threading
from concurrent.futures import Future, wait
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error, LimitError
from octavo.formatters.watching import Lens
from octavo.lab.lint.marks import Mark
from octavo.lab.lint.standing import outcomes
from octavo.limits import Limits
from octavo.messages import Downlink, Uplink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo.formatters import Formatter
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.standing import Standing
    from octavo.lab.subjects import Subject

MARK = "octavo was here"
"""What is thrown before or behind a script: who sees it knows that the script was parsed, or ran that far."""

PATIENCE_S = 10.0
"""What loading may take where a shorter limit was met: many times what an idle machine needs."""

POLL_S = 0.1
"""How often it is asked whether somebody still waits."""

_NAMED = re.compile(r"^\w*Error: ")
_BEFORE = Lens(rewrite=lambda text: f"throw {MARK!r};{text}")
_BEHIND = Lens(rewrite=lambda text: f"{text}\n;throw {MARK!r};")


def load_failures(stand: Standing, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Networks on which the script ends before its last line, as the sandbox runs them."""
    for alike in _alike(dialects):
        if stand.stopped():
            return
        there = tuple(dialect.name for dialect in alike)
        dialect = min(alike, key=lambda each: each.console is not None)  # the one that shows the least
        for error in _errors(stand, dialect, _BEHIND):
            if isinstance(error, LimitError):
                yield from _endless(stand, dialect, there)
            elif MARK not in error.message:
                parses = all(MARK in each.message for each in _errors(stand, dialect, _BEFORE))
                yield _mark(error, dialect, there, "load-error" if parses else "syntax-error")


def _endless(stand: Standing, dialect: Dialect, there: tuple[str, ...]) -> Iterator[Mark]:
    """A script that met a limit while it loaded, if it does so again with much more time: a machine may be busy."""
    errors = _errors(stand, dialect, _BEHIND, Limits(time_s=PATIENCE_S))
    limit = next((error for error in errors if isinstance(error, LimitError)), None)
    if limit is not None:
        yield Mark("load-error", limit.name, f"it does not end while it loads: {limit.message}", there)


def _alike(dialects: Sequence[Dialect]) -> list[list[Dialect]]:
    """Dialects by what a script finds while it loads."""
    groups: dict[tuple[Any, ...], list[Dialect]] = {}
    for each in dialects:
        key = (each.engine, each.global_names, each.trailer, each.module, each.separate, each.holders)
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _mark(error: Error, dialect: Dialect, there: tuple[str, ...], kind: str) -> Mark:
    text = error.message.strip().splitlines()[0]
    text = text.removeprefix(dialect.wording.script.partition("{}")[0])
    if kind == "syntax-error":
        text = _NAMED.sub("", text)  # ChirpStack loses the name
    return Mark(kind, text, text, there, place=(error.line, error.column), file=error.file)


def _errors(stand: Standing, dialect: Dialect, lens: Lens, limits: Limits | None = None) -> list[Error]:
    """What comes of each of its scripts; nothing where somebody asks to stop meanwhile: no call need be waited for."""
    done: Future[list[Error]] = Future()
    job = partial(_load, stand.subject, dialect, lens, limits)

    def work() -> None:
        try:
            done.set_result(job())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=work, name="octavo-lint", daemon=True).start()
    while not wait([done], POLL_S).done:
        if stand.stopped():
            return []
    return done.result()


def _load(subject: Subject, dialect: Dialect, lens: Lens, limits: Limits | None) -> list[Error]:
    try:
        with subject.open(dialect=dialect.name, lens=lens, limits=limits) as formatter:
            operations = sorted(formatter.operations)[: 1 if len(subject.scripts()) == 1 else None]
            return [error for operation in operations for error in _of(formatter, operation)]
    except ContentError:
        return []  # it has no script for this network


def _of(formatter: Formatter, operation: str) -> list[Error]:
    nothing = Downlink({}, 1) if operation == "encode_downlink" else Uplink(b"", 1)
    return [each for each in outcomes(formatter, operation, [nothing]) if isinstance(each, Error)]
