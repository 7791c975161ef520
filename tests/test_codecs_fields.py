"""Fields: what a count means, how it is rounded, and what each of them refuses."""

import math

import pytest
from construct import Float32b, Int8ub, Int16sb, Int16sl, Int16ub, Int24ub, Int32sl, Pass, Struct
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, HexText, Marker, Scaled, Version
from octavo.codecs.numbers import is_number, round_half_up, tidy
from octavo.errors import DecodeError, EncodeError

PORT = 1


def one(field):
    """A codec of one field, ``value``."""
    return Codec(name="test/one", uplink={PORT: Struct("value" / field)})


def read(field, hexadecimal):
    return one(field).decode_uplink(bytes.fromhex(hexadecimal), PORT).data["value"]


def write(field, value):
    return one(field).encode_uplink({"value": value}, PORT).hex()


def refusal_of_bytes(field, hexadecimal):
    with pytest.raises(DecodeError) as caught:
        read(field, hexadecimal)
    return caught.value.message


def refusal_of_value(field, value):
    with pytest.raises(EncodeError) as caught:
        write(field, value)
    assert caught.value.path == "value"
    return caught.value.message


@pytest.mark.parametrize(
    ("value", "nearest"),
    [
        # What JavaScript's Math.round gives; Python's round gives 0, 2, -2, -4 for the ties.
        (0.5, 1),
        (2.5, 3),
        (1.5, 2),
        (-0.5, 0),
        (-1.5, -1),
        (-2.5, -2),
        (-3.5, -3),
        (-2.51, -3),
        (0.49999999999999994, 0),
        (-0.49999999999999994, 0),
        (4503599627370495.5, 4503599627370496),
        (7.0, 7),
    ],
)
def test_ties_are_rounded_as_javascript_rounds_them(value, nearest):
    assert round_half_up(value) == nearest


@settings(deadline=None)
@given(st.integers(-(1 << 52), 1 << 52))
def test_whole_numbers_stay_where_they_are(number):
    assert round_half_up(float(number)) == number


@pytest.mark.parametrize("value", [1.0, -3.0, 0.0, -0.0, 2.0**53 - 1])
def test_a_whole_float_prints_as_javascript_prints_it(value):
    assert isinstance(tidy(value), int)
    assert tidy(value) == value


def test_a_whole_float_that_is_not_exact_stays_one():
    assert isinstance(tidy(1e20), float)


def test_what_a_number_is():
    assert all(map(is_number, (0, -1, 1.5, 10**400)))
    assert not any(map(is_number, (True, math.nan, math.inf, "1", None, [1])))


@pytest.mark.parametrize(
    ("field", "hexadecimal", "value"),
    [
        (Scaled(Int16sl, per_unit=10), "3401", 30.8),
        (Scaled(Int16sl, per_unit=10), "9cff", -10),
        (Scaled(Int16sb, per_unit=100), "8000", -327.68),
        (Scaled(Int8ub, per_unit=2), "5b", 45.5),
        (Scaled(Int8ub), "ff", 255),
        (Scaled(Int8ub, offset=-40), "00", -40),
        (Scaled(Int8ub, per_unit=10, offset=0.5), "03", 0.8),
        (Scaled(Int16ub, step=10), "00c8", 2000),
        (Scaled(Int16ub, step=100, per_unit=1000), "0001", 0.1),
        (Scaled(Int32sl, per_unit=1_000_000), "ffffff7f", 2147.483647),
        (Scaled(Int24ub, per_unit=10_000), "07fd87", 52.3655),
    ],
)
def test_a_count_is_read_and_written(field, hexadecimal, value):
    assert read(field, hexadecimal) == value
    assert write(field, value) == hexadecimal


@settings(deadline=None)
@given(st.integers(-(1 << 15), (1 << 15) - 1), st.sampled_from([1, 2, 10, 100, 1000, 1024]))
@example(3, 10)  # 0.3 is 3 / 10; 3 * 0.1 is 0.30000000000000004
def test_a_value_is_the_quotient(count, per_unit):
    field = Scaled(Int16sb, per_unit=per_unit)
    hexadecimal = count.to_bytes(2, "big", signed=True).hex()
    assert read(field, hexadecimal) == count / per_unit
    assert write(field, count / per_unit) == hexadecimal


