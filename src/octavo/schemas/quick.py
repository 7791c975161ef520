"""A quick yes for good data: a schema made into plain functions, once.

It only ever says that data is good. For anything else jsonschema looks again and words the findings. A schema
with a keyword that is rare in schemas of devices is not made into functions: jsonschema alone looks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema

from octavo.schemas.validation import ecma, exact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema.protocols import Validator

    from octavo.schemas.validation import Target

    Predicate: TypeAlias = Callable[[Any], bool]

NUMBERS = frozenset([int, float])
TYPES: dict[str, frozenset[type]] = {
    "object": frozenset([dict]),
    "array": frozenset([list]),
    "string": frozenset([str]),
    "integer": frozenset([int]),
    "number": NUMBERS,
    "boolean": frozenset([bool]),
    "null": frozenset([NoneType]),
}


def quick_check(dialect: type[Validator], schema: Any, targets: Mapping[int, Target]) -> Predicate | None:
    """A function that says whether a value fits a schema, or None where the schema uses rare keywords.

    The value has to be JSON of Python's own types (`octavo.schemas.json_values.plain_json`).

    Args:
        dialect: the class of the schema's draft.
        schema: a vetted schema.
        targets: where each schema object with a ``$ref`` leads, by the object's identity.
    """
    if dialect is jsonschema.Draft4Validator:  # other whole numbers, other exclusive bounds
        return None
    try:
        return _Maker(dialect.VALIDATORS.keys(), targets).made(schema)
    except _RareError:
        return None


class _RareError(Exception):
    """A keyword, or a form of one, that is left to jsonschema."""


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes schemas into functions, each once, so that schemas may refer to themselves."""

    known: Any
    targets: Mapping[int, Target]
    done: dict[int, Predicate] = field(default_factory=dict)

    def made(self, schema: Any) -> Predicate:
        if isinstance(schema, bool):
            return _yes if schema else _no
        key = id(schema)
        if key not in self.done:
            self.done[key] = lambda value: self.done[key](value)
            self.done[key] = _all([self.keyword(name, schema) for name in schema if name in self.known])
        return self.done[key]

    def keyword(self, name: str, schema: dict[str, Any]) -> Predicate:
        if name in RULES:
            return RULES[name](schema[name])
        if name in NESTING:
            return NESTING[name](self, schema)
        raise _RareError(name)

    def each(self, schemas: list[Any]) -> list[Predicate]:
        return [self.made(schema) for schema in schemas]

    def ref(self, schema: dict[str, Any]) -> Predicate:
        if len(self.known & schema.keys()) > 1:  # drafts differ in what counts beside a reference
            raise _RareError("$ref")
        return self.made(self.targets[id(schema)].schema)

    def members(self, schema: dict[str, Any]) -> Predicate:
        listed = {name: self.made(part) for name, part in schema.get("properties", {}).items()}
        other = self.made(schema.get("additionalProperties", True))

        def members(value: Any) -> bool:
            if type(value) is dict:
                for name, child in value.items():
                    if not listed.get(name, other)(child):
                        return False
            return True

        return members

    def more_members(self, schema: dict[str, Any]) -> Predicate:
        return _yes if "properties" in schema else self.members(schema)

    def items(self, schema: dict[str, Any]) -> Predicate:
        if isinstance(schema["items"], list):
            raise _RareError("items")
        item = self.made(schema["items"])
        return lambda value: type(value) is not list or all(map(item, value))

    def all_of(self, schema: dict[str, Any]) -> Predicate:
        return _all(self.each(schema["allOf"]))

    def any_of(self, schema: dict[str, Any]) -> Predicate:
        branches = self.each(schema["anyOf"])
        return lambda value: any(branch(value) for branch in branches)

    def one_of(self, schema: dict[str, Any]) -> Predicate:
        branches = self.each(schema["oneOf"])
        return lambda value: sum(branch(value) for branch in branches) == 1

    def not_(self, schema: dict[str, Any]) -> Predicate:
        ruled_out = self.made(schema["not"])
        return lambda value: not ruled_out(value)

    def if_(self, schema: dict[str, Any]) -> Predicate:
        test, then, other = self.each([schema["if"], schema.get("then", True), schema.get("else", True)])
        return lambda value: then(value) if test(value) else other(value)


