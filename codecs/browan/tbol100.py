"""Browan TBOL100 Object Locator: tracker with GNSS. Port 136; settings on port 204; little-endian.

Eleven bytes: status, battery, temperature, and a word of 64 bits with latitude (28 bits), longitude (29 bits) and
the accuracy of both (3 bits). Settings are items of a number and a value; asked for, the device answers them.

Sources:
    TheThingsNetwork/lorawan-devices, vendor/browan (by the maker), commit 7af4c34: objectlocator-codec.yaml, every
    bit of port 136; objectlocator.js: the accuracy in metres.
    Browan, Object Locator Reference Manual TBOL100, BQW_02_0003.001, Appx. 2 (page 13): the settings of port 204,
    with example and values.

Not declared: the answers on port 204 and the uplink with frame count 0 (Appx. 3 and 5), the vibration (Appx. 4).
"""

from construct import Int8ul, Int16ul, Int64ul, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Literal, Scaled, Tlv, Variant, Variants

LOCATION_PORT = 136
SETTINGS_PORT = 204

# 2 to the power of count + 2 metres at most; 7 "represents an accuracy estimate of worse than 256m".
ACCURACY = {count: 2 ** (count + 2) for count in range(8)}

LOCATION = Struct(
    Bits(
        Int8ul,
        "button" / Flag(Bit(0)) * "whether the button sent this",
        "moving" / Flag(Bit(1), normalized="action.motion.detected") * "whether the device moves",
        "gnss_fix" / Flag(Bit(3), inverted=True) * "whether the position is of now; else it is the last one",
        "gnss_error" / Flag(Bit(4)) * "whether GNSS failed",
    ),
    Bits(
        Int8ul,
        "battery_voltage"
        / Scaled(Bit(0, 4), per_unit=10, offset=2.5, unit="V", decimals=1, normalized="battery")
        * "battery; 2.5 while it is charged",
    ),
    Bits(Int8ul, "temperature" / Scaled(Bit(0, 7), offset=-32, unit="°C") * "temperature of the board"),
    Bits(
        Int64ul,
        "latitude"
        / Scaled(Bit(0, 28, signed=True), per_unit=1_000_000, unit="°", minimum=-90, maximum=90)
        * "north is positive",
        "longitude"
        / Scaled(Bit(32, 29, signed=True), per_unit=1_000_000, unit="°", minimum=-180, maximum=180)
        * "east is positive",
        "accuracy" / Choice(Bit(61, 3), ACCURACY) * "m, at most; 512 is more than 256",
    ),
)

codec = Codec(
    name="browan/tbol100",
    description="Browan TBOL100 Object Locator: tracker with GNSS",
    uplink={LOCATION_PORT: LOCATION},
    downlink={
        SETTINGS_PORT: Variants(
            Variant(Literal(b"\x00", {"get_settings": True})),
            Variant(
                Tlv(
                    Int8ul,
                    {
                        0x00: "update_interval" / Scaled(Int16ul, unit="s") * "time between positions in motion",
                        0x01: "keep_alive_interval" / Scaled(Int16ul, unit="s") * "time between uplinks at rest",
                        0x02: "motion_timeout" / Scaled(Int16ul, unit="s") * "how long without motion is rest",
                    },
                )
            ),
        )
    },
)
