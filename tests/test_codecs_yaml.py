"""Generated codec definitions: the examples hold for the generated script, and are what the Device Repository takes."""

import json

import pytest
import yaml
from construct import Int8ub, Int16sb, Struct, this

from octavo import examples
from octavo.cli.generate import KINDS
from octavo.codecs import Ago, Codec, Missing, Scaled, Tlv, load_codec
from octavo.codecs.reference import before_got
from octavo.codecs.to_codec_yaml import to_codec_yaml
from octavo.errors import ContentError

from .test_codecs_samples import CODECS, LAYOUTS, NAMED

SMALL = Codec(
    name="acme/ts1",
    description="Acme TS1: thermometer",
    uplink={1: Struct("temperature" / Missing(Scaled(Int16sb, per_unit=10, normalized="air.temperature"), 0x7FFF))},
    downlink={10: Struct("interval" / Scaled(Int8ub, minimum=5)), 11: Tlv(Int8ub, {1: "reboot" / Scaled(Int8ub)})},
)
ALL = Codec(
    name="acme/all",
    uplink=LAYOUTS,
    downlink={f_port: layout for f_port, layout in LAYOUTS.items() if layout is not NAMED["derived"]},
)


def parts(codec, **options):
    return yaml.safe_load(to_codec_yaml(codec, **options))


def by_description(part):
    return {example["description"]: example for example in part["examples"]}


def test_the_definition_of_a_small_codec():
    found = parts(SMALL)
    assert {part["fileName"] for part in found.values()} == {"ts1.js"}
    uplinks = by_description(found["uplinkDecoder"])
    assert list(uplinks) == [
        "typical",
        "minimum",
        "maximum",
        "below zero",
        "temperature: no reading",
        "temperature: expected 2 bytes",
        "payload: expected the end",
        "a port that is not declared",
    ]
    assert uplinks["below zero"] == {
        "description": "below zero",
        "input": {"bytes": [0xFF, 0xFF], "fPort": 1},
        "output": {"data": {"temperature": -0.1}},
        "normalizedOutput": {"data": [{"air": {"temperature": -0.1}}]},
    }
    assert "normalizedOutput" not in uplinks["temperature: no reading"]
    assert uplinks["a port that is not declared"]["output"] == {"errors": ["expected port 1, got 255"]}


def test_downlinks_are_encoded_with_and_without_a_port():
    found = by_description(parts(SMALL)["downlinkEncoder"])
    assert found["without a port, where 10 fits"]["input"] == {"data": {"interval": 18}}
    assert found["without a port, where 10 fits"]["output"] == {"bytes": [18], "fPort": 10}
    assert found["interval: expected at least 5"]["output"]["errors"][0].startswith(
        "interval: expected at least 5, got "
    )
    assert "fits none of the ports 10 and 11" in found["data that fits no port"]["output"]["errors"][0]


def test_the_time_of_reception_is_given_where_it_counts():
    codec = Codec(name="a/b", uplink={1: Struct("seconds" / Scaled(Int8ub), "at" / Ago(this.seconds))})
    found = by_description(parts(codec)["uplinkDecoder"])
    assert found["typical"]["input"]["recvTime"] == "2026-01-02T03:04:05.000Z"
    assert found["typical"]["output"] == {"data": {"seconds": 18, "at": "2026-01-02T03:03:47.000Z"}}
    assert found["without a time of reception"]["output"] == {"data": {"seconds": 18}}


def test_ports_that_are_alike_have_their_examples_once():
    layout = Struct("a" / Scaled(Int8ub))
    found = parts(Codec(name="a/b", uplink={1: layout, 2: layout}))["uplinkDecoder"]["examples"]
    ports = [example["input"]["fPort"] for example in found]
    assert (ports.count(1) > 2, ports.count(2), ports.count(255)) == (True, 1, 1)


@pytest.mark.parametrize("codec", [SMALL, ALL], ids=lambda codec: codec.name)
def test_the_format_has_room_for_it(codec):
    for member, part in parts(codec).items():
        for example in part["examples"]:
            assert set(example) - {"normalizedOutput"} == {"description", "input", "output"}
            if member == "downlinkEncoder":
                assert isinstance(example["input"]["data"], dict)
            else:
                assert 1 <= len(example["input"]["bytes"]) <= 256
                assert 1 <= example["input"]["fPort"] <= 255


def test_names_and_numbers_are_read_as_what_they_are():
    layout = Struct("y" / Scaled(Int8ub, step=1e-7), "no" / Scaled(Int8ub))
    data = by_description(parts(Codec(name="a/b", uplink={1: layout}))["uplinkDecoder"])["maximum"]["output"]["data"]
    assert {name: type(value) for name, value in data.items()} == {"y": float, "no": int}


def test_the_words_of_errors_are_the_scripts_own():
    said = parts(SMALL, messages=lambda calls: [f"{error_of(SMALL, call)}, got X" for call in calls])
    assert by_description(said["uplinkDecoder"])["payload: expected the end"]["output"] == {
        "errors": ["payload (byte 2): expected the end, got X"]
    }


def error_of(codec, call):
    """What the declaration says of an input, up to what was got."""
    operation, given = call
    messages = (
        [(bytes(given["bytes"]), given["fPort"])] if "bytes" in given else [(given["data"], given.get("fPort", 0))]
    )
    (outcome,) = getattr(codec, f"{operation}s")(messages)
    return before_got(outcome.message)


def test_a_script_that_says_something_else_is_an_error():
    with pytest.raises(
        ContentError, match=r"decode_uplink, temperature: expected 2 bytes: expected the script to report"
    ):
        parts(SMALL, messages=lambda calls: [None] * len(calls))


def outcomes(codec, folder):
    """The generated examples against the generated script, as `octavo test` runs them."""
    stem = codec.name.rpartition("/")[2]
    (folder / f"{stem}.js").write_text(KINDS["javascript"](codec), encoding="utf-8")
    (folder / f"{stem}.yaml").write_text(KINDS["codec-yaml"](codec), encoding="utf-8")
    (suite,) = examples.collect(str(folder / f"{stem}.yaml"))
    return list(examples.run(suite))


@pytest.mark.parametrize("codec", [SMALL, ALL], ids=lambda codec: codec.name)
@pytest.mark.usefixtures("warm_pool")
def test_the_generated_script_passes_the_generated_examples(codec, tmp_path):
    rows = outcomes(codec, tmp_path)
    assert [json.dumps(str(row.diff)) for row in rows if row.outcome != "passed"] == []
    assert len(rows) > 15


@pytest.mark.parametrize("path", CODECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.usefixtures("warm_pool")
def test_the_script_of_a_shipped_codec_passes_its_generated_examples(path, tmp_path):
    rows = outcomes(load_codec(path, f"{path.parent.name}/{path.stem}"), tmp_path)
    assert [json.dumps(str(row.diff)) for row in rows if row.outcome != "passed"] == []
    assert len(rows) > 15
