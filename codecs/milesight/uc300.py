"""Milesight UC300: controller with digital, analog, PT100 and Modbus inputs.

A payload is a row of items: channel, type, value (little-endian). Application port 85, both directions.
Statistics of the analog inputs are floats of 16 bits; a stored record begins with a mask of what it has.

Source: Milesight-IoT/SensorDecoders, uc-series/uc300, commit e79c9d8: README.md, items, frames and their values;
uc300-decoder.js, stored records; uc300-encoder.js, commands.

Not declared: stored Modbus values (20dd), text that is sent without an item around it, jitter and control of an output
for some time.
"""

from typing import Any

from construct import (
    Float16l,
    Float32l,
    Int8sl,
    Int8ub,
    Int8ul,
    Int16sl,
    Int16ub,
    Int16ul,
    Int32sl,
    Int32ul,
    Padding,
    Struct,
)

from octavo.codecs import (
    Ascii,
    Case,
    Choice,
    Codec,
    Flag,
    Groups,
    HexText,
    Many,
    Marker,
    Scaled,
    Tlv,
    UnixTime,
    Version,
)

PORT = 85

ON_OFF = {0: "off", 1: "on"}
TYPES = {
    0: "coil",
    1: "discrete",
    2: "input_16",
    3: "hold_16",
    4: "hold_32",
    5: "hold_float",
    6: "input_32",
    7: "input_float",
    8: "input_32_upper",
    9: "input_32_lower",
    10: "hold_32_upper",
    11: "hold_32_lower",
}
# The top bit tells that a whole number is signed; it may be set for the others too.
KINDS = TYPES | {0x80 | number: f"signed_{name}" for number, name in TYPES.items()}

TIMESTAMP = "timestamp" / UnixTime(Int32ul) * "time of the record"


def statistics(unit: str) -> Struct:
    """Four floats of 16 bits."""
    return Struct(
        "value" / Scaled(Float16l, unit=unit) * "present value",
        "maximum" / Scaled(Float16l, unit=unit) * "greatest value since the report before",
        "minimum" / Scaled(Float16l, unit=unit) * "least value",
        "average" / Scaled(Float16l, unit=unit) * "mean",
    )


def number(raw: Any) -> Any:
    """A value."""
    return "value" / Scaled(raw) * "what the register holds"


def by_kind(name: str) -> Struct:
    """The value of a type."""
    signed = name.startswith("signed_")
    if name.endswith("coil"):
        return Struct("state" / Flag(Int8ul) * "whether the bit is set")
    if name.endswith("float"):
        return Struct(number(Float32l))
    if name.endswith("upper"):
        return Struct(number(Int16sl if signed else Int16ul), Padding(2))
    if name.endswith("lower"):
        return Struct(Padding(2), number(Int16sl if signed else Int16ul))
    wide = {"discrete": (Int8sl, Int8ul), "32": (Int32sl, Int32ul), "16": (Int16sl, Int16ul)}
    return Struct(number(wide[name.rpartition("_")[2]][not signed]))


MODBUS = Struct(
    "channel" / Scaled(Int8ub, offset=1) * "channel, from 1",
    "size" / Scaled(Int8ub, unit="B") * "length of the value",
    "data_type" / Choice(Int8ub, KINDS) * "type of the value",
    Case("data_type", {name: by_kind(name) for name in KINDS.values()}),
)


STORED_INPUT = Struct(
    "used_as" / Choice(Int8ub, {0: "input", 1: "counter"}) * "what the input is used for",
    "value" / Scaled(Int32ul) * "1 for on, or the pulses counted",
)

STORED: dict[int, Any] = {
    **{index: f"gpio_{index + 1}" / STORED_INPUT * "digital input" for index in range(4)},
    **{4 + index: f"gpio_output_{index + 1}" / Choice(Int8ub, ON_OFF) * "state of the output" for index in range(2)},
    **{6 + index: f"pt100_{index + 1}" / Scaled(Float16l, unit="°C") * "temperature" for index in range(2)},
    **{8 + index: f"adc_{index + 1}" / statistics("mA") * "current" for index in range(2)},
    **{10 + index: f"adv_{index + 1}" / statistics("V") * "voltage" for index in range(2)},
    12: "text" / Ascii(48) * "message of a Modbus device",
}


