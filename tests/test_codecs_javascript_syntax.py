"""The form of the generated JavaScript: ES5 by a parser's word, strict, its own names only, readable."""

import json
from pathlib import Path

import pytest
from construct import Bytes, Int8ub, Int16sb, Int16ub, Struct, VarInt

from octavo._syntax import parse
from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Missing, Repeat, Scaled, load_codec
from octavo.codecs.javascript import to_javascript
from octavo.codecs.javascript.helpers import library, used_by
from octavo.errors import ContentError

from .test_codecs_javascript_vocabulary import ITEMS

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
CODECS = sorted((ROOT / "codecs").glob("*/*.py"))

ES5 = json.loads((CASES / "generated-es5.json").read_text(encoding="utf-8"))
"""Kinds of nodes of tree-sitter's JavaScript, and methods, that ECMA-262, edition 5.1, has."""

GLOBALS = {"Array", "Date", "Error", "Infinity", "JSON", "Math", "NaN", "Number", "Object", "String"}
GLOBALS |= {"isFinite", "parseInt", "undefined"}
ENTRIES = {
    "decodeUplink",
    "decodeDownlink",
    "encodeDownlink",
    "normalizeUplink",
    "Decoder",
    "Encoder",
    "Decode",
    "Encode",
}
TAKEN = {"Buffer", "main", "console", "exports", "module", "driver", "require"}
"""Names that a network has already, or puts beside the script."""


def scripts():
    for path in CODECS:
        yield pytest.param(load_codec(path, path.stem), id=f"{path.parent.name}/{path.stem}")
    for item, (layout, _) in ITEMS.items():
        yield pytest.param(Codec(name=item, uplink={1: layout}, downlink={1: layout}), id=item)
    alike = Struct("a" / Int8ub)
    yield pytest.param(Codec(name="ports", uplink={1: alike}, downlink={1: alike, 2: alike}), id="ports that are alike")


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def declared(found, kind):
    return [each.child_by_field_name("name").text.decode() for each in found if each.type == kind]


each_script = pytest.mark.parametrize("codec", list(scripts()))


@each_script
def test_it_is_es5(codec):
    text = to_javascript(codec)
    found = list(nodes(parse(text.encode())))
    assert {node.type for node in found if node.is_named} - set(ES5["nodes"]) == set()
    assert not any(node.is_error or node.is_missing for node in found)
    called = [node.child_by_field_name("function") for node in found if node.type == "call_expression"]
    methods = {one.child_by_field_name("property").text.decode() for one in called if one.type == "member_expression"}
    assert methods - set(ES5["methods"]) - {"write"} == set()


@each_script
def test_every_name_is_declared_and_every_function_used(codec):
    text = to_javascript(codec)
    found = list(nodes(parse(text.encode())))
    functions = declared(found, "function_declaration")
    named = [node.text.decode() for node in found if node.type == "identifier"]
    assert len(set(functions)) == len(functions)
    assert not TAKEN & set(functions)
    assert [name for name in functions if named.count(name) == 1 and name not in ENTRIES] == []
    variables = declared(found, "variable_declarator")
    parameters = {child.text.decode() for each in found if each.type == "formal_parameters" for child in each.children}
    caught = {"error"}
    assert set(named) - set(variables) - parameters - set(functions) - GLOBALS - caught == set()


@each_script
def test_no_global_is_assigned_and_no_line_is_wide(codec):
    text = to_javascript(codec)
    for node in nodes(parse(text.encode())):
        if node.type == "variable_declarator" and node.parent.parent.type == "program":
            assert node.child_by_field_name("name").text.decode().isupper()
    assert "\t" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_every_function_of_the_library_is_used_by_some_script():
    used = "".join(to_javascript(each.values[0]) for each in scripts())
    assert [name for name in library() if f"function {name}(" not in used] == []


def test_the_library_names_what_it_needs():
    for name in library():
        text = used_by(f"{name}();")
        found = list(nodes(parse(text.encode())))
        called = {node.child_by_field_name("function") for node in found if node.type == "call_expression"}
        names = {node.text.decode() for node in called if node.type == "identifier"}
        functions = set(declared(found, "function_declaration"))
        handed_over = {"read", "write", "work", "print", "shape", "entry", "measureItem"}
        assert names - functions - GLOBALS - handed_over == set(), name


SMALL = Codec(
    name="acme/ts1",
    description="Acme TS1: temperature and battery",
    uplink={
        1: Struct(
            "temperature" / Missing(Scaled(Int16sb, per_unit=100, unit="°C", minimum=-40, maximum=85), 0x7FFF) * "air",
            Bits(
                Int8ub,
                "state" / Choice(Bit(6, 2), {0: "idle", 1: "busy"}) * "what it does",
                "battery" / Scaled(Bit(0, 6), per_unit=10, unit="V") * "battery",
            ),
        )
    },
    downlink={10: Struct("interval" / Scaled(Int16ub, unit="s", minimum=60) * "between reports", "on" / Flag(Int8ub))},
)


def test_a_script_for_reading():
    file = CASES / "generated-acme-ts1.js"
    assert to_javascript(SMALL) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        (Struct("a" / Bytes(2)), "uplink[1].a"),
        (Struct("a" / Struct("b" / VarInt)), "uplink[1].a.b"),
        (Struct("a" / Repeat(Struct("c" / Bytes(1)))), "uplink[1].a.c"),
    ],
)
def test_what_only_construct_knows_is_refused(layout, path):
    with pytest.raises(ContentError, match=r"JavaScript cannot express (Bytes|VarInt); use the numbers") as error:
        to_javascript(Codec(name="test/refused", uplink={1: layout}))
    assert error.value.path == path


def test_a_member_that_is_a_measurement_on_one_port_only_is_refused():
    measured = Struct("t" / Scaled(Int16sb, normalized="air.temperature"))
    plain = Struct("t" / Scaled(Int16sb))
    with pytest.raises(ContentError, match=r"air\.temperature on another port only; use another name") as error:
        to_javascript(Codec(name="test/refused", uplink={1: measured, 2: plain}))
    assert error.value.path == "uplink[2].t"


def test_quickjs_runs_it_as_chirpstack_does():
    quickjs = pytest.importorskip("quickjs", reason="quickjs-ng is installed for benchmarks only")
    context = quickjs.Context()
    call = "globalThis.found = JSON.stringify([decodeUplink({fPort: 1, bytes: [255, 56, 64], recvTime: new Date()}),"
    call += "encodeDownlink({data: {interval: 600, on: true}, variables: {}}), encodeDownlink({data: {interval: 1}})]);"
    context.module(f"{to_javascript(SMALL)}\n{call}")
    found = json.loads(context.get("found"))
    assert found[0] == {"data": {"temperature": -2, "state": "busy", "battery": 0}}
    assert found[1] == {"bytes": [2, 88, 1], "fPort": 10}
    assert found[2]["errors"][0].startswith("on: expected a value")
