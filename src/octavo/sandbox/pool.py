"""A pool of workers: batches in, answers out in order, whatever the scripts do.

Workers start on first use; a spare stands ready once there is something to lose. A message that ends its worker is
answered with its own error, the others are run again on another worker: a formatter has no effect outside its realm.
"""

from __future__ import annotations

import json
import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from octavo.errors import LimitError
from octavo.sandbox.process import Worker, WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.limits import Limits
    from octavo.sandbox.process import Ticket
    from octavo.sandbox.program import Program

FIRST_BATCH = 64  # messages; a batch is then four times the one before, up to the last figure
LARGEST_BATCH = 2048
FEW = 4  # requests of a program that one worker answers; after that a second one loads it too
MOST_LOSSES = 2  # a worker that ends for no reason that we know is blamed on a message at the third time
BATCH_CHARACTERS = 256 * 1024
CLOCK_S = 0.02
BUSY_S = 1.0  # the clock keeps ticking this long after the last request, so that a next one need not wake it


@dataclass(slots=True)
class _Sent:
    messages: list[str]
    answer: Ticket


class Pool:
    """Workers under one set of limits; safe to use from several threads and after a fork.

    Args:
        limits: what one message may cost.
        jitless: V8 without its compiler: slower, and a smaller target.
        workers: at most so many at work at once, by default as many as there are processors; of one, a spare stands
            ready besides.
        kernel_limits: tests switch the kernel's limits off to see the memory poll stand in for them.
    """

    def __init__(
        self, limits: Limits, *, jitless: bool = False, workers: int | None = None, kernel_limits: bool = True
    ) -> None:
        self.limits = limits
        self._jitless = jitless
        self._most = workers or os.cpu_count() or 1
        self._kernel_limits = kernel_limits
        self._forget()
        _forget_after_fork(self)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._spare: Worker | None = None
        self._wake = threading.Event()
        self._clock: threading.Thread | None = None
        self._last_request = 0.0
        self._requests = 0
        self._closed = False

    def disown(self) -> None:
        """In a forked child: leave the parent's workers to the parent."""
        for worker in [*self._workers, *filter(None, [self._spare])]:
            worker.disown()
        self._forget()

    def close(self) -> None:
        """End every worker; the pool may be used no more."""
        with self._lock:
            self._closed = True
            workers = [*self._workers, *filter(None, [self._spare])]
            self._workers, self._spare = [], None
        self._wake.set()
        for worker in workers:
            worker.kill("closed")
        for worker in workers:
            worker.close()

    def hello(self) -> dict[str, object]:
        """What a worker says of itself: V8's version."""
        worker = self._start()
        try:
            return worker.greeting()
        finally:
            worker.close()

    # ---- running ----

    def run(self, program: Program, operation: str, messages: Iterable[str]) -> Iterator[bytes | LimitError]:
        """Run messages (each the JSON array that the driver takes) in order, lazily.

        Gives pieces: the answers of several messages, one JSON object a line, or the limit that one message broke.
        One batch is being answered while the next is made.
        """
        sent: deque[_Sent] = deque()
        try:
            for batch in _batches(messages):
                sent.append(self._send(program, operation, batch))
                if len(sent) > 1:
                    yield from self._received(program, operation, sent.popleft())
            while sent:
                yield from self._received(program, operation, sent.popleft())
        finally:
            for left in sent:
                left.answer.abandon()

    def _send(self, program: Program, operation: str, messages: list[str]) -> _Sent:
        body = f'{{"op":{json.dumps(operation)},"messages":[{",".join(messages)}]}}'
        return _Sent(messages, self._submit(program, len(messages), body.encode("utf-8", "surrogatepass")))

    def _submit(self, program: Program, count: int, body: bytes) -> Ticket:
        answer = self._worker(program).submit(program, count, body)
        self._last_request = time.monotonic()
        if not self._wake.is_set():
            self._wake.set()
        return answer

    def _received(
        self, program: Program, operation: str, sent: _Sent, *, losses: int = 0
    ) -> Iterator[bytes | LimitError]:
        left = sent.messages
        while left:
            try:
                piece = sent.answer.result()
            except WorkerLostError as lost:
                yield from self._recovered(program, operation, left, lost, losses=losses)
                return
            yield piece
            left = left[piece.count(b"\n") + 1 :]
            if left:  # the answer had grown too large for one piece
                sent = self._send(program, operation, left)

    def _recovered(
        self, program: Program, operation: str, messages: list[str], lost: WorkerLostError, *, losses: int
    ) -> Iterator[bytes | LimitError]:
        """Run a batch again that lost its worker, so that only the guilty message pays."""
        if lost.reason == "closed":
            raise _closed()
        if not lost.head or (lost.reason == "lost" and losses < MOST_LOSSES):  # perhaps it was killed from outside
            yield from self._again(program, operation, messages, losses=losses + lost.head)
        elif len(messages) == 1:
            yield _limit_error(lost, self.limits)
        elif lost.reason == "time" and lost.index < len(messages):
            yield from self._again(program, operation, messages[: lost.index])
            if lost.sure:
                yield _limit_error(lost, self.limits)
            else:
                yield from self._again(program, operation, [messages[lost.index]])
            yield from self._again(program, operation, messages[lost.index + 1 :])
        else:  # the report may be late, or came from what messages left behind: each alone
            for message in messages:
                yield from self._again(program, operation, [message], losses=losses)

    def _again(
        self, program: Program, operation: str, messages: list[str], *, losses: int = 0
    ) -> Iterator[bytes | LimitError]:
        if messages:
            yield from self._received(program, operation, self._send(program, operation, messages), losses=losses)

    # ---- workers ----

    def _worker(self, program: Program) -> Worker:
        """The least busy worker, of several the one longest unused: it has had time to tidy up after its last message.

        A program's first requests go to one that has it loaded already, since loading takes as long as many messages.
        From the second request on one more than is needed stands ready.
        """
        with self._lock:
            if self._closed:
                raise _closed()
            self._requests += 1
            self._reap()
            program.requests += 1
            loads = program.requests > FEW
            chosen = min(
                self._workers,
                key=lambda worker: (worker.waiting, not loads and not worker.has(program), worker.last_used),
                default=None,
            )
            if chosen is None or (chosen.waiting and len(self._workers) < self._most):
                chosen = self._take()
                self._workers.append(chosen)
            if self._requests > 1:
                self._keep_ready()
            self._start_clock()
            chosen.last_used = self._requests
            return chosen

    def _reap(self) -> None:
        """Let go of workers that have ended, and of their files."""
        ended = [worker for worker in [*self._workers, *filter(None, [self._spare])] if not worker.alive]
        for worker in ended:
            worker.reap()
        self._workers = [worker for worker in self._workers if worker not in ended]
        self._spare = None if self._spare in ended else self._spare

    def _keep_ready(self) -> None:
        if self._most > 1 and len(self._workers) < 2:  # noqa: PLR2004 - the one in use and the one that stands ready
            self._workers.append(self._take())
        elif self._most == 1 and self._spare is None:
            self._spare = self._start()

    def _take(self) -> Worker:
        spare, self._spare = self._spare, None
        return spare or self._start()

    def _start(self) -> Worker:
        return Worker(self.limits, jitless=self._jitless, kernel_limits=self._kernel_limits)

    def _start_clock(self) -> None:
        if self._clock is None or not self._clock.is_alive():
            self._clock = threading.Thread(target=_tick, args=(weakref.ref(self), self._wake), daemon=True)
            self._clock.start()

    def check_clock(self) -> bool:
        """Kill what is overdue; False when nothing has been asked for a while."""
        now = time.monotonic()
        workers = list(self._workers)
        for worker in workers:
            if worker.overdue(now):
                worker.kill("time")
        return now - self._last_request < BUSY_S or any(worker.waiting for worker in workers)

    def keep_ticking(self) -> bool:
        """Check the clock; the thread that ticks sleeps after a while without requests, and ends with the workers."""
        if self.check_clock():
            return True
        self._wake.clear()
        with self._lock:  # a request of this very moment may have found the clock awake
            if self.check_clock():
                self._wake.set()
            elif not self._workers:
                self._clock = None
        return self._clock is not None


