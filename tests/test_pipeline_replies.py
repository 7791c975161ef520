"""Downlinks in answer to an outcome, the asynchronous twins, and many messages at once."""

import asyncio
import json

import pytest

from octavo.errors import ContentError, EncodeError, Error
from octavo.networks.ttn2 import parse_downlink
from octavo.networks.tts import QueueItem, parse_downlinks
from octavo.pipeline import Arrival, aprocess, process, process_many

from .traffic import EXAMPLES, HEADERS, MESSAGE, BrokenDevice, FakeDevice, with_uplink


def test_outcomes_do_not_show_the_key():
    assert "NNSXS" not in repr(process(MESSAGE, FakeDevice(), headers=HEADERS))
    assert "NNSXS" not in repr(Arrival(MESSAGE, HEADERS))


@pytest.mark.parametrize("message", [MESSAGE, EXAMPLES["v3-join_accept"]["message"]], ids=["uplink", "join"])
def test_replies_to_v3(message):
    out = process(message, {"dev1": FakeDevice()}, headers=HEADERS)
    request = out.reply({"byte": 5})
    assert (request.method, request.url) == ("POST", "https://tts.example/push")
    assert request.headers["Authorization"] == "Bearer NNSXS.KEY"
    assert parse_downlinks(request.body) == (QueueItem(f_port=9, frm_payload=b"\x05"),)


def test_replies_to_v3_with_everything():
    out = process(MESSAGE, FakeDevice(), headers=HEADERS)
    request = out.reply({"byte": 5}, f_port=3, operation="replace", confirmed=True, priority="HIGH", user_agent="me/1")
    assert (request.url, request.headers["User-Agent"]) == ("https://tts.example/replace", "me/1")
    expected = QueueItem(f_port=3, frm_payload=b"\x05", confirmed=True, priority="HIGH")
    assert parse_downlinks(request.body) == (expected,)


@pytest.mark.parametrize(("operation", "schedule"), [(None, ""), ("push", "last"), ("replace", "replace")])
def test_replies_to_v2(operation, schedule):
    example = EXAMPLES["v2-http-uplink"]["message"]
    request = process(example, FakeDevice()).reply({"byte": 5}, operation=operation)
    assert (request.method, request.url) == ("POST", example["downlink_url"])
    message = parse_downlink(request.body)
    assert (message.dev_id, message.port, message.payload_raw, message.schedule) == (
        "my-dev-id",
        9,
        b"\x05",
        schedule,
    )


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        (lambda: process(MESSAGE, FakeDevice()), "no X-Downlink-Apikey among the headers"),
        (lambda: process(MESSAGE, {}, headers=HEADERS), "no device for dev1"),
        (lambda: process("{", FakeDevice()), "outcome is not_json"),
        (lambda: process({"payload_raw": "AQ==", "metadata": {}}, FakeDevice()), "no downlink_url"),
    ],
    ids=["no headers", "no device", "no message", "no url"],
)
def test_replies_that_cannot_be(out, expected):
    with pytest.raises(Error, match=expected):
        out().reply({"byte": 5})


def test_replies_that_are_refused():
    out = process(MESSAGE, FakeDevice(), headers=HEADERS)
    with pytest.raises(EncodeError, match="nothing to encode"):
        out.reply(None)
    with pytest.raises(ContentError, match="/downlinks/0/f_port: found 224"):
        out.reply({"byte": 5}, f_port=224)
    with pytest.raises(ContentError, match="no operation on a queue"):
        out.reply({"byte": 5}, operation="clear them")
    out = process(EXAMPLES["v2-http-uplink"]["message"], FakeDevice())
    with pytest.raises(ContentError, match="no operation on a queue"):
        out.reply({"byte": 5}, operation="clear")


def test_async_twins():
    async def run():
        out = await aprocess(MESSAGE, FakeDevice(), headers=HEADERS)
        failed = await aprocess(with_uplink(frm_payload="/w=="), FakeDevice())
        unknown = await aprocess("{", FakeDevice())
        return out, failed, unknown, await out.areply({"byte": 5})

    out, failed, unknown, request = asyncio.run(run())
    assert out.decoded.data == {"hex": "8241de", "port": 7}
    assert (failed.outcome, unknown.outcome) == ("failed", "not_json")
    assert request == out.reply({"byte": 5})


def test_many_messages_in_order_and_in_batches():
    one, two = FakeDevice("one"), FakeDevice("two")
    devices = {"dev1": one, "my-dev-id": two}
    messages = [MESSAGE, EXAMPLES["v2-http-uplink"]["message"], "{", with_uplink(frm_payload="/w==")] * 5
    outcomes = list(process_many(messages, devices, batch=8))
    assert [out.outcome for out in outcomes] == ["decoded", "decoded", "not_json", "failed"] * 5
    assert [out.kind for out in outcomes[:2]] == ["v3.uplink_message", "v2.uplink"]
    assert (one.batches, two.batches) == ([4, 4, 2], [2, 2, 1])


def test_many_messages_are_as_one_by_one():
    messages = [Arrival(entry["message"], topic="my-app-id/devices/my-dev-id/up") for entry in EXAMPLES.values()]
    many = process_many(messages, FakeDevice())
    one_by_one = (process(item.message, FakeDevice(), topic=item.topic) for item in messages)
    assert [out.to_dict() for out in many] == [out.to_dict() for out in one_by_one]


def test_many_messages_are_read_lazily():
    taken = []

    def arriving():
        for number in range(100):
            taken.append(number)
            yield MESSAGE

    outcomes = process_many(arriving(), FakeDevice(), batch=10)
    assert taken == []
    next(outcomes)
    assert len(taken) == 10


def test_many_messages_with_their_own_headers():
    outcomes = process_many([Arrival(json.dumps(MESSAGE), HEADERS)], FakeDevice())
    assert next(outcomes).reply({"byte": 1}).url == "https://tts.example/push"


def test_many_messages_and_a_port():
    message = EXAMPLES["v3-uplink_message"]["message"]
    assert [out.outcome for out in process_many([message], FakeDevice(), f_port=1)] == ["decoded"]


def test_a_device_that_raises_fails_only_the_rest_of_its_batch():
    outcomes = list(process_many([MESSAGE] * 3, BrokenDevice(), batch=3))
    assert [out.outcome for out in outcomes] == ["decoded", "failed", "failed"]
    assert outcomes[2].error.message == "the file is gone"
