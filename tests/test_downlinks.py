"""Downlinks sent to a stand-in for the network server: what arrives, and what is in the queue then."""

import asyncio
import json
import pickle
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import octavo
from octavo.downlinks import Client, QueueItem, Response, Retries, ServerError
from octavo.downlinks.answers import refusal, without_keys
from octavo.errors import ContentError, DataError, Error
from octavo.messages import Encoded
from octavo.networks import Publication, Request

from .network_server import ATTRIBUTES, KEY, READ_ONLY_KEY, V2_KEY
from .traffic import EXAMPLES, FakeDevice

pytestmark = pytest.mark.usefixtures("no_proxy")

CALLS = {
    entry["name"]: entry["curl"]
    for entry in json.loads((Path(__file__).parent / "seeds" / "calls.json").read_text(encoding="utf-8"))
}
UUID = "81d1b5a4-3a5c-4b1e-9f0e-2c6f7d8e9a0b"
EUI = "0004a30b001c0530"
AGENT = "my-integration/my-integration-version"


def client(running, **settings):
    names = {"server": running.url, "application_id": "app1", "api_key": KEY, "webhook_id": "wh1"}
    return Client(**names | settings)


def told(curl):
    """Path, headers and body of a curl command."""
    words = shlex.split(curl.replace("/\n", "\\\n").replace("\\\n", ""))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "--header")
    body = words[words.index("--data") + 1] if "--data" in words else "null"
    (url,) = (word for word in words if word.startswith("https://"))
    return url.removeprefix("https://thethings.example.com"), headers, json.loads(body)


# ---- The Things Stack v3 ----


@pytest.mark.parametrize(
    ("name", "send"),
    [
        ("push frm_payload", lambda to: to.push("dev1", b"\xbe\xef", f_port=15, priority="NORMAL")),
        ("push decoded_payload", lambda to: to.push("dev1", {"bytes": [1, 2, 3]})),
        ("clear", lambda to: to.clear("dev1")),
    ],
)
def test_the_calls_of_the_documentation_arrive_as_they_are_written(server, name, send):
    send(client(server, user_agent=AGENT))
    (seen,) = server.seen
    path, headers, body = told(CALLS[name])
    assert (seen.method, seen.path, json.loads(seen.body)) == ("POST", path, body)
    expected = headers | {"Authorization": f"Bearer {KEY}"}
    assert {name: seen.headers[name.lower()] for name in expected} == expected


def test_attributes_are_asked_for_as_it_is_written(server):
    assert client(server).attributes("dev1") == ATTRIBUTES
    assert client(server).attributes("dev2") == {}
    path, headers, _ = told(CALLS["get attributes"])
    assert server.seen[0].path == path.replace("<application-id>", "app1").replace("<device-id>", "dev1")
    assert set(headers) == {"Authorization"}
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_push_replace_and_clear(server):
    to = client(server, webhook_id=None)
    to.push("dev1", b"\1", f_port=1)
    to.push("dev1", b"\2", b"\3", f_port=1)
    to.push("dev2", b"\4", f_port=1)
    assert server.queue() == [b"\1", b"\2", b"\3"]
    to.replace("dev1", b"\5", f_port=1)
    assert (server.queue(), server.queue("dev2")) == ([b"\5"], [b"\4"])
    to.clear("dev1")
    assert (server.queue(), server.queue("dev2")) == ([], [b"\4"])
    assert {"/webhooks/" in seen.path for seen in server.seen} == {False}


def test_the_asynchronous_twins_do_the_same(server):
    async def all_of_them():
        to = client(server, device=FakeDevice())
        await to.apush("dev1", {"byte": 1})
        await to.apush("dev1", {"byte": 2}, {"byte": 3})
        queued = server.queue()
        await to.areplace("dev1", {"byte": 4})
        replaced = server.queue()
        await to.aclear("dev1")
        return queued, replaced, server.queue(), await to.aattributes("dev1")

    assert asyncio.run(all_of_them()) == ([b"\1", b"\2", b"\3"], [b"\4"], [], ATTRIBUTES)


