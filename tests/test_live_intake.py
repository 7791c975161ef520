"""From what arrives to the row that is kept: kinds, refusals, keys that are taken out, and what counts as the same."""

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.live.errors import RefusedError
from octavo.live.intake import DEPTH_MAX, Received, read
from octavo.live.mqtt import Message

from .traffic import CHIRPSTACK, EXAMPLES, MESSAGE

V2 = EXAMPLES["v2-http-uplink"]["message"]
NEEDS_TOPIC = {"v2-mqtt-ack": "app1/devices/dev1/events/ack", "v2-mqtt-error": "app1/devices/dev1/events/up/errors"}


def row_of(message, **others):
    return read(Received(json.dumps(message).encode(), **others))


def identity(message, **others):
    return row_of(message, **others).identity


def changed(message, **members):
    return {**copy.deepcopy(message), **members}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_documents_is_taken(name):
    example = EXAMPLES[name]
    topic = NEEDS_TOPIC.get(name) or ("app1/devices/dev1/down" if example["kind"] == "v2.downlink" else None)
    assert row_of(example["message"], topic=topic).kind == example["kind"]


def test_a_row_says_who_sent_what():
    row = row_of(MESSAGE)
    assert (row.network, row.kind, row.application, row.device) == ("v3", "v3.uplink_message", "app1", "dev1")
    assert json.loads(row.body) == MESSAGE
    assert row_of(CHIRPSTACK, query="event=up").device == "0101010101010101"


@pytest.mark.parametrize(
    ("body", "others", "status", "name"),
    [
        (b"{", {}, 400, "not_json"),
        (b"", {}, 400, "not_json"),
        (b"\xff\xfe", {}, 415, "protobuf"),
        (b"\x0a\x10abc\x00", {}, 415, "protobuf"),
        (b"\x0a", {"headers": {"Content-Type": "application/octet-stream"}}, 415, "protobuf"),
        (b"{}", {}, 400, "ambiguous"),
        (b"null", {}, 400, "ambiguous"),
        (b'{"a":1}', {}, 400, "unknown_kind"),
        (b"[" * 100_000, {}, 400, "not_json"),
        (b'{"a":' + b"9" * 5000 + b"}", {}, 400, "not_json"),
        (json.dumps(CHIRPSTACK).encode(), {"query": "event=nonsense"}, 400, "unknown_kind"),
    ],
)
def test_refusals(body, others, status, name):
    with pytest.raises(RefusedError) as caught:
        read(Received(body, **others))
    assert (caught.value.status, caught.value.name) == (status, name)


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deeply_for_others_is_refused(start, end):
    def body(levels):
        return f'{{"end_device_ids":{{}},"uplink_message":{start * levels}1{end * levels}}}'.encode()

    assert read(Received(body(DEPTH_MAX - 1))).kind == "v3.uplink_message"
    for levels in (DEPTH_MAX, 900, 100_000):
        with pytest.raises(RefusedError) as caught:
            read(Received(body(levels)))
        assert (caught.value.status, caught.value.name) == (400, "not_json")
    assert row_of({**MESSAGE, "note": "[" * 1000}).kind == "v3.uplink_message", "in a text they are no levels"


def test_a_topic_or_a_query_tells_what_a_body_does_not():
    assert read(Received(b"{}", topic="app1/devices/dev1/events/ack")).kind == "v2.ack"
    assert read(Received(b"", topic="app1/devices/dev1/events/create")).kind == "v2.event"
    assert row_of(CHIRPSTACK, query="event=join").kind == "chirpstack4.join"
    assert row_of(CHIRPSTACK, query={"event": "join"}).kind == "chirpstack4.join"
    assert row_of(CHIRPSTACK, query=b"event=join").kind == "chirpstack4.join"


def test_the_key_of_a_downlink_url_is_taken_out():
    secret = "ttn-account-v2.SECRET"  # noqa: S105 - none, but it looks like one
    url = f"https://integrations.thethingsnetwork.org/ttn-eu/api/v2/down/app1/proc?key={secret}&x=1"
    row = row_of(changed(V2, downlink_url=url))
    assert secret.encode() not in row.body
    assert secret not in repr(row)
    assert json.loads(row.body)["downlink_url"] == url.replace(f"key={secret}&", "")
    assert row.keys.downlink_url == url


@pytest.mark.parametrize(
    "url", ["http://[?key=SECRET", "?key=SECRET", "https://a/b?key=SECRET#k", "key://x?%6bey=SECRET"]
)
def test_no_url_keeps_its_key(url):
    assert b"SECRET" not in row_of(changed(V2, downlink_url=url)).body


