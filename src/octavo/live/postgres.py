"""The store of several machines: a PostgreSQL database that receivers and their workers share.

Everything is in a schema of its own, ``octavo``. A worker's claims are void as soon as its session with the server has
ended, however it ended: each session has a number that is never given again, and holds an advisory lock under it.

Source: PostgreSQL documentation, 13.3.5 "Advisory Locks", 20.5.1 "Settings" (``synchronous_commit``), SELECT ("The
Locking Clause", SKIP LOCKED) and INSERT ("ON CONFLICT Clause").
"""

from __future__ import annotations

import math
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from octavo.errors import ContentError
from octavo.live import postgres_sql as sql
from octavo.live.errors import NO_STORE, StoreError
from octavo.live.store import REMEMBERED_MS, TAKEN_MOST, Counts, Entry, Letter, Put, Stored, named

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError as absent:
    raise ContentError('psycopg is not installed: pip install "octavo[postgres]"') from absent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from psycopg.abc import PQGen

    from octavo.live.intake import Row
    from octavo.live.store import Done, Settled

    Result = TypeVar("Result")

ANSWER_S = 10.0
"""The longest that a transaction may take, in seconds: a server that does not answer by then is away."""

SWEEP_S = 600.0
"""Likewise, of one that goes over all that is kept: a large store takes its time."""

CONNECTION = {
    "application_name": "octavo",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "target_session_attrs": "read-write",
}
"""What a URL that does not say otherwise gets: nobody waits for a server that is not there.

Source: PostgreSQL documentation, 34.1.2 "Parameter Key Words"; times in seconds, ``tcp_user_timeout`` in milliseconds.
"""

PORTS = re.compile(r"[0-9,]*")

PASSING = psycopg.errors.DeadlockDetected, psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown
"""What ends a transaction that may go well the next time."""

REFUSAL = re.compile(r"(?:FATAL|fe_sendauth): +(.*?)(?= connection to server |$)")
"""How libpq tells, where no session begins, what the server said: bad password, no such database, too many sessions."""


