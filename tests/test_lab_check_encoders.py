"""Encoders without examples: data are made of what the decoder of downlinks gives, and of what the encoder names."""

import pytest

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
    assert check(bare(tmp_path, encoder(reading, CHECKED))) == []
    assert {each.kind for each in check(bare(tmp_path, encoder(reading, CHECKED, decoder)))} == {"slow", "not-examined"}


def test_what_the_decoder_gives_fits_the_encoder(tmp_path):
    more = "function decodeUplink(i) { return i.bytes.length > 1 ? { data: { mode: 'eco' } } : { errors: ['size'] }; }"
    reading = "var v = { eco: 1 }[input.data.mode]; if (!v) { return { errors: ['mode'] }; } input.data.mode = 'x';"
    found = check(laid(tmp_path, encoder(reading, CHECKED, more), ["0101"]))
    assert ("input-changed", "encode_downlink") in {(each.kind, each.operation) for each in found}


def test_an_exception_for_made_data_is_no_finding(tmp_path):
    assert check(bare(tmp_path, encoder("var v = input.data.list[0].level;", UNCHECKED))) == []


def test_the_names_that_are_read():
    text = """
      data.one = 1; var x = input.data.two + obj.three; if ("four" in payload) { data.five(); data.six = data.seven; }
      response.data["eight"] = 1; other.nine;
    """
    assert list(_names(text)) == ["two", "three", "four", "seven"]
