"""Examples are tests: what a device's own files say it must decode and encode, run and compared."""

from octavo.examples.collect import Source, collect, sources
from octavo.examples.model import Difference, Example, Options, Row, Suite
from octavo.examples.parallel import run_all
from octavo.examples.runner import run

__all__ = ["Difference", "Example", "Options", "Row", "Source", "Suite", "collect", "run", "run_all", "sources"]
