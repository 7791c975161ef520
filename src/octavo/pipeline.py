"""A whole message in, its outcome out: recognise, find the device, decode, write back.

The command line, receivers and batch runs all come through here, so they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo._plans import arun, do, run
from octavo.addressing import check_devices, find_device, variables_of
from octavo.device import misnamed
from octavo.errors import ContentError, Error
from octavo.messages import Decoded, Finding, Uplink, decode_record
from octavo.networks.message import NO_IDS, USER_AGENT, Answer, Headers, Ids, Incoming, Request, binary_hint
from octavo.networks.recognition import KINDS, Query, Recognition, recognise
from octavo.networks.wire import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo._plans import Plan
    from octavo.addressing import Devices, Variables
    from octavo.device import Device

BATCH = 512
"""Messages that `process_many` holds at a time."""

NOT_DECODED = {
    "normalized": "a normalized measurement: the network decoded it already",
    "join": "a join: it carries no payload",
    "event": "an event: it carries no uplink payload",
    "downlink": "a downlink: it is on its way to a device",
    "field": "one field of an uplink that the network decoded already",
    "encrypted": "the payload is still encrypted: the message brings its key or names it, and the application decrypts",
    "no_port": "no f_port, or 0: the server would not decode this; give f_port to decode it all the same",
}
"""Outcomes that are no failure and decode nothing, each with its reason."""

TEXT = (str, bytes, bytearray, memoryview)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message with what came along with it.

    Attributes:
        message: the value of its JSON, or the JSON text itself.
        headers: headers of the HTTP request it came in.
        topic: MQTT topic it came on.
        query: query of the URL it came to.
    """

    message: Any
    headers: Headers = field(default_factory=dict, repr=False)
    topic: str | None = None
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """What a reply needs to know of its message."""

    incoming: Incoming
    headers: Headers
    devices: Devices


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    Attributes:
        outcome: its name: ``decoded``; ``failed`` (the device could not); ``not_json``, ``unknown_kind``,
            ``ambiguous``, ``invalid`` (a member cannot be read), ``unknown_device``; or a name of
            `NOT_DECODED`: ``normalized``, ``join``, ``event``, ``downlink``, ``field``, ``encrypted``,
            ``no_port``.
        network: ``v3``, ``v2`` or ``chirpstack4``; None where the kind is not known.
        kind: the kind, for example ``v3.uplink_message``, or None.
        ids: identifiers of device and application, None where the message has none.
        message: the message with what was decoded; the input itself is never changed.
        decoded: the result; beside ``error`` where the decoder worked and the normalizer failed.
        error: what went wrong, or None.
        findings: what looks wrong but hinders nothing: a ``decoded_payload`` that differs from ours, a port
            above 223, a payload that is too long.
        reason: one sentence why nothing was decoded, or None.
        device: the device that was asked, or None.
    """

    outcome: str
    network: str | None = None
    kind: str | None = None
    ids: Ids = field(default_factory=lambda: dict(NO_IDS))
    message: Any = None
    decoded: Decoded | None = None
    error: Error | None = None
    findings: list[Finding] = field(default_factory=list)
    reason: str | None = None
    device: Device | None = None
    _source: _Source | None = field(default=None, repr=False)

    @property
    def incoming(self) -> Incoming | None:
        """The message as octavo read it; None where the kind is not known."""
        return self._source.incoming if self._source else None

    def to_dict(self) -> dict[str, Any]:
        """The outcome as one JSON object, all members always present; headers and keys are left out."""
        result = self.error if self.outcome == "failed" else self.decoded
        return {
            "outcome": self.outcome,
            "network": self.network,
            "kind": self.kind,
            "ids": self.ids,
            "device": self.device.name if self.device else None,
            "message": self.message,
            "decoded": decode_record(result) if result else None,
            "error": self.error.to_dict() if self.error else None,
            "findings": [finding.to_dict() for finding in self.findings],
            "reason": self.reason,
        }

    def reply(
        self,
        data: Any,
        *,
        f_port: int = 0,
        operation: str | None = None,
        confirmed: bool = False,
        priority: str = "LOWEST",
        user_agent: str = USER_AGENT,
    ) -> Request:
        """The request that sends data back to the device, encoded by it.

        It goes to the ``X-Downlink-*`` headers of a v3 webhook, or to the ``downlink_url`` of a v2 uplink. Events of
        ChirpStack do not say where answers go: `octavo.networks.chirpstack4` makes its downlinks.
        Every message of a device can be answered, joins and events too.

        Args:
            data: what the device's encoder takes.
            f_port: requested FPort; 0 leaves it to the device.
            operation: ``push`` or ``replace``; None is the network's default: v3 pushes, v2 replaces.
            confirmed: whether the device shall confirm.
            priority: priority in the queue (v3).
            user_agent: the ``User-Agent`` of the request.

        Raises:
            Error: no such device, the data cannot be encoded, the message does not say where answers go,
                or the network would refuse the downlink.
        """
        return run(self._replied(data, f_port, Answer(None, 0, operation, confirmed, priority, user_agent)))

    async def areply(
        self,
        data: Any,
        *,
        f_port: int = 0,
        operation: str | None = None,
        confirmed: bool = False,
        priority: str = "LOWEST",
        user_agent: str = USER_AGENT,
    ) -> Request:
        """`reply` that does not block the event loop."""
        return await arun(self._replied(data, f_port, Answer(None, 0, operation, confirmed, priority, user_agent)))

    def _replied(self, data: Any, f_port: int, answer: Answer) -> Plan[Request]:
        """The request for an answer that is not encoded yet."""
        if self._source is None:
            raise ContentError(f"no reply to a message whose outcome is {self.outcome}: {self.reason}")
        incoming = self._source.incoming
        device = self.device or find_device(self._source.devices, incoming)
        encode, aencode = device.encode_downlink, device.aencode_downlink
        encoded = yield from do(encode, aencode, data, f_port, variables=incoming.variables)
        answer = replace(answer, frm_payload=encoded.frm_payload, f_port=encoded.f_port or 0)
        return KINDS[incoming.kind].reply(incoming, self._source.headers, answer)


@dataclass(frozen=True, slots=True)
class _Job:
    """An uplink that is ready for its device."""

    triaged: Outcome
    device: Device
    incoming: Incoming

    @property
    def uplink(self) -> Uplink:
        incoming = self.incoming
        return Uplink(incoming.frm_payload, incoming.f_port, incoming.recv_time, incoming.variables)


class _Given(NamedTuple):
    """What the caller says of all messages."""

    kind: str | None
    f_port: int | None
    variables: Variables | None


def process(
    message: Any,
    devices: Devices,
    *,
    headers: Headers | None = None,
    topic: str | None = None,
    query: Query | None = None,
    kind: str | None = None,
    f_port: int | None = None,
    variables: Variables | None = None,
) -> Outcome:
    """Decode the uplink in a message, and say what became of the message. Its content never raises.

    Args:
        message: the value of the message's JSON, or the JSON text itself.
        devices: one device; a mapping from device id, EUI, ``brand/model`` (ChirpStack: device name, EUI, name
            of the device profile) or a pattern of these (``em300-*``; exact keys first); or a function from
            `Incoming` to a device or None.
        headers: headers of the HTTP request it came in; `Outcome.reply` needs them for v3.
        topic: MQTT topic it came on.
        query: query of the URL it came to.
        kind: its kind, where the caller knows it.
        f_port: FPort to decode with instead of the message's own.
        variables: the variables that ChirpStack keeps for the device, which its events do not carry; or a function
            from `Incoming` to them.

    Raises:
        TypeError: ``devices`` is none of these: an id has to be loaded first.
    """
    arrival = Arrival(message, headers or {}, topic, query)
    return run(_processed(arrival, devices, _Given(kind, f_port, variables)))


async def aprocess(
    message: Any,
    devices: Devices,
    *,
    headers: Headers | None = None,
    topic: str | None = None,
    query: Query | None = None,
    kind: str | None = None,
    f_port: int | None = None,
    variables: Variables | None = None,
) -> Outcome:
    """`process` that does not block the event loop."""
    arrival = Arrival(message, headers or {}, topic, query)
    return await arun(_processed(arrival, devices, _Given(kind, f_port, variables)))


def _processed(arrival: Arrival, devices: Devices, given: _Given) -> Plan[Outcome]:
    job = _triage(arrival, devices, given)
    if isinstance(job, Outcome):
        return job
    uplink, decode, adecode = job.uplink, job.device.decode_uplink, job.device.adecode_uplink
    recv_time, variables = uplink.recv_time, uplink.variables
    try:
        decoded = yield from do(
            decode, adecode, uplink.frm_payload, uplink.f_port, recv_time=recv_time, variables=variables
        )
    except Error as error:
        return _finish(job, error)
    return _finish(job, decoded)


def process_many(
    messages: Iterable[Any],
    devices: Devices,
    *,
    kind: str | None = None,
    f_port: int | None = None,
    variables: Variables | None = None,
    batch: int = BATCH,
) -> Iterator[Outcome]:
    """`process` for many messages: in order, lazily, in bounded memory, each device asked in batches.

    Args:
        messages: messages as `process` takes them, or `Arrival` values.
        devices: as for `process`.
        kind: as for `process`, for all of them.
        f_port: likewise.
        variables: likewise.
        batch: how many messages are read before the first is answered; a caller that must answer what
            has arrived so far passes just that.
    """
    waiting = iter(messages)
    while window := list(islice(waiting, batch)):
        arrivals = (item if isinstance(item, Arrival) else Arrival(item) for item in window)
        given = _Given(kind, f_port, variables)
        yield from _process_window([_triage(arrival, devices, given) for arrival in arrivals])


def _process_window(window: list[Outcome | _Job]) -> Iterator[Outcome]:
    groups: dict[int, list[_Job]] = {}
    for job in window:
        if isinstance(job, _Job):
            groups.setdefault(id(job.device), []).append(job)
    # One device after the other, each to its end: two that wait half-way could wait for each other's workers.
    results = {device: iter(list(_decode(jobs))) for device, jobs in groups.items()}
    for job in window:
        yield job if isinstance(job, Outcome) else _finish(job, next(results[id(job.device)]))


def _decode(jobs: list[_Job]) -> Iterator[Decoded | Error]:
    """The results of one device's uplinks, in order; an error that it raises stands for all the rest."""
    answered = 0
    try:
        for result in jobs[0].device.decode_uplinks([job.uplink for job in jobs]):
            answered += 1
            yield result
    except Error as error:
        yield from [error] * (len(jobs) - answered)


