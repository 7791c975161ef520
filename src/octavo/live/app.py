"""The receiver: an ASGI application that answers 200 once a message is kept, and not before.

It runs by itself (``octavo serve``), under any ASGI server (``uvicorn --factory octavo.live.app:create_app``), or
mounted in another application, whose lifespan then has to open `lifespan` of this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from octavo.errors import ContentError

try:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
except ImportError as missing:
    raise ContentError('starlette is not installed: pip install "octavo[serve]"') from missing

from octavo.live import answers
from octavo.live.auth import allowed, challenge
from octavo.live.bodies import Bodies
from octavo.live.config import Config, load_config
from octavo.live.devices import Devices
from octavo.live.errors import RefusedError, StoreError
from octavo.live.intake import Received, read
from octavo.live.logs import Keeping, facts
from octavo.live.metrics import CONTENT_TYPE, Metrics
from octavo.live.openapi import document
from octavo.live.running import Running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from octavo.live.intake import Row
    from octavo.live.store import Put

    Page = Callable[[Request], Awaitable[Response]]

log = logging.getLogger(__name__)

METHODS = ("POST", "PUT")
"""How messages are sent: The Things Stack and ChirpStack post; v2 may be set to either."""

UNAUTHORIZED, NOT_FOUND, NOT_ALLOWED, SERVER_ERROR, UNAVAILABLE = 401, 404, 405, 500, 503


def create_app(config: Config | str | Path | None = None) -> Starlette:
    """The receiver as an application; it opens its store when its `lifespan` begins.

    Args:
        config: the configuration, or the path of its file; None is ``octavo serve`` without one.

    Raises:
        ContentError: the configuration is not what it should be.
    """
    if not isinstance(config, Config):
        config = load_config(Path(config) if config else None)
    receiver = Receiver(config)
    pages = [Route(path, page, methods=["GET"]) for path, page in receiver.pages().items()]
    failed = {HTTPException: receiver.wrong_page, Exception: _server_error}
    app = Starlette(routes=pages, exception_handlers=failed, lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = receiver
    app.state.receiver = receiver
    return app


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the store and starts the worker; at the end, keeps what waits and lets the worker finish.

    A server does this by itself, but not for an application that is mounted in another one:

        @asynccontextmanager
        async def outer(_):
            async with lifespan(receiver):
                yield

    Raises:
        Error: the store cannot be opened.
    """
    receiver: Receiver = app.state.receiver
    running = receiver.running = Running(receiver.config, receiver.metrics)
    try:
        yield
    finally:
        receiver.running = None
        await asyncio.to_thread(running.close)


