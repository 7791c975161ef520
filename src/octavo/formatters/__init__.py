"""JavaScript formatters: dialects, results, and the formatter as a device."""

from octavo.formatters.dialects import DIALECTS
from octavo.formatters.formatter import Formatter
from octavo.formatters.results import RawResult

__all__ = ["DIALECTS", "Formatter", "RawResult"]
