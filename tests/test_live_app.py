"""The receiver as an application: what it keeps, what it refuses and how it says so."""

import asyncio
import json
import logging
import re
import shutil
import subprocess
import sys
import threading

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from octavo.errors import ContentError
from octavo.live import looks
from octavo.live.app import create_app, lifespan
from octavo.live.config import Config, Downlinks, Secret, Server
from octavo.live.errors import StoreError
from octavo.live.keys import KeyRing
from octavo.live.sqlite import SqliteStore
from octavo.live.store import Put
from octavo.live.stores import open_store

from .asgi import Client, answered, asked
from .waiting import SOON_S

UPLINK = {
    "end_device_ids": {"device_id": "probe-1", "application_ids": {"application_id": "app1"}},
    "received_at": "2026-01-01T12:00:00Z",
    "uplink_message": {"f_port": 85, "frm_payload": "AXVc"},
}
DOWNLINK_URL = "https://integrations.example/api/v2/down/app1/octavo?key=hunter2"
V2 = {
    "app_id": "app1",
    "dev_id": "probe_1",
    "port": 1,
    "counter": 2,
    "payload_raw": "AQ==",
    "downlink_url": DOWNLINK_URL,
}
CHIRPSTACK = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "deviceInfo": {"devEui": "0102030405060708", "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75"},
    "fPort": 1,
    "data": "AQ==",
}


