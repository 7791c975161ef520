"""Seeed SenseCAP T1000: tracker by GNSS, Wi-Fi and Bluetooth, with temperature and light.

A frame begins with a packet id that tells what follows, big-endian. Port 5, both directions.

Source: Seeed Studio Wiki, SenseCAP T1000 Tracker, "Payload Format" (wiki.seeedstudio.com/T1000_payload, last
update 2023-02-21): "Uplink Packet Parsing", each packet with a raw payload and its values, and "Downlink
Packet, FPort=5". Its raw payloads of the packets 0x05, 0x08 and 0x0B disagree with the tables below them.
"""

from typing import Any

from construct import Int8sb, Int8ub, Int16sb, Int16ub, Int24ub, Int32sb, Int32ub, Pass, Struct

from octavo.codecs import Bit, Bits, Case, Choice, Codec, Flag, HexText, Marker, Repeat, Scaled, Tlv, Version

PORT = 5

PACKETS = {
    0x01: "status_event_mode",
    0x02: "status_periodic_mode",
    0x05: "heartbeat",
    0x06: "gnss_and_sensors",
    0x07: "wifi_and_sensors",
    0x08: "bluetooth_and_sensors",
    0x09: "gnss",
    0x0A: "wifi",
    0x0B: "bluetooth",
    0x0D: "error",
    0x11: "positioning_status",
}
STRATEGIES = {
    0: "gnss",
    1: "wifi",
    2: "wifi_gnss",
    3: "gnss_wifi",
    4: "bluetooth",
    5: "bluetooth_wifi",
    6: "bluetooth_gnss",
    7: "bluetooth_wifi_gnss",
}
POSITIONING = {
    0x00: "successful",
    0x01: "gnss_timeout",
    0x02: "wifi_timeout",
    0x03: "wifi_gnss_timeout",
    0x04: "gnss_wifi_timeout",
    0x05: "bluetooth_timeout",
    0x06: "bluetooth_wifi_timeout",
    0x07: "bluetooth_gnss_timeout",
    0x08: "bluetooth_wifi_gnss_timeout",
    0x09: "server_failed_gnss",
    0x0A: "server_failed_wifi",
    0x0B: "server_failed_bluetooth",
    0x0C: "poor_accuracy",
    0x0D: "time_synchronization_failed",
    0x0E: "almanac_too_old",
}
RULES = {0: "at_most_minimum", 1: "at_least_maximum", 2: "outside", 3: "inside"}


def percent(raw: Any) -> Scaled:
    """A share of the whole."""
    return Scaled(raw, unit="%", maximum=100)


def minutes() -> Scaled:
    """A time between two events."""
    return Scaled(Int16ub, unit="min")


BATTERY = "battery" / percent(Int8ub) * "battery level"
WORK_MODE = "work_mode" / Choice(Int8ub, {0: "standby", 1: "periodic", 2: "event"}) * "work mode"
STRATEGY = "positioning_strategy" / Choice(Int8ub, STRATEGIES) * "what a position is taken from"
SOS_MODE = "sos_mode" / Choice(Int8ub, {0: "single", 1: "continuous"}) * "how an SOS is sent"
SENSORS_ENABLED = "sensors_enabled" / Flag(Int8ub) * "whether temperature and light are measured"
TIMESTAMP = "timestamp" / Scaled(Int32ub, unit="s") * "Unix time of the measurement"

EVENTS = (
    "events"
    / Bits(
        Int24ub,
        "motion_start" / Flag(Bit(0)),
        "motion_end" / Flag(Bit(1)),
        "motionless" / Flag(Bit(2)),
        "shock" / Flag(Bit(3)),
        "temperature" / Flag(Bit(4)),
        "light" / Flag(Bit(5)),
        "sos" / Flag(Bit(6)),
        "press_once" / Flag(Bit(7)),
    )
    * "what sent this frame"
)
SENSORS = (
    "temperature" / Scaled(Int16sb, per_unit=10, unit="°C") * "temperature",
    "light" / percent(Int16ub) * "light",
)
HEAD = (EVENTS, "motion_segment" / Scaled(Int8ub) * "counts the movements", TIMESTAMP)
POSITION = (
    "longitude" / Scaled(Int32sb, per_unit=1_000_000, unit="°", minimum=-180, maximum=180) * "east is positive",
    "latitude" / Scaled(Int32sb, per_unit=1_000_000, unit="°", minimum=-90, maximum=90) * "north is positive",
)


def scan(count: int) -> Any:
    """The strongest transmitters heard."""
    heard = Struct("mac" / HexText(6) * "MAC address", "rssi" / Scaled(Int8sb, unit="dBm") * "signal strength")
    return "scan" / Repeat(heard, minimum=count, maximum=count) * "transmitters heard"


