"""Programs of their own that use octavo, and the processes that this one and they start."""

import contextlib
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

SOON_S = 60.0  # a bound for a machine under load
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers through /proc")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")

ECHO = "function decodeUplink(i){return {data:{n:i.bytes[0]*65536+i.bytes[1]*256+i.bytes[2]}}}"
ENDLESS = "function decodeUplink(i){if(i.bytes[0]===255)for(;;){}return {data:{n:i.bytes[2]}}}"

# What every program starts with: messages that each process and thread tells its own by.
PRELUDE = """
import contextlib, gc, itertools, multiprocessing, os, signal, sys, threading, time, traceback
from pathlib import Path
from octavo import Error
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

def workers():
    while True:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            tasks = list(Path(f"/proc/{os.getpid()}/task").iterdir())
            return {int(n) for task in tasks for n in (task / "children").read_text().split()}
"""


def written(folder, text, name="script.js"):
    """The path of a file with that text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def command(folder, script, body):
    """What runs a program: `PRELUDE`, then the body; the script's path is FILE to it."""
    file = written(folder, PRELUDE + textwrap.dedent(body), "program.py")
    return [sys.executable, "-W", "ignore", str(file), str(script)]


def ran(folder, script, body, *, status=0):
    """Runs a program to its end, which must be as expected and without a word of complaint; what it printed."""
    done = subprocess.run(
        command(folder, script, body), capture_output=True, text=True, timeout=4 * SOON_S, check=False
    )
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout


def payload(number):
    """Three bytes, which `ECHO` answers as that number."""
    return number.to_bytes(3, "big")


def messages(who, count):
    """Uplinks that `ECHO` answers with `numbers` of the same arguments."""
    return [(bytes([who, n // 256, n % 256]), 1) for n in range(count)]


def numbers(who, count):
    return [who * 65536 + n for n in range(count)]


def check(device, who, count):
    """A batch has its own answers, in order."""
    assert [outcome.data["n"] for outcome in device.decode_uplinks(messages(who, count))] == numbers(who, count)


def in_threads(work, count=8):
    """Calls the function with 0, 1, … in as many threads; none may fail."""
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


def children():
    """Processes that this one started and that have not ended."""
    while True:  # once more where a thread ends meanwhile, whose children are another's then
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            tasks = list(Path("/proc/self/task").iterdir())
            return {int(number) for task in tasks for number in (task / "children").read_text("ascii").split()}


def workers_of(device):
    """The processes of a device's pool, a spare one last; none once it is closed."""
    pool = device._loan.pool
    return [worker._process.pid for worker in [*pool._workers, *filter(None, [pool._spare])]]


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
