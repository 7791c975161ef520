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

KEY = r"(?:k|%6b)(?:e|%65)(?:y|%79)="
"""The name of a parameter of a URL that is a key, also where its letters are percent-encoded.

Source: The Things Network documentation, "HTTP Integration" (``?key=ttn-account-v2.…``).
"""

TOKEN = r"ttn-account-v2\.|NNSXS\."  # noqa: S105 - how keys begin, none of them
"""How API keys begin.

Source: The Things Network documentation, "HTTP Integration"; lorawan-stack, pkg/auth/token.go.
"""

TOKEN_CHARS = r"[A-Za-z0-9_.-]"  # noqa: S105 - likewise

HIDDEN = rb"\\u00[0-7]"
"""How JSON may write any letter of a key."""

SUSPICIOUS = re.compile(rf"[?&;]{KEY}|{TOKEN}".encode() + rb"|" + HIDDEN, re.IGNORECASE)
PARAMETERS = re.compile(rf'([?&;])(?:{KEY}(?:[^&#"\\]+|\\.)*&?)+', re.IGNORECASE)
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
    if not SUSPICIOUS.search(body):
        return body, message
    text = PARAMETERS.sub(_rest, dump_json(message).decode("ascii"))
    text = TOKENS.sub(STARS, text)
    return text.encode("ascii"), parse_json(text)


def _rest(found: re.Match[str]) -> str:
    """What stays of parameters that are keys: what separates those before from those behind."""
    return found[1] if found[0].endswith("&") else ""


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
