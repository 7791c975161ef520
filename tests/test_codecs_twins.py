"""Devices that are shipped twice, as a declaration and as a formatter: both say the same of every frame.

The two forms were written apart: the formatter by hand, in the language and by the rules of its network.
"""

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from octavo.codecs import CayenneLpp, Crc, load_codec
from octavo.codecs.checksums import checksum
from octavo.devices import load
from octavo.errors import EncodeError, Error

pytestmark = pytest.mark.usefixtures("warm_pool")

ROOT = Path(__file__).parents[1]
TWINS = sorted(
    f"{path.parent.name}/{path.stem}"
    for path in (ROOT / "codecs").glob("*/*.py")
    if (ROOT / "formatters" / path.parent.name / f"{path.stem}.js").exists()
)
FRAMES = 1500
ENOUGH = 100
LONGEST = 24

each_twin = pytest.mark.parametrize("identifier", TWINS)


@cache
def given(identifier, member):
    """The frames of the examples of both forms, with their ports."""
    vendor, device = identifier.split("/")
    files = [ROOT / form / vendor / f"{device}.yaml" for form in ("codecs", "formatters")]
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    rows = [row for document in documents for row in document.get(member, {"examples": []})["examples"]]
    plain = [row for row in rows if "variables" not in row["input"]]
    return [(bytes(row["input"]["bytes"]), row["input"]["fPort"]) for row in plain]


def changed(frame, random):
    """A frame with up to three other bytes."""
    content = bytearray(frame)
    for at in random.sample(range(len(content)), k=min(random.randint(1, 3), len(content))):
        content[at] = random.randrange(256)
    return bytes(content)


def stirred(frames, random):
    """Frames with other bytes, put together, cut short, or drawn; on the ports of the examples."""
    for _ in range(FRAMES):
        frame, f_port = random.choice(frames)
        other, _ = random.choice(frames)
        drawn = random.randbytes(random.randrange(LONGEST))
        others = [frame + other, frame[: len(drawn)], frame[:2] + drawn, drawn]
        yield random.choice([changed(frame, random)] * 4 + others), f_port


def frames_of(identifier, member="uplinkDecoder"):
    examples = given(identifier, member)
    random = Random(identifier)  # noqa: S311 - the same frames in every run, nothing secret
    return examples + list(stirred(examples, random))


def is_refusal(outcome):
    """An error; the formatters of some networks can report one only as data."""
    return isinstance(outcome, Error) or set(outcome.data) == {"error"}


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def compare(frames, declared, scripted):
    """How many frames both take; each is taken by both or by none, and gives the same data."""
    taken = 0
    for frame, one, other in zip(frames, declared, scripted, strict=True):
        assert is_refusal(one) == is_refusal(other), (frame, one, other)
        if not is_refusal(one):
            taken += 1
            assert same(one.data, other.data), (frame, one.data, other.data)
    return taken


@each_twin
def test_both_forms_read_every_uplink_alike(identifier):
    frames = frames_of(identifier)
    with load(f"codecs:{identifier}") as codec, load(f"formatters:{identifier}") as formatter:
        taken = compare(frames, codec.decode_uplinks(frames), formatter.decode_uplinks(frames))
    assert ENOUGH < taken < len(frames) - ENOUGH


def written(codec, frames):
    """What a declaration reads in frames, with the frame that it makes of that.

    Two items of one frame may say what no single one can (a reading, then that there is no sensor): left out.
    """
    for (_, f_port), one in zip(frames, codec.decode_uplinks(frames), strict=True):
        if not is_refusal(one):
            with suppress(EncodeError):
                yield one.data, (codec.encode_uplink(one.data, f_port), f_port)


@each_twin
def test_what_a_declaration_writes_both_forms_read_alike(identifier):
    vendor, device = identifier.split("/")
    codec = load_codec(ROOT / "codecs" / vendor / f"{device}.py", identifier)
    frames = [frame for frame in frames_of(identifier) if frame[1] in codec.uplink]
    data, again = zip(*written(codec, frames), strict=True)
    assert len(again) > ENOUGH
    with load(f"formatters:{identifier}") as formatter:
        for one, other in zip(data, formatter.decode_uplinks(again), strict=True):
            assert same(one, other.data)


