"""Stores to test, empty, and rows to put into them."""

import json
from dataclasses import replace

import pytest

from octavo.live.intake import Received, read
from octavo.live.sqlite import SqliteStore

from .traffic import MESSAGE


def row(number=0, **members):
    """The row of the message of a frame."""
    body = {**MESSAGE, "received_at": f"2020-02-12T15:15:46.{number:09}Z"}
    return replace(read(Received(json.dumps(body).encode())), **members)


def sqlite_store(folder, **options):
    return SqliteStore(str(folder / "octavo.db"), **options)


STORES = "sqlite", "postgres"
"""Every kind of store; tests of what each promises run on all of them."""


def empty_store(kind, folder):
    """The URL of a store of a kind that is empty, or not there yet."""
    if kind == "sqlite":
        return f"sqlite:{folder / 'octavo.db'}"
    pytest.importorskip("psycopg", reason="psycopg is not installed, the extra `postgres`")
    from .postgres_server import fresh  # noqa: PLC0415 - psycopg is an extra

    return fresh().url
