"""The store in PostgreSQL, on a real server: several at once, sessions that end, servers that are killed."""

import itertools
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from click.testing import CliRunner

from octavo.cli import main
from octavo.errors import ContentError
from octavo.live.config import load_config
from octavo.live.errors import StoreError
from octavo.live.store import Done, Settled
from octavo.live.stores import open_store

from .live_stores import row
from .postgres_server import fresh
from .waiting import SOON_S, until

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed, the extra `postgres`")

NOW = 1_700_000_000_000
SIZES = 1, 7, 19, 3


@pytest.fixture
def server():
    return fresh()


@pytest.fixture
def opened(server):
    """Opens stores on the same database."""
    stores = []

    def more(**options):
        stores.append(open_store(server.url, **options))
        return stores[-1]

    yield more
    for store in stores:
        store.close()


def put(store, *numbers):
    return [each.id for each in store.put([row(number) for number in numbers], NOW, NOW)]


def done(store, ids):
    store.record([Done(number, "done", f'{{"id":{number}}}') for number in ids], ("out",), NOW)


def claimed(store, limit=1000):
    return [each.id for each in store.claim(limit, NOW)]


def due(store, limit=1000):
    return [each.message_id for each in store.due("out", limit, NOW)]


def together(*works):
    """Run functions at the same time; what each returned."""
    barrier = threading.Barrier(len(works))

    def started(work):
        barrier.wait(SOON_S)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(started, work) for work in works]]


def shown(store, setting):
    return store._sessions.transaction(lambda db: db.execute(f"SHOW {setting}").fetchone()[0])


# ---- several at once ----


def test_two_workers_never_have_the_same_message(opened):
    ids = put(opened(), *range(600))

    def work(store):
        found, sizes = [], itertools.cycle(SIZES)
        while batch := claimed(store, next(sizes)):
            found += batch
            done(store, batch)
        return found

    first, second = together(*(partial(work, store) for store in (opened(), opened())))
    assert sorted(first + second) == ids


def test_two_workers_never_have_the_same_letter(opened):
    store = opened()
    ids = put(store, *range(300))
    done(store, ids)

    def work(store):
        found, sizes = [], itertools.cycle(SIZES)
        while batch := due(store, next(sizes)):
            found += batch
            store.settle("out", [Settled(number, NOW, "sent") for number in batch])
        return found

    first, second = together(*(partial(work, store) for store in (opened(), opened())))
    assert sorted(first + second) == ids


def test_two_receivers_keep_what_both_got_once(opened):
    def receive(store, numbers):
        puts = [store.put([row(n) for n in numbers[at : at + 25]], NOW, NOW) for at in range(0, 200, 25)]
        return sum(not each.duplicate for batch in puts for each in batch)

    forth, stores = list(range(200)), [opened(), opened(), opened()]
    orders = forth, forth[::-1], [*forth[::2], *forth[1::2]]
    counts = together(*(partial(receive, *each) for each in zip(stores, orders, strict=True)))
    assert sum(counts) == 200
    assert len(claimed(opened())) == 200


def test_tables_are_made_once_by_many_who_open_it(opened):
    stores = together(opened, opened, opened, opened)
    assert put(stores[0], 1) == put(stores[3], 1)


def test_a_claim_is_its_sessions(opened):
    first, second = opened(), opened()
    ids = put(first, 1, 2, 3)
    assert claimed(first, 2) == ids[:2]
    assert claimed(second) == ids[2:]
    assert claimed(first) == ids[:2], "what was claimed and not recorded is claimed again"
    done(first, ids)
    assert due(second, 2) == ids[:2]
    assert due(first) == ids[2:]


def test_a_claim_ends_with_its_session(opened, server):
    first, second = opened(), opened()
    ids = put(first, 1, 2)
    done(first, ids[:1])
    assert (claimed(first), due(first)) == (ids[1:], ids[:1])
    assert (claimed(second), due(second)) == ([], [])
    first.close()
    wait_for_sessions(server, 1)
    assert (claimed(second), due(second)) == (ids[1:], ids[:1])


HOLDING = """
import sys
from octavo.live.stores import open_store
store = open_store(sys.argv[1])
print([stored.id for stored in store.claim(10, {now})], flush=True)
sys.stdin.read()
"""


