"""One worker process, seen from the host: started, spoken to, watched by the host's clock, killed.

Several threads may submit to one worker; it answers in order. Whoever submitted gets a future: the answer, or
`WorkerLostError` with what is known about the message that was running.
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
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
V8_FLAGS = ("--single-threaded",)


class WorkerLostError(Exception):
    """The worker ended before it answered.

    Attributes:
        reason: ``time``, ``memory`` or ``lost``.
        index: of the message that was running, as last reported; it may be late, and equals the number of
            messages when all had run and what they left behind was still running.
        head: whether this request was the one being worked on.
        detail: what V8 or the worker wrote last, if anything.
    """

    def __init__(self, reason: str, index: int, head: bool, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index
        self.head = head
        self.detail = detail


@dataclass(slots=True, eq=False)
class _Ticket:
    count: int
    answer: Future[bytes] = field(default_factory=Future)


class Worker:
    """A running worker; starting it does not wait for it to be ready."""

    def __init__(self, limits: Limits, *, jitless: bool = False, kernel_limits: bool = True) -> None:
        self._limits = limits
        self._loaded: OrderedDict[int, None] = OrderedDict()
        self._writing = threading.Lock()
        self._tickets: deque[_Ticket] = deque()
        self._state = threading.Lock()
        self._index = 0
        self._moved = time.monotonic()
        self._verdict: str | None = None
        self.ready = threading.Event()
        self.hello: dict[str, object] = {}
        self.alive = True
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the worker has ended
        self._process = self._start(jitless, kernel_limits)
        self._reader = threading.Thread(target=self._read, name="octavo-sandbox", daemon=True)
        self._reader.start()

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
        return subprocess.Popen(  # noqa: S603 - our own script, started by the interpreter that runs us
            [sys.executable, "-I", "-S", "-B", script, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            bufsize=0,
        )

    # ---- what the pool asks ----

    @property
    def waiting(self) -> int:
        """Requests not yet answered."""
        return len(self._tickets)

    def submit(self, program: Program, count: int, body: bytes) -> Future[bytes]:
        """Run ``count`` messages; the future gives one line a message, fewer where the answer grew too large."""
        ticket = _Ticket(count)
        with self._writing:
            with self._state:
                if not self.alive:
                    ticket.answer.set_exception(WorkerLostError("lost", 0, head=False, detail=""))
                    return ticket.answer
                if not self._tickets:
                    self._move(0)
                self._tickets.append(ticket)
            self._load(program)
            self._write(b"R", program.number, count, body)
        return ticket.answer

    def overdue(self, now: float) -> bool:
        """Whether the running message has had its time, by the host's clock."""
        with self._state:
            allowed = self._limits.time_s if self.ready.is_set() else START_S
            return bool(self._tickets) and now - self._moved > allowed

    def kill(self, reason: str) -> None:
        """End the process now; what waits for it learns the reason."""
        with self._state:
            self._verdict = self._verdict or reason
        self._process.kill()

    def close(self) -> None:
        """End the process and leave nothing behind."""
        self.kill("closed")
        self._reader.join()

    def disown(self) -> None:
        """After a fork, in the child: forget the parent's process without touching it."""
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                os.close(pipe.fileno())
                pipe.close = lambda: None  # type: ignore[method-assign] # its descriptor is closed already
        self._process.returncode = 0  # keeps Popen from waiting for another's child

    # ---- writing ----

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
        try:
            while view:
                view = view[pipe.write(view) :]
        except OSError:
            return  # the worker has ended; the reader tells those who wait

    # ---- reading, in a thread of its own ----

    def _read(self) -> None:
        while True:
            header = self._exactly(HEADER.size)
            if header is None:
                break
            kind, _, count, length = HEADER.unpack(header)
            body = self._exactly(length)
            if body is None:
                break
            self._receive(kind, count, body)
        self._end()

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
            self.hello = json.loads(body)
            with self._state:
                self._move(0)
            self.ready.set()
        elif kind == b"P":
            with self._state:
                self._move(count)
        else:
            with self._state:
                ticket = self._tickets.popleft()
                self._move(0)
            _resolve(ticket.answer, body)

    def _move(self, index: int) -> None:
        self._index = index
        self._moved = time.monotonic()

    def _end(self) -> None:
        status = self._process.wait()
        with self._state:
            self.alive = False
            left = list(self._tickets)
            self._tickets.clear()
        self.ready.set()
        detail = self._last_words()
        reason = self._verdict or _reason(status, detail)
        for position, ticket in enumerate(left):
            _resolve(ticket.answer, WorkerLostError(reason, self._index, position == 0, detail))
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


def _resolve(answer: Future[bytes], outcome: bytes | WorkerLostError) -> None:
    try:
        if isinstance(outcome, bytes):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)
    except InvalidStateError:
        return  # cancelled: nobody waits for it any more


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
