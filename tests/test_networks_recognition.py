"""Telling messages apart, and every example, topic, URL and call of the networks' own documents."""

import copy
import json
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.networks import KINDS, Request, as_curl, chirpstack4, recognise, ttn2, tts
from octavo.networks.ttn2 import DownlinkMessage
from octavo.networks.tts import QueueItem

SEEDS = Path(__file__).parent / "seeds"
MESSAGES = {entry["name"]: entry for entry in json.loads((SEEDS / "messages.json").read_text())}
CALLS = {entry["name"]: entry["curl"] for entry in json.loads((SEEDS / "calls.json").read_text())}
MQTT = json.loads((SEEDS / "mqtt.json").read_text())
URLS = json.loads((SEEDS / "urls.json").read_text())

AMBIGUOUS = {"v2.downlink": ("v2.downlink", "v2.event"), "v2.ack": ("v2.ack", "v2.event", "v2.field")}
V3 = [f"v3.{name}" for name in tts.MESSAGES]


@pytest.mark.parametrize("entry", MESSAGES.values(), ids=MESSAGES)
def test_examples_are_recognised(entry):
    found = recognise(entry["message"])
    expected = AMBIGUOUS.get(entry["kind"])
    assert (found.kind, found.candidates) == ((None, expected) if expected else (entry["kind"], ()))
    assert recognise(entry["message"], kind=entry["kind"]).kind == entry["kind"]


def test_the_kinds_of_the_contract():
    assert set(KINDS) == {
        *V3,
        "v3.downlinks",
        *(f"v2.{name}" for name in ("uplink", "downlink", "activation", "event", "error", "ack", "field")),
        *(f"chirpstack4.{name}" for name in (*chirpstack4.EVENTS, "down")),
    }
    assert chirpstack4.EVENTS == ("up", "join", "ack", "txack", "log", "status", "location")
    assert len(V3) == 11


@pytest.mark.parametrize("kind", V3)
def test_every_v3_message_is_known_by_its_member(kind):
    name = kind.removeprefix("v3.")
    assert recognise({"end_device_ids": {}, name: {}}).kind == kind
    assert recognise({name: 5}).kind == kind
    assert recognise({name: {}, **dict.fromkeys(set(tts.MESSAGES) - {name})}).kind == kind


@pytest.mark.parametrize(
    ("message", "candidates"),
    [
        ({"uplink_message": {}, "join_accept": {}}, ("v3.uplink_message", "v3.join_accept")),
        ({"end_device_ids": {}}, tuple(V3)),
        ({"correlation_ids": []}, tuple(V3)),
        ({"port": 1, "payload_raw": "AQ=="}, ("v2.downlink", "v2.event")),
        ({"port": 1, "confirmed": True}, ("v2.downlink", "v2.event")),
        ({}, ("v2.ack", "v2.event", "v2.field")),
        (None, ("v2.ack", "v2.event", "v2.field")),
        (5, ("v2.field",)),
        (True, ("v2.field",)),
        ("text", ("v2.field",)),
        ([1, 2], ("v2.field",)),
    ],
    ids=repr,
)
def test_ambiguous_bodies_are_never_guessed(message, candidates):
    found = recognise(message)
    assert (found.kind, found.candidates) == (None, candidates)
    assert all(kind in found.reason for kind in candidates)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"metadata": {}}, "v2.uplink"),
        ({"payload_raw": None, "counter": 1}, "v2.uplink"),
        ({"downlink_url": "https://a.example"}, "v2.uplink"),
        ({"app_eui": "0102030405060708"}, "v2.activation"),
        ({"dev_addr": "26001716", "metadata": {}}, "v2.activation"),
        ({"error": "x", "dev_eui": "0102030405060708"}, "v2.error"),
        ({"payload": "AQ==", "error": "x"}, "v2.event"),
        ({"config": {}}, "v2.event"),
        ({"message": {"port": 1}}, "v2.event"),
        ({"downlinks": []}, "v3.downlinks"),
    ],
    ids=repr,
)
def test_bodies_of_one_kind(message, kind):
    assert recognise(message).kind == kind


