"""Names that a network does not have, or that nothing declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._syntax import text_of
from octavo.lab.lint.engines import GOJA, KNOWN, globals_of
from octavo.lab.lint.marks import Mark, in_places
from octavo.lab.lint.scopes import UPDATE, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo._syntax import Node
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.scopes import Use
    from octavo.lab.lint.script import Script

_MODULES = {"require", "module", "exports"}
_NOTES = {
    "require": "no network loads other files: what is needed has to stand in the script",
    "module": "nothing reads what a script exports here: delete the line, or ask with typeof first",
    "exports": "nothing reads what a script exports here: delete the line, or ask with typeof first",
    "console": "nothing logs there: delete the call",
}


def missing_names(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Names that are used and are not there: what some engine has, and what none has."""
    there = {dialect.name: globals_of(dialect) for dialect in dialects}
    for name, uses in _by_name(script).items():
        lacking = tuple(dialect for dialect, known in there.items() if name not in known)
        if lacking and not any(use.role == WRITE for use in uses):
            yield _missing(name, uses, lacking, script)


def _missing(name: str, uses: list[Use], lacking: tuple[str, ...], script: Script) -> Mark:
    often = in_places(uses)
    if name not in KNOWN:
        return Mark("undefined-name", name, f"nothing declares {name}{often}", lacking, uses[0].node)
    note = f"; {_NOTES[name]}" if name in _NOTES else ""
    held = _unused(uses[0].node, script)
    unused = f", and nothing uses {held}" if held else ""
    return Mark("missing-global", name, f"there is no {name}{often}{unused}{note}", lacking, uses[0].node)


def _by_name(script: Script) -> dict[str, list[Use]]:
    """Free names with their uses, but for those that the script makes itself, asks for, or tries."""
    free = script.names.free
    if any(use.name == "eval" for use in free):
        return {}  # what it runs may declare anything
    ignored = script.names.given | script.names.guarded
    of_modules = any(use.name in _MODULES for use in free)
    tried = script.inherited(_is_tried, first=False) if of_modules else {}
    found: dict[str, list[Use]] = {}
    for use in free:
        if use.name not in ignored and not (use.name in _MODULES and tried.get(use.node.id)):
            found.setdefault(use.name, []).append(use)
    return found


def _is_tried(node: Node, outer: Node, around: bool) -> bool:
    """Whether a node stands in a ``try`` whose ``catch`` would take the error."""
    if outer.type == "try_statement" and outer.child_by_field_name("body") == node:
        return outer.child_by_field_name("handler") is not None
    return around


def _unused(node: Node, script: Script) -> str:
    """What is declared to hold what a call of this name gives, if nothing uses it; else ""."""
    outer = script.outer(node)
    while outer.type in ("call_expression", "member_expression"):
        outer = script.outer(outer)
    name = outer.child_by_field_name("name") if outer.type == "variable_declarator" else None
    if name is None or name.type != "identifier":
        return ""
    held = text_of(name)
    used = any(use.binding and use.binding.node == name for use in script.names.by_name.get(held, ()))
    return "" if used else held


def undeclared(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Names that are assigned and nowhere declared, where the network's scripts, or this one, are strict."""
    found: dict[str, list[Use]] = {}
    for use in script.names.free:
        if use.role in (WRITE, UPDATE) and use.name not in KNOWN | script.names.members:
            found.setdefault(use.name, []).append(use)
    for name, uses in found.items():
        if name in script.names.top.bindings or all(use.role == UPDATE for use in uses):
            continue
        mine = any(use.scope.strict for use in uses)
        there = tuple(dialect.name for dialect in dialects if dialect.module or mine)
        if there:
            message = f"{name} is assigned and nothing declares it{in_places(uses)}: put var before it"
            yield Mark("undeclared-assignment", name, message, there, uses[0].node)


def constants(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Constants that are assigned again."""
    there = tuple(dialect.name for dialect in dialects)
    uses = [use for use in script.names.uses if use.role in (WRITE, UPDATE) and use.binding]
    for use in uses:
        if use.binding and use.binding.kind == "const":
            message = f"{use.name} is a constant and is assigned again"
            yield Mark("constant-assignment", use.name, message, there, use.node)


def functions_in_blocks(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Functions that are declared in a block and called outside it.

    Source: ECMA-262, annex B.3.2: engines of browsers let sloppy scripts; goja b396bb4c349d does not (run).
    """
    there = tuple(dialect.name for dialect in dialects if dialect.module or dialect.engine.name == GOJA)
    seen: set[str] = set()
    for use in script.names.uses if there else ():
        if use.binding and use.binding.kind == "hoisted" and use.name not in seen:
            seen.add(use.name)
            message = f"the function {use.name} is declared in a block and used outside it"
            yield Mark("block-function", use.name, message, there, use.node)
