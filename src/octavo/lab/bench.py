"""Where messages are tried: what a formatter's functions make of many messages, seen and read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.errors import ContentError, Error, LimitError
from octavo.formatters.dialects import DEFAULT_DIALECT, dialect_table
from octavo.formatters.rules import NORMALIZE_UPLINK
from octavo.lab.leaves import leaves
from octavo.messages import Downlink, Encoded, Uplink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from octavo.formatters import Formatter
    from octavo.formatters.watching import Watched

    Watch = Callable[[list[Any]], Iterator[Watched | Error]]

MOST_HANGS = 2
"""Messages that may meet a limit before no more are tried: each costs seconds, and workers."""

MOST_DOUBTS = 2
"""How often a message that met a limit is tried again."""

MOST_READ = 1 << 20
"""Characters of a result that are read; of larger ones only the size counts."""

MOST_READ_TOGETHER = 32 << 20
"""Characters of all results of one formatter: each takes up to 20 bytes of memory once it is read."""

REPORTED = ("output_errors", "output_encoding")
"""What a network says of a result that it has read: the errors in it, and a number that is none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one message.

    Attributes:
        message: what was given: an `octavo.Uplink` to decoders, an `octavo.Downlink` to encoders.
        watched: what the function did; None where a limit ended it.
        error: what it threw, what its result cannot be, or the limit.
        result: what it returned, as JSON values.
        accepted: whether it gave data, or bytes, and reported no errors.
        data: the data where a decoder gave some; else None.
        leaves: the values in the data by path.
    """

    message: Uplink | Downlink
    watched: Watched | None = None
    error: Error | None = None
    result: Any = None
    accepted: bool = False
    data: Any = None
    leaves: dict[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> bytes:
        """The payload that was decoded."""
        return self.message.frm_payload if isinstance(self.message, Uplink) else b""

    @property
    def function(self) -> str:
        """The script's function that was called; "" where a limit ended it."""
        return self.watched.function if self.watched else ""

    @property
    def threw(self) -> bool:
        """Whether the function threw, or did not end."""
        return self.error is not None and not (self.watched and self.watched.returned)

    @property
    def missing(self) -> bool:
        """Whether the script has no function for it."""
        return self.watched is not None and self.watched.missing

    @property
    def refused(self) -> str:
        """Why the network does not take what was returned; "" where it does, and where the script reports errors."""
        taken = self.watched.taken if self.watched else None
        if isinstance(taken, Error) and taken.name not in REPORTED and not taken.name.startswith("limit_"):
            return taken.cause or taken.message
        return ""

    @property
    def sent(self) -> Encoded | None:
        """What the network sends of what an encoder returned."""
        taken = self.watched.taken if self.watched else None
        return taken if isinstance(taken, Encoded) else None

    @property
    def payload_words(self) -> str:
        """The payload in a sentence."""
        return self.payload.hex() or "an empty payload"

    def with_payload(self, payload: bytes) -> Uplink:
        """Its message with another payload."""
        if isinstance(self.message, Uplink):
            return replace(self.message, frm_payload=payload)
        return Uplink(payload, self.f_port)

    @property
    def f_port(self) -> int:
        """Its port."""
        return self.message.f_port


