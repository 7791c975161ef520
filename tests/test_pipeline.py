"""Whole messages in, outcomes out."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import pipeline
from octavo.networks import KINDS
from octavo.pipeline import process

from .traffic import EXAMPLES, HEADERS, MESSAGE, FakeDevice, with_uplink


def test_decoded():
    before = copy.deepcopy(MESSAGE)
    device = FakeDevice()
    out = process(MESSAGE, device)
    assert (out.outcome, out.network, out.kind) == ("decoded", "v3", "v3.uplink_message")
    assert (out.ids["device_id"], out.ids["dev_eui"]) == ("dev1", "0004A30B001C0530")
    assert out.decoded.data == {"hex": "8241de", "port": 7}
    assert out.message["uplink_message"]["decoded_payload"] == {"hex": "8241de", "port": 7}
    assert (out.error, out.findings, out.reason, out.device) == (None, [], None, device)
    assert before == MESSAGE
    assert device.recv_times == ["2020-02-12T15:15:45.789585559Z"]


@pytest.mark.parametrize("convert", [json.dumps, lambda value: json.dumps(value).encode()], ids=["text", "bytes"])
def test_decoded_from_text(convert):
    assert process(convert(MESSAGE), FakeDevice()).message == process(MESSAGE, FakeDevice()).message


def test_decoded_v2():
    out = process(EXAMPLES["v2-http-uplink"]["message"], FakeDevice())
    assert (out.outcome, out.kind) == ("decoded", "v2.uplink")
    assert out.message["payload_fields"] == {"hex": "01020304", "port": 1}


def test_a_payload_that_is_left_out_is_empty():
    assert process(with_uplink(frm_payload=...), FakeDevice()).decoded.data == {"hex": "", "port": 7}


@pytest.mark.parametrize(
    "text", ["", "{", b"\xff", "NaN", '{"a":' * 100_000, "9" * 5000], ids=lambda text: repr(text)[:12]
)
def test_not_json(text):
    out = process(text, FakeDevice())
    assert (out.outcome, out.kind, out.message, out.error.name) == ("not_json", None, None, "content")
    assert out.incoming is None
    assert out.reason.startswith("not JSON")


@pytest.mark.parametrize("message", [{"a": 1}, object()], ids=["object", "no JSON"])
def test_unknown_kind(message):
    out = process(message, FakeDevice())
    assert (out.outcome, out.kind, out.message) == ("unknown_kind", None, message)
    assert "expected" in out.error.message


def test_unknown_kind_by_name():
    assert process(MESSAGE, FakeDevice(), kind="v3.uplink").outcome == "unknown_kind"


@pytest.mark.parametrize(
    "message", [{}, None, 5, "7", {"port": 1, "payload_raw": "AQ=="}, {"end_device_ids": {}}], ids=repr
)
def test_ambiguous(message):
    out = process(message, FakeDevice())
    assert (out.outcome, out.kind, out.error.name) == ("ambiguous", None, "content")
    assert "v2." in out.reason or "v3." in out.reason


@pytest.mark.parametrize("f_port", [0, None, ...], ids=["0", "null", "absent"])
def test_port_zero_is_not_decoded(f_port):
    out = process(with_uplink(f_port=f_port, decoded_payload={"kept": 1}), FakeDevice())
    assert (out.outcome, out.decoded, out.error) == ("no_port", None, None)
    assert out.reason.endswith("the server would not decode this; give f_port to decode it all the same")
    assert out.message["uplink_message"]["decoded_payload"] == {"kept": 1}


def test_documented_uplink_has_no_port():
    message = EXAMPLES["v3-uplink_message"]["message"]
    assert process(message, FakeDevice()).outcome == "no_port"
    out = process(message, FakeDevice(), f_port=1)
    assert out.decoded.data == {"hex": "8241de", "port": 1}
    assert "f_port" not in out.message["uplink_message"]
    assert [finding.path for finding in out.findings] == ["/uplink_message/decoded_payload"]


def test_encrypted():
    out = process(with_uplink(app_s_key={"key": "00"}), FakeDevice())
    assert (out.outcome, out.decoded, out.error) == ("encrypted", None, None)


def test_failed():
    out = process(with_uplink(frm_payload="/w==", decoded_payload={"kept": 1}), FakeDevice())
    assert (out.outcome, out.error.name, out.reason) == ("failed", "decode", "no such frame")
    assert out.decoded is None
    assert out.message["uplink_message"]["decoded_payload"] == {"kept": 1}
    assert out.to_dict()["decoded"]["error"]["offset"] == 0


def test_failed_after_decoding():
    out = process(with_uplink(frm_payload="7g=="), FakeDevice())
    assert (out.outcome, out.error.name) == ("failed", "output")
    assert out.decoded.data == {"hex": "ee", "port": 7}
    assert out.message["uplink_message"]["decoded_payload"] == {"hex": "ee", "port": 7}
    record = out.to_dict()["decoded"]
    assert record["data"] == {"hex": "ee", "port": 7}
    assert record["error"]["code"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("frm_payload", "*", "/uplink_message/frm_payload"),
        ("frm_payload", 5, "/uplink_message/frm_payload"),
        ("f_port", 256, "/uplink_message/f_port"),
        ("f_port", "x", "/uplink_message/f_port"),
    ],
)
def test_invalid_members(member, value, path):
    out = process(with_uplink(**{member: value}), FakeDevice())
    assert (out.outcome, out.error.path, out.ids["device_id"]) == ("invalid", path, "dev1")


@pytest.mark.parametrize("message", [{"uplink_message": 5}, {"uplink_message": None}, {"uplink_message": []}], ids=repr)
def test_invalid_message(message):
    out = process(message, FakeDevice())
    assert (out.outcome, out.error.path) == ("invalid", "/uplink_message")


def test_invalid_v2_uplink():
    out = process("[]", FakeDevice(), kind="v2.uplink")
    assert (out.outcome, out.error.path, out.incoming.kind) == ("invalid", "", "v2.uplink")


def test_invalid_downlinks():
    out = process({"downlinks": [{"f_port": 224, "frm_payload": "AQ=="}]}, FakeDevice())
    assert (out.outcome, out.error.path) == ("invalid", "/downlinks/0/f_port")


NOT_UPLINKS = {
    "v3-join_accept": "join",
    "v3-downlink_ack": "event",
    "v3-downlink_failed": "event",
    "v3-downlinks": "downlink",
    "v2-mqtt-activation": "join",
    "v2-mqtt-error": "event",
    "v2-mqtt-ack": "event",
    "v2-http-downlink-raw": "downlink",
    "v2-mqtt-downlink-fields": "downlink",
}


@pytest.mark.parametrize("name", NOT_UPLINKS)
def test_joins_events_and_downlinks(name):
    entry = EXAMPLES[name]
    out = process(entry["message"], FakeDevice(), kind=entry["kind"])
    assert (out.outcome, out.kind) == (NOT_UPLINKS[name], entry["kind"])
    assert (out.message, out.decoded, out.error) == (entry["message"], None, None)
    assert out.reason == pipeline.NOT_DECODED[out.outcome]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_an_outcome_with_a_reason(kind):
    out = process({}, FakeDevice(), kind=kind)
    assert out.kind == kind
    assert out.reason


def test_normalized_and_fields():
    assert process({"uplink_normalized": {}}, FakeDevice()).outcome == "normalized"
    assert process("[0, 255]", FakeDevice(), topic="app/devices/dev/up/analog").outcome == "field"


@pytest.mark.parametrize("topic", ["app/devices/dev/events/create", "app/devices/dev/events/ack"])
@pytest.mark.parametrize("payload", ["", b"", "null", "{}"], ids=repr)
def test_events_without_a_payload(topic, payload):
    out = process(payload, FakeDevice(), topic=topic)
    assert (out.outcome, out.ids["device_id"]) == ("event", "dev")


def test_uplinks_without_a_payload_are_not_json():
    assert process("", FakeDevice(), topic="app/devices/dev/up").outcome == "not_json"


def test_bad_times_are_left_out():
    device = FakeDevice()
    process({"uplink_message": {"f_port": 1, "received_at": "yesterday"}, "received_at": 5}, device)
    assert device.recv_times == [None]


def test_the_outcome_as_one_json_object():
    record = process(MESSAGE, FakeDevice("acme/th-1"), headers=HEADERS).to_dict()
    assert list(record) == [
        "outcome",
        "network",
        "kind",
        "ids",
        "device",
        "message",
        "decoded",
        "error",
        "findings",
        "reason",
    ]
    assert (record["device"], record["decoded"]["data"]) == ("acme/th-1", {"hex": "8241de", "port": 7})
    assert "NNSXS" not in json.dumps(record)


# ---- whatever comes --------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**4000) | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters())
            | st.sampled_from(
                [
                    "uplink_message",
                    "f_port",
                    "frm_payload",
                    "payload_raw",
                    "metadata",
                    "port",
                    "downlinks",
                    "app_s_key",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(ANYTHING | st.text() | st.binary(), st.none() | st.sampled_from(list(KINDS)), st.none() | st.text())
def test_content_never_raises(message, kind, topic):
    out = process(message, FakeDevice(), kind=kind, topic=topic)
    assert out.reason or out.outcome == "decoded"
    assert out.to_dict()["outcome"] == out.outcome


@given(st.sampled_from([json.dumps(entry["message"]) for entry in EXAMPLES.values()]), st.data())
def test_damaged_texts_never_raise(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    damaged = text[:start] + data.draw(st.text(max_size=3)) + text[end:]
    assert process(damaged, FakeDevice()).outcome


def test_deep_messages_never_raise():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    for message in (
        deep,
        {"uplink_message": deep},
        with_uplink(decoded_payload=deep),
        with_uplink(f_port=deep),
    ):
        assert process(message, FakeDevice()).outcome in {"ambiguous", "invalid", "decoded"}
