"""Loading declarations: what is wrong is found when the file is loaded, with file, line and field."""

from pathlib import Path

import construct
import pytest
from construct import Float32b, Int8sb, Int8ub, Int16ub, Struct

from octavo.codecs import (
    Bit,
    Bits,
    Case,
    Choice,
    Codec,
    Flag,
    Literal,
    Many,
    Repeat,
    Scaled,
    Tail,
    Tlv,
    Variant,
    Variants,
    children,
    load_codec,
)
from octavo.devices import load
from octavo.errors import ContentError, Error, NotFoundError

GOOD = """\
from construct import Int8ub, Struct

from octavo.codecs import Codec

codec = Codec(name="x", uplink={1: Struct("a" / Int8ub * "documentation")}, description="an example")
"""


@pytest.fixture
def declaration(tmp_path):
    def written(text, name="device.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refusal(path):
    with pytest.raises(ContentError) as caught:
        load_codec(path, "vendor/device")
    assert caught.value.file == str(path)
    return caught.value


def test_a_declaration_is_loaded_under_the_name_it_is_called(declaration):
    codec = load_codec(declaration(GOOD), "vendor/device")
    assert (codec.name, codec.description, codec.dialect) == ("vendor/device", "an example", None)
    assert codec.decode_uplink(b"\x07").data == {"a": 7}


def test_octavo_loads_a_declaration_by_its_path(declaration):
    with load(declaration(GOOD)) as codec:
        assert codec.decode_uplink(b"\x07").data == {"a": 7}


def test_a_declaration_knows_its_file(declaration):
    path = declaration(GOOD + "assert __file__.endswith('device.py')\n")
    assert load_codec(path, "x").name == "x"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        load_codec(tmp_path / "none.py", "none")
    assert caught.value.file == str(tmp_path / "none.py")


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "device.py"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal(path).message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ncodec = Codec(\n", 2, "was never closed"),
        ("\n\nraise ValueError('mine')\n", 3, "ValueError: mine"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", 2, "ZeroDivisionError: division by zero"),
        ("import nowhere_at_all\n", 1, "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("\nfrom octavo.codecs import Nothing\n", 2, "octavo.codecs has nothing called Nothing"),
        ("raise AssertionError\n", 1, "AssertionError"),
        ("f = lambda: f()\nf()\n", 1, "RecursionError: "),
        ("x = 1\n", None, "expected the file to define codec, got no such name"),
        ("codec = {}\n", None, "expected codec to be a Codec, got dict"),
        (
            "from octavo.codecs import Codec\ncodec = Codec\n",
            None,
            "expected codec to be a Codec, got ABCMeta",
        ),
        (
            "from octavo.codecs import Codec\n\ncodec = Codec(name='x')\n",
            3,
            "expected at least one port, got none",
        ),
    ],
)
def test_a_declaration_that_does_not_run_says_where(declaration, text, line, message):
    error = refusal(declaration(text))
    assert message in error.message
    assert error.line == line


def test_a_declaration_with_null_bytes_does_not_run(declaration):
    assert "null bytes" in refusal(declaration("a\x00b")).message


def test_a_wrong_declaration_says_file_line_and_field(declaration):
    text = GOOD.replace("Int8ub *", "Scaled(Int8ub, maximum=256) *").replace("Codec\n", "Codec, Scaled\n", 1)
    error = refusal(declaration(text))
    assert (error.line, error.path) == (5, "uplink[1].a")
    assert error.message == ("uplink[1].a: expected a bound from 0 to 255, which the raw field holds, got 256")
    assert str(error).startswith(f"{error.file}:5: uplink[1].a: expected")


def test_a_declaration_may_not_end_the_process(declaration):
    error = refusal(declaration("import sys\n\nsys.exit(3)\n"))
    assert (error.line, "it ends the program" in error.message) == (3, True)


TWICE = "expected a name of its own, got one that the frame has already"

WRONG = {
    "a name twice": (Struct("a" / Int8ub, "a" / Int16ub), "a", TWICE),
    "a name twice, in a table": (Tlv(Int8ub, {1: "a" / Int8ub, 2: "a" / Int8ub}), "a", TWICE),
    "a name twice, in bits": (Bits(Int8ub, "a" / Bit(0), "a" / Bit(1)), "a", TWICE),
    "a name twice, in a tail": (Tail("a" / Int8ub, "a" / Int8ub), "a", TWICE),
    "a name of the frame in bits": (Struct("a" / Int8ub, Bits(Int8ub, "a" / Bit(0))), "a", TWICE),
    "a name twice, further in": (Struct("b" / Struct("a" / Int8ub, "a" / Int8ub)), "b.a", TWICE),
    "a minimum above the maximum": (
        Struct("a" / Scaled(Int8ub, minimum=3, maximum=2)),
        "a",
        "expected a minimum of at most 2, got 3",
    ),
    "a minimum that the bytes do not hold": (
        Struct("a" / Scaled(Int8ub, minimum=-1)),
        "a",
        "expected a bound from 0 to 255, which the raw field holds, got -1",
    ),
    "a maximum that the bytes do not hold": (
        Struct("a" / Scaled(Int8sb, per_unit=10, offset=1, maximum=14)),
        "a",
        "expected a bound from -11.8 to 13.7, which the raw field holds, got 14",
    ),
    "a maximum that the bits do not hold": (
        Bits(Int8ub, "a" / Scaled(Bit(0, 3), maximum=8)),
        "a",
        "expected a bound from 0 to 7, which the raw field holds, got 8",
    ),
    "a factor of 0": (
        Struct("a" / Scaled(Int8ub, per_unit=0)),
        "a",
        "expected a factor that is finite and not 0, got 0",
    ),
    "an infinite factor": (
        Struct("a" / Scaled(Float32b, per_unit=float("inf"))),
        "a",
        "expected a factor that is finite and not 0, got inf",
    ),
    "no choice": (Struct("a" / Choice(Int8ub, {})), "a", "expected at least one choice, got none"),
    "two numbers for one choice": (
        Struct("a" / Choice(Int8ub, {0: "on", 1: "on"})),
        "a",
        "expected a value of its own for each number, got ['on', 'on']",
    ),
    "a choice that the bytes do not hold": (
        Struct("a" / Choice(Int8ub, {256: "on"})),
        "a",
        "expected numbers that the raw field holds, got 256",
    ),
    "bits that overlap": (
        Bits(Int8ub, "a" / Bit(0, 3), "b" / Bit(2)),
        "b",
        "expected bits of its own, got some that are another's",
    ),
    "bits that overlap what is written": (
        Bits(Int8ub, "a" / Bit(0, 3), written=4),
        "a",
        "expected bits of its own, got some that are another's",
    ),
    "bits beyond the word": (Bits(Int8ub, "a" / Bit(7, 2)), "a", "expected bits below 8, got 8"),
    "no bits": (Bits(Int8ub), None, "expected at least one field, got none"),
    "bytes among bits": (Bits(Int8ub, "a" / Int8ub), None, "expected named fields over Bit, got "),
    "bits without a name": (Bits(Int8ub, Flag(Bit(0))), None, "expected named fields over Bit, got "),
    "a key that the bytes do not hold": (
        Tlv(Int8ub, {256: "a" / Int8ub}),
        None,
        "expected keys from 0 to 255, got 256",
    ),
    "an item without a name": (
        Tlv(Int8ub, {1: Int8ub}),
        None,
        "expected a named field after the key 0x1, got one without a name",
    ),
    "a field after the end": (
        Struct("r" / Repeat(Struct("a" / Int8ub)), "b" / Int8ub),
        None,
        "expected nothing after a layout that reads to the end of the payload, got a field",
    ),
    "a case of an unknown field": (
        Struct("b" / Int8ub, Case("a", {1: Struct("c" / Int8ub)})),
        None,
        "expected a Choice or a Flag named a before its cases; the members there are b",
    ),
    "a case of no choice": (
        Struct("a" / Int8ub, Case("a", {1: Struct("c" / Int8ub)})),
        None,
        "expected a Choice or a Flag named a before its cases; the members there are a",
    ),
    "a choice without a case": (
        Struct("a" / Choice(Int8ub, {1: "x", 2: "y"}), Case("a", {"x": Struct("c" / Int8ub)})),
        "a",
        "expected one case for each choice, got [\"'y'\"] alone",
    ),
    "a maximum of items below the minimum": (
        Struct("r" / Repeat(Struct("a" / Int8ub), minimum=3, maximum=2)),
        "r",
        "expected a maximum of at least 3, got 2",
    ),
    "no variant": (Variants(), None, "expected at least one variant, got none"),
    "a variant that nothing tells": (
        Variants(Variant(Struct("a" / Int8ub)), Variant(Struct("b" / Int8ub))),
        None,
        "expected a byte that tells each variant but the last, got none",
    ),
    "no layout": ({"a": 1}, None, "expected a construct layout, got dict"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("direction", ["uplink", "downlink"])
def test_what_cannot_be_is_found_with_the_fields_path(name, direction):
    layout, field, message = WRONG[name]
    with pytest.raises(ContentError) as caught:
        Codec(name="test/wrong", **{direction: {85: layout}})
    path = f"{direction}[85]" + (f".{field}" if field else "")
    assert caught.value.path == path
    assert caught.value.message.startswith(f"{path}: {message}")


@pytest.mark.parametrize("f_port", [0, 224, 255, -1, "1", 1.5, None])
def test_a_port_is_one_of_an_application(f_port):
    with pytest.raises(ContentError, match="expected a port from 1 to 223, got ") as caught:
        Codec(name="test/port", uplink={f_port: Struct("a" / Int8ub)})
    assert caught.value.path == f"uplink[{f_port}]"


@pytest.mark.parametrize("f_port", [1, 223])
def test_the_first_and_the_last_port(f_port):
    assert Codec(name="test/port", uplink={f_port: Struct("a" / Int8ub)}).uplink.keys() == {f_port}


def test_names_of_different_variants_may_be_the_same():
    variants = Variants(Variant(Literal(b"\x00", {"a": 0})), Variant(Struct("a" / Int8ub), at=0, mask=1, value=1))
    assert Codec(name="test/variants", uplink={1: variants}).decode_uplink(b"\x03").data == {"a": 3}


def walked(layout, depth=0):
    yield depth, layout.name, layout.docs
    for child in children(layout):
        yield from walked(child, depth + 1)


def test_a_declaration_can_be_walked():
    frame = Struct(
        "a" / Scaled(Int8ub, unit="V") * "voltage",
        Bits(Int8ub, "b" / Flag(Bit(0)) * "a flag"),
        Tlv(Int8ub, {1: "c" / Many(Struct("d" / Int8ub)) * "rows"}),
    )
    codec = Codec(name="test/walk", uplink={1: frame})
    found = [(name, docs) for _, name, docs in walked(codec.uplink[1]) if name and not name.startswith("*")]
    assert found == [("a", "voltage"), ("b", "a flag"), ("c", "rows"), ("d", "")]


def test_a_documented_field_is_named_once():
    codec = Codec(name="test/docs", uplink={1: Struct("a" / Int16ub * "documentation" * "again")})
    with pytest.raises(Error) as caught:
        codec.decode_uplink(b"\x00")
    assert caught.value.message == "a (byte 0): expected 2 bytes, got 1"
    field = codec.uplink[1].subcons[0]
    assert isinstance(field, construct.Renamed)
    assert (field.name, field.docs) == ("a", "again")
    assert not isinstance(field.subcon, construct.Renamed)


def test_loading_writes_nothing(declaration):
    path = declaration(GOOD)
    load_codec(path, "x")
    assert [file.name for file in Path(path).parent.rglob("*")] == ["device.py"]
