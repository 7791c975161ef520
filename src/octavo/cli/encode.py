"""``octavo encode``: data to bytes, or to the request that sends them."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from octavo import devices
from octavo.cli import inputs, options, output
from octavo.cli.failures import Failure, Failures, Misuse, say
from octavo.cli.heard import unheard
from octavo.errors import ContentError, Error
from octavo.messages import Downlink, Encoded, encode_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from octavo.cli.inputs import Item
    from octavo.cli.render import Screen
    from octavo.device import Device
    from octavo.networks import Publication
    from octavo.networks.chirpstack4 import DownlinkCommand
    from octavo.networks.tts import QueueItem


@dataclass(frozen=True, slots=True)
class Target:
    """Where a downlink goes.

    Attributes:
        server: address of the cluster, or of chirpstack-rest-api.
        application: the application's id.
        device_id: the end device's id; its DevEUI for ChirpStack.
        webhook: the webhook whose route is taken, or None for the application's own.
    """

    server: str
    application: str
    device_id: str
    webhook: str | None


STAND_INS = {"server": "https://thethings.example.com", "application": "app1", "device_id": "dev1"}
"""What stands for the user's own until it is given: the names in The Things Stack's documentation."""

CHIRPSTACK_STAND_INS = {
    "server": "https://chirpstack.example.com",
    "application": "00000000-0000-0000-0000-000000000000",
    "device_id": "0102030405060708",
}
"""The same for ChirpStack, whose applications are UUIDs and whose devices are DevEUIs."""

USED = {
    "v2": ("device_id",),
    "mqtt": ("application", "device_id"),
    "curl": ("server", "application", "device_id", "webhook"),
    "chirpstack": ("application", "device_id"),
    "chirpstack-curl": ("server", "device_id"),
}
"""The names that a form has in it; the others have none."""

API_KEY = "$OCTAVO_API_KEY"
"""What stands for the key in a command: the shell puts it there."""

COLON_PAIR = re.compile(r"(\w+):\s*(\S.*)")

EXAMPLES = """\b
Examples:
  octavo encode mclimate/vicki target_temperature=21
  octavo encode my.js '{"interval": 600}' -p 2
  octavo encode my.yaml @settings.json --as push
  octavo encode my.yaml interval=600 -p 2 --as curl --application my-app --device-id my-dev \\
      --server https://eu1.cloud.thethings.network
  octavo encode my.yaml interval=600 -p 2 --as chirpstack --device-id a84041ffff1234ab \\
      --application 81d1b5a4-3a5c-4b1e-9f0e-2c6f7d8e9a0b

