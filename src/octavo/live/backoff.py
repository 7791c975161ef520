"""How long is waited before something that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass

DOUBLINGS_MOST = 20
"""Beyond so many the longest wait is reached by any of them; the numbers stay small."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double.

    Attributes:
        first_s: the wait after the first failure, in seconds.
        longest_s: what no wait goes beyond, in seconds.
    """

    first_s: float
    longest_s: float

    def after(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row; after none there is nothing to wait for.

        >>> [Backoff(1, 5).after(failures) for failures in range(5)]
        [0.0, 1.0, 2.0, 4.0, 5.0]
        """
        if failures <= 0:
            return 0.0
        return float(min(self.longest_s, self.first_s * 2 ** min(failures - 1, DOUBLINGS_MOST)))
