"""``octavo xray``: the bytes and fields on a terminal, pictures as SVG, JSON, and what is wrong usage."""

import io
import json
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from rich.console import Console

from octavo.cli import main
from octavo.cli import xray as command
from octavo.lab.subjects import Subject
from octavo.lab.xray import xray
from octavo.lab.xray.drawing import frame_words, picture, to_svg
from octavo.lab.xray.wording import places

from .terminal import environment, plain, shown

PROBE = """\
function decodeUplink(input) {
  var b = input.bytes;
  if (b[0] !== 1) return { errors: ["unknown type"] };
  var t = (b[1] << 8) | b[2];
  var data = { temperature: (t > 32767 ? t - 65536 : t) / 100, humidity: b[3] / 2 };
  data.sum = data.temperature + data.humidity;
  data.state = ["off", "low", "mid", "high"][b[4] & 3];
  data.speed = (b[5] | (b[4] & 0xf0) << 4) * 0.5;
  if (b[4] & 4) data.alarm = true;
  return { data: data };
}
"""
PAYLOAD = "01fe0c65125a00"
DRAWN = """\
01fe0c65125a00  7 bytes, FPort 1; {asked} payloads decoded
     0  01 fe 0c 65 12 5a 00
        a  b  b  c  d  d  e
  key  field            bytes  bits  raw           value  unit
  a    (discriminator)  0            01
  b    temperature      1-2          fe 0c = -500  -5
  c    humidity         3            65 = 101      50.5
  d    state            4-5    9-8   0x2 = 2       mid
  d    speed            4-5          12 5a = 346   173
  e    (dead)           6            00
       sum                                         45.5
  field        is                               declared as
  temperature  int16, big-endian, / 100         "temperature" / Scaled(Int16sb,
                                                per_unit=100)
  humidity     uint8, / 2                       "humidity" / Scaled(Int8ub,
                                                per_unit=2)
  sum          not linear
  state        choice, 0 off, 1 low, 2 mid, 3   Bits(Int8ub, "state" /
               high                             Choice(Bit(0, 2), {0: 'off', 1:
                                                'low', 2: 'mid', 3: 'high'}))
  speed        12 bits, big-endian, / 2
  bits           bytes       what they do
  discriminator  0           error: unknown type
  discriminator  4 bit 2     + alarm
  overlap        1–2         temperature, sum
  overlap        3           humidity, sum
  dead           4 bit 3, 6  no effect
"""  # noqa: RUF001 - ranges


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "probe.js").write_text(PROBE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    return CliRunner().invoke(main, ["xray", *args])


def frame_of(folder, payload=PAYLOAD):
    return xray(Subject("probe.js", folder / "probe.js"), bytes.fromhex(payload), 1).frames[0]


def test_bytes_and_fields_on_a_terminal(folder):
    status, text = shown(f"octavo xray probe.js {PAYLOAD} -p 1", folder, environment())
    assert status == 0
    expected = DRAWN.replace("{asked}", str(frame_of(folder).asked))
    assert plain(text) == expected


def test_json_in_a_pipe(folder):
    result = run("probe.js", PAYLOAD, "-p", "1")
    assert result.exit_code == 0
    row = json.loads(result.stdout)
    assert (row["subject"], row["origin"]) == ("probe.js", "given")
    (frame,) = row["frames"]
    fields = {field["path"]: field for field in frame["fields"]}
    assert fields["temperature"]["linear"] == {
        "form": "two's complement",
        "order": "big",
        "width": 16,
        "signed": True,
        "scale": 0.01,
        "offset": 0,
        "decimals": None,
        "rounding": None,
        "markers": [],
        "below": None,
    }
    assert fields["state"]["bits"] == [{"byte": 4, "high": 1, "low": 0}]
    assert frame["dead"] == [{"byte": 4, "high": 3, "low": 3}, {"byte": 6, "high": 7, "low": 0}]
    assert row["frames"][0] == json.loads(json.dumps(frame_of(folder).to_dict()))


def test_an_svg_with_a_box_for_each_field(folder):
    assert run("probe.js", PAYLOAD, "-p", "1", "--svg", "probe.svg").exit_code == 0
    text = (folder / "probe.svg").read_text(encoding="utf-8")
    texts = [each.text for each in ET.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert {"X-ray of probe.js", f"{PAYLOAD}, FPort 1", "temperature", "discriminator", "int16, big-endian"} <= {*texts}
    assert text == to_svg(xray(Subject("probe.js", folder / "probe.js"), bytes.fromhex(PAYLOAD), 1))


def test_the_picture_covers_the_payload_once(folder):
    frame = frame_of(folder)
    (block,) = picture(frame).blocks
    assert sum(cell.size for row in block.rows for cell in row.cells) == frame.size
    words = frame_words(frame)
    assert [byte for word in words for byte in range(word.first, word.first + word.size)] == list(range(frame.size))
    assert [entry.path for entry in picture(frame).legend] == list(frame.by_path)


def test_null_is_called_null(folder):
    script = "return { data: { t: b[0] === 255 ? null : b[0] / 10, mode: [null, 'on'][b[1] & 1], none: null } };"
    (folder / "probe.js").write_text(
        f"function decodeUplink(input) {{ var b = input.bytes; {script} }}", encoding="utf-8"
    )
    status, text = shown("octavo xray probe.js ff00 -p 1", folder, environment())
    assert status == 0
    assert "255 gives null" in plain(text)
    assert "0 null, 1 on" in plain(text)
    told = " ".join(each for each in plain(text).splitlines() if "Choice" not in each)
    assert "None" not in told
    assert "None" not in to_svg(xray(Subject("probe.js", folder / "probe.js"), b"\xff\0", 1))


@pytest.mark.usefixtures("folder")
def test_a_message_brings_its_payload_and_port():
    body = {
        "end_device_ids": {"device_id": "d", "application_ids": {"application_id": "a"}},
        "uplink_message": {"f_port": 7, "frm_payload": "Af4MZRJaAA=="},
    }
    row = json.loads(run("probe.js", json.dumps(body)).stdout)
    assert (row["frames"][0]["payload"], row["frames"][0]["f_port"]) == (PAYLOAD, 7)
    assert json.loads(run("probe.js", json.dumps(body), "-p", "3").stdout)["frames"][0]["f_port"] == 3


@pytest.mark.usefixtures("folder")
def test_a_payload_that_is_refused_is_a_failure():
    result = run("probe.js", "02ff", "-p", "1")
    assert result.exit_code == 1
    assert "unknown type" in json.loads(result.stdout)["frames"][0]["error"]


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("none.js",), 2, "no such file"),
        (("probe.js", "zz"), 1, "found 'z'"),
        (("probe.js", ""), 1, "empty"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_usage(args, code, words):
    result = run(*args)
    assert (result.exit_code, words in result.stderr) == (code, True), result.stderr


@pytest.mark.usefixtures("folder")
def test_an_odd_number_of_hex_digits_is_said():
    assert "3 hex digits: one is missing or too many? It is taken for base64; --input" in run("probe.js", "00E").stderr
    assert "hex digits" not in run("probe.js", "00E", "--input", "base64").stderr


def test_the_picture_says_what_has_no_box(folder):
    text = to_svg(xray(Subject("probe.js", folder / "probe.js"), bytes.fromhex(PAYLOAD), 1))
    assert "Grey: bits without an effect." in text
    (entry,) = (each for each in picture(frame_of(folder)).legend if each.path == "sum")
    assert entry.docs == "has no box, its bits are those of temperature, humidity"


def test_what_accepts_nothing_says_so(folder):
    (folder / "never.js").write_text("function decodeUplink() { return {errors: ['no']}; }", encoding="utf-8")
    result = run("never.js")
    assert result.exit_code == 1
    assert "no payload that it accepts was found; give one" in result.stderr


def test_colours_are_those_of_the_fields(folder):
    out = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=100)
    frame = frame_of(folder)
    text = "".join(segment.text for segment in command._drawn(frame, out, is_first=True))
    fills = {str(segment.style) for segment in command._drawn(frame, out, is_first=True) if segment.style}
    assert "temperature" in text
    assert any("on #" in fill for fill in fills)


def test_places_in_words():
    assert places(0xFFFF00, 3) == "0–1"  # noqa: RUF001 - a range
    assert places(0x0FF0, 2) == "0 bit 3–0, 1 bit 7–4"  # noqa: RUF001 - as above
    assert places(0x80, 1) == "0 bit 7"
