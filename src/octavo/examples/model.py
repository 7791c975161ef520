"""The values of `octavo test`: one model for every format of examples."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from octavo.errors import Error


class Missing:
    """Stands for a value that is not there, which is not the same as null."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = Missing()

OUTCOMES = ("passed", "failed", "error", "skipped", "untested")


@dataclass(frozen=True, slots=True)
class Example:
    """One example: an input, and what must come out.

    Attributes:
        id: file, operation and index, as ``octavo test`` takes it: ``x.yaml::decode_uplink-0``.
        operation: ``decode_uplink``, ``decode_downlink`` or ``encode_downlink``.
        description: the example's own words; "" where it has none.
        input: the argument of the function, verbatim but for bytes given as hex.
        expected: the complete result.
        normalized: the complete result of the normalizer, or `MISSING`.
        error: why it is no example that can be run, or None.
    """

    id: str
    operation: str
    description: str
    input: dict[str, Any]
    expected: dict[str, Any]
    normalized: Any = MISSING
    error: Error | None = None

    @property
    def key(self) -> str:
        """The part of the id that names it inside its file: ``decode_uplink-0``."""
        return self.id.rpartition("::")[2]


@dataclass(frozen=True, slots=True)
class Suite:
    """The examples of one file.

    Attributes:
        path: the file that holds them, which also names the device.
        examples: in the order of the file.
        declared: whether they are of a declared codec; else of JavaScript.
    """

    path: Path
    examples: tuple[Example, ...]
    declared: bool = False

    def select(self, keys: frozenset[str]) -> Suite:
        """Only the examples with these keys; an operation's name stands for all of its examples."""
        chosen = (example for example in self.examples if {example.key, example.operation} & keys)
        return replace(self, examples=tuple(chosen))


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a result is not as expected.

    Attributes:
        path: JSON Pointer inside the complete result.
        expected: the value expected, or `MISSING`.
        got: the value that is there, or `MISSING`.
        message: both in one sentence.
    """

    path: str
    expected: Any
    got: Any
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The difference as a JSON object; a missing value is null, and the sentence tells which it was."""
        values = {"expected": self.expected, "got": self.got}
        shown = {name: None if value is MISSING else value for name, value in values.items()}
        return {"path": self.path, **shown, "message": self.message}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of an example, or of a file that has none or cannot be read.

    Attributes:
        id: the example's id, or the file's path.
        file: the file's path.
        operation: as in `Example`; None for a whole file.
        description: as in `Example`.
        outcome: one of `OUTCOMES`.
        notes: octavo's remarks, say where the network would not send what the script returned.
        diff: why it failed.
        error: what was raised, with the place in the script; None for a mere difference.
    """

    id: str
    file: str
    operation: str | None
    description: str
    outcome: str
    notes: list[str] = field(default_factory=list)
    diff: list[Difference] = field(default_factory=list)
    error: Error | None = field(default=None, repr=False)

    @property
    def command(self) -> str:
        """The command that runs this case again."""
        return f"octavo test {shlex.quote(self.id)}"

    def to_dict(self) -> dict[str, Any]:
        """The row as a JSON object; all members are always present."""
        return {
            "id": self.id,
            "file": self.file,
            "operation": self.operation,
            "description": self.description,
            "outcome": self.outcome,
            "notes": self.notes,
            "diff": [difference.to_dict() for difference in self.diff],
        }


def shown(value: Any) -> str:
    """A value as a sentence shows it: JSON, cut where it is long."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"


SHOWN_CHARS = 200
"""Characters of a value in a sentence; the whole value is in ``expected`` and ``got``."""
