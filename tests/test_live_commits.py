"""Group commit: who waits shares, who comes too late is told, and nobody is answered before it is kept."""

import threading

import pytest

from octavo.live import commits as committing
from octavo.live.clock import Clock
from octavo.live.commits import Commits
from octavo.live.errors import GONE, StoreError
from octavo.live.store import Put

from .live_stores import row, sqlite_store
from .waiting import SOON_S, until


class Slow:
    """A store whose commits end when they are let, and that remembers them."""

    def __init__(self, *, fails=False):
        self.go = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)
        self.batches = []
        self.fails = fails

    def put(self, rows, received_ms, steady_ms):  # noqa: ARG002 - the store's signature
        self.begun.release()
        assert self.go.acquire(timeout=SOON_S)
        if self.fails:
            raise StoreError("the disk is full")
        self.batches.append(len(rows))
        return [Put(number, duplicate=number % 2 == 1) for number in range(len(rows))]

    def forget(self, steady_ms):
        pass

    def look(self):
        pass


class Answers(list):
    """What was answered; waits for a number of them."""

    def __init__(self):
        self._more = threading.Condition()

    def __call__(self, answer):
        with self._more:
            self.append(answer)
            self._more.notify_all()

    def wait(self, count):
        with self._more:
            assert self._more.wait_for(lambda: len(self) >= count, SOON_S)


@pytest.fixture
def answers():
    return Answers()


def commits_of(store, on_commit=lambda _: None, **options):
    return Commits(store, Clock(), on_commit, **options)


def test_rows_in_flight_share_a_commit(answers):
    store, told = Slow(), []
    commits = commits_of(store, told.append)
    commits.submit(row(), answers)
    store.begun.acquire()
    assert all(commits.submit(row(number), answers) for number in range(9))
    assert (answers, commits.waiting) == ([], 9)
    store.go.release(2)
    answers.wait(10)
    commits.close()
    assert store.batches == [1, 9]
    assert told == [1, 5], "of nine, the odd ones were there before"


def test_too_many_are_turned_away_at_once(answers):
    store = Slow()
    commits = commits_of(store, most_waiting=2)
    commits.submit(row(), answers)
    store.begun.acquire()
    assert [commits.submit(row(), answers) for _ in range(3)] == [True, True, False]
    store.go.release(3)
    commits.close()
    assert len(answers) == 3
    assert not commits.submit(row(), answers), "it is closed"


def test_a_store_that_fails_is_told_to_each(answers):
    store = Slow(fails=True)
    commits = commits_of(store)
    store.go.release(2)
    commits.submit(row(), answers)
    commits.submit(row(), answers)
    commits.close()
    assert [str(each) for each in answers] == ["the disk is full"] * 2


class Wrong(Slow):
    """A store with a fault of its own."""

    def put(self, rows, received_ms, steady_ms):
        super().put(rows, received_ms, steady_ms)
        raise ArithmeticError("a fault of the store's")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_expects_leaves_nobody_waiting(answers):
    store = Wrong()
    commits = commits_of(store)
    for _ in range(3):
        commits.submit(row(), answers)
    assert commits.is_alive
    store.go.release(3)
    answers.wait(3)
    commits.close()
    assert {str(each) for each in answers} == {
        "nothing is kept any more: an error that nobody expected ended the thread that writes"
    }
    assert not commits.is_alive
    assert not commits.submit(row(), answers)


def test_closing_keeps_what_waits(tmp_path, answers):
    store = sqlite_store(tmp_path)
    commits = commits_of(store)
    for number in range(50):
        commits.submit(row(number), answers)
    commits.close()
    assert sorted(each.id for each in answers) == list(range(1, 51))
    assert store.counts().waiting == 50
    store.close()


def test_duplicates_in_one_commit(tmp_path, answers):
    store = sqlite_store(tmp_path)
    commits = commits_of(store)
    for _ in range(5):
        commits.submit(row(1), answers)
    commits.close()
    assert sum(not each.duplicate for each in answers) == 1
    assert {each.id for each in answers} == {1}
    store.close()


def test_jumps_of_the_wall_clock_move_no_identity(tmp_path, answers):
    """A redelivery is recognised though somebody set the clock forward by a year, or back, in between."""
    store, wall = sqlite_store(tmp_path), [1_700_000_000.0]
    clock = Clock(wall=lambda: wall[0], monotonic=iter(range(1, 100)).__next__)
    commits = Commits(store, clock, lambda _: None)
    for count, jump_s in enumerate((0, 365 * 86_400, -2 * 365 * 86_400), 1):
        wall[0] += jump_s
        commits.submit(row(1), answers)
        answers.wait(count)
    commits.close()
    assert [each.duplicate for each in answers] == [False, True, True]
    later = Clock(wall=lambda: 1000.0, monotonic=lambda: 5.0, floor_ms=store.steady_floor())
    assert later.steady_ms() >= store.steady_floor() > 1_000_000
    store.close()


class Gone(Slow):
    """A store that somebody takes away."""

    def __init__(self):
        super().__init__()
        self.is_there = True

    def put(self, rows, received_ms, steady_ms):
        puts = super().put(rows, received_ms, steady_ms)
        self.look()
        return puts

    def look(self):
        if not self.is_there:
            raise StoreError("octavo.db: somebody deleted it", name=GONE)


def test_a_store_that_is_gone_takes_nothing_any_more(answers, caplog):
    store = Gone()
    commits = commits_of(store)
    store.go.release(2)
    commits.submit(row(1), answers)
    answers.wait(1)
    store.is_there = False
    commits.submit(row(2), answers)
    answers.wait(2)
    commits.close()
    assert [str(each) for each in answers[1:]] == ["octavo.db: somebody deleted it"]
    assert (commits.is_alive, commits.fallen) == (False, "octavo.db: somebody deleted it")
    assert [(record.levelname, record.event) for record in caplog.records] == [("CRITICAL", "fallen")]


def test_a_store_that_is_gone_is_noticed_though_nothing_comes(monkeypatch):
    monkeypatch.setattr(committing, "LOOK_S", 0.01)
    store = Gone()
    commits = commits_of(store)
    assert commits.is_alive
    store.is_there = False
    until(lambda: not commits.is_alive)
    assert commits.fallen == "octavo.db: somebody deleted it"
