"""The receiver as a program: uvicorn on a socket, until a signal ends it gracefully."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http import auto

from octavo.errors import ContentError
from octavo.live.answers import failure
from octavo.live.app import create_app, lifespan
from octavo.live.errors import StoreError
from octavo.live.logs import facts, set_up
from octavo.live.signals import ended_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from octavo.live.config import Config
    from octavo.live.running import Running

log = logging.getLogger(__name__)

GRACE_S = 10
"""How long requests in flight may take once the end has begun, in seconds."""

HEAD_MAX = 64 << 10
"""Bytes of a request's head, and of what follows its body; those of the network servers have less than a tenth."""

UPGRADE = b"upgrade"

BACKLOG = 2048
"""Connections that may wait to be accepted."""


def run(config: Config) -> int:
    """Receive until a signal comes; then keep what is in flight, let the worker finish, and end.

    Returns:
        The number of the signal.

    Raises:
        Error: the address cannot be listened on, the store cannot be opened, or nothing is kept any more.
    """
    with _listening(config.server.host, config.server.port) as listener:
        app = create_app(config)
        settings = uvicorn.Config(
            _ended(app),
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            http=_protocol(auto.AutoHTTPProtocol),
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE_S,
        )
        server = _Server(settings, _welcome(config, listener))
        with ended_by_signals(server.end) as ending, asyncio.Runner(loop_factory=settings.get_loop_factory()) as runner:
            runner.run(_serve(app, server, listener))
    return ending.by


async def _serve(app: Starlette, server: _Server, listener: socket.socket) -> None:
    async with lifespan(app):
        running = server.running = app.state.receiver.running
        await server.serve(sockets=[listener])
        fallen = None if running.is_taking else StoreError(running.fallen)
    if fallen:
        raise fallen
    log.info("stopped", extra=facts("stopped"))


def _ended(app: ASGIApp) -> ASGIApp:
    """An application; what still waits when the grace is over, and uvicorn cancels it, is answered 503."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            with suppress(RuntimeError):  # the answer had begun
                await failure(503, "store", "the receiver ends, and messages cannot be kept now")(scope, receive, send)

    return answering


def _protocol(base: type[Any]) -> type[asyncio.Protocol]:
    """A protocol of uvicorn that asks nobody to install what answers a request for another protocol: nothing has to.

    Source: RFC 9110, section 7.8 (a server may ignore ``Upgrade``).
    """

    class Plain(base):  # type: ignore[misc] # which one it is depends on what is installed
        def _unsupported_upgrade_warning(self) -> None:
            pass

    return _by_httptools(Plain, sys.modules[base.__module__]) if hasattr(base, "on_headers_complete") else Plain


def _by_httptools(base: type[Any], module: Any) -> type[asyncio.Protocol]:
    """Likewise, for httptools: it has no bound for a head, and reads no body of a request for another protocol.

    h11 has the one and does the other.
    """

    class Protocol(base):  # type: ignore[misc] # likewise
        unread = 0
        is_upgrade = False

        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.parser: Any = _Parser(self.parser, self, module.httptools.HttpParserUpgrade)

        def data_received(self, data: bytes) -> None:
            self.unread += len(data)
            super().data_received(data)
            if self.unread > HEAD_MAX and not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")

        def on_headers_complete(self) -> None:
            self.unread = 0
            self.is_upgrade = self.parser.should_upgrade() and any(name == UPGRADE for name, _ in self.headers)
            if not self.is_upgrade:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self.unread = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self.unread = 0
            if not self.is_upgrade:
                super().on_message_complete()

    return Protocol


class _Parser:
    """A parser of httptools, which stops behind the head of a request for another protocol; this one goes on.

    Args:
        parser: the parser.
        protocol: whose it is; it begins nothing with a request for another protocol.
        stopped: what the parser raises, with where it stopped.
    """

    def __init__(self, parser: Any, protocol: Any, stopped: type[Exception]) -> None:
        self._parser = parser
        self._protocol = protocol
        self._stopped = stopped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def feed_data(self, data: bytes) -> None:
        """Read data, to its end."""
        while data:
            try:
                self._parser.feed_data(data)
            except self._stopped as error:
                if not self._protocol.is_upgrade:  # CONNECT, which is refused
                    return
                data = self._head() + data[error.args[0] :]
            else:
                return

    def _head(self) -> bytes:
        """The head of the request again, without its wish for another protocol."""
        version = self._parser.get_http_version().encode("ascii")
        line = b"%s %s HTTP/%s" % (self._parser.get_method(), self._protocol.url, version)
        kept = [b"%s: %s" % (name, value) for name, value in self._protocol.headers if name != UPGRADE]
        return b"\r\n".join([line, *kept, b"", b""])


class _Server(uvicorn.Server):
    """uvicorn, without its signals, and with a word when it begins.

    It ends by itself where nothing is kept any more: whoever looks after the process starts it again.

    Args:
        settings: of uvicorn.
        welcome: what is logged once requests are answered: the sentence and its facts.

    Attributes:
        running: what it serves for; set before it serves.
    """

    running: Running

    def __init__(self, settings: uvicorn.Config, welcome: tuple[str, dict[str, str]]) -> None:
        super().__init__(settings)
        self._welcome = welcome

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None: `octavo.live.signals` has them, for longer."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        sentence, told = self._welcome
        log.info(sentence, extra=facts("listening", **told))

    async def on_tick(self, counter: int) -> bool:
        """What is done ten times a second; says whether it is to end."""
        return await super().on_tick(counter) or not self.running.is_taking

    def end(self) -> None:
        """End gracefully."""
        self.should_exit = True


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens.

    Raises:
        ContentError: it cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while ")[0]
        raise ContentError(f"cannot listen on {host}, port {port}: {reason}", name="listen") from error
    with listener:
        yield listener


def _welcome(config: Config, listener: socket.socket) -> tuple[str, dict[str, str]]:
    """Where it listens, how it is set up, and who may send."""
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    sentence, told = set_up(config)
    anybody = "" if config.secrets else "; anybody may send, no secret is set"
    return f"listening on {url}, {sentence}{anybody}", {"url": url, **told}
