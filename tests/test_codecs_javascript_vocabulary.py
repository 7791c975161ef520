"""Each item of the vocabulary in JavaScript: frames and values through the declaration and the script made from it."""

import math
from random import Random

import pytest
from construct import (
    BytesInteger,
    Const,
    Float16b,
    Float32l,
    Float64b,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int24sl,
    Int24ul,
    Int32ub,
    Int32ul,
    Int64sl,
    Int64ub,
    Padding,
    Pass,
    Struct,
    this,
)

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
)
from octavo.proof.material import spoilt

from .generated import RECEIVED, differences, scripted

COUNTED = {"n": 2, "xs": [1, -2], "ys": [{"m": 3, "zs": [0.5, 1]}], "rest": [None, 4]}
COLUMN = {"a": 1, "r": [1, 2, 3]}
CRC_LIST = Struct("a" / Int8ub, "r" / Repeat(Scaled(Int8ub)))

ITEMS = {
    "integers": (
        Struct("a" / Int8sb, "b" / Int24sl, "c" / BytesInteger(5, signed=True), "d" / Int64sl, "e" / Int64ub),
        {"a": -5, "b": -70000, "c": 2**38, "d": -(2**53) + 1, "e": 2**53 - 1},
    ),
    "floats": (
        Struct("a" / Float16b, "b" / Float32l, "c" / Float64b, "d" / Scaled(Float32l, per_unit=10, minimum=-5.5)),
        {"a": 0.1, "b": -1e-40, "c": 1.7e308, "d": 0.1},
    ),
    "other numbers": (
        Struct("a" / Magnitude(2, big=False), "b" / Magnitude(8), "c" / Bcd(3), "d" / Bcd(8, big=False)),
        {"a": -3, "b": -(2**53) + 1, "c": 123456, "d": 9007199254740991},
    ),
    "scales": (
        Struct(
            "a" / Scaled(Int16sb, per_unit=100, minimum=-40, maximum=85, unit="°C"),
            "b" / Scaled(Int8ub, step=5, offset=-10),
            "c" / Scaled(Int16ul, per_unit=3, offset=0.1, decimals=2, minimum=0.2, maximum=100.35),
            "d" / Scaled(Int8sb, step=-2),
            "e" / Scaled(Int8ub, per_unit=7, minimum=0.2, maximum=30.05),
            "f" / Scaled(Int32ub, per_unit=-1e6, minimum=-1e-5),
        ),
        {"a": 21.5, "b": 90, "c": 50.2, "d": -8, "e": 12, "f": 0},
    ),
    "bits": (
        Struct(
            Bits(Int16ub, "a" / Bit(0, 4), "b" / Scaled(Bit(4, 5, signed=True), per_unit=2, maximum=5), written=0x8000),
            Bits(Int32ul, "c" / Bit(0, 31), "d" / Flag(Bit(31), inverted=True)),
            Bits(Int24ul, "e" / Choice(Bit(0, 4), {1: "x", 2: "y"}), "f" / Bit(4, 9, magnitude=True), msb=True),
        ),
        {"a": 9, "b": -3.5, "c": 2**31 - 1, "d": False, "e": "y", "f": -200},
    ),
    "wide words": (
        Struct(
            Bits(BytesInteger(9), "a" / Bit(0, 40), "b" / Bit(43, 20, signed=True), "c" / Flag(Bit(63)), msb=True),
            Bits(BytesInteger(8, swapped=True), "d" / Bit(0, 60, signed=True)),
            Bits(Int64ub, "e" / Bit(1, 54, magnitude=True), written=1),
        ),
        {"a": 2**39 + 1, "b": -5, "c": True, "d": -(2**53) + 1, "e": -(2**52)},
    ),
    "choices": (
        Struct(
            "a" / Choice(Int8sb, {-1: "it's", 0: "no", 5: True, 6: 1.5, 7: 12}),
            "b" / Choice(Int8ub, {0: "x", 1: "y"}, default="other"),
            "c" / FlagSet(Int16ub, {0: "u", 9: "v"}),
            Bits(Int8ub, "d" / FlagSet(Bit(0, 4), {0: "k", 2: "l"}), "e" / Missing(Choice(Bit(4, 4), {3: "q"}), 15, 4)),
        ),
        {"a": "it's", "b": "y", "c": ["v", "u"], "d": ["l"], "e": None},
    ),
    "no reading": (
        Struct(
            "a" / Missing(Scaled(Int16sb, per_unit=10, minimum=-40, maximum=60), 0x7FFF, -32768),
            "b" / Missing(Scaled(Int8ub, per_unit=7, minimum=0.2, maximum=30.05), 255),
            "c" / Missing(Scaled(Float32l), math.nan, -1.0),
            "d" / Missing(Flag(Int8ub), 255),
        ),
        {"a": None, "b": 3, "c": None, "d": True},
    ),
    "texts": (
        Struct(
            "a" / HexText(3),
            "b" / Ascii(4, pad=" "),
            "c" / Version(Int16ub, (8, 8), (0, 8)),
            "d" / Version(Int24ul, (16, 8), (4, 4), (0, 2), base=16),
            "e" / Ascii(),
        ),
        {"a": "00ff0a", "b": "ab", "c": "1.14", "d": "1f.a.3", "e": "hello"},
    ),
    "rest": (Struct("a" / Int8ub, "b" / HexText()), {"a": 1, "b": "0a0b"}),
    "times": (
        Struct(
            "a" / UnixTime(Int32ub),
            "b" / UnixTime(Int32ul, epoch=315_964_800),
            "c" / UnixTime(BytesInteger(5), per_unit=1000),
            "d" / UnixTime(BytesInteger(5)),
        ),
        {
            "a": "2026-01-02T03:04:05Z",
            "b": "2026-01-02T03:04:05.600Z",
            "c": "1999-12-31T23:59:59.999Z",
            "d": "9999-12-31T23:59:59.000Z",
        },
    ),
    "lists": (
        Struct(
            "n" / Int8ub,
            "xs" / Repeat(Scaled(Int16sb), count="n", maximum=4),
            "ys" / Repeat(Struct("m" / Int8ub, "zs" / Repeat(Scaled(Int8sb, per_unit=2), count="n")), count=Int8ub),
            "rest" / Repeat(Missing(Scaled(Int8ub), 255), minimum=1, maximum=5),
        ),
        COUNTED,
    ),
    "groups": (
        Groups(
            Int8ub,
            {
                0: "volts" / Scaled(Int8ub, per_unit=10),
                1: Struct("a" / Int8ub, "b" / Int8ub),
                7: Tlv(Int8ub, {1: "k" / Int8ub, 2: "l" / Many(Scaled(Int8sb))}),
            },
        ),
        {"volts": 1.2, "a": 1, "b": 2, "l": [-1, 2]},
    ),
    "parts of groups": (
        Struct(
            "g" / Struct(Groups(Int8ub, {0: "a" / Int8ub, 1: Struct("b" / Int8ub, "c" / Struct("d" / Int8ub))})),
            "kind" / Choice(Int8ub, {0: "x", 1: "y"}),
            "t" / Tlv(Int8ub, {5: "u" / Struct(Groups(Int8ub, {0: "v" / Int8ub}))}, minimum=0),
        ),
        {"g": {"b": 1, "c": {"d": 2}}, "kind": "y", "t": {"u": {"v": 3}}},
    ),
    "wide mask": (
        Groups(BytesInteger(5), {0: "a" / Int8ub, 33: "b" / Int8ub, 39: "c" / Struct("d" / Int8ub)}),
        {"b": 4, "c": {"d": 1}},
    ),
    "sized": (
        Struct(
            "h" / Int8ub,
            Sized(Int8ub, Struct("a" / Int8ub, Tail("b" / Int16ub, "c" / Int8ub))),
            Sized(Int16ul, Tlv(Int8ub, {1: "k" / Int8ub, 2: "l" / Many(Struct("x" / Scaled(Int8sb, maximum=10)))})),
            "z" / Int8ub,
        ),
        {"h": 1, "a": 2, "b": 300, "l": [{"x": -1}, {"x": 2}], "z": 3},
    ),
    "crc": (Checked(CRC_LIST, Int16ub, Crc(16, 0x1021, 0xFFFF)), COLUMN),
    "crc of 8 bits": (Checked(CRC_LIST, Int8ub, Crc(8, 0x07)), COLUMN),
    "crc reflected": (
        Checked(CRC_LIST, Int32ul, Crc(32, 0x04C11DB7, 0xFFFFFFFF, reflected=True, xor_out=0xFFFFFFFF)),
        COLUMN,
    ),
    "sum": (Checked(CRC_LIST, Int16ul, "sum"), COLUMN),
    "xor": (Checked(Tlv(Int8ub, {1: "a" / Int8ub, 3: "b" / Int16sb}), Int8ub, "xor"), {"a": 1, "b": -2}),
    "channels": (
        Channels(
            {
                0x67: "temperature" / Scaled(Int16sb, per_unit=10),
                0x71: "acceleration" / Struct("x" / Scaled(Int8sb, maximum=100), "y" / Int8sb),
                0x02: "flag_1" / Flag(Int8ub),
            }
        ),
        {"temperature_3": 27.2, "acceleration_0": {"x": 1, "y": -1}, "flag_1_255": True, "temperature_0": 0},
    ),
    "cases": (
        Struct(
            Bits(Int8ub, "kind" / Choice(Bit(0, 3), {0: "a", 1: "b", 2: "c"}), "has" / Flag(Bit(7))),
            Case(
                "kind",
                {
                    "a": Struct("x" / Int8ub),
                    "b": Pass,
                    "c": Struct("x" / Int16ub, "y" / Int8ub, "z" / Struct("q" / Int8ub), "u" / Int8ub, "v" / Int8ub),
                },
            ),
            Case("has", {True: Struct("more" / Int8sb), False: Pass}),
        ),
        {"kind": "c", "has": True, "x": 1, "y": 2, "z": {"q": 3}, "u": 4, "v": 5, "more": -1},
    ),
    "variants": (
        Variants(
            Variant(Literal(b"\0\0", {"log": [], "fine": True, "of": {"n": [1]}})),
            Variant(Struct("a" / Int8ub, "b" / Int16ub), at=0, mask=0xF0, value=0x10),
            Variant(Struct("a" / Scaled(Int8ub, maximum=40), "b" / Int8ub, "c" / Int8ub), at=2, mask=0x0F, value=3),
        ),
        {"a": 16, "b": 700},
    ),
    "variants of all": (
        Variants(
            Variant(Struct("a" / Scaled(Int8ub, maximum=9)), at=0, mask=0x80, value=0),
            Variant(Struct("a" / Int8ub, "x" / Int8ub)),
        ),
        {"a": 200, "x": 2},
    ),
    "constants": (
        Struct(
            Const(b"\x05\x06"),
            "a" / Int8ub,
            Padding(2),
            Tail("b" / Scaled(Int8ub, maximum=9), "c" / Int16ub, "d" / Struct("e" / Int8ub), Padding(1)),
        ),
        {"a": 1, "b": 2, "c": 3, "d": {"e": 4}},
    ),
    "named parts": (
        Struct(
            "s" / Bits(Int8ub, "a" / Flag(Bit(0)), "b" / Scaled(Bit(1, 4), maximum=9)),
            "t" / Struct("u" / Struct("w" / Marker(Int16ub, written=7), "m" / Marker(Pass))),
            "many"
            / Struct(Tlv(Int16ul, {0x102: "a" / Int8ub, 0x201: "many" / Many(Scaled(Int8ub, maximum=200))}, minimum=0)),
        ),
        {"s": {"a": True, "b": 2}, "t": {"u": {"w": True, "m": True}}, "many": {"many": [1, 2], "a": 5}},
    ),
    "items": (
        Tlv(Int8ub, {1: "a" / Int8ub, 2: "b" / Many(Struct("x" / Int8ub)), 3: "go" / Marker(Pass)}, minimum=2),
        {"a": 1, "b": [{"x": 1}], "go": True},
    ),
    "computed": (
        Struct(
            "v" / Scaled(Int16sb, per_unit=10),
            "a" / Missing(Scaled(Int8sb), 127),
            "p" / Computed(this.v * this.a, decimals=1),
            "q" / Computed(-(this.v**3) / (this.a - 3) + 0.1),
            "rows" / Repeat(Struct("a" / Int8ub, "i" / Computed(this._index * 2 + this.v - this.a)), count=Int8ub),
        ),
        {"v": 3.5, "a": 4, "rows": [{"a": 1}, {"a": 2}]},
    ),
}
each_item = pytest.mark.parametrize("item", ITEMS)


