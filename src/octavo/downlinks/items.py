"""What a caller gives as downlinks, and the items for the queue that it becomes, each member of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from octavo.device import misnamed
from octavo.errors import ContentError
from octavo.messages import Downlink, Encoded
from octavo.networks.tts import PRIORITIES, QueueItem
from octavo.networks.wire import misfit, read_time

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES = (bytes, bytearray, memoryview)
UINT32_MAX = 2**32 - 1
CLASS_B_C = ("gateways", "absolute_time")
"""Members of ``class_b_c``. Source: lorawan-stack, api/ttn/lorawan/v3/messages.proto, ApplicationDownlink.ClassBC."""


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


class Kind(NamedTuple):
    """What a member has to be: in words, and as a test."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_bytes_or_none(value: Any) -> bool:
    return value is None or isinstance(value, BYTES)


def _is_object_or_none(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)


KINDS: Mapping[str, Kind] = {
    "f_port": Kind("a whole number", _is_whole),
    "frm_payload": Kind("bytes, or None", _is_bytes_or_none),
    "decoded_payload": Kind("a mapping, or None", _is_object_or_none),
    "confirmed": Kind("True or False", lambda value: isinstance(value, bool)),
    "priority": Kind(f"one of {', '.join(PRIORITIES)}", lambda value: isinstance(value, str) and value in PRIORITIES),
    "correlation_ids": Kind("a list of texts", lambda value: isinstance(value, list | tuple) and _are_texts(value)),
    "max_attempts": Kind("a whole number, or None", lambda value: value is None or _is_whole(value)),
    "class_b_c": Kind("a mapping, or None", _is_object_or_none),
    "session_key_id": Kind("bytes", lambda value: isinstance(value, BYTES)),
    "f_cnt": Kind("a whole number from 0 to 4294967295", lambda value: _is_whole(value) and 0 <= value <= UINT32_MAX),
    "variables": Kind(
        "a mapping from text to text, or None",
        lambda value: value is None or (isinstance(value, Mapping) and _are_texts((*value, *value.values()))),
    ),
}


def check_members(members: Mapping[str, Any], path: str = "") -> None:
    """Refuse what is not of its kind; other rules than those of kinds are the network's.

    Args:
        members: by the names of `Options` or `QueueItem`.
        path: where they stand, to be put in front of their names.

    Raises:
        ContentError: with the member, what was expected, and what was found.
    """
    for name, value in members.items():
        if not KINDS[name].fits(value):
            raise misfit(value, f"{path}{name}", KINDS[name].words)
    _check_class_b_c(members.get("class_b_c"), f"{path}class_b_c")
    for name in ("class_b_c", "decoded_payload"):
        if wrong := misnamed(members.get(name)):
            raise ContentError(f"{path}{name}{wrong.path}: expected text as member names, got {wrong.kind}")


def _check_class_b_c(members: Mapping[str, Any] | None, path: str) -> None:
    """Refuse what the server cannot read. Unknown members it passes over; those are a finding."""
    gateways, time = (members or {}).get("gateways"), (members or {}).get("absolute_time")
    if gateways is not None and not (
        isinstance(gateways, list | tuple) and all(isinstance(one, Mapping) for one in gateways)
    ):
        raise misfit(gateways, f"{path}/gateways", "a list of objects with gateway_ids")
    if time is not None and not (isinstance(time, str) and read_time(time)):
        raise misfit(time, f"{path}/absolute_time", "an RFC 3339 time with its time zone: 2026-01-02T03:04:05Z")


def asked(downlinks: Sequence[Any], options: Options) -> Iterator[Any]:
    """The downlinks; those that are data become a `Downlink`."""
    for one in downlinks:
        is_ready = isinstance(one, (*BYTES, Encoded, QueueItem))
        yield one if is_ready else Downlink(one, options.get("f_port", 0), options.get("variables"))


def items_of(downlinks: Sequence[Any], options: Options) -> tuple[QueueItem, ...]:
    """The items for a queue, each member of its kind.

    Args:
        downlinks: as `asked` gives them, encoded where there is an encoder.
        options: what is said of them.

    Raises:
        ContentError: for what is no downlink.
    """
    items = tuple(_item(downlink, options) for downlink in downlinks)
    for index, item in enumerate(items):
        check_members({each.name: getattr(item, each.name) for each in fields(item)}, f"/downlinks/{index}/")
    return items


def _item(downlink: Any, options: Options) -> QueueItem:
    if isinstance(downlink, QueueItem):
        return downlink
    f_port = options.get("f_port", 0)
    if isinstance(downlink, Encoded):
        return _described(downlink.f_port or f_port, downlink.frm_payload, None, options)
    if isinstance(downlink, Downlink):
        return _described(f_port, None, _for_the_network(downlink.data), options)
    return _described(f_port, bytes(downlink), None, options)


def _for_the_network(data: Any) -> Mapping[str, Any]:
    if isinstance(data, Mapping):
        return data
    hint = "; a payload is given as bytes: bytes.fromhex(text)" if isinstance(data, str) else ""
    expected = f"an object: the network encodes it, as no device is given{hint}"
    raise misfit(data, "decoded_payload", expected)


def _described(
    f_port: int, frm_payload: bytes | None, decoded_payload: Mapping[str, Any] | None, options: Options
) -> QueueItem:
    return QueueItem(
        f_port=f_port,
        frm_payload=frm_payload,
        decoded_payload=decoded_payload,
        confirmed=options.get("confirmed", False),
        priority=options.get("priority", PRIORITIES[0]),
        correlation_ids=tuple(options.get("correlation_ids", ())),
        max_attempts=options.get("max_attempts"),
        class_b_c=options.get("class_b_c"),
    )
