"""Cayenne LPP as ChirpStack v4 has it: uplinks and downlinks alike are typed items, grouped by quantity.

``{"temperatureSensor": {"3": 27.2}}`` is 27.2 °C on channel 3.

Source: chirpstack/chirpstack, chirpstack/src/codec/cayenne_lpp.rs.
"""

from __future__ import annotations

import io
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from construct import Int8ub, Int16sb, Int16ub, Int32ub, StreamError, Struct

from octavo.codecs._construct import bare, shown
from octavo.codecs.fields import Scaled
from octavo.codecs.lpp import HIGHEST_CHANNEL, POSITION, Flavour, Quantity, axes, counted, low_bytes
from octavo.codecs.numbers import is_number
from octavo.codecs.reference import plain
from octavo.errors import EncodeError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct

_CHANNEL = re.compile(r"\+?0*(\d{1,3})", re.ASCII)
_INT32 = (-(1 << 31), (1 << 31) - 1)
_COLOR = Struct(*(part / Scaled(Int8ub) for part in "rgb"))

# Source: cayenne_lpp.rs, the constants LPP_*, set_* (what the values count in) and to_vec (their order).
QUANTITIES: Mapping[int, Quantity] = MappingProxyType(
    {
        0: Quantity("digitalInput", Scaled(Int8ub)),
        1: Quantity("digitalOutput", Scaled(Int8ub)),
        2: Quantity("analogInput", Scaled(Int16sb, per_unit=100)),
        3: Quantity("analogOutput", Scaled(Int16sb, per_unit=100)),
        100: Quantity("genericSensor", Scaled(Int32ub)),
        101: Quantity("illuminanceSensor", Scaled(Int16ub, unit="lx")),
        102: Quantity("presenceSensor", Scaled(Int8ub)),
        103: Quantity("temperatureSensor", Scaled(Int16sb, per_unit=10, unit="°C")),
        104: Quantity("humiditySensor", Scaled(Int8ub, per_unit=2, unit="%")),
        113: Quantity("accelerometer", axes(1000, "g")),
        115: Quantity("barometer", Scaled(Int16ub, per_unit=10, unit="hPa")),
        116: Quantity("voltage", Scaled(Int16ub, per_unit=100, unit="V")),
        117: Quantity("current", Scaled(Int16ub, per_unit=1000, unit="A")),
        118: Quantity("frequency", Scaled(Int32ub, unit="Hz")),
        120: Quantity("percentage", Scaled(Int8ub, unit="%")),
        121: Quantity("altitude", Scaled(Int16sb, unit="m")),
        125: Quantity("concentration", Scaled(Int16ub, unit="ppm")),
        128: Quantity("power", Scaled(Int16ub, unit="W")),
        130: Quantity("distance", Scaled(Int32ub, per_unit=1000, unit="m")),
        131: Quantity("energy", Scaled(Int32ub, per_unit=1000, unit="kWh")),
        132: Quantity("direction", Scaled(Int16ub, unit="°")),
        133: Quantity("unix_time", Scaled(Int32ub, unit="s")),
        134: Quantity("gyrometer", axes(100, "°/s")),
        135: Quantity("color", _COLOR),
        136: Quantity("gpsLocation", POSITION),
        142: Quantity("switch", Scaled(Int8ub)),
    }
)
TYPES: Mapping[str, int] = MappingProxyType({quantity.key: number for number, quantity in QUANTITIES.items()})


def read(frm_payload: bytes) -> dict[str, Any]:
    """The data of typed items, in the order of the types and of the channels; one byte left over is passed over.

    Raises:
        OutputError: an unknown type, or a value that is cut short.
    """
    stream = io.BytesIO(frm_payload)
    items: dict[tuple[int, int], Any] = {}
    while len(header := stream.read(2)) == 2:  # noqa: PLR2004 - channel and type
        channel, number = header
        items[number, channel] = _read_value(number, stream)
    data: dict[str, Any] = {}
    for number, channel in sorted(items):
        data.setdefault(QUANTITIES[number].key, {})[str(channel)] = items[number, channel]
    return data


