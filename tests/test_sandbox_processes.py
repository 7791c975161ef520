"""Workers, seen from the processes, threads and event loops that share them."""

# ruff: noqa: E501 - one-line scripts are read best in one line

import asyncio
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from octavo.errors import Error, LimitError
from octavo.formatters import Formatter
from octavo.formatters.gather import Gatherer
from octavo.limits import Limits
from octavo.sandbox.process import MOST_PROGRAMS

ECHO = "function decodeUplink(input){return {data:{n:input.bytes[0]*65536+input.bytes[1]*256+input.bytes[2]}}}"
PATIENCE_S = 30.0  # for what must happen soon, on a machine under load


def payload(number):
    return number.to_bytes(3, "big")


def messages(start, count):
    return [(payload(n), 1) for n in range(start, start + count)]


def numbers(outcomes):
    return [outcome if isinstance(outcome, Error) else outcome.data["n"] for outcome in outcomes]


@pytest.fixture
def echo(tmp_path):
    file = tmp_path / "echo.js"
    file.write_text(ECHO, encoding="utf-8")
    return file


@pytest.fixture
def device(echo):
    """A device whose workers no other test shares."""
    with Formatter(echo, name="echo", limits=Limits(log_bytes=1234)) as formatter:
        yield formatter


def pids(formatter):
    pool = formatter._loan.pool
    workers = [*pool._workers, *filter(None, [pool._spare])]
    return [worker._process.pid for worker in workers]


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def gone(wanted):
    deadline = time.monotonic() + PATIENCE_S
    while any(map(runs, wanted)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(runs, wanted))


# ---- forks ---------------------------------------------------------------------------------------------------------------


def in_child(work):
    """Run something in a forked child; its exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_fork_child_uses_workers_of_its_own(device):
    assert numbers(device.decode_uplinks(messages(0, 10))) == list(range(10))
    parents = set(pids(device))

    def work():
        right = numbers(device.decode_uplinks(messages(100, 1000))) == list(range(100, 1100))
        gc.collect()
        again = numbers(device.decode_uplinks(messages(5000, 1000))) == list(range(5000, 6000))
        return right and again and not parents & set(pids(device))

    assert in_child(work) == 0
    assert all(map(runs, parents))
    assert numbers(device.decode_uplinks(messages(0, 10))) == list(range(10))
    assert parents <= set(pids(device))


def test_fork_while_a_batch_runs(device):
    outcomes = device.decode_uplinks(messages(0, 3000))
    first = [next(outcomes) for _ in range(5)]
    assert in_child(lambda: numbers(device.decode_uplinks(messages(7000, 500))) == list(range(7000, 7500))) == 0
    assert numbers([*first, *outcomes]) == list(range(3000))


def test_child_that_closes_leaves_the_parent_s_workers(device):
    assert numbers(device.decode_uplinks(messages(0, 3))) == [0, 1, 2]
    parents = pids(device)
    assert in_child(lambda: device.close() is None) == 0
    assert all(map(runs, parents))
    assert device.decode_uplink(payload(9)).data == {"n": 9}


def test_child_s_workers_go_with_the_child(device, tmp_path):
    assert device.decode_uplink(payload(1)).data == {"n": 1}
    note = tmp_path / "pids"

    def work():
        numbers(device.decode_uplinks(messages(0, 3)))
        note.write_text(" ".join(map(str, pids(device))), encoding="ascii")
        return True

    assert in_child(work) == 0
    assert gone(map(int, note.read_text(encoding="ascii").split()))


def test_eight_children_of_a_preloaded_device(device):
    """As gunicorn --preload does: loaded and used before the fork, then eight children at once."""
    assert device.decode_uplink(payload(1)).data == {"n": 1}
    children = []
    for number in range(8):
        child = os.fork()
        if child == 0:
            start = number * 100_000
            right = False
            try:
                right = numbers(device.decode_uplinks(messages(start, 1000))) == list(range(start, start + 1000))
            finally:
                os._exit(0 if right else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8
    assert device.decode_uplink(payload(2)).data == {"n": 2}


def decode_elsewhere(file, start, answers):
    with Formatter(Path(file), name="echo") as formatter:
        answers.put(numbers(formatter.decode_uplinks(messages(start, 200))))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(echo, warm_pool, method, tmp_path):
    assert warm_pool.limits == Limits()
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
        import multiprocessing, sys
        from pathlib import Path
        from octavo.formatters import Formatter
        DEVICE = Formatter(Path({str(echo)!r}), name="echo")
        def work(start):
            messages = [(n.to_bytes(3, "big"), 1) for n in range(start, start + 300)]
            return [o.data["n"] for o in DEVICE.decode_uplinks(messages)] == list(range(start, start + 300))
        if __name__ == "__main__":
            print(work(5))
            with multiprocessing.get_context({method!r}).Pool(3) as pool:
                print(all(pool.map(work, range(0, 6000, 1000), chunksize=1)))
                pool.close()
                pool.join()
        """),
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout.split(), done.stderr) == (["True", "True"], "")


