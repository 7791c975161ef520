"""Many scripts at once: each in a thread with a device of its own, all on the workers of the process."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from octavo.limits import Limits
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Items for each thread that may be done before their turn to be told: what bounds the memory."""


def in_order(
    items: Iterable[Item], job: Callable[[Item, Callable[[], bool]], Result], *, limits: Limits | None = None
) -> Iterator[tuple[Item, Result]]:
    """Do a job on each of many items, in threads; the results in the order of the items.

    Args:
        items: taken as they are needed.
        job: gets an item, and what tells whether nobody waits for the result any more.
        limits: of the workers that are kept between one item and the next.
    """
    threads = os.cpu_count() or 1
    stop = threading.Event()
    loan = borrow(limits or Limits())
    executor = ThreadPoolExecutor(threads, thread_name_prefix="octavo")
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            waiting.append((item, executor.submit(job, item, stop.is_set)))
            if len(waiting) >= threads * AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)
        loan.release()
