"""Group commit: whoever has a message waits until it is kept, and messages in flight share the wait for the disk."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

from octavo.live.errors import GONE, StoreError
from octavo.live.logs import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octavo.live.clock import Clock
    from octavo.live.intake import Row
    from octavo.live.store import Put, Store

log = logging.getLogger(__name__)

Answer: TypeAlias = "Callable[[Put | StoreError], None]"
Waiting: TypeAlias = "tuple[Row, Answer]"

BATCH_MOST = 500
"""Rows in one commit: what they cost together is still less than what the disk takes."""

HELD_MOST = 64 << 20
"""Bytes of bodies that wait or are being written; beyond, `Commits.submit` says no."""

LINGER_S = 0.005
"""The longest that a row waits for others."""

FORGET_S = 3600.0

LOOK_S = 1.0
"""How often it is seen that the store is still there, while nothing comes."""


class Commits:
    """One thread that writes rows to a store, as many at once as there are.

    A row that comes alone is committed at once. While a commit is on its way others gather, and where the last
    commit had company the next one waits a little for more of it.

    Args:
        store: the store; no one else may use the object.
        clock: the times of the rows.
        on_commit: told after each commit how many rows are new.
        most_waiting: rows that may wait; beyond, or beyond `HELD_MOST`, `submit` says no.
        linger_s: the longest that a row waits for others.

    Attributes:
        fallen: where rows are no longer kept, and `close` was not called: why.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        on_commit: Callable[[int], None],
        *,
        most_waiting: int = 2000,
        linger_s: float = LINGER_S,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_commit = on_commit
        self._most_waiting = most_waiting
        self._linger_s = linger_s
        self._waiting: deque[Waiting] = deque()
        self._batch: deque[Waiting] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._closing = False
        self.fallen = "an error that nobody expected ended the thread that writes"
        self._forget_at = clock.steady_ms()
        self._thread = threading.Thread(target=self._run, name="octavo-commits", daemon=True)
        self._thread.start()

    def submit(self, row: Row, answer: Answer) -> bool:
        """Have a row kept.

        Args:
            row: the row.
            answer: called once, from the writing thread, when it is kept or cannot be.

        Returns:
            False at once, and no answer later, where too many wait already, or this is closed or has fallen.
        """
        with self._changed:
            if self._closing or len(self._waiting) >= self._most_waiting:
                return False
            if self._held and self._held + len(row.body) > HELD_MOST:
                return False
            self._waiting.append((row, answer))
            self._held += len(row.body)
            self._changed.notify()
        return True

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return len(self._waiting)

    @property
    def is_alive(self) -> bool:
        """Whether rows are kept: no longer after `close`, nor for good where the thread has fallen; see `fallen`."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Keep what waits, then end; once something cannot be kept, the rest is not tried."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        """The thread; where it falls, nobody is left waiting."""
        try:
            self._keep()
        except StoreError as error:  # it is gone
            self.fallen = error.message
            log.critical("nothing is kept any more: %s", error, extra=facts("fallen", error=str(error)))
        finally:
            self._turn_away()

    def _keep(self) -> None:
        """Keep what comes until `close`.

        Raises:
            StoreError: the store is gone.
        """
        company = False
        while not self._is_done:
            count = self._next(company=company)
            company = count > 1
            if count:
                error = self._commit()
                if not error:
                    self._forget()
                elif self._closing:  # nobody waits at the end for a store that is away
                    self.fallen = error.message
                    return
            elif not self._closing:
                self._store.look()

    @property
    def _is_done(self) -> bool:
        return self._closing and not self._waiting

    def _next(self, *, company: bool) -> int:
        """Take the next rows; says how many: none where for a while nothing came, or this is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing, LOOK_S)
            if company and not self._closing:
                self._changed.wait_for(lambda: len(self._waiting) >= BATCH_MOST or self._closing, self._linger_s)
            self._batch.extend(self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_MOST)))
            return len(self._batch)

    def _commit(self) -> StoreError | None:
        """Commit the batch; gives why it cannot be.

        Raises:
            StoreError: the store is gone.
        """
        rows = [row for row, _ in self._batch]
        try:
            puts = self._store.put(rows, self._clock.wall_ms(), self._clock.steady_ms())
        except StoreError as error:
            self._answer([error] * len(rows))
            if error.name == GONE:
                raise
            return error
        self._answer(puts)
        self._on_commit(sum(not put.duplicate for put in puts))
        return None

    def _answer(self, results: Sequence[Put | StoreError]) -> None:
        """Tell each of the batch what became of its row."""
        for result in results:
            row, answer = self._batch.popleft()
            with self._changed:
                self._held -= len(row.body)
            answer(result)

    def _turn_away(self) -> None:
        """The end: nothing more is taken, and who waits, which only an unexpected error leaves behind, is told."""
        with self._changed:
            self._closing = True
            self._batch.extend(self._waiting)
            self._waiting.clear()
        self._answer([StoreError(f"nothing is kept any more: {self.fallen}")] * len(self._batch))

    def _forget(self) -> None:
        """Now and then let go of identities that are too old to matter; where that fails, it is done next time."""
        now = self._clock.steady_ms()
        if now < self._forget_at:
            return
        try:
            self._store.forget(now)
        except StoreError:
            return
        self._forget_at = now + int(FORGET_S * 1000)
