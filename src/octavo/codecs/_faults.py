"""Whatever construct and Python raise inside a declaration, as octavo's errors with field, byte and bit."""

from __future__ import annotations

import ast
import io
import re
import traceback
from typing import Any

import construct

from octavo.codecs._construct import FieldError, bytes_of, dotted, shown
from octavo.errors import DecodeError, EncodeError

FAULTS = (
    construct.ConstructError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What a declaration may raise: construct's exceptions, and the families of Python's own (struct errors
arrive as construct's, Unicode errors are ValueError, a RecursionError is a RuntimeError)."""

_CONST = re.compile(r"parsing expected (.+) but parsed (.+)")
_SHORT = re.compile(r"expected (\d+), found (\d+)")


class Payload(io.BytesIO):
    """A payload that remembers where the last read began: at the field that fails.

    Attributes:
        last: that offset.
    """

    last = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As every stream does."""
        self.last = self.tell()
        return super().read(size)


def decode_error(fault: BaseException, payload: Payload) -> DecodeError:
    """The error of a payload that does not fit."""
    offset, bit = payload.last, None
    if isinstance(fault, FieldError) and fault.place:
        offset, bit = offset + fault.place[0], fault.place[1]
    field = field_of(fault)
    where = f"byte {offset}" if bit is None else f"byte {offset}, bit {bit}"
    return DecodeError(f"{field or 'payload'} ({where}): {_reason(fault)}", path=field, offset=offset)


def encode_error(fault: BaseException, data: Any) -> EncodeError:
    """The error of values that do not fit."""
    field = field_of(fault)
    reason = _reason(fault)
    if not isinstance(fault, FieldError) and field:
        reason = f"{reason}, got {shown(_value_at(data, field))}"
    return EncodeError(f"{field or 'data'}: {reason}", path=field)


def field_of(fault: BaseException) -> str | None:
    """Dotted path of the field in which something was raised.

    construct hands its path down from layout to layout as an argument, but not every exception carries it;
    the innermost frame of the traceback that has it knows best.
    """
    path = getattr(fault, "path", None)
    for frame, _ in traceback.walk_tb(fault.__traceback__):
        here = frame.f_locals.get("path")
        if isinstance(here, str) and here.startswith("("):
            path = here
    return dotted(path or "") or None


def _reason(fault: BaseException) -> str:
    if isinstance(fault, FieldError):
        return f"expected {fault.expected}, got {fault.got}"
    short = _SHORT.search(str(fault)) if isinstance(fault, construct.StreamError) else None
    if short:
        return f"expected {bytes_of(int(short[1]))}, got {short[2]}"
    wrong = _CONST.fullmatch(str(fault).splitlines()[-1]) if isinstance(fault, construct.ConstError) else None
    if wrong:
        return f"expected {_hex(wrong[1])}, got {_hex(wrong[2])}"
    if isinstance(fault, construct.FormatFieldError | construct.IntegerError):
        return "expected a number that the field holds"
    text = str(fault).splitlines()[-1] if str(fault) else "no more is known"
    return text if isinstance(fault, construct.ConstructError) else f"{type(fault).__name__}: {text}"


def _hex(printed: str) -> str:
    """Bytes that construct printed, as hex digits; numbers as they are."""
    value = ast.literal_eval(printed)
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _value_at(data: Any, field: str) -> Any:
    try:
        for key in re.findall(r"[^.\[\]]+", field):
            data = data[int(key) if key.isdigit() else key]
    except FAULTS:
        return None
    return data
