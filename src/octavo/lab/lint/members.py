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
    for node in script.of("member_expression"):
        for dialect in dialects if not _is_spare(node) else ():
            name = _absent(node, dialect.engine.name, script)
            if name and name.rpartition(".")[2] not in made:
                there = found.setdefault(name, (node, []))[1]
                there += [dialect.name] if dialect.name not in there else []
    for name, (node, there) in found.items():
        quiet = name.rpartition(".")[2] in NOTHING_RAISED
        gives, why = ("is undefined", _UNDEFINED) if quiet else ("is not there", "")
        yield Mark("missing-member", name, f"{name} {gives}", tuple(there), node, why=why)


def _is_spare(node: Node) -> bool:
    """Whether a member stands in what is put in place of a missing one, or in what nobody calls when data is sent."""
    inner, in_function = node, False
    while inner.parent is not None:
        outer = inner.parent
        in_function = in_function or inner.type in FUNCTIONS
        if in_function and outer.type == "assignment_expression" and outer.child_by_field_name("right") == inner:
            return ".prototype." in text_of(outer.child_by_field_name("left"))
        name = outer.child_by_field_name("key") if outer.type == "pair" else inner.child_by_field_name("name")
        if inner.type in FUNCTIONS and text_of(name) in _UNCALLED:
            return True
        inner = outer
    return False


def _absent(node: Node, engine: str, script: Script) -> str | None:
    """The name of a member that the engine lacks, as people write it; or None."""
    holder, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("property"))
    if holder is None or node.child_by_field_name("optional_chain"):
        return None
    owner = text_of(holder)
    if holder.type == "identifier" and owner[:1].isupper():
        lacks = ABSENT_MEMBERS.get(engine, {}).get(owner, frozenset())
        return f"{owner}.{name}" if name in lacks and owner not in script.names.top.bindings else None
    called = node.parent is not None and node.parent.child_by_field_name("function") == node
    return f".{name}" if called and name in ABSENT_METHODS.get(engine, frozenset()) else None


def _made(script: Script) -> frozenset[str]:
    """Names of members that the script defines, or looks at before it calls them."""
    defined = {text_of(each.child_by_field_name("name")) for each in script.of("method_definition", "field_definition")}
    defined |= {text_of(each.child_by_field_name("key")) for each in script.of("pair")}
    defined |= {text_of(each) for each in script.of("string_fragment", "shorthand_property_identifier")}
    looked = {
        text_of(each.child_by_field_name("property")) for each in script.of("member_expression") if _is_value(each)
    }
    return frozenset(defined | looked)


def _is_value(node: Node) -> bool:
    """Whether a member is assigned, compared or asked for, not called."""
    outer = node.parent
    if outer is None or outer.child_by_field_name("function") == node:
        return False
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
