"""YAML 1.2, core schema, as the device repository's own tools read it; the only module that knows PyYAML.

PyYAML follows YAML 1.1: ``on`` would be a boolean, ``1e3`` a string, ``12:30`` a number, ``010`` eight.
Here the plain scalars are resolved by the core schema, and everything else PyYAML adds is refused.

Source: YAML 1.2.2, section 10.3.2 (tag resolution of the core schema).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from octavo._files import read_text
from octavo.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_NODES = 1_000_000
"""Values a file may hold once its aliases are written out, so that a few lines cannot become gigabytes."""

MAX_DEPTH = 200
"""Levels of lists and mappings, as in results (`octavo.limits.Limits.depth`)."""

TAG = "tag:yaml.org,2002:"

SCALARS: tuple[tuple[str, str, str], ...] = (
    ("null", r"null|Null|NULL|~|", "nN~"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
)

Place = tuple["str | int", ...]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - PyYAML's own table, emptied of YAML 1.1


for _name, _pattern, _first in SCALARS:
    _Loader.add_implicit_resolver(TAG + _name, re.compile(f"(?:{_pattern})$"), [*_first, ""])


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file that was read.

    Attributes:
        file: its path, as errors name it.
        text: its characters.
        value: what it holds: JSON's types.
        places: line and column, from 1, of each value, by its keys and indexes from the top.
        keys: the same of each key, by the place of its value.
    """

    file: str
    text: str = field(repr=False)
    value: Any
    places: dict[Place, tuple[int, int]] = field(repr=False)
    keys: dict[Place, tuple[int, int]] = field(repr=False)

    def error(self, place: Place, message: str) -> ContentError:
        """An error about the value at a place, or about the nearest value around it."""
        while place not in self.places:
            place = place[:-1]
        return self._error(place, self.places[place], message)

    def key_error(self, place: Place, message: str) -> ContentError:
        """An error about the key of the value at a place."""
        return self._error(place, self.keys[place], message)

    def _error(self, place: Place, found: tuple[int, int], message: str) -> ContentError:
        line, column = found
        path = "".join(f"/{part}" for part in place) or None
        return ContentError(message, file=self.file, line=line, column=column, path=path)


def read(path: Path, *, most_bytes: int) -> Document:
    """Read one YAML document.

    Args:
        path: the file.
        most_bytes: size above which it is refused, unread.

    Raises:
        NotFoundError: there is no such file.
        ContentError: it cannot be read, or is not YAML 1.2 with JSON's types; with line and column.
    """
    return parse(read_text(path, most_bytes=most_bytes), str(path))


def parse(text: str, file: str) -> Document:
    """`read` for a text at hand; ``file`` is what errors name."""
    try:
        _check_depth(text, file)
        return _build(text, file)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, file) from error
    except yaml.YAMLError as error:
        raise ContentError(f"not YAML: {' '.join(str(error).split())}", file=file) from error


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value stands in a text, and how.

    Attributes:
        start: its first character.
        end: the one after its last.
        column: of its first character, from 0.
        block: whether it is a list or mapping in block style.
    """

    start: int
    end: int
    column: int
    block: bool


def spans(text: str) -> dict[Place, Span]:
    """Where each value of a text that was read stands; what is there by an alias only stands nowhere."""
    found: dict[Place, Span] = {}
    seen: set[int] = set()
    waiting: list[tuple[Any, Place]] = [(_Loader(text).get_single_node(), ())]
    while waiting:
        node, place = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            found[place] = _span(node, text)
            waiting += _inside(node, place)
    return found


def _inside(node: Any, place: Place) -> list[tuple[Any, Place]]:
    """The values in a list or mapping, with their places."""
    if isinstance(node, yaml.MappingNode):
        names = [CONVERT.get(key.tag.removeprefix(TAG), str)(key.value) for key, _ in node.value]
        keys = [name if isinstance(name, str) else _key_text(name) for name in names]
        return [(value, (*place, key)) for key, (_, value) in zip(keys, node.value, strict=True)]
    return [(item, (*place, at)) for at, item in enumerate(node.value)] if isinstance(node, yaml.SequenceNode) else []


def _span(node: Any, text: str) -> Span:
    start = node.start_mark.index
    end = start + len(text[start : _last(node).end_mark.index].rstrip())
    block = not isinstance(node, yaml.ScalarNode) and not node.flow_style
    return Span(start, end, node.start_mark.column, block)


def _last(node: Any) -> Any:
    """The node that ends where a node ends: a block collection's own mark is beyond the comments behind it."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node


