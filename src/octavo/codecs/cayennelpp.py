"""Cayenne LPP, whose payloads say themselves what they hold, as a network's own formatter reads it.

An uplink is a row of items: channel (1 byte), type (1 byte), value (by type, big-endian). A downlink of
The Things Stack has no types: channel, then a signed 16-bit hundredth; channel 255 ends it.

Source: TheThingsNetwork/go-cayenne-lib, decoder.go, encoder.go and types.go; TheThingsNetwork/lorawan-stack,
pkg/messageprocessors/cayennelpp; The Things Stack documentation, Payload Formatters, CayenneLPP.
"""

from __future__ import annotations

import io
import math
import re
import time
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from construct import Int8ub, Int16sb, Int16ub, Int24sb, StreamError, Struct

from octavo.codecs._construct import bare
from octavo.codecs.codec import plain
from octavo.codecs.fields import Scaled, is_number
from octavo.device import Device, as_downlink, as_uplink, in_place
from octavo.errors import EncodeError, Error, OutputError
from octavo.messages import Decoded, Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct
    from octavo.device import DownlinkLike, UplinkLike
    from octavo.messages import Downlink, Uplink

END_OF_DOWNLINK = 0xFF
HIGHEST_CHANNEL = 0xFF

_KEY = re.compile(r"(.+)_([+-]?)0*(\d{1,3})", re.ASCII | re.DOTALL)
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class Quantity:
    """What an item of one type holds.

    Attributes:
        key: name of its member; the channel is added to it.
        layout: its value: one field, or a ``Struct`` of several.
        whole: whether the network reads the value at once; else field by field. It tells how a value
            that is cut short is reported.
    """

    key: str
    layout: AnyConstruct
    whole: bool = False

    @property
    def fields(self) -> list[AnyConstruct]:
        """The fields of the value, in order."""
        return list(self.layout.subcons) if isinstance(self.layout, Struct) else [self.layout]


@dataclass(frozen=True, slots=True)
class Flavour:
    """How one network reads the format.

    Attributes:
        name: the dialect it belongs to.
        quantities: type to what its items hold.
        downlink: what a channel of a downlink holds.
    """

    name: str
    quantities: Mapping[int, Quantity]
    downlink: Quantity


def _axes(per_unit: int, unit: str) -> AnyConstruct:
    return Struct(*(axis / Scaled(Int16sb, per_unit=per_unit, unit=unit) for axis in "xyz"))


_POSITION = Struct(
    "latitude" / Scaled(Int24sb, per_unit=10_000, unit="°"),
    "longitude" / Scaled(Int24sb, per_unit=10_000, unit="°"),
    "altitude" / Scaled(Int24sb, per_unit=100, unit="m"),
)

# Source: go-cayenne-lib, types.go; what the values count in: decoder.go. Pressure is signed there.
TTS = Flavour(
    name="tts",
    quantities=MappingProxyType(
        {
            0: Quantity("digital_in", Scaled(Int8ub)),
            1: Quantity("digital_out", Scaled(Int8ub)),
            2: Quantity("analog_in", Scaled(Int16sb, per_unit=100)),
            3: Quantity("analog_out", Scaled(Int16sb, per_unit=100)),
            101: Quantity("luminosity", Scaled(Int16ub, unit="lx")),
            102: Quantity("presence", Scaled(Int8ub)),
            103: Quantity("temperature", Scaled(Int16sb, per_unit=10, unit="°C")),
            104: Quantity("relative_humidity", Scaled(Int8ub, per_unit=2, unit="%")),
            113: Quantity("accelerometer", _axes(1000, "g")),
            115: Quantity("barometric_pressure", Scaled(Int16sb, per_unit=10, unit="hPa")),
            134: Quantity("gyrometer", _axes(100, "°/s")),
            136: Quantity("gps", _POSITION, whole=True),
        }
    ),
    downlink=Quantity("value", Scaled(Int16sb, per_unit=100)),
)

FLAVOURS: Mapping[str, Flavour] = MappingProxyType({TTS.name: TTS})


