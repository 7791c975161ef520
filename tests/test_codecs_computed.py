"""Members that no bytes stand for: what expressions give, and which names they find."""

import math

import pytest
from construct import (
    Int8ub,
    Struct,
    this,
)

from octavo.codecs import (
    Ago,
    Bit,
    Bits,
    Computed,
    Groups,
    Missing,
    Repeat,
    Scaled,
)
from octavo.codecs.reference import parsed

from .one_layout import codec_of, read, written


@pytest.mark.parametrize(
    ("expression", "a", "b", "expected"),
    [
        (this.a * this.b, 12, 3, 36),
        (this.a / this.b, 1, 3, 1 / 3),
        (this.a / this.b, 1, 0, None),
        (-((this.a - this.b) ** 2) + 0.5, 2, 5, -8.5),
        (1 / (1 / this.a), 0, 0, 0),
        (this.a**3 * 1e300 * 1e300, 1, 0, None),
        (0 - this.a * this.b, 0, 5, 0),
    ],
)
def test_an_expression_is_computed_in_floats(expression, a, b, expected):
    layout = Struct("a" / Int8ub, "b" / Int8ub, "c" / Computed(expression))
    found = read(layout, bytes([a, b]).hex())["c"]
    assert (found, math.copysign(1, found or 1)) == (expected, math.copysign(1, expected or 1))


def test_what_is_not_known_makes_the_whole_unknown():
    layout = Struct("a" / Missing(Scaled(Int8ub), 0), "b" / Computed(this.a + 1), "c" / Computed(this.b * 2))
    assert read(layout, "00") == {"a": None, "b": None, "c": None}
    assert written(layout, {"a": 5}) == written(layout, {"a": 5, "b": "whatever", "c": None}) == "05"


def test_a_name_means_the_nearest_member():
    inner = Struct("a" / Missing(Scaled(Int8ub), 0), "x" / Computed(this.a + this.b), "i" / Computed(this._index))
    layout = Struct("a" / Int8ub, "b" / Int8ub, "v" / Repeat(inner))
    assert read(layout, "640a0001")["v"] == [{"a": None, "x": None, "i": 0}, {"a": 1, "x": 11, "i": 1}]


def test_members_of_merged_layouts_are_found_by_name():
    groups = Groups(Int8ub, {0: "a" / Int8ub, 1: Struct("b" / Int8ub)})
    layout = Struct(groups, Bits(Int8ub, "c" / Bit(0, 8)), "sum" / Computed(this.a + this.b + this.c))
    assert read(layout, "03010204")["sum"] == 7
    assert read(layout, "010104") == {"a": 1, "c": 4, "sum": None}


def test_ago_is_absent_where_nobody_knows_the_time_of_reception():
    layout = codec_of(Struct("age" / Int8ub, "at" / Ago(this.age * 0.5))).uplink[1]
    assert parsed(layout, b"\x03", None) == {"age": 3}
    assert parsed(layout, b"\x03", 1_767_323_045_678) == {"age": 3, "at": "2026-01-02T03:04:04.178Z"}
    assert parsed(layout, b"\x03", 1000) == {"age": 3}, "before 1970"
    assert read(Struct("age" / Int8ub, "at" / Ago(this.age)), "05")["at"] == "2026-01-02T03:04:00.678Z"
