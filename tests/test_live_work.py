"""The worker's loop: decode, note, pass on, and what happens when one of these fails."""

import json
import logging
import threading

import pytest

from octavo.errors import DecodeError, LimitError
from octavo.live import pace as pacing
from octavo.live import work as working
from octavo.live.backoff import Backoff
from octavo.live.clock import Clock
from octavo.live.errors import StoreError
from octavo.live.redaction import without_secrets
from octavo.live.sinks import Receipt
from octavo.live.store import Done
from octavo.live.work import DECODE_TRIES, LETTER_TRIES, Work
from octavo.messages import Decoded
from octavo.pipeline import Outcome

from .live_stores import row, sqlite_store
from .traffic import FakeDevice
from .waiting import SOON_S, until


class FakeSink:
    """A sink that answers as it is told, and keeps what it got."""

    batch = 256

    def __init__(self, name="out", answer=lambda _: Receipt("sent")):
        self.name = name
        self.answer = answer
        self.got = []
        self._more = threading.Condition()

    def open(self):
        pass

    def send(self, letters):
        receipts = [self.answer(letter) for letter in letters]
        with self._more:
            self.got += [
                json.loads(letter.content)
                for letter, receipt in zip(letters, receipts, strict=True)
                if receipt.state == "sent"
            ]
            self._more.notify_all()
        return receipts

    def close(self):
        pass

    def wait(self, count):
        with self._more:
            assert self._more.wait_for(lambda: len(self.got) >= count, SOON_S), self.got


@pytest.fixture
def store(tmp_path):
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def look(tmp_path, store):  # noqa: ARG001 - made first
    """The same store, for the test's own thread."""
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(working, "BACKOFF", Backoff(0.001, 0.004))
    monkeypatch.setattr(working, "STORE_BACKOFF", Backoff(0.001, 0.004))
    monkeypatch.setattr(working, "IDLE_S", 0.01)


@pytest.fixture
def running():
    """Starts work, and ends it after the test."""
    started = []

    def start(*args, **options):
        tallies = []
        work = Work(*args, Clock(), tallies.append, **options)
        thread = threading.Thread(target=work.run)
        thread.start()
        started.append((work, thread))
        return tallies

    yield start
    for work, thread in started:
        work.stop()
        thread.join(SOON_S)
        assert not thread.is_alive()


def put(store, *numbers):
    return [each.id for each in store.put([row(number) for number in numbers], 1_700_000_000_000, 0)]


def total(tallies, name):
    found = [getattr(tally, name) for tally in tallies]
    return sum(each if isinstance(each, int) else sum(each.values()) for each in found)


def test_a_message_is_decoded_and_passed_on(store, running):
    put(store, 1, 2)
    sink = FakeSink()
    tallies = running(store, FakeDevice(), [sink])
    sink.wait(2)
    first = sink.got[0]
    assert (first["id"], first["received_at"], first["via"]) == (1, "2023-11-14T22:13:20.000Z", "webhook")
    assert (first["outcome"], first["kind"]) == ("decoded", "v3.uplink_message")
    assert first["decoded"]["data"]
    assert first["message"]["uplink_message"]["decoded_payload"] == first["decoded"]["data"]
    assert total(tallies, "decoded") == 2


def test_every_sink_gets_everything(store, running):
    put(store, 1, 2, 3)
    sinks = [FakeSink("one"), FakeSink("two")]
    running(store, FakeDevice(), sinks)
    for sink in sinks:
        sink.wait(3)
        assert [each["id"] for each in sink.got] == [1, 2, 3]


def test_a_sink_that_is_away_holds_up_no_other_and_loses_nothing(store, running, caplog):
    caplog.set_level(logging.INFO)
    put(store, *range(20))
    away = threading.Event()
    slow = FakeSink("slow", lambda _: Receipt("sent") if away.is_set() else Receipt("down", "connection refused"))
    quick = FakeSink("quick")
    running(store, FakeDevice(), [slow, quick])
    quick.wait(20)
    until(lambda: caplog.records, "the other one is tried")
    assert slow.got == []
    away.set()
    slow.wait(20)
    assert [each["id"] for each in slow.got] == list(range(1, 21))
    until(lambda: len(caplog.records) == 2)
    assert [record.getMessage() for record in caplog.records] == ["slow: connection refused", "slow: it goes on"]


