"""Cayenne LPP: a row of items, each with a channel and a type, as The Things Stack names them.

An item is channel (1), type (1), value (big-endian); its member is ``<type>_<channel>``. Of an item that comes
twice the last stands. Port 1, upwards.

Sources:
    myDevicesIoT/cayenne-docs, docs/LORA.md, commit 009d779, "Cayenne Low Power Payload": the types, their sizes and
    resolutions, and four payloads with their values.
    TheThingsNetwork/go-cayenne-lib, types.go and decoder.go: the names. Pressure is signed there, unsigned with
    myDevices; it is signed here, so that this device and ``cayennelpp`` agree.
    community.mydevices.com, "Cayenne LPP 2.0", 3.3 Frame Ports: port 1.
"""

from typing import Any

from construct import Int8ub, Int16sb, Int16ub, Int24sb, Struct

from octavo.codecs import Channels, Codec, Scaled

PORT = 1

POSITION = Struct(
    "latitude" / Scaled(Int24sb, per_unit=10_000, unit="°") * "north is positive",
    "longitude" / Scaled(Int24sb, per_unit=10_000, unit="°") * "east is positive",
    "altitude" / Scaled(Int24sb, per_unit=100, unit="m") * "above the sea",
)


def axes(per_unit: int, unit: str) -> Any:
    """Three axes."""
    return Struct(*(axis / Scaled(Int16sb, per_unit=per_unit, unit=unit) for axis in "xyz"))


codec = Codec(
    name="mydevices/cayennelpp",
    description="Cayenne LPP: items with channel and type",
    uplink={
        PORT: Channels(
            {
                0: "digital_in" / Scaled(Int8ub) * "digital input",
                1: "digital_out" / Scaled(Int8ub) * "digital output",
                2: "analog_in" / Scaled(Int16sb, per_unit=100) * "analog input",
                3: "analog_out" / Scaled(Int16sb, per_unit=100) * "analog output",
                101: "luminosity" / Scaled(Int16ub, unit="lx") * "light",
                102: "presence" / Scaled(Int8ub) * "presence",
                103: "temperature" / Scaled(Int16sb, per_unit=10, unit="°C") * "temperature",
                104: "relative_humidity" / Scaled(Int8ub, per_unit=2, unit="%") * "relative humidity",
                113: "accelerometer" / axes(1000, "g") * "acceleration",
                115: "barometric_pressure" / Scaled(Int16sb, per_unit=10, unit="hPa") * "air pressure",
                134: "gyrometer" / axes(100, "°/s") * "angular velocity",
                136: "gps" / POSITION * "position",
            }
        )
    },
)
