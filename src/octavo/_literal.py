"""Files that hold one JavaScript literal, JSON among them.

What networks call JSON test files are often JavaScript: comments, hex numbers, trailing commas. A text that is JSON is
read by ``json``; any other is read from its syntax tree, where only literals count: nothing is evaluated.

Source: ECMA-262, section 13.2 (primary expressions) and 12.9 (literals).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo._files import read_text
from octavo._syntax import parse as parse_script
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from octavo._syntax import Node

    Place = tuple["str | int", ...]
    Spans = dict[Place, tuple[int, int]]

MAX_DEPTH = 200
"""Levels of lists and objects, as in results (`octavo.limits.Limits.depth`)."""

MAX_VALUES = 1_000_000
"""Values a file may hold, as in YAML files."""

LARGEST_BITS = 1024
"""A whole number with more bits is an infinity in JavaScript. Source: ECMA-262, ``Number.MAX_VALUE``."""

EXPECTED = "a list, an object, a text, a number, true, false or null was expected"


@dataclass(frozen=True, slots=True)
class Document:
    """A literal file that was read.

    Attributes:
        file: its path, as errors name it.
        text: its characters.
        value: what it holds: JSON's types, and floats that JSON does not have.
    """

    file: str
    text: str = field(repr=False)
    value: Any

    def error(self, place: Place, message: str) -> ContentError:
        """An error about the value at a place, or about the nearest value around it."""
        spans = self.spans()
        while place not in spans:
            place = place[:-1]
        path = "".join(f"/{part}" for part in place) or None
        return _error(self.file, self.text, spans[place][0], message, path)

    def spans(self) -> Spans:
        """Where each value stands in the text: first character, and the one after the last."""
        reader = _Reader(self.file, self.text)
        reader.read()
        return reader.spans

    def span(self, place: Place) -> tuple[int, int]:
        """Where the value at a place stands in the text."""
        return self.spans()[place]


def read(path: Path, *, most_bytes: int) -> Document:
    """Read one literal.

    Args:
        path: the file.
        most_bytes: size above which it is refused, unread.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it cannot be read, or holds more than literals; with line and column.
    """
    return parse(read_text(path, most_bytes=most_bytes), str(path))


def parse(text: str, file: str) -> Document:
    """`read` for a text at hand; ``file`` is what errors name."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Document(file, text, _Reader(file, text).read())
    if _is_deep(value):
        return Document(file, text, _Reader(file, text).read())
    return Document(file, text, value)


