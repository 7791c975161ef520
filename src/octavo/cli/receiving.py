"""What the commands that receive have in common: options, and how they run and end."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli.failures import Failure, say
from octavo.live.check import faults
from octavo.live.logs import configure, facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from octavo.errors import ContentError
    from octavo.live.config import Config

log = logging.getLogger(__name__)

USUAL = Path("octavo.toml")
"""The configuration, as it is mostly called; it is read where it is named, never because it lies somewhere."""

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


def lies_here(words: str, named: Path | None = None) -> str:
    """What is said of a configuration that lies here where none was named; empty where nothing has to be said.

    Args:
        words: the command with which it is used.
        named: the configuration that was named, or None.
    """
    return "" if named or not USUAL.is_file() else f"{USUAL} lies here and is not read: {words}"


def check(config: Config, wrong: Sequence[ContentError], path: Path | None, *, listens: bool) -> int:
    """Say everything that would go wrong, and where no configuration was named; gives the exit code.

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
        good = f"{path} is good: it stores" if path else "no configuration: the defaults and options are good, storing"
        click.echo(f"{good} in {config.store_name}")
    if unread := lies_here(f"octavo {_command(listens=listens)} {USUAL} --check", path):
        say(unread)
    return Failure.exit_code if told else 0


def receive(run: Callable[[Config], int], config: Config, path: Path | None, *, listens: bool) -> int:
    """Receive until a signal comes; gives the exit code.

    Args:
        run: receives by a configuration; gives the number of the signal that ended it.
        config: the configuration.
        path: its file, or None.
        listens: whether it is for ``octavo listen``.
    """
    if config.device:
        devices.locate(config.device)
    configure(sys.stderr)
    if unread := lies_here(f"octavo {_command(listens=listens)} {USUAL}", path):
        log.warning(unread, extra=facts("not_read", file=str(USUAL)))
    return INTERRUPTED if run(config) == signal.SIGINT else 0


def _command(*, listens: bool) -> str:
    return "listen" if listens else "serve"
