"""Columns: row by row what a single message gives, from any kind of payloads; and no row raises."""

import sys
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from construct import Int8sb, Int8ub, Int16sb, Int16ub, Padding, Struct
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.codecs import Channels, Choice, Codec, Flag, FlagSet, HexText, Missing, Repeat, Scaled
from octavo.codecs.samples import Sampler
from octavo.codecs.tree import walk
from octavo.errors import ContentError, Error

from .small_layouts import RECEIVED, SHIPPED, SMALL, any_codec, by_construct, layouts_of, near, same

each_codec = pytest.mark.parametrize("name", [*SMALL, *SHIPPED])
MANY = 9  # alike rows, enough to be read together

CLIMATE = Codec(
    name="test/climate",
    uplink={
        2: Struct(
            "kind" / Choice(Int8ub, {1: "live", 2: "old"}),
            "temperature" / Scaled(Int16sb, per_unit=100, maximum=85),
            "inner" / Struct("count" / Scaled(Int8sb)),
            Padding(1),
        )
    },
)
FRAMES = [bytes([1 + row % 2, row % 30, row % 251, row % 256, 0]) for row in range(500)]
MATRIX = np.frombuffer(b"".join(FRAMES), np.uint8).reshape(len(FRAMES), 5)


def check(codec, direction, port, frames):
    """Every row as construct reads it; gives the columns."""
    layouts = layouts_of(codec, direction)
    found = codec.decode_columns(frames, port, recv_times=[RECEIVED] * len(frames), downlink=direction == "downlink")
    for frame, row, error in zip(frames, found.to_dicts(), found.errors, strict=True):
        data, wanted = by_construct(layouts[port], frame)
        assert error == wanted
        assert same(row, data)
    return found


@each_codec
def test_frames_read_together(name):
    codec, frames = any_codec(name)
    for direction, port, frame in frames:
        assert check(codec, direction, port, [frame] * MANY).vectorised


@each_codec
def test_frames_of_all_kinds_and_lengths_at_once(name):
    codec, frames = any_codec(name)
    for direction, port in {frame[:2] for frame in frames}:
        own = [frame for *side, frame in frames if tuple(side) == (direction, port)]
        cut = [frame[:end] for frame in own for end in range(min(len(frame), 12))]
        check(codec, direction, port, (own + cut) * MANY)


@each_codec
@settings(max_examples=20)
@given(st.data())
def test_frames_that_nearly_fit(name, data):
    codec, frames = any_codec(name)
    drawn = data.draw(st.lists(near(frames), min_size=1, max_size=5))
    times = data.draw(st.sampled_from([1, MANY]))
    for direction, port in {frame[:2] for frame in drawn}:
        own = [frame for *side, frame in drawn if tuple(side) == (direction, port)]
        check(codec, direction, port, data.draw(st.permutations(own * times)))


@each_codec
@settings(max_examples=20)
@given(st.data())
def test_rows_that_differ_in_one_byte(name, data):
    """What they share stays one part, so that ranges, markers and names are checked side by side."""
    codec, frames = any_codec(name)
    direction, port, frame = data.draw(st.sampled_from([each for each in frames if each[2]] or frames))
    at = data.draw(st.integers(0, max(len(frame) - 1, 0)))
    values = data.draw(st.lists(st.binary(min_size=1, max_size=1), min_size=1, max_size=40))
    check(codec, direction, port, [frame[:at] + value + frame[at + 1 :] for value in values])


def test_types_and_names_of_columns():
    found = CLIMATE.decode_columns(MATRIX)
    assert list(found.columns) == ["kind", "temperature", "inner.count"]
    assert [array.dtype.kind for array in found.columns.values()] == ["O", "f", "i"]
    assert found.columns["temperature"].dtype == np.float64
    assert found.columns["inner.count"].dtype == np.int64
    assert found.valid["kind"].all()
    assert found.vectorised
    assert not found.note
    assert len(found) == len(FRAMES)


def test_a_flag_is_a_truth():
    codec, frames = any_codec("choices")
    assert codec.decode_columns([frame for _, _, frame in frames]).columns["alarm"].dtype == bool


@pytest.mark.parametrize(
    "payloads",
    [
        FRAMES,
        tuple(FRAMES),
        iter(FRAMES),
        [bytearray(frame) for frame in FRAMES],
        [memoryview(frame) for frame in FRAMES],
        MATRIX,
        np.asfortranarray(MATRIX),
        np.repeat(MATRIX, 2, axis=0)[::2],
        np.repeat(MATRIX, 2, axis=1)[:, ::2],
        pa.array(FRAMES, pa.binary()),
        pa.array(FRAMES, pa.large_binary()),
        pa.array(FRAMES, pa.binary(5)),
        pa.array([b"before!", *FRAMES, b"after"], pa.binary())[1:-1],
        pa.array([b"12345", *FRAMES, b"67890"], pa.binary(5))[1:-1],
        pa.chunked_array([FRAMES[:7], [], FRAMES[7:]], pa.binary()),
    ],
    ids=lambda payloads: type(payloads).__name__,
)
def test_kinds_of_payloads(payloads):
    found = CLIMATE.decode_columns(payloads)
    assert found.vectorised
    wanted = [by_construct(CLIMATE.uplink[2], frame)[0] for frame in FRAMES]
    assert all(map(same, found.to_dicts(), wanted))


