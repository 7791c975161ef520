"""``octavo listen``: a receiver for MQTT."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from octavo.cli import output, receiving
from octavo.cli.failures import Misuse
from octavo.errors import ContentError
from octavo.live.config import Listen, load_config, read_config

if TYPE_CHECKING:
    from octavo.live.config import Config

EXAMPLES = """\b
Examples:
  octavo listen --server mqtts://eu1.cloud.thethings.network --username my-app@ttn
  octavo listen --server mqtt://127.0.0.1 --topic 'application/+/device/+/event/+' --group decoders
  octavo listen octavo.toml --check
  octavo listen octavo.toml > outcomes.jsonl

The password, or API key, is that of $OCTAVO_MQTT_PASSWORD. Without --topic: all messages of The Things Stack, of
The Things Network v2 and of ChirpStack. Kept in octavo.db here, decoded by the catalogue, printed as JSON lines.
"""

PASSWORD = "OCTAVO_MQTT_PASSWORD"  # noqa: S105 - the name of a variable


@click.command("listen", short_help="Receive by MQTT; keep, decode and pass on what comes.", epilog=EXAMPLES)
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--server", metavar="URL", help="The broker: mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS.")
@click.option("--username", metavar="NAME", help="User name; for The Things Stack APPLICATION@TENANT.")
@click.option("--topic", "topics", multiple=True, metavar="FILTER", help="What to subscribe to; may be given again.")
@click.option("--group", metavar="NAME", help="Split the messages with all receivers of this group (MQTT 5).")
@receiving.device_option
@receiving.store_option
@receiving.check_option
def listen_command(
    config: Path | None,
    *,
    server: str | None,
    username: str | None,
    topics: tuple[str, ...],
    group: str | None,
    device: str | None,
    store: str | None,
    check: bool,
) -> int:
    """Receive the messages of The Things Stack, The Things Network v2 and ChirpStack by MQTT.

    Each message is acknowledged to the broker once it is on disk; then it is decoded and passed on, at least once.
    CONFIG is a TOML file with [listen], see docs/listen.md; options win over it.
    """
    output.use_utf8()
    options: dict[str, Any] = {"device": device, "store": store}
    settings, wrong = read_config(config, **options) if check else (load_config(config, **options), [])
    from octavo.live.listen import run  # noqa: PLC0415 - needs the extra `mqtt`

    if not check:
        _check_given(server, topics)
    given = {"server": server, "username": username, "topics": topics, "share": group}
    if settings.listen or server or not any(_is_of_listen(fault) for fault in wrong):
        named = {key: value for key, value in given.items() if value}
        settings = replace(settings, listen=_listen(settings, named, config))
    if check:
        return receiving.check(settings, wrong, config, listens=True)
    return receiving.receive(run, settings, config, listens=True)


def _check_given(server: str | None, topics: tuple[str, ...]) -> None:
    """See that the options are what they should be; those of a file are seen to when it is used.

    Raises:
        Misuse: one is not.
    """
    from octavo.live.broker import parse_server  # noqa: PLC0415 - loaded when it is used
    from octavo.live.subscription import filters_of  # noqa: PLC0415 - likewise

    try:
        filters_of(Listen("", topics))
    except ContentError as error:
        raise Misuse(f"--topic: {error.message.removeprefix('listen.topics: ')}") from error
    try:
        parse_server(server or "mqtt://broker")
    except ContentError as error:
        raise Misuse(f"--server: {error.message}") from error


def _is_of_listen(fault: ContentError) -> bool:
    return (fault.path or "").startswith("/listen")


def _listen(settings: Config, given: dict[str, Any], config: Path | None) -> Listen:
    """What the file says, or nothing but the server; with what was given beside it, which wins."""
    if settings.listen is None and "server" not in given:
        unread = receiving.lies_here(f"octavo listen {receiving.USUAL}", config)
        raise Misuse("; ".join(filter(None, ["no server: --server, or a CONFIG with [listen], was expected", unread])))
    password = os.environ.get(PASSWORD)
    listen = replace(settings.listen or Listen(""), **given)
    if "username" in given and password is None and listen.password is None:
        raise Misuse(f"no password for --username: ${PASSWORD} was expected; empty where the user has none")
    return replace(listen, password=password or listen.password)
