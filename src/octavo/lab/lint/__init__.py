"""``octavo lint``: whether a formatter runs on a network, read from its text and seen when it runs.

Source: what each engine takes, `octavo.lab.lint.engines`; what each network does, docs/dialects.md.
"""

from octavo.lab.lint.columns import Cell, Line, SideBySide, side_by_side
from octavo.lab.lint.examine import lint, networks_of
from octavo.lab.lint.marks import KINDS
from octavo.lab.lint.quickjs import missing_extra

__all__ = ["KINDS", "Cell", "Line", "SideBySide", "lint", "missing_extra", "networks_of", "side_by_side"]