def _check_depth(text: str, file: str) -> None:
    """Refuse deep nesting before PyYAML composes it: it recurses, and beyond its stack the process dies."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line, column = _place(event.start_mark)
            raise ContentError(f"nested deeper than {MAX_DEPTH} levels", file=file, line=line, column=column)


def _build(text: str, file: str) -> Document:
    node = _Loader(text).get_single_node()
    if node is None:
        raise ContentError("the file is empty: a YAML mapping was expected", file=file, line=1, column=1)
    builder = _Builder(file)
    return Document(file, text, builder.build(node, ()), builder.places, builder.keys)


def _syntax_error(error: yaml.MarkedYAMLError, file: str) -> ContentError:
    mark = error.problem_mark or error.context_mark
    said = ", ".join(part for part in (error.context, error.problem) if part)
    line, column = _place(mark)
    return ContentError(f"not YAML: {said}", file=file, line=line, column=column)


def _place(mark: Any) -> tuple[int, int]:
    """Line and column from 1; PyYAML counts from 0, and may not know."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


@dataclass(slots=True)
class _Builder:
    """Python values from PyYAML's nodes, counting them and remembering where each stood."""

    file: str
    places: dict[Place, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Place, tuple[int, int]] = field(default_factory=dict)
    count: int = 0
    open: set[int] = field(default_factory=set)

    def build(self, node: Any, place: Place) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.error(node, f"more than {MAX_NODES} values, aliases written out")
        self.places[place] = _place(node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            raise self.error(node, "an alias inside its own anchor")
        self.open.add(id(node))
        value = self.mapping(node, place) if isinstance(node, yaml.MappingNode) else self.sequence(node, place)
        self.open.discard(id(node))
        return value

    def scalar(self, node: Any) -> Any:
        kind = node.tag.removeprefix(TAG)
        convert = CONVERT.get(kind)
        if convert is None:
            raise self.error(node, f"the tag {node.tag} is not one of YAML 1.2's core schema")
        try:
            return convert(node.value)
        except (ValueError, KeyError) as error:
            raise self.error(node, f"{node.value!r} is not a {kind}") from error

    def sequence(self, node: Any, place: Place) -> list[Any]:
        self.expect_tag(node, "seq")
        return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]

    def mapping(self, node: Any, place: Place) -> dict[str, Any]:
        self.expect_tag(node, "map")
        members: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key in members:
                raise self.error(key_node, f"the key {key!r} is there twice")
            self.keys[*place, key] = _place(key_node.start_mark)
            members[key] = self.build(value_node, (*place, key))
        return members

    def key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, "a key that is a list or a mapping: text was expected")
        if node.value == "<<" and not node.style:
            raise self.error(node, "merge keys (<<) are not part of YAML 1.2: write the members out")
        value = self.scalar(node)
        return value if isinstance(value, str) else _key_text(value)

    def expect_tag(self, node: Any, kind: str) -> None:
        if node.tag != TAG + kind:
            raise self.error(node, f"the tag {node.tag} is not one of YAML 1.2's core schema")

    def error(self, node: Any, message: str) -> ContentError:
        line, column = _place(node.start_mark)
        return ContentError(message, file=self.file, line=line, column=column)


def _key_text(value: Any) -> str:
    """A key that is no text, as JavaScript would name the member: ``true``, ``null``, ``16``, ``1.5``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def _integer(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text, base)


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


CONVERT: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _integer,
    "float": lambda text: _float(text.lower()),
}
