"""The process that decodes and passes on: ``python -m octavo.live.worker FD``.

Standard input brings the configuration, one line of JSON, and then a line for each commit; at its end the worker
finishes what it does and goes. Standard output belongs to the sinks. What was done is told on the descriptor ``FD``,
one JSON object a line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from octavo.live.clock import Clock
from octavo.live.config import Config
from octavo.live.devices import Devices
from octavo.live.sinks import make_sink
from octavo.live.stores import open_store
from octavo.live.work import IDLE_S, Work

if TYPE_CHECKING:
    from typing import BinaryIO

    from octavo.live.store import Store
    from octavo.live.work import Tally


def main() -> None:
    """Work until standard input ends, or SIGTERM comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this; then standard input ends
    given = json.loads(sys.stdin.buffer.readline())
    report = _Report(int(sys.argv[1]))
    config = Config.from_json(given["config"])
    store = open_store(config.store, durable=False)
    clock = Clock(floor_ms=store.steady_floor())
    devices = Devices(config, clock.steady_ms)
    sinks = [make_sink(each, config) for each in config.sinks]
    work = Work(store, devices, sinks, clock, report.tell, keep_ms=config.keep_ms, careful=given["careful"])
    signal.signal(signal.SIGTERM, lambda *_: work.stop())
    listener = threading.Thread(target=_listen, args=[sys.stdin.buffer, work], daemon=True)
    listener.start()
    try:
        if _hold(store, work):
            work.run()
    finally:
        devices.close()
        store.close()


def _hold(store: Store, work: Work) -> bool:
    """Wait until no other worker has the store; False where there is nothing to wait for any more."""
    while not store.hold():
        if work.stopped(IDLE_S):
            return False
    return True


def _listen(lines: BinaryIO, work: Work) -> None:
    """Each line is a poke; at their end the work ends."""
    for _ in lines:
        work.poke()
    work.stop()


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
    main()
