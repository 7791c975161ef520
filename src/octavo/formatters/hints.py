"""Hints for the mistakes that are made most: a misspelt function, a global that the network has not."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from octavo.formatters.rules import Dialect

_FUNCTION = re.compile(r"\bfunction\s+([\w$]+)|\b([\w$]+)\s*=\s*(?:async\s+)?(?:function\b|\([^()]*\)\s*=>)")
_MODULE = re.compile(r"SyntaxError: (?:Cannot use import statement|Unexpected token 'export')")
_UNDEFINED = re.compile(r"ReferenceError: ([\w$]+) is not defined")
# What Node or a browser has and people expect.
_ELSEWHERE = {"Buffer", "TextDecoder", "TextEncoder", "atob", "btoa", "console", "exports", "module", "require",
              "setTimeout", "BigInt", "Intl", "window", "process", "structuredClone"}  # fmt: skip


_LONG = 10
"""Letters from which on a function's name is meant by whoever writes nearly the same; ``decode`` is anybody's."""


def misspelt(text: str) -> list[str]:
    """The functions of a script whose names are nearly those that some network calls: ``decodeUpLink``."""
    wanted = {name.lower(): name for name in _long_names()}
    found = [name for pair in _FUNCTION.findall(text) for name in pair if len(name) >= _LONG]
    return [
        name for name in dict.fromkeys(found) if name not in wanted.values() and _is_near(name.replace("_", ""), wanted)
    ]


def _is_near(name: str, wanted: Iterable[str]) -> bool:
    return bool(get_close_matches(name.lower(), wanted, 1, 0.9))


@cache
def _long_names() -> frozenset[str]:
    """The names of functions that networks call, but for short ones."""
    from octavo.formatters.dialects import DIALECTS, dialect_table  # noqa: PLC0415 - they are loaded where needed

    names = frozenset(name for dialect in DIALECTS for name in dialect_table(dialect).function_names())
    return frozenset(name for name in names if len(name) >= _LONG)


CODERS = {
    "decode_uplink": "no decoder",
    "decode_downlink": "no decoder of downlinks",
    "encode_downlink": "no encoder",
}
"""What a script has not, of which no function is there."""


def missing_hint(dialect: Dialect, texts: tuple[str, ...], operation: str | None = None) -> str:
    """What to say where a script lacks the function that its network looks for.

    Args:
        dialect: the network's table.
        texts: the scripts.
        operation: what was to be done, or None where all are looked for.
    """
    wanted = sorted(dialect.function_names())
    hint = f"{dialect.name} looks for {', '.join(wanted)}"
    if operation in CODERS and operation in dialect.operations:
        wanted = [function.name for function in dialect.operations[operation].functions]
        hint = f"the script has {CODERS[operation]}: {' or '.join(wanted)} was expected"
    found = [name for text in texts for pair in _FUNCTION.findall(text) for name in pair if name]
    if other := _dialect_of(found, operation):
        return f"{hint}; it has {other[0]}: --dialect {other[1]}"
    spelt = {name.lower(): name for name in found}
    close = [spelt[match] for name in wanted for match in get_close_matches(name.lower(), spelt, 1, 0.8)]
    misspelt = [name for name in dict.fromkeys(close) if name not in dialect.function_names()]
    return f"{hint}; the script has {', '.join(misspelt)}" if misspelt else hint


def _dialect_of(names: Iterable[str], operation: str | None) -> tuple[str, str] | None:
    """The first of some functions that a network calls for an operation, and the first such network."""
    from octavo.formatters.dialects import DIALECTS, dialect_table  # noqa: PLC0415 - they are loaded where needed

    tables = [dialect_table(name) for name in DIALECTS]
    known = {
        function.name: table.name
        for table in reversed(tables)
        for function in (table.operations[operation].functions if operation in table.operations else ())
    }
    return next(((name, known[name]) for name in names if name in known), None)


def absent_hint(message: str) -> str | None:
    """What to say of an error about a global that the network has not; None for any other."""
    if _MODULE.search(message):
        return "this looks like a module, as ChirpStack v4 has them: --dialect chirpstack4"
    found = _UNDEFINED.match(message)
    if found and found[1] == "exports":
        return "the network has no exports; drivers for TS013 and ThingPark do: --dialect ts013 or actility"
    return f"the network has no {found[1]}" if found and found[1] in _ELSEWHERE else None


def nothing_hint(function: str) -> str:
    """What to say of a function that returned nothing."""
    return f"{function} returned nothing: is a `return` missing?"


def strict_hint(message: str, texts: tuple[str, ...]) -> str | None:
    """What to say where a module assigns a name that it does not declare, as sloppy scripts may; else None."""
    found = _UNDEFINED.match(message)
    assigned = found and any(re.search(rf"(?<![\w$.]){re.escape(found[1])}\s*=(?!=)", text) for text in texts)
    return f"a script is a module here, hence strict: declare {found[1]} with var" if found and assigned else None
