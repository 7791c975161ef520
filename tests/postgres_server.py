"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket there, gone when the tests are."""

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from .waiting import SOON_S

NO_ROOT = "postgres", "nobody"
"""Who runs it where the tests are root, for PostgreSQL refuses to be."""

# The shell ends the server when its standard input ends, however the tests ended.
WATCHED = """
"$@" & server=$!
echo "$server"
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
"""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "log_min_messages": "fatal",
}


def programs():
    """The folder with initdb and postgres, as Debian has it, the newest of several; None where there is none."""
    folders = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def user():
    """Who runs the server: the names of `subprocess.run` for it."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = next(each for each in NO_ROOT if each in names)
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


class Server:
    """One server, started and killed as often as a test likes; what it was told stays."""

    def __init__(self, binaries):
        self._binaries = binaries
        self._user = user()
        self.folder = Path(tempfile.mkdtemp(prefix="octavo-pg-"))
        if self._user:
            shutil.chown(self.folder, self._user["user"])
        self.url = f"postgresql://octavo@/postgres?host={self.folder}"
        self._shell = None
        self.pid = None

    def make(self):
        options = ["--auth=trust", "--username=octavo", "--encoding=UTF8", "--locale=C", "--no-sync"]
        command = [self._binaries / "initdb", *options, "-D", self.folder / "data"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **self._user)
        assert done.returncode == 0, done.stderr

    def start(self):
        """Start it and wait until it answers; after a kill its old processes may need a moment to go."""
        deadline = time.monotonic() + SOON_S
        while True:
            self._launch()
            while self.runs():
                if self._answers():
                    return
                time.sleep(0.02)
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            self._reap()
            time.sleep(0.1)

    def _launch(self):
        settings = SETTINGS | {"unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._binaries / "postgres", "-D", self.folder / "data", *options]
        with (self.folder / "log").open("ab") as log:
            self._shell = subprocess.Popen(
                ["sh", "-c", WATCHED, "sh", *command],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                **self._user,
            )
        self.pid = int(self._shell.stdout.readline())

    def runs(self):
        """Whether the server is there; one that ended waits for its shell, as a zombie."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def _answers(self):
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement):
        """Run a statement as the owner; its rows, where it has some."""
        with psycopg.connect(self.url, autocommit=True) as db:
            cursor = db.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def kill(self):
        """As a crash: SIGKILL, no goodbye to anyone."""
        os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def _reap(self):
        self._shell.communicate()

    def close(self):
        if self._shell.returncode is None:
            self._reap()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def _server():
    binaries = programs()
    if binaries is None or not Path("/proc/self/stat").exists():
        return None
    server = Server(binaries)
    atexit.register(server.close)
    server.make()
    server.start()
    return server


def running():
    """The server that all tests of this process share; they are skipped where PostgreSQL is not installed."""
    server = _server()
    if server is None:
        pytest.skip("there is no PostgreSQL server on this machine: no initdb")
    return server


def fresh():
    """The server, without what an earlier test left."""
    server = running()
    if not server.runs():
        server.start()
    server.execute("DROP SCHEMA IF EXISTS octavo CASCADE")
    return server
