"""What a rule says: a finding before it has a subject; and what each kind of finding means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sized

    from octavo._syntax import Node


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding of one rule in one script.

    Attributes:
        kind: one of `KINDS`.
        where: tells two of a kind apart: a construct, a name, a function.
        message: what was seen.
        dialects: where it counts.
        node: where it stands, or None.
        severity: None is the kind's.
        place: line and column where there is no node, or None.
        file: the script, where it is another than the one that was looked at, or None.
        seen: what of a run shows it: members of `octavo.lab.findings.Defect`.
    """

    kind: str
    where: str
    message: str
    dialects: tuple[str, ...]
    node: Node | None = None
    severity: str | None = None
    place: tuple[int | None, int | None] | None = None
    file: str | None = None
    seen: tuple[tuple[str, Any], ...] = ()


def in_places(found: Sized) -> str:
    """How often something was seen, to be put behind it; "" for once."""
    return f", in {len(found)} places" if len(found) > 1 else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        severity: of a finding that says none itself.
        why: what comes of it; ``{}`` stands for the networks.
    """

    severity: str
    why: str


_LOST = "on {} the message is lost when this is reached"
_NEVER = "on {} the script does not load, so that nothing is decoded or encoded"
KINDS = {
    "language-level": Kind("error", _NEVER),
    "module-syntax": Kind("error", _NEVER),
    "syntax-error": Kind("error", _NEVER),
    "load-error": Kind("error", _NEVER),
    "strict-syntax": Kind(
        "error", "a script of {} is a module, hence strict: it does not load, and nothing is decoded"
    ),
    "colliding-name": Kind("error", "{} has a name of its own there: one of the two does not work"),
    "replaced-import": Kind(
        "error", "in {} from 4.17 the function takes the place of the imported class: each new one throws a TypeError"
    ),
    "duplicate-name": Kind("error", "a script of {} is a module, in which a name is declared once: it does not load"),
    "missing-function": Kind(
        "error", "{} calls functions by these names only: what is missing is not decoded or encoded there"
    ),
    "missing-global": Kind("warning", _LOST),
    "missing-member": Kind("warning", _LOST),
    "undefined-name": Kind("warning", _LOST),
    "undeclared-assignment": Kind("warning", "a script of {} is strict: the message is lost when this is reached"),
    "strict-this": Kind(
        "warning", "a script of {} is strict, and this is undefined: the message is lost when this is reached"
    ),
    "strict-callee": Kind("warning", "a script of {} is strict: the message is lost when this is reached"),
    "constant-assignment": Kind("warning", _LOST),
    "block-function": Kind("warning", _LOST),
    "named-groups": Kind(
        "warning", "{} tells no named groups: groups is undefined, and the message is lost when this is reached"
    ),
    "locale-text": Kind(
        "warning", "the engine of {} knows no languages and no options: the text is another there, or an error"
    ),
    "strict-port": Kind("warning", "on {} the encoder's fPort is an object, not a number: this is never equal"),
    "too-large": Kind("warning", "{} takes no larger script for a device or an application"),
    "async-function": Kind("error", "{} does not wait for a Promise: the result is empty, or an error"),
    "fails-there": Kind("error", "on {} the message is lost"),
    "differs-there": Kind("note", "on {} applications get something else"),
    "quickjs-syntax": Kind(
        "error", "QuickJS, the engine of {}, does not parse it, so that nothing is decoded or encoded"
    ),
}
"""Every kind of finding, see docs/lint.md."""
