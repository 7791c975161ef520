"""CayenneLPP as The Things Stack reads and writes it: its own library's cases, and what must hold for all."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.codecs import FLAVOURS, CayenneLpp, Scaled
from octavo.codecs.lpp_tts import split_key
from octavo.errors import EncodeError, Error, OutputError
from octavo.messages import Decoded, Encoded

CASES = json.loads((Path(__file__).parent / "cases" / "tts-cayennelpp.json").read_text(encoding="utf-8"))
LPP = CayenneLpp()
QUANTITIES = FLAVOURS["tts"].quantities


def decode(case):
    operation = {"decodeUplink": LPP.decode_uplinks, "decodeDownlink": LPP.decode_downlinks}[case["op"]]
    return next(operation([(bytes(case["input"]["bytes"]),)]))


def encode(case):
    given = case["input"]
    if case["op"] == "encodeUplinkItem":
        return LPP.encode_item(given["type"], given["channel"], given["values"])
    return LPP.encode_downlink(given["decoded_payload"]).frm_payload


def cases(*operations):
    return [pytest.param(case, id=case["name"]) for case in CASES if case["op"] in operations]


def fields(quantity):
    return [field.subcon if field.name else field for field in quantity.fields]


def ends(quantity):
    """The least and the greatest value of each field."""
    return [[field.value_of(count) for count in field.counts] for field in fields(quantity)]


@pytest.mark.parametrize("case", cases("decodeUplink", "decodeDownlink"))
def test_the_libraries_payloads_decode(case):
    outcome = decode(case)
    expected = case["expect"]
    if "ok" in expected:
        assert outcome.data == expected["ok"]
        assert not outcome.warnings
        assert outcome.normalized is None
    else:
        assert isinstance(outcome, OutputError)
        assert (outcome.name, outcome.code) == (expected["error"], expected["code"])
        assert (outcome.message, outcome.cause) == (expected["message"], expected["cause"])
        assert outcome.decoded is None


@pytest.mark.parametrize("case", cases("encodeDownlink", "encodeUplinkItem"))
def test_the_libraries_values_encode(case):
    assert list(encode(case)) == case["expect"]["ok"]["bytes"]


def test_every_case_is_run():
    known = {"decodeUplink", "decodeDownlink", "encodeDownlink", "encodeUplinkItem"}
    assert {case["op"] for case in CASES} == known
    assert len(CASES) == 43


def test_an_unknown_type_is_found_at_its_byte():
    with pytest.raises(OutputError) as caught:
        LPP.decode_uplink(bytes.fromhex("0167001003ff"))
    assert (caught.value.offset, caught.value.cause) == (5, "cayennelpp: unknown type")


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        ("0171fe58", "EOF"),
        ("0171fe5800", "unexpected EOF"),
        ("0186", "EOF"),
        ("018607fd87", "unexpected EOF"),
        ("0188", "EOF"),
        ("018807fd8700be", "unexpected EOF"),
        ("018807fd87", "unexpected EOF"),
        ("0167ff", "unexpected EOF"),
        ("0167ff6402", "unexpected EOF"),
    ],
)
def test_a_cut_value_has_the_librarys_cause(payload, cause):
    with pytest.raises(OutputError) as caught:
        LPP.decode_uplink(bytes.fromhex(payload))
    assert caught.value.cause == cause


def test_a_cut_downlink_value_has_the_librarys_cause():
    with pytest.raises(OutputError, match="unexpected EOF"):
        LPP.decode_downlink(bytes.fromhex("0100640201"))


def test_channels_are_written_ascending():
    data = {"value_10": 3, "value_2": 2, "value_1": 1, "value_255": 4}
    assert LPP.encode_downlink(data).frm_payload == bytes.fromhex("0100640200c80a012cff0190")


def test_a_channel_named_twice_is_written_twice():
    assert LPP.encode_downlink({"value_7": 1, "value_007": 2}).frm_payload.hex() == "0700640700c8"


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        5,
        "value_1",
        {"value_1": True},
        {"value_1": None},
        {"value_1": math.nan},
        {"value_1": math.inf},
        {"value_256": 1},
        {"value_": 1},
        {"_1": 1},
        {"value": 1},
        {"temperature_1": 20},
        {"value_" + "9" * 5000: 1},
        {"value_٣": 1},
    ],
)
def test_what_is_no_value_of_a_channel_is_passed_over(data):
    encoded = LPP.encode_downlink(data)
    assert (encoded.frm_payload, encoded.f_port) == (b"", None)


@pytest.mark.parametrize("value", [1e300, -1e300, 1.7e308, 2.0**62, 2**62])
def test_a_product_beyond_64_bits_is_written_as_zeros(value):
    assert LPP.encode_downlink({"value_1": value}).frm_payload == b"\x01\x00\x00"


def test_a_number_of_thousands_of_digits_is_written_as_zeros():
    assert LPP.encode_downlink({"value_1": 10**5000}).frm_payload == b"\x01\x00\x00"


def test_the_port_is_the_callers():
    assert LPP.encode_downlink({"value_1": 1}, 7).f_port == 7
    assert LPP.encode_downlink({"value_1": 1}).f_port is None


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("temperature_1", ("temperature", 1)),
        ("a_b_255", ("a_b", 255)),
        ("a_+1", ("a", 1)),
        ("a_-0", ("a", 0)),
        ("a_000000255", ("a", 255)),
        ("__1", ("_", 1)),
        ("a\nb_1", ("a\nb", 1)),
        ("a_256", None),
        ("a_-1", None),
        ("a_1 ", None),
        ("a_", None),
        ("_1", None),
        ("a1", None),
        ("", None),
        (1, None),
    ],
)
def test_a_member_is_split_at_its_last_underscore(member, expected):
    assert split_key(member) == expected


def test_it_says_what_it_is():
    assert (LPP.name, LPP.dialect) == ("cayennelpp", "tts")
    assert LPP.operations == {"decode_uplink", "decode_downlink", "encode_downlink"}


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda quantity: quantity.key)
def test_every_field_keeps_what_it_counts_in(quantity):
    for field in fields(quantity):
        assert isinstance(field, Scaled)
        assert field.counts is not None
    assert quantity.layout.sizeof() == sum(field.sizeof() for field in fields(quantity))


@pytest.mark.parametrize("number", QUANTITIES)
def test_the_ends_of_every_type_decode(number):
    quantity = QUANTITIES[number]
    for position in (0, 1):
        values = [pair[position] for pair in ends(quantity)]
        counts = [field.counts[position] for field in fields(quantity)]
        frame = bytes([9, number]) + b"".join(
            (count & (1 << 8 * field.subcon.sizeof()) - 1).to_bytes(field.subcon.sizeof(), "big")
            for count, field in zip(counts, fields(quantity), strict=True)
        )
        expected = dict(zip([f.name for f in quantity.fields], values, strict=True))
        value = values[0] if len(values) == 1 else expected
        assert LPP.decode_uplink(frame, 1).data == {f"{quantity.key}_9": value}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"speed_1": 1}, "speed_1"),
        ({"temperature": 1}, "temperature"),
        ({"temperature_1": "20"}, "temperature_1"),
        ({"temperature_1": math.nan}, "temperature_1"),
        ({"temperature_1": True}, "temperature_1"),
        ({"gps_1": 3}, "gps_1.latitude"),
        ({"gps_1": {"latitude": 1, "longitude": 2}}, "gps_1.altitude"),
    ],
)
def test_an_uplink_that_does_not_fit_is_named(data, path):
    with pytest.raises(EncodeError) as caught:
        LPP.encode_uplink(data)
    assert caught.value.path == path
    assert caught.value.message.startswith(f"{path}: expected ")


def test_uplink_channels_are_written_ascending():
    frame = LPP.encode_uplink({"temperature_3": 27.2, "presence_1": 1, "digital_in_1": 0})
    assert frame.hex() == "01000001660103670110"


exact = st.one_of(
    # values that a cut after multiplication gives back: halves and whole numbers
    st.tuples(st.just("relative_humidity"), st.integers(0, 255).map(lambda count: count / 2)),
    st.tuples(st.sampled_from(["digital_in", "digital_out", "presence"]), st.integers(0, 255)),
    st.tuples(st.just("luminosity"), st.integers(0, 65535)),
    st.tuples(st.sampled_from(["temperature", "barometric_pressure"]), st.integers(-3276, 3276)),
    st.tuples(st.sampled_from(["analog_in", "analog_out"]), st.integers(-327, 327)),
    st.tuples(st.just("accelerometer"), st.fixed_dictionaries(dict.fromkeys("xyz", st.integers(-32, 32)))),
    st.tuples(st.just("gyrometer"), st.fixed_dictionaries(dict.fromkeys("xyz", st.integers(-327, 327)))),
    st.tuples(
        st.just("gps"),
        st.fixed_dictionaries(
            {
                "latitude": st.integers(-90, 90),
                "longitude": st.integers(-180, 180),
                "altitude": st.integers(-83886, 83886),
            }
        ),
    ),
)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 255), exact))
def test_uplinks_come_back(items):
    data = {f"{key}_{channel}": value for channel, (key, value) in items.items()}
    assert LPP.decode_uplink(LPP.encode_uplink(data)).data == data


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 254), st.integers(-327, 327)))
def test_downlinks_come_back(values):
    data = {f"value_{channel}": value for channel, value in values.items()}
    assert LPP.decode_downlink(LPP.encode_downlink(data).frm_payload).data == data


@settings(deadline=None)
@given(st.binary(max_size=64), st.integers(0, 255))
def test_any_bytes_are_data_or_an_error(frm_payload, f_port):
    for outcome in (*LPP.decode_uplinks([(frm_payload, f_port)]), *LPP.decode_downlinks([(frm_payload,)])):
        assert isinstance(outcome, Decoded | OutputError)
        if isinstance(outcome, Decoded):
            json.dumps(outcome.data, allow_nan=False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{0,9}_[+-]?[0-9]{0,4}", fullmatch=True), json_values) | json_values)
def test_any_data_is_bytes_or_an_error(data):
    (outcome,) = LPP.encode_downlinks([(data, 1)])
    assert isinstance(outcome, Encoded | Error)
