"""The worker process: started, poked, listened to, and started again when it dies."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from octavo.live.backoff import Backoff
from octavo.live.logs import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from octavo.live.config import Config

log = logging.getLogger(__name__)

BACKOFF = Backoff(0.1, 30.0)
"""Waits before a worker that died is started again."""

SETTLED_S = 60.0
"""A worker that lived so long starts the waits anew."""

GRACE_S = 10.0
"""How long a worker may take to finish what it does; then it ends, finished or not."""

HUNG_S = 15.0
"""After so long a worker that was told to end is killed: it cannot even end itself."""

GONE_S = 5.0
"""So long it is waited for one that was killed."""

LOOK_S = 0.5
"""How often it is seen whether a worker that tells nothing is still there."""

TOLD_BYTES = 1 << 16
"""So much is read at a time of what a worker tells."""


class Supervisor:
    """One worker process after the other.

    Where its own thread falls over an error that nothing here expects, its worker is told to end and none follows:
    `is_alive` says so.

    Args:
        config: what the worker does; it crosses on the worker's standard input, so no secret stands on a command line.
        on_counts: given what was done, as `octavo.live.work.Tally` has it, a dict each time.
        on_death: told the exit code when a worker ended that should not have; None where none could be started.
    """

    def __init__(
        self,
        config: Config,
        on_counts: Callable[[dict[str, Any]], None],
        on_death: Callable[[int | None], None] = lambda _: None,
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
        if not self._thread.ident:
            return
        self._thread.join(HUNG_S)
        if self._thread.is_alive() and self._process:
            self._process.kill()
            self._thread.join(GONE_S)

    def _run(self) -> None:
        failures = 0
        while not self._closing.is_set():
            started = time.monotonic()
            code = self._one_worker(careful=self.restarts > 0)
            if self._closing.is_set():
                return
            self.restarts += 1
            self._on_death(code)
            failures = 1 if time.monotonic() - started > SETTLED_S else failures + 1
            self._closing.wait(BACKOFF.after(failures))

    def _one_worker(self, *, careful: bool) -> int | None:
        """Run a worker to its end; says its exit code, or None where it could not be started."""
        try:
            process, reading = self._started()
        except OSError as error:
            log.error("no worker can be started: %s", error, extra=facts("no_worker", error=str(error)))  # noqa: TRY400 - the sentence tells all
            return None
        self._process = process
        try:
            self._begin_input(process, careful=careful)
            self._listen(process, reading)
        finally:
            self._end_input()
        return self._ended(process)

    def _started(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        """A worker, and what it tells."""
        with contextlib.ExitStack() as opened:
            reading, writing = os.pipe()
            told = opened.enter_context(os.fdopen(reading, "rb", buffering=0))
            opened.callback(os.close, writing)
            safely = "-P"  # what lies in its folder is no module for it
            command = [sys.executable, safely, "-m", "octavo.live.worker", str(writing)]
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                pass_fds=[writing],
                cwd=self._config.folder,
                start_new_session=True,  # Ctrl-C, and other signals to a group, are for who started it
            )
            opened.pop_all()
        os.close(writing)
        return process, told

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

    def _listen(self, process: subprocess.Popen[bytes], told: IO[bytes]) -> None:
        """What the worker tells, until it ends."""
        rest = b""
        with told:
            for piece in _pieces(process, told):
                *lines, rest = (rest + piece).split(b"\n")  # a worker that is killed may leave half a line
                for line in lines:
                    self._on_counts(json.loads(line))

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _pieces(process: subprocess.Popen[bytes], told: IO[bytes]) -> Iterator[bytes]:
    """What a worker tells, as it comes, until it has ended.

    Its end of the pipe may outlast it: a process that a handler forked has that, too.
    """
    with selectors.DefaultSelector() as looking:
        looking.register(told, selectors.EVENT_READ)
        has_ended = False
        while not has_ended:
            has_ended = process.poll() is not None  # before what it told last is read
            while looking.select(0 if has_ended else LOOK_S):
                if not (piece := told.read(TOLD_BYTES)):
                    return
                yield piece


def _poke(stream: IO[bytes]) -> None:
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(stream.fileno(), b"\n")
