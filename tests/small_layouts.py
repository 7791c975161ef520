"""A small declaration for every item of the vocabulary, with frames that fit it; and frames that nearly do."""

import math
from functools import cache
from pathlib import Path

import yaml
from construct import (
    BytesInteger,
    Const,
    Float16b,
    Float32l,
    Float64b,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16sl,
    Int16ub,
    Int16ul,
    Int24sl,
    Int24ub,
    Int32sb,
    Int32ub,
    Int32ul,
    Int64sl,
    Int64ub,
    Padding,
    Pass,
    Struct,
    this,
)
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
from octavo.codecs.reference import before_got, parsed
from octavo.errors import DecodeError

CODECS = Path(__file__).parents[1] / "codecs"
SHIPPED = sorted(f"{path.parent.name}/{path.stem}" for path in CODECS.glob("*/*.py"))
PORT = 1
CRC_32 = Crc(32, 0x04C11DB7, 0xFFFFFFFF, reflected=True, xor_out=0xFFFFFFFF)

MODES = {0: "off", 1: "on", 7: "auto"}
WORD = BytesInteger(9)
READING = Struct("age" / Scaled(Int8ub, unit="s"), "level" / Scaled(Int16sb, per_unit=10, maximum=1000))

SMALL = {
    "whole numbers": (
        Struct("a" / Int8sb, "b" / Int16ul, "c" / Int24sl, "d" / Int24ub, "e" / BytesInteger(5, signed=True)),
        ["00 0000 000000 000000 0000000000", "ff ffff ffffff ffffff ffffffffff", "80 0180 000080 800000 8000000000"],
    ),
    "wide numbers": (
        Struct("a" / Scaled(Int64ub), "b" / Scaled(Int64sl, per_unit=1000), "c" / Scaled(BytesInteger(7))),
        ["0000000000000001 ffffffffffffffff 00000000000001", "001fffffffffffff 0100000000000000 1fffffffffffff"],
    ),
    "scales": (
        Struct(
            "a" / Scaled(Int16sb, per_unit=100, minimum=-40, maximum=85),
            "b" / Scaled(Int16ub, step=0.25, offset=-40, minimum=0),
            "c" / Scaled(Int8sb, per_unit=-3, maximum=20),
            "d" / Scaled(Int16sl, per_unit=7, decimals=2),
            "e" / Scaled(Int8ub, step=5, offset=2, maximum=1000),
        ),
        ["0a28 0200 05 1000 07", "f060 ffff 80 0080 ff", "2134 00a0 00 ffff 00"],
    ),
    "floats": (
        Struct("a" / Float16b, "b" / Scaled(Float32l, minimum=-5), "c" / Missing(Scaled(Float64b), math.nan)),
        ["3c00 0000c03f 7ff8000000000000", "8000 00000080 8000000000000000", "7bff 0000a0c0 4059000000000000"],
    ),
    "digits and magnitudes": (
        Struct("a" / Bcd(2), "b" / Scaled(Bcd(3, big=False), per_unit=10), "c" / Magnitude(2), "d" / Magnitude(3)),
        ["1234 563412 8001 800000", "9999 000000 7fff 812345"],
    ),
    "choices": (
        Struct(
            "mode" / Choice(Int8ub, MODES),
            "state" / Choice(Int16sb, {-1: "low", 300: "high"}, default="other"),
            "level" / Choice(Int32ub, {0: 0, 70_000: 2.5}),
            "alarm" / Flag(Int8ub, inverted=True),
            "events" / FlagSet(Int8ub, {0: "tilt", 3: "shock"}),
            "seen" / Marker(Int8ub, written=1),
        ),
        ["00 ffff 00000000 00 00 00", "07 012c 00011170 02 09 01", "01 0000 00000000 01 08 ff"],
    ),
    "no reading": (
        Struct(
            "a" / Missing(Scaled(Int16sb, per_unit=10, maximum=100), 0x7FFF, -1),
            "b" / Missing(Choice(Int8ub, MODES), 0xFF),
            "c" / Missing(Scaled(Int8ub), 0),
        ),
        ["7fff ff 00", "00c8 01 05", "ffff 07 ff"],
    ),
    "texts": (
        Struct(
            "serial" / HexText(3),
            "label" / Ascii(4, pad=" "),
            "version" / Version(Int16ub, (8, 8), (4, 4), base=16),
            "time" / UnixTime(Int32ul, per_unit=2, epoch=315_964_800),
            "rest" / Ascii(),
        ),
        ["a1b2c3 41422020 1a34 00000000 6869", "000000 20202020 ffff ffffffff", "ffffff 7e217e7e 0001 01000000 41"],
    ),
    "late times": (Struct("time" / UnixTime(BytesInteger(5))), ["3afff4417f", "0000000000"]),
    "bits": (
        Struct(
            Bits(Int16ub, "a" / Bit(0, 3), "b" / Flag(Bit(3)), "c" / Scaled(Bit(4, 12, signed=True), per_unit=10)),
            "inner"
            / Bits(
                Int16ul,
                "d" / Bit(0, 4, magnitude=True),
                "e" / Choice(Bit(4, 3), MODES),
                "k" / Flag(Bit(9, 3, magnitude=True)),
                msb=True,
            ),
            Bits(WORD, "f" / Scaled(Bit(7, 60)), "g" / Scaled(Bit(67, 5)), "h" / Version(Bit(0, 6), (3, 3), (0, 3))),
            Bits(
                BytesInteger(3, swapped=True), "i" / Scaled(Bit(5, 11, signed=True)), "j" / FlagSet(Bit(0, 2), {1: "x"})
            ),
        ),
        ["800b 0090 0000000000000000a1 c0ff02", "7ff4 40f0 ff00000000000fff80 1f8001", "0000 0000 " + "00" * 12],
    ),
    "constants and tails": (
        Struct(Const(b"\x01\x02"), "a" / Int8ub, Padding(1), Tail("b" / Int8ub, "c" / Scaled(Int16ub), Padding(2))),
        ["0102 05 ff", "0102 05 00 06", "0102 05 00 06 0007", "0102 05 00 06 0007 abcd"],
    ),
    "lists": (
        Struct(
            "n" / Scaled(Int8ub, maximum=3),
            "named" / Repeat(READING, count="n"),
            "told" / Repeat(Scaled(Int8sb), count=Int8ub, minimum=1, maximum=4),
            "rest" / Repeat(Struct("x" / Int8ub, "nested" / Struct("y" / Computed(this.x + this.n))), maximum=5),
        ),
        ["00 01 ff", "01 050010 02 0102 0304", "02 010001 02ffff 01 80 010203"],
    ),
    "keys": (
        Tlv(
            Int16ub,
            {
                0x0175: "battery" / Scaled(Int8ub, maximum=100),
                0x0367: "temperature" / Scaled(Int16sl, per_unit=10),
                0x20CE: "history" / Many(READING),
                0x0501: "on" / Marker(Pass),
                0x0771: "axes" / Struct("x" / Int8sb, Tail("y" / Int8sb)),
            },
            maximum=6,
        ),
        ["017564 03670110", "20ce010002 20ce030004 0501", "017501 017502", "0771 01 02", "0501"],
    ),
    "channels": (
        Channels(
            {0x67: "temperature" / Scaled(Int16sb, per_unit=10), 0x71: "axes" / Struct("x" / Int8sb, "y" / Int8sb)}
        ),
        ["03670110 05670001", "017101 0167ffff 0171ff", ""],
    ),
    "cases": (
        Struct(
            Bits(Int8ub, "mode" / Choice(Bit(0, 3), MODES), "extra" / Flag(Bit(7))),
            Case("mode", {"off": Pass, "on": Struct("a" / Int8ub), "auto": Struct("b" / Int16ub, "c" / Int8ub)}),
            Case("extra", {False: Pass, True: Struct("d" / Scaled(Int8ub, maximum=200))}),
        ),
        ["00", "01 05", "81 05 06", "87 0001 02 03"],
    ),
    "variants": (
        Variants(
            Variant(Literal(b"\x00\x00", {"kind": "empty", "list": [], "inner": {"n": 1}})),
            Variant(Struct("kind" / Choice(Int8ub, {1: "one"}), "x" / Int8ub), at=0, value=1),
            Variant(Struct("y" / Int8ub, "kind" / Choice(Int8ub, {2: "two", 6: "six"})), at=1, mask=0x0B, value=2),
        ),
        ["0000", "0105", "0502", "0506", "01"],
    ),
    "groups": (
        Groups(
            Int16ub,
            {
                9: "v" / Scaled(Int16ub, per_unit=100),
                0: Struct("a" / Int8ub, "b" / Int8ub),
                3: "frame" / Struct("c" / Missing(Scaled(Int8ub), 0xFF)),
            },
        ),
        ["0000", "0201 0064 01 02", "0208 0064 ff", "0009 01 02 05"],
    ),
    "sizes": (
        Struct(Sized(Int8ub, Struct("a" / Int8ub, "rest" / HexText())), "b" / Int8ub),
        ["01 05 06", "03 05 abcd 06"],
    ),
    "sums": (Checked(Struct("a" / Int16ub, Tail("b" / Int8ub)), Int8ub, "sum"), ["0102 03", "0102 05 08"]),
    "exclusive ors": (Checked(Struct("a" / Int16ub), Int16ul, "xor"), ["0103 0200"]),
    "remainders": (
        Checked(Struct("text" / Ascii()), Int16ub, Crc(16, 0x1021, 0xFFFF)),
        ["313233343536373839 29b1"],
    ),
    "reflected remainders": (
        Checked(
            Struct("text" / HexText()), Int32ul, Crc(32, 0x04C11DB7, 0xFFFFFFFF, reflected=True, xor_out=0xFFFFFFFF)
        ),
        ["313233343536373839 2639f4cb"],
    ),
    "computed": (
        Struct(
            "volts" / Missing(Scaled(Int16ub, per_unit=1000), 0xFFFF),
            "amperes" / Scaled(Int16sb, per_unit=100),
            "watts" / Computed(this.volts * this.amperes, decimals=2),
            "ratio" / Computed(-(this.volts**3) / this.amperes - 1),
            "age" / Scaled(Int32ub),
            "time" / Ago(this.age * 60),
            "log"
            / Repeat(
                Struct("n" / Int8ub, "at" / Ago(this._index * 600), "twice" / Computed(this._index * 2 + this.amperes))
            ),
        ),
        ["0ce4 0064 00000001", "ffff 0000 ffffffff", "0001 ffff 00000000 05 06", "0000 0000 00000010 01"],
    ),
    "places": (
        Struct("x" / Scaled(Int32sb, per_unit=1_000_000, minimum=-180, maximum=180), "position" / Struct("y" / Int8ub)),
        ["0aba9500 01", "f5456b00 02", "00000000 03"],
    ),
}


