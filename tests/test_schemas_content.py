"""The schema files: every one a good schema, alone and together, in every profile."""

import doctest
import json
import re
import socket
from urllib.parse import urldefrag, urljoin

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from octavo import _shipped, schemas
from octavo.schemas import pointers, profiles, units, validation, wording
from octavo.schemas.bundle import BASE, KINDS, documents, nodes
from octavo.schemas.profiles import PROFILES, merged, rebuilt

TOP = _shipped.root() / "schemas"
V3_PARTS = ["downlink", "envelope", "error", "ids", "metadata", "normalized_payload", "settings"]
PARTS = [
    "common.json",
    "ttn/v2/common.json",
    "chirpstack/v4/common.json",
    *(f"tts/v3/{name}.json" for name in [*V3_PARTS, "application_up"]),
]
FILES = sorted([*KINDS.values(), *PARTS])

KEYWORDS = {
    *("$comment", "$defs", "$id", "$ref", "$schema", "title", "description", "examples", "unit", "format"),
    *("type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum"),
    *("exclusiveMaximum", "properties", "required", "additionalProperties", "propertyNames", "maxProperties"),
    *("unevaluatedProperties", "items", "maxItems", "anyOf", "oneOf", "not", "if", "then", "contentEncoding"),
    *("x-expected", "x-part", "x-strict"),
}
"""What the files may use; a slip of the pen in a keyword would else go unnoticed."""


def source(name):
    return json.loads((TOP / name).read_text(encoding="utf-8"))


def subschemas(schema):
    """Every schema in a schema, itself first."""
    found = []
    rebuilt(schema, lambda part: found.append(part) or part)
    return found


def registry(profile):
    return Registry().with_resources(
        (name, DRAFT202012.create_resource(document)) for name, document in documents(profile).items()
    )


def everywhere():
    """Each schema of each file in each profile that has examples, with the reference that leads there."""
    for profile in PROFILES:
        for name in FILES:
            document = documents(profile)[BASE + name]
            named = {
                "": document,
                **{f"/$defs/{key}": part for key, part in document.get("$defs", {}).items()},
            }
            for at, schema in named.items():
                if "examples" in schema:
                    yield pytest.param(profile, f"{BASE}{name}#{at}", schema, id=f"{profile} {name}#{at}")


def test_there_are_no_other_files():
    assert sorted(path.relative_to(TOP).as_posix() for path in TOP.rglob("*") if path.is_file()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_it_is(name):
    schema = source(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == BASE + name
    assert schema["title"]
    assert "examples" in schema or all("examples" in part for part in schema["$defs"].values())


@pytest.mark.parametrize("name", FILES)
def test_a_file_uses_known_keywords_only(name):
    assert {key for part in subschemas(source(name)) for key in part} <= KEYWORDS


@pytest.mark.parametrize("name", FILES)
def test_each_property_is_described(name):
    properties = [(key, prop) for part in subschemas(source(name)) for key, prop in part.get("properties", {}).items()]
    assert [key for key, prop in properties if not prop.get("description", "").endswith(".")] == []


@pytest.mark.parametrize("name", FILES)
def test_patterns_bind_both_ends_and_can_be_read(name):
    for profile in PROFILES:
        for part in subschemas(documents(profile)[BASE + name]):
            pattern = part.get("pattern", "^$")
            assert re.compile(pattern)
            assert pattern.startswith("^")
            assert pattern.endswith("$")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", FILES)
def test_a_profile_is_valid_json_schema(name, profile):
    Draft202012Validator.check_schema(documents(profile)[BASE + name])


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", FILES)
def test_a_profile_has_no_marks_left(name, profile):
    keywords = {key for part in subschemas(documents(profile)[BASE + name]) for key in part}
    assert keywords & {"x-strict", "x-part"} == set()


@pytest.mark.parametrize("name", FILES)
def test_all_references_end_in_the_files(name):
    known = documents("tolerant")
    for node in nodes(known[BASE + name]):
        if "$ref" in node:
            target, at = urldefrag(urljoin(BASE + name, node["$ref"]))
            assert isinstance(pointers.resolve(known[target], f"#{at}"), dict)


@pytest.mark.parametrize(("profile", "reference", "schema"), list(everywhere()))
def test_examples_are_valid(profile, reference, schema):
    validator = Draft202012Validator({"$ref": reference}, registry=registry(profile))
    for example in schema["examples"]:
        validator.validate(example)


@pytest.mark.parametrize("name", FILES)
def test_strict_closes_every_object_but_parts(name):
    for part in subschemas(source(name)):
        if "properties" in part:
            assert ("unevaluatedProperties" in profiles.strict(part)) is not part.get("x-part", False)


@pytest.mark.parametrize("name", FILES)
def test_strict_requires_all_that_tolerant_requires(name):
    for part in subschemas(source(name)):
        assert set(part.get("required", [])) <= set(profiles.strict(part).get("required", []))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_printed_schema_stands_alone(kind, profile):
    printed = json.loads(json.dumps(schemas.schema(kind, profile)))
    Draft202012Validator.check_schema(printed)
    validator = Draft202012Validator(printed, registry=Registry())
    for example in printed["examples"]:
        assert validator.is_valid(example)
        assert validator.is_valid([example]) is (kind == "v2.field")


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_args):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for kind in KINDS:
        for profile in PROFILES:
            for example in schemas.schema(kind, profile)["examples"]:
                assert schemas.validate_message(example, kind, profile) == []


def test_a_merge_patch_sets_merges_and_removes():
    target = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}
    assert merged(target, {"a": None, "b": {"c": 4}, "e": [3], "f": {"g": None}}) == {
        "b": {"c": 4, "d": 3},
        "e": [3],
        "f": {},
    }
    assert target == {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}


def test_examples_and_names_are_no_schemas():
    schema = {"properties": {"properties": {"x-part": True}}, "examples": [{"properties": {"x-part": True}}]}
    assert rebuilt(schema, profiles.tolerant) == {
        "properties": {"properties": {}},
        "examples": [{"properties": {"x-part": True}}],
    }


@pytest.mark.parametrize("module", [pointers, profiles, units, validation, wording], ids=lambda m: m.__name__)
def test_examples_in_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_the_examples_of_the_guide_hold():
    result = doctest.testfile(str(TOP.parent / "docs" / "schemas.md"), module_relative=False, encoding="utf-8")
    assert result.attempted > 5
    assert not result.failed


def test_the_guide_names_every_kind():
    guide = (TOP.parent / "docs" / "schemas.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in guide] == []