@pytest.mark.parametrize(
    "message",
    [{"a": 1}, {"message": "hello"}, {"counter": 1}, {1: 2}, object(), b"{}", {1, 2}],
    ids=lambda message: type(message).__name__,
)
def test_unknown_messages_are_told_what_was_expected(message):
    found = recognise(message)
    assert (found.kind, found.candidates) == (None, ())
    assert "expected" in found.reason


def test_unknown_kinds_are_told_which_there_are():
    found = recognise({}, kind="v3.uplink")
    assert found.kind is None
    assert all(kind in found.reason for kind in KINDS)


def test_the_topic_decides_before_the_body():
    found = recognise({"port": 1, "payload_raw": "AQ=="}, topic="app/devices/dev/events/down/sent")
    assert (found.kind, found.topic.ids["device_id"]) == ("v2.event", "dev")


def test_topics_of_an_applications_events():
    found = recognise({}, topic="app/events/some/event")
    assert (found.kind, found.topic.ids["application_id"]) == ("v2.event", "app")


def test_the_topic_tells_push_from_replace():
    found = recognise({"downlinks": []}, topic="v3/app1/devices/dev1/down/replace")
    assert (found.kind, found.topic.operation) == ("v3.downlinks", "replace")


def test_a_topic_of_nobody_leaves_it_to_the_body():
    assert recognise({"join_accept": {}}, topic="my/own/topic").kind == "v3.join_accept"
    assert recognise({"join_accept": {}}, topic=5).kind == "v3.join_accept"


def test_an_application_whose_name_is_v3():
    assert recognise({}, topic="v3/devices/dev1/up").topic.ids["application_id"] == "v3"


@pytest.mark.parametrize(
    "query", ["event=up", "?event=up&x=1", b"event=up", {"event": "up"}, {"event": ["up"]}], ids=repr
)
def test_the_query_decides_before_the_body(query):
    assert recognise({"join_accept": {}}, query=query).kind == "chirpstack4.up"


@pytest.mark.parametrize("query", ["", "event=", "event=none", {"event": []}, {"event": {}}, {}, 5, b"\xff"], ids=repr)
def test_other_queries_leave_it_to_the_body(query):
    assert recognise({"join_accept": {}}, query=query).kind == "v3.join_accept"


@pytest.mark.parametrize("entry", MQTT["topics"], ids=lambda entry: entry["topic"])
def test_documented_topics(entry):
    found = ttn2.parse_topic(entry["topic"])
    assert (found.kind, found.ids["application_id"], found.ids["device_id"]) == (
        entry["kind"],
        "my-app-id",
        "my-dev-id",
    )
    assert str(ttn2.parse_device_topic(entry["topic"])) == entry["topic"]


def test_documented_field_publications():
    published = ttn2.field_publications("my-app-id", "my-dev-id", MQTT["payload_fields"])
    documented = {entry["topic"]: json.loads(entry["payload"]) for entry in MQTT["field_publications"]}
    assert {found.topic: json.loads(found.payload) for found in published} == documented
    assert {recognise(value, topic=topic).kind for topic, value in documented.items()} == {"v2.field"}


@pytest.mark.parametrize("entry", MQTT["downlink_publications"], ids=lambda entry: entry["payload"])
def test_documented_downlink_publications(entry):
    message = ttn2.parse_downlink(entry["payload"])
    found = ttn2.downlink_publication("my-app-id", "my-dev-id", message)
    assert (found.topic, found.payload.decode()) == (entry["topic"], entry["payload"])


@pytest.mark.parametrize(
    "name",
    ["v2-http-downlink-raw", "v2-http-downlink-fields", "v2-mqtt-downlink-raw", "v2-mqtt-downlink-fields"],
)
def test_documented_v2_downlinks(name):
    message = MESSAGES[name]["message"]
    written = ttn2.downlink_body(ttn2.parse_downlink(message))
    assert written == {key: value for key, value in message.items() if value is not False}


