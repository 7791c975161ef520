"""Parses one script in QuickJS; a program of its own.

A JSON text comes in, ``[words, line, column]`` or null goes out.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import quickjs  # type: ignore[import-untyped] # it has no type marks

try:
    import resource
except ImportError:  # not on Windows: QuickJS's own limits stay
    resource = None  # type: ignore[assignment] # what is not there

MEMORY_BYTES = 256 * 1024 * 1024
"""What QuickJS may take; parsing the largest script that a network takes needs a small part of it."""

PROCESS_BYTES = 1024 * 1024 * 1024
"""What the process may take, should QuickJS take more than it counts."""

SECONDS = 10
"""Of computing: parsing takes milliseconds."""

BEFORE = "throw 0;"
"""Stands before the script: so nothing of it runs."""

PLACE = re.compile(r"at <input>:(\d+):(\d+)")


def opinion(text: str) -> list[Any] | None:
    """The error that QuickJS tells, with its place in the text; None where it parses it."""
    context = quickjs.Context()
    context.set_memory_limit(MEMORY_BYTES)
    context.set_time_limit(SECONDS)
    try:
        context.module(BEFORE + text)
    except quickjs.JSException as error:
        return told(str(error))
    return None


def told(error: str) -> list[Any]:
    """Words, line and column of an error."""
    words, place = error.splitlines()[0], PLACE.search(error)
    if place is None:
        return [words, None, None]
    line, column = int(place[1]), int(place[2])
    return [words, line, max(1, column - len(BEFORE)) if line == 1 else column]


if __name__ == "__main__":
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (PROCESS_BYTES, PROCESS_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.write(json.dumps(opinion(json.load(sys.stdin))))
