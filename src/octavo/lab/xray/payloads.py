"""Which payloads are x-rayed where none is given: those of the examples, or such as the formatter accepts."""

from __future__ import annotations

import re
from itertools import islice, pairwise, product
from operator import itemgetter
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from octavo.formatters.watching import Watched
from octavo.lab.xray.probing import WARNINGS, answer
from octavo.messages import Uplink
from octavo.networks.wire import F_PORT_APPLICATION_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.formatters import Formatter
    from octavo.lab.subjects import Subject
    from octavo.lab.xray.probing import Answer

NUMBER = re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]{1,4}|\d{1,3})(?![\w.])")
"""Whole numbers in a script that a byte or two can be."""

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 51)
"""Lengths of payloads that are tried; 51 bytes is what the slowest data rate of EU868 takes.
Source: LoRaWAN Regional Parameters RP002-1.0.4, section 2.4.6."""

VALUES = (0, 1, 2, 3, 4, 8)
"""How many bytes of chance follow a key."""

USUAL_PORTS = (1, 2, 85)
"""Ports that are always tried: the first ones, and 85, which Milesight's devices use (their user guides)."""

MOST_KEYS = 300
"""Keys that are tried, each with `VALUES` behind it on two ports."""

MOST_PORTS = 12
"""Ports that are tried, each with every one of `LENGTHS`."""

KEY_PORTS = (1, 85)
"""Those of the usual ports that keys are tried on."""

MOST_FOUND = 16
"""Payloads that are x-rayed, each with another set of members."""

BYTE_MOST = 255
"""The largest byte."""


class Chosen(NamedTuple):
    """A payload to x-ray, and how many others are alike."""

    uplink: Uplink
    others: int = 0


def chosen(subject: Subject, formatter: Formatter) -> tuple[list[Chosen], str]:
    """The payloads of the examples, one for each port, length and set of members; else such as are found.

    Args:
        subject: the formatter's examples and scripts.
        formatter: who is asked; through a lens.

    Returns:
        The payloads, and where they come from: ``examples`` or ``found``.
    """
    uplinks = [uplink for uplink in subject.uplinks() if uplink.frm_payload]
    groups = _groups(uplinks, formatter)
    if groups:
        return [Chosen(group[0], len(group) - 1) for group in groups.values()], "examples"
    return [Chosen(uplink) for uplink in islice(_found(subject, formatter), MOST_FOUND)], "found"


def _groups(uplinks: Iterable[Uplink], formatter: Formatter) -> dict[tuple[object, ...], list[Uplink]]:
    """Payloads that give something, by their port, length and set of members."""
    uplinks = list(uplinks)
    groups: dict[tuple[object, ...], list[Uplink]] = {}
    for uplink, outcome in zip(uplinks, formatter.decode_uplinks(uplinks), strict=True):
        found = answer(outcome)
        if _gives(found):
            shape = uplink.f_port, len(uplink.frm_payload), frozenset(found.values or {})
            groups.setdefault(shape, []).append(uplink)
    return groups


def _found(subject: Subject, formatter: Formatter) -> Iterator[Uplink]:
    """Payloads that are accepted, one for each set of members: the one of which most is read, and nothing behind it."""
    groups = _groups(_candidates(list(subject.scripts().values()), subject.name), formatter)
    kept = [group[-1] for group in groups.values()]
    best: dict[object, tuple[tuple[int, int, int], Uplink]] = {}
    for shape, uplink, seen in zip(groups, kept, formatter.watch("decode_uplink", kept), strict=True):
        past, read = (len(seen.past), len(seen.reads)) if isinstance(seen, Watched) else (BYTE_MOST, 0)
        place = past, -read, len(uplink.frm_payload)
        best[shape[-1]] = min(best.get(shape[-1], (place, uplink)), (place, uplink), key=itemgetter(0))
    return (uplink for _, uplink in best.values())


def _gives(found: Answer) -> bool:
    """Whether a payload was decoded into members that say something."""
    values = {path: value for path, value in (found.values or {}).items() if path != WARNINGS}
    return any(value not in (None, {}, [], "") for value in values.values())


def _candidates(scripts: list[str], seed: str) -> Iterator[Uplink]:
    """Payloads that may mean something: of each length, and behind each pair of the script's numbers."""
    random = Random(seed)  # noqa: S311 - a search, which has to be the same again
    constants = list(_constants(scripts))
    told = (number for number in constants if 0 < number <= F_PORT_APPLICATION_MAX)
    ports = list(dict.fromkeys([*USUAL_PORTS, *told]))[:MOST_PORTS]
    for length, port in product(LENGTHS, ports):
        yield Uplink(bytes(length), port)
        yield Uplink(random.randbytes(length), port)
    for key, length, port in product(_keys(constants), VALUES, KEY_PORTS):
        yield Uplink(key + random.randbytes(length), port)


def _keys(constants: list[int]) -> list[bytes]:
    """Each two numbers of a script that follow each other, or have an index between them; each number alone."""
    small = [number for number in constants if number <= BYTE_MOST]
    pairs = [bytes(pair) for pair in (*pairwise(small), *zip(small, small[2:], strict=False))]
    singles = [bytes([number]) for number in small]
    wide = [number.to_bytes(2, "big") for number in constants if number > BYTE_MOST]
    return list(dict.fromkeys([*pairs, *singles, *wide]))[:MOST_KEYS]


def _constants(scripts: list[str]) -> Iterator[int]:
    for text in scripts:
        for found in NUMBER.findall(text):
            yield int(found, 16) if found[:2].lower() == "0x" else int(found)
