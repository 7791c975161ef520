"""Logs: JSON lines for machines, and errors that nobody expected among them."""

import json
import logging
import subprocess
import sys
import threading

import pytest

from octavo.errors import Error
from octavo.live.config import Config, SinkConfig
from octavo.live.logs import JsonLines, Keeping, Words, configure, facts, set_up

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


def test_how_a_receiver_is_set_up():
    sinks = (SinkConfig("shop", "webhook", {}), SinkConfig("stdout", "stdout", {}))
    sentence, told = set_up(Config(store="postgresql://me:hunter2@db/x", devices={"a-*": "x.js"}, sinks=sinks))
    assert sentence.endswith("decoding by 1 device of the configuration and the catalogue, passing on to shop, stdout")
    assert (told["passes_on_to"], "hunter2" in sentence + str(told)) == ("shop, stdout", False)
    assert set_up(Config(device="x.js", sinks=()))[0].endswith("decoding by x.js, passing on to nobody")


def test_that_nothing_can_be_kept_is_told_once_and_so_is_its_end(caplog):
    caplog.set_level(logging.INFO)
    keeping = Keeping()
    keeping.goes_well()
    for reason in ("the disk is full", "the disk is full"):
        keeping.fails(Error(reason))
    keeping.goes_well()
    keeping.goes_well()
    assert caplog.messages == ["messages cannot be kept: the disk is full", "messages are kept again"]
    assert [record.event for record in caplog.records] == ["store", "store_back"]
