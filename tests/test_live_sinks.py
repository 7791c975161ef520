"""Whom outcomes are passed on to: what is sent, what is refused, and what is down."""

import json
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo._http import Http
from octavo.errors import ContentError
from octavo.live.config import Config
from octavo.live.sinks import make_sink
from octavo.live.sinks.stdout import StdoutSink

from .live_parts import letter, sink_config, webhook
from .waiting import free_port


@pytest.fixture
def made():
    """Makes sinks, opens them, and closes them at the end."""
    opened = []

    def make(kind, **options):
        sink = make_sink(sink_config(kind, **options), Config(folder=Path()))
        sink.open()
        opened.append(sink)
        return sink

    yield make
    for sink in opened:
        sink.close()


def states(receipts):
    return [receipt.state for receipt in receipts]


# ---- standard output ----


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    ends = {"reading": reading, "writing": writing}
    yield ends
    for end in ends.values():
        os.close(end)


def test_a_batch_is_lines(pipe):
    sink = StdoutSink("out", pipe["writing"])
    letters = [letter(number, text="Grüße\n") for number in range(3)]
    assert states(sink.send(letters)) == ["sent"] * 3
    lines = os.read(pipe["reading"], 65536).decode().splitlines()
    assert lines == [each.content for each in letters]


def test_a_reader_that_went_away_is_down(pipe):
    sink = StdoutSink("out", pipe["writing"])
    os.close(pipe.pop("reading"))
    for _ in range(3):
        receipts = sink.send([letter(1), letter(2)])
        assert states(receipts) == ["down"] * 2
        assert receipts[0].reason == "standard output takes no more: Broken pipe"


def test_a_line_that_was_cut_short_stands_alone(pipe):
    sink = StdoutSink("out", pipe["writing"])
    os.set_blocking(pipe["writing"], False)
    long = letter(1, text="x" * 100_000)
    assert states(sink.send([letter(0), long])) == ["sent", "down"]
    written = os.read(pipe["reading"], 1 << 20)
    os.set_blocking(pipe["reading"], False)
    while more := _some(pipe["reading"]):
        written += more
    os.set_blocking(pipe["writing"], True)
    assert states(sink.send([letter(2)])) == ["sent"]
    lines = (written + os.read(pipe["reading"], 65536)).decode().splitlines()
    assert lines[0] == letter(0).content
    assert long.content.startswith(lines[1])
    assert lines[2:] == [letter(2).content]


def _some(descriptor):
    try:
        return os.read(descriptor, 1 << 20)
    except BlockingIOError:
        return b""


@given(sizes=st.lists(st.integers(0, 50), max_size=5), written=st.integers(0, 400))
def test_sent_are_the_lines_that_were_written_whole(sizes, written):
    from octavo.live.sinks.stdout import _receipts  # noqa: PLC0415 - the arithmetic alone

    lines = [b"x" * size + b"\n" for size in sizes]
    whole = [sum(map(len, lines[: index + 1])) <= written for index in range(len(lines))]
    assert [receipt.state == "sent" for receipt in _receipts(lines, written, "why")] == whole


# ---- a webhook ----


def test_each_letter_is_a_post_of_its_own(made):
    with webhook() as (hook, url):
        sink = made("webhook", url=url, headers={"Authorization": "Bearer key"}, in_flight=1)
        assert states(sink.send([letter(number) for number in (7, 8)])) == ["sent"] * 2
        sink.close()
    assert [body["id"] for body in hook.bodies] == [7, 8]
    path, headers, _ = hook.requests[0]
    assert path == "/hook"
    told = {name.lower(): value for name, value in headers.items()}
    wanted = ("authorization", "content-type", "x-octavo-id", "idempotency-key")
    assert [told[name] for name in wanted] == ["Bearer key", "application/json", "7", "octavo-7"]


def test_requests_are_in_flight_together(made):
    with webhook() as (hook, url):
        sink = made("webhook", url=url)
        assert states(sink.send([letter(number) for number in range(50)])) == ["sent"] * 50
        sink.close()
    assert sorted(body["id"] for body in hook.bodies) == list(range(50))


