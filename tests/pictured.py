"""Declarations that the tests of pictures draw: a small one, and one with every item of the vocabulary."""

import math

from construct import (
    BytesInteger,
    Const,
    Float32b,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int24sl,
    Int32ub,
    Padding,
    Pass,
    Struct,
    this,
)

from octavo.codecs import (
    Ago,
    Ascii,
    Bcd,
    Bit,
    Bits,
    Case,
    Channels,
    Checked,
    Choice,
    Codec,
    Computed,
    Crc,
    Flag,
    FlagSet,
    Groups,
    HexText,
    Literal,
    Magnitude,
    Many,
    Marker,
    Missing,
    Repeat,
    Scaled,
    Sized,
    Tail,
    Tlv,
    UnixTime,
    Variant,
    Variants,
    Version,
)

PROBE = Codec(
    name="acme/probe",
    description="ACME Probe: temperature, battery and up to four samples",
    uplink={
        2: Struct(
            "temperature"
            / Missing(Scaled(Int16sb, per_unit=100, unit="°C", minimum=-40, maximum=85), 0x7FFF)
            * "air temperature",
            Bits(
                Int16ub,
                "battery_voltage" / Scaled(Bit(0, 14), per_unit=1000, unit="V") * "battery",
                "state" / Choice(Bit(14, 2), {0: "ok", 1: "low"}) * "state of the battery",
            ),
            "samples" / Repeat(Struct("level" / Scaled(Int8ub, unit="mm")), maximum=4) * "levels, oldest first",
        )
    },
    downlink={10: Struct("interval" / Scaled(Int16ub, unit="s", minimum=60) * "time between uplinks")},
)

FIELDS = Struct(
    Const(b"\x02"),
    "kind" / Choice(Int8ub, {0: "none", 1: "short", 2: "long"}, default=None) * "what follows at the end",
    "signed" / Scaled(Int24sl, step=10, offset=-5, decimals=1, unit="m"),
    "magnitude" / Scaled(Magnitude(2)),
    "digits" / Scaled(Bcd(2, big=False)),
    "real" / Missing(Scaled(Float32b, decimals=2), math.nan) * "a float",
    Padding(3),
    "alarms" / FlagSet(Int8ub, {0: "tilt", 3: "shock"}),
    "firmware" / Version(Int16ub, (8, 8), (0, 8)),
    "at" / UnixTime(Int32ub) * "when it was measured",
    "label" / Ascii(4),
    "nested" / Struct("x" / Scaled(Int8sb), "y" / Scaled(Int8sb)) * "a place",
    "status"
    / Bits(
        BytesInteger(3, swapped=True),
        "across" / Scaled(Bit(6, 12, signed=True), per_unit=8),
        "top" / Flag(Bit(23), inverted=True),
    ),
    Bits(Int8ub, "first" / Flag(Bit(0)), "second" / Scaled(Bit(1, 3, magnitude=True)), msb=True),
    "area" / Computed((this.signed + 1) * this.signed**2 / 4, unit="m²", decimals=0),
    Case("kind", {"none": Pass, "short": Struct("extra" / Scaled(Int8ub)), "long": Struct("extra" / Scaled(Int16ub))}),
)

LISTS = Struct(
    "number" / Scaled(Int8ub),
    "named" / Repeat(Struct("age" / Scaled(Int8ub, unit="s"), "time" / Ago(this.age * 60)), count="number"),
    "counted" / Repeat(Scaled(Int16ul), count=Int8ub, maximum=5) * "with a count before it",
    "fixed" / Repeat(Struct("v" / Scaled(Int8ub)), minimum=2, maximum=2),
    Sized(Int8ub, Struct("key" / HexText())),
    Groups(
        Int8ub,
        {
            0: "volts" / Scaled(Int8ub, per_unit=10, unit="V"),
            2: Struct("pairs" / Repeat(Struct("a" / Scaled(Int8ub)), count=Int8ub), "end" / Scaled(Int8ub)),
        },
    ),
    Tail("one" / Scaled(Int8ub), "two" / Scaled(Int8ub)),
)

ITEMS = Tlv(
    Int16ub,
    {
        0x0175: "battery" / Scaled(Int8ub, unit="%", maximum=100),
        0x20CE: "history" / Many(Struct("t" / Scaled(Int8ub), "humidity" / Scaled(Int8ub, per_unit=2))),
        0x20CF: "plain" / Many(Scaled(Int8ub)),
        0xFF0B: "reboot" / Marker(Pass) * "restart",
        0xFF0C: "state" / Bits(Int8ub, "on" / Flag(Bit(0)), "mode" / Scaled(Bit(4, 4))),
    },
)

VOCABULARY = Codec(
    name="acme/all",
    uplink={
        1: FIELDS,
        2: LISTS,
        3: ITEMS,
        4: Channels({0x67: "temperature" / Scaled(Int16sb, per_unit=10), 0x71: "axes" / Struct("x" / Scaled(Int8sb))}),
        5: Checked(Struct("a" / Scaled(Int16ub)), Int16ub, Crc(16, 0x1021, 0xFFFF)),
        6: Variants(
            Variant(Literal(bytes(9), {"empty": True})),
            Variant(Struct("type" / Scaled(Int8ub), "b" / Scaled(Int8ub)), at=0, value=1),
            Variant(Struct("type" / Scaled(Int8ub), "text" / Ascii()), at=0, mask=0xF0, value=0x20),
        ),
    },
)

FRAMES = {
    1: "02020a0000800512340000000000000009010265930a854142000001ffc0ff83d00102",
    2: "0203040201000200050603aabbcc0521020102070809",
    3: "01755c20ce016320ce026420cf0520cf06ff0bff0c51",
    4: "036701100571ff",
    5: "12340ec9",
    6: "2341424344",
}
"""A frame of each port that fits."""
