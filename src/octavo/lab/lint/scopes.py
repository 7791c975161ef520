"""Which names a script declares, and which it uses that it does not declare.

Source: ECMA-262, "Executable Code and Execution Contexts"; functions in blocks: its annex B.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from octavo._syntax import Node

READ, WRITE, UPDATE, TYPEOF = "read", "write", "update", "typeof"
_GLOBAL_OBJECTS = {"this", "globalThis", "window", "global", "self", "exports", "driver"}
_DECLARED_FUNCTIONS = {"function_declaration", "generator_function_declaration"}
_PATTERNS = {"object_pattern", "array_pattern", "rest_pattern"}


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that is declared.

    Attributes:
        name: it.
        kind: ``var``, ``let``, ``const``, ``class``, ``function``, ``parameter``, ``import``, ``catch``, or ``hoisted``
            for a function in a block, which sloppy scripts see outside the block too.
        node: where.
    """

    name: str
    kind: str
    node: Node


@dataclass(slots=True, eq=False)
class Scope:
    """A part of the text in which names are declared.

    Attributes:
        kind: ``top``, ``function``, ``block`` or ``with``, in which any name may be a member.
        outer: the scope around it.
        node: the function, for that of a function.
        strict: whether a directive or a class makes it strict.
        bindings: all declarations by name.
        function: the function's scope that it is in, or that of the top level.
        in_with: whether a name in it may be a member of something.
    """

    kind: str
    outer: Scope | None = None
    node: Node | None = None
    strict: bool = False
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    function: Scope = field(init=False)
    in_with: bool = field(init=False)

    def __post_init__(self) -> None:
        """Take on what the scope around it has."""
        is_own = self.outer is None or self.kind == "function"
        self.function = self if is_own or self.outer is None else self.outer.function
        self.in_with = self.kind == "with" or (self.outer is not None and self.outer.in_with)

    def declare(self, name: str, kind: str, node: Node) -> None:
        """Add a declaration."""
        self.bindings.setdefault(name, []).append(Binding(name, kind, node))


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is used.

    Attributes:
        name: it.
        role: `READ`, `WRITE` (``x = 1``), `UPDATE` (``x += 1``) or `TYPEOF`.
        node: where.
        scope: in what.
        binding: what declares it, or None.
    """

    name: str
    role: str
    node: Node
    scope: Scope
    binding: Binding | None


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a script.

    Attributes:
        top: the scope of the top level.
        uses: every use of a name, in the order of the text.
        by_name: the same by name.
        members: names that the script gives to the global object: ``this.x = …``.
    """

    top: Scope
    uses: tuple[Use, ...]
    by_name: Mapping[str, tuple[Use, ...]]
    members: frozenset[str]

    @property
    def free(self) -> tuple[Use, ...]:
        """Uses of names that nothing declares, but for those after ``typeof``."""
        return tuple(use for use in self.uses if use.binding is None and use.role != TYPEOF)

    @property
    def assigned(self) -> frozenset[str]:
        """Undeclared names that are assigned: a sloppy script makes them so."""
        return frozenset(use.name for use in self.free if use.role == WRITE and not use.scope.strict)

    @property
    def guarded(self) -> frozenset[str]:
        """Names that the script asks for with ``typeof`` before it uses them."""
        return frozenset(use.name for use in self.uses if use.role == TYPEOF)

    @property
    def given(self) -> frozenset[str]:
        """Names that are there for everybody once the script has run: declared at the top, assigned, or members."""
        return frozenset(self.top.bindings) | self.assigned | self.members


def names_of(root: Node, stopped: Callable[[], bool] = bool) -> Names:
    """Find the names of a script; those that were found until somebody asked to stop."""
    reader = _Reader(root, stopped)
    near: dict[Scope, Scope | None] = {}
    uses = tuple(
        Use(name, role, node, scope, _binding(name, scope, near) if name in reader.declared else None)
        for name, role, node, scope in sorted(reader.found, key=lambda each: each[2].start_byte)
        if not scope.in_with and not stopped()
    )
    by_name: dict[str, list[Use]] = {}
    for use in uses:
        by_name.setdefault(use.name, []).append(use)
    listed = {name: tuple(those) for name, those in by_name.items()}
    return Names(reader.top, uses, listed, frozenset(reader.members))


