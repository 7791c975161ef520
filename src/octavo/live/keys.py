"""Where the keys for downlinks are kept: in a file of their own, which nobody but its owner may read."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import threading
from contextlib import contextmanager
from dataclasses import astuple
from typing import TYPE_CHECKING, Self

from octavo._files import place_of
from octavo.downlinks import Client, Retries
from octavo.errors import ContentError
from octavo.live.errors import StoreError
from octavo.live.intake import DownlinkKeys
from octavo.live.logs import facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from octavo.device import Device

log = logging.getLogger(__name__)

MODE = 0o600
"""For the owner only. SQLite gives the files beside it (journal) the mode of the database."""

BUSY_S = 10.0
"""How long one process waits for another one that writes."""

ONCE = Retries(most=0)

TABLE = """
CREATE TABLE IF NOT EXISTS keys (
    network TEXT NOT NULL,
    application TEXT NOT NULL,
    device TEXT NOT NULL,
    push TEXT,
    replace TEXT,
    api_key TEXT,
    downlink_url TEXT,
    PRIMARY KEY (network, application, device)
) STRICT, WITHOUT ROWID
"""
OTHERS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name <> 'keys'"
FIND = "SELECT push, replace, api_key, downlink_url FROM keys WHERE network = ? AND application = ? AND device = ?"
REMEMBER = "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)"
NAMES = 3
"""Columns that name a device."""


class KeyRing:
    """The keys for downlinks of each device, as its last message brought them. Several processes may share the file.

    Where it is deleted or replaced while it is open, that is logged, and the one that lies there now is used.

    Args:
        path: the file; it is made where there is none.

    Raises:
        StoreError: the file cannot be made or opened, is a link or no file, belongs to somebody else, or is no
            key ring.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def remember(self, keys: DownlinkKeys) -> None:
        """Keep the keys of a device in place of those that were kept; the same ones again cost no write.

        Raises:
            StoreError: the file cannot be written.
        """
        row = tuple(text or "" for text in astuple(keys)[:NAMES]) + astuple(keys)[NAMES:]
        with self._lock, self._words():
            self._look()
            if self._db.execute(FIND, row[:NAMES]).fetchone() != row[NAMES:]:
                self._db.execute(REMEMBER, row)

    def find(self, network: str, application: str | None, device: str | None) -> DownlinkKeys | None:
        """The keys of a device, or None where no message brought any.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock, self._words():
            self._look()
            row = self._db.execute(FIND, (network, application or "", device or "")).fetchone()
        return DownlinkKeys(network, application, device, *row) if row else None

    def _open(self) -> None:
        _make_private(self._path)
        with self._words():
            self._db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self._make_table()
            except BaseException:
                self._db.close()
                raise

    def _make_table(self) -> None:
        if self._db.execute(OTHERS).fetchone():
            raise StoreError(f"the key ring {self._path}: this is none, other things are kept there")
        self._db.execute(TABLE)
        self._file = place_of(self._path)

    def _look(self) -> None:
        """Begin anew where somebody deleted or replaced the file: messages bring their keys again."""
        if place_of(self._path) != self._file:
            self._db.close()
            self._open()
            sentence = "the key ring %s: somebody deleted or replaced the file while it was open; it is read anew"
            log.error(sentence, self._path, extra=facts("keys_gone", file=self._path.name))

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"the key ring {self._path}: {error}") from error


def client_of(keys: DownlinkKeys, *, device: Device | None = None) -> Client:
    """A client that sends downlinks to the device whose keys these are.

    It sends nothing again: whoever answers from the store tries again later, and waits meanwhile for nobody.

    Args:
        keys: as `KeyRing.find` gives them.
        device: encodes the data.

    Raises:
        ContentError: the keys are not enough: a webhook without a Downlink API key brings none.
    """
    if keys.downlink_url:
        return Client.from_downlink_url(keys.downlink_url, device=device, retries=ONCE)
    named = {"X-Downlink-Apikey": keys.api_key, "X-Downlink-Push": keys.push, "X-Downlink-Replace": keys.replace}
    headers = {name: text for name, text in named.items() if text}
    if not headers:
        raise ContentError(f"no keys for downlinks to {keys.device}: no message has brought any")
    return Client.from_webhook(headers, device=device, retries=ONCE)


def _make_private(path: Path) -> None:
    """Make the file, or what is there, one that only its owner may read; whatever the umask is."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags, MODE)
        try:
            _check(path, os.fstat(descriptor))
            os.chmod(descriptor if os.chmod in os.supports_fd else path, MODE)  # noqa: PTH101 - of what was checked
        finally:
            os.close(descriptor)
    except OSError as error:
        what = "is a link" if path.is_symlink() else error.strerror
        raise StoreError(f"the key ring {path}: it cannot be opened: {what}") from error


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"the key ring {path}: it is no file")
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise StoreError(f"the key ring {path}: it belongs to another user, who could read the keys")
