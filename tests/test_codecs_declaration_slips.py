"""Slips of the pen in a declaration: its refusal says what is probably meant, with file and line."""

import numpy as np
import pytest
from click.testing import CliRunner
from construct import Int8ub, Struct
from hypothesis import given
from hypothesis import strategies as st

from octavo.cli import main
from octavo.codecs import (
    Ascii,
    Bits,
    Case,
    Channels,
    Choice,
    Codec,
    Flag,
    FlagSet,
    Groups,
    Marker,
    Missing,
    Scaled,
    Tlv,
    UnixTime,
    Version,
    load_codec,
)
from octavo.errors import ContentError

HEAD = """\
from construct import Int8ub, Int16ub, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Flag, Scaled, Tlv

MORE = ["x" / Int8ub]
BEFORE = "before" / Int8ub
"""
STRUCT = HEAD + 'codec = Codec(\n    name="x",\n    uplink={{\n        1: Struct(\n{}        )\n    }},\n)\n'
ROWS = 11
"""The line on which the fields of `STRUCT` begin."""


@pytest.fixture
def refusal(tmp_path):
    def refused(text):
        path = tmp_path / "device.py"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ContentError) as caught:
            load_codec(path, "vendor/device")
        assert caught.value.file == str(path)
        return caught.value

    return refused


def indented(*lines):
    return STRUCT.format("".join(f"            {line}\n" for line in lines))


COMMA = "a comma is probably missing between two fields"

COMMAS = {
    "after a documentation": (('"a" / Int8ub * "first"', '"b" / Flag(Int8ub),'), 0, f"{COMMA}, a and b"),
    "further down": (('"a" / Int8ub,', '"b" / Int8ub * "b"', '"c" / Int8ub * "c",'), 1, f"{COMMA}, b and c"),
    "twice": (('"a" / Int8ub * "1"', '"b" / Int8ub * "2"', '"c" / Int8ub,'), 0, f"{COMMA}, a and b"),
    "after two lines of it": (('"a" / Int8ub * "first "', '"and more"', '"b" / Int8ub,'), 1, f"{COMMA}, a and b"),
    "with another beside": (('"a" / Int8ub * "ä ö"  # "not this"', '"b" / Int8ub,'), 0, f"{COMMA}, a and b"),
    "of a field with arguments": (('"a" / Scaled(Int8ub) * "1"', '"b" / Scaled(Int8ub),'), 0, f"{COMMA}, a and b"),
    "before a list": (('"a" / Int8ub', "*MORE,"), 0, f"{COMMA}, after a"),
    "before a parenthesis": (("BEFORE", '("b" / Int8ub),'), 0, COMMA),
    "in a table": (('Tlv(Int8ub, {1: "a" / Int8ub * "1" "b" / Int8ub}),',), 0, f"{COMMA}, a and b"),
    "without a documentation": (('"a" / Int8ub', '"b" / Int8ub,'), 0, "invalid syntax. Perhaps you forgot a comma?"),
    "before a layout": (('"a" / Int8ub', "Bits(Int8ub),"), 0, "invalid syntax. Perhaps you forgot a comma?"),
}


@pytest.mark.parametrize("name", COMMAS)
def test_a_comma_that_is_missing_is_told(refusal, name):
    lines, row, message = COMMAS[name]
    error = refusal(indented(*lines))
    assert (error.message, error.line) == (message, ROWS + row)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('"a" / Int8ub * 3,', "ConstructError: operator * can only be used with string or lambda"),
        ('"a" / (Int8ub * MORE),', "ConstructError: operator * can only be used with string or lambda"),
        ("BEFORE(Int8ub),", "TypeError: 'Renamed' object is not callable"),
        ("MORE(Int8ub),", "TypeError: 'list' object is not callable"),
    ],
)
def test_what_is_no_missing_comma_is_not_told_as_one(refusal, line, message):
    error = refusal(indented(line))
    assert (error.message, error.line) == (message, ROWS)


