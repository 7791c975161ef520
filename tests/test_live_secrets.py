"""What no sentence tells, whoever said it: keys, tokens and passwords; and what stays as it is."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo._http import Response
from octavo.downlinks.answers import refusal
from octavo.live.config import Config
from octavo.live.redaction import Places, without_secrets
from octavo.networks.message import Request

JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJjaGlycHN0YWNrIn0.SECRET_-SECRET"

WORDS = (
    *("a text was expected", "the key: it is missing", "KeyError: 'token'", "unexpected token: }", "no such key"),
    *("the API key is missing or wrong", "key: 5", "Bearer authentication failed", "Basic authentication", "100 %"),
    *("error:pkg/auth:token_invalid (token is invalid)", "connect ECONNREFUSED http://127.0.0.1:8080/in?x=1"),
    *(
        "sink mqtt: password: a text was expected",
        "http://[::1]:80/ did not answer",
        "ValueError: {'key': 5}",
        "passwords: 3",
    ),
)
UPPER_HEX = st.binary(max_size=256).map(lambda data: data.hex().upper())
HEX = st.binary(max_size=256).map(bytes.hex)
BASE64 = st.binary(max_size=255).map(lambda data: base64.b64encode(data).decode())
EUIS = st.binary(min_size=8, max_size=8).map(lambda data: data.hex("-"))
ULIDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26).map("as:up:{}".format)
PAYLOADS = st.one_of(HEX, UPPER_HEX, BASE64, EUIS, ULIDS, st.uuids().map(str))


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("boom at http://h/?api_key=SECRET today", "boom at http://h/?api_key=*** today"),
        ("http://h/?a=1& key=SECRET", "http://h/?a=1& key=***"),
        ("u=c%26api_key%3DSECRET&y=2", "u=c%26api_key%3D***&y=2"),
        ("(see http://h/?key=SECRET)", "(see http://h/?key=***)"),
        ("apikey=SECRET, retrying", "apikey=***, retrying"),
        ("PASSWORD = SECRET", "PASSWORD = ***"),
        ("client_secret=it's5ECRET.", "client_secret=***."),
        ("secret='SEC RET' x", "secret=*** x"),
        ("password: SECRET5", "password: ***"),
        ("token: SECRET is bad", "token: *** is bad"),
        ("token: 'secret one' is bad", "token: *** is bad"),
        ('{"password": "SEC\\"RET", "a": 1}', '{"password": ***, "a": 1}'),
        ('{\\"password\\":\\"SECRET\\"', '{\\"password\\":***'),
        ("X-Api-Key: SECRET", "X-Api-Key: ***"),
        ("Authorization: Bearer SECRET5SECRET", "Authorization: Bearer ***"),
        ("mqtts://octavo:SEC@RET@broker:8883/x", "mqtts://***@broker:8883/x"),
        ("the key NNSXS.\u00e9SECRET is none", "the key *** is none"),
        (f"the key {JWT} is none", "the key *** is none"),
    ],
)
def test_secrets_in_sentences(sentence, left):
    assert without_secrets(sentence) == left
    assert without_secrets(left) == left
    assert Places(Config()).told(sentence) == left


@given(
    st.lists(st.one_of(st.sampled_from(WORDS), PAYLOADS), max_size=6), st.sampled_from([" ", ", ", "; ", "\n", '", "'])
)
def test_sentences_payloads_and_identifiers_stay(parts, between):
    said = between.join(parts)
    assert without_secrets(said) == said


@given(PAYLOADS, st.sampled_from(["payload ", "frm_payload: ", "data=", "session_key_id=", "id: "]))
def test_what_is_named_a_payload_stays(payload, name):
    assert without_secrets(f"{name}{payload} is odd") == f"{name}{payload} is odd"


@given(
    st.text(max_size=30),
    st.sampled_from(["?key=", " api_key=", "token: ", "password=", "secret = ", "Bearer "]),
    st.text(max_size=30),
)
def test_nothing_around_a_secret_saves_it(before, name, after):
    secret = "S3CRETSECRET"  # noqa: S105 - made up
    said = f"{before} {name}{secret} {after}"
    assert secret not in without_secrets(said)


@pytest.mark.parametrize(
    "part", ["key", "key=,", "key ", "token: a ", "://a:", "eyJ-", "eyJaaaaaaaa.", "Bearer ", "\\", '"', "key='"]
)
def test_long_sentences_are_read_in_one_pass(part):
    """Were it not so, these would take minutes."""
    assert "SECRET" not in without_secrets(f"{part * 100_000} ?key=SECRET")


@pytest.mark.parametrize(
    "address", ["https://u:SECRET@other.example/x?key=SECRET", "https://other.example?token=SECRET#SECRET"]
)
def test_a_redirection_tells_the_other_host_only(address):
    error = refusal(Request("POST", "https://h/down/push", {}), Response(302, {"location": address}))
    assert "SECRET" not in str(error)
    assert re.search(r"redirects to https://other\.example:", str(error))
