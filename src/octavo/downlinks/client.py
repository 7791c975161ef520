"""Sends downlinks to a network: encoded by the device, checked, and repeated only where that is safe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack
from urllib.parse import urlsplit

from octavo._http import TIMEOUT_S, Http, Response, TransportError
from octavo.downlinks.answers import refusal
from octavo.downlinks.findings import queue_findings
from octavo.downlinks.retries import Retries
from octavo.downlinks.routes import (
    OPERATIONS,
    ApplicationApi,
    Call,
    ChirpStackApi,
    DownlinkUrl,
    Mqtt,
    Route,
    WebhookHeaders,
)
from octavo.errors import ContentError, Error
from octavo.messages import Downlink, Encoded
from octavo.networks.message import USER_AGENT, Headers, Publication, Request
from octavo.networks.tts import QueueItem
from octavo.networks.wire import member, misfit, parse_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from octavo.device import Device
    from octavo.messages import Finding

SAFE_METHODS = frozenset(("GET", "DELETE"))
SAFE_PATH = "/down/replace"
"""How the route of The Things Stack ends that may be called twice."""


class Settings(TypedDict, total=False):
    """What every `Client` may be given.

    Attributes:
        device: encodes data; without one data goes as ``decoded_payload``, for the network to encode.
        user_agent: the ``User-Agent`` of the requests.
        region: for the size of payloads, such as ``EU868``; see `octavo.downlinks.REGIONS`.
        data_rate: likewise, such as ``SF7BW125``.
        retries: how often and when a request is sent again.
        timeout_s: seconds for each step of a request.
        sleep: waits a number of seconds.
        asleep: likewise, for the asynchronous methods.
    """

    device: Device | None
    user_agent: str
    region: str | None
    data_rate: str | None
    retries: Retries
    timeout_s: float
    sleep: Callable[[float], object]
    asleep: Callable[[float], Awaitable[object]]


class Options(TypedDict, total=False):
    """What may be said of downlinks that are given as bytes or data; a `QueueItem` says it itself.

    Attributes:
        f_port: FPort; needed for bytes, for data 0 leaves it to the encoder.
        confirmed: whether the device shall confirm them.
        priority: a name of `octavo.networks.tts.PRIORITIES`.
        correlation_ids: texts that come back in the events of the downlinks.
        max_attempts: how often a confirmed downlink is sent at most.
        class_b_c: ``gateways`` and ``absolute_time``, for classes B and C.
        variables: variables of the device, for its encoder.
    """

    f_port: int
    confirmed: bool
    priority: str
    correlation_ids: Sequence[str]
    max_attempts: int | None
    class_b_c: Mapping[str, Any] | None
    variables: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation on a queue, ready to be sent.

    Attributes:
        operation: ``push``, ``replace`` or ``clear``.
        device_id: the end device.
        items: the downlinks.
        calls: what is to be sent, in order.
        findings: what is allowed but looks wrong.
        remarks: warnings of the encoder, and octavo's own notes to it.
    """

    operation: str
    device_id: str
    items: tuple[QueueItem, ...]
    calls: tuple[Call, ...]
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation on a queue that the network has taken.

    Attributes:
        prepared: what was sent.
        responses: what was answered to each request; MQTT answers nothing.
    """

    prepared: Prepared
    responses: tuple[Response, ...] = field(default=())

    @property
    def items(self) -> tuple[QueueItem, ...]:
        """The downlinks."""
        return self.prepared.items

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is allowed but looks wrong."""
        return self.prepared.findings

    @property
    def remarks(self) -> tuple[str, ...]:
        """Warnings of the encoder, and octavo's own notes to it."""
        return self.prepared.remarks