@settings(deadline=None)
@given(st.integers(-(1 << 15), (1 << 15) - 1), st.sampled_from([2, 10, 100]), st.floats(-100, 100))
def test_every_count_comes_back_with_an_offset(count, per_unit, offset):
    field = Scaled(Int16sb, per_unit=per_unit, offset=offset)
    assert field.write(field.read(count)) == count


def test_whole_numbers_stay_exact_where_a_unit_is_one_count():
    field = Scaled(Int32sl)
    assert isinstance(field.read(7), int)
    assert isinstance(field.write(7), int)


@pytest.mark.parametrize(("value", "hexadecimal"), [(0.25, "0003"), (0.24, "0002"), (-0.25, "fffe"), (-0.26, "fffd")])
def test_a_value_between_two_counts_is_rounded(value, hexadecimal):
    assert write(Scaled(Int16sb, per_unit=10), value) == hexadecimal


def test_a_range_holds_in_both_directions():
    field = Scaled(Int8ub, per_unit=2, unit="%RH", maximum=100, minimum=1)
    assert read(field, "c8") == 100
    assert refusal_of_bytes(field, "c9") == "value (byte 0): expected at most 100 %RH, got 100.5"
    assert refusal_of_bytes(field, "01") == "value (byte 0): expected at least 1 %RH, got 0.5"
    assert refusal_of_value(field, 100.5) == "value: expected at most 100 %RH, got 100.5"
    assert refusal_of_value(field, 0) == "value: expected at least 1 %RH, got 0"


def test_a_value_that_the_bytes_do_not_hold_is_refused():
    field = Scaled(Int8ub, per_unit=2)
    assert refusal_of_value(field, 128) == "value: expected a number from 0 to 127.5, got 128"
    assert refusal_of_value(field, -1) == "value: expected a number from 0 to 127.5, got -1"
    upside_down = Scaled(Int8ub, per_unit=-2)
    assert refusal_of_value(upside_down, 1) == "value: expected a number from -127.5 to 0, got 1"


@pytest.mark.parametrize("value", ["1", None, True, math.nan, -math.inf, [], {}])
def test_what_is_no_number_is_refused(value):
    assert refusal_of_value(Scaled(Int8ub), value).startswith("value: expected a number, got ")


def test_a_count_may_be_a_float():
    field = Scaled(Float32b, unit="m")
    assert read(field, "3fc00000") == 1.5
    assert write(field, 1.5) == "3fc00000"


@pytest.mark.parametrize(("hexadecimal", "shown"), [("7fc00000", "nan"), ("ff800000", "-inf")])
def test_a_float_that_json_has_no_form_for_is_refused(hexadecimal, shown):
    assert refusal_of_bytes(Float32b, hexadecimal) == f"value (byte 0): expected a finite number, got {shown}"


def test_a_field_keeps_what_it_was_declared_with():
    field = Scaled(Int16sl, per_unit=10, step=2, offset=-1, unit="°C", minimum=-40, maximum=85)
    assert (field.per_unit, field.step, field.offset, field.unit) == (10, 2, -1, "°C")
    assert (field.minimum, field.maximum, field.counts) == (-40, 85, (-32768, 32767))
    assert Choice(Int8ub, {1: "on"}, default="off").names == {1: "on"}


def test_a_choice():
    field = Choice(Int8ub, {0: "off", 2: "on"})
    assert read(field, "02") == "on"
    assert write(field, "off") == "00"
    assert refusal_of_bytes(field, "01") == "value (byte 0): expected one of 0 (off), 2 (on), got 1"
    assert refusal_of_value(field, "ON") == "value: expected one of 'off', 'on', got 'ON'"


@pytest.mark.parametrize("value", [2, True, None, [], {}, 0.0])
def test_a_choice_takes_its_values_only(value):
    assert refusal_of_value(Choice(Int8ub, {0: "off"}), value).startswith("value: expected one of 'off', got ")