def messages(frame, random):
    """A frame as it is, cut, longer, with other bytes, and bytes by chance."""
    yield frame
    yield from (frame[:size] for size in range(len(frame)))
    yield frame + b"\x05"
    for _ in range(150):
        changed = bytearray(frame)
        for _ in range(random.randrange(1, 3)):
            changed[random.randrange(len(changed))] = random.choice([0, 1, 3, 127, 128, 255, random.randrange(256)])
        yield bytes(changed)
    yield from (random.randbytes(random.randrange(len(frame) + 3)) for _ in range(50))


@each_item
@pytest.mark.usefixtures("warm_pool")
def test_both_forms_agree(item, tmp_path):
    layout, data = ITEMS[item]
    codec = Codec(name="test/item", uplink={1: layout}, downlink={1: layout})
    random = Random(7)  # noqa: S311 - the same messages in every run, nothing secret
    frames = [(frame, 1, RECEIVED) for frame in messages(codec.encode_uplink(data, 1), random)]
    values = [(data, 0), *((spoilt(data, random), random.choice([0, 1])) for _ in range(150))]
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "decode_uplinks", frames) == []
        assert differences(codec, formatter, "encode_downlinks", values) == []


@pytest.mark.usefixtures("warm_pool")
def test_times_before_reception(tmp_path):
    row = Struct("age" / Missing(Scaled(Int16ub), 0xFFFF), "time" / Ago(this.age * 60.5 + this._index))
    codec = Codec(name="test/ago", uplink={1: Struct("rows" / Repeat(row))})
    frames = [(bytes.fromhex(text), 1, RECEIVED) for text in ("", "0000", "0001ffff0102", "00")]
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "decode_uplinks", frames) == []
    with scripted(codec, tmp_path, "ttn2") as formatter:
        untold = next(formatter.decode_uplinks([(b"\0\1", 1)]))
    assert untold.data == {"rows": [{"age": 1}]}


