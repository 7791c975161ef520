"""Many files of examples at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from octavo.examples.accept import accept
from octavo.examples.model import Options, Row
from octavo.examples.runner import StoppedError, run
from octavo.sandbox.many import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from octavo.examples.collect import Source

DEFAULTS = Options()


def run_all(sources: Iterable[Source], options: Options = DEFAULTS) -> Iterator[tuple[Source, list[Row]]]:
    """Run the examples of many files; the rows of each, in the order of the files.

    Args:
        sources: the files.
        options: what is other than usual.

    Yields:
        each file and its rows; none where the file turned out to be somebody else's.

    Raises:
        NotFoundError: an example that was asked for by name is not there.
    """
    return in_order(sources, partial(_rows_until, options))


def _rows_until(options: Options, source: Source, stopped: Callable[[], bool]) -> list[Row]:
    try:
        return _rows(source, options, stopped)
    except StoppedError:
        return []


def _rows(source: Source, options: Options, stopped: Callable[[], bool]) -> list[Row]:
    found = source.read(options.dialect)
    if found is None or isinstance(found, Row):
        return [found] if found else []
    suite = replace(found, rule=options.rule(found.rule), now=options.now)
    if options.accept:
        return accept(suite, partial(source.read, options.dialect), stopped=stopped)
    return list(run(suite, stopped=stopped))
