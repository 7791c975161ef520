"""What the top level of a script does, read from its tokens.

A script that adds a property to a built-in does so again for every message. The driver would rather leave such a
property in place, hollow (``undefined``), than delete it; that is sound only if the script cannot tell the
difference before its top level has filled it again. Here that is proved, or not: a careful no is always right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CHARACTERS = 128 * 1024
MOST_KNOWN = 32
"""Texts of which the answer is kept: a script is loaded for each of its operations, and for each network."""

_TOKEN = re.compile(
    r"""
    (?P<space> \s+ | //[^\n\r\u2028\u2029]* | /\*.*?\*/ )
  | (?P<text> "(?:\\(?:\r\n|.)|[^"\\\r\n])*" | '(?:\\(?:\r\n|.)|[^'\\\r\n])*' )
  | (?P<number> (?:\d[\w.]*|\.\d\w*)(?:(?<=[eE])[-+]\d+)? )
  | (?P<name> [\w$]+ )
  | (?P<sign> => | ===? | !==? | && | \|\| | \?\? | \+\+ | -- | \.\.\. | [-+*%&|^<>]= | >>>? | <<
            | [-+*%/.=,;:?!~&|^<>(){}\[\]] )
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\r\n])*\]|[^/\\\[\r\n])+/[a-z]*")
# Two divisions, or a regular expression that would mislead us.
_DOUBTFUL = re.compile(r"/[^/\r\n]*['\"(){}\[\]\\][^/\r\n]*/")

TEXT, NUMBER, REGEX, FUNCTION = '""', "0", "//", "function()"
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ENDS = {")", "]", "}", ".", TEXT, NUMBER, REGEX, FUNCTION}  # after these an opening bracket continues an expression
_SIMPLE = {"var", "let", "const", "if", "else", "typeof"}
# fmt: off
_REFUSED = {
    "async", "await", "break", "case", "catch", "class", "continue", "debugger", "default", "delete", "do",
    "enum", "export", "extends", "finally", "for", "import", "in", "instanceof", "new", "return", "static",
    "super", "switch", "throw", "try", "void", "while", "with", "yield",
}
# fmt: on
_PLAIN = {".", ",", ";", ":", "?", "{", "}", ")", "!", "&&", "||", "??", "===", "!=="}
_ARITHMETIC = {"+", "-", "*", "/", "%", "<<", ">>", ">>>", "&", "|", "^", "~"}
_VALUES = {FUNCTION, TEXT, NUMBER, "true", "false"}
_GOES_ON = {".", "[", "(", "?", "&&", "||", "??"} | _ARITHMETIC


_ESCAPE = re.compile(r"\\u(?:\{0*([0-9a-fA-F]{1,5})\}|([0-9a-fA-F]{4}))")
_TAKES_BACK = re.compile(r"(?<![\w$.])(?:delete|extends)(?![\w$])|(?<![\w$])eval(?![\w$])")


# A member of a prototype, or of a name with a capital letter, is assigned or defined; or a name is escaped.
_MAY_ADD = re.compile(r"prototype|__proto__|defineProp|\\|\b[A-Z][\w$]*\s*[.\[][^=;\n]*=(?!=)")


class _NotUnderstoodError(Exception):
    """The text holds something that these rules do not cover."""


@lru_cache(maxsize=MOST_KNOWN)
def only_declares(text: str) -> bool:
    """Whether the top level calls nothing, converts nothing, enumerates nothing, and adds only what is not undefined.

    Such a script cannot tell, while its top level runs, a property that is missing from one that is ``undefined``.
    """
    if len(text) > MOST_CHARACTERS:
        return False
    try:
        tokens = _tokens(text)
        return not {"delete", "Reflect"} & set(tokens) and _declares(_without_bodies(tokens))
    except _NotUnderstoodError:
        return False


def may_add(text: str) -> bool:
    """Whether the text looks as if it added a property to a built-in; a wrong answer costs time only."""
    return _MAY_ADD.search(text) is not None


def takes_back(text: str) -> bool:
    """Whether the text may undo by itself what an earlier message did to a built-in, so that no later look shows it.

    It takes ``delete``, a text run by ``eval``, or a field that a derived class defines on what its base returned;
    the built-ins that could do as much the driver watches.
    """
    return _TAKES_BACK.search(_ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)) is not None


def _tokens(text: str) -> list[str]:
    """Names and signs; texts, numbers and regular expressions as one token each."""
    tokens: list[str] = []
    position = 0
    if "<!--" in text or "-->" in text:
        raise _NotUnderstoodError
    while position < len(text):
        found = _slash(text, position, tokens) or _TOKEN.match(text, position)
        if found is None:
            raise _NotUnderstoodError
        position = found.end()
        if found.re is _REGEX:
            tokens.append(REGEX)
        elif found.lastgroup != "space":
            tokens.append({"text": TEXT, "number": NUMBER}.get(found.lastgroup or "", found[0]))
    return tokens


