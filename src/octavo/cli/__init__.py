"""The command line: thin commands over the library, each in its own module and imported when called.

Exit codes: 0 good, 1 something failed or was found, 2 wrong usage, 130 interrupted, 141 the reader went away.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from octavo.cli.failures import Failure, Misuse, say
from octavo.errors import Error, NotFoundError

COMMANDS = {
    "check": "octavo.cli.check",
    "compare": "octavo.cli.compare",
    "decode": "octavo.cli.decode",
    "downlink": "octavo.cli.downlink",
    "encode": "octavo.cli.encode",
    "generate": "octavo.cli.generate",
    "lint": "octavo.cli.lint",
    "listen": "octavo.cli.listen",
    "list": "octavo.cli.content",
    "prove": "octavo.cli.prove",
    "queue": "octavo.cli.queue",
    "serve": "octavo.cli.serve",
    "show": "octavo.cli.content",
    "test": "octavo.cli.test",
    "validate": "octavo.cli.validate",
    "xray": "octavo.cli.xray",
}
"""Each command and the module that has it."""

INTERRUPTED = 130
"""128 + SIGINT, as shells count."""

BROKEN_PIPE = 141
"""128 + SIGPIPE."""


class Commands(click.Group):
    """The commands, imported one at a time; octavo's errors become one sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), f"{cmd_name}_command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it returns is the exit code."""
        if sys.stdout is None:
            raise Misuse("standard output is closed")
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except NotFoundError as error:
            raise Misuse(str(error)) from error
        except Error as error:
            raise Failure(str(error)) from error
        except click.NoSuchOption as error:
            hint = f"{error.format_message()} A payload that begins with - goes after --."
            raise click.UsageError(hint, error.ctx) from error
        except OSError as error:
            status = _not_written(error)
        except KeyboardInterrupt:
            say("interrupted")
            status = INTERRUPTED
        ctx.exit(status or 0)


def _not_written(error: OSError) -> int:
    """Standard output takes no more: its reader went away, which is no failure, or the disk is full."""
    _silence_stdout()
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    say(f"{error.filename or 'standard output'}: {error.strerror or error}")
    return Failure.exit_code


def _silence_stdout() -> None:
    """Nobody reads any more: let what is still buffered go nowhere, so that Python's exit stays quiet."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - os.devnull is a name, not a path to work with
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from octavo.cli.version import versions  # noqa: PLC0415 - imported when asked for

    click.echo(versions())
    ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Documentation: docs/cli.md. `octavo COMMAND -h` shows each command's options and examples.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the versions of octavo, of mini-racer and of V8.",
)
def main() -> None:
    """Decode, encode and check the payloads of LoRaWAN devices.

    A terminal gets tables; a pipe, or --json, gets one JSON object a line.
    Exit codes: 0 good, 1 something failed or was found, 2 wrong usage.
    """
