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
import importlib.util
import json
import os
import secrets
import struct
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
NODE = ("encodings.js", "buffer.js", "modules.js")
DRIVER = ("builtins.js", "data.js", "bytes.js", "console.js", "realm.js", "putback.js", "watching.js", "flow.js")
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


def _script_class() -> Any:
    """The class of the file beside this one, which is no package to import from here."""
    path = Path(__file__).with_name("script.py")
    spec = importlib.util.spec_from_file_location("octavo_script", path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type] # None for what is no Python file
    spec.loader.exec_module(module)  # type: ignore[union-attr] # likewise
    return module.Script


def _text(folder: str, names: tuple[str, ...]) -> str:
    return "\n".join((Path(__file__).with_name(folder) / name).read_text(encoding="utf-8") for name in names)


def _driver() -> str:
    """The driver's files as the one function that they are."""
    return f'(function (shared) {{ "use strict";\n{_text("driver", DRIVER)}\nreturn api; }})'


def _node() -> str:
    """Node's modules as the one expression that they are."""
    return f'(function () {{ "use strict";\n{_text("node", NODE)}\nreturn modules; }})()'


class Sources(NamedTuple):
    """What lies beside this file, read before a script runs: afterwards no file can be opened."""

    driver: str
    node: str
    script: Any


class Realm:
    """One isolate with the driver and one program loaded.

    Attributes:
        kind: what its programs have in common.
        progress: index of the running message.
    """

    def __init__(self, isolate_class: Any, driver: str, program: str, node: str | None, kind: str) -> None:
        self.kind = kind
        self._isolate = isolate_class()
        self._name = f"octavo_{secrets.token_hex(8)}"  # a lexical name, which no script can list or guess
        self.progress = self._isolate.eval(f"let {self._name}_shared=new SharedArrayBuffer(4);{self._name}_shared")
        self._isolate.eval(f"let {self._name}=({driver})({self._name}_shared);{self._name}_shared=null;''")
        given = json.dumps(program) if node is None else f"{json.dumps(program)},{json.dumps(node)}"
        self._isolate.eval(f"{self._name}.load({given})")

    def run(self, text: str) -> str:
        """The answers to messages, as the driver's ``run`` gives them."""
        quoted = text.replace("\\", "\\\\").replace("'", "\\'")  # JSON text is full of the other quotes
        return str(self._isolate.eval(f"{self._name}.run('{quoted}')"))

    def verify(self) -> str:
        """Whether the realm is as it was when it was new: `CLEAN`, mended, or `LOST`."""
        return str(self._isolate.eval(f"{self._name}.verify()"))

    def adopt(self, program: str) -> None:
        """Load another program of the same kind."""
        self._isolate.eval(f"{self._name}.adopt({json.dumps(program)})")

    def leave(self) -> bool:
        """Give the program up; whether another may have the realm, which is as it was when it was new."""
        return str(self._isolate.eval(f"{self._name}.leave()")) == CLEAN

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
        dialect = self._given["dialect"]
        world = [dialect[name] for name in ("globals", "absent", "console")]
        self.kind = json.dumps([world, [self._given[name] for name in ("around", "careful", "now", "node")]])

    def current(self) -> Realm:
        """The realm to run in."""
        if self.realm is None:
            self.realm = self._worker.open_realm(self._prepared, self.kind, with_node=self._given["node"])
        return self.realm

    def release(self) -> Realm | None:
        """Give up the realm, and give it to whoever may have it: what runs later may still run in a solo one."""
        realm, self.realm = self.realm, None
        if realm is None or (not self.solo and realm.leave()):
            return realm
        realm.close()
        return None

    def renew(self) -> None:
        """Give up the realm; closed explicitly, since one only dropped can hang V8 at exit."""
        if self.realm is not None:
            self.realm.close()
        self.realm = None

    def _prepared(self) -> str:
        if self._ready is None:
            dialect = self._given["dialect"]
            make, script = self._worker.isolate_class, self._worker.sources.script
            scripts = {
                name: script(
                    make,
                    text,
                    dialect,
                    imports=self._given["imports"].get(name, {}),
                    replaced=self._given["replaced"].get(name, []),
                    failure=self._given["failures"].get(name),
                ).to_dict()
                for name, text in self._given["scripts"].items()
            }
            self._ready = json.dumps({**self._given, "scripts": scripts})
        return self._ready


class Worker:
    """Answers runs in order; its other thread reports progress."""

    def __init__(self, isolate_class: Any, sources: Sources, output: int, settings: dict[str, Any]) -> None:
        self.isolate_class = isolate_class
        self.sources = sources
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
        self._idle: Realm | None = None
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
        if program is None or (realm := program.release()) is None:
            return
        self._keep(realm)
        if not self._is_lean():  # what it has left behind would count against the next one
            self._keep(None)

    def _is_lean(self) -> bool:
        """Whether this process holds no more than its realms take by themselves."""
        sizes = self._memory.data(), self._memory.resident()
        room = self._realms() * REALM_BYTES
        return all(now <= fresh + room for now, fresh in zip(sizes, self._fresh, strict=True))

    def _realms(self) -> int:
        return sum(program.realm is not None for program in self._programs.values()) + (self._idle is not None)

    def _keep(self, realm: Realm | None) -> None:
        """One realm that was left clean waits for the next program; another one is closed."""
        if self._idle is not None:
            self._idle.close()
        self._idle = realm

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
        realms = self._realms()
        sizes = self._memory.data(), self._memory.resident()
        own = [min(now, fresh + realms * REALM_BYTES) for now, fresh in zip(sizes, self._fresh, strict=True)]
        self._data_limit, self._memory_limit = (size + self._settings["memory_bytes"] for size in own)
        self._limit_data()

    def _limit_data(self, extra: int = 0) -> None:
        if resource is not None and self._fresh[0] and self._settings["kernel_limits"]:
            limit = self._data_limit + extra
            resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))

    def open_realm(self, prepare: Callable[[], str], kind: str, *, with_node: bool) -> Realm:
        """A new realm, or one as good; what it takes itself does not count against a message."""
        self._limit_data(2 * REALM_BYTES)
        self._send(b"L", 0, 0, b"")
        try:
            program = prepare()
            realm, self._idle = self._idle, None
            if realm is not None and realm.kind == kind:
                realm.adopt(program)
                return realm
            self._keep(realm)
            node = self.sources.node if with_node else None
            return Realm(self.isolate_class, self.sources.driver, program, node, kind)
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


def _end_without_memory(unraisable: Any) -> None:
    """mini-racer's callbacks lose an answer that there was no memory for: the host would wait for it."""
    if isinstance(unraisable.exc_value, MemoryError) or unraisable.exc_type is MemoryError:
        os._exit(OUT_OF_MEMORY)
    sys.__unraisablehook__(unraisable)


async def _main() -> None:
    sys.unraisablehook = _end_without_memory
    settings = json.loads(sys.argv[1])
    output = os.dup(1)
    os.dup2(2, 1)  # nothing printed by a library can be taken for an answer
    isolate_class = _isolate_class(settings["location"])
    racer = importlib.import_module("py_mini_racer")
    racer.init_mini_racer(flags=settings["flags"])
    sources = Sources(_driver(), _node(), _script_class())
    worker = Worker(isolate_class, sources, output, settings)
    with isolate_class() as warm:
        version = warm.v8_version
        worker.greet(version)
    worker.limit_memory()
    _close_doors()
    threading.Thread(target=worker.watch, daemon=True).start()
    worker.serve()


if __name__ == "__main__":
    asyncio.run(_main())
