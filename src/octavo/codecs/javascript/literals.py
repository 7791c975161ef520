"""Python's values as ES5 spells them."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from octavo.codecs.numbers import tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = 114
"""Columns that a list may take before it is broken."""

_SEPARATORS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Line ends inside a text, for a parser of ES5."""


def text(value: str) -> str:
    """A text in single quotes."""
    inner = json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    for separator, escaped in _SEPARATORS.items():
        inner = inner.replace(separator, escaped)
    return f"'{inner}'"


def number(value: float) -> str:
    """A number that the parser reads as the same 64-bit float."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(tidy(float(value)) if abs(value) < 1e15 else float(value))  # noqa: PLR2004 - no exponent needed


def is_plain(value: float) -> bool:
    """Whether JavaScript prints a number as Python does."""
    return number(value) == str(value) and "e" not in str(value)


def value(data: Any) -> str:
    """Any JSON value."""
    if isinstance(data, bool) or data is None:
        return {True: "true", False: "false", None: "null"}[data]
    if isinstance(data, str):
        return text(data)
    if isinstance(data, dict):
        members = ", ".join(f"{text(name)}: {value(each)}" for name, each in data.items())
        return f"{{ {members} }}" if members else "{}"
    if isinstance(data, list | tuple):
        return f"[{', '.join(map(value, data))}]"
    return number(data)


def hexadecimal(number: int, size: int) -> str:
    """A whole number of so many bytes, in hexadecimal digits."""
    return f"0x{number:0{2 * size}x}"


def comment(words: str) -> str:
    """One line of comment."""
    return f"// {' '.join(words.split())}"


def camel(name: str) -> str:
    """A name as the end of the name of a function."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def enclosed(expression: str) -> str:
    """An expression as an operand."""
    return f"({expression})" if re.search(r" [-+*/%&|>!=?]", _without_arguments(expression)) else expression


def _without_arguments(expression: str) -> str:
    """An expression without what stands in brackets."""
    shorter = re.sub(r"\([^()]*\)", "", expression)
    return expression if shorter == expression else _without_arguments(shorter)


def listed(parts: Sequence[str]) -> str:
    """A list; a long one in lines as full as they get."""
    joined = ", ".join(parts)
    if len(joined) < LINE and "\n" not in joined:
        return f"[{joined}]"
    lines = [""]
    for part in parts:
        inner = part.replace("\n", "\n  ")
        if lines[-1] and len(lines[-1]) + len(inner.partition("\n")[0]) > LINE:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{inner}"
    return "[\n  " + ",\n  ".join(lines) + "\n]"
