"""The store of one machine: a SQLite file in WAL mode.

Who receives opens it durable: what `SqliteStore.put` took outlasts a loss of power. The worker's notes need no such
care: what it cannot remember it does again.

Source: SQLite documentation, "Write-Ahead Logging" and "PRAGMA synchronous" (FULL syncs the log after each commit).
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo._files import place_of
from octavo.live.errors import GONE, NO_STORE, StoreError
from octavo.live.store import REMEMBERED_MS, TAKEN_MOST, Counts, Entry, Letter, Put, Stored, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from octavo.live.intake import Row
    from octavo.live.store import Done, Settled

VERSION = 1
"""Of the tables below, as ``PRAGMA user_version``."""

BUSY_S = 10.0
"""How long a writer waits for the other one."""

SCHEMA = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    network TEXT NOT NULL,
    kind TEXT NOT NULL,
    application TEXT,
    device TEXT,
    ids TEXT NOT NULL,
    via TEXT NOT NULL,
    topic TEXT,
    event TEXT,
    body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    error TEXT
) STRICT;
CREATE INDEX messages_open ON messages (state, id) WHERE state IN ('waiting', 'failed');
CREATE TABLE identities (
    identity BLOB PRIMARY KEY,
    message_id INTEGER NOT NULL,
    steady_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE letters (
    sink TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL DEFAULT 0,
    is_dead INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (sink, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX letters_open ON letters (sink, message_id) WHERE is_dead = 0;
CREATE TABLE steady (steady_ms INTEGER NOT NULL) STRICT;
INSERT INTO steady VALUES (0);
"""

COLUMNS = ("received_ms", "network", "kind", "application", "device", "ids", "via", "topic", "event", "body")
INSERT = f"INSERT INTO messages ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - no input
KNOW = "INSERT OR REPLACE INTO identities VALUES (?, ?, ?)"
SENT = "DELETE FROM letters WHERE sink = ? AND message_id = ? AND made_ms = ?"
NOT_SENT = """
UPDATE letters SET attempts = ?, due_ms = ?, is_dead = ?, error = ? WHERE sink = ? AND message_id = ? AND made_ms = ?
"""
CLAIM = """
SELECT id, received_ms, attempts, network, kind, ids, via, topic, event, body FROM messages
WHERE state = 'waiting' AND due_ms <= ? AND coalesce(device, '') NOT IN (SELECT value FROM json_each(?))
ORDER BY id LIMIT ?
"""
BODY = 9
DUE = """
SELECT l.message_id, l.attempts, m.outcome, m.received_ms, l.made_ms
FROM letters l JOIN messages m ON m.id = l.message_id
WHERE l.sink = ? AND l.is_dead = 0 AND l.due_ms <= ? ORDER BY l.message_id LIMIT ?
"""
OUTCOME = 2
FAILED = "SELECT id, state, received_ms, network, kind, application, device, NULL, attempts, error FROM messages"
RETRY = (
    """
    UPDATE messages SET state = 'waiting', due_ms = 0, attempts = 0
    WHERE state = 'failed' AND (:id IS NULL OR id = :id)
    """,
    """
    UPDATE letters SET is_dead = 0, due_ms = 0, attempts = 0
    WHERE is_dead AND (:id IS NULL OR message_id = :id)
    """,
)
DROP = (
    """
    UPDATE messages SET state = 'dropped'
    WHERE state = 'failed' AND :sink IS NULL AND (:id IS NULL OR id = :id)
    """,
    """
    DELETE FROM letters
    WHERE (:id IS NULL OR message_id = :id) AND (:sink IS NULL OR sink = :sink)
    AND (is_dead OR :id IS NOT NULL OR :sink IS NOT NULL)
    """,
)
UNSENT = """
SELECT m.id, ?, m.received_ms, m.network, m.kind, m.application, m.device, l.sink, l.attempts, l.error
FROM letters l JOIN messages m ON m.id = l.message_id
"""

FILES = ("", "-wal", "-shm")
"""What SQLite's three files are called behind the name of the first: database, log, index of the log.

Source: sqlite.org, "Write-Ahead Logging", sections 2.2 and 6. A process that opens the database anew makes a new index
where the old one was deleted: from then on two know of different logs, and what one writes the other overwrites.
"""

DAMAGED = frozenset(("SQLITE_NOTADB", "SQLITE_CORRUPT"))


