"""The receiver by MQTT: a message is acknowledged to the broker once it is kept, and not before."""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.live.backoff import Backoff
from octavo.live.devices import Devices
from octavo.live.errors import RefusedError, StoreError
from octavo.live.intake import Received, read
from octavo.live.logs import facts
from octavo.live.mqtt import BrokerError, Connection, VersionError, make_broker, parse_server
from octavo.live.running import Running
from octavo.live.signals import ended_by_signals
from octavo.live.sinks import make_sink
from octavo.networks.tts.topics import MESSAGES

if TYPE_CHECKING:
    from octavo.live.config import Config, Listen, SinkConfig
    from octavo.live.intake import Row
    from octavo.live.mqtt import Broker, Message
    from octavo.live.store import Put

log = logging.getLogger(__name__)

V3 = tuple(f"v3/+/devices/+/{end}" for end in MESSAGES.values())
"""The Things Stack; its server makes the own application of the ``+``.

Source: lorawan-stack, pkg/applicationserver/io/mqtt/topics/v3.go.
"""

V2 = ("+/devices/+/up", "+/devices/+/events/#")
"""The Things Network v2, without the topics of single fields. Source: TheThingsNetwork/ttn, mqtt/README.md."""

CHIRPSTACK = ("application/+/device/+/event/+",)
"""Source: ChirpStack documentation, "Integrations > MQTT"."""

TOPICS = (*V3, *V2, *CHIRPSTACK)
"""What is subscribed to where nobody says."""

WORDS = frozenset(word for topic in TOPICS for word in topic.split("/"))
"""Words of the networks' topics, which are no identifiers."""

BACKOFF = Backoff(1.0, 60.0)
"""Waits before the next connection."""

HELD_BACK_S = 0.005
"""How long a message waits before it is offered again to a store that has too much to do."""

LOOK_S = 0.25
"""How often the receiver looks whether it is to end, and offers again what the store could not take."""

HELD_MOST = 2000
"""Messages of QoS 0 that are held while the store cannot take them: no broker sends them again."""


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
        self._filters = _filters(config.listen)
        self._qos = config.listen.qos
        self._broker = _broker(config, config.listen)
        _check_sinks(config, self._filters)
        self._backoff = backoff
        self._devices = Devices(config) if config.unknown == "refuse" else None
        self._stopping = threading.Event()
        self._held: deque[Row] = deque()
        self._is_subscribed = False
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
        failures = 0
        try:
            while not self._stopping.is_set():
                failures = 0 if self._one_connection() else failures + 1
                self._stopping.wait(self._backoff.after(max(1, failures)))
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
        connection = Connection(self._broker, lambda message: self._take(connection, message))
        try:
            self._begin(connection)
            why = self._until_the_end(connection)
            log.warning("%s: %s", self._broker.address, why, extra=facts("disconnected", reason=why))
        except _Stopped:
            self._running.close()  # what was taken is kept now, and acknowledged before the connection ends
        except BrokerError as error:
            log.warning("%s", error, extra=facts("not_connected", reason=str(error)))
            self._try_the_older_version(error)
            return False
        finally:
            connection.close()
        return self.tally.received > kept_before or not self._store_failed

    def _begin(self, connection: Connection) -> None:
        has_session = connection.open()
        if not (has_session and self._is_subscribed):
            self._subscribe(connection)
        address = self._broker.address
        log.info("listening to %s", address, extra=facts("connected", server=address, resumed=has_session))

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
                raise StoreError("nothing is kept any more: the thread that writes has fallen")
            if self._stopping.is_set():
                raise _Stopped
        return why

    def _try_the_older_version(self, error: BrokerError) -> None:
        if isinstance(error, VersionError) and not any(each.startswith("$share/") for each in self._filters):
            log.info("trying MQTT 3.1.1", extra=facts("older_version"))
            self._broker = replace(self._broker, version=4)

    # ---- one message; in the thread of the network ----

    def _take(self, connection: Connection, message: Message) -> None:
        try:
            row = self._row(message)
        except RefusedError as error:
            self._refuse(message, error)
            connection.acknowledge(message)  # it would come again for ever, and hold up what follows
            return
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

    def _refuse(self, message: Message, error: RefusedError) -> None:
        self.tally.refused += 1
        size = len(message.payload)
        told = facts("refused", reason=error.name, topic=message.topic, bytes=size)
        log.warning("refused %d bytes on %s: %s", size, message.topic, error.name, extra=told)

    # ---- what became of it; in the thread of the commits ----

    def _answered(self, connection: Connection, message: Message, row: Row, result: Put | StoreError) -> None:
        if not isinstance(result, StoreError):
            self._count(result)
            connection.acknowledge(message)
        elif message.qos:
            self._store_failed = True
            connection.end(f"a message cannot be kept ({result}); the broker is to send it again")
        else:
            self._hold(row, result)

    def _count(self, put: Put) -> None:
        self.tally.received += 1
        self.tally.duplicates += put.duplicate

    def _hold(self, row: Row, error: StoreError) -> None:
        """Keep what no broker sends again, for as long as there is room."""
        if len(self._held) < HELD_MOST:
            self._held.append(row)
        else:
            self._lose(1, str(error))

    def _lose(self, count: int, why: str) -> None:
        """Say that messages are lost; none are no loss."""
        if count:
            self.tally.lost += count
            log.error("%d messages are lost: %s", count, why, extra=facts("lost", error=why, count=count))

    def _offer_again(self) -> None:
        for _ in range(len(self._held)):
            row = self._held.popleft()
            if not self._running.submit(row, partial(self._answered_late, row)):
                self._held.appendleft(row)
                return

    def _answered_late(self, row: Row, result: Put | StoreError) -> None:
        if isinstance(result, StoreError):
            self._hold(row, result)
        else:
            self._count(result)