def validate(
    message: Any,
    *,
    kind: str | None = None,
    topic: str | None = None,
    profile: str = "tolerant",
) -> list[Finding]:
    """What a message's schema does not expect; an empty list when nothing is wrong.

    Args:
        message: the value of the message's JSON, or the JSON text itself.
        kind: its kind; None finds it out.
        topic: MQTT topic it came on.
        profile: ``tolerant``, ``strict`` or ``masked``.

    Raises:
        NotFoundError: for a ``kind`` or ``profile`` that has no schema.
    """
    try:
        value = _parsed(message, topic)
    except ContentError as error:
        return [Finding(error.path or "", error.message, None, "octavo:message#json")]
    if kind is None:
        recognised = recognise(value, topic=topic)
        if recognised.kind is None:
            return [Finding("", recognised.reason, None, "octavo:message#kind")]
        kind = recognised.kind
    from octavo.schemas import validate_message  # noqa: PLC0415 - jsonschema is loaded only when it is used

    return validate_message(value, kind, profile)


def _parsed(message: Any, topic: str | None) -> Any:
    if not isinstance(message, TEXT):
        if wrong := misnamed(message):
            raise ContentError(f"not JSON: {wrong.sentence('the message')}", path=wrong.path)
        return message
    if not message and _carries_nothing(topic):
        return None
    return parse_json(message)


