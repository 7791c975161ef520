"""What still waits when the receiver ends, and uvicorn cancels it: it is answered, and leaves no traceback."""

import asyncio
import json

import pytest

pytest.importorskip("uvicorn", reason="the receiver needs uvicorn, the extra `serve`")

from octavo.live import serving  # after what it needs was found

SCOPE = {"type": "http", "method": "POST", "path": "/in", "headers": []}
BEGUN = {"type": "http.response.start", "status": 200, "headers": []}


def answered(app):
    """What a server is told to send, where it cancels the application."""
    sent = []

    async def run():
        async def send(message):
            if message["type"] == "http.response.start" and any(each["type"] == message["type"] for each in sent):
                raise RuntimeError("the answer has begun")
            sent.append(message)

        task = asyncio.create_task(serving._ended(app)(SCOPE, None, send))
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(run())
    return sent


def test_what_waits_at_the_end_is_answered():
    async def waiting(_scope, _receive, _send):
        await asyncio.Event().wait()

    start, body = answered(waiting)
    assert start["status"] == 503
    assert json.loads(body["body"])["error"]["name"] == "store"


def test_an_answer_that_has_begun_is_left():
    async def begun(_scope, _receive, send):
        await send(BEGUN)
        await asyncio.Event().wait()

    assert answered(begun) == [BEGUN]
