"""Examples are tests: what a device's own files say it must decode and encode, run and compared."""

from octavo.examples.collect import collect
from octavo.examples.model import Difference, Example, Row, Suite
from octavo.examples.runner import run

__all__ = ["Difference", "Example", "Row", "Suite", "collect", "run"]
