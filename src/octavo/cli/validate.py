"""``octavo validate``: messages against their schemas."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli import inputs, options, output
from octavo.cli.failures import Misuse, counted, printable
from octavo.messages import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo.cli.inputs import Item
    from octavo.device import Device

EXAMPLES = """\b
Examples:
  octavo validate webhook.json
  octavo validate --strict messages.jsonl --json
  octavo validate --kind v3.downlinks push-body.json
  octavo validate --topic my-app/devices/my-dev/events/activations -
  octavo validate --device dragino/lht65 webhook.json

FILE is JSON, JSON lines, lines of "topic json", or - for standard input.
"""


@click.command("validate", short_help="Check messages against their schemas.", epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--kind", metavar="K", help="Kind of the messages, say v3.uplink_message; otherwise it is found out.")
@options.topic_option
@click.option("--strict", is_flag=True, help="Unknown members and what no server sends are findings too.")
@click.option("--masked", is_flag=True, help="Nothing is required: the messages come through a field mask.")
@click.option("--device", metavar="DEVICE", help="Also check the decoded data against this device's schema.")
@options.json_option
def validate_command(
    files: tuple[str, ...],
    *,
    kind: str | None,
    topic: str | None,
    strict: bool,
    masked: bool,
    device: str | None,
    as_json: bool,
) -> int:
    """Check messages against the schemas of their kinds; exit 1 when something is found."""
    output.use_utf8()
    _check_kind(kind)
    if strict and masked:
        raise Misuse("--strict and --masked: one of the two, for strict requires more")
    profile = "strict" if strict else "masked" if masked else "tolerant"
    check = Check(kind, topic, profile, output.wants_json(as_json))
    if device is None:
        return check.all(files)
    with devices.load(device) as loaded:
        check.data = DataCheck(loaded)
        return check.all(files)


class DataCheck:
    """Checks decoded data against a device's own schema.

    Raises:
        Misuse: the device brings none.
    """

    def __init__(self, device: Device) -> None:
        schema = devices.schema_of(device, "uplink")
        if schema is None:
            raise Misuse(f"{device.name} brings no schema of its uplink data (<codec>.uplink.schema.json)")
        self.device = device
        self.schema = schema

    def findings(self, message: Any, kind: str | None, topic: str | None) -> Iterator[Finding]:
        """What does not fit in the message's own decoded payload, else in what the device decodes."""
        from octavo import pipeline  # noqa: PLC0415 - the networks are loaded when they are used
        from octavo.networks.recognition import KINDS  # noqa: PLC0415 - as above

        outcome = pipeline.process(message, self.device, topic=topic, kind=kind)
        incoming, decoded = outcome.incoming, outcome.decoded
        if incoming is None:
            return
        data = incoming.decoded_payload or (decoded.data if decoded else None)
        place = KINDS[incoming.kind].decoded_path
        for finding in self.schema.check(data, incoming.f_port or None) if data is not None else ():
            yield Finding(place + finding.path, finding.message, finding.value, finding.schema)
        yield from (finding for finding in outcome.findings if finding.path.startswith(place))


class Check:
    """One call of the command: what is the same for every message, and how many there were."""

    def __init__(self, kind: str | None, topic: str | None, profile: str, as_json: bool) -> None:
        self.kind = kind
        self.topic = topic
        self.profile = profile
        self.as_json = as_json
        self.data: DataCheck | None = None
        self.messages = 0
        self.found = 0
        self.progress = output.Progress("messages")

    def all(self, files: tuple[str, ...]) -> int:
        """Check file after file; the exit code."""
        messages = inputs.MessageFiles(files, self.progress)
        for name, batch in messages:
            self.batch(name, batch)
            self.progress.show(self.messages)
        if not self.as_json and self.messages:
            click.echo(f"{counted(self.messages, 'message')}, {counted(self.found, 'finding')}")
        return Misuse.exit_code if messages.unread else int(self.found > 0)

    def batch(self, name: str, items: list[Item]) -> None:
        """Check what came together, and print the findings."""
        self.progress.clear()
        for item in items:
            self.messages += 1
            for finding in self.findings(item):
                self.found += 1
                self.print(name, item, finding)
        sys.stdout.flush()

    def findings(self, item: Item) -> Iterator[Finding]:
        """What is found in one message."""
        from octavo import pipeline  # noqa: PLC0415 - the schemas are loaded when they are used

        if item.error:
            yield Finding("", item.error.message, None, "octavo:message#json")
            return
        topic = item.topic or self.topic
        yield from pipeline.validate(item.message, kind=self.kind, topic=topic, profile=self.profile)
        if self.data:
            yield from self.data.findings(item.message, self.kind, topic)

    def print(self, name: str, item: Item, finding: Finding) -> None:
        """A finding as a row, or as a line to read."""
        if self.as_json:
            output.write_row({"file": name, "line": item.line, **finding.to_dict()})
        else:
            place = f"{finding.path}: " if finding.path else ""
            click.echo(f"{name}:{item.line}: {printable(place + finding.message)}")


def _check_kind(kind: str | None) -> None:
    from octavo.schemas import kinds  # noqa: PLC0415 - read when asked for

    if kind is None or kind in kinds():
        return
    close = [name for name in kinds() if name.startswith(kind)] or difflib.get_close_matches(kind, kinds(), n=1)
    hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(kinds())} was expected"
    raise Misuse(f"there is no kind {kind!r}: {hint}")
