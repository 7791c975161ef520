"""Files that hold one JavaScript literal."""

import json
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import _literal
from octavo.errors import ContentError, NotFoundError

MOST = 1 << 20


def value(text):
    return _literal.parse(text, "x.json").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: 0x1F, 'b': -1.5e3, c: `x`, \"d\": +2,}", {"a": 31, "b": -1500.0, "c": "x", "d": 2}),
        ("[0b11, 0o17, 1_000, .5, 5., 1e-2, 0xFF_FF]", [3, 15, 1000, 0.5, 5.0, 0.01, 65535]),
        ("// one\n[1, /* two */ 2, // three\n]", [1, 2]),
        ("[1,,2,]", [1, None, 2]),
        ("[undefined, null, true, false]", [None, None, True, False]),
        ("{a: undefined, b: 1, a: undefined}", {"b": 1}),
        ("{a: 1, a: 2}", {"a": 2}),
        ("{1: 'x', 0x10: 'y', 2.0: 'z'}", {"1": "x", "16": "y", "2": "z"}),
        (
            r"['\u{1F600}\ud83d\ude00\x41\0\b\'\"\
']",
            ["😀😀A\0\b'\""],
        ),
        ("[`a\r\nb`]", ["a\nb"]),
        ("[Infinity, -Infinity]", [math.inf, -math.inf]),
        ("{\\u0061b: 1, é: 2, $_: 3}", {"ab": 1, "é": 2, "$_": 3}),
        ('"x"', "x"),
        ("[" + "9" * 5000 + ",]", [math.inf]),
        ("[0x" + "f" * 400 + "]", [math.inf]),
    ],
)
def test_literals_are_read_as_javascript_reads_them(text, expected):
    assert value(text) == expected


def test_minus_zero_and_nan_are_themselves():
    zero, nan = value("[-0, NaN,]")
    assert math.copysign(1, zero) == -1
    assert math.isnan(nan)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "a list, an object"),
        ("// nothing", 1, 1, "a list, an object"),
        ("{\n  a: b\n}", 2, 6, "b: a list"),
        ("[1,\n f()]", 2, 2, r"f\(\): a list"),
        ("{a}", 1, 2, "a member key: value"),
        ("{a() {}}", 1, 2, "a member key: value"),
        ("{...a}", 1, 2, "a member key: value"),
        ("{[1]: 2}", 1, 2, "a name or a text"),
        ("{1.5: 2,}", 1, 2, "a name or a text"),
        ("[010]", 1, 2, "octal is written 0o17"),
        ("1n", 1, 1, "a number was expected"),
        ("`${1}`", 1, 1, "a text without"),
        (r"'\07'", 1, 1, "an escape"),
        (r"'\u{110000}'", 1, 1, "an escape"),
        ("['é', x]", 1, 7, "x: a list"),
        ("-undefined", 1, 1, "a list"),
        ("undefined", 1, 1, "undefined is no value"),
        ("[1 2]", 1, 4, "not a JavaScript literal"),
        ("{a: 1", 1, 6, "not a JavaScript literal"),
        ("(1)", 1, 1, r"\(1\): a list"),
        ("1)(2", 1, 1, "one value alone"),
        ("1;2", 1, 1, "not a JavaScript literal"),
        ("[" * 201 + "]" * 201, 1, 201, "deeper than 200 levels"),
        ("[" * 100_000 + "]" * 100_000, 1, 201, "deeper than 200 levels"),
        ("/x/", 1, 1, "/x/: a list"),
        ("\ud800", 1, 1, "a list"),
    ],
)
def test_anything_else_is_refused_at_its_place(text, line, column, words):
    with pytest.raises(ContentError, match=words) as caught:
        value(text)
    assert (caught.value.file, caught.value.line, caught.value.column) == ("x.json", line, column)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_json_is_read_as_it_was_written(given_value, ascii_only, indent):
    assert value(json.dumps(given_value, ensure_ascii=ascii_only, indent=indent)) == given_value


@given(json_values, st.booleans())
def test_the_syntax_tree_reads_json_as_json_does(given_value, ascii_only):
    """A comment in front sends the text the other way; there a whole number beyond a double is infinite."""
    text = json.dumps(given_value, ensure_ascii=ascii_only)
    assert value(f"// not JSON\n{text}") == json.loads(text, parse_int=_as_javascript)


def _as_javascript(digits):
    number = int(digits)
    return number if number or not digits.startswith("-") else -0.0


pieces = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", "a", "'b'", '"', "`", "1", "-", "0x", "//", "/*", "\\", "\n", "é"]
)


@given(st.text() | st.lists(pieces).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        document = _literal.parse(text, "x")
    except ContentError as refused:
        error = refused
    else:
        error = None
    if error is not None:
        assert min(error.line, error.column) >= 1
        return
    start, end = document.span(())
    assert 0 <= start <= end <= len(text)


@given(json_values)
def test_each_value_is_found_where_it_stands(given_value):
    document = _literal.parse(f"// ä\n{json.dumps(given_value, ensure_ascii=False, indent=1)}", "x")
    for place, (start, end) in document.spans().items():
        inner = document.value
        for part in place:
            inner = inner[part]
        assert _literal.parse(document.text[start:end], "x").value == inner


def test_an_error_about_a_place_names_the_nearest_value_there_is():
    document = _literal.parse('[\n {"a": 1}]', "x.json")
    error = document.error((0, "b", 3), "b was expected")
    assert str(error) == "x.json:2:2: b was expected"
    assert error.path == "/0"


def test_files_are_read_with_or_without_a_byte_order_mark(tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(b"\xef\xbb\xbf[0x1]")
    assert _literal.read(file, most_bytes=MOST).value == [1]


def test_what_is_no_text_file_is_refused(tmp_path):
    with pytest.raises(NotFoundError):
        _literal.read(tmp_path / "none.json", most_bytes=MOST)
    with pytest.raises(ContentError, match="cannot be read"):
        _literal.read(tmp_path, most_bytes=MOST)
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff")
    with pytest.raises(ContentError, match="offset 0 is not UTF-8"):
        _literal.read(file, most_bytes=MOST)
    with pytest.raises(ContentError, match="larger than 0 bytes"):
        _literal.read(file, most_bytes=0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "examples.json")
    with pytest.raises(ContentError, match="it is no file"):
        _literal.read(tmp_path / "examples.json", most_bytes=100)
