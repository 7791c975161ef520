"""``octavo downlink``: schedule downlinks at a network, and ask for a device's attributes."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from octavo import devices, payload
from octavo.cli import downlink_help, inputs, options, output
from octavo.cli.encode import read_data
from octavo.cli.failures import Failure, Misuse, counted, printable, say
from octavo.cli.heard import unheard
from octavo.errors import ContentError, PayloadError

if TYPE_CHECKING:
    from collections.abc import Callable

    from octavo.downlinks import Client, Prepared, Settings
    from octavo.downlinks import Options as Wishes
    from octavo.networks import Publication, Request

KEY = "OCTAVO_API_KEY"
DOWNLINK_URL = "OCTAVO_DOWNLINK_URL"
"""Variables of the environment; both hold a key."""

STAND_IN = f"${KEY}"
"""What stands for the key where nothing is sent, and wherever a request is shown."""

SCHEMES = ("http://", "https://")
SAFE = re.compile(r"[\w.-]+(:\d+)?")
"""A host that is repeated in a sentence: nothing else that somebody typed, it may hold a key."""

UNCONFIRMED = "the broker took it; MQTT brings no word of the network server: its events tell what becomes of it"
"""A remark on what was published."""

STARS = "***"
"""What stands for a key in a URL: it comes from $OCTAVO_DOWNLINK_URL with all the rest of it."""

NETWORKS = ("v3", "v2", "chirpstack4")
PRIORITIES = ("LOWEST", "LOW", "BELOW_NORMAL", "NORMAL", "ABOVE_NORMAL", "HIGH", "HIGHEST")
"""Both as `octavo.downlinks` has them, which is loaded when something is sent; a test compares them."""

PUSHED = {"push": "pushed {} to {}", "replace": "replaced the queue of {1} by {0}", "clear": "cleared the queue of {1}"}


@dataclass(frozen=True, slots=True)
class Given:
    """The options of a command.

    Attributes:
        device: encodes the data, or None.
        raw: whether the data are payload texts.
        how: what the payload texts are.
        decoded: whether the network shall encode.
        network: one of `NETWORKS`.
        server, application, webhook, mqtt, mqtt_user: where the downlinks go.
        timeout_s: seconds for each step of a request.
        dry_run: whether nothing is sent.
        as_json: whether rows are JSON.
        form: ``curl`` where a dry run prints a command wherever it goes, or None.
        dialect, variables: for the device's encoder.
        region, data_rate: for the size of payloads.
        f_port, confirmed, priority, correlation_ids, max_attempts, class_b_c: of the downlinks.
    """

    network: str = "v3"
    server: str | None = None
    application: str | None = None
    webhook: str | None = None
    mqtt: str | None = None
    mqtt_user: str | None = None
    timeout_s: float = 10.0
    dry_run: bool = False
    as_json: bool = False
    form: str | None = None
    device: str | None = None
    raw: bool = False
    how: str = "auto"
    decoded: bool = False
    dialect: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    region: str | None = None
    data_rate: str | None = None
    f_port: int | None = None
    confirmed: bool = False
    priority: str = "LOWEST"
    correlation_ids: tuple[str, ...] = ()
    max_attempts: int | None = None
    class_b_c: dict[str, Any] | None = None


class Members(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The object."""
        try:
            members = value if isinstance(value, dict) else inputs.read_json(value)
        except ContentError as error:
            self.fail(error.message, param, ctx)
        if not isinstance(members, dict):
            self.fail("an object was expected", param, ctx)
        return members


def _priority(text: str) -> str:
    """A name of `PRIORITIES`, in capitals or not."""
    if text.upper() not in PRIORITIES:
        raise click.BadParameter(f"{text!r} is none of {', '.join(PRIORITIES)}")
    return text.upper()


