"""Asks ASGI applications without a socket: through httpx, or by ASGI messages of one's own."""

import asyncio

import httpx

from octavo.live.app import lifespan

from .waiting import SOON_S, until

OK = 200


class Client:
    """An application with its lifespan open as long as the context is; without a context it is never opened.

    Args:
        app: the application.
        opened: whose lifespan is opened; without it the application's own.
    """

    def __init__(self, app, opened=lifespan):
        self.app = app
        self._opened = opened
        self._runner = None
        self._lifespan = None

    def __enter__(self):
        self._runner = asyncio.Runner()
        self._lifespan = self._opened(self.app)
        try:
            self._runner.run(self._begin())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *_):
        self._runner.run(self._end())
        self._runner.close()

    async def _begin(self):
        await self._lifespan.__aenter__()

    async def _end(self):
        await self._lifespan.__aexit__(None, None, None)

    def run(self, coroutine):
        """What a coroutine gives, in the loop that the lifespan runs in."""
        return (self._runner.run if self._runner else asyncio.run)(coroutine)

    def request(self, method, url, **values):
        return self.run(self._request(method, url, values))

    async def _request(self, method, url, values):
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
            return await client.request(method, url, **values)

    def until_ready(self, url="/readyz"):
        """The answer of a receiver whose worker is there."""
        return until(lambda: (answer := self.get(url)).status_code == OK and answer, lambda: self.get(url).text)

    def get(self, url, **values):
        return self.request("GET", url, **values)

    def post(self, url, **values):
        return self.request("POST", url, **values)


async def asked(app, messages, headers=(), *, kind="http", method="POST", path="/in", query=b""):
    """What an application sends; after the last of the messages nothing more comes to it."""
    sent, waiting = [], iter(messages)

    async def receive():
        for message in waiting:
            return message
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": list(headers),
        "client": None,
        "server": None,
    }
    async with asyncio.timeout(SOON_S):
        await app(scope, receive, send)
    return sent


def answered(app, messages, headers=(), **values):
    """Status, headers and body of the answer to ASGI messages."""
    start, body = asyncio.run(asked(app, messages, headers, **values))
    return start["status"], dict(start["headers"]), body["body"]