def _tick(pool_of: weakref.ref[Pool], wake: threading.Event) -> None:
    """The host's clock: the only one that counts."""
    while True:
        wake.wait()
        time.sleep(CLOCK_S)
        pool = pool_of()
        if pool is None:
            return
        if not pool.keep_ticking():
            return
        del pool


def _forget_after_fork(pool: Pool) -> None:
    """A child of a fork has its parent's pipes but not its threads: it starts workers of its own."""
    if not hasattr(os, "register_at_fork"):
        return
    known = weakref.ref(pool)

    def disown() -> None:
        alive = known()
        if alive is not None:
            alive.disown()

    os.register_at_fork(after_in_child=disown)


def _batches(messages: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size, most = 0, FIRST_BATCH
    for message in messages:
        batch.append(message)
        size += len(message)
        if len(batch) == most or size > BATCH_CHARACTERS:
            yield batch
            batch, size, most = [], 0, min(most * 4, LARGEST_BATCH)
    if batch:
        yield batch


def _closed() -> LimitError:
    return LimitError("the device was closed", name="worker_lost")


def _limit_error(lost: WorkerLostError, limits: Limits) -> LimitError:
    facts: dict[str, Any] = {"cause": lost.detail or None}
    if lost.reason == "time":
        return LimitError(f"script timeout: more than {limits.time_s:g} s", name="script_timeout", **facts)
    if lost.reason == "memory":
        mib = limits.memory_bytes / (1024 * 1024)
        return LimitError(f"out of memory: more than {mib:g} MiB", name="limit_memory", **facts)
    return LimitError("the script ended the process it ran in", name="worker_lost", **facts)
