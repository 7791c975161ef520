"""Logs: JSON lines for machines, plain words on a terminal.

A record of octavo has words for its message, and ``extra=facts(EVENT, name=value …)`` for what a machine looks for.
No record ever holds a secret: not the query of a URL, not its path, no header, no body.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octavo.live.clock import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import TextIO

    from octavo.errors import Error
    from octavo.live.config import Config

log = logging.getLogger(__name__)

ROOT = "octavo"
"""The logger of everything in `octavo.live`."""

SERVERS = ("uvicorn.error", "asyncio")
"""Loggers of libraries that have something to say when something is wrong."""


def facts(event: str, **values: Any) -> dict[str, Any]:
    """What a record says to machines: the name of what happened, and values of JSON."""
    return {"event": event, "facts": values}


def set_up(config: Config) -> tuple[str, dict[str, str]]:
    """How a receiver is set up, as it is told when it begins: a part of a sentence, and its facts."""
    count = len(config.devices)
    named = f"{count} device{'s' if count > 1 else ''} of the configuration and " if count else ""
    told = {
        "store": config.store_name,
        "decodes_by": config.device or f"{named}the catalogue",
        "passes_on_to": ", ".join(sink.name for sink in config.sinks) or "nobody",
    }
    sentence = f"storing in {told['store']}, decoding by {told['decodes_by']}, passing on to {told['passes_on_to']}"
    return sentence, told


def configure(stream: TextIO) -> None:
    """Send the logs of octavo to a stream: words to a terminal, else JSON lines. For programs, not for libraries.

    An error that ends the process, or one of its threads, is logged as well.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Words() if stream.isatty() else JsonLines())
    _attach(ROOT, handler, logging.INFO)
    for name in SERVERS:
        _attach(name, handler, logging.WARNING)
    sys.excepthook = _process_fell
    if not isinstance(threading.excepthook, _ThreadFell):
        threading.excepthook = _ThreadFell(threading.excepthook)


def _attach(name: str, handler: logging.Handler, level: int) -> None:
    logger = logging.getLogger(name)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


class Keeping:
    """Logs that messages cannot be kept, once, and that they are kept again. One thread uses it."""

    def __init__(self) -> None:
        self._is_failing = False

    def fails(self, error: Error) -> None:
        """One was not kept."""
        if not self._is_failing:
            log.error("messages cannot be kept: %s", error, extra=facts("store", error=str(error)))
        self._is_failing = True

    def goes_well(self) -> None:
        """One was kept."""
        if self._is_failing:
            log.info("messages are kept again", extra=facts("store_back"))
        self._is_failing = False


class JsonLines(logging.Formatter):
    """One object a line: ``time`` (RFC 3339), ``level``, ``event``, ``message``, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": moment(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
            **_fault(record),
        }
        return json.dumps(line, default=str)


class Words(logging.Formatter):
    """The message as people read it; what would steer the terminal is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = f"octavo: {level}{record.getMessage()}"
        if fault := _fault(record):
            text += f" ({fault['exception']})"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _fault(record: logging.LogRecord) -> dict[str, Any]:
    """The exception of a record: its class, and the calls to it; its words may hold what somebody sent."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    calls = list(_calls(trace))
    return {"exception": " in ".join([kind.__name__, *calls[-1:]]), "traceback": calls}


def _calls(trace: TracebackType | None) -> Iterator[str]:
    """Where each call stands, the innermost last."""
    while trace is not None:
        frame = trace.tb_frame
        yield f"{frame.f_globals.get('__name__')}:{trace.tb_lineno} {frame.f_code.co_qualname}"
        trace = trace.tb_next


def _process_fell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    told = facts("fallen")
    log.critical("the process fell over an error that nobody expected", exc_info=(kind, error, trace), extra=told)


@dataclass(frozen=True, slots=True)
class _ThreadFell:
    """Logs an error that ended a thread.

    Attributes:
        before: what was told of such errors before; where somebody set that, it still is.
    """

    before: Callable[[threading.ExceptHookArgs], object]

    def __call__(self, args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else "?"
        error = args.exc_value or args.exc_type()
        fault = (args.exc_type, error, args.exc_traceback)
        told = facts("fallen", thread=name)
        log.critical("the thread %s fell over an error that nobody expected", name, exc_info=fault, extra=told)
        if self.before is not threading.__excepthook__:
            self.before(args)
