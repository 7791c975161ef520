"""Samples of layouts: what is drawn can be written and reads back, what goes wrong goes wrong as it says."""

import math
from functools import cache
from pathlib import Path
from random import Random

import pytest
from construct import (
    Const,
    Float16b,
    Float32l,
    Float64b,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int32ub,
    Int64ul,
    Padding,
    Pass,
    Struct,
    this,
)
from hypothesis import given
from hypothesis import strategies as st

from octavo.codecs import (
    Ago,
    Ascii,
    Bcd,
    Bit,
    Bits,
    Case,
    Channels,
    Checked,
    Choice,
    Codec,
    Computed,
    Crc,
    Flag,
    FlagSet,
    Groups,
    HexText,
    Literal,
    Magnitude,
    Many,
    Marker,
    Missing,
    Repeat,
    Scaled,
    Sized,
    Tail,
    Tlv,
    UnixTime,
    Variant,
    Variants,
    Version,
    load_codec,
)
from octavo.codecs.reference import parsed, write
from octavo.codecs.samples import Sampler, corners, draw, faults, lenient, values, wrong_data
from octavo.codecs.samples.faults import kind_of
from octavo.errors import ContentError, DecodeError, EncodeError

CODECS = sorted((Path(__file__).parents[1] / "codecs").glob("*/*.py"))

TEMPERATURE = "temperature" / Scaled(Int16sb, per_unit=10, unit="°C", minimum=-40, maximum=85)
FIX = Struct("x" / Scaled(Int8sb), "y" / Scaled(Int8sb))

DECLARED = {
    "fixed": Struct(TEMPERATURE, "step" / Scaled(Int8ub, step=5, offset=-100), Padding(1), Const(b"\x07")),
    "floats": Struct(
        "half" / Scaled(Float16b),
        "single" / Scaled(Float32l, minimum=0, maximum=10),
        "double" / Scaled(Float64b, per_unit=7),
    ),
    "numbers": Struct(
        "wide" / Scaled(Int64ul),
        "bcd" / Scaled(Bcd(2)),
        "sign" / Scaled(Magnitude(2), per_unit=100),
        "odd" / Scaled(Int8ub, per_unit=3, decimals=1),
    ),
    "markers": Struct(
        "temperature" / Missing(Scaled(Int16sb, per_unit=10), 0x7FFF, -0x8000),
        "level" / Missing(Scaled(Float32l), math.nan),
    ),
    "choices": Struct(
        "state" / Choice(Int8ub, {0: "off", 1: "on", 7: "broken"}),
        "mode" / Choice(Int8ub, {1: "eco"}, default="other"),
        "alarms" / FlagSet(Int8ub, {0: "tilt", 3: "shock"}),
        "closed" / Flag(Int8ub, inverted=True),
    ),
    "texts": Struct(
        "mac" / HexText(3),
        "name" / Ascii(4),
        "version" / Version(Int16ub, (8, 8), (0, 8)),
        "at" / UnixTime(Int32ub),
        "rest" / HexText(),
    ),
    "bits": Struct(
        Bits(Int16ub, "a" / Scaled(Bit(0, 3)), "b" / Scaled(Bit(3, 6, signed=True)), msb=True),
        "word" / Bits(Int16ul, "on" / Flag(Bit(15)), "level" / Scaled(Bit(0, 4, magnitude=True))),
    ),
    "tail": Struct("a" / Scaled(Int8ub), Tail("b" / Scaled(Int16ub), "c" / Scaled(Int8ub))),
    "open list": Struct("fixes" / Repeat(FIX)),
    "counted list": Struct("fixes" / Repeat(FIX, count=Int8ub, minimum=1, maximum=4), "end" / Scaled(Int8ub)),
    "named list": Struct("many" / Scaled(Int8ub), "fixes" / Repeat(Scaled(Int8ub), count="many", maximum=5)),
    "tlv": Tlv(Int8ub, {1: "a" / Scaled(Int8ub), 2: "b" / Many(FIX), 3: "reboot" / Marker(Pass)}, maximum=3),
    "groups": Struct(Groups(Int8ub, {0: Struct("a" / Scaled(Int8ub), "b" / Scaled(Int8ub)), 2: "c" / Scaled(Int16ub)})),
    "sized": Struct(Sized(Int8ub, Struct("name" / Ascii())), "after" / Scaled(Int8ub)),
    "checked": Checked(Struct(TEMPERATURE), Int16ub, Crc(16, 0x1021, 0xFFFF)),
    "channels": Channels({0x67: "temperature" / Scaled(Int16sb, per_unit=10), 0x88: "fix" / FIX}),
    "case": Struct("has_fix" / Flag(Int8ub), Case("has_fix", {True: FIX, False: Pass})),
    "variants": Variants(
        Variant(Literal(b"\0\0", {"fixes": []})),
        Variant(Struct(Const(b"\x01"), "a" / Scaled(Int8ub)), at=0, value=1),
        Variant(Struct(Const(b"\x02"), "fixes" / Repeat(FIX, minimum=1)), at=0, value=2),
    ),
    "derived": Struct(
        "u" / Scaled(Int8ub), "p" / Computed(this.u**2), "seconds" / Scaled(Int16ub), "at" / Ago(this.seconds)
    ),
}
LAYOUTS = Codec(name="acme/all", uplink=dict(enumerate(DECLARED.values(), 1))).uplink
NAMED = dict(zip(DECLARED, LAYOUTS.values(), strict=True))
DERIVED = {"p", "at", "dielectric_permittivity"}