def _binding(name: str, scope: Scope, near: dict[Scope, Scope | None]) -> Binding | None:
    """What declares a name; what sloppy scripts alone see comes last."""
    each = _declaring(scope, near)
    while each is not None:
        if name in each.bindings:
            return min(each.bindings[name], key=lambda binding: binding.kind == "hoisted")
        if name == "arguments" and each.kind == "function" and each.node and each.node.type != "arrow_function":
            return Binding(name, "parameter", each.node)
        each = _declaring(each.outer, near)
    return None


def _declaring(scope: Scope | None, near: dict[Scope, Scope | None]) -> Scope | None:
    """The scope, or the next one around it, in which something is declared; blocks without a name nest deeply.

    Args:
        scope: where it begins.
        near: the answers so far.
    """
    passed = []
    while scope is not None and scope not in near and not scope.bindings and scope.kind != "function":
        passed.append(scope)
        scope = scope.outer
    found = near.get(scope, scope) if scope is not None else None
    near.update(dict.fromkeys(passed, found))
    return found


def is_strict(body: Node | None) -> bool:
    """Whether a program or a body begins with the directive ``"use strict"``."""
    for child in body.named_children if body else ():
        if child.type == "comment":
            continue
        inner = child.named_children[0] if child.type == "expression_statement" else None
        if inner is None or inner.type != "string":
            return False
        if inner.text in (b'"use strict"', b"'use strict'"):
            return True
    return False


