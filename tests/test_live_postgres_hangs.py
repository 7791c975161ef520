"""A PostgreSQL server that hangs, its machine stopped or its disk stuck: nobody waits for it for ever."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest

from octavo.live import commits as committing
from octavo.live import running
from octavo.live.app import create_app
from octavo.live.clock import Clock
from octavo.live.commits import Commits
from octavo.live.config import Config
from octavo.live.errors import StoreError
from octavo.live.store import Done

from .asgi import Client
from .live_parts import NoWorker
from .live_stores import row
from .postgres_server import fresh
from .traffic import MESSAGE
from .waiting import SOON_S, until

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed, the extra `postgres`")

from octavo.live.postgres import PostgresStore  # noqa: E402 - psycopg is an extra

NOW = 1_700_000_000_000
ANSWER_S = 1.0
LATE = "the server is away (it did not answer for 1 s)"


@pytest.fixture
def server():
    return fresh()


def url_of(server):
    return f"{server.url}&connect_timeout=2"


@pytest.fixture
def store(server):
    opened = PostgresStore(url_of(server), answer_s=ANSWER_S)
    yield opened
    opened.close()


def stop(server):
    """Stop all processes of a server; its connections stay. Gives the processes."""
    stopped = [server.pid, *(pid for (pid,) in server.execute("SELECT pid FROM pg_stat_activity"))]
    send(stopped, signal.SIGSTOP)
    return stopped


def send(processes, number):
    for each in processes:
        with suppress(ProcessLookupError):  # the one that listed them
            os.kill(each, number)


@contextmanager
def hung(server):
    """Meanwhile the server hangs."""
    stopped = stop(server)
    try:
        yield
    finally:
        send(stopped, signal.SIGCONT)


@pytest.fixture
def in_time():
    """Gives what a call gives, which must not wait for a server that hangs; it has to go on before this ends."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda call, *values: pool.submit(call, *values).result(SOON_S)


def refused(call):
    """What a call raises in time."""
    with pytest.raises(StoreError) as caught:
        call()
    return str(caught.value)


def put(store, *numbers):
    return store.put([row(number) for number in numbers], NOW, NOW)


def claimed(store):
    return [each.id for each in store.claim(100, NOW)]


def test_a_server_that_hangs_is_away_until_it_goes_on(store, server, in_time):
    ids = [each.id for each in put(store, 1, 2)]
    assert claimed(store) == ids
    with hung(server):
        told = in_time(refused, lambda: put(store, 3))
        again = in_time(refused, store.counts)
    assert told.endswith(LATE)
    assert "the server is away (connection timeout expired)" in again
    assert [each.duplicate for each in put(store, 1, 2, 3)] == [True, True, False]
    until(lambda: len(claimed(store)) == 3)  # the server finds out that the session before has ended
    store.record([Done(number, "done", "{}") for number in ids], (), NOW)
    assert store.counts().waiting == 1


def test_a_server_that_hangs_in_the_commit_leaves_no_message_twice(store, server, in_time, monkeypatch):
    work = store._put
    with ExitStack() as hanging:

        def put_and_hang(*values):
            puts = work(*values)
            hanging.enter_context(hung(server))
            return puts

        monkeypatch.setattr(store, "_put", put_and_hang)
        told = in_time(refused, lambda: put(store, 1))
        monkeypatch.undo()
    assert told.endswith(f"it is not known whether it was kept: {LATE}")
    (kept,) = put(store, 1)
    assert claimed(store) == [kept.id]


def test_an_end_does_not_try_all_that_a_server_that_hangs_cannot_keep(store, server, in_time, monkeypatch):
    monkeypatch.setattr(committing, "BATCH_MOST", 1)
    answers, tried, keep = [], [], store.put
    monkeypatch.setattr(store, "put", lambda *values: tried.append(values) or keep(*values))
    commits = Commits(store, Clock(), lambda _: None)
    with hung(server):
        for number in range(20):
            assert commits.submit(row(number), answers.append)
        in_time(commits.close)
    assert len(answers) == 20
    assert all("the server is away" in str(each) for each in answers)
    assert len(tried) < 10
    assert store.counts().waiting == 0


def test_a_receiver_answers_and_ends_while_the_server_hangs(server, in_time, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(running, "Supervisor", NoWorker)
    monkeypatch.setattr(running, "open_store", partial(PostgresStore, answer_s=ANSWER_S))
    app = create_app(Config(store=url_of(server), sinks=(), folder=tmp_path))
    with ExitStack() as hanging:

        def ask():
            with Client(app) as client:
                before = client.post("/up", json=MESSAGE).status_code
                hanging.enter_context(hung(server))
                return before, client.post("/up", json=MESSAGE), client.get("/readyz"), client.get("/metrics")

        before, post, ready, metrics = in_time(ask)
    assert before == 200
    assert [post.status_code, ready.status_code, metrics.status_code] == [503, 503, 200]
    assert ready.json()["error"]["name"] == "store"
    assert not any(record.exc_info for record in caplog.records)
