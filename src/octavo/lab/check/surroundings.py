"""What a result depends on beside its message: clock, chance, zone, language, and the messages before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo.formatters.watching import Lens
from octavo.lab.bench import Bench, Seen
from octavo.lab.check.sightings import Sighting, shown
from octavo.lab.leaves import general, leaves
from octavo.lab.subjects import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from octavo.lab.subjects import Subject
    from octavo.messages import Moment

LATER = "2027-07-19T21:04:05.678Z"
"""Another time, which has no part in common with `NOON`."""


class Way(NamedTuple):
    """Other surroundings.

    Attributes:
        kind: of the finding.
        how: what is different, in words.
        lens: how it is made different.
        now: where the clock stands.
    """

    kind: str
    how: str
    lens: Lens
    now: Moment = NOON


WAYS = (
    Way("depends-on-clock", f"at {LATER}", Lens(), LATER),
    Way("depends-on-random", "with other random numbers", Lens(seed=12345)),
    Way("depends-on-time-zone", "east of Greenwich by 5:45 h", Lens(zone_minutes=345)),
    Way("depends-on-locale", "on a German server", Lens(locale="de-DE")),
)

ALL = Way("", "", Lens(zone_minutes=345, locale="de-DE", seed=12345), LATER)
"""All of them at once: what is the same there depends on none. What a script names does not tell, for it may compute
the name."""

UNSEEN = frozenset({"depends-on-earlier-message", "depends-on-random", "depends-on-time-zone", "depends-on-locale"})
"""Kinds that one message shows to nobody: it takes other surroundings, which only the check has."""


def dependent(
    subject: Subject,
    dialect: str | None,
    operation: str,
    sample: Sequence[Seen],
    *,
    stopped: Callable[[], bool],
) -> Iterator[Sighting]:
    """Results that are others elsewhere.

    Args:
        subject: what is examined.
        dialect: under whose rules.
        operation: what is called.
        sample: messages, and what came of them.
        stopped: whether nobody waits any more.
    """

    def there(way: Way) -> Iterator[Sighting]:
        with subject.open(dialect=dialect, lens=way.lens, now=way.now) as formatter:
            seen = Bench(formatter, stopped).see(operation, [each.message for each in sample])
        yield from _different(way.kind, operation, way.how, sample, seen)

    if any(there(ALL)):
        for way in WAYS:
            yield from there(way)


def remembering(bench: Bench, operation: str, sample: Sequence[Seen]) -> Iterator[Sighting]:
    """Results that are others after other messages."""
    before = [each.message for each in sample[:3]]
    alone = [each for each in sample if each.error is None or each.watched is not None]
    own = Bench(bench.formatter, bench.stopped)  # what does not end here ends by itself: it is no finding of its own
    after = own.see(operation, [each.message for each in alone], earlier=before)
    told = f"after {', '.join(each.payload_words for each in sample[:3])}"
    yield from _different("depends-on-earlier-message", operation, told, alone, after)


def _different(kind: str, operation: str, how: str, here: Sequence[Seen], there: Sequence[Seen]) -> Iterator[Sighting]:
    for one, other in zip(here, there, strict=False):
        if one.watched is None:
            continue
        if other.watched and one.watched.text == other.watched.text and _said(one) == _said(other):
            continue
        path = _first_difference(one, other)
        where = path.removeprefix("data.") or operation
        yield Sighting(kind, operation, where, one, partial(_told, path, how, other))
        return


def _told(where: str, how: str, other: Seen, seen: Seen) -> str:
    mine, theirs = leaves(seen.result), leaves(other.result)
    if other.error is not None:
        return f"it throws {how}: {other.error.message}"
    if seen.error is not None:
        return f"it throws, and does not {how}: {seen.error.message}"
    path = next((path for path in mine if general(path) == where), where)
    return f"{where.removeprefix('data.')} is {shown(mine.get(path))}, and {shown(theirs.get(path))} {how}"


def _said(seen: Seen) -> Any:
    return None if seen.error is None else seen.error.message


def _first_difference(one: Seen, other: Seen) -> str:
    mine, theirs = leaves(one.result), leaves(other.result)
    paths = [path for path in (*mine, *theirs) if mine.get(path, Seen) != theirs.get(path, Seen)]
    return general(paths[0]) if paths else ""
