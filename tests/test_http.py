"""Requests over HTTP: as they were made, never elsewhere, and every failure an error of octavo's own."""

import asyncio
import importlib.util
import logging
import socket
import threading

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import _http
from octavo._http import Http, Response, TransportError, UnansweredError, UnreachableError, host_of
from octavo.errors import ContentError, Error
from octavo.networks.message import Request

from .network_server import KEY
from .waiting import free_port

pytestmark = pytest.mark.usefixtures("no_proxy")

PATH = "/api/v3/as/applications/app1/devices/dev1/down/push"


def sent(request, **settings):
    return Http(**settings).send(request)


def asent(request, **settings):
    return asyncio.run(Http(**settings).asend(request))


both = pytest.mark.parametrize("send", [sent, asent], ids=["sync", "async"])


@both
def test_a_request_arrives_as_it_was_made(server, send):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "User-Agent": "me/1"}
    response = send(Request("POST", server.url + PATH, headers, b'{"downlinks":[]}'))
    (seen,) = server.seen
    assert (response.status, response.body, response.is_success) == (200, b"", True)
    assert (seen.method, seen.path, seen.body) == ("POST", PATH, b'{"downlinks":[]}')
    for name, value in headers.items():
        assert seen.headers[name.lower()] == value
    assert (seen.headers["accept"], seen.headers["accept-encoding"]) == ("application/json", "identity")


@both
def test_a_request_without_a_body_has_none(server, send):
    send(Request("GET", f"{server.url}/api/v3/applications/app1/devices/dev1?field_mask=attributes"))
    (seen,) = server.seen
    assert (seen.body, "content-length" in seen.headers, seen.headers["user-agent"]) == (b"", False, "octavo")


@both
def test_redirections_are_answers(server, send):
    server.fail(307, headers={"Location": f"{server.url}/elsewhere"})
    assert send(Request("POST", server.url + PATH, {"Authorization": f"Bearer {KEY}"})).status == 307
    assert [seen.path for seen in server.seen] == [PATH]


@both
def test_a_server_that_is_not_there_is_unreachable(send):
    port = free_port()
    with pytest.raises(UnreachableError, match=rf"127\.0\.0\.1:{port} cannot be reached") as caught:
        send(Request("POST", f"http://127.0.0.1:{port}{PATH}?key=secret"))
    assert "secret" not in str(caught.value)


@both
def test_a_server_that_speaks_no_tls_is_unreachable(server, send):
    with pytest.raises(UnreachableError, match=r"cannot be reached: it does not speak TLS there: is it http:// \?$"):
        send(Request("POST", server.url.replace("http:", "https:"), {"Authorization": f"Bearer {KEY}"}))
    assert server.seen == []


@both
def test_a_connection_that_breaks_is_unanswered(server, send):
    server.fail(None)
    with pytest.raises(UnansweredError, match="broke before it answered"):
        send(Request("POST", server.url + PATH))


@both
def test_a_server_that_is_silent_is_unanswered(send):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(UnansweredError, match="did not answer in time"):
            send(Request("POST", url), timeout_s=0.2)


@both
def test_what_is_not_http_is_unanswered(send):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talker = threading.Thread(target=talk, args=(listener, b"SSH-2.0-OpenSSH_9.6\r\n\r\n"))
        talker.start()
        try:
            with pytest.raises(UnansweredError):
                send(Request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        finally:
            talker.join()


def talk(listener, answer):
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


@both
@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "http://127.0.0.1:99999/"),
        Request("POST", "ftp://127.0.0.1/"),
        Request("POST", "http://[::1/"),
        Request("POST", "http://127.0.0.1:1/", {"Authorization": "Bearer NNSXS.GEHEIM\r\nX: y"}),
        Request("POST", "http://127.0.0.1:1/", {"Authorization": "Bearer NNSXS.GEHEIMÄ"}),
    ],
    ids=["port", "scheme", "host", "line", "letter"],
)
def test_what_http_cannot_say_is_refused_without_a_word_of_the_key(server, send, request_):
    url = request_.url.replace("http://127.0.0.1:1", server.url)
    with pytest.raises(ContentError, match="HTTP does not allow") as caught:
        send(Request(request_.method, url, request_.headers))
    assert "GEHEIM" not in f"{caught.value} {caught.value.__cause__}"
    assert server.seen == []


