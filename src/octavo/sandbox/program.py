"""A program: what a worker needs to run the messages of one formatter."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from octavo.sandbox.toplevel import may_add, only_declares, takes_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.limits import Limits

_numbers = itertools.count(1)
_NODE = re.compile(r"Buffer|\\u")  # spelt out or escaped
_ASYNCHRONOUS = re.compile(r"\b(?:Promise|async|await)\b")


AT_HOME: Mapping[str, Any] = MappingProxyType({"zone_minutes": 0, "locale": "", "seed": 0})
"""What is around a script: Greenwich's time, no language of its own, the same chance for each message."""


class Program:
    """Script texts, the dialect's table, limits and clock, as one JSON text for the worker.

    Attributes:
        number: unlike every other program's of this process.
        body: the JSON text.
        requests: how often it was asked for anything.
    """

    __slots__ = ("body", "number", "requests")

    def __init__(
        self,
        scripts: Mapping[str, str],
        dialect: Mapping[str, Any],
        limits: Limits,
        now_ms: float | None,
        *,
        around: Mapping[str, Any] = AT_HOME,
        slow_ms: float = 2.5,
        missing: str | None = None,
        imports: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
        replaced: Mapping[str, tuple[str, ...]] | None = None,
        failures: Mapping[str, tuple[str, int, int]] | None = None,
    ) -> None:
        self.number = next(_numbers)
        self.requests = 0
        # What such a script leaves to run later would run between other messages of a batch: one message at a time.
        solo = any(_ASYNCHRONOUS.search(text) for text in scripts.values())
        content = {
            "scripts": dict(scripts),
            "dialect": dialect,
            "limits": asdict(limits),
            "now": now_ms,
            "around": dict(around),
            "slow_ms": slow_ms,
            "missing": missing,
            "imports": dict(imports or {}),
            "replaced": dict(replaced or {}),
            "failures": dict(failures or {}),
            "node": _needs_node(scripts, dialect) or any((imports or {}).values()),
            "solo": solo,
            "hollow": any(map(may_add, scripts.values())) and all(map(only_declares, scripts.values())),
            "careful": any(takes_back(text) for text in scripts.values()),
        }
        self.body = json.dumps(content).encode("utf-8", "surrogatepass")


def _needs_node(scripts: Mapping[str, str], dialect: Mapping[str, Any]) -> bool:
    """Whether a script may look for a global ``Buffer`` that its network has."""
    return "Buffer" in dialect["globals"] and any(map(_NODE.search, scripts.values()))
