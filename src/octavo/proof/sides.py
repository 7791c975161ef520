"""The sides of a proof: the declaration as construct reads it, and everything that is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from octavo.codecs.codec import wrong_port
from octavo.codecs.reference import parsed
from octavo.errors import DecodeError, Error
from octavo.formatters.dialects import dialect_table
from octavo.formatters.formatter import Formatter
from octavo.limits import Limits
from octavo.messages import EPOCH, Decoded, Downlink, Encoded, Uplink
from octavo.proof.outcomes import Outcome, of_decoding, of_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from octavo.codecs import Codec
    from octavo.proof.material import Frame, Values

PATIENT = Limits(time_s=3)
"""A busy machine holds a message up; a script that never ends is found all the same."""

EMPTY_IS_NULL = frozenset(["tts-3.32"])
"""Dialects whose encoders get null for ``{}``. Source: lorawan-stack 3.32.1, pkg/goproto, Struct."""

WHOLE_VOCABULARY = "union"
"""The vocabulary that knows every path of the normalized payload."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What a side is told, and how its network changes what it says.

    Attributes:
        knows_time: whether it is told when a message was received.
        names_port: whether its encoder is asked for a port.
        tells_port: whether the port is part of what its encoder gives.
        empty_is_null: whether its encoder gets null for ``{}``.
        measures: whether it normalizes, by the whole vocabulary.
    """

    knows_time: bool = True
    names_port: bool = True
    tells_port: bool = True
    empty_is_null: bool = False
    measures: bool = False


class Declared:
    """The declaration, read and written by construct: what all others are held against.

    Args:
        codec: the declaration.
        operation: what is done.
        batch: what it is done with; each question is asked once, however many sides there are.
    """

    def __init__(self, codec: Codec, operation: str, batch: Sequence[Any]) -> None:
        self.codec = codec
        self.operation = operation
        self.batch = batch
        self.layouts = codec.uplink if operation == "decode_uplink" else codec.downlink
        self.known: dict[Any, Any] = {}
        self.read: dict[tuple[Frame, int | None], Decoded | Error] = {}

    def outcomes(self, reads: Reads) -> list[Outcome]:
        """What comes of the batch for a side that is told so much."""
        ask = self._encoding if self.operation == "encode_downlink" else self._decoding
        return [ask(place, given, reads) for place, given in enumerate(self.batch)]

    def _decoding(self, place: int, frame: Frame, reads: Reads) -> Outcome:
        received_ms = frame.received_ms if reads.knows_time or not self.codec.looks_at_time else None
        measured = reads.measures and self.operation == "decode_uplink"
        key = place, received_ms is None, measured
        if key not in self.known:
            self.known[key] = of_decoding(self.reading(frame, received_ms), measured=measured)
        outcome: Outcome = self.known[key]
        return outcome

    @cached_property
    def uplinks(self) -> list[Uplink]:
        """The frames as messages, as a network's side is given them."""
        return [Uplink(each.frm_payload, each.f_port, moment(each.received_ms)) for each in self.batch]

    def reading(self, frame: Frame, received_ms: int | None) -> Decoded | Error:
        """What construct makes of a frame, received then; asked again it is not read again."""
        key = frame, received_ms
        if key not in self.read:
            self.read[key] = self._parse(frame, received_ms)
        return self.read[key]

    def _parse(self, frame: Frame, received_ms: int | None) -> Decoded | Error:
        if frame.f_port not in self.layouts:
            return DecodeError(wrong_port(self.layouts, frame.f_port))
        try:
            decoded = Decoded(parsed(self.layouts[frame.f_port], frame.frm_payload, received_ms))
        except DecodeError as error:
            return error
        return self.codec.measured(decoded, frame.f_port) if self.operation == "decode_uplink" else decoded

    def _encoding(self, place: int, values: Values, reads: Reads) -> Outcome:
        port = values.f_port if reads.names_port else 0
        if len(self.layouts) == 1:
            port = port or next(iter(self.layouts))
        sent = without_empty(values.data) if reads.empty_is_null else values.data
        key = place, port, sent == values.data
        if key not in self.known:
            (result,) = self.codec.encode_downlinks([Downlink(sent, port)])
            self.known[key] = [of_encoding(result, with_port=each) for each in (False, True)]
        outcome: Outcome = self.known[key][reads.tells_port]
        return outcome


