"""Laird Sentrius RS1xx: temperature and humidity, single or in lists, with a backlog of what was not received.

A message is its type, options, and what the type says, big-endian. Port 1, both directions. A temperature is
whole degrees and hundredths, both of them signed. Times count from 2015.

Sources:
    TheThingsNetwork/lorawan-devices, vendor/laird (by the maker): rs1xx-temp-rh-sensor-codec.yaml, commit bfe92e3,
    frames and values of every message; rs1xx-temp-rh-sensor.js, commit 0a254aa, names, options, the epoch.
    Laird, RS1xx LoRa Protocol v2.7, as quoted on thethingsnetwork.org/forum/t/19313: -15.87 °C is -87 and -15.

Not declared: the messages of other sensors (0x08, 0x09, 0x0B, 0x0C; 0x0D and 0x0E downwards).
"""

from typing import Any

from construct import Int8sb, Int8ub, Int16ub, Int24ub, Int32ub, Pass, Struct, this

from octavo.codecs import Case, Choice, Codec, Computed, Flag, FlagSet, Repeat, Scaled, UnixTime, Version

PORT = 1
EPOCH = 1_420_070_400  # 2015-01-01T00:00:00Z

MESSAGES = {
    0x01: "reading",
    0x02: "readings",
    0x03: "backlog",
    0x04: "backlogs",
    0x05: "simple_configuration",
    0x06: "advanced_configuration",
    0x07: "firmware",
    0x0A: "battery",
}
OPTIONS = {
    0: "server_time_wanted",
    1: "configuration_error",
    2: "alarm",
    3: "reset",
    4: "fault",
}
CAPACITIES = {0: "0-5%", 1: "5-20%", 2: "20-40%", 3: "40-60%", 4: "60-80%", 5: "80-100%"}

COMMANDS = {
    0x01: "get",
    0x02: "set_time",
    0x03: "configure",
    0x04: "heat",
    0x05: "back_off",
    0x06: "get_oldest",
    0x07: "erase_backlog",
    0x0A: "get_latest",
    0x0B: "stop_backlog",
    0x0F: "get_oldest_between",
    0x10: "get_latest_between",
}
ANSWERS = {
    0: "none",
    1: "simple_configuration",
    2: "advanced_configuration",
    3: "firmware",
    4: "contact_configuration",
    5: "battery",
    6: "reset",
    7: "advertise",
    8: "rtd_configuration",
}

READING = (
    "humidity_hundredths" / Scaled(Int8ub, maximum=99) * "hundredths of the humidity",
    "humidity_whole" / Scaled(Int8ub, maximum=100) * "humidity, without hundredths",
    "humidity"
    / Computed(this.humidity_whole + this.humidity_hundredths / 100, unit="%RH", normalized="air.relativeHumidity")
    * "relative humidity",
    "temperature_hundredths" / Scaled(Int8sb, minimum=-99, maximum=99) * "hundredths of the temperature",
    "temperature_whole" / Scaled(Int8sb) * "temperature, without hundredths",
    "temperature"
    / Computed(this.temperature_whole + this.temperature_hundredths / 100, unit="°C", normalized="air.temperature")
    * "air temperature",
)
STORED = (
    "timestamp" / UnixTime(Int32ub, epoch=EPOCH, normalized="time") * "time of the measurement",
    *READING,
)
CAPACITY = "battery_capacity" / Choice(Int8ub, CAPACITIES) * "battery, in six steps"
BACKLOG_COUNT = "backlog_count" / Scaled(Int16ub) * "messages that wait to be asked for"

SIMPLE = (
    "battery_type" / Choice(Int8ub, {1: "alkaline", 2: "lithium"}) * "what the battery is",
    "read_period" / Scaled(Int16ub, unit="s") * "time between measurements",
    "aggregate" / Scaled(Int8ub) * "readings to a message; 0 and 1 send each",
    "temperature_alarms" / Flag(Int8ub) * "whether the limits of the temperature are watched",
    "humidity_alarms" / Flag(Int8ub) * "whether the limits of the humidity are watched",
)
ADVANCED = (
    *SIMPLE,
    "temperature_low" / Scaled(Int8sb, unit="°C") * "lower limit of the temperature",
    "temperature_high" / Scaled(Int8sb, unit="°C") * "upper limit of the temperature",
    "humidity_low" / Scaled(Int8ub, unit="%RH", maximum=100) * "lower limit of the humidity",
    "humidity_high" / Scaled(Int8ub, unit="%RH", maximum=100) * "upper limit of the humidity",
    "led_bluetooth" / Scaled(Int16ub) * "how the light shows Bluetooth",
    "led_lora" / Scaled(Int16ub) * "how the light shows LoRa",
)