def test_no_two_requests_share_a_client(made, monkeypatch):
    """Then nothing of httpx has to be safe for threads: neither its connections nor which are kept."""
    busy, shared = set(), []
    send = Http.send

    def watched(client, request):
        shared.extend([client] if client in busy else [])
        busy.add(client)
        try:
            return send(client, request)
        finally:
            busy.remove(client)

    monkeypatch.setattr(Http, "send", watched)
    with webhook() as (hook, url):
        sink = made("webhook", url=url, in_flight=8)
        assert states(sink.send([letter(number) for number in range(64)])) == ["sent"] * 64
        sink.close()
    assert len(hook.bodies) == 64
    assert shared == []


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (201, "sent"),
        (301, "down"),
        (400, "refused"),
        (401, "down"),
        (403, "down"),
        (404, "refused"),
        (407, "down"),
        (408, "down"),
        (413, "refused"),
        (425, "down"),
        (429, "down"),
        (500, "down"),
        (503, "down"),
    ],
)
def test_what_an_answer_means(made, status, state):
    with webhook() as (hook, url):
        hook.statuses = [status]
        sink = made("webhook", url=url, in_flight=1)
        (receipt,) = sink.send([letter(1)])
        sink.close()
    assert receipt.state == state
    hint = "; are the headers of the sink right?" if status in (401, 403, 407) else ""
    assert receipt.reason == ("" if state == "sent" else f"{url.split('/')[2]} answered with HTTP {status}{hint}")


def test_what_follows_one_that_is_down_is_not_tried(made):
    with webhook() as (hook, url):
        hook.statuses = [200, 400, 503]
        hook.headers = {"Retry-After": "7"}
        sink = made("webhook", url=url, in_flight=1)
        receipts = sink.send([letter(number) for number in range(6)])
        sink.close()
    assert states(receipts) == ["sent", "refused", "down", "down", "down", "down"]
    assert receipts[-1].reason.endswith("answered with HTTP 503, to be asked again after 7 s")
    assert len(hook.bodies) == 3


def test_a_receiver_that_is_away_is_down_until_it_is_back(made):
    port = free_port()
    sink = made("webhook", url=f"http://127.0.0.1:{port}/hook?key=secret", in_flight=1, timeout_s=5)
    letters = [letter(number) for number in range(3)]
    receipts = sink.send(letters)
    assert states(receipts) == ["down"] * 3
    assert "secret" not in receipts[0].reason
    assert f"127.0.0.1:{port} cannot be reached" in receipts[0].reason
    with webhook(port) as (hook, _):
        assert states(sink.send(letters)) == ["sent"] * 3
        sink.close()
    assert [body["id"] for body in hook.bodies] == [0, 1, 2]


def test_a_receiver_that_does_not_answer_is_down(made):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sink = made("webhook", url=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.2, in_flight=2)
        receipts = sink.send([letter(number) for number in range(20)])
    assert states(receipts) == ["down"] * 20
    assert "did not answer in time" in receipts[0].reason


# ---- all of them ----


def test_a_type_that_is_none(made):
    with pytest.raises(ContentError, match="sink pigeon: type: one of stdout, webhook, mqtt, handler was expected"):
        made("pigeon")


@pytest.mark.parametrize("url", ["http://[", "http://a:99999/", "http://a:0/"])
def test_a_url_that_is_none_is_told_before_anything_is_sent(made, url):
    with pytest.raises(ContentError, match=r"sink webhook: .* what HTTP does not allow"):
        made("webhook", url=url)


def test_what_a_sink_is_made_of_is_not_shown():
    config = sink_config("webhook", url="http://h/?key=hunter2", headers={"Authorization": "hunter2"})
    assert "hunter2" not in repr(config) + repr(Config(sinks=(config,)))


def test_standard_output_by_its_name(made, capfd):
    assert states(made("stdout").send([letter(1)])) == ["sent"]
    assert json.loads(capfd.readouterr().out)["id"] == 1
