"""Layouts: which bytes belong to which member, both ways."""

import pytest
from construct import (
    Array,
    Const,
    Enum,
    FlagsEnum,
    GreedyBytes,
    GreedyRange,
    Int8sb,
    Int8ub,
    Int16ub,
    Int16ul,
    Int24ul,
    Optional,
    PaddedString,
    Padding,
    Struct,
)

from octavo.codecs import (
    Bit,
    Bits,
    Case,
    Choice,
    Codec,
    Flag,
    Literal,
    Many,
    Marker,
    Repeat,
    Scaled,
    Tail,
    Tlv,
    Variant,
    Variants,
)
from octavo.errors import DecodeError, EncodeError

PORT = 1


def codec(layout):
    return Codec(name="test/layout", uplink={PORT: layout})


def check(layout, hexadecimal, data):
    """The bytes are the data and the data is the bytes."""
    assert codec(layout).decode_uplink(bytes.fromhex(hexadecimal), PORT).data == data
    assert codec(layout).encode_uplink(data, PORT).hex() == hexadecimal


def refused_bytes(layout, hexadecimal):
    with pytest.raises(DecodeError) as caught:
        codec(layout).decode_uplink(bytes.fromhex(hexadecimal), PORT)
    return caught.value.message


def refused_data(layout, data):
    with pytest.raises(EncodeError) as caught:
        codec(layout).encode_uplink(data, PORT)
    return caught.value.message


BATTERY = (
    "voltage" / Scaled(Bit(0, 14), per_unit=1000),
    "status" / Choice(Bit(14, 2), {0: "low", 3: "good"}),
)


@pytest.mark.parametrize(("raw", "hexadecimal"), [(Int16ub, "cbf6"), (Int16ul, "f6cb")])
def test_bit_fields_follow_the_byte_order_of_their_word(raw, hexadecimal):
    check(Struct(Bits(raw, *BATTERY)), hexadecimal, {"voltage": 3.062, "status": "good"})


def test_bits_that_no_field_names_are_written_as_declared():
    layout = Struct(Bits(Int8ub, "on" / Flag(Bit(0)), written=0x40))
    assert codec(layout).decode_uplink(b"\xff", PORT).data == {"on": True}
    assert codec(layout).encode_uplink({"on": False}, PORT) == b"\x40"


def test_bit_fields_may_be_a_member_of_their_own():
    check(Struct("flags" / Bits(Int8ub, "on" / Flag(Bit(7)))), "80", {"flags": {"on": True}})


def test_a_layout_without_a_name_stands_in_the_frame():
    inner = Tlv(Int8ub, {1: "a" / Int8ub, 2: "b" / Int8ub})
    check(Struct("head" / Int8ub, inner), "0901070208", {"head": 9, "a": 7, "b": 8})


TAIL = Struct("a" / Int8ub, Tail("b" / Int16ub, "c" / Int8ub))


@pytest.mark.parametrize(
    ("hexadecimal", "data"),
    [("01", {"a": 1}), ("010203", {"a": 1, "b": 0x203}), ("01020304", {"a": 1, "b": 0x203, "c": 4})],
)
def test_a_tail_ends_where_the_payload_ends(hexadecimal, data):
    check(TAIL, hexadecimal, data)


def test_a_tail_ends_between_its_fields_only():
    assert refused_bytes(TAIL, "0102") == "b (byte 1): expected 2 bytes, got 1"
    assert refused_data(TAIL, {"a": 1, "c": 4}) == "data: expected b before c, got no such member"


def test_bytes_without_a_name_at_the_end_of_a_tail_are_not_written():
    layout = Struct("a" / Int8ub, Tail(Padding(2)))
    assert codec(layout).decode_uplink(b"\x01\x00\x00", PORT).data == {"a": 1}
    assert codec(layout).encode_uplink({"a": 1}, PORT) == b"\x01"


RECORDS = Struct("count" / Int8ub, "records" / Repeat(Struct("t" / Int8sb), minimum=1, maximum=3))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_repeated_layout_is_a_list(count):
    check(RECORDS, "00" + "ff" * count, {"count": 0, "records": [{"t": -1}] * count})


