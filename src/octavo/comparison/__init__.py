"""Archived messages against a device: whether what a server decoded is what octavo decodes."""

from octavo.comparison.explanations import Explanation
from octavo.comparison.messages import Archived, Compared, Deviation, compare
from octavo.comparison.tally import PathSummary, Summary, Tally, Trial

__all__ = ["Archived", "Compared", "Deviation", "Explanation", "PathSummary", "Summary", "Tally", "Trial", "compare"]
