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
        why: what comes of it, where the kind's own sentence is not it.
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
    why: str = ""


def in_places(found: Sized) -> str:
    """How often something was seen, to be put behind it; "" for once."""
    return f", in {len(found)} places" if len(found) > 1 else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    Attributes:
        severity: of a finding that says none itself.
        why: what comes of it; ``{}`` stands for the networks.
        of_modules: whether ChirpStack does so because its scripts are modules, which they are from 4.17 on.
        of_goja: whether The Things Stack does so because of its engine: that of release 3.32 is known.
    """

    severity: str
    why: str
    of_modules: bool = False
    of_goja: bool = False


_THROWS = "it throws when this is reached: an uplink stays undecoded, a downlink is not encoded"
_LOST = f"on {{}} {_THROWS}"
_NEVER = "on {} the script does not load: nothing is decoded or encoded"
KINDS = {
    "language-level": Kind("error", _NEVER, of_modules=True, of_goja=True),
    "module-syntax": Kind("error", _NEVER),
    "syntax-error": Kind("error", _NEVER, of_modules=True),
    "load-error": Kind("error", _NEVER, of_modules=True),
    "strict-syntax": Kind(
        "error",
        "a script is a module on {}, hence strict, and does not load: nothing is decoded or encoded",
        of_modules=True,
    ),
    "colliding-name": Kind(
        "error",
        "on {} the name is the network's own: the script does not load, or what it declares is not what is used",
        of_modules=True,
    ),
    "replaced-import": Kind(
        "error",
        "on {} the function takes the place of the imported class: each new one throws a TypeError",
        of_modules=True,
    ),
    "duplicate-name": Kind(
        "error", "a script is a module on {}, in which a name is declared once: it does not load", of_modules=True
    ),
    "missing-function": Kind(
        "error", "{} calls functions by these names only: what is missing is not decoded or encoded there"
    ),
    "missing-global": Kind("warning", _LOST),
    "missing-member": Kind("warning", _LOST, of_goja=True),
    "undefined-name": Kind("warning", _LOST),
    "undeclared-assignment": Kind("warning", f"on {{}} the code is strict, so that {_THROWS}", of_modules=True),
    "strict-this": Kind(
        "warning", f"on {{}} a script is strict and this undefined, so that {_THROWS}", of_modules=True
    ),
    "strict-callee": Kind("warning", f"on {{}} a script is strict, so that {_THROWS}", of_modules=True),
    "constant-assignment": Kind("warning", _LOST),
    "block-function": Kind("warning", _LOST, of_modules=True, of_goja=True),
    "named-groups": Kind(
        "warning", "on {} groups of a match is undefined: what reads a member of it throws", of_goja=True
    ),
    "locale-text": Kind(
        "warning", "the engine of {} knows no languages and no options: the text is another there, or an error"
    ),
    "strict-port": Kind("warning", "on {} the encoder's fPort is an object, not a number: strictly it equals none"),
    "too-large": Kind(
        "warning",
        "{} refuses a larger script where one is set for a device or an application; its repository takes it",
    ),
    "async-function": Kind("error", "{} does not wait for a Promise: the result is empty, or an error"),
    "fails-there": Kind("error", "on {} this example is an error"),
    "differs-there": Kind("note", "on {} applications, or the device, get something else"),
    "quickjs-syntax": Kind(
        "error", "QuickJS, the engine of {}, does not parse it: nothing is decoded or encoded", of_modules=True
    ),
}
"""Every kind of finding, see docs/lint.md.

Source: docs/dialects.md. Modules: chirpstack 2d571f2 (2026-02-12, released with 4.17.0) made a module, hence strict, of
what was a sloppy script. Scripts that are set and those of the repository: lorawan-stack 3.32.1,
``pkg/applicationserver`` checks the length where a link or a device is set, and nowhere else.
"""
