"""Sinks: JSON lines on standard output, a webhook, MQTT, or a function of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.errors import ContentError
from octavo.live.sinks.sink import Receipt, Sink

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.live.config import Config, SinkConfig

__all__ = ["Receipt", "Sink", "make_sink"]


def make_sink(sink: SinkConfig, config: Config) -> Sink:
    """The sink that a configuration describes; nothing is opened yet.

    Args:
        sink: the sink's own part.
        config: all of it.

    Raises:
        ContentError: the sink cannot be as it is described, or the library for it is not installed.
    """
    if sink.type not in TYPES:
        raise ContentError(f"sink {sink.name}: type: one of {', '.join(TYPES)} was expected")
    try:
        return TYPES[sink.type](sink, config)
    except ContentError as error:
        raise ContentError(f"sink {sink.name}: {error.message}", name=error.name) from error


def check_sink(sink: SinkConfig, config: Config) -> None:
    """See that a sink can be made, and that the function of a handler can be loaded, which runs its module.

    Raises:
        ContentError: as `make_sink`; or the function cannot be loaded.
    """
    make_sink(sink, config)
    if sink.type == "handler":
        from octavo.live.sinks.handler import check_function  # noqa: PLC0415 - as below

        check_function(sink, config.folder)


def _stdout(sink: SinkConfig, _: Config) -> Sink:
    from octavo.live.sinks.stdout import StdoutSink  # noqa: PLC0415 - each type is loaded where it is used

    return StdoutSink(sink.name)


def _webhook(sink: SinkConfig, _: Config) -> Sink:
    from octavo.live.sinks.webhook import WebhookSink  # noqa: PLC0415 - likewise; httpx is an extra

    return WebhookSink(sink)


def _mqtt(sink: SinkConfig, config: Config) -> Sink:
    from octavo.live.sinks.mqtt import MqttSink  # noqa: PLC0415 - likewise; paho is an extra

    return MqttSink(sink, config.folder)


def _handler(sink: SinkConfig, config: Config) -> Sink:
    from octavo.live.sinks.handler import HandlerSink  # noqa: PLC0415 - likewise

    return HandlerSink(sink, config)


TYPES: dict[str, Callable[[SinkConfig, Config], Sink]] = {
    "stdout": _stdout,
    "webhook": _webhook,
    "mqtt": _mqtt,
    "handler": _handler,
}
"""What ``type`` of a sink may be."""
