"""The lock of the one worker that a file has, and what becomes of a worker that somebody takes it from."""

import os
from contextlib import closing

import pytest

from octavo.live.clock import Clock
from octavo.live.config import Config
from octavo.live.errors import GONE, StoreError
from octavo.live.sinks import Receipt
from octavo.live.supervisor import Supervisor
from octavo.live.work import Work

from .live_stores import row, sqlite_store
from .test_live_work import FakeSink
from .traffic import FakeDevice
from .waiting import until

NOW = 1_700_000_000_000
LOCK = "octavo.db-worker"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")


@pytest.fixture
def store(tmp_path):
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


def deleted(file):
    file.unlink()


def replaced(file):
    file.with_suffix(".new").touch()
    file.with_suffix(".new").replace(file)


@pytest.mark.parametrize("happen", [deleted, replaced])
def test_who_lost_the_lock_gets_no_more_to_do(tmp_path, store, happen):
    store.put([row(1)], NOW, NOW)
    assert store.hold()
    assert len(store.claim(10, NOW)) == 1
    happen(tmp_path / LOCK)
    for ask in (lambda: store.claim(10, NOW), lambda: store.due("out", 10, NOW)):
        with pytest.raises(StoreError, match=r"octavo\.db-worker: somebody deleted or replaced it") as caught:
            ask()
        assert caught.value.name == GONE


def test_work_ends_where_the_lock_is_lost(tmp_path, store):
    """Before more is sent: another worker, which found no lock, sends it."""
    store.put([row(number) for number in range(3)], NOW, NOW)
    assert store.hold()
    sink = FakeSink()
    sink.batch = 1
    work = Work(store, FakeDevice(), [sink], Clock(), lambda _: None)

    def answer(_letter):
        if sink.got:
            work.stop()  # it should not come to this
        else:
            deleted(tmp_path / LOCK)
        return Receipt("sent")

    sink.answer = answer
    with pytest.raises(StoreError, match=r"octavo\.db-worker"):
        work.run()
    assert len(sink.got) == 1
    with closing(sqlite_store(tmp_path)) as other:
        assert other.hold()
        assert len(other.due("out", 10, NOW * 2)) == 2


def test_a_worker_that_lost_the_lock_ends_and_the_next_waits_for_it(tmp_path, store, capfd):
    config = Config(store=f"sqlite:{tmp_path / 'octavo.db'}", device="cayennelpp", folder=tmp_path)
    counts, deaths = [], []
    supervisor = Supervisor(config, counts.append, deaths.append)
    supervisor.start()
    try:
        store.put([row(1)], NOW, NOW)
        until(lambda: counts)
        deleted(tmp_path / LOCK)
        assert until(store.hold)
        until(lambda: deaths)
        assert deaths[0] == 1
        said = []
        until(lambda: said.append(capfd.readouterr().err) or "another worker has this store" in "".join(said))
        assert "somebody deleted or replaced it" in "".join(said)
    finally:
        supervisor.close()
