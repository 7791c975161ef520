"""Frames that are read though no data is written as them: what stands for another number, what is filled up."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from octavo.codecs._construct import AnyConstruct, bare
from octavo.codecs.fields import Choice
from octavo.codecs.reference import parsed
from octavo.codecs.samples.exchange import Exchange, Loose
from octavo.codecs.samples.filling import under
from octavo.codecs.samples.values import raws
from octavo.codecs.texts import Ascii
from octavo.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator


def lenient(layout: AnyConstruct) -> Iterator[tuple[str, bytes]]:
    """Such frames, one for each field that has any, with what is different in it."""
    fields: dict[int, tuple[str, Any]] = {
        id(bare(node)): (node.name, bare(node)) for node in under(layout, bared=False) if node.name
    }
    found = [(name, node, *other) for name, node in fields.values() for other in _others(node)]
    if not found:
        return
    exchange = Exchange(layout)
    for name, node, label, raw in found:
        frames = exchange.frames(node, Loose(node.subcon, raw))
        frame = next((frame for frame in frames if _can_read(layout, frame)), None)
        if frame is not None:
            yield f"{name}: {label}", frame


def _can_read(layout: AnyConstruct, frame: bytes) -> bool:
    try:
        parsed(layout, frame)
    except DecodeError:
        return False
    return True


@singledispatch
def _others(_node: Any) -> Iterator[tuple[str, Any]]:
    """A raw value that a field reads but does not write, with what it is."""
    yield from ()


@_others.register(Ascii)
def _(node: Ascii) -> Iterator[tuple[str, Any]]:
    if node.count is None:
        yield "filled up", raws(node)[0] + node.pad.encode("latin-1")


@_others.register(Choice)
def _(node: Choice) -> Iterator[tuple[str, Any]]:
    unknown = [raw for raw in raws(node) if raw not in node.names]
    if node.default is not None and unknown:
        yield "another number", unknown[0]
