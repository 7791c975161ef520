"""How much a worker takes at a time, and whose messages wait."""

from octavo.live.pace import FIRST, PROBES, REST_MS, TOLD_AGAIN_MS, TURN_CHARS, TURN_S, Pace, Repeats, Rests


def test_more_is_taken_as_long_as_it_is_little_and_quick():
    pace = Pace(64)
    counts = [pace.count]
    for _ in range(5):
        pace.note([100] * pace.count)
        counts.append(pace.count)
    assert counts == [FIRST, 16, 32, 64, 64, 64]
    assert Pace(1).count == 1


def test_less_is_taken_where_it_is_much_or_slow():
    pace = Pace(64)
    pace.note([1] * 8)
    pace.note([TURN_CHARS, 1])
    assert pace.count == 1
    pace.note([TURN_CHARS + 1])
    assert pace.count == 1
    pace.note([1])
    assert pace.count == 2
    pace = Pace(64)
    pace.note([1] * FIRST, TURN_S + 1)
    assert pace.count == FIRST // 2


def test_what_repeats_is_told_with_how_often_it_was():
    repeats = Repeats()
    assert [repeats.note(("a",), 0, 3), repeats.note(("a",), 1, 2), repeats.note(("b",), 2)] == [3, 0, 1]
    assert repeats.note(("a",), TOLD_AGAIN_MS, 4) == 6


def test_who_was_slow_is_tried_by_a_few_messages():
    rests = Rests()
    names = ["slow", "slow", "quick", "slow", None]
    assert rests.put_off(names, 0) == [0] * 5
    rests.note({"slow": True, "quick": False}, 1000, 400)
    assert rests.put_off(names, 1000) == [2000, 2000, 0, 2000, 0]
    assert PROBES == 2
    assert rests.put_off(names, 1200) == [0, 0, 0, 1200 + REST_MS, 0]
    rests.note({"slow": False}, 1300, 10)
    assert rests.put_off(names, 1300) == [0] * 5


def test_who_rests_long_is_looked_at_when_that_is_over():
    rests = Rests()
    rests.note({"slow": True}, 0, 60_000)
    assert rests.put_off(["slow"], 1) == [30_000]


def test_who_takes_a_long_turn_alone_is_slow():
    """Whether its messages give anything or not; nobody knows of several which of them it was."""
    rests, long_ms = Rests(), int(TURN_S * 1000) + 1
    rests.note({"a": False, "b": False}, 0, long_ms)
    assert rests.put_off(["a", "b"], 1) == [0, 0]
    rests.note({"a": False}, 0, long_ms - 1)
    assert rests.put_off(["a"], 1) == [0]
    rests.note({"a": False}, 0, long_ms)
    assert rests.put_off(["a", "b"], 1) == [1 + REST_MS, 0]
    rests.note({"a": False}, 2000, 10)
    assert rests.put_off(["a"], 2000) == [0]
