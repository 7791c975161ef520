"""One archived message after the other: what the server made of its payload, and what a device makes of it."""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import differences
from octavo.examples.model import MISSING, Rule
from octavo.networks.message import NO_IDS
from octavo.networks.recognition import KINDS
from octavo.pipeline import Arrival, first_difference, process_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.addressing import Devices, Variables
    from octavo.errors import Error
    from octavo.examples.model import Difference
    from octavo.pipeline import Outcome

WARNINGS = "decoded_payload_warnings"
"""Where there are none, the server leaves it out."""

NORMALIZED = ("normalized_payload", "normalized_payload_warnings")
"""Compared where both sides have a normalized payload: the server may have another normalizer, or none."""

COMPARED = ("agrees", "differs", "failed")


@dataclass(frozen=True, slots=True)
class Archived:
    """A message from an archive.

    Attributes:
        message: the value of its JSON.
        topic: the MQTT topic it came on, or None.
        file: the file it comes from, or None.
        line: its line there, or None.
        error: why it could not be read, or None.
    """

    message: Any
    topic: str | None = None
    file: str | None = None
    line: int | None = None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place where the server's data is not ours.

    Attributes:
        found: path (JSON Pointer into the message), the server's value (``expected``) and ours (``got``).
        pattern: the path with list positions as ``*``.
    """

    found: Difference
    pattern: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of one message.

    Attributes:
        archived: the message.
        outcome: ``agrees``, ``differs`` or ``failed`` (our device could not, the server could); else why it was
            not compared: ``no_decoded_payload`` (the server had made none), or an outcome of
            `octavo.pipeline.Outcome` (``not_json``, ``join`` ...).
        ids: identifiers of device and application.
        diff: every place where they differ.
        error: what went wrong, or None.
        dialect: the dialect that our device followed, or None.
        frm_payload: the payload; empty where there is none.
        f_port: its FPort.
    """

    archived: Archived
    outcome: str
    ids: Mapping[str, str | None] = field(default_factory=lambda: dict(NO_IDS))
    diff: tuple[Deviation, ...] = ()
    error: Error | None = None
    dialect: str | None = None
    frm_payload: bytes = b""
    f_port: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The message as a JSON object, all members always present."""
        return {
            "outcome": self.outcome,
            "file": self.archived.file,
            "line": self.archived.line,
            "ids": dict(self.ids),
            "f_port": self.f_port,
            "frm_payload": base64.b64encode(self.frm_payload).decode("ascii"),
            "diff": [deviation.found.to_dict() for deviation in self.diff],
            "error": self.error.to_dict() if self.error else None,
        }

    @property
    def is_compared(self) -> bool:
        """Whether the server's data stood against ours."""
        return self.outcome in COMPARED


def compare(
    archive: Iterable[Archived],
    devices: Devices,
    *,
    f_port: int | None = None,
    variables: Variables | None = None,
    tolerance: float = 0.0,
) -> Iterator[Compared]:
    """Compare what the server decoded with what a device decodes: in order, lazily, in bounded memory.

    Args:
        archive: messages.
        devices: as for `octavo.pipeline.process`.
        f_port: FPort to decode with instead of the messages' own.
        variables: as for `octavo.pipeline.process`.
        tolerance: numbers that differ by no more than this are equal.
    """
    rule = Rule(tolerance=tolerance)
    waiting: deque[Archived] = deque()
    for outcome in process_many(_arrivals(archive, waiting), devices, f_port=f_port, variables=variables):
        yield from _unread(waiting)
        yield _compared(waiting.popleft(), outcome, rule)
    yield from _unread(waiting)


def _arrivals(archive: Iterable[Archived], waiting: deque[Archived]) -> Iterator[Arrival]:
    """The messages that could be read; ``waiting`` gets all of them."""
    for archived in archive:
        waiting.append(archived)
        if archived.error is None:
            yield Arrival(archived.message, topic=archived.topic)


def _unread(waiting: deque[Archived]) -> Iterator[Compared]:
    while waiting and waiting[0].error:
        archived = waiting.popleft()
        yield Compared(archived, "not_json", error=archived.error)


def _compared(archived: Archived, outcome: Outcome, rule: Rule) -> Compared:
    incoming = outcome.incoming
    if incoming is None or outcome.outcome not in {"decoded", "failed"}:
        return Compared(archived, outcome.outcome, outcome.ids, error=outcome.error)
    if incoming.decoded_payload is None:
        return Compared(archived, "no_decoded_payload", outcome.ids)
    diff = tuple(_deviations(archived.message, outcome, rule)) if _has_data(outcome) else ()
    return Compared(
        archived,
        "failed" if not _has_data(outcome) else "differs" if diff else "agrees",
        outcome.ids,
        diff,
        None if _has_data(outcome) else outcome.error,
        outcome.device.dialect if outcome.device else None,
        incoming.frm_payload,
        incoming.f_port,
    )


def _has_data(outcome: Outcome) -> bool:
    """Whether our decoder worked, though perhaps the normalizer did not; data of none is data too."""
    return outcome.decoded is not None and (outcome.error is None or outcome.decoded.data is not None)


def _deviations(message: Any, outcome: Outcome, rule: Rule) -> Iterator[Deviation]:
    for path, theirs, ours in _sides(message, outcome):
        if first_difference(theirs, ours) is None:
            continue
        for found in differences(theirs, ours, rule, path):
            yield Deviation(found, path + _folded(found.path.removeprefix(path), theirs, ours))


def _sides(message: Any, outcome: Outcome) -> Iterator[tuple[str, Any, Any]]:
    """Path, the server's value and ours: of the decoded payload, and of what the network puts beside it."""
    if outcome.incoming is None or outcome.decoded is None:
        return
    path = KINDS[outcome.incoming.kind].decoded_path
    yield path, outcome.incoming.decoded_payload, outcome.decoded.data
    parent = path.rpartition("/")[0]
    theirs, ours = _member(message, parent), _member(outcome.message, parent)
    names = (WARNINGS, *NORMALIZED) if all(each.get(NORMALIZED[0]) for each in (theirs, ours)) else (WARNINGS,)
    for name in names:
        yield f"{parent}/{name}", theirs.get(name) or [], ours.get(name) or []


def _member(message: Any, path: str) -> dict[str, Any]:
    """The object at a path of plain names; empty where there is none."""
    for name in path.split("/")[1:]:
        message = message.get(name) if isinstance(message, dict) else None
    return message if isinstance(message, dict) else {}


def _folded(path: str, theirs: Any, ours: Any) -> str:
    """A path into two values with the positions of lists as ``*``."""
    parts = []
    for part in path.split("/")[1:]:
        is_list = isinstance(theirs, list) or isinstance(ours, list)
        parts.append("*" if is_list else part)
        theirs, ours = _inner(theirs, part), _inner(ours, part)
    return "".join(f"/{part}" for part in parts)


def _inner(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[int(part)] if int(part) < len(value) else MISSING
    name = part.replace("~1", "/").replace("~0", "~")
    return value.get(name, MISSING) if isinstance(value, dict) else MISSING
