"""Payloads that were cut: fields that are made of bytes which are not there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from octavo.examples.compare import is_number
from octavo.lab.check.inputs import stepped
from octavo.lab.check.sightings import Sighting, grouped, shown
from octavo.lab.leaves import general

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from octavo.lab.bench import Bench, Seen

Sweeps = dict[int, list["Seen"]]
"""For each byte of a message, what comes of it where that byte is stepped."""

FEW = (0, 0x55, 0xFF)

FEWEST_OTHER = 0.25
"""Share of the steps of a byte that must give a field another value for the byte to decide about it: any one of its
bits does with as many. Fewer are values that make another command of it."""


def invented(
    bench: Bench, operation: str, whole: Seen, sweeps: Sweeps, cut: Mapping[bytes, Seen]
) -> Iterator[Sighting]:
    """Fields that a truncated payload gives and that depend, in the whole one, on bytes which were cut off.

    Such a field is made of nothing where the script asked for the missing byte, or where the rest of the field's bytes
    still decide about it.

    Args:
        bench: where suspects are tried again.
        operation: what was called.
        whole: a payload that was not cut.
        sweeps: what comes of it where one byte is stepped.
        cut: its truncations.
    """
    if not whole.accepted or whole.watched is None or whole.watched.past:
        return
    feeding = {place: _dependent(whole, seen) for place, seen in sweeps.items()}
    told: set[str] = set()
    for size in reversed(range(len(whole.payload))):
        part = cut.get(whole.payload[:size])
        if part is None or not part.accepted:
            continue
        for path, place, other in _suspects(whole, part, feeding, sweeps):
            if general(path) not in told and _is_made_up(bench, operation, part, path, place):
                told.add(general(path))
                yield _sighting(operation, general(path), path, other, part)


def _dependent(whole: Seen, swept: Iterable[Seen]) -> set[str]:
    """The fields that are others where a byte is."""
    here = whole.leaves
    return {
        path
        for other in swept
        if other.accepted
        for path, value in other.leaves.items()
        if path in here and here[path] != value and _plain(value)
    }


def _suspects(
    whole: Seen, part: Seen, feeding: Mapping[int, set[str]], sweeps: Sweeps
) -> Iterator[tuple[str, int, Seen]]:
    """The fields of a truncated payload that a byte behind its end decides about.

    Each with the first such byte, and a whole payload that begins in the same way and gives another value: the one that
    was cut, or where that gives the same by chance, one with that byte stepped.
    """
    size = len(part.payload)
    for path, value in part.leaves.items():
        if path not in whole.leaves or not _same_type(whole.leaves[path], value):
            continue
        place = next((place for place, fed in feeding.items() if place >= size and path in fed), None)
        other = None if place is None else _other(whole, sweeps[place], path, value)
        if place is not None and other is not None:
            yield path, place, other


def _other(whole: Seen, swept: Sequence[Seen], path: str, value: Any) -> Seen | None:
    """A whole payload that gives a field another value; None where but few values of a byte do, as of a command."""
    if whole.leaves[path] != value:
        return whole
    known = (each for each in swept if each.accepted and _plain(each.leaves.get(path)))
    others = [each for each in known if each.leaves[path] != value]
    return others[0] if len(others) >= FEWEST_OTHER * len(swept) else None


def _is_made_up(bench: Bench, operation: str, part: Seen, path: str, place: int) -> bool:
    """Whether a truncated payload's field is made of a byte that is not there, or of the rest of its bytes."""
    if part.watched is not None and place in part.watched.past:
        return True
    last = len(part.payload) - 1
    if last < 0 or place != last + 1 or not is_number(part.leaves[path]):
        return False
    others = bench.see(operation, stepped(part, last, FEW))
    values = {str(other.leaves.get(path)) for other in others if other.accepted}
    return len(values) > 1


def _sighting(operation: str, where: str, path: str, whole: Seen, part: Seen) -> Sighting:
    sighting = Sighting("reads-past-the-end", operation, where, part, partial(_told, where, path, whole))
    return grouped(sighting, short=True)


def _told(where: str, path: str, whole: Seen, part: Seen) -> str:
    size, length = len(part.payload), len(whole.payload)
    return (
        f"the first {size} of {length} bytes are accepted, and {where} is {shown(part.leaves.get(path))} "
        f"(in the whole payload, {whole.payload.hex()}, it is {shown(whole.leaves.get(path))})"
    )


def _plain(value: Any) -> bool:
    return is_number(value) or isinstance(value, bool)


def _same_type(one: Any, other: Any) -> bool:
    return (is_number(one) and is_number(other)) or (isinstance(one, bool) and isinstance(other, bool))
