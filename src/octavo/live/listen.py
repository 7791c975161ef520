"""The receiver by MQTT: a message is acknowledged to the broker once it is kept, and not before."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error
from octavo.live.backoff import Backoff
from octavo.live.broker import BrokerError, VersionError
from octavo.live.commits import HELD_MOST
from octavo.live.devices import Devices
from octavo.live.errors import MISTAKES, RefusedError, StoreError
from octavo.live.intake import Received, read
from octavo.live.logs import Keeping, facts, set_up
from octavo.live.mqtt import BROKE, ONE_NAME_EACH, Connection
from octavo.live.running import Running
from octavo.live.signals import ended_by_signals
from octavo.live.sinks import make_sink
from octavo.live.subscription import SHARE, broker_of, filters_of, refuse_circle

if TYPE_CHECKING:
    from octavo.live.config import Config
    from octavo.live.intake import Row
    from octavo.live.mqtt import Message
    from octavo.live.store import Put

log = logging.getLogger(__name__)

BACKOFF = Backoff(1.0, 60.0)
"""Waits before the next connection."""

SHORT_S = 60.0
"""A connection that does not last so long did not go well: the wait for the next one doubles."""

SHORT_MOST = 3
"""So many connections in a row that break soon are no accident."""

HELD_BACK_S = 0.005
"""How long a message waits before it is offered again to a store that has too much to do."""

LOOK_S = 0.25
"""How often the receiver looks whether it is to end, and offers again what the store could not take."""

HELD_COUNT = 2000
"""Messages of QoS 0 that are held while the store cannot take them, and no more than `HELD_MOST` bytes of them."""

ROOM = 8
"""A message so many times as long as one may be still comes, and the log tells that it is refused. What is longer the
broker throws away, and tells nobody: it would have to be held as a whole before it could be refused.

