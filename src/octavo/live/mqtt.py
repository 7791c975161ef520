"""The one place that speaks MQTT: connections to a broker, of MQTT 5 or 3.1.1.

paho is an extra; importing this module without it tells how to install it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.live.broker import BrokerError, VersionError, in_words, make_broker
from octavo.live.sinks.sink import DOWN, REFUSED, SENT, Receipt

try:
    from paho.mqtt import client as paho
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.subscribeoptions import SubscribeOptions
except ImportError as missing:
    raise ContentError('paho-mqtt is not installed: pip install "octavo[mqtt]"') from missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.reasoncodes import ReasonCode

    from octavo.live.broker import Broker
    from octavo.networks.message import Publication

KEEPALIVE_S = 30
TIMEOUT_S = 10.0
"""How long a broker may take to answer, in seconds."""

RECEIVE_MOST = 500
"""Messages that a broker may send before the first is acknowledged, where it speaks MQTT 5: as many as one commit."""

LOOK_S = 0.5
"""How often the network thread looks whether it is to end."""

MOST_AT_ONCE = 1000
"""Publications that wait for their acknowledgements together; packet identifiers have 16 bits."""

BUSY = frozenset([0x80, 0x83, 0x97])
"""Reason codes that are the broker's trouble: unspecified, implementation specific, quota exceeded.

