"""The functions that networks look for, the names that are the networks' own, and how large a script may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, text_of, walk
from octavo.lab.lint.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from octavo._syntax import Node
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.scopes import Binding
    from octavo.lab.lint.script import Script

MOST_BYTES = 40_960
"""The largest script that The Things Stack takes up to 3.34. Source: lorawan-stack 3.32.1, ``MaxParameterLength`` of
``cmd/internal/shared/applicationserver/config.go`` and ``max_len`` of ``api/ttn/lorawan/v3/messages.proto``."""
MOST_BYTES_LATER = 65_536
"""The same from 3.35. Source: the release notes of The Things Stack."""

OWN_NAMES: Mapping[str, tuple[str, ...]] = {
    "tts": ("main",),
    "tts-3.32": ("main",),
    "chirpstack4": ("Buffer", "chirpstack_input"),
}
"""Names of the top level that a network takes for itself. Source: lorawan-stack 3.32.1
``pkg/messageprocessors/javascript``: a function ``main`` stands behind the script; chirpstack d77207c
``codec/js/mod.rs``: ``import { Buffer } from "buffer"`` stands before it, and the input is ``chirpstack_input``."""

_STRICT = ("===", "!==")
_NO_VALUE = ("undefined", "null")


def functions_of(scripts: Sequence[Script], dialect: Dialect) -> frozenset[str]:
    """The functions of a network that some scripts have."""
    given = frozenset(name for script in scripts for name in script.names.given)
    return given & dialect.function_names()


def operations_of(scripts: Sequence[Script], dialect: Dialect) -> frozenset[str]:
    """The operations of a network for which some scripts have a function."""
    have = functions_of(scripts, dialect)
    return frozenset(
        name
        for name, operation in dialect.operations.items()
        if any(function.name in have for function in operation.functions)
    )


def missing_functions(scripts: Sequence[Script], dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Networks that find no function at all, and operations that only some of the networks find."""
    found = {dialect.name: operations_of(scripts, dialect) for dialect in dialects}
    lost = [dialect for dialect in dialects if not found[dialect.name]]
    for dialect in lost:
        wanted = ", ".join(sorted(dialect.function_names()))
        yield Mark("missing-function", "all", f"none of {wanted} is here", (dialect.name,))
    for operation in sorted(frozenset().union(*found.values())):
        for dialect in dialects:
            if dialect not in lost and operation in dialect.operations and operation not in found[dialect.name]:
                names = " or ".join(function.name for function in dialect.operations[operation].functions)
                message = f"{names} is not here, though other networks find what does {operation}"
                yield Mark("missing-function", operation, message, (dialect.name,), severity="note")


