"""Outcomes written into messages of The Things Stack, as its Application Server does it."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, OutputError, PayloadError
from octavo.messages import Decoded
from octavo.networks import tts

MESSAGE = {
    "end_device_ids": {"device_id": "dev1"},
    "uplink_message": {
        "f_port": 1,
        "frm_payload": "gkHe",
        "decoded_payload_warnings": ["old"],
        "normalized_payload": [{"air": {}}],
        "rx_metadata": [],
    },
    "simulated": True,
}


def written(outcome):
    before = copy.deepcopy(MESSAGE)
    after = tts.write_decoded(MESSAGE, outcome)
    assert before == MESSAGE
    assert {**after, "uplink_message": None} == {**before, "uplink_message": None}
    assert list(after) == list(before)
    return after["uplink_message"]


def test_results_are_written_behind_the_payload():
    uplink = written(
        Decoded({"t": 1}, warnings=["w"], normalized=[{"air": {"temperature": 1}}], normalized_warnings=["n"])
    )
    assert list(uplink.items()) == [
        ("f_port", 1),
        ("frm_payload", "gkHe"),
        ("decoded_payload", {"t": 1}),
        ("normalized_payload_warnings", ["n"]),
        ("decoded_payload_warnings", ["w"]),
        ("normalized_payload", [{"air": {"temperature": 1}}]),
        ("rx_metadata", []),
    ]


def test_empty_results_are_left_out_but_an_empty_payload_stays():
    uplink = written(Decoded({}, normalized=[]))
    assert uplink == {"f_port": 1, "frm_payload": "gkHe", "decoded_payload": {}, "rx_metadata": []}


def test_what_was_not_normalized_keeps_its_normalized_payload():
    assert written(Decoded({"t": 1}))["normalized_payload"] == [{"air": {}}]


def test_a_failed_normalizer_leaves_the_decoded_payload():
    error = OutputError("invalid output", decoded=Decoded({"t": 1}))
    assert written(error) == {
        "f_port": 1,
        "frm_payload": "gkHe",
        "decoded_payload": {"t": 1},
        "rx_metadata": [],
    }


@pytest.mark.parametrize(
    "outcome",
    [Decoded(None), OutputError("invalid output"), OutputError("x", decoded=Decoded(None, log=["a"]))],
    ids=repr,
)
def test_nothing_decoded_changes_nothing(outcome):
    assert written(outcome) == MESSAGE["uplink_message"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["downlinks", "f_port", "frm_payload", "decoded_payload", "priority", "correlation_ids"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_any_body_is_read_or_refused(body):
    try:
        items = tts.parse_downlinks(body) if not isinstance(body, str) else ()
    except (ContentError, PayloadError):
        return
    assert tts.parse_downlinks(tts.queue_body(items)) == items


def uplink_with(data, **envelope):
    message = {"uplink_message": {"frm_payload": "AQ==", "locations": {"user": {"latitude": 1}}}, **envelope}
    return tts.write_decoded(message, Decoded(data))["uplink_message"]


def test_a_position_in_the_payload_becomes_a_location_as_the_server_adds_it():
    written = uplink_with({"lat": 52.5, "lon": 0, "alt": 3.9, "acc": 0.4})
    assert written["locations"] == {
        "user": {"latitude": 1},
        "frm-payload": {"latitude": 52.5, "altitude": 3, "source": "SOURCE_GPS"},
    }


@pytest.mark.parametrize(
    ("data", "envelope"), [({"lat": 1, "lon": 2}, {"simulated": True}), ({"lat": 0, "lon": 0}, {})]
)
def test_a_simulated_uplink_and_a_pair_of_zeros_give_no_location(data, envelope):
    assert list(uplink_with(data, **envelope)["locations"]) == ["user"]
