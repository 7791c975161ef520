"""A device whose payloads are declared with construct."""

from __future__ import annotations

import time
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from octavo._vocabulary import kept, parse_measurements
from octavo.codecs._construct import shown
from octavo.codecs.computed import Ago
from octavo.codecs.declaration import check_extent, check_ports
from octavo.codecs.members import shares_members
from octavo.codecs.normalized import measurements, rules_of
from octavo.codecs.quick import quick_reader
from octavo.codecs.reference import parsed, write
from octavo.codecs.tree import normal, walk
from octavo.device import Device, as_downlink, as_uplink, in_place
from octavo.errors import ContentError, DecodeError, EncodeError, Error
from octavo.messages import Decoded, Encoded, unix_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo.codecs._construct import AnyConstruct
    from octavo.codecs.columns.result import Columns
    from octavo.codecs.quick import QuickReader
    from octavo.device import DownlinkLike, UplinkLike
    from octavo.messages import Downlink, Uplink


class Port:
    """The payloads of one FPort and direction: read quickly where all is well, by construct where it is not.

    Args:
        layout: what they are declared as.
    """

    def __init__(self, layout: AnyConstruct) -> None:
        self.layout = layout

    @cached_property
    def quick(self) -> QuickReader | None:
        """The quick reader, made when the first payload is read; None where the layout has something it lacks."""
        return quick_reader(self.layout)

    def read(self, frm_payload: bytes, received_ms: int | None) -> Any:
        """The data of a payload; raises the `DecodeError` of `parsed`."""
        data = self.quick(frm_payload, received_ms) if self.quick else None
        return parsed(self.layout, frm_payload, received_ms) if data is None else data


class Codec(Device):
    """Decodes and encodes by a declaration: a construct layout per FPort and direction.

    Args:
        name: id, ``vendor/device``.
        uplink: FPort (1 to 223) to the layout of its uplinks.
        downlink: FPort to the layout of its downlinks; they are decoded and encoded.
        description: what the device is, in one line.

    Raises:
        ContentError: a declaration that cannot be right; ``path`` is the field.
    """

    def __init__(
        self,
        *,
        name: str,
        uplink: Mapping[int, AnyConstruct] | None = None,
        downlink: Mapping[int, AnyConstruct] | None = None,
        description: str = "",
    ) -> None:
        self.name = " ".join(name.split())
        self.description = " ".join(description.split())
        self.uplink = _ports("uplink", uplink)
        self.downlink = _ports("downlink", downlink)
        check_ports(self.uplink, self.downlink)
        self.uplink_ports = {f_port: Port(layout) for f_port, layout in self.uplink.items()}
        self.downlink_ports = {f_port: Port(layout) for f_port, layout in self.downlink.items()}
        self._measured = {f_port: rules_of(layout) for f_port, layout in self.uplink.items()}

    @property
    def operations(self) -> frozenset[str]:
        """Decoding of uplinks where any are declared, decoding and encoding of downlinks likewise."""
        names = {"decode_uplink"} if self.uplink else set()
        return frozenset(names | ({"decode_downlink", "encode_downlink"} if self.downlink else set()))

    def decode_uplinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode uplinks in order; a `DecodeError` stands in its message's place."""
        return in_place(messages, as_uplink, self._decoded)

    def decode_downlinks(self, messages: Iterable[UplinkLike]) -> Iterator[Decoded | Error]:
        """Decode downlink payloads, as `decode_uplinks` does uplinks."""
        return in_place(messages, as_uplink, partial(_decoded, self.downlink_ports))

    def encode_downlinks(self, messages: Iterable[DownlinkLike]) -> Iterator[Encoded | Error]:
        """Encode downlinks in order; an `EncodeError` stands in its message's place.

        FPort 0 takes the one declared port whose fields fit the data; none or several is an error.
        """
        return in_place(messages, as_downlink, self._encoded)

    def encode_uplink(self, data: Any, f_port: int) -> bytes:
        """The payload that decodes to ``data``: for tests and simulated devices.

        Raises:
            EncodeError: the port is not declared, or the values do not fit.
        """
        if f_port not in self.uplink:
            raise EncodeError(wrong_port(self.uplink, f_port))
        return write(self.uplink[f_port], data)

    def decode_columns(
        self, payloads: Any, f_port: Any = None, *, recv_times: Any = None, downlink: bool = False
    ) -> Columns:
        """The data of many payloads, column by column; see `octavo.codecs.columns.decode_columns`.

        Args:
            payloads: a ``(n, width)`` array of uint8, an Arrow array of binary, or any iterable of bytes.
            f_port: the FPort of all payloads, or one for each; None where only one is declared.
            recv_times: when each was received; None is now.
            downlink: whether they are downlinks.

        Raises:
            ContentError: numpy is not installed.
            Error: named ``input``, where the payloads, ports or times are none.
        """
        from octavo.codecs.columns import decode_columns  # noqa: PLC0415 - numpy is an extra

        layouts, ports = (self.downlink, self.downlink_ports) if downlink else (self.uplink, self.uplink_ports)
        return decode_columns(layouts, payloads, partial(_decoded, ports), f_port=f_port, recv_times=recv_times)

    def _decoded(self, uplink: Uplink) -> Decoded | Error:
        outcome = _decoded(self.uplink_ports, uplink)
        return self.measured(outcome, uplink.f_port) if isinstance(outcome, Decoded) else outcome

    @cached_property
    def looks_at_time(self) -> bool:
        """Whether any member of an uplink depends on when it was received."""
        return any(isinstance(each, Ago) for layout in self.uplink.values() for each in walk(layout))

    @property
    def measures(self) -> bool:
        """Whether any field names a path of the normalized vocabulary."""
        return any(self._measured.values())

    def measured(self, decoded: Decoded, f_port: int) -> Decoded:
        """A decoded uplink with its normalized measurements, where fields name paths of the vocabulary."""
        if self._measured[f_port]:
            found = parse_measurements(self.normalize(decoded.data, f_port))
            decoded.normalized, decoded.normalized_warnings = kept(found)
        return decoded

    def normalize(self, data: Any, f_port: int) -> list[dict[str, Any]]:
        """The measurements in the data of an uplink, of the normalized vocabulary, before their bounds are checked.

        Raises:
            DecodeError: the port is not declared.
        """
        if f_port not in self._measured:
            raise DecodeError(wrong_port(self.uplink, f_port))
        return list(measurements(self._measured[f_port], data))

    def _encoded(self, message: Downlink) -> Encoded | Error:
        started = time.perf_counter()
        try:
            frm_payload, f_port = self._write_downlink(message)
        except EncodeError as error:
            return error
        return Encoded(frm_payload, f_port, elapsed_s=time.perf_counter() - started)

    def _write_downlink(self, message: Downlink) -> tuple[bytes, int]:
        if message.f_port:
            if message.f_port not in self.downlink:
                raise EncodeError(wrong_port(self.downlink, message.f_port))
            return write(self.downlink[message.f_port], message.data), message.f_port
        if len(self.downlink) == 1:
            f_port, layout = next(iter(self.downlink.items()))
            return write(layout, message.data), f_port
        return self._write_on_fitting_port(message.data)

    def _write_on_fitting_port(self, data: Any) -> tuple[bytes, int]:
        written: dict[int, bytes] = {}
        failed: dict[int, str] = {}
        for f_port, layout in self.downlink.items():
            try:
                written[f_port] = write(layout, data)
            except EncodeError as error:
                failed[f_port] = error.message
        if len(written) > 1:
            raise EncodeError(f"the data fits the ports {_listed(written, 'and')}: give f_port")
        if not written:
            raise self._fits_none(data, failed)
        f_port, frm_payload = next(iter(written.items()))
        return frm_payload, f_port

    def _fits_none(self, data: Any, failed: Mapping[int, str]) -> EncodeError:
        """Says why, for the ports that have a member of the data; for all where none has."""
        if not failed:
            return EncodeError(wrong_port(self.downlink, 0))
        near = [f_port for f_port, layout in self.downlink.items() if shares_members(layout, data)]
        reasons = "; ".join(f"{f_port}: {failed[f_port]}" for f_port in near or failed)
        return EncodeError(f"the data fits none of the ports {_listed(failed, 'and')} ({reasons})")