def test_views_of_wider_items():
    wide = memoryview(np.frombuffer(FRAMES[0] + FRAMES[0] + FRAMES[0] + FRAMES[0], np.uint32))
    codec = Codec(name="test/bytes", uplink={1: Struct("all" / HexText())})
    assert codec.decode_columns([wide, b"\x01"]).to_dicts() == [{"all": FRAMES[0].hex() * 4}, {"all": "01"}]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary(5), None])
@pytest.mark.parametrize("cut", [slice(None), slice(1, -1)])
def test_rows_without_a_payload(kind, cut):
    given = [None, *FRAMES[:20], None, *FRAMES[20:30], None]
    found = CLIMATE.decode_columns(pa.array(given, kind)[cut] if kind else given[cut])
    rows = found.to_dicts()
    for frame, row, error in zip(given[cut], rows, found.errors, strict=True):
        assert error == (None if frame else "payload: expected bytes")
        assert same(row, by_construct(CLIMATE.uplink[2], frame)[0] if frame else None)


def test_items_that_are_no_bytes_are_errors():
    found = CLIMATE.decode_columns([FRAMES[0], "0102", 5])
    assert found.errors.tolist() == [None, "payload: expected bytes", "payload: expected bytes"]


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        np.empty((0, 5), np.uint8),
        pa.array([], pa.binary()),
        pa.array([], pa.binary(5)),
        pa.chunked_array([], pa.binary()),
    ],
    ids=["list", "array", "Arrow", "Arrow of fixed size", "no chunks"],
)
def test_no_payloads(payloads):
    found = CLIMATE.decode_columns(payloads)
    assert len(found) == 0
    assert list(found.columns) == ["kind", "temperature", "inner.count"]
    assert found.columns["temperature"].dtype == np.float64
    assert found.to_dicts() == found.errors.tolist() == []
    assert found.to_arrow().num_rows == 0


def test_empty_payloads():
    found = CLIMATE.decode_columns(np.empty((MANY, 0), np.uint8))
    assert set(found.errors) == {"kind (byte 0): expected 1 byte"}


@pytest.mark.parametrize(
    "payloads", [b"abc", "abc", 5, np.zeros((3, 3)), np.zeros(3, np.uint8), pa.array([1]), pa.table({})]
)
def test_what_is_no_row_of_payloads(payloads):
    with pytest.raises(Error, match="payloads: expected") as caught:
        CLIMATE.decode_columns(payloads)
    assert caught.value.name == "input"


def test_a_bad_row_is_an_error_among_good_ones():
    frames = [*FRAMES[:20], b"\x03\x00\x00\x00\x00", b"\x01\x7f\xff\x00\x00", b"\x01", FRAMES[0] + b"!"]
    found = CLIMATE.decode_columns(frames)
    assert found.errors.tolist()[20:] == [
        "kind (byte 0): expected one of 1 (live), 2 (old)",
        "temperature (byte 1): expected at most 85",
        "temperature (byte 1): expected 2 bytes",
        "payload (byte 5): expected the end",
    ]
    assert found.valid["temperature"].tolist() == [True] * 20 + [False] * 4
    assert np.isnan(found.columns["temperature"][20:]).all()
    assert found.columns["kind"][20:].tolist() == [None] * 4
    assert not found.vectorised
    assert "read one by one" in found.note


def test_ports():
    codec, _ = any_codec("truvami/tag-l")
    frames = [frame for direction, port, frame in any_codec("truvami/tag-l")[1] if direction == "uplink"]
    ports = [port for direction, port, _ in any_codec("truvami/tag-l")[1] if direction == "uplink"]
    found = codec.decode_columns(frames * MANY + [b"\x00"], np.array(ports * MANY + [99]))
    wanted = [by_construct(codec.uplink[port], frame)[0] for frame, port in zip(frames, ports, strict=True)] * MANY
    assert all(map(same, found.to_dicts(), [*wanted, None]))
    assert found.errors[-1].startswith("expected port 3, 4, 5")


@pytest.mark.parametrize("f_port", [None, 256, -1, "2", 1.5, [2], [[2, 2], [2]], True])
def test_ports_that_are_none(f_port):
    codec = any_codec("truvami/tag-l")[0]
    with pytest.raises(Error, match="f_port: expected"):
        codec.decode_columns([b"\x00", b"\x01"], f_port)


