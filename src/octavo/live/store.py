"""What every store of messages does, and the values that go in and out of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from octavo.live.clock import DAY_MS
from octavo.live.intake import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REMEMBERED_MS = DAY_MS
"""How long a message is recognised when it is delivered again.

The Things Stack Cloud tries for about an hour (The Things Stack documentation, "Webhook Retries").
"""

TAKEN_MOST = 4 << 20
"""Bytes of messages to decode, and characters of outcomes to pass on, that are taken at a time.

As objects JSON takes up to fifty times what it takes as text: lists in lists in lists.
"""

STATES = ("waiting", "failed", "pending", "dead")
"""What `Store.entries` lists: not decoded yet, failed to decode, not passed on yet, given up."""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a row: the number it is kept under, and whether it was there before."""

    id: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as the store has it.

    Attributes:
        id: its number.
        received_ms: when it was received, Unix time in milliseconds.
        attempts: how often it was tried to decode it before.
        row: the message.
    """

    id: int
    received_ms: int
    attempts: int
    row: Row

    @classmethod
    def of(cls, values: Sequence[Any]) -> Self:
        """From what a store has: number, time, attempts, network, kind, ids as JSON, via, topic, event, body."""
        number, received_ms, attempts, network, kind, ids, *rest = values
        return cls(number, received_ms, attempts, Row(network, kind, json.loads(ids), *rest))


@dataclass(frozen=True, slots=True)
class Done:
    """What decoding made of a message.

    Attributes:
        id: its number.
        state: ``done``, ``failed`` (kept until somebody retries it), or ``again``.
        outcome: the JSON text that goes to the sinks; empty for ``again``.
        error: why it failed, one sentence, or None.
        due_ms: for ``again``: not before this, by the steady clock.
        is_tried: whether this is one more attempt; one that was noted before is counted.
    """

    id: int
    state: str
    outcome: str = ""
    error: str | None = None
    due_ms: int = 0
    is_tried: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """An outcome on its way to a sink.

    Attributes:
        message_id: the message's number.
        attempts: how often it was tried before.
        content: one JSON object, as text.
        received_ms: when its message was received, Unix time in milliseconds.
        made_ms: when its outcome was recorded, by the steady clock: what tells it from one of a later decoding.
    """

    message_id: int
    attempts: int
    content: str = field(repr=False)
    received_ms: int = 0
    made_ms: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a letter.

    Attributes:
        message_id: the message's number.
        made_ms: as in `Letter`. What was sent before somebody had the message decoded again settles nothing of that.
        state: ``sent``, ``later`` or ``dead``.
        attempts: how often it has been tried now.
        due_ms: for ``later``: not before this, by the steady clock.
        error: why it was not sent, one sentence, or None.
    """

    message_id: int
    made_ms: int
    state: str
    attempts: int = 0
    due_ms: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in the store: waiting to be decoded, failed, and by sink what is pending and what is dead."""

    waiting: int
    failed: int
    pending: Mapping[str, int]
    dead: Mapping[str, int]

    @classmethod
    def of(cls, messages: Iterable[tuple[str, int]], letters: Sequence[tuple[str, bool, int]]) -> Self:
        """From how many messages are in each state, and how many letters a sink has that are dead, or not."""
        states = dict(messages)
        pending, dead = ({sink: n for sink, is_dead, n in letters if is_dead == which} for which in (False, True))
        return cls(states.get("waiting", 0), states.get("failed", 0), pending, dead)

    def left(self, sinks: Iterable[str]) -> dict[str, int]:
        """How many letters there are for each sink that is none of these, dead ones among them."""
        others = sorted({*self.pending, *self.dead} - {*sinks})
        return {sink: self.pending.get(sink, 0) + self.dead.get(sink, 0) for sink in others}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of ``octavo queue list``.

    Attributes:
        id: the message's number.
        state: one of `STATES`.
        received_ms: when it was received, Unix time in milliseconds.
        network: the network.
        kind: the kind.
        application: the application's identifier, or None.
        device: the device's identifier, or None.
        sink: whom it was not passed on to, or None.
        attempts: how often it was tried.
        error: the last error, or None.
    """

    id: int
    state: str
    received_ms: int
    network: str
    kind: str
    application: str | None
    device: str | None
    sink: str | None
    attempts: int
    error: str | None


