"""What is taken out before a message is kept, and before an outcome is told: keys, and where files lie here."""

from __future__ import annotations

import json
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
    each = (rf"(?:{re.escape(letter)}|%(?:25)?{ord(letter):02x}|\\{{1,8}}+u00{ord(letter):02x})" for letter in text)
    return "".join(each)


def _any_of(*texts: str) -> str:
    return f"(?:{'|'.join(map(_written, texts))})"


OWNERS = ("api", "access", "app", "auth", "client", "private")
SECRETS = ("key", "token", "secret", "password")

NAME = rf"(?:{_any_of(*OWNERS)}{_any_of('_', '-')}?)?{_any_of(*SECRETS)}"
"""What a key is called: ``key``, ``api_key``, ``apikey``, ``access-token``, ``client_secret``, ``password`` …

Source: The Things Network documentation, "HTTP Integration" (``?key=ttn-account-v2.…``); RFC 6750, section 2.3
(``access_token``); RFC 6749, section 2.3.1 (``client_secret``).
"""

ESCAPE = r"\\{1,8}+u00"
"""How JSON within a text of JSON begins the code of a letter."""

LITERAL = rf"(?: |\\{{1,8}}+[nrt]|{ESCAPE}(?:20|0[9ad]))"
"""A blank as a sentence has it."""

SPACE = rf"(?:[+]|%(?:25)?(?:20|0[9ad])|{LITERAL})"

BEFORE = _any_of(*"?&#;")
"""What stands before a parameter, also in a URL that is itself one."""

KEY = rf"{SPACE}{{0,8}}+{NAME}{SPACE}{{0,8}}+"

END = r"""(?-i:["'nrt]|u00(?:0[9aAdD]|2[027]|3[ceCE]))"""
"""What an escape stands for where a word ends, as a URL does: a quote, a blank, the end of a line, ``<`` or ``>``."""

UNIT = rf"""(?:[^\\\s"'<>]|\\*+["'](?=\w)|\\++(?!{END})[^\\\s"'<>])"""
"""A letter of a word, whole however often JSON lies within JSON; a quote with a letter behind it closes no text."""

ADDRESS = rf"://{UNIT}*+(?:{LITERAL}{{1,8}}+(?:{NAME})?=(?={UNIT}){UNIT}*+)*+"
"""An address, also with blanks before or behind the name of a parameter; elsewhere such are parts of a sentence."""

QUERIES = re.compile(
    rf"(?:{ADDRESS}|{_written('?')}{UNIT}++|(?:{_any_of(*'&#')})(?={KEY}{_written('=')}){UNIT}*+)", re.IGNORECASE
)
"""Where parameters are, up to the end of the word: only there ``;`` is between two."""


def _parameters(percent: str) -> str:
    """A pattern for parameters that are keys, what is before and behind them; `percent` tells how ``&`` is written."""
    before, equals, behind, ends = BEFORE, _written("="), rf"[&;]|{ESCAPE}(?:26|3b)", rf"[&#;]|{ESCAPE}(?:2[36]|3b)"
    if percent:
        before, equals, behind = f"{percent}(?:3f|2[36]|3b)", f"{percent}3d", f"{percent}(?:26|3b)"
        ends += rf"|{percent}(?:2[02367]|3[bce]|5c|0[9ad])"
    key = rf"{KEY}{equals}(?:[^\\\s\"'<>&#;%]|(?!{ends}){UNIT})*+"
    return rf"({before}){key}(?:(?:{behind}){key})*+({behind}|)"


PARAMETERS = re.compile("|".join(map(_parameters, ("%25", "%", ""))), re.IGNORECASE)

FOREIGN = r"(?:[^\x00-\x7f]|\\{1,8}u(?!00[0-7])[0-9a-f]{4}|%(?:25)?[89a-f][0-9a-f])"
"""What no key has, and somebody may have pasted into one all the same: a letter beyond ASCII."""

TOKEN = rf"(?:{_written('ttn-account-v2')}|{_written('NNSXS')}){FOREIGN}{{0,8}}{_written('.')}"
"""How API keys begin.

Source: The Things Network documentation, "HTTP Integration"; lorawan-stack, pkg/auth/token.go.
"""

TOKEN_CHARS = rf"(?:[A-Za-z0-9_.-]|{'|'.join(map(_written, '_.-'))}|{FOREIGN})"

