"""Which payloads are x-rayed where none is given: those of the examples, or such as the formatter accepts."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from octavo.lab.bench import Bench
from octavo.lab.discovery import discovered
from octavo.lab.leaves import says
from octavo.lab.xray.probing import WARNINGS, answer
from octavo.messages import Uplink

if TYPE_CHECKING:
    from octavo.formatters import Formatter
    from octavo.lab.subjects import Subject


class Chosen(NamedTuple):
    """A payload to x-ray, and how many others are alike."""

    uplink: Uplink
    others: int = 0


def chosen(subject: Subject, formatter: Formatter, *, seed: int = 0) -> tuple[list[Chosen], str]:
    """The payloads of the examples, one for each port, length and set of members; else such as are found.

    Args:
        subject: the formatter's examples and scripts.
        formatter: who is asked; through a lens.
        seed: what is tried is drawn from.

    Returns:
        The payloads, and where they come from: ``examples`` or ``found``.
    """
    groups = _groups([uplink for uplink in subject.uplinks() if uplink.frm_payload], formatter)
    if groups:
        return [Chosen(group[0], len(group) - 1) for group in groups.values()], "examples"
    random = Random(str(seed))  # noqa: S311 - a search, which has to be the same again
    found = discovered(Bench(formatter, bool), "decode_uplink", subject.scripts().values(), random)
    return [Chosen(each.message) for each in found if isinstance(each.message, Uplink)], "found"


def _groups(uplinks: list[Uplink], formatter: Formatter) -> dict[tuple[object, ...], list[Uplink]]:
    """Payloads that give something, by their port, length and set of members."""
    groups: dict[tuple[object, ...], list[Uplink]] = {}
    for uplink, outcome in zip(uplinks, formatter.decode_uplinks(uplinks), strict=True):
        values = answer(outcome).values or {}
        if says({path: value for path, value in values.items() if path != WARNINGS}):
            shape = uplink.f_port, len(uplink.frm_payload), frozenset(values)
            groups.setdefault(shape, []).append(uplink)
    return groups
