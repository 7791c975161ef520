"""Every statement of the generated JavaScript runs in the generated examples, under the dialects of all networks."""

import re
from random import Random

import pytest
import yaml
from construct import Int8ub, Int16ub, Int16ul, Pass, Struct

from octavo._syntax import parse
from octavo.codecs import (
    Bit,
    Bits,
    Case,
    Channels,
    Checked,
    Choice,
    Codec,
    Flag,
    HexText,
    Literal,
    Repeat,
    Scaled,
    Tail,
    Tlv,
    Variant,
    Variants,
    load_codec,
)
from octavo.codecs.javascript import to_javascript
from octavo.codecs.to_codec_yaml import to_codec_yaml
from octavo.formatters import Formatter
from octavo.formatters.dialects import DIALECTS, dialect_table

from .generated import differences, scripted
from .test_codecs_yaml import ALL, CODECS, SMALL

MEMBERS = {
    "decode_uplink": "uplinkDecoder",
    "decode_downlink": "downlinkDecoder",
    "encode_downlink": "downlinkEncoder",
}
ENTRIES = {"decodeUplink", "decodeDownlink", "encodeDownlink", "Decoder", "Encoder", "Decode", "Encode"}
NORMALIZER = "normalizeUplink"

NEVER = {("failureOf", "throw error;"): "an error that the script did not raise itself, of which there is none known"}
"""Statements that no example can reach: the function, and how the statement begins."""

WHOLE = ("tts", "tts-3.32")
"""The dialects that get all examples; 3.32 takes an empty object for null, so that data is none there."""

SOME = 12
"""How many examples of each operation the others get: enough to go through the functions that they call."""

BODIES = {"program", "statement_block", "switch_case", "switch_default"}


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def is_statement(node):
    """Whether a node is a statement; a function's declaration does nothing, nor does a block beside what is in it."""
    kinds = ("_statement", "_declaration")
    return node.type.endswith(kinds) and node.type not in ("function_declaration", "empty_statement")


def statements(tree):
    """The statements that a counter can stand in front of."""
    return [node for node in nodes(tree) if is_statement(node) and node.parent.type in BODIES]


def counted(text, ends):
    """A script that says which statements ran: what the functions named ``ends`` throw, whatever they were to give."""
    tree = parse(text.encode())
    found = statements(tree)
    added = [(node.start_byte, f"RAN[{index}] = 1; ") for index, node in enumerate(found)]
    for node in nodes(tree):
        if node.type == "function_declaration" and node.child_by_field_name("name").text.decode() in ends:
            body = node.child_by_field_name("body")
            added.append((body.start_byte + 1, " try {"))
            added.append((body.end_byte - 1, "} finally { throw new Error('ran: ' + RAN.join('') + '.'); } "))
    content = text.encode()
    for at, more in sorted(added, reverse=True):
        content = content[:at] + more.encode() + content[at:]
    return f"var RAN = [{', '.join('0' * len(found))}]; {content.decode()}"


def messages(document, operation):
    """What the examples of an operation give to it."""
    examples = document.get(MEMBERS[operation], {"examples": []})["examples"]
    inputs = [example["input"] for example in examples]
    if operation == "encode_downlink":
        return [(each["data"], each.get("fPort", 0)) for each in inputs]
    return [(bytes(each["bytes"]), each["fPort"], each.get("recvTime")) for each in inputs]


def ran(file, dialect, document, most):
    """The statements that ran in the examples, or in the first ones of each operation, by their numbers."""
    found = set()
    with Formatter(file, name="counted", dialect=dialect) as formatter:
        for operation in MEMBERS.keys() & dialect_table(dialect).operations.keys():
            for outcome in getattr(formatter, f"{operation}s")(messages(document, operation)[:most]):
                said = re.search(r"ran: ([01]+)\.", getattr(outcome, "message", ""))
                found |= {index for index, digit in enumerate(said[1]) if digit == "1"} if said else set()
    return found


def idle(text, document, folder):
    """The statements of a script that run in no example: their function, and how they begin."""
    (folder / "ends.js").write_text(counted(text, {*ENTRIES, NORMALIZER}), encoding="utf-8")
    (folder / "goes_on.js").write_text(counted(text, {NORMALIZER}), encoding="utf-8")
    found = ran(folder / "goes_on.js", "tts", document, None)
    for dialect in DIALECTS:
        found |= ran(folder / "ends.js", dialect, document, None if dialect in WHOLE else SOME)
    rows = enumerate(statements(parse(text.encode())))
    return [(function(node), begin(node)) for index, node in rows if index not in found]


def begin(node):
    return node.text.decode().partition("\n")[0]


def function(node):
    """The name of the function that a statement is in."""
    while node.type != "function_declaration":
        node = node.parent
    return node.child_by_field_name("name").text.decode()


def examples(codec):
    return yaml.load(to_codec_yaml(codec), Loader=yaml.CSafeLoader)


def codecs():
    yield from (pytest.param(codec, id=codec.name) for codec in (SMALL, ALL))
    for path in CODECS:
        name = f"{path.parent.name}/{path.stem}"
        yield pytest.param(load_codec(path, name), id=name)