class Receiver:
    """Answers requests. Messages come on any path but those of its pages.

    Args:
        config: the configuration.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.metrics = Metrics([sink.name for sink in config.sinks])
        self.running: Running | None = None
        self._keeping = Keeping()
        self._key_keeper = ThreadPoolExecutor(1, thread_name_prefix="octavo-keys")
        self._bodies = Bodies(config.server.body_max_bytes, config.server.body_timeout_s)
        self._devices = Devices(config) if config.unknown == "refuse" else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request that is for none of the pages."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        request = Request(scope, receive)
        try:
            response = await self._take(request)
        except RefusedError as error:
            response = self._refused(request, error, self._headers(error))
        await response(scope, receive, send)

    async def wrong_page(self, request: Request, error: Exception) -> Response:
        """What Starlette refuses: another method than GET on a page."""
        status = getattr(error, "status_code", NOT_ALLOWED)
        refusal = RefusedError(status, "method_not_allowed", "messages come on other paths; this one is read by GET")
        return self._refused(request, refusal, getattr(error, "headers", None) or {})

    async def _take(self, request: Request) -> Response:
        """One message, from its sender to the store.

        Raises:
            RefusedError: it is not taken, with the status that says why.
        """
        if request.method not in METHODS:
            raise RefusedError(NOT_ALLOWED, "method_not_allowed", "messages come by POST or PUT")
        if not allowed(self.config.secrets, request.headers.raw):
            raise RefusedError(UNAUTHORIZED, "unauthorized", "the secret is missing or wrong")
        async with self._bodies.of(request) as body:
            row = read(Received(body, headers=request.headers.raw, query=request.scope["query_string"]))
            self._check_known(row)
            put = await self._keep(row)
        return answers.kept(put, row.kind)

    def _check_known(self, row: Row) -> None:
        names = any(row.ids[name] for name in ("device_id", "dev_eui"))
        try:
            is_unknown = self._devices and names and not self._devices.named(row.ids)
        except ContentError as error:  # not the message's fault: it shall come again
            raise RefusedError(UNAVAILABLE, error.name, error.message) from error
        if is_unknown:
            raise RefusedError(NOT_FOUND, "unknown_device", "no device is configured for this message")

    async def _keep(self, row: Row) -> Put:
        """Have a message kept; returns when it is."""
        if self.running is None:
            message = "the receiver is not started: the application it is mounted in has to open its lifespan"
            raise RefusedError(UNAVAILABLE, "not_started", message)
        began = time.perf_counter()
        try:
            if row.keys and self.running.keeps_keys:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._key_keeper, self.running.remember, row.keys)
            put = await _committed(self.running, row)
        except StoreError as error:
            self._keeping.fails(error)
            raise RefusedError(UNAVAILABLE, "store", "messages cannot be kept now") from error
        self._keeping.goes_well()
        self.metrics.received(row, duplicate=put.duplicate, seconds=time.perf_counter() - began)
        return put

    def _headers(self, error: RefusedError) -> dict[str, str]:
        """Headers that go with a refusal."""
        if error.status == NOT_ALLOWED:
            return {"Allow": ", ".join(METHODS)}
        schemes = challenge(self.config.secrets) if error.status == UNAUTHORIZED else None
        return {"WWW-Authenticate": schemes} if schemes else {}

    def _refused(self, request: Request, error: RefusedError, headers: Mapping[str, str]) -> Response:
        """Log it, without anything that was sent; count it; answer it."""
        client = request.client.host if request.client else None
        told = facts("refused", status=error.status, reason=error.name, method=request.method, client=client)
        log.info("refused with %d: %s", error.status, error.name, extra=told)
        self.metrics.refused(error.name)
        return answers.refused(error, headers)

    def pages(self) -> dict[str, Page]:
        """What is behind each path that takes no messages."""
        return {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }

    async def _health(self, _request: Request) -> Response:
        """The process lives."""
        return JSONResponse({"status": "ok"})

    async def _ready(self, _request: Request) -> Response:
        """The store takes writes, and the worker lives."""
        trouble = await self.running.trouble() if self.running else "not_started"
        if trouble:
            return answers.failure(UNAVAILABLE, trouble, TROUBLES[trouble])
        return JSONResponse({"status": "ok"})

    async def _metrics(self, _request: Request) -> Response:
        counts = await self.running.counts() if self.running else None
        if counts:
            self.metrics.queue(counts)
        return Response(self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _openapi(self, request: Request) -> Response:
        return JSONResponse(document(self.config, request.scope.get("root_path", "")))


TROUBLES = {
    "store": "the store takes no writes",
    "worker": "no worker runs; messages are kept, and decoded later",
    "not_started": "the receiver is not started",
}
"""Why a receiver is not ready."""


async def _committed(running: Running, row: Row) -> Put:
    """Have a row kept by the writing thread, and wait for it.

    Raises:
        StoreError: it cannot be kept.
        RefusedError: too many wait already.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Put] = loop.create_future()

    def answer(result: Put | StoreError) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, future, result)

    if not running.submit(row, answer):
        raise RefusedError(UNAVAILABLE, "busy", "too many messages wait to be kept")
    return await future


def _settle(future: asyncio.Future[Put], result: Put | StoreError) -> None:
    if future.done():  # who waited went away
        return
    if isinstance(result, StoreError):
        future.set_exception(result)
    else:
        future.set_result(result)


async def _server_error(_request: Request, _error: Exception) -> Response:
    """A fault of ours; the server's log says where."""
    return answers.failure(SERVER_ERROR, "internal", "something went wrong here")
