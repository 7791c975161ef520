"""Messages that cannot be decoded: how often they are tried, and what the logs say of them."""

import logging

import pytest

from octavo.errors import DecodeError, LimitError
from octavo.live import pace as pacing
from octavo.live import work as working
from octavo.live.backoff import Backoff
from octavo.live.clock import Clock
from octavo.live.pace import Repeats
from octavo.live.redaction import without_secrets
from octavo.live.store import Done
from octavo.live.stores import open_store
from octavo.live.work import DECODE_TRIES, Work

from .live_stores import STORES, empty_store, row
from .traffic import FakeDevice

NOW = 1_700_000_000_000


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    opened = open_store(empty_store(request.param, tmp_path))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(working, "BACKOFF", Backoff(0, 0))


def put(store, *rows):
    return [each.id for each in store.put(rows, NOW, 0)]


def attempts(store, state="failed"):
    return [entry.attempts for entry in store.entries(state, 100)]


def decoded(store, device, rounds=1, **options):
    """Works as many rounds of decoding as are asked for."""
    work = Work(store, device, [], Clock(), lambda _: None, **options)
    for _ in range(rounds):
        work._decode()


class Failing(FakeDevice):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def decode_uplinks(self, messages):
        return (self.error for _ in messages)


LOST = LimitError("the worker ended", name="worker_lost")


@pytest.mark.parametrize("careful", [False, True])
def test_a_try_counts_once(store, careful):
    put(store, row(1))
    decoded(store, Failing(DecodeError("no such frame", offset=0)), careful=careful)
    assert attempts(store) == [1]


@pytest.mark.parametrize("careful", [False, True])
def test_a_lost_worker_is_tried_so_often_and_no_more(store, careful):
    put(store, row(1))
    for tries in range(1, DECODE_TRIES):
        decoded(store, Failing(LOST), careful=careful)
        assert attempts(store, "waiting") == [tries]
    decoded(store, Failing(LOST), careful=careful)
    assert attempts(store) == [DECODE_TRIES]


class Deadly(FakeDevice):
    def decode_uplinks(self, messages):
        raise SystemExit(str(messages))


@pytest.mark.parametrize("careful", [False, True])
def test_what_ended_the_worker_so_often_is_tried_by_nobody(store, careful):
    """Not by a worker that begins anew either, which knows nothing of those before it."""
    first, second = put(store, row(1), row(2))
    for _ in range(DECODE_TRIES):
        store.record([Done(first, "again", error="a worker ended")], (), 0)
    device = FakeDevice()
    decoded(store, device, rounds=2, careful=careful)
    assert device.batches == [1]
    (entry,) = store.entries("failed", 10)
    assert (entry.id, entry.attempts, entry.error) == (first, 3, "decoding it ended the worker 3 times")
    assert attempts(store, "waiting") == []
    assert second != first


def test_a_try_that_ended_the_worker_counts(store):
    put(store, row(1))
    with pytest.raises(SystemExit):
        decoded(store, Deadly(), careful=True)
    assert attempts(store, "waiting") == [1]


def logged(caplog):
    return [(each.levelname, each.event, each.facts) for each in caplog.records]


def test_a_formatter_that_fails_each_time_is_told_once(store, caplog):
    put(store, *(row(number) for number in range(30)))
    error = DecodeError("no such frame: /home/me/a.js, NNSXS.ABC ?key=abc\n", offset=0)
    options = {"named": lambda _: "/home/me/a.js", "told": lambda text: without_secrets(text.replace("/home/me/", ""))}
    decoded(store, Failing(error), rounds=4, **options)
    assert attempts(store) == [1] * 30
    ((level, event, told),) = logged(caplog)
    assert (level, event, told["device"], told["name"], told["count"]) == ("WARNING", "failed", "a.js", "decode", 1)
    assert told["error"].startswith("no such frame: a.js, *** ")
    assert "abc" not in caplog.text.lower()


def test_each_device_and_each_error_is_told(store, caplog):
    caplog.set_level(logging.WARNING)
    names = {"dev1": "a/b", "other": None}
    other = row(2, ids=row().ids | {"device_id": "other"}, body=row(2).body.replace(b'"dev1"', b'"other"'))
    put(store, row(1), other)
    devices = {"dev1": Failing(DecodeError("no such frame", offset=0))}
    decoded(store, devices, named=lambda ids: names[ids["device_id"]])
    told = [(each["device"], each["name"]) for _, _, each in logged(caplog)]
    assert set(told) == {("a/b", "decode"), (None, "unknown_device")}
    assert len(told) == 2


def test_what_goes_on_is_told_again_with_how_often_it_was(monkeypatch):
    monkeypatch.setattr(pacing, "TOLD_AGAIN_MS", 100)
    repeats = Repeats()
    assert [repeats.note(("a",), now) for now in (5, 6, 50, 104)] == [1, 0, 0, 0]
    assert [repeats.note(("a",), now) for now in (105, 106)] == [4, 0]
    assert repeats.note(("b",), 107) == 1


def test_texts_that_always_differ_are_not_all_told(monkeypatch):
    monkeypatch.setattr(pacing, "TOLD_MOST", 3)
    repeats = Repeats()
    assert [repeats.note((str(number),), 0) for number in range(5)] == [1, 1, 1, 0, 0]
