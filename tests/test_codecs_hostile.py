"""Declarations, payloads and columns that mean no good: refused with the field's path, or equal everywhere."""

import json
import math
from xml.dom import minidom

import pytest
import yaml
from construct import Float32b, Int8ub, Int16ub, Int32ub, Int64ub, Pass, Struct, this

from octavo.cli.generate import KINDS
from octavo.codecs import (
    Bit,
    Bits,
    Case,
    Channels,
    Checked,
    Choice,
    Codec,
    Computed,
    Flag,
    FlagSet,
    Groups,
    Literal,
    Many,
    Missing,
    Repeat,
    Scaled,
    Sized,
    Tail,
    Tlv,
    Variant,
    Variants,
)
from octavo.codecs.javascript import to_javascript
from octavo.codecs.layout import to_svg
from octavo.codecs.to_markdown import to_markdown
from octavo.codecs.to_schema import to_schema
from octavo.errors import ContentError, DecodeError, Error
from octavo.proof import prove
from octavo.proof.outcomes import Outcome, refused
from octavo.proof.prove import _Run
from octavo.proof.sides import Reads

np = pytest.importorskip("numpy", reason="the columns need numpy, the extra `columns`")


def declared(layout):
    return Codec(name="acme/hostile", uplink={1: layout})


def both_ways(make):
    return Codec(name="acme/hostile", uplink={1: make()}, downlink={2: make()})


# ---- what is told by a member that may not be there ----

KIND = {0: "a", 1: "b"}


def kind():
    return "k" / Choice(Int8ub, KIND)


def cases():
    return Case("k", {"a": Struct("p" / Int8ub), "b": Pass})


ABSENT = {
    "a case told from outside its frame": Struct(kind(), "in" / Struct(cases(), "z" / Int8ub)),
    "a case told from outside its list": Struct(kind(), "in" / Repeat(Struct(cases(), "z" / Int8ub))),
    "a case told by a group": Struct(Groups(Int8ub, {0: kind()}), cases()),
    "a case told by the end of a part": Struct(Sized(Int8ub, Tail(kind())), cases()),
    "a case told by an item": Struct(Tlv(Int8ub, {1: kind()}, maximum=1), cases()),
    "a case in a group": Struct(kind(), Groups(Int8ub, {0: cases()})),
    "a case with a name": Struct(kind(), "x" / cases()),
    "a case told by another's alternative": Struct(
        "on" / Flag(Int8ub), Case("on", {True: Struct(kind()), False: Struct(kind())}), cases()
    ),
}


@pytest.mark.parametrize("what", ABSENT)
def test_cases_are_told_by_a_member_that_their_frame_always_has(what):
    with pytest.raises(ContentError, match=r"expected cases right in the frame that has k") as caught:
        declared(ABSENT[what])
    assert caught.value.path.startswith("uplink[1]")


@pytest.mark.parametrize(
    "before",
    [
        Groups(Int8ub, {0: "n" / Int8ub, 1: "l" / Int8ub}),
        Tlv(Int8ub, {1: "n" / Int8ub}, maximum=1),
        Sized(Int8ub, Tail("n" / Int8ub)),
    ],
)
def test_a_number_of_items_is_one_that_every_payload_has(before):
    with pytest.raises(ContentError, match="expected a number that every payload has, got n") as caught:
        declared(Struct(before, "q" / Repeat(Int8ub, count="n")))
    assert caught.value.path == "uplink[1].q"


@pytest.mark.parametrize("before", [Bits(Int8ub, "n" / Bit(0, 2)), Sized(Int8ub, Struct("n" / Int8ub))])
def test_a_number_of_items_may_stand_in_a_word_or_a_part(before):
    layout = Struct(before, "q" / Repeat(Int8ub, count="n"))
    assert declared(layout).decode_uplink(layout.build({"n": 1, "q": [7]})).data == {"n": 1, "q": [7]}


def test_a_number_of_items_has_no_steps_that_a_list_may_miss():
    with pytest.raises(ContentError, match="expected a whole number named n before the items"):
        declared(Struct("n" / Scaled(Int8ub, step=2), "q" / Repeat(Int8ub, count="n")))


# ---- one value where a frame belongs ----

