"""The work behind the receiver: decode what was kept, and pass it on, at least once.

One thread decodes; each sink has a thread of its own, so that one that is away holds up none of the others.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from octavo._rows import dump, sayable
from octavo.errors import LimitError
from octavo.live.backoff import Backoff
from octavo.live.clock import moment
from octavo.live.errors import GONE, MISTAKES, StoreError
from octavo.live.logs import facts
from octavo.live.pace import Pace, Repeats, Rests
from octavo.live.redaction import told_of
from octavo.live.sinks.sink import REFUSED, Receipt
from octavo.live.store import Done, Settled
from octavo.pipeline import Arrival, Outcome, process_many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octavo.live.clock import Clock
    from octavo.live.devices import Devices
    from octavo.live.intake import Row
    from octavo.live.sinks import Sink
    from octavo.live.store import Letter, Store, Stored
    from octavo.networks.message import Ids

log = logging.getLogger(__name__)

BATCH = 64
"""Messages that are decoded at a time."""

IDLE_S = 0.25
"""How long anyone waits for a sign before looking again."""

SLOW = frozenset(["script_timeout", "limit_memory", "worker_lost"])
"""Errors of messages that took all their time, or the time to start another worker of the sandbox."""

DECODE_TRIES = 3
"""How often a message is tried whose decoding ends with its worker, or with the process: then it has failed."""

LETTER_TRIES = 8
"""How often a letter is tried that its receiver refuses, before it is dead."""

LOST = Receipt(REFUSED, "the worker ended while it was passed on")

BACKOFF = Backoff(1.0, 5 * 60.0)
"""Waits for a sink that is away, and before a letter, or a message, is tried again."""

STORE_BACKOFF = Backoff(IDLE_S, 10.0)
"""Waits for a store that cannot do what it is asked."""

PRUNE_MS = 10 * 60 * 1000

ERROR_CHARS = 500
"""So much is logged of an error; the store has all of it."""

NO_DEVICE = "unknown_device"
"""The outcome of a message that nobody decodes."""

FAILED = frozenset(["failed", NO_DEVICE, "invalid", "not_json", "unknown_kind", "ambiguous"])
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
        careful: decode, and pass on, what waits now one at a time, noting each before: one of them ended a worker.
        told: what is told of a sentence, or of the name of a file.
        named: what decodes the messages with some identifiers; where one is slow, those of the others go first.
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
        told: Callable[[str], str] = str,
        named: Callable[[Ids], str | None] = lambda _: None,
    ) -> None:
        self._store = store
        self._devices = devices
        self._sinks = sinks
        self._clock = clock
        self._tell = tell
        self._told = told
        self._named = named
        self._pace = Pace(BATCH)
        self._rests = Rests()
        self._failures = Repeats()
        self._keep_ms = keep_ms
        self._prune_at = clock.steady_ms()
        self._careful = BATCH if careful else 0
        self._wary = {sink.name: self._careful for sink in sinks}
        self._unsettled: dict[str, tuple[list[Settled], Tally]] = {}
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
        """Decode and pass on until `stop`. An error that no part of it expects ends all of it, and is raised here."""
        with ThreadPoolExecutor(max(1, len(self._sinks)), thread_name_prefix="octavo-sink") as pool:
            sending = [pool.submit(self._pass_on, sink) for sink in self._sinks]
            for each in sending:
                each.add_done_callback(lambda _: self.stop())
            try:
                self._take_turns("decoding", self._poked, self._decode)
            finally:
                self.stop()
        for each in sending:
            each.result()

    def _take_turns(self, name: str, ready: threading.Event, turn: Callable[[], tuple[int, str | None]]) -> None:
        """One turn after the other until `stop`.

        Args:
            name: whose turns they are.
            ready: set when there is something to do.
            turn: says how much it did, and what is in the way of more: "" where nothing is, None where nobody knows.
        """
        failures, down, trouble = 0, "", _Trouble(name)
        while not self._closing.is_set():
            ready.clear()
            backoff = BACKOFF
            try:
                count, reason = turn()
                down = down if reason is None else reason
            except StoreError as error:  # it is tried again; nothing is lost while the store is away
                if error.name == GONE:
                    raise
                count, reason, backoff = 0, error.message, STORE_BACKOFF
            if reason or not down:
                trouble.note(reason or "", self._clock.steady_ms())
            failures = failures + 1 if reason else 0
            if reason:
                self._closing.wait(backoff.after(failures))
            elif not count:
                ready.wait(IDLE_S)

    # ---- decoding ----

    def _decode(self) -> tuple[int, str]:
        """Decode a batch of what waits."""
        began = self._clock.steady_ms()
        claimed, ready = self._claim(began)
        if ready:
            is_noted = self._noted(ready)
            outcomes = self._outcomes(ready)
            spent_ms = self._clock.steady_ms() - began
            self._pace.note(self._done(outcomes, is_noted=is_noted), spent_ms / 1000)
        elif not claimed:
            self._prune()
        return len(claimed), ""

    def _claim(self, now: int) -> tuple[list[Stored], list[Stored]]:
        """Messages, and those of them that are tried now; of who is slow where nobody else has any."""
        count = 1 if self._careful else self._pace.count
        resting = self._rests.resting(now)
        with self._one_at_a_time:
            others = self._store.claim(count, now, resting)
            claimed = self._store.claim(count, now) if resting and not others else others
        pairs = [(self._named(each.row.ids), each.row.device) for each in claimed]
        tried = self._rests.tried(pairs, now, alone=not others)
        return claimed, [each for each, is_tried in zip(claimed, tried, strict=True) if is_tried]

    def _noted(self, claimed: Sequence[Stored]) -> bool:
        """Where one of what waits may end this worker, too: note the attempts before they are made."""
        if not self._careful:
            return False
        self._careful -= 1
        why = "a worker ended while it was decoded"
        noted = [Done(each.id, "again", error=why) for each in claimed if each.attempts < DECODE_TRIES]
        with self._one_at_a_time:
            self._store.record(noted, (), self._clock.steady_ms())
        return True

    def _outcomes(self, claimed: Sequence[Stored]) -> list[tuple[Stored, Outcome | None]]:
        """The outcome of each; None for a message that was tried often enough."""
        groups: dict[str | None, list[Stored]] = {}
        for each in claimed:
            groups.setdefault(self._named(each.row.ids), []).append(each)
        found: dict[int, Outcome | None] = {}
        for name, several in groups.items():  # one device after the other: so it is known which of them is slow
            began = self._clock.steady_ms()
            outcomes = self._decoded(several)
            self._note_slow(name, outcomes, began)
            found.update(zip((each.id for each in several), outcomes, strict=True))
        return [(each, found[each.id]) for each in claimed]

    def _decoded(self, claimed: Sequence[Stored]) -> list[Outcome | None]:
        """The outcomes of what one device decodes."""
        arrivals = [_arrival(each) for each in claimed if each.attempts < DECODE_TRIES]
        found = process_many(arrivals, self._devices, batch=len(claimed))
        return [next(found) if each.attempts < DECODE_TRIES else None for each in claimed]

    def _note_slow(self, name: str | None, outcomes: Sequence[Outcome | None], began: int) -> None:
        """Note whether what was asked was slow, if it was asked at all."""
        asked = [each for each in outcomes if each and each.device]
        if name and asked:
            now = self._clock.steady_ms()
            is_slow = any(each.error and each.error.name in SLOW for each in asked)
            self._rests.note(name, len(asked), now, now - began, is_slow=is_slow)

    def _done(self, outcomes: Sequence[tuple[Stored, Outcome | None]], *, is_noted: bool) -> list[int]:
        """Note what became of messages; says how many characters there are of each."""
        now = self._clock.steady_ms()
        done = [_judged(stored, outcome, now, self._told) for stored, outcome in outcomes]
        if is_noted:
            done = [replace(each, is_tried=False) for each in done]
        self._log_failures(outcomes, done, now)
        with self._one_at_a_time:
            self._store.record(done, list(self._ready), now)
            self._tell(_tally(outcomes, done))
        for event in self._ready.values():
            event.set()
        return [len(each.outcome) for each in done]

    def _log_failures(self, outcomes: Sequence[tuple[Stored, Outcome | None]], done: Sequence[Done], now: int) -> None:
        """Log what cannot be decoded: once for each device and error, then how often."""
        for (stored, outcome), each in zip(outcomes, done, strict=True):
            if each.state != "failed":
                continue
            device, name = self._told(self._named(stored.row.ids) or ""), _reason(outcome)
            error = _loggable(each.error)
            if count := self._failures.note((device, name, error), now):
                told = facts("failed", id=stored.id, device=device or None, name=name, error=error, count=count)
                whose = f"{device}: " if device else ""
                why = error if name == NO_DEVICE else f"{name}: {error}"  # which says the same
                log.warning("%smessage %d is not decoded: %s", whose, stored.id, why, extra=told)

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
        refusals = _Refusals(sink.name)
        sink.open()
        try:
            self._take_turns(sink.name, self._ready[sink.name], lambda: self._send(sink, refusals))
        finally:
            sink.close()
            with contextlib.suppress(StoreError):  # the last try; else they are sent again by who comes next
                self._note_settled(sink)

    def _send(self, sink: Sink, refusals: _Refusals) -> tuple[int, str | None]:
        """Send a batch of what is due; says how many letters, and why the sink is down where it is."""
        self._note_settled(sink)
        with self._one_at_a_time:
            count = 1 if self._wary[sink.name] else sink.batch
            letters = self._store.due(sink.name, count, self._clock.steady_ms())
        if not letters:
            return 0, None
        receipts = [LOST] if self._is_poison(sink, letters) else self._receipts(sink, letters)
        settled = self._settle(sink, letters, receipts)
        refusals.note(receipts, settled, self._clock.steady_ms())
        reasons = [self._said(receipt) for receipt in receipts if receipt.state == "down"]
        if not reasons and all(each.state != "sent" for each in settled):
            return len(letters), None  # who refuses all that it is given is not known to be well
        return len(letters), next(iter(reasons), "")

    def _said(self, receipt: Receipt) -> str:
        return self._told(sayable(receipt.reason)) or "it is down"

    def _is_poison(self, sink: Sink, letters: Sequence[Letter]) -> bool:
        """Where a letter may end this worker, too: note the attempt before it is made; says whether it had enough."""
        if not self._wary[sink.name]:
            return False
        self._wary[sink.name] -= 1
        (letter,) = letters
        if letter.attempts >= LETTER_TRIES:
            return True
        now, tried = self._clock.steady_ms(), letter.attempts + 1
        with self._one_at_a_time:
            self._store.settle(sink.name, [_later(letter, tried, now, LOST.reason)])
        return False

    def _receipts(self, sink: Sink, letters: Sequence[Letter]) -> list[Receipt]:
        """What a sink says of letters; a mistake of ours over one of them is that one's refusal."""
        try:
            return sink.send(letters)
        except MISTAKES as error:
            if len(letters) > 1:
                return [receipt for letter in letters for receipt in self._receipts(sink, [letter])]
            told = facts("raised", sink=sink.name, id=letters[0].message_id)
            log.critical("%s: a mistake of octavo's over a message", sink.name, exc_info=True, extra=told)
            return [Receipt(REFUSED, f"a mistake of octavo's: {type(error).__name__}")]

    def _settle(self, sink: Sink, letters: Sequence[Letter], receipts: Sequence[Receipt]) -> list[Settled]:
        """Note what became of letters."""
        now, tally = self._clock.steady_ms(), Tally()
        pairs = list(zip(letters, receipts, strict=True))
        settled = [_settled(letter, receipt, now, self._told) for letter, receipt in pairs]
        for name, counted in (("sent", tally.delivered), ("dead", tally.dead)):
            if count := sum(each.state == name for each in settled):
                counted[sink.name] = count
        wall = self._clock.wall_ms()
        tally.latency_s = [
            max(0, wall - letter.received_ms) / 1000
            for letter, each in zip(letters, settled, strict=True)
            if each.state == "sent"
        ]
        self._unsettled[sink.name] = (settled, tally)
        self._note_settled(sink)
        return settled

    def _note_settled(self, sink: Sink) -> None:
        """Have the store know what became of letters: before it does none is sent, or these would be sent again."""
        if sink.name not in self._unsettled:
            return
        settled, tally = self._unsettled[sink.name]
        with self._one_at_a_time:
            self._store.settle(sink.name, settled)
            self._tell(tally)
        del self._unsettled[sink.name]


