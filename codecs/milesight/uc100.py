"""Milesight UC100: controller that reads registers of Modbus devices, of hardware 1 and 2.

A payload is a row of items: channel, type, value (little-endian). Application port 85, both directions. A value is
as wide as its type says, from a bit to a double; modbus comes from hardware 1, registers and mutations from 2.

Sources:
    Milesight, UC100 User Guide V1.2, 5.1 to 5.5 (pages 24 to 30): items, commands, frames and their values.
    Milesight-IoT/SensorDecoders, commit e79c9d8: uc-series/uc100/README.md and uc100-decoder.js, hardware 1;
    uc-series/uc100-v2/README.md, uc100-v2-decoder.js and uc100-v2-encoder.js, hardware 2.

The types 12 to 15 of hardware 2, which these only give a width, are named as 4 to 7 are. Not declared: stored values
(20ce, 21ce), alarms and mutations of hardware 1 (ffee, f95f), serial port, rules, time zones and answers to commands.
"""

from typing import Any

from construct import (
    Float32l,
    Float64l,
    Int8ub,
    Int8ul,
    Int16sl,
    Int16ub,
    Int16ul,
    Int32sl,
    Int32ul,
    Int64sl,
    Int64ul,
    Padding,
    Struct,
)

from octavo.codecs import (
    Ascii,
    Bit,
    Bits,
    Case,
    Choice,
    Codec,
    Flag,
    HexText,
    Many,
    Marker,
    Scaled,
    Sized,
    Tlv,
    UnixTime,
    Variant,
    Variants,
    Version,
)

PORT = 85

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
WIDE_TYPES = {12: "hold_64", 13: "hold_double", 14: "input_64", 15: "input_double"}
# The top bit tells that a whole number is signed; it may be set for the others too.
KINDS = TYPES | {0x80 | number: f"signed_{name}" for number, name in TYPES.items()}
ORDERS_16 = ("ab", "ba")
ORDERS_32 = ("abcd", "badc", "cdab", "dcba")
REGISTERS = (
    "coil",
    "discrete",
    *(f"input_16_{order}" for order in ORDERS_16),
    *(f"input_32_{order}" for order in ORDERS_32),
    "input_32_upper",
    "input_32_lower",
    *(f"input_float_{order}" for order in ORDERS_32),
    *(f"hold_16_{order}" for order in ORDERS_16),
    *(f"hold_32_{order}" for order in ORDERS_32),
    "hold_32_upper",
    "hold_32_lower",
    *(f"hold_float_{order}" for order in ORDERS_32),
)
ALARMS = {0: "normal", 1: "threshold", 2: "released", 3: "mutation"}


def number(raw: Any, *fill: Any) -> tuple[Any, ...]:
    """A value."""
    return ("value" / Scaled(raw) * "what the register holds", *fill)


ON_OFF = ("state" / Flag(Int8ul) * "whether the bit is set",)


def by_kind(name: str) -> Struct:
    """The value of a type, of hardware 1."""
    signed = name.startswith("signed_")
    if name.endswith(("coil", "discrete")):
        return Struct(*ON_OFF)
    if name.endswith(("upper", "lower")):
        return Struct(*number(Int16sl if signed else Int16ul, Padding(2)))
    if name.endswith("float"):
        return Struct(*number(Float32l))
    if name.endswith("32"):
        return Struct(*number(Int32sl if signed else Int32ul))
    return Struct(*number(Int16sl if signed else Int16ul))


CHANNEL_NUMBER = "channel" / Scaled(Int8ub, offset=1) * "channel, from 1"

READING = Struct(
    CHANNEL_NUMBER,
    "size" / Scaled(Int8ub, unit="B") * "length of the value",
    "data_type" / Choice(Int8ub, KINDS) * "type of the value",
    Case("data_type", {name: by_kind(name) for name in KINDS.values()}),
)

ALARMED_CHANNEL = Bits(
    Int8ub,
    "channel" / Scaled(Bit(0, 6), offset=1) * "channel, from 1",
    "alarm" / Choice(Bit(6, 2), ALARMS) * "why the value is sent",
)


def register(sign: Any, numbers: tuple[int, ...], mask: int, *value: Any) -> Variant:
    """A value of hardware 2: of these types, which the mask tells from the others, signed or not."""
    layout = Struct(
        ALARMED_CHANNEL,
        Bits(
            Int8ub,
            "signed" / sign * "whether the value is signed",
            "offset" / Scaled(Bit(5, 2)) * "which of the registers of the channel",
            "data_type"
            / Choice(Bit(0, 5), {number: (TYPES | WIDE_TYPES)[number] for number in numbers})
            * "type of the value",
        ),
        *value,
    )
    told = numbers[0] | (0x80 if sign is SIGNED else 0)
    return Variant(layout, at=1, mask=mask if sign is EITHER else mask | 0x80, value=told)


EITHER = Flag(Bit(7))
SIGNED = Choice(Bit(7), {1: True})
UNSIGNED = Choice(Bit(7), {0: False})

