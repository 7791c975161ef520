"""Pictures in brief: of a long table a line for each row."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from construct import Int8ub, Int16ub, Struct

from octavo.cli import main
from octavo.codecs import Bit, Bits, Case, Choice, Codec, Flag, Groups, HexText, Many, Marker, Scaled, Tlv, load_codec
from octavo.codecs.layout import to_text
from octavo.codecs.layout.brief import MOST_ROWS

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "codecs").glob("*/*.py"))
HINT = "--full draws every item of the long tables, with offsets and bits"


def table(count):
    return Tlv(Int8ub, {key: f"f{key}" / Scaled(Int8ub, unit="V") * f"field {key}" for key in range(count)})


def codec_of(layout):
    return Codec(name="acme/long", uplink={1: layout})


CASES = {"a": Struct("x" / Int8ub), "b": Struct()}
MIXED = {
    0: "one" / Scaled(Int16ub, per_unit=10, unit="°C") * "temperature",
    1: "pair" / Struct("left" / Int8ub, "right" / Int8ub),
    2: "words" / Bits(Int8ub, "low" / Bit(0, 4), "high" / Bit(4, 4)),
    3: "rows"
    / Many(Struct("kind" / Choice(Int8ub, {0: "a", 1: "b"}), Case("kind", {"a": Struct("x" / Int8ub), "b": Struct()}))),
    4: "rest" / HexText(),
    5: "there" / Marker(Int8ub, written=1),
    6: "held" / Groups(Int8ub, {0: "p" / Int8ub, 1: "q" / Int8ub}),
} | {key: f"f{key}" / Flag(Int8ub) for key in range(7, 14)}

DRAWN = """\
uplink, FPort 1

 1 or more items, each a key (uint8) and its value
  00  one    2 bytes   uint16, big-endian; / 10 °C; temperature
  01  pair   2 bytes   left, right
  02  words  1 byte    high, low
  03  rows   1 byte    kind, …
  04  rest   the rest  hex digits
  05  there  1 byte    presence; true
  06  held   1 byte    mask, …
  07  f7     1 byte    uint8; 0 false, others true
  08  f8     1 byte    uint8; 0 false, others true
  09  f9     1 byte    uint8; 0 false, others true
  0a  f10    1 byte    uint8; 0 false, others true
  0b  f11    1 byte    uint8; 0 false, others true
  0c  f12    1 byte    uint8; 0 false, others true
  0d  f13    1 byte    uint8; 0 false, others true
"""


def test_a_long_table_has_a_line_for_each_row():
    assert to_text(codec_of(Tlv(Int8ub, MIXED)), brief=True) == DRAWN


def test_a_short_table_is_drawn():
    codec = codec_of(table(MOST_ROWS))
    assert to_text(codec, brief=True) == to_text(codec)
    longer = codec_of(table(MOST_ROWS + 1))
    assert len(to_text(longer, brief=True).splitlines()) == 3 + MOST_ROWS + 1


def test_what_stands_beside_a_long_table_is_drawn_with_its_legend():
    text = to_text(codec_of(Struct("before" / Scaled(Int16ub, unit="s") * "time", table(20))), brief=True)
    assert "│     before      │" in text
    assert re.search(r"^ 1  before +0–1 +uint16, big-endian  in s; time$", text, re.MULTILINE)  # noqa: RUF001 - a range
    assert "field 3" in text
    assert text.count("f3") == 1


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_line_is_as_wide_as_the_picture(width):
    text = to_text(codec_of(table(20)), brief=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert to_text(codec_of(table(20)), brief=True, plain=True).isascii()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_picture_in_brief_is_no_longer_and_names_every_item(file):
    codec = load_codec(file, file.stem)
    brief, full = (to_text(codec, brief=brief, width=200) for brief in (True, False))
    assert len(brief.splitlines()) <= len(full.splitlines())
    for layouts in (codec.uplink, codec.downlink):
        for layout in layouts.values():
            items = [item.name for item in getattr(layout, "items", {}).values()]
            assert all(name in brief for name in items)


# ---- octavo show ----


@pytest.fixture
def shown(monkeypatch):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _stream: True)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        result = CliRunner().invoke(main, ["show", *arguments])
        assert result.exit_code == 0
        return result.stdout

    return run


def test_show_is_brief(shown):
    text, full = shown("milesight/uc300"), shown("milesight/uc300", "--full")
    assert len(text.splitlines()) < 300 < len(full.splitlines())
    assert re.search(r"^  20 dc  history +6 bytes  timestamp, mask, …$", text, re.MULTILINE)
    assert "where data_type is coil" not in text
    assert "where data_type is coil" in full
    assert text.rstrip().endswith(HINT)
    assert HINT not in full


def test_show_of_short_tables_has_no_hint(shown):
    assert HINT not in shown("dragino/lht65")
    assert shown("dragino/lht65") == shown("dragino/lht65", "--full")