class _Stopped(Exception):  # noqa: N818 - no error: somebody wants it to end
    """It is to end."""


class _Told:
    """What a worker tells; nobody scrapes this receiver."""

    def worked(self, tally: Any) -> None:
        del tally

    def died(self) -> None:
        """It is in the log."""


def _filters(listen: Listen) -> tuple[str, ...]:
    topics = listen.topics or TOPICS
    return tuple(f"$share/{listen.share}/{each}" for each in topics) if listen.share else topics


def _broker(config: Config, listen: Listen) -> Broker:
    if listen.share and listen.version != 5:  # noqa: PLR2004 - MQTT 5
        raise ContentError("listen.share: shared subscriptions are of MQTT 5: version = 5 was expected")
    return make_broker(
        listen.server,
        username=listen.username,
        password=listen.password,
        version=listen.version,
        tls=listen.tls,
        folder=config.folder,
        client_id=listen.client_id or _client_id(config, _filters(listen)),
        session_s=listen.session_s,
    )


def _client_id(config: Config, filters: tuple[str, ...]) -> str:
    """The same each time on this machine with this store and these filters: the broker finds our session again.

    With other filters it is another session, since a session keeps what it once subscribed to.

    Source: MQTT 3.1.1, section 3.1.3.1: every server takes 23 letters and digits.
    """
    place = "\0".join([socket.gethostname(), config.store_name, *filters])
    return f"octavo{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def _check_sinks(config: Config, filters: tuple[str, ...]) -> None:
    """See that every sink can be made, and that none publishes what would come in again."""
    for sink in config.sinks:
        make_sink(sink, config)
        if sink.type == "mqtt":
            _check_for_a_circle(config, sink, filters)


def _check_for_a_circle(config: Config, sink: SinkConfig, filters: tuple[str, ...]) -> None:
    from octavo.live.sinks.mqtt import published  # noqa: PLC0415 - only where there is such a sink

    if config.listen is None or parse_server(sink.options["server"]) != parse_server(config.listen.server):
        return
    for each in filters:
        asked = each.split("/")[2:] if each.startswith("$share/") else each.split("/")
        if any(_overlap(asked, ours.split("/")) for ours in published(sink)):
            raise ContentError(f"sink {sink.name}: what it publishes would come in again by the subscription to {each}")


def _overlap(asked: list[str], ours: list[str]) -> bool:
    """Whether there is a topic that is of both filters; ``#`` stands in the first only."""
    for index, level in enumerate(asked):
        if level == "#":
            return True
        if index >= len(ours):
            return False
        is_named = ours[index] == "+" and level not in WORDS
        if level not in ("+", ours[index]) and not is_named:
            return False
    return len(asked) == len(ours)
