"""What the commands that receive have in common: options, and how they run and end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli.failures import Failure, say
from octavo.live.check import faults
from octavo.live.logs import configure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from octavo.errors import ContentError
    from octavo.live.config import Config

INTERRUPTED = 128 + signal.SIGINT
"""The exit code after Ctrl-C, as shells have it."""


def device_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--device``."""
    text = "What decodes every message, whatever the message says."
    return click.option("--device", metavar="DEVICE", help=text)(command)


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--store``."""
    text = "Where messages are kept: sqlite:PATH, a path, or postgresql://…"
    return click.option("--store", metavar="URL", help=text)(command)


def check_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--check``."""
    text = "Check the configuration, devices, sinks and store, and start nothing."
    return click.option("--check", is_flag=True, help=text)(command)


def check(config: Config, wrong: Sequence[ContentError], path: Path | None, *, listens: bool) -> int:
    """Say everything that would go wrong; gives the exit code.

    Args:
        config: what of the configuration can be used.
        wrong: what of its file cannot.
        path: the file, or None.
        listens: whether it is for ``octavo listen``.
    """
    told = [fault.message for fault in wrong] + list(faults(config, listens=listens))
    for sentence in told:
        say(f"{path}: {sentence}" if path else sentence)
    if not told:
        click.echo(f"{path or 'the configuration'} is good: it stores in {config.store_name}")
    return Failure.exit_code if told else 0


def receive(run: Callable[[Config], int], config: Config) -> int:
    """Receive until a signal comes; gives the exit code.

    Args:
        run: receives by a configuration; gives the number of the signal that ended it.
        config: the configuration.
    """
    if config.device:
        devices.locate(config.device)
    configure(sys.stderr)
    return INTERRUPTED if run(config) == signal.SIGINT else 0