def test_times():
    codec, frames = any_codec("computed")
    payloads = [frames[2][2]] * 4
    moment = datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    texts = codec.decode_columns(payloads, recv_times=[RECEIVED, moment, RECEIVED, "yesterday"])
    assert texts.columns["time"].tolist() == [RECEIVED] * 3 + [None]
    assert texts.errors[3].startswith("recv_time: expected a time")
    array = codec.decode_columns(payloads, recv_times=np.array([RECEIVED[:-1]] * 4, "datetime64[ms]"))
    assert array.columns["time"].tolist() == [RECEIVED] * 4
    now = datetime.fromisoformat(codec.decode_columns(payloads).columns["time"][0])
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)
    with pytest.raises(Error, match="recv_times: expected one for each"):
        codec.decode_columns(payloads, recv_times=[None])


@each_codec
def test_arrow_has_the_same_values(name):
    codec, frames = any_codec(name)
    for direction, port in {frame[:2] for frame in frames}:
        own = [frame for *side, frame in frames if tuple(side) == (direction, port)] * MANY
        found = codec.decode_columns([*own, b""], port, downlink=direction == "downlink")
        table = found.to_arrow()
        for column, array in found.columns.items():
            valid = found.valid[column]
            assert table[column].null_count == len(own) + 1 - valid.sum()
            if array.dtype != object:
                assert table[column].drop_null().to_pylist() == array[valid].tolist()


def test_values_of_several_kinds_in_arrow():
    codec, frames = any_codec("choices")
    table = codec.decode_columns([frame for _, _, frame in frames]).to_arrow()
    assert table["mode"].to_pylist() == ["off", "auto", "on"]
    assert table["level"].to_pylist() == [0, 2.5, 0]
    assert table["events"].to_pylist() == [[], ["tilt", "shock"], ["shock"]]


def test_rows_share_no_list():
    codec, frames = any_codec("choices")
    first, second = codec.decode_columns([frames[1][2]] * MANY).to_dicts()[:2]
    first["events"].append("mine")
    assert second["events"] == ["tilt", "shock"]


def test_without_pyarrow(monkeypatch):
    found = CLIMATE.decode_columns(FRAMES)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ContentError, match=r'pip install "octavo\[columns\]"'):
        found.to_arrow()


def test_without_numpy(monkeypatch):
    monkeypatch.setattr("octavo.codecs.columns.find_spec", lambda _: None)
    with pytest.raises(ContentError, match=r'pip install "octavo\[columns\]"'):
        CLIMATE.decode_columns(FRAMES)


@pytest.mark.parametrize("size", [1, 2, 3, 70_000])
def test_blocks_and_single_rows(size):
    codec = Codec(name="test/one", uplink={1: Struct("a" / Scaled(Int16ub, maximum=65_000), "b" / Scaled(Int8ub))})
    matrix = np.arange(size * 3, dtype=np.uint32).astype(np.uint8).reshape(size, 3)
    found = codec.decode_columns(matrix)
    counts = matrix[:, 0].astype(np.int64) * 256 + matrix[:, 1]
    assert (found.valid["a"] == (counts <= 65_000)).all()
    assert (found.columns["a"][found.valid["a"]] == counts[found.valid["a"]]).all()
    assert (found.columns["b"][found.valid["b"]] == matrix[found.valid["b"], 2]).all()


HISTORY = Struct(
    "kind" / Choice(Int8ub, {1: "a", 2: "b"}),
    "level" / Choice(Int8ub, {0: 0, 1: 2.5}),
    "flags" / FlagSet(Int8ub, {0: "x"}),
    "history" / Repeat(Struct("t" / Missing(Scaled(Int8sb, per_unit=2), 127), "n" / Int8ub, "on" / Flag(Int8ub))),
)


def test_tables_of_several_batches_have_one_schema():
    codec = Codec(name="test/arrow", uplink={1: HISTORY})
    batches = (["01 00 00 0a 01 01"] * 9, ["02 01 01 0b 02 00", "01 00 00"], ["01 00 00 7f 01 01"], ["ff"], [])
    tables = [codec.decode_columns([bytes.fromhex(row) for row in batch]).to_arrow() for batch in batches]
    assert len({table.schema for table in tables}) == 1
    together = pa.concat_tables(tables)
    assert together.column("history").to_pylist()[9:12] == [
        [{"t": 5.5, "n": 2, "on": False}],
        [],
        [{"t": None, "n": 1, "on": True}],
    ]
    assert together.column("flags").to_pylist()[8:10] == [[], ["x"]]
    assert together.column("level").to_pylist()[8:10] == [0, 2.5]


@pytest.mark.parametrize("identifier", SHIPPED)
def test_a_shipped_codec_has_the_same_schema_for_nothing_and_for_anything(identifier):
    codec, _ = any_codec(identifier)
    dynamic = any(isinstance(each, Channels) for layout in codec.uplink.values() for each in walk(layout))
    random = Random(3)  # noqa: S311 - the same frames in every run, nothing secret
    for f_port, layout in codec.uplink.items():
        sampler = Sampler(layout)
        frames = [sampler.written(random)[1] for _ in range(60)]
        schemas = {codec.decode_columns(rows, f_port).to_arrow().schema for rows in (frames[:5], frames, [])}
        assert len(schemas) == 1 or dynamic, [str(schema) for schema in schemas]
