"""Questions about the nodes of a syntax tree."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from octavo._syntax import text_of

if TYPE_CHECKING:
    from octavo._syntax import Node

# fmt: off
STATEMENTS = {
    "expression_statement", "break_statement", "continue_statement", "debugger_statement", "return_statement",
    "throw_statement", "try_statement", "if_statement", "for_statement", "for_in_statement", "while_statement",
    "do_statement", "switch_statement", "with_statement", "labeled_statement",
}
"""What istanbul counts as it stands; declarations it counts by their values."""
# fmt: on
DECLARATIONS = {"variable_declaration", "lexical_declaration"}
LOOPS = {"for_statement", "for_in_statement", "while_statement", "do_statement"}
_LOGICAL = {"&&", "||", "??"}
_ANONYMOUS = {"function_expression", "generator_function", "arrow_function", "class"}
_BESIDE = {"comment", "hash_bang_line"}
_ENDS_INSIDE = STATEMENTS | DECLARATIONS | {"else_clause"}
_LITERAL = {"string", "number"}
_NAMES = {
    "identifier",
    "shorthand_property_identifier_pattern",
    "property_identifier",
    "private_property_identifier",
}


def line_of(node: Node) -> int:
    """The line in which a node begins, from 1."""
    return node.start_point[0] + 1


def end_of(node: Node, known: dict[int, int] | None = None) -> int:
    """Where a node ends, without a comment that stands behind it.

    Args:
        node: the node.
        known: the answers so far, by the id of the node: statements in statements have the same ends.
    """
    answers = {} if known is None else known
    passed = []
    while node.id not in answers and node.type in _ENDS_INSIDE:
        last = next((child for child in reversed(node.children) if child.type != "comment"), None)
        if last is None:
            break
        passed.append(node.id)
        node = last
    end = answers.get(node.id, node.end_byte)
    answers.update(dict.fromkeys(passed, end))
    return end


def end_of_case(case: Node, known: dict[int, int]) -> int:
    """Where a ``case`` ends: with its last statement, or its colon. As for `end_of`."""
    last = next((child for child in reversed(case.children) if child.type != "comment"), case)
    return end_of(last, known)


def statements(node: Node) -> list[Node]:
    """The statements of a list: of a script, a block or a ``case``."""
    colon = next((child.end_byte for child in node.children if child.type == ":"), node.start_byte)
    return [child for child in node.named_children if child.start_byte >= colon and child.type not in _BESIDE]


def directives(node: Node) -> list[Node]:
    """The texts with which a script or a function begins, which are no statements: ``"use strict"``."""
    found = []
    for child in statements(node):
        inner = [each.type for each in child.named_children if each.type != "comment"]
        if child.type != "expression_statement" or inner != ["string"]:
            break
        found.append(child)
    return found


def entry(node: Node, first: int) -> tuple[int, str]:
    """Where something may be put behind the directives, or ``first``; and the semicolon that it takes."""
    before = directives(node)
    if not before:
        return first, ""
    has_end = any(child.type == ";" for child in before[-1].children)
    return end_of(before[-1]), "" if has_end else ";"


def first_value(declaration: Node) -> Node | None:
    """The first variable of a declaration that gets a value."""
    found = (child for child in declaration.named_children if child.type == "variable_declarator")
    return next((child for child in found if child.child_by_field_name("value") is not None), None)


def without_else(node: Node | None) -> Node | None:
    """The statement of an ``else``."""
    if node is None or node.type != "else_clause":
        return node
    return next((child for child in reversed(node.named_children) if child.type != "comment"), None)


def arms_of(ternary: Node) -> list[tuple[Node, Node]]:
    """The two signs of ``? :``, each with its value."""
    code = [child for child in ternary.children if child.type != "comment"]
    return [(sign, value) for sign, value in pairwise(code) if sign.type in ("?", ":")]


def unwrapped(node: Node) -> Node:
    """What is inside of parentheses."""
    while node.type == "parenthesized_expression":
        node = next(child for child in node.named_children if child.type != "comment")
    return node


def logical_sign(node: Node) -> Node | None:
    """``&&``, ``||`` or ``??``, if the node is an operation with one of these."""
    sign = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    return sign if sign is not None and sign.type in _LOGICAL else None


def first_arm(node: Node) -> Node:
    """The first operand of an operation with ``&&``, ``||`` or ``??``, or the node itself."""
    while logical_sign(inner := unwrapped(node)) is not None:
        left = inner.child_by_field_name("left")
        if left is None:
            break
        node = left
    return node


def is_anonymous(value: Node) -> bool:
    """Whether a value is a function, or a class, that has no name of its own."""
    inner = unwrapped(value)
    return inner.type in _ANONYMOUS and inner.child_by_field_name("name") is None


def key_of(name: Node | None, value: Node) -> str | None:
    """The name, as JavaScript writes a text or a number, which a function without its own gets here; or None."""
    if name is None or not is_anonymous(value):
        return None
    if name.type in _LITERAL:
        return text_of(name)
    return f'"{text_of(name)}"' if name.type in _NAMES else None