UPLINKS: dict[str, Any] = {
    "reading": Struct(
        *READING, CAPACITY, "alarm_count" / Scaled(Int16ub) * "alarms that wait to be asked for", BACKLOG_COUNT
    ),
    "readings": Struct(
        "alarm_count" / Scaled(Int8ub) * "readings that are alarms",
        BACKLOG_COUNT,
        CAPACITY,
        "reading_count" / Scaled(Int8ub) * "how many readings follow",
        "readings_timestamp" / UnixTime(Int32ub, epoch=EPOCH) * "time that the readings belong to",
        "readings" / Repeat(Struct(*READING), count="reading_count") * "measurements, in order",
    ),
    "backlog": Struct(*STORED),
    "backlogs": Struct("readings" / Repeat(Struct(*STORED), count=Int8ub) * "measurements with their time"),
    "simple_configuration": Struct(*SIMPLE),
    "advanced_configuration": Struct(*ADVANCED),
    "firmware": Struct(
        "release_date" / Version(Int24ub, (16, 8), (8, 8), (0, 8)) * "year since 2000, month and day of the release",
        "release_number" / Version(Int16ub, (8, 8), (0, 8)) * "version of the release",
        "part_number" / Scaled(Int32ub) * "number of the part",
    ),
    "battery": Struct(
        "voltage_hundredths" / Scaled(Int8sb, minimum=-99, maximum=99) * "hundredths of the voltage",
        "voltage_whole" / Scaled(Int8sb) * "voltage, without hundredths",
        "voltage"
        / Computed(this.voltage_whole + this.voltage_hundredths / 100, unit="V", normalized="battery")
        * "battery",
    ),
}


def moment(prefix: str = "") -> tuple[Any, ...]:
    """A time in six bytes."""
    return (
        f"{prefix}year" / Scaled(Int8ub, offset=2000, minimum=2015) * "year",
        f"{prefix}month" / Scaled(Int8ub, minimum=1, maximum=12) * "month",
        f"{prefix}day" / Scaled(Int8ub, minimum=1, maximum=31) * "day of the month",
        f"{prefix}hour" / Scaled(Int8ub, maximum=23) * "hour",
        f"{prefix}minute" / Scaled(Int8ub, maximum=59) * "minute",
        f"{prefix}second" / Scaled(Int8ub, maximum=59) * "second",
    )


PERIOD = "period" / Scaled(Int16ub, unit="s") * "time between the messages"
COUNTED = Struct("count" / Scaled(Int16ub) * "messages wanted", PERIOD)
BETWEEN = Struct(*moment("start_"), *moment("end_"), PERIOD)

DOWNLINKS: dict[str, Any] = {
    "get": Pass,
    "set_time": Struct(*moment()),
    "configure": Struct(*ADVANCED),
    "heat": Struct(
        "heater" / Scaled(Int8ub) * "setting of the heater",
        "heater_time" / Scaled(Int16ub, unit="s") * "how long to heat",
    ),
    "back_off": Struct("back_off" / Scaled(Int16ub, unit="s") * "how long to be silent"),
    "get_oldest": COUNTED,
    "erase_backlog": Pass,
    "get_latest": COUNTED,
    "stop_backlog": Pass,
    "get_oldest_between": BETWEEN,
    "get_latest_between": BETWEEN,
}

codec = Codec(
    name="laird/rs1xx",
    description="Laird Sentrius RS1xx: temperature and humidity, single, in lists and from a backlog",
    uplink={
        PORT: Struct(
            "message" / Choice(Int8ub, MESSAGES) * "what the message is",
            "options" / FlagSet(Int8ub, OPTIONS) * "what the sensor has to say beside",
            Case("message", UPLINKS),
        )
    },
    downlink={
        PORT: Struct(
            "command" / Choice(Int8ub, COMMANDS) * "what to do",
            "answer" / Choice(Int8ub, ANSWERS) * "what to send back, or to do beside",
            Case("command", DOWNLINKS),
        )
    },
)
