"""Decentlab DL-TRS12: soil moisture, temperature and electrical conductivity.

A payload has a version, the number of the device, a mask, and the groups whose bits are set, big-endian. The
moisture is a count that formulas turn into physical values. Uplinks come on port 1, unless the device is told
another. A downlink is a command, a parameter and a CRC.

Sources:
    Decentlab, decentlab/decentlab-decoders, commit ae766f0, DL-TRS12: the groups, the formulas, both frames.
    TheThingsNetwork/lorawan-devices, vendor/decentlab (by the maker): dl-trs12-codec.yaml, commit 62c8acd, frames
    and values of both directions; dl-downlink-codec.js, commit 0a254aa, commands, ranges and the CRC.

Not declared: the parameters 4 to 15 (0x0024 to 0x002f, 0x0034 to 0x003f), and the sampling periods of single sensors
(0x0050 to 0x0069).
"""

from typing import Any

from construct import Const, Int16ub, Struct, this

from octavo.codecs import Checked, Codec, Computed, Crc, Groups, Marker, Missing, Scaled, Tlv

PORT = 1
VERSION = b"\x02"
PARAMETERS = 4

MODBUS = Crc(16, 0x8005, initial=0xFFFF, reflected=True)

SOIL = Struct(
    "moisture_count" / Scaled(Int16ub, per_unit=10) * "count of the probe, which the moisture follows from",
    "dielectric_permittivity"
    / Computed(
        (
            0.000000002887 * this.moisture_count**3
            - 0.0000208 * this.moisture_count**2
            + 0.05276 * this.moisture_count
            - 43.39
        )
        ** 2,
    )
    * "relative permittivity of the soil",
    "volumetric_water_content"
    / Computed(this.moisture_count * 0.0003879 - 0.6956, unit="m³/m³")
    * "water in a volume of soil",
    "soil_temperature"
    / Scaled(Int16ub, per_unit=10, offset=-3276.8, unit="°C", decimals=1, normalized="soil.temperature")
    * "temperature of the soil; counts from 32768",
    "electrical_conductivity" / Scaled(Int16ub, unit="µS/cm") * "conductivity of the soil",
)
BATTERY = "battery_voltage" / Scaled(Int16ub, per_unit=1000, unit="V", normalized="battery") * "battery"

COMMANDS: tuple[tuple[int, str, Any, str], ...] = (
    (0x0001, "period", Scaled(Int16ub, unit="s", minimum=1), "time between measurements"),
    (0x0003, "data_rate", Scaled(Int16ub), "data rate of the next uplink"),
    (0x0005, "adr_on", Marker(Int16ub, written=0), "let the network choose the data rate"),
    (0x0007, "adr_off", Marker(Int16ub, written=0), "keep the data rate"),
    (0x0009, "data_rate_minimum", Scaled(Int16ub), "least data rate"),
    (0x000B, "data_rate_maximum", Scaled(Int16ub), "greatest data rate"),
    (0x000D, "power_index_minimum", Scaled(Int16ub), "least index of the transmission power"),
    (0x000F, "power_index_maximum", Scaled(Int16ub), "greatest index of the transmission power"),
    (0x0011, "send_period", Scaled(Int16ub), "measurements to an uplink; 0 is 1"),
    (0x0013, "join_period", Scaled(Int16ub, unit="h", maximum=1000), "time between joins; 0 is never"),
    (0x0015, "power_index", Scaled(Int16ub), "index of the transmission power of the next uplink"),
    (0x0017, "link_check_period", Scaled(Int16ub), "period of the checks of the link"),
    (0x0019, "link_check_tolerance", Scaled(Int16ub), "tolerance of the checks of the link"),
    (0x001B, "link_check_limit", Scaled(Int16ub), "limit of the checks of the link"),
    (0x001D, "port", Scaled(Int16ub, minimum=1, maximum=223), "FPort of the uplinks"),
)
UNSAVED = {
    0xFEFE: "reset" / Marker(Int16ub, written=0) * "restart; what is not saved is lost",
    0xFEF0: "factory_reset" / Marker(Int16ub, written=0) * "erase the settings and restart",
    0xFEF1: "sleep" / Marker(Int16ub, written=0) * "switch off",
}


def commands() -> dict[int, Any]:
    """Every command, as it is and, with the next number, for good."""
    table: dict[int, Any] = {}
    for number, name, field, description in COMMANDS:
        table[number] = f"set_{name}" / field * f"{description}, until the restart"
        table[number + 1] = f"set_{name}_saved" / field * f"{description}, saved"
    for index in range(PARAMETERS):
        parameter = Missing(Scaled(Int16ub), 0xFFFF)
        table[0x20 + index] = f"set_parameter_{index}" / parameter * "of the device's firmware, until the restart"
        table[0x30 + index] = f"set_parameter_{index}_saved" / parameter * "of the device's firmware, saved"
    return table | UNSAVED


codec = Codec(
    name="decentlab/dl-trs12",
    description="Decentlab DL-TRS12: soil moisture, temperature and electrical conductivity",
    uplink={
        PORT: Struct(
            Const(VERSION),
            "device_id" / Scaled(Int16ub) * "number of the device",
            Groups(Int16ub, {0: SOIL, 1: BATTERY}),
        )
    },
    downlink={PORT: Checked(Tlv(Int16ub, commands(), maximum=1), Int16ub, MODBUS)},
)
