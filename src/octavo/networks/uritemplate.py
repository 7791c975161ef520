"""URI templates with text variables. Source: RFC 6570."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED = ":/?#[]@!$&'()*+,;="
EXPRESSION = re.compile(r"\{([+#./;?&]?)([^{}]*)\}|[{}]")
VARIABLE = re.compile(r"((?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})+)(?::([1-9][0-9]{0,3})|\*)?")
TRIPLET = re.compile(r"(%[0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Operator:
    """How an expression is written. Source: RFC 6570, appendix A."""

    first: str
    separator: str
    named: bool = False
    if_empty: str = ""
    reserved: bool = False


OPERATORS = {
    "": Operator("", ","),
    "+": Operator("", ",", reserved=True),
    "#": Operator("#", ",", reserved=True),
    ".": Operator(".", "."),
    "/": Operator("/", "/"),
    ";": Operator(";", ";", named=True),
    "?": Operator("?", "&", named=True, if_empty="="),
    "&": Operator("&", "&", named=True, if_empty="="),
}


def expand(template: str, variables: Mapping[str, str]) -> str:
    """The template with its variables filled in; one that is not given leaves nothing.

    Raises:
        ContentError: for a brace without its partner or a name that RFC 6570 does not allow.

    >>> expand("https://example.com{/appID}{?devEUI}", {"appID": "app1", "devEUI": ""})
    'https://example.com/app1?devEUI='
    """
    return EXPRESSION.sub(lambda found: _expression(template, found, variables), template)


def _expression(template: str, found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found[2] is None:
        raise ContentError(f"a lone {found[0]} at character {found.start()} of {template!r}", offset=found.start())
    operator = OPERATORS[found[1]]
    specs = [_spec(template, found, spec) for spec in found[2].split(",")]
    written = [_written(operator, spec, variables[spec[1]]) for spec in specs if spec[1] in variables]
    return operator.first + operator.separator.join(written) if written else ""


def _spec(template: str, found: re.Match[str], text: str) -> re.Match[str]:
    spec = VARIABLE.fullmatch(text)
    if not spec:
        raise ContentError(
            f"{found[0]} at character {found.start()} of {template!r}: {text!r} is no variable",
            offset=found.start(),
        )
    return spec


def _written(operator: Operator, spec: re.Match[str], value: str) -> str:
    cut = value[: int(spec[2])] if spec[2] else value
    text = _quoted(cut, reserved=operator.reserved)
    if not operator.named:
        return text
    return f"{spec[1]}={text}" if text else spec[1] + operator.if_empty


def _quoted(value: str, *, reserved: bool) -> str:
    if not reserved:
        return quote(value, safe="", errors="replace")
    # Already encoded triplets stay as they are (RFC 6570, 3.2.1).
    pieces = TRIPLET.split(value)
    return "".join(
        piece if index % 2 else quote(piece, safe=RESERVED, errors="replace") for index, piece in enumerate(pieces)
    )
