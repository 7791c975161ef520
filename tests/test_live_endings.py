"""How a receiver ends: by signals, by faults, and by what becomes of its file; and two receivers on one store."""

import http.client
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import live_running
from .live_running import Senders, Serving, number_of, numbered
from .live_stores import STORES, empty_store
from .processes import alive, children
from .waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found as Linux does it")

FALLING = """
from octavo.cli import main
from octavo.live.sqlite import SqliteStore
put = SqliteStore.put

def falls(self, rows, *times):
    if any(b"000000013Z" in row.body for row in rows):
        raise ArithmeticError("what somebody sent")
    return put(self, rows, *times)

SqliteStore.put = falls
main()
"""


def status(serving, number):
    """The answer to a message, or None where nobody answers."""
    try:
        return serving.post(numbered(number))[0]
    except (OSError, http.client.HTTPException):
        return None


def is_clean(serving):
    """Nothing raw among what it said: JSON lines, and the sentence of an error that ended it."""
    said = serving.said.read_text()
    lines = [line for line in said.splitlines() if not line.startswith("{")]
    return "Traceback" not in said and all(line.startswith("octavo: ") for line in lines)


def test_a_receiver_that_can_keep_nothing_any_more_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(live_running, "PROGRAM", [sys.executable, "-c", FALLING])
    with Serving(tmp_path, "--device", "cayennelpp").start() as serving:
        assert [status(serving, number) for number in (1, 13)] == [200, 503]
        assert serving.ended() == 1
        (fallen,) = serving.events("fallen")
        assert (fallen["level"], fallen["thread"]) == ("critical", "octavo-commits")
        assert fallen["exception"].startswith("ArithmeticError in __main__:")
        said = serving.said.read_text()
        assert "octavo: nothing is kept any more: an error that nobody expected" in said
        assert "what somebody sent" not in said
        assert is_clean(serving)
        monkeypatch.undo()
        assert status(serving.start(), 13) == 200
        assert serving.stop() == 0


@pytest.mark.parametrize("sends", [False, True])
def test_a_receiver_whose_file_is_deleted_ends_and_begins_anew(tmp_path, sends):
    with Serving(tmp_path, "--device", "cayennelpp").start() as serving:
        assert status(serving, 1) == 200
        for name in ("octavo.db", "octavo.db-wal", "octavo.db-shm"):
            (tmp_path / name).unlink()
        if sends:
            assert status(serving, 2) in (503, None)
        assert serving.ended() == 1
        (fallen,) = serving.events("fallen")
        assert "octavo.db: somebody deleted, replaced or cut the file" in fallen["message"]
        assert is_clean(serving)
        assert status(serving.start(), 3) == 200
        assert [number_of(json.loads(body)) for body in serving.kept()] == [3]
        assert serving.stop() == 0


@pytest.mark.parametrize("kind", STORES)
def test_two_receivers_on_one_store_decode_and_deliver_each_message_once(tmp_path, kind):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    options = ["--device", "cayennelpp", "--store", empty_store(kind, tmp_path)]
    with Serving(folders[0], *options).start() as one, Serving(folders[1], *options).start() as two:
        senders = [
            Senders(each, lambda number, at=at: numbered(2 * number + at), 200) for at, each in enumerate((one, two))
        ]
        for sender in senders:
            sender.join()

        def printed():
            return [number_of(record["message"]) for each in (one, two) for record in each.records()]

        until(lambda: len(printed()) >= 400)
        waiting = 1 if kind == "sqlite" else 0
        until(lambda: len(one.events("waits") + two.events("waits")) >= waiting)
        assert [one.stop(), two.stop()] == [0, 0]
        assert Counter(printed()) == Counter(range(400))
        assert len(one.events("waits") + two.events("waits")) == waiting


SCRIPT = "function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_at_once(tmp_path, number):
    """As service managers may do it, and, but for new sessions, a terminal."""
    (tmp_path / "first.js").write_text(SCRIPT, encoding="utf-8")
    before = children()
    with Serving(tmp_path, "--device", "first.js").start() as serving:
        senders = Senders(serving, numbered, 400)
        until(lambda: len(senders.taken) > 100 and serving.records())
        processes = [serving.process.pid, *descendants(serving.process.pid)]
        assert until(serving.worker) in processes
        for pid in processes:
            os.kill(pid, number)
        assert serving.ended() == {signal.SIGTERM: 0, signal.SIGINT: 130}[number]
        assert not any(map(alive, processes))
        assert is_clean(serving)
        assert serving.events("worker_died") == []
        serving.start()
        senders.join()
        until(lambda: serving.open_work() == 0)
        assert serving.stop() == 0
        assert Counter(number_of(json.loads(body)) for body in serving.kept()) == Counter(range(400))
        records = serving.records()
    assert Counter(number_of(record["message"]) for record in records) == Counter(range(400))
    assert {record["outcome"] for record in records} == {"decoded"}
    assert children() <= before


def descendants(pid):
    """All processes below one."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    found = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    return [each for child in found for each in (child, *descendants(child))]
