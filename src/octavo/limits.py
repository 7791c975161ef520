"""The limits a script runs under (contract, section 9)."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost.

    Attributes:
        time_s: seconds for one message, never for a batch; the host's clock counts.
            The Things Stack allows 0.1 s, in an engine about 40 times slower.
        memory_bytes: bytes above what a fresh worker needs.
        result_bytes: bytes of the result as JSON.
        depth: levels of nesting of the result. The Things Stack allows 10 000; JSON libraries
            stop at 254 to 1 024, so a deeper result could not be passed on.
        log_bytes: bytes of ``console`` output kept for one message; the rest is cut with a note.
    """

    time_s: float = 1.0
    memory_bytes: int = 256 * MIB
    result_bytes: int = 8 * MIB
    depth: int = 200
    log_bytes: int = 64 * 1024