class _Trouble:
    """Logs what is in somebody's way when that begins, when it becomes another, now and then, and when it is over."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_there = False
        self._repeats = Repeats()

    def note(self, reason: str, now: int) -> None:
        """Say what is in the way now, or that nothing is."""
        count = self._repeats.note((reason,), now) if reason else 0
        if reason and (count or not self._is_there):
            told = facts("held_up", name=self._name, reason=reason, count=max(1, count))
            log.warning("%s: %s", self._name, reason, extra=told)
        elif self._is_there and not reason:
            log.info("%s: it goes on", self._name, extra=facts("goes_on", name=self._name))
        self._is_there = bool(reason)


class _Refusals:
    """Logs which letters a sink refuses, and which are dead: once for each reason, then how often.

    Args:
        name: the sink's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._refused, self._dead = Repeats(), Repeats()

    def note(self, receipts: Sequence[Receipt], settled: Sequence[Settled], now: int) -> None:
        """Log what was settled in a turn."""
        pairs = zip(receipts, settled, strict=True)
        refused = [each for receipt, each in pairs if receipt.state not in ("sent", "down")]
        self._log("not_taken", "refused", self._refused, [each for each in refused if each.state != "dead"], now)
        self._log("dead", "given up", self._dead, [each for each in refused if each.state == "dead"], now)

    def _log(self, event: str, what: str, repeats: Repeats, letters: Sequence[Settled], now: int) -> None:
        found: dict[str, list[int]] = {}
        for each in letters:
            found.setdefault(_loggable(each.error), []).append(each.message_id)
        for reason, numbers in found.items():
            if count := repeats.note((reason,), now, len(numbers)):
                told = facts(event, sink=self._name, id=numbers[0], reason=reason, count=count)
                more = f" and {count - 1} more" if count > 1 else ""
                log.warning("%s: message %d%s %s: %s", self._name, numbers[0], more, what, reason, extra=told)


