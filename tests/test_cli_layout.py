"""``octavo decode --layout`` and the pictures of ``octavo show``."""

import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from octavo.cli import main
from octavo.cli.layout import draws_boxes, picture, print_pictures
from octavo.codecs.layout import places
from octavo.codecs.layout.text import PLAIN
from octavo.devices import load

from .pictured import PROBE
from .terminal import environment, plain, shown

LIVE = "CBF60B0D0376010ADD7FFF"
LIVE_PICTURE = """\
cbf60b0d0376010add7fff  hex, 11 bytes, FPort 2
     0  cb f6 0b 0d 03 76 01 0a dd 7f ff
        a  a  b  b  c  c  d  e  e  f  f
  key  field                 bytes  bits   raw           value        unit
  a    battery_voltage       0-1    13-0   0xbf6 = 3062  3.062        V
  a    battery_status        0-1    15-14  0x3 = 3       good
  b    temperature           2-3           0b 0d = 2829  28.29        °C
  c    humidity              4-5           03 76 = 886   88.6         %RH
  d    external_sensor       6      5-0    0x1 = 1       temperature
  e    external_temperature  7-8           0a dd = 2781  27.81        °C
  f    (spare)               9-10          7f ff
"""
WRONG_PICTURE = """\
cbf60b0dffff010add7fff  hex, 11 bytes, FPort 2
     0  cb f6 0b 0d ff ff 01 0a dd 7f ff
        a  a  b  b  ^^
  key  field            bytes  bits   raw           value  unit
  a    battery_voltage  0-1    13-0   0xbf6 = 3062  3.062  V
  a    battery_status   0-1    15-14  0x3 = 3       good
  b    temperature      2-3           0b 0d = 2829  28.29  °C
"""
SHORT_PICTURE = """\
00  hex, 1 byte, FPort 15
     0  00
        a  ^^
  key  field          bytes  bits  raw      value  unit
  a    duty_cycle     0      7     0x0 = 0  false
  a    config_id      0      6-3   0x0 = 0  0
  a    config_change  0      2     0x0 = 0  false
  a    low_battery    0      0     0x0 = 0  false
"""
SCRIPT = "function decodeUplink(input) { return { data: { n: input.bytes[0] } }; }\n"
UPLINK = {
    "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
    "uplink_message": {"f_port": 2, "frm_payload": "y/YLDQN2AQrdf/8="},
}


def run(*args, stdin=None):
    result = CliRunner().invoke(main, args, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def console(width=100, encoding="utf-8", **others):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False, **others)


def written(out):
    out.file.flush()
    return out.file.buffer.getvalue().decode(out.encoding)


# ---- decode --layout ----


def test_each_byte_has_the_key_of_its_field():
    result = run("decode", "dragino/lht65", LIVE, "-p", "2", "--layout")
    assert result.exit_code == 0
    assert plain(result.stdout) == LIVE_PICTURE
    assert "\x1b" not in result.stdout


def test_an_error_stands_at_its_byte():
    result = run("decode", "dragino/lht65", "CBF60B0DFFFF010ADD7FFF", "-p", "2", "--layout")
    assert result.exit_code == 1
    assert plain(result.stdout) == WRONG_PICTURE
    assert "error: humidity (byte 4): expected at most 100 %RH, got 6553.5" in result.stderr


def test_an_error_behind_the_last_byte_stands_there():
    result = run("decode", "truvami/tag-l", "00", "-p", "15", "--layout", "--input", "hex")
    assert plain(result.stdout) == SHORT_PICTURE
    assert "battery_voltage (byte 1): expected 2 bytes, got 0" in result.stderr


def test_bytes_left_over_have_no_key():
    result = run("decode", "truvami/tag-l", "0105", "-p", "6", "--layout")
    assert plain(result.stdout).splitlines()[1:3] == ["     0  01 05", "        a  ^^"]


def test_several_payloads_are_drawn_one_by_one():
    result = run("decode", "dragino/lht65", LIVE, "@payloads.txt", "-p", "2", "--layout", stdin=None)
    assert result.exit_code == 2
    result = run("decode", "dragino/lht65", "-", "-p", "2", "--layout", stdin=f"{LIVE}\n00\n{LIVE}\n")
    assert result.exit_code == 1
    assert plain(result.stdout).count(LIVE_PICTURE) == 2


