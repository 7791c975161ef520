"""What breaks in strict code: on ChirpStack v4 every script is an ECMAScript module, and so strict.

Source: ECMA-262, annex C, "The Strict Mode of ECMAScript"; chirpstack d77207c ``codec/js/mod.rs``: the script stands in
a module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, nested, text_of
from octavo.lab.lint.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo._syntax import Node
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.script import Script

_OCTAL = re.compile(r"0\d+")
_OCTAL_ESCAPE = re.compile(r"\\(?:[1-7]|0\d|[89])")
_NOT_THIS = FUNCTIONS - {"arrow_function"} | {"class_body", "unary_expression"}
"""What has a ``this`` of its own, or asks for it: ``typeof this.x``."""
_MEMBERS = ("member_expression", "subscript_expression")


def strict_mode(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """What strict code does not parse, and what fails in it when it is reached; each once."""
    there = tuple(dialect.name for dialect in dialects if dialect.module)
    if not there:
        return
    for name, message, nodes in _unparsed(script):
        if nodes:
            yield Mark("strict-syntax", name, message, there, nodes[0])
    yield from _callee(script, there)
    entries = frozenset(name for dialect in dialects if dialect.module for name in dialect.function_names())
    yield from _this(script, there, entries)


def _unparsed(script: Script) -> Iterator[tuple[str, str, list[Node]]]:
    numbers = [node for node in script.of("number") if _OCTAL.fullmatch(text_of(node))]
    example = text_of(numbers[0]) if numbers else ""
    yield "octal literal", f"{example} begins with 0: write it without, or 0o for octal", numbers
    escapes = [
        node
        for node in script.of("escape_sequence")
        if _OCTAL_ESCAPE.fullmatch(text_of(node)) and script.outer(node).type == "string"
    ]
    yield "octal escape", "an octal escape in a text: write \\x and two hex digits", escapes
    yield "with", "with is not there in strict code", list(script.of("with_statement"))
    yield "duplicate parameter", "two parameters have one name", list(_doubled(script))
    deleted = [node for node in script.of("unary_expression") if _deletes_name(node)]
    yield "delete of a name", "delete of a variable: delete takes members only", deleted


def _doubled(script: Script) -> Iterator[Node]:
    for parameters in script.of("formal_parameters"):
        names = [text_of(each) for each in parameters.named_children if each.type == "identifier"]
        if len(names) != len(set(names)):
            yield parameters


def _deletes_name(node: Node) -> bool:
    argument = node.child_by_field_name("argument")
    return (
        text_of(node.child_by_field_name("operator")) == "delete"
        and argument is not None
        and argument.type == "identifier"
    )


def _callee(script: Script, there: tuple[str, ...]) -> Iterator[Mark]:
    for use in script.names.by_name.get("arguments", ()):
        outer = script.outer(use.node)
        if text_of(outer.child_by_field_name("property")) in ("callee", "caller"):
            yield Mark("strict-callee", text_of(outer), f"{text_of(outer)} throws in strict code", there, outer)
            return


def _this(script: Script, there: tuple[str, ...], entries: frozenset[str]) -> Iterator[Mark]:
    """``this`` in functions of the top level that are only ever called by their bare name."""
    for function in script.root.named_children:
        name = text_of(function.child_by_field_name("name"))
        if function.type == "function_declaration" and _is_called_plainly(name, script, entries):
            inside = next(_members_of_this(function), None)
            if inside is not None:
                message = f"this in {name}, which is called without an object"
                yield Mark("strict-this", name, message, there, inside)


def _is_called_plainly(name: str, script: Script, entries: frozenset[str]) -> bool:
    """Whether every use of a name is a plain call, as the network's own is."""
    uses = [use.node for use in script.names.by_name.get(name, ())]
    return bool(uses or name in entries) and all(
        outer.type == "call_expression" and outer.child_by_field_name("function") == node
        for node, outer in ((node, script.outer(node)) for node in uses)
    )


def _members_of_this(function: Node) -> Iterator[Node]:
    """Members of ``this`` that are taken in a function itself, not in one inside it that has its own ``this``."""
    for node, outer in nested(function, but_in=_NOT_THIS):
        if node.type == "this" and outer.type in _MEMBERS:
            yield node


def names_declared_twice(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Names of the top level that are declared twice, one of them a function: sloppy scripts may, modules may not.

    Source: ECMA-262, "Module Semantics: Static Semantics: Early Errors"; quickjs-ng refuses them (run).
    """
    there = tuple(dialect.name for dialect in dialects if dialect.module)
    for name, bindings in script.names.top.bindings.items() if there else ():
        kinds = [binding for binding in bindings if binding.kind != "hoisted"]
        if len(kinds) > 1 and any(binding.kind == "function" for binding in kinds):
            last = max(kinds, key=lambda binding: binding.node.start_byte)
            yield Mark(
                "duplicate-name", name, f"{name} is declared {len(kinds)} times, once is allowed", there, last.node
            )
