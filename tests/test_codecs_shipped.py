"""The shipped declarations: their examples, citations and schemas, and the formatters of the same devices."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from construct import Renamed

from octavo import examples
from octavo.codecs import Channels, Codec, children, load_codec
from octavo.codecs.fields import Field
from octavo.codecs.tree import walk
from octavo.devices import load, unchecked
from octavo.schemas import DataSchema

ROOT = Path(__file__).parents[1]
CODECS = sorted((ROOT / "codecs").glob("*/*.py"))
MEMBERS = {"uplinkDecoder": "uplink", "downlinkDecoder": "downlink", "downlinkEncoder": "downlink"}

each_codec = pytest.mark.parametrize("path", CODECS, ids=lambda path: f"{path.parent.name}/{path.stem}")


def rows(path):
    """Every example, with the direction of its data."""
    document = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    return [(MEMBERS[member], example) for member in document for example in document[member]["examples"]]


@cache
def schema(path, direction):
    return DataSchema.load(path.with_name(f"{path.stem}.{direction}.schema.json"))


def layouts(path):
    codec = load_codec(path, path.stem)
    return [("uplink", *item) for item in codec.uplink.items()] + [
        ("downlink", *item) for item in codec.downlink.items()
    ]


def members(layout, path=""):
    """Every member with its place in the data, and the field under its name and documentation."""
    name = "" if not layout.name or layout.name.startswith("*") else f"/{layout.name}"
    field = layout
    while isinstance(field, Renamed):
        field = field.subcon
    if name:
        yield path + name, field
    for child in [] if isinstance(field, Field) else children(field):
        yield from members(child, path + name)


def test_the_documents_name_every_declaration_and_its_ports():
    text = (ROOT / "docs" / "codecs.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([\w/-]+)` \|[^|]+\|([^|]*)\|([^|]*)\|", text, re.MULTILINE)
    assert len(CODECS) >= 12
    assert {name: (ports(up), ports(down)) for name, up, down in told} == {
        f"{path.parent.name}/{path.stem}": tuple(
            {port for way, port, _ in layouts(path) if way == each} for each in ("uplink", "downlink")
        )
        for path in CODECS
    }


def ports(text):
    """The ports in a cell: ``1, 2`` or ``128 to 133, 135``."""
    bounds = [part.split(" to ") for part in text.strip().split(", ") if part]
    return {port for first, *last in bounds for port in range(int(first), int((last or [first])[0]) + 1)}


@each_codec
def test_the_examples_pass(path):
    (suite,) = examples.collect(str(path))
    outcomes = list(examples.run(suite))
    assert [row.diff for row in outcomes if row.outcome != "passed"] == []
    assert len(outcomes) == len(rows(path)) > 15


@each_codec
def test_two_examples_are_cited_and_the_declaration_cites_too(path):
    cited = [example for _, example in rows(path) if "source" in example]
    assert len(cited) >= 2
    assert all("errors" not in example["output"] for example in cited)
    text = path.read_text(encoding="utf-8")
    assert "Source:" in text or "Sources:" in text


def numbers(node):
    """Every number in some data."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        return [number for value in node for number in numbers(value)]
    return [node] if isinstance(node, int | float) else []


@each_codec
def test_the_examples_cover_what_a_reader_looks_for(path):
    outputs = [example["output"] for _, example in rows(path)]
    errors = " | ".join(message for output in outputs for message in output.get("errors", []))
    for part in ("expected port ", "(byte ", ", got "):
        assert part in errors
    assert min(numbers([output.get("data") for output in outputs])) < 0
    directions = {direction for direction, _ in rows(path)}
    assert directions == {direction for direction, _, _ in layouts(path)}


@each_codec
def test_a_device_has_eight_fields_or_more(path):
    assert len({place for _, _, layout in layouts(path) for place, _ in members(layout)}) >= 8


@each_codec
def test_the_data_of_the_examples_fits_the_schemas(path):
    checked = 0
    for direction, example in rows(path):
        data = example["output"].get("data", example["input"].get("data"))
        if "errors" not in example["output"]:
            assert schema(path, direction).check(data, example["input"].get("fPort")) == []
            assert schema(path, direction).check(data) == []
            checked += 1
    assert checked >= 10


@each_codec
def test_a_schema_says_what_a_declaration_says(path):
    for direction, f_port, layout in layouts(path):
        declared = {(place, field.unit) for place, field in members(layout) if getattr(field, "unit", None)}
        units = schema(path, direction).units(f_port)
        if any(isinstance(each, Channels) for each in walk(layout)):
            assert set(units.values()) <= {unit for _, unit in declared}  # members of any channel have one place
        else:
            assert {(place.replace("/*", ""), unit) for place, unit in units.items()} == declared


@each_codec
def test_a_schema_is_closed_and_described(path):
    for direction in {direction for direction, _, _ in layouts(path)}:
        contents = schema(path, direction).contents
        assert contents["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert contents["title"]
        for found in objects(contents):
            assert found["additionalProperties"] is False


def objects(node):
    """Every schema that describes an object."""
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            yield node
        for value in node.values():
            yield from objects(value)
    if isinstance(node, list):
        for value in node:
            yield from objects(value)


@each_codec
def test_a_member_that_the_schema_does_not_know_is_found(path):
    for direction, example in rows(path):
        data = example["output"].get("data")
        if data:
            assert schema(path, direction).check(data | {"unknown_member": 1}, example["input"]["fPort"])


@each_codec
def test_octavo_finds_the_device_by_its_id(path):
    identifier = f"{path.parent.name}/{path.stem}"
    with load(f"codecs:{identifier}") as device:
        assert device.name == identifier
        assert device.operations == unchecked(device).operations
        assert "decode_uplink" in device.operations


@each_codec
def test_a_codec_says_what_its_file_is_called(path):
    text = path.read_text(encoding="utf-8")
    assert f'name="{path.parent.name}/{path.stem}"' in text
    codec = load_codec(path, "vendor/device")
    assert isinstance(codec, Codec)
    assert codec.description