def test_a_downlink_is_drawn_by_its_own_layout():
    result = run("decode", "dragino/lht65", "01000258", "-p", "2", "--downlink", "--layout")
    lines = plain(result.stdout).splitlines()
    assert lines[1:3] == ["     0  01 00 02 58", "        a  b  b  b"]
    assert lines[4].split() == ["a", "(key)", "0", "01", "=", "1"]
    assert lines[5].split() == ["b", "transmit_interval", "1-3", "00", "02", "58", "=", "600", "600", "s"]


def test_the_payload_of_a_message_is_drawn():
    result = run("decode", "dragino/lht65", json.dumps(UPLINK), "--layout")
    assert plain(result.stdout).splitlines()[1:] == LIVE_PICTURE.splitlines()[1:]


def test_an_undeclared_port_is_an_error_and_no_picture():
    result = run("decode", "dragino/lht65", LIVE, "-p", "3", "--layout")
    assert result.exit_code == 1
    assert plain(result.stdout) == "cbf60b0d0376010add7fff  hex, 11 bytes, FPort 3\n"
    assert "expected port 2, got 3" in result.stderr


def test_a_picture_is_no_json():
    result = run("decode", "dragino/lht65", LIVE, "--layout", "--json")
    assert result.exit_code == 2
    assert result.stderr == "octavo: --layout is a picture, --json is for programs: give one of them\n"


def test_there_is_no_picture_of_what_a_script_does(tmp_path):
    script = tmp_path / "x.js"
    script.write_text(SCRIPT, encoding="utf-8")
    for device in (str(script), "cayennelpp"):
        result = run("decode", device, "01", "-p", "1", "--layout")
        assert result.exit_code == 2
        assert "is no declared codec; where its fields lie only a declaration says" in result.stderr
        assert result.stdout == ""


def test_a_narrow_terminal_has_eight_bytes_on_a_line():
    out = console(width=40)
    found = places(PROBE.uplink[2], bytes.fromhex("fc184bb801020304"))
    out.print(*[segment.text for segment in picture(out, bytes(20), found)], sep="", end="")
    rows = [line for line in written(out).splitlines() if line.strip().startswith(("0 ", "8 ", "16 "))]
    assert [len(row.split()) - 1 for row in rows] == [8, 8, 4]


def test_bytes_have_the_colour_of_their_field():
    out = console(color_system="truecolor", force_terminal=True)
    frame = bytes.fromhex("fc184bb807")
    segments = list(picture(out, frame, places(PROBE.uplink[2], frame)))
    colours = {segment.text.strip(): segment.style.bgcolor.name for segment in segments if _has_colour(segment)}
    assert colours["fc"] == colours["18"] == "#77aadd"
    assert colours["4b"] == colours["b8"] == "#ee8866"
    assert colours["07"] == "#eedd88"


def _has_colour(segment):
    return segment.style is not None and segment.style.bgcolor is not None


# ---- show ----


def test_show_prints_the_pictures_on_a_terminal(monkeypatch):
    monkeypatch.setattr("octavo.cli.output.is_terminal", lambda _stream: True)
    lines = run("show", "dragino/lht65").stdout.splitlines()
    assert lines.index("downlink, FPort 2") > lines.index("uplink, FPort 2") > 0
    assert any("│    transmit_interval     │" in line for line in lines)


def test_show_gives_json_as_before():
    (line,) = run("show", "dragino/lht65").stdout.splitlines()
    assert "layout" not in json.loads(line)


def test_a_picture_is_as_wide_as_the_terminal(tmp_path):
    status, output = shown("octavo show browan/tbol100", tmp_path, environment() | {"TERM": "xterm-256color"})
    assert status == 0
    boxes = [line for line in output.splitlines() if line.lstrip().startswith("┌")]
    assert 90 < max(map(len, boxes)) <= 100
    assert "\x1b" not in output


def test_colours_of_a_picture_are_those_of_the_fields():
    out = console(color_system="truecolor", force_terminal=True)
    print_pictures(PROBE, out)
    text = written(out)
    assert "\x1b[30;48;2;119;170;221m" in text
    assert "\x1b[1muplink, FPort 2" in text


@pytest.mark.parametrize(("encoding", "able"), [("utf-8", True), ("cp437", False), ("latin-1", False)])
def test_boxes_are_drawn_with_what_the_output_has(encoding, able):
    out = console(encoding=encoding)
    assert draws_boxes(out) is able
    if not able:
        print_pictures(PROBE, out)
        text = written(out)
        assert "|     temperature     |" in text
        assert not set(map(chr, PLAIN)) & set(text)


def test_what_is_no_declared_codec_has_no_picture():
    out = console()
    with load("cayennelpp") as device:
        print_pictures(device, out)
    assert written(out) == ""