def asynchronous(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Functions of a network that are ``async``, or return a Promise that they make."""
    for name, function in _entries(script, dialects):
        if any(child.type == "async" for child in function.children):
            yield Mark("async-function", name, f"{name} is async", _callers(name, dialects), function)
        elif any(_is_promise(each) for each in _returned(function)):
            yield Mark("async-function", name, f"{name} returns a Promise", _callers(name, dialects), function)


def _entries(script: Script, dialects: Sequence[Dialect]) -> Iterator[tuple[str, Node]]:
    """The functions of the top level that a network calls, with their names."""
    wanted = frozenset(name for dialect in dialects for name in dialect.function_names())
    for name in sorted(wanted & frozenset(script.names.top.bindings)):
        for binding in script.names.top.bindings[name]:
            holder = script.outer(binding.node)
            value = holder.child_by_field_name("value") if holder.type == "variable_declarator" else holder
            if value is not None and value.type in FUNCTIONS and binding.kind != "hoisted":
                yield name, value


def _callers(name: str, dialects: Sequence[Dialect]) -> tuple[str, ...]:
    return tuple(dialect.name for dialect in dialects if name in dialect.function_names())


def _returned(function: Node) -> Iterator[Node]:
    """What a function itself returns."""
    for node in walk(function, but_in=FUNCTIONS):
        if node.type == "return_statement":
            yield from node.named_children[:1]


def _is_promise(node: Node) -> bool:
    if node.type == "new_expression":
        return text_of(node.child_by_field_name("constructor")) == "Promise"
    called = node.child_by_field_name("function")
    return node.type == "call_expression" and text_of(called).startswith("Promise.")


READ_ONLY = frozenset({"buffer", "byteLength", "byteOffset", "length", "offset", "parent"})
"""Members that instances of ``Buffer`` have as getters. Source: chirpstack d77207c, its module ``buffer``; ECMAScript
2025, 23.2.3, of typed arrays."""


def own_names(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Names of the top level that the network has for itself."""
    for dialect in dialects:
        for name in OWN_NAMES.get(dialect.name, ()):
            bindings = [each for each in script.names.top.bindings.get(name, ()) if each.kind != "import"]
            if name == "Buffer":
                yield from _replaced(script, bindings, dialect)
                bindings = [each for each in bindings if each.kind in ("var", "hoisted")]
            if bindings:
                yield Mark("colliding-name", name, f"the script declares {name}", (dialect.name,), bindings[0].node)


def _replaced(script: Script, bindings: Sequence[Binding], dialect: Dialect) -> Iterator[Mark]:
    """A function in the place of an imported class whose getters it assigns; see `octavo.formatters.modules`."""
    for each in bindings:
        assigned = _assigned(script.outer(each.node)) if each.kind == "function" else None
        if assigned is not None:
            message = f"{each.name} assigns {assigned}, which the module buffer has made read-only"
            yield Mark("replaced-import", each.name, message, (dialect.name,), each.node)


def _assigned(function: Node) -> str | None:
    """The first member of the module's class that a function assigns to ``this``."""
    for node in walk(function):
        left = node.child_by_field_name("left") if node.type == "assignment_expression" else None
        if left is not None and left.type == "member_expression":
            owner, member = left.child_by_field_name("object"), text_of(left.child_by_field_name("property"))
            if owner is not None and owner.type == "this" and member in READ_ONLY:
                return member
    return None


def sizes(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Scripts that The Things Stack does not take."""
    size = len(script.source)
    there = tuple(dialect.name for dialect in dialects if "main" in OWN_NAMES.get(dialect.name, ()))
    if there and size > MOST_BYTES:
        limits = f"{MOST_BYTES} up to release 3.34, {MOST_BYTES_LATER} from 3.35"
        severity = "error" if size > MOST_BYTES_LATER else None
        yield Mark("too-large", "size", f"the script has {size} bytes; at most {limits}", there, severity=severity)


def strict_ports(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Strict comparisons of the port that an encoder is given as an object.

    Source: docs/dialects.md, ``tts-3.32``: the encoder's fPort is a wrapped number.
    """
    there = tuple(dialect for dialect in dialects if _is_boxed(dialect))
    for name, function in _entries(script, there):
        position = _boxed_parameter(name, there)
        place = next(_compared(function, _port_names(function, position)), None) if position is not None else None
        if place is not None:
            message = f"fPort is compared strictly in {name}: write Number(fPort)"
            yield Mark("strict-port", name, message, tuple(each.name for each in there), place)


def _is_boxed(dialect: Dialect) -> bool:
    encoding = dialect.operations.get("encode_downlink")
    return encoding is not None and any("boxedFPort" in function.inputs for function in encoding.functions)


def _boxed_parameter(name: str, dialects: Sequence[Dialect]) -> int | None:
    """Which parameter of an encoder has the port: its place; 0 is an object with a member fPort, -1 none has."""
    for dialect in dialects:
        for function in dialect.operations["encode_downlink"].functions:
            if function.name == name:
                return function.inputs.index("boxedFPort") if function.positional else 0
    return None


def _port_names(function: Node, position: int) -> frozenset[str]:
    """The texts that stand for the port in a function: ``input.fPort``, and what is declared as that."""
    listed = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    parameters = (listed.named_children if listed.type == "formal_parameters" else [listed]) if listed else []
    if position >= len(parameters):
        return frozenset()
    given = text_of(parameters[position])
    ports = {given} if position else {f"{given}.fPort", f'{given}["fPort"]', f"{given}['fPort']"}
    for node in walk(function):
        if node.type == "variable_declarator" and _is_one_of(ports, node.child_by_field_name("value")):
            ports.add(text_of(node.child_by_field_name("name")))
    return frozenset(ports)


def _compared(function: Node, ports: frozenset[str]) -> Iterator[Node]:
    """Where one of these is compared strictly with a value."""
    for node in walk(function):
        if node.type == "switch_statement" and text_of(node.child_by_field_name("value")).strip("() ") in ports:
            yield node
        if node.type == "binary_expression" and text_of(node.child_by_field_name("operator")) in _STRICT:
            sides = [node.child_by_field_name(side) for side in ("left", "right")]
            if any(_is_one_of(ports, side) for side in sides) and not any(
                _is_one_of(_NO_VALUE, side) for side in sides
            ):
                yield node


def _is_one_of(texts: Collection[str], node: Node | None) -> bool:
    """Whether a node's text is one of some short ones; a long one is not read, for long ones are nested."""
    if node is None or not texts or node.end_byte - node.start_byte > max(len(text.encode()) for text in texts):
        return False
    return text_of(node) in texts
