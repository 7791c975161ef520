"""The language level of each engine: what of the language it does not parse.

Source: as in `octavo.lab.lint.engines`: each construct was given to each engine's parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from octavo._syntax import FUNCTIONS, text_of
from octavo.lab.lint.engines import GOJA, OTTO, QUICKJS
from octavo.lab.lint.marks import Mark, in_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from octavo._syntax import Node
    from octavo.formatters.rules import Dialect
    from octavo.lab.lint.script import Script

_FUNCTIONS = tuple(sorted(FUNCTIONS))
_LOOKAROUND = re.compile(r"(?<!\\)\(\?(?:=|!|<=|<!)")
_BACKREFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_MODIFIERS = re.compile(r"(?<!\\)\(\?[ims-]+:")
_DECIMAL_WITH_ZERO = re.compile(r"0\d*[89]\d*")


def _always(_node: Node) -> bool:
    return True


def _has(*tokens: str) -> Callable[[Node], bool]:
    """Whether a node has all these tokens as its own."""
    return lambda node: set(tokens) <= {child.type for child in node.children}


def _is_generator(node: Node) -> bool:
    return node.type.startswith("generator") or _has("*")(node)


def _operator(*signs: str) -> Callable[[Node], bool]:
    return lambda node: text_of(node.child_by_field_name("operator")) in signs


def _is_no_accessor(node: Node) -> bool:
    return not (_has("get")(node) or _has("set")(node))


def _declares(node: Node) -> bool:
    return node.type == "lexical_declaration" or text_of(node.child_by_field_name("kind")) in ("let", "const")


def _matches(pattern: re.Pattern[str]) -> Callable[[Node], bool]:
    return lambda node: pattern.search(text_of(node)) is not None


def _number(test: Callable[[str], bool]) -> Callable[[Node], bool]:
    return lambda node: test(text_of(node))


@dataclass(frozen=True, slots=True)
class Construct:
    """Something of the language that an engine may not parse.

    Attributes:
        name: what people call it.
        engines: which do not.
        kinds: the nodes that may be it.
        test: which of these are.
        inside: what alone they are it in; "" for anything.
    """

    name: str
    engines: tuple[str, ...]
    kinds: tuple[str, ...]
    test: Callable[[Node], bool] = _always
    inside: str = ""

    def of(self, script: Script) -> Iterator[Node]:
        """Where it stands in a script."""
        found = (node for node in script.of(*self.kinds) if self.test(node))
        return (node for node in found if self.inside in ("", script.outer(node).type))


_OLD = (OTTO,)
_GO = (GOJA, OTTO)
CONSTRUCTS = (
    Construct("let or const", _OLD, ("lexical_declaration", "for_in_statement"), _declares),
    Construct("arrow function", _OLD, ("arrow_function",)),
    Construct("template", _OLD, ("template_string",)),
    Construct("class", _OLD, ("class_declaration", "class")),
    Construct("spread", _OLD, ("spread_element",)),
    Construct("rest", _OLD, ("rest_pattern",)),
    Construct("destructuring", _OLD, ("object_pattern", "array_pattern")),
    Construct("default value of a parameter", _OLD, ("assignment_pattern",)),
    Construct("for … of", _OLD, ("for_in_statement",), _operator("of")),
    Construct("member without a value", _OLD, ("shorthand_property_identifier",)),
    Construct("method in an object", _OLD, ("method_definition",), _is_no_accessor, "object"),
    Construct("computed name of a member", _OLD, ("computed_property_name",)),
    Construct("generator", _OLD, _FUNCTIONS, _is_generator),
    Construct("async function", _OLD, _FUNCTIONS, _has("async")),
    Construct("async generator", _GO, _FUNCTIONS, lambda node: _is_generator(node) and _has("async")(node)),
    Construct("for await", _GO, ("for_in_statement",), _has("await")),
    Construct("**", _OLD, ("binary_expression", "augmented_assignment_expression"), _operator("**", "**=")),
    Construct("?.", _OLD, ("optional_chain",)),
    Construct("??", _OLD, ("binary_expression",), _operator("??")),
    Construct("??=, ||= or &&=", _GO, ("augmented_assignment_expression",), _operator("??=", "||=", "&&=")),
    Construct("BigInt literal", _GO, ("number",), _number(lambda text: text.endswith("n"))),
    Construct("_ in a number", _GO, ("number",), _number(lambda text: "_" in text)),
    Construct("0b or 0o number", _OLD, ("number",), _number(lambda text: text[:2].lower() in ("0b", "0o"))),
    Construct("8 or 9 after a leading 0", _GO, ("number",), _number(lambda t: bool(_DECIMAL_WITH_ZERO.fullmatch(t)))),
    Construct("catch without a name", _OLD, ("catch_clause",), lambda node: not node.child_by_field_name("parameter")),
    Construct("new.target", _OLD, ("meta_property",), lambda node: text_of(node) == "new.target"),
    Construct("import()", _GO, ("import",)),
    Construct("<!-- comment", (GOJA, OTTO, QUICKJS), ("html_comment",)),
    Construct("#! line", _OLD, ("hash_bang_line",)),
    Construct("\\u{…} in a text", _OLD, ("escape_sequence",), lambda node: text_of(node).startswith("\\u{")),
    Construct(
        "flag s, d or v of a regular expression", (GOJA,), ("regex_flags",), lambda n: bool({*"sdv"} & {*text_of(n)})
    ),
    Construct("(?i: in a regular expression", (GOJA,), ("regex_pattern",), _matches(_MODIFIERS)),
    Construct("lookahead or lookbehind", _OLD, ("regex_pattern",), _matches(_LOOKAROUND)),
    Construct("backreference", _OLD, ("regex_pattern",), _matches(_BACKREFERENCE)),
)


def language_levels(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """What the engines of some networks do not parse, once for each construct."""
    for construct in CONSTRUCTS:
        there = tuple(dialect.name for dialect in dialects if dialect.engine.name in construct.engines)
        found = list(construct.of(script)) if there else []
        if found:
            engines = ", ".join(sorted({each.engine.name for each in dialects if each.name in there}))
            yield Mark(
                "language-level",
                construct.name,
                f"{construct.name}{in_places(found)}: {engines} does not parse it",
                there,
                found[0],
            )


def module_syntax(script: Script, dialects: Sequence[Dialect]) -> Iterator[Mark]:
    """``import`` and ``export`` where a script is no module."""
    there = tuple(dialect.name for dialect in dialects if not dialect.module)
    found = list(script.of("import_statement", "export_statement"))
    if there and found:
        word = found[0].type.partition("_")[0]
        yield Mark("module-syntax", word, f"{word}: a script is no module there", there, found[0])
