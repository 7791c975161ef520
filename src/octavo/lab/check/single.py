"""What is wrong with one result: an exception, a value that JSON does not have, too much of it, too late."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from octavo.errors import LimitError
from octavo.lab.check.shape import empty, refused, told_apart
from octavo.lab.check.sightings import Sighting, grouped, shown
from octavo.lab.leaves import general
from octavo.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.errors import Error
    from octavo.formatters.rules import Dialect
    from octavo.formatters.watching import Watched
    from octavo.lab.bench import Bench, Seen
    from octavo.lab.check.places import Source

MOST_SENT = 64 * 1024
"""Characters of a result beyond which it is large. Source: a LoRaWAN payload has 242 bytes at most; AWS IoT Core
refuses messages of more than 128 KB, Azure IoT Hub of more than 256 KB."""

# How V8 words what it throws itself; a script's own exceptions say something else.
_ENGINE = re.compile(
    r"Cannot (?:read|set) propert"
    r"|Cannot (?:destructure|convert|mix|assign|delete|define|create|redefine|add|use '|access)"
    r"|is not (?:a function|defined|iterable|a constructor|a valid JSON|valid JSON|an object|extensible)\b"
    r"|Invalid (?:array|time value|count value|string length|typed array|DataView|code point|regular|length)"
    r"|outside the bounds|out of bounds|out of range|Maximum call stack|argument must be between"
    r"|Assignment to constant|Reduce of empty array|First argument to DataView"
    r"|Unexpected (?:token|end|identifier|number|string)|URI malformed|Right-hand side of|without 'new'"
    r"|before initialization|incompatible receiver|called on null or undefined|Unterminated|Expected .* in JSON"
    r"|Bad control character|is not a (?:string|number)$"
)
# What of it no data says: "out of range" may be what a sensor reports.
_SURELY_ENGINE = re.compile(
    r"\b(?:Type|Range|Reference|Syntax|URI)Error\b|Cannot (?:read|set) propert|Maximum call stack"
    r"|is not (?:a function|defined|iterable|a constructor)$|Unexpected token "
)
_TYPED = re.compile(r"^(?:JS error: )?(?:execute js error: js vm error: )?(?:\w*Error: )*")
_MISSING_WORD = re.compile(r"(?<![\w])NaN(?![A-Za-z])")

GROUPED = {"throws", "not-a-number", "undefined", "broken-text"}
"""Kinds of which all that come of payloads that are too short are one finding."""


def faults(bench: Bench, operation: str, seen: Seen, source: Source, *, short: bool = False) -> Iterator[Sighting]:
    """What is wrong with one result.

    Args:
        bench: where it was seen.
        operation: what was called.
        seen: the result.
        source: the scripts' text.
        short: whether the payload is too short, by all that is known.
    """
    for sighting in _faults(bench, operation, seen, source):
        yield grouped(sighting, short=short and sighting.kind in GROUPED)


def _faults(bench: Bench, operation: str, seen: Seen, source: Source) -> Iterator[Sighting]:
    if isinstance(seen.error, LimitError):
        yield from _limited(operation, seen.error, seen)
    elif seen.error is not None and (seen.threw or seen.error.name.startswith("limit_")):
        yield from _thrown(bench, operation, seen, source)
    if seen.watched is None:
        return
    if seen.watched.elapsed_s > bench.table.time_limit_s:
        yield Sighting("slow", operation, operation, seen, partial(_said_late, bench.table))
    if seen.watched.changed:
        yield Sighting("input-changed", operation, seen.watched.function, seen, _said_changed, _changed)
    if seen.watched.returned:
        yield from _odd(bench, operation, seen, source)


# ---- exceptions and limits ----


def reason(error: Error) -> str:
    """What was thrown, without the network's words around it."""
    return _TYPED.sub("", error.message)


def is_engines(error: Error) -> bool:
    """Whether the engine threw it, not the script on purpose."""
    return _ENGINE.search(reason(error)) is not None


def _thrown(bench: Bench, operation: str, seen: Seen, source: Source) -> Iterator[Sighting]:
    error = seen.error
    if error is None or seen.watched is None or not seen.watched.function:
        return
    if error.name.startswith("limit_"):
        yield from _limited(operation, error, seen)
        return
    engines = is_engines(error)
    if not engines and not bench.knows_errors(operation, seen.watched.function):
        return  # it has no other way to say so
    where = _thrown_at(error, seen.watched, source)
    kind = "throws" if engines else "exception-instead-of-errors"
    yield Sighting(kind, operation, where, seen, _said_thrown, partial(_throws_so, where, source))


def _thrown_at(error: Error, watched: Watched, source: Source) -> str:
    """The function that something was thrown in; of what the engine throws also its words, but for numbers in them."""
    place = source.function_at(error) or watched.function
    return f"{place}: {told_apart(reason(error))}" if is_engines(error) else place


def _throws_so(where: str, source: Source, seen: Seen) -> bool:
    error = seen.error
    return (
        error is not None
        and seen.watched is not None
        and not error.name.startswith("limit_")
        and _thrown_at(error, seen.watched, source) == where
    )


def _said_thrown(seen: Seen) -> str:
    return f"{seen.function} throws: {reason(seen.error) if seen.error else ''}"


_LIMITS = {
    "script_timeout": "slow",
    "limit_output": "oversized-result",
    "limit_depth": "oversized-result",
    "limit_memory": "oversized-result",
    "worker_lost": "slow",
}


def _limited(operation: str, error: Error, seen: Seen) -> Iterator[Sighting]:
    kind = _LIMITS.get(error.name)
    if kind is not None:
        holds = partial(_is_limited, error.name)
        yield Sighting(kind, operation, operation, seen, _said_limit, holds, severity="error")