def named(row: Row) -> tuple[str | None, ...]:
    """What a store keeps of a row beside its body: network, kind, application, device, ids, via, topic, event."""
    ids = json.dumps(row.ids, separators=(",", ":"))
    return row.network, row.kind, row.application, row.device, ids, row.via, row.topic, row.event


class Store(Protocol):
    """Messages, kept until they are decoded and passed on.

    One object is used by one thread at a time. Every method is one transaction, and raises `StoreError`
    where it cannot be done: nothing of it is done then.
    """

    def put(self, rows: Sequence[Row], received_ms: int, steady_ms: int) -> list[Put]:
        """Keep messages; where the store is durable, they outlast the machine's power once this returns.

        Args:
            rows: the messages, in the order in which they came.
            received_ms: the time, Unix milliseconds.
            steady_ms: the time by a clock that no one sets; identities are kept for a day of it.
        """
        ...

    def look(self) -> None:
        """See that what is kept is still there to be found: that nobody took the file away under its name.

        `put` does so, too, before it says that anything is kept.

        Raises:
            StoreError: it is not, and never will be; its name is `octavo.live.errors.GONE`.
        """
        ...

    def hold(self) -> bool:
        """Become the one worker of a store that can have only one; say whether it is so (where many may be: always)."""
        ...

    def claim(self, limit: int, steady_ms: int, resting: Sequence[str] = ()) -> list[Stored]:
        """Messages to decode, the oldest first; who has them must `record` them, or claim them again.

        Args:
            limit: at most so many, and at most `TAKEN_MOST` bytes of bodies; but one, if there is any.
            steady_ms: the time by the steady clock.
            resting: devices (`octavo.live.intake.Row`) whose messages are left; "" for those that name none.

        Raises:
            StoreError: also where this is the one worker no longer, see `hold`; its name is `octavo.live.errors.GONE`.
        """
        ...

    def record(self, done: Sequence[Done], sinks: Sequence[str], steady_ms: int) -> None:
        """Note what decoding made of messages, and give each outcome to each sink."""
        ...

    def due(self, sink: str, limit: int, steady_ms: int) -> list[Letter]:
        """Letters that a sink should get now, the oldest first.

        Args:
            sink: the sink's name.
            limit: at most so many, and at most `TAKEN_MOST` of outcomes; but one, if there is any.
            steady_ms: the time by the steady clock.

        Raises:
            StoreError: as for `claim`.
        """
        ...

    def settle(self, sink: str, settled: Sequence[Settled]) -> None:
        """Note what became of letters."""
        ...

    def counts(self) -> Counts:
        """How much waits, how much failed."""
        ...

    def entries(self, state: str, limit: int, after: int = 0) -> list[Entry]:
        """Lines of the queue in one of `STATES`, by number, from the first above ``after``."""
        ...

    def has(self, number: int) -> bool:
        """Whether a message with this number is kept; those that are done long ago may be gone, see `prune`."""
        ...

    def retry(self, ids: Sequence[int] | None = None) -> int:
        """Decode again what failed, and send again what was given up; all, or the messages named. Says how many."""
        ...

    def drop(self, ids: Sequence[int] | None = None, sink: str | None = None) -> int:
        """Give up for good: the message stays, its lines in the queue go. Says how many lines.

        Args:
            ids: the messages of which everything goes that failed, is dead or pending; None: all that failed or is
                dead, of any message.
            sink: only what is dead or pending for this sink; then, without ``ids``, all of that.
        """
        ...

    def forget(self, steady_ms: int) -> None:
        """Forget the identities that are older than a day: by the clock of who puts."""
        ...

    def prune(self, before_ms: int) -> int:
        """Delete messages received before that, Unix milliseconds, that are done and passed on. Says how many went."""
        ...

    def steady_floor(self) -> int:
        """The latest steady time that the store was told, so that the next clock starts no earlier."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...
