"""The proof that a declaration and everything derived from it agree, and the first difference where they do not."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, islice
from random import Random
from typing import TYPE_CHECKING, Any

from octavo._files import temporary_file
from octavo._shrink import shrunk, simpler_bytes, simpler_data
from octavo.codecs.javascript import to_javascript
from octavo.formatters.dialects import DIALECTS
from octavo.proof.columns import Columnar, has_columns
from octavo.proof.material import Frame, Values, frames, values
from octavo.proof.sides import Declared, Quick, Reads, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from octavo.codecs import Codec
    from octavo.proof.outcomes import Outcome

BATCH = 2000
"""How many inputs are compared at a time."""

FRAMES = 20_000
"""How many frames and data a proof has unless it is told."""

SHARES = {"decode_uplink": 2, "decode_downlink": 1, "encode_downlink": 1}
"""How they are shared out among the operations that a declaration has."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first input that two sides do not agree on, as small as it can be made.

    Attributes:
        operation: ``decode_uplink``, ``decode_downlink`` or ``encode_downlink``.
        side: who differs from the declaration.
        f_port: the port.
        input: the bytes, or the data.
        received_ms: when it was received, for bytes; None for data.
        declared: what the declaration says, in full.
        got: what the side says.
    """

    operation: str
    side: str
    f_port: int
    input: Any
    received_ms: int | None
    declared: str
    got: str


@dataclass(slots=True)
class Proof:
    """What was compared.

    Attributes:
        seed: of all inputs.
        inputs: how many, by operation.
        accepted: how many of them the declaration takes, by operation.
        sides: who was compared with the declaration.
        compared: with how many of the inputs each of them was.
        difference: the first, or None where all agree.
    """

    seed: int
    inputs: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    sides: tuple[str, ...] = ()
    compared: dict[str, int] = field(default_factory=dict)
    difference: Difference | None = None

    @property
    def holds(self) -> bool:
        """Whether all agree."""
        return self.difference is None


def prove(
    codec: Codec,
    *,
    frame_count: int = FRAMES,
    seed: int = 0,
    javascript: str | None = None,
    dialects: Sequence[str] = DIALECTS,
    progress: Callable[[int], None] | None = None,
) -> Proof:
    """Compare construct, the quick reader, the columns and the JavaScript under every dialect.

    The first `BATCH` inputs of each operation run under every dialect, each further batch under one of them in turn:
    the script reads and writes alike for all, and what differs is what a network puts around it.

    Without numpy the columns are left out; `Proof.sides` says who was compared.

    Args:
        codec: the declaration.
        frame_count: how many frames, and data to encode, in all; see `SHARES`.
        seed: what the inputs are made from.
        javascript: a script to compare in place of the one that is generated.
        dialects: the networks to run it under.
        progress: told the number of inputs compared so far.
    """
    text = to_javascript(codec) if javascript is None else javascript
    with ExitStack() as stack:
        file = stack.enter_context(temporary_file("generated.js", text))
        columns = [Columnar()] if has_columns() else []
        sides: list[Any] = [Quick(codec), *columns, *_scripts(codec, file, dialects)]
        for side in sides:
            stack.enter_context(closing(side))
        return _Run(codec, sides, seed, progress).all(frame_count)


def _scripts(codec: Codec, file: Path, dialects: Sequence[str]) -> Iterator[Script]:
    return (Script(file, dialect, measures=codec.measures) for dialect in dialects)


class _Run:
    """One proof."""

    def __init__(self, codec: Codec, sides: list[Any], seed: int, progress: Callable[[int], None] | None) -> None:
        self.codec = codec
        self.sides = sides
        self.progress = progress
        self.proof = Proof(seed, sides=tuple(side.name for side in sides))

    def all(self, frame_count: int) -> Proof:
        """Each operation, until something differs."""
        inputs: dict[str, Any] = {
            "decode_uplink": partial(frames, self.codec.uplink),
            "decode_downlink": partial(frames, self.codec.downlink),
            "encode_downlink": partial(values, self.codec.downlink),
        }
        shares = {operation: SHARES[operation] for operation in inputs if operation in self.codec.operations}
        for operation, share in shares.items():
            random = Random(f"{self.proof.seed} {operation}")  # noqa: S311 - the same inputs again, nothing secret
            self.operation(operation, inputs[operation](-(-frame_count * share // sum(shares.values())), random))
            if self.proof.difference:
                break
        return self.proof

    def operation(self, operation: str, inputs: Iterator[Any]) -> None:
        """Batch after batch."""
        for number in count():
            batch = list(islice(inputs, BATCH))
            if not batch:
                return
            self.batch(operation, batch, self.asked(operation, number))
            if self.proof.difference:
                return
            self.proof.inputs[operation] = self.proof.inputs.get(operation, 0) + len(batch)
            if self.progress:
                self.progress(sum(self.proof.inputs.values()))

    def asked(self, operation: str, number: int) -> list[Any]:
        """Who is asked about a batch: of the scripts all about the first, then one in turn."""
        able = [side for side in self.sides if operation in side.operations]
        scripts = [side for side in able if isinstance(side, Script)]
        if number == 0 or not scripts:
            return able
        turn = scripts[number % len(scripts)]
        return [side for side in able if side is turn or side not in scripts]

    def batch(self, operation: str, batch: list[Any], sides: list[Any]) -> None:
        """Some sides on the same inputs."""
        declared = Declared(self.codec, operation, batch)
        for side in sides:
            self.proof.compared[side.name] = self.proof.compared.get(side.name, 0) + len(batch)
            for given, one, other in zip(batch, declared.outcomes(side.reads), self.of(side, declared), strict=True):
                if _differ(one, other) and not (other.is_limit and self.was_held_up(side, operation, given)):
                    smallest = given if other.is_limit else self.smallest(side, operation, given)
                    again = self.pair(side, operation, smallest)
                    found = (smallest, *again) if _differ(*again) else (given, one, _among(len(batch), other))
                    self.proof.difference = _difference(side, operation, *found)
                    return
        accepted = sum(outcome.ok for outcome in declared.outcomes(Reads()))
        self.proof.accepted[operation] = self.proof.accepted.get(operation, 0) + accepted

    def was_held_up(self, side: Any, operation: str, given: Any) -> bool:
        """Whether an input that met a limit among many does not meet it alone."""
        return not self.pair(side, operation, given)[1].is_limit

    def of(self, side: Any, declared: Declared) -> list[Outcome]:
        """What a side says."""
        found: list[Outcome] = (side.encode if declared.operation == "encode_downlink" else side.decode)(declared)
        return found

    def pair(self, side: Any, operation: str, given: Any) -> tuple[Outcome, Outcome]:
        """Declaration and side, on one input."""
        declared = Declared(self.codec, operation, [given])
        return declared.outcomes(side.reads)[0], self.of(side, declared)[0]

    def smallest(self, side: Any, operation: str, given: Any) -> Any:
        """The smallest input that shows a difference."""

        def differs(candidate: Any) -> bool:
            return _differ(*self.pair(side, operation, candidate))

        return shrunk(given, _simpler, differs)


def _differ(one: Outcome, other: Outcome) -> bool:
    return one.ok != other.ok or one.text != other.text


def _among(count: int, outcome: Outcome) -> Outcome:
    """An outcome that an input has among others only: asked alone, the side agrees."""
    return replace(outcome, shown=f"{outcome.shown} (as one of {count} inputs; alone it agrees)")


def _difference(side: Any, operation: str, given: Any, one: Outcome, other: Outcome) -> Difference:
    """What an input shows."""
    is_frame = isinstance(given, Frame)
    return Difference(
        operation,
        side.name,
        given.f_port,
        given.frm_payload if is_frame else given.data,
        given.received_ms if is_frame else None,
        one.shown,
        other.shown,
    )


def _simpler(given: Any) -> Iterator[Any]:
    if isinstance(given, Frame):
        return (Frame(content, given.f_port, given.received_ms) for content in simpler_bytes(given.frm_payload))
    return (Values(data, given.f_port) for data in simpler_data(given.data))