HINTS = (*(f"{name}=".encode() for name in SECRETS), b" =", b"+=", b"%", b"\\", b"ttn-account", b"nnsxs")
"""What is in all that is suspicious, and quickly looked for in small letters: hardly any message has it."""

TOKENS = re.compile(rf"(?:{TOKEN}){TOKEN_CHARS}+", re.IGNORECASE)

STARS = "***"

START = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))"
"""Where a word begins, or a parameter of a URL that is itself one."""

QUOTED = r"""\\{0,8}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)"""
BARE = r"""(?:[^\s"'&#<>]|'(?=\w))+(?<![,;:.)}\]])"""
IN_A_SENTENCE = r"[A-Za-z][a-z']*[,;:.]?\s+\S"
"""A word with others behind it: ``password: a text was expected`` tells none."""

NAMED = (
    rf"""{START}(?i:{NAME})\\{{0,8}}["']?(?:\s*=\s*(?={QUOTED})|\s+=\s+|(?i:{_written("=")}))""",
    rf"""{START}(?!(?i:key))(?i:{NAME})\\{{0,8}}["']?\s*:\s*(?={QUOTED}|(?!{IN_A_SENTENCE}))""",
    rf"""{START}(?i:Bearer|Basic)\s+(?=\S*\d)(?=\S{{8}})""",
)
"""What stands before a secret in a sentence: ``key=``, ``token = ``; ``"password": "``, ``api_key:``; ``Bearer``."""

SAID = (
    (TOKENS, STARS),
    (re.compile(r"(?<=://)[^\s/?#@:]*:[^\s/?#]*@"), f"{STARS}@"),
    (re.compile(rf"({'|'.join(NAMED)})(?:{QUOTED}|{BARE})"), rf"\1{STARS}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), STARS),
)
"""What no sentence tells, and what it says instead: API keys, a user in a URL, what is named a secret, and a JSON Web
Token, as keys of ChirpStack are.

Source: RFC 3986, section 3.2.1 (users in URLs); RFC 7235, section 4.2 (``Authorization``); RFC 7519, section 3.1.
"""


def without_keys(body: bytes, message: Any) -> tuple[bytes, Any]:
    """A message without the keys that stand anywhere in it: parameters of URLs, and texts that look like API keys.

    Args:
        body: the JSON text.
        message: its value.

    Returns:
        The text and its value. The text is the one that came in unless something in it is a key; then it is
        written anew, so that members are gone, too, which a later one of the same name hides from the value.
    """
    letters = body.lower()
    if not any(hint in letters for hint in HINTS) or _is_bare(body):
        return body, message
    text = _bare(dump_json(message).decode("ascii"))
    return text.encode("ascii"), parse_json(text)


def _is_bare(body: bytes) -> bool:
    """Whether no key is in a JSON text, also not in members that the value lacks."""
    text = json.dumps(json.loads(body, object_pairs_hook=list))
    return not (TOKENS.search(text) or any(PARAMETERS.search(found[0]) for found in QUERIES.finditer(text)))


def _bare(text: str) -> str:
    """A JSON text in ASCII without the keys in it."""
    return TOKENS.sub(STARS, QUERIES.sub(lambda found: PARAMETERS.sub(_rest, found[0]), text))


def _rest(found: re.Match[str]) -> str:
    """What stays of parameters that are keys: what separates those before from those behind."""
    before, behind = (each for each in found.groups() if each is not None)
    if before.startswith("\\"):
        return before  # whole, or what stands before it would be half a letter
    is_one_kind = len(before) == len(behind) or behind.startswith("\\")
    return before if behind and is_one_kind else behind


def without_secrets(sentence: str) -> str:
    """A sentence with stars for the secrets in it, whoever said it: a server, a script, a function of somebody's.

    Texts that are no sentence, as payloads and identifiers, stay. A text that nothing names, and that does not begin
    as keys of the networks do, is told from no payload in base64, and stays, too.
    """
    for secret, stars in SAID:
        sentence = secret.sub(stars, sentence)
    return sentence


class Places:
    """Says of files where they lie from the configuration's folder, never where that lies on this machine; no secrets.

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
        """A sentence, or the name of a file, without these folders, and without secrets."""
        return self._here.sub("", without_secrets(text))


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
