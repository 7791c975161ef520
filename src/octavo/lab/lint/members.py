"""Members of built-in objects that an engine lacks, or that do less there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, text_of
from octavo.lab.lint.engines import ABSENT_MEMBERS, ABSENT_METHODS, GOJA, NOTHING_RAISED, OTTO, WITHOUT_INTL
from octavo.lab.lint.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo._syntax import Node
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.script import Script

_UNCALLED = frozenset({"toString", "valueOf", "toJSON"})
"""Methods of a result that the engines without newer members do not call: otto and goja read its members."""

_UNDEFINED = "on {} it is undefined, and nothing is thrown: what is made of it is wrong"

_LOCALE = re.compile(r"toLocale(?:Date|Time)?String")
_GROUP = re.compile(r"\(\?<(?![=!])")


def missing_members(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Methods and functions of built-in objects that an engine lacks, each once."""
    found: dict[str, tuple[Node, list[str]]] = {}
    made = _made(script)
    spare = script.inherited(_spare, first=(False, False))
    for node in script.of("member_expression"):
        for dialect in dialects if not spare.get(node.id, (True,))[0] else ():
            name = _absent(node, dialect.engine.name, script)
            if name and name.rpartition(".")[2] not in made:
                there = found.setdefault(name, (node, []))[1]
                there += [dialect.name] if dialect.name not in there else []
    for name, (node, there) in found.items():
        quiet = name.rpartition(".")[2] in NOTHING_RAISED
        gives, why = ("is undefined", _UNDEFINED) if quiet else ("is not there", "")
        yield Mark("missing-member", name, f"{name} {gives}", tuple(there), node, why=why)


def _spare(node: Node, outer: Node, around: tuple[bool, bool]) -> tuple[bool, bool]:
    """Whether a node stands in what is put in place of a missing member, or in what nobody calls when data is sent.

    That is asked of the function that it is in; the second is what it is for a function that stands here.
    """
    here, inside = around
    is_function = node.type in FUNCTIONS
    if outer.type == "assignment_expression" and outer.child_by_field_name("right") == node:
        inside = _is_of_prototype(outer.child_by_field_name("left"))
    elif is_function:
        name = outer.child_by_field_name("key") if outer.type == "pair" else node.child_by_field_name("name")
        inside = inside or text_of(name) in _UNCALLED
    return (inside if is_function else here), inside


def _is_of_prototype(left: Node | None) -> bool:
    """Whether ``left`` is a member of a prototype: ``String.prototype.padStart``."""
    holder = left.child_by_field_name("object") if left is not None and left.type == "member_expression" else None
    return holder is not None and text_of(holder.child_by_field_name("property")) == "prototype"


def _absent(node: Node, engine: str, script: Script) -> str | None:
    """The name of a member that the engine lacks, as people write it; or None."""
    holder, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("property"))
    if holder is None or node.child_by_field_name("optional_chain"):
        return None
    owner = text_of(holder) if holder.type == "identifier" else ""
    if owner[:1].isupper():
        lacks = ABSENT_MEMBERS.get(engine, {}).get(owner, frozenset())
        return f"{owner}.{name}" if name in lacks and owner not in script.names.top.bindings else None
    if name not in ABSENT_METHODS.get(engine, frozenset()):
        return None
    return f".{name}" if script.outer(node).child_by_field_name("function") == node else None


def _made(script: Script) -> frozenset[str]:
    """Names of members that the script defines, or looks at before it calls them."""
    defined = {text_of(each.child_by_field_name("name")) for each in script.of("method_definition", "field_definition")}
    defined |= {text_of(each.child_by_field_name("key")) for each in script.of("pair")}
    defined |= {text_of(each) for each in script.of("string_fragment", "shorthand_property_identifier")}
    looked = {
        text_of(each.child_by_field_name("property"))
        for each in script.of("member_expression")
        if _is_value(each, script.outer(each))
    }
    return frozenset(defined | looked)


def _is_value(node: Node, outer: Node) -> bool:
    """Whether a member is assigned, compared or asked for, not called."""
    return outer.type in ("assignment_expression", "unary_expression", "if_statement", "parenthesized_expression") or (
        outer.type in ("binary_expression", "ternary_expression")
        and text_of(node.child_by_field_name("property")) not in NOTHING_RAISED
    )


def locale_texts(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """Texts for people, in a language or a zone that the engine knows nothing of."""
    there = tuple(dialect.name for dialect in dialects if dialect.engine.name in WITHOUT_INTL)
    for call in script.of("call_expression") if there else ():
        name = text_of((call.child_by_field_name("function") or call).child_by_field_name("property"))
        given = call.child_by_field_name("arguments")
        if _LOCALE.fullmatch(name) and given is not None and given.named_children:
            message = f"{name} is given a language or options, and the engine knows none"
            yield Mark("locale-text", name, message, there, call)
            return


def named_groups(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """``groups`` of a match, which goja and otto leave undefined."""
    there = tuple(dialect.name for dialect in dialects if dialect.engine.name in (GOJA, OTTO))
    if not there or not any(_GROUP.search(text_of(each)) for each in script.of("regex_pattern")):
        return
    for node in script.of("member_expression"):
        if text_of(node.child_by_field_name("property")) == "groups" and not node.child_by_field_name("optional_chain"):
            yield Mark("named-groups", "groups", "groups of a match is read", there, node)
            return
