"""How exact the arithmetic of JavaScript is, whose only numbers are doubles."""

from __future__ import annotations

MOST_BLURRED = 1e-9
"""How far from a line a value may lie by the arithmetic of doubles, as a part of the greatest: a few roundings of 1e-16
each, and far less than one count of 24 bits."""
