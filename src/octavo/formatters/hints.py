"""Hints for the mistakes that are made most: a misspelt function, a global that the network has not."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octavo.formatters.rules import Dialect

_FUNCTION = re.compile(r"\bfunction\s+([\w$]+)|\b([\w$]+)\s*=\s*(?:async\s+)?(?:function\b|\([^()]*\)\s*=>)")
_MODULE = re.compile(r"SyntaxError: (?:Cannot use import statement|Unexpected token 'export')")
_UNDEFINED = re.compile(r"ReferenceError: ([\w$]+) is not defined")
# What Node or a browser has and people expect.
_ELSEWHERE = {"Buffer", "TextDecoder", "TextEncoder", "atob", "btoa", "console", "exports", "module", "require",
              "setTimeout", "BigInt", "Intl", "window", "process", "structuredClone"}  # fmt: skip


def missing_hint(dialect: Dialect, texts: tuple[str, ...]) -> str:
    """What to say where a script lacks the function that its network looks for."""
    wanted = sorted(dialect.function_names())
    found = [name for text in texts for pair in _FUNCTION.findall(text) for name in pair if name]
    spelt = {name.lower(): name for name in found}
    close = [spelt[match] for name in wanted for match in get_close_matches(name.lower(), spelt, 1, 0.8)]
    misspelt = [name for name in dict.fromkeys(close) if name not in wanted]
    hint = f"{dialect.name} looks for {', '.join(wanted)}"
    return f"{hint}; the script has {', '.join(misspelt)}" if misspelt else hint


def absent_hint(message: str) -> str | None:
    """What to say of an error about a global that the network has not; None for any other."""
    if _MODULE.search(message):
        return "this looks like a module, as ChirpStack v4 has them: --dialect chirpstack4"
    found = _UNDEFINED.match(message)
    if found and found[1] == "exports":
        return "the network has no exports; drivers for TS013 and ThingPark do: --dialect ts013 or actility"
    return f"the network has no {found[1]}" if found and found[1] in _ELSEWHERE else None


def strict_hint(message: str, texts: tuple[str, ...]) -> str | None:
    """What to say where a module assigns a name that it does not declare, as sloppy scripts may; else None."""
    found = _UNDEFINED.match(message)
    assigned = found and any(re.search(rf"(?<![\w$.]){re.escape(found[1])}\s*=(?!=)", text) for text in texts)
    return f"a script is a module here, hence strict: declare {found[1]} with var" if found and assigned else None
