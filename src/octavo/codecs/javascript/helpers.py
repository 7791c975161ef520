"""The functions that a script may need beside its own: those that it uses, from the folder ``runtime``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

FILES = ("entries.js", "common.js", "reading.js", "shapes.js", "writing.js")

_FUNCTION = re.compile(r"(?:^//[^\n]*\n)*^function (\w+)\([^)]*\) \{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^//[^\n]*\n", re.MULTILINE)
_NO_CODE = re.compile(r"'(?:[^'\\\n]|\\.)*'|//[^\n]*")
_NAME = re.compile(r"(?<![.\w])[A-Za-z]\w*")


@cache
def library() -> dict[str, str]:
    """Every function by its name, its comment included."""
    folder = files(__package__).joinpath("runtime")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in FILES)
    return {found[1]: found[0] for found in _FUNCTION.finditer(text)}


def used_by(script: str, *, commented: bool = True) -> str:
    """The functions that a script calls, and those that these call, in the order of the library."""
    known = library()
    wanted: set[str] = set()
    waiting = _calls(script)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting |= _calls(known[name]) - wanted
    texts = [text for name, text in known.items() if name in wanted]
    return "\n".join(texts if commented else [_COMMENT.sub("", text) for text in texts])


def _calls(text: str) -> set[str]:
    return set(_NAME.findall(_NO_CODE.sub("", text))) & library().keys()
