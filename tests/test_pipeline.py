"""Whole messages in, outcomes out."""

import asyncio
import copy
import json
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import octavo
from octavo import pipeline
from octavo.device import Device, as_downlink, as_uplink
from octavo.errors import ContentError, DecodeError, EncodeError, Error, NotFoundError, OutputError
from octavo.messages import Decoded, Encoded, Finding
from octavo.networks import KINDS, recognise
from octavo.networks.ttn2 import parse_downlink
from octavo.networks.tts import QueueItem, parse_downlinks
from octavo.pipeline import Arrival, aprocess, process, process_many, validate

SEEDS = Path(__file__).parent / "seeds"
EXAMPLES = {entry["name"]: entry for entry in json.loads((SEEDS / "messages.json").read_text())}

MESSAGE = {
    "end_device_ids": {
        "device_id": "dev1",
        "application_ids": {"application_id": "app1"},
        "dev_eui": "0004A30B001C0530",
    },
    "received_at": "2020-02-12T15:15:46.014773143Z",
    "uplink_message": {
        "f_port": 7,
        "frm_payload": "gkHe",
        "received_at": "2020-02-12T15:15:45.789585559Z",
        "version_ids": {"brand_id": "acme", "model_id": "th-1"},
    },
}
HEADERS = {
    "x-downlink-apikey": "NNSXS.KEY",
    "x-downlink-push": "https://tts.example/push",
    "x-downlink-replace": "https://tts.example/replace",
}


class FakeDevice(Device):
    """Decodes a payload to what it got; fails on FF, half fails on EE; encodes {"byte": n} for port 9."""

    dialect = None

    def __init__(self, name="fake"):
        self.name = name
        self.batches = []
        self.recv_times = []

    @property
    def operations(self):
        return frozenset(("decode_uplink", "encode_downlink"))

    def decode_uplinks(self, messages):
        uplinks = [as_uplink(message) for message in messages]
        self.batches.append(len(uplinks))
        self.recv_times += [uplink.recv_time for uplink in uplinks]
        return (self._decoded(uplink) for uplink in uplinks)

    def _decoded(self, uplink):
        if uplink.frm_payload == b"\xff":
            return DecodeError("no such frame", offset=0)
        decoded = Decoded({"hex": uplink.frm_payload.hex(), "port": uplink.f_port})
        if uplink.frm_payload == b"\xee":
            return OutputError("invalid output", name="output", code="UNKNOWN", decoded=decoded)
        return decoded

    def decode_downlinks(self, messages):
        raise NotImplementedError

    def encode_downlinks(self, messages):
        return (self._encoded(as_downlink(message)) for message in messages)

    def _encoded(self, downlink):
        if downlink.data is None:
            return EncodeError("nothing to encode")
        return Encoded(bytes([downlink.data["byte"]]), downlink.f_port or 9)


class BrokenDevice(FakeDevice):
    """Answers one message and then raises, as no device should."""

    def decode_uplinks(self, messages):
        yield self._decoded(as_uplink(messages[0]))
        raise ContentError("the file is gone")


def with_uplink(**members):
    message = copy.deepcopy(MESSAGE)
    uplink = message["uplink_message"] | members
    message["uplink_message"] = {key: value for key, value in uplink.items() if value is not ...}
    return message


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


@pytest.mark.parametrize("devices", [{}, {"dev2": FakeDevice()}, lambda _: None], ids=["empty", "other", "function"])
def test_unknown_device(devices):
    out = process(MESSAGE, devices)
    assert (out.outcome, out.error.name) == ("unknown_device", "not_found")
    assert out.reason == "no device for dev1, 0004A30B001C0530, 0004a30b001c0530, acme/th-1"
    assert out.message is MESSAGE


def test_unknown_device_of_a_message_without_names():
    assert process({"uplink_message": {"f_port": 1}}, {}).reason == "no device for a message that names none"


def test_a_function_that_finds_nothing_may_raise():
    def load(incoming):
        raise NotFoundError(f"no formatter for {incoming.ids['brand_id']}, {incoming.dialect}")

    out = process(MESSAGE, load)
    assert (out.outcome, out.reason) == ("unknown_device", "no formatter for acme, tts")


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


def test_ids_come_from_the_topic_where_the_message_has_none():
    device = FakeDevice()
    out = process(EXAMPLES["v2-mqtt-uplink"]["message"], {"my-dev-id": device}, topic="my-app-id/devices/my-dev-id/up")
    assert (out.outcome, out.device, out.ids["application_id"]) == ("decoded", device, "my-app-id")


