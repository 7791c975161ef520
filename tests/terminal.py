"""Commands as somebody at a terminal sees them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(*folders):
    """A small environment: octavo and Python from where the tests run, after the given folders."""
    path = [*map(str, folders), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    fixed = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return {"PATH": os.pathsep.join(path), "HOME": os.environ.get("HOME", ""), **fixed}


def shown(command, folder, env):
    """What a shell command writes onto a terminal 100 columns wide, without colours, and its exit status."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            ["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
        )
    finally:
        os.close(theirs)
    written = _everything(ours)
    return process.wait(), written.decode("utf-8").replace("\r\n", "\n")


def plain(text):
    """Without colours and without spaces at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in ANSI.sub("", text).splitlines())


def _everything(descriptor):
    parts = []
    while part := _some(descriptor):
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts)


def _some(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux: nobody holds the other end any more
        return b""
