"""Bytes that an encoder gives and no network sends as they are, and encoders that return nothing: both are told."""

import json

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import OutputError
from octavo.formatters import Formatter

pytestmark = pytest.mark.usefixtures("warm_pool")

TTS, CHIRPSTACK = "The Things Stack", "ChirpStack"


def formatter(tmp_path, dialect, text):
    (tmp_path / "x.js").write_text(text)
    return Formatter(tmp_path / "x.js", name="x", dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "given", "sent", "notes"),
    [
        ("tts", "[1, 300]", "012c", [f"bytes[1] is 300: {TTS} sends 44"]),
        ("tts-3.32", "[1, 300]", "012c", [f"bytes[1] is 300: {TTS} sends 44"]),
        ("tts", '[256, -1, "a"]', "00ff00", [f"bytes[0] is 256: {TTS} sends 0; 1 more is changed"]),
        (
            "tts",
            '[1, 1.7, "x", NaN, null]',
            "0101000000",
            [f"bytes[1] is 1.7: {TTS} sends 1; 3 more are changed"],
        ),
        ("tts", "[-128, -1, 0, 255]", "80ff00ff", []),
        ("tts", "[-129]", "7f", [f"bytes[0] is -129: {TTS} sends 127"]),
        ("tts", "[-1.5]", "ff", [f"bytes[0] is -1.5: {TTS} sends 255"]),
        ("tts", '["12", true, -0]', "0c0100", []),
        ("tts", '["", 1]', "0001", [f'bytes[0] is "": {TTS} sends 0']),
        ("tts", '["300"]', "2c", [f'bytes[0] is "300": {TTS} sends 44']),
        ("tts", "[undefined]", "00", [f"bytes[0] is undefined: {TTS} sends 0"]),
        ("tts", "[[1, 2], {}]", "0000", [f"bytes[0] is a list: {TTS} sends 0; 1 more is changed"]),
        ("tts", "new Set([1, 300])", "012c", [f"bytes[1] is 300: {TTS} sends 44"]),
        ("tts", "{length: 2, 0: 1, 1: 999}", "01e7", [f"bytes[1] is 999: {TTS} sends 231"]),
        ("tts", "new Uint16Array([300])", "2c01", []),
        ("tts", "new Int8Array([-1])", "ff", []),
        ("tts", "null", None, []),
        ("chirpstack4", "[1, 300, -1]", "01ff00", [f"bytes[1] is 300: {CHIRPSTACK} sends 255; 1 more is changed"]),
        ("chirpstack4", "[NaN]", "00", [f"bytes[0] is NaN: {CHIRPSTACK} sends 0"]),
        ("chirpstack4", "[0, 7, 255]", "0007ff", []),
    ],
)
def test_what_a_network_makes_of_a_byte_is_told(tmp_path, dialect, given, sent, notes):
    text = f"function encodeDownlink(input) {{ return {{ bytes: {given}, fPort: 2 }}; }}"
    with formatter(tmp_path, dialect, text) as device:
        encoded = device.encode_downlink({})
    assert (None if encoded.frm_payload is None else encoded.frm_payload.hex(), encoded.notes) == (sent, notes)


@pytest.mark.parametrize("dialect", ["ttn2", "chirpstack3", "ts013", "actility"])
def test_others_refuse_what_is_no_byte(tmp_path, dialect):
    text = "function encodeDownlink() { return { bytes: [300], fPort: 1 }; } function Encoder() { return [300]; }"
    with formatter(tmp_path, dialect, f"{text} var Encode = Encoder;") as device, pytest.raises(OutputError):
        device.encode_downlink({}, 1)


def test_an_encoder_of_the_older_form_is_told_too_and_each_message_alone(tmp_path):
    with formatter(tmp_path, "tts", "function Encoder(data) { return data.list; }") as device:
        notes = [device.encode_downlink({"list": each}, 1).notes for each in ([1, 300], [1, 2], [256])]
    assert notes == [[f"bytes[1] is 300: {TTS} sends 44"], [], [f"bytes[0] is 256: {TTS} sends 0"]]


def test_a_long_text_is_cut(tmp_path):
    text = "function encodeDownlink() { return { bytes: ['x'.repeat(5000)], fPort: 1 }; }"
    with formatter(tmp_path, "tts", text) as device:
        (note,) = device.encode_downlink({}).notes
    assert note == f'bytes[0] is "{"x" * 100}…": {TTS} sends 0'


def test_a_push_says_so_too(tmp_path):
    (tmp_path / "x.js").write_text("function encodeDownlink(input) { return { bytes: [input.data.a], fPort: 1 }; }")
    where = ["--server", "https://h.example", "--application", "app1", "--dry-run", "--json"]
    result = CliRunner().invoke(main, ["downlink", "push", "dev1", "a=300", "--device", str(tmp_path / "x.js"), *where])
    assert json.loads(json.loads(result.stdout)["body"])["downlinks"][0]["frm_payload"] == "LA=="
    assert f"bytes[0] is 300: {TTS} sends 44" in result.stderr


# ---- nothing ----

ASKED = "returned nothing: is a `return` missing?"

SILENT = """function encodeDownlink() {} function Encode() {} function Encoder() {}
function decodeUplink() {} function Decoder() {} function decodeDownlink() {}"""


@pytest.mark.parametrize(
    ("dialect", "message", "cause"),
    [
        ("tts", "invalid output: encodeDownlink {}", "no_script_output"),
        ("tts-3.32", "invalid output: encodeDownlink {}", "no_script_output"),
        ("ts013", "invalid output: encodeDownlink {}", "no_script_output"),
        ("actility", "invalid output: encodeDownlink {}", "no_script_output"),
        ("ttn2", "invalid output: Encoder {}", "should return an Array of numbers"),
        ("chirpstack3", "value must not be nil", "Encode {}"),
        ("chirpstack4", "Error converting from js 'undefined' into type 'object'", "encodeDownlink {}"),
    ],
)
def test_an_encoder_that_returns_nothing_is_asked_for_its_return(tmp_path, dialect, message, cause):
    with formatter(tmp_path, dialect, SILENT) as device, pytest.raises(OutputError) as caught:
        device.encode_downlink({}, 1)
    told = (caught.value.message, caught.value.cause)
    assert told == (message.format(ASKED), cause.format(ASKED))


def test_where_nothing_is_sent_of_it_that_is_a_note(tmp_path):
    with formatter(tmp_path, "tts", "function Encoder() {}") as device:
        encoded = device.encode_downlink({}, 1)
    assert (encoded.frm_payload, encoded.notes) == (None, [f"Encoder {ASKED}"])


@pytest.mark.parametrize(
    ("dialect", "operation", "name"),
    [
        ("tts", "decode_downlink", "decodeDownlink"),
        ("chirpstack4", "decode_uplink", "decodeUplink"),
        ("ttn2", "decode_uplink", "Decoder"),
    ],
)
def test_so_is_a_decoder(tmp_path, dialect, operation, name):
    with formatter(tmp_path, dialect, SILENT) as device, pytest.raises(OutputError) as caught:
        getattr(device, operation)(b"\1", 1)
    assert f"{name} {ASKED}" in str(caught.value)


def test_what_is_returned_of_the_wrong_kind_is_another_matter(tmp_path):
    text = "function encodeDownlink(input) { return input.data.a ? 5 : null; }"
    with formatter(tmp_path, "tts", text) as device:
        errors = [each.message for each in device.encode_downlinks([({"a": 1},), ({},)])]
    assert errors == ["invalid output"] * 2