class PostgresStore:
    """See `octavo.live.store.Store`; any number of them share one database, each with all its methods.

    Args:
        url: ``postgresql://…``, as libpq reads it.
        durable: whether each commit waits for the server's disk (``synchronous_commit``).
        create: make the tables where they are not there yet.
        answer_s: see `ANSWER_S`.
    """

    def __init__(self, url: str, *, durable: bool = True, create: bool = True, answer_s: float = ANSWER_S) -> None:
        self._sessions = _Sessions(url, durable=durable, create=create, answer_s=answer_s)
        self.steady_floor()

    def put(self, rows: Sequence[Row], received_ms: int, steady_ms: int) -> list[Put]:
        """See `Store.put`."""
        return self._sessions.transaction(lambda db: self._put(db, rows, received_ms, steady_ms))

    def _put(self, db: Database, rows: Sequence[Row], received_ms: int, steady_ms: int) -> list[Put]:
        db.execute(sql.STEADY, [self._sessions.number, steady_ms])
        ids = [each for (each,) in db.execute(sql.IDS, [len(rows)])]
        known = _known(db, rows, ids, steady_ms)
        kept = [known.get(row.identity or b"", number) for row, number in zip(rows, ids, strict=True)]
        puts = [Put(there, duplicate=there != number) for there, number in zip(kept, ids, strict=True)]
        new = [_values(put.id, row) for row, put in zip(rows, puts, strict=True) if not put.duplicate]
        if new:
            db.execute(sql.INSERT, [received_ms, *_columns(new)])
        return puts

    def look(self) -> None:
        """See `Store.look`: of a database that is dropped every statement says so."""

    def hold(self) -> bool:
        """See `Store.hold`: a database may have many workers."""
        return True

    def claim(self, limit: int, steady_ms: int, resting: Sequence[str] = ()) -> list[Stored]:
        """See `Store.claim`; what this store claimed before and did not record, or a session that ended, is free."""
        rows = self._sessions.transaction(
            lambda db: db.execute(
                sql.CLAIM, [steady_ms, self._claimable(db), list(resting), limit, TAKEN_MOST, self._sessions.number]
            ).fetchall()
        )
        return [Stored.of(each) for each in sorted(rows, key=_first)]

    def record(self, done: Sequence[Done], sinks: Sequence[str], steady_ms: int) -> None:
        """See `Store.record`; who tries again keeps the claim."""
        again = [
            (each.id, int(each.is_tried), _text(each.error), each.due_ms) for each in done if each.state == "again"
        ]
        ready = [
            (each.id, int(each.is_tried), each.state, _text(each.outcome), _text(each.error))
            for each in done
            if each.state != "again"
        ]

        def work(db: Database) -> None:
            db.execute(sql.STEADY, [self._sessions.number, steady_ms])
            if again:
                db.execute(sql.AGAIN, _columns(again))
            if ready:
                db.execute(sql.READY, _columns(ready))
                db.execute(sql.WRITE, [steady_ms, list(sinks), [each[0] for each in ready]])

        self._sessions.transaction(work)

    def due(self, sink: str, limit: int, steady_ms: int) -> list[Letter]:
        """See `Store.due`; letters are claimed as messages are."""
        rows = self._sessions.transaction(
            lambda db: db.execute(
                sql.DUE, [sink, steady_ms, self._claimable(db), limit, TAKEN_MOST, self._sessions.number, sink]
            ).fetchall()
        )
        return [Letter(*each) for each in sorted(rows, key=_first)]

    def _claimable(self, db: Database) -> list[int]:
        """Whose claims may be taken over: those of sessions that ended, and our own, which was not finished then."""
        return [self._sessions.number, *(each for (each,) in db.execute(sql.GONE))]

    def settle(self, sink: str, settled: Sequence[Settled]) -> None:
        """See `Store.settle`."""
        sent = [(each.message_id, each.made_ms) for each in settled if each.state == "sent"]
        others = [
            (each.message_id, each.made_ms, each.attempts, each.due_ms, each.state == "dead", _text(each.error))
            for each in settled
            if each.state != "sent"
        ]

        def work(db: Database) -> None:
            if sent:
                db.execute(sql.SENT, [*_columns(sent), sink])
            if others:
                db.execute(sql.UNSENT, [*_columns(others), sink])

        self._sessions.transaction(work)

    def counts(self) -> Counts:
        """See `Store.counts`."""
        return Counts.of(self._rows(sql.STATES), self._rows(sql.LETTERS))

    def entries(self, state: str, limit: int, after: int = 0) -> list[Entry]:
        """See `Store.entries`."""
        if state in ("waiting", "failed"):
            found = self._rows(sql.OF_MESSAGES, state, after, limit)
        else:
            found = self._rows(sql.OF_LETTERS, state, state == "dead", after, limit)
        return [Entry(*each) for each in found]

    def has(self, number: int) -> bool:
        """See `Store.has`."""
        return bool(self._rows(sql.HAS, number))

    def retry(self, ids: Sequence[int] | None = None) -> int:
        """See `Store.retry`."""
        return self._change(sql.RETRY, ids)

    def drop(self, ids: Sequence[int] | None = None, sink: str | None = None) -> int:
        """See `Store.drop`."""
        return self._change(sql.DROP, ids, sink)

    def _change(self, changes: Iterable[str], ids: Sequence[int] | None, sink: str | None = None) -> int:
        which = {"ids": None if ids is None else list(ids), "sink": _text(sink)}
        return self._sessions.transaction(lambda db: sum(_changed(db, change, which) for change in changes), SWEEP_S)

    def forget(self, steady_ms: int) -> None:
        """See `Store.forget`."""

        def work(db: Database) -> None:
            db.execute(sql.FORGET, [steady_ms, REMEMBERED_MS])
            db.execute(sql.FORGET_STEADY)

        self._sessions.transaction(work, SWEEP_S)

    def prune(self, before_ms: int) -> int:
        """See `Store.prune`."""
        return self._sessions.transaction(lambda db: _changed(db, sql.PRUNE, [before_ms]), SWEEP_S)

    def steady_floor(self) -> int:
        """See `Store.steady_floor`."""
        ((floor,),) = self._rows(sql.FLOOR)
        return int(floor)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._sessions.transaction(lambda db: db.execute(query, values).fetchall())

    def close(self) -> None:
        """See `Store.close`."""
        self._sessions.close()


