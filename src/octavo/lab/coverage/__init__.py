"""Coverage: which statements, branches, functions and lines of a formatter's JavaScript its examples run."""

from octavo.lab.coverage.html import html, pages
from octavo.lab.coverage.lcov import lcov
from octavo.lab.coverage.measure import PATIENT, measure
from octavo.lab.coverage.model import SHARES, Branch, Coverage, Place, ScriptCoverage, Share, rating, together

__all__ = [
    "PATIENT",
    "SHARES",
    "Branch",
    "Coverage",
    "Place",
    "ScriptCoverage",
    "Share",
    "html",
    "lcov",
    "measure",
    "pages",
    "rating",
    "together",
]
