"""Results as a whole: nothing at all, nothing inside, or something that the network does not take."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.formatters.results import PROMISE_NOTE
from octavo.formatters.rules import NORMALIZE_UPLINK
from octavo.lab.check.sent import misfits
from octavo.lab.check.sightings import Sighting, shown
from octavo.lab.leaves import says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.lab.bench import Bench, Seen

LONGEST_REASON = 70
"""Characters of what was thrown, or of why something is refused, that tell one finding from another."""

ENVELOPE = {"data", "errors", "warnings"}
"""Members that networks read of what a decoder returns."""

_DIGITS = re.compile(r"\d+")


def told_apart(reason: str) -> str:
    """What of a reason tells one finding from another: not the numbers in it."""
    return _DIGITS.sub("N", reason)[:LONGEST_REASON]


def empty(bench: Bench, operation: str, seen: Seen) -> Iterator[Sighting]:
    """A result that says nothing."""
    if _is_nothing(seen):
        yield Sighting("no-result", operation, seen.function, seen, _said_nothing, _is_nothing)
    if operation == "encode_downlink":
        if _is_unsaid(seen):
            yield Sighting("no-data", operation, seen.function, seen, _said_unsaid, _is_unsaid)
    elif operation != NORMALIZE_UPLINK:
        envelope = bench.is_envelope(operation, seen.function)
        if is_void(seen, envelope=envelope):
            kind, told = ("no-result", _said_no_data) if seen.refused else ("no-data", _said_void)
            holds = partial(_is_void_too, envelope=envelope, is_refused=bool(seen.refused))
            yield Sighting(kind, operation, seen.function, seen, told, holds)


def refused(bench: Bench, operation: str, seen: Seen) -> Iterator[Sighting]:
    """A result that the network does not take, or does not find its data in."""
    refusal = partial(_refusal, bench, operation)
    why = refusal(seen)
    if why:
        told = partial(_said_refused, bench.table.network, why)
        where = f"{seen.function}: {told_apart(why)}"
        yield Sighting("invalid-result", operation, where, seen, told, lambda other: refusal(other) == why)


def _said_refused(network: str, why: str, seen: Seen) -> str:
    return f"{network} does not take what {seen.function} returns: {why}"


def _refusal(bench: Bench, operation: str, seen: Seen) -> str:
    """Why a network does not take a result; "" where it does, or where another kind of finding says so."""
    if seen.threw or _is_nothing(seen) or misfits(seen):
        return ""
    if bench.ignores_errors(operation, seen):
        return f"errors is {shown(seen.result['errors'])}, and only a list of texts is read"
    if operation == "encode_downlink":
        return "" if _is_unsaid(seen) else seen.refused
    if operation == NORMALIZE_UPLINK:
        return ""
    envelope = bench.is_envelope(operation, seen.function)
    if _is_bare(seen, envelope=envelope) or (envelope and _only_warns(seen)):
        return ""
    return seen.refused or (_lost(seen.result) if envelope else "")


def _only_warns(seen: Seen) -> bool:
    """Whether there are warnings and nothing else: of what is not known, on purpose."""
    return _warns(seen) and not any(value for name, value in seen.result.items() if name != "warnings")


def _lost(result: Any) -> str:
    """What is in a result that has no data, and is not read."""
    if not isinstance(result, dict) or result.get("data") is not None or result.get("errors"):
        return ""
    names = [name for name in result if name not in ENVELOPE]
    return f"it has no data, and {', '.join(names)} beside it is not read" if names else ""


def _is_nothing(seen: Seen) -> bool:
    return seen.watched is not None and seen.watched.returned and seen.error is None and seen.watched.text in _NOTHING


_NOTHING = (None, "null")


def _said_nothing(seen: Seen) -> str:
    return f"{seen.function} returns nothing: neither data nor errors"


def is_void(seen: Seen, *, envelope: bool) -> bool:
    """Whether nothing came of something: of an empty payload nothing is what there is.

    Args:
        seen: what came of a message.
        envelope: whether the function returns an object with ``data`` in it.
    """
    return bool(seen.payload) and _is_bare(seen, envelope=envelope)


def _is_void_too(seen: Seen, *, envelope: bool, is_refused: bool) -> bool:
    """Whether nothing came of something in the same way: to the network it is an empty object, or it refuses it."""
    return bool(seen.refused) == is_refused and is_void(seen, envelope=envelope)


def _is_bare(seen: Seen, *, envelope: bool) -> bool:
    """Whether there is nothing inside a result."""
    if seen.error is not None or seen.refused == PROMISE_NOTE:
        return False
    if seen.accepted:
        odd = seen.watched.odd if seen.watched else ()
        return seen.data in ({}, []) and not odd and not _warns(seen)
    return envelope and isinstance(seen.result, dict) and not says(seen.result) and seen.result.get("data") is None


def _is_unsaid(seen: Seen) -> bool:
    """Whether an encoder returned an object without bytes, and says nothing else: one that is to be written yet."""
    return seen.error is None and isinstance(seen.result, dict) and not says(seen.result)


def _said_unsaid(seen: Seen) -> str:
    return f"{seen.function} takes it and gives nothing: no bytes, no errors, no warnings"


def _warns(seen: Seen) -> bool:
    return isinstance(seen.result, dict) and bool(seen.result.get("warnings"))


def _said_no_data(seen: Seen) -> str:
    return f"{seen.function} returns neither data nor errors"


def _said_void(seen: Seen) -> str:
    return f"{seen.function} takes it and gives nothing: no data, no errors, no warnings"
