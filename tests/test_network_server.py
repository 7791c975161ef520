"""The stand-in for network servers delivers webhooks as real ones do."""

import socket

import pytest

from .network_server import KEY, deliver, network_server
from .traffic import MESSAGE


@pytest.fixture
def receiver():
    """Takes anything: it answers 200 unless a fault comes first."""
    with network_server() as running:
        running.answer = lambda _: (200, b"")
        yield running


def test_a_message_is_delivered_once(receiver):
    (delivery,) = deliver(receiver.url + "/hook", MESSAGE, receiver.headers())
    (seen,) = receiver.seen
    assert (delivery.succeeded, seen.method, seen.path) == (True, "POST", "/hook")
    assert (seen.headers["x-downlink-apikey"], seen.headers["content-type"]) == (KEY, "application/json")
    push = f"{receiver.url}/api/v3/as/applications/app1/webhooks/wh1/devices/dev1/down/push"
    assert seen.headers["x-downlink-push"] == push


def test_what_fails_is_delivered_again_with_the_same_bytes(receiver):
    waits = []
    receiver.fail(503, 429, 302, None, 500, 404)
    deliveries = deliver(receiver.url, MESSAGE, wait=waits.append)
    assert [delivery.status for delivery in deliveries] == [503, 429, 302, None, 500, 404, 200]
    assert len({seen.body for seen in receiver.seen}) == 1
    assert len(receiver.seen) == 7
    expected = [240, 480, 900, 900, 900, 900]
    assert [abs(wait_s / told - 1) <= 0.15 for wait_s, told in zip(waits, expected, strict=True)] == [True] * 6


def test_it_ends_after_seven_tries(receiver):
    receiver.fail(*[500] * 9, body=b"x" * 5000)
    deliveries = deliver(receiver.url, MESSAGE)
    assert len(deliveries) == 7
    assert {len(delivery.recorded) for delivery in deliveries} == {1024}
    assert not deliveries[-1].succeeded


def test_the_open_source_server_tries_once(receiver):
    receiver.fail(500, body=b"\xff")
    (delivery,) = deliver(receiver.url, b"{}", tries=1)
    assert (delivery.status, delivery.recorded) == (500, "")


def test_nobody_there_is_a_failure():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        (delivery,) = deliver(f"http://127.0.0.1:{nobody.getsockname()[1]}", MESSAGE, tries=1)
    assert delivery.status is None
