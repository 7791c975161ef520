"""What hostile scripts are made of, and how much of this process they may take."""

import os
from pathlib import Path

import pytest

from octavo.limits import MIB, Limits

HASTY = Limits(time_s=0.6, memory_bytes=96 * MIB)  # for scripts that never end
PATIENT = Limits(time_s=20.0, memory_bytes=96 * MIB)  # for those that do, on a machine under load
MOST_GROWTH = 50 * MIB
SOON_S = 20.0  # a bound for a machine under load; a spare worker answers in milliseconds
GOOD = "function decodeUplink(input){return {data:{sum:input.bytes[0]+input.bytes[1]}}}"
HEAD = "function decodeUplink(input){var bytes=input.bytes;"
MEMORY = {"limit_memory", "worker_lost"}  # V8 ends its process, or refuses; which, is its own choice
TIME_OR_MEMORY = MEMORY | {"script_timeout", "script"}


def resident():
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def inside(code):
    """A script whose decoder runs the code."""
    return f"{HEAD}{code}\nreturn {{data:{{done:true}}}};}}"


def cases(table):
    return [pytest.param(*row, id=name) for name, row in table.items()]
