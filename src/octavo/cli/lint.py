"""``octavo lint``: on which networks a formatter runs, and what each would do differently."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import columns, findings, options, output, progress
from octavo.cli.failures import say
from octavo.errors import Error
from octavo.examples.formats import YAML_SUFFIXES
from octavo.lab.subjects import Subject
from octavo.sandbox.many import in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.examples import Row
    from octavo.lab.findings import Defect
    from octavo.lab.lint import SideBySide

    Networks = tuple[str, ...] | None
    Stopped = Callable[[], bool]

EXAMPLES = """\b
Examples:
  octavo lint formatters/acme/probe.js
  octavo lint formatters/acme/probe.js --for tts,chirpstack4
  octavo lint formatters/ --severity warning
  octavo lint vendors/ --for chirpstack4 --baseline accepted.json
  octavo lint dragino/lht65 --table --json

FORMATTER is a script, a codec YAML, a declaration (its generated script is looked at), a folder of these, or an id of
`octavo list`. The kinds of findings: docs/lint.md.
"""


class NetworkNames(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """Names of dialects, with commas between."""

    name = "dialects"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names, each once."""
        if not isinstance(value, str):
            return tuple(value)
        one = options.Dialect()
        return tuple(dict.fromkeys(one.convert(name.strip(), param, ctx) for name in value.split(",")))


@click.command("lint", short_help="Find where formatters would not run, or run otherwise.", epilog=EXAMPLES)
@click.argument("targets", nargs=-1, required=True, metavar="FORMATTER|FOLDER...")
@click.option(
    "--for",
    "networks",
    type=NetworkNames(),
    metavar="D,...",
    help="Where it shall run: some of tts, tts-3.32, ttn2, chirpstack4, chirpstack3, ts013, actility. "
    "Without it: where it is written for.",
)
@click.option(
    "--table/--no-table",
    default=None,
    help="What each network makes of the examples, side by side; of a single formatter a terminal gets it without.",
)
@findings.finding_options
def lint_command(targets: tuple[str, ...], *, networks: Networks, table: bool | None, **told: Any) -> int:
    """Read formatters as the engines of networks would, run their examples there, and tell what would not work.

    Exit 1 when something is found that is more than a note.
    """
    output.use_utf8()
    from octavo.lab.lint import KINDS  # noqa: PLC0415 - loaded when it is used

    wanted = findings.wanted(KINDS, **told)
    found = findings.named(targets)
    _remark(found, networks)
    if table or (table is None and len(found) == 1 and not wanted.as_json):
        _tables(found, networks, as_json=wanted.as_json)
    return findings.examine(found, partial(_linted, networks), wanted, targets)


def _linted(networks: Networks, subject: Subject, stopped: Stopped) -> list[Defect]:
    from octavo.lab.lint import lint  # noqa: PLC0415 - as above

    return lint(subject, dialects=networks, stopped=stopped)


def _remark(found: list[Subject | Row], networks: Networks) -> None:
    """Say where ChirpStack's engine is asked for and is not there."""
    from octavo.lab.lint import missing_extra  # noqa: PLC0415 - as above

    asked = "chirpstack4" in networks if networks else any(map(_may_be_chirpstacks, found))
    remark = missing_extra() if asked else None
    if remark:
        say(remark)


def _may_be_chirpstacks(each: Subject | Row) -> bool:
    """Whether lint looks at it as ChirpStack v4 does, by itself: a script that says nothing is for all that call it."""
    if not isinstance(each, Subject):
        return False
    return each.dialect == "chirpstack4" or (each.dialect is None and each.file.suffix not in YAML_SUFFIXES)


def _tables(found: list[Subject | Row], networks: Networks, *, as_json: bool) -> None:
    """What each network makes of the examples of each formatter; what cannot be read is a finding's matter."""
    subjects = [each for each in found if isinstance(each, Subject)]
    out = None if as_json else output.console()
    with progress.bar(len(subjects), out) as advance:
        for _, table in in_order(subjects, partial(_compared, networks)):
            advance()
            if table is not None and out is None:
                output.write_row(table.to_dict())
            elif table is not None and out is not None:
                columns.show(out, table)


def _compared(networks: Networks, subject: Subject, stopped: Stopped) -> SideBySide | None:
    from octavo.formatters import DIALECTS  # noqa: PLC0415 - as above
    from octavo.lab.lint import side_by_side  # noqa: PLC0415 - as above

    try:
        return side_by_side(subject, networks or DIALECTS, stopped=stopped)
    except Error:
        return None
