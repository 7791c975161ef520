"""How layouts end: before the payload does, or where it does."""

from __future__ import annotations

from enum import IntEnum
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import construct

from octavo.codecs._construct import bare
from octavo.codecs.alternatives import Case, Literal, Variants
from octavo.codecs.groups import Channels, Checked, Sized
from octavo.codecs.layouts import Repeat, Tail, Tlv
from octavo.codecs.texts import Ascii, HexText
from octavo.codecs.tree import children

if TYPE_CHECKING:
    from octavo.codecs._construct import AnyConstruct


class Rest(IntEnum):
    """Whether a layout takes the rest of a payload."""

    NEVER = 0
    SOMETIMES = 1
    ALWAYS = 2


def may_take_the_rest(layout: AnyConstruct) -> bool:
    """Whether some payload is read to its end by a layout, so that nothing can stand behind it."""
    return _rest(bare(layout)) > Rest.NEVER


def takes_the_rest(layout: AnyConstruct) -> bool:
    """Whether every payload is read to its end by a layout, so that nothing can be left where it was read."""
    return _rest(bare(layout)) == Rest.ALWAYS


def _rests(layout: Any) -> list[Rest]:
    """Those of the layouts directly under a layout."""
    return [_rest(bare(child)) for child in children(layout)]


@singledispatch
def _rest(layout: Any) -> Rest:
    return Rest.SOMETIMES if any(_rests(layout)) else Rest.NEVER


@_rest.register(construct.Struct)
def _(layout: Any) -> Rest:
    return max(_rests(layout), default=Rest.NEVER)


@_rest.register(Tail)
def _(layout: Tail) -> Rest:
    return max([Rest.SOMETIMES, *_rests(layout)])


@_rest.register(Case)
def _(layout: Case) -> Rest:
    return _either(_rests(layout))


@_rest.register(Variants)
def _(layout: Variants) -> Rest:
    kinds = map(bare, children(layout))
    return _either([Rest.ALWAYS if isinstance(kind, Literal) else _rest(kind) for kind in kinds])


def _either(rests: list[Rest]) -> Rest:
    """That of several layouts of which one is read."""
    if rests and min(rests) == Rest.ALWAYS:
        return Rest.ALWAYS
    return Rest.SOMETIMES if any(rests) else Rest.NEVER


@_rest.register(Tlv)
def _(layout: Tlv) -> Rest:
    return Rest.ALWAYS if layout.maximum is None else _either([Rest.NEVER, *_rests(layout)])


@_rest.register(Repeat)
def _(layout: Repeat) -> Rest:
    is_open = layout.maximum is None and layout.count is None
    return Rest.ALWAYS if is_open else _either([Rest.NEVER, *_rests(layout)])


@_rest.register(HexText)
@_rest.register(Ascii)
def _(layout: Any) -> Rest:
    return Rest.ALWAYS if layout.count is None else Rest.NEVER


@_rest.register(Literal)
def _(layout: Literal) -> Rest:
    del layout  # where it is one of several variants, it is chosen where it is all that is left
    return Rest.SOMETIMES


@_rest.register(Sized)
def _(layout: Sized) -> Rest:
    del layout
    return Rest.NEVER


@_rest.register(Channels)
@_rest.register(Checked)
def _(layout: Any) -> Rest:
    del layout
    return Rest.ALWAYS
