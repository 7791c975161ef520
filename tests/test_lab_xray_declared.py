"""The x-ray of a declaration's JavaScript equals the declaration: bits, width, sign, order and scale of every field.

Differences are of four kinds, each shown to be so: a bit that only decides (its flip is an error, or makes another set
of fields, in the declaration itself), bits that reading does not look at, floats whose sign of zero nobody sees, and
members that another item of the same payload takes the place of.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from construct import ConstructError, Renamed

from octavo.codecs import Bits, Computed, Marker, Missing, Scaled, UnixTime, Version, children, load_codec
from octavo.codecs._construct import FieldError
from octavo.codecs.fields import Choice, Field, Flag, FlagSet
from octavo.codecs.layout import places
from octavo.codecs.numbers import number_of, tidy
from octavo.codecs.texts import Ascii, HexText
from octavo.lab.subjects import NOON, subjects
from octavo.lab.xray import xray
from octavo.lab.xray.bits import BYTE, byte_mask, bytes_in, mask_of, ones
from octavo.lab.xray.probing import answer
from octavo.messages import unix_ms

ROOT = Path(__file__).parents[1]
CODECS = {f"{path.parent.name}/{path.stem}": path for path in sorted((ROOT / "codecs").glob("*/*.py"))}

pytestmark = pytest.mark.usefixtures("warm_pool")

FORMS = {"integer": "two's complement", "bits": "two's complement", "bcd": "decimal digits"}
KINDS = {
    Flag: {"flag"},
    FlagSet: {"flags"},
    HexText: {"hex"},
    Ascii: {"text", "choice", "other"},
    Version: {"version"},
    UnixTime: {"time"},
    Choice: {"choice", "switched", "flag", "number"},
}
"""What an x-ray may call a field: a choice of true and false is a flag, one of numbers may be a line."""


@dataclass(frozen=True)
class Shown:
    """An x-ray of a payload beside what the declaration makes of the payload, and of each flipped bit."""

    frame: object
    layout: object
    received_ms: int
    data: dict
    flips: dict

    def decides(self, place):
        """Whether, by the declaration, flipping a bit is an error or makes another set of fields."""
        return self.flips[place] is None or self.flips[place].keys() != self.data.keys()


@cache
def shipped(name):
    codec = load_codec(CODECS[name], name)
    subject = next(iter(subjects(str(CODECS[name]))))
    known = {(each.f_port, each.frm_payload): each for each in subject.uplinks()}
    found = xray(subject)
    assert found.origin == "examples"
    assert found.frames
    assert not any(frame.error for frame in found.frames)
    return [shown(codec, frame, known[frame.f_port, frame.payload]) for frame in found.frames]


def shown(codec, frame, uplink):
    timed = replace(uplink, recv_time=uplink.recv_time or NOON)
    word = int.from_bytes(frame.payload, "big")
    changed = [(word ^ 1 << place).to_bytes(frame.size, "big") for place in range(BYTE * frame.size)]
    read = [
        answer(each).values
        for each in codec.decode_uplinks([timed, *(replace(timed, frm_payload=each) for each in changed)])
    ]
    layout = codec.uplink[frame.f_port]
    return Shown(frame, layout, unix_ms(timed.recv_time), read[0], dict(enumerate(read[1:])))


def named(layout, word=None):
    """The fields of a layout by their names, each with the word whose bits it is a range of."""
    field = layout
    while isinstance(field, Renamed):
        field = field.subcon
    if layout.name:
        yield layout.name, field, word
    for child in [] if isinstance(field, Field) else children(field):
        yield from named(child, field if isinstance(field, Bits) else None)


def declared(shown):
    """The fields of a payload: path to place, field and word; of several of one path the last, which decoding keeps."""
    known = list(named(shown.layout))
    found = places(shown.layout, shown.frame.payload, shown.received_ms).found
    last = {place.path: place for place in found if place.kind == "field" and place.size}
    return {path: (place, *matching(shown, place, known)) for path, place in last.items()}


def matching(shown, place, known):
    """The declaration of a field: of those with its name, size and place in a word the one that reads the same."""
    name = place.path.rpartition(".")[2].split("[")[0]
    for other, field, word in known:
        is_it = other == name or name.startswith(f"{other}_")  # a channel's number stands behind its name
        if is_it and isinstance(field, Field) and fits(field, word, place) and reads_same(shown, place, field, word):
            return field, word
    raise AssertionError(f"{place.path}: no such field is declared")


def fits(field, word, place):
    number = number_of(field.subcon, word)
    if word:
        return (word.size, number.first, number.width) == (place.size, place.first_bit, place.width)
    return place.first_bit is None and (number is None or number.size == place.size)


def reads_same(shown, place, field, word):
    """Whether a field reads the present bytes, and those with any bit flipped, as decoding does."""
    if word:
        return True
    frame = shown.frame
    within = range(BYTE * (frame.size - place.offset - place.size), BYTE * (frame.size - place.offset))
    after = {bit: shown.flips[bit][place.path] for bit in within if not shown.decides(bit)}
    contents = {bit: flipped(frame, bit)[place.offset : place.offset + place.size] for bit in after}
    return all(read_alone(field, contents[bit]) == after[bit] for bit in after)


def read_alone(field, content):
    try:
        return tidy(field.parse(content))
    except (FieldError, ConstructError) as error:
        return error


def flipped(frame, bit):
    return (int.from_bytes(frame.payload, "big") ^ 1 << bit).to_bytes(frame.size, "big")


def bits_of(place, field, word, size):
    """The bits that a declaration reads for a field."""
    if word is None:
        mask = mask_of(
            place for byte in range(place.offset, place.offset + place.size) for place in ones(byte_mask(byte, size))
        )
        return version_bits(field, mask, place, size) if isinstance(field, Version) else mask
    return mask_of(
        place_in_word(bit, place, word.big, size) for bit in range(place.first_bit, place.first_bit + place.width)
    )


def version_bits(field, mask, place, size):
    """The bits of the numbers of a version; the others are not looked at."""
    number = number_of(field.subcon)
    inside = {bit for first, width in field.parts for bit in range(first, first + width)}
    return mask & mask_of(place_in_word(bit, place, number.big, size) for bit in inside)


def place_in_word(bit, place, is_big, size):
    byte = place.offset + (place.size - 1 - bit // BYTE if is_big else bit // BYTE)
    return BYTE * (size - 1 - byte) + bit % BYTE


def is_sign_of_zero(field, place):
    number = number_of(getattr(field, "subcon", None))
    return number is not None and number.form == "float" and place.value == 0


@pytest.mark.parametrize("name", CODECS)
def test_each_field_has_the_bits_that_are_declared(name):
    count = 0
    for shown in shipped(name):
        frame = shown.frame
        for path, (place, field, word) in declared(shown).items():
            seen = frame.by_path[path]
            wanted = bits_of(place, field, word, frame.size)
            assert seen.mask & ~wanted == 0, (frame.payload.hex(), path, "bits of others")
            assert seen.refused & ~wanted == 0 or word, (frame.payload.hex(), path, "refused bits of others")
            missing = wanted & ~seen.mask
            undecided = [bit for bit in ones(missing) if not shown.decides(bit)]
            if isinstance(field, Marker) or is_sign_of_zero(field, place):
                assert mask_of(undecided) & ~frame.dead == 0
            else:
                assert undecided == [], (frame.payload.hex(), path)
            count += 1
    assert count


@pytest.mark.parametrize("name", CODECS)
def test_bits_that_only_decide_are_told_as_such(name):
    for shown in shipped(name):
        frame = shown.frame
        told = mask_of(place for each in frame.discriminators for place in ones(each.mask))
        assert told == mask_of(place for place in range(BYTE * frame.size) if shown.decides(place))


@pytest.mark.parametrize("name", CODECS)
def test_dead_bits_have_no_effect(name):
    for shown in shipped(name):
        frame = shown.frame
        assert all(shown.flips[place] == shown.data for place in ones(frame.dead))


@pytest.mark.parametrize("name", CODECS)
def test_each_number_has_the_sign_order_and_scale_that_are_declared(name):
    for shown in shipped(name):
        frame = shown.frame
        for path, (place, field, word) in declared(shown).items():
            scaled = field.field if isinstance(field, Missing) else field
            seen = frame.by_path[path]
            if isinstance(scaled, Scaled) and seen.mask:
                check_number(scaled, word, seen, bits_of(place, field, word, frame.size), frame.size)


def check_number(field, word, seen, wanted, size):
    number = number_of(field.subcon, word)
    if number.form == "float":
        assert seen.kind == "float"
        assert seen.detail == f"float{number.width}, {'big' if number.big else 'little'}-endian"
        return
    assert seen.kind == "number", seen.path
    form = "sign and magnitude" if number.form.endswith("magnitude") else FORMS[number.form]
    is_whole = seen.mask == wanted
    assert seen.linear.form == (form if number.signed or number.form == "bcd" else "unsigned") or not is_whole
    big = word.big if word else number.big
    if len(bytes_in(seen.mask, size)) > 1:
        assert seen.linear.order == ("big" if big else "little")
    assert math.isclose(seen.linear.scale, field.step / field.per_unit, rel_tol=1e-9)
    assert math.isclose(seen.linear.offset, field.offset, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("name", CODECS)
def test_each_field_is_of_its_kind(name):
    for shown in shipped(name):
        frame = shown.frame
        for path, (_, field, _) in declared(shown).items():
            seen = frame.by_path[path]
            wanted = next((kinds for kind, kinds in KINDS.items() if isinstance(field, kind)), None)
            assert wanted is None or seen.kind in wanted or not seen.mask, (frame.payload.hex(), path, seen.kind)


@pytest.mark.parametrize("name", CODECS)
def test_what_is_not_linear_is_computed(name):
    """An x-ray knows no formula: what a declaration computes of several counts is told as what it depends on."""
    for shown in shipped(name):
        frame = shown.frame
        computed = {field_name for field_name, field, _ in named(shown.layout) if isinstance(field, Computed)}
        for seen in frame.fields:
            assert seen.kind != "other" or seen.path.rpartition(".")[2] in computed, (frame.payload.hex(), seen.path)
