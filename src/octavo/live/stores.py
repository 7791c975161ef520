"""One door to every store: a URL becomes a `Store`."""

from __future__ import annotations

from pathlib import Path
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
    from octavo.live.sqlite import SqliteStore  # noqa: PLC0415 - likewise

    return SqliteStore(file_of(url), durable=durable, create=create)


def file_of(url: str) -> str:
    """The file of a store that is no PostgreSQL.

    Raises:
        ContentError: the URL names no store.
    """
    scheme, colon, rest = url.partition("://")
    if colon and (scheme != "sqlite" or not rest.startswith("/")):
        raise ContentError(f"no store at {scheme}://…: sqlite:PATH or postgresql://… was expected")
    file = url.removeprefix(SQLITE)
    if not file or _is_folder(file):
        raise ContentError(f"{file or 'the current folder'} is a folder: a file was expected")
    return file


def _is_folder(file: str) -> bool:
    try:
        return Path(file).is_dir()
    except OSError:  # where one may not look: that is told when it is opened
        return False


def check_url(url: str) -> None:
    """See that a URL names a store, whether or not that is there.

    Raises:
        ContentError: it names none.
    """
    if not url.startswith(POSTGRES):
        file_of(url)


def shown(url: str) -> str:
    """A store as it may be shown: without a password, or what might be one."""
    if not url.startswith(POSTGRES):
        return url
    try:
        from octavo.live.postgres import shown as read  # noqa: PLC0415 - likewise

        return read(url)
    except ContentError:  # psycopg is not there, or it cannot read it: that is told when the store is opened
        before, _, behind = url.removeprefix(POSTGRES[0]).removeprefix(POSTGRES[1]).rpartition("@")
        return POSTGRES[0] + (behind.partition("?")[0] if before and "?" not in before else "")
