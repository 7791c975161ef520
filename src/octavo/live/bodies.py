"""Bodies of requests: read in bounded time and memory, whatever their headers say."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from octavo.live.commits import HELD_MOST
from octavo.live.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

BAD_REQUEST, TIMEOUT, TOO_LARGE, UNSUPPORTED, UNAVAILABLE = 400, 408, 413, 415, 503


class Bodies:
    """Reads the bodies of requests, and knows how many bytes of them are held.

    Args:
        most_bytes: a longer body is refused.
        timeout_s: a body that takes longer to arrive is refused.
        held_max: bytes of all bodies together; beyond, senders are asked to come again.
    """

    def __init__(self, most_bytes: int, timeout_s: float, held_max: int = HELD_MOST) -> None:
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._held_max = held_max
        self.held = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request; it counts as held as long as the context is open.

        Raises:
            RefusedError: 413, 408, 415 where it is compressed, 503 where too many are held, 400 where it breaks off.
        """
        _check_coding(request)
        self._check_declared(request)
        parts: list[bytes] = []
        chunks = request.stream()
        try:
            async with asyncio.timeout(self._timeout_s):
                fits = await self._read(chunks, parts)
            if not fits:
                await self._let_pass(chunks)
                raise self._too_large()
            yield b"".join(parts)
        except TimeoutError as error:
            raise RefusedError(TIMEOUT, "timeout", f"no whole body within {self._timeout_s:g} s") from error
        except ClientDisconnect as error:
            raise RefusedError(BAD_REQUEST, "disconnected", "the body broke off") from error
        finally:
            self.held -= sum(map(len, parts))

    async def _read(self, chunks: AsyncIterator[bytes], parts: list[bytes]) -> bool:
        """Read chunks into a list; says whether they are not too long."""
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > self._most_bytes:
                return False
            if self.held + len(chunk) > self._held_max:
                raise RefusedError(UNAVAILABLE, "busy", "too many messages at once")
            parts.append(chunk)
            self.held += len(chunk)
        return True

    async def _let_pass(self, chunks: AsyncIterator[bytes]) -> None:
        """Read the rest and keep nothing of it: who is still sending does not look for an answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                async for _ in chunks:
                    pass

    def _check_declared(self, request: Request) -> None:
        """Refuse a body before it is sent, where the sender waits for that."""
        if _is_waited_for(request) and _declared(request) > self._most_bytes:
            raise self._too_large()

    def _too_large(self) -> RefusedError:
        return RefusedError(TOO_LARGE, "too_large", f"the body is longer than {self._most_bytes} bytes")


def _check_coding(request: Request) -> None:
    """The network servers compress nothing, so that nothing is ever unpacked here."""
    if request.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise RefusedError(UNSUPPORTED, "content_encoding", "the body is compressed: send it as it is")


def _is_waited_for(request: Request) -> bool:
    """Whether the sender waits for a word before it sends. Source: RFC 9110, section 10.1.1."""
    return request.headers.get("expect", "").lower() == "100-continue"


def _declared(request: Request) -> int:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 63)) else 0
