"""``octavo serve``: a receiver for webhooks."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from octavo import devices
from octavo.cli import output
from octavo.cli.failures import Failure, say
from octavo.cli.receiving import device_option, receive, store_option
from octavo.errors import ContentError, Error
from octavo.live.config import load_config
from octavo.live.devices import Devices
from octavo.live.errors import NO_STORE, StoreError
from octavo.live.sinks import make_sink
from octavo.live.stores import POSTGRES, SQLITE, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from octavo.live.config import Config

EXAMPLES = """\b
Examples:
  octavo serve
  octavo serve --port 9000 --device codecs/acme/ts1.py
  octavo serve octavo.toml --check
  octavo serve octavo.toml > outcomes.jsonl

Without CONFIG: 127.0.0.1:8080, octavo.db here, the catalogue, JSON lines on standard output.
"""

LIBRARIES = ("starlette", "uvicorn", "prometheus_client")


@click.command("serve", short_help="Receive webhooks; keep, decode and pass on what they bring.", epilog=EXAMPLES)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--host", metavar="H", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The port to listen on; 0 takes a free one.")
@device_option
@store_option
@click.option("--check", is_flag=True, help="Check the configuration, devices and store, and start nothing.")
def serve_command(
    config: Path | None, *, host: str | None, port: int | None, device: str | None, store: str | None, check: bool
) -> int:
    """Receive the webhooks of The Things Stack, The Things Network v2 and ChirpStack.

    Each message is answered once it is on disk; then it is decoded and passed on, at least once.
    CONFIG is a TOML file, see docs/serve.md; options win over it.
    """
    output.use_utf8()
    settings = load_config(config, host=host, port=port, device=device, store=store)
    _check_libraries()
    if check:
        return _check(settings, config)
    from octavo.live.serving import run  # noqa: PLC0415 - needs the extra `serve`

    return receive(run, settings)


def _check_libraries() -> None:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ContentError(f'{missing[0]} is not installed: pip install "octavo[serve]"')


def _check(config: Config, path: Path | None) -> int:
    faults = list(_faults(config))
    for fault in faults:
        say(fault)
    if not faults:
        click.echo(f"{path or 'the configuration'} is good: it stores in {config.store_name}")
    return Failure.exit_code if faults else 0


def _faults(config: Config) -> Iterator[str]:
    """Everything that would go wrong, a sentence each."""
    named = Devices(config).all_named()
    checks: list[Callable[[], object]] = [partial(_open_device, what) for what in named]
    checks += [partial(make_sink, sink, config) for sink in config.sinks]
    checks.append(partial(_open_store, config.store))
    for check in checks:
        try:
            check()
        except Error as error:
            yield str(error)


def _open_device(what: str) -> None:
    devices.load(what).close()


def _open_store(url: str) -> None:
    """Open a store that is there; of one that is not, look whether it could be made."""
    file = Path(url.removeprefix(SQLITE))
    if not url.startswith(POSTGRES) and not file.exists():
        if not os.access(file.parent, os.W_OK | os.X_OK):
            raise ContentError(
                "no store can be made here: the folder is not there, or cannot be written", file=str(file)
            )
        return
    try:
        open_store(url, durable=False, create=False).close()
    except StoreError as error:
        if error.name != NO_STORE:  # a database without tables: they are made when the receiver starts
            raise
