"""The x-ray of one payload: experiments, then what each member is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from octavo.errors import ContentError
from octavo.lab.xray.bits import ones
from octavo.lab.xray.declaring import declaration
from octavo.lab.xray.evidence import Evidence
from octavo.lab.xray.kinds import fields_of
from octavo.lab.xray.model import Discriminator, Field, Frame, Overlap
from octavo.lab.xray.probing import WARNINGS, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.formatters import Formatter
    from octavo.messages import Uplink

LONGEST_ERROR = 200
"""Characters of an error that are told: two lines of a wide terminal."""

FOUND = re.compile(r"\b[-+.\w]*\d[\w.]*|'[^']*'")
"""What differs between errors that are the same: what was found."""


def expose(
    formatter: Formatter, uplink: Uplink, *, seed: int = 0, others: int = 0, stopped: Callable[[], bool] = bool
) -> Frame:
    """The x-ray of a payload.

    Args:
        formatter: who decodes.
        uplink: the payload.
        seed: what random values are drawn from, together with the payload.
        others: how many other payloads it stands for.
        stopped: asked before each payload whether nobody waits for it any more.
    """
    bare = Frame(uplink.frm_payload, uplink.f_port, others=others)
    probe = Probe(formatter, uplink, stopped)
    try:
        (base,) = probe.ask([probe.base])
        if base.values is None:
            return replace(bare, error=base.error, asked=probe.asked)
        evidence = Evidence(probe, base.values)
        evidence.gather(f"{seed} {uplink.f_port} {uplink.frm_payload.hex()}")
    except ContentError as error:
        return replace(bare, error=str(error), asked=probe.asked)
    return replace(
        bare,
        fields=tuple(_fields(evidence)),
        discriminators=tuple(_discriminators(evidence)),
        overlaps=tuple(_overlaps(evidence)),
        dead=evidence.dead,
        asked=probe.asked,
    )


def _fields(evidence: Evidence) -> Iterator[Field]:
    for field in fields_of(evidence):
        if field.path != WARNINGS or field.mask:
            yield replace(field, declaration=declaration(field, evidence.probe.size))


def _discriminators(evidence: Evidence) -> Iterator[Discriminator]:
    """The bits by what happens when they are flipped, in the order of the payload."""
    groups: dict[Discriminator, int] = {}
    alike: dict[str, str] = {}
    for place in sorted((*evidence.shapes, *evidence.errors), reverse=True):
        after = evidence.shapes.get(place)
        if after is None:
            error = evidence.errors[place][:LONGEST_ERROR]
            told = Discriminator(0, error=alike.setdefault(FOUND.sub("", error), error))
        else:
            adds = tuple(path for path in after if path not in evidence.base)
            told = Discriminator(0, "", adds, tuple(path for path in evidence.base if path not in after))
        groups[told] = groups.get(told, 0) | 1 << place
    return (replace(told, mask=mask) for told, mask in groups.items())


def _overlaps(evidence: Evidence) -> Iterator[Overlap]:
    """The bits by the fields they feed, where those are several, in the order of the payload."""
    owners: dict[int, list[str]] = {}
    for path, mask in evidence.feeds.items():
        for place in ones(mask):
            owners.setdefault(place, []).append(path)
    groups: dict[tuple[str, ...], int] = {}
    for place in sorted(owners, reverse=True):
        paths = tuple(owners[place])
        groups[paths] = groups.get(paths, 0) | 1 << place
    return (Overlap(mask, paths) for paths, mask in groups.items() if len(paths) > 1)
