"""``octavo serve`` as a process of its own."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .processes import SOON_S
from .terminal import environment

posix = pytest.mark.skipif(os.name != "posix", reason="signals and standard streams of POSIX")


@dataclass
class Serving:
    """A receiver that runs."""

    process: subprocess.Popen
    told: dict
    folder: Path

    @property
    def url(self):
        return self.told["url"]

    def stop(self, number):
        """Its exit code after a signal, and the rest of what it said."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=SOON_S)
        return self.process.returncode, [json.loads(line) for line in rest.splitlines()]

    def lines(self, count):
        """So many lines of standard output, as soon as they are there."""
        until = time.monotonic() + SOON_S
        while time.monotonic() < until:
            lines = (self.folder / "out").read_text(encoding="utf-8").splitlines()
            if len(lines) >= count:
                return [json.loads(line) for line in lines]
            time.sleep(0.02)
        raise AssertionError(f"fewer than {count} lines")


@contextmanager
def serving(folder, *args, **variables):
    """``octavo serve`` on a free port."""
    command = ["octavo", "serve", *args]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment() | variables, stdout=out, stderr=subprocess.PIPE, text=True
        )
    try:
        yield Serving(process, json.loads(process.stderr.readline()), folder)
    finally:
        process.kill()
        process.communicate()
