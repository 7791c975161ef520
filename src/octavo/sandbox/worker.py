"""The worker process: the only place where V8 runs.

Started by its path, isolated (``-I -S``), with nothing of octavo imported: `process` starts it, speaks to it through
two pipes, and kills it when a message costs more than it may. Frames in both directions are a kind (one byte),
a program number and a count (two unsigned 32-bit integers), a length (unsigned 32-bit) and that many bytes of UTF-8.

in:  ``L`` load a program (its JSON); ``D`` drop a program; ``R`` run messages (``{"op", "messages"}``, count of them)
out: ``H`` ready (JSON about this worker); ``P`` progress (count = index of the running message); ``A`` an answer
     (one JSON object a line); ``S`` still at the message last reported; ``T`` still tidying up after the last answer;
     ``L`` making a realm, which is nobody's time

Everything a script could do to V8 ends here: the process has an empty environment, no files but its pipes, and
limits from the kernel where it has them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
import secrets
import struct
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import resource
except ImportError:  # Windows: the host's clock and the memory poll stand in
    resource = None  # type: ignore[assignment] # the module has no other name there

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = struct.Struct("<cIII")
OUT_OF_MEMORY = 86  # exit status: the memory poll found more than the limit
LOST = "lost"
CLEAN = "clean"
ROUNDS = 4  # a batch is run again this often before its messages are run one at a time
CPU_SLACK_S = 60
SURE_TICKS = 6  # a message seen running this often is not one whose successor went unreported
_PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")
DRIVER = ("builtins.js", "results.js", "realm.js", "putback.js", "flow.js")
REALM_BYTES = 32 * 1024 * 1024  # more than a realm takes by itself; its thread's stack alone is 8 MiB


def _isolate_class(location: str) -> Any:
    """mini-racer's isolate without the timers that it installs, and V8 started with our flags."""
    sys.path.insert(0, location)
    racer = importlib.import_module("py_mini_racer")

    class Isolate(racer.MiniRacer):  # type: ignore[name-defined, misc] # mini-racer is imported by location
        """Its constructor evaluates a timer library that needs ``Atomics``; no network server has one."""

        def __init__(self) -> None:
            self._started = False
            super().__init__()
            self._started = True

        failed = racer.JSEvalException

        def eval(self, code: str, *args: Any, **kwargs: Any) -> Any:
            return super().eval(code, *args, **kwargs) if self._started else None

    return Isolate


def _driver() -> str:
    """The driver's files as the one function that they are."""
    folder = Path(__file__).with_name("driver")
    body = "\n".join((folder / name).read_text(encoding="utf-8") for name in DRIVER)
    return f'(function (shared) {{ "use strict";\n{body}\nreturn api; }})'


class Script:
    """One script text made ready for the driver: checked alone, then wrapped in an arrow function.

    The text must parse as a Script by itself, so nothing breaks out of the wrapper, and a top-level ``return`` is the
    SyntaxError that it is on the server. The check hoists its ``var`` and ``function`` names onto an emptied global
    object, from where they are read: those that shadow a built-in become parameters (``var JSON = JSON || …`` keeps
    the built-in in a real Script), all of them are found through ``this.name``.
    """

    def __init__(self, isolate_class: Any, text: str, trailer: str, entries: list[str]) -> None:
        self.failure: list[str] | None = None
        self.declared: list[str] = []
        self.shadows: list[str] = []
        self.refuses = False
        self.text = ""
        text = re.sub(r"\A#!", "//", text)
        with isolate_class() as scratch:
            self._check(scratch, text, trailer)
            if self.failure is None:
                self.text = self._wrapped(text, entries)

    def to_dict(self) -> dict[str, Any]:
        """What the driver needs, as JSON values."""
        return {
            "text": self.text,
            "failure": self.failure,
            "declared": self.declared,
            "shadows": self.shadows,
            "refuses": self.refuses,
        }

    def _check(self, scratch: Any, text: str, trailer: str) -> None:
        probe = f"probe_{secrets.token_hex(8)}"
        scratch.eval(_PROBE.replace("PROBE", probe))
        built_in = set(json.loads(scratch.eval(f"{probe}.empty()")))
        self.strict = bool(scratch.eval(f"{probe}.strict({json.dumps(text)})"))
        before = set(json.loads(scratch.eval(f"{probe}.names()")))
        start = '"use strict";' if self.strict else ""
        try:
            scratch.eval(f"{start}throw 0;\n{text}\n;{trailer}")
        except scratch.failed as error:
            self.failure = _syntax_failure(str(error), text)
        names = set(json.loads(scratch.eval(f"{probe}.names()"))) - before - _functions(trailer)
        self.declared = sorted(_reached(names, text))
        # Strict code may not assign an undeclared name; only code that names the global object may mean to add to it.
        self.refuses = self.strict and _GLOBAL_OBJECT.search(text) is None
        self.shadows = sorted(names & built_in)

    def _wrapped(self, text: str, entries: list[str]) -> str:
        # A script can get at the inner function's text and so at its names: what is named there must not be assignable.
        outer, secret = secrets.token_hex(8), secrets.token_hex(8)
        plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
        named = [name for name in entries if re.search(rf"\b{name}\b", plain)]  # a miss on the global object is slow
        cases = [f'case"{name}":return typeof {name}==="function"?{name}:void 0;' for name in named]
        cases += [f"case{json.dumps(name)}:return {name};" for name in self.declared if name not in named]
        start = '"use strict";' if self.strict else ""
        find = f"$found_{secret}(($name_{secret})=>{{switch($name_{secret}){{{''.join(cases)}}}}});"
        return (
            f"($given_{outer})=>{{const $found_{secret}=$given_{outer};"
            f"return({','.join(self.shadows)})=>{{{start}{find}\n"
            f"{text}\n}}}}\n//# sourceURL=octavo-script.js"
        )