def write(data: Any) -> tuple[bytes, list[str]]:
    """The items of data in the shape that `read` gives, in the same order, with a note of what is passed over.

    Values are cut toward zero and kept within what the field holds. What is no object, or no number where one is
    expected, is passed over; inside an object of several fields it counts as 0.

    Raises:
        EncodeError: an unknown group, a channel that is none, or a field of several that is missing.
    """
    if not isinstance(data, dict):
        raise EncodeError(f"data: expected an object, got {shown(data)}")
    for key in data:
        if key not in TYPES:
            raise EncodeError(f"Unexpected key '{key}' in payload: {', '.join(TYPES)} were expected", path=key)
    items: dict[tuple[int, int], bytes] = {}
    passed_over: list[str] = []
    for key in sorted(data):  # the server holds objects sorted: of one channel written twice, the later text counts
        for channel, content in _channels(key, data[key], passed_over):
            items[TYPES[key], channel] = content
    frm_payload = b"".join(bytes([channel, number]) + items[number, channel] for number, channel in sorted(items))
    return frm_payload, _notes(passed_over)


def write_field(field: AnyConstruct, value: float) -> bytes:
    """The count of a value: cut toward zero, within the range of the field; of a position the low 24 bits.

    Source: cayenne_lpp.rs, to_vec: Rust's ``as`` saturates; a position passes through 32 bits.
    """
    count, size = counted(field, value)
    scaled: Any = bare(field)
    least, most = _INT32 if size == 3 else scaled.counts  # noqa: PLR2004 - 24 bits
    return low_bytes(max(least, min(most, count)), size)


CHIRPSTACK = Flavour(
    name="chirpstack",
    dialects=("chirpstack4",),
    quantities=QUANTITIES,
    read_uplink=read,
    read_downlink=read,
    write_downlink=write,
    write_uplink=lambda data: write(data)[0],
    write_field=write_field,
)


def _read_value(number: int, stream: io.BytesIO) -> Any:
    if number not in QUANTITIES:
        raise OutputError(f"Invalid data type: {number}", offset=stream.tell() - 1)
    try:
        return plain(QUANTITIES[number].layout.parse_stream(stream))
    except StreamError as error:
        end = stream.seek(0, io.SEEK_END)
        raise OutputError("failed to fill whole buffer", offset=end) from error


def _channels(key: str, group: Any, passed_over: list[str]) -> Iterator[tuple[int, bytes]]:
    """The channels of a group, with the bytes of their values."""
    if not isinstance(group, dict):
        passed_over.append(key)
        return
    quantity = QUANTITIES[TYPES[key]]
    for name in sorted(group):
        path = f"{key}.{name}"
        channel = _channel(name, path)
        parts = _parts(quantity, group[name], path)
        odd = {place for place, part in parts.items() if not is_number(part)}
        passed_over += [place for place in parts if place in odd]
        if len(parts) > 1 or not odd:
            values = [0 if place in odd else part for place, part in parts.items()]
            yield channel, b"".join(map(write_field, quantity.fields, values))


def _channel(name: str, path: str) -> int:
    """The channel that a name says, as Rust parses a byte: a plus sign and leading zeros are accepted."""
    found = _CHANNEL.fullmatch(name)
    channel = int(found[1]) if found else -1
    if not 0 <= channel <= HIGHEST_CHANNEL:
        raise EncodeError(f"{path}: expected a channel from 0 to {HIGHEST_CHANNEL}, got {shown(name)}", path=path)
    return channel


def _parts(quantity: Quantity, value: Any, path: str) -> dict[str, Any]:
    """What is to be written, each part with its place; of several that are no number each is written as 0."""
    if len(quantity.fields) == 1:
        return {path: value}
    names = [str(field.name) for field in quantity.fields]
    if isinstance(value, dict):
        return {f"{path}.{name}": _member(value, name, path) for name in names}
    return {path: None} if quantity.layout is POSITION else {f"{path}.{name}": None for name in names}


def _member(value: dict[str, Any], name: str, path: str) -> Any:
    if name not in value:
        raise EncodeError(f"{name} field is missing: {path} has to have it", path=f"{path}.{name}")
    return value[name]


def _notes(passed_over: list[str]) -> list[str]:
    """The note that names what is not in the payload, or is 0 there, for the server says nothing about it."""
    return [f"passed over: {', '.join(passed_over)}; numbers by channel were expected"] if passed_over else []
