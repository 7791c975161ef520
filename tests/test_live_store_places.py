"""Stores where nothing can be kept: told at the start, in a sentence, with an exit code that is not 0."""

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from .live_stores import sqlite_store
from .terminal import environment
from .waiting import SOON_S

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="rights and limits as Linux has them")

DROP, OVERRIDES, READS = 24, 1, 2
"""PR_CAPBSET_DROP, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. Source: linux/prctl.h, linux/capability.h."""


def bound_by_rights():
    """From the next program on, root too may do no more than the rights of files say."""
    libc = ctypes.CDLL(None, use_errno=True)
    for each in (OVERRIDES, READS):
        if os.geteuid() == 0 and libc.prctl(DROP, each, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


def started(folder, store, before=bound_by_rights):
    """What a receiver says that cannot begin."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "octavo", "serve", "--port", "0", "--store", str(store)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
        env=environment(),
        preexec_fn=before,
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith((f"octavo: {store}: ", f"octavo: store: {store} "))
    return line


@pytest.fixture
def folder():
    """A folder that everybody finds; those of pytest are for their owner only."""
    with tempfile.TemporaryDirectory(prefix="octavo-") as name:
        made = Path(name)
        made.chmod(0o777)
        yield made
        made.chmod(0o777)


def test_a_folder_that_may_not_be_written(folder):
    folder.chmod(0o555)
    assert "it, or its folder, is not there or may not be written" in started(folder, folder / "octavo.db")


def test_a_file_that_may_not_be_written(folder):
    sqlite_store(folder).close()
    (folder / "octavo.db").chmod(0o444)
    assert "may not be written" in started(folder, folder / "octavo.db")


def test_a_log_that_may_not_be_written(folder):
    """The file may, but its folder not, so that no log can be made beside it."""
    sqlite_store(folder).close()
    (folder / "octavo.db").chmod(0o666)
    folder.chmod(0o555)
    assert "may not be written" in started(folder, folder / "octavo.db")


def test_a_folder_is_no_store(folder):
    (folder / "octavo.db").mkdir()
    assert "is a folder: a file was expected" in started(folder, folder / "octavo.db")


@pytest.mark.parametrize("is_there", [False, True])
def test_no_room_for_it(folder, is_there):
    if is_there:
        sqlite_store(folder).close()
        (folder / "octavo.db").chmod(0o666)

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    said = started(folder, folder / "octavo.db", limited)
    assert "the disk is full or cannot be written" in said
