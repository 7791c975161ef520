"""What the workbench finds: one form for everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEVERITIES = ("error", "warning", "note")
"""The gravest first: data is lost or wrong; it may be; anything else."""

UNFINISHED = "not-examined"
"""The kind of finding that says that not all of a formatter was examined: what is accepted of it may still occur."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a formatter.

    Attributes:
        kind: what it is, as ``docs/check.md`` or ``docs/lint.md`` lists it: ``not-a-number``.
        subject: the formatter, as it is asked for again.
        where: what part of it: the path of a member of the data (``air.temperature``), a function, a name; what tells
            two findings of a kind apart, and stays the same from run to run.
        message: what was seen, in one sentence.
        why: what comes of it on which network, in one sentence.
        severity: one of `SEVERITIES`.
        dialects: the networks on which it counts, and `why` holds; empty for all.
        file: the script, with the place in it, or None.
        line: 1 for the first, or None.
        column: likewise.
        operation: what was called, or None.
        payload: the smallest payload that shows it, or None.
        f_port: its port, or None.
        data: the smallest data to encode that shows it, or None.
        got: what came of it, as JSON values, or None.
        command: the command that shows it again, or "".
        parts: what it is made of, where it is several of one cause: each is accepted by itself.
    """

    kind: str
    subject: str
    where: str
    message: str
    why: str
    severity: str = "error"
    dialects: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    column: int | None = None
    operation: str | None = None
    payload: bytes | None = None
    f_port: int | None = None
    data: Any = None
    got: Any = None
    command: str = ""
    parts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The finding as a JSON object; all members are always present."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "subject": self.subject,
            "where": self.where,
            "message": self.message,
            "why": self.why,
            "dialects": list(self.dialects),
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "operation": self.operation,
            "payload": None if self.payload is None else self.payload.hex(),
            "f_port": self.f_port,
            "data": self.data,
            "got": self.got,
            "command": self.command,
        }
