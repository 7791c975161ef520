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
    rests.note("slow", 4, 1000, 400, is_slow=True)
    rests.note("quick", 1, 1000, 400, is_slow=False)
    assert rests.put_off(names, 1000) == [2000, 2000, 0, 2000, 0]
    assert PROBES == 2
    assert rests.put_off(names, 1200) == [0, 0, 0, 1200 + REST_MS, 0]
    rests.note("slow", 2, 1300, 10, is_slow=False)
    assert rests.put_off(names, 1300) == [0] * 5


def test_who_rests_long_is_looked_at_when_that_is_over():
    rests = Rests()
    rests.note("slow", 64, 0, 60_000, is_slow=True)
    assert rests.put_off(["slow"], 1) == [30_000]


def test_who_takes_longer_than_a_turn_should_is_slow():
    """Whether its messages give anything or not; one alone counts as two would."""
    rests, turn_ms = Rests(), int(TURN_S * 1000)
    for count, spent_ms in ((PROBES, turn_ms), (64, turn_ms), (1, turn_ms // PROBES)):
        rests.note("a", count, 0, spent_ms, is_slow=False)
        assert rests.put_off(["a"], 1) == [0]
        rests.note("a", count, 0, spent_ms + 1, is_slow=False)
        assert rests.put_off(["a", "b"], 1) == [1 + REST_MS, 0]
    rests.note("a", PROBES, 2000, 10, is_slow=False)
    assert rests.put_off(["a"], 2000) == [0]