STATUS = (
    BATTERY,
    "software_version" / Version(Int16ub, (8, 8), (0, 8)) * "software version",
    "hardware_version" / Version(Int16ub, (8, 8), (0, 8)) * "hardware version",
    WORK_MODE,
    STRATEGY,
    "heartbeat_interval" / minutes() * "time between heartbeats",
    "periodic_interval" / minutes() * "time between uplinks in periodic mode",
    "event_interval" / minutes() * "time between uplinks in event mode",
    SENSORS_ENABLED,
    SOS_MODE,
)
EVENT_SETTINGS = (
    "motion_enabled" / Flag(Int8ub) * "whether motion is an event",
    "motion_threshold" / Scaled(Int16ub, unit="mg") * "acceleration that is motion",
    "motion_interval" / minutes() * "time between uplinks in motion",
    "motionless_enabled" / Flag(Int8ub) * "whether rest is an event",
    "motionless_timeout" / minutes() * "how long rest lasts before it is an event",
    "shock_enabled" / Flag(Int8ub) * "whether a shock is an event",
    "shock_threshold" / Scaled(Int16ub, unit="mg") * "acceleration that is a shock",
    "temperature_enabled" / Flag(Int8ub) * "whether the temperature is an event",
    "temperature_interval" / minutes() * "time between uplinks beyond the thresholds",
    "temperature_sample_interval" / Scaled(Int16ub, unit="s") * "time between measurements",
    "temperature_maximum" / Scaled(Int16sb, per_unit=10, unit="°C") * "upper threshold",
    "temperature_minimum" / Scaled(Int16sb, per_unit=10, unit="°C") * "lower threshold",
    "temperature_rule" / Choice(Int8ub, RULES) * "where the temperature is an event",
    "light_enabled" / Flag(Int8ub) * "whether light is an event",
    "light_interval" / minutes() * "time between uplinks beyond the thresholds",
    "light_sample_interval" / Scaled(Int16ub, unit="s") * "time between measurements",
    "light_maximum" / percent(Int16ub) * "upper threshold",
    "light_minimum" / percent(Int16ub) * "lower threshold",
    "light_rule" / Choice(Int8ub, RULES) * "where light is an event",
)
ERRORS = {1: "utc_time_failed", 2: "almanac_too_old", 3: "doppler_error"}

codec = Codec(
    name="sensecap/t1000",
    description="Seeed SenseCAP T1000: tracker by GNSS, Wi-Fi and Bluetooth",
    uplink={
        PORT: Struct(
            "packet" / Choice(Int8ub, PACKETS) * "kind of the frame",
            Case(
                "packet",
                {
                    "status_event_mode": Struct(*STATUS, *EVENT_SETTINGS),
                    "status_periodic_mode": Struct(*STATUS),
                    "heartbeat": Struct(BATTERY, WORK_MODE, STRATEGY, SOS_MODE),
                    "gnss_and_sensors": Struct(*HEAD, *POSITION, *SENSORS, BATTERY),
                    "wifi_and_sensors": Struct(*HEAD, scan(4), *SENSORS, BATTERY),
                    "bluetooth_and_sensors": Struct(*HEAD, scan(3), *SENSORS, BATTERY),
                    "gnss": Struct(*HEAD, *POSITION, BATTERY),
                    "wifi": Struct(*HEAD, scan(4), BATTERY),
                    "bluetooth": Struct(*HEAD, scan(3), BATTERY),
                    "error": Struct("error" / Choice(Int32ub, ERRORS) * "why there is no position"),
                    "positioning_status": Struct(
                        "positioning_status" / Choice(Int8ub, POSITIONING) * "how positioning ended",
                        EVENTS,
                        TIMESTAMP,
                        *SENSORS,
                        BATTERY,
                    ),
                },
            ),
        )
    },
    downlink={
        PORT: Tlv(
            Int8ub,
            {
                0x80: SOS_MODE,
                0x81: "intervals"
                / Struct(
                    "heartbeat" / minutes() * "0 keeps the present one",
                    "periodic" / minutes() * "0 keeps the present one",
                    "event" / minutes() * "0 keeps the present one",
                )
                * "time between uplinks",
                0x82: "buzzer" / Flag(Int8ub) * "sound for a minute",
                0x83: WORK_MODE,
                0x84: "event_settings" / Struct(*EVENT_SETTINGS) * "what is an event",
                0x85: "request_location" / Marker(Pass) * "take a position now",
                0x86: STRATEGY,
                0x87: "request_event_settings" / Marker(Pass) * "send the settings of the events",
                0x88: "request_status" / Marker(Pass) * "send the status",
                0x89: "reboot" / Marker(Pass) * "restart and join again",
                0x8C: SENSORS_ENABLED,
                0x8D: "sos_alarm" / Flag(Int8ub) * "send an SOS every minute, with sound and light",
            },
            maximum=1,
        )
    },
)
