"""How much a worker takes at a time, and whose messages wait."""

from octavo.live.pace import FIRST, PROBES, TOLD_AGAIN_MS, TURN_CHARS, TURN_S, Pace, Repeats, Rests


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


def tried(rests, names, now_ms, *, alone=False):
    return [int(each) for each in rests.tried([(name, f"of-{name}") for name in names], now_ms, alone=alone)]


def test_who_was_slow_is_tried_by_a_few_messages():
    rests = Rests()
    names = ["slow", "slow", "quick", "slow", None]
    assert tried(rests, names, 0) == [1] * 5
    rests.note("slow", 4, 1000, 400, is_slow=True)
    rests.note("quick", 1, 1000, 400, is_slow=False)
    assert tried(rests, names, 1000) == [0, 0, 1, 0, 1]
    assert rests.resting(1399) == ["of-slow"]
    assert rests.resting(1400) == []
    assert PROBES == 2
    assert tried(rests, names, 1400) == [1, 1, 1, 0, 1], "the oldest, so that they stay in order"
    rests.note("slow", 2, 1500, 10, is_slow=False)
    assert tried(rests, names, 1500) == [1] * 5
    assert rests.resting(1500) == []


def test_nobody_rests_where_nobody_else_has_anything():
    rests = Rests()
    rests.note("slow", 64, 0, 60_000, is_slow=True)
    assert tried(rests, ["slow"] * 3, 59_999) == [0, 0, 0]
    assert tried(rests, ["slow"] * 3, 59_999, alone=True) == [1, 1, 0]
    assert tried(rests, ["slow"] * 3, 60_000) == [1, 1, 0]


def test_all_devices_of_a_slow_script_rest():
    rests = Rests()
    rests.note("slow", 1, 0, 1000, is_slow=True)
    rests.tried([("slow", "a"), ("slow", "b"), ("quick", "c"), ("slow", None)], 1, alone=False)
    assert sorted(rests.resting(1)) == ["", "a", "b"]


def test_who_takes_longer_than_a_turn_should_is_slow():
    """Whether its messages give anything or not; one alone counts as two would."""
    rests, turn_ms = Rests(), int(TURN_S * 1000)
    for count, spent_ms in ((PROBES, turn_ms), (64, turn_ms), (1, turn_ms // PROBES)):
        rests.note("a", count, 0, spent_ms, is_slow=False)
        assert tried(rests, ["a"], 1) == [1]
        rests.note("a", count, 0, spent_ms + 1, is_slow=False)
        assert tried(rests, ["a", "b"], 1) == [0, 1]
    rests.note("a", PROBES, 2000, 10, is_slow=False)
    assert tried(rests, ["a"], 2000) == [1]