SINGLE = {
    "sized": Struct(Sized(Int8ub, "x" / Int16ub)),
    "sized frame": Struct(Sized(Int8ub, "x" / Struct("y" / Int16ub))),
    "sized list": Struct(Sized(Int8ub, "x" / Repeat(Int16ub))),
    "checked": Checked("x" / Int16ub, Int8ub, "xor"),
    "case": Struct(kind(), Case("k", {"a": "x" / Int16ub, "b": Pass})),
    "variant": Variants(Variant("x" / Int16ub, at=0, mask=1, value=1), Variant(Struct("y" / Int8ub))),
    "payload": "x" / Struct("y" / Int8ub),
}


@pytest.mark.parametrize("what", SINGLE)
def test_a_name_where_members_are_handed_on_is_refused(what):
    with pytest.raises(ContentError, match="hands its members to the frame, got the name x") as caught:
        declared(SINGLE[what])
    assert caught.value.path == "uplink[1]"


def test_a_bare_field_where_members_are_handed_on_is_refused():
    with pytest.raises(ContentError, match="hands its members to the frame, got a single Scaled"):
        declared(Struct(Sized(Int8ub, Scaled(Int16ub))))


# ---- values that not every language tells apart ----

REFUSED = {
    "a choice of True": (Struct("a" / Choice(Int8ub, {True: "x", 0: "y"})), "a", "expected whole numbers"),
    "a choice of a fraction": (Struct("a" / Choice(Int8ub, {0: "y", 1.5: "x"})), "a", "got 1.5"),
    "a bit that is True": (Struct("a" / FlagSet(Int8ub, {True: "x"})), "a", "expected bits from 0 to 7, got True"),
    "a marker of -0": (Struct("a" / Missing(Scaled(Float32b), -0.0)), "a", "holds exactly, or NaN, got -0.0"),
    "a marker of text": (Struct("a" / Missing(Scaled(Float32b), "x")), "a", "holds exactly, or NaN, got x"),
    "a marker of True": (Struct("a" / Missing(Scaled(Int8ub), *[True])), "a", "expected markers from 0 to 255"),
    "a key of text": (Struct(Tlv(Int8ub, {"x": "a" / Int8ub})), "", "expected keys from 0 to 255, got 'x'"),
    "no items": (Struct(Tlv(Int8ub, {})), "", "expected at least one item, got none"),
    "no channels": (Struct(Channels({})), "", "expected at least one item, got none"),
    "a channel of 64 bits": (Struct(Channels({1: "x" / Int8ub}, channel=Int64ub)), "", "at most 32 bits, got 64"),
    "a member called as a channel": (Struct("x_3" / Int8ub, Channels({1: "x" / Int8ub})), "x_3", "no channel has"),
    "a count of 64 bits": (Struct("a" / Repeat(Int8ub, count=Int64ub)), "a", "of at most 53 bits"),
    "a length of 64 bits": (Struct(Sized(Int64ub, Struct("a" / Int8ub))), "", "of at most 53 bits"),
    "a name with the words of a message": (Struct("a" / Choice(Int8ub, {0: "x, got y"})), "a", "without ', got '"),
    "half a character": (Struct("a" / Int8ub * "\ud800"), "a", "expected documentation that is text"),
    "inner data of a literal": (Literal(b"a", {"y": {"__proto__": 2}}), "y.__proto__", "expected a name of letters"),
    "a key of a literal": (Literal(b"a", {1: 2}), "1", "expected a name of letters"),
    "a literal of bytes": (Literal(b"a", {"y": [b"x"]}), "y[0]", "expected data that JSON has"),
    "a literal beyond 2**53": (Literal(b"a", {"y": 2**53 + 1}), "y", "its numbers below 2\\*\\*53"),
    "a literal that is NaN": (Literal(b"a", {"y": math.nan}), "y", "expected data that JSON has"),
    "a literal of text": (Literal("a", {"y": 1}), "", "expected at least one byte, got 'a'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_equal_everywhere_is_refused(what):
    layout, field, words = REFUSED[what]
    with pytest.raises(ContentError, match=words) as caught:
        declared(layout)
    assert caught.value.path == (f"uplink[1].{field}" if field else "uplink[1]")


def test_the_port_true_is_none():
    with pytest.raises(ContentError, match="expected a port from 1 to 223, got True"):
        Codec(name="x", uplink={True: Struct("a" / Int8ub)})


def test_numbers_of_a_literal_are_of_one_kind():
    codec = both_ways(lambda: Variants(Variant(Literal(b"a", {"w": 2.0, "z": -0.0})), Variant(Struct("b" / Int8ub))))
    assert json.dumps(codec.decode_uplink(b"a").data) == '{"w": 2, "z": 0}'
    assert prove(codec, frame_count=200, dialects=("tts",)).holds


# ---- what grows without an end ----


def nested(depth, wrap):
    layout = Struct("a" / Int8ub)
    for _ in range(depth):
        layout = wrap(layout)
    return layout


def inside_itself():
    layout = Struct("a" / Int8ub)
    layout.subcons.append("x" / layout)
    return layout


ENDLESS = {
    "a frame in itself": (inside_itself, "at most 32 layouts"),
    "deep frames": (lambda: nested(900, lambda inner: Struct("a" / inner)), "at most 32 layouts"),
    "deep lists": (lambda: nested(9, lambda inner: Struct("a" / Repeat(inner, count=Int8ub))), "and 4 lists"),
    "wide": (lambda: nested(14, lambda inner: Struct("a" / inner, "b" / inner)), "at most 10000 fields"),
    "a long list": (lambda: Struct("a" / Repeat(Int8ub, minimum=10**9)), "at most 4096 bytes, got at least 1000000000"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_declaration_ends(what):
    make, words = ENDLESS[what]
    with pytest.raises(ContentError, match=words) as caught:
        declared(make())
    assert caught.value.path.startswith("uplink[1]")


GROWING = {
    "a long sum": (lambda x: x + 1, 300),
    "many signs": (lambda x: -x, 3000),
    "squares of squares": (lambda x: x * x, 20),
    "powers of powers": (lambda x: x**4, 9),
}


@pytest.mark.parametrize("what", GROWING)
def test_an_expression_ends(what):
    grow, times = GROWING[what]
    expression = this.a
    for _ in range(times):
        expression = grow(expression)
    with pytest.raises(ContentError, match="at most 250 operands and operators"):
        Computed(expression)


def test_a_schema_has_so_many_forms():
    pairs = [(f"k{i}" / Flag(Int8ub), Case(f"k{i}", {True: Struct(f"x{i}" / Int8ub), False: Pass})) for i in range(12)]
    with pytest.raises(ContentError, match="data of more than 1000 forms"):
        to_schema(declared(Struct(*(each for pair in pairs for each in pair))))


@pytest.mark.parametrize("payload", [b"\xff" * 4 + b"\x01", b"\xff" * 4 + bytes(100_000)])
def test_a_count_that_lies_costs_no_more_than_the_payload(payload):
    codec = declared(Struct("a" / Repeat(Struct("x" / Int16ub, "y" / Flag(Int8ub)), count=Int32ub)))
    with pytest.raises(DecodeError, match=r"a\[\d+\]\.[xy] \(byte \d+\): expected"):
        codec.decode_uplink(payload)


# ---- words that mean something to the files they are written into ----

WORDS = [
    "*/",
    "'",
    '"',
    "</script>",
    "\\",
    "|",
    "`",
    "<b>&amp;",
    "]]>",
    "<!--",
    "- a: b",
    "#x",
    "${1}",
    "😀",
    "//",
    "!x",
]
DOCS = ["*/ x", "a\nb", "a\u2028b\u2029c", "</script><b>", "a|b\\", "```\n# h", "a\r\nb", "\x1b[31m\0", "'''", '"""']


def worded():
    documented = (f"d{index}" / Int8ub * words for index, words in enumerate(DOCS))
    measured = (f"u{index}" / Scaled(Int8ub, unit=words, maximum=200) for index, words in enumerate(WORDS))
    return Struct(
        "choice" / Choice(Int8ub, dict(enumerate(WORDS))),
        "flags" / FlagSet(Int16ub, dict(enumerate(WORDS))),
        "frame" / Struct(*documented) * DOCS[0],
        *measured,
    )


def test_words_of_a_declaration_are_equal_everywhere():
    proof = prove(both_ways(worded), frame_count=2000, seed=1, dialects=("tts", "chirpstack3"))
    assert proof.difference is None


def test_words_of_a_declaration_leave_every_file_whole():
    codec = both_ways(worded)
    script = to_javascript(codec)
    assert "\u2028" not in script
    assert json.loads(json.dumps(to_schema(codec)))["properties"]["choice"]["enum"] == WORDS
    assert yaml.safe_load(KINDS["codec-yaml"](codec))["uplinkDecoder"]["examples"]
    assert minidom.parseString(to_svg(codec)).documentElement.tagName == "svg"  # noqa: S318 - octavo wrote it
    for table in to_markdown(codec).split("\n\n"):
        rows = [line.replace("\\|", "").count("|") for line in table.splitlines() if line.startswith("| ")]
        assert len(set(rows)) <= 1, table


# ---- wide numbers ----


def test_a_flag_over_more_than_53_bits_is_read_alike():
    codec = both_ways(lambda: Struct(Bits(Int64ub, "a" / Flag(Bit(0, 60)), "b" / Bit(60, 4))))
    assert prove(codec, frame_count=400, dialects=("tts",)).holds


def test_choices_print_their_numbers_alike():
    codec = both_ways(lambda: Struct("a" / Choice(Int8ub, {0: 1e-07, 1: 0.1, 2: 1e15, 3: True, 4: "x"})))
    assert prove(codec, frame_count=400, dialects=("tts",)).holds


# ---- columns ----

PAIR = declared(Struct("a" / Int8ub, "b" / Scaled(Int16ub, per_unit=10)))


def test_nothing_is_read_together():
    found = PAIR.decode_columns(np.zeros((0, 3), np.uint8))
    assert found.vectorised
    assert found.note == ""


@pytest.mark.parametrize("moment", [5, math.nan, b"x", [1], {}])
def test_a_time_that_is_none_is_an_error_of_its_row(moment):
    found = PAIR.decode_columns([bytes(3)] * 2, recv_times=[moment, None])
    assert str(found.errors[0]).startswith("recv_time: expected a time such as")
    assert found.errors[1] is None


@pytest.mark.parametrize("times", [5, [None], np.datetime64("2026-01-01")])
def test_times_that_are_not_one_for_each_payload(times):
    with pytest.raises(Error, match="recv_times: expected one for each of 3 payloads"):
        PAIR.decode_columns([bytes(3)] * 3, recv_times=times)


def test_times_of_arrays():
    times = np.array(["NaT", "2026-01-01", "30000-01-01"], "datetime64[s]")
    assert [error is None for error in PAIR.decode_columns([bytes(3)] * 3, recv_times=times).errors] == [1, 1, 0]
    odd = np.array(["a", None, "2026-01-01T00:00:00Z"], object)
    assert [error is None for error in PAIR.decode_columns([bytes(3)] * 3, recv_times=odd).errors] == [0, 1, 1]


def test_ports_are_no_table():
    with pytest.raises(Error, match="f_port: expected a whole number, or one for each payload"):
        PAIR.decode_columns([bytes(3)] * 2, f_port=[[1], [2]])


def test_arrow_arrays_are_ports_and_times_and_no_payload():
    pa = pytest.importorskip("pyarrow", reason="an extra")
    times = pa.array([1, None], pa.timestamp("s"))
    found = PAIR.decode_columns(pa.array([bytes(3), None]), f_port=pa.array([1, 1]), recv_times=times)
    assert [str(error) for error in found.errors] == ["None", "payload: expected bytes"]
    found = PAIR.decode_columns([pa.scalar(bytes(3)), bytes(3)])
    assert [str(error) for error in found.errors] == ["payload: expected bytes", "None"]


def test_columns_of_a_direction_without_ports():
    with pytest.raises(Error, match="f_port: expected a port that is declared, got none"):
        PAIR.decode_columns([b""], downlink=True)


# ---- a proof ----


class Moody:
    """A side that says something else of an input among others than of the same input alone."""

    name = "moody"
    operations = frozenset(["decode_uplink"])

    def __init__(self, reads):
        self.reads = reads

    def decode(self, declared):
        answers = declared.outcomes(self.reads)
        return answers if len(answers) == 1 else [Outcome(ok=False, text="lost", shown="lost") for _ in answers]


def test_a_difference_among_others_only_is_told_so():
    proof = _Run(PAIR, [Moody(Reads())], 1, None).all(50)
    assert proof.difference.got == "lost (as one of 50 inputs; alone it agrees)"
    assert json.loads(proof.difference.declared)["data"]


def test_an_error_is_compared_as_far_as_the_sandbox_keeps_it():
    assert refused("a" * 5000).text == refused("a" * 4096).text


def test_many_choices_agree():
    codec = declared(Struct("a" / Choice(Int16ub, {number: f"name {number}" for number in range(600)})))
    assert prove(codec, frame_count=100, dialects=("tts",)).holds


def test_lists_of_a_table_keep_their_items():
    codec = both_ways(lambda: Tlv(Int8ub, {key: f"n{key}" / Many(Scaled(Int8ub)) for key in range(256)}))
    assert prove(codec, frame_count=200, dialects=("tts",)).holds