def inputs() -> dict[int, Any]:
    """The items of the inputs and outputs, one channel each."""
    table: dict[int, Any] = {}
    for index in range(4):
        channel = 0x03 + index << 8
        table[channel | 0x00] = f"gpio_input_{index + 1}" / Choice(Int8ub, ON_OFF) * "state of the input"
        table[channel | 0xC8] = f"gpio_counter_{index + 1}" / Scaled(Int32ul) * "pulses counted"
    for index in range(2):
        number = index + 1
        table[0x0701 + (index << 8)] = f"gpio_output_{number}" / Choice(Int8ub, ON_OFF) * "state of the output"
        table[0x0967 + (index << 8)] = f"pt100_{number}" / Scaled(Int16sl, per_unit=10, unit="°C") * "temperature"
        table[0x09E2 + (index << 8)] = f"pt100_{number}_statistics" / statistics("°C") * "temperature"
        table[0x0B02 + (index << 8)] = f"adc_{number}" / Scaled(Int32ul, per_unit=100, unit="mA") * "current"
        table[0x0BE2 + (index << 8)] = f"adc_{number}_statistics" / statistics("mA") * "current"
        table[0x0D02 + (index << 8)] = f"adv_{number}" / Scaled(Int32ul, per_unit=100, unit="V") * "voltage"
        table[0x0DE2 + (index << 8)] = f"adv_{number}_statistics" / statistics("V") * "voltage"
    return table


codec = Codec(
    name="milesight/uc300",
    description="Milesight UC300: controller with digital, analog, PT100 and Modbus inputs",
    uplink={
        PORT: Tlv(
            Int16ub,
            inputs()
            | {
                0x20DC: "history" / Many(Struct(TIMESTAMP, Groups(Int16ul, STORED))) * "stored records of inputs",
                0xFF01: "protocol_version" / Version(Int8ub, (4, 4), (0, 4)) * "version of the payload format",
                0xFF09: "hardware_version" / Version(Int16ub, (8, 8), (4, 4), base=16) * "hardware version",
                0xFF0A: "software_version" / Version(Int16ub, (8, 8), (0, 8), base=16) * "software version",
                0xFF0B: "power_on" / Marker(Int8ub, written=0xFF) * "the device was switched on",
                0xFF0F: "device_class" / Choice(Int8ub, {0: "A", 1: "B", 2: "C", 3: "CtoB"}) * "LoRaWAN class",
                0xFF15: "failures"
                / Many(Struct("channel" / Scaled(Int8ub, offset=1) * "channel, from 1"))
                * "Modbus channels that could not be read",
                0xFF16: "serial_number" / HexText(8) * "serial number",
                0xFF19: "modbus" / Many(MODBUS) * "values of Modbus channels",
            },
        )
    },
    downlink={
        PORT: Tlv(
            Int16ub,
            {
                0x0700: "output_1_off" / Marker(Int8ub, written=0xFF) * "switch the first output off",
                0x0701: "output_1_on" / Marker(Int8ub, written=0xFF) * "switch the first output on",
                0x0800: "output_2_off" / Marker(Int8ub, written=0xFF) * "switch the second output off",
                0x0801: "output_2_on" / Marker(Int8ub, written=0xFF) * "switch the second output on",
                0xFF02: "collection_interval" / Scaled(Int16ul, unit="s") * "time between measurements",
                0xFF03: "report_interval" / Scaled(Int16ul, unit="s") * "time between reports",
                0xFF04: "rejoin" / Marker(Int8ub, written=0xFF) * "join again",
                0xFF10: "reboot" / Marker(Int8ub, written=0xFF) * "restart the device",
                0xFF11: "timestamp" / UnixTime(Int32ul) * "set the clock",
                0xFF17: "time_zone" / Scaled(Int16sl, per_unit=10, unit="h") * "hours ahead of UTC",
                0xFF4A: "synchronize_time" / Marker(Int8ub, written=0xFF) * "ask the network for the time",
                0xFF94: "report_status" / Marker(Int8ub, written=0xFF) * "report the status now",
            },
        )
    },
)
