"""Netvox R720C: air pressure and temperature.

Every payload has 11 bytes, big-endian. Reports come on port 6, told apart by their third byte; commands go to
port 7, and their answers come from there, told apart by their first.

Sources:
    Netvox, R720C User Manual, Example of ReportDataCmd (page 7): layout and both example reports.
    Netvox, R720C User Manual, Example of ConfigureCmd (page 6): layout and the messages of port 7.
    Netvox, R718J User Manual, 5 (page 5): no interval and no change is 0.
    Netvox, R718CN2 User Manual, Tips: the version packet, with a date in BCD.
"""

from typing import Any

from construct import Const, Int8ub, Int16sb, Int16ub, Int32ub, Padding, Struct

from octavo.codecs import Bcd, Bit, Bits, Case, Choice, Codec, Flag, Scaled, Variant, Variants

REPORT_PORT = 6
COMMAND_PORT = 7

DEVICE = Const(b"\x70")

MEASUREMENT = (
    Bits(
        Int8ub,
        "battery_voltage" / Scaled(Bit(0, 7), per_unit=10, unit="V", normalized="battery") * "battery",
        "battery_low" / Flag(Bit(7)) * "whether the battery is low",
    ),
    "air_pressure" / Scaled(Int32ub, per_unit=100, unit="hPa", normalized="air.pressure") * "air pressure",
    "temperature" / Scaled(Int16sb, per_unit=100, unit="°C", normalized="air.temperature") * "temperature",
    Padding(1),
)
VERSION = (
    "software_version" / Scaled(Int8ub) * "version of the firmware",
    "hardware_version" / Scaled(Int8ub) * "version of the hardware",
    "firmware_date"
    / Struct(
        "year" / Scaled(Bcd(2)),
        "month" / Scaled(Bcd(1), minimum=1, maximum=12),
        "day" / Scaled(Bcd(1), minimum=1, maximum=31),
    )
    * "day of the firmware",
    Padding(2),
)


def report(kind: int, *fields: Any) -> Variant:
    """A report; its third byte is its type."""
    return Variant(Struct(Const(b"\x01"), DEVICE, Const(bytes([kind])), *fields), at=2, value=kind)


def message(member: str, codes: dict[int, str], cases: dict[str, Struct]) -> Struct:
    """A command or an answer; its first byte is its code."""
    return Struct(member / Choice(Int8ub, codes) * "what is asked", DEVICE, Case(member, cases))


def settings(least: int) -> tuple[Any, ...]:
    """When the device reports; each setting is at least so many counts."""
    return (
        "min_time" / Scaled(Int16ub, unit="s", minimum=least) * "least time between reports",
        "max_time" / Scaled(Int16ub, unit="s", minimum=least) * "greatest time between reports",
        "battery_change" / Scaled(Int8ub, per_unit=10, unit="V", minimum=least / 10) * "change that is reported",
        "temperature_change"
        / Scaled(Int16ub, per_unit=100, unit="°C", minimum=least / 100)
        * "change that is reported",
        "air_pressure_change"
        / Scaled(Int16ub, per_unit=10, unit="hPa", minimum=least / 10)
        * "change that is reported",
    )


codec = Codec(
    name="netvox/r720c",
    description="Netvox R720C: air pressure and temperature",
    uplink={
        REPORT_PORT: Variants(report(0x01, *MEASUREMENT), report(0x00, *VERSION)),
        COMMAND_PORT: message(
            "answer",
            {0x81: "set_config", 0x82: "read_config"},
            {
                "set_config": Struct(
                    "success" / Flag(Int8ub, inverted=True) * "whether the device took the settings", Padding(8)
                ),
                "read_config": Struct(*settings(0)),
            },
        ),
    },
    downlink={
        COMMAND_PORT: message(
            "command",
            {0x01: "set_config", 0x02: "read_config"},
            {"set_config": Struct(*settings(1)), "read_config": Struct(Padding(9))},
        )
    },
)
