"""TEKTELIC Kona All-in-One Home Sensor: climate, light, door, shock, motion, moisture and pulses.

An uplink is a row of items: channel, type, value (big-endian), on port 10. A downlink is a row of commands: a
register's address, with bit 7 set to write it, and its value, on port 100.

Source: TEKTELIC, Kona Home Sensor Technical Reference Manual, T0005370_TRM, Version Rev-C 1.0: Table 2-1
(page 10), Table 3-3 (page 15), 3.4.3.8 (page 22), Table 3-10 (pages 23 and 24), Table 3-18 (page 33); the
example messages on pages 16, 22, 25 and 33. The unit of the impact threshold is read from page 22.

Not declared: reading registers, their answers on port 100, and the registers of LoRaWAN itself.
"""

from typing import Any

from construct import Int8sb, Int8ub, Int16sb, Int16ub, Int32ub, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Scaled, Tlv

DATA_PORT = 10
COMMAND_PORT = 100
WRITE = 0x80


def digital(low: Any, high: Any) -> Choice:
    """A digital input: 00 or ff."""
    return Choice(Int8ub, {0x00: low, 0xFF: high})


def temperature(raw: Any = Int16sb) -> Scaled:
    """A temperature, in tenths."""
    return Scaled(raw, per_unit=10, unit="°C")


def ticks(of: str) -> Any:
    """How many ticks lie between two reports."""
    return f"ticks_per_{of}" / Scaled(Int16ub) * "ticks between reports; 0 switches them off"


def seconds(raw: Any = Int32ub) -> Scaled:
    """A duration."""
    return Scaled(raw, unit="s")


def thresholds(raw: Any, unit: str, maximum: int | None = None) -> Struct:
    """The window outside which a value is reported."""
    return Struct(
        "high" / Scaled(raw, unit=unit, maximum=maximum) * "upper threshold",
        "low" / Scaled(raw, unit=unit, maximum=maximum) * "lower threshold",
    )


def enabled() -> Bits:
    """One bit of a byte; "other bits are ignored"."""
    return Bits(Int8ub, "enabled" / Flag(Bit(0)))


AXES = Struct(*(axis / Scaled(Int16sb, per_unit=1000, unit="g") for axis in ("x", "y", "z")))

# Bit 13 and 14: write to the flash; bit 0: restart.
FLASH = Bits(
    Int16ub,
    "write_lora_config" / Flag(Bit(14)) * "keep the settings of LoRaWAN",
    "write_app_config" / Flag(Bit(13)) * "keep the settings of the application",
    "restart" / Flag(Bit(0)) * "restart the sensor",
)

codec = Codec(
    name="tektelic/home-sensor",
    description="TEKTELIC Kona Home Sensor: climate, light, door, shock, motion, moisture and pulses",
    uplink={
        DATA_PORT: Tlv(
            Int16ub,
            {
                0x00FF: "battery_voltage" / Scaled(Int16sb, per_unit=100, unit="V") * "battery",
                0x0100: "input" / digital("low", "high") * "low: connector closed or magnet near",
                0x0200: "light" / digital("dark", "bright") * "light detected",
                0x0367: "temperature" / temperature() * "air temperature",
                0x0468: "humidity" / Scaled(Int8ub, per_unit=2, unit="%RH", maximum=100) * "relative humidity",
                0x0502: "impact" / Scaled(Int16sb, per_unit=1000, unit="g") * "magnitude of an impact",
                0x0600: "break_in" / digital(low=False, high=True) * "break-in",
                0x0771: "acceleration" / AXES * "acceleration",
                0x0804: "input_count" / Scaled(Int16ub) * "pulses counted",
                0x0900: "moisture" / digital("dry", "wet") * "water detected",
                0x0A00: "motion" / digital(low=False, high=True) * "motion detected",
                0x0B67: "mcu_temperature" / temperature() * "temperature of the processor",
            },
        )
    },
    downlink={
        COMMAND_PORT: Tlv(
            Int8ub,
            {
                WRITE | 0x20: "seconds_per_tick" / seconds() * "time base of all reports; 0 stops them",
                WRITE | 0x21: ticks("battery"),
                WRITE | 0x22: ticks("temperature"),
                WRITE | 0x23: ticks("humidity"),
                WRITE | 0x24: ticks("input"),
                WRITE | 0x25: ticks("light"),
                WRITE | 0x26: ticks("accelerometer"),
                WRITE | 0x27: ticks("mcu_temperature"),
                WRITE | 0x28: ticks("motion"),
                WRITE | 0x31: "impact_threshold" / Scaled(Int16ub, step=10, unit="mg") * "acceleration of an impact",
                WRITE | 0x33: "impact_debounce_time" / seconds(Int16ub) * "rest after an impact",
                WRITE | 0x39: "climate_sample_period_idle" / seconds() * "inside the thresholds",
                WRITE | 0x3A: "climate_sample_period_active" / seconds() * "outside the thresholds",
                WRITE | 0x3B: "temperature_thresholds" / thresholds(Int8sb, "°C") * "window of the temperature",
                WRITE | 0x3C: "temperature_thresholds_enabled" / enabled() * "watch the temperature",
                WRITE | 0x3D: "humidity_thresholds" / thresholds(Int8ub, "%RH", 100) * "window of the humidity",
                WRITE | 0x3E: "humidity_thresholds_enabled" / enabled() * "watch the humidity",
                WRITE | 0x40: "mcu_sample_period_idle" / seconds() * "inside the thresholds",
                WRITE | 0x41: "mcu_sample_period_active" / seconds() * "outside the thresholds",
                WRITE | 0x42: "mcu_temperature_thresholds" / thresholds(Int8sb, "°C") * "window of the processor",
                WRITE | 0x43: "mcu_temperature_thresholds_enabled" / enabled() * "watch the processor",
                WRITE | 0x70: "flash" / FLASH * "keep settings, restart",
            },
        )
    },
)
