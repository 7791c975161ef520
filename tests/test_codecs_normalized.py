"""Fields that name a path of the normalized vocabulary: which measurements come of them, and which are refused."""

import pytest
from construct import Int8ub, Int16sb, Struct, this

from octavo.codecs import Ago, Case, Choice, Codec, Computed, Flag, Many, Missing, Repeat, Scaled, Tlv
from octavo.errors import ContentError, DecodeError

AIR = Scaled(Int16sb, per_unit=10, unit="°C", normalized="air.temperature")
RECEIVED = "2026-01-02T03:04:05Z"


def decoded(layout, hexadecimal):
    return Codec(name="test/normalized", uplink={1: layout}).decode_uplink(
        bytes.fromhex(hexadecimal), 1, recv_time=RECEIVED
    )


def test_the_fields_of_a_frame_are_one_measurement():
    inner = Struct("humidity" / Scaled(Int8ub, normalized="air.relativeHumidity"))
    outcome = decoded(Struct("t" / AIR, "inner" / inner, "other" / Int8ub), "00f0 2a 07")
    assert outcome.normalized == [{"air": {"temperature": 24, "relativeHumidity": 42}}]
    assert outcome.normalized_warnings == []


def test_each_item_of_a_list_is_one_more():
    record = Struct("age" / Int8ub, "at" / Ago(this.age, normalized="time"), "t" / AIR)
    outcome = decoded(Struct("t" / AIR, "history" / Repeat(record)), "0001 05 000a 06 0014")
    assert outcome.normalized == [
        {"air": {"temperature": 0.1}},
        {"time": "2026-01-02T03:04:00.000Z", "air": {"temperature": 1}},
        {"time": "2026-01-02T03:03:59.000Z", "air": {"temperature": 2}},
    ]


def test_items_that_are_values_themselves():
    layout = Tlv(Int8ub, {1: "ts" / Many(AIR), 2: "plain" / Many(Int8ub)})
    assert decoded(layout, "01 000a 02 05 01 0014").normalized == [
        {"air": {"temperature": 1}},
        {"air": {"temperature": 2}},
    ]


def test_what_is_null_or_absent_is_left_out():
    cases = {"on": Struct("t" / Missing(AIR, 0x7FFF)), "off": Struct("u" / Int8ub)}
    layout = Struct("kind" / Choice(Int8ub, {0: "on", 1: "off"}), Case("kind", cases))
    assert decoded(layout, "00 000a").normalized == [{"air": {"temperature": 1}}]
    assert decoded(layout, "00 7fff").normalized is None
    assert decoded(layout, "01 05").normalized is None


def test_a_value_out_of_the_vocabularys_bounds_is_warned_of_and_left_out():
    outcome = decoded(Struct("t" / AIR), "8000")
    assert outcome.data == {"t": -3276.8}
    assert outcome.normalized is None
    assert outcome.normalized_warnings == ["measurement 1: `air.temperature` should be equal or greater than `-273.15`"]


def test_without_a_path_nothing_is_normalized():
    assert decoded(Struct("t" / Int8ub), "05").normalized is None


def test_computed_members_and_flags_have_paths_too():
    layout = Struct(
        "moved" / Flag(Int8ub, normalized="action.motion.detected"),
        "raw" / Int8ub,
        "volts" / Computed(this.raw / 10, normalized="battery"),
    )
    assert decoded(layout, "0121").normalized == [{"action": {"motion": {"detected": True}}, "battery": 3.3}]


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        (Scaled(Int8ub, normalized="air.heat"), "expected a path of the normalized vocabulary, got 'air.heat'"),
        (Scaled(Int8ub, normalized="air"), "expected a path of the normalized vocabulary, got 'air'"),
        (Flag(Int8ub, normalized="battery"), "expected values of battery that are numbers, got true or false"),
        (Scaled(Int8ub, normalized="time"), "expected values of time that are text, got numbers"),
        (
            Choice(Int8ub, {0: "inside"}, normalized="air.location"),
            "expected values of air.location from indoor, outdoor, got 'inside'",
        ),
    ],
)
def test_a_path_that_cannot_be_is_refused(field, sentence):
    with pytest.raises(ContentError) as caught:
        Codec(name="test/normalized", uplink={1: Struct("v" / field)})
    assert caught.value.message == f"uplink[1].v: {sentence}"


def test_measurements_of_a_port_that_is_not_declared():
    codec = Codec(name="test/normalized", uplink={1: Struct("t" / AIR)})
    assert codec.normalize({"t": 5}, 1) == [{"air": {"temperature": 5}}]
    with pytest.raises(DecodeError, match="expected port 1, got 2"):
        codec.normalize({"t": 5}, 2)
