"""Arguments of push, replace and clear that are not of their kind: named, with what was expected and what was found."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.downlinks import Client, QueueItem
from octavo.downlinks.items import KINDS, check_members
from octavo.errors import ContentError
from octavo.messages import Encoded

from .traffic import FakeDevice

NAMES = {"server": "https://thethings.example.com", "application_id": "app1", "api_key": "NNSXS.KEY"}
WRONG = [
    ("f_port", True, "f_port: found true, expected a whole number"),
    ("f_port", "2", 'f_port: found "2", expected a whole number'),
    ("f_port", 2.0, "f_port: found 2.0, expected a whole number"),
    ("f_port", None, "f_port: found null, expected a whole number"),
    ("confirmed", 5, "confirmed: found 5, expected True or False"),
    ("confirmed", "yes", 'confirmed: found "yes", expected True or False'),
    ("confirmed", None, "confirmed: found null, expected True or False"),
    ("priority", 3, "priority: found 3, expected one of LOWEST, "),
    ("priority", "high", 'priority: found "high", expected one of LOWEST, '),
    ("priority", ["HIGH"], "priority: found a list, expected one of LOWEST, "),
    ("correlation_ids", "abc", 'correlation_ids: found "abc", expected a list of texts'),
    ("correlation_ids", [1], "correlation_ids: found a list, expected a list of texts"),
    ("correlation_ids", None, "correlation_ids: found null, expected a list of texts"),
    ("max_attempts", True, "max_attempts: found true, expected a whole number, or None"),
    ("max_attempts", "3", 'max_attempts: found "3", expected a whole number, or None'),
    ("class_b_c", "gw1", 'class_b_c: found "gw1", expected a mapping, or None'),
    ("class_b_c", {"gateways": "gw1"}, 'class_b_c/gateways: found "gw1", expected a list of objects with gateway_ids'),
    ("class_b_c", {"gateways": ["gw1"]}, "class_b_c/gateways: found a list, expected a list of objects"),
    ("class_b_c", {"absolute_time": 5}, "class_b_c/absolute_time: found 5, expected an RFC 3339 time"),
    ("class_b_c", {"absolute_time": "2026-01-02T03:04:05"}, "expected an RFC 3339 time with its time zone"),
    ("class_b_c", {1: 2}, "class_b_c: expected text as member names, got int"),
]


def client(**settings):
    return Client(**NAMES, **settings)


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
@pytest.mark.parametrize("operation", ["push", "replace"])
def test_an_option_is_of_its_kind(operation, name, value, words):
    given = {"f_port": 1, name: value}
    for call in (
        lambda: client().prepare(operation, "dev1", b"\1", **given),
        lambda: asyncio.run(client().aprepare(operation, "dev1", b"\1", **given)),
        lambda: client(device=FakeDevice()).prepare(operation, "dev1", {"byte": 1}, **given),
    ):
        with pytest.raises(ContentError, match=re.escape(words)):
            call()


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
@pytest.mark.parametrize("network", ["v3", "v2"])
def test_a_member_of_an_item_too_in_every_network(network, name, value, words):
    over = Client.mqtt(lambda _: None, application_id="app1", network=network)
    item = QueueItem(**{"f_port": 1, "frm_payload": b"\1", name: value})
    with pytest.raises(ContentError, match=re.escape(f"/downlinks/0/{words.partition('expected')[0]}")):
        over.prepare("push", "dev1", item)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (QueueItem(1, "0102"), '/downlinks/0/frm_payload: found "0102", expected bytes, or None'),
        (QueueItem(1, None, [1]), "/downlinks/0/decoded_payload: found a list, expected a mapping, or None"),
        (
            QueueItem(1, None, {"a": {True: 1}}),
            "/downlinks/0/decoded_payload/a: expected text as member names, got bool",
        ),
        (QueueItem(1, b"\1", session_key_id="x"), '/downlinks/0/session_key_id: found "x", expected bytes'),
        (QueueItem(1, b"\1", f_cnt=-1), "/downlinks/0/f_cnt: found -1, expected a whole number from 0 to 4294967295"),
        (Encoded("x", 1), '/downlinks/0/frm_payload: found "x", expected bytes, or None'),
    ],
)
def test_what_only_an_item_has(item, words):
    with pytest.raises(ContentError, match=re.escape(words)):
        client().prepare("push", "dev1", item)


@pytest.mark.parametrize("operation", ["push", "replace", "clear"])
@pytest.mark.parametrize("device_id", [5, None, b"dev1"])
def test_the_device_id_is_a_text(operation, device_id):
    with pytest.raises(ContentError, match=r"device_id: found .*, expected a text"):
        client().prepare(operation, device_id)
    with pytest.raises(ContentError, match=r"device_id: found .*, expected a text"):
        client().attributes(device_id)


def test_variables_are_texts():
    with pytest.raises(ContentError, match="variables: found an object, expected a mapping from text to text"):
        client(device=FakeDevice()).prepare("push", "dev1", {"byte": 1}, variables={"a": 1})


def test_a_text_is_no_payload():
    with pytest.raises(ContentError, match=r"a payload is given as bytes: bytes\.fromhex\(text\)"):
        client().prepare("push", "dev1", "0102", f_port=1)


def test_a_push_of_nothing_is_refused():
    with pytest.raises(ContentError, match="nothing to push: no downlink is given"):
        client().prepare("push", "dev1", f_port=1)
    assert client().prepare("replace", "dev1").items == (), "this empties the queue"


def test_data_for_a_device_that_encodes_nothing():
    class Deaf(FakeDevice):
        operations = frozenset(["decode_uplink"])

    with pytest.raises(ContentError, match="fake encodes no downlinks: give the payload as bytes, or no device"):
        client(device=Deaf()).prepare("push", "dev1", {"byte": 1}, f_port=1)
    assert client(device=Deaf()).prepare("push", "dev1", b"\1", f_port=1).items[0].frm_payload == b"\1"


def test_a_member_of_class_b_c_that_the_server_passes_over_is_found():
    prepared = client().prepare("push", "dev1", b"\1", f_port=1, class_b_c={"gateway": []})
    assert [(one.path, one.message) for one in prepared.findings] == [
        (
            "/downlinks/0/class_b_c/gateway",
            "the server passes over 'gateway': class_b_c has gateways and absolute_time",
        )
    ]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


def refusal(call):
    """The sentence of a refusal, or None."""
    try:
        call()
    except ContentError as error:
        return str(error)
    return None


@given(st.sampled_from(sorted(KINDS)), ANY)
def test_anything_is_of_its_kind_or_refused_by_name(name, value):
    told = refusal(lambda: check_members({name: value}))
    assert told is None or told.startswith(name)
    assert name != "confirmed" or (told is None) == isinstance(value, bool)
    assert name != "max_attempts" or (told is None) == (value is None or type(value) is int)


@given(ANY, ANY)
def test_no_downlink_ends_in_an_error_of_pythons_own(downlink, class_b_c):
    told = refusal(lambda: client().prepare("push", "dev1", downlink, f_port=1, class_b_c=class_b_c))
    assert told or isinstance(downlink, bytes | dict)
