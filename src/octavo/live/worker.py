"""The process that decodes and passes on: ``python -m octavo.live.worker FD``.

Standard input brings the configuration, one line of JSON, and then a line for each commit; at its end the worker
finishes what it does and goes. Standard output belongs to the sinks. What was done is told on the descriptor ``FD``,
one JSON object a line. An error that nobody expects ends the process: who started it starts another one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error
from octavo.live.clock import Clock
from octavo.live.config import Config
from octavo.live.devices import Devices
from octavo.live.logs import configure, facts, set_up
from octavo.live.redaction import Places
from octavo.live.signals import SIGNALS
from octavo.live.sinks import make_sink
from octavo.live.stores import open_store
from octavo.live.supervisor import GRACE_S
from octavo.live.work import IDLE_S, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.live.store import Store
    from octavo.live.work import Tally
    from octavo.networks.message import Ids

log = logging.getLogger("octavo.live.worker")  # as a program its name is __main__

POKES = 4096
"""Bytes of pokes that are one poke together."""


def main() -> int:
    """Work until standard input ends; gives the exit code."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # they are for who started this; then standard input ends
    configure(sys.stderr)
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # who started this is gone
    given = json.loads(line)
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - the function takes it by place only
    try:
        _work(Config.from_json(given["config"]), _Report(descriptor), careful=given["careful"])
    except Error as error:
        log.error("no work can be done: %s", error, extra=facts("no_work", error=str(error)))  # noqa: TRY400 - the sentence tells all
        return 1
    return 0


def _work(config: Config, report: _Report, *, careful: bool) -> None:
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(contextlib.closing(open_store(config.store, durable=False)))
        devices = opened.enter_context(contextlib.closing(Devices(config)))
        sinks = [make_sink(each, config) for each in config.sinks]
        clock = Clock(floor_ms=store.steady_floor())
        options: dict[str, Any] = {"keep_ms": config.keep_ms, "careful": careful}
        work = Work(
            store, devices, sinks, clock, report.tell, **options, told=Places(config).told, named=_known(devices)
        )
        threading.Thread(target=_listen, args=[sys.stdin.fileno(), work], daemon=True).start()
        if _hold(store, work, config):
            work.run()


def _known(devices: Devices) -> Callable[[Ids], str | None]:
    """What decodes a message with some identifiers; None, too, where nobody can tell: decoding it says why."""

    def named(ids: Ids) -> str | None:
        with contextlib.suppress(ContentError):
            return devices.named(ids)
        return None

    return named


def _hold(store: Store, work: Work, config: Config) -> bool:
    """Wait until no other worker has the store; False where there is nothing to wait for any more."""
    if not store.hold():
        sentence, told = set_up(config)
        waits = "another worker has this store, and its devices and sinks are what counts"
        log.info("%s: this one waits until that ends (%s)", waits, sentence, extra=facts("waits", **told))
        while not store.hold():
            if work.stopped(IDLE_S):
                return False
        log.info("this worker has the store now: %s", sentence, extra=facts("works", **told))
    return True


def _listen(descriptor: int, work: Work) -> None:
    """Each line is a poke; at their end the work ends, and a little later the process, whatever it waits for.

    Read without a buffer: the interpreter cannot end while a thread waits in one.
    """
    with contextlib.suppress(OSError):
        while os.read(descriptor, POKES):
            work.poke()
    work.stop()
    time.sleep(GRACE_S)
    log.warning("what takes too long is left; it is done again", extra=facts("cut_short"))
    os._exit(1)


class _Report:
    """Where counts are told: a pipe that nobody may read any more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, tally: Tally) -> None:
        line: dict[str, Any] = asdict(tally)
        try:
            os.write(self._descriptor, json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
        except BrokenPipeError:
            return  # who started this is gone: standard input ends, too


if __name__ == "__main__":
    sys.exit(main())
