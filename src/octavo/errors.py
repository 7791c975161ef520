"""The errors of octavo: one base, and under it families that say who has to mend what.

``name`` is the same in every dialect (contract: results and errors); the class says the family:
content (somebody's file), codec (bytes or values that do not fit a declared layout), script (JavaScript).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from octavo.messages import Decoded, Encoded

FIELDS = ("name", "code", "message", "cause", "file", "line", "column", "path", "offset")


class Error(Exception):
    """Base of everything octavo raises on purpose.

    Attributes:
        name: stable name, for example ``script_timeout``, ``data_invalid``, ``not_found``.
        code: gRPC code name that The Things Stack gives, for example ``ABORTED``; None elsewhere.
        message: one sentence; for scripts it begins with the network's own text.
        cause: what lies under it (``no_script_output``, ``unknown field `x` `` ...), or None.
        file: path of the formatter, codec or message file, or None.
        line: line in ``file``, counted from 1, or None.
        column: column in ``line``, counted from 1, or None.
        path: field or JSON path inside the data, or None.
        offset: byte offset in the payload, or character offset in a payload text, or None.
        decoded: the partial `Decoded` when decoding got that far (or logged something), else None.
        encoded: the partial `Encoded`, likewise.
    """

    default_name = "error"

    def __init__(
        self,
        message: str,
        *,
        name: str | None = None,
        code: str | None = None,
        cause: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        path: str | None = None,
        offset: int | None = None,
        decoded: Decoded | None = None,
        encoded: Encoded | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.name = name or self.default_name
        self.code = code
        self.cause = cause
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.offset = offset
        self.decoded = decoded
        self.encoded = encoded

    def __str__(self) -> str:
        """One sentence, with the place in front where it is known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.cause})" if self.cause else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross process borders (multiprocessing, pytest-xdist) whole."""
        state = {key: getattr(self, key) for key in (*FIELDS, "decoded", "encoded") if key != "message"}
        return _rebuild, (type(self), self.message, state)

    def to_dict(self) -> dict[str, Any]:
        """The ``error`` object of a result line: every member present, null where unknown."""
        return {key: getattr(self, key) for key in FIELDS}


def _rebuild(kind: type[Error], message: str, state: dict[str, Any]) -> Error:
    return kind(message, **state)


class ContentError(Error):
    """A file of ours or of the user's does not hold what it should: ``file`` and what was expected."""

    default_name = "content"


class NotFoundError(ContentError, KeyError):
    """No such device, formatter, codec, file or schema."""

    default_name = "not_found"


class PayloadError(Error, ValueError):
    """A payload text that is neither hex, base64 nor a list of bytes; ``offset`` counts characters."""

    default_name = "invalid_payload"


class DataError(Error, ValueError):
    """Data that does not fit the device's own schema; ``path`` is the JSON Pointer."""

    default_name = "data_invalid"


class CodecError(Error):
    """A declared codec met bytes or values that do not fit its layout; ``path`` is the field."""

    default_name = "codec"


class DecodeError(CodecError, ValueError):
    """The bytes do not fit the layout; ``offset`` is the byte."""

    default_name = "decode"


class EncodeError(CodecError, ValueError):
    """The values do not fit the layout."""

    default_name = "encode"


class ScriptError(Error):
    """JavaScript threw, reported ``errors``, or could not be parsed."""

    default_name = "script"


class LimitError(ScriptError):
    """A limit of the sandbox was met: time, memory, size, depth, or the worker was lost."""

    default_name = "worker_lost"


class OutputError(ScriptError):
    """A script returned what its network cannot take."""

    default_name = "output"
