"""What every store promises, on each of them."""

import os
import sqlite3
from contextlib import closing

import pytest

from octavo.live.check import faults
from octavo.live.clock import DAY_MS
from octavo.live.config import Config, Downlinks
from octavo.live.errors import GONE, StoreError
from octavo.live.sqlite import SqliteStore
from octavo.live.store import Done, Letter, Settled
from octavo.live.stores import open_store

from .live_stores import STORES, empty_store, row, sqlite_store

NOW = 1_700_000_000_000


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    opened = open_store(empty_store(request.param, tmp_path))
    yield opened
    opened.close()


def put(store, *numbers, now=NOW):
    return store.put([row(number) for number in numbers], now, now)


def done(store, *ids, sinks=("out",), state="done", error=None):
    store.record([Done(number, state, f'{{"id":{number}}}', error) for number in ids], sinks, NOW)


def claimed(store):
    return [each.id for each in store.claim(100, NOW)]


def due(store, sink="out", now=NOW):
    return [letter.message_id for letter in store.due(sink, 100, now)]


def listed(store, state):
    return [(entry.id, entry.sink, entry.error) for entry in store.entries(state, 100)]


def test_what_is_put_can_be_claimed_as_it_was(store):
    (first,) = store.put([row(1)], NOW, NOW)
    (stored,) = store.claim(10, NOW)
    expected = row(1, identity=None)
    assert (stored.id, stored.received_ms, stored.attempts) == (first.id, NOW, 0)
    assert stored.row == expected


def test_the_oldest_comes_first(store):
    ids = [each.id for each in put(store, 1, 2, 3)]
    assert ids == sorted(ids)
    assert [each.id for each in store.claim(2, NOW)] == ids[:2]


def test_a_duplicate_is_told_and_not_kept(store):
    (first,) = put(store, 1)
    again = put(store, 1, 2, 2)
    assert [each.duplicate for each in again] == [True, False, True]
    assert again[0].id == first.id
    assert len(claimed(store)) == 2


def test_a_row_without_identity_is_never_a_duplicate(store):
    puts = store.put([row(1, identity=None)] * 2, NOW, NOW)
    assert [each.duplicate for each in puts] == [False, False]


def test_identities_are_kept_for_a_day(store):
    put(store, 1)
    assert put(store, 1, now=NOW + DAY_MS - 1)[0].duplicate
    assert not put(store, 1, now=NOW + DAY_MS)[0].duplicate
    assert put(store, 1, now=NOW + DAY_MS + 5)[0].duplicate


def test_forgetting_leaves_what_is_younger_than_a_day(store):
    put(store, 1)
    put(store, 2, now=NOW + 10)
    store.forget(NOW + DAY_MS)
    assert [each.duplicate for each in put(store, 1, 2, now=NOW + 20)] == [False, True]


def test_an_outcome_goes_to_each_sink(store):
    ids = [each.id for each in put(store, 1, 2)]
    done(store, *ids, sinks=("out", "other"))
    assert claimed(store) == []
    assert store.due("out", 10, NOW) == [Letter(number, 0, f'{{"id":{number}}}', NOW, NOW) for number in ids]
    store.settle("out", [Settled(ids[0], NOW, "sent")])
    assert due(store) == ids[1:]
    assert due(store, "other") == ids
    assert store.counts().pending == {"out": 1, "other": 2}


def test_again_means_later(store):
    (first,) = put(store, 1)
    store.record([Done(first.id, "again", error="lost", due_ms=NOW + 5)], ("out",), NOW)
    assert store.claim(10, NOW) == []
    (stored,) = store.claim(10, NOW + 5)
    assert stored.attempts == 1
    assert due(store) == []


def test_a_letter_that_is_put_off_waits(store):
    (first,) = put(store, 1)
    done(store, first.id)
    store.settle("out", [Settled(first.id, NOW, "later", 3, NOW + 10, "away")])
    assert due(store) == []
    assert store.due("out", 10, NOW + 10)[0].attempts == 3
    assert listed(store, "pending") == [(first.id, "out", "away")]