def configured(folder, **values):
    return Config(store=f"sqlite:{folder / 'octavo.db'}", sinks=(), folder=folder, **values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("receiver")


@pytest.fixture(scope="module")
def client(folder):
    with Client(create_app(configured(folder))) as client:
        yield client


def kept(folder):
    """The bodies in the store, by number."""
    store = open_store(f"sqlite:{folder / 'octavo.db'}", create=False)
    try:
        return {each[0]: each[1] for each in store._rows("SELECT id, body FROM messages")}
    finally:
        store.close()


def is_error(response, status, name):
    content = response.json()
    assert (response.status_code, content["error"]["name"]) == (status, name), content
    assert content.keys() == {"error"}
    assert content["error"].keys() == {"name", "message"}
    assert response.headers["content-type"] == "application/json"
    return content["error"]["message"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "path", ["/", "/up", "//a//b/", "/healthz/", "/%2e%2e/%2e%2e/etc/passwd", "/%0A", "/%00%ff", "/x%3Fy"]
)
def test_a_message_is_kept_on_any_path(client, folder, method, path):
    body = {**UPLINK, "received_at": f"2026-01-01T12:00:00Z {method} {path}"}
    answer = client.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": answer.json()["id"], "kind": "v3.uplink_message", "duplicate": False}
    assert json.loads(kept(folder)[answer.json()["id"]]) == body


def test_several_kinds_come_on_one_path(client):
    join = {"end_device_ids": UPLINK["end_device_ids"], "join_accept": {}}
    kinds = [client.post("/in", json=each).json()["kind"] for each in (UPLINK, join, V2)]
    kinds.append(client.post("/in?event=up", json=CHIRPSTACK).json()["kind"])
    assert kinds == ["v3.uplink_message", "v3.join_accept", "v2.uplink", "chirpstack4.up"]


def test_the_same_message_again_has_the_same_number(client):
    body = {**UPLINK, "received_at": "2026-02-02T00:00:00Z"}
    first, second = client.post("/a", json=body).json(), client.post("/b", json=body).json()
    assert (first["duplicate"], second) == (False, {**first, "duplicate": True})


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client, method):
    answer = client.request(method, "/in")
    assert answer.headers["allow"] == "POST, PUT"
    if method == "HEAD":
        assert answer.status_code == 405
    else:
        is_error(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("page", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_pages_take_no_messages(client, page):
    answer = client.post(page, json=UPLINK)
    is_error(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert client.until_ready(page).status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status", "name"),
    [
        (b"", {}, 400, "not_json"),
        (b"{", {}, 400, "not_json"),
        (b"\xff\xfe", {}, 415, "protobuf"),
        (b"\x0a\x05\x08\x01", {}, 415, "protobuf"),
        (b"\x0a\x05hello", {"Content-Type": "application/octet-stream"}, 415, "protobuf"),
        (b"{}", {}, 400, "ambiguous"),
        (b"17", {}, 400, "ambiguous"),
        (b'{"a": 1}', {}, 400, "unknown_kind"),
        (b"[" * 100_000, {}, 400, "not_json"),
        (json.dumps(UPLINK).encode(), {"Content-Encoding": "gzip"}, 415, "content_encoding"),
        (json.dumps(UPLINK).encode(), {"Content-Encoding": "gzip, identity"}, 415, "content_encoding"),
        (b" " * (1 << 20) + b"1", {}, 413, "too_large"),
    ],
)
def test_what_is_no_message_is_refused(client, content, headers, status, name):
    is_error(client.post("/in", content=content, headers=headers), status, name)


def test_protobuf_gets_a_hint(client):
    message = is_error(client.post("/in", content=b"\x0a\x05\x08\x01"), 415, "protobuf")
    assert "set the payload encoding to JSON" in message


@pytest.mark.parametrize(
    "header", [("Host", "["), ("Host", ""), ("Content-Encoding", "identity"), ("Cookie", "\xff" * 99)]
)
def test_headers_do_no_harm(client, header):
    answer = client.post("/in", json=UPLINK, headers=[(header[0].encode(), header[1].encode("latin-1"))])
    assert answer.status_code == 200


def test_keys_never_reach_the_store(client, folder):
    headers = {"X-Downlink-Apikey": "NNSXS.hunter2", "X-Downlink-Push": "https://x.example/push"}
    client.post("/in?key=hunter2", json={**V2, "counter": 99}, headers=headers)
    assert not any(b"hunter2" in body for body in kept(folder).values())
    assert not any(b"hunter2" in file.read_bytes() for file in folder.iterdir() if file.is_file())


def test_keys_are_kept_apart_where_downlinks_are_enabled(tmp_path):
    config = configured(tmp_path, downlinks=Downlinks(enabled=True))
    with Client(create_app(config)) as client:
        assert client.post("/in", json=V2).status_code == 200
    with KeyRing(config.keys) as keys:
        assert keys.find("v2", "app1", "probe_1").downlink_url == DOWNLINK_URL


SECRETS = (Secret("basic", username="ttn", password="hunter2"), Secret("header", "X-Key", "hunter3"))  # noqa: S106 - made up


def test_a_secret_is_asked_for_before_the_body(tmp_path):
    """No lifespan is open, and the body never comes: the answer is there all the same."""
    app = create_app(configured(tmp_path, secrets=SECRETS))
    status, headers, body = answered(app, [], [(b"authorization", b"Bearer hunter2")])
    assert (status, json.loads(body)["error"]["name"]) == (401, "unauthorized")
    assert headers[b"www-authenticate"] == b'Basic realm="octavo"'
    assert b"hunter" not in body


def test_the_right_secret_opens(tmp_path):
    with Client(create_app(configured(tmp_path, secrets=SECRETS))) as client:
        assert client.post("/in", json=UPLINK, auth=("ttn", "hunter2")).status_code == 200
        assert client.post("/in", json=UPLINK, headers={"X-Key": "hunter3"}).status_code == 200
        is_error(client.post("/in", json=UPLINK, auth=("ttn", "hunter3")), 401, "unauthorized")
        assert client.get("/healthz").status_code == 200
        schemes = client.get("/openapi.json").json()["components"]["securitySchemes"]
    assert schemes["basic"] == {"type": "http", "scheme": "basic"}
    assert schemes["X-Key"] == {"type": "apiKey", "in": "header", "name": "X-Key"}


def test_unknown_devices_are_refused_where_it_is_said(tmp_path):
    config = configured(tmp_path, unknown="refuse", devices={"known-*": "cayennelpp"})
    known = {**UPLINK, "end_device_ids": {"device_id": "known-1"}}
    named = {**UPLINK, "uplink_message": {"version_ids": {"brand_id": "milesight-iot", "model_id": "nothing"}}}
    with Client(create_app(config)) as client:
        assert client.post("/in", json=known).status_code == 200
        is_error(client.post("/in", json=UPLINK), 404, "unknown_device")
        is_error(client.post("/in", json=named), 404, "unknown_device")
    assert len(kept(tmp_path)) == 1


def test_who_is_perhaps_known_shall_come_again(tmp_path):
    (tmp_path / "formatters").symlink_to("formatters")
    named = {**UPLINK, "uplink_message": {"version_ids": {"brand_id": "acme", "model_id": "m1"}}}
    with Client(create_app(configured(tmp_path, unknown="refuse"))) as client:
        response = client.post("/in", json=named)
    is_error(response, 503, "catalogue_unreadable")
    assert response.headers["retry-after"]


def chunk(body, *, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


SMALL = Server(body_max_bytes=100, body_timeout_s=0.05)


@pytest.mark.parametrize(
    ("messages", "headers", "status"),
    [
        ([chunk(b"1" * 60), chunk(b"1" * 60, more=False)], [], 413),
        ([chunk(b"1" * 60), chunk(b"1" * 60, more=False)], [(b"content-length", b"3")], 413),
        ([chunk(b"1" * 60), chunk(b"1" * 60, more=False)], [(b"content-length", b"\xb2")], 413),
        ([chunk(b"1" * 200)], [(b"transfer-encoding", b"chunked")], 413),
        ([], [(b"content-length", b"200"), (b"expect", b"100-continue")], 413),
        ([], [], 408),
        ([chunk(b"{"), chunk(b"")], [(b"content-length", b"50")], 408),
        ([chunk(b"{"), {"type": "http.disconnect"}], [], 400),
        ([chunk(b"17", more=False)], [(b"content-length", b"99999")], 400),
    ],
)
def test_a_body_is_read_in_bounds(tmp_path, messages, headers, status):
    app = create_app(configured(tmp_path, server=SMALL))
    answer, told, _ = answered(app, messages, headers)
    assert answer == status
    assert (told.get(b"connection") == b"close") is (status in (408, 413))
    assert app.state.receiver._bodies.held == 0


def test_bodies_together_are_bounded(tmp_path):
    app = create_app(configured(tmp_path))
    app.state.receiver._bodies.held = 64 << 20
    status, headers, _ = answered(app, [chunk(b"17", more=False)])
    assert (status, headers[b"retry-after"]) == (503, b"5")


class Full:
    """Stands for what runs behind a receiver: too much waits, or the disk is full."""

    keeps_keys = False

    def __init__(self, result=None):
        self.result = result

    def submit(self, _row, answer):
        if self.result:
            answer(self.result)
        return bool(self.result)

    async def trouble(self):
        return "store" if self.result else "worker"

    async def counts(self):
        return None


@pytest.mark.parametrize(("result", "name"), [(None, "busy"), (StoreError("/var/lib/x: the disk is full"), "store")])
def test_who_cannot_be_served_shall_come_again(tmp_path, caplog, result, name):
    app = create_app(configured(tmp_path))
    app.state.receiver.running = Full(result)
    client = Client(app)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            answer = client.post("/in", json=UPLINK)
            assert "/var" not in is_error(answer, 503, name)
            assert answer.headers["retry-after"] == "5"
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == (1 if result else 0), "once, until something is kept"
    app.state.receiver.running.result = Put(1, duplicate=False)
    with caplog.at_level(logging.INFO):
        assert client.post("/in", json=UPLINK).status_code == 200
    assert ("messages are kept again" in caplog.messages) is bool(result)
    app.state.receiver.running.result = result
    is_error(client.get("/readyz"), 503, "store" if result else "worker")
    assert client.get("/metrics").status_code == 200


NAMES = [b"host", b"content-type", b"content-length", b"content-encoding", b"x-downlink-apikey", b"expect", b"\xff"]
QUERIES = [b"", b"event=up", b"event=", b"event=%00", b"%ff=%fe", b"event=x&event=up", b"key=1"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "\0", "AQ=="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(st.sampled_from(sorted({*UPLINK, *V2, *CHIRPSTACK})), JSON, max_size=2)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.builds(lambda value: json.dumps(value).encode(), JSON),
    st.builds(lambda seed, part: json.dumps(seed | part).encode(), st.sampled_from([UPLINK, V2, CHIRPSTACK]), PARTS),
)
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=12)), max_size=3)