def _no_key(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise Misuse(
            f"--api-key: every user of the machine can read a command line; put the key into ${KEY}: "
            f"read -rs {KEY}; export {KEY}"
        )


def _several(*decorators: Callable[..., Any]) -> Callable[..., Any]:
    def all_of_them(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorate in reversed(decorators):
            command = decorate(command)
        return command

    return all_of_them


_where = _several(
    click.option("--server", metavar="URL", help="Address of the cluster; of chirpstack-rest-api for ChirpStack."),
    click.option("--application", metavar="ID", help="The application; over MQTT with its tenant: my-app@ttn."),
    click.option(
        "--timeout",
        "timeout_s",
        type=options.Number(0.1, 600),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for the server.",
    ),
    click.option(
        "--dry-run",
        is_flag=True,
        help="Send nothing, and print the request: $OCTAVO_API_KEY, or *** in a URL, stands for the key.",
    ),
    click.option(
        "--as",
        "form",
        type=click.Choice(("curl",)),
        help="With --dry-run: print the curl command into a pipe too, where it is JSON otherwise.",
    ),
    click.option("--api-key", callback=_no_key, expose_value=False, hidden=True),
    options.json_option,
)

_how = _several(
    click.option(
        "--network",
        type=click.Choice(NETWORKS),
        default="v3",
        show_default=True,
        help="The Things Stack v3, The Things Network v2 (to the URL in $OCTAVO_DOWNLINK_URL) or ChirpStack v4, "
        "whose DEVICE_ID is the DevEUI.",
    ),
    click.option("--webhook", metavar="ID", help="Webhook whose route is taken; without it the application's own."),
    click.option("--mqtt", metavar="URL", help="Publish to this broker instead: mqtt://HOST or mqtts://HOST."),
    click.option("--mqtt-user", metavar="NAME", help="User at the broker; without it the application, but ChirpStack."),
)

_what = _several(
    click.option("--device", metavar="DEVICE", help="What encodes the data: an id, .yaml, .js or .py, as for encode."),
    click.option("--decoded", is_flag=True, help="Send the data as they are, for the network to encode."),
    click.option("--raw", is_flag=True, help="DATA are payload texts: hex, base64 or lists of integers."),
    options.input_option,
    options.port_option("FPort; needed with --raw, else the encoder decides."),
    click.option(
        "--priority",
        type=_priority,
        default=PRIORITIES[0],
        metavar="NAME",
        help=f"Priority in the queue: {', '.join(PRIORITIES)}; without it the first.",
    ),
    click.option("--confirmed", is_flag=True, help="The device shall confirm them."),
    click.option("--max-attempts", type=click.IntRange(1, 100), help="How often a confirmed one is sent at most."),
    click.option(
        "--correlation-id",
        "correlation_ids",
        multiple=True,
        metavar="TEXT",
        help="Comes back in the events; may be given again.",
    ),
    click.option(
        "--class-b-c",
        type=Members(),
        metavar="JSON",
        help="gateways and absolute_time, for classes B and C: "
        """'{"gateways": [{"gateway_ids": {"gateway_id": "my-gw"}}]}'.""",
    ),
    click.option(
        "--region", metavar="NAME", help="With --data-rate: warn of payloads that are too long; EU868, US915, …"
    ),
    click.option("--data-rate", metavar="RATE", help="Such as SF7BW125; see --region."),
    options.dialect_option,
    options.variable_option("A variable of the device, for its encoder; may be given again."),
)


@click.group("downlink", short_help="Schedule downlinks at a network.", epilog=downlink_help.ALL)
def downlink_command() -> None:
    """Schedule downlinks at a network, or ask for a device's attributes."""


@downlink_command.command("push", epilog=downlink_help.of_data("push"))
@click.argument("device_id")
@click.argument("data", nargs=-1, metavar="DATA...")
@_what
@_how
@_where
def push_command(device_id: str, data: tuple[str, ...], **given: Any) -> None:
    """Put downlinks behind those that are queued."""
    _schedule("push", device_id, data, Given(**given))


@downlink_command.command("replace", epilog=downlink_help.of_data("replace"))
@click.argument("device_id")
@click.argument("data", nargs=-1, metavar="DATA...")
@_what
@_how
@_where
def replace_command(device_id: str, data: tuple[str, ...], **given: Any) -> None:
    """Put downlinks in place of those that are queued."""
    _schedule("replace", device_id, data, Given(**given))


@downlink_command.command("clear", epilog=downlink_help.CLEAR)
@click.argument("device_id")
@_how
@_where
def clear_command(device_id: str, **given: Any) -> None:
    """Take away all downlinks that are queued."""
    _schedule("clear", device_id, (), Given(**given))


@downlink_command.command("attributes", epilog=downlink_help.ATTRIBUTES)
@click.argument("device_id")
@_where
def attributes_command(device_id: str, **given: Any) -> None:
    """Print the attributes of an end device of The Things Stack."""
    output.use_utf8()
    wanted = Given(**given)
    _check_form(wanted)
    from octavo.downlinks import ApplicationApi, Client  # noqa: PLC0415 - loaded when it is used

    route = ApplicationApi(_server(wanted), _application(wanted), _key(wanted))
    if wanted.dry_run:
        _show_requests([route.attributes(device_id, "octavo")], wanted)
        return
    attributes = Client(route, timeout_s=wanted.timeout_s).attributes(device_id)
    if output.wants_json(wanted.as_json):
        output.write_row({"device_id": device_id, "attributes": attributes})
        return
    for name, text in attributes.items():
        click.echo(printable(f"{name}: {text}"))
    if not attributes:
        say(f"{device_id} has no attributes")


def _schedule(operation: str, device_id: str, data: tuple[str, ...], given: Given) -> None:
    output.use_utf8()
    _check_form(given)
    with ExitStack() as stack:
        settings: Settings = {"region": given.region, "data_rate": given.data_rate, "timeout_s": given.timeout_s}
        downlinks = [] if operation == "clear" else _downlinks(data, given)
        if given.device:
            settings["device"] = device = stack.enter_context(devices.load(given.device, dialect=given.dialect))
            for line in unheard(device, "encode_downlink", {"--variable": given.variables}):
                say(line)
        client = _client(given, settings)
        prepared = _prepared(client, operation, device_id, downlinks, given)
        for line in (*(f"{one.path}: {one.message}" for one in prepared.findings), *prepared.remarks):
            say(line)
        if given.dry_run:
            _show_requests([call.request for call in prepared.calls], given)
            return
        client.dispatch(prepared)
    _report(prepared, given)


def _prepared(client: Client, operation: str, device_id: str, downlinks: list[Any], given: Given) -> Prepared:
    wishes: Wishes = {
        "f_port": given.f_port or 0,
        "confirmed": given.confirmed,
        "priority": given.priority,
        "correlation_ids": given.correlation_ids,
        "max_attempts": given.max_attempts,
        "class_b_c": given.class_b_c,
        "variables": dict(given.variables) or None,
    }
    try:
        return client.prepare(operation, device_id, *downlinks, **wishes)
    except ContentError as error:
        raise Failure(inputs.with_options(str(error))) from error


def _downlinks(data: tuple[str, ...], given: Given) -> list[Any]:
    """What is to be sent: bytes, or data for an encoder."""
    _check_way(given)
    if given.raw:
        return _payloads(data, given.how)
    items = [item for batch in read_data(data) for item in batch]
    for item in items:
        if item.error:
            raise Failure(inputs.sentence(item, item.error)) from item.error
    return [item.message for item in items]


def _check_form(given: Given) -> None:
    """Refuse ``--as curl`` where no command is printed."""
    ways = {"without --dry-run": not given.dry_run, "with --mqtt": given.mqtt is not None, "with --json": given.as_json}
    for way in (way for way, is_so in ways.items() if is_so and given.form):
        raise Misuse(f"--as curl: there is no command {way}")


def _check_way(given: Given) -> None:
    """Refuse what does not say how the data become bytes, and options that cannot act then."""
    ways = {"--device": given.device, "--decoded": given.decoded, "--raw": given.raw}
    chosen = [name for name, is_given in ways.items() if is_given]
    if len(chosen) != 1:
        said = f"{' and '.join(chosen)} say different things" if chosen else "nothing says how DATA becomes bytes"
        raise Misuse(f"{said}: give --device DEVICE (encoded here), --decoded (by the network), or --raw (bytes)")
    _only_with("--raw", chosen, {"--input": given.how != "auto"})
    _only_with("--device", chosen, {"--dialect": given.dialect, "--variable": given.variables})
    if given.raw and given.f_port == 0:
        raise Misuse("-p 0: FPort 0 is for MAC commands, and carries no payload: 1 to 223 was expected")
    if given.raw and not given.f_port:
        raise Misuse("--raw: bytes go to a port: give -p")


def _only_with(way: str, chosen: list[str], named: dict[str, object]) -> None:
    for name in (name for name, is_given in named.items() if is_given and way not in chosen):
        raise Misuse(f"{name}: only with {way}")


def _payloads(texts: tuple[str, ...], how: str) -> list[bytes]:
    if not texts:
        raise Misuse("no payload: give hex, base64 or a list of integers")
    try:
        readings = [payload.parse(text, how) for text in texts]
    except PayloadError as error:
        raise Misuse(error.message) from error
    for text, reading in zip(texts, readings, strict=True):
        if reading.alternatives:
            kinds = " or ".join(one.how for one in (reading, *reading.alternatives))
            raise Misuse(f"{payload.shown(text)!r} may be {kinds}: say which with --input")
        if reading.doubt:
            raise Misuse(f"{payload.shown(text)!r}: {reading.doubt}: say --input base64 if it is")
    return [reading.data for reading in readings]


def _client(given: Given, settings: Settings) -> Client:
    from octavo.downlinks import Client  # noqa: PLC0415 - loaded when it is used

    _check_places(given)
    if given.mqtt is not None:
        application = _application(given)
        return Client.mqtt(_publisher(given.mqtt, given), application_id=application, network=given.network, **settings)
    if given.network == "v2":
        return Client.from_downlink_url(_downlink_url(), **settings)
    if given.network == "chirpstack4":
        return Client.chirpstack(server=_server(given), api_key=_key(given), **settings)
    return Client(
        server=_server(given),
        application_id=_application(given),
        api_key=_key(given),
        webhook_id=given.webhook,
        **settings,
    )


def _check_places(given: Given) -> None:
    """Refuse options that cannot act on this way to the network."""
    over = "--mqtt" if given.mqtt is not None else f"--network {given.network}"
    unused = {
        "--server": given.server and (given.mqtt is not None or given.network == "v2"),
        "--application": given.application and given.mqtt is None and given.network != "v3",
        "--webhook": given.webhook and (given.mqtt is not None or given.network != "v3"),
        "--mqtt-user": given.mqtt_user and given.mqtt is None,
    }
    for name in (name for name, is_unused in unused.items() if is_unused):
        raise Misuse(f"{name}: it has no place {'without --mqtt' if name == '--mqtt-user' else f'with {over}'}")


def _publisher(broker: str, given: Given) -> Callable[..., object]:
    if given.dry_run:
        return lambda _: None
    from octavo.live import mqtt  # noqa: PLC0415 - paho is an extra

    user = given.mqtt_user or (None if given.network == "chirpstack4" else given.application)
    password = os.environ.get(KEY) or None
    return partial(mqtt.publish, broker, username=user, password=password, timeout_s=given.timeout_s)


def _server(given: Given) -> str:
    if not given.server:
        raise Misuse("no server: give --server, such as https://eu1.cloud.thethings.network")
    if not given.server.lower().startswith(SCHEMES):
        plain = given.server if SAFE.fullmatch(given.server) else "HOST"
        raise Misuse(f"--server: http:// or https:// was expected in front: is it http://{plain}?")
    return given.server


def _application(given: Given) -> str:
    if not given.application:
        raise Misuse("no application: give --application")
    return given.application


def _key(given: Given) -> str:
    key = STAND_IN if given.dry_run else os.environ.get(KEY)
    if not key:
        raise Misuse(f"no API key: put it into ${KEY}: read -rs {KEY}; export {KEY}")
    return key


def _downlink_url() -> str:
    url = os.environ.get(DOWNLINK_URL)
    if not url:
        raise Misuse(f"no downlink_url: put that of an uplink into ${DOWNLINK_URL}; it holds a key")
    return url


def _show_requests(requests: list[Request | Publication], given: Given) -> None:
    """What would be sent, with the name of the variable in place of the key."""
    from octavo.networks import Publication, as_curl  # noqa: PLC0415 - loaded when it is used

    for request in requests:
        if isinstance(request, Publication):
            output.write_row({"topic": request.topic, "payload": request.payload.decode()})
        elif given.form is None and output.wants_json(given.as_json):
            output.write_row(_row(request))
        else:
            head, line, url = as_curl(request).rpartition("\n")
            click.echo(head + line + _starred(url, request))


def _row(request: Request) -> dict[str, Any]:
    from octavo.downlinks.answers import without_keys  # noqa: PLC0415 - loaded when it is used

    headers = {name: without_keys(value, request, STAND_IN) for name, value in request.headers.items()}
    url = _starred(request.url, request)
    return {"method": request.method, "url": url, "headers": headers, "body": request.body.decode()}


def _starred(url: str, request: Request) -> str:
    """A URL with stars for the key in it, also where curl's would have the name of the variable."""
    from octavo.downlinks.answers import without_keys  # noqa: PLC0415 - loaded when it is used

    return without_keys(url, request, STARS).replace(STAND_IN, STARS)


def _report(prepared: Prepared, given: Given) -> None:
    unconfirmed = [UNCONFIRMED] if given.mqtt is not None else []
    for line in unconfirmed:
        say(line)
    if output.wants_json(given.as_json):
        output.write_row(
            {
                "operation": prepared.operation,
                "device_id": prepared.device_id,
                "downlinks": [_downlink_row(item) for item in prepared.items],
                "findings": [finding.to_dict() for finding in prepared.findings],
                "remarks": [*prepared.remarks, *unconfirmed],
            }
        )
        return
    said = PUSHED[prepared.operation].format(counted(len(prepared.items), "downlink"), prepared.device_id)
    click.echo(printable(said))


def _downlink_row(item: Any) -> dict[str, Any]:
    data = item.frm_payload
    return {
        "f_port": item.f_port,
        "frm_payload": None if data is None else payload.write(data, "base64"),
        "hex": None if data is None else data.hex(),
        "decoded_payload": item.decoded_payload,
    }
