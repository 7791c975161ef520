"""A success that no network server answers: a login page, a proxy's word. It is no downlink, and the error says why."""

import asyncio

import pytest

from octavo.downlinks import Client, Retries, ServerError
from octavo.networks import Request

from .network_server import KEY

pytestmark = pytest.mark.usefixtures("no_proxy")

PAGE = b"<!doctype html>\n<html><head><title>Sign in</title></head><body>" + b"x" * 5000
HTML = {"Content-Type": "text/html; charset=utf-8"}
SAID = "answered 200 with text/html, where a network server answers JSON: is its address (--server) right?"
EUI = "0004a30b001c0530"


def client(server):
    return Client(server=server.url + "/console", application_id="app1", api_key=KEY, retries=Retries(most=0))


CALLS = {
    "push": lambda server: client(server).push("dev1", b"\1", f_port=1),
    "replace": lambda server: client(server).replace("dev1", b"\1", f_port=1),
    "clear": lambda server: client(server).clear("dev1"),
    "attributes": lambda server: client(server).attributes("dev1"),
    "send": lambda server: client(server).send(Request("POST", server.url)),
    "apush": lambda server: asyncio.run(client(server).apush("dev1", b"\1", f_port=1)),
    "webhook": lambda server: Client.from_webhook(server.headers()).push("dev1", b"\1", f_port=1),
    "chirpstack": lambda server: Client.chirpstack(server=server.url, api_key=KEY).push(EUI, b"\1", f_port=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_login_page_is_no_success(server, name):
    server.fail(200, headers=HTML, body=PAGE)
    with pytest.raises(ServerError) as caught:
        CALLS[name](server)
    assert SAID in str(caught.value)
    assert str(caught.value).endswith("It said: <!doctype html> <html><head><title>Sign in</title></head><bo…")
    assert (caught.value.status, len(server.seen)) == (200, 1)


@pytest.mark.parametrize("body", [b"[]", b"OK", b"5", f"Bearer {KEY}".encode(), b"\xff\x1b[2J"])
def test_so_is_whatever_else_is_no_object_and_no_key_is_told(server, body):
    server.fail(202, body=body)
    with pytest.raises(ServerError, match="answered 202 with text/plain") as caught:
        CALLS["push"](server)
    assert KEY[6:] not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}", b'{"id": "x"}', b'{"cut'])
def test_an_object_or_nothing_is_one(server, body):
    server.fail(200, body=body)
    assert CALLS["push"](server).responses[0].body == body


@pytest.mark.parametrize("body", [b"", b'{"cut'])
def test_attributes_are_said_in_json(server, body):
    server.fail(200, body=body)
    with pytest.raises(ServerError, match=r"is its address \(--server\) right\? It said: (nothing|\{\"cut)$"):
        CALLS["attributes"](server)


def test_v2_may_answer_what_it_likes(server):
    server.fail(202, headers=HTML, body=b"Accepted")
    sent = Client.from_downlink_url(server.downlink_url).push("my-dev", b"\1", f_port=1)
    assert sent.responses[0].body == b"Accepted"
