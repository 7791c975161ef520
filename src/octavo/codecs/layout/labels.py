"""Names in boxes: broken into lines where they fit, cut and numbered where they do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from octavo.codecs.layout.cells import MORE, Piece

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = 3
"""The most lines of a name in a box."""

WORD = re.compile(r"[^_. ]+[_. ]*|[_. ]+")


def fitted(piece: Piece, fits: Callable[[str], bool], lines: int = LINES) -> list[str]:
    """The name of a box as lines that fit into it.

    What does not fit is cut, and the number that the legend has for it stands before it.

    >>> fitted(Piece("battery_voltage", 0, 1, 3), lambda text: len(text) <= 9)
    ['battery_', 'voltage']
    >>> fitted(Piece("temperature", 0, 1, 3), lambda text: len(text) <= 7)
    ['3 temp…']
    >>> fitted(Piece("temperature", 0, 1, 3), lambda text: len(text) <= 2)
    ['3']
    """
    if fits(piece.label):
        return [piece.label]
    parts = _broken(piece.label, fits)
    if len(parts) <= lines and all(map(fits, parts)):
        return parts
    if piece.short:
        return [piece.short if fits(piece.short) else ""]
    return [_cut(piece, fits)]


def _cut(piece: Piece, fits: Callable[[str], bool]) -> str:
    number = str(piece.number or "")
    start = f"{number} " if number else ""
    shorter = (f"{start}{piece.label[:end]}{MORE}" for end in range(len(piece.label) - 1, 0, -1))
    return next(filter(fits, shorter), number if fits(number) else "")


def _broken(label: str, fits: Callable[[str], bool]) -> list[str]:
    """A name broken after underscores, dots and spaces."""
    lines = [""]
    for word in WORD.findall(label):
        if lines[-1] and not fits(lines[-1] + word.rstrip(" ")):
            lines.append("")
        lines[-1] += word
    return [line.strip(" ") for line in lines]
