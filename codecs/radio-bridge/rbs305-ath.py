"""Radio Bridge (MultiTech) RBS305-ATH and RBS301-ATH: air temperature and humidity sensor.

A message begins with the version of the protocol and a counter, four bits each, then its type. Temperatures have a
sign bit, seven bits of whole degrees and four of tenths, most significant bit first. Downlinks have eight bytes.
Port 2, both directions; the documents name no port.

Sources:
    Radio Bridge, support.radiobridge.com, articles "How do I decode an Air Temperature and Humidity event?",
    "... a sensor's Supervisory Message?", "... a sensor's Reset Message?", "How do I encode a Configuration
    Downlink for an Air Temperature and Humidity Sensor?": tables, frames and their values.
    MultiTech, Radio Bridge LoRaWAN Wireless Sensor, Air Temperature Humidity Sensor User Guide, Temperature and
    Humidity Event (pages 21 to 23): the sign, -26.5 °C as 9a 50, 0x7f for out of range, periodic reports.
    MultiTech, RBS3010NA0EBN0 User Manual, page 15: link quality. RBS301-CON User Guide, Common Messages (page 14):
    tamper, what follows the battery in a supervisory message.

Not declared: 0x80 for a temperature below the range, which a sign and 0 are too (it reads as 0), device
information, general and advanced configuration.
"""

from typing import Any

from construct import Const, Int8sb, Int8ub, Int16ub, Int32ub, Padding, Struct, this

from octavo.codecs import (
    Bcd,
    Bit,
    Bits,
    Case,
    Choice,
    Codec,
    Computed,
    Flag,
    HexText,
    Missing,
    Scaled,
    Tail,
    Variant,
    Variants,
    Version,
)

PORT = 2
OUT_OF_RANGE = 0x7F

EVENTS = {
    0x00: "periodic",
    0x01: "temperature_high",
    0x02: "temperature_low",
    0x03: "temperature_increase",
    0x04: "temperature_decrease",
    0x05: "humidity_high",
    0x06: "humidity_low",
    0x07: "humidity_increase",
    0x08: "humidity_decrease",
}
CLIMATE = Struct(
    "event" / Choice(Int8ub, EVENTS) * "what sent this message",
    Bits(
        Int32ub,
        "temperature_sign" / Scaled(Bit(0)) * "1 below zero",
        "temperature_whole" / Missing(Scaled(Bit(1, 7)), OUT_OF_RANGE) * "whole degrees; null out of range",
        "temperature_tenths" / Scaled(Bit(8, 4), maximum=9) * "tenths of a degree",
        "humidity_whole" / Scaled(Bit(16, 8), maximum=100) * "whole percent",
        "humidity_tenths" / Scaled(Bit(24, 4), maximum=9) * "tenths of a percent",
        msb=True,
    ),
    "temperature"
    / Computed(
        (1 - 2 * this.temperature_sign) * (this.temperature_whole + this.temperature_tenths / 10),
        unit="°C",
        normalized="air.temperature",
    )
    * "air temperature",
    "humidity"
    / Computed(this.humidity_whole + this.humidity_tenths / 10, unit="%RH", normalized="air.relativeHumidity")
    * "relative humidity",
)
SUPERVISORY = Struct(
    Bits(
        Int8ub,
        "radio_error" / Flag(Bit(0)) * "the radio failed and the sensor restarted",
        "battery_low" / Flag(Bit(1)) * "less than 2.75 V",
        "downlink_error" / Flag(Bit(2)) * "the last downlink was wrong",
        "tamper_closed" / Flag(Bit(3)) * "present state of the tamper switch",
        "tampered" / Flag(Bit(4)) * "someone tampered with it since the restart",
    ),
    "sensor_state" / Scaled(Int8ub) * "state of the sensor",
    # Digits to be read as they are: 0x29 is 2.9 V.
    "battery_voltage" / Scaled(Bcd(1), per_unit=10, unit="V", normalized="battery") * "battery",
    Tail(
        "extended_state" / HexText(4) * "state of sensors that have more of it",
        "event_count" / Scaled(Int16ub) * "events since the last such message",
    ),
)
RESET = Struct(
    "sensor_type" / Choice(Int8ub, {0x0E: "air_temperature_humidity"}) * "kind of sensor",
    "hardware_version" / Version(Int8ub, (4, 4), (0, 4)) * "version of the hardware",
    "firmware_version" / Version(Int16ub, (8, 8), (0, 8)) * "version of the firmware",
    "reset_code" / HexText(2) * "why it restarted, for the maker",
)