each_codec = pytest.mark.parametrize("codec", list(codecs()))


@each_codec
@pytest.mark.usefixtures("warm_pool")
def test_the_examples_run_every_statement(codec, tmp_path):
    rows = idle(to_javascript(codec), examples(codec), tmp_path)
    assert [row for row in rows if row not in NEVER] == []


@each_codec
def test_every_statement_can_be_counted(codec):
    tree = parse(to_javascript(codec).encode())
    assert {node.parent.type for node in nodes(tree) if is_statement(node)} <= {*BODIES, "else_clause", "for_statement"}
    assert len(statements(tree)) > 100


@pytest.mark.usefixtures("warm_pool")
def test_a_statement_that_does_not_run_is_found(tmp_path):
    text = to_javascript(SMALL)
    more = text.replace(
        "function finish(frame) {\n", "function finish(frame) {\n  if (frame.at > 99) {\n    more();\n  }\n"
    )
    assert more != text
    found = idle(f"{more}\nfunction never() {{\n  return 1;\n}}\n", examples(SMALL), tmp_path)
    assert [row for row in found if row not in NEVER] == [("finish", "more();"), ("never", "return 1;")]


OPEN = Tlv(Int8ub, {1: "a" / Int8ub})
ONE = Tlv(Int8ub, {1: "a" / Int8ub}, maximum=1)
OTHER = Struct("b" / Int8ub)


@pytest.mark.parametrize(
    ("layout", "is_checked"),
    [
        (OPEN, False),
        (ONE, True),
        (Struct("x" / Int8ub, OPEN), False),
        (Struct("x" / Int8ub, "list" / Repeat(OTHER)), False),
        (Struct("x" / Int8ub, "rest" / HexText()), False),
        (Struct("list" / Repeat(OTHER, maximum=2)), True),
        (Struct("list" / Repeat(OTHER, count=Int8ub)), True),
        (Struct("x" / Int8ub, Tail("y" / Int8ub)), True),
        (Struct("x" / Int8ub, Tail("y" / Int8ub, "list" / Repeat(OTHER, minimum=1))), False),
        (Struct("x" / Flag(Int8ub), Case("x", {True: OPEN, False: Pass})), True),
        (Variants(Variant(Literal(b"\0", {"a": 0})), Variant(OPEN)), False),
        (Checked(OTHER, Int8ub, "sum"), True),
        (Checked(OPEN, Int8ub, "sum"), False),
    ],
)
def test_the_end_is_checked_where_something_can_be_left(layout, is_checked):
    assert ("'the end'" in to_javascript(Codec(name="a/b", uplink={1: layout}))) == is_checked


@pytest.mark.parametrize(
    ("layouts", "may_fit"),
    [
        ((OPEN, OTHER), False),
        ((OPEN, ONE), True),
        ((OPEN, Struct(Tail("b" / Int8ub)), OTHER), True),
        ((Struct(Tail("a" / Int8ub)), Struct(Tail("b" / Int8ub))), True),
        ((Channels({1: "a" / Int8ub}), OTHER), True),
    ],
)
def test_several_ports_are_refused_where_data_can_fit_them(layouts, may_fit):
    text = to_javascript(Codec(name="a/b", downlink=dict(enumerate(layouts, 1))))
    assert ("give f_port" in text) == may_fit


@pytest.mark.parametrize("raw", [Int16ub, Int16ul])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.usefixtures("warm_pool")
def test_a_number_that_the_variant_tells_is_not_looked_up(raw, at, tmp_path):
    def layout(names):
        return Struct("x" / Int8ub, Bits(raw, "kind" / Choice(Bit(4, 6), names), "rest" / Scaled(Bit(0, 4))))

    low = range(16) if raw is Int16ub else range(4)
    names = {number: f"kind {number}" for number in range(64)}
    codec = Codec(
        name="a/b",
        uplink={
            1: Variants(
                Variant(layout({4 * number + 2: f"number {number}" for number in low}), at=at, mask=0x30, value=0x20),
                Variant(layout(names), at=at, mask=0x40, value=0x40),
                Variant(layout({5: "five"})),
            )
        },
    )
    random = Random(at)  # noqa: S311 - the same frames in every run
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "decode_uplinks", [(random.randbytes(3), 1) for _ in range(400)]) == []
    assert "chosen(" in to_javascript(codec)


@pytest.mark.usefixtures("warm_pool")
def test_behind_a_list_nothing_is_told(tmp_path):
    """The byte that tells the variant may be an item of the list, or of the word behind it."""
    word = Bits(Int8ub, "kind" / Choice(Bit(4, 2), {2: "two"}))
    items = Struct("items" / Repeat(Scaled(Int8ub), count=Int8ub), word)
    codec = Codec(name="a/b", uplink={1: Variants(Variant(items, at=1, mask=0x30, value=0x20), Variant(OTHER))})
    frames = [(bytes.fromhex(each), 1) for each in ("012010", "012020", "0020", "02202010", "01")]
    with scripted(codec, tmp_path) as formatter:
        assert differences(codec, formatter, "decode_uplinks", frames) == []