ARGUMENTS = "raw, per_unit, step, offset, unit, minimum, maximum, decimals, normalized"
INTEGERS = "Int16ul or Int16ub or Int16sl or Int16sb"
MISSPELT = {
    '"a" / Scaled(Int16ub, per_units=10),': "Scaled takes no argument per_units; did you mean per_unit?",
    '"a" / Scaled(Int16ub, xyz=10),': f"Scaled takes no argument xyz; it takes {ARGUMENTS}",
    '"a" / Flag(Int8ub, inverse=True),': "Flag takes no argument inverse; did you mean inverted?",
    '"a" / Int16us,': f"NameError: name 'Int16us' is not defined; did you mean {INTEGERS}?",
    '"a" / Scalde(Int8ub),': "NameError: name 'Scalde' is not defined; did you mean Scaled?",
    '"a" / Missing(Int8ub),': "Missing is not imported: from octavo.codecs import Missing",
    '"a" / Int24ub,': "Int24ub is not imported: from construct import Int24ub",
    '"a" / Zzzzzz,': "NameError: name 'Zzzzzz' is not defined",
    '"a" / Choice({0: "no"}),': "expected Choice(raw, names, *, default=None, normalized=None); Choice.__init__() ",
    '"a" / Scaled(Int8ub, 10),': "expected Scaled(raw, *, per_unit=1, step=1, ",
}


@pytest.mark.parametrize("line", MISSPELT)
def test_a_name_that_is_misspelt_is_told(refusal, line):
    error = refusal(indented(line))
    assert error.message.startswith(MISSPELT[line])
    assert error.line == ROWS


IMPORTS = {
    "from construct import Int16us": "construct has nothing called Int16us; did you mean Int16ul or Int16ub or ",
    "from octavo.codecs import Scale": "octavo.codecs has nothing called Scale; did you mean Scaled?",
    "from octavo.codecs import Int8ub": "octavo.codecs has nothing called Int8ub; construct has it",
    "from construct import Scaled": "construct has nothing called Scaled; octavo.codecs has it",
    "import octavo.codec": "ModuleNotFoundError: No module named 'octavo.codec'; did you mean octavo.codecs?",
    "from math import sqr": "math has nothing called sqr; did you mean sqrt or isqrt?",
    "import constructs": "ModuleNotFoundError: No module named 'constructs'; did you mean construct?",
    "import nowhere_at_all": "ModuleNotFoundError: No module named 'nowhere_at_all'",
    "import construct; construct.Int16us": "construct has nothing called Int16us; did you mean ",
}


@pytest.mark.parametrize("line", IMPORTS)
def test_an_import_that_is_misspelt_is_told(refusal, line):
    error = refusal(f"x = 1\n{line}\n")
    assert error.message.startswith(IMPORTS[line])
    assert error.line == 2


def test_an_argument_of_a_function_of_the_file_is_told(refusal):
    error = refusal("def field(name, *, size):\n    return name\n\n\nfield('a', sise=1)\n")
    assert (error.message, error.line) == ("field takes no argument sise; did you mean size?", 5)


