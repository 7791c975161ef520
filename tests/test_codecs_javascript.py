"""The JavaScript made from the shipped declarations answers as they do, under every dialect."""

from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from octavo.codecs import load_codec
from octavo.codecs.javascript import LARGEST_SCRIPT, to_javascript
from octavo.errors import Error
from octavo.formatters.dialects import DIALECTS, dialect_table
from octavo.proof.material import spoilt

from .generated import PORTLESS, RECEIVED, differences, scripted

ROOT = Path(__file__).parents[1]
CODECS = sorted((ROOT / "codecs").glob("*/*.py"))
UNTIMED = ("tts-3.32", "ttn2", "chirpstack3")
"""Dialects that do not tell when a message came."""

each_codec = pytest.mark.parametrize("path", CODECS, ids=lambda path: f"{path.parent.name}/{path.stem}")


@cache
def shipped(path):
    return load_codec(path, f"{path.parent.name}/{path.stem}")


@cache
def frames(path, member):
    document = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    inputs = [example["input"] for example in document.get(member, {"examples": []})["examples"]]
    return [(bytes(each["bytes"]), each["fPort"]) for each in inputs]


@cache
def data(path):
    """The data of the examples of downlinks, and their ports."""
    document = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    inputs = [example["input"] for example in document.get("downlinkEncoder", {"examples": []})["examples"]]
    return [(each["data"], each.get("fPort", 0)) for each in inputs]


def varied(examples, ports, random):
    """Frames as they are, cut, longer, with other bytes, and bytes by chance."""
    yield from examples
    for frame, port in examples:
        yield from ((frame[:size], port) for size in range(len(frame)))
        yield frame + b"\x05", port
    for frame, port in [random.choice(examples or [(b"", 1)]) for _ in range(150)]:
        changed = bytearray(frame or b"\0")
        changed[random.randrange(len(changed))] = random.choice([0, 255, 128, 127, random.randrange(256)])
        yield bytes(changed), port
    for port in (*ports, 0, 7):
        yield from ((random.randbytes(random.randrange(30)), port) for _ in range(10))


def received(messages):
    return [(*message, RECEIVED) for message in messages]


def seeded():
    return Random(4)  # noqa: S311 - the same messages in every run, nothing secret


@each_codec
def test_a_script_is_small_enough_for_every_network(path):
    assert len(to_javascript(shipped(path)).encode()) < LARGEST_SCRIPT


@each_codec
@pytest.mark.usefixtures("warm_pool")
def test_both_forms_agree(path, tmp_path):
    codec, random = shipped(path), seeded()
    up = received(varied(frames(path, "uplinkDecoder"), codec.uplink, random))
    down = received(varied(frames(path, "downlinkDecoder"), codec.downlink, random))
    valid = [row.data for row in codec.decode_downlinks(down) if not isinstance(row, Error)]
    values = [*data(path), *((each, 0) for each in valid)]
    values += [(spoilt(random.choice(values)[0], random), port) for port in (0, *codec.downlink) * 60 if values]
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "decode_uplinks", up) == []
        if codec.downlink:
            assert differences(codec, formatter, "decode_downlinks", down) == []
            assert differences(codec, formatter, "encode_downlinks", values) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@each_codec
@pytest.mark.usefixtures("warm_pool")
def test_the_examples_come_out_alike_in_every_network(path, dialect, tmp_path):
    codec, operations = shipped(path), dialect_table(dialect).operations
    values = [(each, 0 if dialect in PORTLESS else port) for each, port in data(path) if each != {}]
    with scripted(codec, tmp_path, dialect) as formatter:
        if dialect not in UNTIMED or "ago(" not in to_javascript(codec):
            up = received(frames(path, "uplinkDecoder"))
            assert differences(codec, formatter, "decode_uplinks", up) == []
        if codec.downlink and "decode_downlink" in operations:
            down = received(frames(path, "downlinkDecoder"))
            assert differences(codec, formatter, "decode_downlinks", down) == []
        if codec.downlink:
            assert differences(codec, formatter, "encode_downlinks", values) == []


@each_codec
@pytest.mark.usefixtures("warm_pool")
def test_normalized_payloads_agree(path, tmp_path):
    codec = shipped(path)
    messages = received(frames(path, "uplinkDecoder"))
    with scripted(codec, tmp_path) as formatter:
        rows = list(zip(codec.decode_uplinks(messages), formatter.decode_uplinks(messages), strict=True))
    if "function normalizeUplink" in to_javascript(codec):
        for one, other in rows:
            if not isinstance(one, Error):
                assert one.normalized == other.normalized
                assert one.normalized_warnings == other.normalized_warnings