def _loggable(error: str | None) -> str:
    """An error no longer than a line should be; `told` has left the keys out of it."""
    return (error or "")[:ERROR_CHARS]


def _arrival(stored: Stored) -> Arrival:
    row = stored.row
    return Arrival(row.body, topic=row.topic, query={"event": row.event} if row.event else None)


def _judged(stored: Stored, outcome: Outcome | None, now: int, told: Callable[[str], str]) -> Done:
    """What is noted of an outcome."""
    if outcome is None:
        ended = _ended(stored.row)
        return Done(stored.id, "failed", _content(stored, ended.to_dict()), ended.reason, is_tried=False)
    name = outcome.error.name if outcome.error else ""
    tries = stored.attempts + 1
    sentence = told(sayable(str(outcome.error or outcome.reason)))
    if name == "worker_lost" and tries < DECODE_TRIES:
        return Done(stored.id, "again", error=sentence, due_ms=now + _backoff_ms(tries))
    state = "failed" if outcome.outcome in FAILED else "done"
    content = _content(stored, told_of(outcome.to_dict(), told))
    return Done(stored.id, state, content, sentence if state == "failed" else None)


def _ended(row: Row) -> Outcome:
    """The outcome of a message that cannot be decoded: whoever tries ends."""
    error = LimitError(f"decoding it ended the worker {DECODE_TRIES} times")
    return Outcome("failed", row.network, row.kind, row.ids, error=error, reason=error.message)


