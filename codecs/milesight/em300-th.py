"""Milesight EM300-TH: temperature and humidity, with history.

A payload is a row of items: channel, type, value (little-endian). Application port 85, both directions.

Sources:
    Milesight-IoT/SensorDecoders, em-series/em300-th/README.md, commit e79c9d8: channels 01, 03, 04 and 20,
    and the two example frames; em300-th-encoder.js there: the commands and their ranges.
    Milesight, EM300 Series User Guide, 5.1 Basic Information, 5.2 Sensor Data and 5.3 Downlink Commands
    (pages 22 and 23): channel ff, the example frame of the basic information, port 85.
"""

from construct import Int8ub, Int16sl, Int16ub, Int16ul, Int32ul, Padding, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, HexText, Many, Marker, Scaled, Tlv, Version

PORT = 85

# 01 40 is 1.4: the parts are printed as hex digits, the low nibble is not used. 01 14 is 1.14.
HARDWARE = Version(Int16ub, (8, 8), (4, 4), base=16)
SOFTWARE = Version(Int16ub, (8, 8), (0, 8), base=16)

HISTORY = Struct(
    "timestamp" / Scaled(Int32ul, unit="s") * "Unix time of the record",
    "temperature" / Scaled(Int16sl, per_unit=10, unit="°C") * "air temperature",
    "humidity" / Scaled(Int8ub, per_unit=2, unit="%RH", maximum=100) * "relative humidity",
    Padding(1),
)

INTERVAL = Scaled(Int16ul, unit="s", minimum=1, maximum=64800)

ALARM = Struct(
    Bits(
        Int8ub,
        "condition" / Choice(Bit(0, 3), {0: "disable", 1: "below", 2: "above", 3: "between", 4: "outside"}),
        "channel" / Choice(Bit(3, 3), {1: "temperature"}),
    ),
    "threshold_min" / Scaled(Int16sl, per_unit=10, unit="°C") * "lower threshold",
    "threshold_max" / Scaled(Int16sl, per_unit=10, unit="°C") * "upper threshold",
    Padding(4),
)

codec = Codec(
    name="milesight/em300-th",
    description="Milesight EM300-TH: temperature and humidity, with history",
    uplink={
        PORT: Tlv(
            Int16ub,
            {
                0x0175: "battery" / Scaled(Int8ub, unit="%", maximum=100) * "battery level",
                0x0367: "temperature" / Scaled(Int16sl, per_unit=10, unit="°C") * "air temperature",
                0x0468: "humidity" / Scaled(Int8ub, per_unit=2, unit="%RH", maximum=100) * "relative humidity",
                0x20CE: "history" / Many(HISTORY) * "records sent later, in order",
                0xFF01: "protocol_version" / Scaled(Int8ub) * "version of the payload format",
                0xFF09: "hardware_version" / HARDWARE * "hardware version",
                0xFF0A: "software_version" / SOFTWARE * "software version",
                0xFF0B: "power_on" / Marker(Int8ub, written=0xFF) * "the device was switched on",
                0xFF0F: "device_class" / Choice(Int8ub, {0: "A", 1: "B", 2: "C", 3: "CtoB"}) * "LoRaWAN class",
                0xFF16: "serial_number" / HexText(8) * "serial number",
            },
        )
    },
    downlink={
        PORT: Tlv(
            Int16ub,
            {
                0xFF02: "collection_interval" / Scaled(Int16ul, unit="s") * "time between measurements",
                0xFF03: "report_interval" / INTERVAL * "time between reports",
                0xFF06: "temperature_alarm" / ALARM * "threshold alarm",
                0xFF10: "reboot" / Marker(Int8ub, written=0xFF) * "restart the device",
                0xFF27: "clear_history" / Marker(Int8ub, written=0x01) * "erase the stored records",
                0xFF28: "report_status" / Marker(Int8ub, written=0xFF) * "report the status now",
                0xFF68: "history_enable" / Flag(Int8ub) * "store records",
                0xFF69: "retransmit_enable" / Flag(Int8ub) * "send stored records after a loss of the network",
                0xFD6D: "stop_transmit" / Marker(Int8ub, written=0xFF) * "stop sending stored records",
            },
        )
    },
)
