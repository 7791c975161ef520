"""Pictures of declarations, and where the fields of real payloads lie."""

import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from construct import Array, Int8ub, Int16ub, Renamed, Struct
from hypothesis import given
from hypothesis import strategies as st

from octavo.codecs import Bit, Bits, Case, Choice, Codec, Flag, Scaled, load_codec
from octavo.codecs.layout import places, to_svg, to_text
from octavo.codecs.layout.measure import width_of, wrapped
from octavo.codecs.layout.palette import FILLS
from octavo.codecs.layout.svg import EDGE, WIDTH
from octavo.errors import ContentError, DecodeError

from .pictured import FRAMES, PROBE, VOCABULARY

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases" / "layout"
CODECS = {f"{path.parent.name}/{path.stem}": path for path in sorted((ROOT / "codecs").glob("*/*.py"))}
RECEIVED, RECEIVED_MS = "2026-01-02T03:04:05Z", 1_767_323_045_000

each_codec = pytest.mark.parametrize("name", CODECS)
SVG = "{http://www.w3.org/2000/svg}"


def shipped(name):
    return load_codec(CODECS[name], name)


# ---- pictures that were looked at ----

DRAWN = {
    "probe.txt": lambda: to_text(PROBE),
    "probe-narrow.txt": lambda: to_text(PROBE, width=44),
    "probe-plain.txt": lambda: to_text(PROBE, plain=True),
    "probe.svg": lambda: to_svg(PROBE),
    "vocabulary.txt": lambda: to_text(VOCABULARY, width=100),
    "vocabulary.svg": lambda: to_svg(VOCABULARY),
    "browan-tbol100.txt": lambda: to_text(shipped("browan/tbol100")),
    "milesight-em300-th.txt": lambda: to_text(shipped("milesight/em300-th"), direction="uplink"),
    "milesight-em300-th.svg": lambda: to_svg(shipped("milesight/em300-th"), direction="uplink", f_port=85),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_the_one_that_was_looked_at(name):
    assert DRAWN[name]() == (CASES / name).read_text(encoding="utf-8")


def test_every_kept_picture_is_drawn():
    assert {file.name for file in CASES.iterdir()} == DRAWN.keys()


# ---- text ----


@each_codec
@pytest.mark.parametrize("width", [30, 44, 80, 140])
def test_text_keeps_to_its_width(name, width):
    lines = to_text(shipped(name), width=width).splitlines()
    boxes = [line for line in lines if re.search(r"[│┌├└]", line)]
    assert max(map(len, boxes)) <= max(width, 40), "narrower than a margin and two columns it cannot be"
    assert all(line == line.rstrip() for line in lines)


@each_codec
def test_every_field_is_in_the_legend_and_every_line_is_closed(name):
    codec = shipped(name)
    text = to_text(codec, width=120)
    for layouts in (codec.uplink, codec.downlink):
        for layout in layouts.values():
            assert [path for path in members(layout) if path not in text] == []
    assert all(line.count("│") != 1 or line.rstrip().endswith("┊") for line in text.splitlines())


def members(layout):
    """The names of every field, without the frames around them."""
    if isinstance(layout, Renamed) and not layout.name.startswith("*"):
        yield layout.name
    for value in vars(layout).values():
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        for part in parts:
            if hasattr(part, "layout") or hasattr(part, "_parsereport"):
                yield from members(part)


def test_plain_text_is_ascii_but_for_what_the_declaration_says():
    assert set(to_text(PROBE, plain=True)) - set(map(chr, range(128))) == {"°"}


def test_one_port_is_drawn_alone():
    assert to_text(PROBE, direction="downlink").startswith("downlink, FPort 10\n")
    assert to_text(PROBE, f_port=2).startswith("uplink, FPort 2\n")
    with pytest.raises(ContentError, match="expected a port that acme/probe declares, got downlink 2"):
        to_text(PROBE, direction="downlink", f_port=2)


def test_a_name_too_long_for_its_box_stands_beside_it_or_has_its_number():
    items = {0: "a", 1: "b"}
    kind = "kind" / Choice(Int8ub, items)
    case = Case("kind", {"a": Struct("extraordinarily" / Scaled(Int8ub)), "b": Struct("b" / Scaled(Int8ub))})
    text = to_text(Codec(name="x/y", uplink={1: Struct("unpronounceable" / Scaled(Int8ub), kind, case)}))
    assert re.search(r"│1 unpr\w+…│", text)
    assert re.search(r"a │ +3 +│ extraordinarily$", text, re.MULTILINE)


def test_a_layout_without_a_picture_is_named():
    codec = Codec(name="x/y", uplink={1: Struct("a" / Scaled(Int8ub))})
    codec.uplink[1] = Struct("list" / Array(2, Int8ub))
    with pytest.raises(ContentError, match=r"uplink\[1\]\.list: a picture cannot express Array") as caught:
        to_text(codec)
    assert caught.value.path == "uplink[1].list"


# ---- SVG ----


@each_codec
def test_svg_is_whole_and_stays_on_its_page(name):
    codec = shipped(name)
    root = ET.fromstring(to_svg(codec))  # noqa: S314 - our own picture
    assert root.find(f"{SVG}title").text == f"Payload layout of {name}"
    assert "FPort" in root.find(f"{SVG}desc").text
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "desc", "rect", "text"}
    boxes = root.findall(f"{SVG}rect")
    assert (boxes[0].get("fill"), boxes[0].get("width")) == ("#ffffff", str(WIDTH))
    assert max(float(box.get("x")) + float(box.get("width")) for box in boxes[1:]) <= WIDTH - EDGE + 0.5
    assert max(float(text.get("y")) for text in root.findall(f"{SVG}text")) < float(root.get("height"))