def test_errors_cross_processes(echo):
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=decode_elsewhere, args=(str(echo), 7, answers))
    child.start()
    assert answers.get() == list(range(7, 207))
    child.join()


# ---- threads -------------------------------------------------------------------------------------------------------------


def test_eight_threads_share_a_device(device):
    def work(start):
        return numbers(device.decode_uplinks(messages(start, 700))) == list(range(start, start + 700))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(0, 32_000, 1000)))


def test_threads_with_single_messages(device):
    def work(start):
        return [device.decode_uplink(payload(n)).data["n"] for n in range(start, start + 60)] == list(
            range(start, start + 60)
        )

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(0, 8000, 1000)))


def test_thread_with_hostile_messages_harms_no_other(tmp_path):
    file = tmp_path / "half.js"
    file.write_text(
        "function decodeUplink(input){if(input.fPort===9)for(;;);return {data:{n:input.bytes[2]}}}", encoding="utf-8"
    )
    with Formatter(file, name="half", limits=Limits(time_s=0.4)) as device:
        stop = threading.Event()
        bad = []

        def attack():
            while not stop.is_set():
                bad.append(next(device.decode_uplinks([(payload(1), 9)])).name)

        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            for _ in range(5):
                found = [o.data["n"] for o in device.decode_uplinks([(payload(n), 1) for n in range(200)])]
                assert found == list(range(200))
        finally:
            stop.set()
            attacker.join()
    assert set(bad) == {"script_timeout"}


# ---- event loops ---------------------------------------------------------------------------------------------------------


def test_sixty_four_concurrent_callers(device):
    async def main():
        return await asyncio.gather(*(device.adecode_uplink(payload(n)) for n in range(64)))

    assert numbers(asyncio.run(main())) == list(range(64))


def test_loop_is_not_blocked(tmp_path):
    file = tmp_path / "slow.js"
    file.write_text(
        "function decodeUplink(){for(var t=Date.now();Date.now()-t<400;);return {data:{}}}", encoding="utf-8"
    )

    async def main(device):
        ticks = 0
        task = asyncio.create_task(device.adecode_uplink(b"\0"))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        await task
        return ticks

    with Formatter(file, name="slow") as device:
        assert asyncio.run(main(device)) >= 5


def test_cancelled_caller_leaves_the_others_their_answers(device):
    async def main():
        tasks = [asyncio.create_task(device.adecode_uplink(payload(n))) for n in range(20)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        tasks[4].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(main())
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, asyncio.CancelledError)] == [3, 4]
    assert numbers([o for n, o in enumerate(outcomes) if n not in {3, 4}]) == [n for n in range(20) if n not in {3, 4}]


def test_errors_of_gathered_calls_are_raised_to_their_own_callers(tmp_path):
    file = tmp_path / "some.js"
    file.write_text(
        "function decodeUplink(input){if(input.bytes[0]%2)throw new Error('odd');return {data:{n:input.bytes[0]}}}"
    )

    async def main(device):
        calls = (device.adecode_uplink(bytes([n])) for n in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    with Formatter(file, name="some") as device:
        outcomes = asyncio.run(main(device))
    assert [o.data["n"] if n % 2 == 0 else o.message for n, o in enumerate(outcomes)] == [
        n if n % 2 == 0 else "Error: odd" for n in range(10)
    ]


def test_several_loops_one_after_another(device):
    async def main(start):
        return numbers(await asyncio.gather(*(device.adecode_uplink(payload(start + n)) for n in range(8))))

    for start in (0, 100, 200):
        assert asyncio.run(main(start)) == list(range(start, start + 8))


def test_several_loops_at_the_same_time(device):
    async def main(start):
        found = []
        for at in range(start, start + 200, 10):
            found += await asyncio.gather(*(device.adecode_uplink(payload(at + n)) for n in range(10)))
        return numbers(found) == list(range(start, start + 200))

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(lambda start: asyncio.run(main(start)), (0, 1000, 2000, 3000)))


