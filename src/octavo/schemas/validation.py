"""jsonschema made ours: a schema and a value in, findings out.

Some keywords are replaced. Every finding stands at the value it is about: the member that is missing, that
is unknown, or whose name is wrong. Patterns are ECMA-262, as JSON Schema says, not Python. Multiples are
counted in decimals.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import validators
from jsonschema.exceptions import ValidationError

from octavo.messages import Finding
from octavo.schemas.json_values import plain_json
from octavo.schemas.pointers import children, order, pointer
from octavo.schemas.wording import only_required, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema.protocols import Validator

    Errors = Iterable[ValidationError]
    Keyword = Callable[..., Errors]

FINDINGS_MAX = 1000
"""Findings given for one value; after that one more says that the rest is left out."""

ECMA = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?<(?=\w)|\$", re.DOTALL)
"""What is written otherwise in Python's patterns: the end of the text and named groups."""

ECMA_TO_PYTHON = {"$": r"\Z", "(?<": "(?P<"}


@dataclass(frozen=True, slots=True)
class Checker:
    """A schema made ready.

    Attributes:
        validator: of jsonschema, with our keywords.
        places: where each schema object stands (``$id#pointer``), by identity.
        name: the schema as a whole, for `Finding.schema` where the place is not known.
        quick: says at once that a value is good; where it does not, jsonschema looks for itself.
    """

    validator: Validator
    places: Mapping[int, str]
    name: str
    quick: Callable[[Any], bool] | None = None

    def is_good(self, value: Any) -> bool:
        """A quick yes; no may also mean that it takes `findings` to know."""
        try:
            return self.quick is not None and plain_json(value) and self.quick(value)
        except RecursionError:
            return False

    def findings(self, value: Any) -> list[Finding]:
        """Everything in ``value`` the schema did not expect, sorted by path.

        ``value`` has to be JSON (`octavo.schemas.json_values.not_json`).
        """
        try:
            errors = list(islice(self.validator.iter_errors(value), FINDINGS_MAX + 1))
        except RecursionError:
            return [Finding("", "expected data and a schema that do not nest without end", None, self.name)]
        found = [self._finding(error) for error in _telling(errors[:FINDINGS_MAX])]
        return found if len(errors) <= FINDINGS_MAX else [*found, self._rest()]

    def _finding(self, error: ValidationError) -> Finding:
        place = self.places.get(id(error.schema), f"{self.name}#")
        rule = pointer([str(error.validator)]) if error.validator else ""
        value = None if error.validator == "required" else error.instance
        return Finding(pointer(error.absolute_path), sentence(error), value, place + rule)

    def _rest(self) -> Finding:
        return Finding("", f"more than {FINDINGS_MAX} findings; the rest is left out", None, self.name)


def places(document: Any, name: str) -> dict[int, str]:
    """``name#pointer`` of every object in a schema document, by identity."""
    found: dict[int, str] = {}
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            found[id(node)] = f"{name}#{pointer(path)}"
        waiting.extend(((*path, key), child) for key, child in children(node))
    return found


def _telling(errors: Iterable[ValidationError]) -> list[ValidationError]:
    """The errors worth a sentence, sorted by path, none twice.

    Where a value has the wrong type, that is all there is to say about it.
    """
    at: dict[tuple[str | int, ...], list[ValidationError]] = defaultdict(list)
    for error in errors:
        for leaf in _leaves(error):
            at[tuple(leaf.absolute_path)].append(leaf)
    told: list[ValidationError] = []
    for path in sorted(at, key=order):
        wrong_type = [error for error in at[path] if error.validator == "type"]
        told.extend({sentence(error): error for error in wrong_type or at[path]}.values())
    return told


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The error itself, or, for a choice of schemas, the errors of the one that was meant."""
    meant = _meant(error)
    if not meant:
        yield error
    for cause in meant:
        yield from _leaves(cause)


def _meant(error: ValidationError) -> list[ValidationError]:
    """The errors of the one branch of anyOf or oneOf that fits better than all others; empty if none does."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if not error.context or "x-expected" in schema:
        return []
    branches: dict[Any, list[ValidationError]] = defaultdict(list)
    for cause in error.context:
        branches[cause.schema_path[0]].append(cause)
    ranked = sorted(branches.values(), key=_fit, reverse=True)
    alone = len(ranked) == 1 or _fit(ranked[0]) > _fit(ranked[1])
    return ranked[0] if alone and not only_required(error.validator_value) else []


def _fit(branch: list[ValidationError]) -> tuple[bool, bool, int]:
    """How well a branch fits: the right type, the right constants, and then how deep it goes wrong."""
    right_type = all(error.validator != "type" or error.path for error in branch)
    right_constants = all(error.validator != "const" for error in branch)
    return right_type, right_constants, min(len(error.path) for error in branch)


