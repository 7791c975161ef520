"""ECMAScript modules as scripts: ``import`` and ``export`` are taken out on the syntax tree, all else stays in place.

V8 as we have it runs no modules. A ChirpStack v4 codec is one: what it imports is handed to it by the driver, what it
exports is found by its name.

Source: chirpstack d77207c, ``chirpstack/src/codec/js``: the modules that it offers and the line before the script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node, Parser

MODULES: Mapping[str, tuple[str, ...]] = {
    "buffer": ("Buffer",),
    "base64-js": ("byteLength", "toByteArray", "fromByteArray"),
    "ieee754": ("read", "write"),
}
"""What a script may import, and what each exports. Source: as above."""

_MAY_BE_MODULE = re.compile(r"\b(?:import|export)\b")
_MENTIONS = re.compile(r"\bBuffer\b|\\u")


@dataclass(frozen=True, slots=True)
class Module:
    """A module's text as a script.

    Attributes:
        text: the text with blanks where imports and ``export`` stood: every line and column is where it was.
        imports: each name that is imported, with its module and its name there; ``*`` is the whole module.
        failure: why the network would refuse it, or None.
    """

    text: str
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    failure: str | None = None


def as_script(text: str, before: tuple[tuple[str, str], ...]) -> Module:
    """A module as a script.

    Args:
        text: the module's.
        before: names that the network imports by itself, with their modules.
    """
    given = {name: (module, name) for name, module in before}
    if not _MAY_BE_MODULE.search(text):
        return Module(text, given if _MENTIONS.search(text) else {})
    source = text.encode("utf-8", "surrogatepass")
    script = bytearray(source)
    imports = dict(given)
    failure = None
    for node in _parser().parse(source).root_node.children:
        if node.type == "import_statement":
            failure = failure or _refused(node, imports)
            imports |= dict(_bindings(node))
        for start, end in _blanked(node):
            script[start:end] = re.sub(rb"[^\n\r]", b" ", script[start:end])
    return Module(script.decode("utf-8", "surrogatepass"), imports, failure)


@cache
def _parser() -> Parser:
    import tree_sitter_javascript  # noqa: PLC0415 - loaded for modules only
    from tree_sitter import Language, Parser  # noqa: PLC0415 - as above

    return Parser(Language(tree_sitter_javascript.language()))


def _blanked(node: Node) -> Iterator[tuple[int, int]]:
    """What is taken out: a whole import, a list of exports, the word ``export`` before a declaration."""
    if node.type == "import_statement":
        yield node.start_byte, node.end_byte
    if node.type != "export_statement" or any(child.type in ("default", "*", "from") for child in node.children):
        return  # a default export clashes with the network's own: it stays, and does not parse
    declares = node.child_by_field_name("declaration")
    yield node.start_byte, declares.start_byte if declares else node.end_byte


def _bindings(node: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each local name of an import, with its module and its name there."""
    module = _module_of(node)
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    for child in clause.children if clause else ():
        if child.type == "identifier":
            yield _text(child), (module, "default")
        elif child.type == "namespace_import":
            yield _text(child.children[-1]), (module, "*")
        elif child.type == "named_imports":
            specifiers = (each for each in child.named_children if each.type == "import_specifier")  # else a comment
            yield from ((local, (module, name)) for name, local in map(_specifier, specifiers))


def _specifier(node: Node) -> tuple[str, str]:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    there = _text(name).strip("\"'") if name else _text(node)
    return there, _text(alias) if alias else there


def _module_of(node: Node) -> str:
    source = node.child_by_field_name("source")
    return _text(source)[1:-1] if source else ""


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _refused(node: Node, imports: dict[str, tuple[str, str]]) -> str | None:
    """Why the network refuses an import, or None."""
    module = _module_of(node)
    if module not in MODULES:
        return f"ReferenceError: there is no module '{module}': {', '.join(MODULES)} were expected"
    for local, (_, name) in _bindings(node):
        if local in imports:
            return f"SyntaxError: duplicate import of '{local}': the network imports it before the script"
        if name not in {*MODULES[module], "*"}:
            return f"SyntaxError: module '{module}' has no export '{name}': {', '.join(MODULES[module])} were expected"
    return None
