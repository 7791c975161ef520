"""Cayenne LPP as The Things Stack has it, and The Things Network v2 before it.

An uplink is a row of items with channel and type. A downlink has no types: channel, then a signed 16-bit
hundredth; channel 255 ends it.

Source: TheThingsNetwork/go-cayenne-lib, decoder.go, encoder.go and types.go; TheThingsNetwork/lorawan-stack,
pkg/messageprocessors/cayennelpp; The Things Stack documentation, Payload Formatters, CayenneLPP.
"""

from __future__ import annotations

import io
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from construct import Int8ub, Int16sb, Int16ub, StreamError

from octavo.codecs.fields import Scaled
from octavo.codecs.lpp import HIGHEST_CHANNEL, POSITION, Flavour, Quantity, axes, counted, low_bytes
from octavo.codecs.numbers import is_number
from octavo.codecs.reference import plain
from octavo.errors import EncodeError, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.codecs._construct import AnyConstruct

END_OF_DOWNLINK = 0xFF

_KEY = re.compile(r"(.+)_([+-]?)0*(\d{1,3})", re.ASCII | re.DOTALL)
_INT64 = 1 << 63

# Source: go-cayenne-lib, types.go; what the values count in: decoder.go. Pressure is signed there.
QUANTITIES: Mapping[int, Quantity] = MappingProxyType(
    {
        0: Quantity("digital_in", Scaled(Int8ub)),
        1: Quantity("digital_out", Scaled(Int8ub)),
        2: Quantity("analog_in", Scaled(Int16sb, per_unit=100)),
        3: Quantity("analog_out", Scaled(Int16sb, per_unit=100)),
        101: Quantity("luminosity", Scaled(Int16ub, unit="lx")),
        102: Quantity("presence", Scaled(Int8ub)),
        103: Quantity("temperature", Scaled(Int16sb, per_unit=10, unit="°C")),
        104: Quantity("relative_humidity", Scaled(Int8ub, per_unit=2, unit="%")),
        113: Quantity("accelerometer", axes(1000, "g")),
        115: Quantity("barometric_pressure", Scaled(Int16sb, per_unit=10, unit="hPa")),
        134: Quantity("gyrometer", axes(100, "°/s")),
        136: Quantity("gps", POSITION, whole=True),
    }
)
DOWNLINK = Quantity("value", Scaled(Int16sb, per_unit=100))


def read_uplink(frm_payload: bytes) -> dict[str, Any]:
    """The data of typed items; raises `OutputError` with the server's cause."""
    stream = io.BytesIO(frm_payload)
    data: dict[str, Any] = {}
    while header := stream.read(2):
        quantity = QUANTITIES.get(header[-1]) if len(header) > 1 else None
        if len(header) == 1:
            raise _invalid("unexpected EOF", stream.tell())
        if quantity is None:
            raise _invalid("cayennelpp: unknown type", stream.tell() - 1)
        data[f"{quantity.key}_{header[0]}"] = _read_value(quantity, stream, len(frm_payload))
    return data


def read_downlink(frm_payload: bytes) -> dict[str, Any]:
    """The data of channels with values (``value_<channel>``); raises `OutputError`."""
    stream = io.BytesIO(frm_payload)
    data: dict[str, Any] = {}
    while (channel := stream.read(1)) and channel[0] != END_OF_DOWNLINK:
        data[f"{DOWNLINK.key}_{channel[0]}"] = _read_value(DOWNLINK, stream, len(frm_payload))
    return data


def write_downlink(data: Any) -> tuple[bytes, list[str]]:
    """The numbers named ``value_<channel>``, channels ascending; other members are passed over, as the server does.

    Hundredths are cut, not rounded, and keep their low 16 bits.
    """
    rows: list[tuple[int, bytes]] = []
    passed_over: list[str] = []
    for member, value in data.items() if isinstance(data, dict) else ():
        key, channel = split_key(member) or ("", 0)
        if key == DOWNLINK.key and is_number(value):
            rows.append((channel, write_field(DOWNLINK.layout, value)))
        else:
            passed_over.append(str(member))
    rows.sort(key=lambda row: row[0])
    return b"".join(bytes([channel]) + count for channel, count in rows), _notes(passed_over)


def write_uplink(data: Mapping[str, Any]) -> bytes:
    """Typed items of the members of ``data``, channels ascending: octavo's own, no server does it.

    Raises:
        EncodeError: a member that no type has, or a value that is no number.
    """
    types = {quantity.key: number for number, quantity in QUANTITIES.items()}
    items = []
    for member, value in data.items():
        key, channel = split_key(member) or ("", 0)
        if key not in types:
            expected = ", ".join(f"{known}_<channel>" for known in types)
            raise EncodeError(f"{member}: expected one of {expected}, got an unknown member", path=member)
        items.append((channel, types[key], _numbers(QUANTITIES[types[key]], member, value)))
    return b"".join(
        bytes([channel, number]) + b"".join(map(write_field, QUANTITIES[number].fields, values))
        for channel, number, values in sorted(items)
    )


def write_field(field: AnyConstruct, value: float) -> bytes:
    """The count of a value: cut toward zero, low bits kept, big-endian.

    Source: go-cayenne-lib, encoder.go: a conversion of the product to the integer's type. Beyond 64 bits Go
    leaves the result open; on amd64 the low bits are 0.
    """
    count, size = counted(field, value)
    return low_bytes(count if -_INT64 <= count < _INT64 else 0, size)


def split_key(member: object) -> tuple[str, int] | None:
    """Name and channel of a member: what stands before and after its last underscore.

    The channel is a decimal number from 0 to 255; a sign and leading zeros are accepted, as Go's parser does.

    >>> split_key("relative_humidity_007")
    ('relative_humidity', 7)
    """
    found = _KEY.fullmatch(member) if isinstance(member, str) else None
    channel = int(found[2] + found[3]) if found else -1
    return (found[1], channel) if found and 0 <= channel <= HIGHEST_CHANNEL else None


TTS = Flavour(
    name="tts",
    dialects=("tts", "tts-3.32", "ttn2"),
    quantities=QUANTITIES,
    read_uplink=read_uplink,
    read_downlink=read_downlink,
    write_downlink=write_downlink,
    write_uplink=write_uplink,
    write_field=write_field,
)


def _notes(passed_over: list[str]) -> list[str]:
    """The note that names what is not in the payload, for the server leaves it out without a word."""
    if not passed_over:
        return []
    names = ", ".join(passed_over)
    return [f"passed over: {names}; a downlink takes numbers named {DOWNLINK.key}_<channel> only"]


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
