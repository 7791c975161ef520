"""Where each field of a real payload lies, learnt while the payload is read.

The layout is copied with a note-taker around each of its leaves, and the copy reads the payload: places are what
was read, never a second opinion about it.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass
from functools import singledispatch
from io import BytesIO
from typing import Any

import construct

from octavo.codecs._construct import AnyConstruct, AnySubconstruct, dotted, parse
from octavo.codecs._faults import FAULTS
from octavo.codecs.alternatives import Literal, Variant
from octavo.codecs.computed import ABSENT, RECEIVED, Derived
from octavo.codecs.fields import Field
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Bits, Repeat, Tlv
from octavo.codecs.numbers import Bit
from octavo.codecs.reference import parsed
from octavo.errors import DecodeError

TELLING: tuple[tuple[type, str, str], ...] = (
    (Tlv, "key", "key"),
    (Channels, "channel", "channel"),
    (Channels, "type", "type"),
    (Repeat, "count", "count"),
    (Groups, "raw", "mask"),
    (Sized, "raw", "length"),
    (Checked, "raw", "checksum"),
)
"""Raw numbers that are no members, but tell something: the layout, its attribute, and what they are called."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something of a payload lies, and what it says.

    Attributes:
        path: the member of the data, ``history[1].humidity``; empty for bytes that are none.
        kind: ``field``, ``computed`` (no bytes), ``constant``, ``spare``, or what the bytes tell: ``key``,
            ``channel``, ``type``, ``count``, ``mask``, ``length``, ``checksum``.
        offset: first byte; of a range of bits, that of its word.
        size: number of bytes; of a range of bits, that of its word.
        first_bit: lowest bit of the word, the least significant is 0; None for whole bytes.
        width: number of bits; None for whole bytes.
        raw: the number, or the bytes, on the wire; None where there is nothing.
        value: the value in the data.
        unit: symbol of its unit, or None.
    """

    path: str
    kind: str
    offset: int
    size: int
    first_bit: int | None
    width: int | None
    raw: float | bytes | None
    value: Any
    unit: str | None


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a payload.

    Attributes:
        found: in the order of the bytes; up to the field that failed, where one did.
        error: why the payload does not fit, the error of decoding it; else None.
    """

    found: tuple[Place, ...]
    error: DecodeError | None


def places(layout: AnyConstruct, frm_payload: bytes, received_ms: int | None = None) -> Places:
    """Where each field of a payload lies, and its raw and scaled value.

    Args:
        layout: what it is read by: ``codec.uplink[f_port]``.
        frm_payload: the bytes.
        received_ms: when it was received, Unix time in milliseconds; None where nobody knows.
    """
    notes: list[Place] = []
    with suppress(*FAULTS):  # it is read again below, by the layout itself, whose error is told
        _traced(layout, notes).parse_stream(BytesIO(frm_payload), **{RECEIVED: received_ms})
    found = tuple(sorted(notes, key=lambda place: place.offset))
    try:
        parsed(layout, frm_payload, received_ms)
    except DecodeError as error:
        return Places(found, error)
    return Places(found, None)


class _Noted(AnySubconstruct):
    """A leaf that notes where it was read and what it gave."""

    def __init__(self, leaf: AnyConstruct, notes: list[Place], kind: str) -> None:
        super().__init__(leaf)
        self.notes = notes
        self.kind = kind

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        offset = stream.tell()
        value = parse(self.subcon, stream, context, path)
        if value is not ABSENT:
            self.notes.append(self._place(stream, offset, value, context, path))
        return value

    def _place(self, stream: Any, offset: int, value: Any, context: Any, path: str) -> Place:
        leaf: Any = self.subcon
        member = dotted(path) if self.kind in {"field", "computed"} else ""
        unit = getattr(leaf, "unit", None)
        bottom = _bottom(leaf)
        if isinstance(bottom, Bit):
            word = context["_bits"]
            raw = parse(bottom, None, context, path)
            low = word.low(bottom)
            return Place(member, self.kind, offset - word.size, word.size, low, bottom.width, raw, value, unit)
        size = stream.tell() - offset
        stream.seek(offset)
        content = stream.read(size)
        raw = parse(bottom, BytesIO(content), context, path) if isinstance(leaf, Field) else content
        raw = value if self.kind not in {"field", "constant", "spare"} and size else raw
        return Place(member, self.kind, offset, size, None, None, raw if size else None, value, unit)


class _NotedLiteral(Literal):
    """A `Literal` that notes where it was read."""

    def __init__(self, literal: Literal, notes: list[Place]) -> None:
        super().__init__(literal.frame, literal.data)
        self.notes = notes

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        offset = stream.tell()
        found = super()._parse(stream, context, path)
        size = len(self.frame)
        self.notes.append(Place("", "constant", offset, size, None, None, self.frame, self.data, None))
        return found


@singledispatch
def _traced(part: Any, notes: list[Place]) -> Any:
    """A layout, or what holds layouts, with note-takers around its leaves; anything else as it is."""
    del notes
    return part


@_traced.register(construct.Construct)
@_traced.register(Variant)
def _layout(part: Any, notes: list[Place]) -> Any:
    twin = copy.copy(part)
    telling = {name: kind for layout, name, kind in TELLING if isinstance(part, layout)}
    for name, value in vars(part).items():
        if name in telling and isinstance(value, construct.Construct):
            setattr(twin, name, _Noted(value, notes, telling[name]))
        elif not name.startswith("_") and not (isinstance(part, Bits) and name == "raw"):
            setattr(twin, name, _traced(value, notes))
    return twin


@_traced.register(list)
@_traced.register(tuple)
def _row(part: Any, notes: list[Place]) -> Any:
    return [_traced(each, notes) for each in part]


@_traced.register(dict)
def _table(part: Any, notes: list[Place]) -> Any:
    return {key: _traced(each, notes) for key, each in part.items()}


@_traced.register(Literal)
def _literal(part: Literal, notes: list[Place]) -> Any:
    return _NotedLiteral(part, notes)


@_traced.register(Field)
@_traced.register(Derived)
@_traced.register(construct.Const)
@_traced.register(construct.Padded)
@_traced.register(construct.FormatField)
@_traced.register(construct.BytesInteger)
@_traced.register(construct.Bytes)
@_traced.register(type(construct.GreedyBytes))
def _leaf(part: Any, notes: list[Place]) -> Any:
    kinds = ((Field, "field"), (Derived, "computed"), (construct.Const, "constant"))
    return _Noted(part, notes, next((kind for type_, kind in kinds if isinstance(part, type_)), "spare"))


def _bottom(leaf: AnyConstruct) -> AnyConstruct:
    """The raw number, or bytes, under a field."""
    while isinstance(leaf, construct.Subconstruct):
        leaf = leaf.subcon
    return leaf
