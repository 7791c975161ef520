"""The vocabulary of declarations, item by item: what is read, what is written, and what is refused."""

import json
import math
from random import Random

import pytest
from construct import (
    BytesInteger,
    Const,
    Float16b,
    Float32b,
    Float64l,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int32ub,
    Int64sb,
    Int64ub,
    Padding,
    Pass,
    Struct,
    this,
)
from hypothesis import given, settings
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
)
from octavo.codecs.checksums import checksum
from octavo.codecs.reference import parsed, write
from octavo.codecs.samples import Sampler
from octavo.errors import ContentError, DecodeError, EncodeError

from .declarations import Declarations
from .one_layout import codec_of, read, written


def unread(layout, hexadecimal):
    with pytest.raises(DecodeError) as caught:
        read(layout, hexadecimal)
    return str(caught.value)


def unwritten(layout, data):
    with pytest.raises(EncodeError) as caught:
        written(layout, data)
    return str(caught.value)


def value(raw):
    return Struct("v" / raw)


BOTH_WAYS = {
    "digits": (value(Bcd(2)), "1234", {"v": 1234}),
    "digits, lowest first": (value(Scaled(Bcd(3, big=False), per_unit=100)), "563412", {"v": 1234.56}),
    "sign and magnitude": (value(Magnitude(2)), "8005", {"v": -5}),
    "sign and magnitude, lowest first": (value(Magnitude(3, big=False)), "050080", {"v": -5}),
    "five bytes": (value(BytesInteger(5, signed=True, swapped=True)), "feffffffff", {"v": -2}),
    "seven bytes": (value(BytesInteger(7)), "1fffffffffffff", {"v": 2**53 - 1}),
    "eight bytes": (value(Int64sb), "ffffffffffffff9c", {"v": -100}),
    "half a float": (value(Float16b), "c500", {"v": -5}),
    "a float": (value(Float32b), "3dcccccd", {"v": 0.10000000149011612}),
    "a double": (value(Scaled(Float64l, step=2)), "000000000000e03f", {"v": 1}),
    "a float, rounded": (value(Scaled(Float32b, decimals=2)), "3dcccccd", {"v": 0.1}),
    "no reading": (value(Missing(Scaled(Int16sb, per_unit=10), 0x7FFF, -1)), "7fff", {"v": None}),
    "a reading": (value(Missing(Scaled(Int16sb, per_unit=10), 0x7FFF, -1)), "fff6", {"v": -1}),
    "no reading of a float": (value(Missing(Scaled(Float32b), math.nan)), "7fc00000", {"v": None}),
    "flags": (value(FlagSet(Int16ul, {9: "b", 0: "a"})), "0102", {"v": ["a", "b"]}),
    "text": (value(Ascii(4)), "41420000", {"v": "AB"}),
    "text to the end": (value(Ascii(pad=" ")), "414243", {"v": "ABC"}),
    "digits to the end": (value(HexText()), "00ff", {"v": "00ff"}),
    "a time": (value(UnixTime(Int32ub)), "65930a85", {"v": "2024-01-01T18:55:01.000Z"}),
    "a time of GPS": (value(UnixTime(Int32ub, epoch=315_964_800)), "00000001", {"v": "1980-01-06T00:00:01.000Z"}),
    "half seconds": (value(UnixTime(Int32ub, per_unit=2)), "00000003", {"v": "1970-01-01T00:00:01.500Z"}),
    "bits from the top": (
        Struct(Bits(Int16ub, "a" / Bit(0, 4), "b" / Bit(4, 12, signed=True), msb=True)),
        "8fff",
        {"a": 8, "b": -1},
    ),
    "a word of eleven bytes": (
        Struct(Bits(BytesInteger(11, swapped=True), "a" / Bit(0, 27, signed=True), "b" / Flag(Bit(87)))),
        "ffffff0700000000000080",
        {"a": -1, "b": True},
    ),
    "sign and magnitude in bits": (
        Struct(Bits(Int8ub, "a" / Bit(0, 4, magnitude=True), written=0xA0)),
        "ad",
        {"a": -5},
    ),
    "a mask": (Groups(Int8ub, {0: "a" / Int8ub, 7: Struct("b" / Int8ub, "c" / Int8ub)}), "800102", {"b": 1, "c": 2}),
    "a mask of nothing": (Groups(Int8ub, {0: "a" / Int8ub}), "00", {}),
    "a count before": (value(Repeat(Int8sb, count=Int8ub)), "02ff01", {"v": [-1, 1]}),
    "a count by name": (Struct("n" / Int8ub, "v" / Repeat(Int8ub, count="n")), "020304", {"n": 2, "v": [3, 4]}),
    "a length": (Struct(Sized(Int8ub, value(HexText())), "w" / Int8ub), "02aabb07", {"v": "aabb", "w": 7}),
    "a case of a flag": (
        Struct(Bits(Int8ub, "on" / Flag(Bit(0))), Case("on", {True: Struct("a" / Int8ub), False: Pass})),
        "0107",
        {"on": True, "a": 7},
    ),
    "a case without members": (
        Struct(Bits(Int8ub, "on" / Flag(Bit(0))), Case("on", {True: Struct("a" / Int8ub), False: Pass})),
        "00",
        {"on": False},
    ),
    "a sum": (Checked(value(Int16ub), Int8ub, "sum"), "01ff00", {"v": 511}),
    "an exclusive or": (Checked(value(Int16ub), Int8ub, "xor"), "01fffe", {"v": 511}),
    "channels": (
        Channels({0x67: "t" / Scaled(Int16sb, per_unit=10), 0x71: "a" / Struct("x" / Int8sb)}),
        "0367011005670000057103",
        {"t_3": 27.2, "t_5": 0, "a_5": {"x": 3}},
    ),
    "bytes without a value": (Struct(Const(b"\x01"), "v" / Int8ub, Padding(2)), "01050000", {"v": 5}),
}


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_an_item_is_read_and_written(name):
    layout, hexadecimal, data = BOTH_WAYS[name]
    assert json.dumps(read(layout, hexadecimal)) == json.dumps(data)
    assert written(layout, data) == hexadecimal


