"""What limits may be."""

import pytest

from octavo.limits import DEEPEST, Limits


@pytest.mark.parametrize("name", ["time_s", "memory_bytes", "result_bytes", "depth", "log_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), "1", None, True])
def test_a_limit_is_a_number_above_zero(name, value):
    with pytest.raises(ValueError, match=f"{name}: expected a number above 0"):
        Limits(**{name: value})


def test_results_may_be_as_deep_as_json_is_read():
    assert Limits(depth=DEEPEST).depth == DEEPEST
    with pytest.raises(ValueError, match="at most 900"):
        Limits(depth=DEEPEST + 1)