def _ports(direction: str, given: Any) -> dict[int, AnyConstruct]:
    """The layouts of a direction; raises `ContentError` where they are no mapping."""
    if not isinstance(given, dict | MappingProxyType | None):
        raise ContentError(
            f"{direction}: expected FPorts and their layouts, {{1: ...}}, got {type(given).__name__}", path=direction
        )
    for f_port, layout in (given or {}).items():
        check_extent(layout, f"{direction}[{f_port}]")
    return {f_port: normal(layout) for f_port, layout in (given or {}).items()}


def _decoded(ports: Mapping[int, Port], uplink: Uplink) -> Decoded | Error:
    started = time.perf_counter()
    port = ports.get(uplink.f_port)
    if port is None:
        return DecodeError(wrong_port(ports, uplink.f_port))
    try:
        data = port.read(bytes(uplink.frm_payload), received_ms(uplink))
    except DecodeError as error:
        return error
    return Decoded(data, elapsed_s=time.perf_counter() - started)


def received_ms(uplink: Uplink) -> int:
    """When a message was received, Unix time in whole milliseconds; now, where it does not say.

    Raises:
        DecodeError: its ``recv_time`` is no time.
    """
    if uplink.recv_time is None:
        return time.time_ns() // 1_000_000
    try:
        return unix_ms(uplink.recv_time)
    except (ValueError, OverflowError) as error:
        message = f"recv_time: expected a time such as 2026-01-02T03:04:05Z, got {shown(uplink.recv_time)}"
        raise DecodeError(message) from error


def wrong_port(ports: Iterable[int], f_port: int) -> str:
    """The sentence for a port that is not declared in a direction."""
    declared = list(ports)
    return f"expected port {_listed(declared)}, got {f_port}" if declared else "no port is declared in this direction"


def _listed(ports: Iterable[int], joined: str = "or") -> str:
    *others, last = (str(port) for port in ports)
    return f"{', '.join(others)} {joined} {last}" if others else last
