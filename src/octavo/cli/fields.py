"""The fields that a device's schema describes, one row each, as ``octavo show`` lists them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from octavo.schemas.pointers import pointer, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.schemas import DataSchema

ALTERNATIVES = ("anyOf", "oneOf")
"""Lists of schemas of which one counts."""

ANY = ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems")
"""Schemas for any item or any other member."""

LIMITS = (("minimum", "at least"), ("exclusiveMinimum", "above"), ("maximum", "at most"), ("exclusiveMaximum", "below"))

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        f_port: the FPort whose data has it; None for any.
        path: JSON Pointer, with ``*`` for any list position or any name.
        type: types of JSON, say ``integer``; "" where the schema leaves it open.
        unit: the keyword ``unit``; "" without one.
        values: range or enumeration in words; "" for any.
        required: ``yes``, ``in some forms`` (only in one of several shapes of the data), or "".
    """

    f_port: int | None
    path: str
    type: str
    unit: str
    values: str
    required: str

    def to_dict(self) -> dict[str, Any]:
        """The field as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Node:
    """A schema at a place: whether its member must be there, and whether all of this is one form of several."""

    path: tuple[str, ...]
    schema: Any
    required: bool = False
    is_form: bool = False
    followed: frozenset[str] = frozenset()


def fields_of(schema: DataSchema) -> list[Field]:
    """The fields of a schema: those of each port, and those that no port has to itself."""
    document = schema.contents
    found = []
    for port in sorted(schema.ports):
        found += _fields(document, document["$defs"][f"port-{port}"], port)
    known = {field.path for field in found}
    return [field for field in _fields(document, document, None) if field.path not in known] + found


def _fields(document: dict[str, Any], schema: Any, f_port: int | None) -> list[Field]:
    places: dict[tuple[str, ...], list[_Node]] = {}
    for node in _walk(document, _Node((), schema)):
        if node.path:
            places.setdefault(node.path, []).append(node)
    inner = {path[:-1] for path in places}
    return [_field(f_port, path, nodes) for path, nodes in places.items() if path not in inner]


def _walk(document: dict[str, Any], node: _Node) -> Iterator[_Node]:
    """A schema and all those inside it, references followed."""
    if not isinstance(node.schema, dict):
        return
    yield node
    for below in (*_same(document, node), *_members(node)):
        yield from _walk(document, below)


def _same(document: dict[str, Any], node: _Node) -> Iterator[_Node]:
    """The schemas of the same value."""
    ref = node.schema.get("$ref")
    if isinstance(ref, str) and ref not in node.followed:
        target = resolve(document, ref)
        yield _Node(node.path, target, node.required, node.is_form, node.followed | {ref})
    for part in _listed(node.schema, "allOf"):
        yield _Node(node.path, part, node.required, node.is_form, node.followed)
    forms = [part for keyword in ALTERNATIVES for part in _listed(node.schema, keyword)]
    for part in (*forms, node.schema.get("then"), node.schema.get("else")):
        yield _Node(node.path, part, node.required, is_form=True, followed=node.followed)


def _members(node: _Node) -> Iterator[_Node]:
    """The schemas of the members and items."""
    must = node.schema.get("required")
    names = must if isinstance(must, list) else []
    for name, part in _mapping(node.schema.get("properties")).items():
        yield _Node((*node.path, name), part, name in names, node.is_form, node.followed)
    anything = [node.schema.get(keyword) for keyword in ANY]
    for part in (*anything, *_mapping(node.schema.get("patternProperties")).values()):
        yield _Node((*node.path, "*"), part, followed=node.followed)
    for position, part in enumerate(_listed(node.schema, "prefixItems") or _listed(node.schema, "items")):
        yield _Node((*node.path, str(position)), part, followed=node.followed)


def _field(f_port: int | None, path: tuple[str, ...], nodes: list[_Node]) -> Field:
    schemas = [node.schema for node in nodes]
    required = ""
    if any(node.required for node in nodes):
        required = "in some forms" if any(node.is_form for node in nodes) else "yes"
    return Field(
        f_port,
        pointer(path),
        _joined(name for schema in schemas for name in _types(schema)),
        _joined(schema["unit"] for schema in schemas if isinstance(schema.get("unit"), str)),
        _joined(filter(None, map(_values, schemas))),
        required,
    )


def _types(schema: dict[str, Any]) -> list[str]:
    named = schema.get("type", [])
    if named:
        return list(map(str, named)) if isinstance(named, list) else [str(named)]
    return [TYPES.get(type(value), "null") for value in _enumeration(schema)]


def _values(schema: dict[str, Any]) -> str:
    """Enumeration, or range, in words."""
    if values := _enumeration(schema):
        return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return ", ".join(f"{word} {schema[keyword]}" for keyword, word in LIMITS if keyword in schema)


def _enumeration(schema: dict[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else _listed(schema, "enum")


def _joined(texts: Iterable[str]) -> str:
    """Each text once."""
    return " or ".join(dict.fromkeys(texts))


def _listed(schema: dict[str, Any], keyword: str) -> list[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
