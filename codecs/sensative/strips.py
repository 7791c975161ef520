"""Sensative Strips LoRa: flat sensors for temperature, humidity, doors, light, floods, presence. Big-endian.

Port 1 has the number of the newest record in the device's memory and reports, each with its type; port 2 has
records from that memory, each with its age in seconds. Settings go to port 11, profiles to port 10, and port 2
asks for records.

Sources:
    TheThingsNetwork/lorawan-devices, vendor/sensative (by the maker), commit 0417b50: strips.js, every report and
    the ages; strips-codec.yaml, a frame and its values.
    Sensative/strips-lora-translator-open-source (by the maker): README.txt, commit 0c816ae, section 4.2, a frame
    and its values; dl-translate.js, commit 0f6cf1a, settings, profiles and commands.

Not declared: raw capacitances; the settings of the mean temperature, of changes that are sent later, of the second pair
of limits of the light, of reports that are sent together, of the lamp; the end of a compliance test (port 224, which
no application has).
"""

from typing import Any

from construct import Const, Int8ub, Int16sb, Int16ub, Int32sb, Int32ub, Pass, Struct, this

from octavo.codecs import (
    Ago,
    Bit,
    Bits,
    Case,
    Choice,
    Codec,
    Computed,
    Flag,
    FlagSet,
    HexText,
    Repeat,
    Scaled,
    Tlv,
    Variant,
    Variants,
)

TEMPERATURE = "temperature" / Scaled(Int16sb, per_unit=10, unit="°C", normalized="air.temperature") * "temperature"
AVERAGE = "average_temperature" / Scaled(Int16sb, per_unit=10, unit="°C") * "mean of the temperature"
HUMIDITY = (
    "humidity"
    / Scaled(Int8ub, per_unit=2, unit="%RH", maximum=100, normalized="air.relativeHumidity")
    * "relative humidity"
)
DOOR = "door" / Flag(Int8ub) * "switch of the door"
LIMITS = {0: "high", 1: "low"}
STATES = {0: "dirty", 1: "occupied", 2: "cleaning", 3: "clean"}


def count(name: str, description: str, unit: str | None = None) -> Struct:
    """A report of two bytes."""
    return Struct(name / Scaled(Int16ub, unit=unit) * description)


def alarm(name: str, description: str) -> Struct:
    """A report that is true or false."""
    return Struct(name / Flag(Int8ub) * description)


# Type of a report: its name, its bit among the reports of a setting, and its layout.
REPORTS: tuple[tuple[int, str, int | None, Any], ...] = (
    (0, "empty", None, Pass),
    (1, "battery", 1, Struct("battery" / Scaled(Int8ub, unit="%", maximum=100) * "battery level")),
    (2, "temperature", 2, Struct(TEMPERATURE)),
    (3, "temperature_alarm", 3, Struct("temperature_alarm" / FlagSet(Int8ub, LIMITS) * "limits that are passed")),
    (4, "average_temperature", 4, Struct(AVERAGE)),
    (5, "average_alarm", 5, Struct("average_alarm" / FlagSet(Int8ub, LIMITS) * "limits that the mean has passed")),
    (6, "humidity", 6, Struct(HUMIDITY)),
    (7, "light", 7, count("light", "light", "lx")),
    (8, "light_2", 8, count("light_2", "light, by the second pair of limits", "lx")),
    (9, "door", 9, Struct(DOOR)),
    (10, "door_alarm", 10, alarm("door_alarm", "the door is what it should not be")),
    (11, "tamper", 11, alarm("tamper", "switch against tampering")),
    (12, "tamper_alarm", 12, alarm("tamper_alarm", "someone tampers with it")),
    (13, "flood", 13, Struct("flood" / Scaled(Int8ub, unit="%", maximum=100) * "wetness")),
    (14, "flood_alarm", 14, alarm("flood_alarm", "it is wet")),
    (15, "oil_alarm", 15, Struct("oil_alarm" / Scaled(Int8ub) * "oil; any but 0 is an alarm")),
    (16, "switch_alarm", 22, alarm("switch_alarm", "the user's switch")),
    (17, "door_count", 23, count("door_count", "how often the door was opened")),
    (18, "presence", 24, alarm("presence", "someone is there")),
    (19, "proximity", 25, count("proximity", "infrared reflected")),
    (20, "close_proximity", 26, count("close_proximity", "infrared reflected, at low power")),
    (21, "proximity_alarm", 27, alarm("proximity_alarm", "something is very close")),
    (22, "disinfection", 28, Struct("disinfection" / Choice(Int8ub, STATES) * "state of the place")),
    (80, "humidity_temperature", 16, Struct(HUMIDITY, TEMPERATURE)),
    (81, "humidity_average", 17, Struct(HUMIDITY, AVERAGE)),
    (82, "door_temperature", 18, Struct(DOOR, TEMPERATURE)),
    (
        110,
        "check_in",
        0,
        Struct("build" / HexText(4) * "build of the firmware", "identity" / HexText(4) * "data for the maker"),
    ),
)
REPORT = (
    Bits(
        Int8ub,
        "remembered" / Flag(Bit(7)) * "whether the report is in the memory too",
        "report" / Choice(Bit(0, 7), {number: name for number, name, _, _ in REPORTS}) * "what is reported",
    ),
    Case("report", {name: layout for _, name, _, layout in REPORTS}),
)
RECORD = Struct(
    "sequence" / Computed(this.first + this._index) * "number of the record",  # noqa: SLF001 - construct's name
    "age" / Scaled(Int32ub, unit="s") * "how long ago it was measured",
    "time" / Ago(this.age) * "when it was measured, by the time of reception",
    *REPORT,
)


