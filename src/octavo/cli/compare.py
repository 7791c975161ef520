"""``octavo compare``: archived messages, in which the server's own decoded payload is what ours is held against."""

from __future__ import annotations

import sys
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli import inputs, options, output
from octavo.cli.failures import Failures, Misuse, counted
from octavo.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.cli.inputs import Item
    from octavo.comparison import Archived, Compared, PathSummary, Summary, Trial
    from octavo.device import Device

SHOWN_PATHS = 20
"""Rows of the table without ``--first``."""

SHOWN_CHARS = 24
"""Characters of a value in the table."""

REASONS = {
    "no_decoded_payload": "no decoded_payload of the server",
    "no_port": "no f_port, or 0 (-p decodes them all the same)",
    "encrypted": "still encrypted",
    "normalized": "normalized measurement",
    "field": "single field",
    "not_json": "not JSON",
    "unknown_kind": "no kind that octavo knows",
    "ambiguous": "several kinds share it (--topic decides)",
    "invalid": "a member cannot be read",
}
"""Why messages are not compared, where the outcome's name does not say it plainly."""

EXAMPLES = """\b
Examples:
  octavo compare my.yaml archive.jsonl
  octavo compare dragino/lht65 2025-*.log --tolerance 0.01
  octavo compare my.js mosquitto.txt --json | tail -1
  mosquitto_sub -v -t 'v3/+/devices/+/up' -W 3600 | octavo compare my.yaml -

FILE is JSON, JSON lines, lines of "topic json", or - for standard input.
"""


@click.command("compare", short_help="Hold what a server decoded against what DEVICE decodes.", epilog=EXAMPLES)
@click.argument("device")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.port_option("FPort to decode with instead of the messages' own.")
@options.dialect_option
@options.variable_option("A variable of the devices (ChirpStack); may be given again.")
@options.topic_option
@click.option(
    "--tolerance",
    type=options.Number(min=0),
    default=0.0,
    metavar="X",
    help="Numbers that differ by no more than X are equal.",
)
@click.option("--first", type=click.IntRange(min=0), metavar="N", help="Tell of N paths that differ (default 20).")
@options.json_option
def compare_command(
    device: str,
    files: tuple[str, ...],
    *,
    f_port: int | None,
    dialect: str | None,
    variables: tuple[tuple[str, str], ...],
    topic: str | None,
    tolerance: float,
    first: int | None,
    as_json: bool,
) -> int:
    """Compare the decoded payloads in archived messages with what DEVICE decodes; exit 1 when any differs."""
    output.use_utf8()
    with devices.load(device, dialect=dialect) as loaded:
        settings = {"f_port": f_port, "variables": dict(variables) or None, "tolerance": tolerance}
        run = Run(loaded, topic, settings, as_json=output.wants_json(as_json))
        try:
            run.all(files)
        except KeyboardInterrupt:
            run.progress.clear()
            raise
        trials = list(run.trials(device))
    run.tell(trials, first)
    return run.status


class Run:
    """One call of the command: the device, what is the same for every message, and what was found so far."""

    def __init__(self, device: Device, topic: str | None, settings: dict[str, Any], *, as_json: bool) -> None:
        from octavo.comparison import Tally  # noqa: PLC0415 - the networks are loaded when they are used

        self.device = device
        self.topic = topic
        self.settings = settings
        self.as_json = as_json
        self.tally = Tally()
        self.failures = Failures()
        self.progress = output.Progress("messages")
        self.unread = 0

    @property
    def status(self) -> int:
        """The exit code."""
        return Misuse.exit_code if self.unread else int(not self.tally.summary().holds)

    def all(self, files: tuple[str, ...]) -> None:
        """Compare file after file."""
        messages = inputs.MessageFiles(files, self.progress)
        for name, batch in messages:
            self.batch([self.archived(name, item) for item in batch])
        self.unread = messages.unread
        self.failures.finish()

    def archived(self, name: str, item: Item) -> Archived:
        """A line of a file as a message of an archive."""
        from octavo.comparison import Archived  # noqa: PLC0415 - as above

        return Archived(item.message, item.topic or self.topic, name, item.line, item.error)

    def batch(self, archive: list[Archived]) -> None:
        """Compare what came together, and print the rows."""
        from octavo.comparison import compare  # noqa: PLC0415 - as above

        for compared in compare(archive, self.device, **self.settings):
            self.tally.add(compared)
            if self.as_json and (compared.diff or compared.error):
                self.progress.clear()
                output.write_row(compared.to_dict())
            self.failures_of(compared)
            self.progress.show(self.failures.total)
        sys.stdout.flush()

    def failures_of(self, compared: Compared) -> None:
        """Count a message, and say what went wrong with it."""
        if compared.error:
            self.progress.clear()
        self.failures.add(_sentence(compared, compared.error) if compared.error else None)

    def trials(self, what: str) -> Iterator[Trial]:
        """The dialects under which more messages agree than under the device's own."""
        summary = self.tally.summary()
        if summary.compared == summary.agree:
            return
        for dialect, load in _others(what, self.device):
            trial = None if dialect in self.tally.dialects else self.trial(dialect, load)
            if trial and trial.agree > trial.before:
                yield trial

    def trial(self, dialect: str, load: Callable[[], Device]) -> Trial | None:
        """A sample under another dialect; None where the device's files do not fit it."""
        try:
            with load() as other:
                return self.tally.try_dialect(dialect, other, **self.settings)
        except Error:
            return None

    def tell(self, trials: list[Trial], first: int | None) -> None:
        """Print what came of it all."""
        summary = self.tally.summary()
        if self.as_json:
            row = summary.to_dict()
            paths = row["paths"] if first is None else row["paths"][:first]
            output.write_row({**row, "paths": paths, "dialects": [trial.to_dict() for trial in trials]})
        elif summary.messages:
            Report(summary, SHOWN_PATHS if first is None else first, trials).show()


