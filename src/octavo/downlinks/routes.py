"""Ways on which a downlink gets to its network: which requests, or publications, an operation on a queue is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from octavo.errors import ContentError
from octavo.networks import chirpstack4, ttn2, tts
from octavo.networks.tts import QueueItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from octavo.networks.message import Headers, Publication, Request

OPERATIONS = ("push", "replace", "clear")
NETWORKS = ("v3", "v2", "chirpstack4")
PLAIN = frozenset(("f_port", "frm_payload", "decoded_payload", "confirmed"))
"""What every network has of a `QueueItem`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to send.

    Attributes:
        request: the request, or the publication.
        safe: whether the network may do it twice with no harm.
    """

    request: Request | Publication
    safe: bool


class Route(Protocol):
    """A way to a network."""

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """What is to be sent, in order.

        Args:
            operation: one of `OPERATIONS`.
            device_id: the end device.
            items: the downlinks; none for ``clear``.
            user_agent: who is calling.

        Raises:
            ContentError: what the network would refuse, or has no way to be told.
        """


@dataclass(frozen=True, slots=True)
class ApplicationApi:
    """The Things Stack v3, through a webhook's route or the application's own.

    Attributes:
        server: address of the cluster, with or without ``/api/v3``.
        application_id: the application.
        api_key: key with the right to write downlink application traffic.
        webhook_id: the webhook; None is the application's own route.
    """

    server: str
    application_id: str
    api_key: str = field(repr=False)
    webhook_id: str | None = None

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """See `Route`."""
        request = tts.queue_request(
            operation,
            items,
            server=self.server,
            application_id=self.application_id,
            device_id=device_id,
            api_key=self.api_key,
            webhook_id=self.webhook_id,
            user_agent=user_agent,
        )
        return [Call(request, safe=operation != "push")]

    def attributes(self, device_id: str, user_agent: str) -> Request:
        """The request for the attributes of an end device."""
        request = tts.attributes_request(
            server=self.server, application_id=self.application_id, device_id=device_id, api_key=self.api_key
        )
        return replace(request, headers={**request.headers, "User-Agent": user_agent})


@dataclass(frozen=True, slots=True)
class WebhookHeaders:
    """The Things Stack v3, by the ``X-Downlink-*`` headers that a webhook brought.

    Attributes:
        headers: the headers of the webhook's request; they hold the key.
    """

    headers: Headers = field(repr=False)

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """See `Route`; also refuses a device that the headers are not of."""
        request = tts.reply_request(self.headers, items, operation=operation, user_agent=user_agent)
        _check_device(request.url, device_id)
        return [Call(request, safe=operation != "push")]


def _check_device(url: str, device_id: str) -> None:
    """Refuse a queue that is another device's; a URL of another form is taken as it is."""
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise ContentError("the headers lead to what is no URL") from error
    *_, before, device, down, _ = ["", "", "", "", *path.split("/")]
    if (before, down) == ("devices", "down") and device != device_id:
        raise ContentError(f"the headers lead to the queue of {device}, not to that of {device_id}")


@dataclass(frozen=True, slots=True)
class DownlinkUrl:
    """The Things Network v2, by the ``downlink_url`` of an uplink. One request for each downlink.

    Attributes:
        url: the URL; it holds the key.
        method: ``POST`` or ``PUT``.
    """

    url: str = field(repr=False)
    method: str = "POST"

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """See `Route`; v2 cannot clear a queue."""
        messages = _ttn2_messages(operation, device_id, items)
        requests = [ttn2.downlink_request(self.url, message, method=self.method) for message in messages]
        named = [replace(one, headers={**one.headers, "User-Agent": user_agent}) for one in requests]
        return [Call(one, safe=message.schedule == "replace") for one, message in zip(named, messages, strict=True)]


