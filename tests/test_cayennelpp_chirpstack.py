"""CayenneLPP as ChirpStack reads and writes it: the network's cases, and what must hold for all."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import octavo
from octavo.codecs import FLAVOURS, CayenneLpp
from octavo.errors import EncodeError, NotFoundError, OutputError
from octavo.messages import Decoded, Encoded

CASES = json.loads((Path(__file__).parent / "cases" / "chirpstack-v4-cayennelpp.json").read_text(encoding="utf-8"))
LPP = CayenneLpp(FLAVOURS["chirpstack"])
QUANTITIES = FLAVOURS["chirpstack"].quantities


def run(case):
    given = case["input"]
    if case["op"] == "decodeUplink":
        return LPP.decode_uplink(bytes(given["bytes"])).data
    return list(LPP.encode_downlink(given["object"]).frm_payload)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES if "ok" in case["expect"]])
def test_the_networks_cases_come_out(case):
    expected = case["expect"]["ok"]
    assert run(case) == (expected if case["op"] == "decodeUplink" else expected["bytes"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES if "error" in case["expect"]])
def test_the_networks_cases_fail(case):
    family = OutputError if case["op"] == "decodeUplink" else EncodeError
    with pytest.raises(family) as caught:
        run(case)
    assert case["expect"].get("message_contains", "expected a channel") in caught.value.message


def test_every_case_is_run():
    assert {case["op"] for case in CASES} == {"decodeUplink", "encodeDownlink"}
    assert len(CASES) == 17


def test_downlinks_are_the_same_typed_items():
    frm_payload = bytes.fromhex("0367011009")
    assert LPP.decode_downlink(frm_payload).data == LPP.decode_uplink(frm_payload).data
    assert LPP.encode_uplink({"temperatureSensor": {"3": 27.2}}).hex() == "03670110"


def test_groups_and_channels_are_in_order():
    data = LPP.decode_uplink(bytes.fromhex("0a66010367011002660101000a")).data
    assert json.dumps(data) == json.dumps(
        {"digitalInput": {"1": 10}, "presenceSensor": {"2": 1, "10": 1}, "temperatureSensor": {"3": 27.2}}
    )


@pytest.mark.parametrize(("payload", "offset"), [("036700100463", 5), ("0367", 2), ("01710001", 4), ("0188000001", 5)])
def test_an_error_has_its_byte(payload, offset):
    with pytest.raises(OutputError) as caught:
        LPP.decode_uplink(bytes.fromhex(payload))
    assert (caught.value.name, caught.value.offset, caught.value.code) == ("output", offset, None)


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ({"temperatureSensor": {"1": -5000}}, "01678000"),
        ({"barometer": {"1": -0.5}}, "01730000"),
        ({"barometer": {"1": 1e300}}, "0173ffff"),
        ({"genericSensor": {"1": 10**5000}}, "0164ffffffff"),
        ({"humiditySensor": {"1": 400}}, "0168ff"),
        ({"analogInput": {"1": -1.999}}, "0102ff39"),
        ({"gyrometer": {"1": {"x": 400, "y": -400, "z": 0}}}, "01867fff80000000"),
        ({"gpsLocation": {"1": {"latitude": 1000, "longitude": -1000, "altitude": 1e9}}}, "0188989680676980ffffff"),
        ({"gpsLocation": {"1": {"latitude": 4.8885, "longitude": 0, "altitude": 0}}}, "018800bef4000000000000"),
    ],
)
def test_values_are_cut_and_kept_in_range(data, payload):
    assert LPP.encode_downlink(data).frm_payload.hex() == payload


@pytest.mark.parametrize("name", ["+7", "007", "+0000007"])
def test_a_channel_is_parsed_as_the_network_does(name):
    assert LPP.encode_downlink({"switch": {name: 1}}).frm_payload.hex() == "078e01"


@pytest.mark.parametrize("name", ["", "+", "-0", "-1", "256", "1.0", " 1", "0x1", "٣", "9" * 5000])
def test_what_is_no_channel_is_named(name):
    with pytest.raises(EncodeError, match="expected a channel from 0 to 255") as caught:
        LPP.encode_downlink({"switch": {name: 1}})
    assert caught.value.path == f"switch.{name}"


def test_of_one_channel_written_twice_the_later_text_counts():
    assert LPP.encode_downlink({"switch": {"7": 2, "07": 1}}).frm_payload.hex() == "078e02"


@pytest.mark.parametrize(
    ("data", "payload", "named"),
    [
        ({"switch": 1, "power": {"1": 2}}, "01800002", "switch"),
        ({"switch": {"1": True}}, "", "switch.1"),
        ({"switch": {"1": math.nan}}, "", "switch.1"),
        ({"accelerometer": {"1": 5}}, "0171000000000000", "accelerometer.1.x, accelerometer.1.y, accelerometer.1.z"),
        ({"gpsLocation": {"1": 5}}, "", "gpsLocation.1"),
        ({"color": {"1": {"r": "ff", "g": 2, "b": None}}}, "0187000200", "color.1.r, color.1.b"),
    ],
)
def test_what_is_passed_over_is_noted(data, payload, named):
    encoded = LPP.encode_downlink(data)
    assert encoded.frm_payload.hex() == payload
    assert encoded.notes == [f"passed over: {named}; numbers by channel were expected"]


@pytest.mark.parametrize("data", [None, [], 5, "x"])
def test_data_that_is_no_object_is_named(data):
    with pytest.raises(EncodeError, match="data: expected an object"):
        LPP.encode_downlink(data)


def test_the_port_is_the_callers():
    assert LPP.encode_downlink({}, 7) == Encoded(b"", 7, elapsed_s=pytest.approx(0, abs=1))
    assert LPP.encode_downlink({}).f_port is None


def test_it_is_loaded_by_its_name():
    with octavo.load("cayennelpp:chirpstack") as device:
        assert (device.name, device.dialect) == ("cayennelpp:chirpstack", "chirpstack4")
        assert device.decode_uplink(b"\x03\x67\x01\x10").data == {"temperatureSensor": {"3": 27.2}}
    with pytest.raises(NotFoundError, match="tts, chirpstack"):
        octavo.load("cayennelpp:actility")


def test_a_message_of_the_network_chooses_the_flavour_that_nobody_named():
    device = octavo.load("cayennelpp")
    there = device.in_network("chirpstack4")
    assert (there.dialect, there.name) == ("chirpstack4", "cayennelpp")
    assert device.in_network("chirpstack4") is there
    assert there.in_network("tts") is there
    for dialect in ("tts", "ttn2", "tts-3.32", "actility"):
        assert device.in_network(dialect) is device


@pytest.mark.parametrize("name", ["tts", "chirpstack"])
def test_a_flavour_that_was_named_stays(name):
    device = octavo.load(f"cayennelpp:{name}")
    assert all(device.in_network(dialect) is device for dialect in ("tts", "ttn2", "chirpstack4"))


def plain_fields(quantity):
    return [field.subcon if field.name else field for field in quantity.fields]


def frame_of(number, counts):
    sizes = [field.sizeof() for field in QUANTITIES[number].fields]
    parts = [(count & (1 << 8 * size) - 1).to_bytes(size, "big") for count, size in zip(counts, sizes, strict=True)]
    return bytes([9, number]) + b"".join(parts)


@pytest.mark.parametrize("number", QUANTITIES)
def test_the_ends_of_every_type_decode(number):
    quantity = QUANTITIES[number]
    for position in (0, 1):
        counts = [field.counts[position] for field in plain_fields(quantity)]
        values = [field.value_of(count) for count, field in zip(counts, plain_fields(quantity), strict=True)]
        names = [field.name for field in quantity.fields]
        value = values[0] if len(values) == 1 else dict(zip(names, values, strict=True))
        assert LPP.decode_uplink(frame_of(number, counts)).data == {quantity.key: {"9": value}}


@settings(deadline=None)
@given(st.data())
def test_a_value_is_written_as_its_count_or_the_next_one_to_zero(data):
    number = data.draw(st.sampled_from(list(QUANTITIES)))
    fields = plain_fields(QUANTITIES[number])
    counts = [data.draw(st.integers(*field.counts)) for field in fields]
    values = [field.value_of(count) for count, field in zip(counts, fields, strict=True)]
    nearer = [count - (count > 0) + (count < 0) for count in counts]
    frame = LPP.encode_item(number, 9, values)
    offset = 2
    for field, *wanted in zip(fields, counts, nearer, strict=True):
        written = field.subcon.parse(frame[offset : offset + field.sizeof()])
        assert written in wanted
        offset += field.sizeof()


def whole(quantity):
    """Whole numbers that every field of a quantity holds: a cut after the multiplication gives them back."""
    ranges = []
    for named, field in zip(quantity.fields, plain_fields(quantity), strict=True):
        least, most = (math.trunc(count / field.per_unit) for count in field.counts)
        ranges.append((named.name, st.integers(least, most)))
    return ranges[0][1] if len(ranges) == 1 else st.fixed_dictionaries(dict(ranges))


objects = st.fixed_dictionaries(
    {},
    optional={
        quantity.key: st.dictionaries(st.integers(0, 255).map(str), whole(quantity), min_size=1, max_size=3)
        for quantity in QUANTITIES.values()
    },
)


@settings(deadline=None)
@given(objects)
def test_data_comes_back(data):
    assert LPP.decode_downlink(LPP.encode_downlink(data).frm_payload).data == data


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_data_or_an_error(frm_payload):
    (outcome,) = LPP.decode_uplinks([(frm_payload,)])
    assert isinstance(outcome, Decoded | OutputError)
    if isinstance(outcome, Decoded):
        json.dumps(outcome.data, allow_nan=False)
        assert isinstance(LPP.encode_downlink(outcome.data).frm_payload, bytes)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from([quantity.key for quantity in QUANTITIES.values()]) | st.text(max_size=5)
channels = st.from_regex(r"[+-]?[0-9]{0,4}", fullmatch=True)
values = json_values | st.dictionaries(st.sampled_from(["x", "y", "z", "r", "g", "b"]), json_values)


@settings(deadline=None)
@given(st.dictionaries(keys, json_values | st.dictionaries(channels, values, max_size=3), max_size=4) | json_values)
def test_any_data_is_bytes_or_an_error(data):
    (outcome,) = LPP.encode_downlinks([(data, 1)])
    assert isinstance(outcome, Encoded | EncodeError)
