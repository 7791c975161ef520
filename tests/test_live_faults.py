"""What may happen to a receiver under load: everything it acknowledged is kept once, and passed on at least once."""

import json
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from octavo.live.sqlite import SqliteStore

from .live_running import Senders, Serving, free_port, until
from .traffic import MESSAGE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found and limited as Linux does it")

KILLS = 20


def message_of(number):
    moment = f"2020-02-12T15:15:46.{number:09}Z"
    uplink = {"f_port": 1, "frm_payload": "A2cBEA==", "received_at": moment}
    return {**MESSAGE, "received_at": moment, "uplink_message": uplink}


def number_of(record):
    return int(record["message"]["received_at"][20:29])


@pytest.fixture
def serving(tmp_path):
    found = Serving(tmp_path, "--device", "cayennelpp")
    yield found.start()
    if found.process.poll() is None:
        assert found.stop() == 0


def kept(serving):
    """The number of each message that is kept, as often as it is kept."""
    store = SqliteStore(str(serving.folder / "octavo.db"), create=False)
    rows = store._rows("SELECT body FROM messages")
    store.close()
    return Counter(int(body.partition(b'"received_at": "2020-02-12T15:15:46.')[2][:9]) for (body,) in rows)


def open_work(serving):
    store = SqliteStore(str(serving.folder / "octavo.db"), create=False)
    counts = store.counts()
    store.close()
    return counts.waiting + sum(counts.pending.values())


def check(serving, numbers):
    """Every message is kept once, and was passed on, decoded."""
    until(lambda: open_work(serving) == 0, "work is left")
    assert kept(serving) == Counter(numbers)
    records = serving.records()
    assert {number_of(record) for record in records} == set(numbers)
    assert all(record["decoded"]["data"] == {"temperature_3": 27.2} for record in records)


def test_kill_9_of_the_receiver(serving):
    random = Random(6)  # noqa: S311 - the same moments again, nothing secret
    senders = Senders(serving, message_of, 3000)
    for _ in range(KILLS):
        until(lambda: senders.taken or senders.are_done)
        time.sleep(random.uniform(0, 0.4))
        serving.kill()
        serving.start()
    senders.join()
    assert senders.sent > len(senders.taken), "no kill met a message on its way"
    check(serving, range(3000))


def test_kill_9_of_the_worker(serving):
    random = Random(7)  # noqa: S311 - likewise
    senders = Senders(serving, message_of, 600)
    for _ in range(5):
        pid = until(serving.worker)
        time.sleep(random.uniform(0, 0.5))
        os.kill(pid, signal.SIGKILL)
        until(lambda pid=pid: serving.worker() not in (None, pid))
    senders.join()
    check(serving, range(600))


def test_a_stop_loses_nothing(serving):
    senders = Senders(serving, message_of, 600)
    until(lambda: len(senders.taken) > 100)
    assert serving.stop() == 0
    serving.start()
    senders.join()
    check(serving, range(600))


def test_duplicates_out_of_order(serving):
    numbers = [*range(300), *range(300)]
    Random(8).shuffle(numbers)  # noqa: S311 - likewise
    Senders(serving, lambda place: message_of(numbers[place]), len(numbers)).join()
    check(serving, range(300))


def test_a_full_disk(tmp_path):
    """No message is acknowledged that is not kept; when there is room again, it goes on by itself."""
    serving = Serving(tmp_path, "--device", "cayennelpp").start(most_file_bytes=400_000)
    taken, number = set(), 0
    while (status := serving.request("POST", "/", _body(number))[0]) == 200:
        taken.add(number)
        number += 1
        assert number < 5000
    assert status == 503
    refused, headers, body = serving.request("POST", "/", _body(number))
    assert (refused, headers["Retry-After"].isdecimal(), b'"store"' in body) == (503, True, True)
    for pid in (serving.process.pid, until(serving.worker)):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: serving.request("POST", "/", _body(number))[0] == 200)
    check(serving, taken | {number})
    assert serving.stop() == 0


def _body(number):
    return json.dumps(message_of(number)).encode()


class Desk(BaseHTTPRequestHandler):
    """Somebody's webhook, which notes what it gets."""

    def do_POST(self):
        self.server.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def desk(port, got):
    """A webhook that is there for a while."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Desk)
    server.got = got
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_sink_that_is_away(tmp_path):
    """It is away from the start, then there, then away in the middle, then there again."""
    port = free_port()
    config = tmp_path / "octavo.toml"
    config.write_text(f'device = "cayennelpp"\n[[sinks]]\ntype = "webhook"\nurl = "http://127.0.0.1:{port}/in"\n')
    serving = Serving(tmp_path, str(config)).start()
    got = []
    try:
        Senders(serving, message_of, 20).join()
        assert open_work(serving) == 20
        with desk(port, got):
            until(lambda: open_work(serving) == 0, "the sink is there, and work is left")
        Senders(serving, lambda number: message_of(number + 20), 20).join()
        with desk(port, got):
            until(lambda: open_work(serving) == 0, "the sink is there again, and work is left")
    finally:
        assert serving.stop() == 0
    assert {number_of(json.loads(body)) for body in got} == set(range(40))