def test_failed_and_dead_can_be_retried(store):
    failed, dead = (each.id for each in put(store, 1, 2))
    done(store, failed, state="failed", error="no device", sinks=())
    done(store, dead)
    store.settle("out", [Settled(dead, NOW, "dead", 8, 0, "404")])
    assert listed(store, "failed") == [(failed, None, "no device")]
    assert listed(store, "dead") == [(dead, "out", "404")]
    assert (store.counts().failed, store.counts().dead) == (1, {"out": 1})
    assert store.retry() == 2
    assert claimed(store) == [failed]
    assert due(store) == [dead]
    assert (store.counts().failed, store.counts().dead) == (0, {})


def test_only_those_named_are_retried(store):
    ids = [each.id for each in put(store, 1, 2, 3)]
    done(store, *ids, state="failed", sinks=())
    assert store.retry(ids[1:2]) == 1
    assert store.retry([10**6]) == 0
    assert claimed(store) == ids[1:2]


def test_drop_ends_a_line_of_the_queue_and_keeps_the_message(store):
    failed, dead = (each.id for each in put(store, 1, 2))
    done(store, failed, state="failed", sinks=())
    done(store, dead)
    store.settle("out", [Settled(dead, NOW, "dead", 8)])
    assert store.drop([failed]) == 1
    assert store.drop() == 1
    assert (store.retry(), claimed(store), due(store)) == (0, [], [])
    assert put(store, 1, 2)[0].duplicate


def test_drop_takes_what_is_pending_where_it_is_named(store):
    """By number all that is open of a message; else only what is for the sink that is named."""
    first, second, third, failed = (each.id for each in put(store, 1, 2, 3, 4))
    done(store, first, second, third, sinks=("out", "old"))
    done(store, failed, state="failed", sinks=("old",))
    store.settle("old", [Settled(third, NOW, "dead", 8)])
    assert store.counts().left(["out"]) == {"old": 4}
    assert store.drop([first]) == 2
    assert (due(store), due(store, "old")) == ([second, third], [second, failed])
    assert store.drop([second, 10**6], "old") == 1
    assert (due(store), due(store, "old")) == ([second, third], [failed])
    assert store.drop(None, "old") == 2
    assert (store.counts().left(["out"]), due(store), store.counts().failed) == ({}, [second, third], 1)
    assert store.drop(None, "none") == 0
    assert store.drop() == 1
    assert due(store) == [second, third]


def test_who_is_put_off_was_not_tried(store):
    (first,) = put(store, 1)
    store.record([Done(first.id, "again", due_ms=NOW + 5, is_tried=False)], ("out",), NOW)
    assert store.claim(10, NOW) == []
    (claimed,) = store.claim(10, NOW + 5)
    assert (claimed.id, claimed.attempts) == (first.id, 0)


def test_after_a_retry_the_outcome_is_passed_on_again(store):
    (first,) = put(store, 1)
    done(store, first.id, state="failed")
    store.settle("out", [Settled(first.id, NOW, "sent")])
    store.retry()
    done(store, first.id)
    assert due(store) == [first.id]


def test_what_was_sent_before_a_retry_settles_nothing_of_it(store):
    """A letter is on its way while its message is decoded again: what the retry found is passed on all the same."""
    (first,) = put(store, 1)
    done(store, first.id, state="failed")
    (letter,) = store.due("out", 1, NOW)
    store.retry()
    store.record([Done(first.id, "done", '{"mended":1}')], ("out",), NOW + 1)
    for state in ("later", "dead", "sent"):
        store.settle("out", [Settled(letter.message_id, letter.made_ms, state, 8, NOW + 10**6, "no")])
    assert store.due("out", 1, NOW) == [Letter(first.id, 0, '{"mended":1}', NOW, NOW + 1)]


def test_pruning_takes_what_is_done_and_old(store):
    old, open_one, unsent, failed = (each.id for each in put(store, 1, 2, 3, 4))
    (young,) = put(store, 5, now=NOW + 100)
    done(store, old, young.id, sinks=())
    done(store, unsent)
    done(store, failed, state="failed", sinks=())
    assert store.prune(NOW + 50) == 1
    assert claimed(store) == [open_one]
    assert due(store) == [unsent]
    assert listed(store, "failed") == [(failed, None, None)]


def test_entries_come_in_pages(store):
    ids = [each.id for each in put(store, *range(5))]
    pages = [[each.id for each in store.entries("waiting", 2, after)] for after in (0, ids[1], ids[3])]
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_the_steady_time_is_remembered(store):
    assert store.steady_floor() == 0
    put(store, 1, now=NOW)
    put(store, 2, now=NOW - 500)
    assert store.steady_floor() == NOW