UNREAD = {
    "no digit": (value(Bcd(2)), "1a00", "v (byte 0): expected decimal digits, got 0x1a00"),
    "too wide": (value(Int64ub), "0020000000000000", "v (byte 0): expected a number of at most 53 bits, got 900719925"),
    "infinite": (value(Float16b), "7c00", "v (byte 0): expected a finite number, got inf"),
    "an unknown bit": (value(FlagSet(Int8ub, {0: "a"})), "03", "v (byte 0): expected no bits but 0x01, got 3"),
    "no text": (value(Ascii(2)), "4107", "v (byte 0): expected printable ASCII, got '4107'"),
    "an unknown group": (
        Groups(Int8ub, {0: "a" / Int8ub}),
        "0200",
        "payload (byte 0): expected no bits but 0x01, got 0x2",
    ),
    "a group cut short": (Groups(Int8ub, {0: "a" / Int16ub}), "0100", "a (byte 1): expected 2 bytes, got 1"),
    "too many": (
        value(Repeat(Int8ub, maximum=2, count=Int8ub)),
        "03010203",
        "v (byte 0): expected items, 0 to 2 of them, got 3",
    ),
    "fewer than told": (value(Repeat(Int8ub, count=Int8ub)), "0301", "v[1] (byte 2): expected 1 byte, got 0"),
    "shorter than told": (Sized(Int8ub, value(Int8ub)), "0301", "payload (byte 1): expected 3 bytes, got 1"),
    "longer than needed": (
        Sized(Int8ub, value(Int8ub)),
        "020102",
        "payload (byte 2): expected the end, got 1 more byte ('02')",
    ),
    "a wrong checksum": (
        Checked(value(Int8ub), Int16ub, Crc(16, 0x1021)),
        "010000",
        "payload (byte 1): expected the checksum of the bytes before, got 0x0",
    ),
    "no checksum": (Checked(value(Int8ub), Int16ub, "sum"), "01", "payload (byte 0): expected 2 bytes, got 1"),
    "more before a checksum": (
        Checked(value(Int8ub), Int8ub, "sum"),
        "010203",
        "payload (byte 1): expected the end, got 1 more byte ('02')",
    ),
    "an unknown type": (
        Channels({0x67: "t" / Int8ub}),
        "0168",
        "payload (byte 1): expected a type of 0x67, got 0x68",
    ),
    "a value of a channel cut short": (
        Channels({0x71: "a" / Struct("x" / Int8ub, "y" / Int8ub)}),
        "037101",
        "a_3.y (byte 3): expected 1 byte, got 0",
    ),
    "other bytes": (
        Struct(Const(b"\x01\x02"), "v" / Int8ub),
        "010305",
        "payload (byte 0): expected 0x0102, got 0x0103",
    ),
    "a bit field at the top": (
        Struct(Bits(Int16ub, "a" / Choice(Bit(0, 4), {1: "x"}), msb=True)),
        "2000",
        "a (byte 0, bit 4): expected one of 1 (x), got 2",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_does_not_fit_says_where(name):
    layout, hexadecimal, sentence = UNREAD[name]
    assert unread(layout, hexadecimal).startswith(sentence)


UNWRITTEN = {
    "digits beyond": (value(Bcd(1)), {"v": 100}, "v: expected a number from 0 to 99, got 100"),
    "beyond 53 bits": (value(Int64ub), {"v": 2**53}, "v: expected a number from 0 to 9007199254740991, got"),
    "no half float": (value(Float16b), {"v": 65520}, "v: expected a number that 16 bits of float hold, got 65520"),
    "a marker": (
        value(Missing(Scaled(Int8ub, per_unit=10), 255)),
        {"v": 25.5},
        "v: expected a value that is not written as no reading, got 25.5",
    ),
    "no list of flags": (
        value(FlagSet(Int8ub, {0: "a", 1: "b"})),
        {"v": "a"},
        "v: expected a list of 'a', 'b', each at",
    ),
    "a flag twice": (
        value(FlagSet(Int8ub, {0: "a"})),
        {"v": ["a", "a"]},
        "v: expected a list of 'a', each at most once",
    ),
    "a text too long": (value(Ascii(2)), {"v": "abc"}, "v: expected printable ASCII of at most 2 characters"),
    "no time": (value(UnixTime(Int32ub)), {"v": "2023-02-30T00:00:00Z"}, "v: expected a time such as 2026-01-02T03"),
    "a time beyond": (value(UnixTime(Int32ub)), {"v": "2107-01-01T00:00:00Z"}, "v: expected a time from 1970-01-01T00"),
    "part of a group": (
        Groups(Int8ub, {0: Struct("a" / Int8ub, "b" / Int8ub)}),
        {"a": 1},
        "b: expected a value, got no such member",
    ),
    "another number of items": (
        Struct("n" / Int8ub, "v" / Repeat(Int8ub, count="n")),
        {"n": 2, "v": [1]},
        "v: expected as many items as n says, got 1",
    ),
    "too long for its length": (
        Struct(Sized(Int8ub, value(HexText()))),
        {"v": "00" * 256},
        "data: expected at most 255 bytes, got 256",
    ),
    "no channel": (Channels({1: "t" / Int8ub}), {"t_256": 1}, "t_256: expected one of t_<channel>, got an unknown"),
    "no channel but its name": (Channels({1: "t" / Int8ub}), {"t_<channel>": 1}, "t_<channel>: expected one of t_<ch"),
    "a number for a flag": (
        Struct("on" / Flag(Int8ub), Case("on", {True: Struct("a" / Int8ub), False: Pass})),
        {"on": 1, "a": 5},
        "a: expected one of on, got an unknown member",
    ),
    "values of another variant": (
        Variants(Variant(Struct("k" / Int8ub), at=0, value=1), Variant(Struct("raw" / HexText()))),
        {"raw": "01"},
        "data: expected values that are read by the layout that writes them, got 0x01",
    ),
    "rounded out of range": (
        value(Scaled(Int8ub, per_unit=10, maximum=0.05)),
        {"v": 0.05},
        "v: expected at most 0.05, got 0.05",
    ),
}


@pytest.mark.parametrize("name", UNWRITTEN)
def test_what_cannot_be_written_says_why(name):
    layout, data, sentence = UNWRITTEN[name]
    assert unwritten(layout, data).startswith(sentence)


NO_DECLARATION = {
    "a checksum inside": (Struct("x" / Checked(value(Int8ub), Int8ub, "sum")), "expected a checksum around a whole"),
    "another algorithm": (Checked(value(Int8ub), Int8ub, "md5"), "expected a Crc, 'sum' or 'xor', got 'md5'"),
    "a narrow checksum": (Checked(value(Int8ub), Int8ub, Crc(16, 0x1021)), "expected a Crc as wide as its 8 bits"),
    "a signed mask": (Groups(Int8sb, {0: "a" / Int8ub}), "expected an unsigned whole number that tells what follows"),
    "a bit beyond the mask": (Groups(Int8ub, {8: "a" / Int8ub}), "expected bits from 0 to 7, got 8"),
    "a group without members": (Groups(Int8ub, {0: Padding(1)}), "expected a group with members, got none for bit 0"),
    "flags with one name": (value(FlagSet(Int8ub, {0: "a", 1: "a"})), "expected a name of its own for each bit"),
    "a marker beyond": (value(Missing(Scaled(Int8ub), 256)), "expected markers from 0 to 255, got 256"),
    "inexact counts": (value(Scaled(Int64ub, step=3)), "expected counts that stay exact, below 2**53"),
    "an inexact offset": (value(Scaled(Int64ub, offset=5)), "expected counts that stay exact, below 2**53"),
    "items of no bytes": (value(Repeat(Struct())), "expected items that take at least one byte"),
    "items that take the rest": (
        value(Repeat(Struct("x" / HexText()), minimum=1)),
        "expected items that take at least",
    ),
    "a count of nothing": (value(Repeat(Int8ub, count="n")), "expected a whole number named n before the items"),
    "an unknown operand": (
        value(Computed(this.a + 1)),
        "expected a number named a before it; the members there are none",
    ),
    "a later operand": (Struct("v" / Computed(this.a + 1), "a" / Int8ub), "expected a number named a before it"),
    "an index outside": (value(Computed(this._index + 1)), "expected this._index inside a list, got it outside"),
    "a name of other letters": (Struct("a b" / Int8ub), "expected a name of letters, digits and _, got 'a b'"),
    "a variant that never comes": (
        Variants(
            Variant(value(Int8ub), at=0, mask=0x0F, value=1),
            Variant(value(Int8ub), at=0, mask=0xFF, value=0x21),
            Variant(value(HexText())),
        ),
        "expected variants that can come, got 0x21 after one that takes all of it",
    ),
    "a name that objects have": (Struct("toString" / Int8ub), "expected a name that objects of JavaScript"),
    "a bit outside a word": (value(Flag(Bit(3))), "expected a Bit inside Bits(word, ...), which reads the word"),
    "a choice of nothing": (value(Choice(Int8ub, {0: None})), "expected text, numbers, true or false, got None"),
    "a choice of a list": (value(Choice(Int8ub, {0: math.inf})), "expected text, numbers, true or false, got inf"),
    "a choice by a fraction": (value(Choice(Int8ub, {0.5: "a"})), "expected whole numbers and what they stand for"),
    "a choice that means no reading": (
        value(Missing(Choice(Int8ub, {0: "a"}), 0)),
        "expected choices that can be",
    ),
    "an infinite bound": (value(Scaled(Float32b, maximum=math.inf)), "expected bounds that are finite"),
    "a bound that no float holds": (value(Scaled(Float16b, maximum=1e6)), "expected a bound that the raw field"),
    "a marker that no float holds": (
        value(Missing(Scaled(Float32b), 0.1)),
        "expected a marker that the raw",
    ),
    "no reading of no reading": (value(Missing(Missing(Scaled(Int8ub), 1), 2)), "expected a field over a number"),
    "a factor of many digits": (value(Scaled(Int8ub, per_unit=10**400)), "expected a number as per_unit, got"),
    "a bound of text": (value(Scaled(Int8ub, minimum="0")), "expected a number as minimum, got '0'"),
    "too many decimals": (value(Scaled(Int8ub, decimals=16)), "expected a number of decimals from 0 to 15, got 16"),
    "a unit that is no text": (value(Scaled(Int8ub, unit=5)), "expected text of one line as its unit, got 5"),
    "a unit of two lines": (value(Scaled(Int8ub, unit="a\nb")), "expected text of one line as its unit, got 'a"),
    "a name of two lines": (value(Choice(Int8ub, {0: "a\nb"})), "expected names of one line, got 'a"),
    "a version without parts": (value(Version(Int8ub)), "expected at least one part, in base 10 or 16"),
    "flags without names": (value(FlagSet(Int8ub, {})), "expected at least one bit with a name, got none"),
    "a flag that cannot be 1": (
        Struct(Bits(Int8ub, "a" / Flag(Bit(0, 1, signed=True)))),
        "expected a raw field",
    ),
    "bits beyond their word": (
        Struct(Bits(Int8ub, "a" / Bit(0), written=256)),
        "expected 8 bits to write",
    ),
    "a literal that JSON has not": (
        Variants(Variant(Literal(b"1", {"a": b""}))),
        "expected data that JSON has",
    ),
    "padding with a pattern": (Struct("a" / Int8ub, Padding(1, pattern=b"x")), "expected padding of zeros, got b'x'"),
    "a number for a layout": (Int8ub, "expected a Struct or another layout of named members, got FormatField"),
    "a time in a signed number": (value(UnixTime(Int16sb)), "expected an unsigned whole number as the raw field"),
    "a time of too many bits": (value(UnixTime(Int64ub)), "expected a raw field of at most 43 bits"),
    "a float as a choice": (value(Choice(Float32b, {0: "a"})), "expected a whole number as the raw field"),
    "a marker that is written nowhere": (value(Marker(Pass, written=1)), "expected nothing to write into no bytes"),
    "a marker without a number": (value(Marker(Int8ub)), "expected a number to write from 0 to 255, got None"),
    "a name for a constant": (value(Const(b"\x01")), "expected no name for bytes without a value, got one"),
    "fields after text without end": (Struct("a" / HexText(), "b" / Int8ub), "expected nothing after a layout that"),
}


@pytest.mark.parametrize("name", NO_DECLARATION)
def test_a_declaration_that_cannot_be_is_refused(name):
    layout, sentence = NO_DECLARATION[name]
    with pytest.raises(ContentError) as caught:
        codec_of(layout)
    assert caught.value.message.partition(": ")[2].startswith(sentence)
    assert caught.value.path.startswith("uplink[1]")


def test_an_expression_of_other_operators_is_refused():
    for expression in (this.a % 2, this.a**0.5, this.a**9, this._.a, this.a // 2, "a", len):
        with pytest.raises(ContentError, match="expected"):
            Computed(expression)


def test_a_downlink_knows_no_reception():
    layout = Struct("age" / Int8ub, "at" / Ago(this.age))
    with pytest.raises(ContentError, match="expected no time before reception in a downlink"):
        Codec(name="test/ago", downlink={1: layout})


# ---- checksums ----


@pytest.mark.parametrize(
    ("crc", "check"),
    [
        (Crc(8, 0x07), 0xF4),
        (Crc(8, 0x31, reflected=True), 0xA1),
        (Crc(16, 0x1021, 0xFFFF), 0x29B1),
        (Crc(16, 0x1021), 0x31C3),
        (Crc(16, 0x8005, 0xFFFF, reflected=True), 0x4B37),
        (Crc(16, 0x1021, 0xFFFF, reflected=True, xor_out=0xFFFF), 0x906E),
        (Crc(32, 0x04C11DB7, 0xFFFFFFFF, reflected=True, xor_out=0xFFFFFFFF), 0xCBF43926),
        (Crc(32, 0x04C11DB7, 0xFFFFFFFF), 0x0376E6E7),
    ],
)
def test_a_crc_gives_the_check_value_of_the_catalogues(crc, check):
    """Source: G. Cook, Catalogue of parametrised CRC algorithms, the check values of CRC-8/SMBUS, CRC-8/MAXIM-DOW,
    CRC-16/IBM-3740, CRC-16/XMODEM, CRC-16/MODBUS, CRC-16/IBM-SDLC, CRC-32/ISO-HDLC and CRC-32/MPEG-2.
    """
    assert checksum(crc, b"123456789", crc.width) == check


# ---- properties ----


def numbers(data):
    """Every number in some data."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else []
    return [data] if isinstance(data, int | float) else [number for each in inner for number in numbers(each)]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_a_random_declaration_reads_what_it_wrote(seed):
    random = Random(seed)  # noqa: S311 - a declaration from a seed, nothing secret
    codec = Declarations(random).draw()
    for layout in [*codec.uplink.values(), *codec.downlink.values()]:
        sampler = Sampler(layout)
        for _ in range(5):
            frame = write(layout, sampler.draw(random))
            again = parsed(layout, frame, None)
            assert write(layout, again) == frame
            assert json.dumps(parsed(layout, frame, None)) == json.dumps(again)
            assert not any(number == 0 and math.copysign(1, number) < 0 for number in numbers(again))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.binary(max_size=40))
def test_any_bytes_are_data_or_a_named_error(seed, frame):
    codec = Declarations(Random(seed)).draw()  # noqa: S311 - as above
    for layout in codec.uplink.values():
        outcome = outcome_of(layout, frame)
        if isinstance(outcome, DecodeError):
            assert 0 <= outcome.offset <= len(frame)
            assert f"byte {outcome.offset}" in outcome.message
        else:
            assert json.loads(json.dumps(outcome, allow_nan=False)) == outcome


def outcome_of(layout, frame):
    try:
        return parsed(layout, frame, 0)
    except DecodeError as error:
        return error


@settings(deadline=None)
@given(st.floats(-1000, 1000), st.sampled_from([1, 3, 10, 100, 0.1, 7.5]), st.sampled_from([0, -40, 0.5, 273.15]))
def test_what_is_encoded_comes_back_within_half_a_count(number, per_unit, offset):
    layout = codec_of(value(Scaled(Int32ub, per_unit=per_unit, offset=offset - 5000))).uplink[1]
    found = parsed(layout, write(layout, {"v": number}))["v"]
    assert abs(found - number) <= 0.5 / per_unit + 1e-9


def test_a_literal_and_items_that_come_often():
    layout = Variants(
        Variant(Literal(b"\x00\x00", {"idle": True})),
        Variant(Tlv(Int8ub, {1: "a" / Many(Int8ub), 2: "b" / Struct("c" / Int8ub, Tail("d" / Int8ub))}, maximum=3)),
    )
    assert read(layout, "0000") == {"idle": True}
    assert read(layout, "010501060203") == {"a": [5, 6], "b": {"c": 3}}
    assert written(layout, {"a": [5, 6], "b": {"c": 3, "d": 4}}) == "01050106020304"
