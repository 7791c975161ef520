"""What is taken out before a message is kept, and before an outcome is told: keys, and where files lie here."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo import _shipped
from octavo.networks.wire import dump_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.live.config import Config


def _written(text: str) -> str:
    """A pattern for a text as URLs, and JSON within a text of JSON, may write it: any letter by its code."""
    each = (rf"(?:{re.escape(letter)}|%(?:25)?{ord(letter):02x}|\\{{1,8}}u00{ord(letter):02x})" for letter in text)
    return "".join(each)


KEY = _written("key=")
"""The name of a parameter of a URL that is a key.

Source: The Things Network documentation, "HTTP Integration" (``?key=ttn-account-v2.…``).
"""

BEFORE = "|".join(map(_written, "?&;#"))
"""What stands before a parameter, also in a URL that is itself one."""

TOKEN = rf"{_written('ttn-account-v2.')}|{_written('NNSXS.')}"
"""How API keys begin.

Source: The Things Network documentation, "HTTP Integration"; lorawan-stack, pkg/auth/token.go.
"""

TOKEN_CHARS = rf"(?:[A-Za-z0-9_.-]|{'|'.join(map(_written, '_.-'))})"

HIDDEN = rb"\\u00[0-7]"
"""How JSON may write any letter of a key."""

HINT = re.compile(rb"key=|ttn-account|NNSXS|%[2-7]|" + HIDDEN, re.IGNORECASE)
"""What is in all that is suspicious, and quickly looked for: hardly any message has it."""

SUSPICIOUS = re.compile(rf"(?:{BEFORE}){KEY}|{TOKEN}".encode() + rb"|" + HIDDEN, re.IGNORECASE)
PARAMETERS = re.compile(rf'({BEFORE})(?:{KEY}(?:[^&#"\\]+|\\.)*&?)+', re.IGNORECASE)
TOKENS = re.compile(rf"(?:{TOKEN}){TOKEN_CHARS}+", re.IGNORECASE)

STARS = "***"


def without_keys(body: bytes, message: Any) -> tuple[bytes, Any]:
    """A message without the keys that stand anywhere in it: parameters of URLs, and texts that look like API keys.

    Args:
        body: the JSON text.
        message: its value.

    Returns:
        The text and its value. The text is the one that came in unless something in it may be a key; then it is
        written anew, so that members are gone, too, which a later one of the same name hides from the value.
    """
    if not (HINT.search(body) and SUSPICIOUS.search(body)):
        return body, message
    text = PARAMETERS.sub(_rest, dump_json(message).decode("ascii"))
    text = TOKENS.sub(STARS, text)
    return text.encode("ascii"), parse_json(text)


def _rest(found: re.Match[str]) -> str:
    """What stays of parameters that are keys: what separates those before from those behind."""
    if found[1].startswith("\\"):
        return found[1]  # whole, or what stands before it would be half a letter
    if not found[0].endswith("&"):
        return ""
    return found[1] if len(found[1]) == 1 else "&"


class Places:
    """Says of files where they lie from the configuration's folder, never where that lies on this machine.

    Args:
        config: its folder, and those of the devices that it names, are what is left out.
    """

    def __init__(self, config: Config) -> None:
        named = [Path(what).parent for what in (config.device or "", *config.devices.values())]
        folders = {config.folder.absolute(), config.folder.resolve(), _shipped.root()}
        folders |= {folder for folder in named if folder.is_absolute()}
        texts = sorted((f"{folder}{os.sep}" for folder in folders if folder.name), key=len, reverse=True)
        self._here = re.compile("|".join(map(re.escape, texts)) or r"(?!)")

    def told(self, text: str) -> str:
        """A sentence, or the name of a file, without these folders."""
        return self._here.sub("", text)


def told_of(record: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    """An outcome as it is told; the message itself, and the data, stay as they are.

    Args:
        record: as `octavo.pipeline.Outcome.to_dict` has it.
        told: what is told of a sentence, or of the name of a file.
    """
    decoded = record["decoded"]
    inner = {"decoded": decoded | {"error": _each_text(decoded["error"], told)}} if decoded else {}
    return record | inner | {name: _each_text(record[name], told) for name in ("device", "error", "reason")}


def _each_text(value: Any, told: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _each_text(inner, told) for name, inner in value.items()}
    return told(value) if isinstance(value, str) else value
