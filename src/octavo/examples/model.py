"""The values of `octavo test`: one model for every format of examples."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from octavo._yaml import Place
    from octavo.errors import ContentError, Error


class Missing:
    """Stands for a value that is not there, which is not the same as null."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = Missing()

OUTCOMES = ("passed", "failed", "error", "skipped", "untested")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a result is as expected.

    Without any of these it is deep equality: the order of members does not count, the order of items does, numbers
    are equal exactly or not at all, and what is absent is not the same as null or empty.

    Attributes:
        key_order: the order of members counts, as where two printed results are compared.
        ignore_empty: absent and empty ``warnings`` and ``errors`` are the same.
        tolerance: by how much two numbers may differ.
        wildcards: ``SKIP_NUMBER`` and ``XXXX-XX-XXTXX:XX:XX.XXXZ`` stand for any number and any date, and members that
            are named ``date``, ``time``, ``datetime`` or ``timestamp`` are compared to the second.
    """

    key_order: bool = False
    ignore_empty: bool = False
    tolerance: float = 0.0
    wildcards: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told to do otherwise than the files say.

    Attributes:
        dialect: whose rules scripts follow; None leaves it to the files.
        key_order: see `Rule`; it adds to the origin's own.
        ignore_empty: see `Rule`.
        tolerance: see `Rule`.
        accept: whether what came out is written into the files, where it is not what was expected.
        now: where the clock of scripts stands still; None: when those of a file begin to run, or moving with `accept`.
    """

    dialect: str | None = None
    key_order: bool = False
    ignore_empty: bool = False
    tolerance: float = 0.0
    accept: bool = False
    now: str | None = None

    def rule(self, own: Rule) -> Rule:
        """The rule of an origin, changed by these."""
        return replace(
            own,
            key_order=own.key_order or self.key_order,
            ignore_empty=own.ignore_empty or self.ignore_empty,
            tolerance=max(own.tolerance, self.tolerance),
        )


@dataclass(frozen=True, slots=True)
class Check:
    """One call that an example makes, and what must come of it.

    Attributes:
        operation: ``decode_uplink``, ``decode_downlink``, ``encode_downlink``, ``normalize_uplink`` or
            ``extract_points``.
        input: the argument, verbatim but for bytes given as hex.
        expected: what must be returned.
        place: where the file says so, None where no single value does.
        label: what stands in front of the paths of differences; "" for the result itself.
        view: what is compared of a result, where that is not all of it as it stands.
        throws: what the error that must be thrown says, among other words; None where none must be.
        script: another script than the suite's that has the function.
    """

    operation: str
    input: Any
    expected: Any
    place: Place | None = None
    label: str = ""
    view: Callable[[Any], Any] | None = None
    throws: str | None = None
    script: Path | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One example: what goes in, and what must come out.

    Attributes:
        id: file, operation and index, as ``octavo test`` takes it: ``x.yaml::decode_uplink-0``.
        operation: that of its first check.
        description: the example's own words; "" where it has none.
        checks: what is called and compared, the example's own operation first.
        skipped: why it is not run; "" where it is.
        notes: remarks on the example itself.
        error: why it is no example that can be run, or None.
    """

    id: str
    operation: str
    description: str
    checks: tuple[Check, ...] = ()
    skipped: str = ""
    notes: tuple[str, ...] = ()
    error: Error | None = None

    @property
    def key(self) -> str:
        """The part of the id that names it inside its file: ``decode_uplink-0``."""
        return self.id.rpartition("::")[2]

    @property
    def input(self) -> Any:
        """The argument of its first check."""
        return self.checks[0].input if self.checks else {}

    @property
    def expected(self) -> Any:
        """What its first check expects."""
        return self.checks[0].expected if self.checks else {}

    @property
    def runs(self) -> bool:
        """Whether it is called at all."""
        return self.error is None and not self.skipped


@dataclass(frozen=True, slots=True)
class Suite:
    """The examples of one file.

    Attributes:
        path: the file that holds them.
        examples: in the order of the file.
        format: ``device-repository``, ``chirpstack``, ``ts013``, ``non-regression``, ``actility`` or ``errors``.
        rule: how results are compared.
        script: the script they are for; None where the file itself names the device.
        dialect: whose rules the script follows, or None where that is left open.
        declared: whether they are of a declared codec; else of JavaScript.
        now: as in `Options`.
        text: the file's text as it was read.
    """

    path: Path
    examples: tuple[Example, ...]
    format: str = "device-repository"
    rule: Rule = Rule()
    script: Path | None = None
    dialect: str | None = None
    declared: bool = False
    now: str | None = None
    text: str = field(default="", repr=False)

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
class Change:
    """A value in a file of examples, and what would have to stand there.

    Attributes:
        place: its keys and indexes from the top.
        value: the new one.
    """

    place: Place
    value: Any


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
        changes: what would have to stand in the file for it to pass.
        accepted: whether what came out was written into the file.
        elapsed_s: seconds that the example's suite took, shared among its examples.
    """

    id: str
    file: str
    operation: str | None
    description: str
    outcome: str
    notes: list[str] = field(default_factory=list)
    diff: list[Difference] = field(default_factory=list)
    error: Error | None = field(default=None, repr=False)
    changes: tuple[Change, ...] = field(default=(), repr=False)
    accepted: bool = False
    elapsed_s: float = field(default=0.0, compare=False)

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


def untested(path: Path, why: str = "there are no examples") -> Row:
    """The row of a device that has no examples: not a pass."""
    name = path.as_posix()
    return Row(name, name, None, "", "untested", notes=[why])


def unreadable(path: Path, error: ContentError) -> Row:
    """The row of a file that does not hold what it should, or whose device cannot be loaded."""
    name = path.as_posix()
    return Row(name, name, None, "", "error", diff=[Difference("", None, None, str(error))], error=error)


SHOWN_CHARS = 200
"""Characters of a value in a sentence; the whole value is in ``expected`` and ``got``."""


def shown(value: Any, most: int = SHOWN_CHARS) -> str:
    """A value as a sentence shows it: JSON, cut where it is long."""
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[:most]}…"
