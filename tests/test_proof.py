"""The proof: that everything derived from a declaration agrees with it, and that a proof proves."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from construct import Int8sb, Int8ub, Int16sb, Int16ub, Int16ul, Struct

from octavo._shrink import shrunk, simpler_bytes, simpler_data
from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Repeat, Scaled, load_codec
from octavo.codecs.javascript import to_javascript
from octavo.formatters.dialects import DIALECTS
from octavo.proof import prove
from octavo.proof.prove import BATCH

from .declarations import Declarations

pytest.importorskip("numpy", reason="the columns need numpy, the extra `columns`")

pytestmark = pytest.mark.usefixtures("warm_pool")

CODECS = Path(__file__).parents[1] / "codecs"
IDS = sorted(f"{path.parent.name}/{path.stem}" for path in CODECS.glob("*/*.py"))
SMALL = Codec(
    name="acme/ts1",
    uplink={
        1: Struct(
            "kind" / Choice(Int8ub, {1: "live", 2: "stored"}),
            "temperature" / Scaled(Int16sb, per_unit=100, offset=-5, unit="°C", minimum=-40, maximum=85),
            Bits(Int16ul, "battery" / Scaled(Bit(2, 12), per_unit=1000), "low" / Flag(Bit(15)), "error" / Bit(0, 2)),
            "samples" / Repeat(Struct("level" / Int8sb), maximum=4),
        )
    },
    downlink={10: Struct("interval" / Scaled(Int16ub, unit="s", minimum=60))},
)
SCRIPT = to_javascript(SMALL)


@pytest.mark.parametrize("identifier", IDS)
def test_all_that_is_derived_from_a_shipped_declaration_agrees(identifier):
    codec = load_codec(CODECS / f"{identifier}.py", identifier)
    proof = prove(codec, seed=1)
    assert proof.difference is None
    assert sum(proof.inputs.values()) >= 20_000
    assert proof.sides == ("quick", "columns", *DIALECTS)
    assert all(proof.compared[dialect] >= len(proof.inputs) * BATCH for dialect in DIALECTS)
    frames = sum(count for operation, count in proof.inputs.items() if operation != "encode_downlink")
    assert proof.compared["quick"] == frames
    assert all(0.2 < proof.accepted[operation] / count < 0.9 for operation, count in proof.inputs.items())


EDITS = {
    "a shift": ("word >> 2", "word >> 3"),
    "a sign": ("signed(frame, 'temperature', 2)", "unsigned(frame, 'temperature', 2)"),
    "an offset": ("/ 100 - 5", "/ 100 - 4"),
    "a divisor": ("/ 100 - 5", "/ 10 - 5"),
    "a mask": ("0xfff", "0x7ff"),
    "an enumeration": ("'stored'", "'kept'"),
    "a comparison": ("value - floor >= 0.5", "value - floor > 0.5"),
    "an order": ("unsignedLittle(frame, 'battery', 2)", "unsigned(frame, 'battery', 2)"),
    "a missing branch": ("if (more(frame)) {", "if (false) {"),
    "an off-by-one length": ("frame.end - start < size", "frame.end - start < size - 1"),
    "a bound": ("-40, 85", "-41, 85"),
    "a number of items": ("readSamples, 0, 4)", "readSamples, 0, 5)"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_the_script_is_found(edit):
    old, new = EDITS[edit]
    assert SCRIPT.count(old) == 1
    proof = prove(SMALL, frame_count=4000, seed=1, javascript=SCRIPT.replace(old, new), dialects=("tts",))
    assert proof.difference is not None
    assert proof.difference.side == "tts"
    assert proof.difference.declared != proof.difference.got


def test_what_was_not_edited_agrees():
    proof = prove(SMALL, frame_count=4000, seed=1)
    assert proof.difference is None
    assert proof.inputs == {"decode_uplink": 2000, "decode_downlink": 1000, "encode_downlink": 1000}


def test_the_same_seed_gives_the_same_difference():
    edited = SCRIPT.replace("0xfff", "0x7ff")
    first, again = (prove(SMALL, frame_count=4000, seed=7, javascript=edited, dialects=("ttn2",)) for _ in range(2))
    assert first.difference == again.difference
    assert first.difference.f_port == 1


def test_a_difference_is_made_small():
    edited = SCRIPT.replace("0xfff", "0x7ff")
    found = prove(SMALL, frame_count=4000, seed=1, javascript=edited, dialects=("tts",)).difference
    assert found.input[5:] == b"", "samples have nothing to do with it"
    word = int.from_bytes(found.input[3:5], "little")
    assert word == 0x2000, "the one bit that the mask lost"
    assert json.loads(found.declared)["data"]["battery"] == 2.048


def test_a_script_that_never_ends_is_a_difference():
    endless = SCRIPT + "\nwhile (true) {}\n"
    found = prove(SMALL, frame_count=4, seed=1, javascript=endless, dialects=("tts",)).difference
    assert "timeout" in found.got


PARTS, EACH = 10, 20
"""Two hundred random declarations, in parts that run side by side."""


def drawn(part):
    declarations = Declarations(Random(part))  # noqa: S311 - the same declarations in every run, nothing secret
    return declarations, [declarations.draw() for _ in range(EACH)]


@pytest.mark.parametrize("part", range(PARTS))
def test_random_declarations_agree(part):
    _, codecs = drawn(part)
    for number, codec in enumerate(codecs):
        dialect = DIALECTS[(part + number) % len(DIALECTS)]
        proof = prove(codec, frame_count=500, seed=number, dialects=(dialect,))
        assert proof.difference is None, (number, proof.difference)


def test_random_declarations_meet_every_item(capsys):
    met = sum((drawn(part)[0].met for part in range(PARTS)), Counter())
    with capsys.disabled():
        print(f"\n{PARTS * EACH} declarations met {dict(met)}")  # noqa: T201 - the coverage
    assert met.keys() >= EVERY_ITEM


ITEMS = """
Struct Bits Tail Repeat Many Tlv Case Literal Variants Groups Sized Checked Channels Padded Const Pass Scaled Missing
Choice Flag FlagSet Marker HexText Ascii Version UnixTime Computed Ago integer magnitude bcd float16 float32 float64
bits bits-magnitude signed unsigned big-endian little-endian sum xor Crc word
"""
PHRASES = "count by name, count before, bits from the top, bits from the bottom, word of more than 8 bytes"
EVERY_ITEM = {*ITEMS.split(), *PHRASES.split(", ")}


# ---- shrinking ----


def test_bytes_are_made_shorter_and_smaller():
    assert shrunk(bytes(range(50)), simpler_bytes, lambda each: any(byte >= 40 for byte in each)) == bytes([40])


def test_data_is_made_smaller():
    data = {"a": [1, 2, 3.75], "b": {"c": 17.5}}
    assert shrunk(data, simpler_data, lambda each: len(each.get("a", [])) >= 2) == {"a": [0, 0]}


def test_a_member_may_be_called_as_engines_begin_an_error():
    layout = Struct("Error" / Scaled(Int8ub, maximum=10), "TypeError" / Scaled(Int8ub, maximum=10))
    assert prove(Codec(name="acme/errors", uplink={1: layout}, downlink={1: layout}), frame_count=1000).holds
