"""Options that several commands share."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from octavo import payload

if TYPE_CHECKING:
    from collections.abc import Callable


class Port(click.IntRange):
    """An FPort, with a sentence of its own for what is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no FPort: a whole number from 0 to 255 was expected", param, ctx)


F_PORT = Port(0, 255)
"""FPort is one byte. Source: LoRaWAN L2 1.0.4, section 4.3.2."""


class Number(click.FloatRange):
    """A number in a range, in which NaN and the infinities never are: they compare with its ends in no useful way."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """RFC 3339 text, kept as it is: it may have nanoseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is a time with a zone."""
        try:
            zone = datetime.fromisoformat(value).tzinfo
        except ValueError:
            zone = None
        if zone is None:
            self.fail(f"{value!r} is not a time such as 2026-11-21T12:00:00Z", param, ctx)
        return str(value)


class Dialect(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """A dialect's name; known ones are looked up when one is given, not before."""

    name = "dialect"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, if octavo has that dialect."""
        from octavo.formatters import DIALECTS  # noqa: PLC0415 - loaded when it is used

        if value not in DIALECTS:
            self.fail(f"{value!r} is none of {', '.join(DIALECTS)}", param, ctx)
        return str(value)


class Topic(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """An MQTT topic of one of the networks."""

    name = "topic"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The topic, if a network has it."""
        from octavo.networks.recognition import recognise  # noqa: PLC0415 - loaded when it is used

        if recognise({}, topic=value).topic is None:
            expected = (
                "v3/APPLICATION@TENANT/devices/DEVICE/up, application/UUID/device/DEVEUI/event/up "
                "or APPLICATION/devices/DEVICE/up was expected, say"
            )
            self.fail(f"no network has the topic {value!r}: {expected}", param, ctx)
        return str(value)


class Variable(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """``KEY=VALUE``."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The pair."""
        key, sign, text = value.partition("=")
        if not sign or not key:
            self.fail(f"{value!r} is not KEY=VALUE", param, ctx)
        return key, text


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``."""
    text = "One JSON object a line; the default in a pipe."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def dialect_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--dialect``."""
    text = (
        "Whose rules the JavaScript follows: tts, tts-3.32, ttn2, chirpstack4, chirpstack3, ts013, actility. "
        "Without it: what the codec YAML or the script's folder says, else tts."
    )
    return click.option("--dialect", type=Dialect(), metavar="D", help=text)(command)


def variable_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--variable``."""
    return click.option("--variable", "variables", type=Variable(), multiple=True, metavar="K=V", help=text)


def now_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--now``."""
    return click.option("--now", type=Moment(), metavar="T", help="Let the script's clock stand still at T.")(command)


def topic_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--topic``."""
    text = "MQTT topic of the messages that come without one."
    return click.option("--topic", type=Topic(), metavar="T", help=text)(command)


def port_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``-p``."""
    return click.option("-p", "--port", "f_port", type=F_PORT, metavar="PORT", help=text)


def input_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--input``."""
    kinds = click.Choice(("auto", *payload.KINDS))
    text = "What the payload text is; auto takes what it looks like."
    return click.option("--input", "how", type=kinds, default="auto", show_default=True, help=text)(command)