DATA is JSON, @FILE, - for standard input (a JSON object a line), or KEY=VALUE ...; a VALUE that is
JSON (600, true, [1,2]) is taken as such, anything else is text.
"""


@click.command("encode", short_help="Encode data into the bytes of a downlink.", epilog=EXAMPLES)
@click.argument("device")
@click.argument("data", nargs=-1, metavar="DATA")
@options.port_option("FPort to send on (default 0: the device's encoder decides).")
@options.dialect_option
@options.variable_option("A variable of the device; may be given again.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("push", "replace", "clear", "v2", "mqtt", "curl", "chirpstack", "chirpstack-curl")),
    help="Print what schedules the downlink: the body of a push, replace or clear, a v2 body, an MQTT "
    "publication, or the curl command of a push with the key as $OCTAVO_API_KEY; for ChirpStack v4 an MQTT "
    "publication, or the curl command for chirpstack-rest-api.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Address of the cluster, for --as curl; of chirpstack-rest-api, for chirpstack-curl.",
)
@click.option("--application", metavar="ID", help="Application, for --as mqtt, curl and chirpstack (a UUID).")
@click.option("--device-id", metavar="ID", help="End device, for --as v2, mqtt and curl; the DevEUI for ChirpStack.")
@click.option("--webhook", metavar="ID", help="Webhook whose route is taken, for --as curl.")
@options.json_option
def encode_command(
    device: str,
    data: tuple[str, ...],
    *,
    f_port: int | None,
    dialect: str | None,
    variables: tuple[tuple[str, str], ...],
    form: str | None,
    server: str | None,
    application: str | None,
    device_id: str | None,
    webhook: str | None,
    as_json: bool,
) -> int:
    """Encode data into the bytes of a downlink."""
    output.use_utf8()
    names = {"server": server, "application": application, "device_id": device_id, "webhook": webhook}
    _check_options(form, names, f_port=f_port, as_json=as_json)
    with devices.load(device, dialect=dialect) as loaded:
        for line in unheard(loaded, "encode_downlink", {"--variable": variables}):
            say(line)
        outcomes = _outcomes(loaded, data, f_port or 0, dict(variables) or None)
        if form is None:
            return _encode(loaded, outcomes, as_json=output.wants_json(as_json))
        encoded = _nothing(data) if form == "clear" else _all(outcomes)
    click.echo(_written(form, encoded, _target(form, names)))
    return 0


def _check_options(form: str | None, names: Mapping[str, str | None], *, f_port: int | None, as_json: bool) -> None:
    """Refuse options that cannot act beside this ``--as``."""
    for name in (name for name, text in names.items() if text is not None and name not in USED.get(form or "", ())):
        forms = [each for each, used in USED.items() if name in used]
        raise Misuse(f"{_option(name)}: only with --as {' or '.join(forms)}")
    if form == "clear" and f_port is not None:
        raise Misuse("-p: a queue is cleared on all ports")
    if form in COMMANDS and as_json:
        raise Misuse(f"--json: --as {form} prints a command, --as {COMMANDS[form]}")


def _written(form: str, encoded: list[Encoded], target: Target) -> str:
    try:
        return FORMS[form](encoded, target)
    except ContentError as error:
        raise Failure(inputs.with_options(str(error))) from error


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _encode(device: Device, outcomes: Iterator[tuple[Item, Encoded | Error]], *, as_json: bool) -> int:
    screen = None if as_json else _screen(device)
    failures = Failures() if as_json else Failures(shown=0)
    remarks = output.Remarks()
    for item, outcome in outcomes:
        if screen:
            _show(screen, item, outcome)
        else:
            output.write_row(encode_record(outcome))
            for note in outcome.notes if isinstance(outcome, Encoded) else ():
                remarks.add(note, item.where)
        failures.add(inputs.sentence(item, outcome) if isinstance(outcome, Error) else None)
    sys.stdout.flush()
    return failures.finish()


def _outcomes(
    device: Device, data: tuple[str, ...], f_port: int, variables: dict[str, str] | None
) -> Iterator[tuple[Item, Encoded | Error]]:
    """Each thing to encode with what became of it, in order."""
    for batch in read_data(data):
        sound = (item for item in batch if not item.error)
        encoded = device.encode_downlinks(Downlink(item.message, f_port, variables) for item in sound)
        for item in batch:
            yield item, item.error or next(encoded)


def read_data(texts: tuple[str, ...]) -> Iterator[list[Item]]:
    """The data to encode: JSON, ``@FILE``, ``-``, or pairs of key and value.

    Raises:
        Misuse: it is none of these.
    """
    if not texts:
        raise Misuse("no data: give JSON, KEY=VALUE ..., @FILE, or - for standard input")
    first = texts[0]
    if len(texts) == 1 and (first == "-" or first.startswith("@")):
        yield from _from_file(first.removeprefix("@"))
    elif len(texts) == 1 and not _is_pair(first):
        yield [inputs.Item("", message=_json(first), is_message=True)]
    else:
        yield [inputs.Item("", message=_members(texts), is_message=True)]


def _from_file(name: str) -> Iterator[list[Item]]:
    empty = True
    for batch in inputs.from_file(name, inputs.read_message):
        empty = empty and not batch
        yield batch
    if empty:
        raise Misuse(f"{inputs.STDIN if name == '-' else name} is empty: JSON was expected")


def _is_pair(text: str) -> bool:
    return "=" in text and text.lstrip()[:1] not in {"{", "[", '"'}


def _json(text: str) -> Any:
    try:
        return inputs.read_json(text)
    except ContentError as error:
        raise Misuse(f"the data is not JSON, nor KEY=VALUE: {_how_to_write(text) or error.message}") from error


def _how_to_write(text: str) -> str:
    """A hint where a colon stands for the sign; else ""."""
    found = COLON_PAIR.fullmatch(text)
    return f"did you mean {found[1]}={found[2]}? Use key=value or JSON" if found else ""


def _members(texts: tuple[str, ...]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in map(_pair, texts):
        if key in members:
            raise Misuse(f"{key!r} is given twice")
        members[key] = value
    return members


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        hint = _how_to_write(text)
        raise Misuse(f"{text!r} is not KEY=VALUE{': ' if hint else ''}{hint}")
    try:
        return key, inputs.read_json(value)
    except ContentError:
        return key, value


def _nothing(data: tuple[str, ...]) -> list[Encoded]:
    if data:
        raise Misuse("a queue is cleared without data: --as replace takes it")
    return []


def _all(outcomes: Iterator[tuple[Item, Encoded | Error]]) -> list[Encoded]:
    """Every downlink of one request, which a network takes whole or not at all; what is odd is said."""
    encoded = [_sent(item, outcome) for item, outcome in outcomes]
    for line in (line for one in encoded for line in [*one.warnings, *one.notes]):
        say(line)
    return encoded


def _sent(item: Item, outcome: Encoded | Error) -> Encoded:
    if isinstance(outcome, Error):
        raise Failure(inputs.sentence(item, outcome)) from outcome
    return outcome


def _target(form: str, names: dict[str, str | None]) -> Target:
    """What was given; what was not is stood in for, and standard error says so."""
    stand_ins = CHIRPSTACK_STAND_INS if form.startswith("chirpstack") else STAND_INS
    missing = [name for name in USED.get(form, ()) if names[name] is None and name in stand_ins]
    if missing:
        said = ", ".join(f"{stand_ins[name]} ({_option(name)})" for name in missing)
        say(f"placeholders used: {said}")
    given = {name: names[name] or text for name, text in stand_ins.items()}
    return Target(**given, webhook=names["webhook"])


def _items(encoded: list[Encoded]) -> list[QueueItem]:
    from octavo.networks import tts  # noqa: PLC0415 - loaded when a request is written

    return [tts.QueueItem(f_port=one.f_port or 0, frm_payload=one.frm_payload) for one in encoded]


def _queue_body(encoded: list[Encoded], _: Target) -> str:
    from octavo.networks import tts  # noqa: PLC0415 - as above

    return _compact(tts.queue_body(_items(encoded)))


def _v2_body(encoded: list[Encoded], target: Target) -> str:
    from octavo.networks import ttn2  # noqa: PLC0415 - as above

    downlinks = (
        ttn2.DownlinkMessage(dev_id=target.device_id, port=one.f_port or 0, payload_raw=one.frm_payload)
        for one in encoded
    )
    return "\n".join(_compact(ttn2.downlink_body(downlink)) for downlink in downlinks)


def _publication(encoded: list[Encoded], target: Target) -> str:
    from octavo.networks import tts  # noqa: PLC0415 - as above

    publication = tts.queue_publication(
        "push", _items(encoded), application_uid=target.application, device_id=target.device_id
    )
    return _published(publication)


def _curl(encoded: list[Encoded], target: Target) -> str:
    from octavo.networks import as_curl, tts  # noqa: PLC0415 - as above

    request = tts.queue_request(
        "push",
        _items(encoded),
        server=target.server,
        application_id=target.application,
        device_id=target.device_id,
        webhook_id=target.webhook,
        api_key=API_KEY,
    )
    return as_curl(request)


def _commands(encoded: list[Encoded], target: Target) -> list[DownlinkCommand]:
    from octavo.networks.chirpstack4 import DownlinkCommand  # noqa: PLC0415 - as above

    return [
        DownlinkCommand(dev_eui=target.device_id, f_port=one.f_port or 0, frm_payload=one.frm_payload)
        for one in encoded
    ]


def _chirpstack(encoded: list[Encoded], target: Target) -> str:
    """A publication a line: ChirpStack takes one downlink in each."""
    from octavo.networks.chirpstack4 import downlink_publication  # noqa: PLC0415 - as above

    commands = _commands(encoded, target)
    return "\n".join(_published(downlink_publication(target.application, command)) for command in commands)


def _chirpstack_curl(encoded: list[Encoded], target: Target) -> str:
    from octavo.networks import as_curl  # noqa: PLC0415 - as above
    from octavo.networks.chirpstack4 import downlink_request  # noqa: PLC0415 - as above

    commands = _commands(encoded, target)
    requests = (downlink_request(command, server=target.server, api_key=API_KEY) for command in commands)
    return "\n".join(map(as_curl, requests))


FORMS: dict[str, Callable[[list[Encoded], Target], str]] = {
    "push": _queue_body,
    "replace": _queue_body,
    "clear": _queue_body,
    "v2": _v2_body,
    "mqtt": _publication,
    "curl": _curl,
    "chirpstack": _chirpstack,
    "chirpstack-curl": _chirpstack_curl,
}

COMMANDS = {"curl": "push the body that it sends", "chirpstack-curl": "chirpstack the publication of the same"}
"""The forms that print a command for the shell, and what prints JSON instead."""


def _published(publication: Publication) -> str:
    return _compact({"topic": publication.topic, "payload": publication.payload.decode()})


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _screen(device: Device) -> Screen:
    from octavo.cli.render import Screen  # noqa: PLC0415 - rich is loaded for terminals only

    return Screen(device, downlink=True)


def _show(screen: Screen, item: Item, outcome: Encoded | Error) -> None:
    if isinstance(outcome, Error):
        screen.error(item, outcome)
    else:
        screen.encoded(outcome)
