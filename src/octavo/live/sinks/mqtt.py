"""MQTT: each outcome on a topic of its device; and, where it is asked for, each decoded field on a topic of its own."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.live.broker import BrokerError, make_broker
from octavo.live.intake import ID_MAX
from octavo.live.logs import facts
from octavo.live.mqtt import TIMEOUT_S, Connection
from octavo.live.pace import Repeats
from octavo.live.sinks.sink import BATCH, DOWN, REFUSED, SENT, Receipt
from octavo.networks.message import ID_NAMES, Publication
from octavo.networks.recognition import KINDS
from octavo.networks.ttn2.messages import field_publications
from octavo.networks.wire import member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from octavo.live.config import SinkConfig
    from octavo.live.store import Letter

log = logging.getLogger(__name__)

TOPIC = "octavo/{application_id}/devices/{device_id}/{event}"
"""Where outcomes are published when the configuration does not say."""

NAMES = (*ID_NAMES, "network", "kind", "event")
"""What a topic may name in braces: the message's identifiers; its network, its kind; ``up``, or what it is else."""

BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
"""What braces stand in a topic: two are one as it is, as `str.format_map` has it."""

UNKNOWN = "_"
"""What stands in a topic for what the message does not tell, and for a character that no topic has."""


class MqttSink:
    """See `Sink`. A letter is sent when the broker has acknowledged all that is published of it.

    Args:
        sink: its part of the configuration.
        folder: what the files for TLS count from.

    Raises:
        ContentError: the topic or the server is none, or a file cannot be used.
    """

    batch = BATCH

    def __init__(self, sink: SinkConfig, folder: Path) -> None:
        options = sink.options
        self.name = sink.name
        self._topic = _checked_topic(sink)
        self._with_fields = options.get("fields", False)
        self._timeout_s = options.get("timeout_s", TIMEOUT_S)
        self._how = {"qos": options.get("qos", 1), "retain": options.get("retain", False)}
        named = {name: options[name] for name in ("username", "password", "client_id", "tls") if name in options}
        self._broker = make_broker(options["server"], version=options.get("version", 5), folder=folder, **named)
        self._connection: Connection | None = None
        self._one_by_one = False
        self._nameless = Repeats()

    def open(self) -> None:
        """See `Sink.open`; the connection is made with the first letter."""

    def close(self) -> None:
        """See `Sink.close`."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def send(self, letters: Sequence[Letter]) -> list[Receipt]:
        """See `Sink.send`.

        A broker that finds a publication too big may end the connection, and does not say over which. So after an
        end letters go one by one, until one is refused or all are sent.
        """
        try:
            connection = self._connected()
        except BrokerError as error:
            return [Receipt(DOWN, str(error))] * len(letters)
        receipts = self._singly(connection, letters) if self._one_by_one else self._publish(connection, letters)
        return self._looked_over(connection, receipts)

    def _connected(self) -> Connection:
        if self._connection and not self._connection.wait(0):
            return self._connection
        self.close()
        self._connection = connection = Connection(self._broker)
        try:
            connection.open(self._timeout_s)
        except BrokerError:
            self.close()
            raise
        return connection

    def _publish(self, connection: Connection, letters: Sequence[Letter]) -> list[Receipt]:
        several = [self._publications(json.loads(letter.content), letter.content) for letter in letters]
        flat = [publication for each in several for publication in each]
        answers = iter(connection.publish(flat, timeout_s=self._timeout_s, **self._how))
        return [_together([next(answers) for _ in each]) for each in several]

    def _singly(self, connection: Connection, letters: Sequence[Letter]) -> list[Receipt]:
        receipts: list[Receipt] = []
        for letter in letters:
            receipts += self._publish(connection, [letter])
            if receipts[-1].state == DOWN:
                if connection.wait(0):
                    receipts[-1] = Receipt(REFUSED, f"the broker ended the connection over it: {receipts[-1].reason}")
                break
        rest = Receipt(DOWN, receipts[-1].reason)
        return receipts + [rest] * (len(letters) - len(receipts))

    def _looked_over(self, connection: Connection, receipts: list[Receipt]) -> list[Receipt]:
        """What the receipts mean for the connection, and for the way in which the next letters go."""
        is_down = any(each.state == DOWN for each in receipts)
        self._one_by_one = is_down and not self._one_by_one and bool(connection.wait(0))
        if is_down:
            self.close()
        return receipts

    def _publications(self, outcome: dict[str, Any], content: str) -> list[Publication]:
        names = _names(outcome)
        whole = Publication(self._topic.format_map(names), content.encode())
        return [whole, *self._fields(outcome)] if self._with_fields else [whole]

    def _fields(self, outcome: dict[str, Any]) -> list[Publication]:
        data = member(outcome, "decoded", "data")
        if not isinstance(data, dict):
            return []
        ids, reason = outcome["ids"], ""
        for device in filter(None, (ids["device_id"], (ids["dev_eui"] or "").lower())):
            try:
                return field_publications(ids["application_id"] or "", device, data)
            except ContentError as error:
                reason = error.message
        if count := self._nameless.note((reason,), int(time.monotonic() * 1000)):
            told = facts("no_fields", sink=self.name, id=outcome["id"], reason=reason, count=count)
            log.warning("%s: no topics for the fields of message %s: %s", self.name, outcome["id"], reason, extra=told)
        return []


def published(sink: SinkConfig) -> list[str]:
    """Topic filters of what such a sink publishes of uplinks: a ``+`` for each level that depends on the message."""
    levels = _checked_topic(sink).replace("{event}", "up").split("/")
    whole = "/".join("+" if "{" in level else level for level in levels)
    return [whole, "+/devices/+/up/+"] if sink.options.get("fields") else [whole]


def _checked_topic(sink: SinkConfig) -> str:
    topic: str = sink.options.get("topic", TOPIC)
    for found in BRACES.finditer(topic):
        name = found[1]
        if found[0] in ("{", "}"):
            raise ContentError(f"topic: a {found[0]} alone: {{NAME}} was expected; {{{{ and }}}} are braces themselves")
        if name is not None and name not in NAMES:
            known = next((known for known in NAMES if re.match(rf"{known}\W", name)), None)
            hint = f"{{{known}}}, and nothing else in the braces," if known else f"one of {', '.join(NAMES)}"
            raise ContentError(f"topic: no {{{name[:ID_MAX]}}}: {hint} was expected")
    return topic


def _names(outcome: Mapping[str, Any]) -> dict[str, str]:
    kind = outcome["kind"] or ""
    is_uplink = kind in KINDS and KINDS[kind].roles[kind] == "uplink"
    event = "up" if is_uplink else kind.partition(".")[2]
    told = {**outcome["ids"], "network": outcome["network"], "kind": kind, "event": event}
    return {name: _level(told[name]) for name in NAMES}


def _level(text: str | None) -> str:
    """A text as one level of a topic."""
    good = "".join(char if char.isprintable() and char not in "+#/" else UNKNOWN for char in (text or "")[:ID_MAX])
    return good or UNKNOWN


def _together(receipts: Sequence[Receipt]) -> Receipt:
    """One receipt for all that was published of a letter."""
    worst = {each.state: each for each in receipts}
    return worst.get(DOWN) or worst.get(REFUSED) or Receipt(SENT)
