"""What would explain differences: each rule finds its own kind, and nothing is explained that one value refutes."""

import math
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from octavo.comparison.explanations import RULES, Explainer, Pair
from octavo.examples.model import MISSING

UNRELATED = Pair(-777.7777, 1.2345)
"""A server's number that no rule makes of ours."""

decimals = st.builds(lambda count, per_unit: count / per_unit, st.integers(1, 10**6), st.sampled_from([10, 100, 1000]))
numbers = st.floats(1e-3, 1e6)


def explained(*pairs):
    explainer = Explainer()
    for pair in pairs:
        explainer.add(pair if isinstance(pair, Pair) else Pair(*pair))
    return explainer.explanation()


def name(*pairs):
    explanation = explained(*pairs)
    return explanation and explanation.name


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def shortest(number):
    """Its text with as few digits as tell it from the other numbers of single precision."""
    texts = (f"{number:.{digits}g}" for digits in range(1, 10))
    return next(text for text in texts if single(float(text)) == number)


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([(None, MISSING), (MISSING, None)], "null_or_missing"),
        ([(1, MISSING), ("x", MISSING)], "only_there"),
        ([(MISSING, 1), (MISSING, {})], "only_here"),
        ([(None, {}), ({}, None)], "empty_object"),
        ([(None, math.nan), (MISSING, math.inf), ("NaN", None)], "not_a_number"),
        ([(True, 1), (False, 0), (1.0, True)], "truth_as_number"),
        ([("21.5", 21.5), (7, "7"), ("1e3", 1000)], "number_as_text"),
        ([("2025-11-22T05:00:00Z", "2025-11-22T06:00:00.000+01:00")], "same_instant"),
        ([("2025-11-22T05:00:00.123456789Z", "2025-11-22 05:00:00.123")], "same_instant"),
        ([(1763787600, "2025-11-22T05:00:00Z"), ("2025-11-22T05:00:01Z", 1763787601000)], "same_instant"),
        ([("OPEN", "open"), ("Half Open", "half open ")], "same_letters"),
        ([(0.30000000000000004, 0.3), (1.1, 1.1000000000000003)], "float_noise"),
        ([(20.12, 20.1234), (3, 3.0004), (7.35, 7.3456)], "rounded_there"),
        ([(20.1234, 20), (3.5, 3)], "rounded_here"),
        ([(65531, -5)], "signed"),
        ([(6553.5, -0.1), (6543.6, -10)], "signed"),
        ([(-1, 255), (-128, 128)], "signed"),
        ([(205, 20.5), (-31, -3.1)], "factor"),
        ([(68, 20), (71.6, 22)], "fahrenheit_there"),
        ([(20, 68), (22.2, 72)], "fahrenheit_here"),
        ([(293.15, 20), (253.15, -20)], "offset"),
        ([("a", "b")], None),
        ([(1, 2)], None),
        ([(True, False)], None),
        ([(True, 2)], None),
        ([("2025-11-22T05:00:00Z", "2025-11-22T05:00:01Z")], None),
        ([("2025-13-45T05:00:00Z", 1)], None),
        ([("9999-99-99", "9999-99-98")], None),
        ([([], {})], None),
        ([(None, [])], None),
        ([(10**400, 1)], None),
        ([(1e300, 2e300)], None),
        ([(5, 0), (10, 0)], None),
        ([(250, -5)], None),
        ([("x" * 5000, 1)], None),
        ([(20.5, 41), (20.5, 41)], None),
        ([(205, 20.5), (-3.1, -31)], None),
    ],
)
def test_each_rule_finds_its_own(pairs, rule):
    assert name(*pairs) == rule


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([(65531, -5)], "unsigned there, signed here: 16 bits, 65536 apart"),
        ([(-0.1, 25.5)], "signed there, unsigned here: 8 bits, 25.6 apart"),
        ([(20.12, 20.1234), (3, 3.0004)], "the server's number is ours, rounded or cut to 2 decimals"),
        ([(20, 20.1234)], "the server's number is ours, rounded or cut to whole numbers"),
        ([(205, 20.5), (-31, -3.1)], "another unit? The server's number is ours times 10"),
        ([(293.15, 20), (253.15, -20)], "another calibration? The server's number is ours plus 273.15"),
    ],
)
def test_the_sentence_says_how(pairs, message):
    assert explained(*pairs).message == message


def test_a_respelt_name_is_the_same_for_all():
    assert explained(Pair(1, 1, "Temp"), Pair(2, 2, "Temp")).message == "only the name differs: here it is Temp"
    assert name(Pair(1, 1, "Temp"), Pair(2, 2, "TEMP")) != "respelt"
    assert name(Pair(1, 1, "Temp"), Pair(2, MISSING)) != "respelt"


@given(st.lists(numbers, min_size=1))
def test_single_precision_is_found(ours):
    pairs = [(single(number), number) for number in ours if single(number) != number]
    assume(pairs)
    assert name(*pairs) == "float32_there"
    assert name(*[pair[::-1] for pair in pairs]) == "float32_here"


@given(st.lists(numbers, min_size=1))
def test_the_shortest_text_of_single_precision_is_found(ours):
    """Go prints a float32 with as few digits as tell it from its neighbours."""
    texts = [shortest(single(number)) for number in ours]
    pairs = [(float(text), number) for text, number in zip(texts, ours, strict=True) if float(text) != number]
    assume(pairs)
    assert name(*pairs) in {"float32_there", "float_noise"}


@given(st.lists(decimals, min_size=1), st.integers(0, 2))
def test_rounding_is_found(ours, places):
    pairs = [(round(number, places), number) for number in ours if round(number, places) != number]
    assume(pairs)
    assert name(*pairs) in {"rounded_there", "float32_there"}


@given(st.sets(decimals, min_size=2), st.sampled_from([0.001, 0.01, 0.1, 10, 100, 1000, 3.6]))
def test_a_factor_is_found(ours, factor):
    assert name(*[(number * factor, number) for number in ours]) in {"factor", "rounded_there", "rounded_here"}


@given(st.lists(st.integers(-(2**15), -1), min_size=1), st.sampled_from([1, 10, 100, 1000]))
def test_a_lost_sign_is_found(counts, per_unit):
    pairs = [((count + 2**16) / per_unit, count / per_unit) for count in counts]
    assert name(*pairs) == "signed"


rules_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.just(MISSING),
    st.just({}),
    st.just([]),
)


@given(st.lists(st.tuples(rules_values, rules_values), max_size=4))
def test_any_differences_have_an_explanation_or_none(pairs):
    explanation = explained(*pairs)
    assert explanation is None or (explanation.name and explanation.message)


@given(st.lists(numbers, min_size=1), st.integers(0, 10), st.sampled_from([single, round, lambda n: n * 10, str, int]))
def test_one_unrelated_value_refutes_every_rule(ours, position, server):
    pairs = [Pair(server(number), number) for number in ours]
    pairs.insert(min(position, len(pairs)), UNRELATED)
    assert explained(*pairs) is None


def test_every_rule_refuses_what_is_unrelated():
    assert [make for make in RULES if make().add(UNRELATED) and make().explanation()] == []