def test_a_repeated_layout_has_its_least_and_its_greatest_number():
    assert refused_bytes(RECORDS, "00") == "records[0].t (byte 1): expected 1 byte, got 0"
    assert refused_bytes(RECORDS, "0001020304") == "payload (byte 4): expected the end, got 1 more byte ('04')"
    message = "records: expected items, 1 to 3 of them, got 4"
    assert refused_data(RECORDS, {"count": 0, "records": [{"t": 0}] * 4}) == message


@pytest.mark.parametrize("value", [None, 5, {}, "ab"])
def test_a_repeated_layout_takes_a_list_only(value):
    assert refused_data(RECORDS, {"count": 0, "records": value}).startswith("records: expected a list, got ")


TABLE = Tlv(
    Int16ub,
    {
        0x0175: "battery" / Scaled(Int8ub, maximum=100),
        0x0367: "temperature" / Scaled(Int16ul, per_unit=10),
        0x20CE: "history" / Many(Struct("t" / Int8ub)),
        0xFF0B: "on" / Marker(Int8ub, written=0xFF),
    },
)


def test_items_come_in_any_order_and_are_written_in_the_order_of_the_table():
    data = {"temperature": 27.2, "battery": 92}
    assert codec(TABLE).decode_uplink(bytes.fromhex("0367100101755c"), PORT).data == data
    assert codec(TABLE).encode_uplink(data, PORT).hex() == "01755c03671001"


def test_of_an_item_that_comes_twice_the_last_stands_but_of_many():
    found = codec(TABLE).decode_uplink(bytes.fromhex("20ce0101750120ce02017502"), PORT).data
    assert found == {"history": [{"t": 1}, {"t": 2}], "battery": 2}
    assert codec(TABLE).encode_uplink(found, PORT).hex() == "01750220ce0120ce02"


def test_an_error_inside_an_item_names_it():
    assert refused_bytes(TABLE, "20ce0120ce") == "history[1].t (byte 5): expected 1 byte, got 0"
    assert refused_bytes(TABLE, "017565") == "battery (byte 2): expected at most 100, got 101"
    assert refused_data(TABLE, {"history": [{"t": 1}, {"t": 256}]}) == (
        "history[1].t: expected a number from 0 to 255, got 256"
    )
    assert refused_data(TABLE, {"history": [{"t": 1}, {}]}) == ("history[1].t: expected a value, got no such member")


def test_a_row_of_items_has_its_least_and_its_greatest_number():
    assert refused_bytes(TABLE, "") == "payload (byte 0): expected items, at least 1 of them, got 0"
    assert refused_bytes(TABLE, "01750200") == "payload (byte 3): expected 2 bytes, got 1"
    assert refused_bytes(TABLE, "0102") == (
        "payload (byte 0): expected a key of 0x0175, 0x0367, 0x20ce, 0xff0b, got 0x0102"
    )
    one = Tlv(Int8ub, {1: "a" / Int8ub, 2: "b" / Int8ub}, maximum=1)
    assert refused_data(one, {"a": 1, "b": 2}) == "data: expected exactly 1 of a, b, got 2"
    assert refused_bytes(one, "01010202").startswith("payload (byte 2): expected the end, got 2 more bytes")
    none = Tlv(Int8ub, {1: "a" / Int8ub}, minimum=0)
    check(none, "", {})


CASES = Struct(
    "kind" / Choice(Int8ub, {1: "one", 2: "two"}),
    Case("kind", {"one": Struct("a" / Int8ub), "two": Struct("b" / Int16ub, "c" / Int8ub)}),
)


@pytest.mark.parametrize(
    ("hexadecimal", "data"),
    [("0107", {"kind": "one", "a": 7}), ("02000708", {"kind": "two", "b": 7, "c": 8})],
)
def test_what_follows_depends_on_a_field_before(hexadecimal, data):
    check(CASES, hexadecimal, data)


