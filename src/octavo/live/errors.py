"""What can go wrong while messages are taken and kept."""

from __future__ import annotations

from octavo.errors import ContentError, Error


class RefusedError(ContentError):
    """A message that is not taken: ``status`` is the answer of HTTP, ``name`` and ``message`` say why.

    Attributes:
        status: the status code.
    """

    default_name = "refused"

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message, name=name)
        self.status = status


GONE = "store_gone"
"""Name of the error for a store that was taken away while it was open: no other call of it goes well any more."""

NO_STORE = "no_store"
"""Name of the error for a store that is not there."""


class StoreError(Error):
    """The store cannot do what it is asked: the disk is full, another holds it, the server is away."""

    default_name = "store"


MISTAKES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,  # RecursionError is one
    TypeError,
    ValueError,
)
"""What a mistake of ours raises over a message: it would do so each time that the message comes."""