class CayenneLpp(Device):
    """Decodes and encodes CayenneLPP on any port.

    Args:
        flavour: the network whose reading it follows.
        name: what it was loaded as.
    """

    def __init__(self, flavour: Flavour = TTS, *, name: str = "cayennelpp") -> None:
        self.flavour = flavour
        self.name = name
        self.dialect = flavour.name

    @property
    def operations(self) -> frozenset[str]:
        """All three."""
        return frozenset({"decode_uplink", "decode_downlink", "encode_downlink"})

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode typed items; an `OutputError` with the server's cause stands in its message's place."""
        return in_place(messages, as_uplink, partial(_decoded, self._read_uplink))

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode channels with values (``value_<channel>``)."""
        return in_place(messages, as_uplink, partial(_decoded, self._read_downlink))

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode the numbers named ``value_<channel>``, channels ascending; other members are passed over.

        As the server does: hundredths are cut, not rounded, and keep their low 16 bits. The port is the
        caller's; CayenneLPP has none of its own.
        """
        return in_place(messages, as_downlink, self._encoded)

    def encode_uplink(self, data: Mapping[str, Any]) -> bytes:
        """Typed items of the members of ``data``, channels ascending: octavo's own, no server does it.

        Raises:
            EncodeError: a member that no type has, or a value that is no number.
        """
        types = {quantity.key: number for number, quantity in self.flavour.quantities.items()}
        items = []
        for member, value in data.items():
            key, channel = split_key(member) or ("", 0)
            if key not in types:
                expected = ", ".join(f"{known}_<channel>" for known in types)
                raise EncodeError(f"{member}: expected one of {expected}, got an unknown member", path=member)
            items.append((channel, types[key], _numbers(self.flavour.quantities[types[key]], member, value)))
        return b"".join(self.encode_item(number, channel, values) for channel, number, values in sorted(items))

    def encode_item(self, number: int, channel: int, values: Iterable[float]) -> bytes:
        """One typed item, its values cut to whole counts as the library behind the server does.

        Args:
            number: the type.
            channel: 0 to 255.
            values: one value, or one for each field.
        """
        fields = self.flavour.quantities[number].fields
        counts = (_cut(field, value) for field, value in zip(fields, values, strict=True))
        return bytes([channel, number]) + b"".join(counts)

    def _read_uplink(self, frm_payload: bytes) -> dict[str, Any]:
        stream = io.BytesIO(frm_payload)
        data: dict[str, Any] = {}
        while header := stream.read(2):
            quantity = self.flavour.quantities.get(header[-1]) if len(header) > 1 else None
            if len(header) == 1:
                raise _invalid("unexpected EOF", stream.tell())
            if quantity is None:
                raise _invalid("cayennelpp: unknown type", stream.tell() - 1)
            data[f"{quantity.key}_{header[0]}"] = _read_value(quantity, stream, len(frm_payload))
        return data

    def _read_downlink(self, frm_payload: bytes) -> dict[str, Any]:
        stream = io.BytesIO(frm_payload)
        quantity = self.flavour.downlink
        data: dict[str, Any] = {}
        while (channel := stream.read(1)) and channel[0] != END_OF_DOWNLINK:
            data[f"{quantity.key}_{channel[0]}"] = _read_value(quantity, stream, len(frm_payload))
        return data

    def _encoded(self, message: Downlink) -> Encoded:
        started = time.perf_counter()
        data = message.data if isinstance(message.data, dict) else {}
        quantity = self.flavour.downlink
        rows: list[tuple[int, bytes]] = []
        passed_over: list[str] = []
        for member, value in data.items():
            key, channel = split_key(member) or ("", 0)
            if key == quantity.key and is_number(value):
                rows.append((channel, _cut(quantity.layout, value)))
            else:
                passed_over.append(str(member))
        rows.sort(key=lambda row: row[0])
        frm_payload = b"".join(bytes([channel]) + count for channel, count in rows)
        notes = _notes(quantity, passed_over)
        return Encoded(frm_payload, message.f_port or None, notes=notes, elapsed_s=time.perf_counter() - started)


def split_key(member: object) -> tuple[str, int] | None:
    """Name and channel of a member: what stands before and after its last underscore.

    The channel is a decimal number from 0 to 255; a sign and leading zeros are accepted, as Go's parser does.

    >>> split_key("relative_humidity_007")
    ('relative_humidity', 7)
    """
    found = _KEY.fullmatch(member) if isinstance(member, str) else None
    channel = int(found[2] + found[3]) if found else -1
    return (found[1], channel) if found and 0 <= channel <= HIGHEST_CHANNEL else None


def _notes(quantity: Quantity, passed_over: list[str]) -> list[str]:
    """The note that names what is not in the payload, for the server leaves it out without a word."""
    if not passed_over:
        return []
    names = ", ".join(passed_over)
    return [f"passed over: {names}; a downlink takes numbers named {quantity.key}_<channel> only"]


def _decoded(read: Callable[[bytes], dict[str, Any]], uplink: Uplink) -> Decoded | Error:
    started = time.perf_counter()
    try:
        data = read(bytes(uplink.frm_payload))
    except OutputError as error:
        return error
    return Decoded(data, elapsed_s=time.perf_counter() - started)


def _read_value(quantity: Quantity, stream: io.BytesIO, size: int) -> Any:
    here = stream.tell()
    try:
        return plain(quantity.layout.parse_stream(stream))
    except StreamError as error:
        at_once = quantity.layout.sizeof() if quantity.whole else quantity.fields[0].sizeof()
        cause = "unexpected EOF" if (size - here) % at_once else "EOF"
        raise _invalid(cause, size) from error


def _invalid(cause: str, offset: int) -> OutputError:
    """The error as The Things Stack names it; the cause is the library's."""
    return OutputError("invalid output", code="INVALID_ARGUMENT", cause=cause, offset=offset)


def _numbers(quantity: Quantity, member: str, value: Any) -> list[float]:
    if len(quantity.fields) == 1:
        values = {member: value}
    else:
        values = {f"{member}.{f.name}": value.get(f.name) if isinstance(value, dict) else None for f in quantity.fields}
    for path, number in values.items():
        if not is_number(number):
            raise EncodeError(f"{path}: expected a number, got {number!r}", path=path)
    return list(values.values())


def _cut(field: AnyConstruct, value: float) -> bytes:
    """The count of a value: cut toward zero, low bits kept, big-endian.

    Source: go-cayenne-lib, encoder.go: a conversion of the product to the integer's type. Beyond 64 bits Go
    leaves the result open; on amd64 the low bits are 0.
    """
    scaled: Any = bare(field)
    size: int = scaled.subcon.sizeof()
    product = value * scaled.per_unit
    count = math.trunc(product) if -_INT64 <= product < _INT64 else 0
    return (count & (1 << 8 * size) - 1).to_bytes(size, "big")
