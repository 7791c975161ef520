"""Dragino LHT65: temperature and humidity, one external sensor, a datalog.

A live frame is fixed, big-endian: BAT (2), temperature (2), humidity (2), Ext # (1), external value (4).
BAT and Ext # are bit fields. A reply to a poll is a row of 11-byte records. Port 2, both directions.

Sources:
    Dragino, LHT65 Temperature & Humidity Sensor User Manual, 2.4 Uplink Payload and 2.6 Datalog feature
    (pages 9 and 12 of the 40-page edition; pages 29 and 30 of the 56-page edition).
    Dragino, LHT65N User Manual (wiki.dragino.com), 2.4.2 BAT, 2.4.6 Ext value, 2.6.4 and 2.6.5 Datalog.
    wiki.dragino.com, "End Device AT Commands and Downlink Command", Change Uplink Interval.
"""

from typing import Any

from construct import Int8ub, Int16sb, Int16ub, Int24ub, Int32ub, Padding, Struct

from octavo.codecs import (
    Bit,
    Bits,
    Choice,
    Codec,
    Flag,
    Literal,
    Repeat,
    Scaled,
    Tail,
    Tlv,
    Variant,
    Variants,
)

PORT = 2
EXT = 6  # offset of Ext #, in a live frame and in a record
TYPE = 0x3F
POLL = 0x40

BATTERY_STATUS = {0: "ultra_low", 1: "low", 2: "ok", 3: "good"}

TEMPERATURE = "temperature" / Scaled(Int16sb, per_unit=100, unit="°C") * "air temperature"
HUMIDITY = "humidity" / Scaled(Int16ub, per_unit=10, unit="%RH", maximum=100) * "relative humidity"
PROBE = "external_temperature" / Scaled(Int16sb, per_unit=100, unit="°C") * "DS18B20; 327.67 without a probe"
TIMESTAMP = "timestamp" / Scaled(Int32ub, unit="s") * "Unix time of the measurement"
PIN = (
    "pin_level" / Choice(Int8ub, {0: "low", 1: "high"}, default="high") * "level of the input",
    "interrupt" / Flag(Int8ub) * "whether an interrupt sent this frame",
)
ILLUMINANCE = "illuminance" / Scaled(Int16ub, unit="lx") * "light"
ADC = "adc_voltage" / Scaled(Int16ub, per_unit=1000, unit="V") * "voltage at the input"
COUNT = "count" / Scaled(Int16ub) * "interrupts counted"
LONG_COUNT = "count" / Scaled(Int32ub) * "interrupts counted"

SENSORS = {
    0: "none",
    1: "temperature",
    4: "interrupt",
    5: "illumination",
    6: "adc",
    7: "counter_16",
    8: "counter_32",
    9: "temperature_timestamp",
}
# Two bytes of each external sensor: in a record in front, in a live frame after Ext #.
VALUES: dict[int, tuple[Any, ...]] = {
    0: (Padding(2),),
    1: (PROBE,),
    4: PIN,
    5: (ILLUMINANCE,),
    6: (ADC,),
    7: (COUNT,),
    8: (COUNT,),
    9: (PROBE,),
}


def sensor(number: int) -> Any:
    """The type of the external sensor, as a range of bits of Ext #."""
    return "external_sensor" / Choice(Bit(0, 6), {number: SENSORS[number]}) * "what stands behind the cable"


def live(number: int, ext: Any, *value: Any) -> Variant:
    """A frame with the present values and one external sensor."""
    battery = Bits(
        Int16ub,
        "battery_voltage" / Scaled(Bit(0, 14), per_unit=1000, unit="V") * "battery",
        "battery_status" / Choice(Bit(14, 2), BATTERY_STATUS) * "battery, in four steps",
    )
    return Variant(Struct(battery, TEMPERATURE, HUMIDITY, ext, *value), at=EXT, mask=TYPE | POLL, value=number)


def with_cable(number: int, *value: Any) -> Variant:
    """A live frame of a sensor whose cable is watched."""
    connected = "external_connected" / Flag(Bit(7), inverted=True) * "whether the cable is connected"
    return live(number, Bits(Int8ub, sensor(number), connected), *value)


def record(number: int) -> Variant:
    """A record of the datalog."""
    ext = Bits(Int8ub, sensor(number), written=POLL)
    layout = Struct(*VALUES[number], TEMPERATURE, HUMIDITY, ext, TIMESTAMP)
    return Variant(layout, at=EXT, mask=TYPE | POLL, value=number | POLL)


# Ext 9: the probe stands in the place of BAT, the battery's status in the top bits of the humidity.
TIMESTAMPED = Struct(
    PROBE,
    TEMPERATURE,
    Bits(
        Int16ub,
        "humidity" / Scaled(Bit(0, 12), per_unit=10, unit="%RH", maximum=100) * "relative humidity",
        "battery_status" / Choice(Bit(14, 2), BATTERY_STATUS) * "battery, in four steps",
    ),
    Bits(Int8ub, sensor(9)),
    TIMESTAMP,
)

codec = Codec(
    name="dragino/lht65",
    description="Dragino LHT65: temperature and humidity, one external sensor, a datalog",
    uplink={
        PORT: Variants(
            # "If the device has no data in the polling time, it will uplink 11 bytes of 0."
            Variant(Literal(bytes(11), {"datalog": []})),
            Variant(
                Struct("datalog" / Repeat(Variants(*map(record, SENSORS)), minimum=1) * "records, oldest first"),
                at=EXT,
                mask=POLL,
                value=POLL,
            ),
            # "If EXT=0, there won't be these four bytes", though live frames have 11 bytes in all.
            live(0, Bits(Int8ub, sensor(0)), Tail(Padding(4))),
            live(1, Bits(Int8ub, sensor(1)), PROBE, Padding(2)),
            with_cable(4, *PIN, Padding(2)),
            with_cable(5, ILLUMINANCE, Padding(2)),
            with_cable(6, ADC, Padding(2)),
            with_cable(7, COUNT, Padding(2)),
            with_cable(8, LONG_COUNT),
            Variant(TIMESTAMPED, at=EXT, mask=TYPE | POLL, value=9),
        )
    },
    downlink={
        PORT: Tlv(
            Int8ub,
            {
                0x01: "transmit_interval" / Scaled(Int24ub, unit="s", minimum=1) * "time between uplinks",
                0x31: "poll"
                / Struct(
                    "start" / Scaled(Int32ub, unit="s") * "Unix time of the first record wanted",
                    "end" / Scaled(Int32ub, unit="s") * "Unix time of the last record wanted",
                    "interval" / Scaled(Int8ub, unit="s", minimum=5) * "time between the replies",
                )
                * "ask for the datalog",
            },
            maximum=1,
        )
    },
)
