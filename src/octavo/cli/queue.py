"""``octavo queue``: what a receiver's store could not decode or pass on."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import options, output
from octavo.cli.failures import Failure, Misuse, counted, say
from octavo.live.clock import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from octavo.live.store import Counts, Entry, Store

STATES = ("failed", "dead", "waiting", "pending")
"""The states of `octavo.live.store.STATES`, in the order in which they are listed."""

OPEN = ("failed", "dead")
"""What somebody has to mend."""

PAGE = 500
"""Entries that are asked for at a time."""

ON_A_SCREEN = 100
"""Entries that a terminal gets, unless it asks for more."""

ID_MAX = 2**63 - 1
"""The greatest number that a store gives."""

CELLS = ("id", "state", "received", "device", "sink", "tries")

EXAMPLES = """\b
Examples:
  octavo queue list
  octavo queue list --state all --json | jq -r 'select(.device == "probe-1").id'
  octavo queue retry --all
  octavo queue retry 17 18 --store postgresql://octavo@db.example.com/octavo
  octavo queue drop 17
  octavo queue drop --all --yes --config octavo.toml
  octavo queue drop --all --sink old-dashboard

A message is failed when it could not be decoded: it is kept as it came, and decoded anew by `retry`. It is dead for a
sink that refused it again and again, or waits: pending for a sink, waiting to be decoded. What is done, and passed on,
is not listed. What is pending for a sink that CONFIG no longer has stays so until it is dropped. The receiver need not
run.
"""


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--store`` and ``--config``."""
    url = "The store: sqlite:PATH or postgresql://...  [default: what CONFIG names, else sqlite:octavo.db]"
    config = "The configuration of `octavo serve`, which names the store."
    named = click.option("--config", type=click.Path(path_type=Path), metavar="CONFIG", help=config)(command)
    return click.option("--store", "url", metavar="URL", help=url)(named)


