"""`DataSchema`: a device's own schema, checked before use, per port, with units."""

import json
import math
import random
import sys
from http import HTTPStatus
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from octavo.errors import ContentError, NotFoundError
from octavo.schemas import DataSchema
from octavo.schemas.vetting import DIALECTS

DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

SENSOR: dict[str, Any] = {
    "$schema": DRAFT_2020,
    "title": "A thermometer",
    "type": "object",
    "properties": {
        "temperature": {"type": "number", "unit": "°C", "minimum": -40, "maximum": 85},
        "battery": {"type": "integer", "unit": "%", "minimum": 0, "maximum": 100},
        "mode": {"enum": ["day", "night"]},
        "serial": {"type": "string", "pattern": "^[0-9A-F]{4}$"},
        "history": {"type": "array", "items": {"$ref": "#/$defs/record"}},
    },
    "required": ["temperature"],
    "additionalProperties": False,
    "$defs": {
        "record": {"type": "object", "properties": {"temperature": {"type": "number", "unit": "°C"}}},
        "port-2": {
            "type": "object",
            "properties": {"interval": {"type": "integer", "unit": "s", "multipleOf": 60}},
            "required": ["interval"],
            "additionalProperties": False,
        },
    },
}

GOOD = {"temperature": 21.5, "battery": 90, "mode": "day", "serial": "00AF", "history": [{"temperature": -3}]}


def told(schema: Any, data: Any, f_port: int | None = None) -> list[tuple[str, str]]:
    return [(f.path, f.message) for f in DataSchema.from_dict(schema).check(data, f_port)]


def test_good_data_has_no_findings():
    assert told(SENSOR, GOOD) == []
    assert told(SENSOR, {"interval": 600}, 2) == []


FINDINGS = [
    ({"temperature": 130}, None, "/temperature", "expected at most 85 °C, got 130"),
    ({"battery": 90}, None, "/temperature", 'expected the member "temperature", got an object without it'),
    (
        {"temperature": 1, "batery": 5},
        None,
        "/batery",
        'unknown member "batery" (did you mean "battery"?), got 5',
    ),
    ({"temperature": 1, "mode": "dusk"}, None, "/mode", 'expected one of "day", "night", got "dusk"'),
    (
        {"temperature": 1, "serial": "00AF\n"},
        1,
        "/serial",
        'expected text matching ^[0-9A-F]{4}$, got "00AF\\n"',
    ),
    (
        {"temperature": 1, "history": [{}, {"temperature": "x"}]},
        3,
        "/history/1/temperature",
        'expected a number, got "x"',
    ),
    ({"temperature": math.nan}, None, "/temperature", "expected a number, got nan: JSON has no such number"),
    ({"interval": 90}, 2, "/interval", "expected a multiple of 60 s, got 90"),
    (None, None, "", "expected an object, got null"),
]


@pytest.mark.parametrize(("data", "f_port", "path", "sentence"), FINDINGS)
def test_a_finding_says_where_and_what(data, f_port, path, sentence):
    assert told(SENSOR, data, f_port) == [(path, sentence)]


def test_a_finding_names_the_rule_in_the_file(tmp_path):
    file = tmp_path / "thermometer.uplink.schema.json"
    file.write_text(json.dumps(SENSOR), encoding="utf-8")
    schema = DataSchema.load(file)
    (high,) = schema.check({"temperature": 130})
    assert (high.value, high.schema) == (
        130,
        "thermometer.uplink.schema.json#/properties/temperature/maximum",
    )
    (late,) = schema.check({"interval": 90}, 2)
    assert late.schema == "thermometer.uplink.schema.json#/$defs/port-2/properties/interval/multipleOf"


def test_a_port_of_its_own_has_its_own_schema():
    schema = DataSchema.from_dict(SENSOR)
    assert schema.ports == frozenset({2})
    assert schema.check(GOOD, 1) == schema.check(GOOD, None) == []
    assert {finding.path for finding in schema.check(GOOD, 2)} == {f"/{name}" for name in [*GOOD, "interval"]}


def test_other_names_in_defs_are_no_ports():
    defs = {name: {"type": "string"} for name in ("port-02", "port-", "port-x", "port-1000", "Port-1")}
    schema = DataSchema.from_dict({"$defs": {**defs, "port-0": {"type": "number"}, "port-255": {}}})
    assert schema.ports == {0, 255}
    assert schema.units() == {}