def _slash(text: str, position: int, tokens: list[str]) -> re.Match[str] | None:
    """A regular expression, if one begins here."""
    if text[position] != "/" or text[position : position + 2] in {"//", "/*"}:
        return None
    before = tokens[-1] if tokens else ";"
    if before in {")", "}", "++", "--"} and _DOUBTFUL.match(text, position):
        raise _NotUnderstoodError
    operator = before in _REFUSED | {"typeof", "else"} and tokens[-2:-1] != ["."]
    divides = before in _ENDS or before in {"++", "--"} or (_is_name(before) and not operator)
    return None if divides else _REGEX.match(text, position)


def _is_name(token: str) -> bool:
    return token[0].isalnum() or token[0] in "_$"


def _without_bodies(tokens: list[str]) -> list[str]:
    """Each function as one token; its parameters and body run only when it is called."""
    kept: list[str] = []
    position = 0
    while position < len(tokens):
        word = tokens[position]
        if word == "function" and tokens[position - 1 : position] != ["."]:
            position = _closing(tokens, _closing(tokens, _parameters(tokens, position + 1)) + 1)
            word = FUNCTION
        elif word == "=>":
            position = _closing(tokens, position + 1)
            word = FUNCTION
        kept.append(word)
        position += 1
    return kept


def _parameters(tokens: list[str], position: int) -> int:
    """Where the parameters of a function begin, after its star and its name."""
    for at in range(position, min(position + 3, len(tokens))):
        if tokens[at] == "(":
            return at
        if tokens[at] != "*" and not _is_name(tokens[at]):
            break
    raise _NotUnderstoodError


def _closing(tokens: list[str], position: int) -> int:
    """Where the bracket that opens at this position closes."""
    expected: list[str] = []
    for at in range(position, len(tokens)):
        if tokens[at] in _CLOSING:
            expected.append(_CLOSING[tokens[at]])
        elif expected and tokens[at] == expected[-1]:
            expected.pop()
        if not expected:
            if at == position:  # no bracket opens here
                break
            return at
    raise _NotUnderstoodError


def _declares(code: list[str]) -> bool:
    padded = ["", *code, "", ""]
    return all(_harmless(padded, at) for at in range(1, len(code) + 1))


def _harmless(code: list[str], at: int) -> bool:
    word = code[at]
    for words, rule in _RULES:
        if word in words:
            return rule(code, at)
    return word in _VALUES or word == REGEX or _is_name(word)


def _separates(code: list[str], at: int) -> bool:
    return code[at] != "}" or code[at + 1] != "="  # taking objects apart


def _opens(code: list[str], at: int) -> bool:
    """A bracket that groups or lists, or a member named by a constant; no call, no computed key."""
    if not _ends(code[at - 1]):
        return code[at] == "(" or code[at - 1] not in {"var", "let", "const"}
    return code[at] == "[" and code[at - 1] != "." and code[at + 1] in {TEXT, NUMBER} and code[at + 2] == "]"


def _closes(code: list[str], at: int) -> bool:
    """No computed key, no taking arrays apart."""
    return code[at + 1] != ":" and (code[at + 1] != "=" or code[at - 2] == "[")


def _assigns(code: list[str], at: int) -> bool:
    if code[at - 1] == "]" or code[at - 2] == ".":  # a member: what it is given must not be undefined
        return code[at + 1] in _VALUES and code[at + 2] not in _GOES_ON
    return _ends(code[at - 1]) and _is_name(code[at - 1])


def _compares(code: list[str], at: int) -> bool:
    """Only what needs no conversion."""
    if code[at + 1] == TEXT:
        return "typeof" in code[max(0, at - 8) : at]
    return code[at + 1] in {"null", "undefined"}


def _computes(code: list[str], at: int) -> bool:
    """Only with constants."""
    return code[at + 1] in {TEXT, NUMBER} and (code[at - 1] in {TEXT, NUMBER} or not _ends(code[at - 1]))


def _names(code: list[str], at: int) -> bool:
    """A reserved word only as the name of a member."""
    return code[at - 1] == "." or (code[at + 1] == ":" and code[at - 1] in {"{", ","})


def _ends(word: str) -> bool:
    """Whether a token may end an expression."""
    return word in _ENDS or (word != "" and _is_name(word) and word not in _SIMPLE)


_RULES: tuple[tuple[set[str], Callable[[list[str], int], bool]], ...] = (
    (_PLAIN, _separates),
    ({"(", "["}, _opens),
    ({"]"}, _closes),
    ({"="}, _assigns),
    ({"==", "!="}, _compares),
    (_ARITHMETIC, _computes),
    (_REFUSED, _names),
)
