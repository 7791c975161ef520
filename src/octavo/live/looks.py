"""What anybody may ask as often as they like, and the store is asked now and then."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.live.store import Store

Found = TypeVar("Found")

LOOK_AGAIN_S = 1.0
"""How long an answer counts: who asks often costs no more than that."""


class Look(Generic[Found]):
    """A question to a store, put by a thread of its own: one at a time, and not again for a while.

    Whoever asks meanwhile gets the same answer, and takes no thread that others need.

    Args:
        store: nobody else uses the object; it is closed by `close`.
        find: the question; what it raises is raised to all who wait.
    """

    def __init__(self, store: Store, find: Callable[[Store], Found]) -> None:
        self._store = store
        self._find = find
        self._found: Future[Found] | None = None
        self._found_s = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="octavo-look")

    async def __call__(self) -> Found:
        """The answer. To be called in one event loop only."""
        if self._found is None or (self._found.done() and time.monotonic() - self._found_s >= LOOK_AGAIN_S):
            self._found = self._thread.submit(self._ask)
        return await asyncio.shield(asyncio.wrap_future(self._found))  # who goes away takes it from nobody

    def close(self) -> None:
        """Wait for what is being asked, and close the store."""
        self._thread.shutdown()
        self._store.close()

    def _ask(self) -> Found:
        try:
            return self._find(self._store)
        finally:
            self._found_s = time.monotonic()
