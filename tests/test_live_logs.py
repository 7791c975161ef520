"""Logs: JSON lines for machines, and errors that nobody expected among them."""

import json
import logging
import subprocess
import sys
import threading

import pytest

from octavo.live.logs import JsonLines, Words, configure, facts

SENT = "what somebody sent"


@pytest.fixture
def fault():
    def fall():
        raise ArithmeticError(SENT)

    try:
        fall()
    except ArithmeticError:
        return sys.exc_info()


def record(fault=None, **values):
    made = logging.LogRecord("octavo.live.x", logging.ERROR, __file__, 1, "it %s", ("fell",), fault)
    made.created = 1_700_000_000.25
    made.__dict__ |= facts("fallen", **values)
    return made


def test_a_line_is_an_object():
    assert json.loads(JsonLines().format(record(code=3))) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "error",
        "event": "fallen",
        "message": "it fell",
        "code": 3,
    }


def test_an_exception_is_told_by_its_calls_and_never_by_its_words(fault):
    line = JsonLines().format(record(fault))
    told = json.loads(line)
    assert [call.partition(" ")[2] for call in told["traceback"]] == ["fault", "fault.<locals>.fall"]
    assert told["exception"] == f"ArithmeticError in {told['traceback'][-1]}"
    words = Words().format(record(fault))
    assert words == f"octavo: error: it fell ({told['exception']})"
    assert SENT not in line + words


FALLS = """
import sys, threading
from octavo.live.logs import configure
configure(sys.stderr)
configure(sys.stderr)

def fall():
    raise ArithmeticError("what somebody sent")

thread = threading.Thread(target=fall, name="writer")
thread.start()
thread.join()
fall()
"""


def test_an_error_that_ends_a_thread_or_the_process_is_one_line():
    done = subprocess.run([sys.executable, "-c", FALLS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    thread, process = map(json.loads, done.stderr.splitlines())
    assert (thread["level"], thread["event"], thread["thread"]) == ("critical", "fallen", "writer")
    assert thread["message"] == "the thread writer fell over an error that nobody expected"
    assert process["message"] == "the process fell over an error that nobody expected"
    assert [each["exception"].split()[0] for each in (thread, process)] == ["ArithmeticError"] * 2
    assert SENT not in done.stderr


@pytest.fixture
def hooks(monkeypatch):
    """The hooks that there are, put back after the test, with the loggers' handlers."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in ("octavo", "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        for attribute in ("handlers", "level", "propagate"):
            monkeypatch.setattr(logger, attribute, getattr(logger, attribute))


def test_who_wanted_to_be_told_of_threads_still_is(hooks, monkeypatch, capsys):  # noqa: ARG001 - a fixture
    told = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    configure(sys.stderr)
    threading.excepthook(threading.ExceptHookArgs((ArithmeticError, None, None, None)))
    assert len(told) == 1
    assert json.loads(capsys.readouterr().err)["exception"] == "ArithmeticError"