REGISTER = Variants(
    register(EITHER, (0, 1), 0x1E, *ON_OFF),
    register(UNSIGNED, (2, 3), 0x1E, *number(Int16ul)),
    register(SIGNED, (2, 3), 0x1E, *number(Int16sl)),
    register(UNSIGNED, (4, 6), 0x1D, *number(Int32ul)),
    register(SIGNED, (4, 6), 0x1D, *number(Int32sl)),
    register(EITHER, (5, 7), 0x1D, *number(Float32l)),
    register(UNSIGNED, (8, 9, 10, 11), 0x1C, *number(Int16ul, Padding(2))),
    register(SIGNED, (8, 9, 10, 11), 0x1C, *number(Int16sl, Padding(2))),
    register(UNSIGNED, (12, 14), 0x1D, *number(Int64ul)),
    register(SIGNED, (12, 14), 0x1D, *number(Int64sl)),
    register(EITHER, (13, 15), 0x1D, *number(Float64l)),
)
MUTATION = Struct(
    Bits(
        Int8ub,
        "channel" / Scaled(Bit(0, 6), offset=1) * "channel, from 1",
        "offset" / Scaled(Bit(6, 2)) * "which of the registers of the channel",
    ),
    "value" / Scaled(Float64l) * "by how much the register has changed",
)
MESSAGE = Struct(
    "timestamp" / UnixTime(Int32ul) * "time of the record",
    Sized(Int8ub, Struct("message" / Ascii() * "what the Modbus device had sent")),
)
RESULT = Choice(Int8ub, {0: "success", 1: "invalid_time", 2: "no_data"})

ID = "channel" / Scaled(Int8ub, minimum=1, maximum=32) * "channel, from 1"
CHANNEL = Struct(
    "action" / Choice(Int8ub, {0: "remove", 1: "set", 2: "name"}) * "what to do with a channel",
    Case(
        "action",
        {
            "remove": Struct(ID),
            "set": Struct(
                ID,
                "slave" / Scaled(Int8ub) * "address of the Modbus device",
                "address" / Scaled(Int16ul) * "first register",
                "register_type" / Choice(Int8ub, dict(enumerate(REGISTERS))) * "register to read",
                Bits(
                    Int8ub,
                    "quantity" / Scaled(Bit(0, 4), minimum=1) * "how many registers",
                    "signed" / Flag(Bit(4)) * "whether the value is signed",
                ),
            ),
            "name": Struct(ID, Sized(Int8ub, Struct("name" / Ascii() * "name of the channel"))),
        },
    ),
)

codec = Codec(
    name="milesight/uc100",
    description="Milesight UC100: controller that reads registers of Modbus devices",
    uplink={
        PORT: Tlv(
            Int16ub,
            {
                0x20CD: "messages" / Many(MESSAGE) * "stored messages",
                0xF973: "registers" / Many(REGISTER) * "values",
                0xF974: "mutations" / Many(MUTATION) * "changes",
                0xFC6B: "fetch_at_result" / RESULT * "answer to fetch_at",
                0xFC6C: "fetch_between_result" / RESULT * "answer to fetch_between",
                0xFF01: "protocol_version" / Scaled(Int8ub) * "version of the payload format",
                0xFF09: "hardware_version" / Version(Int16ub, (8, 8), (4, 4), base=16) * "hardware version",
                0xFF0A: "software_version" / Version(Int16ub, (8, 8), (0, 8), base=16) * "software version",
                0xFF0B: "power_on" / Marker(Int8ub, written=0xFF) * "the device was switched on",
                0xFF0F: "device_class" / Choice(Int8ub, {0: "A", 1: "B", 2: "C", 3: "CtoB"}) * "LoRaWAN class",
                0xFF15: "failures" / Many(Struct(CHANNEL_NUMBER)) * "what could not be read",
                0xFF16: "serial_number" / HexText(8) * "serial number",
                0xFF19: "modbus" / Many(READING) * "values",
            },
        )
    },
    downlink={
        PORT: Tlv(
            Int16ub,
            {
                0xFF03: "report_interval" / Scaled(Int16ul, unit="s", minimum=1) * "time between reports",
                0xFF10: "reboot" / Marker(Int8ub, written=0xFF) * "restart the device",
                0xFF27: "clear_history" / Marker(Int8ub, written=0x01) * "erase the stored records",
                0xFF28: "report_status" / Marker(Int8ub, written=0xFF) * "report the status now",
                0xFF68: "history_enable" / Flag(Int8ub) * "store records",
                0xFF69: "retransmit_enable" / Flag(Int8ub) * "send stored records after a loss of the network",
                0xFF6A: "history_intervals"
                / Many(
                    Struct(
                        "of" / Choice(Int8ub, {0: "retransmission", 1: "fetch"}) * "what sends stored records",
                        "interval" / Scaled(Int16ul, unit="s", minimum=30, maximum=1200) * "time between them",
                    )
                )
                * "times between stored records",
                0xFFEF: "channels" / Many(CHANNEL) * "what is read",
                0xFD6B: "fetch_at" / Struct("time" / UnixTime(Int32ul) * "time of the record") * "ask for a record",
                0xFD6C: "fetch_between"
                / Struct(
                    "start" / UnixTime(Int32ul) * "time of the first record wanted",
                    "end" / UnixTime(Int32ul) * "time of the last record wanted",
                )
                * "ask for records",
                0xFD6D: "stop_transmit" / Marker(Int8ub, written=0xFF) * "stop sending stored records",
            },
        )
    },
)
