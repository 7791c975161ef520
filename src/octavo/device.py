"""The one protocol: a JavaScript formatter, a declared codec and CayenneLPP are the same to everyone above.

The plural methods are the real ones; the singular ones call them with one message.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar

from octavo.errors import EncodeError, Error
from octavo.limits import Limits
from octavo.messages import Decoded, Downlink, Encoded, Uplink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from octavo.messages import Moment

UplinkLike: TypeAlias = "Uplink | tuple[Any, ...]"
DownlinkLike: TypeAlias = "Downlink | tuple[Any, ...]"

T = TypeVar("T")
Read = TypeVar("Read")
HIGHEST_PORT = 255  # FPort is one byte on the air
DEEPEST = Limits().depth
CONTAINERS = (dict, list, tuple)
TEXT = frozenset([str])
SCALARS = frozenset([str, int, float, bool, NoneType])

# Tuples, for a union would be made anew for each message.
BYTES = (bytes, bytearray, memoryview)
MOMENTS = (datetime, str, NoneType)

OPERATIONS = ("decode_uplink", "decode_downlink", "encode_downlink")


class Device(ABC):
    """Decodes and encodes the payloads of one kind of device; a context manager that ends what it started.

    Attributes:
        name: what it was loaded as: an id ``vendor/name`` or a path.
        dialect: the network whose rules it follows, or None for a declared codec.
    """

    name: str
    dialect: str | None = None

    @property
    @abstractmethod
    def operations(self) -> frozenset[str]:
        """Which of `OPERATIONS` the device offers."""

    @abstractmethod
    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode uplinks in order, lazily, in bounded memory; an error stands in its message's place."""

    @abstractmethod
    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlink payloads, as `decode_uplinks` does uplinks."""

    @abstractmethod
    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode downlinks in order; an error stands in its message's place."""

    def in_network(self, dialect: str) -> Device:  # noqa: ARG002 - a declared codec is the same in every network
        """The device as the network of that dialect runs it; itself, unless it is a script whose dialect is open."""
        return self

    def close(self) -> None:  # noqa: B027 - optional: most devices hold nothing open
        """End what the device started; it may be used no more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def decode_uplink(
        self,
        frm_payload: bytes,
        f_port: int = 1,
        *,
        recv_time: Moment | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Decoded:
        """Decode one uplink.

        Raises:
            Error: whatever went wrong, with ``name``, ``message`` and place; see `octavo.errors`.
        """
        return only(self.decode_uplinks([Uplink(frm_payload, f_port, recv_time, variables)]))

    def decode_downlink(
        self, frm_payload: bytes, f_port: int = 1, *, variables: Mapping[str, str] | None = None
    ) -> Decoded:
        """Decode one downlink payload; raises `Error`."""
        return only(self.decode_downlinks([Uplink(frm_payload, f_port, None, variables)]))

    def encode_downlink(self, data: Any, f_port: int = 0, *, variables: Mapping[str, str] | None = None) -> Encoded:
        """Encode one downlink; raises `Error`. Port 0 leaves the port to the device's encoder."""
        return only(self.encode_downlinks([Downlink(data, f_port, variables)]))

    async def adecode_uplink(
        self,
        frm_payload: bytes,
        f_port: int = 1,
        *,
        recv_time: Moment | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Decoded:
        """`decode_uplink` that does not block the event loop."""
        return self.decode_uplink(frm_payload, f_port, recv_time=recv_time, variables=variables)

    async def adecode_downlink(
        self, frm_payload: bytes, f_port: int = 1, *, variables: Mapping[str, str] | None = None
    ) -> Decoded:
        """`decode_downlink` that does not block the event loop."""
        return self.decode_downlink(frm_payload, f_port, variables=variables)

    async def aencode_downlink(
        self, data: Any, f_port: int = 0, *, variables: Mapping[str, str] | None = None
    ) -> Encoded:
        """`encode_downlink` that does not block the event loop."""
        return self.encode_downlink(data, f_port, variables=variables)

    async def adecode_uplinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_uplinks` that does not block the event loop."""
        for outcome in self.decode_uplinks(messages):
            yield outcome

    async def adecode_downlinks(self, messages: Iterable[UplinkLike]) -> AsyncIterator[Decoded | Error]:
        """`decode_downlinks` that does not block the event loop."""
        for outcome in self.decode_downlinks(messages):
            yield outcome

    async def aencode_downlinks(self, messages: Iterable[DownlinkLike]) -> AsyncIterator[Encoded | Error]:
        """`encode_downlinks` that does not block the event loop."""
        for outcome in self.encode_downlinks(messages):
            yield outcome


def as_uplink(message: UplinkLike) -> Uplink:
    """A message given as an `Uplink` or a tuple prefix of one.

    Raises:
        Error: named ``input``, where it is none; the sentence says what was expected.
    """
    uplink = message if isinstance(message, Uplink) else Uplink(*_parts(message, Uplink))
    if not isinstance(uplink.frm_payload, BYTES):
        got = type(uplink.frm_payload).__name__
        raise Error(
            f"frm_payload: expected bytes, got {got}; of a text: bytes.fromhex(text) or base64.b64decode(text)",
            name="input",
        )
    _check_port(uplink.f_port)
    if not isinstance(uplink.recv_time, MOMENTS):
        raise Error(f"recv_time: expected a datetime or RFC 3339 text, got {uplink.recv_time!r}", name="input")
    return uplink


def as_downlink(message: DownlinkLike) -> Downlink:
    """A message given as a `Downlink` or a tuple prefix of one.

    Raises:
        Error: named ``input``, where it is none; the sentence says what was expected.
    """
    downlink = message if isinstance(message, Downlink) else Downlink(*_parts(message, Downlink))
    _check_port(downlink.f_port)
    if wrong := misnamed(downlink.data):
        raise EncodeError(wrong.sentence("data"), name="input", path=wrong.path)
    return downlink


class Misnamed(NamedTuple):
    """A member whose name is no text: JSON has none such.

    Attributes:
        path: JSON Pointer of the object that has it; empty for the whole value.
        kind: the type of its name.
    """

    path: str
    kind: str

    def sentence(self, what: str) -> str:
        """What is wrong, and where; ``what`` names the whole value."""
        return f"{self.path or what}: expected text as member names, got {self.kind}"


def misnamed(value: Any) -> Misnamed | None:
    """The first member of a value whose name is no text; None where there is none.

    The first level deeper than results may be ends the search, so that a value which holds itself comes to an end.
    """
    waiting: list[tuple[tuple[str | int, ...], Any]] = [] if _all_named([value], DEEPEST) else [((), value)]
    while waiting:
        path, node = waiting.pop()
        if len(path) > DEEPEST:
            break
        odd = [name for name in node if not isinstance(name, str)] if isinstance(node, dict) else []
        if odd:
            parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
            return Misnamed("".join(f"/{part}" for part in parts), type(odd[0]).__name__)
        waiting += (((*path, name), inner) for name, inner in _members(node) if isinstance(inner, CONTAINERS))
    return None


def _all_named(values: Iterable[Any], levels: int) -> bool:
    """A quick yes, without paths: every message comes by."""
    for value in values:
        kind = type(value)
        if kind is dict:
            good = levels > 0 and TEXT.issuperset(map(type, value)) and _all_named(value.values(), levels - 1)
        elif kind is list:
            good = levels > 0 and _all_named(value, levels - 1)
        else:
            good = kind in SCALARS
        if not good:
            return False
    return True


def _members(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, CONTAINERS) else ()


def in_place(
    messages: Iterable[Any], read: Callable[[Any], Read], run: Callable[[Read], T | Error]
) -> Iterator[T | Error]:
    """Run each message; the error of one that is no message stands in its place."""
    for message in messages:
        try:
            given = read(message)
        except Error as error:
            yield error
        else:
            yield run(given)


def _parts(message: Any, kind: type) -> tuple[Any, ...]:
    most = len(fields(kind))
    if isinstance(message, tuple) and 0 < len(message) <= most:
        return message
    raise Error(
        f"expected {kind.__name__}(...) or a tuple of its first members, got {type(message).__name__}", name="input"
    )


def _check_port(f_port: Any) -> None:
    if type(f_port) is not int or not 0 <= f_port <= HIGHEST_PORT:
        raise Error(f"f_port: expected a whole number from 0 to {HIGHEST_PORT}, got {f_port!r}", name="input")


def only(outcomes: Iterator[T | Error]) -> T:
    """The single outcome of a batch of one: returned, or raised where it is an error."""
    outcome = next(outcomes)
    if isinstance(outcome, Error):
        raise outcome
    return outcome
