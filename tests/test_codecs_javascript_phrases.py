"""The phrases of the functions that generated scripts share: each is held against what the declaration says."""

import json
import re

import pytest
import yaml
from construct import BytesInteger, Int8ub, Struct

from octavo.codecs import Bit, Bits, Choice, Codec, Scaled, UnixTime, Variant, Variants
from octavo.codecs.javascript import helpers, to_javascript
from octavo.codecs.reference import GOT, before_got
from octavo.codecs.to_codec_yaml import OPERATIONS, to_codec_yaml
from octavo.formatters import Formatter

from .test_codecs_yaml import ALL, SMALL, error_of

TOLD = Codec(
    name="acme/told",
    uplink={
        1: Variants(Variant(Struct("a" / Int8ub), at=0, value=1)),
        2: Variants(Variant(Struct("a" / Int8ub, "b" / Int8ub), at=1, value=1)),
        3: Struct(Bits(Int8ub, "kind" / Choice(Bit(3, 2), {0: "one"}))),
        4: Struct("time" / UnixTime(BytesInteger(5))),
    },
    downlink={1: Variants(Variant(Struct("a" / Scaled(Int8ub)), at=0, value=1))},
)
CALLS = [
    ("decode_uplink", {"bytes": [], "fPort": 1}),
    ("decode_uplink", {"bytes": [1], "fPort": 2}),
    ("decode_uplink", {"bytes": [8], "fPort": 3}),
    ("decode_uplink", {"bytes": [255] * 5, "fPort": 4}),
    ("encode_downlink", {"data": {"a": 2}, "fPort": 1}),
    ("encode_downlink", {"data": [], "fPort": 1}),
]
"""What the examples of the two codecs do not show."""

FOUND = {
    ("finish", " more"),
    ("wrong", "no such member"),
    ("unknownIn", "another"),
    ("digitsOf", "0x"),
    ("expectBefore", "no such member"),
    ("writeFirst", "0x"),
}
"""What was found, which languages may word in their own way."""

NEVER = {("writeFirst", "the members of one of the layouts"): "data that fits none is refused before it is written"}

TEXT = re.compile(r"""(?P<type>[!=]== )?'(?P<text>[^'\n]*)'|"[^"\n]*\"""")
TAG = re.compile(r"⟦(\w+):([^⟧]*)⟧")


def code(function):
    """A function of the library, without the comment before it."""
    text = helpers.library()[function]
    return text[text.index("function ") :]


def is_phrase(found):
    """Whether a text may stand in a message; names of types do not."""
    return found["type"] is None and found["text"] != GOT and re.search("[a-z]", found["text"] or "")


def tagged(function):
    """The code of a function that says its name and its phrase before each of its phrases."""

    def tag(found):
        return f"'⟦{function}:{found['text']}⟧{found['text']}'" if is_phrase(found) else found[0]

    return TEXT.sub(tag, code(function))


def said_by_script(codec, calls, folder):
    """What the generated script says of wrong inputs, its phrases tagged."""
    script = to_javascript(codec)
    for function in helpers.library():
        script = script.replace(code(function), tagged(function))
    file = folder / "tagged.js"
    file.write_text(script, encoding="utf-8")
    with Formatter(file, name="tagged") as formatter:
        return [json.loads(answer.text)["errors"][0] for answer in formatter.call_raw(calls)]


def wrong_calls(codec):
    """The inputs of the examples of errors."""
    for member, part in yaml.load(to_codec_yaml(codec), Loader=yaml.CSafeLoader).items():
        wrong = (example["input"] for example in part["examples"] if "errors" in example["output"])
        yield from ((OPERATIONS[member], given) for given in wrong)


@pytest.mark.usefixtures("warm_pool")
def test_every_phrase_is_that_of_the_declaration(tmp_path):
    heard = set()
    for codec, calls in ((SMALL, list(wrong_calls(SMALL))), (ALL, list(wrong_calls(ALL))), (TOLD, CALLS)):
        said = [before_got(message) for message in said_by_script(codec, calls, tmp_path)]
        assert [TAG.sub("", message) for message in said] == [error_of(codec, call) for call in calls]
        heard |= {row for message in said for row in TAG.findall(message)}
    every = {row for function in helpers.library() for row in TAG.findall(tagged(function))}
    assert every - heard == FOUND | NEVER.keys()
