"""The values that travel between the rooms of the house: messages in, results out.

Stdlib only; everything above imports from here and nothing here imports from above.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping

Moment: TypeAlias = datetime | str
"""A time: an aware `datetime`, or RFC 3339 text, which keeps its nanoseconds."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unix_s(moment: Moment) -> float:
    """Seconds since 1970 of a time; one without a zone is UTC.

    Raises:
        ValueError: it is no time, or the text is none of RFC 3339.
        OverflowError: the year is beyond what this machine counts.
    """
    return _zoned(moment).timestamp()


def unix_ms(moment: Moment) -> int:
    """Whole milliseconds since 1970 of a time, cut, as `unix_s`; raises the same."""
    return (_zoned(moment) - EPOCH) // timedelta(milliseconds=1)


def _zoned(moment: Moment) -> datetime:
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if not isinstance(found, datetime):
        raise ValueError(f"expected a time, got {type(found).__name__}")  # noqa: TRY004 - one error for what is no time
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Uplink:
    """Bytes a device sent.

    Attributes:
        frm_payload: the decrypted payload.
        f_port: LoRaWAN FPort, 0 to 255; passed to the device's decoder as it stands.
        recv_time: when the network received it, for decoders that ask; None is now.
        variables: the device's variables (ChirpStack), text to text.
    """

    frm_payload: bytes
    f_port: int = 1
    recv_time: Moment | None = None
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Downlink:
    """Data to send to a device: what an encoder turns into bytes.

    Attributes:
        data: the ``decoded_payload`` of the downlink.
        f_port: requested FPort; 0 leaves the choice to the device's encoder.
        variables: as in `Uplink`.
    """

    data: Any
    f_port: int = 0
    variables: Mapping[str, str] | None = None


@dataclass(slots=True)
class Decoded:
    """What a decoder made of a payload.

    Attributes:
        data: the ``decoded_payload``; None when the decoder did not get that far, or has none.
        warnings: the script's own warnings.
        normalized: measurements in the vocabulary of ``normalized_payload``, or None.
        normalized_warnings: warnings of the normalizer and of its bounds.
        log: lines the script wrote with ``console``.
        notes: octavo's own remarks; never mixed with the script's warnings.
        elapsed_s: time inside the device's code, in seconds; a grain of 0.001 s for JavaScript.
    """

    data: Any
    warnings: list[str] = field(default_factory=list)
    normalized: list[dict[str, Any]] | None = None
    normalized_warnings: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0


@dataclass(slots=True)
class Encoded:
    """What an encoder made of data.

    Attributes:
        frm_payload: the bytes to send; None when the encoder gave none.
        f_port: the FPort to send them on.
        warnings, log, notes, elapsed_s: as in `Decoded`.
    """

    frm_payload: bytes | None
    f_port: int | None = None
    warnings: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a schema did not expect.

    Attributes:
        path: JSON Pointer to the value inside the message ("" is the message itself).
        message: what was expected and what is there, in one sentence.
        value: the value found.
        schema: ``$id`` of the schema, with the pointer of the rule after ``#``.
    """

    path: str
    message: str
    value: Any
    schema: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {"path": self.path, "message": self.message, "value": self.value, "schema": self.schema}


def decode_record(outcome: Decoded | Error) -> dict[str, Any]:
    """A decoding as the JSON object of one result line; all members are always present."""
    error = outcome if isinstance(outcome, Error) else None
    result = outcome.decoded if isinstance(outcome, Error) else outcome
    result = result or Decoded(None)
    return {
        "data": result.data,
        "warnings": result.warnings,
        "normalized": result.normalized,
        "normalized_warnings": result.normalized_warnings,
        "log": result.log,
        "notes": result.notes,
        "error": error.to_dict() if error else None,
    }


def encode_record(outcome: Encoded | Error) -> dict[str, Any]:
    """An encoding as the JSON object of one result line; all members are always present."""
    error = outcome if isinstance(outcome, Error) else None
    result = outcome.encoded if isinstance(outcome, Error) else outcome
    result = result or Encoded(None)
    payload = result.frm_payload
    return {
        "frm_payload": None if payload is None else base64.b64encode(payload).decode("ascii"),
        "hex": None if payload is None else payload.hex(),
        "f_port": result.f_port,
        "warnings": result.warnings,
        "log": result.log,
        "notes": result.notes,
        "error": error.to_dict() if error else None,
    }
