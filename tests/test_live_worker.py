"""The worker process, and who keeps it running."""

import json
import os
import signal
import threading
import time

import pytest

from octavo.live.config import Config
from octavo.live.supervisor import Supervisor

from .live_stores import row, sqlite_store

SOON_S = 60


def until(condition):
    pause, deadline = threading.Event(), time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.02)


@pytest.fixture
def store(tmp_path):
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def running(tmp_path, store):  # noqa: ARG001 - the file is there first
    """Starts supervised workers on the store; gives the supervisor, its counts and the exit codes it saw."""
    config = Config(store=f"sqlite:{tmp_path / 'octavo.db'}", device="cayennelpp", folder=tmp_path)
    started = []

    def start():
        counts, deaths = [], []
        supervisor = Supervisor(config, counts.append, deaths.append)
        started.append(supervisor)
        supervisor.start()
        return supervisor, counts, deaths

    yield start
    for supervisor in started:
        supervisor.close()
        assert not supervisor.is_alive


def put(store, *numbers):
    store.put([row(number) for number in numbers], int(time.time() * 1000), 0)


def delivered(counts):
    return sum(each["delivered"].get("stdout", 0) for each in counts)


def test_what_is_kept_is_decoded_and_printed(store, capfd, running):
    supervisor, counts, deaths = running()
    put(store, 1, 2)
    supervisor.poke()
    until(lambda: delivered(counts) == 2)
    supervisor.close()
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [record["id"] for record in records] == [1, 2]
    assert deaths == []


def test_it_looks_without_being_poked(store, running):
    _, counts, _ = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)


def test_a_worker_that_is_killed_is_started_again_and_goes_on(store, capfd, running):
    supervisor, counts, deaths = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)
    os.kill(supervisor.pid, signal.SIGKILL)
    put(store, 2)
    until(lambda: delivered(counts) == 2)
    assert (supervisor.restarts, deaths) == (1, [-signal.SIGKILL])
    supervisor.close()
    assert {json.loads(line)["id"] for line in capfd.readouterr().out.splitlines()} == {1, 2}


def test_sigterm_ends_it_and_it_comes_again(store, running):
    supervisor, counts, _ = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)
    os.kill(supervisor.pid, signal.SIGTERM)
    until(lambda: supervisor.restarts == 1)


def test_a_second_worker_waits_until_the_first_is_gone(store, running):
    first, counts, _ = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)
    _, others, _ = running()
    put(store, 2)
    until(lambda: delivered(counts) == 2)
    assert others == []
    first.close()
    put(store, 3)
    until(lambda: delivered(others) == 1)
