"""Encoders without examples: data are made of what the decoder of downlinks gives, and of what the encoder names."""

import json
import shlex

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.lab.check import check
from octavo.lab.check.data import _names

from .examined import bare, laid

pytestmark = pytest.mark.usefixtures("warm_pool")

CHECKED = "if (!(v >= 0 && v <= 255)) { return { errors: ['v'] }; } return { bytes: [v | 0], fPort: 1 };"
UNCHECKED = "return { bytes: [v], fPort: 1 };"


def encoder(reading, rest, more=""):
    return f"function encodeDownlink(input) {{ {reading} {rest} }}\n{more}"


READINGS = {
    "a member": "var v = input.data.level; if (typeof v !== 'number') { return { errors: ['level'] }; }",
    "one of two": "var d = input.data; if (!('level' in d)) { return { errors: ['level'] }; } var v = +d.level;",
    "two at a time": "var v = input.data.on ? input.data.level : 0;",
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize(("rest", "told"), [(UNCHECKED, ["not-a-byte"]), (CHECKED, [])], ids=["unchecked", "checked"])
def test_the_members_that_an_encoder_reads_are_tried(tmp_path, reading, rest, told):
    assert [each.kind for each in check(bare(tmp_path, encoder(reading, rest)))] == told


def test_what_the_decoder_of_downlinks_gives_is_tried(tmp_path):
    reading = "var v = input.data['command']; if (!(v >= 7)) { return { errors: ['command'] }; } while (v > 255) {}"
    decoder = "function decodeDownlink(i) { return i.bytes[0] === 7 ? { data: { command: 7 } } : { errors: ['no'] }; }"
    assert [each.kind for each in check(bare(tmp_path, encoder(reading, CHECKED)))] == ["not-examined"]
    assert {each.kind for each in check(bare(tmp_path, encoder(reading, CHECKED, decoder)))} == {"slow", "not-examined"}


def test_what_the_decoder_gives_fits_the_encoder(tmp_path):
    more = "function decodeUplink(i) { return i.bytes.length > 1 ? { data: { mode: 'eco' } } : { errors: ['size'] }; }"
    reading = "var v = { eco: 1 }[input.data.mode]; if (!v) { return { errors: ['mode'] }; } input.data.mode = 'x';"
    found = check(laid(tmp_path, encoder(reading, CHECKED, more), ["0101"]))
    assert ("input-changed", "encode_downlink") in {(each.kind, each.operation) for each in found}


def test_an_exception_for_made_data_is_no_finding(tmp_path):
    (told,) = check(bare(tmp_path, encoder("var v = input.data.list[0].level;", UNCHECKED)))
    assert (told.kind, told.where) == ("not-examined", "encode_downlink")
    assert told.message.startswith("no data was found that encode_downlink makes something of")


def test_a_name_that_is_not_there_is_to_blame_itself(tmp_path):
    (told,) = check(bare(tmp_path, encoder("server.write(input.data);", CHECKED)))
    assert (told.kind, told.severity, told.where) == ("throws", "error", "encodeDownlink: server is not defined")
    now_and_then = "if (input.data.level === 1) { server.write(1); } other.write(1);"
    (told,) = check(bare(tmp_path, encoder(now_and_then, CHECKED)))
    assert told.kind == "not-examined"


@pytest.mark.parametrize(("dialect", "kinds"), [("tts", set()), ("chirpstack4", {"not-a-byte"})])
def test_a_byte_with_a_sign_is_one_where_its_bits_are_sent(tmp_path, dialect, kinds):
    subject = bare(tmp_path, encoder("", "return { bytes: [7, -1, -128], fPort: 1 };"))
    assert {each.kind for each in check(subject, dialect=dialect)} == kinds


@pytest.mark.parametrize("dialect", ["tts", "chirpstack4", "ts013"])
@pytest.mark.parametrize(
    ("result", "kinds"),
    [
        ("{ bytes: [300], fPort: 1 }", {"not-a-byte"}),
        ("{ bytes: [input.data.on, 256], fPort: 1 }", {"not-a-byte"}),
        ("{ bytes: 5, fPort: 1 }", {"invalid-result"}),
        ("undefined", {"no-result"}),
        ("{}", {"no-data"}),
        ("{ bytes: [input.data.list.level / 1], fPort: 1 }", {"not-examined"}),
    ],
)
def test_an_encoder_that_gives_bytes_of_nothing_is_to_blame_itself(tmp_path, dialect, result, kinds):
    subject = bare(tmp_path, encoder("", f"return {result};"))
    assert {each.kind for each in check(subject, dialect=dialect)} == kinds


def sent(tmp_path, result, dialect="tts"):
    found = check(laid(tmp_path, encoder("", f"return {result};"), downlinks=[{"n": 400, "m": 7}], dialect=dialect))
    return {each.where: each.message for each in found if each.kind == "not-a-byte"}


@pytest.mark.parametrize(
    ("dialect", "number", "port"), [("tts", 144, 44), ("chirpstack4", 255, 255), ("ttn2", None, None)]
)
def test_what_is_sent_in_its_stead_is_told(tmp_path, dialect, number, port):
    envelope = "{ bytes: [1, input.data.n], fPort: 300 }"
    more = "function Encoder(data) { return [1, data.n]; }"
    found = check(
        laid(tmp_path, encoder("", f"return {envelope};", more), downlinks=[{"n": 400, "m": 7}], dialect=dialect)
    )
    told = {each.where: each for each in found if each.kind == "not-a-byte"}
    assert told["bytes[1]"].message.endswith(f", sent as {number}" if number else " is 400")
    assert told["bytes[1]"].data["n"] >= 256
    assert port is None or told["fPort"].message == f"fPort is 300, sent as {port}"


def test_a_text_of_bytes_is_told_where_it_is_sent_as_a_text(tmp_path):
    result = "{ bytes: '0a0b', fPort: 1 }"
    assert sent(tmp_path, result) == {"bytes": 'bytes is "0a0b", sent as 30613062'}
    assert sent(tmp_path, result, "ts013") == {}


def test_each_byte_is_a_finding_of_its_own(tmp_path):
    told = sent(tmp_path, "{ bytes: [input.data.n / 8, 3, input.data.m * 100], fPort: 1 }")
    assert set(told) == {"bytes[0]", "bytes[2]"}


def test_the_command_of_a_round_trip_decodes_the_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    more = "function decodeDownlink(i) { return { data: { n: i.bytes[0] } }; }"
    script = encoder("var n = input.data.n;", "return { bytes: [n >> 8, n & 255], fPort: 9 };", more)
    (told,) = (each for each in check(laid(tmp_path, script, downlinks=[{"n": 600}])) if each.kind == "no-round-trip")
    words = shlex.split(told.command)
    assert words[1:4] == ["decode", str(tmp_path / "codec.yaml"), "0258"]
    assert words[4:] == ["-p", "9", "--input", "hex", "--downlink", "--dialect", "tts"]
    assert json.loads(CliRunner().invoke(main, [*words[1:], "--json"]).stdout)["data"] == {"n": 2}


def test_the_names_that_are_read():
    text = """
      data.one = 1; var x = input.data.two + obj.three; if ("four" in payload) { data.five(); data.six = data.seven; }
      response.data["eight"] = 1; other.nine;
    """
    assert list(_names(text)) == ["two", "three", "four", "seven"]