@both
def test_long_answers_are_cut(server, send):
    server.fail(500, body=b"x" * (3 * _http.BODY_MAX))
    assert len(send(Request("POST", server.url + PATH)).body) == _http.BODY_MAX


def test_connections_are_kept_in_a_context(server):
    request = Request("POST", server.url + PATH, {"Authorization": f"Bearer {KEY}"}, b"{}")
    with Http() as http:
        assert [http.send(request).status for _ in range(3)] == [200] * 3
    assert http.send(request).status == 200, "and without one, each has its own"


@both
def test_certificates_that_cannot_be_read_are_told(server, send, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/none/such.pem")
    _http._trusted.cache_clear()
    with pytest.raises(UnreachableError, match="the certificates to trust cannot be read: No such file"):
        send(Request("POST", server.url + PATH))
    assert server.seen == []


def test_nothing_is_logged(server, caplog):
    caplog.set_level(logging.INFO)
    sent(Request("POST", server.downlink_url, body=b"{}"))
    assert caplog.text == ""


def test_a_proxy_is_used(server, monkeypatch):
    monkeypatch.setattr(_http, "getproxies", lambda: {"http": server.url.removeprefix("http://")})
    monkeypatch.setattr(_http, "proxy_bypass", lambda host: host == "here.example")
    sent(Request("GET", "http://there.example/x"))
    assert [seen.path for seen in server.seen] == ["http://there.example/x"]
    monkeypatch.setattr(_http, "getproxies", lambda: {"all": "socks5://127.0.0.1:1"})
    with pytest.raises(ContentError, match="names a proxy of socks5"):
        sent(Request("GET", "http://there.example/x"))


@both
def test_without_httpx_the_extra_is_named(monkeypatch, send):
    monkeypatch.setattr(_http, "find_spec", lambda _: None)
    with pytest.raises(ContentError, match=r'pip install "octavo\[downlinks\]"'):
        send(Request("GET", "http://127.0.0.1/"))
    with pytest.raises(ContentError, match="httpx is not installed"):
        Http().check(Request("GET", "http://127.0.0.1/"))
    assert importlib.util.find_spec("httpx")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"x-rate-limit-retry": "3"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999 00:00:00 GMT"}, None),
        ({"retry-after": f"Thu, 01 Jan 2026 00:01:30 +{9**20}", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, None),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:30 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, 90.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT", "date": "Thu, 01 Jan 2026 00:01:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:01:30 GMT"}, None),
    ],
)
def test_when_to_come_back(headers, expected):
    assert Response(429, headers).retry_after_s == expected


@given(st.text(), st.text())
def test_any_time_to_come_back_is_a_number_or_none(after, date):
    found = Response(429, {"retry-after": after, "date": date}).retry_after_s
    assert found is None or found >= 0


@given(st.text())
def test_every_url_has_a_host_to_name(text):
    assert host_of(f"https://{text}?key=ttn-account-v2.GEHEIM").count("GEHEIM") == 0 or "GEHEIM" in text


def test_a_host_is_named_without_user_and_key():
    assert host_of("https://me:pw@eu1.example:8443/x?key=y") == "eu1.example:8443"
    assert host_of("https://eu1.example/x") == "eu1.example"
    assert host_of("https://eu1.example:port/") == "the server"


def test_every_error_of_httpx_has_its_own_here():
    """None of its exceptions is left out: each is raised, and comes out as an octavo error."""
    kinds = [kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, httpx.HTTPError)]
    assert len(kinds) > 10
    for kind in kinds:
        raised = kind("words", request=None, response=None) if kind is httpx.HTTPStatusError else kind("words")
        with pytest.raises(Error) as caught, _http._translated("http://x.example/"):
            raise raised
        assert isinstance(caught.value, TransportError | ContentError)
