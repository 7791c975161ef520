"""The one place that speaks HTTP: a request of `octavo.networks` goes out, a small response comes back.

httpx is an extra, and loaded when something is sent. Its transports are used without its client: the client logs
every URL, and those of The Things Network v2 hold a key.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self
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
"""How long a request may take in all, in seconds: to connect, to be sent, and to be answered."""

PIECE = 64 * 1024
"""Bytes that are written at a time: between two pieces it is looked whether there is time left."""

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


NO_TLS = ("wrong version number", "record layer failure")
"""What OpenSSL 3 says, by release, where a server answers TLS with a text: it speaks plain HTTP.

Source: OpenSSL, ssl/ssl_err.c (SSL_R_WRONG_VERSION_NUMBER, SSL_R_RECORD_LAYER_FAILURE).
"""


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
    except (TypeError, ValueError, OverflowError):
        return None


class Http:
    """Sends requests, from any thread. As a context manager it keeps connections open from one to the next.

    Args:
        timeout_s: see `TIMEOUT_S`.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
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
            ContentError: the URL or a header is none that HTTP has, or httpx is not installed.
        """
        with _translated(request.url):
            self._written(request)

    def send(self, request: Request) -> Response:
        """Send a request and read the answer, whatever its status.

        Raises:
            UnreachableError: no connection was made.
            UnansweredError: it was, but no answer came.
            ContentError: the URL or a header is none that HTTP has, or httpx is not installed.
        """
        with _translated(request.url):
            written = self._written(request)
            with self._transport(request.url) as transport:
                response = transport.handle_request(written)
                try:
                    return _read(response, _cut(response.iter_raw()))
                finally:
                    response.close()

    async def asend(self, request: Request) -> Response:
        """`send` that does not block the event loop. Its connections are not kept: each belongs to a loop."""
        with _translated(request.url):
            written = self._written(request)
            async with self._atransport(request.url) as transport:
                response = await transport.handle_async_request(written)
                try:
                    return _read(response, await _acut(response.aiter_raw()))
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

        transport = httpx.HTTPTransport(verify=_trusted(), proxy=proxy)
        _bound(transport, _Backend)
        return transport

    @asynccontextmanager
    async def _atransport(self, url: str) -> AsyncIterator[httpx.AsyncHTTPTransport]:
        import httpx  # noqa: PLC0415 - an extra

        async with httpx.AsyncHTTPTransport(verify=_trusted(), proxy=_proxy(url)) as transport:
            _bound(transport, _AsyncBackend)
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
        left = _Left(self._timeout_s)
        extensions = {"timeout": {"connect": left, "read": left, "write": left, "pool": self._timeout_s}}
        return httpx.Request(request.method, request.url, headers=headers, content=request.body, extensions=extensions)


class _Left:
    """The time that is left for an exchange; httpx hands it to httpcore as timeout, and that to the streams below.

    It runs from when it is first asked for: reading the certificates to trust, before that, is no fault of the server.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._deadline: float | None = None

    def __call__(self, *, connecting: bool = False) -> float:
        """Seconds that are left; raises where there are none."""
        import httpx  # noqa: PLC0415 - an extra

        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._timeout_s
        left_s = self._deadline - now
        if left_s <= 0:
            raise (httpx.ConnectTimeout if connecting else httpx.ReadTimeout)("")
        return left_s


class _Backend:
    """A network backend of httpcore whose streams wait no longer than an exchange has time left.

    httpcore itself bounds each wait alone, so that a server which sends byte by byte would hold it for ever.

    Source: httpcore documentation, "Network Backends".
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: _Left, **more: Any) -> _Stream:
        return _Stream(self._inner.connect_tcp(host, port, timeout(connecting=True), **more))


class _Stream:
    """A stream of `_Backend`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.close, self.get_extra_info = inner.close, inner.get_extra_info

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None, timeout: _Left) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout(connecting=True)))

    def read(self, max_bytes: int, timeout: _Left) -> Any:
        return self._inner.read(max_bytes, timeout())

    def write(self, buffer: bytes, timeout: _Left) -> None:
        for piece in _pieces(buffer):
            self._inner.write(piece, timeout())


class _AsyncBackend:
    """`_Backend` for asynchronous exchanges."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def connect_tcp(self, host: str, port: int, timeout: _Left, **more: Any) -> _AsyncStream:  # noqa: ASYNC109 - httpcore's
        return _AsyncStream(await self._inner.connect_tcp(host, port, timeout(connecting=True), **more))


class _AsyncStream:
    """A stream of `_AsyncBackend`."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.aclose, self.get_extra_info = inner.aclose, inner.get_extra_info

    async def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None, timeout: _Left) -> _AsyncStream:  # noqa: ASYNC109 - httpcore's
        return _AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, timeout(connecting=True)))

    async def read(self, max_bytes: int, timeout: _Left) -> Any:  # noqa: ASYNC109 - httpcore's
        return await self._inner.read(max_bytes, timeout())

    async def write(self, buffer: bytes, timeout: _Left) -> None:  # noqa: ASYNC109 - httpcore's
        for piece in _pieces(buffer):
            await self._inner.write(piece, timeout())


def _pieces(buffer: bytes) -> Iterator[bytes]:
    return (buffer[start : start + PIECE] for start in range(0, len(buffer), PIECE))


def _bound(transport: Any, backend: type[_Backend | _AsyncBackend]) -> None:
    """Let a transport of httpx, which has no parameter for it, use a backend around its own."""
    pool = transport._pool  # noqa: SLF001 - see above
    pool._network_backend = backend(pool._network_backend)  # noqa: SLF001 - likewise


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


def _cut(chunks: Iterator[bytes]) -> bytes:
    """What comes of a body in time: the status is the answer, and stands already."""
    import httpx  # noqa: PLC0415 - an extra

    body = bytearray()
    with suppress(httpx.TimeoutException):
        for chunk in chunks:
            body += chunk
            if len(body) >= BODY_MAX:
                break
    return bytes(body[:BODY_MAX])


async def _acut(chunks: AsyncIterator[bytes]) -> bytes:
    import httpx  # noqa: PLC0415 - an extra

    body = bytearray()
    with suppress(httpx.TimeoutException):
        async for chunk in chunks:
            body += chunk
            if len(body) >= BODY_MAX:
                break
    return bytes(body[:BODY_MAX])


def _reason(text: str) -> str:
    """Why there is no connection, in words that say what to do where OpenSSL's do not."""
    if any(words in text for words in NO_TLS):
        return "it does not speak TLS there: is it http:// ?"
    return text or "no connection in time"


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Errors of httpx as octavo's own. Where its words may hold a header or the URL they are not passed on."""
    if find_spec("httpx") is None:
        raise ContentError('httpx is not installed: pip install "octavo[downlinks]"')
    import httpx  # noqa: PLC0415 - an extra

    host = host_of(url)
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.PoolTimeout) as error:
        raise UnreachableError(f"{host} cannot be reached: {_reason(str(error))}") from error
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
