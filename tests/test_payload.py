"""Payload texts: what each is read as, where a bad one breaks, and that nothing else is ever raised."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import payload
from octavo.errors import PayloadError

READ = [
    ("03670110", "hex", "03670110"),
    ("0367 0110", "hex", "03670110"),
    (" 03:67:01:10\n", "hex", "03670110"),
    ("03-67-01-10", "hex", "03670110"),
    ("0x03670110", "hex", "03670110"),
    ("0X03, 0x67, 0x01", "hex", "036701"),
    ("[0x01, 0xff]", "hex", "01ff"),
    (r"\x01\x67", "hex", "0167"),
    ("deadbeef", "hex", "deadbeef"),
    ("\u00a0deadbeef\u2003", "hex", "deadbeef"),
    ("DEADBEEF", "hex", "deadbeef"),
    ("0898", "hex", "0898"),
    ("08,9A", "hex", "089a"),
    ("1,103,1,16", "ints", "01670110"),
    ("[1, 103, 1, 16]", "ints", "01670110"),
    ("10,20,30", "ints", "0a141e"),
    ("[40]", "ints", "28"),
    ("[]", "ints", ""),
    ("AQIDBA==", "base64", "01020304"),
    ("AQIDBA", "base64", "01020304"),
    ("gkHe", "base64", "8241de"),
    ("vu8=", "base64", "beef"),
    ("a-_b", "base64", "6befdb"),
    ("a+/b", "base64", "6befdb"),
    ("AQID\r\nBAUG", "base64", "010203040506"),
]

AMBIGUOUS = [
    ("AAAAAA", "hex", "aaaaaa", "base64", "00000000"),
    ("AAEC", "hex", "aaec", "base64", "000102"),
    ("aBcD12ef", "hex", "abcd12ef", "base64", "681703d7679f"),
    ("28", "hex", "28", "ints", "1c"),
    ("10 20 30", "hex", "102030", "ints", "0a141e"),
    ("100", "base64", "d74d", "ints", "64"),
    ("01,67", "ints", "0143", "hex", "0167"),
]

REFUSED = [
    ("", "auto", 0, "empty"),
    (" \t", "auto", 0, "empty"),
    ("5", "auto", 1, r"5 is one number: write \[5\] for one byte, or 05 for hex"),
    ("123", "auto", 3, r"123 is one number: write \[123\] for one byte, or 0123 for hex"),
    ("256", "auto", 3, "256 is one number: it is no byte, for it is above 255, and hex has an even number"),
    ("0367011", "auto", 7, "0367011 is one number: it is no byte"),
    ("036701g0 11", "auto", 6, "hex digit|base64"),
    ("hello!", "auto", 5, "'!' at offset 5"),
    ("1,300", "auto", 2, "integer 0 to 255"),
    ("[1, -2]", "auto", 4, "integer 0 to 255"),
    ("[1,2", "auto", 4, "closing bracket"),
    ("0x1 0x67", "auto", 3, "even number"),
    ("0x", "auto", 2, "even number"),
    ("AQIDB", "auto", 5, "whole bytes"),
    ("A=Q=", "auto", 1, "at its end"),
    ("AQ===", "auto", 5, "whole bytes"),
    ("AR==", "auto", 1, "beyond the last byte"),
    ("03 6", "hex", 4, "even number"),
    ("0367zz", "hex", 4, "hex digit"),
    ("1.5", "ints", 0, "integer"),
    ("٣", "ints", 0, "integer"),
    ("99999999999999999999", "ints", 0, "integer"),
    ("not base64!", "base64", 3, "base64"),
]


@pytest.mark.parametrize(("text", "how", "digits"), READ)
def test_a_text_has_one_reading(text, how, digits):
    reading = payload.parse(text)
    assert (reading.how, reading.data.hex(), reading.alternatives) == (how, digits, ())


@pytest.mark.parametrize(("text", "how", "digits", "other", "other_digits"), AMBIGUOUS)
def test_a_second_reading_is_reported(text, how, digits, other, other_digits):
    reading = payload.parse(text)
    assert (reading.how, reading.data.hex()) == (how, digits)
    assert [(second.how, second.data.hex()) for second in reading.alternatives] == [(other, other_digits)]
    assert payload.parse(text, other).data.hex() == other_digits
    assert payload.parse(text, how).alternatives == ()


@pytest.mark.parametrize(("text", "how", "offset", "words"), REFUSED)
def test_a_bad_text_is_refused_at_its_character(text, how, offset, words):
    with pytest.raises(PayloadError, match=words) as caught:
        payload.parse(text, how)
    assert (caught.value.name, caught.value.offset) == ("invalid_payload", offset)


@pytest.mark.parametrize("text", ["0" * 10_001, "a" * 10_001, "03 " + "f" * 10_001])
def test_a_long_text_is_cut_in_the_sentence(text):
    with pytest.raises(PayloadError) as caught:
        payload.parse(text)
    assert len(caught.value.message) < 200


@given(st.text(alphabet="0123456789abcdef \u00a0", min_size=1))
def test_the_short_way_for_plain_hex_reads_as_the_long_one_does(text):
    readings = [kind for kind in payload._plausible(text.strip()) if not isinstance(read(text, kind), PayloadError)]
    if payload.PLAIN_HEX.fullmatch(text):
        assert readings == ["hex"]
        assert payload.parse(text).data == payload.from_hex(text)


@pytest.mark.parametrize(("text", "is_doubted"), [("00E", True), ("100", True), ("01w", False), ("00EC", False)])
def test_an_odd_number_of_hex_digits_is_doubted(text, is_doubted):
    doubt = payload.parse(text).doubt
    assert doubt == ("3 hex digits: one is missing or too many? It is taken for base64" if is_doubted else "")
    assert payload.parse(text, "base64").doubt == ""


def test_an_unknown_kind_is_refused():
    with pytest.raises(PayloadError, match="one of auto, hex, base64, ints"):
        payload.parse("00", "octal")


def test_an_empty_payload_may_be_asked_for():
    assert payload.parse("", "hex").data == b""


@given(st.binary(), st.sampled_from(payload.KINDS))
def test_what_is_written_reads_back(data, how):
    assert payload.parse(payload.write(data, how), how).data == data


@given(st.binary(min_size=1))
def test_hex_and_lists_are_read_as_themselves(data):
    assert payload.parse(data.hex()).data == data
    assert payload.parse(payload.write(data, "ints")).data == data
    assert payload.parse(data.hex(" ").upper()).data == data


@given(st.binary(min_size=1))
def test_base64_is_read_or_reported(data):
    """A base64 text of hex digits only is hex by the rule; any other is read as what it is."""
    text = base64.b64encode(data).decode()
    reading = payload.parse(text)
    readings = {reading.data, *(other.data for other in reading.alternatives)}
    assert data in readings or not payload.NOT_HEX.search(text)


@given(st.text() | st.text(alphabet="0123456789abcdefABCDEFxX,:[]-_=+/ \\"))
def test_any_text_gives_bytes_or_a_payload_error(text):
    for how in ("auto", *payload.KINDS):
        outcome = read(text, how)
        if isinstance(outcome, PayloadError):
            assert 0 <= outcome.offset <= len(text)
        else:
            assert isinstance(outcome.data, bytes)


def read(text, how):
    try:
        return payload.parse(text, how)
    except PayloadError as error:
        return error
