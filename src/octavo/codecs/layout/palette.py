"""The colours of fields, the same on a terminal and in a datasheet.

Source: Paul Tol, "Colour Schemes", technical note SRON/EPS/TN/09-002, issue 3.2, figure 7: the *light*
qualitative scheme, which is distinct in all forms of colour-blindness, and made to lie under black text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octavo.codecs.layout.cells import Piece

FILLS = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00")
"""Light blue, orange, light yellow, pink, light cyan, mint, pear, olive."""

SPARE = "#DDDDDD"
"""Pale grey: bytes and bits that no field has."""


PLAIN = "#FFFFFF"
"""White: words whose bits are drawn below, and bytes that are always the same."""


def field_fill(number: int) -> str:
    """The colour of a field by its number, from 1."""
    return FILLS[(number - 1) % len(FILLS)]


def fill(piece: Piece) -> str:
    """The colour of a box: that of its field, by its number in the legend."""
    if piece.number is not None:
        return field_fill(piece.number)
    return PLAIN if piece.label else SPARE