def test_everything_that_a_downlink_may_have_arrives(server):
    class_b_c = {"gateways": [{"gateway_ids": {"gateway_id": "gw1"}}], "absolute_time": "2026-01-02T03:04:05Z"}
    options = {
        "f_port": 7,
        "confirmed": True,
        "priority": "HIGHEST",
        "correlation_ids": ["custom-id"],
        "max_attempts": 4,
        "class_b_c": class_b_c,
    }
    client(server).push("dev1", b"\1", **options)
    assert server.queues["app1", "dev1"] == [
        QueueItem(7, b"\1", None, True, "HIGHEST", ("custom-id",), 4, class_b_c)  # noqa: FBT003 - as the class has it
    ]


def test_data_is_encoded_by_the_device(server):
    with client(server, device=octavo.load("milesight/em300-th")) as to:
        sent = to.push("dev1", {"report_interval": 1200}, f_port=85)
        assert sent.items == (QueueItem(85, bytes.fromhex("ff03b004")),)
        with pytest.raises(DataError, match="did you mean"):
            to.push("dev1", {"reprot_interval": 1200})
    assert (server.queue(), len(server.seen)) == ([bytes.fromhex("ff03b004")], 1)


def test_what_is_no_data_goes_as_it_is(server):
    to = client(server, device=FakeDevice())
    to.push("dev1", b"\1", Encoded(b"\2", 3), QueueItem(4, b"\3"), {"byte": 4}, bytearray(b"\5"), f_port=9)
    assert server.queue() == [b"\1", b"\2", b"\3", b"\4", b"\5"]
    assert [item.f_port for item in server.queues["app1", "dev1"]] == [9, 3, 4, 9, 9]


@pytest.mark.parametrize(
    ("downlinks", "options", "words"),
    [
        ([b"\1"], {}, "no FPort"),
        ([b"\1"], {"f_port": 224}, "from 1 to 223, or from 225"),
        ([b"\1"], {"f_port": 256}, "from 1 to 223, or from 225"),
        ([bytes(256)], {"f_port": 1}, "at most 255 bytes"),
        ([b""], {"f_port": 1}, "no payload"),
        ([[1, 2]], {}, "an object: the network encodes it, as no device is given"),
        (["0102"], {}, "an object"),
        ([{"x": float("nan")}], {}, "cannot be written as JSON"),
        ([b"\1"], {"f_port": 1, "priority": "URGENT"}, "one of LOWEST"),
        ([b"\1"], {"f_port": 1, "correlation_ids": ["x" * 101]}, "at most 100 characters"),
        ([b"\1"], {"f_port": 1, "max_attempts": 0}, "1 to 100"),
    ],
)
def test_what_the_server_would_refuse_is_not_sent(server, downlinks, options, words):
    with pytest.raises(ContentError, match=words):
        client(server).push("dev1", *downlinks, **options)
    with pytest.raises(ContentError, match=words):
        asyncio.run(client(server).apush("dev1", *downlinks, **options))
    assert server.seen == []


@pytest.mark.parametrize("names", [{"server": ""}, {"application_id": ""}, {"api_key": ""}])
def test_a_client_needs_all_its_names(server, names):
    with pytest.raises(ContentError, match="needs server, application_id and api_key"):
        client(server, **names)


def test_arguments_that_there_are_not(server):
    with pytest.raises(TypeError, match="unexpected argument 'timeout': one of device, "):
        client(server, timeout=5)
    with pytest.raises(TypeError, match="unexpected argument 'port': one of f_port, "):
        client(server).push("dev1", b"\1", port=5)
    assert server.seen == []


def test_an_operation_that_there_is_not(server):
    with pytest.raises(ContentError, match="one of push, replace, clear"):
        client(server).prepare("insert", "dev1", b"\1", f_port=1)


def test_findings_are_warnings(server):
    gateways = {"gateways": [{"gateway_ids": {"eui": "B827EBFFFE000001"}}]}
    to = client(server, region="EU868", data_rate="SF12BW125")
    sent = to.push("dev1", bytes(52), f_port=225, class_b_c=gateways)
    assert [finding.path for finding in sent.findings] == [
        "/downlinks/0/f_port",
        "/downlinks/0/frm_payload",
        "/downlinks/0/class_b_c/gateways/0/gateway_ids/eui",
    ]
    assert "at SF12BW125 in EU868 holds at most 51" in sent.findings[1].message
    assert server.queue() == [bytes(52)], "and it is sent all the same"