Source: MQTT 5.0, section 3.1.2.11.4 "Maximum Packet Size".
"""

TOPIC_ROOM = 1 << 17
"""Bytes for the rest of a packet: its topic has at most 65535 (MQTT 5.0, section 1.5.4), and properties follow."""


@dataclass(slots=True)
class Tally:
    """What came.

    Attributes:
        received: messages that are kept, or were before.
        duplicates: those that were before.
        refused: messages that no network sends.
        lost: messages of QoS 0 that the store could not take for too long.
    """

    received: int = 0
    duplicates: int = 0
    refused: int = 0
    lost: int = 0


def run(config: Config) -> int:
    """Listen until a signal comes; then keep what is on its way, and end.

    Returns:
        The number of the signal.

    Raises:
        Error: the configuration is not what it should be, or the store cannot be opened.
    """
    listener = Listener(config)
    with ended_by_signals(listener.stop) as ending:
        listener.run()
    return ending.by


class Listener:
    """Takes messages from a broker.

    Args:
        config: the configuration; ``listen`` is there.
        backoff: see `BACKOFF`.

    Raises:
        ContentError: the configuration is not what it should be.
    """

    def __init__(self, config: Config, *, backoff: Backoff = BACKOFF) -> None:
        if config.listen is None:
            raise ContentError("no server of MQTT: [listen] in the configuration, or --server, was expected")
        self._config = config
        self._filters = filters_of(config.listen)
        packet_most = ROOM * config.server.body_max_bytes + TOPIC_ROOM
        self._broker = replace(broker_of(config, config.listen), packet_most=packet_most)
        self._qos = config.listen.qos
        for sink in config.sinks:
            make_sink(sink, config)
            refuse_circle(config.listen, sink)
        self._backoff = backoff
        self._failures = 0
        self._devices = Devices(config) if config.unknown == "refuse" else None
        self._stopping = threading.Event()
        self._held = _Held()
        self._is_subscribed = False
        self._is_told = False
        self._keeping = Keeping()
        self._store_failed = False
        self.tally = Tally()

    def stop(self) -> None:
        """Come to an end; `run` returns then."""
        self._stopping.set()

    def run(self) -> None:
        """Listen until `stop`, however often the broker goes away.

        Raises:
            Error: the store cannot be opened, or nothing is kept any more.
        """
        self._running = running = Running(self._config, _Told())
        try:
            while not self._stopping.is_set():
                self._failures = 0 if self._one_connection() else self._failures + 1
                self._stopping.wait(self._backoff.after(max(1, self._failures)))
        finally:
            running.close()
        self._lose(len(self._held), "the end came before they could be kept")
        told = {"received": self.tally.received, "duplicates": self.tally.duplicates, "refused": self.tally.refused}
        log.info(
            "stopped: %s", ", ".join(f"{count} {name}" for name, count in told.items()), extra=facts("stopped", **told)
        )

    # ---- one connection ----

    def _one_connection(self) -> bool:
        """Connect, and take what comes until the connection ends; says whether that went well for a while."""
        kept_before, self._store_failed = self.tally.received, False
        began = time.monotonic()
        connection = Connection(self._broker, lambda message: self._take(connection, message))
        try:
            self._begin(connection)
            why = self._until_the_end(connection)
            why += self._hint(why)
            log.warning("%s: %s", self._broker.address, why, extra=facts("disconnected", reason=why))
        except _Stopped:
            self._running.close()  # what was taken is kept now, and acknowledged before the connection ends
        except BrokerError as error:
            log.warning("%s", error, extra=facts("not_connected", reason=str(error)))
            self._try_another_version(error)
            return False
        finally:
            connection.close()
        if self._store_failed:
            return self.tally.received > kept_before
        return time.monotonic() - began >= SHORT_S

    def _hint(self, why: str) -> str:
        """Why connections break again and again, where no broker says it: MQTT 3.1.1 cannot."""
        if why != BROKE or self._failures + 1 < SHORT_MOST:
            return ""
        return f"; is another client called {self._broker.client_id}? Then they push each other out: {ONE_NAME_EACH}"

    def _begin(self, connection: Connection) -> None:
        has_session = connection.open()
        if not (has_session and self._is_subscribed):
            self._subscribe(connection)
        address, (sentence, told) = self._broker.address, set_up(self._config)
        assert self._config.listen is not None  # noqa: S101 - the constructor has seen it
        topics = ", ".join(self._filters) if self._config.listen.topics else "the topics of all networks"
        more = "" if self._is_told else f" for {topics}, {sentence}"
        self._is_told = True
        told_all = facts("connected", server=address, resumed=has_session, topics=self._filters, **told)
        log.info("listening to %s%s", address, more, extra=told_all)

    def _subscribe(self, connection: Connection) -> None:
        refused = connection.subscribe(self._filters, qos=self._qos)
        for each, why in refused.items():
            log.info("%s refuses %s: %s", self._broker.address, each, why, extra=facts("not_subscribed", filter=each))
        if len(refused) == len(self._filters):
            raise BrokerError(
                f"{self._broker.address} refuses all subscriptions: {', '.join(sorted({*refused.values()}))}"
            )
        self._is_subscribed = True

    def _until_the_end(self, connection: Connection) -> str:
        """Wait until the connection ends; says why."""
        while not (why := connection.wait(LOOK_S)):
            self._offer_again()
            if not self._running.is_taking:
                raise StoreError(self._running.fallen)
            if self._stopping.is_set():
                raise _Stopped
        return why

    def _try_another_version(self, error: BrokerError) -> None:
        """After one that seems not to speak MQTT 5, the older one; where that is no better, the first one again."""
        assert self._config.listen is not None  # noqa: S101 - the constructor has seen it
        if isinstance(error, VersionError) and not any(each.startswith(SHARE) for each in self._filters):
            log.info("trying MQTT 3.1.1", extra=facts("older_version"))
            self._broker = replace(self._broker, version=4)
        else:
            self._broker = replace(self._broker, version=self._config.listen.version)

    # ---- one message; in the thread of the network ----

    def _take(self, connection: Connection, message: Message) -> None:
        """Have a message kept. What cannot be is acknowledged: it would come for ever, and hold up what follows."""
        try:
            row = self._row(message)
        except RefusedError as error:
            self._refuse(connection, message, error.name)
        except Error as error:  # not the message's fault: a catalogue that cannot be read, for example
            self._give_back(connection, message, error)
        except MISTAKES:
            told = facts("unreadable", topic=message.topic, bytes=len(message.payload))
            log.critical("a mistake of octavo's, which a message on %s found", message.topic, exc_info=True, extra=told)
            self._refuse(connection, message, "unreadable")
        else:
            self._offer(connection, message, row)

    def _offer(self, connection: Connection, message: Message, row: Row) -> None:
        answer = partial(self._answered, connection, message, row)
        while not self._stopping.is_set() and not connection.wait(0):
            if self._running.submit(row, answer):
                return
            self._stopping.wait(HELD_BACK_S)  # meanwhile nothing more is read, and the broker waits

    def _row(self, message: Message) -> Row:
        most = self._config.server.body_max_bytes
        if len(message.payload) > most:
            raise RefusedError(413, "too_large", f"longer than {most} bytes")
        row = read(Received(message.payload, "mqtt", topic=message.topic, retained=message.retained))
        if self._devices and row.device and not self._devices.named(row.ids):
            raise RefusedError(404, "unknown_device", "no device is configured for this message")
        return row

    def _refuse(self, connection: Connection, message: Message, reason: str) -> None:
        self.tally.refused += 1
        size = len(message.payload)
        told = facts("refused", reason=reason, topic=message.topic, bytes=size)
        log.warning("refused %d bytes on %s: %s", size, message.topic, reason, extra=told)
        connection.acknowledge(message)

    def _give_back(self, connection: Connection, message: Message, error: Error) -> None:
        """Leave a message to the broker, which sends it again; at QoS 0 it does not."""
        if message.qos:
            self._store_failed = True
            connection.end(f"a message cannot be kept ({error}); the broker is to send it again")
        else:
            self._lose(1, str(error))

    # ---- what became of it; in the thread of the commits ----

    def _answered(self, connection: Connection, message: Message, row: Row, result: Put | StoreError) -> None:
        if isinstance(result, StoreError):
            self._keeping.fails(result)
        if not isinstance(result, StoreError):
            self._count(result)
            connection.acknowledge(message)
        elif message.qos:
            self._give_back(connection, message, result)
        else:
            self._hold(row, result)

    def _count(self, put: Put) -> None:
        self._keeping.goes_well()
        self.tally.received += 1
        self.tally.duplicates += put.duplicate

    def _hold(self, row: Row, error: StoreError) -> None:
        """Keep what no broker sends again, for as long as there is room."""
        if not self._held.add(row):
            self._lose(1, str(error))

    def _lose(self, count: int, why: str) -> None:
        """Say that messages are lost; none are no loss."""
        if count:
            self.tally.lost += count
            log.error("%d messages are lost: %s", count, why, extra=facts("lost", error=why, count=count))

    def _offer_again(self) -> None:
        for _ in range(len(self._held)):
            row = self._held.take()
            if not self._running.submit(row, partial(self._answered_late, row)):
                self._held.put_back(row)
                return

    def _answered_late(self, row: Row, result: Put | StoreError) -> None:
        if isinstance(result, StoreError):
            self._hold(row, result)
        else:
            self._count(result)


class _Held:
    """Messages of QoS 0 that could not be kept, the oldest first: no broker sends them again."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Row) -> bool:
        """Hold one more; says whether there was room for it."""
        with self._lock:
            if self._rows and (len(self._rows) >= HELD_COUNT or self._bytes + len(row.body) > HELD_MOST):
                return False
            self._rows.append(row)
            self._bytes += len(row.body)
        return True

    def take(self) -> Row:
        """Let go of the oldest."""
        with self._lock:
            row = self._rows.popleft()
            self._bytes -= len(row.body)
        return row

    def put_back(self, row: Row) -> None:
        """Hold the oldest again."""
        with self._lock:
            self._rows.appendleft(row)
            self._bytes += len(row.body)


class _Stopped(Exception):  # noqa: N818 - no error: somebody wants it to end
    """It is to end."""


class _Told:
    """What a worker tells; nobody scrapes this receiver."""

    def worked(self, tally: Any) -> None:
        del tally

    def died(self) -> None:
        """It is in the log."""