@pytest.mark.usefixtures("warm_pool")
def test_the_port_that_fits_is_taken(tmp_path):
    codec = Codec(
        name="test/ports",
        downlink={
            2: Struct("a" / Scaled(Int8ub, maximum=9)),
            3: Struct("a" / Int8ub),
            9: Struct("b" / Int8ub, "c" / Struct("d" / Int8ub)),
        },
    )
    values = [
        {"a": 5},
        {"a": 20},
        {"a": 300},
        {"b": 1, "c": {"d": 2}},
        {"b": 1},
        {"b": 1, "c": 5},
        {},
        {"x": 1},
        [],
        None,
    ]
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "encode_downlinks", [(value, 0) for value in values]) == []
        assert differences(codec, formatter, "encode_downlinks", [(value, 3) for value in values]) == []
        assert differences(codec, formatter, "encode_downlinks", [(value, 4) for value in values]) == []
        assert [row.f_port for row in formatter.encode_downlinks([({"a": 20}, 0), ({"a": 5}, 2)])] == [3, 2]


@pytest.mark.usefixtures("warm_pool")
def test_measurements(tmp_path):
    row = Struct("x" / Scaled(Int8sb, normalized="soil.temperature"), "y" / UnixTime(Int32ub, normalized="time"))
    layout = Struct(
        "t" / Scaled(Int16sb, per_unit=10, normalized="air.temperature"),
        "h" / Missing(Scaled(Int8ub, normalized="air.relativeHumidity", maximum=100), 255),
        "n" / Struct("b" / Scaled(Int8ub, per_unit=10, normalized="battery")),
        "rows" / Repeat(row),
    )
    codec = Codec(name="test/norm", uplink={1: layout, 2: Struct("z" / Int8ub)})
    frames = [(bytes.fromhex(text), 1) for text in ("00fb320c", "00fbff0c0565930a85fb65930a86")] + [(b"\1", 2)]
    with scripted(codec, tmp_path) as formatter:
        pairs = zip(codec.decode_uplinks(frames), formatter.decode_uplinks(frames), strict=True)
        found = [(one.normalized, other.normalized) for one, other in pairs]
    assert [one for one, _ in found][:2] == [other for _, other in found][:2]
    assert [len(one) for one, _ in found[:2]] == [1, 3]