def _content(stored: Stored, record: dict[str, Any]) -> str:
    """The JSON object that sinks are given."""
    row = stored.row
    place = {"id": stored.id, "received_at": moment(stored.received_ms), "via": row.via, "topic": row.topic}
    return dump(place | record)


def _later(letter: Letter, attempts: int, due_ms: int, reason: str) -> Settled:
    return Settled(letter.message_id, letter.made_ms, "later", attempts, due_ms, reason)


def _settled(letter: Letter, receipt: Receipt, now: int, told: Callable[[str], str]) -> Settled:
    if receipt.state == "sent":
        return Settled(letter.message_id, letter.made_ms, "sent")
    reason = told(sayable(receipt.reason))
    if receipt.state == "down":
        return _later(letter, letter.attempts, now, reason)
    tries = letter.attempts + 1
    state = "dead" if tries >= LETTER_TRIES or receipt.state == "dead" else "later"
    return Settled(letter.message_id, letter.made_ms, state, tries, now + _backoff_ms(tries), reason)


def _backoff_ms(failures: int) -> int:
    return int(BACKOFF.after(failures) * 1000)


def _tally(outcomes: Sequence[tuple[Stored, Outcome | None]], done: Sequence[Done]) -> Tally:
    failed = (_reason(outcome) for (_, outcome), each in zip(outcomes, done, strict=True) if each.state == "failed")
    return Tally(sum(each.state == "done" for each in done), dict(Counter(failed)))


def _reason(outcome: Outcome | None) -> str:
    if outcome is None:
        return "worker_lost"
    return outcome.error.name if outcome.outcome == "failed" and outcome.error else outcome.outcome
