"""``octavo check``: what is wrong with a formatter, found by running it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import findings, options, output

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.lab.findings import Defect
    from octavo.lab.subjects import Subject

EXAMPLES = """\b
Examples:
  octavo check formatters/acme/probe.js
  octavo check formatters/ --severity warning
  octavo check vendors/acme/codecs/probe.js --dialect chirpstack4 --seed 7
  octavo check formatters/ --baseline accepted.json --accept
  octavo check formatters/ --baseline accepted.json --json
  octavo check dragino/lht65 --only not-a-number --only throws

FORMATTER is a script, a codec YAML, a declaration (its generated script is checked), a folder of these, or an id of
`octavo list`. Examples beside it are where the search begins. The kinds of findings: docs/check.md.
"""


@click.command("check", short_help="Find what is wrong with formatters, by running them.", epilog=EXAMPLES)
@click.argument("targets", nargs=-1, required=True, metavar="FORMATTER|FOLDER...")
@options.dialect_option
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="What the payloads are drawn from.")
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=400,  # octavo.lab.check.RUNS, which is not loaded to show the help
    show_default=True,
    metavar="N",
    help="How many messages are drawn for each decoder, and half as many for the encoder, beside those that the "
    "examples lead to.",
)
@findings.finding_options
def check_command(targets: tuple[str, ...], *, dialect: str | None, seed: int, runs: int, **told: Any) -> int:
    """Run formatters with what devices may send, and what they should not, and tell what is wrong.

    Truncated, changed, boundary and random payloads on every port, and data to encode. Each finding is as small as it
    can be made, says on which network it matters, and comes with the command that shows it again. The same seed finds
    the same. Exit 1 when something is found that is more than a note.
    """
    output.use_utf8()
    from octavo.lab.check import KINDS  # noqa: PLC0415 - loaded when it is used

    wanted = findings.wanted(KINDS, **told)
    found = findings.named(targets, dialect)
    return findings.examine(found, partial(_checked, seed, runs), wanted, targets)


def _checked(seed: int, runs: int, subject: Subject, stopped: Callable[[], bool]) -> list[Defect]:
    from octavo.lab.check import check  # noqa: PLC0415 - as above

    return check(subject, seed=seed, runs=runs, stopped=stopped)
