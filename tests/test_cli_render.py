"""What a terminal shows, in a fixed width."""

import io

import pytest
from rich.console import Console

from octavo import payload
from octavo.cli import terminal
from octavo.cli.inputs import Item
from octavo.cli.render import Screen, fields, source_lines
from octavo.device import Device
from octavo.devices import Checked
from octavo.errors import ContentError, ScriptError
from octavo.messages import Decoded, Encoded
from octavo.networks import KINDS
from octavo.pipeline import process
from octavo.schemas import DataSchema

from .terminal import environment, shown

SCHEMA = {
    "properties": {
        "temperature": {"unit": "°C"},
        "history": {"items": {"properties": {"level": {"unit": "%"}}}},
        "a/b": {"unit": "V"},
    }
}


CODEC = """
uplinkDecoder:
  fileName: x.js
  examples:
    - input: {bytes: [1], fPort: 1}
      output: {data: {n: 1}}
"""


class Fixed(Device):
    """Always decodes to the same."""

    name = "fixed"
    operations = frozenset({"decode_uplink"})

    def decode_uplinks(self, messages):
        return (Decoded({"temperature": 21.5}) for _ in messages)

    decode_downlinks = decode_uplinks

    def encode_downlinks(self, messages):
        return (Encoded(b"") for _ in messages)


def console():
    return Console(file=io.StringIO(), width=60, color_system=None, highlight=False, markup=False, emoji=False)


@pytest.fixture
def screen():
    device = Checked(Fixed(), uplink=DataSchema.from_dict(SCHEMA))
    return Screen(device, out=console(), err=console())


def text(screen, stream="out"):
    lines = getattr(screen, stream).file.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines)


DECODED = Decoded(
    {
        "temperature": 27.2,
        "open": True,
        "name": "a\x1b[31mb",
        "list": [1, 2],
        "history": [{"level": 90}, {"level": 80}],
        "a/b": None,
        "none": {},
    },
    warnings=["low battery"],
    normalized=[{"air": {"temperature": 27.2}}],
    normalized_warnings=["measurement 1: odd"],
    log=["two\nlines"],
    notes=["slow"],
)

SHOWN = """\
03670110  hex, 4 bytes, FPort 1
  field             value       unit
  temperature       27.2        °C
  open              true
  name              a\\x1b[31mb
  list              [1, 2]
  history[0].level  90          %
  history[1].level  80          %
  a/b               null        V
  none              {}
  warning: low battery
  log: two lines
  note: slow
  normalized 1
  field            value  unit
  air.temperature  27.2
  normalized warning: measurement 1: odd"""


def test_a_decoded_payload_is_a_table_with_units(screen):
    screen.payload(Item("", reading=payload.parse("03670110")), DECODED, 1)
    assert text(screen) == SHOWN


def test_a_message_is_headed_by_its_kind_and_device(screen):
    message = {
        "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
        "uplink_message": {"f_port": 2, "frm_payload": "AQI="},
    }
    screen.message(Item(""), process(message, Fixed()))
    assert text(screen) == (
        "v3.uplink_message  app1  dev1  0102, FPort 2\n  field        value  unit\n  temperature  21.5   °C"
    )


def test_an_encoded_downlink_is_hex_base64_and_integers(screen):
    screen.encoded(Encoded(b"\x01\xff", 3, warnings=["odd"]))
    assert text(screen) == ("  hex     01ff\n  base64  Af8=\n  bytes   [1, 255] (2)\n  f_port  3\n  warning: odd")


def test_a_failing_script_shows_its_line_with_a_caret(screen, tmp_path):
    path = tmp_path / "x.js"
    path.write_text("var a;\n\tthrow new Error('boom');\n", encoding="utf-8")
    error = ScriptError("Error: boom", file=str(path), line=2, column=8, decoded=Decoded(None, log=["seen"]))
    screen.payload(Item("", reading=payload.parse("00")), error, 1)
    screen.error(Item(""), error)
    assert text(screen) == "00  hex, 1 byte, FPort 1\n  log: seen"
    assert source_lines(error) == ["  2 |  throw new Error('boom');", "    |        ^"]
    assert text(screen, "err").endswith("  2 |  throw new Error('boom');\n    |        ^")


