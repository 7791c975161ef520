"""MClimate 16A Dry Switch (16ADS): relay with protection against heat.

A payload is a row of commands, each a number and its data, big-endian. The keep-alive, which most uplinks end with,
has the inner temperature as a sign bit and seven bits. Port 2, both directions.

Source: MClimate documentation (docs.mclimate.eu, repository MClimate/docs, commit 6f04fe9), MClimate 16ADS Device
communication protocol: Keep-alive, Relay state, Overheating protection, Network-related settings, Uplink types, LED
indication mode, Get Firmware & Hardware version, Reset device, with examples; MClimate 16ADS Uplink decoder.

Not declared: updates over the air (0xa0), and the ports 1 and 4 to 223, where the device takes downlinks too.
"""

from typing import Any

from construct import Int8ub, Int16ub, Pass, Struct

from octavo.codecs import Choice, Codec, Flag, Magnitude, Marker, Scaled, Tlv, Version

PORT = 2

AFTER_POWER = Choice(Int8ub, {0: "last", 1: "on", 2: "off"}) * "relay when the power is back"
AFTER_HEAT = Choice(Int8ub, {0: "last", 1: "off"}) * "relay when it has cooled down"
CONFIRMED = Flag(Int8ub) * "whether uplinks are confirmed"
LED = Flag(Int8ub) * "whether the light stays on"
KEEP_ALIVE = Scaled(Int8ub, unit="min", minimum=1) * "time between keep-alives"
JOIN_RETRY = Scaled(Int8ub, step=5, unit="s", minimum=5) * "time between attempts to join"
RELAY = Flag(Int8ub) * "whether the relay is on"

WATCHDOG = (
    Struct(
        "confirmed" / Scaled(Int8ub) * "uplinks without an answer before it restarts; 0 is never",
        "unconfirmed" / Scaled(Int8ub, unit="h") * "time without a downlink before it restarts; 0 is never",
    )
    * "when the device restarts by itself"
)


def threshold(description: str) -> Any:
    """A temperature of the protection."""
    return Scaled(Int8ub, unit="°C", minimum=30, maximum=100) * description


OVERHEATING = (
    Struct(
        "trigger" / threshold("temperature at which the relay opens"),
        "recovery" / threshold("temperature at which it may close again"),
    )
    * "protection against heat"
)

# Name of what is set and got, the number that sets it, the number that gets it and that answers, and its layout.
SETTINGS: tuple[tuple[str, int, int, Any], ...] = (
    ("keep_alive_period", 0x02, 0x12, KEEP_ALIVE),
    ("join_retry_period", 0x10, 0x19, JOIN_RETRY),
    ("confirmed_uplinks", 0x11, 0x1B, CONFIRMED),
    ("watchdog", 0x1C, 0x1D, WATCHDOG),
    ("overheating", 0x1E, 0x1F, OVERHEATING),
    ("relay_after_overheating", 0x59, 0x5A, AFTER_HEAT),
    ("led", 0x5B, 0x5C, LED),
    ("relay_after_power", 0x5E, 0x5F, AFTER_POWER),
    ("relay", 0xC1, 0xB1, RELAY),
)
VERSIONS = (
    Struct(
        "hardware" / Version(Int8ub, (4, 4), (0, 4)) * "version of the hardware",
        "software" / Version(Int8ub, (4, 4), (0, 4)) * "version of the software",
    )
    * "versions"
)
READINGS: dict[int, Any] = {
    0x04: "versions" / VERSIONS,
    0x60: "overheating_event"
    / Struct(
        "events" / Scaled(Int8ub) * "how often it was too hot",
        "temperature" / Scaled(Int8ub, unit="°C") * "temperature",
    )
    * "when it was too hot",
    0x70: "overheating_recovery" / Scaled(Int16ub, unit="s") * "how long the protection was at work",
    0xA4: "region" / Choice(Int8ub, {0: "EU868", 1: "AS923", 2: "AU915", 3: "US915"}) * "LoRaWAN region",
}

codec = Codec(
    name="mclimate/16ads",
    description="MClimate 16A Dry Switch: relay with protection against heat",
    uplink={
        PORT: Tlv(
            Int8ub,
            {get: name / layout for name, _, get, layout in SETTINGS}
            | READINGS
            | {
                0x5D: "relay_by_hand" / Flag(Int8ub) * "the relay was switched on, or off, by hand",
                0x01: "keep_alive"
                / Struct(
                    "temperature" / Scaled(Magnitude(1), unit="°C") * "temperature inside",
                    "relay" / Flag(Int8ub) * "whether the relay is on",
                )
                * "what is sent in any case",
            },
        )
    },
    downlink={
        PORT: Tlv(
            Int8ub,
            {set_: f"set_{name}" / layout for name, set_, _, layout in SETTINGS}
            | {get: f"get_{name}" / Marker(Pass) * f"ask for {name}" for name, _, get, _ in SETTINGS}
            | {get: f"get_{item.name}" / Marker(Pass) * f"ask for {item.name}" for get, item in READINGS.items()}
            | {0xA5: "reset" / Marker(Pass) * "restart the device"},
        )
    },
)
