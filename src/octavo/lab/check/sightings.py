"""What a probe saw, before it is made smaller and told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from octavo.examples import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.lab.bench import Seen

LONGEST_SHOWN = 60
"""Characters of a value in a sentence."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something wrong that was seen.

    Attributes:
        kind: its name, one of `octavo.lab.check.kinds.KINDS`.
        operation: what was called.
        where: what tells it from others of its kind.
        seen: where it was seen.
        told: the sentence about it, of the message that is told in the end.
        holds: whether another message shows it too; None where the message is told as it is.
        severity: another one than the kind's, or "".
        part: where it is one of many that come of a payload that is too short: what would tell it from the others.
    """

    kind: str
    operation: str
    where: str
    seen: Seen
    told: Callable[[Seen], str]
    holds: Callable[[Seen], bool] | None = None
    severity: str = ""
    part: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others."""
        return self.kind, self.operation, self.where


TRUNCATED = "truncated payloads"
"""Where a finding is that comes of payloads that are too short: all of a kind have one cause, and are one."""


def grouped(sighting: Sighting, *, short: bool) -> Sighting:
    """A sighting, as one of many where the payload is too short: to throw is not the worst that can be done with it."""
    if not short:
        return sighting
    severity = "warning" if sighting.kind == "throws" else sighting.severity
    return replace(sighting, where=TRUNCATED, part=sighting.where, severity=severity)


def shown(value: Any) -> str:
    """A value for a sentence that has several."""
    return model.shown(value, LONGEST_SHOWN)