def test_units_are_read_from_the_schema():
    schema = DataSchema.from_dict(SENSOR)
    whole = {"/temperature": "°C", "/battery": "%", "/history/*/temperature": "°C"}
    assert schema.units(1) == whole
    assert schema.units(2) == {"/interval": "s"}
    assert schema.units() == {**whole, "/interval": "s"}


def test_units_are_found_in_every_composition():
    schema = {
        "allOf": [{"properties": {"a": {"unit": "V"}}}, {"$ref": "#/definitions/more"}],
        "if": {"properties": {"a": True}},
        "then": {"properties": {"b": {"anyOf": [{"type": "null"}, {"unit": "A"}]}}},
        "patternProperties": {"^t[0-9]$": {"unit": "°C"}},
        "properties": {
            "pair": {"items": [{"unit": "m"}, {"unit": "s"}]},
            "a/b": {"additionalProperties": {"unit": "Pa"}},
            "itself": {"$ref": "#"},
            "no unit": {"unit": 5},
        },
        "definitions": {"more": {"properties": {"c": {"unit": "W"}, "again": {"$ref": "#/definitions/more"}}}},
    }
    assert (
        DataSchema.from_dict(schema).units().items()
        >= {
            "/a": "V",
            "/b": "A",
            "/c": "W",
            "/*": "°C",
            "/pair/0": "m",
            "/pair/1": "s",
            "/a~1b/*": "Pa",
        }.items()
    )


def test_later_changes_to_the_dict_do_not_matter():
    contents = {"properties": {"a": {"type": "number"}}}
    schema = DataSchema.from_dict(contents)
    contents["properties"]["a"] = {"type": "string"}
    assert schema.check({"a": 1}) == []


# --- choices ------------------------------------------------------------------------------------------

TAGGED = {
    "oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"type": "number"}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "b"}, "y": {"type": "number", "maximum": 5}}, "required": ["kind"]},
    ]
}

CHOICES = [
    (TAGGED, {"kind": "b", "y": 9}, [("/y", "expected at most 5, got 9")]),
    (TAGGED, {"kind": "c"}, [("", 'expected "a" or "b", got an object with "kind"')]),
    (
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^a$"}]},
        "b",
        [("", 'expected text matching ^a$, got "b"')],
    ),
    ({"anyOf": [{"type": "number"}, {"type": "string"}]}, [], [("", "expected a number or text, got []")]),
    (
        {"oneOf": [{"type": "number"}, {"type": "integer"}]},
        5,
        [("", "expected exactly one of 2 forms, got 5")],
    ),
    ({"not": {"type": "number"}}, 5, [("", 'expected what not asks for ({"type": "number"}), got 5')]),
    ({"properties": {"a": False}}, {"a": 1}, [("/a", "expected nothing here, got 1")]),
    (
        {"dependentRequired": {"a": ["b"]}, "$schema": DRAFT_2020},
        {"a": 1},
        [("", 'expected what dependentRequired asks for ({"a": ["b"]}), got an object with "a"')],
    ),
    (
        {"propertyNames": {"maxLength": 2}},
        {"abc": 1, "de": 2},
        [("/abc", 'expected text of at most 2 characters, got "abc"')],
    ),
    (
        {"patternProperties": {"^t": {}}, "additionalProperties": False},
        {"t1": 1, "u": 2},
        [("/u", 'unknown member "u", got 2')],
    ),
    ({"additionalProperties": {"type": "number"}}, {"u": "x"}, [("/u", 'expected a number, got "x"')]),
]


@pytest.mark.parametrize(("schema", "data", "expected"), CHOICES)
def test_choices_and_rarer_rules_have_sentences_too(schema, data, expected):
    assert told(schema, data) == expected


def test_a_member_that_another_one_allows_is_not_unknown():
    schema = {
        "$schema": DRAFT_2020,
        "properties": {"kind": {}},
        "if": {"properties": {"kind": {"const": "b"}}},
        "then": {"properties": {"extra": {}}},
        "unevaluatedProperties": False,
    }
    assert told(schema, {"kind": "b", "extra": 1, "odd": 2}) == [("/odd", 'unknown member "odd", got 2')]
    assert told(schema, {"kind": "a", "extra": 1}) == [("/extra", 'unknown member "extra", got 1')]


def test_patterns_are_those_of_ecmascript():
    assert told({"pattern": "^\\d$"}, "5") == []
    assert told({"pattern": "^\\d$"}, "\u0665") != []
    assert told({"pattern": "^(?<year>[0-9]{4})$"}, "2020") == []
    assert told({"pattern": "^a\\$[$]$"}, "a$$") == []