# ---- what the server answers ----


@pytest.mark.parametrize(
    ("settings", "device", "expected", "words"),
    [
        (
            {"api_key": "NNSXS.WRONG.GEHEIMGEHEIMGEHEIM"},
            "dev1",
            (401, "api_key_not_found"),
            "the API key is missing or wrong",
        ),
        ({"api_key": READ_ONLY_KEY}, "dev1", (403, "insufficient_application_rights"), "downlinks need the right"),
        ({"webhook_id": "wh2"}, "dev1", (404, "webhook_not_found"), "webhook not found"),
        ({}, "dev9", (404, "end_device_not_found"), "no such application, webhook or end device"),
        ({"webhook_id": "paused"}, "dev1", (406, "server"), "the webhook is paused"),
    ],
)
def test_what_the_server_says_is_told_in_words(server, settings, device, expected, words):
    server.webhooks.add("paused")
    server.paused.add("paused")
    with pytest.raises(ServerError, match=words) as caught:
        client(server, **settings).push(device, b"\1", f_port=1)
    assert (caught.value.status, caught.value.name) == expected
    assert str(caught.value).startswith(f"127.0.0.1:{server.url.rpartition(':')[2]} answered {expected[0]}: ")
    assert not re.search("GEHEIM|NURLESEN|EINSZWEI", f"{caught.value!r} {caught.value} {caught.value.to_dict()}")
    assert len(server.seen) == 1, "it is not asked again"


def test_a_body_that_the_server_refuses(server):
    bad = Request("POST", server.url + told(CALLS["clear"])[0], {"Authorization": f"Bearer {KEY}"}, b"[]")
    with pytest.raises(ServerError, match="it refuses the request: error:pkg/stand_in:decode_body") as caught:
        client(server).send(bad)
    assert (caught.value.code, caught.value.status) == ("INVALID_ARGUMENT", 400)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"down\r\nfor\x1b[31m maintenance\0", "500: it has trouble of its own: down for[31m maintenance"),
        (b"<html>nginx</html>", "500: it has trouble of its own: <html>nginx</html>"),
        (b'{"message":' + b'"' + b"x" * 5000 + b'"}', "x" * 200 + "…"),
        (b'{"message": 5, "code": true, "details": [5]}', "trouble of its own"),
        (b'{"details": {"a": 1}, "code": 99}', "trouble of its own"),
        (b"\xff\xfe", "trouble of its own"),
        (b"", "trouble of its own"),
        (f"no key {KEY} here".encode(), "no key … here"),
        (f"secret {KEY.rpartition('.')[2]}".encode(), "secret …"),
        (b"x" * 180 + KEY.encode(), "xxx…"),
        (f"hidden {KEY[:9]}\0{KEY[9:]}".encode(), "hidden …"),
    ],
)
def test_the_servers_own_words_are_short_and_without_the_key(server, body, kept):
    server.fail(500, body=body)
    with pytest.raises(ServerError) as caught:
        client(server).push("dev1", b"\1", f_port=1)
    assert kept in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert "EINSZWEI" not in str(caught.value)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["code", "message", "details", "name"]), inner),
)
BODIES = st.binary() | JSON_LIKE.map(lambda value: json.dumps(value).encode())


@given(st.integers(300, 599), BODIES, st.text())
def test_any_answer_becomes_a_sentence(status, body, text):
    headers = {"content-type": "text/plain", "location": text, "retry-after": text}
    error = refusal(Request("POST", "https://x.example/"), Response(status, headers, body))
    assert error.status == status
    assert str(error).isprintable()
    assert len(str(error)) < 400 + len(text)
    assert error.name


def test_html_is_not_passed_on(server):
    server.fail(502, headers={"Content-Type": "text/html"}, body=b"<html>nginx</html>")
    with pytest.raises(ServerError, match=r"answered 502: it has trouble of its own$"):
        client(server).push("dev1", b"\1", f_port=1)


def test_no_key_follows_a_redirection(server):
    server.fail(308, headers={"Location": f"https://else.example/take?key={V2_KEY}"})
    with pytest.raises(ServerError, match=r"it redirects to https://else\.example: give that address") as caught:
        client(server).clear("dev1")
    assert V2_KEY not in str(caught.value)
    assert len(server.seen) == 1


