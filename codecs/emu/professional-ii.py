"""EMU Professional II LoRaWAN: electricity meter. Registers of one load profile entry, little-endian, with a CRC-8.

An uplink is the time of the entry, items of register and value, and a CRC-8; which registers a port sends is
told by a downlink on that port. Port 1 and, after the device has joined, port 100 with what the meter is.

Source: TheThingsNetwork/lorawan-devices, vendor/emu (by the maker): profii-lp-codec_generic.js, commit 0a254aa,
registers, units, the downlink and the CRC; emu-prof-ii-codec.yaml, commit 0913c16, frames and values.

Not declared: ports other than 1 and 100, which a downlink may set up too, and the two bytes of a mere status.
"""

from typing import Any

from construct import Int8sl, Int8ul, Int16sl, Int16ul, Int32sl, Int32ul, Int64ul, Struct

from octavo.codecs import (
    Ascii,
    Bcd,
    Bit,
    Bits,
    Checked,
    Choice,
    Codec,
    Crc,
    Flag,
    FlagSet,
    HexText,
    Repeat,
    Scaled,
    Tlv,
    UnixTime,
)

PORT = 1
INFORMATION_PORT = 100

CRC = Crc(8, 0x07)

ENERGIES = ("active_energy_import", "active_energy_export", "reactive_energy_import", "reactive_energy_export")
FAULTS = {
    0: "time_changed",
    1: "current_ratio_changed",
    2: "voltage_ratio_changed",
    3: "impulse_width_changed",
    4: "impulse_ratio_changed",
    5: "power_failed",
    7: "logbook_full",
}


def energies(first: int, raw: Any, prefix: str, suffix: str) -> dict[int, Any]:
    """Eight registers in a row: two tariffs of each energy."""
    table: dict[int, Any] = {}
    for name in ENERGIES:
        unit = prefix + ("Wh" if name.startswith("active") else "varh")
        for tariff in (1, 2):
            field = Scaled(raw, unit=unit) * f"{name.replace('_', ' ')}, tariff {tariff}"
            table[first + len(table)] = f"{name}_t{tariff}{suffix}" / field
    return table


def phases(first: int, name: str, phases: str, *scale: Any) -> dict[int, Any]:
    """Registers in a row, one for each phase: raw number, counts per unit and unit."""
    raw, per_unit, unit = scale
    return {
        first + index: f"{name}_{phase}" / Scaled(raw, per_unit=per_unit, unit=unit) * f"{name} of {phase.upper()}"
        for index, phase in enumerate(phases.split())
    }


REGISTERS: dict[int, Any] = {
    0x00: "index" / Scaled(Int32ul) * "number of the entry",
    0x01: "timestamp" / UnixTime(Int32ul) * "time of the entry",
    0x02: "timestamp_previous" / UnixTime(Int32ul) * "time of the entry before",
    **energies(0x03, Int32ul, "", ""),
    **phases(0x0B, "active_power", "l123 l1 l2 l3", Int32sl, 1, "W"),
    **phases(0x0F, "current", "l123 l1 l2 l3 n", Int32sl, 1, "mA"),
    **phases(0x14, "voltage", "l1 l2 l3", Int32sl, 10, "V"),
    **phases(0x17, "power_factor", "l1 l2 l3", Int8sl, 100, None),
    0x1A: "frequency" / Scaled(Int16sl, per_unit=10, unit="Hz") * "frequency of the mains",
    0x1B: "active_power_average" / Scaled(Int32sl, unit="W") * "mean of the active power",
    **energies(0x1C, Int32ul, "k", "_kilo"),
    **energies(0x24, Int64ul, "", "_64"),
    0xF0: "faults" / FlagSet(Int8ul, FAULTS) * "what happened since the entry before",
    0xF1: "serial_number" / Bcd(4, big=False) * "serial number of the meter",
    0xF2: "factory_number" / Bcd(4, big=False) * "number given in the factory",
    0xF3: "current_transformer_primary" / Scaled(Int16ul, unit="A") * "primary side of the current transformer",
    0xF4: "current_transformer_secondary" / Scaled(Int16ul, unit="A") * "secondary side of the current transformer",
    0xF5: "voltage_transformer_primary" / Scaled(Int16ul, unit="V") * "primary side of the voltage transformer",
    0xF6: "voltage_transformer_secondary" / Scaled(Int16ul, unit="V") * "secondary side of the voltage transformer",
    0xF7: "meter_type" / Scaled(Int8ul) * "type of the meter",
    0xF8: "mid_year" / HexText(4) * "year of the approval, a digit in each byte: 02000202 is 2022",
    0xF9: "factory_year" / HexText(4) * "year of the production, likewise",
    0xFA: "firmware_version" / Ascii(4) * "version of the firmware",
    0xFB: "mid_version" / Ascii(4) * "version that is approved",
    0xFC: "manufacturer" / Ascii(4) * "who made the meter",
    0xFD: "hardware_index" / Ascii(4) * "version of the hardware",
    0xFE: "system_time" / UnixTime(Int32ul) * "time of the meter's clock",
}
ENTRY = Checked(
    Struct("time" / UnixTime(Int32ul) * "time of the entry in the load profile", Tlv(Int8ul, REGISTERS)), Int8ul, CRC
)

SETTINGS = Checked(
    Struct(
        "interval" / Scaled(Int16ul, unit="min", minimum=1) * "time between uplinks",
        Bits(
            Int8ul,
            "acknowledge" / Flag(Bit(1)) * "have every uplink confirmed",
            "rejoin" / Flag(Bit(2)) * "join again",
            "active" / Flag(Bit(3)) * "send on this port",
        ),
        "registers"
        / Repeat(Choice(Int8ul, {number: register.name for number, register in REGISTERS.items()}))
        * "what is sent, in this order",
    ),
    Int8ul,
    CRC,
)

codec = Codec(
    name="emu/professional-ii",
    description="EMU Professional II: electricity meter with registers of 32 and 64 bits",
    uplink={PORT: ENTRY, INFORMATION_PORT: ENTRY},
    downlink={PORT: SETTINGS},
)