def time_setting(name: str, description: str) -> Any:
    """A setting in seconds."""
    return name / Scaled(Int32ub, unit="s") * description


def degrees(name: str, description: str) -> Any:
    """A setting in thousandths of a degree."""
    return name / Scaled(Int32sb, per_unit=1000, unit="°C") * description


def plain(name: str, description: str, unit: str | None = None) -> Any:
    """A setting that is a number."""
    return name / Scaled(Int32ub, unit=unit) * description


def reports(name: str, description: str) -> Any:
    """A setting that is a choice of reports."""
    return name / FlagSet(Int32ub, {bit: report for _, report, bit, _ in REPORTS if bit is not None}) * description


SETTINGS: dict[int, Any] = {
    0x01: plain("version", "version of the settings"),
    0x02: plain("poll_interval", "time between looks at the sensors", "ms"),
    0x03: reports("reports", "reports that are sent"),
    0x04: time_setting("temperature_interval", "time between measurements of the temperature"),
    0x05: degrees("temperature_change", "change that is sent at once"),
    0x08: degrees("temperature_low", "lower limit of the temperature"),
    0x09: degrees("temperature_high", "upper limit of the temperature"),
    0x0A: degrees("temperature_hysteresis", "hysteresis of the limits"),
    0x11: time_setting("humidity_interval", "time between measurements of the humidity"),
    0x12: plain("humidity_change", "change of the humidity that is sent", "%RH"),
    0x13: time_setting("light_interval", "time between measurements of the light"),
    0x14: plain("light_high", "upper limit of the light", "lx"),
    0x15: plain("light_low", "lower limit of the light", "lx"),
    0x18: time_setting("flood_interval", "time between measurements of wetness"),
    0x1B: time_setting("flood_report_interval", "time between reports of wetness"),
    0x1C: plain("flood_threshold", "wetness that is an alarm", "%"),
    0x25: reports("remembered_reports", "reports that are kept in the memory"),
    0x28: plain("data_rate", "LoRa data rate"),
    0x2D: time_setting("door_count_interval", "time between counts of the door"),
    0x2E: time_setting("proximity_interval", "time between reports of the infrared"),
    0x2F: time_setting("presence_interval", "time between looks for someone"),
    0x31: time_setting("presence_timeout", "how long presence lasts"),
    0x32: "sensors" / FlagSet(Int32ub, {0: "door_inverted", 1: "proximity_high_power"}) * "how sensors are used",
}
PROFILES = {
    0x00: "default",
    0x01: "comfort_temperature",
    0x02: "comfort_temperature_light",
    0x03: "comfort_average_temperature",
    0x04: "guard",
    0x05: "drip",
    0x06: "presence_office",
    0x07: "presence_public",
    0x08: "disinfection_office",
    0x09: "close_proximity_slow",
    0xF0: "capacitance_raw",
}


def command(number: int, *layout: Any) -> Variant:
    """A downlink that begins with its number."""
    return Variant(Struct(Const(bytes([number])), *layout), at=0, value=number)


codec = Codec(
    name="sensative/strips",
    description="Sensative Strips LoRa: temperature, humidity, doors, light, floods and presence",
    uplink={
        1: Struct(
            "newest" / Scaled(Int16ub) * "number of the newest record in the memory",
            "reports" / Repeat(Struct(*REPORT)) * "reports, in order",
        ),
        2: Struct(
            "first" / Scaled(Int16ub) * "number of the first record",
            "history" / Repeat(RECORD) * "records from the memory, in order",
        ),
    },
    downlink={
        2: Struct(
            Const(b"\x01"),
            "first" / Scaled(Int16ub) * "number of the first record wanted",
            "last" / Scaled(Int16ub) * "number of the last record wanted",
        ),
        10: Variants(
            command(1, "profile" / Choice(Int8ub, PROFILES) * "settings for a use"),
            command(8, "leave_for" / Scaled(Int16ub, unit="min") * "leave the network for so long"),
        ),
        11: Variants(
            command(1, Tlv(Int8ub, SETTINGS)),
            command(
                2,
                "get_settings"
                / Repeat(Choice(Int8ub, {number: setting.name for number, setting in SETTINGS.items()}), minimum=1)
                * "settings to send back",
            ),
        ),
    },
)
