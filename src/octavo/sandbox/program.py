"""A program: what a worker needs to run the messages of one formatter."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.limits import Limits

_numbers = itertools.count(1)
_ASYNCHRONOUS = re.compile(r"\b(?:Promise|async|await)\b")


class Program:
    """Script texts, the dialect's table, limits and clock, as one JSON text for the worker.

    Attributes:
        number: unlike every other program's of this process.
        body: the JSON text.
    """

    __slots__ = ("body", "number")

    def __init__(
        self,
        scripts: Mapping[str, str],
        dialect: Mapping[str, Any],
        limits: Limits,
        now_ms: float | None,
        slow_ms: float = 2.5,
    ) -> None:
        self.number = next(_numbers)
        # What such a script leaves to run later would run between other messages of a batch: one message at a time.
        solo = any(_ASYNCHRONOUS.search(text) for text in scripts.values())
        content = {
            "scripts": dict(scripts),
            "dialect": dialect,
            "limits": asdict(limits),
            "now": now_ms,
            "slow_ms": slow_ms,
            "solo": solo,
            "hollow": all(only_declares(text) for text in scripts.values()),
        }
        self.body = json.dumps(content).encode("utf-8", "surrogatepass")


# Strings, comments and regular expressions that hold quotes or braces: blanked before the text is looked at.
_OPAQUE = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""", re.DOTALL)
_INNERMOST = re.compile(r"\{([^{}]*)\}")
_FUNCTION_HEAD = re.compile(r"(?:\bfunction\s*\*?\s*[\w$]*\s*\([^()]*\)|=>)\s*$")
_CALL = re.compile(r"(?:[\w$\])]|§)\s*\(|\bnew\b|`")
_HARMLESS = re.compile(r"\b(?:if|function|Object\s*\.\s*defineProperty)\s*[\w$]*\s*\(")
_ENUMERATES = re.compile(r"\bin\b|\bof\b|\.\.\.")


def only_declares(text: str) -> bool:
    """Whether the top level of a script does nothing but declare and assign.

    Such a script cannot tell, while its top level runs, a property that is missing from one that is ``undefined``:
    it calls nothing and enumerates nothing outside its function bodies. A careful no is always right.
    """
    code = _OPAQUE.sub('""', text)
    while (found := _INNERMOST.search(code)) is not None:
        is_body = _FUNCTION_HEAD.search(code, 0, found.start()) is not None
        code = f"{code[: found.start()]}{'§' if is_body else '<' + found.group(1) + '>'}{code[found.end() :]}"
    code = _HARMLESS.sub("if ", code)
    return _CALL.search(code) is None and _ENUMERATES.search(code) is None
