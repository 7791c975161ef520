"""Messages from one end to the other: the documents' own, those of one frame and those that look alike, sent twice."""

import copy

import pytest

from .live_running import Serving, posix
from .traffic import EXAMPLES, MESSAGE

pytestmark = posix

IDS = {"end_device_ids": MESSAGE["end_device_ids"], "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"]}
MOMENT = "2020-02-12T15:15:46.014773143Z"
FRAME = {"f_port": 1, "f_cnt": 4, "frm_payload": "AQI=", "session_key_id": "AXBSH1Pk6Z0G166kTgvxag=="}
V2 = EXAMPLES["v2-http-uplink"]["message"]

OF_ONE_FRAME = [
    IDS | {"received_at": MOMENT, "uplink_normalized": FRAME | {"normalized_payload": {"air": {"temperature": 20.5}}}},
    IDS | {"received_at": MOMENT, "uplink_normalized": FRAME | {"normalized_payload": {"air": {"temperature": 21.5}}}},
    IDS | {"received_at": MOMENT, "location_solved": {"service": "frm-payload", "location": {"latitude": 52.2}}},
    IDS | {"received_at": MOMENT, "uplink_message": FRAME | {"received_at": MOMENT}},
]
"""Two measurements, a position and the uplink: they share counter, session and correlation ids."""


def event(kind, second, own="as:downlink:01E0WZGT6Y7657CPFPE5WEYDSA"):
    downlink = {"f_port": 15, "frm_payload": "vu8=", "correlation_ids": ["my-id", own]}
    ids = {"end_device_ids": MESSAGE["end_device_ids"], "correlation_ids": ["my-id", own]}
    return ids | {"received_at": f"2020-02-12T15:16:{second:02}Z", kind: downlink}


OF_DOWNLINKS = [
    *(event(f"downlink_{kind}", second) for second, kind in enumerate(("queued", "sent", "ack"))),
    *(event("downlink_queued", 30, f"as:downlink:01E0WZGT6Y7657CPFPE5WEYDS{end}") for end in "BC"),
]
"""What becomes of one downlink; and two downlinks to which their sender gave one identifier, in the same second."""


def v2(time, **members):
    message = copy.deepcopy(V2) | members
    message["metadata"]["time"] = time
    return message


OF_V2 = [
    v2("2017-09-08T16:00:00Z", counter=2),
    v2("2017-09-08T16:10:00Z", counter=2),
    v2("2017-09-08T16:10:01Z", counter=2, is_retry=True),
]
"""A counter that started again, and the repetition that a device sends of itself."""


@pytest.fixture
def serving(tmp_path):
    with Serving(tmp_path, "--device", "cayennelpp").start() as server:
        yield server
        assert server.stop() == 0


def taken(serving, messages):
    """The number of each message, and whether it was there before."""
    answers = [serving.post(message) for message in messages]
    assert {status for status, _ in answers} == {200}, answers
    return [(answer["id"], answer["duplicate"]) for _, answer in answers]


@pytest.mark.parametrize("messages", [OF_ONE_FRAME, OF_DOWNLINKS, OF_V2], ids=["frame", "downlinks", "v2"])
def test_each_is_kept_once_however_often_it_comes(serving, messages):
    once = taken(serving, messages)
    assert [number for number, _ in once] == list(range(1, len(messages) + 1))
    assert not any(duplicate for _, duplicate in once)
    assert taken(serving, messages[::-1]) == [(number, True) for number, _ in once[::-1]]
    outcomes = serving.outcomes(len(messages))
    assert sorted(outcomes) == [number for number, _ in once]


def test_every_message_of_the_documents_goes_in_and_out(serving):
    """But for those whose body says nothing: an acknowledgement that is ``{}``, an event that is a downlink, too."""
    examples = [each for each in EXAMPLES.values() if each["kind"] not in {"v2.ack", "v2.downlink"}]
    numbers = [number for number, _ in taken(serving, [each["message"] for each in examples])]
    outcomes = serving.outcomes(len(examples))
    for number, example in zip(numbers, examples, strict=True):
        told = outcomes[number]
        assert told["kind"] == example["kind"]
        assert without_decoded(told["message"]) == without_decoded(example["message"])


def without_decoded(message):
    """A message without what a decoder puts into it, and without the key of its ``downlink_url``."""
    bare = copy.deepcopy(message)
    bare.get("uplink_message", {}).pop("decoded_payload", None)
    for name in ("payload_fields", "downlink_url"):
        bare.pop(name, None)
    return bare
