"""What is wrong with encoders: exceptions, what is no byte, and data that the decoder reads as other data."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import is_number
from octavo.lab.bench import json_type
from octavo.lab.check.inputs import uplink
from octavo.lab.check.sent import BYTES, encoded, misfits, not_bytes, said
from octavo.lab.check.sightings import Sighting, shown
from octavo.lab.check.single import faults
from octavo.lab.leaves import leaves
from octavo.messages import Downlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from random import Random

    from octavo.lab.bench import Bench, Seen
    from octavo.lab.check.places import Source
    from octavo.messages import Uplink

MOST_DATA = 40
"""Data to encode that others are made of: as many as payloads of a decoder, see `octavo.lab.check.inputs`."""

NUMBERS = (-32769, -32768, -129, -128, -1, 0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536)
"""The first and the last number of a byte and of a word of two, with and without a sign, and those beyond."""

QUIET = ("slow", "input-changed")
"""Kinds that count for data which nobody would send, too."""

ALWAYS = ("no-result", "no-data", "invalid-result")
"""Kinds that count for data which nobody would send where they come of all data."""

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
        yield from no_bytes(each)
    for each in bench.see(operation, [Downlink({}, given[0].f_port if given else 1)]):
        yield from (found for found in faults(bench, operation, each, source) if found.kind == "slow")
    drawn = [replace(each, data=changed(each.data, random)) for each in islice(cycle(given), count)]
    for each in bench.see(operation, drawn):
        yield from (found for found in faults(bench, operation, each, source) if found.kind in QUIET)
        yield from no_bytes(each)


def never(bench: Bench, tried: Iterable[Seen], source: Source) -> Iterator[Sighting]:
    """What is wrong with an encoder that made bytes of nothing that was tried, whatever it was: no data are to blame.

    That data which nobody may ever send give something that is no number tells nothing.
    """
    tried = list(tried)
    answered = [each for each in tried if not each.threw and not _reports(each)]
    if not answered:
        yield from _undefined(bench, tried, source)
    for first in answered[:1]:
        faulty = (found for found in faults(bench, "encode_downlink", first, source) if found.kind in ALWAYS)
        for found in (*faulty, *no_bytes(first)):
            is_absent = found.kind == "not-a-byte" and misfits(first)[found.where] is None
            if not is_absent and all(found.holds and found.holds(each) for each in answered):
                yield found


def _undefined(bench: Bench, tried: Sequence[Seen], source: Source) -> Iterator[Sighting]:
    """A name that is not there, which all that was tried ends with: no data are to blame for that."""
    for first in tried[:1]:
        for found in faults(bench, "encode_downlink", first, source):
            is_absent = found.kind == "throws" and found.where.endswith(" is not defined")
            if is_absent and found.holds and all(found.holds(each) for each in tried):
                yield found


def _reports(seen: Seen) -> bool:
    return isinstance(seen.result, dict) and bool(seen.result.get("errors"))


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


def no_bytes(seen: Seen) -> Iterator[Sighting]:
    """What is no byte, each place by itself.

    A number stays one where it is made simpler: that a member which is left out gives none is another matter.
    """
    for place, value in misfits(seen).items():

        def same(other: Seen, place: str = place, value: Any = value) -> bool:
            there = misfits(other)
            return place in there and json_type(there[place]) == json_type(value)

        yield Sighting("not-a-byte", "encode_downlink", place, seen, partial(said, place), same)


# ---- there and back ----


def round_trips(bench: Bench, seeds: Sequence[Downlink]) -> Iterator[Sighting]:
    """Data that come back as other data when they are encoded and decoded.

    Only a number, truth or text under the same name counts: a number where rounding cannot be why, a text where the
    encoder makes other bytes of that which comes back, so that it is no other word for the same.
    """
    sent = [
        each for each in bench.see("encode_downlink", list(seeds)[:MOST_DATA]) if encoded(each) and not not_bytes(each)
    ]
    back = bench.see("decode_downlink", [written(each) for each in sent])
    for there, here in zip(sent, back, strict=False):
        if not here.accepted or not isinstance(there.message, Downlink):
            continue
        asked, got = leaves(there.message.data), here.leaves
        both = [path for path in asked if path in got]
        path = next((path for path in both if _is_other(asked[path], got[path])), None)
        path = path or next((path for path in both if _is_other_word(bench, there, path, got[path])), None)
        if path is not None:
            told = partial(_told_trip, path, asked[path], here.payload, got[path])
            yield Sighting("no-round-trip", "encode_downlink", path, there, told)


def written(seen: Seen) -> Uplink:
    """What an encoder wrote, as a message to decode."""
    return uplink(bytes(encoded(seen) or []), _port(seen))


def _port(seen: Seen) -> int:
    port = seen.result.get("fPort") if isinstance(seen.result, dict) else None
    return port if isinstance(port, int) and port in BYTES[1:] else seen.f_port or 1


def _is_other(asked: Any, got: Any) -> bool:
    if is_number(asked) and is_number(got):
        return bool(abs(asked - got) > max(1.0, MOST_APART * abs(asked)))
    return type(asked) is type(got) and isinstance(asked, bool) and asked != got


def _is_other_word(bench: Bench, there: Seen, path: str, got: Any) -> bool:
    """Whether a text that came back is one that the encoder knows, and makes other bytes of."""
    message = there.message
    if not isinstance(message, Downlink) or not isinstance(message.data, dict):
        return False
    asked = message.data.get(path)
    if not isinstance(asked, str) or not isinstance(got, str) or asked.casefold() == got.casefold():
        return False
    again = bench.see("encode_downlink", [replace(message, data={**message.data, path: got})])
    return any(encoded(each) and encoded(each) != encoded(there) for each in again)


def _told_trip(path: str, asked: Any, payload: bytes, got: Any, seen: Seen) -> str:
    del seen
    return f"{path} is {shown(asked)} in the data, and {shown(got)} when its bytes, {payload.hex()}, are decoded"
