"""Many files of examples at once: each in a thread with a device of its own, all on the workers of the process."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from octavo.examples.accept import accept
from octavo.examples.model import Options, Row
from octavo.examples.runner import StoppedError, run
from octavo.limits import Limits
from octavo.sandbox.shared import borrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from octavo.examples.collect import Source

AHEAD = 4
"""Files for each thread that may be run before their turn to be told: what bounds the memory."""

DEFAULTS = Options()


def run_all(sources: Iterable[Source], options: Options = DEFAULTS) -> Iterator[tuple[Source, list[Row]]]:
    """Run the examples of many files; the rows of each, in the order of the files.

    Args:
        sources: the files.
        options: what is other than usual.

    Yields:
        each file and its rows; none where the file turned out to be somebody else's.

    Raises:
        NotFoundError: an example that was asked for by name is not there.
    """
    threads = os.cpu_count() or 1
    stop = threading.Event()
    loan = borrow(Limits())  # keeps the workers between one file and the next
    executor = ThreadPoolExecutor(threads, thread_name_prefix="octavo-test")
    try:
        yield from _in_order(executor, sources, _job(options, stop.is_set), threads * AHEAD)
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)
        loan.release()


def _job(options: Options, stopped: Callable[[], bool]) -> Callable[[Source], list[Row]]:
    def job(source: Source) -> list[Row]:
        try:
            return _rows(source, options, stopped)
        except StoppedError:
            return []

    return job


def _rows(source: Source, options: Options, stopped: Callable[[], bool]) -> list[Row]:
    found = source.read(options.dialect)
    if found is None or isinstance(found, Row):
        return [found] if found else []
    suite = replace(found, rule=options.rule(found.rule), now=options.now)
    if options.accept:
        return accept(suite, partial(source.read, options.dialect), stopped=stopped)
    return list(run(suite, stopped=stopped))


def _in_order(
    executor: ThreadPoolExecutor, sources: Iterable[Source], job: Callable[[Source], list[Row]], most: int
) -> Iterator[tuple[Source, list[Row]]]:
    """The results in the order of the sources, a bounded number of them ahead."""
    waiting: deque[tuple[Source, Future[list[Row]]]] = deque()
    for source in sources:
        waiting.append((source, executor.submit(job, source)))
        if len(waiting) >= most:
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()
