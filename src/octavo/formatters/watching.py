"""Looking into a formatter while it runs: what it reads, what it leaves, and where it would run elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.errors import Error
    from octavo.messages import Encoded


@dataclass(frozen=True, slots=True)
class Lens:
    """How a tool looks into a script.

    Attributes:
        rewrite: makes another text of the script's, say one that counts what runs; None leaves it.
        zone_minutes: how far east of Greenwich the script's clock shows local time, in minutes.
        locale: the language where the script names none, as BCP 47 has it; "" is the engine's.
        seed: what ``Math.random`` begins with for each message, where the clock is pinned.
    """

    rewrite: Callable[[str], str] | None = None
    zone_minutes: int = 0
    locale: str = ""
    seed: int = 0

    def around(self) -> dict[str, Any]:
        """What the sandbox puts around the script, as JSON values."""
        return {"zone_minutes": self.zone_minutes, "locale": self.locale, "seed": self.seed}


@dataclass(frozen=True, slots=True)
class Watched:
    """What a function did with one message.

    Attributes:
        text: what it returned, as ``JSON.stringify`` prints it; None where it prints nothing, or something was thrown.
        error: what it threw, or what its result cannot be; None where it returned.
        reads: offsets of the bytes that it read.
        past: offsets that it read where there is no byte: behind the end, or below 0.
        changed: whether it changed what it was given.
        odd: paths of values that JSON does not have inside what it returned, and what they are: ``NaN``,
            ``Infinity``, ``-Infinity``, ``undefined``, ``function``, ``symbol``, ``bigint``, or ``cycle`` for what is
            inside itself.
        counts: what a rewritten script counted.
        elapsed_s: seconds in the function; a grain of 0.001 s. 0 where it threw.
        function: the script's function that was called, or looked for in vain.
        missing: whether the script has no such function.
        returned: whether it returned, so that an error is one of its result.
        taken: what the network makes of what it returned: an error where it does not take it, of an encoder what is
            sent; None of data that it takes, and where nothing was returned.
    """

    text: str | None
    error: Error | None = None
    reads: tuple[int, ...] = ()
    past: tuple[int, ...] = ()
    changed: bool = False
    odd: tuple[tuple[str, str], ...] = ()
    counts: tuple[int, ...] = ()
    elapsed_s: float = 0.0
    function: str = ""
    missing: bool = False
    returned: bool = False
    taken: Encoded | Error | None = None
