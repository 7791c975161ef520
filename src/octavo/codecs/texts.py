"""Fields whose value is text: digits, characters, versions, times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs.fields import Counted, Field, Mismatch
from octavo.codecs.numbers import is_number, round_half_up

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct

LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, in Unix time: what four digits of a year end with."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{3})?Z", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]*")


class HexText(Field):
    """Bytes as lower-case hex digits: serial numbers, MAC addresses.

    Args:
        count: number of bytes; None takes all to the end of the payload.
    """

    kind = str

    def __init__(self, count: int | None = None) -> None:
        super().__init__(construct.GreedyBytes if count is None else construct.Bytes(count))
        self.count = count

    @property
    def writable(self) -> str:
        """What is expected of a value."""
        digits = "an even number of" if self.count is None else 2 * self.count
        return f"{digits} lower-case hex digits"

    def read(self, raw: Any) -> Any:
        """The bytes as hex digits."""
        return raw.hex()

    def write(self, value: Any) -> Any:
        """The bytes of hex digits; raises `Mismatch` where they are too few, too many or none."""
        if not isinstance(value, str) or set(value) - set("0123456789abcdef") or len(value) % 2:
            raise Mismatch(self.writable, value)
        if self.count is not None and len(value) != 2 * self.count:
            raise Mismatch(self.writable, value)
        return bytes.fromhex(value)


class Ascii(Field):
    """Printable characters (0x20 to 0x7e), one a byte.

    Args:
        count: number of bytes; None takes all to the end of the payload.
        pad: the character that fills up what is shorter; it is taken off the end on reading.
    """

    kind = str
    readable = "printable ASCII"

    def __init__(self, count: int | None = None, *, pad: str = "\0") -> None:
        super().__init__(construct.GreedyBytes if count is None else construct.Bytes(count))
        self.count = count
        self.pad = pad

    @property
    def writable(self) -> str:
        """What is expected of a value."""
        most = "" if self.count is None else f" of at most {self.count} characters"
        return f"printable ASCII{most} that does not end in {self.pad!r}"

    def read(self, raw: Any) -> Any:
        """The text, without what fills it up; raises `Mismatch` for other characters."""
        text = raw.decode("latin-1").rstrip(self.pad)
        if not _PRINTABLE.fullmatch(text):
            raise Mismatch(self.readable, raw.hex())
        return text

    def write(self, value: Any) -> Any:
        """The bytes of a text, filled up; raises `Mismatch` where it is too long or has other characters."""
        fits = isinstance(value, str) and _PRINTABLE.fullmatch(value) and not value.endswith(self.pad)
        if not fits or (self.count is not None and len(value) > self.count):
            raise Mismatch(self.writable, value)
        return value.ljust(self.count or 0, self.pad).encode("latin-1")


class Version(Counted):
    """A version, ``1.14``, whose parts are ranges of bits of one number.

    Args:
        raw: layout of the number.
        parts: ``(first bit, number of bits)`` of each part; bits that no part names are written 0.
        base: 10, or 16 where the parts are printed as hex digits.
    """

    kind = str

    def __init__(self, raw: AnyConstruct, *parts: tuple[int, int], base: int = 10) -> None:
        super().__init__(raw)
        self.parts = parts
        self.base = base

    @property
    def writable(self) -> str:
        """What is expected of a value."""
        return f"a version of {len(self.parts)} parts"

    def read(self, raw: Any) -> Any:
        """The parts, with dots between them."""
        digits = "d" if self.base == 10 else "x"  # noqa: PLR2004 - decimal
        return ".".join(format(raw >> first & (1 << width) - 1, digits) for first, width in self.parts)

    def write(self, value: Any) -> Any:
        """The number that reads as this version; raises `Mismatch` where there is none."""
        number = self._number(value) if isinstance(value, str) else None
        if number is None or self.read(number) != value:
            raise Mismatch(self.writable, value)
        return number

    def _number(self, text: str) -> int | None:
        parts = text.split(".")
        if len(parts) != len(self.parts):
            return None
        try:
            values = [int(part, self.base) for part in parts]
        except ValueError:
            return None
        return sum(
            (value & (1 << width) - 1) << first for value, (first, width) in zip(values, self.parts, strict=True)
        )


class UnixTime(Counted):
    """A time as text, ``2026-01-02T03:04:05.000Z``, counted from 1970 or another moment.

    The text is what ``Date.prototype.toISOString`` of JavaScript gives. Writing takes it with or without
    milliseconds, and rounds to the nearest count.

    Args:
        raw: layout of the count, unsigned.
        per_unit: counts per second.
        epoch: the moment of count 0, in Unix time, seconds; 315964800 is that of GPS.
        normalized: path in the normalized vocabulary, ``time``.

    >>> from construct import Int32ub
    >>> UnixTime(Int32ub).parse(bytes.fromhex("65930a85"))
    '2024-01-01T18:56:05.000Z'
    """

    kind = str
    readable = "a time before the year 10000"
    writable = "a time such as 2026-01-02T03:04:05.000Z"

    def __init__(self, raw: AnyConstruct, *, per_unit: int = 1, epoch: int = 0, normalized: str | None = None) -> None:
        super().__init__(raw, normalized=normalized)
        self.per_unit = per_unit
        self.epoch = epoch

    @property
    def holdable(self) -> str:
        """What is expected where the count does not hold a time."""
        low, high = (iso_text(min(self.ms_of(count), LAST_MS)) for count in self.counts or (0, 0))
        return f"a time from {low} to {high}"

    def ms_of(self, count: int) -> int:
        """The Unix time of a count, in whole milliseconds, cut."""
        return count * 1000 // self.per_unit + self.epoch * 1000

    def read(self, raw: Any) -> Any:
        """The text of a count; raises `Mismatch` where four digits of a year are too few."""
        ms = self.ms_of(raw)
        if ms > LAST_MS:
            raise Mismatch(self.readable, raw)
        return iso_text(ms)

    def write(self, value: Any) -> Any:
        """The count of a text; raises `Mismatch` where it is no such time or out of range."""
        ms = ms_of_text(value) if isinstance(value, str) else None
        if ms is None:
            raise Mismatch(self.writable, value)
        count = round_half_up((ms - self.epoch * 1000) * self.per_unit / 1000)
        low, high = self.counts or (0, 0)
        if not low <= count <= high or self.ms_of(count) > LAST_MS:
            raise Mismatch(self.holdable, value)
        return count


def iso_text(ms: int) -> str:
    """A Unix time in milliseconds as JavaScript's ``toISOString`` prints it, between the years 1970 and 9999."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def ms_of_text(text: str) -> int | None:
    """The Unix time in milliseconds of a text with a Z, from 1970 on; None where it is no such time."""
    found = _TIME.fullmatch(text)
    if found is None or text < "1970":
        return None
    try:
        moment = datetime.fromisoformat(f"{found[1]}+00:00")
    except ValueError:  # a month 13, a day 31 of April
        return None
    return int(moment.timestamp()) * 1000 + int((found[2] or ".000")[1:])


def seconds_before(ms: int, seconds: Any) -> str | None:
    """The text of a moment so many seconds before another; None where years have no four digits, or 1970 is later."""
    if not is_number(seconds):
        return None
    at = ms - seconds * 1000
    return iso_text(int(at // 1)) if 0 <= at <= LAST_MS else None
