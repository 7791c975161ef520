"""Stores where nothing can be kept: told at the start, in a sentence, with an exit code that is not 0."""

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

NOBODY = 65534

# Everything is loaded first: nobody may read where root keeps its Python.
PROGRAM = f"""
import os
import octavo.live.serving
from octavo.cli import main, serve
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
main()
"""


def started(folder, store, **options):
    """What a receiver says that cannot begin; it runs as somebody who owns nothing here."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "serve", "--port", "0", "--store", str(store)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SOON_S,
        check=False,
        env=environment(),
        **options,
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

    said = started(folder, folder / "octavo.db", preexec_fn=limited)
    assert "the disk is full or cannot be written" in said
