"""What is taken out of messages and sentences: keys, and where files lie on this machine."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import octavo
from octavo.errors import ContentError
from octavo.live.config import Config
from octavo.live.intake import Received, read
from octavo.live.redaction import Places, told_of, without_keys
from octavo.networks.wire import parse_json
from octavo.pipeline import Outcome

from .traffic import MESSAGE

SECRET = "ttn-account-v2.SECRETSECRET_-0123456789"  # noqa: S105 - made up
API_KEY = "NNSXS.SECRETSECRET234567.SECRETSECRET234567SECRET"


NAMES = ("key", "api_key", "apikey", "access_token", "client_secret", "token", "password")


def bare(text):
    body, value = without_keys(text.encode(), parse_json(text))
    assert parse_json(body) == value
    return body.decode()


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://a/b?key=SECRET", "https://a/b"),
        ("https://a/b?key=SECRET&x=1", "https://a/b?x=1"),
        ("https://a/b?x=1&key=SECRET", "https://a/b?x=1"),
        ("https://a/b?x=1&key=SECRET&key=SECRET&y=2#end", "https://a/b?x=1&y=2#end"),
        ("https://a/b?key=SECRET&key=SECRET", "https://a/b"),
        ("https://a/b?x=1;KEY=SECRET", "https://a/b?x=1"),
        ("https://a/b?%6b%65y=SECRET#k", "https://a/b#k"),
        ('https://a/b?key=SEC"RET\\SECRET\n', "https://a/b\n"),
        ("https://a/b?monkey=1&keys=2", "https://a/b?monkey=1&keys=2"),
        ("https://a/b?x=1&key%3DSECRET&y=2", "https://a/b?x=1&y=2"),
        ("https://a/b?u=c%3Fx%3D1%26key%3DSECRET&y=2", "https://a/b?u=c%3Fx%3D1&y=2"),
        ("https://a/b?u=c%253Fkey%253DSECRET", "https://a/b?u=c"),
        ("https://a/b#key=SECRET&x=1", "https://a/b#x=1"),
        ("https://a/b?key=SECRET#key=SECRET", "https://a/b"),
        ('{"u": "https://a/b?x=1\\u0026key=SECRET"}', '{"u": "https://a/b?x=1\\u0026"}'),
        ('{"u": "https://a/b\\u003f\\u006b\\u0065y\\u003dSECRET"}', '{"u": "https://a/b\\u003f"}'),
        ("https://a/b?key=SECRET&key=SECRET;y=2 is one", "https://a/b?y=2 is one"),
        ("https://a/b?a=1;key=SECRET;c=2", "https://a/b?a=1;c=2"),
        ("https://a/b?u=c%3Fkey%3DSECRET%26x%3D1&y=2", "https://a/b?u=c%3Fx%3D1&y=2"),
        ("https://a/b?u=c%253Fx%3D1%2526key%253DSECRET%2526z%253D1", "https://a/b?u=c%253Fx%3D1%2526z%253D1"),
        ("https://a/b?key=SEC%26RET%3BSECRET&y=2", "https://a/b?y=2"),
        ("/down?key=SECRET\nT=21.5;RH=40", "/down\nT=21.5;RH=40"),
        ("<u>/down?key=SECRET</u><t>21.5</t>", "<u>/down</u><t>21.5</t>"),
        (API_KEY.replace(".", "%2E"), "***"),
        (SECRET.replace(".", "%2e"), "***"),
        ("https://a/b?api_key=SECRET&x=1", "https://a/b?x=1"),
        ("https://a/b?x=1&apikey=SECRET", "https://a/b?x=1"),
        ("https://a/b?x=1&Access-Token=SECRET&token=SECRET", "https://a/b?x=1"),
        ("https://a/b?password=SECRET#c", "https://a/b#c"),
        ("https://a/b?client_secret%3DSECRET", "https://a/b"),
        ("https://a/b? key=SECRET", "https://a/b"),
        ("https://a/b?x=1&%20key+=SECRET", "https://a/b?x=1"),
        ("https://a/b?key\n=SECRET", "https://a/b"),
        ("https://a/b?passwords=2&api=1&tokens=3", "https://a/b?passwords=2&api=1&tokens=3"),
        ("NNSXS.\u00e9SECRET", "***"),
        ("NNSXS\u200b.SECRET\U0001f600SECRET is one", "*** is one"),
        (f"https://a/{SECRET}", "https://a/***"),
        (f"the key {API_KEY} is for all", "the key *** is for all"),
    ],
)
def test_keys_are_taken_out_of_any_text(url, left):
    assert json.loads(bare(json.dumps({"a": [url]}))) == {"a": [left]}
    assert json.loads(bare(json.dumps({url: 1}))) == {left: 1}
    assert json.loads(bare(json.dumps(url))) == left


@pytest.mark.parametrize(
    "text",
    [
        '{"downlink_url": "https://a/?key=SECRET", "downlink_url": ""}',
        '{"a": "https://a/\\u003f\\u006Bey=SECRET"}',
        '{"a": "?k\\u0065y=SECRET", "a": 1}',
        '{"a": "?x=1\\u0026key=SECRET"}',
        f'{{"a": "tt\\u006e-account-v2.{SECRET[15:]}"}}',
    ],
)
def test_no_way_to_write_json_hides_one(text):
    assert "SECRET" not in bare(text)


@pytest.mark.parametrize("text", ['{"a" : 1.0}', '"caf\\u00e9 and more\\n"', '{"a": "?monkey=1", "a": 2}'])
def test_a_message_without_keys_stays_as_it_came(text):
    assert bare(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "t;key=4;21.5;22.5\nt;key=5;1;2",
        "Is it warm? token = 3 and temperature=5, humidity=7",
        "Who? key=5",
        "a;password=1;b=2;c=3",
        "#1;key=4;21.5",
        "?x=1;keys=2",
        "Salt & token = 3",
        '{"q": "warm?", "key=": "a"}',
        '["?", "key=1"]',
    ],
)
def test_data_that_is_no_url_stays_as_it_came(text):
    for _ in range(3):
        body = json.dumps({"a": text, text: [1.50, 1e3]}, indent=1)
        assert bare(body) == body
        text = json.dumps([text])


def no_parameter(text):
    return not any(f"{name}=" in re.sub(r"[\s+]", "", text).lower() for name in NAMES)


WORDS = st.sampled_from(
    ["key", "token", "key =", "?", "&", ";", "#", "=", " ", "\n", "%", "http://h/", "\\", '"', "'", "5"]
)
DATA = st.one_of(st.text(), st.lists(WORDS).map("".join)).filter(no_parameter)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), DATA),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(DATA, inner, max_size=3),
)


@given(VALUES, st.integers(0, 2), st.sampled_from([None, 1]))
def test_a_value_without_keys_stays_as_it_came(value, depth, indent):
    """However often it is JSON within JSON."""
    for _ in range(depth):
        value = {"n": json.dumps(value)}
    body = json.dumps(value, indent=indent)
    assert bare(body) == body


KEYS = st.text("abcXYZ0189._-~/:@!$*+,%2F", min_size=1, max_size=20)
PARAMETERS = st.builds("{}={}".format, st.sampled_from(NAMES), KEYS)
PLACES = st.sampled_from(["{}?{}", "{}?a=1&{}", "{}?{}&b=2", "{}?a=1&{}&b=2#c", "{}?a=1;{};b=2", "{}?{};b=2", "{}#{}"])
LEFT = {"{}?{}": "{}", "{}#{}": "{}", "{}?{}&b=2": "{}?b=2", "{}?{};b=2": "{}?b=2", "{}?a=1&{}": "{}?a=1"}
LEFT |= {"{}?a=1&{}&b=2#c": "{}?a=1&b=2#c", "{}?a=1;{};b=2": "{}?a=1;b=2"}


@given(VALUES, DATA, PARAMETERS, PLACES, st.integers(0, 3))
def test_json_within_a_text_loses_the_parameter_alone(value, text, parameter, place, depth):
    """It is JSON as before, and all its other members are there."""

    def nested(url):
        inner = {"before": value, "url": url, "note": f"{text} {url} {text}", "after": [value, url]}
        for _ in range(depth):
            inner = {"n": json.dumps(inner), "t": 21.5}
        return inner

    kept = parse_json(bare(json.dumps(nested(place.format("http://h/x", parameter)))))
    wanted = nested(LEFT[place].format("http://h/x"))
    for _ in range(depth):
        kept, wanted = parse_json(kept["n"]), parse_json(wanted["n"])
    assert kept == wanted


@given(st.text(), st.text())
def test_nothing_around_a_key_saves_it(before, after):
    url = f"{before}?key={SECRET}{after}"
    assert "SECRETSECRET" not in bare(json.dumps({"a": url, url: None}))


@given(st.text('?&;#\\"ky=%2563d6u0 ', max_size=40), st.text('?&;#\\"key=%26u0 ', max_size=20))
def test_what_is_left_is_still_json(before, after):
    """However it is written, and however often JSON lies within JSON."""
    text = f"{before}key={SECRET}{after}"
    for _ in range(3):
        assert "SECRETSECRET" not in bare(json.dumps({"a": text}))
        text = json.dumps({"u": text})


@pytest.mark.parametrize("letter", ["\\", "%", "%25", "&", "&key", "?key=", "NNSXS", "NNSXS.", "\\u0026", "? "])
def test_long_texts_are_read_in_one_pass(letter):
    """Twenty times as long takes about twenty times as long, not four hundred times."""
    long = letter * 200_000
    assert "SECRET" not in bare(json.dumps({"a": f"{long}?key=SECRET"}))


def test_identifiers_hold_no_keys():
    ids = {"device_id": API_KEY, "application_ids": {"application_id": f"a?key={SECRET}"}}
    row = read(Received(json.dumps({**MESSAGE, "end_device_ids": ids}).encode()))
    assert (row.application, row.device) == ("a", "***")


def test_files_are_told_from_the_folder_of_the_configuration(tmp_path):
    elsewhere = tmp_path.parent / "elsewhere"
    config = Config(
        folder=tmp_path, device=str(tmp_path / "a" / "b.js"), devices={"x": str(elsewhere / "c.js"), "y": "acme/z"}
    )
    told = Places(config).told
    shipped = Path(octavo.__file__).parents[2] / "formatters" / "acme" / "x.js"
    assert told(f"{tmp_path}/a/b.js:1:2: boom") == "b.js:1:2: boom"
    assert told(f"no {elsewhere}/c.js, no {shipped}") == "no c.js, no formatters/acme/x.js"
    assert told("1/2 of acme/z") == "1/2 of acme/z"
    assert Places(Config(folder=Path("/"))).told("/etc/passwd") == "/etc/passwd"


def test_an_outcome_tells_no_place_but_its_message_stays(tmp_path):
    error = ContentError("boom", file=f"{tmp_path}/x.js", line=1)
    record = Outcome("failed", message={"a": f"{tmp_path}/x"}, error=error, reason=str(error)).to_dict()
    told = told_of(record, Places(Config(folder=tmp_path)).told)
    assert (told["error"]["file"], told["decoded"]["error"]["file"], told["reason"]) == ("x.js", "x.js", "x.js:1: boom")
    assert told["message"] == record["message"]
    assert told.keys() == record.keys()
