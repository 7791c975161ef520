"""Units of fields, read from the keyword ``unit`` of a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.schemas.pointers import pointer, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

SAME = ("allOf", "anyOf", "oneOf")
"""Lists of schemas for the same value."""

SAME_ONE = ("then", "else")
"""Schemas for the same value."""

ANY = ("items", "additionalProperties", "contains", "unevaluatedProperties", "unevaluatedItems")
"""Schemas for any item or any other member."""


def units_of(document: dict[str, Any], *schemas: Any) -> dict[str, str]:
    """The unit of each field the schemas describe, by path; of several the last counts.

    >>> units_of({}, {"properties": {"a": {"items": {"unit": "V"}}}})
    {'/a/*': 'V'}
    """
    found: dict[str, str] = {}
    for schema in schemas:
        waiting: list[tuple[tuple[str, ...], Any, frozenset[str]]] = [((), schema, frozenset())]
        while waiting:
            path, node, followed = waiting.pop()
            if not isinstance(node, dict):
                continue
            if isinstance(node.get("unit"), str):
                found[pointer(path)] = node["unit"]
            waiting.extend((*below, followed) for below in _below(path, node))
            ref = node.get("$ref")
            if isinstance(ref, str) and ref not in followed:
                waiting.append((path, resolve(document, ref), followed | {ref}))
    return found


def _below(path: tuple[str, ...], node: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The schemas inside a schema, with the path of the values they are for."""
    for name, schema in _mapping(node.get("properties")).items():
        yield (*path, name), schema
    for keyword in ANY:
        yield (*path, "*"), node.get(keyword)
    for schema in _mapping(node.get("patternProperties")).values():
        yield (*path, "*"), schema
    for keyword in SAME_ONE:
        yield path, node.get(keyword)
    for keyword in SAME:
        branches = node.get(keyword)
        for schema in branches if isinstance(branches, list) else ():
            yield path, schema
    listed = node.get("prefixItems", node.get("items"))
    for position, schema in enumerate(listed if isinstance(listed, list) else ()):
        yield (*path, str(position)), schema


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
