"""The worker process: started, poked, listened to, and started again when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from octavo.live.config import Config

BACKOFF_S = 0.1, 30.0
"""The first and the longest wait before a worker that died is started again; each is twice the one before."""

SETTLED_S = 60.0
"""A worker that lived so long starts the waits anew."""

GRACE_S = 10.0
"""How long a worker may take to finish what it does, before it is ended."""


class Supervisor:
    """One worker process after the other.

    Args:
        config: what the worker does; it crosses on the worker's standard input, so no secret stands on a command line.
        on_counts: given what was done, as `octavo.live.work.Tally` has it, a dict each time.
        on_death: told the exit code when a worker ended that should not have.
    """

    def __init__(
        self,
        config: Config,
        on_counts: Callable[[dict[str, Any]], None],
        on_death: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._config = config
        self._on_counts = on_counts
        self._on_death = on_death
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._input: IO[bytes] | None = None
        self._input_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="octavo-supervisor", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether a worker runs."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def pid(self) -> int | None:
        """The worker's process, or None."""
        return self._process.pid if self._process else None

    def poke(self) -> None:
        """Tell the worker that something is new; one that is busy, or not there, looks by itself."""
        with self._input_lock:
            if self._input is not None:
                _poke(self._input)

    def close(self) -> None:
        """Let the worker finish what it does, then see that it is gone."""
        self._closing.set()
        self._end_input()
        if self._thread.ident:
            self._thread.join()

    def _run(self) -> None:
        wait_s, careful = BACKOFF_S[0], False
        while not self._closing.is_set():
            started = time.monotonic()
            code = self._one_worker(careful=careful)
            if self._closing.is_set():
                return
            careful = True
            self.restarts += 1
            self._on_death(code)
            wait_s = BACKOFF_S[0] if time.monotonic() - started > SETTLED_S else wait_s
            self._closing.wait(wait_s)
            wait_s = min(BACKOFF_S[1], wait_s * 2)

    def _one_worker(self, *, careful: bool) -> int:
        """Run a worker to its end; says its exit code."""
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "octavo.live.worker", str(writing)]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, pass_fds=[writing], cwd=self._config.folder
        )
        os.close(writing)
        self._process = process
        self._begin_input(process, careful=careful)
        try:
            self._listen(reading)
            return self._ended(process)
        finally:
            self._end_input()

    def _begin_input(self, process: subprocess.Popen[bytes], *, careful: bool) -> None:
        assert process.stdin is not None  # noqa: S101 - Popen was given a pipe
        given = {"config": self._config.to_json(), "careful": careful}
        with contextlib.suppress(BrokenPipeError):  # it ended at once: its exit code tells
            process.stdin.write(json.dumps(given).encode("ascii") + b"\n")
            process.stdin.flush()
        os.set_blocking(process.stdin.fileno(), False)
        with self._input_lock:
            self._input = process.stdin
        if self._closing.is_set():
            self._end_input()

    def _end_input(self) -> None:
        """The worker's sign to end."""
        with self._input_lock:
            if self._input is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._input.close()
            self._input = None

    def _listen(self, reading: int) -> None:
        """What the worker tells, until it ends."""
        with os.fdopen(reading, "rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):  # a worker that is killed may leave half a line
                    self._on_counts(json.loads(line))

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _poke(stream: IO[bytes]) -> None:
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(stream.fileno(), b"\n")
