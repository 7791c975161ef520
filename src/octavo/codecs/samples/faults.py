"""Frames that cannot be read, one for each error that a layout has."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import AnyConstruct, bare
from octavo.codecs.alternatives import Literal, Variants
from octavo.codecs.checksums import checksum
from octavo.codecs.fields import Field
from octavo.codecs.groups import Channels, Checked, Groups, Sized
from octavo.codecs.layouts import Repeat, Tlv
from octavo.codecs.numbers import Bcd, number_of
from octavo.codecs.reference import parsed
from octavo.codecs.samples.exchange import Branch, Changed, ChangedList, Exchange, Loose
from octavo.codecs.samples.filling import under
from octavo.codecs.samples.values import bad_raws, raws
from octavo.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def faults(layout: AnyConstruct) -> Iterator[tuple[str, bytes]]:
    """Frames that cannot be read, one for each error that the layout has, with what the error says."""
    seen: set[str] = set()
    for frame in _suspects(layout):
        try:
            parsed(layout, frame)
        except DecodeError as error:
            sentence = kind_of(error.message)
            if sentence not in seen:
                seen.add(sentence)
                yield sentence, frame


def kind_of(message: str) -> str:
    """An error without what is different each time: the place of the byte, the index of the item, what was got.

    >>> kind_of("scan[3].rssi (byte 7, bit 2): expected 1 byte, got 0")
    'scan.rssi: expected 1 byte'
    """
    expected = message.partition(", got ")[0]
    place, sign, sentence = expected.partition(": ")
    return re.sub(r"\[\d+\]| \(byte [^)]*\)", "", place) + sign + sentence


def _suspects(layout: AnyConstruct) -> Iterator[bytes]:
    """Frames of which most cannot be read: cut, with something after the end, with a spoilt field."""
    exchange = Exchange(layout)
    yield from _cut_branches(bare(layout), exchange.found)
    yield from (_checksum(bare(layout), b""), b"")
    for node, spoilt in _spoilt_nodes(layout, max((len(frame) for frame, _, _ in exchange.found), default=0)):
        yield from exchange.frames(node, spoilt)


def _cut_branches(layout: Any, found: list[Branch]) -> Iterator[bytes]:
    """The frames of all branches, cut, and with something after the end."""
    seen: set[Any] = set()
    for frame, data, met in found:
        parts = {*met, *_places(data, "")}
        if not parts <= seen:  # else shorter frames were cut in all that is in it
            seen |= parts
            yield from (_changed(layout, frame, _cut(size)) for size in range(1, len(frame)))
        yield _changed(layout, frame, lambda content: content + b"\0")


def _places(data: Any, path: str) -> Iterator[str]:
    """The path of every member, whatever its index in a list."""
    yield path
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _places(value, f"{path}.{name}")
    elif isinstance(data, list):
        for item in data:
            yield from _places(item, path)


def _changed(layout: Any, frame: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A frame with other content, with the checksum that then is right."""
    content = change(frame[: -layout.size] if isinstance(layout, Checked) else frame)
    return content + _checksum(layout, content)


def _checksum(layout: Any, content: bytes) -> bytes:
    if not isinstance(layout, Checked):
        return b""
    return bytes(layout.raw.build(checksum(layout.over, content, 8 * layout.size)))


def _spoilt_nodes(layout: AnyConstruct, longest: int) -> Iterator[tuple[Any, Any]]:
    """Every layout under a layout, with what to put in its place so that reading fails there."""
    nodes = {id(node): node for node in under(layout)}  # once, though it may stand in several places
    for node in nodes.values():
        yield from ((node, spoilt) for spoilt in _spoilt(node))
        if isinstance(node, Sized):
            inner = bare(node.layout)
            yield from ((inner, Changed(inner, _cut(size))) for size in range(longest))
            yield inner, Changed(inner, lambda content: content + b"\0")
    for repeat in nodes.values():
        if isinstance(repeat, Repeat) and isinstance(repeat.count, str):
            for field in _named(layout, repeat.count):
                yield from ((field, Loose(field.subcon, raw)) for raw in raws(field))