def test_a_letter_that_is_refused_ends_dead_and_the_others_go_on(store, look, running):
    put(store, 1, 2, 3)
    sink = FakeSink(
        answer=lambda letter: Receipt("refused", "404 \ud800") if letter.message_id == 2 else Receipt("sent")
    )
    tallies = running(store, FakeDevice(), [sink])
    sink.wait(2)
    until(lambda: total(tallies, "dead"))
    assert [each["id"] for each in sink.got] == [1, 3]
    (entry,) = look.entries("dead", 10)
    assert (entry.id, entry.sink, entry.attempts, entry.error) == (2, "out", LETTER_TRIES, "404 ?")


def told(caplog, *events):
    """What was logged of these events: the facts, with the event."""
    return [{"event": each.event, **each.facts} for each in caplog.records if getattr(each, "event", "") in events]


def test_letters_that_are_refused_and_die_are_logged_for_each_reason(store, look, running, caplog):
    reasons = {1: "HTTP 400", 2: "HTTP 400", 3: "no keys: NNSXS.ABC.DEF in /home/me/x"}
    put(store, *reasons)
    sink = FakeSink(answer=lambda letter: Receipt("refused", reasons[letter.message_id]))
    running(store, FakeDevice(), [sink], told=lambda text: without_secrets(text.replace("/home/me/", "")))
    until(lambda: sum(look.counts().dead.values()) == 3)
    until(lambda: len(told(caplog, "dead")) == 2)
    bad, keys = {"sink": "out", "id": 1, "reason": "HTTP 400"}, {"sink": "out", "id": 3, "reason": "no keys: *** in x"}
    refused, dead = told(caplog, "not_taken"), told(caplog, "dead")
    assert [each | {"count": 0} for each in refused] == [
        {"event": "not_taken", "count": 0} | each for each in (bad, keys)
    ]
    assert [each | {"count": 0} for each in dead] == [{"event": "dead", "count": 0} | each for each in (bad, keys)]
    assert "out: message 3 given up: no keys: *** in x" in caplog.text


def test_letters_of_one_turn_are_one_line(store, caplog):
    put(store, 1, 2, 3)
    sink = FakeSink(answer=lambda _: Receipt("dead", "no answer"))
    work = Work(store, FakeDevice(), [sink], Clock(), lambda _: None)
    refusals = working._Refusals("out")
    work._decode()
    work._send(sink, refusals)
    assert told(caplog, "dead") == [{"event": "dead", "sink": "out", "id": 1, "reason": "no answer", "count": 3}]
    assert "out: message 1 and 2 more given up: no answer" in caplog.text


def test_a_sink_that_refuses_does_not_go_on(store, look, running, caplog):
    caplog.set_level(logging.INFO)
    put(store, 1)
    answers = iter([Receipt("down", "HTTP 500"), Receipt("down", "HTTP 500"), Receipt("down", "HTTP 401")])
    sink = FakeSink(answer=lambda _: next(answers, Receipt("refused", "HTTP 400")))
    running(store, FakeDevice(), [sink])
    until(lambda: look.counts().dead)
    until(lambda: told(caplog, "dead"))
    found = [(each["event"], each["reason"]) for each in told(caplog, "held_up", "goes_on", "not_taken", "dead")]
    assert found == [("held_up", "HTTP 500"), ("held_up", "HTTP 401"), ("not_taken", "HTTP 400"), ("dead", "HTTP 400")]
    sink.answer = lambda _: Receipt("sent")
    put(store, 2)
    sink.wait(1)
    until(lambda: told(caplog, "goes_on"))


def test_a_store_that_is_back_does_not_make_a_sink_go_on(store, caplog):
    caplog.set_level(logging.INFO)
    turns = iter([(1, "HTTP 401"), StoreError("the disk is full"), (0, None), (1, "")])
    work = Work(store, FakeDevice(), [], Clock(), lambda _: None)

    def turn():
        found = next(turns, None)
        if isinstance(found, StoreError):
            raise found
        if found is None:
            work.stop()
        return found or (0, None)

    work._take_turns("out", threading.Event(), turn)
    assert caplog.messages == ["out: HTTP 401", "out: the disk is full", "out: it goes on"]
    work = Work(store, FakeDevice(), [], Clock(), lambda _: None)
    turns = iter([StoreError("the disk is full"), (0, None)])
    work._take_turns("out", threading.Event(), turn)
    assert caplog.messages[3:] == ["out: the disk is full", "out: it goes on"]


