"""ECMAScript modules as scripts: ``import`` and ``export`` are taken out on the syntax tree, all else stays in place.

V8 as we have it runs no modules. A ChirpStack v4 codec is one: what it imports is handed to it by the driver, what it
exports is found by its name.

Source: chirpstack d77207c, ``chirpstack/src/codec/js``: the modules that it offers and the line before the script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octavo._syntax import parse, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from octavo._syntax import Node

MODULES: Mapping[str, tuple[str, ...]] = {
    "buffer": ("Buffer",),
    "base64-js": ("byteLength", "toByteArray", "fromByteArray"),
    "ieee754": ("read", "write"),
}
"""What a script may import, and what each exports. Source: as above."""

_MAY_BE_MODULE = re.compile(r"\b(?:import|export)\b")
_MAY_BE_OWN = re.compile(r"(?:\b(?:class|function|let|const)\s+|,\s*)Buffer\b")
LEXICAL, FUNCTION = "lexical", "function"
_MENTIONS = re.compile(r"\bBuffer\b|\\u")


@dataclass(frozen=True, slots=True)
class Module:
    """A module's text as a script.

    Attributes:
        text: the text with blanks where imports and ``export`` stood: every line and column is where it was.
        imports: each name that is imported, with its module and its name there; ``*`` is the whole module.
        failure: why the network would refuse it, with line and column; or None.
        replaced: imports of the network's own that a function of the script takes the place of, see `_own`.
    """

    text: str
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    failure: tuple[str, int, int] | None = None
    replaced: tuple[str, ...] = ()


def as_script(text: str, before: tuple[tuple[str, str], ...]) -> Module:
    """A module as a script.

    Args:
        text: the module's.
        before: names that the network imports by itself, with their modules.
    """
    given = {name: (module, name) for name, module in before}
    if not _MAY_BE_MODULE.search(text) and not _MAY_BE_OWN.search(text):
        return Module(text, given if _MENTIONS.search(text) else {})
    source = text.encode("utf-8", "surrogatepass")
    script = bytearray(source)
    imports = dict(given)
    failure = None
    own: dict[str, str] = {}
    for node in parse(source).children:
        own |= {name: kind for name, kind in _own(node) if name in given}
        if node.has_error or _is_odd(node):
            continue  # stays as it is, and does not parse
        if node.type == "import_statement":
            failure = failure or _refused(node, imports, before)
            imports |= dict(_bindings(node))
        for start, end in _blanked(node):
            script[start:end] = re.sub(rb"[^\n\r]", b" ", script[start:end])
    kept = {name: found for name, found in imports.items() if own.get(name) != LEXICAL}
    replaced = tuple(name for name, kind in own.items() if kind == FUNCTION)
    return Module(script.decode("utf-8", "surrogatepass"), kept, failure, replaced)


def _own(node: Node) -> Iterator[tuple[str, str]]:
    """Names of the top level that hide the network's own import of them, and how.

    QuickJS sees no clash there. A class, ``let`` or ``const`` is the script's alone. A function is hoisted into the
    import itself, before the module ``buffer`` is run: that puts its methods, and getters such as ``offset``, on the
    function's prototype. With ``var`` the script fails when it assigns, for an import is read-only.
    Source: quickjs-ng 0.12, 0.16 and 0.17 with the modules of chirpstack d77207c, each form run.
    """
    declares = (node.child_by_field_name("declaration") or node) if node.type == "export_statement" else node
    if declares.type == "lexical_declaration":
        names = (each.child_by_field_name("name") for each in declares.named_children)
        yield from ((text_of(name), LEXICAL) for name in names if name is not None)
    name = declares.child_by_field_name("name")
    if name is not None and declares.type in ("class_declaration", "function_declaration"):
        yield text_of(name), LEXICAL if declares.type == "class_declaration" else FUNCTION


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
            yield text_of(child), (module, "default")
        elif child.type == "namespace_import":
            yield text_of(child.children[-1]), (module, "*")
        elif child.type == "named_imports":
            specifiers = (each for each in child.named_children if each.type == "import_specifier")  # else a comment
            yield from ((local, (module, name)) for name, local in map(_specifier, specifiers))


def _is_odd(node: Node) -> bool:
    """Whether an import has what the grammar takes but the language does not: a text as a name, no space after it."""
    if node.type != "import_statement":
        return False
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    named = next((child for child in clause.children if child.type == "named_imports"), None) if clause else None
    specifiers = named.named_children if named else []
    texts = [each for each in specifiers if each.named_children and each.named_children[0].type == "string"]
    return any(each.child_by_field_name("alias") is None for each in texts) or not _ends_a_line(node)


def _ends_a_line(node: Node) -> bool:
    """Whether a statement ends with a semicolon, or nothing follows it in its line."""
    after = node.next_sibling
    has_end = any(child.type == ";" for child in node.children)
    return has_end or after is None or after.start_point[0] > node.end_point[0]


def _specifier(node: Node) -> tuple[str, str]:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    there = text_of(name).strip("\"'") if name else text_of(node)
    return there, text_of(alias) if alias else there


def _module_of(node: Node) -> str:
    source = node.child_by_field_name("source")
    return text_of(source)[1:-1] if source else ""


def _refused(
    node: Node, imports: dict[str, tuple[str, str]], before: tuple[tuple[str, str], ...]
) -> tuple[str, int, int] | None:
    """Why the network refuses an import, with line and column; or None."""
    reason = _reason(node, imports, dict(before))
    return (reason, node.start_point[0] + 1, node.start_point[1] + 1) if reason else None


def _reason(node: Node, imports: dict[str, tuple[str, str]], before: dict[str, str]) -> str | None:
    module = _module_of(node)
    if module not in MODULES:
        return f"ReferenceError: there is no module '{module}': there are {', '.join(MODULES)}"
    for local, (_, name) in _bindings(node):
        if before.get(local) == module == "buffer":
            return f"SyntaxError: {local} is imported twice: the network does so before the script, delete this line"
        if local in imports:
            return f"SyntaxError: '{local}' is imported twice"
        if name not in {*MODULES[module], "*"}:
            return f"SyntaxError: module '{module}' has no export '{name}': it has {', '.join(MODULES[module])}"
    return None
