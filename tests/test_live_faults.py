"""What may happen to a receiver under load: everything it acknowledged is kept once, and passed on at least once."""

import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from random import Random

import pytest

from .live_parts import webhook
from .live_running import Senders, Serving, number_of, numbered
from .waiting import free_port, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found and limited as Linux does it")

KILLS = 20


@pytest.fixture
def serving(tmp_path):
    with Serving(tmp_path, "--device", "cayennelpp").start() as found:
        yield found
        assert found.stop() == 0


def check(serving, numbers):
    """Every message is kept once, and was passed on, decoded."""
    until(lambda: serving.open_work() == 0, "work is left")
    assert Counter(number_of(json.loads(body)) for body in serving.kept()) == Counter(numbers)
    records = serving.records()
    assert {number_of(record["message"]) for record in records} == set(numbers)
    assert all(record["decoded"]["data"] == {"temperature_3": 27.2} for record in records)


def test_kill_9_of_the_receiver(serving):
    random = Random(6)  # noqa: S311 - the same moments again, nothing secret
    senders = Senders(serving, numbered, 3000)
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
    senders = Senders(serving, numbered, 600)
    for _ in range(5):
        pid = until(serving.worker)
        time.sleep(random.uniform(0, 0.5))
        os.kill(pid, signal.SIGKILL)
        until(lambda pid=pid: serving.worker() not in (None, pid))
    senders.join()
    check(serving, range(600))


def test_a_stop_loses_nothing(serving):
    senders = Senders(serving, numbered, 600)
    until(lambda: len(senders.taken) > 100)
    assert serving.stop() == 0
    serving.start()
    senders.join()
    check(serving, range(600))


def test_duplicates_out_of_order(serving):
    numbers = [*range(300), *range(300)]
    Random(8).shuffle(numbers)  # noqa: S311 - likewise
    Senders(serving, lambda place: numbered(numbers[place]), len(numbers)).join()
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
    return json.dumps(numbered(number)).encode()


def test_a_sink_that_is_away(tmp_path):
    """It is away from the start, then there, then away in the middle, then there again."""
    port = free_port()
    config = tmp_path / "octavo.toml"
    config.write_text(f'device = "cayennelpp"\n[[sinks]]\ntype = "webhook"\nurl = "http://127.0.0.1:{port}/in"\n')
    got = []
    with Serving(tmp_path, str(config)).start() as serving:
        for start, what in ((0, "the sink is there, and work is left"), (20, "the sink is there again")):
            Senders(serving, lambda number, start=start: numbered(number + start), 20).join()
            assert serving.open_work() == 20
            with webhook(port, Connection="close") as (hook, _):
                until(lambda: serving.open_work() == 0, what)
            got += [number_of(body["message"]) for body in hook.bodies]
        assert serving.stop() == 0
    assert set(got) == set(range(40))
