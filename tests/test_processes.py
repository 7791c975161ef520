"""Forks, threads, event loops, kills and exits around one formatter: no mixed answer, and nothing left behind."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from octavo.errors import Error
from octavo.formatters import Formatter
from octavo.limits import Limits

SOON_S = 60.0  # a bound for a machine under load
OWN = Limits(time_s=5.0)  # unlike every other test's, so that these workers are nobody else's
ECHO = "function decodeUplink(i){return {data:{n:i.bytes[0]*65536+i.bytes[1]*256+i.bytes[2]}}}"
ENDLESS = "function decodeUplink(i){if(i.bytes[0]===255)for(;;){}return {data:{n:i.bytes[2]}}}"
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers through /proc")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")

# What every script below starts with: a device, and messages that each child tells its own by.
PRELUDE = """
import itertools, multiprocessing, os, signal, sys, threading, traceback
from pathlib import Path
from octavo.formatters import Formatter
from octavo.limits import Limits

FILE = Path(sys.argv[1])

def messages(who, count=1000):
    return [(bytes([who, n // 256, n % 256]), 1) for n in range(count)]

def right(device, who, count=1000):
    answers = [outcome.data["n"] for outcome in device.decode_uplinks(messages(who, count))]
    assert answers == [who * 65536 + n for n in range(count)], (who, answers[:5])

def forked(work):
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)

def joined(children):
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)

def workers(parent=None):
    parent = parent or os.getpid()
    return {int(n) for task in Path(f"/proc/{parent}/task").iterdir() for n in (task / "children").read_text().split()}
"""


@pytest.fixture
def echo(tmp_path):
    return written(tmp_path, ECHO)


@pytest.fixture
def device(echo):
    with Formatter(echo, name="echo", limits=OWN) as made:
        yield made


def written(folder, text, name="script.js"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def program(folder, body):
    return written(folder, PRELUDE + textwrap.dedent(body), "program.py")


def ran(folder, script, body):
    """Runs a program to its end; it must succeed."""
    command = [sys.executable, "-W", "ignore", str(program(folder, body)), str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * SOON_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def messages(who, count):
    return [(bytes([who, n // 256, n % 256]), 1) for n in range(count)]


def numbers(who, count):
    return [who * 65536 + n for n in range(count)]


def check(device, who, count):
    assert [outcome.data["n"] for outcome in device.decode_uplinks(messages(who, count))] == numbers(who, count)


def children():
    """Processes that this one started and that have not ended."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(number) for task in tasks for number in (task / "children").read_text(encoding="ascii").split()}


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def gone(pids):
    """Whether all of them end within the bound."""
    until = time.monotonic() + SOON_S
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(alive, pids))


# ---- forks -----------------------------------------------------------------------------------------------------------


@forks
@linux
def test_a_forked_child_uses_workers_of_its_own(tmp_path, echo):
    body = """
    device = Formatter(FILE, name="echo", limits=Limits(time_s=30.0))
    right(device, 1)
    before = workers()
    outcomes = device.decode_uplinks(iter(messages(2)))
    first = next(outcomes).data["n"]

    def work():
        right(device, 3)
        own = workers()
        assert own and not own & before, (own, before)
        os.kill(next(iter(own)), signal.SIGKILL)
        right(device, 4)

    child = forked(work)
    right(device, 5)
    joined([child])
    assert [first, *(outcome.data["n"] for outcome in outcomes)] == [2 * 65536 + n for n in range(1000)]
    right(device, 6)
    assert workers() == before, (workers(), before)
    device.close()
    assert not workers()
    """
    ran(tmp_path, echo, body)


@forks
def test_eight_forked_children_of_a_preloaded_device(tmp_path, echo):
    body = """
    with Formatter(FILE, name="echo", limits=Limits(time_s=30.0)) as device:
        right(device, 0)
        children = [forked(lambda who=who: right(device, who)) for who in range(1, 9)]
        right(device, 9)
        joined(children)
        right(device, 10)
    """
    ran(tmp_path, echo, body)


@forks
def test_a_fork_while_other_threads_decode(tmp_path, echo):
    body = """
    device = Formatter(FILE, name="echo", limits=Limits(time_s=30.0))
    right(device, 0)
    stop, failures = threading.Event(), []

    def busy(who):
        try:
            while not stop.is_set():
                right(device, who, 200)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=busy, args=(who,)) for who in (100, 101, 102)]
    for thread in threads:
        thread.start()
    for who in range(1, 6):
        joined([forked(lambda: right(device, who))])
    stop.set()
    for thread in threads:
        thread.join()
    device.close()
    assert not failures, failures
    """
    ran(tmp_path, echo, body)


@forks
def test_a_child_that_closes_its_device_leaves_the_parent_s_alone(tmp_path, echo):
    body = """
    with Formatter(FILE, name="echo", limits=Limits(time_s=30.0)) as device:
        right(device, 1)
        joined([forked(device.close)])
        joined([forked(lambda: (right(device, 2), device.close()))])
        right(device, 3)
    """
    ran(tmp_path, echo, body)


@pytest.mark.parametrize("method", [pytest.param("fork", marks=forks), "spawn"])
def test_multiprocessing(tmp_path, echo, method):
    body = f"""
    device = Formatter(FILE, name="echo", limits=Limits(time_s=30.0))

    def work(who):
        right(device, who)
        return who

    if __name__ == "__main__":
        right(device, 0)
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            assert pool.map(work, range(1, 7)) == list(range(1, 7))
            right(device, 7)
        right(device, 8)
        device.close()
        print("done")
    """
    assert ran(tmp_path, echo, body) == "done\n"


# ---- threads ---------------------------------------------------------------------------------------------------------


def in_threads(work, count=8):
    failures = []

    def guarded(who):
        try:
            work(who)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(who,)) for who in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(4 * SOON_S)
        assert not thread.is_alive()
    assert not failures, failures


