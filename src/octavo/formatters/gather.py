"""Calls that are in flight at the same moment, sent to the worker together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Gatherer:
    """Collects the calls of one event loop while an earlier batch is on its way.

    Args:
        batch: the plural method; it runs in a thread.
    """

    def __init__(self, batch: Callable[[Iterable[Any]], Iterator[Any]]) -> None:
        self._batch = batch
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sending: asyncio.Task[None] | None = None

    async def submit(self, message: Any) -> Any:
        """The outcome of one message: a result or an error as a value."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # another loop: what waited on the old one went with it
            self._loop, self._waiting, self._sending = loop, [], None
        answer = loop.create_future()
        self._waiting.append((message, answer))
        if self._sending is None or self._sending.done():
            self._sending = loop.create_task(self._send())
        return await answer

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            outcomes = await asyncio.to_thread(self._collect, [message for message, _ in batch])
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)

    def _collect(self, messages: list[Any]) -> list[Any]:
        return list(self._batch(messages))
