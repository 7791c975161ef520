"""Threads, event loops and many devices at once: no mixed answer, nobody held up."""

import asyncio
import os
import threading

import pytest

from octavo.errors import LimitError
from octavo.formatters import Formatter
from octavo.formatters.gather import Gatherer
from octavo.limits import Limits
from octavo.sandbox.process import MOST_PROGRAMS

from .processes import SOON_S, check, children, gone, in_threads, linux, messages, numbers, payload, written

OWN = Limits(time_s=5.0)  # unlike every other test's, so that these workers are nobody else's


@pytest.fixture
def device(echo):
    with Formatter(echo, name="echo", limits=OWN) as made:
        yield made


# ---- threads ---------------------------------------------------------------------------------------------------------


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


def test_a_thread_with_hostile_messages_harms_no_other(tmp_path):
    text = "function decodeUplink(input){if(input.fPort===9)for(;;);return {data:{n:input.bytes[2]}}}"
    stop = threading.Event()
    bad = []

    def attack(device):
        while not stop.is_set():
            bad.append(next(device.decode_uplinks([(payload(1), 9)])).name)

    with Formatter(written(tmp_path, text), name="half", limits=Limits(time_s=0.4)) as device:
        attacker = threading.Thread(target=attack, args=(device,))
        attacker.start()
        try:
            for _ in range(5):
                found = [outcome.data["n"] for outcome in device.decode_uplinks(messages(0, 200))]
                assert found == list(range(200))
        finally:
            stop.set()
            attacker.join()
    assert set(bad) == {"script_timeout"}


# ---- event loops -----------------------------------------------------------------------------------------------------


async def asked(device, who, n):
    outcome = await asyncio.wait_for(device.adecode_uplink(bytes([who, n // 256, n % 256])), SOON_S)
    assert outcome.data == {"n": who * 65536 + n}


def test_64_callers_get_their_own_answers(device):
    async def main(start):
        for round_ in range(start, start + 5):
            await asyncio.gather(*(asked(device, round_, n) for n in range(64)))

    for start in (0, 10, 20):  # another loop each time, the same device
        asyncio.run(main(start))


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


def test_the_plural_twin_answers_in_order(device):
    async def main():
        return [outcome.data["n"] async for outcome in device.adecode_uplinks(messages(1, 1500))]

    assert asyncio.run(main()) == numbers(1, 1500)


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
        for _ in range(10):
            await asyncio.gather(*(asked(device, who, n) for n in range(30)))

    in_threads(lambda who: asyncio.run(main(who)), 4)


def test_errors_of_gathered_calls_are_raised_to_their_own_callers(tmp_path):
    text = "function decodeUplink(input){if(input.bytes[0]%2)throw new Error('odd');return {data:{n:input.bytes[0]}}}"

    async def main(device):
        calls = (device.adecode_uplink(bytes([n])) for n in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    with Formatter(written(tmp_path, text), name="some") as device:
        outcomes = asyncio.run(main(device))
    assert [outcome.data["n"] for outcome in outcomes[::2]] == [0, 2, 4, 6, 8]
    assert [outcome.message for outcome in outcomes[1::2]] == ["Error: odd"] * 5


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


# ---- many devices, few workers ---------------------------------------------------------------------------------------


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


def test_two_hundred_formatters_in_one_process(tmp_path):
    devices = []
    for n in range(200):
        text = f"function decodeUplink(i){{return {{data:{{n:{n}+i.bytes[2]}}}}}}"
        devices.append(Formatter(written(tmp_path, text, f"{n}.js"), name=str(n), limits=Limits(log_bytes=1238)))
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
