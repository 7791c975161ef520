"""truvami tag L: tracker by GNSS, Wi-Fi and Bluetooth. The FPort tells the kind of a message; big-endian.

Sources:
    truvami/docs, "Payload Format of tag L" (docs/04 - Devices/02 - tag L), commit 9b9dc08: every port.
    truvami/decoder, commit 0c61d97: pkg/decoder/tagsl/v1 and pkg/encoder/tagsl/v1, whose tables of examples
    print frames and values; port128.go: the ranges of the settings. Bit 7 of the status is in port10.go.

Not declared: the uplinks 8 (Bluetooth settings), 51, 105, 110 and 151 (combined, buffered) and downlink 134.
"""

from typing import Any

from construct import Int8sb, Int8ub, Int16ub, Int24ub, Int32sb, Int32ub, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, HexText, Marker, Repeat, Scaled, Tail, Version

SECONDS_A_DAY = 86_400
SECONDS_A_WEEK = 604_800


def seconds(raw: Any, minimum: int | None = None, maximum: int | None = None) -> Scaled:
    """A duration."""
    return Scaled(raw, unit="s", minimum=minimum, maximum=maximum)


def status(lowest: str, description: str) -> Bits:
    """The byte that most uplinks begin with; its lowest bit differs."""
    return Bits(
        Int8ub,
        "duty_cycle" / Flag(Bit(7)) * "flag of the duty cycle",
        "config_id" / Scaled(Bit(3, 4)) * "counts the settings received, modulo 16",
        "config_change" / Flag(Bit(2)) * "the last settings were taken over",
        lowest / Flag(Bit(0)) * description,
    )


def scan(maximum: int) -> Any:
    """Transmitters heard, as many as there are."""
    heard = Struct("mac" / HexText(6) * "MAC address", "rssi" / Scaled(Int8sb, unit="dBm") * "signal strength")
    return "scan" / Repeat(heard, minimum=1, maximum=maximum) * "transmitters heard"


STATUS = status("moving", "the device is moving")
TIMESTAMP = "timestamp" / seconds(Int32ub) * "Unix time of the measurement"
BATTERY = "battery_voltage" / Scaled(Int16ub, per_unit=1000, unit="V") * "battery"

POSITION = Struct(
    STATUS,
    "latitude" / Scaled(Int32sb, per_unit=1_000_000, unit="°", minimum=-90, maximum=90) * "north is positive",
    "longitude" / Scaled(Int32sb, per_unit=1_000_000, unit="°", minimum=-180, maximum=180) * "east is positive",
    "altitude" / Scaled(Int16ub, per_unit=10, unit="m") * "above sea level",
    TIMESTAMP,
    BATTERY,
    Tail(
        "time_to_fix" / seconds(Int8ub) * "how long the fix took",
        "pdop" / Scaled(Int8ub, per_unit=2) * "position dilution of precision",
        "satellites" / Scaled(Int8ub) * "satellites used",
    ),
)

CONFIGURATION = Struct(
    "moving_interval" / seconds(Int32ub) * "time between positions in motion",
    "steady_interval" / seconds(Int32ub) * "time between positions at rest",
    "config_interval" / seconds(Int32ub) * "time between these messages",
    "gnss_timeout" / seconds(Int16ub) * "how long a fix is waited for",
    "accelerometer_threshold" / Scaled(Int16ub, unit="mg") * "acceleration that is motion",
    "accelerometer_delay" / Scaled(Int16ub, unit="ms") * "how long it must last",
    "state" / Choice(Int8ub, {1: "moving", 2: "steady"}, default="unknown") * "whether the device moves",
    "firmware_version" / Version(Int24ub, (16, 8), (8, 8), (0, 8)) * "firmware version",
    "hardware_version" / Version(Int16ub, (8, 8), (0, 8)) * "type and revision of the hardware",
    "battery_interval" / seconds(Int32ub) * "time between battery messages",
    Tail(
        "batch_size" / Scaled(Int16ub) * "messages confirmed together",
        "buffer_size" / Scaled(Int16ub) * "messages kept while there is no network",
    ),
)

SETTINGS = Struct(
    "ble" / Flag(Int8ub) * "advertise over Bluetooth",
    "gnss" / Flag(Int8ub) * "use GNSS",
    "wifi" / Flag(Int8ub) * "use Wi-Fi",
    "moving_interval" / seconds(Int32ub, 60, SECONDS_A_DAY) * "time between positions in motion",
    "steady_interval" / seconds(Int32ub, 120, SECONDS_A_DAY) * "time between positions at rest",
    "config_interval" / seconds(Int32ub, 300, SECONDS_A_WEEK) * "time between heartbeats",
    "gnss_timeout" / seconds(Int16ub, 60) * "how long a fix is waited for",
    "accelerometer_threshold" / Scaled(Int16ub, unit="mg", minimum=10, maximum=8000) * "acceleration of motion",
    "accelerometer_delay" / Scaled(Int16ub, unit="ms", minimum=1000, maximum=10_000) * "how long it must last",
    "battery_interval" / seconds(Int32ub, 300, SECONDS_A_WEEK) * "time between battery messages",
    "batch_size" / Scaled(Int16ub, maximum=50) * "messages confirmed together; 0 keeps none",
    "buffer_size" / Scaled(Int16ub, minimum=128, maximum=8128) * "messages kept while there is no network",
)

codec = Codec(
    name="truvami/tag-l",
    description="truvami tag L: tracker by GNSS, Wi-Fi and Bluetooth",
    uplink={
        3: Struct(
            "scan_pointer" / Scaled(Int16ub) * "counts the scans",
            "total_messages" / Scaled(Int8ub) * "uplinks of this scan",
            "message" / Scaled(Int8ub) * "which of them this is",
            scan(6),
        ),
        4: CONFIGURATION,
        5: Struct(STATUS, scan(7)),
        6: Struct("button_pressed" / Flag(Int8ub) * "the button was pressed"),
        7: Struct(TIMESTAMP, STATUS, scan(6)),
        10: POSITION,
        15: Struct(status("low_battery", "the battery is low"), BATTERY),
    },
    downlink={
        128: SETTINGS,
        129: Struct("time_to_buzz" / seconds(Int8ub) * "how long to sound; 0 is off"),
        130: Struct("switch_off" / Choice(Int8ub, {0x00: "off", 0xDE: "erase_and_off"}) * "switch the device off"),
        131: Struct("accuracy_enhancement" / seconds(Int8ub, maximum=59) * "how long GNSS runs on after the fix"),
        132: Struct("erase_flash" / Marker(Int8ub, written=0x00) * "erase the flash"),
        133: Struct("magnet_feedback" / Flag(Int8ub) * "sound when a magnet is near"),
        135: Struct("scan_now" / Marker(Int8ub, written=0x01) * "scan for Bluetooth beacons now"),
    },
)
