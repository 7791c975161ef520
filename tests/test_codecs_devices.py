"""What the shipped declarations show together: every item of the vocabulary, by a device that is sold."""

from functools import cache
from pathlib import Path

import pytest
from construct import Renamed

from octavo import codecs
from octavo.codecs import Bits, Choice, Crc, Flag, Missing, Repeat, Scaled, UnixTime, children, load_codec
from octavo.codecs.expressions import members_in, uses_index
from octavo.codecs.numbers import number_of

ROOT = Path(__file__).parents[1]
CODECS = sorted((ROOT / "codecs").glob("*/*.py"))
NO_LAYOUTS = {"Codec", "CayenneLpp", "Crc", "Variant"}
VOCABULARY = sorted(name for name in set(codecs.__all__) - NO_LAYOUTS if isinstance(getattr(codecs, name), type))


def bare(layout):
    while isinstance(layout, Renamed):
        layout = layout.subcon
    return layout


def walked(layout, word=None):
    """Every layout, field and raw number under a layout, with the word that is around it."""
    layout = bare(layout)
    yield layout, word
    inner = layout if isinstance(layout, Bits) else word
    for child in [*children(layout), *raws(layout)]:
        yield from walked(child, inner)


def raws(layout):
    """The raw numbers that a layout or a field stands on."""
    if isinstance(layout, Missing):
        return [layout.field]
    found = [getattr(layout, name, None) for name in ("raw", "key", "channel", "type", "count")]
    if isinstance(layout, Scaled | Choice | Flag | UnixTime):
        found.append(layout.subcon)
    return [raw for raw in found if raw is not None and not isinstance(raw, str)]


def number_items(layout, word):
    """What is to be said of a raw number."""
    number = number_of(layout, word)
    if number is None:
        return
    order = "big-endian" if number.big else "little-endian"
    if number.form == "float":
        yield f"float of {number.width} bits"
    elif number.form == "integer":
        yield f"{'signed' if number.signed else 'unsigned'} integer of {number.width // 8} bytes"
    else:
        yield number.form if "bits" not in number.form else f"bits, {'signed' if number.signed else 'unsigned'}"
        if word is not None and number.first // 8 != (number.first + number.width - 1) // 8:
            yield f"bits across bytes, {order}"
    if number.size > 1:
        yield order


def layout_items(layout):
    """What is to be said of a layout or of a field."""
    yield type(layout).__name__
    if isinstance(layout, Bits) and layout.msb:
        yield "bits counted from the most significant one"
    if isinstance(layout, Repeat):
        yield "items until the end" if layout.count is None else f"items counted by {type(layout.count).__name__}"
    if isinstance(layout, Scaled):
        yield from (name for name in ("step", "offset") if getattr(layout, name) not in (0, 1))
    if isinstance(getattr(layout, "over", None), Crc):
        yield f"CRC of {layout.over.width} bits, {'reflected' if layout.over.reflected else 'straight'}"
    if hasattr(layout, "expression"):
        yield "computed from members" if any(members_in(layout.expression)) else "computed"
        yield from ["computed from the index"] * uses_index(layout.expression)
    if isinstance(layout, UnixTime):
        yield "Unix time" if layout.epoch == 0 else "time of another epoch"


@cache
def items():
    """Each item, and the ids of the devices that show it."""
    found: dict[str, set[str]] = {}
    for path in CODECS:
        identifier = f"{path.parent.name}/{path.stem}"
        codec = load_codec(path, identifier)
        for layout in [*codec.uplink.values(), *codec.downlink.values()]:
            for node, word in walked(layout):
                for item in [*layout_items(node), *number_items(node, word)]:
                    found.setdefault(item, set()).add(identifier)
    return found


@pytest.mark.parametrize("name", VOCABULARY)
def test_a_shipped_declaration_uses_each_item_of_the_vocabulary(name):
    assert len(VOCABULARY) > 25
    assert items().get(name)


@pytest.mark.parametrize(
    "item",
    [
        *(f"unsigned integer of {size} bytes" for size in (1, 2, 3, 4, 8)),
        *(f"signed integer of {size} bytes" for size in (1, 2, 4, 8)),
        *(f"float of {bits} bits" for bits in (16, 32, 64)),
        "big-endian",
        "little-endian",
        "magnitude",
        "bcd",
        "bits, unsigned",
        "bits, signed",
        "bits across bytes, big-endian",
        "bits across bytes, little-endian",
        "bits counted from the most significant one",
        "items until the end",
        "items counted by FormatField",
        "items counted by str",
        "step",
        "offset",
        "CRC of 8 bits, straight",
        "CRC of 16 bits, reflected",
        "computed from members",
        "computed from the index",
        "Unix time",
        "time of another epoch",
    ],
)
def test_a_shipped_declaration_has_each_form(item):
    assert items().get(item)
