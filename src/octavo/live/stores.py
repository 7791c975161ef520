"""One door to every store: a URL becomes a `Store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.errors import ContentError

if TYPE_CHECKING:
    from octavo.live.store import Store

SQLITE = "sqlite:"
POSTGRES = ("postgresql://", "postgres://")


def open_store(url: str, *, durable: bool = True, create: bool = True) -> Store:
    """The store that a URL names.

    Args:
        url: ``sqlite:PATH``, a path, or ``postgresql://…``.
        durable: each `Store.put` outlasts a loss of power; the worker, which can do its work again, needs no such care.
        create: make it where it is not there yet.

    Raises:
        StoreError: it cannot be opened.
        ContentError: the URL names no store, or the library for it is not installed.
    """
    if url.startswith(POSTGRES):
        from octavo.live.postgres import PostgresStore  # noqa: PLC0415 - psycopg is loaded only where it is used

        return PostgresStore(url, durable=durable, create=create)
    scheme, colon, _ = url.partition("://")
    if colon and scheme != "sqlite":
        raise ContentError(f"no store at {scheme}://…: sqlite:PATH or postgresql://… was expected")
    from octavo.live.sqlite import SqliteStore  # noqa: PLC0415 - likewise

    return SqliteStore(url.removeprefix(SQLITE), durable=durable, create=create)
