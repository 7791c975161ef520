"""What can be said of the shipped formatters without running them: files, citations, schemas, features."""

import json
import re
from pathlib import Path

import pytest
import yaml

from octavo import _yaml
from octavo.schemas import DataSchema

ROOT = Path(__file__).parents[1]
FORMATTERS = ROOT / "formatters"
CODECS = sorted(FORMATTERS.glob("*/*.yaml"))
OPERATIONS = {"uplinkDecoder": "uplink", "downlinkEncoder": "downlink", "downlinkDecoder": "downlink"}
MAX_SCRIPT_BYTES = 40_960  # The Things Stack up to 3.34
NO_PORT = {"adeunis/ftd"}  # the maker's guide names no port
WITH_VARIABLES = {"chirpstack3", "chirpstack4"}


def codec_id(path):
    return f"{path.parent.name}/{path.stem}"


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def dialect_of(path):
    return read(path).get("dialect", "tts")


def examples(path, operation=None):
    document = read(path)
    names = [operation] if operation else [name for name in OPERATIONS if name in document]
    return [(name, example) for name in names for example in document.get(name, {}).get("examples", [])]


def scripts(path):
    document = read(path)
    return {path.with_name(document[name]["fileName"]) for name in OPERATIONS if name in document}


def schema_path(path, direction):
    return path.with_name(f"{path.stem}.{direction}.schema.json")


def messages_of(output):
    """The errors of an example; a legacy decoder has only its data to put them into."""
    return [*output.get("errors", []), *[text for text in [output.get("data", {}).get("error")] if text]]


def numbers_in(value):
    if isinstance(value, dict | list):
        children = value.values() if isinstance(value, dict) else value
        return [number for child in children for number in numbers_in(child)]
    return [value] if isinstance(value, int | float) else []


def any_example(test):
    return [codec_id(path) for path in CODECS if any(test(example["output"]) for _, example in examples(path))]


every_codec = pytest.mark.parametrize("path", CODECS, ids=codec_id)


def test_ten_codecs_of_seven_makers():
    assert len(CODECS) >= 10
    assert len({path.parent.name for path in CODECS}) >= 7


@every_codec
def test_yaml_means_the_same_in_version_1_1_and_1_2(path):
    assert _yaml.read(path, most_bytes=1_000_000).value == read(path)


@every_codec
def test_names_follow_the_device_repository(path):
    document = read(path)
    assert re.fullmatch(r"[a-z0-9](?:-?[a-z0-9]){2,}", path.stem)
    assert len(path.stem) <= 36
    assert set(document) <= {"dialect", *OPERATIONS}
    assert "uplinkDecoder" in document


@every_codec
def test_examples_have_the_device_repository_s_form(path):
    more = {"variables"} if dialect_of(path) in WITH_VARIABLES else set()
    for operation, example in examples(path):
        assert set(example) <= {"description", "source", "input", "output", "normalizedOutput"}
        assert example["description"]
        assert set(example["input"]) <= {"bytes", "data", "fPort"} | more
        assert ("data" if operation == "downlinkEncoder" else "bytes") in example["input"]
        assert all(0 <= byte <= 255 for byte in example["input"].get("bytes", []))
        assert "warnings" not in example["output"] or example["output"]["warnings"]


@every_codec
def test_five_to_twelve_examples_each_described_once(path):
    for operation in set(OPERATIONS) & set(read(path)):
        descriptions = [example["description"] for _, example in examples(path, operation)]
        assert 5 <= len(descriptions) <= 12, operation
        assert len(set(descriptions)) == len(descriptions), operation


@every_codec
def test_at_least_two_uplinks_and_two_downlinks_are_cited(path):
    for operation in {"uplinkDecoder", "downlinkEncoder"} & set(read(path)):
        cited = [example["source"] for _, example in examples(path, operation) if "source" in example]
        assert len(cited) >= 2, operation
        assert all(len(source) > 30 for source in cited)


@every_codec
def test_a_cited_example_is_a_good_one(path):
    for _, example in examples(path):
        assert "source" not in example or not messages_of(example["output"])


@every_codec
def test_scripts_exist_are_small_and_name_their_sources(path):
    for script in scripts(path):
        text = script.read_text(encoding="utf-8")
        assert len(text.encode()) <= MAX_SCRIPT_BYTES
        head = text.split("\n\n", maxsplit=1)[0] + text.split("\n\nvar ", maxsplit=1)[0]
        assert "// Source" in head


@every_codec
def test_scripts_are_ecmascript_5_but_for_modules(path):
    for script in scripts(path):
        code = re.sub(r"//.*", "", script.read_text(encoding="utf-8"))
        is_newer = re.search(r"\b(?:let|const|class|async|await|import|export)\s+\w|=>|`|\?\?|\?\.|\.\.\.", code)
        assert bool(is_newer) == (dialect_of(path) == "chirpstack4")


def test_no_file_lies_about_unused():
    used = {file for path in CODECS for file in (path, *scripts(path))}
    used |= {schema_path(path, direction) for path in CODECS for direction in ("uplink", "downlink")}
    assert {file for file in FORMATTERS.rglob("*") if file.is_file()} <= used


