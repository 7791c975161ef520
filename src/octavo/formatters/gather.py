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
        self._waiting: list[Any] = []
        self._sending: asyncio.Task[list[Any]] | None = None

    async def submit(self, message: Any) -> Any:
        """The outcome of one message: a result or an error as a value.

        Raises:
            Error: the batch as a whole could not be run.
        """
        if not self._waiting or self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send(self._sending))
        position = len(self._waiting)
        self._waiting.append(message)
        outcomes = await asyncio.shield(self._sending)  # whoever is cancelled leaves the others their answers
        return outcomes[position]

    async def _send(self, before: asyncio.Task[list[Any]] | None) -> list[Any]:
        if before is not None and not before.done():
            await asyncio.wait([before])
        messages, self._waiting = self._waiting, []
        return await asyncio.to_thread(self._collect, messages)

    def _collect(self, messages: list[Any]) -> list[Any]:
        return list(self._batch(messages))
