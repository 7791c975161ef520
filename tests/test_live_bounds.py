"""Bounds in bytes: of what a worker takes at a time, of what waits to be kept, of what is held for a broker."""

import threading
from contextlib import closing, contextmanager
from itertools import repeat

import pytest

from octavo.live.clock import Clock
from octavo.live.commits import HELD_MOST, Commits
from octavo.live.errors import StoreError
from octavo.live.listen import HELD_COUNT, _Held
from octavo.live.store import TAKEN_MOST, Done, Put, Settled
from octavo.live.stores import open_store
from octavo.live.work import Work

from .live_stores import STORES, empty_store, row
from .traffic import FakeDevice
from .waiting import until

NOW = 1_700_000_000_000
THIRD, MORE = TAKEN_MOST // 3, TAKEN_MOST + 1


@pytest.fixture(params=STORES)
def opened(request, tmp_path):
    """Opens stores in one place."""
    url, stores = empty_store(request.param, tmp_path), []

    def more():
        stores.append(open_store(url))
        return stores[-1]

    yield more
    for store in stores:
        store.close()


def put(store, *sizes):
    rows = [row(number, body=b" " * size, identity=None) for number, size in enumerate(sizes)]
    return [each.id for each in store.put(rows, NOW, NOW)]


def claimed(store, limit=64):
    return [each.id for each in store.claim(limit, NOW)]


def due(store, limit=64):
    return [each.message_id for each in store.due("out", limit, NOW)]


def done(store, *numbers, size=2):
    store.record([Done(number, "done", "x" * size) for number in numbers], ["out"], NOW)


def sent(store, *numbers):
    store.settle("out", [Settled(number, NOW, "sent") for number in numbers])


def test_what_is_claimed_is_bounded_in_bytes(opened):
    store = opened()
    ids = put(store, *repeat(THIRD, 4), MORE, MORE, 10)
    turns = []
    while turn := claimed(store):
        turns.append(turn)
        done(store, *turn)
    assert turns == [ids[:3], ids[3:4], ids[4:5], ids[5:6], ids[6:]]


def test_what_is_due_is_bounded_in_bytes(opened):
    store = opened()
    ids = put(store, *repeat(2, 6))
    claimed(store)
    done(store, *ids[:4], size=THIRD)
    done(store, *ids[4:], size=MORE)
    turns = []
    while turn := due(store):
        turns.append(turn)
        sent(store, *turn)
    assert turns == [ids[:3], ids[3:4], ids[4:5], ids[5:]]


def test_the_count_is_a_bound_as_before(opened):
    store = opened()
    ids = put(store, *repeat(2, 5))
    assert claimed(store, 2) == ids[:2]
    claimed(store)
    done(store, *ids)
    assert due(store, 3) == ids[:3]


def test_what_was_too_much_for_one_worker_is_for_the_next(opened):
    """In a database that has several: what was not taken is neither claimed nor locked."""
    first, second = opened(), opened()
    ids = put(first, *repeat(THIRD, 6))
    others = ids[3:] if second.hold() and first.hold() else ids[:3]  # a file has one worker, which claims nothing
    assert claimed(first) == ids[:3]
    assert claimed(second) == others
    claimed(first)
    claimed(second)
    done(first, *ids[:3], size=THIRD)
    done(second, *ids[3:], size=THIRD)
    assert due(first) == ids[:3]
    assert due(second) == others


class Stuck:
    """A store that keeps rows when it is let."""

    def __init__(self):
        self.go = threading.Semaphore(0)
        self.begun = 0

    def put(self, rows, _received_ms, _steady_ms):
        self.begun += 1
        self.go.acquire()
        return [Put(number, duplicate=False) for number, _ in enumerate(rows)]

    def look(self):
        pass

    def forget(self, _steady_ms):
        pass


@contextmanager
def committing(store):
    commits = Commits(store, Clock(), lambda _: None)
    try:
        yield commits
    finally:
        store.go.release(100)
        commits.close()