def _carries_nothing(topic: str | None) -> bool:
    """Whether a topic's messages may have no payload at all, as some events of v2 have none."""
    kind = recognise(None, topic=topic).kind
    return kind is not None and kind in KINDS[kind].blank


def _triage(arrival: Arrival, devices: Devices, given: _Given) -> Outcome | _Job:
    """All that comes before decoding: an uplink ready for its device, or the outcome of anything else."""
    check_devices(devices)
    try:
        message = _parsed(arrival.message, arrival.topic)
    except ContentError as error:
        return Outcome("not_json", error=error, reason=error.message + binary_hint(arrival.message, arrival.headers))
    recognised = recognise(message, kind=given.kind, topic=arrival.topic, query=arrival.query)
    if recognised.kind is None:
        return _unrecognised(message, recognised)
    incoming = KINDS[recognised.kind].read(message, recognised.kind, recognised.topic)
    f_port = incoming.f_port if given.f_port is None else given.f_port
    incoming = replace(incoming, f_port=f_port, variables=variables_of(given.variables, incoming))
    return _with_device(incoming, message, _Source(incoming, arrival.headers, devices))


def _unrecognised(message: Any, recognised: Recognition) -> Outcome:
    name = "ambiguous" if recognised.candidates else "unknown_kind"
    error = ContentError(recognised.reason)
    return Outcome(name, message=message, error=error, reason=recognised.reason)