class _Reader:
    """Goes through the tree with a list of what is to be done, since scripts nest deeper than Python may call."""

    def __init__(self, root: Node, stopped: Callable[[], bool]) -> None:
        self.top = Scope("top", strict=is_strict(root))
        self.found: list[tuple[str, str, Node, Scope]] = []
        self.members: set[str] = set()
        self.declared = {"arguments"}
        self._waiting: list[tuple[Node, Scope, str]] = [(child, self.top, READ) for child in root.named_children]
        while self._waiting and not stopped():
            node, scope, role = self._waiting.pop()
            self._visit(node, scope, role)

    def _visit(self, node: Node, scope: Scope, role: str) -> None:
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"):
            self._name(node, scope, role)
        elif kind in FUNCTIONS:
            self._function(node, scope)
        elif kind in _HANDLERS:
            _HANDLERS[kind](self, node, scope, role)
        else:
            self._later(node.named_children, scope, role if kind in _PATTERNS else READ)

    def _later(self, nodes: list[Node], scope: Scope, role: str = READ) -> None:
        self._waiting += ((node, scope, role) for node in nodes)

    def _field(self, node: Node, name: str, scope: Scope, role: str = READ) -> None:
        child = node.child_by_field_name(name)
        if child is not None:
            self._waiting.append((child, scope, role))

    def _name(self, node: Node, scope: Scope, role: str) -> None:
        name = text_of(node)
        if role in (READ, WRITE, UPDATE, TYPEOF):
            self.found.append((name, role, node, scope))
        else:
            self.declared.add(name)
            (scope.function if role == "var" else scope).declare(name, role, node)

    # ---- what declares ----

    def _function(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        inner = Scope("function", scope, node, scope.strict or is_strict(body))
        if name is not None and node.type in _DECLARED_FUNCTIONS:
            self._declared_function(name, scope)
        elif name is not None and node.type != "method_definition":
            inner.outer = Scope("block", scope, strict=scope.strict)
            self._name(name, inner.outer, "function-name")
        elif name is not None:
            self._waiting.append((name, scope, READ))  # may be computed
        for parameter in ("parameters", "parameter"):
            self._field(node, parameter, inner, "parameter")
        self._body(body, inner)

    def _body(self, body: Node | None, inner: Scope) -> None:
        if body is not None:
            self._later(body.named_children if body.type == "statement_block" else [body], inner)

    def _declared_function(self, name: Node, scope: Scope) -> None:
        self._name(name, scope, "function")
        if scope.kind == "block":
            scope.function.declare(text_of(name), "hoisted", name)

    def parameters(self, node: Node, scope: Scope, role: str) -> None:
        self._later(node.named_children, scope, role)

    def class_(self, node: Node, scope: Scope, _role: str) -> None:
        inner = Scope("block", scope, strict=True)
        name = node.child_by_field_name("name")
        if name is not None:
            self._name(name, scope if node.type == "class_declaration" else inner, "class")
        self._later([child for child in node.named_children if child != name], inner)

    def static_block(self, node: Node, scope: Scope, _role: str) -> None:
        self._body(node.child_by_field_name("body"), Scope("function", scope, node, strict=True))

    def variables(self, node: Node, scope: Scope, _role: str) -> None:
        word = _word(node)
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                self._field(declarator, "name", scope, word)
                self._field(declarator, "value", scope)

    def catch(self, node: Node, scope: Scope, _role: str) -> None:
        inner = Scope("block", scope, strict=scope.strict)
        self._field(node, "parameter", inner, "catch")
        self._field(node, "body", inner)

    def import_(self, node: Node, scope: Scope, _role: str) -> None:
        clauses = [child for child in node.named_children if child.type == "import_clause"]
        self._later([each for clause in clauses for each in clause.named_children], scope, "import")

    def import_names(self, node: Node, scope: Scope, role: str) -> None:
        specifiers = [each for each in node.named_children if each.type == "import_specifier"]
        self._later([each.child_by_field_name("alias") or each.named_children[0] for each in specifiers], scope, role)

    def import_all(self, node: Node, scope: Scope, role: str) -> None:
        self._later(node.named_children[-1:], scope, role)

    # ---- what nests ----

    def block(self, node: Node, scope: Scope, _role: str) -> None:
        self._later(node.named_children, Scope("block", scope, strict=scope.strict))

    def for_in(self, node: Node, scope: Scope, _role: str) -> None:
        inner = Scope("block", scope, strict=scope.strict)
        word = node.child_by_field_name("kind")
        self._field(node, "left", inner, text_of(word) or WRITE)
        for part in ("value", "right", "body"):
            self._field(node, part, inner)

    def with_(self, node: Node, scope: Scope, _role: str) -> None:
        self._field(node, "object", scope)
        self._field(node, "body", Scope("with", scope))

    # ---- what assigns ----

    def assignment(self, node: Node, scope: Scope, _role: str) -> None:
        left = node.child_by_field_name("left")
        if left is not None:
            self._note_member(left)
        self._field(node, "left", scope, WRITE)
        self._field(node, "right", scope)

    def _note_member(self, left: Node) -> None:
        holder, name = left.child_by_field_name("object"), left.child_by_field_name("property")
        if left.type == "member_expression" and text_of(holder) in _GLOBAL_OBJECTS:
            self.members.add(text_of(name))

    def update(self, node: Node, scope: Scope, _role: str) -> None:
        self._field(node, "left", scope, UPDATE)
        self._field(node, "argument", scope, UPDATE)
        self._field(node, "right", scope)

    def unary(self, node: Node, scope: Scope, _role: str) -> None:
        operator = node.child_by_field_name("operator")
        argument = node.child_by_field_name("argument")
        while argument is not None and argument.type == "parenthesized_expression" and argument.named_children:
            argument = argument.named_children[0]
        if argument is not None:
            asks = operator is not None and operator.type == "typeof" and argument.type == "identifier"
            self._waiting.append((argument, scope, TYPEOF if asks else READ))

    def default(self, node: Node, scope: Scope, role: str) -> None:
        self._field(node, "left", scope, role)
        self._field(node, "right", scope)

    def pair(self, node: Node, scope: Scope, role: str) -> None:
        self._field(node, "key", scope)
        self._field(node, "value", scope, role)

    def nothing(self, node: Node, scope: Scope, role: str) -> None:
        """What names no variable."""


def _word(node: Node) -> str:
    """``var``, ``let`` or ``const``."""
    return node.children[0].type


_HANDLERS: dict[str, Callable[[_Reader, Node, Scope, str], None]] = {
    "formal_parameters": _Reader.parameters,
    "class_declaration": _Reader.class_,
    "class": _Reader.class_,
    "class_static_block": _Reader.static_block,
    "variable_declaration": _Reader.variables,
    "lexical_declaration": _Reader.variables,
    "catch_clause": _Reader.catch,
    "import_statement": _Reader.import_,
    "named_imports": _Reader.import_names,
    "namespace_import": _Reader.import_all,
    "export_specifier": _Reader.nothing,
    "statement_block": _Reader.block,
    "switch_body": _Reader.block,
    "for_statement": _Reader.block,
    "for_in_statement": _Reader.for_in,
    "with_statement": _Reader.with_,
    "assignment_expression": _Reader.assignment,
    "augmented_assignment_expression": _Reader.update,
    "update_expression": _Reader.update,
    "unary_expression": _Reader.unary,
    "assignment_pattern": _Reader.default,
    "object_assignment_pattern": _Reader.default,
    "pair_pattern": _Reader.pair,
}