def test_keys_in_headers_are_kept_apart():
    headers = [(b"X-DOWNLINK-APIKEY", b"NNSXS.KEY"), (b"x-downlink-push", b"https://tts.example/push")]
    row = row_of(MESSAGE, headers=headers)
    assert (row.keys.api_key, row.keys.push, row.keys.replace) == ("NNSXS.KEY", "https://tts.example/push", None)
    assert "NNSXS" not in repr(row)
    assert row_of(MESSAGE).keys is None


def test_the_same_message_again_has_the_same_identity():
    again = dict(reversed(list(MESSAGE.items())))
    assert identity(MESSAGE) == identity(again) != None  # noqa: E711 - a chain: equal to each other, and not None
    assert identity(MESSAGE) == identity(MESSAGE, via="mqtt", topic="v3/app1/devices/dev1/up")


def test_messages_of_one_frame_are_different_ones():
    """They share session key, counter and correlation ids."""
    ids = {"end_device_ids": MESSAGE["end_device_ids"], "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"]}
    moment = "2020-02-12T15:15:46.0Z"
    frame = {"f_port": 1, "f_cnt": 4, "frm_payload": "AQI=", "session_key_id": "AXBSH1Pk6Z0G166"}
    messages = [
        {**ids, "received_at": moment, "uplink_message": {**frame, "received_at": moment}},
        {
            **ids,
            "received_at": moment,
            "uplink_normalized": {**frame, "normalized_payload": {"air": {"temperature": 1}}},
        },
        {
            **ids,
            "received_at": moment,
            "uplink_normalized": {**frame, "normalized_payload": {"air": {"temperature": 2}}},
        },
        {**ids, "received_at": moment, "location_solved": {"service": "frm-payload", "location": {"latitude": 1.0}}},
    ]
    assert len({identity(each) for each in messages} - {None}) == 4


def test_the_events_of_one_downlink_are_different_ones():
    downlink = {"f_port": 1, "frm_payload": "AQ==", "correlation_ids": ["my-id"]}
    events = [
        {"end_device_ids": MESSAGE["end_device_ids"], "received_at": f"2020-02-12T15:15:4{second}Z", kind: downlink}
        for second in (1, 2)
        for kind in ("downlink_queued", "downlink_sent", "downlink_ack")
    ]
    assert len({identity(each) for each in events} - {None}) == 6


def test_what_does_not_tell_its_moment_is_never_a_duplicate():
    masked = {"end_device_ids": MESSAGE["end_device_ids"], "uplink_message": {"decoded_payload": {"t": 20}}}
    own_id = {**masked, "correlation_ids": ["custom-id"]}
    assert identity(masked) is identity(own_id) is None
    assert identity({**masked, "correlation_ids": ["custom-id", "as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"]}) is not None
    assert identity({}, topic="app1/devices/dev1/events/ack") is None
    assert identity(21.5, topic="app1/devices/dev1/up/temperature") is None


def test_unless_the_broker_keeps_it_for_everybody():
    topics = [f"app1/devices/dev1/up/{name}" for name in ("temperature", "humidity")]
    first, second = (identity(21.5, topic=topic, retained=True) for topic in topics)
    assert None not in (first, second)
    assert first != second


def test_v2_counters_and_retries_tell_nothing():
    retry = changed(V2, is_retry=True, metadata={**V2["metadata"], "time": "2017-01-01T00:00:01Z"})
    assert identity(V2) != identity(retry)
    without_time = changed(V2, metadata={"time": ""})
    assert identity(without_time) is None, "two frames with one counter, after a reset, may look the same"


def test_chirpstack_says_what_is_the_same():
    again = changed(CHIRPSTACK, rxInfo=[{"rssi": -30}])
    assert identity(CHIRPSTACK, query="event=up") == identity(again, query="event=up")
    assert identity(CHIRPSTACK, query="event=up") != identity(CHIRPSTACK, query="event=ack")


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "x" * 5000])
def test_identifiers_are_such_that_any_store_can_hold_them(bad):
    device = row_of(changed(MESSAGE, end_device_ids={"device_id": bad})).device
    assert "\0" not in device
    assert len(device.encode()) <= 1024


def test_what_was_sent_is_not_shown():
    body = b'{"end_device_ids": {"device_id": "a"}, "uplink_message": {"x": "secret"}}'
    received = Received(body, headers=[(b"x-key", b"secret")], query="key=secret")
    row = read(received)
    assert b"secret" in row.body
    assert "secret" not in repr(received) + repr(row) + repr(Message("a/b", b"secret", 1, 1, retained=False))


@given(st.binary(max_size=200), st.text(max_size=30), st.one_of(st.none(), st.text(max_size=30)))
def test_anything_is_a_row_or_a_refusal(body, query, topic):
    with contextlib.suppress(RefusedError):
        row = read(Received(body, query=query, topic=topic))
        assert row.kind.startswith(row.network)
