"""Cayenne LPP, whose payloads say themselves what they hold, as a network's own formatter reads it."""

from __future__ import annotations

import time
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from octavo.codecs.lpp_chirpstack import CHIRPSTACK
from octavo.codecs.lpp_tts import TTS
from octavo.device import Device, as_downlink, as_uplink, in_place
from octavo.errors import EncodeError, Error, OutputError
from octavo.messages import Decoded, Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from octavo.codecs.lpp import Flavour
    from octavo.device import DownlinkLike, UplinkLike
    from octavo.messages import Downlink, Uplink

FLAVOURS: Mapping[str, Flavour] = MappingProxyType({flavour.name: flavour for flavour in (TTS, CHIRPSTACK)})


class CayenneLpp(Device):
    """Decodes and encodes CayenneLPP on any port.

    Args:
        flavour: the network whose reading it follows; None is The Things Stack's, and lets `in_network`
            choose another.
        name: what it was loaded as.
    """

    def __init__(self, flavour: Flavour | None = None, *, name: str = "cayennelpp") -> None:
        self.flavour = flavour or TTS
        self.name = name
        self.dialect = self.flavour.dialects[0]
        self._named = flavour is not None
        self._siblings: dict[str, CayenneLpp] = {}

    @property
    def operations(self) -> frozenset[str]:
        """All three."""
        return frozenset({"decode_uplink", "decode_downlink", "encode_downlink"})

    def in_network(self, dialect: str) -> CayenneLpp:
        """CayenneLPP of another network; itself where its flavour was named, or the network has none of its own."""
        flavour = next((each for each in FLAVOURS.values() if dialect in each.dialects), self.flavour)
        if self._named or flavour is self.flavour:
            return self
        if flavour.name not in self._siblings:
            self._siblings[flavour.name] = CayenneLpp(flavour, name=self.name)
        return self._siblings[flavour.name]

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode typed items; an `OutputError` with the server's words stands in its message's place."""
        return in_place(messages, as_uplink, partial(_decoded, self.flavour.read_uplink))

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlinks: channels with values (``value_<channel>``), or typed items in ChirpStack."""
        return in_place(messages, as_uplink, partial(_decoded, self.flavour.read_downlink))

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode what `decode_downlinks` gives, as the server does it: cut, not rounded.

        What the server passes over is noted. The port is the caller's; CayenneLPP has none of its own.
        """
        return in_place(messages, as_downlink, partial(_encoded, self.flavour.write_downlink))

    def encode_uplink(self, data: Mapping[str, Any]) -> bytes:
        """Typed items of the members of ``data``, cut like a downlink's: for tests and simulated devices.

        Raises:
            EncodeError: a member that no type has, a channel that is none, or a value that does not fit.
        """
        return self.flavour.write_uplink(data)

    def encode_item(self, number: int, channel: int, values: Iterable[float]) -> bytes:
        """One typed item, its values cut to whole counts as the network does.

        Args:
            number: the type.
            channel: 0 to 255.
            values: one value, or one for each field.
        """
        fields = self.flavour.quantities[number].fields
        counts = (self.flavour.write_field(field, value) for field, value in zip(fields, values, strict=True))
        return bytes([channel, number]) + b"".join(counts)


def _decoded(read: Callable[[bytes], dict[str, Any]], uplink: Uplink) -> Decoded | Error:
    started = time.perf_counter()
    try:
        data = read(bytes(uplink.frm_payload))
    except OutputError as error:
        return error
    return Decoded(data, elapsed_s=time.perf_counter() - started)


def _encoded(write: Callable[[Any], tuple[bytes, list[str]]], message: Downlink) -> Encoded | Error:
    started = time.perf_counter()
    try:
        frm_payload, notes = write(message.data)
    except EncodeError as error:
        return error
    return Encoded(frm_payload, message.f_port or None, notes=notes, elapsed_s=time.perf_counter() - started)
