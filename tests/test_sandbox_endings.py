"""Workers that are killed, closed, abandoned or left by their host: every answer still right, and no process stays."""

import itertools
import os
import signal
import subprocess
import threading
import time

import pytest

from octavo.errors import Error
from octavo.formatters import Formatter
from octavo.limits import Limits

from .processes import (
    ENDLESS,
    SOON_S,
    alive,
    check,
    children,
    command,
    gone,
    in_threads,
    linux,
    messages,
    numbers,
    payload,
    ran,
    workers_of,
    written,
)

# ---- workers that die ------------------------------------------------------------------------------------------------


@pytest.fixture
def killable(echo):
    """A device, and the workers that are its alone."""
    before = children()
    with Formatter(echo, name="killable", limits=Limits(time_s=6.0)) as device:
        yield device, lambda: [pid for pid in children() - before if alive(pid)]


@linux
def test_workers_killed_between_messages(killable):
    device, workers = killable
    for n in range(12):
        assert device.decode_uplink(bytes([0, 0, n])).data == {"n": n}
        if n % 3 == 0:
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
        elif n % 3 == 1:
            os.kill(workers()[0], signal.SIGKILL)
    check(device, 1, 100)


@linux
def test_workers_killed_in_the_middle_of_a_batch(killable):
    device, workers = killable
    answers = []
    for position, outcome in enumerate(device.decode_uplinks(iter(messages(3, 9000)))):
        assert not isinstance(outcome, Error), outcome
        answers.append(outcome.data["n"])
        if position in {0, 200, 4000}:
            os.kill(workers()[0], signal.SIGKILL)
    assert answers == numbers(3, 9000)


def test_the_only_worker_killed_while_it_is_busy(tmp_path):
    busy = "function decodeUplink(i){for(var t=Date.now();Date.now()-t<3;);return {data:{n:i.bytes[1]*256+i.bytes[2]}}}"
    limits = Limits(log_bytes=1235)
    with Formatter(written(tmp_path, busy), name="busy", limits=limits, workers=1) as device:
        outcomes = device.decode_uplinks(messages(0, 400))
        found = [next(outcomes)]
        for _ in range(3):
            for pid in workers_of(device):
                os.kill(pid, signal.SIGKILL)
            found += [next(outcomes) for _ in range(90)]
        found += outcomes
    assert [outcome.data["n"] for outcome in found] == list(range(400))


@linux
def test_workers_killed_while_threads_use_them(killable):
    device, workers = killable
    check(device, 0, 10)
    done = threading.Event()

    def killer():
        for _ in range(4):
            done.wait(0.3)
            for pid in workers()[:1]:
                os.kill(pid, signal.SIGKILL)

    killing = threading.Thread(target=killer)
    killing.start()

    def work(who):
        for _ in range(8):
            check(device, who, 300)

    in_threads(work, 4)
    done.set()
    killing.join()


@linux
def test_a_killed_spare_is_replaced(killable):
    device, _ = killable
    check(device, 0, 2)
    for _ in range(5):
        for pid in workers_of(device)[1:]:
            os.kill(pid, signal.SIGKILL)
        assert device.decode_uplink(payload(3)).data == {"n": 3}
    assert any(map(alive, workers_of(device)))


def test_a_stopped_worker_is_given_up(echo):
    with Formatter(echo, name="echo", limits=Limits(time_s=1.0), workers=1) as device:
        assert device.decode_uplink(payload(1)).data == {"n": 1}
        os.kill(device._loan.pool._workers[0]._process.pid, signal.SIGSTOP)
        outcome = next(device.decode_uplinks([(payload(2), 1)]))
        assert isinstance(outcome, Error) or outcome.data == {"n": 2}
        assert device.decode_uplink(payload(3)).data == {"n": 3}


# ---- closing ---------------------------------------------------------------------------------------------------------


@linux
def test_leaving_the_block_ends_the_workers(echo):
    before = children()
    with Formatter(echo, name="echo", limits=Limits(time_s=7.0)) as device:
        check(device, 1, 2000)
        assert device.decode_uplink(b"\0\0\1").data == {"n": 1}
        own = children() - before
        assert own
    assert gone(own)
    assert not children() & own  # waited for: no zombie either


@linux
def test_a_dropped_device_ends_its_workers(echo):
    before = children()
    device = Formatter(echo, name="echo", limits=Limits(time_s=7.5))
    check(device, 1, 300)
    own = children() - before
    assert own
    del device
    assert gone(own)


@linux
def test_closing_a_device_while_iterating(echo):
    before = children()
    device = Formatter(echo, name="echo", limits=Limits(time_s=8.0))
    outcomes = device.decode_uplinks(iter(messages(1, 9000)))
    assert [next(outcomes).data["n"] for _ in range(3)] == numbers(1, 3)
    own = children() - before
    device.close()
    began = time.monotonic()
    with pytest.raises(Error, match="the device was closed"):
        list(outcomes)
    assert time.monotonic() - began < SOON_S
    assert gone(own)
    assert workers_of(device) == []


