"""JSON texts, scalars, URI templates, positions and curl: what all networks share."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, PayloadError
from octavo.networks import Request, as_curl, infer_location
from octavo.networks.message import header, with_members
from octavo.networks.uritemplate import expand
from octavo.networks.wire import dump_json, parse_json, read_bool, read_bytes, read_time, read_uint, show

LOCATIONS = json.loads(Path(__file__).parent.joinpath("cases", "tts-infer-location.json").read_text())

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("case", LOCATIONS, ids=lambda case: case["name"])
def test_location_vectors(case):
    assert infer_location(case["input"]) == case["expect"]["ok"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"lat": 0, "lon": 0}, None),
        ({"lat": 0, "lon": 0, "latitude": 1, "longitude": 2}, (1, 2, 0, 0)),
        ({"lat": True, "lon": 2}, None),
        ({"lat": "1", "lon": "2"}, None),
        ({"gps_1": {}}, (0, 0, 0, 0)),
        ({"gps_1": 5, "lat": 1, "lon": 2}, (1, 2, 0, 0)),
        ({"gps_1": {"latitude": 95}, "gps_2": {"latitude": 5}}, (5, 0, 0, 0)),
        ({"gps_lat": 1, "gps_lng": 2, "gps_alt": 3, "hacc": 4}, (1, 2, 3, 4)),
        ({"lat": math.nan, "lon": 1}, None),
        ([1, 2], None),
        (None, None),
    ],
    ids=str,
)
def test_location_rules(data, expected):
    names = ("latitude", "longitude", "altitude", "accuracy")
    assert infer_location(data) == (expected and dict(zip(names, expected, strict=True)))


@given(JSON)
def test_location_never_raises(data):
    found = infer_location(data)
    assert found is None or abs(found["latitude"]) <= 90


@given(JSON)
def test_json_round_trip(value):
    assert parse_json(dump_json(value)) == value


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("garbage", 0),
        ('{"a": 1}}', 8),
        ('{"a": }', 6),
        ("[1, 2", 5),
        ('"\n"', 1),
        ("NaN", None),
        ("[-Infinity]", None),
        ("1e400", None),
        ("9" * 5000, None),
        ("[" * 200_000, None),
        ('{"a":' * 200_000, None),
        (b'{"a": "\xff"}', 7),
        (b"\xff\xfe{\x00}\x00", 0),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_json_refused(text, offset):
    with pytest.raises(ContentError, match="not JSON") as caught:
        parse_json(text)
    assert caught.value.offset == offset


def test_json_error_has_line_and_column():
    with pytest.raises(ContentError) as caught:
        parse_json('{\n  "a": x}')
    assert (caught.value.line, caught.value.column) == (2, 8)
    with pytest.raises(ContentError, match=r"\(line 12, column 8\)") as caught:
        parse_json('{\n  "a": x}', first_line=11)
    assert (caught.value.line, caught.value.column) == (12, 8)


@pytest.mark.parametrize("digits", [310, 5000])
def test_a_number_beyond_a_double_is_told_in_few_words(digits):
    with pytest.raises(ContentError, match=r"the number 9{40} is beyond what a double holds") as caught:
        parse_json("9" * digits)
    assert "set_int_max_str_digits" not in caught.value.message


@pytest.mark.parametrize("text", ['\ufeff {"a": 1} \n', b'\xef\xbb\xbf{"a": 1}', bytearray(b'{"a": 1}')], ids=repr)
def test_json_accepted(text):
    assert parse_json(text) == {"a": 1}


def test_json_last_of_two_equal_keys_counts():
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}


def test_json_keeps_a_lone_surrogate():
    assert dump_json(parse_json(r'["\ud800"]')) == rb'["\ud800"]'


def cyclic():
    value = []
    value.append(value)
    return value


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [math.nan, b"bytes", {1, 2}, cyclic(), deep(100_000), 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_not_writable_as_json(value):
    with pytest.raises(ContentError, match="cannot be written as JSON"):
        dump_json(value)


@pytest.mark.parametrize(
    "value",
    [None, True, 10**5000, 1.5, "x" * 99, b"", deep(5000), {}, math.inf],
    ids=lambda value: str(type(value)),
)
def test_any_value_can_be_shown(value):
    assert len(show(value)) <= 41


@pytest.mark.parametrize(("value", "expected"), [(None, 0), (0, 0), (255, 255), (7.0, 7), ("12", 12)])
def test_uint_accepted(value, expected):
    assert read_uint(value, "/f_port", maximum=255) == expected


@pytest.mark.parametrize("value", [-1, 256, True, 1.5, "x", "-1", "", [], {}, math.inf, math.nan, "9" * 400])
def test_uint_refused(value):
    with pytest.raises(ContentError, match=r"^/f_port: found") as caught:
        read_uint(value, "/f_port", maximum=255)
    assert caught.value.path == "/f_port"


@pytest.mark.parametrize("value", [0, 1, "true", [], {}])
def test_bool_refused(value):
    with pytest.raises(ContentError, match="true or false"):
        read_bool(value, "/confirmed")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("gkHe", "8241de"), ("-_8=", "fbff"), ("+/8", "fbff"), ("", ""), (None, ""), ("AQ", "01")],
)
def test_bytes_accepted(text, expected):
    assert read_bytes(text, "/frm_payload").hex() == expected


def test_bytes_refused_with_path_and_offset():
    with pytest.raises(PayloadError) as caught:
        read_bytes("AQ*=", "/frm_payload")
    assert (caught.value.path, caught.value.offset) == ("/frm_payload", 2)


def test_bytes_of_another_type_refused():
    with pytest.raises(ContentError, match="found 5, expected base64 text"):
        read_bytes(5, "/frm_payload")


@pytest.mark.parametrize(
    "text", ["2020-02-12T15:15:45.789585559Z", "2020-02-12T15:15:45+01:00", "1970-01-01T00:00:00Z"]
)
def test_time_accepted_with_all_its_digits(text):
    assert read_time(text) == text


@pytest.mark.parametrize(
    "text", ["", "2020-02-12", "2020-02-30T00:00:00Z", "2020-02-12T15:15:45", None, 5, "yesterday"]
)
def test_time_refused(text):
    assert read_time(text) is None


# Source: RFC 6570, section 3.2, for variables that hold text.
VARIABLES = {
    "var": "value",
    "hello": "Hello World!",
    "half": "50%",
    "empty": "",
    "path": "/foo/bar",
    "x": "1024",
    "y": "768",
    "base": "http://example.com/home/",
    "who": "fred",
    "dub": "me/too",
    "v": "6",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("O{empty}X", "OX"),
        ("O{undef}X", "OX"),
        ("{x,y}", "1024,768"),
        ("{x,hello,y}", "1024,Hello%20World%21,768"),
        ("?{x,empty}", "?1024,"),
        ("?{x,undef}", "?1024"),
        ("?{undef,y}", "?768"),
        ("{var:3}", "val"),
        ("{var:30}", "value"),
        ("{half}", "50%25"),
        ("{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"),
        ("{+base}index", "http://example.com/home/index"),
        ("{+half}", "50%25"),
        ("{+path}/here", "/foo/bar/here"),
        ("{+x,hello,y}", "1024,Hello%20World!,768"),
        ("{+path:6}/here", "/foo/b/here"),
        ("{#x,hello,y}", "#1024,Hello%20World!,768"),
        ("foo{#empty}", "foo#"),
        ("foo{#undef}", "foo"),
        ("{.who,who}", ".fred.fred"),
        ("X{.empty}", "X."),
        ("{/var,x}/here", "/value/1024/here"),
        ("{/var,empty}", "/value/"),
        ("{/var:1,var}", "/v/value"),
        ("{/who,dub}", "/fred/me%2Ftoo"),
        ("{;empty}", ";empty"),
        ("{;v,empty,who}", ";v=6;empty;who=fred"),
        ("{;hello:5}", ";hello=Hello"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="),
        ("{?x,y,undef}", "?x=1024&y=768"),
        ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        ("{&var:3}", "&var=val"),
        ("{var*}", "value"),
    ],
)
def test_uri_template(template, expected):
    assert expand(template, VARIABLES) == expected


@pytest.mark.parametrize("template", ["{", "}", "a{b", "{}", "{a b}", "{!x}", "{x:0}", "{x:12345}", "{a,}", "{{x}}"])
def test_uri_template_refused(template):
    with pytest.raises(ContentError):
        expand(template, VARIABLES)


@given(st.text(alphabet="{}/?#&;.+,:*%aA0 é\ud800"))
def test_uri_template_never_raises_otherwise(template):
    try:
        written = expand(template, {"a": template})
    except ContentError:
        return
    assert "{" not in written


def test_reserved_expansion_keeps_encoded_triplets():
    assert expand("{+x}", {"x": "a%20b%zz"}) == "a%20b%25zz"


def test_curl_of_a_request_without_key_or_body():
    assert as_curl(Request("GET", "https://example.com/a b")) == (
        "curl --location \\\n  --request GET \\\n  'https://example.com/a b'"
    )


def test_curl_hides_the_keys():
    request = Request("PUT", "https://e.example/d?key=ttn.secret&x=1", {"Authorization": "Bearer NNSXS.S"}, b"{}")
    assert as_curl(request).splitlines()[1:] == [
        '  --header "Authorization: Bearer $OCTAVO_API_KEY" \\',
        "  --request PUT \\",
        "  --data '{}' \\",
        '  "https://e.example/d?key=$OCTAVO_API_KEY&x=1"',
    ]


def test_curl_lets_the_shell_expand_nothing_but_the_key():
    request = Request("POST", "https://e.example/$HOME?key=s&`id`=1")
    assert as_curl(request).endswith("""'https://e.example/$HOME?key='"$OCTAVO_API_KEY"'&`id`=1'""")


def test_requests_do_not_show_their_keys():
    assert "secret" not in repr(Request("GET", "https://e.example", {"Authorization": "Bearer secret"}))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-downlink-push": "u"},
        {"X-DOWNLINK-PUSH": "u", "Other": "v"},
        [("X-Downlink-Push", "u")],
        [(b"x-downlink-push", b"u")],
    ],
    ids=repr,
)
def test_headers_are_matched_without_case(headers):
    assert header(headers, "X-Downlink-Push") == "u"


def test_missing_header():
    assert header({"a": "b"}, "X-Downlink-Push") is None


def test_members_keep_their_places():
    before = {"f_port": 1, "frm_payload": "AQ==", "old": 1, "gone": 2, "null": None, "last": 3}
    after = with_members(before, {"new": {}, "old": 9, "gone": None, "never": None}, after="frm_payload")
    assert list(after.items()) == [
        ("f_port", 1),
        ("frm_payload", "AQ=="),
        ("new", {}),
        ("old", 9),
        ("null", None),
        ("last", 3),
    ]
    assert before["gone"] == 2


def test_new_members_stand_at_the_end_without_an_anchor():
    assert list(with_members({"a": 1}, {"b": 2}, after="x")) == ["a", "b"]
