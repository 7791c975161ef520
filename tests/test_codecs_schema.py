"""Generated schemas: they accept what is drawn and decoded, refuse what cannot be written, and are what is shipped."""

import json
from functools import cache
from random import Random

import pytest
from construct import Bytes, Float32l, Int8ub, Int16sb, Int16ub, Struct
from hypothesis import given
from hypothesis import strategies as st

from octavo.codecs import Case, Choice, Codec, Flag, Missing, Repeat, Scaled, Tlv, load_codec
from octavo.codecs.reference import parsed, write
from octavo.codecs.samples import Sampler, wrong_data
from octavo.codecs.to_schema import schema_of, to_schema
from octavo.errors import ContentError
from octavo.schemas import DataSchema

from .test_codecs_samples import CODECS, NAMED, each_layout

# What a schema does not say: days of a month, what another member counts, the order of a tail and of a TLV's rows.
UNSAID = (
    "a time such as",
    "a time from",
    "as many items as",
    "bytes",
    "that does not end in",
    "finite",
    "bits of float",
)


@cache
def schema(name):
    return DataSchema.from_dict(
        schema_of(NAMED[name]) | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    ).vet()


@cache
def sampler(name):
    return Sampler(NAMED[name])


@each_layout
@given(seed=st.integers(0, 2**32))
def test_what_is_drawn_and_what_is_decoded_fits(name, seed):
    data = sampler(name).draw(Random(seed))  # noqa: S311 - nothing secret
    assert schema(name).check(data) == []
    assert schema(name).check(parsed(NAMED[name], write(NAMED[name], data), 1_000_000)) == []


@each_layout
def test_what_cannot_be_written_does_not_fit(name):
    wrong = [
        (sentence, data) for sentence, data in wrong_data(NAMED[name]) if not any(part in sentence for part in UNSAID)
    ]
    assert wrong
    assert [sentence for sentence, data in wrong if not schema(name).check(data)] == []


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            "t" / Scaled(Int16sb, per_unit=10, unit="°C", minimum=-40) * "air temperature",
            {"description": "Air temperature", "type": "number", "unit": "°C", "minimum": -40, "maximum": 3276.7},
        ),
        (Scaled(Int8ub, step=5), {"type": "integer", "minimum": 0, "maximum": 1275}),
        (Scaled(Float32l, minimum=0), {"type": "number", "minimum": 0}),
        (Missing(Scaled(Int8ub), 255, 254), {"type": ["integer", "null"], "minimum": 0, "maximum": 253}),
        (Missing(Choice(Int8ub, {0: "off"}), 1), {"enum": ["off", None]}),
        (Choice(Int8ub, {0: "off"}), {"const": "off"}),
        (Choice(Int8ub, {0: "off"}, default="other"), {"enum": ["off", "other"]}),
        (Choice(Int8ub, {0: False, 255: True}), {"type": "boolean"}),
        (Repeat(Flag(Int8ub), maximum=3), {"type": "array", "items": {"type": "boolean"}, "maxItems": 3}),
    ],
    ids=str,
)
def test_the_schema_of_a_value(field, expected):
    assert schema_of(field) == expected


def test_each_case_is_a_form_of_its_own():
    layout = Struct("on" / Flag(Int8ub) * "power", Case("on", {True: Struct("a" / Scaled(Int8ub)), False: Struct()}))
    first, second = schema_of(Codec(name="a/b", uplink={1: layout}).uplink[1])["anyOf"]
    assert first["properties"]["on"] == {"description": "Power", "const": True}
    assert (first["required"], second["required"]) == (["on", "a"], ["on"])


def test_members_that_exclude_each_other_are_counted():
    layout = Struct("id" / Scaled(Int8ub), Tlv(Int8ub, {1: "a" / Scaled(Int8ub), 2: "b" / Scaled(Int16ub)}, maximum=1))
    found = schema_of(Codec(name="a/b", uplink={1: layout}).uplink[1])
    assert (found["minProperties"], found["maxProperties"]) == (2, 2)


def test_ports_have_schemas_of_their_own():
    one, other = Struct("a" / Scaled(Int8ub)), Struct("b" / Scaled(Int8ub))
    found = to_schema(Codec(name="a/b", description="Thing: of things", uplink={1: one, 7: one, 8: other}))
    assert found["title"] == "Thing, uplink"
    assert found["$defs"]["port-7"] == {"$ref": "#/$defs/port-1"}
    data = DataSchema.from_dict(found).vet()
    assert data.check({"a": 1}, 7) == []
    assert data.check({"a": 1}, 8) != []


def test_examples_are_data_as_it_is_decoded():
    found = to_schema(Codec(name="a/b", uplink={1: NAMED["derived"]}))
    assert found["examples"][0] == {"u": 18, "p": 324, "seconds": 18, "at": "2026-01-02T03:03:47.000Z"}


def test_a_direction_without_ports_has_no_schema():
    with pytest.raises(ContentError, match="a/b declares no downlink"):
        to_schema(Codec(name="a/b", uplink={1: NAMED["fixed"]}), "downlink")


@pytest.mark.parametrize("path", CODECS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_shipped_schemas_are_what_is_generated(path):
    codec = load_codec(path, f"{path.parent.name}/{path.stem}")
    for direction in ("uplink", "downlink"):
        file = path.with_name(f"{path.stem}.{direction}.schema.json")
        if getattr(codec, direction):
            text = json.dumps(to_schema(codec, direction), ensure_ascii=False, indent=2) + "\n"
            assert file.read_text(encoding="utf-8") == text, f"octavo generate {codec.name} --to schema -o {file}"
        else:
            assert not file.exists()


def test_a_layout_without_a_schema_is_named():
    layout = Struct("list" / Repeat(Struct("x" / Int8ub, "inner" / Struct("bytes" / Bytes(2)))))
    with pytest.raises(
        ContentError, match=r"^uplink\[1\]\.list\.inner\.bytes: a schema cannot express Bytes"
    ) as caught:
        to_schema(Codec(name="a/b", uplink={1: layout}))
    assert caught.value.path == "uplink[1].list.inner.bytes"