def _with_device(incoming: Incoming, message: Any, source: _Source) -> Outcome | _Job:
    outcome = Outcome(
        "decoded",
        incoming.network,
        incoming.kind,
        incoming.ids,
        message,
        findings=list(incoming.findings),
        _source=source,
    )
    if incoming.error:
        return replace(outcome, outcome="invalid", error=incoming.error, reason=incoming.error.message)
    if name := _undecodable(incoming):
        return replace(outcome, outcome=name, reason=NOT_DECODED[name])
    try:
        return _Job(outcome, find_device(source.devices, incoming), incoming)
    except Error as error:
        return replace(outcome, outcome="unknown_device", error=error, reason=error.message)


def _undecodable(incoming: Incoming) -> str | None:
    if incoming.role != "uplink":
        return incoming.role
    if incoming.encrypted:
        return "encrypted"
    return None if incoming.f_port or KINDS[incoming.kind].decodes_port_0 else "no_port"


def _finish(job: _Job, result: Decoded | Error) -> Outcome:
    network = KINDS[job.incoming.kind]
    error = result if isinstance(result, Error) else None
    decoded = result.decoded if isinstance(result, Error) else result
    return replace(
        job.triaged,
        outcome="failed" if error else "decoded",
        message=network.write(job.triaged.message, result),
        decoded=decoded,
        error=error,
        findings=[*job.triaged.findings, *_differences(job.incoming, decoded, network.decoded_path)],
        reason=error.message if error else None,
        device=job.device,
    )


def _differences(incoming: Incoming, decoded: Decoded | None, path: str) -> list[Finding]:
    """The finding for a message whose own decoded payload is not what the device made of the bytes."""
    if incoming.decoded_payload is None or decoded is None or decoded.data is None:
        return []
    difference = first_difference(incoming.decoded_payload, decoded.data)
    if difference is None:
        return []
    from octavo.schemas.pointers import pointer  # noqa: PLC0415 - only a difference pays for the schemas

    parts, value = difference
    message = "the decoded payload in the message is not what the device decodes"
    return [Finding(path + pointer(parts), message, value, "octavo:message#decoded_payload")]


def first_difference(theirs: Any, ours: Any) -> tuple[tuple[str | int, ...], Any] | None:
    """Path to a place where JSON differs from ours, with the value there, or None. 1.0 equals 1."""
    waiting: list[tuple[tuple[str | int, ...], Any, Any]] = [((), theirs, ours)]
    while waiting:
        path, left, right = waiting.pop()
        inner = _paired(left, right)
        if inner is None and not _same(left, right):
            return path, left
        waiting += [((*path, key), *pair) for key, *pair in inner or ()]
    return None


def _paired(left: Any, right: Any) -> list[tuple[Any, Any, Any]] | None:
    """Key or index, and the two values there, of two containers alike; None for anything else."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return [(key, left[key], right[key]) for key in left]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [(index, *pair) for index, pair in enumerate(zip(left, right, strict=True))]
    return None


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict | list) or isinstance(right, dict | list):
        return False
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
