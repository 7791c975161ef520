"""``octavo decode``: payloads and whole messages."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from octavo import devices, payload
from octavo.cli import inputs, options, output
from octavo.cli.failures import Failures, Misuse, say
from octavo.cli.heard import unheard
from octavo.errors import ContentError, Error, PayloadError
from octavo.messages import Decoded, Uplink, decode_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from octavo.cli.inputs import Item
    from octavo.cli.render import Screen
    from octavo.device import Device
    from octavo.payload import Reading
    from octavo.pipeline import Outcome

DEFAULT_PORT = 1
"""The FPort without ``-p``, as The Things Stack's Console has it in its payload formatter test."""

EXAMPLES = """\b
Examples:
  octavo decode dragino/lht65 CBF60B0D0376010ADD7FFF -p 2
  octavo decode my.js "1, 103, 1, 16"
  octavo decode cayennelpp A2cBEAVnAP8= --json
  octavo decode my.yaml @webhook.json
  mosquitto_sub -v -t 'v3/+/devices/+/up' | octavo decode my.yaml -
  octavo decode my.js -- -_-_
  octavo decode dragino/lht65 CBF60B0D0376010ADD7FFF -p 2 --layout

DEVICE is a codec .yaml, a .js script, a .py declaration, cayennelpp, or an id of `octavo list`.
PAYLOAD is hex, base64, a list of integers, a message (JSON), "topic json", @FILE, or - for standard
input, where each line is one of these. A message in gives the same message out, decoded.
"""


@click.command("decode", short_help="Decode payloads, or whole messages.", epilog=EXAMPLES)
@click.argument("device")
@click.argument("payloads", nargs=-1, metavar="[PAYLOAD]...")
@options.port_option("FPort of the payloads (default 1); for messages: instead of their own.")
@options.input_option
@options.dialect_option
@click.option(
    "--downlink", is_flag=True, help="The payloads are downlinks: decodeDownlink is called. Not for messages."
)
@options.topic_option
@click.option(
    "--recv-time",
    type=options.Moment(),
    metavar="T",
    help="When the payloads were received. Not for messages, which say it themselves.",
)
@options.variable_option("A variable of the device (ChirpStack); may be given again.")
@options.now_option
@click.option(
    "--layout",
    "with_layout",
    is_flag=True,
    help="Show the bytes, and the field that each belongs to. For declared codecs; text in a pipe too.",
)
@options.json_option
def decode_command(
    device: str,
    payloads: tuple[str, ...],
    *,
    f_port: int | None,
    how: str,
    dialect: str | None,
    downlink: bool,
    topic: str | None,
    recv_time: str | None,
    variables: tuple[tuple[str, str], ...],
    now: str | None,
    with_layout: bool,
    as_json: bool,
) -> int:
    """Decode payloads, or the payload in whole webhook and MQTT messages."""
    output.use_utf8()
    if with_layout and as_json:
        raise Misuse("--layout is a picture, --json is for programs: give one of them")
    batches = inputs.from_arguments(payloads, how)
    timed = recv_time
    if with_layout and recv_time is None:
        recv_time = datetime.now(UTC).isoformat()  # one clock for the picture and for what stands below it
    given = {"--downlink": downlink, "--recv-time": timed}
    with devices.load(device, dialect=dialect, now=now) as loaded:
        operation = "decode_downlink" if downlink else "decode_uplink"
        named = {"--recv-time": timed, "--variable": variables, "--now": now}
        run = Run(
            device=loaded,
            f_port=f_port,
            downlink=downlink,
            topic=topic,
            recv_time=recv_time,
            variables=dict(variables) or None,
            unheard=list(unheard(loaded, operation, named)),
            payloads_only=", ".join(name for name, value in given.items() if value),
            screen=_screen(loaded, as_json=as_json, layout=with_layout, downlink=downlink, recv_time=recv_time),
        )
        return run.all(batches)


