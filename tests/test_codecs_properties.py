"""What holds for any bytes and any data, for every shipped declaration."""

import json
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from octavo.codecs import load_codec
from octavo.errors import CodecError, DecodeError, EncodeError
from octavo.messages import Decoded, Encoded

CODECS = Path(__file__).parents[1] / "codecs"
IDS = sorted(f"{path.parent.name}/{path.stem}" for path in CODECS.glob("*/*.py"))
RECEIVED = "2026-01-02T03:04:05Z"
NOT_WRITABLE = "unknown"  # the one declared default that stands for many numbers: truvami's state

each_codec = pytest.mark.parametrize("identifier", IDS)


@cache
def codec(identifier):
    return load_codec(CODECS / f"{identifier}.py", identifier)


@cache
def frames(identifier):
    """Frames of the examples: direction, FPort, bytes."""
    document = yaml.safe_load((CODECS / f"{identifier}.yaml").read_text(encoding="utf-8"))
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


def decode(identifier, direction, frame, f_port):
    device = codec(identifier)
    operation = device.decode_uplinks if direction == "uplink" else device.decode_downlinks
    (outcome,) = operation([(frame, f_port, RECEIVED)])
    return outcome


def encode(identifier, direction, data, f_port):
    if direction == "uplink":
        return codec(identifier).encode_uplink(data, f_port)
    return codec(identifier).encode_downlink(data, f_port).frm_payload


def check_round_trip(identifier, direction, f_port, data):
    """What is written for the data is read as the data, and reading and writing again changes nothing."""
    frame = encode(identifier, direction, data, f_port)
    again = decode(identifier, direction, frame, f_port)
    assert isinstance(again, Decoded), again
    assert again.data == data
    assert encode(identifier, direction, again.data, f_port) == frame


@each_codec
def test_every_frame_of_the_examples_comes_back(identifier):
    for direction, f_port, frame in frames(identifier):
        data = decode(identifier, direction, frame, f_port).data
        check_round_trip(identifier, direction, f_port, data)


@st.composite
def changed(draw, identifier):
    """A frame of the examples with some bytes changed, or with another frame after it."""
    direction, f_port, frame = draw(st.sampled_from(frames(identifier)))
    content = bytearray(frame)
    for _ in range(draw(st.integers(0, 3))):
        if content:
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    _, _, other = draw(st.sampled_from(frames(identifier)))
    return direction, f_port, bytes(content) + (other if draw(st.booleans()) else b"")


@each_codec
@settings(deadline=None)
@given(st.data())
def test_what_is_read_can_be_written(identifier, data):
    direction, f_port, frame = data.draw(changed(identifier))
    outcome = decode(identifier, direction, frame, f_port)
    assume(isinstance(outcome, Decoded))
    assume(NOT_WRITABLE not in outcome.data.values())
    check_round_trip(identifier, direction, f_port, outcome.data)


@each_codec
@settings(deadline=None)
@given(st.data())
def test_a_changed_frame_is_data_or_an_error(identifier, data):
    direction, f_port, frame = data.draw(changed(identifier))
    check_outcome(decode(identifier, direction, frame, f_port))


@each_codec
@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 255), st.data())
def test_any_bytes_are_data_or_an_error(identifier, frame, f_port, data):
    device = codec(identifier)
    declared = sorted(device.uplink.keys() | device.downlink.keys())
    for port in (f_port, data.draw(st.sampled_from(declared))):
        check_outcome(decode(identifier, "uplink", frame, port))
        check_outcome(decode(identifier, "downlink", frame, port))


def check_outcome(outcome):
    assert isinstance(outcome, Decoded | DecodeError)
    if isinstance(outcome, Decoded):
        assert json.loads(json.dumps(outcome.data, allow_nan=False)) == outcome.data
    else:
        assert outcome.message


@each_codec
@settings(deadline=None)
@given(st.data())
def test_every_shorter_frame_is_data_or_names_a_byte(identifier, data):
    direction, f_port, frame = data.draw(st.sampled_from(frames(identifier)))
    assume(frame)
    cut = frame[: data.draw(st.integers(0, len(frame) - 1))]
    outcome = decode(identifier, direction, cut, f_port)
    if isinstance(outcome, DecodeError):
        assert 0 <= outcome.offset <= len(cut)
        assert f"byte {outcome.offset}" in outcome.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@st.composite
def spoilt(draw, identifier):
    """Data of an example, with a member replaced, added or left out."""
    direction, f_port, frame = draw(st.sampled_from(frames(identifier)))
    data = json.loads(json.dumps(decode(identifier, direction, frame, f_port).data))
    inner = data
    while True:
        name = draw(st.sampled_from(sorted(inner) or ["x"]) | st.text(max_size=3))
        if isinstance(inner.get(name), dict) and draw(st.booleans()):
            inner = inner[name]
        elif draw(st.booleans()):
            inner[name] = draw(json_values)
            return direction, f_port, data
        else:
            inner.pop(name, None)
            return direction, f_port, data


@each_codec
@settings(deadline=None)
@given(st.data())
def test_any_data_is_bytes_or_an_error(identifier, data):
    direction, f_port, values = data.draw(spoilt(identifier))
    check_encoding(identifier, direction, values, f_port)
    check_encoding(identifier, direction, data.draw(json_values), f_port)


def check_encoding(identifier, direction, data, f_port):
    """Bytes that read as data again, or octavo's error."""
    with suppress(EncodeError):
        frame = encode(identifier, direction, data, f_port)
        assert isinstance(decode(identifier, direction, frame, f_port), Decoded)


@each_codec
@settings(deadline=None)
@given(json_values)
def test_the_choice_of_a_port_is_bytes_or_an_error(identifier, data):
    (outcome,) = codec(identifier).encode_downlinks([(data,)])
    assert isinstance(outcome, Encoded | CodecError)