def test_trouble_that_lasts_is_told_again_in_an_hour(caplog):
    trouble = working._Trouble("out")
    for now in (0, 1, 2, pacing.TOLD_AGAIN_MS, pacing.TOLD_AGAIN_MS + 1):
        trouble.note("HTTP 401", now)
    assert [each["count"] for each in told(caplog, "held_up")] == [1, 3]


def test_no_device_is_said_once(store, running, caplog):
    put(store, 1)
    sink = FakeSink()
    running(store, lambda _: None, [sink])
    sink.wait(1)
    (failed,) = told(caplog, "failed")
    assert (failed["device"], failed["name"]) == (None, "unknown_device")
    assert caplog.messages == [f"message 1 is not decoded: {failed['error']}"]


def test_an_error_that_nobody_expects_ends_all_of_it(store):
    def fall(letter):
        raise OSError(str(letter.message_id))

    put(store, 1)
    with pytest.raises(OSError, match="1"):
        Work(store, FakeDevice(), [FakeSink("other"), FakeSink("wrong", fall)], Clock(), lambda _: None).run()


def test_a_mistake_over_one_letter_is_that_letters_refusal(store, look, running, caplog):
    def fall(letter):
        if letter.message_id == 2:
            raise OverflowError("of what somebody sent")
        return Receipt("sent")

    sink = FakeSink("out", fall)
    put(store, 1, 2, 3)
    running(store, FakeDevice(), [sink])
    until(lambda: {each["id"] for each in sink.got} == {1, 3})
    until(lambda: [entry.error for entry in look.entries("pending", 9)] == ["a mistake of octavo's: OverflowError"])
    assert "of what somebody sent" not in caplog.messages[-1]


def test_a_letter_over_which_workers_end_is_dead_in_the_end(store, look):
    class Ended(BaseException):
        """As the end of the process: nothing of ours is run any more."""

    def fall(letter):
        if letter.message_id == 1:
            raise Ended
        return Receipt("sent")

    put(store, 1, 2)
    sink = FakeSink("out", fall)
    for _ in range(LETTER_TRIES):
        with pytest.raises(Ended):
            Work(store, FakeDevice(), [sink], Clock(), lambda _: None, careful=True).run()
    assert [entry.attempts for entry in look.entries("pending", 9) if entry.id == 1] == [LETTER_TRIES]
    work = Work(store, FakeDevice(), [sink], Clock(), lambda _: None, careful=True)
    thread = threading.Thread(target=work.run)
    thread.start()
    until(lambda: look.entries("dead", 9))
    sink.wait(1)
    work.stop()
    thread.join()
    assert [(entry.id, entry.error) for entry in look.entries("dead", 9)] == [(1, working.LOST.reason)]
    assert [each["id"] for each in sink.got] == [2]


def test_no_device_is_kept_and_decoded_after_a_retry(store, look, running):
    known = {}
    put(store, 1)
    sink = FakeSink()
    tallies = running(store, lambda incoming: known.get(incoming.ids["device_id"]), [sink])
    sink.wait(1)
    assert sink.got[0]["outcome"] == "unknown_device"
    assert [tally.failed for tally in tallies if tally.failed] == [{"unknown_device": 1}]
    known["dev1"] = FakeDevice()
    assert look.retry() == 1
    sink.wait(2)
    assert (sink.got[1]["id"], sink.got[1]["outcome"]) == (1, "decoded")
    until(lambda: look.counts().failed == 0)