def test_errors_cross_process_borders():
    error = ServerError("no", status=429, retry_after_s=3.0, name="rate", code="RESOURCE_EXHAUSTED")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (again.status, again.retry_after_s, again.name, str(again)) == (429, 3.0, "rate", "no")
    assert again.to_dict() == error.to_dict()


def test_attributes_that_are_none(server):
    server.fail(200, body=b'{"attributes": []}')
    with pytest.raises(ContentError, match="an end device with attributes"):
        client(server).attributes("dev1")


# ---- by the headers of a webhook ----


@pytest.mark.parametrize("url", ["http://[", "http://\u2100/", "http://h:99999/"])
@pytest.mark.parametrize("operation", ["push", "replace"])
def test_headers_may_lead_nowhere(url, operation):
    headers = {f"X-Downlink-{operation.title()}": url, "X-Downlink-Apikey": KEY}
    with Client.from_webhook(headers) as to, pytest.raises(ContentError, match=r"no URL|HTTP does not allow"):
        getattr(to, operation)("dev1", b"\1", f_port=1)


def test_a_webhook_is_answered_by_its_headers(server):
    with Client.from_webhook(server.headers(), device=FakeDevice()) as to:
        to.push("dev1", {"byte": 1})
        to.push("dev1", {"byte": 2})
        assert server.queue() == [b"\1", b"\2"]
        to.replace("dev1", {"byte": 3})
        assert server.queue() == [b"\3"]
        to.clear("dev1")
    assert server.queue() == []
    with pytest.raises(ContentError, match="the queue of dev1, not to that of dev2"):
        Client.from_webhook(server.headers()).push("dev2", b"\1", f_port=1)
    with pytest.raises(ContentError, match="give server, application_id and api_key"):
        Client.from_webhook(server.headers()).attributes("dev1")
    with pytest.raises(ContentError, match="no X-Downlink-Apikey"):
        Client.from_webhook({}).push("dev1", b"\1", f_port=1)
    assert len(server.seen) == 4


@pytest.mark.parametrize("is_async", [False, True])
def test_replies_are_sent(server, is_async):
    out = octavo.process(EXAMPLES["v3-uplink_message"]["message"], FakeDevice(), headers=server.headers())
    request = out.reply({"byte": 7})
    to = Client.from_webhook(server.headers())
    response = asyncio.run(to.asend(request)) if is_async else to.send(request)
    assert (response.status, server.queue()) == (200, [b"\7"])


def test_importing_it_loads_no_httpx():
    code = "import sys; import octavo.downlinks, octavo._http; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# ---- The Things Network v2, ChirpStack, MQTT ----


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_v2_by_its_downlink_url(server, method):
    to = Client.from_downlink_url(server.downlink_url, method=method, device=FakeDevice(), user_agent="me/1")
    to.push("my-dev", {"byte": 1})
    to.push("my-dev", {"byte": 2}, {"byte": 3})
    assert server.queue("my-dev", "my-app-id") == [b"\1", b"\2", b"\3"]
    to.replace("my-dev", {"byte": 4}, {"byte": 5}, confirmed=True)
    assert server.queue("my-dev", "my-app-id") == [b"\4", b"\5"]
    assert {(seen.method, seen.headers["user-agent"]) for seen in server.seen} == {(method, "me/1")}
    with pytest.raises(ContentError, match="cannot clear"):
        to.clear("my-dev")
    with pytest.raises(ContentError, match="The Things Network v2 has no priority"):
        to.push("my-dev", b"\1", f_port=1, priority="HIGH")


def test_the_key_of_v2_is_never_told(server):
    to = Client.from_downlink_url(server.downlink_url.replace("EINZWEI", "FALSCH"))
    with pytest.raises(ServerError, match="the API key is missing or wrong: Invalid key") as caught:
        to.push("my-dev", b"\1", f_port=1)
    assert "ttn-account" not in f"{caught.value} {to._route!r}"


