"""The text of a script that counts: what is put into it, all in the line where it stands.

The script does what it did: nothing is put before a directive, a function keeps its name, and a semicolon that was
not written is not missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._syntax import parse
from octavo.errors import ContentError
from octavo.formatters.rules import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Insertions:
    """What is put into a text, by place; of two at the same place the one that was noted first is outside.

    Args:
        text: the script's.
    """

    def __init__(self, text: str) -> None:
        self._source = text.encode("utf-8", "surrogatepass")
        self._name = "octavo$"
        while self._name in text:
            self._name += "$"
        self._noted: list[tuple[int, int, int, str]] = []
        self._begin = 0
        self._missing = ""

    def beginning(self, offset: int, missing: str) -> None:
        """Where the script begins, behind its directives, and the semicolon that is missing there."""
        self._begin, self._missing = offset, missing

    def before(self, offset: int, counters: Sequence[int], *, missing: str = "") -> None:
        """Count in front of a statement, or at the start of a block."""
        self._opens(offset, missing + self._statements(counters))

    def otherwise(self, offset: int, counter: int) -> None:
        """An ``else`` that only counts."""
        self._closes(offset, f"else{{{self._statements([counter])}}}")

    def braces(self, start: int, end: int, counters: Sequence[int]) -> None:
        """Make a block of a statement, and count at its start."""
        self._opens(start, "{" + self._statements(counters))
        self._closes(end, "}")

    def around(self, start: int, end: int, counters: Sequence[int], key: str | None = None) -> None:
        """Count, then evaluate an expression.

        Args:
            start: where it begins.
            end: where it ends.
            counters: what is counted.
            key: the name, as JavaScript writes it, that a function gets here for want of its own.
        """
        counted = "".join(f"{self._name}[{counter}]++," for counter in counters)
        self._opens(start, f"({counted}" + (f"{{[{key}]:" if key else ""))
        self._closes(end, f"}}[{key}])" if key else ")")

    def made(self, counters: int, number: int) -> str:
        """The text with everything put in, and the function that tells the counts.

        Args:
            counters: how many there are.
            number: what it tells first, by which the script is known.

        Raises:
            ContentError: what came out does not parse, or the script has that function's name.
        """
        if COUNTS.encode() in self._source:
            raise ContentError(f"the script cannot be made to count: it says {COUNTS}, which is to tell the counts")
        declared = f"{self._missing}const {self._name}=[{','.join('0' * counters)}];"
        pieces: list[bytes] = []
        at = 0
        for offset, _, _, text in sorted([(self._begin, 1, -1, declared), *self._noted]):
            pieces += [self._source[at:offset], text.encode()]
            at = offset
        told = f'let t="{number}",i=0;for(;i<{counters};i++)t+=","+{self._name}[i];return t'
        made = b"".join([*pieces, self._source[at:], f"\nfunction {COUNTS}(){{{told}}}\n".encode()])
        if parse(made).has_error:
            raise ContentError("the script cannot be made to count: what came out does not parse")
        return made.decode("utf-8", "surrogatepass")

    def _statements(self, counters: Sequence[int]) -> str:
        return "".join(f"{self._name}[{counter}]++;" for counter in counters)

    def _opens(self, offset: int, text: str) -> None:
        self._noted.append((offset, 1, len(self._noted), text))

    def _closes(self, offset: int, text: str) -> None:
        self._noted.append((offset, 0, -len(self._noted), text))