class _LateError(psycopg.OperationalError):
    """The server did not answer in time; its session is closed."""


class Database(psycopg.Connection[tuple[Any, ...]]):
    """A session whose server has to answer in time: one that hangs, its machine stopped or its disk stuck, breaks none.

    Source: psycopg 3.2, ``Connection.wait``: a generator that waits is asked again each 0.1 s.
    """

    _most_s = _until_s = math.inf

    def answers_within(self, most_s: float) -> None:
        """From now on, so many seconds are left for all that follows."""
        self._most_s, self._until_s = most_s, time.monotonic() + most_s

    def wait(self, gen: PQGen[Result], *args: Any, **named: Any) -> Result:
        """See `psycopg.Connection.wait`.

        Raises:
            _LateError: the time is over; the session is closed, and nothing waits for the server.
        """
        return super().wait(self._in_time(gen), *args, **named)

    def _in_time(self, gen: PQGen[Result]) -> PQGen[Result]:
        try:
            state = next(gen)
            while True:
                state = gen.send((yield state))
                if time.monotonic() >= self._until_s:
                    self.close()
                    raise _LateError(f"it did not answer for {self._most_s:.0f} s")
        except StopIteration as end:
            result: Result = end.value
            return result


class _Sessions:
    """Sessions with the server, one after the other: each begins when the one before was lost.

    Attributes:
        number: that of the session; no other ever had it.
    """

    def __init__(self, url: str, *, durable: bool, create: bool, answer_s: float) -> None:
        self._parameters = _parameters(url)
        self._durable = durable
        self._create = create
        self._answer_s = answer_s
        self._db: Database | None = None
        self._is_closed = False
        self.name = _named(self._parameters)
        self.number = 0

    def transaction(self, work: Callable[[Database], Result], most_s: float | None = None) -> Result:
        """Do work as one transaction, all of it or nothing.

        Work is done a second time where the session is lost before the commit, or the server ends the transaction
        because two waited for each other: nothing of the first time is there then.

        Args:
            work: what is done.
            most_s: the longest that it may take; None is what the store was given.

        Raises:
            StoreError: it cannot be done; or the session is lost in the commit, and nobody knows whether it is.
        """
        most_s = most_s or self._answer_s
        with _told(self.name):
            try:
                return self._once(work, most_s)
            except psycopg.OperationalError as error:
                if not self._may_go_well(error):
                    raise
            return self._once(work, most_s)

    def _may_go_well(self, error: psycopg.OperationalError) -> bool:
        """Whether an error before a commit was that of a session that is lost, or of a deadlock."""
        if isinstance(error, _LateError):
            return False
        return isinstance(error, PASSING) or (self._db is not None and self._db.closed)

    def _once(self, work: Callable[[Database], Result], most_s: float) -> Result:
        db = self._connected()
        db.answers_within(most_s)
        try:
            result = work(db)
        except BaseException:
            _roll_back(db)
            raise
        try:
            db.commit()
        except psycopg.Error as error:
            db.close()
            raise StoreError(f"{self.name}: it is not known whether it was kept: {_in_words(error)}") from error
        return result

    def _connected(self) -> Database:
        if self._is_closed:
            raise StoreError(f"{self.name}: it is closed")
        if self._db is None or self._db.closed:
            self._db = None
            self._db = self._connect()
        return self._db

    def _connect(self) -> Database:
        db = Database.connect(**self._parameters)
        db.answers_within(self._answer_s)
        try:
            db.execute(sql.SESSION)
            db.execute(f"SET synchronous_commit TO {'on' if self._durable else 'off'}")
            self._make_tables(db)
            self.number = _value(db, sql.NUMBER)
            db.execute(sql.LOCK, [self.number])
            db.commit()
        except BaseException:
            db.close()
            raise
        return db

    def _make_tables(self, db: Database) -> None:
        if not _value(db, sql.HAS_TABLES):
            if not self._create:
                raise StoreError(f"{self.name}: there is no such store", name=NO_STORE)
            db.execute(sql.LOCK_TABLES, [sql.MAKING])
        if not _value(db, sql.HAS_TABLES):  # nobody else made them meanwhile
            if not _value(db, sql.HAS_SCHEMA):
                db.execute("CREATE SCHEMA octavo")
            db.execute(sql.SCHEMA)
            db.execute(sql.SET_VERSION, [sql.VERSION])
        version = _value(db, sql.GET_VERSION)
        if version != sql.VERSION:
            raise StoreError(f"{self.name}: a store of version {version}; this octavo knows version {sql.VERSION}")

    def close(self) -> None:
        self._is_closed = True
        if self._db is not None:
            self._db.close()