@each_codec
def test_no_label_is_wider_than_its_box(name):
    root = ET.fromstring(to_svg(shipped(name)))  # noqa: S314 - our own picture
    checked = 0
    box = {}
    for element in root:
        place = {key: float(element.get(key, 0)) for key in ("x", "y", "width", "height")}
        if element.tag == f"{SVG}rect":
            box = place
        elif element.get("text-anchor") == "middle" and box["y"] < place["y"] < box["y"] + box["height"]:
            assert box["x"] < place["x"] < box["x"] + box["width"]
            assert width_of(element.text or "", float(element.get("font-size"))) <= box["width"]
            checked += 1
    assert checked > 5


def test_svg_says_nothing_that_xml_cannot():
    codec = Codec(name="x/y", uplink={1: Struct("a" / Scaled(Int8ub, unit="<&>") * "tab\tbell\x07 & <b>")})
    text = to_svg(codec)
    ET.fromstring(text)  # noqa: S314 - our own picture
    assert "&lt;&amp;&gt;" in text


@given(st.text(max_size=80), st.integers(20, 400))
def test_wrapped_text_keeps_to_its_width_and_loses_nothing(text, width):
    lines = wrapped(text, width, 12)
    assert all(width_of(line, 12) <= width or len(line) == 1 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_colours_are_told_apart():
    assert len(set(FILLS)) == len(FILLS) == 8


# ---- places ----


def examples(name):
    """The payloads of a codec's examples: layout, bytes, and whether they are downlinks."""
    codec = shipped(name)
    document = yaml.safe_load(CODECS[name].with_suffix(".yaml").read_text(encoding="utf-8"))
    for member, part in document.items():
        layouts = codec.uplink if member == "uplinkDecoder" else codec.downlink
        for example in part["examples"] if isinstance(part, dict) else ():
            both = example["output"] | example["input"]
            if "bytes" in both and both["fPort"] in layouts:
                yield codec, layouts, both["fPort"], bytes(both["bytes"])


def decoded(codec, layouts, f_port, frm_payload):
    """The data, or the error."""
    decode = codec.decode_uplinks if layouts is codec.uplink else codec.decode_downlinks
    (outcome,) = decode([(frm_payload, f_port, RECEIVED)])
    return outcome


def set_at(data, path, value):
    """Put a value where its path says."""
    parts = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    for name, following in pairwise(parts):
        empty = [] if isinstance(following, int) else {}
        if isinstance(data, list) and len(data) <= name:
            data.append(empty)
        data = data[name] if isinstance(data, list) else data.setdefault(name, empty)
    if isinstance(data, list):
        data.append(value)
    else:
        data[parts[-1]] = value


def rebuilt(found):
    """The data that the values of places are."""
    data = {}
    for place in found:
        if place.path:
            set_at(data, place.path, place.value)
        elif place.kind == "constant" and isinstance(place.value, dict):
            data |= place.value
    return data


def without_empty(data):
    """Data without its empty lists, of which no byte tells."""
    return {name: value for name, value in data.items() if value != []}


def check_tiles(found, size):
    """No gap, and nothing lies over another but the bits of one word."""
    spans = dict.fromkeys((place.offset, place.size) for place in found if place.size)
    assert [at for offset, count in spans for at in range(offset, offset + count)] == list(range(size))
    bits = [(place.offset, place.first_bit + bit) for place in found if place.width for bit in range(place.width)]
    assert len(set(bits)) == len(bits)
    whole = [(place.offset, place.size) for place in found if place.size and not place.width]
    assert len(set(whole)) == len(whole)


@each_codec
def test_places_of_every_example_tile_it_and_say_what_decoding_says(name):
    fitting = 0
    for codec, layouts, f_port, frm_payload in examples(name):
        found = places(layouts[f_port], frm_payload, RECEIVED_MS)
        outcome = decoded(codec, layouts, f_port, frm_payload)
        if isinstance(outcome, DecodeError):
            assert (str(found.error), found.error.offset) == (str(outcome), outcome.offset)
            continue
        fitting += 1
        assert found.error is None
        check_tiles(found.found, len(frm_payload))
        assert without_empty(rebuilt(found.found)) == without_empty(outcome.data)
    assert fitting > 5


@pytest.mark.parametrize("f_port", FRAMES)
def test_places_know_every_item_of_the_vocabulary(f_port):
    frm_payload = bytes.fromhex(FRAMES[f_port])
    found = places(VOCABULARY.uplink[f_port], frm_payload, RECEIVED_MS)
    assert found.error is None
    check_tiles(found.found, len(frm_payload))
    (outcome,) = VOCABULARY.decode_uplinks([(frm_payload, f_port, RECEIVED)])
    assert without_empty(rebuilt(found.found)) == outcome.data


@pytest.mark.parametrize("f_port", FRAMES)
@given(cut=st.integers(0, 40), more=st.binary(max_size=3))
def test_places_of_what_does_not_fit_end_where_decoding_fails(f_port, cut, more):
    frm_payload = bytes.fromhex(FRAMES[f_port])[:cut] + more
    found = places(VOCABULARY.uplink[f_port], frm_payload, RECEIVED_MS)
    (outcome,) = VOCABULARY.decode_uplinks([(frm_payload, f_port, RECEIVED)])
    if found.error is None:
        check_tiles(found.found, len(frm_payload))
    else:
        assert str(found.error) == str(outcome)
        assert all(place.offset + place.size <= len(frm_payload) for place in found.found)


def test_places_before_a_bad_field_are_kept():
    found = places(PROBE.uplink[2], bytes.fromhex("fc18 cbb8 07"))
    assert [place.path for place in found.found] == ["temperature", "battery_voltage"]
    assert found.error.offset == 2
    assert str(found.error).startswith("state (byte 2, bit 6): expected one of 0 (ok), 1 (low), got 3")


def test_a_place_says_bits_raw_and_unit():
    voltage, state = places(Struct(word()), bytes.fromhex("4bb8")).found
    assert (voltage.offset, voltage.size, voltage.first_bit, voltage.width) == (0, 2, 0, 14)
    assert (voltage.raw, voltage.value, voltage.unit) == (3000, 3, "V")
    assert (state.first_bit, state.raw, state.value, state.kind) == (14, 1, True, "field")


def word():
    return Bits(Int16ub, "voltage" / Scaled(Bit(0, 14), per_unit=1000, unit="V"), "on" / Flag(Bit(14)))


def test_places_leave_the_declaration_as_it_is():
    before = json.dumps(PROBE.decode_uplink(bytes.fromhex("fc184bb80708"), 2).data)
    places(PROBE.uplink[2], bytes.fromhex("fc184bb80708"))
    assert json.dumps(PROBE.decode_uplink(bytes.fromhex("fc184bb80708"), 2).data) == before
