"""Who may send: each kind of secret, several of them, and what does not open the door."""

import base64

import pytest

from octavo.live.auth import allowed, challenge
from octavo.live.config import Secret

HEADER = Secret("header", "X-Octavo-Key", "sésame")
BASIC = Secret("basic", username="ttn", password="a:b c")  # noqa: S106 - a made-up one
BEARER = Secret("bearer", value="NNSXS.ABC")
VERBATIM = Secret("authorization", value="Key my own words")
ALL = (HEADER, BASIC, BEARER, VERBATIM)


def basic(text):
    return b"Basic " + base64.b64encode(text.encode())


def show(secrets, **headers):
    pairs = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return allowed(secrets, pairs)


@pytest.mark.parametrize("secrets", [ALL, ALL[::-1]])
@pytest.mark.parametrize(
    "headers",
    [
        {"x_octavo_key": "sésame".encode()},
        {"X_OCTAVO_KEY": "sésame".encode()},
        {"authorization": basic("ttn:a:b c")},
        {"authorization": basic("ttn:a:b c").replace(b"Basic", b"bASIC")},
        {"authorization": b"Bearer NNSXS.ABC"},
        {"authorization": b"bearer  NNSXS.ABC "},
        {"authorization": b"Key my own words"},
    ],
)
def test_any_of_the_secrets_opens(secrets, headers):
    assert show(secrets, **headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_octavo_key": b"sesame"},
        {"x_octavo_key": b""},
        {"authorization": "sésame".encode()},
        {"authorization": basic("ttn:a:b")},
        {"authorization": b"Basic !!!"},
        {"authorization": b"Bearer"},
        {"authorization": b"NNSXS.ABC"},
        {"authorization": b"Basic NNSXS.ABC"},
        {"authorization": b"key my own words"},
        {"proxy_authorization": b"Bearer NNSXS.ABC"},
        {"authorization": b"\xff\xfe"},
    ],
)
def test_nothing_else_opens(headers):
    assert not show(ALL, **headers)


def test_one_right_header_of_several_is_enough():
    assert allowed([BEARER], [(b"authorization", b"Bearer wrong"), (b"authorization", b"Bearer NNSXS.ABC")])


def test_the_old_secret_and_the_new_one_open_while_both_are_there():
    both = [Secret("bearer", value="old"), Secret("bearer", value="new")]
    assert [show(both, authorization=f"Bearer {each}".encode()) for each in ("old", "new", "older")] == [
        True,
        True,
        False,
    ]


def test_without_secrets_everybody_may_send():
    assert allowed((), [])


def test_every_secret_is_compared(monkeypatch):
    """The time does not tell which of them fitted."""
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: compared.append(other) or one == other)
    assert show(ALL, authorization=b"Bearer NNSXS.ABC")
    assert len(compared) == 3


def test_the_challenge_names_the_schemes():
    assert challenge(ALL) == 'Basic realm="octavo", Bearer realm="octavo"'
    assert challenge([BEARER]) == 'Bearer realm="octavo"'
    assert challenge([HEADER, VERBATIM]) is None
