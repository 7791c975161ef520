"""A user's schema file: which draft it is, whether it is a schema, whether its references end in it."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from octavo.errors import ContentError
from octavo.schemas.fast import quick_check
from octavo.schemas.pointers import pointer
from octavo.schemas.validation import Checker, Target, ecma, places, with_our_keywords
from octavo.schemas.wording import sentence, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jsonschema.protocols import Validator
    from referencing.jsonschema import SchemaRegistry

HOME = "urn:octavo:data"
"""Where a schema without ``$id`` lives; a name, not an address."""

DRAFT_7 = "http://json-schema.org/draft-07/schema"

DIALECTS: dict[str, type[Validator]] = {
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    DRAFT_7: jsonschema.Draft7Validator,
    "http://json-schema.org/draft-06/schema": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-04/schema": jsonschema.Draft4Validator,
}
"""The drafts that are understood, by ``$schema`` without its ``#``."""

TLS = ("https://json-schema.org/draft-", "http://json-schema.org/draft-")
"""Drafts 4 to 7 have ``http`` in their name; ``https`` is a common slip and means the same."""

NO_FORMATS = jsonschema.FormatChecker(())
"""Patterns are read by `ecma`, not by Python's rules."""

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def checkers(contents: dict[str, Any], name: str, pointers: Sequence[str], file: str | None) -> list[Checker]:
    """A schema document vetted, and the schemas in it made ready.

    Args:
        contents: the document.
        name: begins `Finding.schema`.
        pointers: JSON Pointers to the schemas that data will be checked against.
        file: the document's path, for errors.

    Raises:
        ContentError: a draft that is not understood, no schema, a pattern that cannot be read, a reference
            that leads nowhere or out of the document; ``path`` is the place.
    """
    draft = str(contents.get("$schema", DRAFT_7)).removesuffix("#").replace(*TLS)
    if draft not in DIALECTS:
        message = f"$schema is {shown(contents['$schema'])}; octavo knows {', '.join(DIALECTS)}"
        raise ContentError(message, file=file, path="/$schema")
    # With $schema inside, jsonschema would leave the class it is given for one of its own.
    document = {key: value for key, value in contents.items() if key != "$schema"}
    vetting = _Vetting(DIALECTS[draft], draft, name, places(document, name), file)
    try:
        return vetting.checkers(document, pointers)
    except RecursionError as error:
        raise vetting.failure("nests too deep", document) from error
    except ValueError as error:
        raise vetting.failure(f"an $id or a reference is no URI: {error}", document) from error


@dataclass(frozen=True, slots=True)
class _Vetting:
    """One pass over a schema document; remembers what it has seen and where references lead."""

    dialect: type[Validator]
    draft: str
    name: str
    places: dict[int, str]
    file: str | None
    targets: dict[int, Target] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def checkers(self, document: dict[str, Any], pointers: Sequence[str]) -> list[Checker]:
        """The document vetted, then a checker for each pointer."""
        self._schema(document)
        root = specification_with(self.draft).create_resource(document)
        home = root.id() or HOME
        registry: SchemaRegistry = Registry().with_resource(home, root)
        starts = [registry.resolver(home).lookup(f"#{at}") for at in pointers]
        found = self._walk(Target(document, registry.resolver(home)))
        self._vet(deque([*found, *(Target(start.contents, start.resolver) for start in starts)]))
        whole = with_our_keywords(self.dialect, self.targets)(document, registry=registry)
        return [
            Checker(
                whole.evolve(schema=start.contents),
                self.places,
                self.name,
                quick_check(self.dialect.__name__, home, document, at),
            )
            for at, start in zip(pointers, starts, strict=True)
        ]

    def failure(self, message: str, node: Any) -> ContentError:
        """An error that names the file and the place in it."""
        path = self.places.get(id(node), "")[len(self.name) + 1 :]
        return ContentError(f"not a JSON Schema: {message}", file=self.file, path=path)

    def _vet(self, waiting: deque[Target]) -> None:
        """Vet schemas and all they refer to.

        Where a reference leads need not be a place where the draft has schemas (``$defs`` in draft 7), so
        what has not been seen by then is checked to be a schema.
        """
        while waiting:
            target = waiting.popleft()
            if id(target.schema) not in self.seen:
                self._schema(target.schema)
                waiting.extend(self._walk(target))

    def _walk(self, start: Target) -> list[Target]:
        """Look at a schema and every schema inside it; gives where their references lead."""
        found: list[Target] = []
        waiting = [start]
        while waiting:
            node, resolver = waiting.pop()
            if not isinstance(node, dict) or id(node) in self.seen:
                continue
            self.seen.add(id(node))
            self._own_rules(node)
            found.extend(self._references(node, resolver))
            inside = specification_with(self.draft).create_resource(node).subresources()
            waiting.extend(Target(part.contents, resolver.in_subresource(part)) for part in inside)
        return found

    def _schema(self, node: Any) -> None:
        try:
            check: Any = self.dialect.check_schema
            check(node, format_checker=NO_FORMATS)
        except SchemaError as error:
            place = self.failure(sentence(error), node)
            place.path = f"{place.path}{pointer(error.absolute_path)}"
            raise place from error

    def _own_rules(self, node: dict[str, Any]) -> None:
        """What the draft's own schema does not say: one draft a file, and patterns that can be read."""
        if "$schema" in node:
            raise self.failure("$schema stands below the top", node)
        named = node.get("patternProperties", {})
        for pattern in [*named, *([node["pattern"]] if "pattern" in node else [])]:
            try:
                ecma(pattern)
            except (re.error, OverflowError) as error:
                raise self.failure(f"the pattern {shown(pattern)} cannot be read: {error}", node) from error

    def _references(self, node: dict[str, Any], resolver: Any) -> Iterator[Target]:
        for keyword in REFERENCES:
            if not isinstance(node.get(keyword), str):
                continue
            try:
                resolved = resolver.lookup(node[keyword])
            except (Unresolvable, ValueError, TypeError) as error:
                message = f"the reference {shown(node[keyword])} leads nowhere in this file, and nothing is fetched"
                raise self.failure(message, node) from error
            target = Target(resolved.contents, resolved.resolver)
            if keyword == "$ref":
                self.targets[id(node)] = target
            yield target