@every_codec
def test_below_zero_truncation_and_wrong_port_are_among_the_examples(path):
    uplinks = [example["output"] for _, example in examples(path, "uplinkDecoder")]
    said = " ".join(message for output in uplinks for message in messages_of(output))
    assert any(number < 0 for output in uplinks for number in numbers_in(output))
    assert re.search(r"cut short|bytes short|bytes instead of", said)
    assert "is not used" in said or codec_id(path) in NO_PORT


@every_codec
def test_every_direction_has_a_schema(path):
    directions = {OPERATIONS[name] for name in OPERATIONS if name in read(path)}
    assert {name for name in ("uplink", "downlink") if schema_path(path, name).exists()} == directions


def data_of(path, operation, example):
    """The data of an example that a schema speaks of, or None where the example is an error."""
    if operation == "downlinkEncoder":
        return None if "errors" in example["output"] else example["input"]["data"]
    if dialect_of(path) != "actility" or set(example["output"]) == {"errors"}:
        return example["output"].get("data")
    return example["output"]


@every_codec
def test_data_of_the_examples_fits_the_schemas(path):
    for operation, example in examples(path):
        data = data_of(path, operation, example)
        if data is not None:
            schema = DataSchema.load(schema_path(path, OPERATIONS[operation]))
            assert schema.check(data, example["input"].get("fPort", 0)) == [], example["description"]


def objects_in(node):
    if isinstance(node, dict):
        yield from ([node] if "properties" in node and node.get("type") == "object" else [])
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from objects_in(child)


@every_codec
def test_schemas_are_closed_and_described(path):
    for direction in {OPERATIONS[name] for name in OPERATIONS if name in read(path)}:
        schema = json.loads(schema_path(path, direction).read_text(encoding="utf-8"))
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        for found in objects_in(schema):
            assert found["additionalProperties"] is False
            assert all(member["description"] for member in found["properties"].values())


def fields_of(path):
    schema = json.loads(schema_path(path, "uplink").read_text(encoding="utf-8"))
    return {name for found in objects_in(schema) for name in found["properties"]}


def test_four_codecs_have_eight_fields_or_more():
    assert len([path for path in CODECS if len(fields_of(path)) >= 8]) >= 4


def test_a_row_of_items_with_history():
    shown = any_example(lambda output: "history" in output.get("data", {}))
    assert shown == ["milesight/em300-th", "milesight/vs350"]


def test_ports_differ_up_and_down():
    ports = {}
    for path in CODECS:
        uplinks = examples(path, "uplinkDecoder")
        good = [example for _, example in uplinks if not messages_of(example["output"])]
        ports[codec_id(path)] = {example["input"]["fPort"] for example in good}
    assert ports["netvox/r718a"] == {6, 7}
    downlinks = examples(FORMATTERS / "mcci" / "catena-4430.yaml", "downlinkEncoder")
    assert {example["input"]["fPort"] for _, example in downlinks} == {1, 2, 3}


def test_normalizers_are_tried():
    with_normalizer = [
        path for path in CODECS if any("function normalizeUplink(" in s.read_text() for s in scripts(path))
    ]
    assert with_normalizer
    for path in with_normalizer:
        assert any("normalizedOutput" in example for _, example in examples(path, "uplinkDecoder"))


def test_a_legacy_pair():
    legacy = [path for path in CODECS if dialect_of(path) == "ttn2"]
    assert [codec_id(path) for path in legacy] == ["mcci/catena-4430"]
    (script,) = scripts(legacy[0])
    text = script.read_text(encoding="utf-8")
    assert "function Decoder(bytes, port)" in text
    assert "function Encoder(object, port)" in text


FORMS = {
    "mclimate/ht-sensor": ("ts013", ["function decodeUplink(input)", "function decodeDownlink(input)"]),
    "milesight/vs350": ("chirpstack3", ["Decode(fPort, bytes, variables)", "Encode(fPort, obj, variables)"]),
    "netvox/r720c": ("chirpstack4", ["export function decodeUplink", "Buffer.from", "variables"]),
    "talkpool/oy1110": ("actility", ["exports.decodeUplink", "exports.extractPoints", "throw new Error("]),
}


@pytest.mark.parametrize(("name", "dialect", "words"), [(name, *form) for name, form in FORMS.items()], ids=FORMS)
def test_each_network_s_own_form(name, dialect, words):
    path = FORMATTERS / f"{name}.yaml"
    (script,) = scripts(path)
    text = script.read_text(encoding="utf-8")
    assert dialect_of(path) == dialect
    assert [word for word in words if word not in text] == []


def test_warnings_and_errors():
    both = set(any_example(lambda output: "warnings" in output)) & set(any_example(lambda output: "errors" in output))
    assert both >= {"dragino/lht65", "netvox/r718a", "mclimate/vicki"}


def test_the_list_of_what_is_shipped_names_every_codec():
    text = (ROOT / "docs" / "shipped.md").read_text(encoding="utf-8")
    assert [path for path in CODECS if f"`{codec_id(path)}`" not in text] == []
