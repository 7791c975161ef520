"""The work behind the receiver: decode what was kept, and pass it on, at least once.

One thread decodes; each sink has a thread of its own, so that one that is away holds up none of the others.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo._rows import dump, sayable
from octavo.live.clock import moment
from octavo.live.errors import StoreError
from octavo.live.store import Done, Settled
from octavo.pipeline import Arrival, Outcome, process_many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octavo.live.clock import Clock
    from octavo.live.devices import Devices
    from octavo.live.sinks import Receipt, Sink
    from octavo.live.store import Letter, Store, Stored

BATCH = 256
"""Messages that are decoded, or letters that are sent, at a time."""

IDLE_S = 0.25
"""How long anyone waits for a sign before looking again."""

DECODE_TRIES = 3
"""How often a message is tried whose decoding ended with its worker, or with the process."""

LETTER_TRIES = 8
"""How often a letter is tried that its receiver refuses, before it is dead."""

BACKOFF_MS = 1000, 5 * 60 * 1000
"""The first and the longest wait; each is twice the one before."""

PRUNE_MS = 10 * 60 * 1000

FAILED = frozenset(["failed", "unknown_device", "invalid", "not_json", "unknown_kind", "ambiguous"])
"""Outcomes that somebody can mend, and then retry."""


@dataclass(slots=True)
class Tally:
    """What was done since it was last told.

    Attributes:
        decoded: outcomes that are no failure.
        failed: failures, by the error's name or the outcome's.
        delivered: letters sent, by sink.
        dead: letters given up, by sink.
        latency_s: of each letter that was sent, the seconds since its message was received.
    """

    decoded: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    delivered: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    latency_s: list[float] = field(default_factory=list)


class Work:
    """The loop of a worker.

    Args:
        store: the store; its methods are called by one thread at a time.
        devices: from a message to its device.
        sinks: whom outcomes are passed on to.
        clock: the times.
        tell: given a `Tally` after each round that did something; called by several threads, one at a time.
        keep_ms: how long a message is kept that is done and passed on; None keeps all.
        careful: decode the messages that wait now one at a time, noting each before: one of them ended a worker.
    """

    def __init__(
        self,
        store: Store,
        devices: Devices,
        sinks: Sequence[Sink],
        clock: Clock,
        tell: Callable[[Tally], None],
        *,
        keep_ms: int | None = None,
        careful: bool = False,
    ) -> None:
        self._keep_ms = keep_ms
        self._prune_at = clock.steady_ms()
        self._store = store
        self._devices = devices
        self._sinks = sinks
        self._clock = clock
        self._tell = tell
        self._careful = BATCH if careful else 0
        self._one_at_a_time = threading.Lock()
        self._closing = threading.Event()
        self._poked = threading.Event()
        self._ready = {sink.name: threading.Event() for sink in sinks}

    def poke(self) -> None:
        """Something new is in the store."""
        self._poked.set()

    def stop(self) -> None:
        """End after what is being done."""
        self._closing.set()
        for event in (self._poked, *self._ready.values()):
            event.set()

    def stopped(self, wait_s: float = 0.0) -> bool:
        """Whether it is to end; waits so long for it."""
        return self._closing.wait(wait_s)

    def run(self) -> None:
        """Decode and pass on until `stop`."""
        threads = [threading.Thread(target=self._pass_on, args=[sink], name=sink.name) for sink in self._sinks]
        for thread in threads:
            thread.start()
        try:
            self._decode()
        finally:
            self.stop()
            for thread in threads:
                thread.join()

    # ---- decoding ----

    def _decode(self) -> None:
        while not self._closing.is_set():
            self._poked.clear()
            if not self._round():
                self._prune()
                self._poked.wait(IDLE_S)

    def _round(self) -> int:
        """Decode what waits, a batch of it; says how many."""
        try:
            with self._one_at_a_time:
                claimed = self._store.claim(1 if self._careful else BATCH, self._clock.steady_ms())
            if claimed:
                self._done(self._outcomes(claimed))
        except StoreError:
            return 0  # it is tried again; nothing is lost while the store is away
        return len(claimed)

    def _outcomes(self, claimed: Sequence[Stored]) -> list[tuple[Stored, Outcome | None]]:
        if self._careful:
            self._careful -= 1
            return [self._with_care(each) for each in claimed]
        arrivals = [_arrival(each) for each in claimed]
        return list(zip(claimed, process_many(arrivals, self._devices, batch=len(arrivals)), strict=True))

    def _with_care(self, stored: Stored) -> tuple[Stored, Outcome | None]:
        """The outcome of a message that may be the one that ended the last worker; None where it was three times."""
        if stored.attempts >= DECODE_TRIES:
            return stored, None
        noted = Done(stored.id, "again", error="a worker ended while it was decoded")
        with self._one_at_a_time:
            self._store.record([noted], (), self._clock.steady_ms())
        return stored, next(process_many([_arrival(stored)], self._devices))

    def _done(self, outcomes: Sequence[tuple[Stored, Outcome | None]]) -> None:
        now = self._clock.steady_ms()
        done = [_judged(stored, outcome, now) for stored, outcome in outcomes]
        with self._one_at_a_time:
            self._store.record(done, list(self._ready), now)
            self._tell(_tally(outcomes, done))
        for event in self._ready.values():
            event.set()

    def _prune(self) -> None:
        """Now and then delete what is old; where that fails, it is done next time."""
        now = self._clock.steady_ms()
        if self._keep_ms is None or now < self._prune_at:
            return
        self._prune_at = now + PRUNE_MS
        with contextlib.suppress(StoreError), self._one_at_a_time:
            self._store.prune(self._clock.wall_ms() - self._keep_ms)

    # ---- passing on ----

    def _pass_on(self, sink: Sink) -> None:
        ready, failures = self._ready[sink.name], 0
        sink.open()
        while not self._closing.is_set():
            ready.clear()
            sent_all, count = self._send(sink)
            failures = 0 if sent_all else failures + 1
            if failures:
                self._closing.wait(_backoff_ms(failures) / 1000)
            elif not count:
                ready.wait(IDLE_S)
        sink.close()

    def _send(self, sink: Sink) -> tuple[bool, int]:
        """Send what is due; says whether the sink took it all (or had its reasons), and how many letters there were."""
        try:
            with self._one_at_a_time:
                letters = self._store.due(sink.name, BATCH, self._clock.steady_ms())
            if not letters:
                return True, 0
            receipts = sink.send(letters)
            self._settle(sink, letters, receipts)
        except StoreError:
            return False, 0
        return all(receipt.state != "down" for receipt in receipts), len(letters)

    def _settle(self, sink: Sink, letters: Sequence[Letter], receipts: Sequence[Receipt]) -> None:
        now, tally = self._clock.steady_ms(), Tally()
        pairs = list(zip(letters, receipts, strict=True))
        settled = [_settled(letter, receipt, now) for letter, receipt in pairs]
        for name, counted in (("sent", tally.delivered), ("dead", tally.dead)):
            if count := sum(each.state == name for each in settled):
                counted[sink.name] = count
        wall = self._clock.wall_ms()
        tally.latency_s = [
            max(0, wall - letter.received_ms) / 1000
            for letter, each in zip(letters, settled, strict=True)
            if each.state == "sent"
        ]
        with self._one_at_a_time:
            self._store.settle(sink.name, settled)
            self._tell(tally)


def _arrival(stored: Stored) -> Arrival:
    row = stored.row
    return Arrival(row.body, topic=row.topic, query={"event": row.event} if row.event else None)


def _judged(stored: Stored, outcome: Outcome | None, now: int) -> Done:
    """What is noted of an outcome."""
    if outcome is None:
        ended = f"decoding it ended the worker {DECODE_TRIES} times"
        return Done(stored.id, "failed", _content(stored, {"outcome": "failed", "reason": ended}), ended)
    name = outcome.error.name if outcome.error else ""
    tries = stored.attempts + 1
    if name == "worker_lost" and tries < DECODE_TRIES:
        return Done(stored.id, "again", error=sayable(str(outcome.error)), due_ms=now + _backoff_ms(tries))
    state = "failed" if outcome.outcome in FAILED else "done"
    error = sayable(str(outcome.error or outcome.reason)) if state == "failed" else None
    return Done(stored.id, state, _content(stored, outcome.to_dict()), error)


def _content(stored: Stored, record: dict[str, Any]) -> str:
    """The JSON object that sinks are given."""
    row = stored.row
    place = {"id": stored.id, "received_at": moment(stored.received_ms), "via": row.via, "topic": row.topic}
    return dump(place | record)


def _settled(letter: Letter, receipt: Receipt, now: int) -> Settled:
    if receipt.state == "sent":
        return Settled(letter.message_id, "sent")
    if receipt.state == "down":
        return Settled(letter.message_id, "later", letter.attempts, now, receipt.reason)
    tries = letter.attempts + 1
    state = "dead" if tries >= LETTER_TRIES else "later"
    return Settled(letter.message_id, state, tries, now + _backoff_ms(tries), receipt.reason)


def _backoff_ms(failures: int) -> int:
    first, longest = BACKOFF_MS
    return int(min(longest, first * 2 ** min(failures - 1, 20)))


def _tally(outcomes: Sequence[tuple[Stored, Outcome | None]], done: Sequence[Done]) -> Tally:
    failed = (_reason(outcome) for (_, outcome), each in zip(outcomes, done, strict=True) if each.state == "failed")
    return Tally(sum(each.state == "done" for each in done), dict(Counter(failed)))


def _reason(outcome: Outcome | None) -> str:
    if outcome is None:
        return "worker_lost"
    return outcome.error.name if outcome.outcome == "failed" and outcome.error else outcome.outcome