@given(body=BODIES, query=st.sampled_from(QUERIES) | st.binary(max_size=12), headers=HEADERS)
def test_nothing_that_is_sent_is_a_fault_of_ours(body, query, headers):
    app = create_app(Config(sinks=()))
    app.state.receiver.running = Full(Put(1, duplicate=False))
    status, _, content = answered(app, [chunk(body, more=False)], headers, query=query)
    assert (status, list(json.loads(content))) == (200, ["id", "kind", "duplicate"]) or status in {400, 413, 415}


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "a" * 1000])
@pytest.mark.parametrize("member", ["app_id", "dev_id", "downlink_url"])
def test_no_name_does_harm_to_the_keys(tmp_path, member, name):
    body = {**V2, member: f"{V2[member]}{name}"}
    with Client(create_app(configured(tmp_path, downlinks=Downlinks(enabled=True)))) as client:
        assert client.post("/in", content=json.dumps(body)).status_code == 200


def test_without_its_lifespan_it_says_so(tmp_path):
    client = Client(create_app(configured(tmp_path)))
    assert "lifespan" in is_error(client.post("/in", json=UPLINK), 503, "not_started")
    is_error(client.get("/readyz"), 503, "not_started")
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("outer", [FastAPI, Starlette])
def test_it_is_mounted_under_a_prefix(tmp_path, outer):
    inner = create_app(configured(tmp_path))
    app = outer(routes=[Mount("/hooks", inner)], lifespan=lambda _: lifespan(inner))
    app.add_route("/hooks", inner)
    with Client(app, app.router.lifespan_context) as client:
        assert client.post("/hooks/in", json=UPLINK).status_code == 200
        assert client.post("/hooks/", json=UPLINK).json()["duplicate"] is True
        assert client.post("/hooks", json=UPLINK).json()["duplicate"] is True
        is_error(client.post("/hooks/metrics", json=UPLINK), 405, "method_not_allowed")
        assert client.until_ready("/hooks/readyz").json() == {"status": "ok"}
        assert client.get("/hooks/openapi.json").json()["servers"] == [{"url": "/hooks"}]


