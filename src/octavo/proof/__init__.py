"""The proof that a declaration and everything derived from it agree."""

from octavo.proof.columns import has_columns
from octavo.proof.prove import FRAMES, Difference, Proof, prove

__all__ = ["FRAMES", "Difference", "Proof", "has_columns", "prove"]