class Run:
    """One call of the command: the device, what is the same for every payload, and what was said so far."""

    def __init__(
        self,
        *,
        device: Device,
        f_port: int | None,
        downlink: bool,
        topic: str | None,
        recv_time: str | None,
        variables: dict[str, str] | None,
        unheard: list[str],
        payloads_only: str,
        screen: Screen | None,
    ) -> None:
        self.device = device
        self.f_port = f_port
        self.decode = device.decode_downlinks if downlink else device.decode_uplinks
        self.topic = topic
        self.recv_time = recv_time
        self.variables = variables
        self.unheard = unheard
        self.payloads_only = payloads_only
        self.screen = screen
        self.failures = Failures(shown=0) if screen else Failures()
        self.remarks = output.Remarks()
        self.progress = output.Progress("messages")

    def all(self, batches: Iterable[list[Item]]) -> int:
        """Decode batch after batch; the exit code."""
        for batch in batches:
            self.batch([self.settled(item) for item in batch])
            self.progress.show(self.failures.total)
        self.progress.clear()
        return self.failures.finish()

    def batch(self, items: list[Item]) -> None:
        """Decode what came together, in order, and print it; the outcomes are drawn one at a time."""
        payloads = self.decode(self.uplink(item.reading) for item in items if item.reading)
        messages = self.messages([item for item in items if item.is_message])
        self.progress.clear()
        for item in items:
            if item.error:
                self.payload(item, item.error)
            elif item.reading:
                self.payload(item, next(payloads))
            else:
                self.message(item, next(messages))
        sys.stdout.flush()

    def settled(self, item: Item) -> Item:
        """The item, or an error where its text has two readings and nobody is there to see a warning."""
        self.check_options(item)
        if item.reading:  # a message's network may be another than the device's
            self.say_unheard()
        if item.reading and item.reading.alternatives:
            sentence = _two_readings(item.reading)
            if self.screen is None:
                return item.broken(AmbiguousError(f"{sentence}: say --input {_choices(item.reading)}"))
            self.remarks.add(f"{sentence}; --input decides", item.where)
        if item.reading and item.reading.doubt:
            self.remarks.add(f"{item.reading.doubt}; --input decides", item.where)
        if item.reading and self.f_port is None:
            self.remarks.add(f"no -p: FPort {DEFAULT_PORT} is taken")
        return item

    def say_unheard(self) -> None:
        """Say once which options no script hears of."""
        for sentence in self.unheard:
            say(sentence)
        self.unheard = []

    def check_options(self, item: Item) -> None:
        """Refuse options that cannot act on what was given."""
        options = self.payloads_only if item.is_message else "--topic" if item.reading and self.topic else ""
        if options:
            self.progress.clear()
            place = f"{item.where}: " if item.where else ""
            wanted, found = ("payloads", "a message") if item.is_message else ("messages", "a payload")
            raise Misuse(f"{place}{options}: for {wanted} only, and this is {found}")

    def uplink(self, reading: Reading) -> Uplink:
        """The payload as the device takes it."""
        port = DEFAULT_PORT if self.f_port is None else self.f_port
        return Uplink(reading.data, port, self.recv_time, self.variables)

    def messages(self, items: list[Item]) -> Iterator[Outcome]:
        """What becomes of messages, in order."""
        if not items:
            return iter(())
        from octavo.pipeline import Arrival, process_many  # noqa: PLC0415 - a plain payload needs no networks

        arrivals = [Arrival(item.message, topic=item.topic or self.topic) for item in items]
        return process_many(arrivals, self.device, f_port=self.f_port, variables=self.variables)

    def payload(self, item: Item, outcome: Decoded | Error) -> None:
        """Print what became of a payload."""
        if self.screen:
            self.screen.payload(item, outcome, self.f_port if self.f_port is not None else DEFAULT_PORT)
        else:
            output.write_row(decode_record(outcome))
        self.count(item, outcome if isinstance(outcome, Error) else None)

    def message(self, item: Item, outcome: Outcome) -> None:
        """Print the message, decoded; what hindered or looks wrong goes to standard error."""
        if self.screen:
            self.screen.message(item, outcome)
        elif outcome.message is None:
            output.write_row(decode_record(outcome.error or ContentError("no message")))
        else:
            output.write_row(outcome.message)
        for remark in self.remarks_on(outcome):
            self.remarks.add(remark, item.where)
        self.count(item, outcome.error)

    def remarks_on(self, outcome: Outcome) -> Iterator[str]:
        """What a message has no place for."""
        if outcome.reason and not outcome.error:
            yield inputs.with_options(outcome.reason)
        yield from map(devices.sentence, outcome.findings)
        if outcome.decoded and not self.screen:
            yield from (f"log: {line}" for line in outcome.decoded.log)
            yield from (f"note: {line}" for line in outcome.decoded.notes)

    def count(self, item: Item, error: Error | None) -> None:
        """Count it, and say why it failed."""
        if error and self.screen:
            self.screen.error(item, error)
        self.failures.add(inputs.sentence(item, error) if error else None, misuse=isinstance(error, AmbiguousError))


class AmbiguousError(PayloadError):
    """A payload text with two readings, where nobody sees a warning."""


def _screen(device: Device, *, as_json: bool, layout: bool, downlink: bool, recv_time: str | None) -> Screen | None:
    """What results are drawn on; None where rows are JSON."""
    if layout:
        from octavo.cli.layout import LayoutScreen  # noqa: PLC0415 - as below, and construct

        return LayoutScreen(device, downlink=downlink, recv_time=recv_time)
    if output.wants_json(as_json):
        return None
    from octavo.cli.render import Screen  # noqa: PLC0415 - rich is loaded for terminals only

    return Screen(device, downlink=downlink)


def _two_readings(reading: Reading) -> str:
    readings = (f"{each.how} {payload.shown(each.data.hex())}" for each in (reading, *reading.alternatives))
    return f"the text may be {' or '.join(readings)}"


def _choices(reading: Reading) -> str:
    return " or ".join([reading.how, *(other.how for other in reading.alternatives)])
