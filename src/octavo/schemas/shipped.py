"""Checkers for the kinds of message octavo has schemas for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from octavo.schemas.bundle import documents, nodes, uri
from octavo.schemas.validation import Checker, Target, places, with_our_keywords

if TYPE_CHECKING:
    from referencing.jsonschema import SchemaRegistry


def checker(kind: str, profile: str) -> Checker:
    """The schema of a kind in a profile, made ready.

    Raises:
        NotFoundError: no such kind.
        ContentError: no such profile.
    """
    name = uri(kind)
    return _checkers(profile)[name]


@cache
def _checkers(profile: str) -> dict[str, Checker]:
    """All schemas of a profile made ready, by ``$id``.

    A registry never fetches by itself. Without ``$schema`` jsonschema keeps to the class it is given.
    """
    found = {
        name: {key: value for key, value in document.items() if key != "$schema"}
        for name, document in documents(profile).items()
    }
    registry: SchemaRegistry = Registry().with_resources(
        (name, DRAFT202012.create_resource(document)) for name, document in found.items()
    )
    dialect = with_our_keywords(Draft202012Validator, _targets(found, registry))
    where = {key: place for name, document in found.items() for key, place in places(document, name).items()}
    return {name: Checker(dialect(document, registry=registry), where, name) for name, document in found.items()}


def _targets(found: dict[str, Any], registry: SchemaRegistry) -> dict[int, Target]:
    targets = {}
    for name, document in found.items():
        resolver = registry.resolver(base_uri=name)
        for node in nodes(document):
            if "$ref" in node:
                resolved = resolver.lookup(node["$ref"])
                targets[id(node)] = Target(resolved.contents, resolved.resolver)
    return targets