KEYS = [
    "dev1",
    "0004A30B001C0530",
    "0004a30b001c0530",
    "acme/th-1",
    "dev?",
    "0004A3*",
    "acme/*",
    "*",
    "[d]ev1",
]


@pytest.mark.parametrize("key", KEYS)
def test_devices_by_name(key):
    device = FakeDevice()
    assert process(MESSAGE, {"other": FakeDevice(), key: device}).device is device


def test_exact_names_come_before_patterns_and_patterns_in_order():
    first, second, exact = FakeDevice("first"), FakeDevice("second"), FakeDevice("exact")
    assert process(MESSAGE, {"dev*": first, "*": second, "acme/th-1": exact}).device is exact
    assert process(MESSAGE, {"dev*": first, "*": second}).device is first
    assert process(MESSAGE, {"x*": first, "*": second}).device is second


def test_devices_by_function():
    device = FakeDevice()
    out = process(MESSAGE, lambda incoming: device if incoming.ids["brand_id"] == "acme" else None)
    assert out.device is device


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


def test_outcomes_do_not_show_the_key():
    assert "NNSXS" not in repr(process(MESSAGE, FakeDevice(), headers=HEADERS))
    assert "NNSXS" not in repr(Arrival(MESSAGE, HEADERS))


@pytest.mark.parametrize("message", [MESSAGE, EXAMPLES["v3-join_accept"]["message"]], ids=["uplink", "join"])
def test_replies_to_v3(message):
    out = process(message, {"dev1": FakeDevice()}, headers=HEADERS)
    request = out.reply({"byte": 5})
    assert (request.method, request.url) == ("POST", "https://tts.example/push")
    assert request.headers["Authorization"] == "Bearer NNSXS.KEY"
    assert parse_downlinks(request.body) == (QueueItem(f_port=9, frm_payload=b"\x05"),)


def test_replies_to_v3_with_everything():
    out = process(MESSAGE, FakeDevice(), headers=HEADERS)
    request = out.reply({"byte": 5}, f_port=3, operation="replace", confirmed=True, priority="HIGH", user_agent="me/1")
    assert (request.url, request.headers["User-Agent"]) == ("https://tts.example/replace", "me/1")
    expected = QueueItem(f_port=3, frm_payload=b"\x05", confirmed=True, priority="HIGH")
    assert parse_downlinks(request.body) == (expected,)


@pytest.mark.parametrize(("operation", "schedule"), [(None, ""), ("push", "last"), ("replace", "replace")])
def test_replies_to_v2(operation, schedule):
    example = EXAMPLES["v2-http-uplink"]["message"]
    request = process(example, FakeDevice()).reply({"byte": 5}, operation=operation)
    assert (request.method, request.url) == ("POST", example["downlink_url"])
    message = parse_downlink(request.body)
    assert (message.dev_id, message.port, message.payload_raw, message.schedule) == (
        "my-dev-id",
        9,
        b"\x05",
        schedule,
    )


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        (lambda: process(MESSAGE, FakeDevice()), "no X-Downlink-Apikey among the headers"),
        (lambda: process(MESSAGE, {}, headers=HEADERS), "no device for dev1"),
        (lambda: process("{", FakeDevice()), "outcome is not_json"),
        (lambda: process({"payload_raw": "AQ==", "metadata": {}}, FakeDevice()), "no downlink_url"),
    ],
    ids=["no headers", "no device", "no message", "no url"],
)
def test_replies_that_cannot_be(out, expected):
    with pytest.raises(Error, match=expected):
        out().reply({"byte": 5})


def test_replies_that_are_refused():
    out = process(MESSAGE, FakeDevice(), headers=HEADERS)
    with pytest.raises(EncodeError, match="nothing to encode"):
        out.reply(None)
    with pytest.raises(ContentError, match="/downlinks/0/f_port: found 224"):
        out.reply({"byte": 5}, f_port=224)
    with pytest.raises(ContentError, match="no operation on a queue"):
        out.reply({"byte": 5}, operation="clear them")
    out = process(EXAMPLES["v2-http-uplink"]["message"], FakeDevice())
    with pytest.raises(ContentError, match="no operation on a queue"):
        out.reply({"byte": 5}, operation="clear")


def test_async_twins():
    async def run():
        out = await aprocess(MESSAGE, FakeDevice(), headers=HEADERS)
        failed = await aprocess(with_uplink(frm_payload="/w=="), FakeDevice())
        unknown = await aprocess("{", FakeDevice())
        return out, failed, unknown, await out.areply({"byte": 5})

    out, failed, unknown, request = asyncio.run(run())
    assert out.decoded.data == {"hex": "8241de", "port": 7}
    assert (failed.outcome, unknown.outcome) == ("failed", "not_json")
    assert request == out.reply({"byte": 5})