def test_a_claim_ends_with_a_worker_that_is_killed(opened, server):
    store = opened()
    ids = put(store, 1, 2)
    command = [sys.executable, "-c", HOLDING.format(now=NOW), server.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert json.loads(worker.stdout.readline()) == ids
        assert claimed(store) == []
        worker.kill()
    wait_for_sessions(server, 1)
    assert claimed(store) == ids


def wait_for_sessions(server, count):
    """The server notices soon that a client is gone."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'octavo'"
    until(lambda: server.execute(query) == [(count,)], lambda: server.execute(query))


def test_who_tries_again_keeps_the_claim(opened):
    first, second = opened(), opened()
    (number,) = put(first, 1)
    assert claimed(first) == [number]
    first.record([Done(number, "again", error="a worker ended")], (), NOW)
    assert claimed(second) == []
    (stored,) = first.claim(1, NOW)
    assert stored.attempts == 1


def test_a_letter_put_off_is_for_anyone(opened):
    first, second = opened(), opened()
    (number,) = put(first, 1)
    done(first, [number])
    assert due(first) == [number]
    first.settle("out", [Settled(number, NOW, "later", 1, NOW)])
    assert due(second) == [number]


def test_the_steady_time_is_that_of_all(opened):
    first, second = opened(), opened()
    first.put([row(1)], NOW, NOW + 7)
    second.put([row(2)], NOW, NOW)
    assert second.steady_floor() == NOW + 7
    second.forget(NOW)
    assert first.steady_floor() == NOW + 7


# ---- sessions and servers that end ----


def test_a_session_that_was_ended_is_begun_again(opened, server):
    store = opened()
    before = put(store, 1)
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'octavo'")
    assert put(store, 1, 2)[:1] == before
    assert len(claimed(store)) == 2


def test_what_was_claimed_before_the_session_ended_can_be_claimed(opened, server):
    store = opened()
    ids = put(store, 1, 2)
    assert claimed(store) == ids
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'octavo'")
    assert claimed(store) == ids


def test_a_server_that_is_killed_has_what_was_acknowledged(opened, server):
    store, acknowledged, refused = opened(), [], []
    stop = threading.Event()

    def receive():
        for number in range(10**6):
            try:
                acknowledged.append((number, store.put([row(number)], NOW, NOW)[0].id))
            except StoreError as error:
                refused.append(str(error))
            if stop.is_set():
                return

    thread = threading.Thread(target=receive)
    thread.start()
    for kills in range(1, 4):
        wait_for_more(acknowledged, len(acknowledged) + 20)
        server.kill()
        wait_for_more(refused, kills)
        server.start()
    wait_for_more(acknowledged, len(acknowledged) + 20)
    stop.set()
    thread.join()
    assert all(error.startswith("postgresql://") for error in refused)
    kept = {stored.id: stored.row.body for stored in store.claim(10**6, NOW)}
    assert {number: kept.get(id_) for number, id_ in acknowledged} == {n: row(n).body for n, _ in acknowledged}
    assert len(set(kept.values())) == len(kept), "nothing is there twice"


def wait_for_more(growing, length):
    until(lambda: len(growing) >= length, lambda: f"{len(growing)} of {length}")


def test_a_server_that_is_away_is_an_error_and_no_more(opened, server):
    store = opened()
    ids = put(store, 1)
    server.kill()
    for call in (store.counts, store.retry, lambda: claimed(store), lambda: put(store, 2)):
        with pytest.raises(StoreError, match="the server is away") as caught:
            call()
        assert caught.value.name == "store"
    server.start()
    assert claimed(store) == ids
    assert put(store, 1) == ids


def test_a_session_lost_in_the_commit_is_told_and_nothing_is_done_twice(opened, monkeypatch):
    store = opened()
    db = store._sessions._connected()
    commit = db.commit

    def committed_and_lost():
        commit()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(db, "commit", committed_and_lost)
    with pytest.raises(StoreError, match="not known whether it was kept"):
        store.put([row(1, identity=None)], NOW, NOW)
    assert len(claimed(store)) == 1


def test_a_lock_that_is_not_given_back_is_an_error(opened, server):
    store = opened()
    store._sessions.transaction(lambda db: db.execute("SET lock_timeout TO '50ms'"))
    with psycopg.connect(server.url) as other:
        other.execute("LOCK TABLE octavo.messages")
        with pytest.raises(StoreError, match="lock timeout"):
            put(store, 1)
    assert len(put(store, 1)) == 1
    assert len(claimed(store)) == 1


# ---- what it is told, and what it tells ----


def test_who_receives_waits_for_the_disk_and_the_worker_does_not(opened):
    assert shown(opened(), "synchronous_commit") == "on"
    assert shown(opened(durable=False), "synchronous_commit") == "off"


def test_text_that_postgresql_cannot_hold(opened):
    store = opened()
    (first,) = store.put([row(1, topic="a\0b\ud800")], NOW, NOW)
    assert store.claim(1, NOW)[0].row.topic == "a\ufffdb?"
    store.record([Done(first.id, "failed", "{}", "expected \0, got \udfff")], (), NOW)
    assert store.entries("failed", 1)[0].error == "expected \ufffd, got ?"


def test_a_store_that_is_not_there_is_not_made(server):
    with pytest.raises(StoreError, match="there is no such store"):
        open_store(server.url, create=False)
    assert server.execute("SELECT to_regnamespace('octavo')") == [(None,)]
    result = CliRunner().invoke(main, ["serve", "--store", server.url, "--check"])
    assert result.exit_code == 0, result.stderr
    open_store(server.url).close()
    open_store(server.url, create=False).close()


def test_a_store_of_another_version_is_left_alone(opened, server):
    opened()
    server.execute("UPDATE octavo.version SET version = 99")
    with pytest.raises(StoreError, match="a store of version 99; this octavo knows version 1"):
        opened()


def test_a_role_that_may_nothing_is_told(opened, server):
    opened()
    server.execute("DROP ROLE IF EXISTS guest")
    server.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreError, match="permission denied"):
        open_store(server.url.replace("octavo@", "guest@"))
    server.execute("DROP ROLE guest")


def test_a_schema_made_by_somebody_else_is_used(server):
    server.execute("DROP ROLE IF EXISTS receiver")
    server.execute("CREATE ROLE receiver LOGIN")
    server.execute("CREATE SCHEMA octavo AUTHORIZATION receiver")
    store = open_store(server.url.replace("octavo@", "receiver@"))
    assert len(put(store, 1)) == 1
    store.close()
    server.execute("DROP SCHEMA octavo CASCADE")
    server.execute("DROP ROLE receiver")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://octavo:opense@same@127.0.0.1/db",
        "postgresql://octavo:open same@127.0.0.1/db",
        "postgresql://octavo:opensame@[::1/db",
        "postgresql://octavo:opensame@h/db?sesame=1",
        "postgresql://octavo:open%same@h/db",
        "postgresql://octavo:ab%cdsame@h/db",
        "postgresql://octavo:aB/same=@127.0.0.1/db",
        "postgresql://octavo:p@h/w:same@127.0.0.1/db",
        "postgresql://octavo:12/same@127.0.0.1/db",
        "postgresql://octavo:opensame",
        "postgresql://octavo:open\udcffsame@h/db",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url):
    with pytest.raises(ContentError, match=r"postgresql://USER:PASSWORD@HOST") as caught:
        open_store(url)
    assert "same" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["postgresql://octavo:opensesame@127.0.0.1:1/db", "postgres:///db?host=/none&password=opensesame"]
)
def test_a_server_that_is_not_there(url):
    with pytest.raises(StoreError, match="the server is away") as caught:
        open_store(url)
    assert "opensesame" not in str(caught.value)


@pytest.mark.parametrize("password", ["aB/c+d=", "p@ss/w:rd", "ab%cd"])
def test_a_variable_may_be_any_password(locked, server, tmp_path, password):
    server.execute(f"ALTER ROLE locked PASSWORD '{password}'")
    file = tmp_path / "octavo.toml"
    file.write_text(f'store = "{locked.replace("locked@", "locked:${PASSWORD}@")}"', encoding="utf-8")
    config = load_config(file, environment={"PASSWORD": password})
    wrong = load_config(file, environment={"PASSWORD": "opensesame"})
    until(lambda: "password" in refusal(wrong.store))  # the server reads its rules soon
    assert "permission denied for database" in refusal(config.store), "it is let in, and may make no tables"


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("octavo@", "nobody:opensesame@", 'role "nobody" does not exist'),
        ("/postgres?", "/nothing?", 'database "nothing" does not exist'),
    ],
)
def test_who_is_refused_is_told_why(server, before, after, why):
    with pytest.raises(StoreError, match=f"the server refuses: {why}$") as caught:
        open_store(server.url.replace(before, after))
    assert "opensesame" not in str(caught.value)


LOCKED = "local all locked scram-sha-256\n"


@pytest.fixture
def locked(server):
    """The URL of a role that has to know a password, without one."""
    server.execute("DROP ROLE IF EXISTS locked")
    server.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
    rules = server.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(LOCKED + before)
    server.execute("SELECT pg_reload_conf()")
    yield server.url.replace("octavo@", "locked@")
    rules.write_text(before)
    server.execute("SELECT pg_reload_conf()")
    server.execute("DROP ROLE locked")


def test_a_wrong_password_is_told_and_not_repeated(locked):
    wrong = locked.replace("locked@", "locked:opensesame@")
    told = until(lambda: (said := refusal(wrong)) and "password" in said and said)  # the server reads its rules soon
    assert told.endswith('/postgres: the server refuses: password authentication failed for user "locked"')
    assert "opensesame" not in told
    assert refusal(locked).endswith("/postgres: the server refuses: no password supplied")


def refusal(url):
    """What is said of a store that cannot be opened; "" of one that can."""
    try:
        open_store(url).close()
    except StoreError as error:
        return str(error)
    return ""


def test_a_store_that_is_closed_begins_no_other_session(opened, server):
    store = opened()
    store.close()
    with pytest.raises(StoreError, match="it is closed"):
        store.counts()
    wait_for_sessions(server, 0)


def test_without_psycopg_there_is_a_word_about_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "octavo.live.postgres", raising=False)
    with pytest.raises(ContentError, match=r'pip install "octavo\[postgres\]"'):
        open_store("postgresql://127.0.0.1/db")