def test_documented_downlink_url():
    documented = URLS["v2"]["downlink_url"]
    assert ttn2.downlink_url("ttn-eu", "my-app-id", "my-process-id", "ttn-account-v2.secret") == documented
    assert MESSAGES["v2-http-uplink"]["message"]["downlink_url"] == documented
    message = ttn2.parse_downlink(MESSAGES["v2-http-downlink-raw"]["message"])
    assert message == DownlinkMessage(port=1, payload_raw=b"\x01\x02\x03\x04", dev_id="my-dev-id")
    assert ttn2.downlink_request(documented, message).url == documented


@pytest.mark.parametrize("region", URLS["v2"]["regions"])
def test_documented_regions(region):
    assert ttn2.downlink_url(region, "app", "proc", "key").startswith(
        f"https://integrations.thethingsnetwork.org/{region}/api/v2/down/"
    )


def test_documented_v3_downlinks():
    message = MESSAGES["v3-downlinks"]["message"]
    found = tts.parse_queue_request(json.dumps(message))
    assert (found.application_id, found.device_id) == ("app1", "dev1")
    assert tts.queue_body(found.downlinks) == {"downlinks": message["downlinks"]}


def parsed_call(text):
    """A documented curl call as a request; the call that ends its lines with / means a backslash."""
    words = shlex.split(text.replace(" /\n", " \\\n").replace("\\\n", " "))
    assert words.pop(0) == "curl"
    method, url, headers, body = "GET", "", {}, ""
    while words:
        word = words.pop(0)
        if word == "--header":
            name, _, headers[name] = (header := words.pop(0)).partition(": ")
            assert header
        elif word == "--request":
            method = words.pop(0)
        elif word == "--data":
            body = words.pop(0)
        elif word != "--location":
            url = word
    data = json.dumps(json.loads(body), separators=(",", ":")).encode() if body else b""
    return Request(method, url, headers, data)


def as_parts(request):
    return (
        request.method,
        request.url,
        dict(request.headers),
        json.loads(request.body) if request.body else None,
    )


TARGET = {
    "server": "https://thethings.example.com",
    "application_id": "app1",
    "device_id": "dev1",
    "api_key": "NNSXS.XXXXXXXXX",
    "webhook_id": "wh1",
    "user_agent": "my-integration/my-integration-version",
}
BUILT = {
    "push frm_payload": lambda: tts.queue_request(
        "push", [QueueItem(f_port=15, frm_payload=b"\xbe\xef", priority="NORMAL")], **TARGET
    ),
    "push decoded_payload": lambda: tts.queue_request(
        "push", [QueueItem(decoded_payload={"bytes": [1, 2, 3]})], **TARGET
    ),
    "clear": lambda: tts.queue_request("clear", **TARGET),
}


@pytest.mark.parametrize("name", BUILT)
def test_documented_calls_are_reproduced(name):
    documented, built = parsed_call(CALLS[name]), BUILT[name]()
    assert as_parts(built) == as_parts(documented)
    printed = as_curl(built).replace("$OCTAVO_API_KEY", "NNSXS.XXXXXXXXX")
    assert as_parts(parsed_call(printed)) == as_parts(documented)


@pytest.mark.parametrize("name", BUILT)
def test_documented_calls_are_read(name):
    documented = parsed_call(CALLS[name])
    items = tts.parse_downlinks(documented.body)
    operation = {"clear": "clear"}.get(name, "push")
    assert as_parts(tts.queue_request(operation, items, **TARGET)) == as_parts(documented)


def test_documented_call_for_attributes():
    text = CALLS["get attributes"]
    for placeholder, value in {
        "<application-id>": "app1",
        "<device-id>": "dev1",
        "<api-key>": "NNSXS.X",
    }.items():
        text = text.replace(placeholder, value)
    target = {"server": "https://thethings.example.com", "application_id": "app1", "device_id": "dev1"}
    built = tts.attributes_request(**target, api_key="NNSXS.X")
    assert as_parts(built) == as_parts(parsed_call(text))


