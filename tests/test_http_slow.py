"""Servers that take their time: an exchange is bounded as a whole, however often a byte comes."""

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from octavo._http import Http, UnansweredError, UnreachableError
from octavo.networks.message import Request

pytestmark = pytest.mark.usefixtures("no_proxy")

BOUND_S = 0.3
DRIP_S = 0.02
DRIPS = 250  # 5 s: who is not bounded sees the connection end, and that is another error
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serving(talk):
    """A URL at which a function of the connection, and of a pause between drips, answers."""
    ended = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # who asked may go away
            talk(connection, ended.wait)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            ended.set()
            thread.join()


def drip(connection, pause, text):
    for count in range(DRIPS):
        connection.sendall(text[count % len(text) :][:1])
        if pause(DRIP_S):
            return


def sent(request):
    return Http(timeout_s=BOUND_S).send(request)


def asent(request):
    return asyncio.run(Http(timeout_s=BOUND_S).asend(request))


both = pytest.mark.parametrize("send", [sent, asent], ids=["sync", "async"])


@both
def test_a_head_that_drips_is_unanswered(send):
    def talk(connection, pause):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        drip(connection, pause, b"x")

    with serving(talk) as url, pytest.raises(UnansweredError, match="did not answer in time"):
        send(Request("POST", url))


@both
def test_a_body_that_drips_is_cut_and_the_status_stands(send):
    def talk(connection, pause):
        connection.recv(65536)
        connection.sendall(HEAD)
        drip(connection, pause, b"x")

    with serving(talk) as url:
        response = send(Request("POST", url))
    assert response.status == 200
    assert 0 < len(response.body) < DRIPS
    assert set(response.body) == set(b"x")


@both
def test_a_body_that_never_comes_is_cut_too(send):
    def talk(connection, pause):
        connection.recv(65536)
        connection.sendall(HEAD)
        pause(DRIP_S * DRIPS)

    with serving(talk) as url:
        assert (send(Request("POST", url)).status, send.__name__) == (200, send.__name__)


def test_so_is_the_next_exchange_on_a_connection_that_is_kept():
    def talk(connection, pause):
        connection.recv(65536)
        connection.sendall(WHOLE)
        connection.recv(65536)
        drip(connection, pause, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * DRIPS)

    with serving(talk) as url, Http(timeout_s=BOUND_S) as http:
        assert http.send(Request("POST", url)).status == 200
        with pytest.raises(UnansweredError, match="did not answer in time"):
            http.send(Request("POST", url))


@both
def test_a_server_that_reads_slowly_is_unanswered(send):
    taken = []

    def talk(connection, pause):
        while (part := connection.recv(65536)) and not pause(DRIP_S / 10):
            taken.append(len(part))

    body = bytes(48 * 1024 * 1024)
    with serving(talk) as url, pytest.raises(UnansweredError, match="did not answer in time"):
        send(Request("POST", url, body=body))
    assert sum(taken) < len(body), "it would have taken all, in its time"


@both
def test_one_that_is_slow_before_anything_was_sent_was_never_reached(send):
    def talk(_connection, pause):
        pause(DRIP_S * DRIPS)

    with serving(talk) as url, pytest.raises(UnreachableError, match=r"cannot be reached: .*(time|handshake)"):
        send(Request("POST", url.replace("http:", "https:")))


@both
def test_time_that_is_over_before_it_began(send, monkeypatch):
    monkeypatch.setitem(globals(), "BOUND_S", 0.0)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(UnreachableError, match="no connection in time"),
    ):
        send(Request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/"))