def test_eight_threads_with_single_messages(device):
    def work(who):
        for n in range(300):
            assert device.decode_uplink(bytes([who, n // 256, n % 256])).data == {"n": who * 65536 + n}

    in_threads(work)


def test_eight_threads_with_batches(device):
    def work(who):
        for count in (700, 1, 400):
            check(device, who, count)

    in_threads(work)


# ---- event loops -----------------------------------------------------------------------------------------------------


async def asked(device, who, n):
    outcome = await asyncio.wait_for(device.adecode_uplink(bytes([who, n // 256, n % 256])), SOON_S)
    assert outcome.data == {"n": who * 65536 + n}


def test_64_callers_get_their_own_answers(device):
    async def main():
        for round_ in range(5):
            await asyncio.gather(*(asked(device, round_, n) for n in range(64)))

    asyncio.run(main())
    asyncio.run(main())  # another loop, the same device


def test_the_loop_goes_on_meanwhile(tmp_path):
    slow = "function decodeUplink(i){var end=Date.now()+20;while(Date.now()<end);return {data:{n:i.bytes[2]}}}"
    ticks = []

    async def ticker():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.005)

    async def main(device):
        ticking = asyncio.create_task(ticker())
        before = len(ticks)
        await asyncio.gather(*(asked(device, 0, n) for n in range(30)))
        singles = len(ticks) - before
        outcomes = [outcome.data["n"] async for outcome in device.adecode_uplinks(messages(0, 30))]
        ticking.cancel()
        return outcomes, singles, len(ticks) - before - singles

    with Formatter(written(tmp_path, slow), name="slow", limits=OWN) as device:
        outcomes, singles, batches = asyncio.run(main(device))
    assert outcomes == list(range(30))
    assert singles > 5  # 30 messages take 600 ms at least: of 120 ticks a busy machine may lose most
    assert batches > 5


def test_a_cancelled_caller_does_no_harm(device):
    async def main():
        tasks = [asyncio.create_task(asked(device, 1, n)) for n in range(64)]
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes[::7]] == [asyncio.CancelledError] * len(tasks[::7])
        assert [outcome for n, outcome in enumerate(outcomes) if n % 7] == [None] * (64 - len(tasks[::7]))
        await asked(device, 2, 7)

    asyncio.run(main())


def test_a_loop_that_ends_in_the_middle_does_no_harm(device):
    async def hurried():
        waiting = [asyncio.create_task(asked(device, 1, n)) for n in range(64)]
        await asyncio.sleep(0.001)
        return len(waiting)

    async def patient():
        await asyncio.gather(*(asked(device, 2, n) for n in range(64)))

    assert asyncio.run(hurried()) == 64
    asyncio.run(patient())


def test_loops_of_several_threads_share_a_device(device):
    async def main(who):
        for _ in range(5):
            await asyncio.gather(*(asked(device, who, n) for n in range(30)))

    in_threads(lambda who: asyncio.run(main(who)), 3)


# ---- kills -----------------------------------------------------------------------------------------------------------


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


# ---- closing ---------------------------------------------------------------------------------------------------------


@linux
def test_leaving_the_block_ends_the_workers(echo):
    before = children()
    with Formatter(echo, name="echo", limits=Limits(time_s=7.0)) as device:
        check(device, 1, 300)
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


def test_closing_a_device_while_iterating(echo):
    device = Formatter(echo, name="echo", limits=Limits(time_s=8.0))
    outcomes = device.decode_uplinks(iter(messages(1, 9000)))
    assert next(outcomes).data == {"n": 65536}
    device.close()
    began = time.monotonic()
    with pytest.raises(Error, match="the device was closed"):
        list(outcomes)
    assert time.monotonic() - began < SOON_S


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


LEAVING = {
    "at the end": "",
    "with a generator half read": "outcomes = device.decode_uplinks(iter(messages(1, 9000))); next(outcomes)",
    "with an exception": "raise SystemExit(0)",
    "while a thread decodes": (
        "threading.Thread(target=lambda: [right(device, 1) for _ in itertools.count()], daemon=True).start()"
    ),
}


@linux
@pytest.mark.parametrize("ending", LEAVING.values(), ids=LEAVING)
def test_leaving_the_interpreter_leaves_no_worker(tmp_path, echo, ending):
    body = f"""
    device = Formatter(FILE, name="echo", limits=Limits(time_s=30.0))
    right(device, 1)
    device.decode_uplink(b"abc")
    print(*workers(), flush=True)
    {ending}
    """
    pids = [int(number) for number in ran(tmp_path, echo, body).split()]
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
    command = [sys.executable, str(program(tmp_path, body)), str(written(tmp_path, ENDLESS))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        pids = [int(number) for number in host.stdout.readline().split()]
        assert pids
        time.sleep(0.3)  # the loop has begun
        assert all(map(alive, pids))
        host.kill()
    assert gone(pids)


# ---- many devices ----------------------------------------------------------------------------------------------------


@linux
def test_forty_formatters_share_the_workers(tmp_path):
    limits = Limits(time_s=10.0)
    before = children()
    devices = []
    for n in range(40):
        text = f"function decodeUplink(i){{return {{data:{{formatter:{n},n:i.bytes[0]}}}}}}"
        devices.append(Formatter(written(tmp_path, text, f"{n}.js"), name=str(n), limits=limits))
    for round_ in range(3):
        for n, device in enumerate(devices):
            assert device.decode_uplink(bytes([round_])).data == {"formatter": n, "n": round_}
    for n, device in enumerate(devices):
        outcomes = list(device.decode_uplinks([(b"\x05", 1)] * 20))
        assert [outcome.data for outcome in outcomes] == [{"formatter": n, "n": 5}] * 20
    own = children() - before
    assert len(own) <= (os.cpu_count() or 1) + 1
    for device in devices[:-1]:
        device.close()
    assert devices[-1].decode_uplink(b"\x06").data == {"formatter": 39, "n": 6}
    devices[-1].close()
    assert gone(own)


def test_without_the_compiler(echo):
    with Formatter(echo, name="echo", jitless=True) as device:
        check(device, 1, 300)
        assert device.decode_uplink(b"\0\0\1").data == {"n": 1}


@linux
def test_one_worker_is_enough(echo):
    before = children()
    with Formatter(echo, name="echo", limits=OWN, workers=1) as device:
        in_threads(lambda who: check(device, who, 200), 4)
        assert len(children() - before) <= 2  # the one at work, and one that stands ready
