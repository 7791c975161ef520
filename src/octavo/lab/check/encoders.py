"""What is wrong with encoders: exceptions, what is no byte, and data that the decoder reads as other data."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import is_number
from octavo.lab.check.inputs import uplink
from octavo.lab.check.sightings import Sighting, shown
from octavo.lab.check.single import faults
from octavo.lab.leaves import leaves
from octavo.messages import Downlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from octavo.lab.bench import Bench, Seen
    from octavo.lab.check.places import Source

MOST_DATA = 40
"""Data to encode that others are made of: as many as payloads of a decoder, see `octavo.lab.check.inputs`."""

NUMBERS = (-1, 0, 1, 127, 128, 255, 256, -129, 32768, 65535, 65536)
"""Numbers at which bytes and words end."""

BYTES = range(256)

QUIET = ("slow", "input-changed")
"""Kinds that count for data which nobody would send, too."""

MOST_APART = 0.05
"""Share by which a number may differ after it was encoded and decoded: rounding is no defect, and the coarsest that
encoders have, a byte of percents or of ten seconds, is finer; a byte in the wrong place is off by more than half."""


def examined(bench: Bench, seeds: Sequence[Downlink], random: Random, count: int, source: Source) -> Iterator[Sighting]:
    """What is wrong with the encoder.

    Args:
        bench: where it is tried.
        seeds: data that it takes.
        random: what data are drawn with.
        count: how many are.
        source: the scripts' text.
    """
    operation = "encode_downlink"
    given = list(seeds)[:MOST_DATA]
    for each in bench.see(operation, given):
        yield from faults(bench, operation, each, source)
        yield from _no_bytes(each)
    for each in bench.see(operation, [Downlink({}, given[0].f_port if given else 1)]):
        yield from (found for found in faults(bench, operation, each, source) if found.kind == "slow")
    drawn = [replace(each, data=changed(each.data, random)) for each in islice(cycle(given), count)]
    for each in bench.see(operation, drawn):
        yield from (found for found in faults(bench, operation, each, source) if found.kind in QUIET)
        yield from _no_bytes(each)


def changed(data: Any, random: Random) -> Any:
    """Data with one number, or one truth, changed; else the data."""
    copy = json.loads(json.dumps(data))
    places = [(holder, key) for holder, key in _places(copy) if isinstance(holder[key], int | float)]
    if not places:
        return copy
    holder, key = random.choice(places)
    holder[key] = not holder[key] if isinstance(holder[key], bool) else random.choice(NUMBERS)
    return copy


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Each value of data as what holds it and its key there."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(data, dict):
        inner = data.items()
    elif isinstance(data, list):
        inner = enumerate(data)
    for key, value in inner:
        yield data, key
        yield from _places(value)


# ---- bytes ----


def encoded(seen: Seen) -> list[Any] | None:
    """The list of bytes that an encoder gave; None where it gave none."""
    return seen.data if seen.accepted and isinstance(seen.data, list) else None


def _no_bytes(seen: Seen) -> Iterator[Sighting]:
    if not_bytes(seen):
        yield Sighting(
            "not-a-byte", "encode_downlink", seen.function, seen, _said_bytes, lambda other: bool(not_bytes(other))
        )


def not_bytes(seen: Seen) -> list[Any]:
    """What is no byte among the bytes that were given."""
    return [item for item in encoded(seen) or [] if not (is_number(item) and item in BYTES)]


def _said_bytes(seen: Seen) -> str:
    first = not_bytes(seen)[0]
    note = " (NaN and undefined print as null)" if first is None else ""
    return f"{shown(first)} is among the bytes{note}"


# ---- there and back ----


def round_trips(bench: Bench, seeds: Sequence[Downlink]) -> Iterator[Sighting]:
    """Data that come back as other data when they are encoded and decoded.

    Only a number, text or truth under the same name counts, and a number only where rounding cannot be why.
    """
    sent = [
        each for each in bench.see("encode_downlink", list(seeds)[:MOST_DATA]) if encoded(each) and not not_bytes(each)
    ]
    back = bench.see("decode_downlink", [uplink(bytes(encoded(each) or []), _port(each)) for each in sent])
    for there, here in zip(sent, back, strict=False):
        if not here.accepted or not isinstance(there.message, Downlink):
            continue
        asked, got = leaves(there.message.data), here.leaves
        path = next((path for path in asked if path in got and _is_other(asked[path], got[path])), None)
        if path is not None:
            told = partial(_told_trip, path, asked[path], here.payload, got[path])
            yield Sighting("no-round-trip", "encode_downlink", path, there, told)


def _port(seen: Seen) -> int:
    port = seen.result.get("fPort") if isinstance(seen.result, dict) else None
    return port if isinstance(port, int) and port in BYTES[1:] else seen.f_port or 1


def _is_other(asked: Any, got: Any) -> bool:
    if is_number(asked) and is_number(got):
        return bool(abs(asked - got) > max(1.0, MOST_APART * abs(asked)))
    return type(asked) is type(got) and isinstance(asked, bool) and asked != got


def _told_trip(path: str, asked: Any, payload: bytes, got: Any, seen: Seen) -> str:
    del seen
    return f"{path} is {shown(asked)} in the data, and {shown(got)} when its bytes, {payload.hex()}, are decoded"