def test_a_store_that_cannot_be_opened_is_told(tmp_path):
    app = create_app(Config(store=f"sqlite:{tmp_path / 'none' / 'octavo.db'}", sinks=()))
    with pytest.raises(StoreError, match="none"), Client(app):
        pytest.fail("it runs")


def test_a_configuration_may_be_a_file(tmp_path):
    file = tmp_path / "octavo.toml"
    file.write_text('unknown = "refuse"\nsinks = []', encoding="utf-8")
    assert create_app(file).state.receiver.config.unknown == "refuse"
    file.write_text("port = 1", encoding="utf-8")
    with pytest.raises(ContentError, match="unknown member"):
        create_app(str(file))


def test_refusals_are_logged_and_counted_without_what_was_sent(client, caplog):
    with caplog.at_level(logging.DEBUG):
        client.post(
            "/hunter2?key=hunter2", content=b"hunter2", headers={"Authorization": "hunter2", "hunter2": "hunter2"}
        )
    (record,) = [record for record in caplog.records if record.name == "octavo.live.app"]
    assert "hunter2" not in str(record.__dict__)
    assert (record.event, record.facts["status"], record.facts["reason"]) == ("refused", 400, "not_json")
    metrics = client.get("/metrics").text
    assert "hunter2" not in metrics
    assert re.search(r'^octavo_refused_total\{reason="not_json"\} [1-9]', metrics, re.MULTILINE)


def test_the_store_is_counted(client):
    client.post("/in", json=UPLINK)
    metrics = client.get("/metrics").text
    assert re.search(r'^octavo_queue\{state="waiting"\} \d', metrics, re.MULTILINE)
    assert re.search(r"^octavo_commit_seconds_count [1-9]", metrics, re.MULTILINE)


def test_who_counts_holds_up_nobody(tmp_path, monkeypatch):
    """A store may take long to count all that waits; who asks for it needs no secret."""
    counted, calls, real = threading.Event(), [], SqliteStore.counts

    def count(store):
        calls.append(store)
        assert counted.wait(SOON_S)
        return real(store)

    async def ask(client):
        asked = [asyncio.create_task(client._request("GET", "/metrics", {})) for _ in range(50)]
        await asyncio.wait(asked, timeout=0.1)
        ready = await client._request("GET", "/readyz", {})
        kept = await client._request("POST", "/in", {"json": V2})
        assert not any(each.done() for each in asked)
        counted.set()
        return [ready, kept, *await asyncio.gather(*asked)]

    with Client(create_app(configured(tmp_path, downlinks=Downlinks(enabled=True)))) as client:
        client.until_ready()
        monkeypatch.setattr(SqliteStore, "counts", count)
        found = client.run(ask(client))
    assert {each.status_code for each in found} == {200}
    assert all("octavo_queue" in each.text for each in found[2:])
    assert len(calls) == 1


def test_what_was_looked_at_is_looked_at_again_later(tmp_path, monkeypatch):
    with Client(create_app(configured(tmp_path))) as client:
        assert client.run(client.app.state.receiver.running.counts()).waiting == 0
        monkeypatch.setattr(SqliteStore, "counts", lambda _: None)
        assert client.run(client.app.state.receiver.running.counts()).waiting == 0
        monkeypatch.setattr(looks, "LOOK_AGAIN_S", 0)
        assert client.run(client.app.state.receiver.running.counts()) is None


def test_websockets_are_closed(tmp_path):
    app = create_app(configured(tmp_path))
    assert asyncio.run(asked(app, [{"type": "websocket.connect"}], kind="websocket")) == [{"type": "websocket.close"}]


def test_a_fault_of_ours_is_an_error_like_all_others(tmp_path, monkeypatch):
    app = create_app(configured(tmp_path))

    async def fail(_request: Request):
        raise RuntimeError("hunter2")

    monkeypatch.setattr(app.state.receiver, "_take", fail)
    answer = Client(app).post("/in", json=UPLINK)
    assert "hunter2" not in is_error(answer, 500, "internal")


def test_the_store_outlives_the_receiver(tmp_path):
    for number in range(2):
        with Client(create_app(configured(tmp_path))) as client:
            assert client.post("/in", json=UPLINK).json()["duplicate"] is bool(number)
    shutil.rmtree(tmp_path)


def test_a_library_that_is_missing_is_named_with_its_extra():
    script = "import sys; sys.modules['starlette'] = None\nimport octavo.live.app"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert 'octavo.errors.ContentError: starlette is not installed: pip install "octavo[serve]"' in done.stderr
