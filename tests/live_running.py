"""A receiver as a program, on a free port of loopback, with those who send to it and what it printed."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

SOON_S = 60
PROGRAM = [sys.executable, "-c", "from octavo.cli import main; main()"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(condition, what="it did not happen"):
    """Wait for something that is to happen; gives what it was."""
    pause, deadline = threading.Event(), time.monotonic() + SOON_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        pause.wait(0.02)
    return found


class Serving:
    """``octavo serve`` in a folder. It can be killed and started again: port, store and printed lines stay."""

    def __init__(self, folder, *options, environment=None):
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.printed = folder / "printed.jsonl"
        self.said = folder / "said.txt"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self, *, most_file_bytes=None):
        command = [*PROGRAM, "serve", *self.options, "--port", str(self.port)]

        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_file_bytes, resource.RLIM_INFINITY))

        with self.printed.open("ab") as printed, self.said.open("ab") as said:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=self.environment,
                preexec_fn=limited if most_file_bytes else None,  # noqa: PLW1509 - no threads before the start
            )
        until(lambda: self.answers("/healthz") == 200, self.said.read_text())
        return self

    def answers(self, path):
        assert self.process.poll() is None, self.said.read_text()
        try:
            return self.request("GET", path)[0]
        except OSError:
            return None

    def request(self, method, path, body=None, headers=None):
        """Status, headers and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)
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
        """The worker's process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = [
            int(each) for task in children.parents[1].iterdir() for each in (task / "children").read_text().split()
        ]
        return next((pid for pid in found if b"octavo.live.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()), None)

    def kill(self):
        """As an accident would: no time for anything."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """As a service manager would; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SOON_S)

    def records(self):
        """What was printed, but for a last line that is cut off."""
        lines = self.printed.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]


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