def test_multiples_are_counted_in_decimals():
    good = [(0.1, 0.3), (0.01, -1.15), (5, 10**300), (5e-324, 1e308), (0.5, HTTPStatus.OK), (0.1, "text")]
    for unit, value in good:
        assert told({"multipleOf": unit}, value) == []
    assert told({"multipleOf": 0.1}, 0.35) == [("", "expected a multiple of 0.1, got 0.35")]


# --- what is no schema --------------------------------------------------------------------------------

NO_SCHEMA = [
    ([], "", "expected an object"),
    ({"type": "nope"}, "/type", 'got "nope"'),
    ({"properties": {"a": {"required": True}}}, "/properties/a/required", "expected a list, got true"),
    ({"properties": {"a": {"pattern": "(?<a"}}}, "/properties/a", 'the pattern "(?<a" cannot be read'),
    ({"patternProperties": {"\\p{L}": {}}}, "", 'the pattern "\\\\p{L}" cannot be read'),
    (
        {"properties": {"a": {"$ref": "#/$defs/b"}}},
        "/properties/a",
        'the reference "#/$defs/b" leads nowhere',
    ),
    ({"$ref": "https://example.com/other.json"}, "", "leads nowhere in this file, and nothing is fetched"),
    ({"$ref": "other.json"}, "", "leads nowhere in this file"),
    ({"title": "x", "$ref": "#/title"}, "", 'got "x"'),
    ({"$defs": {"port-1": {"type": "zz"}}}, "/$defs/port-1/type", 'got "zz"'),
    ({"$defs": {"port-1": 5}}, "", "got 5"),
    (
        {"$schema": "http://json-schema.org/draft-03/schema#"},
        "/$schema",
        "octavo knows https://json-schema.org/draft/2020-12",
    ),
    ({"$schema": 5}, "/$schema", "octavo knows"),
    ({"properties": {"a": {"$schema": DRAFT_2020}}}, "/properties/a", "$schema stands below the top"),
    ({"minimum": math.inf}, "/minimum", "JSON has no such number"),
    (
        {"properties": {"type": {"type": "string"}}, "allOf": [{"$ref": "#/properties"}]},
        "/properties/type",
        "got an object",
    ),
]


@pytest.mark.parametrize(("schema", "path", "sentence"), NO_SCHEMA, ids=lambda value: str(value)[:50])
def test_a_bad_schema_is_refused_with_its_place(schema, path, sentence, tmp_path):
    file = tmp_path / "device.schema.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        DataSchema.load(file).vet()
    assert sentence in caught.value.message
    assert (caught.value.file, caught.value.path) == (str(file), path)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        DataSchema.load(tmp_path / "none.json")


NO_JSON = [
    (b"{", 1, 2),
    (b'{"a": 1,}', 1, 9),
    (b'{"a"\n: x}', 2, 3),
    (b"\xff", None, None),
    (b"[" * 100_000, None, None),
]


@pytest.mark.parametrize(("content", "line", "column"), NO_JSON, ids=lambda value: str(value)[:20])
def test_a_file_that_is_no_json_is_refused_with_line_and_column(tmp_path, content, line, column):
    file = tmp_path / "device.schema.json"
    file.write_bytes(content)
    with pytest.raises(ContentError, match="not JSON") as caught:
        DataSchema.load(file)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(file), line, column)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ContentError, match="cannot be read"):
        DataSchema.load(tmp_path)


def test_a_schema_that_refers_to_itself_without_end_is_one_finding(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    expected = "expected data and a schema that do not nest without end"
    assert told({"allOf": [{"$ref": "#"}]}, {}) == [("", expected)]


# --- drafts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", DIALECTS)
@pytest.mark.parametrize("end", ["", "#"])
def test_each_draft_is_understood(draft, end):
    schema = {
        "$schema": f"{draft}{end}",
        "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"items": {"$ref": "#/$defs/a"}}},
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"a": {"type": "number", "maximum": 5}, "port-3": {"required": ["z"]}},
    }
    assert told(schema, {"a": 9, "b": [1, "x"], "c": 0}) == [
        ("/a", "expected at most 5, got 9"),
        ("/b/1", 'expected a number, got "x"'),
        ("/c", 'unknown member "c", got 0'),
    ]
    assert told(schema, {}, 3) == [("/z", 'expected the member "z", got an object without it')]