_ESCAPE = re.compile(r"\\u(?:\{0*([0-9a-fA-F]{1,5})\}|([0-9a-fA-F]{4}))")
_GLOBAL_OBJECT = re.compile(r"\b(?:this|globalThis|eval|Function|constructor)\b")
_MEMBER = re.compile(r"""(?:\.\s*|["'`])([\w$]+)""")


def _reached(names: set[str], text: str) -> set[str]:
    """Those of the declared names that the text may look for on the global object."""
    return names & set(_MEMBER.findall(text)) if _GLOBAL_OBJECT.search(text) else set()


def _functions(text: str) -> set[str]:
    return set(re.findall(r"function\s+([\w$]+)", text))


_THROWN = re.compile(r"[^\n]*:1: 0\n[^\n]*throw 0;\n")  # in front the script's name, which a comment of its may set
_PLACE = re.compile(r"^\S*?:(\d+): (?:Uncaught )?([^\n]*)\n[^\n]*\n(\s*)\^")


def _syntax_failure(error: str, script: str) -> list[str] | None:
    """[message, place] of a script that does not parse; None for one that only threw our own ``throw 0``."""
    if _THROWN.match(error):
        return None
    found = _PLACE.search(error)
    if found is None:
        return [error.splitlines()[0], ""]
    line, message, indent = found.groups()
    lines = script.rstrip().split("\n")
    if int(line) > len(lines) + 1:  # cut off: only what the network appends made it fail
        return [message, f"(octavo-script.js:{len(lines) + 1}:{len(lines[-1]) + 1})"]
    return [message, f"(octavo-script.js:{line}:{len(indent) + 1})" if int(line) > 1 else ""]


class Realm:
    """One isolate with the driver and one program loaded."""

    def __init__(self, isolate_class: Any, driver: str, program: str) -> None:
        self._isolate = isolate_class()
        self._name = f"octavo_{secrets.token_hex(8)}"  # a lexical name, which no script can list or guess
        self.progress = self._isolate.eval(f"let {self._name}_shared=new SharedArrayBuffer(4);{self._name}_shared")
        self._isolate.eval(f"let {self._name}=({driver})({self._name}_shared);{self._name}_shared=null;''")
        self._isolate.eval(f"{self._name}.load({json.dumps(program)})")

    def run(self, text: str) -> str:
        """The answers to messages, as the driver's ``run`` gives them."""
        quoted = text.replace("\\", "\\\\").replace("'", "\\'")  # JSON text is full of the other quotes
        return str(self._isolate.eval(f"{self._name}.run('{quoted}')"))

    def verify(self) -> str:
        """Whether the realm is as it was when it was new: `CLEAN`, mended, or `LOST`."""
        return str(self._isolate.eval(f"{self._name}.verify()"))

    def collect(self) -> None:
        """Have V8 collect what nobody refers to any more: 1 ms, and more where there is much."""
        self._isolate.low_memory_notification()

    def close(self) -> None:
        """End the isolate; one that is only dropped can hang V8 at exit."""
        self._isolate.close()