def _others(what: str, device: Device) -> Iterator[tuple[str, Callable[[], Device]]]:
    """The dialects of a device, and how to load it for each."""
    from octavo.codecs import FLAVOURS, CayenneLpp  # noqa: PLC0415 - loaded where something differs
    from octavo.formatters import DIALECTS, Formatter  # noqa: PLC0415 - as above

    inner = devices.unchecked(device)
    if isinstance(inner, Formatter):
        yield from ((dialect, partial(devices.load, what, dialect=dialect)) for dialect in DIALECTS)
    elif isinstance(inner, CayenneLpp):
        names = {flavour.dialects[0]: f"{devices.CAYENNELPP}:{name}" for name, flavour in FLAVOURS.items()}
        yield from ((dialect, partial(devices.load, name)) for dialect, name in names.items())


def _sentence(compared: Compared, error: Error) -> str:
    archived = compared.archived
    place = f"{archived.file}:{archived.line}: "
    return inputs.with_options(str(error) if error.file == archived.file else place + str(error))


class Report:
    """What a terminal shows of a comparison."""

    def __init__(self, summary: Summary, first: int, trials: list[Trial]) -> None:
        from octavo.cli import terminal  # noqa: PLC0415 - rich is loaded for terminals only

        self.summary = summary
        self.paths = summary.paths[:first]
        self.trials = trials
        self.terminal = terminal
        self.out = terminal.console()

    def show(self) -> None:
        """Print the totals, the paths that differ, and what may explain them."""
        self.totals()
        if self.paths:
            self.table()
        left_out = len(self.summary.paths) - len(self.paths)
        if left_out:
            self.line(f"  {counted(left_out, 'more path')} (--first shows more)")
        for trial in self.trials:
            self.line(
                (f"Under the dialect {trial.dialect}", "bold"),
                f" {trial.agree} of {counted(trial.messages, 'message')} would agree, {trial.before} do now.",
            )

    def totals(self) -> None:
        """How many of each."""
        summary = self.summary
        style = "bold green" if summary.holds else "bold red"
        parts = [f"{summary.agree} agree", f"{summary.differ} differ"]
        parts += [f"{summary.failed} failed here"] if summary.failed else []
        head = f"{counted(summary.messages, 'message')}, {summary.compared} compared: "
        self.line((head, "bold"), (", ".join(parts), style))
        reasons = sorted(summary.not_compared.items(), key=lambda item: -item[1])
        if reasons:
            listed = ", ".join(f"{REASONS.get(name, name)} ({count})" for name, count in reasons)
            self.line(f"  not compared: {listed}")

    def table(self) -> None:
        """The paths that differ, and what would explain each, from the place on that they have in common."""
        parent = _parent([path.path for path in self.paths])
        rows = [_cells(path, parent) for path in self.paths]
        if parent:
            self.line(f"  in {parent}:")
        header = ("path", "messages", "first", "server's", "ours")
        self.terminal.show(self.out, self.terminal.table(self.out, rows, header=header, indent="  "))
        for path in self.paths:
            if path.explanation:
                self.line("  ", (path.path.removeprefix(parent), "bold"), f": {path.explanation.message}")

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Print a line."""
        self.terminal.show(self.out, self.terminal.line(*parts))


def _cells(path: PathSummary, parent: str) -> tuple[str, ...]:
    from octavo.examples.model import shown  # noqa: PLC0415 - loaded where something differs

    values = (shown(path.first.expected), shown(path.first.got))
    short = (text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…" for text in values)
    return path.path.removeprefix(parent), str(path.messages), f"{path.file}:{path.line}", *short


def _parent(paths: list[str]) -> str:
    """The longest path above all of them."""
    parents = [path.rpartition("/")[0].split("/") for path in paths]
    common = takewhile(lambda names: len(set(names)) == 1, zip(*parents, strict=False))
    return "/".join(names[0] for names in common)
