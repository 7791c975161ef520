"""Three profiles from one source: what a schema file says, made tolerant, strict or masked.

The files under ``schemas/`` are tolerant and carry two marks:

``x-strict``
    What the strict profile says otherwise: a JSON Merge Patch (RFC 7396) for the schema it stands in.
``x-part``
    True for a schema that lists some members of an object and is only used together with others.
    Strict closes the objects that use it, not the part.

Strict also closes every object: a schema with ``properties`` gets ``unevaluatedProperties: false``
unless it is a part or its ``x-strict`` says otherwise.

Masked is tolerant with nothing required: a webhook's field mask may leave out any member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.schemas.wording import only_required

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = frozenset(["if", "then", "else", "not", "items", "contains", "propertyNames", "contentSchema"]) | {
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
}
LISTS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
MAPS = frozenset(["$defs", "dependentSchemas", "patternProperties", "properties"])
"""Keywords that hold a schema, a list of schemas, schemas by name.

Source: JSON Schema 2020-12 core, 8.2.4, 10 and 11.
"""


def tolerant(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as its file says it, without the marks: for traffic, where anything new may appear."""
    return {key: value for key, value in schema.items() if key not in {"x-strict", "x-part"}}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema patched with its ``x-strict`` and closed: for messages written by hand or by octavo."""
    rules = tolerant(merged(schema, schema.get("x-strict", {})))
    if "properties" in schema and "x-part" not in schema:
        rules.setdefault("unevaluatedProperties", False)
    return rules


def masked(schema: dict[str, Any]) -> dict[str, Any]:
    """The tolerant schema without what must be there: for webhooks with a field mask.

    Source: The Things Stack documentation, "Webhooks", field mask.
    """
    rules = tolerant(schema)
    choices = [key for key in ("anyOf", "oneOf") if only_required(rules.get(key, [None]))]
    return {key: value for key, value in rules.items() if key not in {"required", *choices}}


PROFILES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "tolerant": tolerant,
    "strict": strict,
    "masked": masked,
}
"""How each profile is made from a schema of the files; `rebuilt` applies it to all the schemas inside."""


def rebuilt(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A schema with ``change`` applied to it and to every schema inside it, outside in."""
    if not isinstance(schema, dict):
        return schema
    return {key: _rebuilt_below(key, value, change) for key, value in change(schema).items()}


def _rebuilt_below(key: str, value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if key in ONE:
        return rebuilt(value, change)
    if key in LISTS:
        return [rebuilt(part, change) for part in value]
    if key in MAPS:
        return {name: rebuilt(part, change) for name, part in value.items()}
    return value


def merged(target: Any, patch: Any) -> Any:
    """``target`` after a JSON Merge Patch; null in the patch takes a member away.

    Source: RFC 7396, section 2.

    >>> merged({"type": ["string", "integer"], "minimum": 0}, {"type": "string", "minimum": None})
    {'type': 'string'}
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        result[key] = merged(result.get(key), value)
    return {key: value for key, value in result.items() if key not in patch or patch[key] is not None}
