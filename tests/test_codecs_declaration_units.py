"""The unit of a field whose value is one of the normalized vocabulary: the vocabulary's, or none is said."""

import pytest
from construct import Int8ub, Int16sb, Int16ub, Struct, this

from octavo._vocabulary import VOCABULARY, Field
from octavo.codecs import Bit, Bits, Codec, Computed, Missing, Repeat, Scaled
from octavo.errors import ContentError


def leaves(tree, path=()):
    if isinstance(tree, Field):
        yield ".".join(path), tree
        return
    for name, inner in tree.items():
        yield from leaves(inner, (*path, name))


FIELDS = dict(leaves(VOCABULARY))
UNITS = {
    "battery": "V",
    "soil.depth": "cm",
    "soil.moisture": "%",
    "soil.temperature": "°C",
    "soil.ec": "dS/m",
    "soil.pH": "pH",
    "soil.n": "ppm",
    "soil.p": "ppm",
    "soil.k": "ppm",
    "air.temperature": "°C",
    "air.relativeHumidity": "%",
    "air.pressure": "hPa",
    "air.co2": "ppm",
    "air.lightIntensity": "lux",
    "wind.speed": "m/s",
    "wind.direction": "°",
    "rain.intensity": "mm/h",
    "rain.cumulative": "mm",
    "water.temperature.min": "°C",
    "water.temperature.max": "°C",
    "water.temperature.avg": "°C",
    "water.temperature.current": "°C",
    "metering.water.total": "L",
    "position.latitude": "°",
    "position.longitude": "°",
}


def declared(field):
    return Codec(name="x", uplink={1: Struct("a" / field)})


def test_the_vocabulary_has_a_unit_for_every_quantity():
    assert {path: field.units[0] for path, field in FIELDS.items() if field.units} == UNITS
    numbers = {path for path, field in FIELDS.items() if float in field.kinds}
    assert numbers - UNITS.keys() == {"action.motion.count"}


@pytest.mark.parametrize("path", UNITS)
def test_the_unit_of_the_vocabulary_is_taken_and_another_is_not(path):
    assert declared(Scaled(Int16ub, unit=UNITS[path], normalized=path)).measures
    assert declared(Scaled(Int16ub, normalized=path)).measures
    with pytest.raises(ContentError) as caught:
        declared(Scaled(Int16ub, unit="furlong", normalized=path))
    assert caught.value.path == "uplink[1].a"
    assert caught.value.message == f"uplink[1].a: expected {UNITS[path]}, the unit of {path}, got furlong"


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("air.relativeHumidity", "%RH"),
        ("air.relativeHumidity", "% RH"),
        ("air.relativeHumidity", "%rH"),
        ("soil.moisture", "% VWC"),
        ("air.lightIntensity", "lx"),
        ("air.temperature", "℃"),
        ("air.temperature", "degrees Celsius"),
        ("air.pressure", "mbar"),
        ("soil.ec", "mS/cm"),
        ("soil.n", "mg/kg"),
        ("wind.direction", "deg"),
        ("metering.water.total", "l"),
        ("action.motion.count", "events"),
        ("action.motion.count", "steps"),
    ],
)
def test_other_ways_to_write_a_unit_and_units_of_the_same_size(path, unit):
    assert declared(Scaled(Int16ub, unit=unit, normalized=path)).measures


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("air.temperature", "°F"),
        ("air.temperature", "K"),
        ("battery", "mV"),
        ("battery", "%"),
        ("soil.ec", "µS/cm"),
        ("air.pressure", "Pa"),
        ("air.pressure", "kPa"),
        ("wind.speed", "km/h"),
        ("rain.cumulative", "in"),
        ("metering.water.total", "m³"),
        ("soil.depth", "m"),
        ("air.temperature", ""),
    ],
)
def test_a_unit_of_another_size_is_a_contradiction(path, unit):
    with pytest.raises(ContentError, match=f"the unit of {path}, got {unit}"):
        declared(Scaled(Int16ub, per_unit=10, unit=unit, normalized=path))


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        (Struct("m" / Missing(Scaled(Int16sb, unit="K", normalized="air.temperature"), 0x7FFF)), "m"),
        (Struct("v" / Int8ub, "c" / Computed(this.v * 2, unit="K", normalized="air.temperature")), "c"),
        (Bits(Int8ub, "b" / Scaled(Bit(0, 4), unit="K", normalized="air.temperature")), "b"),
        (Struct("r" / Repeat(Struct("t" / Scaled(Int8ub, unit="K", normalized="air.temperature")))), "r.t"),
    ],
)
def test_the_unit_of_any_field_is_looked_at(layout, path):
    with pytest.raises(ContentError) as caught:
        Codec(name="x", uplink={7: layout})
    assert caught.value.path == f"uplink[7].{path}"
    assert caught.value.message.endswith("expected °C, the unit of air.temperature, got K")