@pytest.mark.parametrize("operation", ["push", "replace"])
def test_documented_routes(operation):
    route = URLS["v3"][operation].format(application_id="app1", webhook_id="wh1", device_id="dev1")
    assert tts.queue_request(operation, **TARGET).url == TARGET["server"] + route
    webhook = tts.Webhook("wh1", "https://a.example", {}, downlink_api_key="NNSXS.X")
    ids = {"application_id": "app1", "device_id": "dev1"}
    headers = tts.webhook_headers(webhook, ids, public_address=TARGET["server"] + "/api/v3")
    assert headers[f"X-Downlink-{operation.capitalize()}"] == TARGET["server"] + route


@pytest.mark.parametrize("name", [name for name in MESSAGES if name.startswith("v3-")])
def test_documented_ids(name):
    ids = tts.message_ids(MESSAGES[name]["message"])
    assert (ids["application_id"], ids["device_id"]) == ("app1", "dev1")


def test_documented_uplink_as_octavo_reads_it():
    message = MESSAGES["v3-uplink_message"]["message"]
    found = KINDS["v3.uplink_message"].read(message, "v3.uplink_message", None)
    assert found.ids == {
        "application_id": "app1",
        "tenant_id": "tenant1",
        "device_id": "dev1",
        "dev_eui": "0004A30B001C0530",
        "join_eui": "800000000000000C",
        "dev_addr": "00BCB929",
        "brand_id": "the-things-products",
        "model_id": "the-things-uno",
    }
    assert (found.frm_payload, found.f_port) == (b"\x82\x41\xde", 0)
    assert found.recv_time == "2020-02-12T15:15:45.789585559Z"
    assert found.decoded_payload == {"temperature": 1.0, "luminosity": 0.64}


def test_documented_v2_uplinks_as_octavo_reads_them():
    topic = ttn2.parse_topic("my-app-id/devices/my-dev-id/up")
    read = KINDS["v2.uplink"].read
    over_http = read(MESSAGES["v2-http-uplink"]["message"], "v2.uplink", None)
    over_mqtt = read(MESSAGES["v2-mqtt-uplink"]["message"], "v2.uplink", topic)
    assert over_http.ids["dev_eui"] == "0102030405060708"
    assert over_http.reply_url == URLS["v2"]["downlink_url"]
    assert over_mqtt.reply_url is None
    for found in (over_http, over_mqtt):
        assert (found.ids["application_id"], found.ids["device_id"]) == ("my-app-id", "my-dev-id")
        assert (found.frm_payload, found.f_port, found.recv_time) == (
            b"\x01\x02\x03\x04",
            1,
            "1970-01-01T00:00:00Z",
        )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**4000) | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Every path into a JSON value, the value itself among them."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def mutated(message, path, value):
    if not path:
        return value
    changed = copy.deepcopy(message)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


@st.composite
def mutated_examples(draw):
    message = draw(st.sampled_from(list(MESSAGES.values())))["message"]
    path = draw(st.sampled_from(list(places(message))))
    return mutated(message, path, draw(ANYTHING))


@given(mutated_examples() | ANYTHING, st.none() | st.sampled_from(list(KINDS)), st.none() | st.text(), ANYTHING)
def test_nothing_that_comes_in_raises(message, kind, topic, query):
    found = recognise(message, kind=kind, topic=topic, query=query)
    if found.kind is None:
        assert found.reason
    else:
        incoming = KINDS[found.kind].read(message, found.kind, found.topic)
        assert (incoming.kind, incoming.network) == (found.kind, found.kind.partition(".")[0])


def test_what_was_meant_is_looked_for_among_the_first_members_only():
    """A body may have a hundred thousand; who answers it answers nobody else meanwhile."""
    names = [f"name_{number}" for number in range(100)]
    assert "did you mean" in recognise(dict.fromkeys(["uplink_mesage", *names], 1)).reason
    assert "did you mean" not in recognise(dict.fromkeys([*names, "uplink_mesage"], 1)).reason
