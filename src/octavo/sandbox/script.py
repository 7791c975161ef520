"""A script text made ready for the driver; part of the worker, which loads this file by its path."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Any

_PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")


class Script:
    """One script text made ready for the driver: checked alone, then wrapped in a function.

    The text must parse as a Script by itself, so nothing breaks out of the wrapper, and a top-level ``return`` is the
    SyntaxError that it is on the server. The check hoists its ``var`` and ``function`` names onto an emptied global
    object, from where they are read: those that shadow a built-in become parameters (``var JSON = JSON || …`` keeps
    the built-in in a real Script), all of them are found through ``this.name``.

    A module is strict, has no ``this``, and its names are no properties of the global object. The host has taken its
    imports out of the text; here they are parameters, as are the objects that a script may put its functions on.
    """

    def __init__(
        self,
        isolate_class: Any,
        text: str,
        dialect: dict[str, Any],
        *,
        imports: dict[str, list[str]],
        replaced: list[str],
        failure: tuple[str, int, int] | None,
    ) -> None:
        self.failure: list[str] | None = None
        self.given: list[list[str]] = []
        self._dialect = dialect
        self._imports = imports  # local name: module and its name there
        self._replaced = replaced  # those whose place a function of the script takes
        self._declared: list[str] = []
        self._refuses = False
        self._text = ""
        text = re.sub(r"\A#!", "//", text)
        if failure is not None:
            reason, line, column = failure
            self.failure = [reason, f"(octavo-script.js:{line + 1}:{column})"]
            return
        with isolate_class() as scratch:
            self._check(scratch, text)
            if self.failure is None:
                self._text = self._wrapped(text)

    def to_dict(self) -> dict[str, Any]:
        """What the driver needs, as JSON values."""
        return {
            "text": self._text,
            "failure": self.failure,
            "declared": self._declared,
            "given": self.given,
            "refuses": self._refuses,
        }

    def _check(self, scratch: Any, text: str) -> None:
        probe = f"probe_{secrets.token_hex(8)}"
        scratch.eval(_PROBE.replace("PROBE", probe))
        built_in = set(json.loads(scratch.eval(f"{probe}.empty()")))
        is_module = self._dialect["module"]
        self.strict = is_module or bool(scratch.eval(f"{probe}.strict({json.dumps(text)})"))
        before = set(json.loads(scratch.eval(f"{probe}.names()")))
        start = '"use strict";' if self.strict else ""
        bound = [name for name in self._imports if name not in self._replaced]
        trailer = self._dialect["trailer"] + (f"let {','.join(bound)};" if bound else "")
        self.failure = _failure(scratch, f"{start}throw 0;\n{text}\n;{trailer}", text)
        if is_module and self.failure is None:  # in a block, as in a module, no two declarations have one name
            self.failure = _failure(scratch, f"{start}{{throw 0;\n{text}\n;{trailer}}}", text)
        names = set(json.loads(scratch.eval(f"{probe}.names()"))) - before - _functions(trailer)
        self._declared = [] if is_module else sorted(_reached(names, text))
        # Strict code may not assign an undeclared name; only code that names the global object may mean to add to it.
        self._refuses = self.strict and _GLOBAL_OBJECT.search(text) is None
        fresh = self._dialect["fresh"]
        self.given = [["fresh", name] for name in fresh] + [[module, name] for module, name in self._imports.values()]
        self._inner = [] if is_module else sorted(names & {*built_in, *fresh})
        self.given += [["global", name] for name in self._inner if name not in fresh]
        self._outer = [*fresh, *self._imports, *(name for name in self._inner if name not in fresh)]

    def _wrapped(self, text: str) -> str:
        # A script can get at the inner function's text and so at its names: what is named there must not be assignable.
        outer, secret = secrets.token_hex(8), secrets.token_hex(8)
        plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
        named = [name for name in self._dialect["names"] if _names(plain, name)]  # a miss on the global object is slow
        held = [name for name in self._dialect["holders"] if _names(plain, name)]
        cases = [f'case"{name}":return typeof {name}==="function"?{name}:void 0;' for name in named]
        cases += [f'case"{name}":return typeof {name}==="undefined"?void 0:{name};' for name in held]
        cases += [f"case{json.dumps(name)}:return {name};" for name in self._declared if name not in {*named, *held}]
        start = '"use strict";' if self.strict else ""
        find = f"$found_{secret}(($name_{secret})=>{{switch($name_{secret}){{{''.join(cases)}}}}});"
        handed = [f"$handed{n}_{secret}" for n in range(len(self._outer))]
        taken = "".join(_GRAFT % (name, handed[self._outer.index(name)]) for name in self._replaced)
        body = f"{{{start}{find}{taken}\n{text}\n}}"
        given = ",".join(self._outer)
        if self._dialect["module"]:
            bound = "".join(f"const {name}={value};" for name, value in zip(self._outer, handed, strict=True))
            made = f"({','.join(handed)})=>{{{bound}return(function(){body})()}}"
        elif self._dialect["fresh"]:  # its own `let exports` hides the one given, its own `var exports` is that one
            inner = ",".join(self._inner)
            made = f"({given})=>(({inner})=>{body})({inner})"
        else:
            made = f"({given})=>{body}"
        return (
            f"($given_{outer})=>{{const $found_{secret}=$given_{outer};return {made}}}\n//# sourceURL=octavo-script.js"
        )


# A function that takes the place of an imported class: the module's own code puts the class's members on it.
_GRAFT = (
    "((own,theirs)=>{const all=Object.getOwnPropertyDescriptors,{constructor:made,...more}=all(theirs.prototype),"
    "{length:count,name:called,prototype:shape,...fixed}=all(theirs);"
    "Object.defineProperties(own.prototype,more);Object.defineProperties(own,fixed);"
    "Object.setPrototypeOf(own.prototype,Uint8Array.prototype);Object.setPrototypeOf(own,Uint8Array);})(%s,%s);"
)


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


_ESCAPE = re.compile(r"\\u(?:\{0*([0-9a-fA-F]{1,5})\}|([0-9a-fA-F]{4}))")
_GLOBAL_OBJECT = re.compile(r"\b(?:this|globalThis|eval|Function|constructor)\b")
_MEMBER = re.compile(r"""(?:\.\s*|["'`])([\w$]+)""")


def _reached(names: set[str], text: str) -> set[str]:
    """Those of the declared names that the text may look for on the global object."""
    return names & set(_MEMBER.findall(text)) if _GLOBAL_OBJECT.search(text) else set()


def _functions(text: str) -> set[str]:
    return set(re.findall(r"function\s+([\w$]+)", text))


_THROWN = re.compile(r"[^\n]*:1: 0\n[^\n]*throw 0;\n")  # in front the script's name, which a comment of its may set
_PLACE = re.compile(r"^\S*?:(\d+): (?:Uncaught )?([^\n]*)\n[^\n]*\n(\s*)\^")


def _failure(scratch: Any, code: str, script: str) -> list[str] | None:
    """What is wrong with code that throws before the script begins, or None."""
    try:
        scratch.eval(code)
    except scratch.failed as error:
        return _syntax_failure(str(error), script)
    return None


def _syntax_failure(error: str, script: str) -> list[str] | None:
    """[message, place] of a script that does not parse; None for one that only threw our own ``throw 0``."""
    if _THROWN.match(error):
        return None
    found = _PLACE.search(error)
    if found is None:
        return [error.splitlines()[0], ""]
    line, message, indent = found.groups()
    lines = script.rstrip().split("\n")
    if int(line) > len(lines) + 1:  # cut off: only what the network appends made it fail
        return [message, f"(octavo-script.js:{len(lines) + 1}:{len(lines[-1]) + 1})"]
    return [message, f"(octavo-script.js:{line}:{len(indent) + 1})" if int(line) > 1 else ""]
