"""The limits a script runs under (contract, section 9)."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
DEEPEST = 900


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

    def __post_init__(self) -> None:
        """Refuse what no message could keep.

        Raises:
            ValueError: a limit that is not above 0, or a depth that JSON libraries do not read.
        """
        for name in ("time_s", "memory_bytes", "result_bytes", "depth", "log_bytes"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise ValueError(f"{name}: expected a number above 0, got {value!r}")
        if self.depth > DEEPEST:
            raise ValueError(f"depth: expected at most {DEEPEST}, got {self.depth}: JSON libraries read no deeper")
