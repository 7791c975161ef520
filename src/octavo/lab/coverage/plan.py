"""What of a script is counted, and where: a walk over its syntax tree.

Statements, branches and functions are counted as istanbul does; beside them are stretches, parts of the text that run
or do not run as a whole, from which lines are told as c8 tells them.

Source: istanbul-lib-instrument 6.0.3, ``src/visitor.js`` (``codeVisitor``: which nodes are statements, branches and
functions); V8's block coverage (``SourceRangeScope`` in ``src/parsing/parser-base.h``: where a range begins and ends).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, parse, text_of
from octavo.errors import ContentError
from octavo.lab.coverage import nodes
from octavo.lab.coverage.insertion import Insertions
from octavo.lab.coverage.model import Branch, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo._syntax import Node


@dataclass(slots=True)
class Stretch:
    """A part of the text that is entered or not.

    Attributes:
        start: where it begins.
        end: behind its last byte.
        counter: how often it is entered.
        is_function: its last brace then belongs to the whole.
        turns: from where on something else is counted in it, up to its end or the next of these: offset and counter.
    """

    start: int
    end: int
    counter: int
    is_function: bool = False
    turns: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is counted in a script.

    Attributes:
        text: the script as it is.
        insertions: what makes it count.
        statements: in the order of the text, as all of these.
        branches: where it goes on one way or another.
        functions: with the name of each.
        stretches: for the lines; the first one is the script.
        counters: how many counters there are.
    """

    text: str
    insertions: Insertions
    statements: tuple[Place, ...]
    branches: tuple[Branch, ...]
    functions: tuple[Place, ...]
    stretches: tuple[Stretch, ...]
    counters: int


def plan(text: str, file: str | None = None) -> Plan:
    """What is counted in a script.

    Args:
        text: the script's.
        file: its path, for the error.

    Raises:
        ContentError: it cannot be parsed; line and column say where.
    """
    root = parse(text.encode("utf-8", "surrogatepass"))
    if root.has_error:
        raise _unparsed(root, text, file)
    walk = _Walk(text)
    walk.over(root)
    return Plan(
        text,
        walk.insertions,
        tuple(sorted(walk.statements, key=lambda place: (place.start, -place.end))),
        tuple(sorted(walk.branches, key=lambda branch: (branch.start, branch.arms[0].start))),
        tuple(sorted(walk.functions, key=lambda place: place.start)),
        tuple(sorted(walk.stretches, key=lambda stretch: (stretch.start, -stretch.end))),
        walk.counters,
    )


def _unparsed(root: Node, text: str, file: str | None) -> ContentError:
    """What is said of a script that does not parse, or has a character that only the parser here does not take."""
    before, nul, _ = text.partition("\0")
    if nul:
        message = "a script with the character U+0000 in it is not counted: write \\0"
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return ContentError(message, file=file, line=line, column=column)
    line, column = _first_error(root)
    message = "JavaScript that parses was expected: what does not is not counted"
    return ContentError(message, file=file, line=line, column=column)


def _first_error(root: Node) -> tuple[int, int]:
    node = root
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    return node.start_point[0] + 1, node.start_point[1] + 1


UNCOUNTED = {"class_declaration", "statement_block"}
"""What runs, but is no statement of istanbul's."""


CLAUSES = ("catch_clause", "finally_clause")