RECEIVED = "2024-01-02T03:04:05.678Z"
RECEIVED_MS = 1_704_164_645_678


@cache
def small(name):
    """The codec of a small declaration, and its frames: direction, port, bytes."""
    layout, frames = SMALL[name]
    codec = Codec(name=f"test/{name}", uplink={PORT: layout})
    return codec, [("uplink", PORT, bytes.fromhex(frame)) for frame in frames]


@cache
def shipped(identifier):
    """A shipped codec, the frames of its examples, and one of zeros for each port."""
    codec = load_codec(CODECS / f"{identifier}.py", identifier)
    zeros = [("uplink", port, bytes(8)) for port in codec.uplink] + [("downlink", port, b"") for port in codec.downlink]
    return codec, _examples(CODECS / f"{identifier}.yaml") + zeros


def any_codec(name):
    """The small one or the shipped one of a name, and its frames."""
    return small(name) if name in SMALL else shipped(name)


def layouts_of(codec, direction):
    return codec.uplink if direction == "uplink" else codec.downlink


def _examples(file):
    if not file.exists():
        return []
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        (direction, example[side]["fPort"], bytes(example[side]["bytes"]))
        for member, direction, side in (
            ("uplinkDecoder", "uplink", "input"),
            ("downlinkDecoder", "downlink", "input"),
            ("downlinkEncoder", "downlink", "output"),
        )
        for example in document.get(member, {}).get("examples", [])
        if "errors" not in example["output"]
    ]


def by_construct(layout, frame):
    """The data, or the error up to what was found, as construct reads it; the other is None."""
    try:
        return parsed(layout, frame, RECEIVED_MS), None
    except DecodeError as error:
        return None, before_got(error.message)


@st.composite
def near(draw, frames):
    """One of the frames that are given, with bytes changed, cut or added; or any bytes."""
    direction, port, frame = draw(st.sampled_from(frames))
    content = bytearray(frame)
    for _ in range(draw(st.integers(0, 3))):
        if content:
            content[draw(st.integers(0, len(content) - 1))] = draw(
                st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
            )
    kept = content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 3)) == 0 else content
    added = draw(st.binary(max_size=3)) if draw(st.integers(0, 5)) == 0 else b""
    other = draw(st.integers(0, 9)) == 0
    return direction, port, draw(st.binary(max_size=24)) if other else bytes(kept) + added


def same(one, other):
    """Equal, in type too: 1 is neither 1.0 nor True, and no zero has a sign."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))
