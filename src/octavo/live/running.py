"""What stands behind a receiver while it runs: the store, who writes to it, the worker, and the keys."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Protocol

from octavo.live.clock import Clock
from octavo.live.commits import Commits
from octavo.live.errors import StoreError
from octavo.live.keys import KeyRing
from octavo.live.logs import facts
from octavo.live.looks import Found, Look
from octavo.live.sinks import make_sink
from octavo.live.stores import open_store
from octavo.live.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from octavo.live.commits import Answer
    from octavo.live.config import Config
    from octavo.live.intake import DownlinkKeys, Row
    from octavo.live.store import Counts, Store

log = logging.getLogger(__name__)


class Watcher(Protocol):
    """Who is told what the worker does."""

    def worked(self, tally: dict[str, Any]) -> None:
        """What was done since it was last told; see `octavo.live.work.Tally`."""

    def died(self) -> None:
        """The worker died, and is started again."""


class Running:
    """A store that is open and a worker that runs, until `close`.

    Args:
        config: the configuration.
        metrics: told what the worker does.

    Raises:
        StoreError: the store, or the file for the keys, cannot be opened or written.
        ContentError: the store is none that octavo knows, a sink cannot be as it is described, or the library for
            one of them is not installed.
    """

    def __init__(self, config: Config, metrics: Watcher) -> None:
        self._metrics = metrics
        for sink in config.sinks:
            make_sink(sink, config)  # the worker makes its own; here it can be told
        with ExitStack() as opened:
            store = opened.enter_context(closing(open_store(config.store)))
            self._trouble = opened.enter_context(_looking(config, self._look))
            self._counts = opened.enter_context(_looking(config, _counted))
            self._keys = opened.enter_context(KeyRing(config.keys)) if config.downlinks.enabled else None
            self._clock = Clock(floor_ms=store.steady_floor())
            store.put([], self._clock.wall_ms(), self._clock.steady_ms())  # where it takes no writes, that is told now
            _warn_of_left(store.counts().left(sink.name for sink in config.sinks))
            self._supervisor = Supervisor(config, metrics.worked, self._died)
            opened.callback(self._supervisor.close)
            self._commits = Commits(store, self._clock, self._committed, most_waiting=config.server.waiting_max)
            opened.callback(self._commits.close)
            self._supervisor.start()
            self._opened = opened.pop_all()

    def submit(self, row: Row, answer: Answer) -> bool:
        """See `Commits.submit`."""
        return self._commits.submit(row, answer)

    @property
    def is_taking(self) -> bool:
        """Whether messages are taken at all: not after `close`, nor where they never will be again; see `fallen`."""
        return self._commits.is_alive

    @property
    def fallen(self) -> str:
        """Where messages are not taken before `close`: why, for good. The process has to be started again."""
        return f"nothing is kept any more: {self._commits.fallen}"

    @property
    def keeps_keys(self) -> bool:
        """Whether keys that messages bring along are kept."""
        return self._keys is not None

    def remember(self, keys: DownlinkKeys) -> None:
        """Keep the keys that a message brought, where downlinks are enabled.

        Raises:
            StoreError: they cannot be kept.
        """
        if self._keys is not None:
            self._keys.remember(keys)

    async def trouble(self) -> str | None:
        """Why messages cannot be taken now, in one word: ``store`` or ``worker``; None where they can."""
        return await self._trouble() or (None if self._supervisor.is_alive else "worker")

    async def counts(self) -> Counts | None:
        """How much waits and how much failed; None where the store does not say."""
        return await self._counts()

    def close(self) -> None:
        """Keep what waits, let the worker finish what it does, and close."""
        self._opened.close()

    def _look(self, store: Store) -> str | None:
        """Whether the store takes a write: of nothing but the time."""
        if not self.is_taking:
            return "store"
        try:
            store.put([], self._clock.wall_ms(), self._clock.steady_ms())
        except StoreError as error:
            log.error("the store takes no writes: %s", error, extra=facts("store", error=str(error)))  # noqa: TRY400 - the sentence tells all
            return "store"
        return None

    def _committed(self, _count: int) -> None:
        self._supervisor.poke()

    def _died(self, code: int | None) -> None:
        self._metrics.died()
        if code is not None:
            log.warning("the worker ended with %d and is started again", code, extra=facts("worker_died", code=code))


def _looking(config: Config, find: Callable[[Store], Found]) -> closing[Look[Found]]:
    return closing(Look(open_store(config.store, durable=False), find))


def _counted(store: Store) -> Counts | None:
    try:
        return store.counts()
    except StoreError:
        return None


def _warn_of_left(left: Mapping[str, int]) -> None:
    """Say what nobody passes on: what waits for sinks that are gone, or called otherwise now."""
    if left:
        told = ", ".join(f"{sink} ({count})" for sink, count in left.items())
        sentence = "not configured, and what waits for it stays: %s; `octavo queue drop --all --sink NAME` gives it up"
        log.warning(sentence, told, extra=facts("no_sink", sinks=dict(left)))