@given(st.text(alphabet="\n\"'*/(),ab{}:= ", max_size=60))
def test_whatever_stands_in_a_declaration_is_refused_in_words(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "device.py"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_codec(path, "vendor/device")
    assert caught.value.file == str(path)


# ---- what is no table, and no layout ----

TABLE = "expected a table {number: value, ...}, got"
GIVEN = {
    "names in a list": (lambda: Choice(Int8ub, ["no", "yes"]), f"Choice: {TABLE} list ['no', 'yes']"),
    "names in a set": (lambda: Choice(Int8ub, {"no"}), f"Choice: {TABLE} set {{'no'}}"),
    "one name": (lambda: Choice(Int8ub, "no"), f"Choice: {TABLE} str 'no'"),
    "bits in a list": (lambda: FlagSet(Int8ub, ["a"]), "FlagSet: expected a table {bit: name, ...}, got list ['a']"),
    "items in a list": (lambda: Tlv(Int8ub, ["a" / Int8ub]), "Tlv: expected a table {key: named field, ...}, got list"),
    "types in a list": (lambda: Channels(["a" / Int8ub]), "Channels: expected a table {type: named field, ...}, got "),
    "groups in a list": (lambda: Groups(Int8ub, [Struct()]), "Groups: expected a table {bit: layout, ...}, got list"),
    "cases in a list": (lambda: Case("a", [Struct()]), "Case: expected a table {value: layout, ...}, got list"),
    "the arguments exchanged": (lambda: Choice({0: "no"}, Int8ub), "got dict {0: 'no'}"),
    "a field that is none": (lambda: Missing(Int8ub, 255), "Missing: expected a field such as Scaled(Int8ub) first, "),
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_no_table_is_refused(name):
    declared, message = GIVEN[name]
    with pytest.raises(ContentError) as caught:
        declared()
    assert message in caught.value.message


@pytest.mark.parametrize("kind", [Scaled, Flag, UnixTime, Version, Marker, Bits, lambda raw: Tlv(raw, {})])
@pytest.mark.parametrize("raw", [8, "Int8ub", None, Scaled, {0: "no"}])
def test_what_is_no_raw_number_is_refused(kind, raw):
    with pytest.raises(ContentError, match="expected a number of construct such as Int8ub first, got "):
        kind(raw)


def test_a_choice_of_what_is_no_value_is_refused_with_its_path():
    with pytest.raises(ContentError) as caught:
        Codec(name="x", uplink={1: Struct("a" / Choice(Int8ub, {0: ["no"]}))})
    assert caught.value.message == "uplink[1].a: expected text, numbers, true or false, got ['no']"
    assert caught.value.path == "uplink[1].a"


def test_a_wrong_table_is_told_with_file_and_line(refusal):
    error = refusal(indented('"a" / Int8ub,', '"b" / Choice(Int8ub, ["no", "yes"]),'))
    assert (error.message, error.line) == (f"Choice: {TABLE} list ['no', 'yes']", ROWS + 1)


# ---- what a declaration prints ----

LOUD = 'print("loading")\n' + indented('"a" / Int8ub,')


def test_what_a_declaration_prints_is_no_result(tmp_path, capsys):
    path = tmp_path / "device.py"
    path.write_text(LOUD, encoding="utf-8")
    load_codec(path, "x")
    print("after")  # noqa: T201 - stdout is as it was
    assert capsys.readouterr() == ("after\n", "loading\n")


@pytest.mark.parametrize(
    ("arguments", "expected"), [(("decode", "07", "-p", "1", "--json"), "{"), (("generate", "--to", "javascript"), "/")]
)
def test_what_a_declaration_prints_is_not_on_stdout_of_a_command(tmp_path, arguments, expected):
    path = tmp_path / "device.py"
    path.write_text(LOUD, encoding="utf-8")
    command, *others = arguments
    result = CliRunner().invoke(main, [command, str(path), *others])
    assert result.exit_code == 0
    assert "loading" not in result.stdout
    assert result.stdout.startswith(expected)
    assert "loading\n" in result.stderr


# ---- payloads as an array of objects ----


def test_an_array_of_objects_is_an_iterable_of_payloads():
    codec = Codec(name="x", uplink={1: Struct("a" / Int8ub, "t" / Ascii(1))})
    given = [b"\x01a", bytearray(b"\x02b"), None, b"\x03", b"\x04d"]
    columns, expected = (codec.decode_columns(each, 1) for each in (np.array(given, dtype=object), given))
    assert columns.to_dicts() == expected.to_dicts()
    assert list(columns.errors) == list(expected.errors)
    assert columns.to_dicts()[1] == {"a": 2, "t": "b"}


def test_a_matrix_of_objects_is_none():
    codec = Codec(name="x", uplink={1: Struct("a" / Int8ub)})
    with pytest.raises(Exception, match="got an array of object with 2 dimensions"):
        codec.decode_columns(np.array([[b"\x01"]], dtype=object), 1)
