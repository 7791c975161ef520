"""Requests that wish for another protocol, as ``curl --http2`` sends them: they are answered in this one."""

import asyncio
import json
import logging

import pytest
import uvicorn
from uvicorn.protocols.http import h11_impl, httptools_impl

from octavo.live.serving import _protocol

H2C = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
WEBSOCKET = [("Connection", "keep-alive"), ("Connection", "Upgrade"), ("upgrade", "websocket"), ("Upgrade", "h2c/1")]


async def echo(scope, receive, send):
    """Answers what it was asked: method, target, names of the headers, body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    target = f"{scope['path']}?{scope['query_string'].decode()}"
    names = sorted({name.decode() for name, _ in scope["headers"]} - {"connection", "upgrade", "http2-settings"})
    answer = json.dumps([scope["method"], target, scope["http_version"], names, body.decode()]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})


def request(wishes, body, *, version="1.1", chunked=False):
    """The bytes of a request."""
    length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))
    lines = [f"{name}: {value}\r\n" for name, value in [("Host", "x"), *wishes, length]]
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return f"POST /up?a=%20b HTTP/{version}\r\n{''.join(lines)}\r\n".encode() + sent


async def answers(base, pieces, count):
    """What is answered on one connection, once there are so many answers."""
    settings = uvicorn.Config(echo, lifespan="off", log_config=None, ws="none", http=_protocol(base))
    settings.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: settings.http_protocol_class(config=settings, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        found = [await answer(reader) for _ in range(count)]
        writer.close()
        await writer.wait_closed()
    return found


async def answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    (length,) = [line.partition(":")[2] for line in head.splitlines() if line.startswith("content-length")]
    return json.loads(await reader.readexactly(int(length)))


both = pytest.mark.parametrize("base", [httptools_impl.HttpToolsProtocol, h11_impl.H11Protocol])


@both
@pytest.mark.parametrize("wishes", [[], H2C, WEBSOCKET], ids=["none", "h2c", "websocket"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [10_000, 40, 1])
def test_the_wish_for_another_protocol_is_ignored(base, wishes, chunked, size, caplog):
    sent = request(wishes, b"0123456789", chunked=chunked)
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    length = "transfer-encoding" if chunked else "content-length"
    with caplog.at_level(logging.WARNING):
        (found,) = asyncio.run(answers(base, pieces, 1))
    assert found == ["POST", "/up?a=%20b", "1.1", sorted(["host", length]), "0123456789"]
    assert caplog.messages == []


@both
def test_requests_behind_one_are_answered_in_their_order(base):
    numbers = [str(number).encode() for number in range(40)]
    sent = b"".join(request(H2C if number[-1:] in b"159" else [], number) for number in numbers)
    found = asyncio.run(answers(base, [sent], len(numbers)))
    assert [each[-1].encode() for each in found] == numbers