class Program:
    """A loaded program and its realm, which is made on first use and made again when a script has spoilt it."""

    def __init__(self, worker: Worker, text: str) -> None:
        self._worker = worker
        self._given = json.loads(text)
        self._ready: str | None = None
        self.realm: Realm | None = None
        self.solo = bool(self._given["solo"])

    def current(self) -> Realm:
        """The realm to run in."""
        if self.realm is None:
            self.realm = self._worker.open_realm(self._prepared)
        return self.realm

    def renew(self) -> None:
        """Give up the realm; closed explicitly, since one only dropped can hang V8 at exit."""
        if self.realm is not None:
            self.realm.close()
        self.realm = None

    def _prepared(self) -> str:
        if self._ready is None:
            dialect = self._given["dialect"]
            make = self._worker.isolate_class
            scripts = {
                name: Script(make, text, dialect["trailer"], dialect["names"]).to_dict()
                for name, text in self._given["scripts"].items()
            }
            self._ready = json.dumps({**self._given, "scripts": scripts})
        return self._ready


class Worker:
    """Answers runs in order; its other thread reports progress."""

    def __init__(self, isolate_class: Any, driver: str, output: int, settings: dict[str, Any]) -> None:
        self.isolate_class = isolate_class
        self.driver = driver
        self._output = output
        self._writing = threading.Lock()
        self._programs: dict[int, Program] = {}
        self._settings = settings
        self._memory = Memory()
        self._fresh = (0, 0)  # bytes of data and resident bytes of this process without realms
        self._data_limit = 0
        self._memory_limit = 0
        self._base = 0
        self._alone = False
        self._running: Realm | None = None
        self._last: Program | None = None
        self._busy = False
        self._tidying = False
        self._answered = 0  # requests

    def serve(self) -> None:
        """Answer until the pipe ends; a host that writes meanwhile waits, and its clock can still kill this process."""
        while True:
            kind, number, count, length = HEADER.unpack(_read(0, HEADER.size))
            body = _read(0, length)
            if kind == b"L":
                self._programs[number] = Program(self, body.decode("utf-8"))
            elif kind == b"D":
                self._drop(number)
            else:
                self._answer(number, count, body.decode("utf-8"))

    def _drop(self, number: int) -> None:
        program = self._programs.pop(number, None)
        if program is not None:
            program.renew()

    def _answer(self, number: int, count: int, text: str) -> None:
        self._base, self._alone = 0, True
        self._busy = True
        _renew_cpu()
        program = self._programs[number]
        self._make_room(program)
        if count == 1:  # its realm was found clean before, so its answer need not wait for the look afterwards
            self._running = program.current()
            answer = self._running.run(text)
            if program.solo:  # what it left to run later is part of its time
                self._tidy(program)
            self._send(b"A", number, count, answer.encode("utf-8"))
            self._tidying = True
            self._tidy(program)
            self._tidying = False
        else:
            whole = None if program.solo else self._batch(program, text)
            answer = self._one_at_a_time(program, text) if whole is None else whole
            self._send(b"A", number, count, answer.encode("utf-8"))
        self._answered += 1
        self._busy, self._running = False, None

    def _make_room(self, program: Program) -> None:
        """Another program's waste must not count against this one's messages."""
        if program is self._last:
            return
        self._last = program
        allowed = self._settings["memory_bytes"]
        if self._memory.resident() > self._memory_limit - allowed * 7 / 8:
            for other in self._programs.values():
                if other.realm is not None:
                    other.realm.collect()
        program.current()
        self._allow()

    def _tidy(self, program: Program) -> None:
        """After messages whose answers count: the realm is clean for the next ones, or another is taken."""
        if program.current().verify() == LOST:
            program.renew()

    def _batch(self, program: Program, text: str) -> str | None:
        """The whole batch in one call, trusted only if the realm is found clean afterwards."""
        self._alone = False
        for _ in range(ROUNDS):
            self._running = realm = program.current()
            answer = realm.run(text)
            state = realm.verify()
            if state == CLEAN:
                return answer
            if state == LOST:
                program.renew()
                return None
        return None

    def _one_at_a_time(self, program: Program, text: str) -> str:
        """Each message in a realm found clean just before; its own answer needs no look afterwards."""
        request = json.loads(text)
        answers = []
        self._alone = True
        for index, message in enumerate(request["messages"]):
            self._base = index
            self._running = program.current()
            answers.append(self._running.run(json.dumps({"op": request["op"], "messages": [message]})))
            self._tidy(program)
        return "\n".join(answers)

    # ---- the other thread ----

    def watch(self) -> None:
        """Reports the running message's index, and ends the process with its host or over its memory."""
        tick_s = self._settings["tick_s"]
        parent = os.getppid()
        last = None
        seen = 0  # how often the same was seen
        while True:
            time.sleep(tick_s)
            if os.getppid() != parent:
                os._exit(0)
            if not self._busy:
                last = None
                continue
            if self._memory.resident() > self._memory_limit:
                os._exit(OUT_OF_MEMORY)
            now = (b"T", 0, self._answered) if self._tidying else (b"P", self._index(), self._answered)
            if now != last:
                self._send(now[0], 0, now[1], b"")
                last, seen = now, 0
            seen += 1
            if seen == SURE_TICKS:
                self._send(b"S", 0, now[1], b"")

    def _index(self) -> int:
        realm = self._running
        if self._alone or realm is None:
            return self._base
        return int.from_bytes(bytes(realm.progress[:4]), sys.byteorder)

    def limit_memory(self) -> None:
        """From here on the process may take ``memory_bytes`` more than it has, realms aside."""
        self._fresh = self._memory.data(), self._memory.resident()
        self._allow()

    def _allow(self) -> None:
        realms = sum(program.realm is not None for program in self._programs.values())
        sizes = self._memory.data(), self._memory.resident()
        own = [min(now, fresh + realms * REALM_BYTES) for now, fresh in zip(sizes, self._fresh, strict=True)]
        self._data_limit, self._memory_limit = (size + self._settings["memory_bytes"] for size in own)
        self._limit_data()

    def _limit_data(self, extra: int = 0) -> None:
        if resource is not None and self._fresh[0] and self._settings["kernel_limits"]:
            limit = self._data_limit + extra
            resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))

    def open_realm(self, prepare: Callable[[], str]) -> Realm:
        """A new realm; what it takes itself does not count against a message."""
        self._limit_data(2 * REALM_BYTES)
        self._send(b"L", 0, 0, b"")
        try:
            return Realm(self.isolate_class, self.driver, prepare())
        finally:
            self._limit_data()
            self._send(b"P", 0, self._base, b"")

    def _send(self, kind: bytes, number: int, count: int, body: bytes) -> None:
        with self._writing:
            _write(self._output, HEADER.pack(kind, number, count, len(body)) + body)

    def greet(self, version: str) -> None:
        """Tell the host that messages may come."""
        self._send(b"H", 0, 0, json.dumps({"v8": version, "pid": os.getpid()}).encode("utf-8"))


