"""Frames that no data is written as: those of a layout in which another one stands in the place of a part."""

from __future__ import annotations

import copy
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias

import construct

from octavo.codecs._construct import AnyConstruct, build
from octavo.codecs.fields import Field
from octavo.codecs.members import Listed, Merged, members_of
from octavo.codecs.reference import write
from octavo.codecs.samples.corners import branches
from octavo.codecs.tree import children
from octavo.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.codecs.layouts import Repeat

Branch: TypeAlias = tuple[bytes, dict[str, Any], set[int]]
"""A frame, its data, and the identities of the layouts that gave it."""

Inside: TypeAlias = "dict[int, tuple[Any, frozenset[int]]]"
"""Every layout under a layout by its identity, with the identities of all that is under it."""


class Exchange:
    """Writes the branches of a layout with something else in the place of a part.

    Args:
        layout: the layout, which is not changed itself.

    Attributes:
        found: its branches, the shortest frame first.
    """

    def __init__(self, layout: AnyConstruct) -> None:
        self.layout = layout
        written = ((write(layout, data), data, met) for data, met in branches(layout))
        self.found: list[Branch] = sorted(written, key=lambda branch: len(branch[0]))
        self._inside = _inside(layout)

    def frames(self, node: Any, other: Any) -> Iterator[bytes]:
        """The frames of the branches that have a part, with another in its place."""
        kept = {identity: layout for identity, (layout, inner) in self._inside.items() if id(node) not in inner}
        changed = copy.deepcopy(self.layout, kept | {id(node): other})
        for _, data, met in self.found:
            if id(node) not in met:
                continue
            try:
                frame = write(changed, data)
            except EncodeError:
                continue
            yield frame


def _inside(layout: AnyConstruct) -> Inside:
    found: Inside = {}
    _look_inside(layout, found)
    return found


def _look_inside(layout: AnyConstruct, found: Inside) -> frozenset[int]:
    if id(layout) not in found:
        below = [layout.subcon] if isinstance(layout, construct.Renamed) else []
        below += [] if below or isinstance(layout, Field) else children(layout)
        inner = (_look_inside(each, found) | {id(each)} for each in below)
        found[id(layout)] = layout, frozenset().union(*inner)
    return found[id(layout)][1]


class Loose(Field):
    """Writes a raw value, whatever the value is.

    Args:
        subcon: layout of the raw value.
        raw: the raw value.
    """

    def __init__(self, subcon: AnyConstruct, raw: Any) -> None:
        super().__init__(subcon)
        self.raw = raw

    def write(self, value: Any) -> Any:  # noqa: ARG002 - that is the point
        """The raw value."""
        return self.raw


class Changed(Merged):
    """Writes what a layout writes, changed.

    Args:
        layout: the layout, which is not changed itself.
        change: gives other bytes for its bytes.
    """

    def __init__(self, layout: Any, change: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self.layout = layout
        self.change = change

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        written = BytesIO()
        build(self.layout, obj, written, context, path)
        stream.write(self.change(written.getvalue()))
        return obj

    def members(self, data: Any) -> Iterator[Any]:
        """Those of the layout."""
        yield from members_of(self.layout, data)


class ChangedList(Listed):
    """`Changed` in the place of a list.

    Args:
        layout: the list.
        change: gives other bytes for its bytes.
    """

    def __init__(self, layout: Repeat, change: Callable[[bytes], bytes]) -> None:
        super().__init__(layout.subcon)
        self.inner = Changed(layout, change)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        build(self.inner, obj, stream, context, path)
        return obj