class Client:
    """Schedules downlinks, and asks for a device's attributes.

    Every method that sends has an asynchronous twin with an ``a`` before its name. As a context manager it keeps
    connections open. It may be used from several threads.

    Args:
        route: the way to the network; None is The Things Stack's API, by the four names that follow.
        server: address of the cluster, with or without ``/api/v3``.
        application_id: the application.
        api_key: key with the right to write downlink application traffic.
        webhook_id: the webhook whose route is taken; None is the application's own.
        settings: see `Settings`.

    Raises:
        ContentError: neither a route nor server, application and key; or httpx is not installed.
    """

    def __init__(
        self,
        route: Route | None = None,
        *,
        server: str = "",
        application_id: str = "",
        api_key: str = "",
        webhook_id: str | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        _check_names(settings, Settings)
        if route is None and not (server and application_id and api_key):
            raise ContentError("a client needs server, application_id and api_key")
        self._route = route or ApplicationApi(server, application_id, api_key, webhook_id)
        self._settings = settings
        self._retries = settings.get("retries", Retries())
        self._sleep = settings.get("sleep", time.sleep)
        self._asleep = settings.get("asleep", asyncio.sleep)
        self._user_agent = settings.get("user_agent", USER_AGENT)
        self._http = None if isinstance(route, Mqtt) else Http(timeout_s=settings.get("timeout_s", TIMEOUT_S))

    @classmethod
    def from_webhook(cls, headers: Headers, **settings: Unpack[Settings]) -> Self:
        """A client by the ``X-Downlink-*`` headers that a webhook of The Things Stack brought, for its device."""
        return cls(WebhookHeaders(headers), **settings)

    @classmethod
    def from_downlink_url(cls, url: str, *, method: str = "POST", **settings: Unpack[Settings]) -> Self:
        """A client by the ``downlink_url`` of an uplink of The Things Network v2."""
        return cls(DownlinkUrl(url, method), **settings)

    @classmethod
    def chirpstack(cls, *, server: str, api_key: str, **settings: Unpack[Settings]) -> Self:
        """A client for ChirpStack v4 behind chirpstack-rest-api."""
        return cls(ChirpStackApi(server, api_key), **settings)

    @classmethod
    def mqtt(
        cls,
        publish: Callable[[Sequence[Publication]], object],
        *,
        application_id: str,
        network: str = "v3",
        **settings: Unpack[Settings],
    ) -> Self:
        """A client over MQTT; ``publish`` takes the publications of one operation."""
        return cls(Mqtt(publish, application_id, network), **settings)

    def __enter__(self) -> Self:
        if self._http:
            self._http.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections that were kept."""
        if self._http:
            self._http.close()

    def push(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """Put downlinks behind those that are queued.

        Args:
            device_id: the end device; its DevEUI for ChirpStack.
            downlinks: each bytes, data for the encoder, an `octavo.Encoded` or a `QueueItem`.
            options: see `Options`.

        Raises:
            ContentError: what the network would refuse, or is no downlink; nothing was sent.
            ServerError: the server refused.
            TransportError: the server could not be reached, or did not answer.
            Error: the data cannot be encoded; nothing was sent.
        """
        return self.dispatch(self.prepare("push", device_id, *downlinks, **options))

    def replace(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """Put downlinks in place of those that are queued; see `push`."""
        return self.dispatch(self.prepare("replace", device_id, *downlinks, **options))

    def clear(self, device_id: str) -> Sent:
        """Take away all that is queued; see `push`."""
        return self.dispatch(self.prepare("clear", device_id))

    async def apush(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """`push` that does not block the event loop."""
        return await self.adispatch(await self.aprepare("push", device_id, *downlinks, **options))

    async def areplace(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """`replace` that does not block the event loop."""
        return await self.adispatch(await self.aprepare("replace", device_id, *downlinks, **options))

    async def aclear(self, device_id: str) -> Sent:
        """`clear` that does not block the event loop."""
        return await self.adispatch(await self.aprepare("clear", device_id))

    def prepare(self, operation: str, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Prepared:
        """Encode and check downlinks without sending anything; arguments and errors are those of `push`."""
        device = self._settings.get("device")
        variables = options.get("variables")
        encoded = [
            device.encode_downlink(one.data, one.f_port, variables=variables) if device and _is_data(one) else one
            for one in _asked(downlinks, options)
        ]
        return self._prepared(operation, device_id, encoded, options)

    async def aprepare(self, operation: str, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Prepared:
        """`prepare` that does not block the event loop."""
        device = self._settings.get("device")
        variables = options.get("variables")
        encoded = [
            await device.aencode_downlink(one.data, one.f_port, variables=variables)
            if device and _is_data(one)
            else one
            for one in _asked(downlinks, options)
        ]
        return self._prepared(operation, device_id, encoded, options)

    def send(self, request: Request, *, safe: bool | None = None) -> Response:
        """Send a request that somebody else made, such as `octavo.pipeline.Outcome.reply`.

        Args:
            request: the request.
            safe: whether the server may do it twice; None takes reading, deleting and ``…/down/replace`` for safe.

        Raises:
            ServerError: the server refused.
            TransportError: it could not be reached, or did not answer.
        """
        return self._call(Call(request, _is_safe(request) if safe is None else safe))

    async def asend(self, request: Request, *, safe: bool | None = None) -> Response:
        """`send` that does not block the event loop."""
        return await self._acall(Call(request, _is_safe(request) if safe is None else safe))

    def attributes(self, device_id: str) -> dict[str, str]:
        """The attributes of an end device, which messages of releases before 3.34 never bring.

        The key needs the right to read devices. In The Things Stack Cloud the cluster ``eu1`` has the attributes
        of every device.

        Raises:
            ContentError: the route has none, or the answer is none.
            ServerError: the server refused.
            TransportError: it could not be reached, or did not answer.
        """
        return _attributes(self.send(self._attributes_request(device_id)))

    async def aattributes(self, device_id: str) -> dict[str, str]:
        """`attributes` that does not block the event loop."""
        return _attributes(await self.asend(self._attributes_request(device_id)))

    def _attributes_request(self, device_id: str) -> Request:
        if not isinstance(self._route, ApplicationApi):
            raise ContentError("attributes are asked for at The Things Stack: give server, application_id and api_key")
        return self._route.attributes(device_id, self._user_agent)

    def _prepared(self, operation: str, device_id: str, downlinks: Sequence[Any], options: Options) -> Prepared:
        if operation not in OPERATIONS:
            raise misfit(operation, "operation", f"one of {', '.join(OPERATIONS)}")
        items = tuple(_item(downlink, options) for downlink in downlinks)
        calls = tuple(self._route.calls(operation, device_id, items, self._user_agent))  # refuses what is no downlink
        findings = queue_findings(items, region=self._settings.get("region"), data_rate=self._settings.get("data_rate"))
        encoded = (downlink for downlink in downlinks if isinstance(downlink, Encoded))
        remarks = tuple(line for one in encoded for line in (*one.warnings, *one.notes))
        return Prepared(operation, device_id, items, calls, findings, remarks)

    def dispatch(self, prepared: Prepared) -> Sent:
        """Send what `prepare` made; errors are those of `push`."""
        if isinstance(self._route, Mqtt):
            self._route.publish(_publications(prepared))
            return Sent(prepared)
        responses: list[Response] = []
        try:
            responses.extend(map(self._call, prepared.calls))
        except Error as error:
            raise _after(error, len(responses), len(prepared.calls)) from error.__cause__
        return Sent(prepared, tuple(responses))

    async def adispatch(self, prepared: Prepared) -> Sent:
        """`dispatch` that does not block the event loop."""
        if isinstance(self._route, Mqtt):
            await asyncio.to_thread(self._route.publish, _publications(prepared))
            return Sent(prepared)
        responses: list[Response] = []
        try:
            for call in prepared.calls:
                responses.append(await self._acall(call))  # noqa: PERF401 - what was sent before an error counts
        except Error as error:
            raise _after(error, len(responses), len(prepared.calls)) from error.__cause__
        return Sent(prepared, tuple(responses))

    def _call(self, call: Call) -> Response:
        request, http = self._over_http(call)
        for tried in range(self._retries.most + 1):
            try:
                outcome: Response | TransportError = http.send(request)
            except TransportError as error:
                outcome = error
            wait_s = self._retries.wait_after(outcome, tried, safe=call.safe)
            if wait_s is None:
                break
            self._sleep(wait_s)
        return _accepted(request, outcome)

    async def _acall(self, call: Call) -> Response:
        request, http = self._over_http(call)
        for tried in range(self._retries.most + 1):
            try:
                outcome: Response | TransportError = await http.asend(request)
            except TransportError as error:
                outcome = error
            wait_s = self._retries.wait_after(outcome, tried, safe=call.safe)
            if wait_s is None:
                break
            await self._asleep(wait_s)
        return _accepted(request, outcome)

    def _over_http(self, call: Call) -> tuple[Request, Http]:
        if self._http is None or not isinstance(call.request, Request):
            raise ContentError("a client over MQTT sends no HTTP requests")
        return call.request, self._http


def _check_names(given: Mapping[str, Any], known: type) -> None:
    """Refuse arguments that nothing would listen to."""
    names = known.__annotations__
    for name in given.keys() - names.keys():
        raise TypeError(f"unexpected argument {name!r}: one of {', '.join(names)} was expected")


def _asked(downlinks: Sequence[Any], options: Options) -> list[Any]:
    """The downlinks; those that are data become a `Downlink`."""
    _check_names(options, Options)
    ready = (bytes, bytearray, memoryview, Encoded, QueueItem)
    f_port = options.get("f_port", 0)
    return [one if isinstance(one, ready) else Downlink(one, f_port) for one in downlinks]


def _is_data(downlink: Any) -> bool:
    return isinstance(downlink, Downlink)


def _item(downlink: Any, options: Options) -> QueueItem:
    if isinstance(downlink, QueueItem):
        return downlink
    asked = options.get("f_port", 0)
    if isinstance(downlink, Encoded):
        return _described(downlink.f_port or asked, downlink.frm_payload, None, options)
    if isinstance(downlink, Downlink):
        if not isinstance(downlink.data, Mapping):
            raise misfit(downlink.data, "decoded_payload", "an object: the network encodes it, as no device is given")
        return _described(asked, None, downlink.data, options)
    return _described(asked, bytes(downlink), None, options)


def _described(
    f_port: int, frm_payload: bytes | None, decoded_payload: Mapping[str, Any] | None, options: Options
) -> QueueItem:
    return QueueItem(
        f_port=f_port,
        frm_payload=frm_payload,
        decoded_payload=decoded_payload,
        confirmed=options.get("confirmed", False),
        priority=options.get("priority", "LOWEST"),
        correlation_ids=tuple(options.get("correlation_ids", ())),
        max_attempts=options.get("max_attempts"),
        class_b_c=options.get("class_b_c"),
    )


def _publications(prepared: Prepared) -> list[Publication]:
    return [call.request for call in prepared.calls if isinstance(call.request, Publication)]


def _is_safe(request: Request) -> bool:
    return request.method in SAFE_METHODS or urlsplit(request.url).path.endswith(SAFE_PATH)


def _accepted(request: Request, outcome: Response | TransportError) -> Response:
    if isinstance(outcome, TransportError):
        raise outcome
    if not outcome.is_success:
        raise refusal(request, outcome)
    return outcome


def _after(error: Error, done: int, calls: int) -> Error:
    """An error that says how much was sent before it."""
    if done:
        error.message = f"{done} of {calls} downlinks were sent, then: {error.message}"
    return error


def _attributes(response: Response) -> dict[str, str]:
    value = parse_json(response.body)
    attributes = member(value, "attributes")
    if not isinstance(value, dict) or not isinstance(attributes, dict | None):
        raise misfit(attributes if isinstance(value, dict) else value, "/attributes", "an end device with attributes")
    return {name: str(text) for name, text in (attributes or {}).items()}
