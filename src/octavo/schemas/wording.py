"""The sentence of a finding: what the schema expected, and what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from octavo.schemas.pointers import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jsonschema.exceptions import SchemaError, ValidationError

    AnyError = ValidationError | SchemaError

TEXT_MAX = 60
"""Characters of a value, or of a rule, shown in a sentence."""

CHOICES_MAX = 12
"""Values of an enumeration listed in a sentence."""

UNKNOWN_MEMBER = frozenset(["additionalProperties", "unevaluatedProperties"])

TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def sentence(error: AnyError) -> str:
    """One sentence for an error of jsonschema: expected and got."""
    if error.validator == "required":
        return f"expected the member {shown(error.path[-1])}, got an object without it"
    if error.validator in UNKNOWN_MEMBER and error.validator_value is False:
        hint = f" (did you mean {shown(error.message)}?)" if error.message else ""
        return f"unknown member {shown(error.path[-1])}{hint}, got {shown(error.instance)}"
    return f"expected {expected(error)}, got {shown(error.instance)}"


def expected(error: AnyError) -> str:
    """What the rule that failed asks for, as a noun phrase."""
    rule, schema = error.validator_value, error.schema if isinstance(error.schema, dict) else {}
    if "x-expected" in schema:
        return str(schema["x-expected"])
    if error.validator in PHRASES:
        return PHRASES[error.validator](rule, _unit(schema))
    if error.validator in {"anyOf", "oneOf"}:
        return _alternatives(error)
    return f"what {error.validator} asks for ({_cut(_json(rule))})" if error.validator else "nothing here"


def shown(value: Any) -> str:
    """A value as it stands in a sentence: JSON, short, printable anywhere.

    >>> shown("a" * 100)
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… (100 characters)'
    >>> shown([1, 2, 3])
    'a list of length 3'
    """
    if isinstance(value, dict) and value:
        return f"an object with {_cut(', '.join(map(_json, value)))}"
    if isinstance(value, list) and value:
        return f"a list of length {len(value)}"
    if isinstance(value, str) and len(value) > TEXT_MAX:
        return f"{_cut(_json(value))} ({len(value)} characters)"
    return _cut(_json(value))


def only_required(branches: Any) -> bool:
    """Whether the branches of a choice differ in nothing but the members they require."""
    return all(isinstance(branch, dict) and branch.keys() == {"required"} for branch in branches)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_MAX + 2 else f"{text[:TEXT_MAX]}…"


def _json(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False))


def _unit(schema: Mapping[str, Any]) -> str:
    unit = schema.get("unit")
    return f" {unit}" if isinstance(unit, str) else ""


def _types(rule: Any, _unit: str) -> str:
    names = [rule] if isinstance(rule, str) else rule
    return _either(TYPES.get(name, name) for name in names)


def _choices(rule: Any, _unit: str) -> str:
    more = ", …" if len(rule) > CHOICES_MAX else ""
    return f"one of {', '.join(map(shown, rule[:CHOICES_MAX]))}{more}"


def _either(phrases: Iterable[str]) -> str:
    *first, last = dict.fromkeys(phrases)
    return f"{', '.join(first)} or {last}" if first else last


def _alternatives(error: AnyError) -> str:
    """What any of, or one of, several schemas asks for."""
    count = "exactly one" if error.validator == "oneOf" else "at least one"
    branches: Any = error.validator_value
    if only_required(branches):
        names = [" with ".join(map(shown, branch["required"])) for branch in branches]
        return f"{count} of the members {', '.join(names)}"
    firsts = {cause.schema_path[0]: cause for cause in reversed(error.context)}
    if not firsts:
        return f"{count} of {len(branches)} forms"
    return _either(expected(firsts[branch]) for branch in sorted(firsts))


PHRASES: dict[str, Callable[[Any, str], str]] = {
    "type": _types,
    "enum": _choices,
    "const": lambda rule, _unit: shown(rule),
    "pattern": lambda rule, _unit: f"text matching {_cut(printable(rule))}",
    "minimum": lambda rule, unit: f"at least {rule}{unit}",
    "maximum": lambda rule, unit: f"at most {rule}{unit}",
    "exclusiveMinimum": lambda rule, unit: f"more than {rule}{unit}",
    "exclusiveMaximum": lambda rule, unit: f"less than {rule}{unit}",
    "multipleOf": lambda rule, unit: f"a multiple of {rule}{unit}",
    "minLength": lambda rule, _unit: f"text of at least {rule} characters",
    "maxLength": lambda rule, _unit: f"text of at most {rule} characters",
    "minItems": lambda rule, _unit: f"a list of at least {rule} items",
    "maxItems": lambda rule, _unit: f"a list of at most {rule} items",
    "minProperties": lambda rule, _unit: f"an object of at least {rule} members",
    "maxProperties": lambda rule, _unit: f"an object of at most {rule} members",
    "properties": lambda _rule, _unit: "nothing here",
    "uniqueItems": lambda _rule, _unit: "a list without repetitions",
}
"""The noun phrase of each keyword, from its value and the unit of the schema it stands in."""
