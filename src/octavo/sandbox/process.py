"""One worker process, seen from the host: started, spoken to, watched by the host's clock, killed.

Several threads may submit to one worker; it answers in order. Whoever submitted gets a ticket to wait on: the answer,
or `WorkerLostError` with what is known about the message that was running. There is no thread that reads: of those
who wait, one reads for all, so that an answer wakes nobody but the one it is for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict, deque
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.limits import Limits
    from octavo.sandbox.program import Program

HEADER = struct.Struct("<cIII")
OUT_OF_MEMORY = 86  # exit status of a worker whose memory poll found too much; see worker.py
MOST_PROGRAMS = 16  # loaded in one worker at a time, each in an isolate of its own
START_S = 60.0
ROOM_MS = 50
V8_FLAGS = ("--single-threaded",)


class WorkerLostError(Exception):
    """The worker ended before it answered.

    Attributes:
        reason: ``time``, ``memory`` or ``lost``.
        index: of the message that was running, as last reported; it may be late, and equals the number of
            messages when all had run and what they left behind was still running.
        head: whether this request was the one being worked on.
        detail: what V8 or the worker wrote last, if anything.
        sure: whether that message was seen to go on running, so that the report cannot be late.
    """

    def __init__(self, reason: str, index: int, head: bool, detail: str, *, sure: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index
        self.head = head
        self.detail = detail
        self.sure = sure


class Ticket:
    """One request: wait for its answer with `result`."""

    __slots__ = ("_called", "_outcome", "_worker")

    def __init__(self, worker: Worker, outcome: WorkerLostError | None = None) -> None:
        self._worker = worker
        self._outcome: bytes | WorkerLostError | None = outcome
        self._called = threading.Lock()
        self._called.acquire()

    @property
    def done(self) -> bool:
        """Whether the answer is there."""
        return self._outcome is not None

    def result(self) -> bytes:
        """The answer, one line a message; fewer lines where it grew too large for one piece.

        Raises:
            WorkerLostError: the worker ended before it answered.
        """
        while self._outcome is None:
            if not self._worker.read_for(self):
                self._called.acquire()
        if isinstance(self._outcome, bytes):
            return self._outcome
        raise self._outcome

    def abandon(self) -> None:
        """Give up waiting."""
        if self._outcome is None:
            self._worker.abandon(self)

    def resolve(self, outcome: bytes | WorkerLostError) -> None:
        """Set the outcome and wake whoever waits."""
        self._outcome = outcome
        self.call()

    def call(self) -> None:
        """Wake whoever waits: the answer is there, or it is their turn to read."""
        if self._called.locked():
            self._called.release()


class Worker:
    """A running worker; starting it does not wait for it to be ready."""

    def __init__(self, limits: Limits, *, jitless: bool = False, kernel_limits: bool = True) -> None:
        self._limits = limits
        self._loaded: OrderedDict[int, None] = OrderedDict()
        self._writing = threading.Lock()
        self._tickets: deque[Ticket] = deque()
        self._state = threading.Lock()
        self._reading = False
        self._index = 0
        self._tidying = False  # after an answer: whatever hangs then is no fault of the request that waits
        self._sure = False  # whether the message reported last was seen to go on running
        self._making = False  # a realm, which is nobody's time
        self._moved = time.monotonic()
        self._verdict: str | None = None
        self.hello: dict[str, object] = {}
        self._ended = False
        self.last_used = 0
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the worker has ended
        self._process = self._start(jitless, kernel_limits)

    def _start(self, jitless: bool, kernel_limits: bool) -> subprocess.Popen[bytes]:
        settings = {
            "location": _mini_racer_location(),
            "flags": [*V8_FLAGS, "--jitless"] if jitless else list(V8_FLAGS),
            "tick_s": min(max(self._limits.time_s / 10, 0.002), 0.05),
            "memory_bytes": self._limits.memory_bytes,
            "kernel_limits": kernel_limits,
        }
        script = str(Path(__file__).with_name("worker.py"))
        environment = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
        if sys.platform == "win32":
            environment["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", "")
        process = subprocess.Popen(  # noqa: S603 - our own script, started by the interpreter that runs us
            [sys.executable, "-I", "-S", "-B", script, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            bufsize=0,
        )
        if process.stdin is not None and sys.platform != "win32":
            os.set_blocking(process.stdin.fileno(), False)
        return process

    # ---- what the pool asks ----

    @property
    def waiting(self) -> int:
        """Requests not yet answered."""
        return len(self._tickets)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return not self._ended and self._process.poll() is None

    def submit(self, program: Program, count: int, body: bytes) -> Ticket:
        """Have ``count`` messages run; does not wait."""
        with self._writing:
            with self._state:
                if self._ended:
                    return Ticket(self, WorkerLostError("lost", 0, head=False, detail=""))
                ticket = Ticket(self)
                if not self._tickets:
                    self._move(0)
                self._tickets.append(ticket)
            self._load(program)
            self._write(b"R", program.number, count, body)
        return ticket

    def greeting(self) -> dict[str, object]:
        """What the worker says of itself when it is ready; for a worker that nobody else uses yet."""
        while not self.hello and self._read_frame():
            pass
        return self.hello

    def read_for(self, ticket: Ticket) -> bool:
        """Read what the worker sends until a ticket is answered; False if another thread is reading already."""
        if not self._start_reading():
            return False
        try:
            while not ticket.done and self._read_frame():
                pass
        except BaseException:  # interrupted in the middle of a frame: what follows could not be read
            self.kill("lost")
            raise
        finally:
            self._stop_reading()
        return True

    def _start_reading(self) -> bool:
        with self._state:
            if self._reading:
                return False
            self._reading = True
            self._moved = time.monotonic()  # while nobody read, nobody saw how the messages got on
            return True

    def _stop_reading(self) -> None:
        with self._state:
            self._reading = False
            waiting = list(self._tickets)
        for ticket in waiting:  # whoever still waits for one of them reads on
            ticket.call()

    def overdue(self, now: float) -> bool:
        """Whether the running message has had its time, by the host's clock, while somebody waits for it."""
        with self._state:
            allowed = self._limits.time_s if self.hello and not self._making else START_S
            return self._reading and bool(self._tickets) and now - self._moved > allowed

    def abandon(self, ticket: Ticket) -> None:
        """Nobody will wait for this request any more: end what may run for ever."""
        with self._state:
            alone = not ticket.done and len(self._tickets) == 1 and self._tickets[0] is ticket
        if alone:
            self.kill("lost")

    def kill(self, reason: str) -> None:
        """End the process now; what waits for it learns the reason."""
        with self._state:
            self._verdict = self._verdict or reason
        self._process.kill()

    def close(self) -> None:
        """End the process and leave nothing behind."""
        self.kill("closed")
        self._process.wait()
        self.reap()

    def reap(self) -> None:
        """Close the files of a process that has ended by itself; whoever reads from it does so otherwise."""
        if self._start_reading():
            try:
                self._end()
            finally:
                self._stop_reading()

    def disown(self) -> None:
        """After a fork, in the child: forget the parent's process without touching it."""
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                os.close(pipe.fileno())
                pipe.close = lambda: None  # type: ignore[method-assign] # its descriptor is closed already
        self._process.returncode = 0  # keeps Popen from waiting for another's child

    # ---- writing ----

    def has(self, program: Program) -> bool:
        """Whether the program is loaded."""
        return program.number in self._loaded

    def _load(self, program: Program) -> None:
        if program.number in self._loaded:
            self._loaded.move_to_end(program.number)
            return
        self._loaded[program.number] = None
        self._write(b"L", program.number, 0, program.body)
        if len(self._loaded) > MOST_PROGRAMS:
            dropped, _ = self._loaded.popitem(last=False)
            self._write(b"D", dropped, 0, b"")

    def _write(self, kind: bytes, number: int, count: int, body: bytes) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - Popen was given a pipe
        view = memoryview(HEADER.pack(kind, number, count, len(body)) + body)
        while view:
            try:
                view = view[os.write(pipe.fileno(), view) :]
            except BlockingIOError:
                self._make_room(pipe.fileno())
            except (OSError, ValueError):
                return  # the worker has ended, or is closed; who waits is told

    def _make_room(self, pipe: int) -> None:
        """The pipe is full: the worker is busy, or itself waits for somebody to read its answer."""
        answers = self._process.stdout
        assert answers is not None  # noqa: S101 - Popen was given a pipe
        either = select.poll()
        either.register(pipe, select.POLLOUT)
        either.register(answers.fileno(), select.POLLIN)
        ready = dict(either.poll(ROOM_MS))
        if pipe not in ready and self._start_reading():
            try:
                if answers.fileno() in ready:
                    self._read_frame()
            finally:
                self._stop_reading()

    # ---- reading ----

    def _read_frame(self) -> bool:
        """Take in one frame; False when the worker has ended."""
        header = self._exactly(HEADER.size)
        body = None if header is None else self._exactly(HEADER.unpack(header)[3])
        if header is None or body is None:
            self._end()
            return False
        kind, _, count, _ = HEADER.unpack(header)
        self._receive(kind, count, body)
        return True

    def _exactly(self, length: int) -> bytes | None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - Popen was given a pipe
        parts: list[bytes] = []
        while length:
            part = pipe.read(length)
            if not part:
                return None
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _receive(self, kind: bytes, count: int, body: bytes) -> None:
        if kind == b"H":
            self._greeted(json.loads(body))
        elif kind == b"P":
            with self._state:
                self._move(count)
        elif kind == b"S":
            self._sure = True
        elif kind == b"L":
            self._making = True
        elif kind == b"T":
            self._tidying = True
        else:
            with self._state:
                ticket = self._tickets.popleft()
                self._move(0)
            ticket.resolve(body)

    def _greeted(self, hello: dict[str, object]) -> None:
        with self._state:
            self.hello = hello
            self._move(0)

    def _move(self, index: int) -> None:
        self._index = index
        self._tidying = False
        self._sure = False
        self._making = False
        self._moved = time.monotonic()

    def _end(self) -> None:
        status = self._process.wait()
        with self._state:
            if self._ended:
                return
            self._ended = True
            left = list(self._tickets)
            self._tickets.clear()
        detail = self._last_words()
        reason = self._verdict or _reason(status, detail)
        for position, ticket in enumerate(left):
            head = position == 0 and not self._tidying
            ticket.resolve(WorkerLostError(reason, self._index, head, detail, sure=self._sure))
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()

    def _last_words(self) -> str:
        self._errors.seek(0)
        text = self._errors.read(1 << 16).decode("utf-8", "replace")
        lines = [line.strip("# \t") for line in text.split("\n") if line.strip("# \t")]
        if not lines:
            return ""
        return lines[-1] if lines[0].startswith("Traceback") else lines[0]


def _reason(status: int, detail: str) -> str:
    lowered = detail.lower()
    if status == OUT_OF_MEMORY or "out of memory" in lowered or "allocation failed" in lowered:
        return "memory"
    return "lost"


def _mini_racer_location() -> str:
    """The folder that holds mini-racer, found without importing it.

    Raises:
        ContentError: it is not installed, or the dead ``py-mini-racer`` took its place.
    """
    spec = importlib.util.find_spec("py_mini_racer")
    if spec is None or spec.origin is None:
        raise ContentError('mini-racer is not installed: pip install "mini-racer>=0.14.1"')
    package = Path(spec.origin).parent
    if not (package / "_context.py").is_file():
        raise ContentError(
            f"{package} belongs to py-mini-racer, which ended in 2021 and takes the same import name as mini-racer: "
            'pip uninstall py-mini-racer, then pip install --force-reinstall "mini-racer>=0.14.1"'
        )
    return str(package.parent)
