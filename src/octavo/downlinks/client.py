"""Sends downlinks to a network: encoded by the device, checked, and repeated only where that is safe."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack
from urllib.parse import urlsplit

from octavo._http import TIMEOUT_S, Http, Response, TransportError
from octavo._plans import arun, do, run
from octavo.downlinks.answers import is_told, misled, refusal
from octavo.downlinks.findings import queue_findings
from octavo.downlinks.items import Options, asked, check_members, items_of
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
from octavo.networks.wire import member, misfit, parse_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from octavo._plans import Plan
    from octavo.device import Device
    from octavo.messages import Finding
    from octavo.networks.tts import QueueItem

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
        timeout_s: seconds for a request, from connecting to the end of its answer.
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
        ContentError: neither a route nor server, application and key.
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
            ContentError: what the network would refuse, or is no downlink, or httpx is not installed; nothing was sent.
            ServerError: the server refused.
            TransportError: the server could not be reached, or did not answer.
            Error: the data cannot be encoded; nothing was sent.
        """
        return run(self._scheduled("push", device_id, downlinks, options))

    async def apush(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """`push` that does not block the event loop."""
        return await arun(self._scheduled("push", device_id, downlinks, options))

    def replace(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """Put downlinks in place of those that are queued; see `push`."""
        return run(self._scheduled("replace", device_id, downlinks, options))

    async def areplace(self, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Sent:
        """`replace` that does not block the event loop."""
        return await arun(self._scheduled("replace", device_id, downlinks, options))

    def clear(self, device_id: str) -> Sent:
        """Take away all that is queued; see `push`."""
        return run(self._scheduled("clear", device_id, (), {}))

    async def aclear(self, device_id: str) -> Sent:
        """`clear` that does not block the event loop."""
        return await arun(self._scheduled("clear", device_id, (), {}))

    def prepare(self, operation: str, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Prepared:
        """Encode and check downlinks without sending anything; arguments and errors are those of `push`."""
        return run(self._prepared(operation, device_id, downlinks, options))

    async def aprepare(self, operation: str, device_id: str, *downlinks: Any, **options: Unpack[Options]) -> Prepared:
        """`prepare` that does not block the event loop."""
        return await arun(self._prepared(operation, device_id, downlinks, options))

    def dispatch(self, prepared: Prepared) -> Sent:
        """Send what `prepare` made; errors are those of `push`."""
        return run(self._dispatched(prepared))

    async def adispatch(self, prepared: Prepared) -> Sent:
        """`dispatch` that does not block the event loop."""
        return await arun(self._dispatched(prepared))

    def send(self, request: Request, *, safe: bool | None = None) -> Response:
        """Send a request that somebody else made, such as `octavo.pipeline.Outcome.reply`.

        Args:
            request: the request.
            safe: whether the server may do it twice; None takes reading, deleting and ``…/down/replace`` for safe.

        Raises:
            ServerError: the server refused.
            TransportError: it could not be reached, or did not answer.
        """
        return run(self._answered(Call(request, _is_safe(request) if safe is None else safe)))

    async def asend(self, request: Request, *, safe: bool | None = None) -> Response:
        """`send` that does not block the event loop."""
        return await arun(self._answered(Call(request, _is_safe(request) if safe is None else safe)))

    def attributes(self, device_id: str) -> dict[str, str]:
        """The attributes of an end device, which messages of releases before 3.34 never bring.

        The key needs the right to read devices. In The Things Stack Cloud the cluster ``eu1`` has the attributes
        of every device.

        Raises:
            ContentError: the route has none, or the answer is none.
            ServerError: the server refused.
            TransportError: it could not be reached, or did not answer.
        """
        return run(self._attributes(device_id))

    async def aattributes(self, device_id: str) -> dict[str, str]:
        """`attributes` that does not block the event loop."""
        return await arun(self._attributes(device_id))

    # ---- the plans, each run by a method and by its twin ----

    def _scheduled(self, operation: str, device_id: str, downlinks: Sequence[Any], options: Options) -> Plan[Sent]:
        prepared = yield from self._prepared(operation, device_id, downlinks, options)
        return (yield from self._dispatched(prepared))

    def _prepared(self, operation: str, device_id: str, downlinks: Sequence[Any], options: Options) -> Plan[Prepared]:
        _check(operation, device_id, options)
        if operation == "push" and not downlinks:
            raise ContentError("nothing to push: no downlink is given")
        given = yield from self._encoded(downlinks, options)
        items = items_of(given, options)
        calls = tuple(self._route.calls(operation, device_id, items, self._user_agent))  # refuses what is no downlink
        findings = queue_findings(items, region=self._settings.get("region"), data_rate=self._settings.get("data_rate"))
        encoded = (downlink for downlink in given if isinstance(downlink, Encoded))
        remarks = tuple(line for one in encoded for line in (*one.warnings, *one.notes))
        return Prepared(operation, device_id, items, calls, findings, remarks)

    def _encoded(self, downlinks: Sequence[Any], options: Options) -> Plan[list[Any]]:
        """The downlinks, with data encoded where there is a device for it."""
        device = self._settings.get("device")
        given = list(asked(downlinks, options))
        for index, one in enumerate(given):
            if device and isinstance(one, Downlink):
                _check_encoder(device)
                encode, aencode = device.encode_downlink, device.aencode_downlink
                given[index] = yield from do(encode, aencode, one.data, one.f_port, variables=one.variables)
        return given

    def _dispatched(self, prepared: Prepared) -> Plan[Sent]:
        if isinstance(self._route, Mqtt):
            publish = partial(self._route.publish, _publications(prepared))
            yield from do(publish, partial(asyncio.to_thread, publish))
            return Sent(prepared)
        responses: list[Response] = []
        for call in prepared.calls:
            try:
                response = yield from self._answered(call)
            except Error as error:
                raise _after(error, len(responses), len(prepared.calls)) from error.__cause__
            responses.append(response)
        return Sent(prepared, tuple(responses))

    def _answered(self, call: Call) -> Plan[Response]:
        """Send a request, again where that is safe, until it is answered."""
        if self._http is None or not isinstance(call.request, Request):
            raise ContentError("a client over MQTT sends no HTTP requests")
        for tried in count():
            try:
                outcome: Response | TransportError = yield from do(self._http.send, self._http.asend, call.request)
            except TransportError as error:
                outcome = error
            wait_s = self._retries.wait_after(outcome, tried, safe=call.safe)
            if wait_s is None:
                break
            yield from do(self._sleep, self._asleep, wait_s)
        response = _accepted(call.request, outcome, tried)
        if not is_told(response) and not isinstance(self._route, DownlinkUrl):  # v2 answers what it likes
            raise misled(call.request, response)
        return response

    def _attributes(self, device_id: str) -> Plan[dict[str, str]]:
        if not isinstance(self._route, ApplicationApi):
            raise ContentError("attributes are asked for at The Things Stack: give server, application_id and api_key")
        request = self._route.attributes(_text(device_id, "device_id"), self._user_agent)
        return _read_attributes(request, (yield from self._answered(Call(request, safe=True))))


def _check(operation: str, device_id: str, options: Options) -> None:
    """Refuse arguments that there are not, and those that are not of their kind."""
    if operation not in OPERATIONS:
        raise misfit(operation, "operation", f"one of {', '.join(OPERATIONS)}")
    _text(device_id, "device_id")
    _check_names(options, Options)
    check_members(options)


def _check_encoder(device: Device) -> None:
    if "encode_downlink" not in device.operations:
        ways = "give the payload as bytes, or no device, for the network to encode the data"
        raise ContentError(f"{device.name} encodes no downlinks: {ways}")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise misfit(value, name, "a text")
    return value


def _check_names(given: Mapping[str, Any], known: type) -> None:
    """Refuse arguments that nothing would listen to."""
    names = known.__annotations__
    for name in given.keys() - names.keys():
        raise TypeError(f"unexpected argument {name!r}: one of {', '.join(names)} was expected")


def _publications(prepared: Prepared) -> list[Publication]:
    return [call.request for call in prepared.calls if isinstance(call.request, Publication)]


def _is_safe(request: Request) -> bool:
    return request.method in SAFE_METHODS or urlsplit(request.url).path.endswith(SAFE_PATH)


def _accepted(request: Request, outcome: Response | TransportError, tried: int) -> Response:
    """An answer that is a success; ``tried`` is how often the request was sent again."""
    if isinstance(outcome, TransportError):
        raise _counted(outcome, tried)
    if not outcome.is_success:
        raise _counted(refusal(request, outcome), tried)
    return outcome


def _counted(error: Error, tried: int) -> Error:
    """An error that says how often the request was sent, where that was more than once."""
    if tried:
        error.message += f" (after {tried + 1} tries)"
    return error


def _after(error: Error, done: int, calls: int) -> Error:
    """An error that says how much was sent before it."""
    if done:
        error.message = f"{done} of {calls} downlinks were sent, then: {error.message}"
    return error


def _read_attributes(request: Request, response: Response) -> dict[str, str]:
    try:
        value = parse_json(response.body)
    except ContentError as error:
        raise misled(request, response) from error
    attributes = member(value, "attributes")
    if not isinstance(value, dict) or not isinstance(attributes, dict | None):
        raise misfit(attributes if isinstance(value, dict) else value, "/attributes", "an end device with attributes")
    return {name: str(text) for name, text in (attributes or {}).items()}
