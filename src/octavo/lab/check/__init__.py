"""The crash test: what is wrong with a formatter, found by running it."""

from octavo.lab.check.engine import RUNS, check
from octavo.lab.check.kinds import KINDS, Kind

__all__ = ["KINDS", "RUNS", "Kind", "check"]