MESSAGES = {
    0x00: ("reset", RESET),
    0x01: ("supervisory", SUPERVISORY),
    0x02: ("tamper", Struct("tamper_closed" / Flag(Int8ub) * "state of the tamper switch")),
    0x0D: ("climate", CLIMATE),
    0xFB: (
        "link_quality",
        Struct(
            "sub_band" / Scaled(Int8ub) * "sub-band in use",
            "rssi" / Scaled(Int8sb, unit="dBm") * "signal strength of the last downlink",
            "snr" / Scaled(Int8sb, unit="dB") * "signal to noise of the last downlink",
        ),
    ),
    0xFF: (
        "acknowledgement",
        Struct("downlink" / Choice(Int8ub, {1: "invalid", 2: "valid"}) * "what became of the downlink"),
    ),
}

# "The period is defined in 1 hour increments when the most significant bit is 0, and in 1 minute increments when
# the most significant bit is 1"; 0 is off.
PERIOD = Bits(
    Int8ub,
    "report_unit" / Choice(Bit(0), {0: "h", 1: "min"}) * "unit of the period",
    "report_period" / Scaled(Bit(1, 7)) * "time between periodic reports; 0 is off",
    msb=True,
)


def change(name: str, unit: str, description: str) -> Any:
    """A change that is reported."""
    return name / Scaled(Int8ub, unit=unit) * description


def mode(number: int, *layout: Any) -> Variant:
    """A configuration, by the way that reports come about."""
    return Variant(Struct(Const(bytes([0x0D, number])), PERIOD, *layout), at=1, value=number)


codec = Codec(
    name="radio-bridge/rbs305-ath",
    description="Radio Bridge RBS305-ATH: air temperature and humidity",
    uplink={
        PORT: Struct(
            Bits(
                Int8ub,
                "protocol_version" / Scaled(Bit(0, 4)) * "version of the protocol, 1",
                "counter" / Scaled(Bit(4, 4)) * "counts the messages, modulo 16",
                msb=True,
            ),
            "message" / Choice(Int8ub, {number: name for number, (name, _) in MESSAGES.items()}) * "what it is",
            Case("message", dict(MESSAGES.values())),
        )
    },
    downlink={
        PORT: Variants(
            mode(
                0,
                Bits(
                    Int8ub,
                    "humidity_margin" / Scaled(Bit(0, 4), unit="%RH") * "way back over a threshold",
                    "temperature_margin" / Scaled(Bit(4, 4), unit="°C") * "likewise",
                    msb=True,
                ),
                "temperature_low" / Scaled(Int8sb, unit="°C") * "lower threshold of the temperature",
                "temperature_high" / Scaled(Int8sb, unit="°C") * "upper threshold of the temperature",
                "humidity_low" / Scaled(Int8ub, unit="%RH", maximum=100) * "lower threshold of the humidity",
                "humidity_high" / Scaled(Int8ub, unit="%RH", maximum=100) * "upper threshold of the humidity",
            ),
            mode(
                1,
                Padding(1),
                change("temperature_increase", "°C", "rise of the temperature that is an event; 0 is none"),
                change("temperature_decrease", "°C", "fall of the temperature that is an event"),
                change("humidity_increase", "%RH", "rise of the humidity that is an event"),
                change("humidity_decrease", "%RH", "fall of the humidity that is an event"),
            ),
        )
    },
)
