"""The receiver as a program: uvicorn on a socket, until a signal ends it gracefully."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http import auto

from octavo.errors import ContentError
from octavo.live.app import create_app, lifespan
from octavo.live.errors import StoreError
from octavo.live.logs import facts
from octavo.live.signals import ended_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from octavo.live.config import Config
    from octavo.live.running import Running

log = logging.getLogger(__name__)

GRACE_S = 10
"""How long requests in flight may take once the end has begun, in seconds."""

HEAD_MAX = 64 << 10
"""Bytes of a request's head, and of what follows its body; those of the network servers have less than a tenth."""

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
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            server_header=False,
            http=_bounded(auto.AutoHTTPProtocol),
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


def _bounded(protocol: type[Any]) -> type[asyncio.Protocol]:
    """A protocol of uvicorn that takes no endless head: h11 has a bound of its own, httptools has none."""

    class Bounded(protocol):  # type: ignore[misc] # which one it is depends on what is installed
        unread = 0

        def data_received(self, data: bytes) -> None:
            self.unread += len(data)
            super().data_received(data)
            if self.unread > HEAD_MAX and not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")

        def on_headers_complete(self) -> None:
            self.unread = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self.unread = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self.unread = 0
            super().on_message_complete()

    return Bounded if hasattr(protocol, "on_headers_complete") else protocol


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
        reason = getattr(error, "strerror", None) or str(error)
        raise ContentError(f"cannot listen on {host}, port {port}: {reason}", name="listen") from error
    with listener:
        yield listener


def _welcome(config: Config, listener: socket.socket) -> tuple[str, dict[str, str]]:
    """Where it listens, where it stores, what it decodes with, and who may send."""
    host, port = listener.getsockname()[:2]
    told = {
        "url": f"http://{f'[{host}]' if ':' in host else host}:{port}",
        "store": config.store_name,
        "decodes_by": _devices(config),
        "passes_on_to": ", ".join(sink.name for sink in config.sinks) or "nobody",
    }
    sentence = (
        f"listening on {told['url']}, storing in {told['store']}, decoding by {told['decodes_by']}, "
        f"passing on to {told['passes_on_to']}"
    )
    return f"{sentence}{'' if config.secrets else '; anybody may send, no secret is set'}", told


def _devices(config: Config) -> str:
    if config.device:
        return config.device
    named = f"{len(config.devices)} devices of the configuration and " if config.devices else ""
    return f"{named}the catalogue"
