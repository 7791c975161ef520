"""The worker process, and who keeps it running."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from octavo.live import supervisor as supervising
from octavo.live.config import Config, SinkConfig
from octavo.live.supervisor import Supervisor

from .live_stores import row, sqlite_store
from .processes import forks
from .waiting import SOON_S, until


@pytest.fixture
def store(tmp_path):
    opened = sqlite_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def running(tmp_path, store):  # noqa: ARG001 - the file is there first
    """Starts supervised workers on the store; gives the supervisor, its counts and the exit codes it saw."""
    started = []

    def start(*sinks):
        url = f"sqlite:{tmp_path / 'octavo.db'}"
        config = Config(store=url, device="cayennelpp", folder=tmp_path, sinks=sinks or Config().sinks)
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


ENDLESS = """
import threading
from pathlib import Path

def answer(outcome):
    Path(__file__).with_name("called").touch()
    threading.Event().wait()
"""


def test_a_worker_that_does_not_end_is_ended(tmp_path, store, running, monkeypatch):
    monkeypatch.setattr(supervising, "HUNG_S", 0.2)
    (tmp_path / "endless.py").write_text(ENDLESS)
    supervisor, _, deaths = running(SinkConfig("handler", "handler", {"function": "endless:answer"}))
    put(store, 1)
    until((tmp_path / "called").exists)
    supervisor.close()
    assert (supervisor.is_alive, deaths) == (False, [])


ORPHAN = """
import sys
from octavo.live import supervisor
supervisor.GRACE_S = 0.2
from octavo.live.worker import main
sys.exit(main())
"""


def test_a_worker_whose_starter_is_gone_ends_whatever_it_waits_for(tmp_path, store):
    (tmp_path / "endless.py").write_text(ENDLESS)
    sinks = (SinkConfig("handler", "handler", {"function": "endless:answer"}),)
    config = Config(store=f"sqlite:{tmp_path / 'octavo.db'}", device="cayennelpp", folder=tmp_path, sinks=sinks)
    put(store, 1)
    command = [sys.executable, "-c", ORPHAN, "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        worker.stdin.write(json.dumps({"config": config.to_json(), "careful": False}).encode() + b"\n")
        worker.stdin.flush()
        until((tmp_path / "called").exists)
        _, said = worker.communicate(timeout=SOON_S)
    assert worker.returncode == 1
    assert b'"cut_short"' in said


def test_a_worker_that_cannot_be_started_is_tried_again(store, running, monkeypatch, caplog):
    real, refused = subprocess.Popen, [OSError("no more processes")]

    def start(*args, **named):
        if refused:
            raise refused.pop()
        return real(*args, **named)

    monkeypatch.setattr(subprocess, "Popen", start)
    put(store, 1)
    _, counts, deaths = running()
    until(lambda: delivered(counts) == 1)
    assert deaths == [None]
    assert "no worker can be started: no more processes" in caplog.text


def test_signals_are_for_who_started_it(store, running):
    """It ends when that says so, after what it is doing: a signal to all processes at once changes nothing of it."""
    supervisor, counts, deaths = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)
    assert os.getsid(supervisor.pid) != os.getsid(0), "those of a terminal do not even reach it"
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(supervisor.pid, number)
    put(store, 2)
    until(lambda: delivered(counts) == 2)
    assert (supervisor.restarts, deaths) == (0, [])


def test_a_second_worker_waits_until_the_first_is_gone(store, running, capfd):
    first, counts, _ = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1)
    _, others, _ = running(SinkConfig("stdout", "stdout", {}), SinkConfig("second", "stdout", {}))
    said = []

    def told():
        said.append(capfd.readouterr().err)
        found = [json.loads(line) for line in "".join(said).splitlines()]
        return [each for each in found if each["event"] in ("waits", "works")]

    until(told)
    put(store, 2)
    until(lambda: delivered(counts) == 2)
    assert others == []
    first.close()
    put(store, 3)
    until(lambda: delivered(others) == 1)
    assert [(each["event"], each["passes_on_to"]) for each in told()] == [
        (name, "stdout, second") for name in ("waits", "works")
    ]
    assert "its devices and sinks are what counts" in told()[0]["message"]


def test_files_beside_the_configuration_are_no_modules_of_the_worker(tmp_path, store, running):
    for name in ("random.py", "json.py", "octavo.py"):
        (tmp_path / name).write_text("raise ImportError('not this one')")
    _, counts, deaths = running()
    put(store, 1)
    until(lambda: delivered(counts) == 1 or deaths)
    assert deaths == []


FORKING = """
import multiprocessing
import threading
from pathlib import Path

def answer(outcome):
    child = multiprocessing.get_context("fork").Process(target=threading.Event().wait)
    child.start()
    Path(__file__).with_name("child").write_text(str(child.pid))
"""


@pytest.fixture
def forked(tmp_path, store, running):
    """A worker whose handler left a process that has all that it has; that process's number."""
    (tmp_path / "forking.py").write_text(FORKING)
    supervisor, counts, deaths = running(SinkConfig("handler", "handler", {"function": "forking:answer"}))
    put(store, 1)
    until(lambda: sum(each["delivered"].get("handler", 0) for each in counts) == 1)
    child = int((tmp_path / "child").read_text())
    yield supervisor, counts, deaths
    os.kill(child, signal.SIGKILL)


@forks
def test_a_worker_that_is_killed_is_started_again_whatever_its_handler_left(forked):
    supervisor, _, deaths = forked
    killed = supervisor.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: deaths == [-signal.SIGKILL] and supervisor.is_alive and supervisor.pid != killed)


@forks
def test_a_worker_whose_handler_left_a_process_ends(forked, monkeypatch):
    monkeypatch.setattr(supervising, "HUNG_S", 0.2)
    supervisor, _, _ = forked
    supervisor.close()
    assert not supervisor.is_alive
    assert not supervisor._thread.is_alive()
