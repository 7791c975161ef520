"""What is found in messages: where a device decodes them, and by the schemas."""

import json
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import pipeline
from octavo.messages import Finding
from octavo.networks import recognise
from octavo.pipeline import process, validate

from .traffic import EXAMPLES, FakeDevice, with_uplink


@pytest.mark.parametrize(
    ("theirs", "path", "value"),
    [
        ({"hex": "8241de", "port": 8}, "/port", 8),
        ({"hex": "8241de"}, "", {"hex": "8241de"}),
        ({"hex": ["8241de"], "port": 7}, "/hex", ["8241de"]),
        ({"hex": "8241de", "port": True}, "/port", True),
        ([1], "", [1]),
        (5, "", 5),
    ],
    ids=repr,
)
def test_a_decoded_payload_that_differs_is_a_finding(theirs, path, value):
    out = process(with_uplink(decoded_payload=theirs), FakeDevice())
    assert out.outcome == "decoded"
    assert out.message["uplink_message"]["decoded_payload"] == {"hex": "8241de", "port": 7}
    assert [(finding.path, finding.value) for finding in out.findings] == [
        ("/uplink_message/decoded_payload" + path, value)
    ]


@pytest.mark.parametrize("theirs", [{"port": 7.0, "hex": "8241de"}, None], ids=repr)
def test_a_decoded_payload_that_agrees_is_none(theirs):
    assert process(with_uplink(decoded_payload=theirs), FakeDevice()).findings == []


def test_differences_deep_down():
    theirs = ours = 1
    for _ in range(50_000):
        theirs, ours = [theirs, {"a": 0}], [ours, {"a": 1}]
    path, value = pipeline.first_difference(theirs, ours)
    assert (path[-2:], value) == ((1, "a"), 0)


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_value_does_not_differ_from_itself(value):
    assert pipeline.first_difference(value, json.loads(json.dumps(value))) is None


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"f_port": 224}, "/uplink_message/f_port"),
        ({"f_port": 255}, "/uplink_message/f_port"),
        ({"frm_payload": "A" * 344}, "/uplink_message/frm_payload"),
    ],
    ids=["224", "255", "258 bytes"],
)
def test_ports_and_sizes_are_findings(members, path):
    out = process(with_uplink(**members), FakeDevice())
    assert out.outcome == "decoded"
    assert [finding.path for finding in out.findings] == [path]


def test_downlink_ports_are_findings():
    out = process({"downlinks": [{"decoded_payload": {}}, {"f_port": 230, "frm_payload": "AQ=="}]}, FakeDevice())
    assert [finding.path for finding in out.findings] == ["/downlinks/1/f_port"]
    out = process({"port": 230, "payload_raw": "AQ=="}, FakeDevice(), kind="v2.downlink")
    assert [finding.path for finding in out.findings] == ["/port"]


# ---- by the schemas --------------------------------------------------------------------------------------------------


@pytest.fixture
def checked(monkeypatch):
    """What the schemas were asked to check, in place of the schemas themselves."""
    calls = []

    def validate_message(message, kind, profile):
        calls.append((message, kind, profile))
        return [Finding("/x", "expected y", 1, "s")]

    module = types.SimpleNamespace(validate_message=validate_message)
    monkeypatch.setitem(sys.modules, "octavo.schemas", module)
    return calls


PLAIN = [name for name in EXAMPLES if recognise(EXAMPLES[name]["message"]).kind]


@pytest.mark.parametrize("name", PLAIN)
def test_validate_hands_messages_to_the_schema_of_their_kind(checked, name):
    entry = EXAMPLES[name]
    assert validate(json.dumps(entry["message"]), profile="strict") == [Finding("/x", "expected y", 1, "s")]
    assert checked == [(entry["message"], entry["kind"], "strict")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_hold_their_schemas(name):
    entry = EXAMPLES[name]
    assert validate(entry["message"], kind=entry["kind"]) == []


def test_validate_by_kind_and_by_topic(checked):
    validate({}, kind="codec.examples")
    validate({}, topic="app/devices/dev/events/ack")
    validate("", topic="app/devices/dev/events/ack")
    assert [(call[1], call[2]) for call in checked] == [
        ("codec.examples", "tolerant"),
        ("v2.ack", "tolerant"),
        ("v2.ack", "tolerant"),
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("{", "not JSON"),
        ({}, "v2.ack, v2.event, v2.field"),
        ({"a": 1}, "expected for v3"),
        (object(), "expected"),
    ],
    ids=["not JSON", "ambiguous", "unknown", "no JSON value"],
)
def test_validate_says_why_there_is_no_kind(checked, message, expected):
    (finding,) = validate(message)
    assert (finding.path, finding.value, checked) == ("", None, [])
    assert expected in finding.message
