"""What a member is, by what its bits made of it: a number, a flag, a choice, digits, text, a time."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from octavo.lab.xray.bits import BYTE, big_endian, byte_mask, bytes_in, gathered, mask_of, ones, union
from octavo.lab.xray.fitting import counted, linear, nearly_linear
from octavo.lab.xray.model import Field
from octavo.messages import unix_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.lab.xray.evidence import Evidence
    from octavo.lab.xray.fitting import Points

WIDEST_CHOICE, MOST_VALUES = 8, 16
"""Bits that values without an order may have, a byte; and how many of them may be all different, as those of four bits
are: more numbers are one that is not linear, more of others are no choice where they hardly repeat."""

FLOATS = {2: "e", 4: "f", 8: "d"}
"""IEEE 754 numbers by their size in bytes, as `struct` names them."""

LEAST_FLOATS = 8
"""How many different values tell a float from chance: none is hit by chance, so that this is ample, and fewer come of
fields of few bits, which are no floats."""

SAME, ROUNDED = 1e-6, 0.005
"""How far a float may be from what is read of its bytes: a part of it for scripts that compute it by hand, and so much
for those that round it to two decimals."""

DECIMAL, HEX = 10, 16

VERSION = re.compile(r"([vV]?)([0-9a-fA-F]+(?:\.[0-9a-fA-F]+)+)")
"""A version: whole numbers with dots between them."""

SEPARATORS = str.maketrans("", "", " :-")


@dataclass(frozen=True, slots=True)
class Traces:
    """What is known of one member.

    Attributes:
        path: the member.
        value: what the payload gives.
        mask: the bits that feed it.
        points: its values by those bits.
        samples: its values by whole payloads.
        size: number of bytes of the payload.
    """

    path: str
    value: Any
    mask: int
    points: Points
    samples: Points
    size: int

    @property
    def texts(self) -> dict[int, str]:
        """The texts by whole payloads."""
        return {word: value for word, value in self.samples.items() if isinstance(value, str)}

    @property
    def is_alone(self) -> bool:
        """Whether it depends on no more than its bits."""
        return all(self.points[word & self.mask] == value for word, value in self.samples.items())

    @property
    def span(self) -> range:
        """The bytes from the first to the last that has a bit of it."""
        found = bytes_in(self.mask, self.size)
        return range(found[0], found[-1] + 1)

    def content(self, word: int, span: range) -> bytes:
        """The bytes of a payload."""
        return word.to_bytes(self.size, "big")[span.start : span.stop]


def fields_of(evidence: Evidence) -> list[Field]:
    """What each member is: those that their own bits explain first, then those whose meaning these decide."""
    plain = {path: _plain_field(path, evidence) for path in evidence.base}
    settled = {path: field.mask for path, field in plain.items() if field.is_explained}
    held = {path: union(mask for other, mask in settled.items() if other != path) for path in plain}
    told = [field if field.is_explained else _held_field(field, evidence, held[path]) for path, field in plain.items()]
    told = [field if field.is_explained else _stepped_field(field, evidence) for field in told]
    return [_with_others(field, evidence) for field in told]


def _plain_field(path: str, evidence: Evidence) -> Field:
    mask, switches = evidence.feeds[path], evidence.switched[path]
    if not mask:
        return Field(path, "switched" if switches else "constant", evidence.base[path])
    traces = _traces(path, evidence, mask)
    return _told(traces) or _plain(traces, "other")


def _held_field(field: Field, evidence: Evidence, settled: int) -> Field:
    """A field whose meaning bits of other fields decide: what it is while these are as they are."""
    shared = field.mask & settled
    found = (
        _told(_traces(field.path, evidence, field.mask & ~shared, shared)) if shared not in (0, field.mask) else None
    )
    if found is None or _adds(found, _traces(field.path, evidence, field.mask), shared):
        return field
    return replace(found, switches=shared)


def _stepped_field(field: Field, evidence: Evidence) -> Field:
    """A field that is linear but for one step, or for a few counts."""
    traces = _traces(field.path, evidence, field.mask)
    found = nearly_linear(traces.points, field.mask) if traces.is_alone else None
    return _plain(traces, "number", linear=found) if found else field


def _with_others(field: Field, evidence: Evidence) -> Field:
    """A field with the bits that are not its own, and yet say something of it."""
    switches = field.switches | evidence.switched[field.path]
    if not field.mask:
        return replace(field, switches=switches)
    size = evidence.probe.size
    span = bytes_in(field.mask, size)
    around = union(byte_mask(byte, size) for byte in range(span[0], span[-1] + 1))
    others = evidence.fed_but(field.path) | mask_of(evidence.shapes) | field.mask | switches
    return replace(field, refused=evidence.refused & around & ~others, switches=switches)


def _adds(found: Field, traces: Traces, shared: int) -> bool:
    """Whether bits that are held only add something to a number, and so are a part of it."""
    if found.linear is None:
        return False
    rest: dict[int, float] = {}
    for word, value in traces.points.items():
        count = counted(found.linear.form, found.linear.places, word)
        if count is None or not isinstance(value, int | float):
            return False
        more = value - found.linear.scale * count
        if not math.isclose(rest.setdefault(word & shared, more), more, abs_tol=abs(found.linear.scale) / 2):
            return False
    return True


def _traces(path: str, evidence: Evidence, mask: int, held: int = 0) -> Traces:
    """What is known of a member while some bits are held as they are."""
    base = evidence.probe.base
    touched = evidence.touching(mask)
    samples = {word: values[path] for word, values in touched if word & held == base & held}
    samples[base] = evidence.base[path]
    points: Points = {}
    for word, value in samples.items():
        points.setdefault(word & mask, value)
    return Traces(path, evidence.base[path], mask, points, samples, evidence.probe.size)


def _told(traces: Traces) -> Field | None:
    return next(filter(None, (kind(traces) for kind in _kinds(traces))), None)


def _kinds(traces: Traces) -> Iterator[Callable[[Traces], Field | None]]:
    types = {type(value) for value in traces.points.values()} - {type(None)}
    if not traces.is_alone:
        return
    if types == {bool}:
        yield from (_flag, _choice)
    elif types <= {int, float} or types & {int, float}:
        yield from (_number, _float, _choice)
    elif types == {list}:
        yield _flags
    elif types == {str}:
        yield from (_time, _hex, _text, _version, _choice)


def _plain(traces: Traces, kind: str, **others: Any) -> Field:
    return Field(traces.path, kind, traces.value, mask=traces.mask, tried=len(traces.points), **others)


def _number(traces: Traces) -> Field | None:
    found = linear(traces.points, traces.mask)
    return _plain(traces, "number", linear=found) if found else None


def _flag(traces: Traces) -> Field | None:
    """A boolean that one value of its bits, 0, decides."""
    zero = traces.points.get(0)
    if zero is None or any(value == zero for word, value in traces.points.items() if word):
        return None
    return _plain(traces, "flag", detail="inverted" if zero else "")


def _flags(traces: Traces) -> Field | None:
    """A list of the names of the bits that are set."""
    names = {place: traces.points.get(1 << place) for place in ones(traces.mask)}
    if any(name is None or len(name) != 1 for name in names.values()) or traces.points.get(0) != []:
        return None
    told = {place: name[0] for place, name in names.items() if name}
    for word, value in traces.points.items():
        if sorted(value) != sorted(told[place] for place in ones(word)):
            return None
    places = big_endian(traces.mask)
    return _plain(traces, "flags", names=tuple((places.index(place), name) for place, name in told.items()))


def _choice(traces: Traces) -> Field | None:
    places = big_endian(traces.mask)
    if len(places) > WIDEST_CHOICE:
        return None
    names = sorted(((gathered(word, places), value) for word, value in traces.points.items()), key=itemgetter(0))
    distinct = len({str(value) for _, value in names})
    is_number = any(isinstance(value, int | float) for _, value in names)
    if distinct > MOST_VALUES and (is_number or 2 * distinct > len(names)):
        return None
    return _plain(traces, "choice", names=tuple(names))


def _time(traces: Traces) -> Field | None:
    """A text of a moment, whose milliseconds since 1970 are linear."""
    try:
        moments = {word: value and unix_ms(value) / 1000 for word, value in traces.points.items()}
    except (ValueError, OverflowError):
        return None
    found = linear(moments, traces.mask)
    return _plain(traces, "time", linear=found) if found else None


def _hex(traces: Traces) -> Field | None:
    """The digits of its bytes."""
    for detail, step in (("", 1), ("last byte first", -1)):
        span = traces.span
        pairs = ((traces.content(word, span)[::step].hex(), value) for word, value in traces.texts.items())
        if all(digits == value.translate(SEPARATORS).lower() for digits, value in pairs):
            return _plain(traces, "hex", detail=detail)
    return None


def _text(traces: Traces) -> Field | None:
    """Its bytes as characters, where they are printable."""
    span = traces.span
    pairs = [(traces.content(word, span), value) for word, value in traces.texts.items()]
    plain = [(content.rstrip(b"\0 "), value.rstrip("\0 ")) for content, value in pairs]
    shown = [(content.decode("ascii"), value) for content, value in plain if content.isascii()]
    shown = [(text, value) for text, value in shown if text.isprintable()]
    is_text = len({value for _, value in shown}) > 1 and all(text == value for text, value in shown)
    return _plain(traces, "text") if is_text else None


def _version(traces: Traces) -> Field | None:
    """Whole numbers with dots between them, each from bits of its own; a letter may stand before them."""
    split = _split(traces.points)
    if len({(letter, len(texts)) for letter, *texts in split.values()}) != 1:
        return None
    (letter, *first), *_ = split.values()
    parts = [
        _part({word: each[index] for word, each in split.items()}, traces.mask) for index in range(1, len(first) + 1)
    ]
    masks, bases = zip(*parts, strict=True)
    told = [f"after {letter}"] if letter else []
    told += [] if {*bases} == {DECIMAL} else ["hex digits"] if {*bases} == {HEX} else ["some in hex digits"]
    return _plain(traces, "version", parts=masks, detail=", ".join(told)) if all(masks) else None


def _split(points: Points) -> dict[int, list[str]]:
    """The letter before each version, or "", and its numbers; nothing where a value is no version."""
    found = {word: VERSION.fullmatch(str(value)) for word, value in points.items()}
    if not all(found.values()):
        return {}
    return {word: [each[1], *each[2].split(".")] for word, each in found.items() if each}


def _part(texts: dict[int, str], mask: int) -> tuple[int, int]:
    """The bits of a whole number in a text, 0 where they do not make it, and the base of its digits."""
    own = mask_of(
        place for place in ones(mask) if any(texts.get(word ^ 1 << place, text) != text for word, text in texts.items())
    )
    places = big_endian(own)
    for base, digits in ((DECIMAL, "d"), (HEX, "x")):
        if all(
            f"{gathered(word, places):{digits}}" == (text.lower().lstrip("0") or "0") for word, text in texts.items()
        ):
            return own, base
    return 0, DECIMAL


def _float(traces: Traces) -> Field | None:
    """IEEE 754, in any order of the bytes that is in use."""
    numbers = {word: value for word, value in traces.samples.items() if isinstance(value, int | float)}
    if len(set(numbers.values())) < LEAST_FLOATS:
        return None
    span = traces.span
    for size, code in FLOATS.items():
        for first in range(max(0, span.stop - size), min(span.start, traces.size - size) + 1):
            order = _float_order(traces, numbers, range(first, first + size), code)
            if order:
                return _plain(traces, "float", detail=f"float{BYTE * size}, {order}")
    return None


def _float_order(traces: Traces, numbers: Points, span: range, code: str) -> str:
    contents = {word: traces.content(word, span) for word in numbers}
    for order, arranged in FLOAT_ORDERS.items():
        if all(_same(struct.unpack(f">{code}", arranged(contents[word]))[0], numbers[word]) for word in numbers):
            return order
    return ""


def _words_swapped(content: bytes) -> bytes:
    """The words of two bytes in the opposite order, as registers of Modbus often have them."""
    return b"".join(content[at : at + 2] for at in range(len(content) - 2, -1, -2))


FLOAT_ORDERS: dict[str, Callable[[bytes], bytes]] = {
    "big-endian": bytes,
    "little-endian": lambda content: content[::-1],
    "words swapped": _words_swapped,
    "bytes swapped": lambda content: _words_swapped(content)[::-1],
}


def _same(read: float, value: float) -> bool:
    return math.isfinite(read) and math.isclose(read, value, rel_tol=SAME, abs_tol=ROUNDED)