class Bench:
    """Tries messages on one formatter, through a lens.

    Args:
        formatter: opened with a lens.
        stopped: whether nobody waits for the result any more.

    Attributes:
        hung: operations and results that met a limit for sure, the sandbox's or the network's of time, in whatever
            search; they end the examination.
        left_out: the operations of which messages were not tried any more for that.
        read: characters of results that were read.
    """

    def __init__(self, formatter: Formatter, stopped: Callable[[], bool]) -> None:
        self.formatter = formatter
        self.table = dialect_table(formatter.dialect or DEFAULT_DIALECT)
        self.stopped = stopped
        self.hung: list[tuple[str, Seen]] = []
        self.left_out: dict[str, None] = {}
        self.read = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more is tried."""
        return len(self.hung) >= MOST_HANGS or self.full or self.stopped()

    @property
    def full(self) -> bool:
        """Whether so much was read that nothing more is."""
        return self.read >= MOST_READ_TOGETHER

    def has(self, operation: str) -> bool:
        """Whether the script has a function for an operation.

        Raises:
            ContentError: the script does not load, so that it has none at all.
        """
        if operation not in self.formatter.operations:
            return False
        trial: Any = Downlink({}, 1) if operation == "encode_downlink" else Uplink(b"", 1)
        watch = partial(self.formatter.watch, operation)
        outcome = self._surely(watch, trial, next(watch([trial])))
        if isinstance(outcome, LimitError):
            return True  # nothing is known of it yet: the messages will tell, and are counted
        seen = self._read(operation, trial, outcome)
        _check_loaded(seen.watched)
        return not seen.missing

    def see(self, operation: str, messages: Iterable[Any], *, earlier: Sequence[Any] = ()) -> list[Seen]:
        """What comes of messages, in order; fewer when time is up."""
        given = list(messages)
        return self._seen(operation, given, given, partial(self.formatter.watch, operation, earlier=earlier))

    def normalized(self, decoded: Iterable[Seen]) -> list[Seen]:
        """What the normalizer makes of what a decoder gave, in order; each with the decoder's message."""
        given = list(decoded)
        inputs = [{"data": each.data} for each in given]
        watch = partial(self.formatter.watch_raw, NORMALIZE_UPLINK)
        return self._seen(NORMALIZE_UPLINK, [each.message for each in given], inputs, watch)

    def _seen(self, operation: str, given: list[Any], inputs: list[Any], watch: Watch) -> list[Seen]:
        seen: list[Seen] = []
        outcomes = watch(inputs)
        for message, put in zip(given, inputs, strict=True):
            if self.finished:
                self._leave_out(operation)
                break
            outcome = self._surely(watch, put, next(outcomes))
            seen.append(self._read(operation, message, outcome))
            if self._met_limit(outcome):
                self.hung.append((operation, seen[-1]))
        return seen

    def _met_limit(self, outcome: Watched | Error) -> bool:
        """Whether a limit ended it, or its network would not have waited; none has a faster engine than V8."""
        if isinstance(outcome, Error):
            return isinstance(outcome, LimitError)
        return outcome.elapsed_s > self.table.time_limit_s

    def _surely(self, watch: Watch, put: Any, outcome: Watched | Error) -> Watched | Error:
        """What comes of an input that met a limit: a busy machine is no reason, so it is tried again, alone."""
        for _ in range(MOST_DOUBTS):
            if self._met_limit(outcome) and not self.stopped():
                (outcome,) = watch([put])
        return outcome

    def _leave_out(self, operation: str) -> None:
        """Note that no more messages are tried; a normalizer is a part of the decoder, and there may be none."""
        if not self.stopped():
            self.left_out["decode_uplink" if operation == NORMALIZE_UPLINK else operation] = None

    def _read(self, operation: str, message: Any, outcome: Watched | Error) -> Seen:
        if isinstance(outcome, Error):
            return Seen(message, None, outcome)
        if outcome.error is not None or outcome.text is None or len(outcome.text) > MOST_READ:
            return Seen(message, outcome, outcome.error)
        self.read += len(outcome.text)
        try:
            result = json.loads(outcome.text)
        except ValueError:  # a number of thousands of digits, which JSON.rawJSON makes
            return Seen(message, outcome)
        held = result
        if self.is_envelope(operation, outcome.function):
            member = "bytes" if operation == "encode_downlink" else "data"
            failed = not isinstance(result, dict) or self._reports(operation, outcome, result)
            held = None if failed else result.get(member)
        accepted = isinstance(held, dict | list)
        return (
            Seen(message, outcome, None, result, accepted, held, leaves(held))
            if accepted
            else Seen(message, outcome, None, result)
        )

    def _reports(self, operation: str, outcome: Watched, result: dict[str, Any]) -> bool:
        """Whether a result has errors, and its network reads them; of a normalizer's only the errors tell."""
        is_read = operation == NORMALIZE_UPLINK or isinstance(outcome.taken, Error)
        return bool(result.get("errors")) and is_read

    def ignores_errors(self, operation: str, seen: Seen) -> bool:
        """Whether a result has errors that its network does not read, though it reads some."""
        if seen.watched is None or not isinstance(seen.result, dict) or not seen.result.get("errors"):
            return False
        return self.knows_errors(operation, seen.function) and not self._reports(operation, seen.watched, seen.result)

    def is_envelope(self, operation: str, function: str) -> bool:
        """Whether a function returns an object with ``data`` or ``bytes``, and errors, in it."""
        if operation == NORMALIZE_UPLINK:
            return True
        known = self.table.operations[operation].functions
        return any(each.name == function and not each.shape.endswith("_bare") for each in known)

    def knows_errors(self, operation: str, function: str) -> bool:
        """Whether what a function returns has a place for errors."""
        if operation == NORMALIZE_UPLINK:
            return True
        known = self.table.operations[operation].functions
        return any(each.name == function and each.shape.endswith("_envelope") for each in known)


def json_type(value: Any) -> str:
    """What JSON calls a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        ((int, float), "number"),
        (str, "string"),
        (list, "array"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "object")


def _check_loaded(watched: Watched | None) -> None:
    """Refuse a script whose top level threw, or that does not parse: no function was looked for then."""
    if watched is None or watched.error is None or watched.function:
        return
    error = watched.error
    message = f"the script does not load: {error.message}"
    raise ContentError(message, file=error.file, line=error.line, column=error.column)
