"""The one place that speaks HTTP: a request of `octavo.networks` goes out, a small response comes back.

httpx is an extra, and loaded when something is sent. Its transports are used without its client: the client logs
every URL, and those of The Things Network v2 hold a key.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from octavo.errors import ContentError, Error

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator, Mapping
    from types import TracebackType

    import httpx

    from octavo.networks.message import Request

TIMEOUT_S = 10.0
"""How long a request may take, in seconds: to connect, to be sent, and to be answered, each."""

BODY_MAX = 64 * 1024
"""Bytes of an answer that are read; what follows is left."""

DEFAULT_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "octavo",
}
"""What a request says that does not say it itself. The Things Stack tells its errors in JSON only when asked to.

Source: lorawan-stack, pkg/webhandlers/error.go.
"""

RATE_LIMIT_RETRY = "x-rate-limit-retry"
"""Seconds to wait, as The Things Stack tells them. Source: lorawan-stack, pkg/ratelimit/result.go."""


class TransportError(Error):
    """A request has no answer."""

    default_name = "transport"


class UnreachableError(TransportError):
    """No connection was made: the server has seen nothing of the request."""

    default_name = "unreachable"


class UnansweredError(TransportError):
    """The connection broke, or time ran out: the server may have done what it was asked for, or not."""

    default_name = "unanswered"


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered.

    Attributes:
        status: the HTTP status; redirections are not followed.
        headers: by their names in small letters.
        body: the first `BODY_MAX` bytes.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299  # noqa: PLR2004 - the class of HTTP's successes

    @property
    def retry_after_s(self) -> float | None:
        """Seconds after which the server wants to be asked again, or None where it does not say."""
        text = self.headers.get("retry-after") or self.headers.get(RATE_LIMIT_RETRY) or ""
        if text.isascii() and text.isdigit():
            return float(text)
        return _seconds_between(self.headers.get("date", ""), text)


def _seconds_between(start: str, end: str) -> float | None:
    """Seconds from one HTTP date to a later one; both are the server's, so no clock here has to be right."""
    try:
        return max(0.0, (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds())
    except (TypeError, ValueError):
        return None


class Http:
    """Sends requests, from any thread. As a context manager it keeps connections open from one to the next.

    Args:
        timeout_s: see `TIMEOUT_S`.

    Raises:
        ContentError: httpx is not installed.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        if find_spec("httpx") is None:
            raise ContentError('httpx is not installed: pip install "octavo[downlinks]"')
        self._timeout_s = timeout_s
        self._kept: dict[str | None, httpx.HTTPTransport] | None = None

    def __enter__(self) -> Self:
        self._kept = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that were kept."""
        kept, self._kept = self._kept or {}, None
        for transport in kept.values():
            transport.close()

    def check(self, request: Request) -> None:
        """Look whether HTTP has such a request, before there is anything to send.

        Raises:
            ContentError: the URL or a header is none that HTTP has.
        """
        with _translated(request.url):
            self._written(request)

    def send(self, request: Request) -> Response:
        """Send a request and read the answer, whatever its status.

        Raises:
            UnreachableError: no connection was made.
            UnansweredError: it was, but no answer came.
            ContentError: the URL or a header is none that HTTP has.
        """
        with _translated(request.url):
            written = self._written(request)
            with self._transport(request.url) as transport:
                return self._exchanged(transport, written)

    def _exchanged(self, transport: httpx.HTTPTransport, written: httpx.Request) -> Response:
        response = transport.handle_request(written)
        try:
            return _read(response, _cut(response.iter_raw(), self._deadline()))
        finally:
            response.close()

    async def asend(self, request: Request) -> Response:
        """`send` that does not block the event loop. Its connections are not kept: each belongs to a loop."""
        with _translated(request.url):
            written = self._written(request)
            async with self._atransport(request.url) as transport:
                response = await transport.handle_async_request(written)
                try:
                    return _read(response, await _acut(response.aiter_raw(), self._deadline()))
                finally:
                    await response.aclose()

    @contextmanager
    def _transport(self, url: str) -> Iterator[httpx.HTTPTransport]:
        """A transport that is kept, or one for this request only."""
        proxy = _proxy(url)
        if self._kept is None:
            with self._new(proxy) as transport:
                yield transport
            return
        yield self._kept.get(proxy) or self._kept.setdefault(proxy, self._new(proxy))

    def _new(self, proxy: str | None) -> httpx.HTTPTransport:
        import httpx  # noqa: PLC0415 - an extra

        return httpx.HTTPTransport(verify=_trusted(), proxy=proxy)

    @asynccontextmanager
    async def _atransport(self, url: str) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        import httpx  # noqa: PLC0415 - an extra

        async with httpx.AsyncHTTPTransport(verify=_trusted(), proxy=_proxy(url)) as transport:
            yield transport

    def _written(self, request: Request) -> httpx.Request:
        import httpx  # noqa: PLC0415 - an extra

        if urlsplit(request.url).port == 0:  # one beyond 65535 is a ValueError here
            raise ValueError("no server listens on port 0")
        names = {name.lower() for name in request.headers}
        added = {name: value for name, value in DEFAULT_HEADERS.items() if name.lower() not in names}
        headers = [
            (name.encode("ascii"), value.encode("ascii")) for name, value in {**request.headers, **added}.items()
        ]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        extensions = {"timeout": timeouts}
        return httpx.Request(request.method, request.url, headers=headers, content=request.body, extensions=extensions)

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout_s


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust; reading that takes longer than a request, so it is read once."""
    import httpx  # noqa: PLC0415 - an extra

    return httpx.create_ssl_context()


def host_of(url: str) -> str:
    """Host and port of a URL, without what may be secret in it; "the server" where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the server"
    return f"{parts.hostname}:{port}" if port else parts.hostname or "the server"


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL, or None.

    Raises:
        ContentError: it is none of HTTP.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.hostname or ""):
        return None
    found = found if "://" in found else f"http://{found}"
    if not found.startswith(("http://", "https://")):
        raise ContentError(f"the environment names a proxy of {found.partition(':')[0]}: one of HTTP was expected")
    return found


def _read(response: httpx.Response, body: bytes) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status_code, headers, body)


def _cut(chunks: Iterator[bytes], deadline: float) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= BODY_MAX or time.monotonic() > deadline:
            break
    return bytes(body[:BODY_MAX])


async def _acut(chunks: AsyncIterator[bytes], deadline: float) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) >= BODY_MAX or time.monotonic() > deadline:
            break
    return bytes(body[:BODY_MAX])


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Errors of httpx as octavo's own. Where its words may hold a header or the URL they are not passed on."""
    import httpx  # noqa: PLC0415 - an extra

    host = host_of(url)
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout) as error:
        raise UnreachableError(f"{host} cannot be reached: {error or 'no connection in time'}") from error
    except httpx.TimeoutException as error:
        raise UnansweredError(f"{host} did not answer in time") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
        raise ContentError("the URL, or a header, holds what HTTP does not allow") from None
    except httpx.LocalProtocolError:
        raise ContentError("a header holds characters that HTTP does not allow") from None
    except httpx.HTTPError as error:
        raise UnansweredError(f"the connection to {host} broke before it answered") from error
    except OSError as error:
        raise UnreachableError(f"{host}: the certificates to trust cannot be read: {error.strerror}") from error
