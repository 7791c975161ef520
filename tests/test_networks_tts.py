"""The Things Stack v3: topics, webhooks, the downlink queue, and results written back."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, Error
from octavo.networks import as_curl, tts
from octavo.networks.tts import QueueItem, Webhook

CASES = Path(__file__).parent / "cases"
TOPICS = json.loads((CASES / "tts-mqtt-topics.json").read_text())
WEBHOOKS = json.loads((CASES / "tts-webhooks.json").read_text())
BODIES = json.loads((CASES / "tts-json-formatter.json").read_text())

IDS = st.from_regex(r"\A[a-z0-9](?:-?[a-z0-9]){2,10}\Z")
QUEUE = {
    "server": "https://thethings.example.com",
    "application_id": "app1",
    "device_id": "dev1",
    "api_key": "NNSXS.X",
}


def run_topic_case(op, given_input):
    if op == "topic":
        return tts.topic(given_input["message"], given_input["application_uid"], given_input["device_id"])
    if op == "acceptedTopic":
        return tts.accepted_subscription(given_input["application_uid"], given_input["requested"])
    topic = tts.parse_topic(given_input)
    return {"operation": topic.operation, "device_id": topic.ids["device_id"]}


@pytest.mark.parametrize("case", TOPICS, ids=lambda case: case["name"])
def test_topic_vectors(case):
    if case["expect"].get("error"):
        with pytest.raises(ContentError):
            run_topic_case(case["op"], case["input"])
    else:
        assert run_topic_case(case["op"], case["input"]) == case["expect"]["ok"]


def run_webhook_case(op, given_input):
    if op == "url":
        return tts.webhook_url(given_input["base_url"], given_input["path"], given_input["ids"])
    if "enabled" in given_input:
        webhook = Webhook("hook1", "https://example.com", dict.fromkeys(given_input["enabled"], ""))
        return tts.webhook_request(webhook, {given_input["message"]: {}})
    webhook = Webhook(
        given_input["webhook_id"],
        "https://example.com",
        {},
        given_input["format"],
        given_input["custom"],
        given_input["downlink_api_key"],
    )
    return tts.webhook_headers(webhook, given_input["ids"], public_address=given_input["public_address"])


@pytest.mark.parametrize("case", WEBHOOKS, ids=lambda case: case["name"])
def test_webhook_vectors(case):
    assert run_webhook_case(case["op"], case["input"]) == case["expect"]["ok"]


def plain_item(item):
    return {
        "f_port": item.f_port,
        "frm_payload": f"hex:{item.frm_payload.hex()}",
        "confirmed": item.confirmed,
    }


def run_body_case(op, text):
    if op == "parseDownlinks":
        return tts.parse_downlinks(text)
    request = tts.parse_queue_request(text)
    return {
        "end_device_ids": {"application_id": request.application_id, "device_id": request.device_id},
        "downlinks": [plain_item(item) for item in request.downlinks],
    }


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case["name"])
def test_body_vectors(case):
    if case["expect"].get("error"):
        with pytest.raises(ContentError, match="not JSON"):
            run_body_case(case["op"], case["input"])
    else:
        assert run_body_case(case["op"], case["input"]) == case["expect"]["ok"]


@given(st.sampled_from([*tts.MESSAGES, "push", "replace"]), IDS, st.none() | IDS, IDS)
def test_topics_round_trip(message, application, tenant, device):
    uid = f"{application}@{tenant}" if tenant else application
    found = tts.parse_topic(tts.topic(message, uid, device))
    assert found.kind == (f"v3.{message}" if message in tts.MESSAGES else "v3.downlinks")
    assert (found.ids["application_id"], found.ids["tenant_id"], found.ids["device_id"]) == (
        application,
        tenant,
        device,
    )
    assert found.operation == (None if message in tts.MESSAGES else message)


@pytest.mark.parametrize(
    "text",
    [
        "bridge/v3/app1/devices/dev1/down/ack",
        "v3/app1/site/devices/dev1/x/down/ack",
        "v3/app1/devices/dev1/down/ack",
    ],
)
def test_topics_are_matched_by_their_end(text):
    found = tts.parse_topic(text)
    assert (found.kind, found.ids["device_id"]) == ("v3.downlink_ack", "dev1")


@pytest.mark.parametrize("text", ["", "v3", "v3/devices/dev1/up", "v3/app1/devices", "v3/app1/devices/dev1", "a/b/c"])
def test_no_topic(text):
    with pytest.raises(ContentError, match="is no topic of v3"):
        tts.parse_topic(text)


@pytest.mark.parametrize(
    ("message", "uid", "device"),
    [
        ("clear", "app1", "dev1"),
        ("push", "App1", "dev1"),
        ("push", "app1", "d"),
        ("push", "a/b", "dev1"),
        ("push", "app1@", "dev1"),
    ],
)
def test_topic_refused(message, uid, device):
    with pytest.raises(ContentError, match="expected"):
        tts.topic(message, uid, device)


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ("v3/#", "v3/app1/#"),
        ("v3/app1/devices/+/up", "v3/app1/devices/+/up"),
        ("v3/+/devices/dev1/#", "v3/app1/devices/dev1/#"),
        ("v3", None),
        ("v3/app1@other/#", None),
        ("$SYS/#", None),
        ("", None),
    ],
)
def test_subscriptions(requested, expected):
    if expected is None:
        with pytest.raises(ContentError, match="refuses a subscription"):
            tts.accepted_subscription("app1", requested)
    else:
        assert tts.accepted_subscription("app1", requested) == expected


WEBHOOK_IDS = {"application_id": "app1", "device_id": "dev1"}


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("https://a.example/x", "https://b.example/y?z=1", "https://b.example/y?z=1"),
        ("https://a.example/x", "//b.example/y", "https://b.example/y"),
        ("https://a.example", "up", "https://a.example/up"),
        ("https://a.example/x?q=1", "//", "https://a.example/x?q=1"),
        ("https://a.example/x", "/a:b", "https://a.example/x/a:b"),
        ("https://a.example/x", "{/nothing}", "https://a.example/x"),
        ("https://a.example/x", "up#{devID}", "https://a.example/x/up#dev1"),
        ("https://a.example/{+deviceID}/{applicationID}", "", "https://a.example/dev1/app1"),
    ],
)
def test_webhook_url_resolution(base, path, expected):
    assert tts.webhook_url(base, path, WEBHOOK_IDS) == expected


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("ftp://a.example", ""),
        ("https://a.example/{", ""),
        ("https://a.example", "x" * 65),
        ("https://[a", "up"),
        ("hook", "up"),
    ],
)
def test_webhook_url_refused(base, path):
    with pytest.raises(ContentError):
        tts.webhook_url(base, path, WEBHOOK_IDS)


@given(st.text(max_size=64), st.text(alphabet="{}/?#:.%&;+devIDappUE", max_size=64))
def test_webhook_url_never_raises_otherwise(device, path):
    try:
        url = tts.webhook_url("https://a.example/x{/devID}", path, {"device_id": device})
    except ContentError:
        return
    assert ":" in url


def test_webhook_request_of_a_message():
    message = {
        "end_device_ids": {
            "device_id": "dev1",
            "application_ids": {"application_id": "app1"},
            "dev_eui": "0004A30B001C0530",
        },
        "join_accept": {},
    }
    webhook = Webhook("hook1", "https://a.example{/appID}", {"join_accept": "join{?devEUI}"})
    request = tts.webhook_request(webhook, message, public_address="https://tts.example:8885/api/v3")
    assert (request.method, request.url) == ("POST", "https://a.example/app1/join?devEUI=0004A30B001C0530")
    assert request.headers == {"X-Tts-Domain": "tts.example:8885", "Content-Type": "application/json"}
    assert json.loads(request.body) == message


def test_webhook_replaces_headers_whatever_their_case():
    webhook = Webhook(
        "hook1", "https://a.example", {}, headers={"content-type": "text/plain", "authorization": "Basic x"}
    )
    headers = tts.webhook_headers(webhook, WEBHOOK_IDS, public_address="")
    assert headers == {"Content-Type": "application/json", "Authorization": "Basic x"}


def test_webhook_formats():
    with pytest.raises(ContentError, match="no webhook format 'xml'"):
        tts.webhook_headers(Webhook("hook1", "https://a.example", {}, "xml"), WEBHOOK_IDS, public_address="")
    webhook = Webhook("hook1", "https://a.example", {"join_accept": ""}, "protobuf")
    with pytest.raises(ContentError, match="writes webhook bodies as json"):
        tts.webhook_request(webhook, {"join_accept": {}})


ITEMS = st.builds(
    QueueItem,
    f_port=st.integers(1, 223) | st.integers(225, 255),
    frm_payload=st.binary(min_size=1, max_size=255),
    decoded_payload=st.none() | st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=3),
    confirmed=st.booleans(),
    priority=st.sampled_from(tts.PRIORITIES),
    correlation_ids=st.lists(st.text(max_size=100), max_size=3).map(tuple),
    max_attempts=st.none() | st.integers(1, 100),
    class_b_c=st.none() | st.just({"gateways": [{"gateway_ids": {"gateway_id": "gtw1"}}]}),
    session_key_id=st.binary(max_size=20),
    f_cnt=st.integers(0, 2**32 - 1),
)


@given(st.lists(ITEMS, max_size=4))
def test_bodies_round_trip(items):
    body = tts.queue_body(items)
    assert tts.parse_downlinks(body) == tuple(items)
    assert tts.parse_downlinks(json.dumps(body)) == tuple(items)


def test_zero_values_are_left_out():
    assert tts.queue_body([QueueItem(frm_payload=b"\x01", f_port=1)]) == {
        "downlinks": [{"f_port": 1, "frm_payload": "AQ=="}]
    }
    assert tts.queue_body([QueueItem(decoded_payload={})]) == {"downlinks": [{"decoded_payload": {}}]}


@pytest.mark.parametrize(
    "item",
    [
        {"fPort": 15, "frmPayload": "vu8=", "priority": 3},
        {"f_port": "15", "frm_payload": "vu8", "priority": "3"},
        {
            "f_port": 15.0,
            "frm_payload": "vu8=",
            "priority": "NORMAL",
            "confirmed": None,
            "decoded_payload": None,
        },
        {"f_port": None, "fPort": 15, "frm_payload": "vu8=", "priority": "NORMAL", "unknown": {"x": 1}},
    ],
    ids=repr,
)
def test_lenient_reading(item):
    expected = QueueItem(f_port=15, frm_payload=b"\xbe\xef", priority="NORMAL")
    assert tts.parse_downlinks({"downlinks": [item]}) == (expected,)


def test_url_alphabet_and_retries_and_classes():
    item = {
        "f_port": 1,
        "frm_payload": "-_8",
        "confirmedRetry": {"maxAttempts": 5},
        "classBC": {"absoluteTime": "x"},
    }
    assert tts.parse_downlinks({"downlinks": [item]}) == (
        QueueItem(f_port=1, frm_payload=b"\xfb\xff", max_attempts=5, class_b_c={"absoluteTime": "x"}),
    )


def test_names_of_the_device_in_the_body():
    ids = {"endDeviceIds": {"deviceId": "dev1", "applicationIds": {"applicationId": "app1"}}}
    request = tts.parse_queue_request(json.dumps(ids))
    assert (request.application_id, request.device_id, request.downlinks) == ("app1", "dev1", ())


def test_trailing_data_is_refused_by_the_other_parser():
    with pytest.raises(ContentError, match="something follows"):
        tts.parse_downlinks('{"downlinks":[]}}')


@pytest.mark.parametrize(
    ("item", "path", "name"),
    [
        ({"f_port": 224, "frm_payload": "AQ=="}, "/f_port", "content"),
        ({"f_port": 256, "frm_payload": "AQ=="}, "/f_port", "content"),
        ({"f_port": -1, "frm_payload": "AQ=="}, "/f_port", "content"),
        ({"f_port": [], "frm_payload": "AQ=="}, "/f_port", "content"),
        ({"frm_payload": "AQ=="}, "/f_port", "no_f_port"),
        ({"f_port": 1}, "", "no_payload"),
        ({"f_port": 1, "frm_payload": ""}, "", "no_payload"),
        ({"f_port": 1, "frm_payload": "*"}, "/frm_payload", "invalid_payload"),
        ({"f_port": 1, "frm_payload": 5}, "/frm_payload", "content"),
        ({"f_port": 1, "frm_payload": "A" * 344}, "/frm_payload", "content"),
        ({"decoded_payload": [1]}, "/decoded_payload", "content"),
        ({"decoded_payload": {}, "priority": "URGENT"}, "/priority", "content"),
        ({"decoded_payload": {}, "priority": 7}, "/priority", "content"),
        ({"decoded_payload": {}, "priority": {}}, "/priority", "content"),
        ({"decoded_payload": {}, "confirmed": 1}, "/confirmed", "content"),
        ({"decoded_payload": {}, "correlation_ids": "x"}, "/correlation_ids", "content"),
        ({"decoded_payload": {}, "correlation_ids": ["x", 5]}, "/correlation_ids/1", "content"),
        ({"decoded_payload": {}, "correlation_ids": ["x" * 101]}, "/correlation_ids/0", "content"),
        (
            {"decoded_payload": {}, "confirmed_retry": {"max_attempts": 0}},
            "/confirmed_retry/max_attempts",
            "content",
        ),
        (
            {"decoded_payload": {}, "confirmed_retry": {"max_attempts": []}},
            "/confirmed_retry/max_attempts",
            "content",
        ),
        ({"decoded_payload": {}, "confirmed_retry": 5}, "/confirmed_retry", "content"),
        ({"decoded_payload": {}, "class_b_c": 5}, "/class_b_c", "content"),
        (5, "", "content"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_items_refused(item, path, name):
    with pytest.raises(Error) as caught:
        tts.parse_downlinks({"downlinks": [{"f_port": 1, "frm_payload": "AQ=="}, item]})
    assert (caught.value.path, caught.value.name) == ("/downlinks/1" + path, name)


@pytest.mark.parametrize("body", [5, None, [], {"downlinks": {}}, {"downlinks": "x"}], ids=repr)
def test_bodies_refused(body):
    with pytest.raises(ContentError, match="expected"):
        tts.parse_downlinks(body)


def test_the_network_names_its_refusals():
    with pytest.raises(ContentError, match=r"^no FPort") as caught:
        tts.queue_body([QueueItem(frm_payload=b"\x01")])
    assert (caught.value.name, caught.value.code) == ("no_f_port", "INVALID_ARGUMENT")


@pytest.mark.parametrize("body", [{}, {"downlinks": None}, {"downlinks": []}])
def test_nothing_to_do(body):
    assert tts.parse_downlinks(body) == ()


ITEM = QueueItem(f_port=15, frm_payload=b"\xbe\xef", priority="NORMAL")


def test_the_applications_own_route():
    request = tts.queue_request("push", [ITEM], **QUEUE)
    assert request.url == "https://thethings.example.com/api/v3/as/applications/app1/devices/dev1/down/push"
    assert request.headers["User-Agent"] == "octavo"


@pytest.mark.parametrize(
    "server",
    ["https://a.example", "https://a.example/", "https://a.example/api/v3", "https://a.example/api/v3/"],
)
def test_the_server_may_be_written_with_its_api(server):
    request = tts.queue_request("replace", [ITEM], **{**QUEUE, "server": server})
    assert request.url == "https://a.example/api/v3/as/applications/app1/devices/dev1/down/replace"


@pytest.mark.parametrize(
    "change",
    [
        {"server": "a.example"},
        {"server": "https://a.example/\nX: y"},
        {"application_id": "../x"},
        {"device_id": "dev1/down"},
        {"webhook_id": ""},
        {"api_key": "a\nb"},
        {"api_key": ""},
    ],
    ids=repr,
)
def test_requests_refused(change):
    with pytest.raises(ContentError):
        tts.queue_request("push", [ITEM], **(QUEUE | change))


def test_an_unknown_priority_is_refused():
    with pytest.raises(ContentError, match="/downlinks/0/priority"):
        tts.queue_body([QueueItem(decoded_payload={}, priority="URGENT")])


def test_operations_refused():
    with pytest.raises(ContentError, match="'pop' is no operation"):
        tts.queue_request("pop", **QUEUE)
    with pytest.raises(ContentError, match="cleared without downlinks"):
        tts.queue_request("clear", [ITEM], **QUEUE)


HEADERS = {
    "x-downlink-apikey": "NNSXS.KEY",
    "X-DOWNLINK-PUSH": "https://a.example/push",
    "X-Downlink-Replace": "https://a.example/replace",
}


@pytest.mark.parametrize(
    ("operation", "items", "url", "body"),
    [
        ("push", [ITEM], "https://a.example/push", tts.queue_body([ITEM])),
        ("replace", [ITEM], "https://a.example/replace", tts.queue_body([ITEM])),
        ("clear", [], "https://a.example/replace", {"downlinks": []}),
    ],
)
def test_replies_from_headers(operation, items, url, body):
    request = tts.reply_request(HEADERS, items, operation=operation)
    assert (request.method, request.url, json.loads(request.body)) == ("POST", url, body)
    assert request.headers["Authorization"] == "Bearer NNSXS.KEY"


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ({}, "X-Downlink-Apikey"),
        ({"X-Downlink-Apikey": "k"}, "X-Downlink-Push"),
        ({"X-Downlink-Push": "u"}, "X-Downlink-Apikey"),
    ],
)
def test_replies_need_headers(headers, missing):
    with pytest.raises(ContentError, match=f"no {missing} among the headers"):
        tts.reply_request(headers, [ITEM])


def test_replies_go_to_http_only():
    with pytest.raises(ContentError, match="no http or https URL"):
        tts.reply_request({"X-Downlink-Apikey": "k", "X-Downlink-Push": "file:///etc/passwd"}, [ITEM])


@pytest.mark.parametrize(("operation", "end"), [("push", "push"), ("replace", "replace"), ("clear", "replace")])
def test_publications(operation, end):
    items = [] if operation == "clear" else [ITEM]
    publication = tts.queue_publication(operation, items, application_uid="app1@ttn", device_id="dev1")
    assert publication.topic == f"v3/app1@ttn/devices/dev1/down/{end}"
    assert tts.parse_downlinks(publication.payload) == tuple(items)


def test_curl_of_a_push():
    text = as_curl(tts.queue_request("push", [ITEM], **QUEUE))
    assert text.splitlines()[1] == '  --header "Authorization: Bearer $OCTAVO_API_KEY" \\'
    assert "NNSXS" not in text
