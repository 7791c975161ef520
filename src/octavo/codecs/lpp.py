"""What the flavours of Cayenne LPP share: the quantities of its items, and the row that describes a flavour.

An item is a channel (1 byte), a type (1 byte) and a value (by type, big-endian).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from construct import Int16sb, Int24sb, Struct

from octavo.codecs._construct import bare
from octavo.codecs.fields import Scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from octavo.codecs._construct import AnyConstruct

HIGHEST_CHANNEL = 0xFF


@dataclass(frozen=True, slots=True)
class Quantity:
    """What an item of one type holds.

    Attributes:
        key: name of its member, to which the channel is added, or of the group of its channels.
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
    """How one network reads and writes the format.

    Attributes:
        name: its name behind ``cayennelpp:``.
        dialects: the dialects of the network whose formatter it is; the first is the device's own.
        quantities: type to what its items hold.
        read_uplink: the data of an uplink; raises `octavo.errors.OutputError`.
        read_downlink: the data of a downlink, likewise.
        write_downlink: the bytes of a downlink, with remarks; raises `octavo.errors.EncodeError`.
        write_uplink: the bytes of an uplink; raises `octavo.errors.EncodeError`.
        write_field: the bytes of one field of a value.
    """

    name: str
    dialects: tuple[str, ...]
    quantities: Mapping[int, Quantity]
    read_uplink: Callable[[bytes], dict[str, Any]]
    read_downlink: Callable[[bytes], dict[str, Any]]
    write_downlink: Callable[[Any], tuple[bytes, list[str]]]
    write_uplink: Callable[[Mapping[str, Any]], bytes]
    write_field: Callable[[AnyConstruct, float], bytes]


def axes(per_unit: int, unit: str) -> AnyConstruct:
    """Three signed fields of 16 bits, x, y and z."""
    return Struct(*(axis / Scaled(Int16sb, per_unit=per_unit, unit=unit) for axis in "xyz"))


POSITION = Struct(
    "latitude" / Scaled(Int24sb, per_unit=10_000, unit="°"),
    "longitude" / Scaled(Int24sb, per_unit=10_000, unit="°"),
    "altitude" / Scaled(Int24sb, per_unit=100, unit="m"),
)


def counted(field: AnyConstruct, value: float) -> tuple[float, int]:
    """How many counts of a field a value is, not yet whole, and the number of bytes they take."""
    scaled: Any = bare(field)
    return value * scaled.per_unit, scaled.subcon.sizeof()


def low_bytes(count: float, size: int) -> bytes:
    """The low bytes of a count that is cut toward zero, big-endian."""
    return (math.trunc(count) & (1 << 8 * size) - 1).to_bytes(size, "big")