def test_members_of_another_case_are_unknown():
    assert refused_data(CASES, {"kind": "one", "a": 7, "b": 7}) == ("b: expected one of kind, a, got an unknown member")
    assert refused_data(CASES, {"kind": "three"}) == "kind: expected one of 'one', 'two', got 'three'"
    assert refused_data(CASES, {"kind": []}) == "kind: expected one of 'one', 'two', got []"
    assert refused_data(CASES, {"a": 7}).startswith("a: expected one of kind, got an unknown member")


LIVE = Struct("value" / Int8ub, Bits(Int8ub, "on" / Flag(Bit(0))))
POLLED = Struct("values" / Repeat(Struct("v" / Int8ub, Bits(Int8ub, "on" / Flag(Bit(0)), written=0x40))))
FRAMES = Variants(
    Variant(Literal(b"\x00\x00", {"values": []})),
    Variant(POLLED, at=1, mask=0x40, value=0x40),
    Variant(LIVE, at=1, mask=0xF0, value=0),
)


@pytest.mark.parametrize(
    ("hexadecimal", "data"),
    [
        ("0000", {"values": []}),
        ("0701", {"value": 7, "on": True}),
        ("07410840", {"values": [{"v": 7, "on": True}, {"v": 8, "on": False}]}),
    ],
)
def test_variants_of_a_frame_are_told_apart_by_a_byte(hexadecimal, data):
    check(FRAMES, hexadecimal, data)


def test_a_frame_of_no_variant_says_which_byte():
    assert refused_bytes(FRAMES, "0780") == (
        "payload (byte 1): expected 0x40 under the mask 0x40 or 0x00 under the mask 0xf0, got 0x80"
    )
    assert refused_bytes(FRAMES, "07") == "payload (byte 0): expected at least 2 bytes, got 1"
    assert refused_data(FRAMES, {"value": 1}) == "on: expected a value, got no such member"
    assert refused_data(FRAMES, {"value": 256, "on": True}).startswith("value: expected a number from 0 to 255")


def test_a_literal_is_written_for_its_data_only():
    layout = Literal(b"\x01\x02", {"reset": True})
    check(layout, "0102", {"reset": True})
    assert refused_data(layout, {"reset": False}) == "data: expected {'reset': True}, got {'reset': False}"
    assert refused_bytes(layout, "0103").startswith("payload (byte 0): ")


@pytest.mark.parametrize(
    ("layout", "hexadecimal", "data"),
    [
        (Struct(Const(b"\xaa"), "a" / Int8ub), "aa01", {"a": 1}),
        (Struct("a" / Array(2, Int8ub)), "0102", {"a": [1, 2]}),
        (Struct("a" / GreedyRange(Int8ub)), "010203", {"a": [1, 2, 3]}),
        (Struct("a" / Enum(Int8ub, on=1)), "01", {"a": "on"}),
        (Struct("a" / Struct("b" / Int24ul)), "010000", {"a": {"b": 1}}),
        (Struct("a" / PaddedString(4, "ascii")), "61620000", {"a": "ab"}),
    ],
)
def test_constructs_own_layouts_give_plain_json(layout, hexadecimal, data):
    check(layout, hexadecimal, data)
    found = codec(layout).decode_uplink(bytes.fromhex(hexadecimal), PORT).data
    assert type(found) is dict
    assert {type(value) for value in found.values()} <= {int, str, list, dict}


def test_flags_of_construct_are_booleans():
    layout = Struct("a" / FlagsEnum(Int8ub, on=1, hot=2))
    assert codec(layout).decode_uplink(b"\x02", PORT).data == {"a": {"on": False, "hot": True}}


def test_an_absent_optional_field_is_null():
    layout = Struct("a" / Int8ub, "b" / Optional(Int8ub))
    assert codec(layout).decode_uplink(b"\x01", PORT).data == {"a": 1, "b": None}


def test_bytes_are_no_json():
    assert refused_bytes(Struct("a" / GreedyBytes), "01") == "a: expected a JSON value, got bytes"