def test_chirpstack_through_its_rest_api(server):
    to = Client.chirpstack(server=server.url, api_key=KEY, device=FakeDevice())
    to.push(EUI, {"byte": 1}, {"byte": 2})
    assert server.queue(EUI, "") == [b"\1", b"\2"]
    to.replace(EUI, {"byte": 3}, {"byte": 4})
    assert server.queue(EUI, "") == [b"\3", b"\4"]
    to.clear(EUI)
    assert server.queue(EUI, "") == []
    with pytest.raises(ContentError, match="ChirpStack has no correlation_ids"):
        to.push(EUI, {"byte": 1}, correlation_ids=["x"])
    with pytest.raises(ContentError, match="nothing to push"):
        to.push(EUI)
    with pytest.raises(ServerError, match="authentication failed"):
        Client.chirpstack(server=server.url, api_key="wrong").clear(EUI)


def test_how_much_was_sent_is_told(server):
    to = Client.from_downlink_url(server.downlink_url, retries=Retries(most=0))
    server.fail(202, 500)
    with pytest.raises(ServerError, match=r"^1 of 3 downlinks were sent, then: 127"):
        to.push("my-dev", b"\1", b"\2", b"\3", f_port=1)
    server.fail(202, 202, None)
    with pytest.raises(Error, match=r"^2 of 3 downlinks were sent, then: "):
        asyncio.run(to.apush("my-dev", b"\1", b"\2", b"\3", f_port=1))


@pytest.mark.parametrize(
    ("network", "names", "topic", "payload"),
    [
        (
            "v3",
            ("app1@ttn", "dev1"),
            "v3/app1@ttn/devices/dev1/down/push",
            {"downlinks": [{"f_port": 1, "frm_payload": "AQ=="}]},
        ),
        (
            "v2",
            ("my-app", "my-dev"),
            "my-app/devices/my-dev/down",
            {"port": 1, "payload_raw": "AQ==", "schedule": "last"},
        ),
        (
            "chirpstack4",
            (UUID, EUI),
            f"application/{UUID}/device/{EUI}/command/down",
            {"devEui": EUI, "confirmed": False, "fPort": 1, "data": "AQ=="},
        ),
    ],
)
@pytest.mark.parametrize("is_async", [False, True])
def test_mqtt_for_each_network(network, names, topic, payload, is_async):
    application, device = names
    published = []
    to = Client.mqtt(published.extend, application_id=application, network=network)
    if is_async:
        asyncio.run(to.apush(device, b"\1", f_port=1))
    else:
        to.push(device, b"\1", f_port=1)
    (publication,) = published
    assert isinstance(publication, Publication)
    assert (publication.topic, json.loads(publication.payload)) == (topic, payload)


def test_what_mqtt_cannot_do():
    published = []
    clear = Client.mqtt(published.extend, application_id="app1")
    with clear as to:
        to.clear("dev1")
    assert published == [Publication("v3/app1/devices/dev1/down/replace", b'{"downlinks":[]}')]
    with pytest.raises(ContentError, match="no replace over MQTT"):
        Client.mqtt(published.extend, application_id=UUID, network="chirpstack4").replace(EUI, b"\1", f_port=1)
    with pytest.raises(ContentError, match="one of v3, v2, chirpstack4"):
        Client.mqtt(published.extend, application_id="app1", network="v1").clear("dev1")
    with pytest.raises(ContentError, match="attributes are asked for at The Things Stack"):
        to.attributes("dev1")
    with pytest.raises(ContentError, match="sends no HTTP requests"):
        to.send(Request("GET", "http://127.0.0.1/"))


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=4).filter(lambda key: "…" not in key)


@given(KEYS, st.booleans())
def test_no_key_is_left_in_what_is_told(key, is_encoded):
    written = quote(key, safe="") if is_encoded else quote(key, safe="/+ ")
    request = Request("POST", f"https://me:{written.replace('/', '')}@x.example/down?a=b&key={written}#c")
    told = without_keys(f"{request.url} and {key}", request)
    assert written not in told
    assert key not in told
    bearer = Request("POST", "https://x.example", {"Authorization": f"Bearer {key}"})
    assert "\n" in key or key not in without_keys(f"it said: {key}!", bearer)


def test_no_key_is_shown(server):
    clients = (client(server), Client.from_webhook(server.headers()), Client.from_downlink_url(server.downlink_url))
    prepared = clients[0].prepare("push", "dev1", b"\1", f_port=1)
    assert not re.search("NNSXS|ttn-account", repr([prepared, *(one._route for one in clients)]))
