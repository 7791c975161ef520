"""Every statement of the generated JavaScript runs in the generated examples, under the dialects of all networks."""

import re

import pytest
import yaml

from octavo._syntax import parse
from octavo.codecs import load_codec
from octavo.codecs.javascript import to_javascript
from octavo.codecs.to_codec_yaml import to_codec_yaml
from octavo.formatters import Formatter
from octavo.formatters.dialects import DIALECTS, dialect_table

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