def test_closing_a_device_that_another_thread_uses(tmp_path):
    device = Formatter(written(tmp_path, ENDLESS), name="endless", limits=Limits(time_s=100.0))
    device.decode_uplink(b"\0\0\1")
    failures = []

    def work():
        try:
            device.decode_uplink(b"\xff\0\0")
        except Error as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    device.close()
    thread.join(SOON_S)
    assert not thread.is_alive()
    assert [error.message for error in failures] == ["the device was closed"]


def test_a_closed_device_starts_nothing(echo):
    device = Formatter(echo, name="echo", limits=Limits(log_bytes=1234))
    device.close()
    with pytest.raises(Error, match="the device was closed"):
        device.decode_uplink(payload(1))
    assert workers_of(device) == []


def test_closing_twice_and_closing_one_of_two(echo):
    limits = Limits(log_bytes=1236)
    first, second = (Formatter(echo, name="echo", limits=limits) for _ in range(2))
    assert first.decode_uplink(payload(1)).data == {"n": 1}
    first.close()
    first.close()
    assert second.decode_uplink(payload(2)).data == {"n": 2}
    started = workers_of(second)
    assert started
    second.close()
    assert gone(started)


# ---- abandoning ------------------------------------------------------------------------------------------------------


@linux
def test_an_abandoned_generator_leaves_the_device_usable(echo):
    before = children()
    with Formatter(echo, name="echo", limits=Limits(time_s=9.0)) as device:
        for n in range(6):
            outcomes = device.decode_uplinks((bytes([0, 0, k % 256]), 1) for k in itertools.count())
            assert next(outcomes).data == {"n": 0}
            if n % 2:
                outcomes.close()
            del outcomes
            check(device, n, 70)
        own = children() - before
        assert len(own) <= 2 * (os.cpu_count() or 1) + 2
    assert gone(own)


def test_an_abandoned_iteration_holds_up_nobody(echo, tmp_path):
    loop = "function decodeUplink(i){if(i.bytes[2]===70)for(;;);return {data:{n:i.bytes[2]}}}"
    with Formatter(written(tmp_path, loop, "loop.js"), name="loop", limits=Limits(time_s=1.0), workers=1) as looping:
        for _ in range(3):
            outcomes = looping.decode_uplinks(messages(0, 3000))
            assert next(outcomes).data == {"n": 0}
            outcomes.close()
        assert looping.decode_uplink(payload(7)).data == {"n": 7}
    with Formatter(echo, name="echo", limits=Limits(log_bytes=1234)) as device:
        abandoned = device.decode_uplinks((payload(n), 1) for n in range(100_000))
        assert next(abandoned).data == {"n": 0}
        assert device.decode_uplink(payload(8)).data == {"n": 8}


# ---- the end of the host ---------------------------------------------------------------------------------------------

# What each program does once its workers run; some threads see their device closed while the interpreter ends.
BUSY = """
    def busy():
        with contextlib.suppress(Error):
            for _ in itertools.count():
                WORK
    threading.Thread(target=busy, daemon=True).start()
"""
ENDINGS = {
    "at the end": ("", 0),
    "with a generator half read": ("outcomes = device.decode_uplinks(iter(messages(1, 9000))); next(outcomes)", 0),
    "with an exception": ("raise SystemExit(3)", 3),
    "by os._exit": ("os._exit(0)", 0),
    "while a thread decodes": (BUSY.replace("WORK", "list(device.decode_uplinks(messages(1)))"), 0),
    "while a message runs for ever": (
        BUSY.replace("WORK", r'device.decode_uplink(b"\xff")') + "    time.sleep(0.3)",
        0,
    ),
}


@linux
@pytest.mark.parametrize(("ending", "status"), ENDINGS.values(), ids=ENDINGS)
def test_the_end_of_the_interpreter_is_the_end_of_its_workers(tmp_path, ending, status):
    body = f"""
    device = Formatter(FILE, name="endless", limits=Limits(time_s=1000.0))
    assert len(list(device.decode_uplinks(messages(1, 300)))) == 300
    device.decode_uplink(b"abc")
    print(*workers(), flush=True)
    {ending}
    """
    script = written(tmp_path, ENDLESS)
    pids = [int(number) for number in ran(tmp_path, script, body, status=status).split()]
    assert pids
    assert gone(pids)


@linux
@pytest.mark.parametrize("endless", [False, True], ids=["idle", "in an endless loop"])
def test_killing_the_host_leaves_no_worker(tmp_path, endless):
    body = f"""
    device = Formatter(FILE, name="endless", limits=Limits(time_s=1000.0))
    device.decode_uplink(b"abc")
    device.decode_uplink(b"abc")
    print(*workers(), flush=True)
    device.decode_uplink(b"\\xff") if {endless} else signal.pause()
    """
    starting = command(tmp_path, written(tmp_path, ENDLESS), body)
    with subprocess.Popen(starting, stdout=subprocess.PIPE, text=True) as host:
        pids = [int(number) for number in host.stdout.readline().split()]
        assert pids
        time.sleep(0.3)  # the loop has begun
        assert all(map(alive, pids))
        host.kill()
    assert gone(pids)