def test_many_messages_in_order_and_in_batches():
    one, two = FakeDevice("one"), FakeDevice("two")
    devices = {"dev1": one, "my-dev-id": two}
    messages = [MESSAGE, EXAMPLES["v2-http-uplink"]["message"], "{", with_uplink(frm_payload="/w==")] * 5
    outcomes = list(process_many(messages, devices, batch=8))
    assert [out.outcome for out in outcomes] == ["decoded", "decoded", "not_json", "failed"] * 5
    assert [out.kind for out in outcomes[:2]] == ["v3.uplink_message", "v2.uplink"]
    assert (one.batches, two.batches) == ([4, 4, 2], [2, 2, 1])


def test_many_messages_are_as_one_by_one():
    messages = [Arrival(entry["message"], topic="my-app-id/devices/my-dev-id/up") for entry in EXAMPLES.values()]
    many = process_many(messages, FakeDevice())
    one_by_one = (process(item.message, FakeDevice(), topic=item.topic) for item in messages)
    assert [out.to_dict() for out in many] == [out.to_dict() for out in one_by_one]


def test_many_messages_are_read_lazily():
    taken = []

    def arriving():
        for number in range(100):
            taken.append(number)
            yield MESSAGE

    outcomes = process_many(arriving(), FakeDevice(), batch=10)
    assert taken == []
    next(outcomes)
    assert len(taken) == 10


def test_many_messages_with_their_own_headers():
    outcomes = process_many([Arrival(json.dumps(MESSAGE), HEADERS)], FakeDevice())
    assert next(outcomes).reply({"byte": 1}).url == "https://tts.example/push"


def test_many_messages_and_a_port():
    message = EXAMPLES["v3-uplink_message"]["message"]
    assert [out.outcome for out in process_many([message], FakeDevice(), f_port=1)] == ["decoded"]


def test_a_device_that_raises_fails_only_the_rest_of_its_batch():
    outcomes = list(process_many([MESSAGE] * 3, BrokenDevice(), batch=3))
    assert [out.outcome for out in outcomes] == ["decoded", "failed", "failed"]
    assert outcomes[2].error.message == "the file is gone"


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


@pytest.mark.usefixtures("warm_pool")
def test_a_script_of_no_named_dialect_runs_as_the_messages_network_does(tmp_path):
    script = tmp_path / "legacy.js"
    script.write_text("function Decoder(bytes, port) { return { sets: typeof Set }; }", encoding="utf-8")
    v2 = {"port": 1, "payload_raw": "AQ==", "metadata": {"time": ""}}
    v3 = {
        "end_device_ids": {"device_id": "dev1", "application_ids": {"application_id": "app1"}},
        "uplink_message": {"f_port": 1, "frm_payload": "AQ=="},
    }
    with octavo.load(script) as open_dialect, octavo.load(script, dialect="tts") as named:
        assert octavo.process(v2, open_dialect).decoded.data == {"sets": "undefined"}
        assert octavo.process(v3, open_dialect).decoded.data == {"sets": "function"}
        assert octavo.process(v2, named).decoded.data == {"sets": "function"}


@pytest.mark.usefixtures("warm_pool")
def test_a_script_that_the_messages_network_cannot_call_stays_what_it_is(tmp_path):
    script = tmp_path / "modern.js"
    script.write_text("function decodeUplink(input) { return { data: { a: input.bytes[0] } }; }", encoding="utf-8")
    v2 = {"port": 1, "payload_raw": "AQ==", "metadata": {"time": ""}}
    with octavo.load(script) as device:
        assert octavo.process(v2, device).decoded.data == {"a": 1}


@pytest.mark.parametrize(
    "devices",
    ["acme/th-1", {"dev1": "acme/th-1"}, lambda _incoming: "acme/th-1", Path("acme/th-1")],
    ids=["id", "mapping", "function", "path"],
)
def test_an_id_that_nobody_loaded_is_a_type_error(devices):
    with pytest.raises(TypeError, match=r"pass octavo\.load\('acme/th-1'\)"):
        process(MESSAGE, devices)
    with pytest.raises(TypeError, match=r"pass octavo\.load"):
        asyncio.run(aprocess(MESSAGE, devices))
    with pytest.raises(TypeError, match=r"pass octavo\.load"):
        list(process_many([MESSAGE], devices))


def test_what_is_no_device_at_all_is_a_type_error():
    with pytest.raises(TypeError, match="NoneType is no device"):
        process("no JSON", None)
