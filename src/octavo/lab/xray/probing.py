"""A payload that is changed bit by bit: what a formatter makes of each change, asked once and in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error, LimitError
from octavo.lab.leaves import leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.formatters import Formatter
    from octavo.lab.leaves import Values
    from octavo.messages import Decoded, Uplink

WARNINGS = "(warnings)"
"""The path of what is no member of the data: the decoder's warnings."""

ROOT = "(data)"
"""The path of data that is no object."""

MOST_LIMITS = 4
"""How many payloads may run into a limit, which takes two seconds each, before the formatter is given up: they are seen
one after another, and ten seconds are what somebody waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a payload.

    Attributes:
        values: the leaves of the data by their paths, ``history[1].humidity``; None for an error.
        error: what was said of it; empty where it was decoded.
    """

    values: Values | None
    error: str = ""


class Probe:
    """Asks a formatter about payloads, which are whole numbers: the first byte is the most significant.

    Args:
        formatter: who is asked.
        uplink: the payload whose length, port, time and variables all others have.
        stopped: whether nobody waits for the answers any more.
    """

    def __init__(self, formatter: Formatter, uplink: Uplink, stopped: Callable[[], bool]) -> None:
        self._formatter = formatter
        self._uplink = uplink
        self._stopped = stopped
        self._answers: dict[int, Answer] = {}
        self._limits = 0
        self.size = len(uplink.frm_payload)
        self.base = int.from_bytes(uplink.frm_payload, "big")

    @property
    def asked(self) -> int:
        """How many payloads were decoded."""
        return len(self._answers)

    def ask(self, words: Iterable[int]) -> list[Answer]:
        """The answers to payloads, in order; each is asked about once.

        Raises:
            ContentError: too many ran into a limit, or nobody waits any more.
        """
        wanted = list(words)
        new = [word for word in dict.fromkeys(wanted) if word not in self._answers]
        self._decode(new)
        return [self._answers[word] for word in wanted]

    def known(self, word: int) -> Answer | None:
        """The answer to a payload, if it was asked about."""
        return self._answers.get(word)

    def _decode(self, words: list[int]) -> None:
        outcomes = decoded(self._formatter, [self._message(word) for word in words])
        for word, outcome in zip(words, outcomes, strict=True):
            self._limits += isinstance(outcome, LimitError)
            if self._limits > MOST_LIMITS:
                raise ContentError(f"payloads like {self._payload(word).hex()} run into a limit: {outcome}")
            if self._stopped():
                raise ContentError("it was interrupted")
            self._answers[word] = answer(outcome)

    def _payload(self, word: int) -> bytes:
        return word.to_bytes(self.size, "big")

    def _message(self, word: int) -> Any:
        payload = self._payload(word)
        if self._uplink.recv_time is None and self._uplink.variables is None:
            return payload, self._uplink.f_port
        return replace(self._uplink, frm_payload=payload)


def decoded(formatter: Formatter, messages: Sequence[Any]) -> Iterator[Decoded | Error]:
    """What becomes of messages; one that met a limit is asked about again, alone: a busy machine is no reason."""
    for message, outcome in zip(messages, formatter.decode_uplinks(messages), strict=True):
        yield from formatter.decode_uplinks([message]) if isinstance(outcome, LimitError) else (outcome,)


def answer(outcome: Decoded | Error) -> Answer:
    """An outcome by its leaves."""
    if isinstance(outcome, Error):
        return Answer(None, outcome.message)
    values = leaves(outcome.data, join_texts=True)
    if "" in values:
        values[ROOT] = values.pop("")
    values[WARNINGS] = outcome.warnings
    return Answer(values)