@lru_cache(maxsize=1024)
def ecma(pattern: str) -> re.Pattern[str]:
    r"""A pattern of JSON Schema, compiled.

    In ECMA-262 ``$`` is the very end of the text and ``\d`` are ten digits. Source: ECMA-262, 22.2.2.

    Raises:
        re.error: the pattern is not understood.

    >>> bool(ecma("^[0-9]$").search("1\n"))
    False
    """
    return re.compile(ECMA.sub(lambda part: ECMA_TO_PYTHON.get(part[0], part[0]), pattern), re.ASCII)


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Errors:
    if validator.is_type(value, "string") and not ecma(pattern).search(value):
        yield ValidationError("pattern")


def _required(validator: Any, names: list[str], value: Any, _schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        yield from (ValidationError("missing", path=[name]) for name in names if name not in value)


def _multiple_of(validator: Any, unit: float, value: Any, _schema: Any) -> Errors:
    if validator.is_type(value, "number") and exact(value) % exact(unit):
        yield ValidationError("multiple")


def exact(number: float) -> Fraction:
    """A number as it is written, so that 0.3 is a multiple of 0.1."""
    return Fraction(int(number)) if isinstance(number, int) else Fraction(repr(float(number)))


def _property_names(validator: Any, names: Any, value: Any, _schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        for name in value:
            yield from validator.descend(name, names, path=name)


def _properties(validator: Any, properties: dict[str, Any], value: Any, _schema: Any) -> Errors:
    for name, schema in properties.items() if validator.is_type(value, "object") else ():
        if name in value and schema is False:
            yield ValidationError("ruled out", path=[name], instance=value[name])
        elif name in value:
            yield from validator.descend(value[name], schema, path=name, schema_path=name)


def _additional_properties(builtin: Keyword, targets: Mapping[int, Target]) -> Keyword:
    def keyword(validator: Any, rule: Any, value: Any, schema: Any) -> Errors:
        if rule is False and validator.is_type(value, "object"):
            patterns = [ecma(pattern) for pattern in schema.get("patternProperties", ())]
            names = (name for name in value if name not in schema.get("properties", ()))
            unknown = [name for name in names if not any(pattern.search(name) for pattern in patterns)]
            yield from _unknown(value, unknown, schema, targets)
        else:
            yield from builtin(validator, rule, value, schema)

    return keyword


def _unevaluated_properties(builtin: Keyword, targets: Mapping[int, Target]) -> Keyword:
    def keyword(validator: Any, rule: Any, value: Any, schema: Any) -> Errors:
        listening = _Listening(validator)
        errors = list(builtin(listening, rule, value, schema))
        closed = errors and rule is False
        yield from _unknown(value, listening.names, schema, targets) if closed else errors

    return keyword


def _unknown(value: dict[str, Any], names: Iterable[str], schema: Any, targets: Mapping[int, Target]) -> Errors:
    """An error for each unknown member; its message is the known name that is much like it, or nothing."""
    known = list(_known(schema, targets)) if names else []
    for name in names:
        close = get_close_matches(name, known, n=1)
        yield ValidationError(close[0] if close else "", path=[name], instance=value[name])


def _known(schema: Any, targets: Mapping[int, Target]) -> Iterator[str]:
    """The members a schema lists, and the schemas it refers to."""
    seen: set[int] = set()
    while isinstance(schema, dict) and id(schema) not in seen:
        seen.add(id(schema))
        yield from schema.get("properties", ())
        schema = targets[id(schema)].schema if id(schema) in targets else None


class _Listening:
    """A validator that remembers into which members it is asked to descend.

    The keyword of jsonschema that closes objects tries each unevaluated member, but gives one error for all.
    """

    def __init__(self, validator: Any) -> None:
        self.validator = validator
        self.names: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.validator, name)

    def descend(self, value: Any, schema: Any, path: str | None = None, **more: Any) -> Errors:
        self.names.extend([] if path is None else [path])
        errors: Errors = self.validator.descend(value, schema, path=path, **more)
        return errors


class Target(NamedTuple):
    """What a reference leads to: a schema, and jsonschema's resolver for the references in it."""

    schema: Any
    resolver: Any


def with_our_keywords(dialect: type[Validator], targets: Mapping[int, Target]) -> type[Validator]:
    """A validator class of jsonschema that says where as we do, its references looked up beforehand.

    Args:
        dialect: the class of a draft.
        targets: where each schema object with a ``$ref`` leads, by the object's identity.
    """

    def follow(validator: Any, _ref: str, value: Any, schema: Any) -> Errors:
        target = targets[id(schema)]
        yield from validator.descend(value, target.schema, resolver=target.resolver)

    builtin = dialect.VALIDATORS
    ours = {
        "$ref": follow,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "required": _required,
        "properties": _properties,
        "propertyNames": _property_names,
        "additionalProperties": _additional_properties(builtin["additionalProperties"], targets),
    }
    if "unevaluatedProperties" in builtin:
        ours["unevaluatedProperties"] = _unevaluated_properties(builtin["unevaluatedProperties"], targets)
    ours = {name: keyword for name, keyword in ours.items() if name in builtin}
    extended: type[Validator] = validators.extend(dialect, ours)  # type: ignore[no-untyped-call] # stubs
    return extended