def test_what_waits_to_be_kept_is_bounded_in_bytes():
    store, answers = Stuck(), []
    half = row(1, body=b" " * (HELD_MOST // 2))
    with committing(store) as commits:
        assert commits.submit(half, answers.append)
        until(lambda: store.begun)
        assert commits.submit(half, answers.append), "what is being written counts, too"
        assert not commits.submit(row(2), answers.append)
        assert not commits.submit(row(3, body=b" " * HELD_MOST), answers.append)
        store.go.release(10)
        until(lambda: len(answers) == 2)
        assert commits.submit(row(2), answers.append)
    assert [isinstance(each, Put) for each in answers] == [True] * 3


def test_a_row_that_is_too_long_waits_alone():
    store, answers = Stuck(), []
    long = row(1, body=b" " * (HELD_MOST + 1))
    with committing(store) as commits:
        assert commits.submit(long, answers.append)
        assert not commits.submit(row(2), answers.append)
        store.go.release(10)
        until(lambda: answers)
        assert commits.submit(long, answers.append)


def test_rows_that_cannot_be_kept_wait_no_longer():
    class Full(Stuck):
        def put(self, _rows, _received_ms, _steady_ms):
            raise StoreError("the disk is full")

    answers = []
    with committing(Full()) as commits:
        for count in range(1, 4):
            assert commits.submit(row(1, body=b" " * HELD_MOST), answers.append)
            until(lambda count=count: len(answers) == count)


def test_what_is_held_for_a_broker_is_bounded_in_bytes():
    held, half = _Held(), row(1, body=b" " * (HELD_MOST // 2))
    assert [held.add(half), held.add(half), held.add(row(2))] == [True, True, False]
    assert len(held) == 2
    held.put_back(held.take())
    assert not held.add(row(2))
    assert held.take() is half
    assert [held.add(row(2)), len(held)] == [True, 2]


def test_what_is_held_for_a_broker_is_bounded_in_number():
    held, small = _Held(), row(1)
    assert all(held.add(small) for _ in range(HELD_COUNT))
    assert not held.add(small)


class Costly(FakeDevice):
    """A device whose messages take a time each, and give something."""

    def __init__(self, spent, seconds):
        super().__init__()
        self._spent, self._seconds = spent, seconds

    def decode_uplinks(self, messages):
        self._spent[0] += self._seconds * len(messages)
        return super().decode_uplinks(messages)


def _of(device_id, number):
    made = row(number)
    body = made.body.replace(b'"dev1"', f'"{device_id}"'.encode())
    return row(number, ids=made.ids | {"device_id": device_id}, body=body, identity=None)


def test_who_is_slow_among_others_is_found_in_the_first_turn(tmp_path):
    """By its own time: nothing of it ends with an error, and all of them are asked in one turn."""
    spent = [0.0]
    devices = {"slow": Costly(spent, 0.9), "quick": Costly(spent, 0.001)}
    clock = Clock(wall=lambda: 1_700_000_000.0, monotonic=lambda: spent[0])
    with closing(open_store(str(tmp_path / "octavo.db"))) as store:
        store.put([_of(each, n) for n in range(20) for each in ("slow", "quick")], NOW, NOW)
        work = Work(store, devices, [], clock, lambda _: None, named=lambda ids: ids["device_id"])
        work._decode()
        (decoded,) = store._rows("SELECT group_concat(id) FROM messages WHERE state = 'done'")
        assert decoded == ("1,2,3,4,5,6,7,8",), "what is noted is noted in the order in which it came"
        for _ in range(3):
            work._decode()
        states = store._rows("SELECT json_extract(ids, '$.device_id'), state, count(*) FROM messages GROUP BY 1, 2")
    assert sorted(states) == [("quick", "done", 20), ("slow", "done", 4), ("slow", "waiting", 16)]


def decoded(store):
    return [number for (number,) in store._rows("SELECT id FROM messages WHERE state = 'done' ORDER BY id")]


def test_a_long_backlog_of_who_is_slow_holds_up_no_other(tmp_path):
    spent = [0.0]
    devices = {"slow": Costly(spent, 0.9), "quick": Costly(spent, 0.001)}
    clock = Clock(wall=lambda: 1_700_000_000.0, monotonic=lambda: spent[0])
    with closing(open_store(str(tmp_path / "octavo.db"))) as store:
        store.put([_of("slow", n) for n in range(3000)], NOW, NOW)
        store.put([_of("quick", n) for n in range(3)], NOW, NOW)
        work = Work(store, devices, [], clock, lambda _: None, named=lambda ids: ids["device_id"])
        for _ in range(4):
            work._decode()
        assert decoded(store)[-3:] == [3001, 3002, 3003]


def test_messages_of_a_device_stay_in_order_where_some_are_slow(tmp_path):
    spent, count = [0.0], [0]

    class Uneven(FakeDevice):
        def decode_uplinks(self, messages):
            for _ in messages:
                count[0] += 1
                spent[0] += 0.8 if count[0] % 5 == 0 else 0.001
            return super().decode_uplinks(messages)

    devices = {"uneven": Uneven(), "quick": Costly(spent, 0.3)}
    clock = Clock(wall=lambda: 1_700_000_000.0, monotonic=lambda: spent[0])
    with closing(open_store(str(tmp_path / "octavo.db"))) as store:
        work = Work(store, devices, [], clock, lambda _: None, named=lambda ids: ids["device_id"])
        order = []
        for number in range(120):
            if number < 30:
                store.put([_of(name, number) for name in ("uneven", "uneven", "quick")], NOW, NOW)
            work._decode()
            order += [each for each in decoded(store) if each not in order]
    assert len(order) == 90
    assert [each for each in order if each % 3] == [each for each in range(1, 91) if each % 3]