@pytest.mark.parametrize("identifier", ["netvox/r718a", "decentlab/dl-trs12"])
def test_the_normalized_measurements_of_both_forms_are_the_same(identifier):
    """Where a frame measures nothing, a normalizer gives no measurement and a declaration none at all."""
    frames = frames_of(identifier)
    measured = 0
    with load(f"codecs:{identifier}") as codec, load(f"formatters:{identifier}") as formatter:
        both = zip(codec.decode_uplinks(frames), formatter.decode_uplinks(frames), strict=True)
        for one, other in both:
            if not is_refusal(one):
                assert (one.normalized or []) == (other.normalized or [])
                measured += bool(one.normalized)
    assert measured > ENOUGH


# ---- Cayenne LPP, which octavo reads without a declaration too ----

LPP = "mydevices/cayennelpp"


def items(random):
    """Rows of items of the declared types, some with a byte too many or too few."""
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 101: 2, 102: 1, 103: 2, 104: 1, 113: 6, 115: 2, 134: 6, 136: 9}
    for _ in range(FRAMES):
        kinds = random.choices(list(sizes), k=random.randrange(6))
        row = b"".join(bytes([random.randrange(256), kind]) + random.randbytes(sizes[kind]) for kind in kinds)
        yield random.choice([row, row, row + random.randbytes(1), row[:-1], changed(row, random)]), 1


def test_declared_cayenne_lpp_reads_as_the_things_stack_does():
    frames = list(items(Random(LPP)))  # noqa: S311 - the same frames in every run, nothing secret
    with load(f"codecs:{LPP}") as codec:
        declared = list(codec.decode_uplinks(frames))
    taken = compare(frames, declared, CayenneLpp().decode_uplinks(frames))
    assert ENOUGH < taken < len(frames) - ENOUGH


# ---- downlinks ----

BOTH_WAYS = ["netvox/r718a", "dragino/lht65"]


@pytest.mark.parametrize("identifier", BOTH_WAYS)
def test_a_downlink_that_the_formatter_takes_the_declaration_reads_alike(identifier):
    """Not the other way round: a formatter may compare two members, a declaration cannot."""
    frames = frames_of(identifier, "downlinkDecoder")
    taken = 0
    with load(f"codecs:{identifier}") as codec, load(f"formatters:{identifier}") as formatter:
        both = zip(codec.decode_downlinks(frames), formatter.decode_downlinks(frames), strict=True)
        for one, other in both:
            if not is_refusal(other):
                taken += 1
                assert same(one.data, other.data)
    assert taken > ENOUGH


def with_crc(frames):
    """The same frames, the last two bytes of each a CRC-16/MODBUS of those before."""
    for frame, f_port in frames:
        content = frame[:-2]
        yield content + checksum(Crc(16, 0x8005, 0xFFFF, reflected=True), content, 16).to_bytes(2, "big"), f_port


SEALED = {"decentlab/dl-trs12": with_crc}
ALIKE = ["mclimate/16ads", "decentlab/dl-trs12"]


def downlinks_of(identifier):
    """Frames of downlinks, with their checksums where there are any."""
    frames = frames_of(identifier, "downlinkDecoder")
    return frames + list(SEALED[identifier](frames)) if identifier in SEALED else frames


@pytest.mark.parametrize("identifier", ALIKE)
def test_both_forms_read_every_downlink_alike(identifier):
    frames = downlinks_of(identifier)
    with load(f"codecs:{identifier}") as codec, load(f"formatters:{identifier}") as formatter:
        taken = compare(frames, codec.decode_downlinks(frames), formatter.decode_downlinks(frames))
    assert ENOUGH < taken < len(frames) - ENOUGH


@pytest.mark.parametrize("identifier", ALIKE)
def test_both_forms_write_the_downlinks_that_they_read_alike(identifier):
    frames = downlinks_of(identifier)
    with load(f"codecs:{identifier}") as codec, load(f"formatters:{identifier}") as formatter:
        read = [(one.data, 0) for one in codec.decode_downlinks(frames) if not is_refusal(one)]
        both = zip(codec.encode_downlinks(read), formatter.encode_downlinks(read), strict=True)
        for one, other in both:
            assert (one.frm_payload, one.f_port) == (other.frm_payload, other.f_port)
    assert len(read) > ENOUGH