class _Walk:
    """Goes through a tree, and notes what is counted and what is inserted for it.

    Args:
        text: the script's.
    """

    def __init__(self, text: str) -> None:
        self.insertions = Insertions(text)
        self.statements: list[Place] = []
        self.branches: list[Branch] = []
        self.functions: list[Place] = []
        self.stretches: list[Stretch] = []
        self.counters = 0
        self._reached: dict[int, int] = {}  # statements of lists, by the id of their node: their counter
        self._anchors: dict[int, int] = {}  # the body of a label: where its counter stands
        self._inside: dict[int, Stretch] = {}  # nodes that are in another stretch than the one above them
        self._ends: dict[int, int] = {}  # see `nodes.end_of`
        self._done: set[int] = set()  # nodes that are no statements or branches of their own

    def over(self, root: Node) -> None:
        """Visit all nodes, each before those in it."""
        waiting = [(root, self._stretch(root.start_byte, root.end_byte, self._counter()))]
        while waiting:
            node, above = waiting.pop()
            stretch = self._inside.pop(node.id, above)
            if node.type in nodes.STATEMENTS and node.id not in self._done:
                self._statement(node)
            if node.type in VISITS:
                VISITS[node.type](self, node, stretch)
            waiting += [(child, stretch) for child in reversed(node.named_children)]

    def _counter(self) -> int:
        self.counters += 1
        return self.counters - 1

    def _place(self, node: Node, counter: int | None = None) -> Place:
        number = self._counter() if counter is None else counter
        return Place(node.start_byte, nodes.end_of(node, self._ends), nodes.line_of(node), number)

    def _stretch(self, start: int, end: int, counter: int, *, is_function: bool = False) -> Stretch:
        made = Stretch(start, end, counter, is_function)
        self.stretches.append(made)
        return made

    # ---- statements ----

    def _statement(self, node: Node) -> None:
        place = self._place(node, self._reached.pop(node.id, None))
        self.statements.append(place)
        self.insertions.before(self._anchors.get(node.id, node.start_byte), [place.counter])

    def program(self, node: Node, stretch: Stretch) -> None:
        """The whole script: what it counts with comes first, but for directives."""
        listed = nodes.statements(node)
        offset, missing = nodes.entry(node, listed[0].start_byte if listed else node.end_byte)
        self.insertions.beginning(offset, missing)
        self.insertions.before(offset, [stretch.counter])
        self._done |= {each.id for each in nodes.directives(node)}
        self.listed(node, stretch)

    def listed(self, node: Node, stretch: Stretch) -> None:
        """A list of statements: each begins where the one before it ends."""
        before: Node | None = None
        for child in nodes.statements(node):
            counter = self._reach(child)
            if counter is None:
                continue
            if before is not None:
                stretch.turns.append((nodes.end_of(before, self._ends), counter))
            before = child

    def _reach(self, node: Node) -> int | None:
        """The counter of a statement in a list; None where nothing is done."""
        owner = nodes.first_value(node) if node.type in nodes.DECLARATIONS else node
        if owner is None or node.id in self._done:
            return None
        if node.type in UNCOUNTED:
            counter = self._counter()
            self.insertions.before(node.start_byte, [counter])
            return counter
        if node.type not in nodes.STATEMENTS | nodes.DECLARATIONS:
            return None
        self._reached[owner.id] = self._counter()
        return self._reached[owner.id]

    def label(self, node: Node, _: Stretch) -> None:
        """What a label stands before is counted before the label."""
        body = node.child_by_field_name("body")
        if body is not None:
            self._anchors[body.id] = self._anchors.get(node.id, node.start_byte)

    def declarator(self, node: Node, _: Stretch) -> None:
        """A variable that gets a value."""
        self._value(node, node.child_by_field_name("name"))

    def member(self, node: Node, _: Stretch) -> None:
        """A field of a class that gets a value; not a function under a computed name, which becomes its own."""
        name, value = node.child_by_field_name("property"), node.child_by_field_name("value")
        is_computed = name is not None and name.type == "computed_property_name"
        if value is not None and not (is_computed and nodes.is_anonymous(value)):
            self._value(node, name)

    def _value(self, node: Node, name: Node | None) -> None:
        value = node.child_by_field_name("value")
        if value is None:
            return
        place = self._place(nodes.unwrapped(value), self._reached.pop(node.id, None))
        self.statements.append(place)
        self.insertions.around(value.start_byte, value.end_byte, [place.counter], nodes.key_of(name, value))

    # ---- branches ----

    def condition(self, node: Node, _: Stretch) -> None:
        """``if``: both its ways, whether or not there is an ``else``."""
        first, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        body = nodes.without_else(other)
        if first is None:
            return
        yes, no = self._place(first), self._place(body or node)
        if body is None:
            self.insertions.otherwise(yes.end, no.counter)
        self._body(first, yes.counter)
        self._inside[first.id] = self._stretch(yes.start, yes.end, yes.counter)
        if body is not None:
            self._body(body, no.counter)
            self._inside[body.id] = self._stretch(yes.end, no.end, no.counter)
        self.branches.append(Branch("if", nodes.line_of(node), node.start_byte, (yes, no)))

    def loop(self, node: Node, _: Stretch) -> None:
        """The body of a loop."""
        body = node.child_by_field_name("body")
        if body is not None:
            place = self._place(body)
            self._body(body, place.counter)
            self._inside[body.id] = self._stretch(place.start, place.end, place.counter)
        heads = (node.child_by_field_name(name) for name in ("initializer", "condition"))
        self._done |= {head.id for head in heads if head is not None and head.type == "expression_statement"}

    def around(self, node: Node, _: Stretch) -> None:
        """The body of a ``with``: a block, that a statement in it may have its counter."""
        body = node.child_by_field_name("body")
        if body is not None:
            self._body(body, self._counter())

    def _body(self, node: Node, counter: int) -> None:
        """Count what is entered; a single statement gets braces."""
        if node.type == "statement_block":
            self.insertions.before(node.start_byte + 1, [counter])
        else:
            self.insertions.braces(node.start_byte, nodes.end_of(node, self._ends), [counter])

    def attempt(self, node: Node, stretch: Stretch) -> None:
        """``try``: behind its block it goes on, whatever was thrown in there."""
        clauses = (child for child in node.named_children if child.type in CLAUSES)
        stretch.turns += [(clause.start_byte, self.statements[-1].counter) for clause in clauses]

    def clause(self, node: Node, _: Stretch) -> None:
        """``catch`` or ``finally``."""
        body = node.child_by_field_name("body")
        if body is not None:
            counter = self._counter()
            self._body(body, counter)
            self._inside[body.id] = self._stretch(node.start_byte, node.end_byte, counter)

    def switch(self, node: Node, _: Stretch) -> None:
        """A ``switch``: as many ways as it has cases."""
        body = node.child_by_field_name("body")
        arms = []
        for case in nodes.statements(body) if body is not None else ():
            colon = next(child for child in case.children if child.type == ":")
            place = Place(case.start_byte, nodes.end_of_case(case, self._ends), nodes.line_of(case), self._counter())
            self.insertions.before(colon.end_byte, [place.counter])
            self._inside[case.id] = self._stretch(place.start, place.end, place.counter)
            arms.append(place)
        if arms:
            self.branches.append(Branch("switch", nodes.line_of(node), node.start_byte, tuple(arms)))

    def ternary(self, node: Node, _: Stretch) -> None:
        """``? :``."""
        arms = []
        for sign, value in nodes.arms_of(node):
            place = self._place(value)
            self.insertions.around(place.start, place.end, [place.counter])
            self._stretch(sign.start_byte, place.end, place.counter)
            arms.append(place)
        self.branches.append(Branch("cond-expr", nodes.line_of(node), node.start_byte, tuple(arms)))

    def binary(self, node: Node, _: Stretch) -> None:
        """``&&``, ``||`` and ``??``, with all that are joined: one branch."""
        if node.id in self._done or nodes.logical_sign(node) is None:
            return
        arms: dict[int, Place] = {}  # by where they begin
        signs: list[tuple[int, Node]] = []
        waiting = [node]
        while waiting:
            each = waiting.pop()
            inner = nodes.unwrapped(each)
            sign = nodes.logical_sign(inner)
            if sign is None:
                arms[each.start_byte] = place = self._place(each)
                self.insertions.around(place.start, place.end, [place.counter])
                continue
            self._done.add(inner.id)
            left, right = (inner.child_by_field_name(name) for name in ("left", "right"))
            if left is not None and right is not None:
                signs.append((sign.start_byte, right))
                waiting += [right, left]
        for start, right in signs:
            self._stretch(start, right.end_byte, arms[nodes.first_arm(right).start_byte].counter)
        self.branches.append(Branch("binary-expr", nodes.line_of(node), node.start_byte, tuple(arms.values())))

    def default(self, node: Node, _: Stretch) -> None:
        """A value for what is not given."""
        name, value = node.child_by_field_name("left"), node.child_by_field_name("right")
        if value is None:
            return
        arm = self._place(value)
        self.insertions.around(arm.start, arm.end, [arm.counter], nodes.key_of(name, value))
        self.branches.append(Branch("default-arg", nodes.line_of(node), node.start_byte, (arm,)))

    # ---- functions ----

    def function(self, node: Node, _: Stretch) -> None:
        """A function of any form; what an arrow points to is a statement."""
        body, name = node.child_by_field_name("body"), node.child_by_field_name("name")
        if body is None:
            return
        start = next(child.start_byte for child in node.children if child.type != "static")
        counter = self._counter()
        self.functions.append(Place(start, node.end_byte, nodes.line_of(node), counter, text_of(name)))
        self._inside[body.id] = self._stretch(start, node.end_byte, counter, is_function=True)
        if body.type == "statement_block":
            offset, missing = nodes.entry(body, body.start_byte + 1)
            self._done |= {each.id for each in nodes.directives(body)}
            self.insertions.before(offset, [counter], missing=missing)
        else:
            place = self._place(nodes.unwrapped(body))
            self.statements.append(place)
            self.insertions.around(body.start_byte, body.end_byte, [counter, place.counter])


VISITS: dict[str, Callable[[_Walk, Node, Stretch], None]] = {
    "program": _Walk.program,
    **dict.fromkeys(("statement_block", "switch_case", "switch_default"), _Walk.listed),
    "labeled_statement": _Walk.label,
    "variable_declarator": _Walk.declarator,
    "field_definition": _Walk.member,
    "if_statement": _Walk.condition,
    "with_statement": _Walk.around,
    "switch_statement": _Walk.switch,
    "ternary_expression": _Walk.ternary,
    "binary_expression": _Walk.binary,
    "try_statement": _Walk.attempt,
    **dict.fromkeys(CLAUSES, _Walk.clause),
    **dict.fromkeys(("assignment_pattern", "object_assignment_pattern"), _Walk.default),
    **dict.fromkeys(nodes.LOOPS, _Walk.loop),
    **dict.fromkeys(FUNCTIONS, _Walk.function),
}
"""What is done with a node of each type."""
