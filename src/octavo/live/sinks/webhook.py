"""A webhook: one POST of one JSON object for each outcome."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from octavo._http import TIMEOUT_S, Http, TransportError, host_of
from octavo.errors import ContentError
from octavo.live.sinks.sink import DOWN, REFUSED, SENT, Receipt
from octavo.networks.message import USER_AGENT, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octavo._http import Response
    from octavo.live.config import SinkConfig
    from octavo.live.store import Letter

IN_FLIGHT = 8
"""Requests at a time, where the configuration does not say."""

TURNS = 4
"""Requests of a batch that follow each other: an end in between repeats no more of them than that."""

REPEATED = "X-Octavo-Id"
"""The header with the message's number: equal in a repetition, so that the receiver can pass over it."""

LATER = frozenset([408, 425, 429])
"""Statuses of the class of client errors that say: try again.

Source: RFC 9110, section 15.5.9 (408); RFC 8470, section 5.2 (425); RFC 6585, section 4 (429).
"""

NOT_LET_IN = frozenset([401, 403, 407])
"""Statuses that blame who asks, never what is sent: a key that was changed is no reason to give letters up.

Source: RFC 9110, sections 15.5.2 (401), 15.5.4 (403) and 15.5.8 (407).
"""


class WebhookSink:
    """See `Sink`. With several requests in flight they may arrive in another order; ``in_flight = 1`` keeps it.

    Args:
        sink: its part of the configuration, as its schema has it.

    Raises:
        ContentError: the URL or a header is none that HTTP has, or httpx is not installed.
    """

    def __init__(self, sink: SinkConfig) -> None:
        self.name = sink.name
        self._url: str = sink.options["url"]
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **sink.options.get("headers", {}),
        }
        self._in_flight: int = sink.options.get("in_flight", IN_FLIGHT)
        self.batch = TURNS * self._in_flight
        # one for each request in flight: an idle one is used by nobody else, so threads share nothing of it
        self._clients = [Http(timeout_s=sink.options.get("timeout_s", TIMEOUT_S)) for _ in range(self._in_flight)]
        self._clients[0].check(Request("POST", self._url, self._headers))
        self._idle: SimpleQueue[Http] = SimpleQueue()
        self._pool: ThreadPoolExecutor | None = None

    def open(self) -> None:
        """See `Sink.open`."""
        for client in self._clients:
            self._idle.put(client.__enter__())  # what it keeps open is ended in `close`
        self._pool = ThreadPoolExecutor(self._in_flight, thread_name_prefix=f"octavo-{self.name}")

    def close(self) -> None:
        """See `Sink.close`."""
        if self._pool:
            self._pool.shutdown()
        for client in self._clients:
            client.close()

    def send(self, letters: Sequence[Letter]) -> list[Receipt]:
        """See `Sink.send`. What is on its way when another is down is waited for; the rest is not tried."""
        assert self._pool is not None  # noqa: S101 - opened before it is used
        down = _Down()
        return list(self._pool.map(lambda letter: self._send(letter, down), letters))

    def _send(self, letter: Letter, down: _Down) -> Receipt:
        if down.receipt:
            return down.receipt
        client = self._idle.get()
        try:
            receipt = _judged(client.send(self._request(letter)), host_of(self._url))
        except TransportError as error:
            receipt = Receipt(DOWN, error.message)
        except ContentError as error:
            receipt = Receipt(REFUSED, error.message)
        finally:
            self._idle.put(client)
        return down.noted(receipt)

    def _request(self, letter: Letter) -> Request:
        number = str(letter.message_id)
        headers = self._headers | {REPEATED: number, "Idempotency-Key": f"octavo-{number}"}
        return Request("POST", self._url, headers, letter.content.encode())


class _Down:
    """Whether the receiver was found to be away, for all requests of a batch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.receipt: Receipt | None = None

    def noted(self, receipt: Receipt) -> Receipt:
        with self._lock:
            if receipt.state == DOWN and self.receipt is None:
                self.receipt = receipt
        return receipt


def _judged(response: Response, host: str) -> Receipt:
    status = response.status
    if response.is_success:
        return Receipt(SENT)
    wait_s = response.retry_after_s
    asked = f", to be asked again after {wait_s:.0f} s" if wait_s else ""
    hint = "; are the headers of the sink right?" if status in NOT_LET_IN else ""
    reason = f"{host} answered with HTTP {status}{asked}{hint}"
    is_its_own = 400 <= status <= 499 and status not in LATER | NOT_LET_IN  # noqa: PLR2004 - the class of client errors
    return Receipt(REFUSED if is_its_own else DOWN, reason)
