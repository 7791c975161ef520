"""What a receiver answers: one JSON object, whether a message was kept or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.live.errors import RefusedError
    from octavo.live.store import Put

RETRY_AFTER_S = 5
"""When a sender that is asked to come again may do so."""

ALWAYS: Mapping[int, Mapping[str, str]] = {
    408: {"Connection": "close"},
    413: {"Connection": "close"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}
"""Headers that go with a status: of a body that was not read to its end, the rest is not waited for."""


def kept(put: Put, kind: str) -> JSONResponse:
    """200: the message is kept."""
    return JSONResponse({"id": put.id, "kind": kind, "duplicate": put.duplicate})


def refused(error: RefusedError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The status of the error, with its name and a sentence."""
    return failure(error.status, error.name, error.message, headers)


def failure(status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as all of them look."""
    content = {"error": {"name": name, "message": message}}
    return JSONResponse(content, status, {**ALWAYS.get(status, {}), **(headers or {})})
