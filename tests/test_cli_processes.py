"""``octavo decode`` and ``octavo test`` as processes: pipes, terminals, Ctrl-C, readers that go away, a full disk."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LPP = "03670110"
LPP_DATA = {"temperature_3": 27.2}


def octavo(*args, **kwargs):
    command = [sys.executable, "-c", "from octavo.cli import main; main()", *args]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **(pipes | kwargs))


def test_a_slow_pipe_is_answered_line_by_line_and_ctrl_c_is_tidy():
    with octavo("decode", "cayennelpp", "-p", "1", start_new_session=True) as process:
        for _ in range(2):
            process.stdin.write(f"{LPP}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["data"] == LPP_DATA
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, b"octavo: interrupted\n")


LOOP = "function decodeUplink(input) { while (input.bytes[0]) {} return { data: {} }; }\n"


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def interrupted(process):
    """Exit code and standard error after Ctrl-C, which a terminal sends to all the processes of the group."""
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    for _ in range(300):
        if not is_there(process.pid):
            return process.returncode, said
        time.sleep(0.1)
    raise AssertionError("a process of the group is left")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups like these")
def test_ctrl_c_is_tidy_while_workers_run(tmp_path):
    (tmp_path / "x.js").write_text(LOOP, encoding="utf-8")
    with octavo("decode", "x.js", "-p1", cwd=tmp_path, start_new_session=True) as process:
        process.stdin.write(b"00\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdin.write(b"01\n" * 1000)
        process.stdin.flush()
        assert interrupted(process) == (130, b"octavo: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups like these")
def test_ctrl_c_is_tidy_while_examples_run(tmp_path):
    (tmp_path / "x.js").write_text(LOOP, encoding="utf-8")
    for name, byte, count in (("a", 0, 1), ("b", 1, 100)):
        example = {"input": {"bytes": [byte], "fPort": 1}, "output": {"data": {}}}
        codec = {"uplinkDecoder": {"fileName": "x.js", "examples": [example] * count}}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(codec, indent=1), encoding="utf-8")
    with octavo("test", "a.yaml", "b.yaml", cwd=tmp_path, start_new_session=True) as process:
        assert json.loads(process.stdout.readline())["outcome"] == "passed"
        assert interrupted(process) == (130, b"octavo: interrupted\n")


def test_a_reader_that_goes_away_is_no_traceback(tmp_path):
    path = tmp_path / "many"
    path.write_text(f"{LPP}\n" * 20_000, encoding="utf-8")
    with octavo("decode", "cayennelpp", "-p", "1", f"@{path}") as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=30) == 141
    assert said == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this platform")
def test_a_full_disk_is_one_sentence():
    with open("/dev/full", "wb") as full, octavo("decode", "cayennelpp", LPP, "-p1", stdout=full) as process:  # noqa: PTH123 - a device
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, b"octavo: standard output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in Python")
def test_a_terminal_gets_a_table():
    ours, theirs = os.openpty()
    with octavo("decode", "cayennelpp", LPP, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        assert process.wait(timeout=30) == 0
    shown = os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    assert b"octavo: no -p: FPort 1 is taken" in shown
    assert b"temperature_3" in shown
    assert b"{" not in shown