@pytest.mark.parametrize("draft", [DRAFT_2020, "http://json-schema.org/draft-07/schema#"])
def test_every_keyword_that_holds_schemas_follows_their_references(draft):
    """Whatever jsonschema evaluates has been looked at beforehand: nothing is left to look up, or to fail."""
    number = {"$ref": "#/$defs/number"}
    held = 0
    for keyword in DIALECTS[draft.removesuffix("#")].VALIDATORS.keys() - {"$ref", "$dynamicRef"}:
        for rule in (number, [number], {"a": number}):
            contents = {"$schema": draft, "$defs": {"number": {"type": "number"}}, "if": True, keyword: rule}
            try:
                schema = DataSchema.from_dict(contents).vet()
            except ContentError:
                continue
            held += any(schema.check(data) for data in ({"a": "x"}, ["x"], "x", {"a": {"a": "x"}}))
    assert held >= 12


def test_without_a_draft_it_is_draft_7():
    siblings = {"$ref": "#/definitions/a", "maximum": 5, "definitions": {"a": {"type": "number"}}}
    assert told(siblings, 9) == []
    assert told({"$schema": DRAFT_2020, **siblings}, 9) == [("", "expected at most 5, got 9")]


def test_https_in_the_name_of_an_old_draft_is_a_slip():
    assert told({"$schema": "https://json-schema.org/draft-07/schema#", "type": "number"}, 5) == []


@pytest.mark.parametrize("identifier", ["https://example.com/a.json", "urn:example:a", "a.json"])
def test_an_id_of_its_own_changes_nothing(identifier):
    schema = {**SENSOR, "$id": identifier}
    assert told(schema, GOOD) == []
    assert told(schema, {"interval": 1}, 2) == [("/interval", "expected a multiple of 60 s, got 1")]


def test_references_by_anchor_and_by_id():
    schema = {
        "$schema": DRAFT_2020,
        "$id": "https://example.com/top.json",
        "properties": {"a": {"$ref": "#number"}, "b": {"$ref": "inner.json"}},
        "$defs": {
            "one": {"$anchor": "number", "type": "number"},
            "two": {"$id": "inner.json", "$ref": "#/$defs/three", "$defs": {"three": {"type": "string"}}},
        },
    }
    assert told(schema, {"a": 1, "b": "x"}) == []
    assert [path for path, _ in told(schema, {"a": "x", "b": 1})] == ["/a", "/b"]


# --- jsonschema-rs ------------------------------------------------------------------------------------


class Quick:
    """Stands in for jsonschema-rs: remembers what it is asked, and answers as it is told."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def module(self):
        library = ModuleType("jsonschema_rs")
        library.__spec__ = find_spec("json")
        library.ValidationError = library.ReferencingError = KeyError
        library.Registry = lambda resources, **_options: resources
        library.Draft7Validator = lambda _schema, **_options: self
        return library

    def is_valid(self, value):
        self.asked.append(value)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(("answer", "findings"), [(True, 0), (False, 1), (ValueError("surrogates"), 1)])
def test_a_quick_yes_is_believed_and_anything_else_is_checked(monkeypatch, answer, findings):
    quick = Quick(answer)
    monkeypatch.setitem(sys.modules, "jsonschema_rs", quick.module())
    assert len(DataSchema.from_dict({"type": "number"}).check("x")) == findings
    assert quick.asked == ["x"]


def test_what_is_no_json_never_gets_there(monkeypatch):
    quick = Quick(answer=True)
    monkeypatch.setitem(sys.modules, "jsonschema_rs", quick.module())
    assert len(DataSchema.from_dict({}).check(math.nan)) == 1
    assert quick.asked == []


@pytest.mark.skipif(find_spec("jsonschema_rs") is None, reason="jsonschema-rs is optional and not installed")
def test_jsonschema_rs_says_yes_only_where_jsonschema_finds_nothing(monkeypatch):
    pick = random.Random(1)  # noqa: S311 - test data
    values = [
        0,
        1,
        60,
        600,
        -41,
        85.0,
        "day",
        "00AF",
        "00af",
        None,
        True,
        [],
        [{}],
        {},
        [{"temperature": "x"}],
    ]
    names = [*SENSOR["properties"], "interval", "other"]
    data = [{name: pick.choice(values) for name in pick.sample(names, 3)} for _ in range(2000)]
    quick = DataSchema.from_dict(SENSOR).vet()
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    slow = DataSchema.from_dict(SENSOR).vet()
    for f_port in (None, 2):
        assert [quick.check(one, f_port) for one in data] == [slow.check(one, f_port) for one in data]
