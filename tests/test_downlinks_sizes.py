"""How much fits into a downlink."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.downlinks import REGIONS, largest_payload
from octavo.downlinks.sizes import LARGEST, size_findings
from octavo.errors import ContentError

SAME = {"SF12BW125": 51, "SF11BW125": 51, "SF10BW125": 51, "SF9BW125": 115, "SF8BW125": 242, "SF7BW125": 242}


@pytest.mark.parametrize(
    ("region", "sizes"),
    [
        ("EU868", SAME | {"SF7BW250": 242, "FSK": 242}),
        (
            "US915",
            {
                "SF12BW500": 53,
                "SF11BW500": 129,
                "SF10BW500": 242,
                "SF9BW500": 242,
                "SF8BW500": 242,
                "SF7BW500": 242,
            },
        ),
        ("AS923", SAME | {"SF10BW125": 115, "SF7BW250": 242, "FSK": 242}),
        ("KR920", SAME),
    ],
)
def test_sizes_are_those_of_the_regional_parameters(region, sizes):
    """RP002-1.0.4, "maximum payload size (not repeater compatible)", column N."""
    assert dict(REGIONS[region]) == sizes


def test_what_is_not_in_the_tables():
    with pytest.raises(ContentError, match="one of EU868, US915"):
        largest_payload("EU863-870", "SF7BW125")
    with pytest.raises(ContentError, match="downlinks in US915 have no data rate 'SF7BW125': one of SF12BW500"):
        largest_payload("US915", "SF7BW125")
    for names in ({"region": "EU868", "data_rate": None}, {"region": None, "data_rate": "SF7BW125"}):
        with pytest.raises(ContentError, match="give both"):
            size_findings(1, "", **names)


PAIRS = [(region, rate) for region, sizes in REGIONS.items() for rate in sizes]


@given(st.sampled_from(PAIRS), st.integers(0, 255))
def test_a_finding_is_there_exactly_when_it_does_not_fit(pair, size):
    region, data_rate = pair
    findings = size_findings(size, "/x", region=region, data_rate=data_rate)
    assert bool(findings) == (size > largest_payload(region, data_rate))
    assert all((one.path, one.value) == ("/x", size) for one in findings)


@given(st.integers(0, 255))
def test_without_a_data_rate_only_what_fits_nowhere_is_found(size):
    assert max(largest_payload(*pair) for pair in PAIRS) == LARGEST
    assert bool(size_findings(size, "/x", region=None, data_rate=None)) == (size > LARGEST)