def _roll_back(db: Database) -> None:
    try:
        db.rollback()
    except psycopg.Error:  # a session that is lost has nothing to take back
        db.close()


def _value(db: Database, query: str) -> Any:
    """The first value of the first row, or None."""
    row = db.execute(query).fetchone()
    return row[0] if row else None


def _changed(db: Database, query: str, values: Any) -> int:
    """How many rows a statement changed."""
    return db.execute(query, values).rowcount


def _known(db: Database, rows: Sequence[Row], ids: Sequence[int], steady_ms: int) -> dict[bytes, int]:
    """By identity, the message that has it: one that was there before, else the first of these rows."""
    first: dict[bytes, int] = {}
    for row, number in zip(rows, ids, strict=True):
        if row.identity:
            first.setdefault(row.identity, number)
    new = {
        identity for (identity,) in db.execute(sql.KNOW, [steady_ms, list(first), list(first.values()), REMEMBERED_MS])
    }
    first.update(db.execute(sql.KNOWN, [[identity for identity in first if identity not in new]]))
    return first


def _values(number: int, row: Row) -> tuple[Any, ...]:
    return number, *map(_text, named(row)), row.body


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as one array for each column."""
    return [list(column) for column in zip(*rows, strict=True)]


def _first(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _text(text: str | None) -> str | None:
    """Text as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return text and text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


# ---- the server, and its errors ----


def shown(url: str) -> str:
    """A URL as it may be shown: who opens which database, and no more.

    Raises:
        ContentError: it cannot be read.
    """
    given = _read(url)
    user = f"{given['user']}@" if given.get("user") else ""
    return _named(given, user)


def _parameters(url: str) -> dict[str, Any]:
    """How to connect."""
    return {**CONNECTION, **_read(url)}


def _read(url: str) -> dict[str, Any]:
    """What a URL says. Where it is none, nothing of it is told: it may hold a password."""
    try:
        given: dict[str, Any] | None = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        given = None
    if given is None or _is_torn(url, given):
        raise ContentError(
            "the store's URL cannot be read: postgresql://USER:PASSWORD@HOST:PORT/DATABASE was expected, "
            "with %40 for an @ in a password, %2F for a /, %25 for a %"
        )
    return given


def _is_torn(url: str, given: Mapping[str, Any]) -> bool:
    """Whether a part of a password was taken for a host, a port, or a database."""
    _, _, path = url.partition("://")[2].partition("?")[0].partition("/")
    return "@" in f"{given.get('host')}{path}" or not PORTS.fullmatch(str(given.get("port", "")))


def _named(parameters: Mapping[str, Any], user: str = "") -> str:
    """Which database it is."""
    host = parameters.get("host", "localhost")
    where = f"[{host}]" if ":" in host else host
    port = f":{parameters['port']}" if parameters.get("port") else ""
    return f"postgresql://{user}{where}{port}/{parameters.get('dbname', '')}"


@contextmanager
def _told(name: str) -> Iterator[None]:
    """PostgreSQL's errors in words."""
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(f"{name}: {_in_words(error)}") from error


def _in_words(error: psycopg.Error) -> str:
    """What happened; never the details that the server adds, which show rows."""
    if error.diag.message_primary is None:
        text = " ".join(str(error).split())
        refusal = REFUSAL.search(text)
        return f"the server refuses: {refusal[1]}" if refusal else f"the server is away ({text})"
    if isinstance(error, psycopg.errors.DiskFull):
        return f"the server's disk is full ({error.diag.message_primary})"
    return error.diag.message_primary