def _named(layout: AnyConstruct, name: str) -> Iterator[Any]:
    """The fields of some name."""
    for node in under(layout, bared=False):
        if node.name == name:
            yield bare(node)


def _cut(size: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:size]


@singledispatch
def _spoilt(_node: Any) -> list[Any]:
    """What to put in the place of a layout so that reading fails there."""
    return []


@_spoilt.register(Field)
def _(node: Field) -> list[Any]:
    raw: Any = bare(node.subcon)
    digits = [Loose(construct.Bytes(raw.size), b"\xaa" * raw.size)] if isinstance(raw, Bcd) else []
    return [*(Loose(node.subcon, found) for found in bad_raws(node)), *digits]


@_spoilt.register(Tlv)
def _(node: Tlv) -> list[Any]:
    key = _unknown(node.key, node.items)
    found = [] if key is None else [Changed(node, _begun(key, node.size))]
    return [*found, Changed(node, _cut(0))]


@_spoilt.register(Channels)
def _(node: Channels) -> list[Any]:
    number = _unknown(node.type, node.items)
    first = node.channel.sizeof()
    return [Changed(node, lambda content: content[:first] + number + content[first + node.size :])] if number else []


@_spoilt.register(Groups)
def _(node: Groups) -> list[Any]:
    number = number_of(node.raw)
    free = [bit for bit in range(number.width if number else 0) if bit not in node.groups]
    if not free:
        return []
    size = node.raw.sizeof()

    def add(content: bytes) -> bytes:
        mask: int = node.raw.parse(content[:size])
        return node.raw.build(mask | 1 << free[0]) + content[size:]

    return [Changed(node, add)]


@_spoilt.register(Variants)
def _(node: Variants) -> list[Any]:
    at = max((variant.at for variant in node.variants if variant.at is not None), default=None)
    if at is None:
        return []
    telling = [variant for variant in node.variants if variant.at == at]
    free = (byte for byte in range(256) if all(byte & variant.mask != variant.value for variant in telling))
    byte = next(free, None)
    if byte is None:
        return []
    other = bytes([byte])
    return [Changed(node, lambda content: content[:at] + other + content[at + 1 :])]


@_spoilt.register(Repeat)
def _(node: Repeat) -> list[Any]:
    if node.count is None or isinstance(node.count, str):
        return []
    number = number_of(node.count)
    low, high = number.held if number else (0, 0)
    wrong = [node.minimum - 1, *([] if node.maximum is None else [node.maximum + 1])]
    size = node.count.sizeof()
    counts = [node.count.build(count) for count in wrong if low <= count <= high]
    return [ChangedList(node, _begun(count, size)) for count in counts]


def _begun(begin: bytes, size: int) -> Callable[[bytes], bytes]:
    """Puts other bytes in the place of the first."""
    return lambda content: begin + content[size:]


@_spoilt.register(Sized)
def _(node: Sized) -> list[Any]:
    size = node.raw.sizeof()
    return [Changed(node, lambda content: node.raw.build(len(content) - size + 1) + content[size:])]


@_spoilt.register(Checked)
def _(node: Checked) -> list[Any]:
    return [Changed(node, _flipped)]


@_spoilt.register(construct.Const)
@_spoilt.register(Literal)
def _(node: Any) -> list[Any]:
    return [Changed(node, _flipped)]


def _flipped(content: bytes) -> bytes:
    """The bytes with the last one changed."""
    return content[:-1] + bytes([content[-1] ^ 1])


def _unknown(raw: Any, table: Any) -> bytes | None:
    """The bytes of a key that is in no table; None where every key is."""
    number = number_of(raw)
    low, high = number.held if number else (0, -1)
    free = (key for key in range(low, high + 1) if key not in table)
    key = next(free, None)
    return None if key is None else bytes(raw.build(key))
