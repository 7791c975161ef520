"""Processes that fork, or start others, around one device: workers of their own, and nothing left behind."""

import os

import pytest

from octavo.formatters import Formatter
from octavo.limits import Limits

from .processes import check, forks, gone, linux, payload, ran, workers_of


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
        gc.collect()
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
    """As gunicorn --preload does: loaded and used before the fork, then eight children at once."""
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
def test_a_fork_while_a_batch_runs_in_a_process_with_much_else(echo):
    with Formatter(echo, name="echo", limits=Limits(log_bytes=1234)) as device:
        outcomes = device.decode_uplinks([(payload(n), 1) for n in range(3000)])
        first = [next(outcomes) for _ in range(5)]
        assert exit_status(lambda: check(device, 7, 500)) == 0
        assert [outcome.data["n"] for outcome in [*first, *outcomes]] == list(range(3000))


@forks
@linux
def test_a_child_that_closes_its_device_leaves_the_parent_s_alone(tmp_path, echo):
    body = """
    with Formatter(FILE, name="echo", limits=Limits(time_s=30.0)) as device:
        right(device, 1)
        before = workers()
        joined([forked(device.close)])
        joined([forked(lambda: (right(device, 2), device.close()))])
        assert workers() == before, (workers(), before)
        right(device, 3)
        assert workers() == before, (workers(), before)
    """
    ran(tmp_path, echo, body)


@forks
@linux
def test_a_child_s_workers_go_with_the_child(tmp_path, echo):
    note = tmp_path / "pids"
    with Formatter(echo, name="echo", limits=Limits(log_bytes=1234)) as device:
        check(device, 0, 1)

        def work():
            check(device, 1, 3)
            note.write_text(" ".join(map(str, workers_of(device))), encoding="ascii")

        assert exit_status(work) == 0
    pids = [int(pid) for pid in note.read_text(encoding="ascii").split()]
    assert pids
    assert gone(pids)


def exit_status(work):
    """Of a forked child that does it; 1 where that raises."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


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
            pool.close()
            pool.join()
        right(device, 8)
        print("done")
    """
    assert ran(tmp_path, echo, body) == "done\n"


@pytest.mark.parametrize("method", [pytest.param("fork", marks=forks), "spawn"])
def test_a_formatter_opened_in_a_child(tmp_path, echo, method):
    body = f"""
    def work(answers):
        with Formatter(FILE, name="echo") as own:
            right(own, 3)
            answers.put([outcome.data["n"] for outcome in own.decode_uplinks(messages(7, 200))])

    if __name__ == "__main__":
        with Formatter(FILE, name="echo") as device:
            right(device, 1)
            context = multiprocessing.get_context({method!r})
            answers = context.SimpleQueue()
            child = context.Process(target=work, args=(answers,))
            child.start()
            print(answers.get() == [7 * 65536 + n for n in range(200)])
            child.join()
            assert child.exitcode == 0
    """
    assert ran(tmp_path, echo, body) == "True\n"
