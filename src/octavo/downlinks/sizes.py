"""How much a downlink may hold at a data rate of a region.

The numbers are N of the tables "maximum payload size (not repeater compatible)": bytes of an application payload in a
frame without MAC commands. A network may put MAC commands into the same frame, and leaves less then.

Source: LoRaWAN Regional Parameters RP002-1.0.4, those tables of EU863-870, US902-928, AU915-928, EU433, AS923,
KR920-923, IN865-867 and RU864-870 (lorawan-stack, pkg/band/*_rp2_v1_0_4.go, has M, which is N + 8). AS923 is that of
DwellTime = 0, which RP002-1.0.5, section 3.10.6, makes the rule for downlinks.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from octavo.errors import ContentError
from octavo.messages import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 242
"""Bytes that no data rate of any region goes beyond."""

_NARROW = {"SF12BW125": 51, "SF11BW125": 51, "SF10BW125": 51, "SF9BW125": 115, "SF8BW125": 242, "SF7BW125": 242}
_EUROPE = {**_NARROW, "SF7BW250": 242, "FSK": 242}
_WIDE = {
    "SF12BW500": 53,
    "SF11BW500": 129,
    "SF10BW500": 242,
    "SF9BW500": 242,
    "SF8BW500": 242,
    "SF7BW500": 242,
}

REGIONS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "EU868": _EUROPE,
        "US915": _WIDE,
        "AU915": _WIDE,
        "EU433": _EUROPE,
        "AS923": {**_EUROPE, "SF10BW125": 115},
        "KR920": _NARROW,
        "IN865": {**_NARROW, "FSK": 242},
        "RU864": _EUROPE,
    }
)
"""Regions, the data rates of their downlinks, and the largest application payload at each, in bytes."""

SCHEMA = "octavo:downlink#size"


def largest_payload(region: str, data_rate: str) -> int:
    """Bytes of the largest application payload of a downlink.

    Args:
        region: a name of `REGIONS`.
        data_rate: such as ``SF7BW125``, or ``FSK``.

    Raises:
        ContentError: for a region that is not in the table, or a data rate that its downlinks do not have.

    >>> largest_payload("EU868", "SF12BW125")
    51
    """
    if region not in REGIONS:
        raise ContentError(f"no region {region!r}: one of {', '.join(REGIONS)} was expected")
    sizes = REGIONS[region]
    if data_rate not in sizes:
        raise ContentError(
            f"downlinks in {region} have no data rate {data_rate!r}: one of {', '.join(sizes)} was expected"
        )
    return sizes[data_rate]


def size_findings(size: int, path: str, *, region: str | None, data_rate: str | None) -> tuple[Finding, ...]:
    """The finding for a payload that does not fit a frame; without a data rate, one that fits none.

    Args:
        size: bytes of the payload.
        path: JSON Pointer of the payload.
        region: see `largest_payload`.
        data_rate: likewise; a network may send at another one, so this is a warning.

    Raises:
        ContentError: as `largest_payload`, and where one of the two is given without the other.
    """
    most, where = _bound(region, data_rate)
    if size <= most:
        return ()
    message = f"the payload has {size} bytes; a downlink {where} holds at most {most}"
    return (Finding(path, message, size, SCHEMA),)


def _bound(region: str | None, data_rate: str | None) -> tuple[int, str]:
    if region is None and data_rate is None:
        return LARGEST, "at any data rate"
    if region is None or data_rate is None:
        raise ContentError("the size at a data rate is known for a region: give both region and data_rate")
    return largest_payload(region, data_rate), f"at {data_rate} in {region}"