Source: MQTT 5.0, section 2.4; the others of a PUBACK are about the one publication (section 3.4.2.1).
"""

OTHER_VERSION = 0x84
WRONG_USER = frozenset([0x86, 0x87])
"""Reason codes of a CONNACK; those of MQTT 3.1.1 are told by the same. Source: MQTT 5.0, section 3.2.2.2."""

TAKEN_OVER = 0x8E
"""Reason code of a DISCONNECT: another connection has our client_id. Source: MQTT 5.0, section 3.14.2.1."""

BROKE = "the connection broke"
ONE_NAME_EACH = "each client of a broker needs a client_id of its own"

RETAINED_WHEN_NEW = 1
"""Source: MQTT 5.0, section 3.8.3.1, "Retain Handling": retained messages come with a subscription that is new."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a broker sent.

    Attributes:
        topic: its topic.
        payload: its payload, which `repr` does not show.
        qos: 0, or 1: then it is to be acknowledged.
        number: its packet identifier.
        retained: it is a retained one, which comes with a subscription.
    """

    topic: str
    payload: bytes = field(repr=False)
    qos: int
    number: int
    retained: bool


class Connection:
    """One connection to a broker, from beginning to end: whoever wants another makes one.

    So no acknowledgement, and no publication, of one connection ever gets into the next.

    Args:
        broker: the broker.
        take: given each message that comes, in the thread of the network; what is QoS 1 the broker sends again
            unless it is acknowledged.
    """

    def __init__(self, broker: Broker, take: Callable[[Message], None] | None = None) -> None:
        self._broker = broker
        self._take = take
        self._changed = threading.Condition()
        self._answers: dict[tuple[str, int], Any] = {}
        self._end = ""
        self._most_bytes = 0
        self._client = self._new_client()
        self._thread = threading.Thread(target=self._run, name="octavo-mqtt", daemon=True)

    def _new_client(self) -> paho.Client:
        broker = self._broker
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=None if broker.is_5 else not broker.session_s,
            protocol=paho.MQTTv5 if broker.is_5 else paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_register_write = lambda *_: None  # so that only the network thread writes to the socket
        return client

    # ---- for everybody ----

    def open(self, timeout_s: float = TIMEOUT_S) -> bool:
        """Connect, and be let in.

        Returns:
            Whether the broker still had a session of ours.

        Raises:
            BrokerError: it cannot be reached, or does not let us in.
        """
        self._connect(timeout_s)
        self._thread.start()
        reason, has_session = self._answer("connect", 0, timeout_s, "let us in")
        if reason.is_failure:
            family = VersionError if reason.value == OTHER_VERSION else BrokerError
            raise family(f"{self._broker.address} does not let us in: {reason.getName()}{self._advice(reason)}")
        return bool(has_session)

    def subscribe(self, filters: Sequence[str], *, qos: int = 1, timeout_s: float = TIMEOUT_S) -> dict[str, str]:
        """Subscribe at QoS 0 or 1; says which filters the broker refuses, and why.

        Raises:
            BrokerError: the connection ended, or no answer came.
        """
        options = SubscribeOptions(qos=qos, retainHandling=RETAINED_WHEN_NEW)
        asked = [(each, options if self._broker.is_5 else qos) for each in filters]
        try:
            _, number = self._client.subscribe(asked)  # type: ignore[arg-type]  # a list of one kind, or of the other
        except ValueError:
            raise BrokerError(f"no topic filters: {', '.join(filters)}") from None
        reasons = self._answer("subscribe", number or 0, timeout_s, "answer a subscription")
        return {each: why.getName() for each, why in zip(filters, reasons, strict=False) if why.is_failure}

    def publish(
        self, publications: Sequence[Publication], *, qos: int = 1, retain: bool = False, timeout_s: float = TIMEOUT_S
    ) -> list[Receipt]:
        """Publish; at QoS 1, sent is what the broker has acknowledged. One receipt for each, in order."""
        receipts: list[Receipt] = []
        deadline = time.monotonic() + timeout_s
        for start in range(0, len(publications), MOST_AT_ONCE):
            several = publications[start : start + MOST_AT_ONCE]
            asked = [self._ask(each, qos, retain=retain) for each in several]
            receipts += [each if isinstance(each, Receipt) else self._receipt(each, deadline) for each in asked]
        return receipts

    def acknowledge(self, message: Message) -> None:
        """Tell the broker that it need not send this again."""
        self._client.ack(message.number, message.qos)

    def wait(self, timeout_s: float | None = None) -> str:
        """Wait until the connection ends; says why, or "" where it has not."""
        with self._changed:
            self._changed.wait_for(lambda: self._end, timeout_s)
            return self._end

    def end(self, why: str) -> None:
        """Say that the connection is at its end, and why; `close` ends it."""
        with self._changed:
            self._end = self._end or why
            self._changed.notify_all()

    def close(self) -> None:
        """End the connection; a session stays."""
        self._client.disconnect()
        self.end("it was closed")
        if self._thread.ident:
            self._thread.join()
        self._client.loop_write()  # acknowledgements and the DISCONNECT, where the thread was gone before
        if left := self._client.socket():
            left.close()

    # ---- the network ----

    def _connect(self, timeout_s: float) -> None:
        broker = self._broker
        self._client.connect_timeout = timeout_s
        more: dict[str, Any] = {}
        if broker.is_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types for it
            properties.SessionExpiryInterval = broker.session_s
            properties.ReceiveMaximum = RECEIVE_MOST
            if broker.packet_most:
                properties.MaximumPacketSize = broker.packet_most
            more = {"clean_start": not broker.session_s, "properties": properties}
        try:
            self._client.connect(broker.host, broker.port, KEEPALIVE_S, **more)
        except (OSError, ValueError) as error:
            raise BrokerError(f"{self._broker.address} cannot be reached: {in_words(error)}") from error

    def _run(self) -> None:
        """The network thread: whatever ends it ends the connection."""
        why = "an error that nobody expected ended it"
        try:
            while not self._end and self._client.loop(LOOK_S) == paho.MQTT_ERR_SUCCESS:
                pass
            why = BROKE
        finally:
            self.end(why)

    def _told(self, what: str, number: int, answer: Any) -> None:
        with self._changed:
            self._answers[what, number] = answer
            self._changed.notify_all()

    def _answer(self, what: str, number: int, timeout_s: float, expected: str) -> Any:
        """Wait for an answer of the broker."""
        with self._changed:
            self._changed.wait_for(lambda: self._end or (what, number) in self._answers, max(0.0, timeout_s))
            if (what, number) in self._answers:
                return self._answers.pop((what, number))
            why = self._end or f"it did not {expected} in time"
        if what == "connect":
            family = VersionError if self._broker.is_5 else BrokerError
            raise family(f"{self._broker.address}: {why}; {self._doubt()}?")
        raise BrokerError(f"{self._broker.address}: {why}")

    def _advice(self, reason: ReasonCode) -> str:
        if reason.value not in WRONG_USER:
            return ""
        return (
            "; are user name and password right?" if self._broker.username else "; it wants a user name and a password"
        )

    def _doubt(self) -> str:
        """What may be wrong where a broker does not even say no."""
        secured = "TLS (mqtts://)" if self._broker.tls is None else "a certificate (tls.certificate and tls.key)"
        return f"does it want {secured}{', or MQTT 3.1.1 (version = 4)' if self._broker.is_5 else ''}"

    # ---- publications ----

    def _ask(self, publication: Publication, qos: int, *, retain: bool) -> int | Receipt:
        """Hand a publication to paho; its number, or a receipt where it never gets on its way."""
        size = len(publication.payload) + len(publication.topic.encode("utf-8", "replace"))
        if self._most_bytes and size + 16 > self._most_bytes:  # 16: more than the headers of a PUBLISH take
            return Receipt(REFUSED, f"{size} bytes: {self._broker.address} takes at most {self._most_bytes}")
        try:
            asked = self._client.publish(publication.topic, publication.payload, qos, retain)
        except ValueError as error:
            return Receipt(REFUSED, f"no publication of MQTT: {error}")
        return asked.mid

    def _receipt(self, number: int, deadline: float) -> Receipt:
        try:
            reason = self._answer("publish", number, deadline - time.monotonic(), "acknowledge")
        except BrokerError as error:
            return Receipt(DOWN, str(error))
        if not reason.is_failure:
            return Receipt(SENT)
        state = DOWN if reason.value in BUSY else REFUSED
        return Receipt(state, f"{self._broker.address} refuses it: {reason.getName()}")

    # ---- what paho calls, in the network thread ----

    def _on_connect(self, _client: Any, _data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        self._most_bytes = getattr(properties, "MaximumPacketSize", 0)
        self._told("connect", 0, (reason, flags.session_present))

    def _on_disconnect(self, _client: Any, _data: Any, flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if not (flags.is_disconnect_packet_from_server and reason.is_failure):
            self.end(BROKE)
        elif reason.value == TAKEN_OVER:
            self.end(f"another client called {self._broker.client_id} took over the session; {ONE_NAME_EACH}")
        else:
            self.end(f"it ended the connection: {reason.getName()}")

    def _on_subscribe(self, _client: Any, _data: Any, number: int, reasons: list[ReasonCode], _properties: Any) -> None:
        self._told("subscribe", number, reasons)

    def _on_publish(self, _client: Any, _data: Any, number: int, reason: ReasonCode, _properties: Any) -> None:
        self._told("publish", number, reason)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if self._take is None:
            return
        self._take(Message(_topic(message), bytes(message.payload), message.qos, message.mid, message.retain))


def publish(
    server: str,
    publications: Sequence[Publication],
    *,
    username: str | None = None,
    password: str | None = None,
    timeout_s: float = TIMEOUT_S,
    qos: int = 1,
) -> None:
    """Connect by MQTT 3.1.1, which every network's server speaks; publish; and go.

    At QoS 1 the broker has it all when this returns.

    Args:
        server: ``mqtt://host:port`` or ``mqtts://host:port``.
        publications: what to publish, in order.
        username: user name, or None.
        password: its password, or None.
        timeout_s: how long the broker may take for each answer, in seconds.
        qos: 0 or 1.

    Raises:
        BrokerError: the broker cannot be reached, does not let us in, or does not take it.
        ContentError: the URL is none.
    """
    connection = Connection(make_broker(server, username=username, password=password))
    try:
        connection.open(timeout_s)
        receipts = connection.publish(publications, qos=qos, timeout_s=timeout_s)
    finally:
        connection.close()
    if reason := next((each.reason for each in receipts if each.state != SENT), None):
        raise BrokerError(reason)


def _topic(message: paho.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:  # no broker lets this through; nobody knows the kind of such a message
        return ""
