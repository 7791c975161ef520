"""The downlink queue of The Things Stack v3: its items, bodies, requests and publications.

Source: The Things Stack documentation, "Scheduling Downlinks" and "Data Formats"; lorawan-stack,
api/ttn/lorawan/v3/messages.proto, ApplicationDownlink.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError
from octavo.networks.message import USER_AGENT, Publication, Request, header
from octavo.networks.tts.topics import OPERATIONS, check_id, topic
from octavo.networks.wire import (
    FRM_PAYLOAD_MAX,
    check_f_port,
    check_key,
    check_url,
    dump_json,
    misfit,
    parse_json,
    port_findings,
    proto_member,
    read_bool,
    read_bytes,
    read_object,
    read_uint,
    text_member,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from octavo.messages import Finding
    from octavo.networks.message import Headers

PRIORITIES = ("LOWEST", "LOW", "BELOW_NORMAL", "NORMAL", "ABOVE_NORMAL", "HIGH", "HIGHEST")
"""In the order of their numbers. Source: messages.proto, TxSchedulePriority (lorawan.proto)."""

CORRELATION_ID_MAX = 100
ATTEMPTS_MAX = 100
UINT32_MAX = 2**32 - 1
API = "/api/v3"
ROUTES = {**{name: name for name in OPERATIONS}, "clear": "replace"}
"""Operations on a queue and the route that does each: a queue is cleared by replacing it with nothing."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One downlink for the queue of an end device.

    Attributes:
        f_port: FPort; 0 leaves it to the downlink formatter, and is refused beside ``frm_payload``.
        frm_payload: bytes to send as they are; they win over ``decoded_payload``.
        decoded_payload: object for the device's downlink formatter to encode.
        confirmed: whether the device shall confirm it.
        priority: a name of `PRIORITIES`.
        correlation_ids: texts of at most 100 characters that come back in the events.
        max_attempts: how often a confirmed downlink is sent at most, 1 to 100; None leaves it to the server.
        class_b_c: ``gateways`` and ``absolute_time`` for classes B and C, as the API spells them.
        session_key_id: for applications that do their own cryptography.
        f_cnt: likewise.
    """

    f_port: int = 0
    frm_payload: bytes | None = None
    decoded_payload: Mapping[str, Any] | None = None
    confirmed: bool = False
    priority: str = "LOWEST"
    correlation_ids: tuple[str, ...] = ()
    max_attempts: int | None = None
    class_b_c: Mapping[str, Any] | None = None
    session_key_id: bytes = b""
    f_cnt: int = 0


def check_item(item: QueueItem, path: str) -> None:
    """Refuse an item that the server refuses.

    Raises:
        ContentError: ``path`` is that of the item, and then of the member.
    """
    check_f_port(item.f_port, f"{path}/f_port")
    _check_payload(item, path)
    if item.priority not in PRIORITIES:
        raise misfit(item.priority, f"{path}/priority", f"one of {', '.join(PRIORITIES)}")
    if item.max_attempts is not None and not 1 <= item.max_attempts <= ATTEMPTS_MAX:
        raise misfit(item.max_attempts, f"{path}/confirmed_retry/max_attempts", f"1 to {ATTEMPTS_MAX}")
    for index, text in enumerate(item.correlation_ids):
        if len(text) > CORRELATION_ID_MAX:
            raise misfit(text, f"{path}/correlation_ids/{index}", f"at most {CORRELATION_ID_MAX} characters")


def _check_payload(item: QueueItem, path: str) -> None:
    if not item.frm_payload:
        if item.decoded_payload is None:
            raise _refused("no_payload", "no payload", path, "frm_payload or decoded_payload was expected")
        return
    if len(item.frm_payload) > FRM_PAYLOAD_MAX:
        size = f"{len(item.frm_payload)} bytes"
        raise misfit(size, f"{path}/frm_payload", f"at most {FRM_PAYLOAD_MAX} bytes")
    if not item.f_port:
        raise _refused("no_f_port", "no FPort", f"{path}/f_port", "1 to 223 was expected beside frm_payload")


def _refused(name: str, message: str, path: str, expected: str) -> ContentError:
    """An error by the name the server has for it. Source: lorawan-stack, pkg/applicationserver."""
    return ContentError(f"{message}: {path}: {expected}", name=name, code="INVALID_ARGUMENT", path=path)


@dataclass(frozen=True, slots=True)
class QueueRequest:
    """The body of a push or replace with the device it names; webhooks and MQTT go by URL or topic."""

    application_id: str | None
    device_id: str | None
    downlinks: tuple[QueueItem, ...]


def queue_body(downlinks: Iterable[QueueItem]) -> dict[str, Any]:
    """The body of a push or replace: ``{"downlinks": [...]}``, with zero values left out.

    Raises:
        ContentError: for an item that the server refuses.
    """
    items = list(downlinks)
    for index, item in enumerate(items):
        check_item(item, f"/downlinks/{index}")
    return {"downlinks": [_item_members(item) for item in items]}


def _item_members(item: QueueItem) -> dict[str, Any]:
    members = {
        "session_key_id": _base64(item.session_key_id),
        "f_port": item.f_port,
        "f_cnt": item.f_cnt,
        "frm_payload": _base64(item.frm_payload),
        "decoded_payload": None if item.decoded_payload is None else dict(item.decoded_payload),
        "confirmed": item.confirmed,
        "class_b_c": None if item.class_b_c is None else dict(item.class_b_c),
        "priority": "" if item.priority == PRIORITIES[0] else item.priority,
        "correlation_ids": list(item.correlation_ids),
        "confirmed_retry": item.max_attempts and {"max_attempts": item.max_attempts},
    }
    # An object that is set stays, even when it is empty; other zero values go.
    return {name: value for name, value in members.items() if value or isinstance(value, dict)}


def _base64(data: bytes | None) -> str:
    return base64.b64encode(data or b"").decode("ascii")


def parse_downlinks(body: Any) -> tuple[QueueItem, ...]:
    """The items of a push or replace, read as leniently as the server reads them.

    Unknown members are passed over; names may be snake_case or camelCase, priorities names or numbers,
    base64 of either alphabet with or without padding; ``null`` is as good as nothing.

    Args:
        body: the JSON text, or its value.

    Raises:
        ContentError: where the server would refuse the request; ``path`` is the place in the body.
    """
    value = parse_json(body) if isinstance(body, str | bytes) else body
    return _items(value)


def parse_queue_request(body: Any) -> QueueRequest:
    """`parse_downlinks` with the device that the body names; something after the value is passed over.

    Raises:
        ContentError: as `parse_downlinks`.
    """
    value = parse_json(body, trailing=True) if isinstance(body, str | bytes) else body
    ids = proto_member(value, "end_device_ids")
    application = text_member(proto_member(ids, "application_ids"), "application_id")
    return QueueRequest(
        application or text_member(proto_member(ids, "application_ids"), "applicationId"),
        text_member(ids, "device_id") or text_member(ids, "deviceId"),
        _items(value),
    )


def queue_findings(body: Any) -> tuple[Finding, ...]:
    """What is allowed in a push or replace but looks wrong.

    Raises:
        ContentError: as `parse_downlinks`.
    """
    items = enumerate(parse_downlinks(body))
    findings = (port_findings(item.f_port, f"/downlinks/{index}/f_port") for index, item in items)
    return tuple(chain.from_iterable(findings))


def _items(body: Any) -> tuple[QueueItem, ...]:
    if not isinstance(body, dict):
        raise misfit(body, "", "an object with downlinks")
    items = proto_member(body, "downlinks")
    if items is None:
        return ()
    if not isinstance(items, list | tuple):
        raise misfit(items, "/downlinks", "a list")
    return tuple(_item(value, f"/downlinks/{index}") for index, value in enumerate(items))


def _item(value: Any, path: str) -> QueueItem:
    if not isinstance(value, dict):
        raise misfit(value, path, "an object")
    item = QueueItem(**_read_members(value, path))
    check_item(item, path)
    return item


def _read_members(value: Mapping[str, Any], path: str) -> dict[str, Any]:
    retry_path = f"{path}/confirmed_retry"
    attempts = proto_member(read_object(proto_member(value, "confirmed_retry"), retry_path), "max_attempts")
    return {
        "f_port": read_uint(proto_member(value, "f_port"), f"{path}/f_port", maximum=UINT32_MAX),
        "frm_payload": read_bytes(proto_member(value, "frm_payload"), f"{path}/frm_payload") or None,
        "decoded_payload": read_object(proto_member(value, "decoded_payload"), f"{path}/decoded_payload"),
        "confirmed": read_bool(proto_member(value, "confirmed"), f"{path}/confirmed"),
        "priority": _read_priority(proto_member(value, "priority"), f"{path}/priority"),
        "correlation_ids": _read_texts(proto_member(value, "correlation_ids"), f"{path}/correlation_ids"),
        "max_attempts": None if attempts is None else _read_attempts(attempts, retry_path),
        "class_b_c": read_object(proto_member(value, "class_b_c"), f"{path}/class_b_c"),
        "session_key_id": read_bytes(proto_member(value, "session_key_id"), f"{path}/session_key_id"),
        "f_cnt": read_uint(proto_member(value, "f_cnt"), f"{path}/f_cnt", maximum=UINT32_MAX),
    }


def _read_attempts(value: Any, path: str) -> int:
    return read_uint(value, f"{path}/max_attempts", maximum=UINT32_MAX)


def _read_texts(value: Any, path: str) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list | tuple):
        raise misfit(value, path, "a list of texts")
    for index, text in enumerate(value or ()):
        if not isinstance(text, str):
            raise misfit(text, f"{path}/{index}", "a text")
    return tuple(value or ())


def _read_priority(value: Any, path: str) -> str:
    if isinstance(value, str) and value in PRIORITIES:
        return value
    if isinstance(value, str) and not value.isdigit():
        raise misfit(value, path, f"one of {', '.join(PRIORITIES)}, or its number")
    return PRIORITIES[read_uint(value, path, maximum=len(PRIORITIES) - 1)]


def queue_request(
    operation: str,
    downlinks: Iterable[QueueItem] = (),
    *,
    server: str,
    application_id: str,
    device_id: str,
    api_key: str,
    webhook_id: str | None = None,
    user_agent: str = USER_AGENT,
) -> Request:
    """The HTTP request that pushes to, replaces or clears the downlink queue of an end device.

    Args:
        operation: ``push``, ``replace`` or ``clear``.
        downlinks: the items; none for ``clear``.
        server: address of the cluster, ``https://eu1.cloud.thethings.network``, with or without ``/api/v3``.
        application_id: the application.
        device_id: the end device.
        api_key: key with the right to write downlink traffic.
        webhook_id: webhook whose route is taken; None takes the application's own route.
        user_agent: who is calling.

    Raises:
        ContentError: for an unknown operation, items to clear with, an identifier or address that is none.
    """
    application, device = check_id(application_id, "application id"), check_id(device_id, "device id")
    webhook = f"/webhooks/{check_id(webhook_id, 'webhook id')}" if webhook_id is not None else ""
    route = f"/as/applications/{application}{webhook}/devices/{device}/down/{_route(operation)}"
    return _post(_api(server) + route, api_key, _body(operation, downlinks), user_agent)


def reply_request(
    headers: Headers,
    downlinks: Iterable[QueueItem] = (),
    *,
    operation: str = "push",
    user_agent: str = USER_AGENT,
) -> Request:
    """The request that answers a webhook, from the ``X-Downlink-*`` headers the webhook came with.

    Raises:
        ContentError: where the headers are missing: the webhook has no Downlink API Key.
    """
    name = "X-Downlink-" + _route(operation).capitalize()
    url, api_key = header(headers, name), header(headers, "X-Downlink-Apikey")
    if not url or not api_key:
        raise ContentError(
            f"no {name if api_key else 'X-Downlink-Apikey'} among the headers: "
            "The Things Stack sends it when the webhook has a Downlink API key"
        )
    return _post(check_url(url), api_key, _body(operation, downlinks), user_agent)


def attributes_request(*, server: str, application_id: str, device_id: str, api_key: str) -> Request:
    """The request for the attributes of an end device, which releases before 3.34 never send in messages."""
    application, device = check_id(application_id, "application id"), check_id(device_id, "device id")
    url = f"{_api(server)}/applications/{application}/devices/{device}?field_mask=attributes"
    return Request("GET", url, {"Authorization": f"Bearer {check_key(api_key)}"})


def queue_publication(
    operation: str, downlinks: Iterable[QueueItem] = (), *, application_uid: str, device_id: str
) -> Publication:
    """The MQTT publication that pushes to, replaces or clears the downlink queue of an end device.

    Raises:
        ContentError: for an unknown operation, items to clear with, or an identifier that is none.
    """
    body = _body(operation, downlinks)
    return Publication(topic(_route(operation), application_uid, device_id), dump_json(body))


def _route(operation: str) -> str:
    if operation not in ROUTES:
        raise ContentError(f"{operation!r} is no operation on a queue: {', '.join(ROUTES)} was expected")
    return ROUTES[operation]


def _body(operation: str, downlinks: Iterable[QueueItem]) -> dict[str, Any]:
    body = queue_body(downlinks)
    if operation == "clear" and body["downlinks"]:
        raise ContentError("a queue is cleared without downlinks; replace takes them")
    return body


def _post(url: str, api_key: str, body: dict[str, Any], user_agent: str) -> Request:
    headers = {
        "Authorization": f"Bearer {check_key(api_key)}",
        "Content-Type": "application/json",
        "User-Agent": user_agent,
    }
    return Request("POST", url, headers, dump_json(body))


def _api(server: str) -> str:
    return check_url(server).rstrip("/").removesuffix(API) + API
