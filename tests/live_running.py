"""Receivers as programs, in a folder each: what they print and say, those who send to them, and what they keep."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from octavo.live.sqlite import SqliteStore

from .terminal import environment
from .traffic import MESSAGE
from .waiting import SOON_S, until

PROGRAM = [sys.executable, "-c", "from octavo.cli import main; main()"]
MOMENT = "2020-02-12T15:15:46."

posix = pytest.mark.skipif(os.name != "posix", reason="signals and standard streams of POSIX")


class Program:
    """``octavo`` with a command. It can be killed and started again: store, printed and said lines stay."""

    def __init__(self, folder, *words, **variables):
        self.folder = folder
        self.words = list(words)
        self.printed, self.said = folder / "printed.jsonl", folder / "said.jsonl"
        self.environment = environment() | variables
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def start(self, event, *, most_file_bytes=None):
        """Start it, and wait until it tells of an event."""
        before = len(self.events(event))

        def limited():
            import resource  # noqa: PLC0415 - POSIX has it

            resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, resource.RLIM_INFINITY))

        with self.printed.open("ab") as printed, self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [*PROGRAM, *self.words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=self.environment,
                preexec_fn=limited if most_file_bytes else None,  # noqa: PLW1509 - no threads before the start
            )
        until(lambda: self._has_told(event, before), self.said.read_text)
        return self

    def _has_told(self, event, before):
        assert self.process.poll() is None, self.said.read_text()
        return len(self.events(event)) > before

    def events(self, name=None):
        """What it said, each a dict; of one event only, where a name is given."""
        found = _objects(self.said)
        return [each for each in found if name in (None, each.get("event"))]

    def records(self):
        """What was printed, but for a last line that is cut off."""
        return _objects(self.printed)

    def lines(self, count):
        """What was printed, as soon as there are so many lines."""
        return until(lambda: len(found := self.records()) >= count and found, f"fewer than {count} lines")

    def outcomes(self, count):
        """By its number, what was printed last of each message, as soon as there are so many."""
        return until(lambda: len(found := {each["id"]: each for each in self.records()}) >= count and found)

    def kill(self):
        """As an accident would: no time for anything."""
        self.process.kill()
        self.process.wait()

    def stop(self, number=signal.SIGTERM):
        """As a service manager would; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended()

    def ended(self):
        """Its exit code, once it has ended."""
        return self.process.wait(SOON_S)

    def store(self):
        """What it keeps its messages in, for the test to look at."""
        return closing(SqliteStore(str(self.folder / "octavo.db"), create=False))

    def kept(self):
        """The bodies that are kept."""
        with self.store() as store:
            return [body for (body,) in store._rows("SELECT body FROM messages")]

    def open_work(self):
        """How much is not decoded, or not passed on yet."""
        with self.store() as store:
            counts = store.counts()
        return counts.waiting + sum(counts.pending.values())


def _objects(file):
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]


class Serving(Program):
    """``octavo serve``, on a free port that it keeps; options may name another."""

    def __init__(self, folder, *options, **variables):
        super().__init__(folder, "serve", *options, "--port", "0", **variables)

    def start(self, *, most_file_bytes=None):
        super().start("listening", most_file_bytes=most_file_bytes)
        self.words[-1] = str(self.address[1])
        return self

    @property
    def told(self):
        """What it said when it began."""
        return self.events("listening")[-1]

    @property
    def url(self):
        return self.told["url"]

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port

    def request(self, method, path, body=None, headers=None):
        """Status, headers and body of one request."""
        connection = http.client.HTTPConnection(*self.address, timeout=SOON_S)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def post(self, message, path="/up", **headers):
        """The status of a message, and what was answered."""
        status, _, body = self.request("POST", path, json.dumps(message).encode(), headers)
        return status, json.loads(body)

    def worker(self):
        """The worker's process, or None."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        found = [int(each) for task in tasks for each in (task / "children").read_text().split()]
        return next((pid for pid in found if b"octavo.live.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()), None)


class Listening(Program):
    """``octavo listen``."""

    def __init__(self, folder, *options, **variables):
        super().__init__(folder, "listen", *options, **variables)

    def start(self, event="connected"):
        return super().start(event)


class Senders:
    """Threads that send one message after the other, each until it is taken, and note what was.

    A sender is a network server that tries again: a message that found nobody is sent once more, and so may come
    twice where it was kept but the answer was lost.
    """

    def __init__(self, serving, message_of, count, threads=4):
        self.serving = serving
        self.message_of = message_of
        self.taken = {}
        self.sent = 0
        self._numbers = iter(range(count))
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        while (number := self._next()) is not None:
            message = self.message_of(number)
            until(lambda message=message, number=number: self._taken(number, message))

    def _next(self):
        with self._lock:
            return next(self._numbers, None)

    def _taken(self, number, message):
        try:
            with self._lock:
                self.sent += 1
            status, answer = self.serving.post(message)
        except (OSError, http.client.HTTPException):
            return False
        if status == 200:
            self.taken[number] = answer["id"]
        return status == 200

    @property
    def are_done(self):
        return not any(thread.is_alive() for thread in self._threads)

    def join(self):
        for thread in self._threads:
            thread.join()


def numbered(number):
    """A message that has a number, in its time, and nothing else of its own; ``cayennelpp`` decodes it to 27.2 °C."""
    moment = f"{MOMENT}{number:09}Z"
    uplink = {"f_port": 1, "frm_payload": "A2cBEA==", "received_at": moment}
    return {**MESSAGE, "received_at": moment, "uplink_message": uplink}


def number_of(message):
    """The number of a message that `numbered` made."""
    return int(message["received_at"].removeprefix(MOMENT)[:9])