each_layout = pytest.mark.parametrize("name", NAMED)


@cache
def sampler(name):
    return Sampler(NAMED[name])


@cache
def shipped():
    codecs = [load_codec(path, f"{path.parent.name}/{path.stem}") for path in CODECS]
    return [layout for codec in codecs for layout in (*codec.uplink.values(), *codec.downlink.values())]


def holds(found, data):
    """Whether some data is in what was read, which may have computed members beside."""
    if isinstance(data, dict):
        return data.keys() <= found.keys() and all(holds(found[name], value) for name, value in data.items())
    if isinstance(data, list):
        return len(found) == len(data) and all(map(holds, found, data))
    return type(found) is type(data) and found == data


# ---- drawn data ----


@each_layout
@given(seed=st.integers(0, 2**32))
def test_what_is_drawn_is_read_back(name, seed):
    data = sampler(name).draw(Random(seed))  # noqa: S311 - nothing secret
    assert holds(parsed(NAMED[name], write(NAMED[name], data)), data)


def test_the_same_seed_draws_the_same():
    assert draw(NAMED["tlv"], Random(5)) == draw(NAMED["tlv"], Random(5))  # noqa: S311 - nothing secret


def test_shipped_layouts_are_drawn_and_seldom_refused():
    random = Random(65)  # noqa: S311 - nothing secret
    for layout in shipped():
        samples = Sampler(layout)
        for _ in range(5):
            data = samples.draw(random)
            assert holds(parsed(layout, write(layout, data), 0), data)
        assert samples.refused <= 2


def test_draws_meet_every_branch():
    drawn = [sampler("tlv").draw(Random(seed)) for seed in range(60)]  # noqa: S311 - nothing secret
    assert {tuple(data) for data in drawn} >= {("a",), ("b",), ("reboot",), ("a", "b", "reboot")}
    lengths = {len(sampler("counted list").draw(Random(seed))["fixes"]) for seed in range(60)}  # noqa: S311 - as above
    assert lengths == {1, 2, 3, 4}


def test_a_layout_that_takes_no_data_says_so():
    never = Codec(name="a/b", uplink={1: Sized(Int8ub, Struct("text" / HexText(300)))}).uplink[1]
    with pytest.raises(ContentError, match="found none in 100 draws"):
        draw(never, Random(1))  # noqa: S311 - nothing secret


