"""When a request may be sent again: only where that cannot make two downlinks of one."""

from __future__ import annotations

from dataclasses import dataclass

from octavo._http import Response, TransportError, UnreachableError

TOO_MANY_REQUESTS = 429
PASSING = frozenset((502, 503, 504))
"""Statuses of trouble that passes; a proxy may give them after the server has done its work."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again, and how long is waited before.

    Attributes:
        most: how often at most; 0 is never.
        wait_s: seconds before the first; each further one waits twice as long.
        longest_s: seconds beyond which nothing is waited for: a server that asks for more gets no second request.
    """

    most: int = 3
    wait_s: float = 1.0
    longest_s: float = 60.0

    def wait_after(self, outcome: Response | TransportError, tried: int, *, safe: bool) -> float | None:
        """Seconds to wait before a request is sent again, or None where it is not.

        Args:
            outcome: what became of it.
            tried: how often it was sent again before.
            safe: whether the server may do it twice: it replaces or clears a queue, or only reads.
        """
        if tried >= self.most or not _may_be_repeated(outcome, safe=safe):
            return None
        told = outcome.retry_after_s if isinstance(outcome, Response) else None
        wait_s = self.wait_s * 2**tried if told is None else told
        return wait_s if wait_s <= self.longest_s else None


def _may_be_repeated(outcome: Response | TransportError, *, safe: bool) -> bool:
    if isinstance(outcome, TransportError):
        return safe or isinstance(outcome, UnreachableError)
    return outcome.status == TOO_MANY_REQUESTS or (safe and outcome.status in PASSING)