def test_a_long_line_is_cut_around_the_place(tmp_path):
    path = tmp_path / "x.js"
    path.write_text("a" * 500 + "!" + "b" * 500, encoding="utf-8")
    line, caret = source_lines(ScriptError("x", file=str(path), line=1, column=501))
    assert len(line) < 90
    assert line[caret.index("^")] == "!"


@pytest.mark.parametrize(("file", "line"), [(None, 1), ("none.js", 1), (__file__, 10**6), (__file__, None), (".", 1)])
def test_without_a_line_there_is_no_snippet(file, line):
    assert source_lines(ContentError("x", file=file, line=line)) == []


def test_fields_are_flattened():
    assert list(fields({"a": {"b": [1, [2]]}, "c": []})) == [
        (("a", "b", 0), 1),
        (("a", "b", 1), [2]),
        (("c",), []),
    ]
    assert list(fields(5)) == [((), 5)]


def test_a_table_cannot_be_steered_by_its_content():
    out = console()
    terminal.show(out, terminal.table(out, [("a\x1b[2J", "[red]b")], header=("id", "[bold]x")))
    assert [line.split() for line in out.file.getvalue().splitlines()] == [
        ["id", "[bold]x"],
        ["a\\x1b[2J", "[red]b"],
    ]


def test_a_table_that_is_too_wide_is_folded_in_its_widest_columns():
    out = console()
    rows = [("short", "one two three " * 3, "x" * 50), ("", "温度" * 5, "")]
    terminal.show(out, terminal.table(out, rows, header=("a", "b", "c"), indent="  "))
    assert out.file.getvalue().splitlines() == [
        "  a      b                         c",
        "  short  one two three one two     xxxxxxxxxxxxxxxxxxxxxxxx",
        "         three one two three       xxxxxxxxxxxxxxxxxxxxxxxx",
        "                                   xx",
        "         温度温度温度温度温度",
    ]


def test_a_column_is_rather_folded_between_words():
    out = console()
    terminal.show(out, terminal.table(out, [("path/" * 8, "one two three four five six seven eight")]))
    assert out.file.getvalue().splitlines() == [
        f"{'path/' * 8}  one two three four",
        f"{' ' * 40}  five six seven",
        f"{' ' * 40}  eight",
    ]


def test_a_table_in_no_room_at_all_still_ends():
    out = Console(file=io.StringIO(), width=3)
    terminal.show(out, terminal.table(out, [("ab", "cd", "ef")]))
    assert [line.split() for line in out.file.getvalue().splitlines()] == [["a", "c", "e"], ["b", "d", "f"]]


class Counting(Console):
    """Counts what it prints."""

    printed = 0

    def print(self, *objects, **options):
        self.printed += 1
        super().print(*objects, **options)


def test_each_payload_is_printed_at_once_and_its_units_are_looked_up_once():
    schema = DataSchema.from_dict(SCHEMA)
    out = Counting(file=io.StringIO(), width=60, color_system=None)
    screen = Screen(Checked(Fixed(), uplink=schema), out=out, err=console())
    for _ in range(100):
        screen.payload(Item("", reading=payload.parse("03670110")), DECODED, 1)
    assert out.printed == 100
    assert (screen.units.patterns.cache_info().misses, screen.units.of.cache_info().misses) == (1, 8)
    assert text(screen) == "\n".join([SHOWN] * 100)


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_one_rule_for_colours_in_all_commands(tmp_path, variables, colored):
    (tmp_path / "x.js").write_text("function decodeUplink() { throw new Error('boom'); }\n", encoding="utf-8")
    (tmp_path / "x.yaml").write_text(CODEC, encoding="utf-8")
    env = {name: text for name, text in environment().items() if name != "NO_COLOR"} | variables
    for command in ("test x.yaml", "decode x.js 00 -p 1", "list", "show x.yaml"):
        _, written = shown(f"octavo {command}", tmp_path, env)
        assert ("\x1b[" in written) == colored, command


def test_every_kind_of_message_can_be_shown(screen):
    for kind in KINDS:
        screen.message(Item("line 1"), process({}, Fixed(), kind=kind))
    assert "v3.join_accept" in text(screen)