@dataclass(frozen=True, slots=True)
class ChirpStackApi:
    """ChirpStack v4, through chirpstack-rest-api. One request for each downlink.

    Attributes:
        server: address of chirpstack-rest-api, such as ``http://localhost:8090``.
        api_key: an API key of ChirpStack.
    """

    server: str
    api_key: str = field(repr=False)

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """See `Route`; the device is its DevEUI."""
        names: dict[str, Any] = {"server": self.server, "api_key": self.api_key, "user_agent": user_agent}
        if operation == "clear" or (operation == "replace" and not items):
            _check_empty(items)
            return [Call(chirpstack4.flush_request(device_id, **names), safe=True)]
        commands = list(_chirpstack_commands(device_id, items))
        flushes = [operation == "replace" and not index for index in range(len(commands))]
        return [
            Call(chirpstack4.downlink_request(command, flush_queue=flush, **names), safe=flush)
            for command, flush in zip(commands, flushes, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Mqtt:
    """Any of the networks, over MQTT.

    Attributes:
        publish: publishes; it raises an octavo error where it cannot.
        application_id: the application: ``app@tenant`` for v3 with tenants, a UUID for ChirpStack.
        network: one of `NETWORKS`.
    """

    publish: Callable[[Sequence[Publication]], object]
    application_id: str
    network: str = "v3"

    def calls(self, operation: str, device_id: str, items: Sequence[QueueItem], user_agent: str) -> list[Call]:
        """See `Route`; over MQTT only v3 can clear a queue, and ChirpStack can only push."""
        del user_agent
        if self.network not in NETWORKS:
            raise ContentError(f"no network {self.network!r}: one of {', '.join(NETWORKS)} was expected")
        publications = list(self._publications(operation, device_id, items))
        return [Call(publication, safe=False) for publication in publications]

    def _publications(self, operation: str, device_id: str, items: Sequence[QueueItem]) -> Iterator[Publication]:
        if self.network == "v3":
            uid = self.application_id
            yield tts.queue_publication(operation, items, application_uid=uid, device_id=device_id)
        elif self.network == "v2":
            for message in _ttn2_messages(operation, device_id, items):
                # the device stands in the topic
                yield ttn2.downlink_publication(self.application_id, device_id, replace(message, dev_id=""))
        elif operation != "push":
            raise ContentError(f"ChirpStack takes no {operation} over MQTT: its REST API does")
        else:
            for command in _chirpstack_commands(device_id, items):
                yield chirpstack4.downlink_publication(self.application_id, command)


def _ttn2_messages(operation: str, device_id: str, items: Sequence[QueueItem]) -> list[ttn2.DownlinkMessage]:
    """The first replaces the queue, where that is asked for; all others follow it."""
    if operation == "clear" or not items:
        raise ContentError("The Things Network v2 cannot clear a queue: replace it with a downlink")
    first = "replace" if operation == "replace" else "last"
    return [_ttn2_message(item, device_id, "last" if index else first) for index, item in enumerate(items)]


def _ttn2_message(item: QueueItem, device_id: str, schedule: str) -> ttn2.DownlinkMessage:
    _check_plain(item, "The Things Network v2")
    return ttn2.DownlinkMessage(
        port=item.f_port,
        payload_raw=item.frm_payload,
        payload_fields=item.decoded_payload,
        confirmed=item.confirmed,
        schedule=schedule,
        dev_id=device_id,
    )


def _chirpstack_commands(device_id: str, items: Sequence[QueueItem]) -> Iterator[chirpstack4.DownlinkCommand]:
    if not items:
        raise ContentError("nothing to push: ChirpStack takes one downlink in each request")
    for item in items:
        _check_plain(item, "ChirpStack")
        yield chirpstack4.DownlinkCommand(
            dev_eui=device_id,
            f_port=item.f_port,
            frm_payload=item.frm_payload,
            decoded_payload=item.decoded_payload,
            confirmed=item.confirmed,
        )


def _check_empty(items: Sequence[QueueItem]) -> None:
    if items:
        raise ContentError("a queue is cleared without downlinks; replace takes them")


def _check_plain(item: QueueItem, network: str) -> None:
    """Refuse what only v3 has: it would be lost silently."""
    for name in (each.name for each in fields(item) if each.name not in PLAIN):
        if getattr(item, name) != getattr(QueueItem(), name):
            raise ContentError(f"{network} has no {name}: only The Things Stack v3 takes it", path=f"/{name}")