def _is_deep(value: Any) -> bool:
    """Whether there are more levels than the reader takes: it then says where."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for inner in level if isinstance(inner, dict | list) for item in _items(inner)]
        if not level:
            return False
    return True


def _items(container: dict[str, Any] | list[Any]) -> list[Any]:
    return list(container.values()) if isinstance(container, dict) else container


def _error(file: str, text: str, at: int, message: str, path: str | None = None) -> ContentError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return ContentError(message, file=file, line=line, column=column, path=path)


class _Undefined:
    """What ``undefined`` is until its container is known: no member of an object, null in a list."""


UNDEFINED = _Undefined()
BEFORE = b"(\n"
AFTER = b"\n)"
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf")}


class _Reader:
    """Values from a syntax tree.

    Attributes:
        spans: where each value stands, in characters.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.source = text.encode("utf-8", "surrogatepass")
        # Bytes that do not begin a character: places are counted in characters, tree-sitter counts bytes.
        self.inside = [index for index, byte in enumerate(self.source) if byte & 0xC0 == 0x80]  # noqa: PLR2004 - UTF-8
        self.spans: Spans = {}
        self.count = 0

    def read(self) -> Any:
        """The value.

        Raises:
            ContentError: the text is no literal.
        """
        # In brackets, so that an object is not a block of statements.
        root = parse_script(BEFORE + self.source + AFTER)
        if root.has_error:
            raise self.error(_fault(root), f"not a JavaScript literal: {EXPECTED}")
        value = self.value(self.inner(root), ())
        if value is UNDEFINED:
            raise _error(self.file, self.text, 0, f"undefined is no value: {EXPECTED}")
        return value

    def inner(self, root: Node) -> Node:
        """The one expression of the text."""
        node = root
        for kind in ("expression_statement", "parenthesized_expression", ""):
            inside = _parts(node)
            if len(inside) != 1 or (kind and inside[0].type != kind):
                at = inside[1] if len(inside) > 1 else node
                raise self.error(at, f"one value alone: {EXPECTED}")
            node = inside[0]
        return node

    def value(self, node: Node, place: Place) -> Any:
        """What a node stands for."""
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.error(node, f"more than {MAX_VALUES} values")
        if len(place) >= MAX_DEPTH and node.type in ("array", "object"):
            raise self.error(node, f"nested deeper than {MAX_DEPTH} levels")
        self.spans[place] = (self.at(node.start_byte), self.at(node.end_byte))
        if node.type == "array":
            return self.array(node, place)
        return self.object(node, place) if node.type == "object" else self.scalar(node)

    def scalar(self, node: Node) -> Any:
        """A value that holds no other."""
        text = self.written(node)
        if node.type in _CONSTANTS:
            return _CONSTANTS[node.type]
        if node.type == "identifier" and text in _NUMBERS:
            return _NUMBERS[text]
        convert = SCALARS.get(node.type)
        if convert is None:
            raise self.error(node, f"{_cut(text)}: {EXPECTED}")
        return convert(self, node)

    def array(self, node: Node, place: Place) -> list[Any]:
        """A list; what is left out, and ``undefined``, is null, as ``JSON.stringify`` prints it."""
        items: list[Any] = []
        empty = True
        for part in node.children[1:-1]:
            if part.type == ",":
                items += [None] * empty
                empty = True
            elif part.type not in COMMENTS:
                value = self.value(part, (*place, len(items)))
                items.append(None if value is UNDEFINED else value)
                empty = False
        return items

    def object(self, node: Node, place: Place) -> dict[str, Any]:
        """An object, without the members that are ``undefined``."""
        members: dict[str, Any] = {}
        for part in _parts(node):
            key_node, value_node = part.child_by_field_name("key"), part.child_by_field_name("value")
            if part.type != "pair" or key_node is None or value_node is None:
                raise self.error(part, f"{_cut(self.written(part))}: a member key: value was expected")
            key = self.key(key_node)
            value = self.value(value_node, (*place, key))
            if value is UNDEFINED:
                members.pop(key, None)
                continue
            members[key] = value
        return members

    def key(self, node: Node) -> str:
        """The name of a member."""
        if node.type == "property_identifier":
            return self.unescaped(node, self.written(node))
        if node.type == "string":
            return self.string(node)
        if node.type == "number":
            number = self.number(node)
            if isinstance(number, int) or number.is_integer():
                return str(int(number))
        raise self.error(node, f"{_cut(self.written(node))}: a name or a text was expected as key")

    def number(self, node: Node) -> int | float:
        """A number; beyond what a double holds it is infinite."""
        text = self.written(node)
        if found := _WHOLE.fullmatch(text):
            digits = found[1].replace("_", "")
            whole = int(digits, 0) if found[2] is None else _whole(digits)
            return float("inf") if isinstance(whole, int) and whole.bit_length() > LARGEST_BITS else whole
        if _REAL.fullmatch(text):
            return float(text.replace("_", ""))
        raise self.error(node, f"{_cut(text)}: a number was expected; octal is written 0o17")

    def signed(self, node: Node) -> int | float:
        """A number with a sign."""
        sign, value = node.children[0].type, node.children[-1]
        number = self.number(value) if value.type == "number" else _NUMBERS.get(self.written(value))
        if number is None or sign not in "+-":
            raise self.error(node, f"{_cut(self.written(node))}: {EXPECTED}")
        if sign == "+":
            return number
        return -number if number else -0.0

    def string(self, node: Node) -> str:
        """A text in quotes."""
        return self.unescaped(node, self.written(node)[1:-1])

    def template(self, node: Node) -> str:
        """A template without substitutions, in which every end of a line is a line feed."""
        if any(part.type == "template_substitution" for part in node.named_children):
            raise self.error(node, f"{_cut(self.written(node))}: a text without ${{...}} was expected")
        return self.unescaped(node, re.sub(r"\r\n?", "\n", self.written(node)[1:-1]))

    def unescaped(self, node: Node, text: str) -> str:
        """A text with its escapes resolved."""
        if "\\" not in text:
            return text
        if "\\" in _ESCAPE.sub("", text):
            raise self.error(node, f"{_cut(text)}: an escape that JavaScript does not have in strict code")
        joined = _ESCAPE.sub(_character, text).encode("utf-16", "surrogatepass")
        return joined.decode("utf-16", "surrogatepass")

    def written(self, node: Node) -> str:
        """The text of a node."""
        return self.text[self.at(node.start_byte) : self.at(node.end_byte)]

    def at(self, offset: int) -> int:
        """The character at a byte of what was parsed."""
        place = min(max(offset - len(BEFORE), 0), len(self.source))
        return place - bisect_left(self.inside, place)

    def error(self, node: Node, message: str) -> ContentError:
        """An error about a node."""
        return _error(self.file, self.text, self.at(node.start_byte), message)


COMMENTS = ("comment", "html_comment")
SCALARS: dict[str, Callable[[_Reader, Node], Any]] = {
    "string": _Reader.string,
    "template_string": _Reader.template,
    "number": _Reader.number,
    "unary_expression": _Reader.signed,
}
_WHOLE = re.compile(
    r"(0[xX][\da-fA-F]+(?:_[\da-fA-F]+)*|0[oO][0-7]+(?:_[0-7]+)*|0[bB][01]+(?:_[01]+)*|(0|[1-9](?:_?\d)*))"
)
_REAL = re.compile(r"(?:(?:0|[1-9](?:_?\d)*)(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?")
_ESCAPE = re.compile(
    r"\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{0*((?:10|[\da-fA-F])?[\da-fA-F]{1,4})\}|(0(?!\d)|[^\dxu\r]|\r\n?))",
    re.DOTALL,
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_CONTINUED = ("\n", "\r", "\r\n", "\u2028", "\u2029")


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(int(code, 16))
    return "" if found[4] in _CONTINUED else _LETTERS.get(found[4], found[4])


def _whole(digits: str) -> int | float:
    """A decimal number; one with hundreds of digits is not worth an int."""
    return int(digits) if len(digits) < LARGEST_BITS else float(digits)


def _parts(node: Node) -> list[Node]:
    return [part for part in node.named_children if part.type not in COMMENTS]


def _fault(root: Node) -> Node:
    """The first node that the grammar did not expect, or misses."""
    node = root
    while not (node.is_error or node.is_missing):
        inside: Iterator[Node] = (part for part in node.children if part.has_error or part.is_missing)
        found = next(inside, None)
        if found is None:
            return node
        node = found
    return node


def _cut(text: str, most: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