@pytest.mark.parametrize(("value", "hexadecimal"), [(False, "00"), (True, "ff")])
def test_the_values_of_a_choice_may_be_any_json(value, hexadecimal):
    field = Choice(Int8ub, {0x00: False, 0xFF: True})
    assert read(field, hexadecimal) is value
    assert write(field, value) == hexadecimal
    assert refusal_of_value(field, int(value)).endswith(f"got {int(value)}")


def test_a_choice_with_a_default_takes_every_number():
    field = Choice(Int8ub, {1: "moving", 2: "steady"}, default="unknown")
    assert [read(field, number) for number in ("00", "01", "ff")] == ["unknown", "moving", "unknown"]
    assert refusal_of_value(field, "unknown") == "value: expected one of 'moving', 'steady', got 'unknown'"


def test_a_flag():
    assert [read(Flag(Int8ub), number) for number in ("00", "01", "80")] == [False, True, True]
    assert [read(Flag(Int8ub, inverted=True), number) for number in ("00", "80")] == [True, False]
    assert (write(Flag(Int8ub), value=True), write(Flag(Int8ub, inverted=True), value=True)) == ("01", "00")
    assert refusal_of_value(Flag(Int8ub), 1) == "value: expected true or false, got 1"


def test_a_marker():
    assert [read(Marker(Int8ub, written=0xFF), number) for number in ("00", "ff")] == [True, True]
    assert write(Marker(Int8ub, written=0xFF), value=True) == "ff"
    assert write(Marker(Pass), value=True) == ""
    assert refusal_of_value(Marker(Pass), value=False) == "value: expected true, got False"


def test_hex_text():
    assert read(HexText(3), "00abFF") == "00abff"
    assert write(HexText(3), "00abff") == "00abff"


@pytest.mark.parametrize("value", ["00abf", "00abff0", "00ABFF", "00abfg", "00 bff", "", 1, None])
def test_hex_text_has_its_length_and_its_digits(value):
    assert refusal_of_value(HexText(3), value).startswith("value: expected 6 lower-case hex digits, got ")


@pytest.mark.parametrize(
    ("field", "hexadecimal", "value"),
    [
        (Version(Int16ub, (8, 8), (4, 4), base=16), "0140", "1.4"),
        (Version(Int16ub, (8, 8), (0, 8), base=16), "0a14", "a.14"),
        (Version(Int24ub, (16, 8), (8, 8), (0, 8)), "010ec8", "1.14.200"),
    ],
)
def test_a_version(field, hexadecimal, value):
    assert read(field, hexadecimal) == value
    assert write(field, value) == hexadecimal


def test_bits_that_no_part_of_a_version_names_are_written_0():
    field = Version(Int16ub, (8, 8), (4, 4), base=16)
    assert read(field, "014f") == "1.4"
    assert write(field, "1.4") == "0140"


@pytest.mark.parametrize("value", ["1", "1.2.3", "1.256", "1.-1", "1.a", "01.2", "1. 2", "", 1.2, None])
def test_a_version_has_its_parts(value):
    field = Version(Int16ub, (8, 8), (0, 8))
    assert refusal_of_value(field, value).startswith("value: expected a version of 2 parts, got ")


@settings(deadline=None)
@given(st.integers(0, 15), st.integers(1, 16), st.booleans(), st.data())
def test_a_range_of_bits_comes_back(first, width, signed, data):
    width = min(width, 16 - first)
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    number = data.draw(st.integers(low, high))
    codec = one(Bits(Int16ub, "bits" / Bit(first, width, signed=signed)))
    frm_payload = codec.encode_uplink({"value": {"bits": number}}, PORT)
    assert int.from_bytes(frm_payload, "big") & ~(((1 << width) - 1) << first) == 0
    assert codec.decode_uplink(frm_payload, PORT).data == {"value": {"bits": number}}


@pytest.mark.parametrize("value", [8, -1, 7.5, "1"])
def test_a_range_of_bits_holds_what_it_holds(value):
    codec = one(Bits(Int8ub, "bits" / Bit(0, 3)))
    with pytest.raises(EncodeError, match=r"value\.bits: expected a number( from 0 to 7)?, got") as caught:
        codec.encode_uplink({"value": {"bits": value}}, PORT)
    assert caught.value.path == "value.bits"
