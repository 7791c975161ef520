"""The quick reader: what it reads is what construct reads, and what construct refuses it leaves to construct."""

import pytest
from construct import Byte, GreedyRange, Int8ub, Int16ub, Peek, Struct
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.codecs import Codec, Repeat, Scaled, Variant, Variants
from octavo.codecs.quick import quick_reader
from octavo.codecs.reference import parsed
from octavo.errors import DecodeError

from .small_layouts import RECEIVED_MS, SHIPPED, SMALL, any_codec, by_construct, layouts_of, near, same

EVERY = [*SMALL, *SHIPPED]
each_codec = pytest.mark.parametrize("name", EVERY)


def check(layout, frame):
    """Data alike, members in the same order; None where there is an error."""
    data, error = by_construct(layout, frame)
    found = quick_reader(layout)(frame, RECEIVED_MS)
    if error:
        assert found is None
    else:
        assert same(found, data)
        assert list(found) == list(data)


@each_codec
def test_every_layout_has_a_quick_reader(name):
    codec, _ = any_codec(name)
    layouts = [*codec.uplink.values(), *codec.downlink.values()]
    assert all(quick_reader(layout) for layout in layouts)


@each_codec
def test_every_frame_and_every_shorter_one(name):
    codec, frames = any_codec(name)
    for direction, port, frame in frames:
        for end in range(len(frame) + 1):
            check(layouts_of(codec, direction)[port], frame[:end])


@pytest.mark.parametrize("name", SMALL)
def test_the_frames_of_the_small_layouts_have_data(name):
    codec, frames = any_codec(name)
    read = [quick_reader(codec.uplink[port])(frame, RECEIVED_MS) for _, port, frame in frames]
    assert any(data is not None for data in read)


@each_codec
@settings(max_examples=40)
@given(st.data())
def test_frames_that_nearly_fit(name, data):
    codec, frames = any_codec(name)
    direction, port, frame = data.draw(near(frames))
    check(layouts_of(codec, direction)[port], frame)


def test_without_a_time_there_is_no_time_ago():
    codec, frames = any_codec("computed")
    layout = codec.uplink[1]
    assert "time" in quick_reader(layout)(frames[0][2], RECEIVED_MS)
    assert "time" not in quick_reader(layout)(frames[0][2], None)
    assert "time" not in parsed(layout, frames[0][2], None)


@pytest.mark.parametrize("layout", [Struct("a" / Peek(Int8ub)), Struct("a" / GreedyRange(Byte)), Int16ub])
def test_what_it_does_not_know_it_does_not_read(layout):
    assert quick_reader(layout) is None


def test_the_data_of_a_literal_is_its_own():
    codec, _ = any_codec("variants")
    reader = quick_reader(codec.uplink[1])
    reader(bytes(2), None)["list"].append(1)
    assert reader(bytes(2), None)["list"] == []


def test_a_codec_says_what_construct_says():
    layout = Struct("items" / Repeat(Scaled(Int16ub, maximum=5), maximum=2))
    codec = Codec(name="test/list", uplink={1: Variants(Variant(layout))})
    assert codec.decode_uplink(bytes([0, 5])).data == {"items": [5]}
    with pytest.raises(DecodeError, match=r"items\[1\] \(byte 2\): expected at most 5, got 6"):
        codec.decode_uplink(bytes([0, 5, 0, 6]))
