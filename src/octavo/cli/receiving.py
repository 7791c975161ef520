"""What the commands that receive have in common: options, and how they run and end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.live.logs import configure

if TYPE_CHECKING:
    from collections.abc import Callable

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
