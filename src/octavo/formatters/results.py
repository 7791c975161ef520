"""What the driver answers, made into results and errors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo._vocabulary import MeasurementError, kept, may_be_measurement, parse_measurements
from octavo.errors import Error, LimitError, OutputError, ScriptError
from octavo.formatters.hints import absent_hint, missing_hint, nothing_hint, strict_hint
from octavo.formatters.watching import Watched
from octavo.messages import Decoded, Encoded

if TYPE_CHECKING:
    from octavo.formatters.rules import Dialect
    from octavo.limits import Limits

try:
    from orjson import loads
except ImportError:
    from json import loads  # type: ignore[assignment] # one reads the same JSON as the other

PROMISE_NOTE = "a Promise was returned: the network does not wait for it, and takes an empty result"
NO_DATA_NOTE = "the result has no member data: the network takes an empty payload; {data: {...}} was expected"
LOG_NOTE = "the log was cut at {} bytes"
DROPPED_NOTE = "{} drops the script's warnings: {}"
SLOW_NOTE = "may exceed the {:g} ms of {}: it took {:g} ms here{}"
PORT_NOTE = "{} takes no downlink for port 0: give one (f_port), or let the script return fPort"
OTHER_PORT_NOTE = "fPort is {}: {} takes it for {}"
OTHER_BYTE_NOTE = "bytes[{}] is {}: {} sends {}"
OTHER_BYTES_NOTE = "; {} more {} changed"
SLOWER = ", and {0.name} is about {0.ratio} times slower"
MISSING = "missing"
"""What the driver is given to say as the cause where a script lacks a function: the reader says more of it."""

# Where the frames of a stack point at the user's script. The driver's wrapper puts one line before it.
_FRAME = re.compile(r"octavo-script\.js:(\d+):(\d+)")
_NUMBERS = re.compile(r"[0-9]{1,16}(?:,[0-9]{1,16})*")
_ERROR = re.compile(r"[A-Z]\w*Error: ")  # how an instance of an error prints
_OUTPUT = {"output", "output_errors", "output_encoding"}
_LIMITS = {
    "limit_output": "the result is larger than {0.result_bytes} bytes",
    "limit_depth": "the result is nested deeper than {0.depth} levels",
    "limit_memory": "out of memory: {1}",
}


@dataclass(slots=True)
class RawResult:
    """What a function returned, as ``JSON.stringify`` prints it; None where it prints nothing.

    Attributes:
        text: the JSON text.
        log: lines written with ``console``.
        notes: octavo's remarks.
    """

    text: str | None
    log: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def records(piece: bytes) -> list[dict[str, Any]]:
    """The records of one piece of an answer, one JSON object a line."""
    parsed: list[dict[str, Any]] = loads(b"[" + piece.replace(b"\n", b",") + b"]")
    return parsed


class Reader:
    """Reads answers for one formatter.

    Args:
        dialect: its table.
        limits: named in messages.
        file: the script's path, for places in errors; None where there is none.
        texts: the script's, for hints.
    """

    def __init__(self, dialect: Dialect, limits: Limits, file: str | None, texts: tuple[str, ...] = ()) -> None:
        self._dialect = dialect
        self._limits = limits
        self._file = file
        self._texts = texts
        self.slow_ms = dialect.time_limit_s / dialect.engine.ratio * 1000

    def decoded(self, record: dict[str, Any], *, uplink: bool = True) -> Decoded | Error:
        """A decoding from one record of an answer."""
        result = Decoded(record.get("d"), [], None, [], [], [], 0.0)
        if len(record) > 1:
            _fill(result, record)
            self._note(result, record)
        if "e" in record:
            return self._failed(record["e"], result, record.get("z"))
        if "rejected" in record:
            return self._error("rejected", "payload validator function returned false", None, "", result)
        if uplink and self._dialect.vocabulary is not None:
            return self._normalized(result, record)
        return result

    def encoded(self, record: dict[str, Any]) -> Encoded | Error:
        """An encoding from one record of an answer."""
        payload = record.get("b")
        result = Encoded(None if payload is None else bytes.fromhex(payload), record.get("f"))
        if "o" in record:
            result.notes.append(self._other_bytes(result.frm_payload or b"", *record["o"]))
        if "g" in record:
            result.notes.append(OTHER_PORT_NOTE.format(record["g"], self._dialect.network, result.f_port))
        if result.f_port == 0 and self._dialect.refuses_port_0:
            result.notes.append(PORT_NOTE.format(self._dialect.network))
        _fill(result, record)
        self._note(result, record)
        if "e" in record:
            return self._failed(record["e"], result, record.get("z"))
        if "z" in record:
            result.notes.append(nothing_hint(record["z"]))
        return result

    def _other_bytes(self, sent: bytes, at: int, given: str, more: int) -> str:
        """What the network sends in the stead of what a script gave that is no byte."""
        note = OTHER_BYTE_NOTE.format(at, given, self._dialect.network, sent[at])
        return note + (OTHER_BYTES_NOTE.format(more, "is" if more == 1 else "are") if more else "")

    def raw(self, record: dict[str, Any]) -> RawResult | Error:
        """What a function returned, unconverted; or an error."""
        result = Decoded(None)
        _fill(result, record)
        self._note(result, record)
        if "e" in record:
            return self._failed(record["e"], result)
        return RawResult(record["r"], result.log, result.notes)

    def watched(self, record: dict[str, Any]) -> Watched:
        """What a function did with a message."""
        error = self._failed(record["e"], Decoded(None)) if "e" in record else None
        return Watched(
            text=record.get("r"),
            error=error,
            reads=_places(record.get("reads", "")),
            past=_places(record.get("past", "")),
            changed="changed" in record,
            odd=tuple((path, what) for path, what in record.get("odd", ())),
            counts=_counts(record.get("counts", "")),
            elapsed_s=record.get("took", 0) / 1000,
            function=record.get("fn", ""),
            missing="missing" in record,
            returned="took" in record,
            taken=self._taken(record),
        )

    def _taken(self, record: dict[str, Any]) -> Encoded | Error | None:
        """What the network makes of what a watched function returned."""
        if "p" in record:
            return self._error("output", "invalid output", PROMISE_NOTE, "", Decoded(None))
        taken = record.get("taken", {})
        if "b" in taken:
            return self.encoded(taken)
        return self._failed(taken["e"], Decoded(None)) if taken else None

    def placed(self, error: LimitError) -> LimitError:
        """A limit with the script's file and the network's code."""
        error.file = self._file
        error.code = (self._dialect.codes or {}).get(error.name)
        if error.name == "script_timeout":
            error.message = self._dialect.wording.timeout + error.message.removeprefix("script timeout")
        return error

    # ---- errors ----

    def _failed(self, failure: list[Any], result: Decoded | Encoded, silent: str | None = None) -> Error:
        """The error for what the driver tells of a failure; ``silent`` is the function that returned nothing."""
        name, message, cause, stack = failure
        if name in _LIMITS:
            message = _LIMITS[name].format(self._limits, message)
        elif name == "output":
            message, cause = self._asking(*self._output(cause), silent)
        elif name == "script":
            message, cause = self._script(message), self._hint(message, cause)
        return self._error(name, message, cause, stack, result)

    def _output(self, cause: str | None) -> tuple[str, str | None]:
        """What the network says of a result that it cannot take, and why."""
        wording = self._dialect.wording.output
        return (wording.format(cause), None) if "{}" in wording and cause else (wording, cause)

    @staticmethod
    def _asking(message: str, cause: str | None, silent: str | None) -> tuple[str, str | None]:
        """Message and cause with the question for a missing return; the network's own words come first."""
        if not silent:
            return message, cause
        hint = nothing_hint(silent)
        return (f"{message}: {hint}", cause) if cause else (message, hint)

    def _hint(self, message: str, cause: str | None) -> str | None:
        if cause == MISSING:
            return self._missing(message)
        return cause or absent_hint(message) or strict_hint(message, self._texts if self._dialect.module else ())

    def _missing(self, message: str) -> str:
        """What to say where a script lacks the last function that the network looks for."""
        before, after = self._dialect.wording.missing.split("{}")
        name = message.removeprefix(before).removesuffix(after)
        last = {operation.functions[-1].name: named for named, operation in self._dialect.operations.items()}
        return missing_hint(self._dialect, self._texts, last.get(name))

    def _script(self, text: str) -> str:
        """What the network says of an exception."""
        wording = self._dialect.wording
        named = _ERROR.match(text) if wording.thrown else None
        if wording.thrown and named:
            text = wording.thrown.format(text[named.end() :])
        return wording.script.format(text)

    def _error(self, name: str, message: str, cause: str | None, stack: str, result: Decoded | Encoded) -> Error:
        line, column = _place(stack)
        kind = LimitError if name in _LIMITS else OutputError if name in _OUTPUT else ScriptError
        return kind(
            message,
            name=name,
            code=(self._dialect.codes or {}).get(name),
            cause=cause,
            file=self._file,
            line=line,
            column=column,
            decoded=result if isinstance(result, Decoded) else None,
            encoded=result if isinstance(result, Encoded) else None,
        )

    # ---- the normalizer ----

    def _normalized(self, result: Decoded, record: dict[str, Any]) -> Decoded | Error:
        if record.get("n") is not None:
            return self._from_normalizer(result, record["n"], record["v"])
        if "n" in record or ("bare" not in record and result.data is None):
            return result
        if may_be_measurement(result.data):
            self._try_itself(result)
        return result

    def _from_normalizer(self, result: Decoded, given: Any, warnings: list[str]) -> Decoded | Error:
        measurements = given if isinstance(given, list) else [given]
        if not all(isinstance(item, dict) for item in measurements):
            cause = "normalized data must be an object or a list of objects"
            return self._error("output", "invalid output", cause, "", result)
        try:
            parsed = parse_measurements(measurements, self._dialect.vocabulary or "union")
        except MeasurementError as error:
            failed = self._error("output", "invalid output", error.message, "", result)
            failed.path = error.path
            return failed
        _keep(result, parsed, warnings)
        return result

    def _try_itself(self, result: Decoded) -> None:
        """Without a normalizer the decoded payload itself counts, if it is a measurement through and through."""
        try:
            parsed = parse_measurements([result.data], self._dialect.vocabulary or "union")
        except MeasurementError:
            return
        _keep(result, parsed, [])

    # ---- notes ----

    def _note(self, result: Decoded | Encoded, record: dict[str, Any]) -> None:
        if "p" in record:
            result.notes.append(PROMISE_NOTE)
        if "u" in record:
            result.notes.append(NO_DATA_NOTE)
        if "cut" in record:
            result.notes.append(LOG_NOTE.format(self._limits.log_bytes))
        if result.warnings and not self._dialect.warnings:
            result.notes.append(DROPPED_NOTE.format(self._dialect.network, ", ".join(result.warnings)))
            result.warnings = []
        spent_ms = record.get("t", 0)
        if spent_ms > self.slow_ms:
            limit_ms = self._dialect.time_limit_s * 1000
            engine = self._dialect.engine
            slower = SLOWER.format(engine) if engine.ratio > 1 else ""
            result.notes.append(SLOW_NOTE.format(limit_ms, self._dialect.network, spent_ms, slower))


def _fill(result: Decoded | Encoded, record: dict[str, Any]) -> None:
    result.warnings = record.get("w", [])
    result.log = record.get("l", [])
    result.elapsed_s = record.get("t", 0) / 1000


def _keep(result: Decoded, parsed: list[Any], warnings: list[str]) -> None:
    result.normalized, rejected = kept(parsed)
    result.normalized_warnings = [*warnings, *rejected]


def _place(stack: str) -> tuple[int | None, int | None]:
    found = _FRAME.search(stack)
    if found is None:
        return None, None
    return int(found[1]) - 1, int(found[2])


def _places(text: str) -> tuple[int, ...]:
    return tuple(sorted(map(int, text.split(",")))) if text else ()


def _counts(text: str) -> tuple[int, ...]:
    """What a script counted; nothing where a script has put something else in its place."""
    return tuple(map(int, text.split(","))) if _NUMBERS.fullmatch(text) else ()


def input_json(value: Any) -> str:
    """A value as the JSON text that goes to a script.

    Raises:
        ValueError: NaN or an infinity, which JSON does not have.
        TypeError: a value that JSON does not have.
    """
    return json.dumps(value, allow_nan=False)
