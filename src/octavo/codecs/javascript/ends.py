"""Which layouts read until the payload ends, so that nothing can be left behind them."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.groups import Channels, Checked
from octavo.codecs.layouts import Repeat, Tail, Tlv
from octavo.codecs.texts import Ascii, HexText
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct


def ends(layout: AnyConstruct) -> bool:
    """Whether nothing can be left where a layout was read."""
    return _ends(bare(layout))


@singledispatch
def _ends(layout: Any) -> bool:
    del layout
    return False


@_ends.register(construct.Struct)
@_ends.register(Tail)
def _(layout: Any) -> bool:
    return any(map(ends, children(layout)))


@_ends.register(Case)
def _(layout: Case) -> bool:
    return all(map(ends, children(layout)))


@_ends.register(Variants)
def _(layout: Variants) -> bool:
    return all(isinstance(each.layout, Literal) or ends(each.layout) for each in layout.variants)


@_ends.register(Tlv)
def _(layout: Tlv) -> bool:
    return layout.maximum is None


@_ends.register(Repeat)
def _(layout: Repeat) -> bool:
    return layout.count is None and layout.maximum is None


@_ends.register(HexText)
@_ends.register(Ascii)
def _(layout: Any) -> bool:
    return layout.count is None


@_ends.register(Channels)
@_ends.register(Checked)
def _(layout: Any) -> bool:
    del layout
    return True
