"""What a proof is made of: frames and data of a declaration, good and bad, from one seed.

Many of the frames are written from drawn data, so that they fit the declaration and meet its boundaries; the
others are such frames cut, lengthened, or with bytes and bits changed, and bytes of pure chance. Data likewise.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from octavo.codecs.reference import write
from octavo.codecs.samples import Sampler, corners, faults, wrong_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from octavo.codecs._construct import AnyConstruct

T = TypeVar("T")

LONGEST = 242
"""Most bytes of a LoRaWAN payload. Source: LoRaWAN Regional Parameters RP002-1.0.4, 2.4.7, EU863-870, DR 4 to 7."""

ODD_PORTS = (0, 224, 255)
"""Ports that no declaration has."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A payload to decode.

    Attributes:
        frm_payload: the bytes.
        f_port: the port.
        received_ms: when it was received, Unix time in milliseconds.
    """

    frm_payload: bytes
    f_port: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Values:
    """Data to encode.

    Attributes:
        data: any JSON value.
        f_port: the port asked for; 0 leaves it open.
    """

    data: Any
    f_port: int


EARLIEST_MS, LATEST_MS = 1_000_000_000_000, 2_000_000_000_000
"""Between which moments frames are received: 2001 and 2033."""


def frames(layouts: dict[int, AnyConstruct], count: int, random: Random) -> Iterator[Frame]:
    """So many frames for the ports of one direction, every error and every branch of the declaration among them."""
    if not layouts:
        return
    whole = {f_port: _Frames(layout) for f_port, layout in layouts.items()}
    known = ((frame, f_port) for f_port, each in whole.items() for frame in each.known())
    chance = ((whole[f_port].any(random), f_port) for f_port in _ports(whole, random))
    for number, (frame, f_port) in enumerate(islice(chain(_some(known, count), chance), count)):
        port = random.choice(ODD_PORTS) if number % 500 == 499 else f_port  # noqa: PLR2004 - now and then
        yield Frame(frame[:LONGEST], port, random.randrange(EARLIEST_MS, LATEST_MS))


def values(layouts: dict[int, AnyConstruct], count: int, random: Random) -> Iterator[Values]:
    """So much data for the downlinks of a declaration, every error among it."""
    if not layouts:
        return
    drawn = {f_port: Sampler(layout) for f_port, layout in layouts.items()}
    wrong = ((data, f_port) for f_port, layout in layouts.items() for _, data in wrong_data(layout))
    known = ((data, f_port) for data, f_port in wrong if isinstance(data, dict))  # networks carry nothing else
    good = ((data, f_port) for f_port, layout in layouts.items() for _, data in corners(layout))
    chance = ((_any_data(drawn[f_port], random), f_port) for f_port in _ports(drawn, random))
    for number, (data, f_port) in enumerate(islice(chain(_some(known, count), _some(good, count), chance), count)):
        yield Values(data, 0 if number % 4 == 0 else f_port)


def _some(known: Iterator[T], count: int) -> Iterator[T]:
    """What is known beforehand, but not more than a quarter of all: the rest is chance."""
    return islice(known, count // 4)


class _Frames:
    """Frames of one layout."""

    def __init__(self, layout: AnyConstruct) -> None:
        self.layout = layout
        self.sampler = Sampler(layout)
        self.last = b""

    def known(self) -> Iterator[bytes]:
        """Those that meet every branch and every error."""
        yield from (write(self.layout, data) for _, data in corners(self.layout))
        yield from (frame for _, frame in faults(self.layout))

    def any(self, random: Random) -> bytes:
        """A frame that fits, one that nearly fits, or bytes of pure chance."""
        kind = random.randrange(8)
        if kind == 0:
            return random.randbytes(random.randrange(33))
        if kind <= 3:  # noqa: PLR2004 - three in eight
            self.last = self.sampler.written(random)[1]
            return self.last
        frame = self.last
        if kind == 4:  # noqa: PLR2004 - one in eight
            return frame[: random.randrange(len(frame) + 1)]
        if kind == 5:  # noqa: PLR2004 - one in eight
            return frame + random.randbytes(random.randrange(1, 4))
        return _changed(frame, random)


def _changed(frame: bytes, random: Random) -> bytes:
    content = bytearray(frame or b"\0")
    for _ in range(random.randrange(1, 4)):
        place = random.randrange(len(content))
        content[place] = random.choice((0, 0xFF, 0x80, 0x7F, content[place] ^ 1 << random.randrange(8)))
    return bytes(content)


def _any_data(sampler: Sampler, random: Random) -> Any:
    data = sampler.draw(random)
    return data if random.randrange(2) else spoilt(data, random)


_ODD: tuple[Any, ...] = (
    *(None, True, False, "", "on", "0", [], {}, [None], 0, 1, -1, 255, 256, 65535, 65536),
    *(0.5, -0.5, 1e-9, 0.1, 1e15, -1e15, 2**53, -(2**53), 1e300, -1e300, 4294967295.5),
)


def spoilt(data: Any, random: Random) -> Any:
    """A copy of data with one member more, one less, or one of another value, at any depth."""
    inner = data = copy.deepcopy(data)
    names: list[tuple[Any, Any]] = []
    while isinstance(inner, dict | list) and inner:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        names.append((inner, random.choice(keys)))
        inner = inner[names[-1][1]]
    if not names:
        return {"x": random.choice(_ODD)}
    holder, key = random.choice(names)
    if isinstance(holder, dict) and random.randrange(3) == 0:
        return _another_member(data, holder, key, random)
    old = holder[key]
    near = [old + 1, old - 1, old + 0.5, old / 10, -old, old + 1e-7] if type(old) in (int, float) else []
    holder[key] = random.choice([*_ODD, *near, *near])
    return data


def _another_member(data: Any, holder: dict[str, Any], key: str, random: Random) -> Any:
    if random.randrange(2):
        del holder[key]
    else:
        holder[random.choice(("x", f"{key}_", f"{key}_1", "toString", "__proto__"))] = random.choice(_ODD)
    return data


def _ports(of: dict[int, Any], random: Random) -> Iterator[int]:
    ports = list(of)
    while True:
        yield random.choice(ports)