def _is_limited(name: str, seen: Seen) -> bool:
    return seen.error is not None and seen.error.name == name


def _said_limit(seen: Seen) -> str:
    error = seen.error
    if error is None:
        return ""
    return f"it did not end within {Limits().time_s:g} s" if error.name == "script_timeout" else error.message


def _said_late(table: Dialect, seen: Seen) -> str:
    del seen  # how long it took is another figure each time
    return f"it takes more than {table.time_limit_s * 1000:g} ms, which is all that {table.network} gives it"


# ---- what is given to it ----


def _changed(seen: Seen) -> bool:
    return seen.watched is not None and seen.watched.changed


def _said_changed(seen: Seen) -> str:
    return f"{seen.function} changes what it is given"


# ---- values ----


def _odd(bench: Bench, operation: str, seen: Seen, source: Source) -> Iterator[Sighting]:
    watched = seen.watched
    if watched is None:
        return
    if watched.text is not None and len(watched.text) > MOST_SENT:
        yield Sighting("oversized-result", operation, watched.function, seen, _said_size, _is_large)
    yield from empty(bench, operation, seen)
    told: list[Sighting] = []
    if operation != "encode_downlink" and _has_values(seen):
        told += _odd_values(operation, seen, watched, envelope=bench.is_envelope(operation, watched.function))
        told += _odd_texts(operation, seen, source)
    yield from told
    if not any(each.kind == "not-json" for each in told):
        yield from refused(bench, operation, seen)


def _has_values(seen: Seen) -> bool:
    """Whether there are data, and be it such that cannot be printed."""
    return seen.accepted or (seen.error is not None and not seen.threw)


def _odd_values(operation: str, seen: Seen, watched: Watched, *, envelope: bool) -> Iterator[Sighting]:
    for path, what in watched.odd:
        member = _data_path(path, inside=envelope)
        if member:
            yield _odd_value(operation, member, what, seen, envelope=envelope)


def _odd_texts(operation: str, seen: Seen, source: Source) -> Iterator[Sighting]:
    for path, value in seen.leaves.items():
        if isinstance(value, str) and is_words_of_engine(value):
            yield _swallowed(operation, general(path), seen)
        elif isinstance(value, str) and ("NaN" in value or "undefined" in value) and not _REMARK.search(path):
            yield from _odd_text(operation, general(path), value, seen, source)


def _data_path(path: str, *, inside: bool) -> str:
    """The path of a value in the data; "" where it is not there."""
    if not inside:
        return path
    return path.removeprefix("data").removeprefix(".") if re.match(r"data[.\[]", path) else ""


_REMARK = re.compile(r"(?:^|\.)(?:err|warn|message|reason|exception|comment|note)[^.]*$", re.IGNORECASE)
"""Members whose text is said to people: that something is undefined is what they are told."""

_ODD_KINDS = {"NaN": "not-a-number", "Infinity": "not-a-number", "-Infinity": "not-a-number", "undefined": "undefined"}
_ODD_WORDS = {"function": "a function", "symbol": "a symbol", "bigint": "a BigInt", "cycle": "inside itself"}


def _odd_value(operation: str, path: str, what: str, seen: Seen, *, envelope: bool) -> Sighting:
    kind, where = _ODD_KINDS.get(what, "not-json"), general(path)

    def same(other: Seen) -> bool:
        odd = other.watched.odd if other.watched and _has_values(other) else ()
        return any(
            general(_data_path(path, inside=envelope)) == where and _ODD_KINDS.get(name, "not-json") == kind
            for path, name in odd
        )

    def told(other: Seen) -> str:
        odd = other.watched.odd if other.watched else ()
        found = next((name for path, name in odd if general(_data_path(path, inside=envelope)) == where), what)
        return f"{where} is {_ODD_WORDS.get(found, found)}"

    return Sighting(kind, operation, where, seen, told, same)


def is_words_of_engine(text: str) -> bool:
    """Whether a text of the data is what the engine says of an exception."""
    return " " in text and _SURELY_ENGINE.search(text) is not None


def _swallowed(operation: str, where: str, seen: Seen) -> Sighting:
    """An exception of the engine that the script catches and gives as data."""

    def same(other: Seen) -> bool:
        return any(
            general(path) == where and isinstance(text, str) and is_words_of_engine(text)
            for path, text in other.leaves.items()
        )

    def told(other: Seen) -> str:
        text = next((text for path, text in other.leaves.items() if general(path) == where), "")
        return f"an exception is caught, and its words are given as data: {where} is {shown(text)}"

    return Sighting("swallowed-exception", operation, where, seen, told, same)


def _odd_text(operation: str, where: str, value: str, seen: Seen, source: Source) -> Iterator[Sighting]:
    tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("NaN", lambda text: _MISSING_WORD.search(text) is not None),
        ("undefined", lambda text: "undefined" in text and text != "undefined"),
    )
    for word, shows in tests:
        if not shows(value) or source.quotes(word):
            continue

        def same(other: Seen, shows: Callable[[str], bool] = shows) -> bool:
            return any(
                general(path) == where and isinstance(text, str) and shows(text) for path, text in other.leaves.items()
            )

        def told(other: Seen, shows: Callable[[str], bool] = shows, word: str = word) -> str:
            texts = [text for path, text in other.leaves.items() if general(path) == where and isinstance(text, str)]
            return f"{where} is the text {shown(next(filter(shows, texts), word))}"

        yield Sighting("broken-text", operation, where, seen, told, same)


def _is_large(seen: Seen) -> bool:
    return seen.watched is not None and seen.watched.text is not None and len(seen.watched.text) > MOST_SENT


def _said_size(seen: Seen) -> str:
    size = len(seen.watched.text or "") if seen.watched else 0
    return f"a payload of {len(seen.payload)} bytes gives a result of {size} characters"