class SqliteStore:
    """See `octavo.live.store.Store`.

    Args:
        path: the file.
        durable: whether each commit waits for the disk.
        create: make the file where it is not there yet.
    """

    def __init__(self, path: str, *, durable: bool = True, create: bool = True) -> None:
        self.path = path
        self._file = os.path.realpath(path)  # SQLite's own files lie beside the one that a link leads to
        self._lock: sqlite3.Connection | None = None
        self._lock_place: tuple[int, int] | None = None
        self._lock_file = Path(f"{self._file}-worker")
        with _told(path):
            if not create and not Path(path).is_file():
                raise StoreError(f"{path}: there is no such store", name=NO_STORE)
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._make_tables(create=create)
            self._db.execute("PRAGMA journal_mode = WAL")  # not before it is known for a store: it changes the file
        with self._writing():
            pass  # the log is there from now on
        self._files = self._found()

    def _found(self) -> list[tuple[int, int, int]]:
        """Which files lie under the names of the database, of its log and of the index of that, and their sizes."""
        try:
            found = [os.stat(f"{self._file}{suffix}") for suffix in FILES]  # noqa: PTH116 - for each commit: quick
        except OSError as error:
            raise self._gone() from error
        return [(each.st_dev, each.st_ino, each.st_size) for each in found]

    def _gone(self) -> StoreError:
        message = f"{self.path}: somebody deleted, replaced or cut the file, or its log, while it was open"
        return StoreError(message, name=GONE)

    def look(self) -> None:
        """See `Store.look`."""
        found = self._found()
        for (*there, size), (*known, least) in zip(found, self._files, strict=True):
            if there != known or size < least:  # none of them shrinks while somebody has it open
                raise self._gone()
        self._files = found

    def _make_tables(self, *, create: bool) -> None:
        with self._writing() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise StoreError(f"{self.path}: a store of version {version}; this octavo knows version {VERSION}")
            is_new = not db.execute("SELECT 1 FROM sqlite_master").fetchone()
            if version == 0 and not (is_new and create):
                raise StoreError(f"{self.path}: this is no store of octavo")
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or nothing."""
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with _told(self.path):
            return self._db.execute(query, values).fetchall()

    def _taken(self, column: int, query: str, *values: Any) -> list[Any]:
        """The first rows, of which a column has no more than `TAKEN_MOST` in all; no other is read but the next."""
        self._look_at_lock()
        taken: list[Any] = []
        left = TAKEN_MOST
        with _told(self.path), closing(self._db.execute(query, values)) as found:
            for row in found:
                left -= len(row[column])
                if taken and left < 0:
                    break
                taken.append(row)
        return taken

    def put(self, rows: Sequence[Row], received_ms: int, steady_ms: int) -> list[Put]:
        """See `Store.put`."""
        self.look()  # before too: a log that was cut grows again, with a hole in it
        with self._writing() as db:
            db.execute("UPDATE steady SET steady_ms = max(steady_ms, ?)", [steady_ms])
            puts = [self._put(db, row, received_ms, steady_ms) for row in rows]
        self.look()
        return puts

    def _put(self, db: sqlite3.Connection, row: Row, received_ms: int, steady_ms: int) -> Put:
        known = (
            row.identity
            and db.execute(
                "SELECT message_id FROM identities WHERE identity = ? AND ? - steady_ms < ?",
                [row.identity, steady_ms, REMEMBERED_MS],
            ).fetchone()
        )
        if known:
            return Put(known[0], duplicate=True)
        number = db.execute(INSERT, [received_ms, *named(row), row.body]).lastrowid or 0
        if row.identity:
            db.execute(KNOW, [row.identity, number, steady_ms])
        return Put(number, duplicate=False)

    def hold(self) -> bool:
        """See `Store.hold`: who has the lock of a second file, which the machine takes back when its process ends."""
        if self._lock:
            return True
        with _told(str(self._lock_file)):
            lock = sqlite3.connect(self._lock_file, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                lock.close()
                if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY":
                    return False
                raise
        self._lock, self._lock_place = lock, place_of(self._lock_file)
        return True

    def _look_at_lock(self) -> None:
        """See that the lock, where it is held, is the one that others find: else another worker has one, too."""
        if self._lock and place_of(self._lock_file) != self._lock_place:
            raise StoreError(f"{self._lock_file}: somebody deleted or replaced it while a worker held it", name=GONE)

    def claim(self, limit: int, steady_ms: int, resting: Sequence[str] = ()) -> list[Stored]:
        """See `Store.claim`; a file has one worker, which holds a lock for it, so nothing is noted here."""
        return [Stored.of(each) for each in self._taken(BODY, CLAIM, steady_ms, json.dumps(resting), limit)]

    def record(self, done: Sequence[Done], sinks: Sequence[str], steady_ms: int) -> None:
        """See `Store.record`."""
        again = [(each.is_tried, each.error, each.due_ms, each.id) for each in done if each.state == "again"]
        ready = [each for each in done if each.state != "again"]
        with self._writing() as db:
            db.execute("UPDATE steady SET steady_ms = max(steady_ms, ?)", [steady_ms])
            db.executemany("UPDATE messages SET attempts = attempts + ?, error = ?, due_ms = ? WHERE id = ?", again)
            db.executemany(
                "UPDATE messages SET state = ?, attempts = attempts + ?, outcome = ?, error = ? WHERE id = ?",
                [(each.state, each.is_tried, each.outcome, each.error, each.id) for each in ready],
            )
            for sink in sinks:
                db.executemany(
                    "INSERT OR REPLACE INTO letters (sink, made_ms, message_id) VALUES (?, ?, ?)",
                    [(sink, steady_ms, each.id) for each in ready],
                )

    def due(self, sink: str, limit: int, steady_ms: int) -> list[Letter]:
        """See `Store.due`."""
        return [Letter(*each) for each in self._taken(OUTCOME, DUE, sink, steady_ms, limit)]

    def settle(self, sink: str, settled: Sequence[Settled]) -> None:
        """See `Store.settle`."""
        sent = [(sink, each.message_id, each.made_ms) for each in settled if each.state == "sent"]
        others = [
            (each.attempts, each.due_ms, each.state == "dead", each.error, sink, each.message_id, each.made_ms)
            for each in settled
            if each.state != "sent"
        ]
        with self._writing() as db:
            db.executemany(SENT, sent)
            db.executemany(NOT_SENT, others)

    def counts(self) -> Counts:
        """See `Store.counts`."""
        states = "SELECT state, count(*) FROM messages WHERE state IN ('waiting', 'failed') GROUP BY state"
        letters = "SELECT sink, is_dead, count(*) FROM letters GROUP BY sink, is_dead"
        return Counts.of(self._rows(states), self._rows(letters))

    def entries(self, state: str, limit: int, after: int = 0) -> list[Entry]:
        """See `Store.entries`."""
        if state in ("waiting", "failed"):
            found = self._rows(f"{FAILED} WHERE state = ? AND id > ? ORDER BY id LIMIT ?", state, after, limit)
        else:
            query = f"{UNSENT} WHERE l.is_dead = ? AND m.id > ? ORDER BY m.id, l.sink LIMIT ?"
            found = self._rows(query, state, state == "dead", after, limit)
        return [Entry(*each) for each in found]

    def has(self, number: int) -> bool:
        """See `Store.has`."""
        return bool(self._rows("SELECT 1 FROM messages WHERE id = ?", number))

    def retry(self, ids: Sequence[int] | None = None) -> int:
        """See `Store.retry`."""
        return self._change(RETRY, ids)

    def drop(self, ids: Sequence[int] | None = None, sink: str | None = None) -> int:
        """See `Store.drop`."""
        return self._change(DROP, ids, sink)

    def _change(self, changes: Sequence[str], ids: Sequence[int] | None, sink: str | None = None) -> int:
        """Do something to lines of the queue: to all, or to those of some messages. Says to how many."""
        which = [{"id": each, "sink": sink} for each in (ids if ids is not None else [None])]
        with self._writing() as db:
            return sum(db.executemany(change, which).rowcount for change in changes)

    def forget(self, steady_ms: int) -> None:
        """See `Store.forget`."""
        with self._writing() as db:
            db.execute("DELETE FROM identities WHERE ? - steady_ms >= ?", [steady_ms, REMEMBERED_MS])

    def prune(self, before_ms: int) -> int:
        """See `Store.prune`."""
        done = """
            DELETE FROM messages WHERE received_ms < ? AND state IN ('done', 'dropped')
            AND NOT EXISTS (SELECT 1 FROM letters WHERE message_id = messages.id)
        """
        with self._writing() as db:
            return db.execute(done, [before_ms]).rowcount

    def steady_floor(self) -> int:
        """See `Store.steady_floor`."""
        ((floor,),) = self._rows("SELECT steady_ms FROM steady")
        return int(floor)

    def close(self) -> None:
        """See `Store.close`."""
        with _told(self.path):
            self._db.close()
            if self._lock:
                self._lock.close()


@contextmanager
def _told(path: str) -> Iterator[None]:
    """SQLite's errors in words."""
    try:
        yield
    except sqlite3.Error as error:
        is_damaged = getattr(error, "sqlite_errorname", "") in DAMAGED
        raise StoreError(f"{path}: {_in_words(error)}", name=GONE if is_damaged else None) from error


def _in_words(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return f"the disk is full or cannot be written ({error})"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"another process has held it for {BUSY_S:.0f} s ({error})"
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return f"it, or its folder, is not there or may not be written ({error})"
    if name in DAMAGED:
        return f"this is no store of octavo, or it is damaged ({error})"
    return str(error)
