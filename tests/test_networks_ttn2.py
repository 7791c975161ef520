"""The Things Network v2: topics, fields, downlinks, times, and results written back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, OutputError, ScriptError
from octavo.messages import Decoded
from octavo.networks import as_curl, ttn2
from octavo.networks.ttn2 import ApplicationTopic, DeviceTopic, DownlinkMessage

CASES = json.loads(Path(__file__).parent.joinpath("cases", "ttn-v2-mqtt.json").read_text())
IDS = st.from_regex(r"\A[0-9a-z](?:[_-]?[0-9a-z]){1,10}\Z")


def field_topics(app_id, dev_id, payload_fields):
    found = ttn2.field_publications(app_id, dev_id, payload_fields)
    return {publication.topic: publication.payload.decode() for publication in found}


def device_topic(text):
    topic = ttn2.parse_device_topic(text)
    return {"app_id": topic.app_id, "dev_id": topic.dev_id, "type": topic.type, "field": topic.field}


RUN = {
    "parseDeviceTopic": device_topic,
    "parseApplicationTopic": lambda text: str(ttn2.parse_application_topic(text)) == text,
    "fieldTopics": lambda values: field_topics(**values),
    "formatTime": lambda values: ttn2.format_time(**values),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_vectors(case):
    if case["expect"].get("error"):
        with pytest.raises(ContentError, match="^" + case["expect"].get("message", "")):
            RUN[case["op"]](case["input"])
    else:
        assert RUN[case["op"]](case["input"]) == case["expect"]["ok"]


FIELDS = st.text(min_size=1).filter(lambda text: not text.startswith("/"))


@given(st.none() | IDS, st.none() | IDS, st.just("up") | st.just("events"), FIELDS)
def test_device_topics_round_trip(app_id, dev_id, kind, field):
    topic = DeviceTopic(app_id, dev_id, kind, field)
    assert ttn2.parse_device_topic(str(topic)) == topic


@given(st.none() | IDS, st.from_regex(r"\A[0-9a-z-]+(/[0-9a-z-]+)*\Z"))
def test_application_topics_round_trip(app_id, field):
    topic = ApplicationTopic(app_id, field)
    assert ttn2.parse_application_topic(str(topic)) == topic


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        (DeviceTopic("app", "dev", "down", "ignored"), "app/devices/dev/down"),
        (DeviceTopic("app", None, "events"), "app/devices/+/events/+"),
        (DeviceTopic(None, "dev", "up"), "+/devices/dev/up"),
        (ApplicationTopic("app"), "app/events/#"),
    ],
    ids=str,
)
def test_topics_as_text(topic, text):
    assert str(topic) == text


@pytest.mark.parametrize(
    "text", ["", "app/devices/dev", "a/devices/dev/up", "app/devices/dev/upper", "app/devices/dev/up\n"]
)
def test_device_topics_refused(text):
    with pytest.raises(ContentError, match=r"^Invalid topic format"):
        ttn2.parse_device_topic(text)


@given(st.text(alphabet="abz09/_-+#devicsuponwt\n"))
def test_any_topic_is_read_or_refused(text):
    try:
        kind = ttn2.parse_topic(text).kind
    except ContentError:
        return
    assert kind.startswith("v2.")


def test_fields_of_capitals_and_underscores_have_topics_that_are_read_back():
    published = field_topics("app", "dev", {"Temp_1": {"Max": 5}})
    assert published == {"app/devices/dev/up/Temp_1": '{"Max":5}', "app/devices/dev/up/Temp_1/Max": "5"}
    assert [ttn2.parse_topic(topic).field for topic in published] == ["Temp_1", "Temp_1/Max"]


def test_unpublished_names_hide_what_is_inside_them():
    assert field_topics("app", "dev", {"a": {"x+y": {"z": 1}}, "\0": 2}) == {"app/devices/dev/up/a": '{"x+y":{"z":1}}'}


def test_deep_fields_are_refused_not_crashed_on():
    value = {}
    for _ in range(5000):
        value = {"a": value}
    with pytest.raises(ContentError, match="nested too deeply"):
        ttn2.field_publications("app", "dev", value)


MESSAGES = st.builds(
    DownlinkMessage,
    port=st.integers(1, 223),
    payload_raw=st.binary(min_size=1, max_size=255),
    confirmed=st.booleans(),
    schedule=st.sampled_from(["", *ttn2.SCHEDULES]),
    dev_id=st.text(),
) | st.builds(
    DownlinkMessage,
    port=st.integers(1, 223),
    payload_fields=st.dictionaries(st.text(), st.integers() | st.booleans(), min_size=1, max_size=3),
)


@given(MESSAGES)
def test_bodies_round_trip(message):
    body = ttn2.downlink_body(message)
    assert ttn2.parse_downlink(body) == message
    assert ttn2.parse_downlink(json.dumps(body)) == message


def test_port_zero_is_sent_on_one():
    assert ttn2.downlink_body(DownlinkMessage(payload_raw=b"\x01")) == {"port": 1, "payload_raw": "AQ=="}
    assert ttn2.parse_downlink({"payload_raw": "AQ=="}).port == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"port": 1}, "no payload"),
        ({"port": 1, "payload_fields": {}}, "no payload"),
        ({"port": 1, "payload_raw": None, "payload_fields": None}, "no payload"),
        ({"payload_raw": "AQ==", "payload_fields": {"a": 1}}, "Both Fields and Payload provided"),
        ({"port": 256, "payload_raw": "AQ=="}, "/port"),
        ({"port": 224, "payload_raw": "AQ=="}, "/port"),
        ({"payload_raw": "A" * 344}, "/payload_raw"),
        ({"payload_fields": [1]}, "/payload_fields"),
        ({"payload_raw": "AQ==", "schedule": "next"}, "/schedule"),
        ({"payload_raw": "AQ==", "schedule": 1}, "/schedule"),
        ({"payload_raw": "AQ==", "confirmed": "no"}, "/confirmed"),
        ([], "expected an object"),
        ("nonsense", "not JSON"),
    ],
    ids=repr,
)
def test_bodies_refused(body, expected):
    with pytest.raises(ContentError, match=expected):
        ttn2.parse_downlink(body)


URL = "https://integrations.thethingsnetwork.org/ttn-eu/api/v2/down/app/proc?key=ttn-account-v2.secret"
RAW = DownlinkMessage(port=1, payload_raw=b"\x01\x02", dev_id="dev")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_requests(method):
    request = ttn2.downlink_request(URL, RAW, method=method)
    assert (request.method, request.url) == (method, URL)
    assert json.loads(request.body) == {"dev_id": "dev", "port": 1, "payload_raw": "AQI="}


def test_curl_hides_the_key_in_the_url():
    text = as_curl(ttn2.downlink_request(URL, RAW))
    assert text.endswith('/app/proc?key=$OCTAVO_API_KEY"')
    assert "secret" not in text


@pytest.mark.parametrize(
    ("url", "message", "method"),
    [
        (URL, RAW, "GET"),
        ("ftp://a.example", RAW, "POST"),
        (URL, DownlinkMessage(payload_raw=b"\x01"), "POST"),
    ],
)
def test_requests_refused(url, message, method):
    with pytest.raises(ContentError):
        ttn2.downlink_request(url, message, method=method)


def test_url_parts_are_quoted():
    assert ttn2.downlink_url("ttn-eu", "a/b", "p", "k&x").endswith("/ttn-eu/api/v2/down/a%2Fb/p?key=k%26x")
    assert ttn2.downlink_url("ttn-eu", "a", "p", "\ud800").endswith("?key=%3F")
    with pytest.raises(ContentError, match="no region 'eu1'"):
        ttn2.downlink_url("eu1", "a", "p", "k")


def test_publications_refused():
    with pytest.raises(ContentError, match="Invalid topic format"):
        ttn2.downlink_publication("app", "dev/up", RAW)


@pytest.mark.parametrize(
    ("unix_nano", "text"),
    [
        (1, "1970-01-01T00:00:00.000000001Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (1_000_000_000, "1970-01-01T00:00:01Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_times(unix_nano, text):
    assert ttn2.format_time(unix_nano) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_times_read_back(unix_nano):
    text = ttn2.format_time(unix_nano)
    if not unix_nano:
        return
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = datetime.fromisoformat(whole + "+00:00") - datetime(1970, 1, 1, tzinfo=UTC)
    assert seconds // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0")) == unix_nano


@pytest.mark.parametrize("unix_nano", [2**63, -(2**63) - 1, 10**30])
def test_times_beyond_64_bits(unix_nano):
    with pytest.raises(ContentError, match="64 bits"):
        ttn2.format_time(unix_nano)


UPLINK = {"port": 1, "payload_raw": "AQ==", "metadata": {"time": ""}}


def test_fields_are_written_behind_the_payload():
    after = ttn2.write_decoded(UPLINK, Decoded({"on": True}))
    assert list(after.items()) == [
        ("port", 1),
        ("payload_raw", "AQ=="),
        ("payload_fields", {"on": True}),
        ("metadata", {"time": ""}),
    ]
    assert "payload_fields" not in UPLINK


def test_no_fields_are_left_out():
    assert ttn2.write_decoded({**UPLINK, "payload_fields": {"old": 1}}, Decoded({})) == UPLINK


@pytest.mark.parametrize(
    "outcome",
    [Decoded(None), OutputError("x"), ScriptError("no", name="rejected", decoded=Decoded({"t": 1}))],
    ids=repr,
)
def test_nothing_decoded_changes_nothing(outcome):
    assert ttn2.write_decoded(UPLINK, outcome) == UPLINK
