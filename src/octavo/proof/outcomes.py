"""What the sides of a proof gave, in one form, so that it can be compared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from octavo.codecs.numbers import MOST
from octavo.codecs.reference import before_got
from octavo.errors import Error, LimitError

if TYPE_CHECKING:
    from octavo.messages import Decoded, Encoded

THROWN = "Error: "
"""What an engine puts in front of the message of an Error that was thrown."""

_LONG = re.compile(r"\d{16}")
MOST_TEXT = 4000
"""Characters of an error that are compared: the sandbox keeps 4096, and a network's words may stand before them."""

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side made of a frame, or of data.

    Attributes:
        ok: whether it was taken.
        text: what came of it, or the error up to what it got: kind, field, byte and bit.
        shown: the same, in full.
        is_limit: whether it went on until a limit ended it.
    """

    ok: bool
    text: str
    shown: str
    is_limit: bool = False


def taken(value: Any) -> Outcome:
    """Data, or bytes with their port."""
    text = _JSON.encode(value)
    if _LONG.search(text):
        text = _JSON.encode(_one_kind(value))
    return Outcome(ok=True, text=text, shown=text)


def _one_kind(value: Any) -> Any:
    """Whole numbers beyond 2**53 as floats: JSON has them in many forms, and JavaScript in one."""
    if isinstance(value, dict):
        return {name: _one_kind(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_one_kind(inner) for inner in value]
    return float(value) if type(value) is int and abs(value) > MOST else value


def refused(message: str) -> Outcome:
    """An error, whose sentence is ``field (byte n): expected this, got that``."""
    return Outcome(ok=False, text=before_got(message)[:MOST_TEXT], shown=message)


def of_decoding(result: Decoded | Error, *, prefixes: tuple[str, ...] = (), measured: bool = False) -> Outcome:
    """The outcome of a decoder; a limit or a lost worker counts as an error of its own.

    Args:
        result: what came of it.
        prefixes: what the network may put in front of the sentence of a script.
        measured: whether normalized measurements count too.
    """
    if isinstance(result, Error):
        return _failed(result, prefixes)
    return taken({"data": result.data, "normalized": result.normalized} if measured else {"data": result.data})


def of_encoding(result: Encoded | Error, *, prefixes: tuple[str, ...] = (), with_port: bool = True) -> Outcome:
    """The outcome of an encoder, as `of_decoding` has that of a decoder; the port counts ``with_port`` only."""
    if isinstance(result, Error):
        return _failed(result, prefixes)
    payload = None if result.frm_payload is None else result.frm_payload.hex()
    return taken({"hex": payload, "f_port": result.f_port} if with_port else {"hex": payload})


def _failed(error: Error, prefixes: tuple[str, ...]) -> Outcome:
    return replace(refused(_sentence(error, prefixes)), is_limit=isinstance(error, LimitError))


def _sentence(error: Error, prefixes: tuple[str, ...]) -> str:
    """What the script said, without what the network puts in front of it, and without the place behind it."""
    sentence = (error.message or "").partition("\n")[0]
    for prefix in prefixes:
        sentence = sentence.removeprefix(prefix)
    return sentence.removeprefix(THROWN) if error.name == "script" else sentence