def test_plural_and_raw_twins(device):
    async def main():
        return [outcome async for outcome in device.adecode_uplinks(messages(0, 1500))]

    assert numbers(asyncio.run(main())) == list(range(1500))


def test_gatherer_passes_on_what_ends_a_whole_batch():
    def refuse(_messages):
        raise LimitError("the device was closed", name="worker_lost")
        yield

    async def main():
        gatherer = Gatherer(refuse)
        return await asyncio.gather(gatherer.submit(1), gatherer.submit(2), return_exceptions=True)

    assert [outcome.message for outcome in asyncio.run(main())] == ["the device was closed"] * 2


def test_gatherer_sends_what_waits_together():
    batches = []

    def note(batch):
        batches.append(list(batch))
        return iter(batches[-1])

    async def main():
        gatherer = Gatherer(note)
        return await asyncio.gather(*(gatherer.submit(n) for n in range(50)))

    assert asyncio.run(main()) == list(range(50))
    assert len(batches) <= 3


# ---- workers that die ----------------------------------------------------------------------------------------------------


def test_worker_killed_from_outside_in_the_middle_of_a_batch(tmp_path):
    file = tmp_path / "busy.js"
    file.write_text(
        "function decodeUplink(i){for(var t=Date.now();Date.now()-t<3;);return {data:{n:i.bytes[1]*256+i.bytes[2]}}}",
        encoding="utf-8",
    )
    with Formatter(file, name="busy", limits=Limits(log_bytes=1235), workers=1) as device:
        outcomes = device.decode_uplinks(messages(0, 400))
        found = [next(outcomes)]
        for _ in range(3):
            for pid in pids(device):
                os.kill(pid, signal.SIGKILL)
            found += [next(outcomes) for _ in range(90)]
        found += outcomes
        assert numbers(found) == list(range(400))


def test_killed_spare_is_replaced(device):
    assert numbers(device.decode_uplinks(messages(0, 2))) == [0, 1]
    for _ in range(5):
        for pid in pids(device)[1:]:
            os.kill(pid, signal.SIGKILL)
        assert device.decode_uplink(payload(3)).data == {"n": 3}
    assert any(map(runs, pids(device)))


def test_all_workers_killed_between_messages(device):
    for n in range(6):
        assert device.decode_uplink(payload(n)).data == {"n": n}
        for pid in pids(device):
            os.kill(pid, signal.SIGKILL)


def test_stopped_worker_is_given_up(echo):
    with Formatter(echo, name="echo", limits=Limits(time_s=0.4), workers=1) as device:
        assert device.decode_uplink(payload(1)).data == {"n": 1}
        os.kill(device._loan.pool._workers[0]._process.pid, signal.SIGSTOP)
        outcome = next(device.decode_uplinks([(payload(2), 1)]))
        assert isinstance(outcome, Error) or outcome.data == {"n": 2}
        assert device.decode_uplink(payload(3)).data == {"n": 3}


# ---- closing -------------------------------------------------------------------------------------------------------------


def test_closing_ends_every_process(device):
    assert numbers(device.decode_uplinks(messages(0, 2000))) == list(range(2000))
    started = pids(device)
    assert started
    device.close()
    assert gone(started)


def test_closing_in_the_middle_of_an_iteration(device):
    outcomes = device.decode_uplinks(messages(0, 100_000))
    assert numbers(next(outcomes) for _ in range(3)) == [0, 1, 2]
    started = pids(device)
    device.close()
    with pytest.raises(LimitError, match="the device was closed"):
        list(outcomes)
    assert gone(started)
    assert pids(device) == []