def which_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Numbers of messages, or ``--all``."""
    everything = click.option("--all", "everything", is_flag=True, help="All that failed or are dead.")(command)
    return click.argument("ids", nargs=-1, type=click.IntRange(1, ID_MAX), metavar="[ID...]")(everything)


@click.group("queue", short_help="List, retry or drop what could not be decoded or passed on.", epilog=EXAMPLES)
def queue_command() -> None:
    """What `octavo serve` and `octavo listen` could not decode or pass on: list it, retry it, drop it."""


@queue_command.command("list")
@click.option(
    "--state",
    type=click.Choice((*STATES, "all")),
    metavar="|".join((*STATES, "all")),
    help="What is listed; without it what failed and what is dead. all: these four; what is done never is.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="No more than N; a terminal gets 100.")
@store_options
@options.json_option
def list_command(*, state: str | None, limit: int | None, url: str | None, config: Path | None, as_json: bool) -> int:
    """List messages by what they wait for, the oldest of each first."""
    output.use_utf8()
    states = STATES if state == "all" else (state,) if state else OPEN
    with closing(_opened(url, config)) as store:
        entries = (entry for each in states for entry in _entries(store, each))
        if output.wants_json(as_json):
            for entry in islice(entries, limit):
                output.write_row(_row(entry))
        else:
            _show(list(islice(entries, (limit or ON_A_SCREEN) + 1)), limit or ON_A_SCREEN, store.counts())
    return 0


@queue_command.command("retry")
@which_options
@store_options
def retry_command(*, ids: tuple[int, ...], everything: bool, url: str | None, config: Path | None) -> int:
    """Decode again what failed, and pass on again what was given up."""
    _check_which(ids, everything=everything)
    with closing(_opened(url, config)) as store:
        return _change(store, store.retry, ids, "to be tried again", "neither failed nor dead")


@queue_command.command("drop")
@which_options
@click.option("--sink", metavar="NAME", help="Only what is for this sink; then --all is all that is dead or pending.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_options
def drop_command(
    *, ids: tuple[int, ...], everything: bool, sink: str | None, yes: bool, url: str | None, config: Path | None
) -> int:
    """Give up for good: what is dropped is listed no more, and no sink gets it.

    By number it is all that failed, is dead or pending of a message.
    """
    _check_which(ids, everything=everything)
    with closing(_opened(url, config)) as store:
        counts = store.counts()
        _check_sink(sink, counts)
        if everything and not yes:
            _ask(counts, sink)
        absent = f"nothing for {sink}" if sink else "neither failed nor dead nor pending"
        return _change(store, partial(store.drop, sink=sink), ids, "dropped", absent)


# ---- the store ----


def _opened(url: str | None, config: Path | None) -> Store:
    """The store that is named; one that is not there is never made.

    Raises:
        Failure: the usual one is not there.
        Error: the store that is named is not there, or none that can be opened.
    """
    from octavo.live.config import load_config, store_named  # noqa: PLC0415 - loaded when it is used
    from octavo.live.errors import NO_STORE, StoreError  # noqa: PLC0415 - likewise
    from octavo.live.stores import open_store  # noqa: PLC0415 - likewise

    named = store_named(config) if config and not url else load_config(store=url).store
    try:
        return open_store(named, create=False)
    except StoreError as error:
        if error.name != NO_STORE or url or config:
            raise
        from octavo.cli import receiving  # noqa: PLC0415 - likewise

        other = receiving.lies_here(f"--config {receiving.USUAL}") or "--store, or --config, names another"
        raise Failure(f"{error}; {other}") from error


def _entries(store: Store, state: str) -> Iterator[Entry]:
    """Entries of a state, asked for by pages; a message that several sinks wait for has several."""
    after = 0
    while page := store.entries(state, PAGE, after):
        last = page[-1].id
        whole = page if len(page) < PAGE else [entry for entry in page if entry.id != last]
        yield from whole
        after = last - 1 if whole is not page else last


# ---- retry and drop ----


def _check_which(ids: Sequence[int], *, everything: bool) -> None:
    if ids and everything:
        raise Misuse("numbers name some messages, and --all means every one: one of the two was expected, not both")
    if not ids and not everything:
        raise Misuse("which? numbers of messages (octavo queue list) or --all was expected")


def _check_sink(sink: str | None, counts: Counts) -> None:
    """See that something is dead or pending for a sink, where one is named.

    Raises:
        Failure: nothing is.
    """
    known = counts.left([])
    if sink is None or sink in known:
        return
    others = f"; there are some for {', '.join(known)}" if known else ", or for any other"
    raise Failure(f"no letter is dead or pending for a sink {sink}{others}")


def _change(
    store: Store, change: Callable[[Sequence[int] | None], int], ids: Sequence[int], done: str, not_done: str
) -> int:
    """Do it to all, or to each of some messages, and say what came of it; exit code 1 where one was not there."""
    counts = {each: change([each]) for each in ids}
    click.echo(f"{sum(counts.values()) if ids else change(None)} {done}")
    idle = [each for each, count in counts.items() if not count]
    absent = [each for each in idle if not store.has(each)]
    there = [each for each in idle if each not in absent]
    for sentence, which in (("there is no message", absent), (not_done, there)):
        if which:
            say(f"{sentence}: {', '.join(map(str, which))}")
    return int(bool(idle))


def _ask(counts: Counts, sink: str | None) -> None:
    """Ask whether all shall go; where nobody can answer, ``--yes`` has to say it."""
    if not output.is_terminal(sys.stdin):
        raise Misuse("drop --all: nobody is asked here: --yes was expected")
    what = f"{counted(counts.failed, 'message')} that failed, {sum(counts.dead.values())} that are dead"
    if sink:
        what = f"{counted(counts.pending.get(sink, 0), 'message')} pending for {sink}, {counts.dead.get(sink, 0)} dead"
    click.confirm(f"Drop {what}?", abort=True)


# ---- rows ----


def _row(entry: Entry) -> dict[str, Any]:
    row = asdict(entry)
    return {{"received_ms": "received_at"}.get(name, name): value for name, value in row.items()} | {
        "received_at": moment(entry.received_ms)
    }


def _show(entries: list[Entry], limit: int, counts: Counts) -> None:
    from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

    out = terminal.console()
    if entries:
        below = [f"{entry.kind}: {entry.error}" if entry.error else entry.kind for entry in entries[:limit]]
        terminal.show(out, terminal.table(out, map(_cells, entries[:limit]), header=CELLS, below=below))
    if len(entries) > limit:
        terminal.show(out, terminal.line(f"and more: --limit {limit * 10}, or --json"))
    terminal.show(out, terminal.line(_summary(counts)))


def _cells(entry: Entry) -> tuple[str, ...]:
    day, time = moment(entry.received_ms).split("T")
    received = f"{day} {time[:8]}Z"  # on a narrow terminal two lines
    told = entry.device or "", entry.sink or "", str(entry.attempts)
    return str(entry.id), entry.state, received, *told


def _summary(counts: Counts) -> str:
    """How much of everything, whatever is listed."""
    by_sink = {"dead": counts.dead, "pending": counts.pending}
    sinks = [f"{name} for {sink}: {count}" for name, those in by_sink.items() for sink, count in sorted(those.items())]
    return ", ".join([f"failed: {counts.failed}", f"waiting: {counts.waiting}", *sinks])
