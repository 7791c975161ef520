"""JSON Pointers (RFC 6901): the paths of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable


def pointer(parts: Iterable[str | int]) -> str:
    r"""The JSON Pointer made of member names and list positions.

    Half surrogates, which no encoding can print, stand as ``\udXXX``.

    >>> pointer(["a/b", 0, "m~n"])
    '/a~1b/0/m~0n'
    """
    return "".join("/" + printable(str(part)).replace("~", "~0").replace("/", "~1") for part in parts)


def printable(text: str) -> str:
    """The text with half surrogates written as escapes, so that it can be printed anywhere."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def children(node: Any) -> Iterable[tuple[str | int, Any]]:
    """What lies directly in a JSON value, with its name or position."""
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()


def order(parts: Iterable[str | int]) -> list[tuple[bool, int, str]]:
    """A key that sorts paths as people do: list positions as numbers, before names."""
    return [(False, part, "") if isinstance(part, int) else (True, 0, part) for part in parts]


def resolve(document: Any, ref: str) -> Any:
    """What a reference of the form ``#/a/b`` points to in its own document; None where nothing is.

    >>> resolve({"$defs": {"a": {"unit": "V"}}}, "#/$defs/a")
    {'unit': 'V'}
    """
    if ref != "#" and not ref.startswith("#/"):
        return None
    node = document
    for part in unquote(ref[1:]).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list) and name.isdecimal():
            node = node[int(name)] if int(name) < len(node) else None
        else:
            node = node.get(name) if isinstance(node, dict) else None
    return node
