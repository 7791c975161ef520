"""A request as the command that sends it."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octavo.networks.message import Request

KEY = "$OCTAVO_API_KEY"
BEARER = re.compile(r"(Bearer )(.+)()")
URL_KEY = re.compile(r"(.*[?&]key=)([^&#]+)(.*)")
PLAIN = re.compile(r"[\w :/.?=&%@+,~-]*", re.ASCII)


def as_curl(request: Request) -> str:
    """The ``curl`` command that sends a request, with ``$OCTAVO_API_KEY`` where its key stands.

    The key is the bearer token, or the ``key`` in the query of a v2 downlink URL.
    """
    parts = ["curl --location", *_headers(request), f"--request {request.method}"]
    if request.body:
        parts.append(f"--data {shlex.quote(request.body.decode())}")
    parts.append(_masked("", request.url, URL_KEY))
    return " \\\n  ".join(parts)


def _headers(request: Request) -> list[str]:
    return [f"--header {_masked(f'{name}: ', value, BEARER)}" for name, value in request.headers.items()]


def _masked(start: str, text: str, pattern: re.Pattern[str]) -> str:
    """A word of the shell; where the pattern finds a key, the shell puts the variable's value there."""
    found = pattern.fullmatch(text)
    if not found:
        return shlex.quote(start + text)
    before, after = start + found[1], found[3]
    if PLAIN.fullmatch(before + after):
        return f'"{before}{KEY}{after}"'
    return f'{shlex.quote(before)}"{KEY}"{shlex.quote(after) if after else ""}'