class Losing(FakeDevice):
    """A device whose worker is lost some times first."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def decode_uplinks(self, messages):
        for message in messages:
            self.times -= 1
            lost = LimitError("the worker ended", name="worker_lost")
            yield lost if self.times >= 0 else next(super().decode_uplinks([message]))


def test_a_lost_worker_is_no_failure_yet(store, running):
    put(store, 1)
    sink = FakeSink()
    running(store, Losing(DECODE_TRIES - 1), [sink])
    sink.wait(1)
    assert sink.got[0]["outcome"] == "decoded"


def test_but_three_are(store, look, running):
    put(store, 1)
    sink = FakeSink()
    running(store, Losing(DECODE_TRIES), [sink])
    sink.wait(1)
    assert sink.got[0]["error"]["name"] == "worker_lost"
    assert look.counts().failed == 1


def test_a_message_that_ends_the_worker_is_found_and_set_aside(store):
    """Each careful round notes the message before it is decoded; here every decoding ends the process."""
    put(store, 1, 2)

    class Deadly(FakeDevice):
        def decode_uplinks(self, messages):
            raise SystemExit(str(messages))

    for _ in range(DECODE_TRIES):
        work = Work(store, Deadly(), [], Clock(), lambda _: None, careful=True)
        with pytest.raises(SystemExit):
            work.run()
    assert [each.attempts for each in store.claim(10, 1)] == [DECODE_TRIES, 0]
    work = Work(store, Deadly(), [], Clock(), lambda _: None, careful=True)
    with pytest.raises(SystemExit):
        work.run()
    (entry,) = store.entries("failed", 10)
    assert (entry.id, entry.error) == (1, "decoding it ended the worker 3 times")


def test_what_is_told_of_it_is_an_outcome_like_any_other(store, running):
    (number,) = put(store, 1)
    for _ in range(DECODE_TRIES):
        store.record([Done(number, "again")], (), 0)
    sink = FakeSink()
    running(store, FakeDevice(), [sink], careful=True)
    sink.wait(1)
    (told,) = sink.got
    assert told.keys() - {"id", "received_at", "via", "topic"} == Outcome("failed").to_dict().keys()
    assert (told["outcome"], told["kind"], told["error"]["name"]) == ("failed", "v3.uplink_message", "worker_lost")
    assert told["ids"]["device_id"] == "dev1"


class Slow(FakeDevice):
    """A device that takes all its time for some messages: those of a device with that name."""

    def decode_uplinks(self, messages):
        return (LimitError("more than 1 s", name="script_timeout") for _ in messages)


def test_a_device_that_is_slow_holds_up_no_other(store, look, running):
    store.put([row(number) for number in range(40)], 1_700_000_000_000, 0)
    store.put([_of("quick", number) for number in range(5)], 1_700_000_000_000, 0)
    devices = {"dev1": Slow(), "quick": FakeDevice()}
    sink = FakeSink()
    running(store, devices, [sink], named=lambda ids: ids["device_id"])
    sink.wait(45)
    order = [each["id"] for each in sink.got]
    assert sorted(order) == list(range(1, 46))
    assert max(order.index(number) for number in range(41, 46)) < 30
    assert {entry.attempts for entry in look.entries("failed", 100)} == {1}, "who is put off is not tried"


def _of(device_id, number):
    made = row(number)
    ids = made.ids | {"device_id": device_id}
    return row(number, ids=ids, body=made.body.replace(b'"dev1"', f'"{device_id}"'.encode()), identity=None)


def test_no_place_on_this_machine_is_told(store, look, running):
    class Placed(FakeDevice):
        def decode_uplinks(self, messages):
            return (DecodeError("boom", offset=0) for _ in messages)

    put(store, 1)
    sink = FakeSink(answer=lambda _: Receipt("refused", "no /home/me/x"))
    running(store, Placed("/home/me/a.js"), [sink], told=lambda text: text.replace("/home/me/", ""))
    until(lambda: look.counts().dead)
    (entry,) = look.entries("dead", 10)
    assert entry.error == "no x"
    assert look._rows("SELECT count(*) FROM messages WHERE outcome LIKE '%/home/me%'") == [(0,)]


class Refusing:
    """A store that fails once in each of its methods."""

    def __init__(self, store):
        self._store = store
        self._failed = set()

    def __getattr__(self, name):
        found = getattr(self._store, name)

        def once(*args):
            if name not in self._failed:
                self._failed.add(name)
                raise StoreError(f"{name}: the disk is full")
            return found(*args)

        return once


def test_a_store_that_fails_is_asked_again(store, running):
    put(store, 1, 2)
    sink = FakeSink()
    running(Refusing(store), FakeDevice(), [sink])
    sink.wait(2)
    until(lambda: not sum(store.counts().pending.values()))
    assert sorted(each["id"] for each in sink.got) == [1, 2], (
        "what was sent is not sent again since that cannot be noted"
    )


def test_old_messages_are_deleted_where_it_is_asked_for(store, look, running, monkeypatch):
    monkeypatch.setattr(working, "PRUNE_MS", 1)
    put(store, 1)
    running(store, FakeDevice(), [FakeSink()], keep_ms=1000)
    until(lambda: look._rows("SELECT 1 FROM messages") == [])


def test_data_that_json_cannot_say_is_null(store, running):
    class Odd(FakeDevice):
        def decode_uplinks(self, messages):
            return (Decoded({"t": float("nan")}) for _ in messages)

    put(store, 1)
    sink = FakeSink()
    running(store, Odd(), [sink])
    sink.wait(1)
    assert sink.got[0]["decoded"]["data"] == {"t": None}