class Script:
    """A JavaScript file under the rules of one network.

    Args:
        file: the script.
        dialect: the network.
        measures: whether the declaration names paths of the normalized vocabulary.
    """

    def __init__(self, file: Path, dialect: str, *, measures: bool) -> None:
        table = dialect_table(dialect)
        decoding = table.operations["decode_uplink"].functions[0].inputs
        encoding = table.operations["encode_downlink"].functions[0]
        self.name = dialect
        self.prefixes = prefixes_of(dialect)
        self.device = Formatter(file, name="generated", dialect=dialect, limits=PATIENT)
        self.operations = frozenset(table.operations)
        self.reads = Reads(
            knows_time=any("recvTime" in each or "time" in each for each in decoding),
            names_port=any("fPort" in each or "port" in each for each in encoding.inputs),
            tells_port=encoding.shape.endswith("_envelope"),
            empty_is_null=dialect in EMPTY_IS_NULL,
            measures=measures and table.vocabulary == WHOLE_VOCABULARY,
        )

    def close(self) -> None:
        """Give the workers back."""
        self.device.close()

    def decode(self, declared: Declared) -> list[Outcome]:
        """Each frame as the network decodes it."""
        operation = declared.operation
        run = self.device.decode_uplinks if operation == "decode_uplink" else self.device.decode_downlinks
        measured = self.reads.measures and operation == "decode_uplink"
        return [
            of_decoding(self._known(each), prefixes=self.prefixes, measured=measured) for each in run(declared.uplinks)
        ]

    def _known(self, result: Decoded | Error) -> Decoded | Error:
        return result if self.reads.measures else without_measurements(result)

    def encode(self, declared: Declared) -> list[Outcome]:
        """All data as the network encodes it."""
        messages = [Downlink(each.data, each.f_port if self.reads.names_port else 0) for each in declared.batch]
        results: Iterable[Encoded | Error] = self.device.encode_downlinks(messages)
        return [of_encoding(each, prefixes=self.prefixes, with_port=self.reads.tells_port) for each in results]


class Quick:
    """The quick reader; where it leaves a frame to construct, it says what construct says."""

    name = "quick"
    operations = frozenset(["decode_uplink", "decode_downlink"])

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.reads = Reads(measures=codec.measures)

    def close(self) -> None:
        """Nothing is held open."""

    def decode(self, declared: Declared) -> list[Outcome]:
        """Each frame, as a codec decodes it."""
        is_uplink = declared.operation == "decode_uplink"
        ports = self.codec.uplink_ports if is_uplink else self.codec.downlink_ports
        readers = {f_port: port.quick for f_port, port in ports.items()}
        found = []
        for frame in declared.batch:
            read = readers.get(frame.f_port)
            data = read(frame.frm_payload, frame.received_ms) if read else None
            found.append(self._result(declared, frame, data, is_uplink=is_uplink))
        return [of_decoding(each, measured=self.reads.measures and is_uplink) for each in found]

    def _result(self, declared: Declared, frame: Frame, data: Any, *, is_uplink: bool) -> Decoded | Error:
        if data is None:
            return declared.reading(frame, frame.received_ms)
        decoded = Decoded(data)
        return self.codec.measured(decoded, frame.f_port) if is_uplink else decoded


def prefixes_of(dialect: str) -> tuple[str, ...]:
    """What a network may put in front of the sentence of a script."""
    table = dialect_table(dialect)
    functions = [function.name for operation in table.operations.values() for function in operation.functions]
    errors = (table.wording.errors.format(name, "") for name in functions)
    return tuple(dict.fromkeys([*filter(None, errors), table.wording.script.format("")]))


def without_measurements(result: Decoded | Error) -> Decoded | Error:
    """The data, where a network of an older vocabulary refuses measurements that it does not know."""
    decoded = result.decoded if isinstance(result, Error) else None
    return decoded if decoded is not None and decoded.data is not None else result


def moment(received_ms: int) -> datetime:
    """A Unix time in milliseconds as a time."""
    return EPOCH + timedelta(milliseconds=received_ms)


def without_empty(data: Any) -> Any:
    """Data as an encoder gets it from a network that makes ``{}`` null."""
    if isinstance(data, dict):
        return {name: without_empty(value) for name, value in data.items()} or None
    return [without_empty(value) for value in data] if isinstance(data, list) else data