# ---- boundary values ----


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (Scaled(Int16sb, per_unit=10, unit="°C", minimum=-40, maximum=85), [21.5, -40, -39.9, -0.1, 0, 0.1, 84.9, 85]),
        (Missing(Scaled(Int8ub), 255), [18, 0, 1, 254, None]),
        (Choice(Int8ub, {0: "off", 9: "on"}, default="other"), ["off", "on"]),
        (Choice(Int8ub, {0: False, 1: True}), [False, True]),
        (Flag(Int8ub, inverted=True), [True, False]),
        (FlagSet(Int8ub, {0: "tilt", 3: "shock"}), [["tilt"], [], ["shock"], ["tilt", "shock"]]),
        (Version(Int16ub, (8, 8), (0, 8)), ["1.2", "0.0", "255.255"]),
        (Ascii(3), ["Az ", "", "!!!"]),
        (HexText(2), ["1112", "0000", "ffff"]),
        (Marker(Pass), [True]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_boundary_values_of_a_field(field, expected):
    assert values(field) == expected


def test_the_boundary_values_of_an_offset_are_around_its_zero():
    assert {-0.1, 0, 0.1} <= set(values(Scaled(Int16ub, per_unit=10, offset=-40, decimals=1)))


def test_boundary_values_of_floats_are_what_the_float_holds():
    found = values(Scaled(Float16b))
    assert {65504, -65504, 2.0**-24, 0, -1.5} <= set(found)
    assert min(values(Scaled(Float32l, minimum=0, maximum=10))) == 0


# ---- corners ----


@each_layout
def test_corners_can_be_written_and_come_once(name):
    found = list(corners(NAMED[name]))
    assert found[0][0] == "typical"
    assert len({label for label, _ in found}) == len(found)
    assert len({str(data) for _, data in found}) == len(found)
    for _, data in found:
        assert holds(parsed(NAMED[name], write(NAMED[name], data)), data)


def test_the_corners_of_a_range():
    assert [(label, data["temperature"]) for label, data in corners(NAMED["checked"])] == [
        ("typical", 21.5),
        ("minimum", -40),
        ("maximum", 85),
        ("below zero", -0.1),
    ]


def test_every_branch_has_a_corner():
    assert [label for label, _ in corners(NAMED["variants"])] == [
        "typical",
        "minimum, variant 2 of 3 (a)",
        "minimum, variant 3 of 3 (fixes)",
        "maximum, variant 2 of 3 (a)",
        "maximum, variant 3 of 3 (fixes)",
        "below zero, variant 3 of 3 (fixes)",
        "variant 2 of 3 (a)",
        "variant 3 of 3 (fixes)",
        "fixes: 1 item",
        "fixes: 4 items",
    ]
    assert {"state: broken", "alarms: tilt, shock"} <= {label for label, _ in corners(NAMED["choices"])}
    assert {"temperature: no reading", "level: no reading"} <= {label for label, _ in corners(NAMED["markers"])}
    assert {"without c", "shortest"} <= {label for label, _ in corners(NAMED["tail"])}
    assert {"b alone", "reboot alone", "b: 1 item"} <= {label for label, _ in corners(NAMED["tlv"])}
    assert {"a, b alone", "c alone"} <= {label for label, _ in corners(NAMED["groups"])}
    assert {"has_fix": False} in [data for _, data in corners(NAMED["case"])]


# ---- what goes wrong ----

FAULTS = {
    "fixed": {
        "temperature: expected 2 bytes",
        "step: expected 1 byte",
        "payload: expected the end",
        "temperature: expected at least -40 °C",
        "temperature: expected at most 85 °C",
    },
    "numbers": {"bcd: expected decimal digits", "wide: expected a number of at most 53 bits"},
    "floats": {
        "half: expected a finite number",
        "single: expected a finite number",
        "single: expected at least 0",
        "single: expected at most 10",
        "double: expected a finite number",
    },
    "choices": {"state: expected one of 0 (off), 1 (on), 7 (broken)", "alarms: expected no bits but 0x09"},
    "texts": {"name: expected printable ASCII"},
    "bits": {"a: expected 2 bytes", "word.on: expected 2 bytes"},
    "counted list": {"fixes: expected items, 1 to 4 of them", "fixes.y: expected 1 byte"},
    "named list": {"fixes: expected items, 0 to 5 of them"},
    "tlv": {"payload: expected a key of 0x01, 0x02, 0x03", "payload: expected items, 1 to 3 of them"},
    "groups": {"payload: expected no bits but 0x05", "b: expected 1 byte"},
    "sized": {"payload: expected 1 byte", "after: expected 1 byte"},
    "checked": {
        "payload: expected 2 bytes",
        "payload: expected the checksum of the bytes before",
        "payload: expected the end",
        "temperature: expected 2 bytes",
    },
    "channels": {
        "payload: expected a type of 0x67, 0x88",
        "temperature_1: expected 2 bytes",
        "fix_1.y: expected 1 byte",
    },
    "variants": {"payload: expected 0x01, 0x02 under the mask 0xff"},
}

WRONG = {
    "fixed": {
        "data: expected an object",
        "unknown_member: expected one of temperature, step",
        "temperature: expected a value",
        "temperature: expected a number",
        "temperature: expected at least -40 °C",
        "temperature: expected at most 85 °C",
        "step: expected a number from -100 to 1175",
    },
    "floats": {"half: expected a number that 16 bits of float hold"},
    "choices": {
        "state: expected one of 'off', 'on', 'broken'",
        "closed: expected true or false",
        "alarms: expected a list of 'tilt', 'shock', each at most once",
    },
    "tail": {"data: expected b before c"},
    "counted list": {"fixes: expected a list", "fixes: expected items, 1 to 4 of them", "fixes: expected an object"},
    "named list": {"fixes: expected as many items as many says"},
    "tlv": {"data: expected 1 to 3 of a, b, reboot", "reboot: expected true"},
    "groups": {"a: expected a value"},
    "sized": {"data: expected at most 255 bytes"},
}


@each_layout
def test_faults_fail_as_they_say(name):
    found = list(faults(NAMED[name]))
    sentences = [sentence for sentence, _ in found]
    assert len(set(sentences)) == len(sentences)
    assert set(sentences) >= FAULTS.get(name, set())
    for sentence, frame in found:
        with pytest.raises(DecodeError) as caught:
            parsed(NAMED[name], frame)
        assert kind_of(caught.value.message) == sentence


@each_layout
def test_wrong_data_fails_as_it_says(name):
    found = list(wrong_data(NAMED[name]))
    sentences = [sentence for sentence, _ in found]
    assert len(set(sentences)) == len(sentences)
    assert set(sentences) >= WRONG.get(name, set())
    for sentence, data in found:
        with pytest.raises(EncodeError) as caught:
            write(NAMED[name], data)
        assert kind_of(caught.value.message) == sentence


def test_frames_that_nothing_is_written_as_are_read():
    found = {name: list(lenient(NAMED[name])) for name in NAMED}
    assert {name: [label for label, _ in rows] for name, rows in found.items() if rows} == {
        "choices": ["mode: another number"],
        "sized": ["name: filled up"],
    }
    assert parsed(NAMED["choices"], found["choices"][0][1])["mode"] == "other"
    ((_, frame),) = found["sized"]
    assert write(NAMED["sized"], parsed(NAMED["sized"], frame)) == bytes([frame[0] - 1]) + frame[1:-2] + frame[-1:]


def test_the_declaration_stays_as_it_was():
    layout = NAMED["fixed"]
    data = draw(layout, Random(3))  # noqa: S311 - nothing secret
    before = write(layout, data)
    assert list(faults(layout)) == list(faults(layout))
    assert write(layout, data) == before
