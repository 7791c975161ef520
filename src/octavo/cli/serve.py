"""``octavo serve``: a receiver for webhooks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from octavo.cli import output, receiving
from octavo.errors import ContentError
from octavo.live.config import load_config, read_config

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
@receiving.device_option
@receiving.store_option
@receiving.check_option
def serve_command(
    config: Path | None, *, host: str | None, port: int | None, device: str | None, store: str | None, check: bool
) -> int:
    """Receive the webhooks of The Things Stack, The Things Network v2 and ChirpStack.

    Each message is answered once it is on disk; then it is decoded and passed on, at least once.
    CONFIG is a TOML file, see docs/serve.md; options win over it.
    """
    output.use_utf8()
    options: dict[str, Any] = {"host": host, "port": port, "device": device, "store": store}
    _check_libraries()
    if check:
        return receiving.check(*read_config(config, **options), config, listens=False)
    settings = load_config(config, **options)
    from octavo.live.serving import run  # noqa: PLC0415 - needs the extra `serve`

    return receiving.receive(run, settings, config, listens=False)


def _check_libraries() -> None:
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ContentError(f'{missing[0]} is not installed: pip install "octavo[serve]"')