def _read(source: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.read(source, min(length, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BrokenPipeError:
            os._exit(0)


class Memory:
    """Sizes of this process. The file is opened once, since the process may open none later."""

    def __init__(self) -> None:
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
        try:
            self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._statm = -1

    def resident(self) -> int:
        """Resident bytes, or the nearest that the platform tells; 0 where it tells nothing."""
        if self._statm >= 0:
            return self._field(1)
        if resource is None:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024

    def data(self) -> int:
        """Bytes that ``RLIMIT_DATA`` counts; 0 where the platform does not tell."""
        return self._field(5) if self._statm >= 0 else 0

    def _field(self, index: int) -> int:
        return int(os.pread(self._statm, 256, 0).split()[index]) * self._page


def _renew_cpu() -> None:
    """A limit on CPU time counts the whole life: keep it a minute ahead, for a worker that nobody watches."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + CPU_SLACK_S
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _close_doors() -> None:
    """No core file, no large file, no further descriptor."""
    if resource is None:
        return
    for limit, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 1 << 20), (resource.RLIMIT_NOFILE, 0)):
        resource.setrlimit(limit, (value, value))


async def _main() -> None:
    settings = json.loads(sys.argv[1])
    output = os.dup(1)
    os.dup2(2, 1)  # nothing printed by a library can be taken for an answer
    isolate_class = _isolate_class(settings["location"])
    racer = importlib.import_module("py_mini_racer")
    racer.init_mini_racer(flags=settings["flags"])
    worker = Worker(isolate_class, _driver(), output, settings)
    with isolate_class() as warm:
        version = warm.v8_version
        worker.greet(version)
    worker.limit_memory()
    _close_doors()
    threading.Thread(target=worker.watch, daemon=True).start()
    worker.serve()


if __name__ == "__main__":
    asyncio.run(_main())