def _yes(_value: Any) -> bool:
    return True


def _no(_value: Any) -> bool:
    return False


def _all(checks: list[Predicate]) -> Predicate:
    needed = [check for check in checks if check is not _yes]
    if len(needed) < 2:  # noqa: PLR2004 - one needs no loop
        return needed[0] if needed else _yes

    def every(value: Any) -> bool:
        for check in needed:  # noqa: SIM110 - faster so than with all() and a generator
            if not check(value):
                return False
        return True

    return every


def _type(names: str | list[str]) -> Predicate:
    kinds = frozenset().union(*(TYPES[name] for name in ([names] if isinstance(names, str) else names)))
    if int in kinds and float not in kinds:  # 1.0 is a whole number. Source: JSON Schema validation, 6.1.1
        return lambda value: type(value) in kinds or (type(value) is float and value.is_integer())
    return lambda value: type(value) in kinds


def _enum(choices: list[Any]) -> Predicate:
    known = frozenset(map(_frozen, choices))
    return lambda value: _frozen(value) in known


def _frozen(value: Any) -> Any:
    """A JSON value as one that sets can hold; for Python True is 1, for JSON Schema it is not."""
    if type(value) is list:
        return list, tuple(map(_frozen, value))
    if type(value) is dict:
        return dict, frozenset((name, _frozen(child)) for name, child in value.items())
    return type(value) is bool, value


def _multiple_of(unit: float) -> Predicate:
    step = exact(unit)
    return lambda value: type(value) not in NUMBERS or not exact(value) % step


def _pattern(pattern: str) -> Predicate:
    search = ecma(pattern).search
    return lambda value: type(value) is not str or search(value) is not None


def _dependent_required(rule: dict[str, list[str]]) -> Predicate:
    pairs = [(name, other) for name, others in rule.items() for other in others]
    return lambda value: type(value) is not dict or all(b in value or a not in value for a, b in pairs)


RULES: dict[str, Callable[[Any], Predicate]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda choice: _enum([choice]),
    "minimum": lambda rule: lambda value: type(value) not in NUMBERS or value >= rule,
    "maximum": lambda rule: lambda value: type(value) not in NUMBERS or value <= rule,
    "exclusiveMinimum": lambda rule: lambda value: type(value) not in NUMBERS or value > rule,
    "exclusiveMaximum": lambda rule: lambda value: type(value) not in NUMBERS or value < rule,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "minLength": lambda rule: lambda value: type(value) is not str or len(value) >= rule,
    "maxLength": lambda rule: lambda value: type(value) is not str or len(value) <= rule,
    "minItems": lambda rule: lambda value: type(value) is not list or len(value) >= rule,
    "maxItems": lambda rule: lambda value: type(value) is not list or len(value) <= rule,
    "minProperties": lambda rule: lambda value: type(value) is not dict or len(value) >= rule,
    "maxProperties": lambda rule: lambda value: type(value) is not dict or len(value) <= rule,
    "required": lambda names: lambda value: type(value) is not dict or all(name in value for name in names),
    "dependentRequired": _dependent_required,
    "format": lambda _rule: _yes,  # a remark
}
"""The keywords that hold no schemas, from their value."""

NESTING: dict[str, Callable[[_Maker, dict[str, Any]], Predicate]] = {
    "$ref": _Maker.ref,
    "properties": _Maker.members,
    "additionalProperties": _Maker.more_members,
    "items": _Maker.items,
    "allOf": _Maker.all_of,
    "anyOf": _Maker.any_of,
    "oneOf": _Maker.one_of,
    "not": _Maker.not_,
    "if": _Maker.if_,
}
"""The keywords that hold schemas, from the schema they stand in."""