def test_a_batch_is_kept_whole_or_not_at_all(store):
    class Broken:
        identity = None

        def __getattr__(self, name):
            raise StoreError(name)

    with pytest.raises(StoreError):
        store.put([row(1), Broken()], NOW, NOW)
    assert claimed(store) == []
    assert not put(store, 1)[0].duplicate


def test_one_worker_at_a_time(tmp_path):
    store, other = sqlite_store(tmp_path), sqlite_store(tmp_path)
    assert store.hold()
    assert store.hold()
    assert not other.hold()
    store.close()
    assert other.hold()
    other.close()


@pytest.mark.parametrize("url", ["sqlite:{}", "{}"])
def test_a_url_names_the_store(tmp_path, url):
    opened = open_store(url.format(tmp_path / "a.db"))
    put(opened, 1)
    opened.close()
    assert (tmp_path / "a.db").is_file()


def test_stores_that_cannot_be_opened(tmp_path):
    with pytest.raises(StoreError, match="there is no such store"):
        open_store(str(tmp_path / "none.db"), create=False)
    with pytest.raises(StoreError, match="unable to open"):
        open_store(str(tmp_path / "no" / "folder.db"))
    (tmp_path / "text.db").write_text("no database at all, but a text" * 50)
    with pytest.raises(StoreError, match="no store of octavo"):
        open_store(str(tmp_path / "text.db"))
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.execute("CREATE TABLE t (a)")
    foreign.close()
    (tmp_path / "empty.db").touch()
    for name, create in (("foreign.db", True), ("foreign.db", False), ("empty.db", False)):
        with pytest.raises(StoreError, match="no store of octavo"):
            open_store(str(tmp_path / name), create=create)
    assert list((tmp_path / "foreign.db").read_bytes()[18:20]) == [1, 1], "somebody else's is left as it is: no WAL"
    with pytest.raises(Exception, match="postgresql"):
        open_store("mysql://host/db")


def test_what_is_no_store_is_told_before_anything_starts(tmp_path):
    config = Config(store="mysql://octavo:opensesame@h/db", downlinks=Downlinks(enabled=True), folder=tmp_path)
    expected = "store: no store at mysql://…: sqlite:PATH or postgresql://… was expected"
    assert list(faults(config, listens=False)) == [expected]


def test_an_attempt_counts_once(store):
    """One that was noted before it was made is not counted again when it ends."""
    first, second = (each.id for each in put(store, 1, 2))
    store.record([Done(first, "again")], (), NOW)
    store.record([Done(first, "failed", "{}", is_tried=False), Done(second, "failed", "{}")], (), NOW)
    assert [entry.attempts for entry in store.entries("failed", 10)] == [1, 1]


def test_a_store_that_is_there_is_found(store):
    put(store, 1)
    assert store.look() is None
    assert len(claimed(store)) == 1


def removed(folder):
    (folder / "octavo.db").unlink()


def log_removed(folder):
    (folder / "octavo.db-wal").unlink()


def index_removed(folder):
    (folder / "octavo.db-shm").unlink()


def log_cut(folder):
    os.truncate(folder / "octavo.db-wal", 0)


def cut(folder):
    os.truncate(folder / "octavo.db", 4096)


def replaced(folder):
    (folder / "other.db").write_bytes((folder / "octavo.db").read_bytes())
    (folder / "other.db").replace(folder / "octavo.db")


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_a_store_behind_a_link(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "data" / "real.db")
    with closing(SqliteStore(str(tmp_path / "link.db"))) as store:
        put(store, 1)
        assert store.look() is None
        assert store.hold()
        with closing(SqliteStore(str(tmp_path / "data" / "real.db"))) as same:
            assert not same.hold()


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
@pytest.mark.parametrize("happen", [removed, log_removed, index_removed, log_cut, cut, replaced])
def test_nothing_is_kept_in_a_file_that_is_gone(tmp_path, happen):
    store = sqlite_store(tmp_path)
    put(store, 1)
    happen(tmp_path)
    for call in (store.look, lambda: put(store, 2)):
        with pytest.raises(StoreError, match=r"octavo\.db: (somebody deleted, replaced or cut|.* damaged)") as caught:
            call()
        assert caught.value.name == GONE
    store.close()