def test_closed_device_starts_nothing(device):
    device.close()
    with pytest.raises(LimitError, match="the device was closed"):
        device.decode_uplink(payload(1))
    assert pids(device) == []


def test_closing_twice_and_closing_one_of_two(echo):
    limits = Limits(log_bytes=1236)
    first, second = (Formatter(echo, name="echo", limits=limits) for _ in range(2))
    assert first.decode_uplink(payload(1)).data == {"n": 1}
    first.close()
    first.close()
    assert second.decode_uplink(payload(2)).data == {"n": 2}
    started = pids(second)
    second.close()
    assert gone(started)


def test_abandoned_iteration_holds_up_nobody(device, tmp_path):
    file = tmp_path / "loop.js"
    file.write_text(
        "function decodeUplink(i){if(i.bytes[2]===70)for(;;);return {data:{n:i.bytes[2]}}}", encoding="utf-8"
    )
    with Formatter(file, name="loop", limits=Limits(time_s=0.4), workers=1) as looping:
        for _ in range(3):
            outcomes = looping.decode_uplinks(messages(0, 3000))
            assert next(outcomes).data == {"n": 0}
            outcomes.close()
        assert looping.decode_uplink(payload(7)).data == {"n": 7}
    abandoned = device.decode_uplinks(messages(0, 100_000))
    assert numbers([next(abandoned)]) == [0]
    assert device.decode_uplink(payload(8)).data == {"n": 8}


def test_device_that_is_only_dropped_leaves_nothing(echo):
    device = Formatter(echo, name="echo", limits=Limits(log_bytes=1237))
    assert device.decode_uplink(payload(1)).data == {"n": 1}
    started = pids(device)
    del device
    gc.collect()
    assert gone(started)


ENDINGS = {
    "without closing": "",
    "in the middle of an iteration": "it = device.decode_uplinks([(b'xyz', 1)] * 100000); next(it)",
    "with an exception": "raise SystemExit(3)",
    "by os._exit": "os._exit(0)",
    "while a message runs for ever": (
        "t = threading.Thread(target=lambda: list(device.decode_uplinks([(b'x', 9)])), daemon=True); t.start(); time.sleep(0.3)"
    ),
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "killed while a message runs for ever": (
        "t = threading.Thread(target=lambda: list(device.decode_uplinks([(b'x', 9)])), daemon=True); t.start(); "
        "time.sleep(0.3); os.kill(os.getpid(), signal.SIGKILL)"
    ),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=list(ENDINGS))
def test_end_of_the_host_is_the_end_of_its_workers(tmp_path, ending):
    file = tmp_path / "script.js"
    file.write_text("function decodeUplink(i){if(i.fPort===9)for(;;);return {data:{}}}", encoding="utf-8")
    program = textwrap.dedent(f"""
        import os, signal, sys, threading, time
        from pathlib import Path
        from octavo.formatters import Formatter
        device = Formatter(Path({str(file)!r}), name="script")
        list(device.decode_uplinks([(b"x", 1)] * 3)); device.decode_uplink(b"x")
        pool = device._loan.pool
        print(*[w._process.pid for w in [*pool._workers, *filter(None, [pool._spare])]], flush=True)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program + ending + "\n"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S * 2,
    )
    started = [int(pid) for pid in done.stdout.split()]
    assert started
    assert done.stderr == ""
    assert gone(started)


# ---- many ----------------------------------------------------------------------------------------------------------------


def test_two_hundred_formatters_in_one_process(tmp_path):
    devices = []
    for n in range(200):
        file = tmp_path / f"{n}.js"
        file.write_text(f"function decodeUplink(i){{return {{data:{{n:{n}+i.bytes[2]}}}}}}", encoding="utf-8")
        devices.append(Formatter(file, name=str(n), limits=Limits(log_bytes=1238)))
    try:
        for turn in range(2):
            order = range(200) if turn == 0 else range(199, 170, -1)
            for n in order:
                assert devices[n].decode_uplink(payload(turn)).data == {"n": n + turn}
        workers = devices[0]._loan.pool._workers
        assert len(workers) <= (os.cpu_count() or 1) + 1
        assert all(len(worker._loaded) <= MOST_PROGRAMS for worker in workers)
    finally:
        for device in devices:
            device.close()
