"""Logs: JSON lines for machines, plain words on a terminal.

A record of octavo has words for its message, and ``extra=facts(EVENT, name=value …)`` for what a machine looks for.
No record ever holds a secret: not the query of a URL, not its path, no header, no body.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

ROOT = "octavo"
"""The logger of everything in `octavo.live`."""

SERVERS = ("uvicorn.error", "asyncio")
"""Loggers of libraries that have something to say when something is wrong."""


def facts(event: str, **values: Any) -> dict[str, Any]:
    """What a record says to machines: the name of what happened, and values of JSON."""
    return {"event": event, "facts": values}


def configure(stream: TextIO) -> None:
    """Send the logs of octavo to a stream: words to a terminal, else JSON lines. For programs, not for libraries."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Words() if stream.isatty() else JsonLines())
    _attach(ROOT, handler, logging.INFO)
    for name in SERVERS:
        _attach(name, handler, logging.WARNING)


def _attach(name: str, handler: logging.Handler, level: int) -> None:
    logger = logging.getLogger(name)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


class JsonLines(logging.Formatter):
    """One object a line: ``time`` (RFC 3339), ``level``, ``event``, ``message``, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
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
        for name, value in _fault(record).items():
            text += f" ({name}: {value})"
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _fault(record: logging.LogRecord) -> dict[str, str]:
    """The exception of a record: its class and where it was raised; its words may hold what somebody sent."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _, trace = record.exc_info
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return {"exception": f"{kind.__name__}{where}"}
