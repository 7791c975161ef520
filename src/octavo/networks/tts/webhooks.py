"""Webhooks of The Things Stack v3: the requests that the Application Server makes.

Source: The Things Stack documentation, "Webhooks" and "Webhook Path Variables"; lorawan-stack,
pkg/applicationserver/io/web/request.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from octavo.errors import ContentError
from octavo.networks.message import Request
from octavo.networks.tts.messages import message_ids
from octavo.networks.tts.topics import MESSAGES, OPERATIONS
from octavo.networks.uritemplate import expand
from octavo.networks.wire import check_url, dump_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMATS = {"json": "application/json", "protobuf": "application/octet-stream"}
PATH_MAX = 64
"""Characters. Source: applicationserver_web.proto, ApplicationWebhook.Message.path."""

VARIABLES = {
    "appID": "application_id",
    "applicationID": "application_id",
    "appEUI": "join_eui",
    "joinEUI": "join_eui",
    "devID": "device_id",
    "deviceID": "device_id",
    "devEUI": "dev_eui",
    "devAddr": "dev_addr",
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """How a webhook is set up.

    Attributes:
        webhook_id: its identifier.
        base_url: URI template that every message's path is joined to.
        paths: each enabled message (a name of `MESSAGES`) and its path, which may be empty.
        format: ``json`` or ``protobuf``.
        headers: headers that are added to each request.
        downlink_api_key: key that is passed on, with the URLs of the downlink queue; empty passes nothing.
    """

    webhook_id: str
    base_url: str
    paths: Mapping[str, str]
    format: str = "json"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    downlink_api_key: str = field(default="", repr=False)


def webhook_url(base_url: str, path: str, ids: Mapping[str, str | None]) -> str:
    """The URL that a message is sent to.

    Both parts are URI templates (RFC 6570) over `VARIABLES`; an identifier that is not known is empty.
    The path is resolved below the base URL as RFC 3986 says, a leading slash of it notwithstanding.

    Args:
        base_url: the webhook's base URL.
        path: the message's path.
        ids: ``application_id``, ``device_id``, ``dev_eui``, ``join_eui``, ``dev_addr``.

    Raises:
        ContentError: for a template, URL or path that the server does not accept.

    >>> webhook_url("https://example.com{/appID}", "/up{?devID}", {"application_id": "a1", "device_id": "d1"})
    'https://example.com/a1/up?devID=d1'
    """
    if len(path) > PATH_MAX:
        raise ContentError(f"the path {path!r} is longer than {PATH_MAX} characters")
    variables = {name: ids.get(key) or "" for name, key in VARIABLES.items()}
    return _resolved(_split(check_url(expand(base_url, variables))), _split(expand(path, variables)))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise ContentError(f"{url!r} is no URL: {error}") from error


def _resolved(base: SplitResult, path: SplitResult) -> str:
    below = path.path.lstrip("/")
    if path.path and not base.path.endswith("/"):
        base = base._replace(path=base.path + "/")
    if path.scheme or path.netloc:
        absolute = path._replace(scheme=path.scheme or base.scheme, path="/" + below)
        return absolute.geturl()
    # "./" keeps a colon in the first segment from looking like a scheme (RFC 3986, 4.2).
    prefix = "./" if ":" in below.partition("/")[0] else ""
    return urljoin(base.geturl(), path._replace(path=prefix + below).geturl())


def webhook_headers(webhook: Webhook, ids: Mapping[str, str | None], *, public_address: str) -> dict[str, str]:
    """The headers of a webhook's request.

    Args:
        webhook: the webhook.
        ids: as for `webhook_url`.
        public_address: address of the Application Server's API, ``https://example.com/api/v3``; may be empty.

    Raises:
        ContentError: for a format that there is not.
    """
    if webhook.format not in FORMATS:
        raise ContentError(f"no webhook format {webhook.format!r}: {', '.join(FORMATS)} was expected")
    headers = {_canonical(name): value for name, value in webhook.headers.items()}
    if webhook.downlink_api_key:
        headers["X-Downlink-Apikey"] = webhook.downlink_api_key
        urls = (_queue_url(webhook, ids, public_address, name) for name in OPERATIONS)
        headers |= zip(("X-Downlink-Push", "X-Downlink-Replace"), urls, strict=True)
    if domain := _split(public_address).netloc:
        headers["X-Tts-Domain"] = domain
    return headers | {"Content-Type": FORMATS[webhook.format]}


def _canonical(name: str) -> str:
    """A header's name as Go's ``http.Header`` spells it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _queue_url(webhook: Webhook, ids: Mapping[str, str | None], public_address: str, operation: str) -> str:
    application, device = ids.get("application_id") or "", ids.get("device_id") or ""
    place = f"applications/{application}/webhooks/{webhook.webhook_id}/devices/{device}"
    return f"{check_url(public_address)}/as/{place}/down/{operation}"


def webhook_request(webhook: Webhook, message: Mapping[str, Any], *, public_address: str = "") -> Request | None:
    """The request that a webhook makes for a message, or None where the message is not enabled.

    Raises:
        ContentError: as `webhook_url`; and for the format ``protobuf``, whose body octavo does not write.
    """
    kind = next((name for name in MESSAGES if message.get(name) is not None), None)
    if kind is None or kind not in webhook.paths:
        return None
    if webhook.format != "json":
        raise ContentError(f"octavo writes webhook bodies as json, not as {webhook.format}")
    ids = message_ids(message)
    url = webhook_url(webhook.base_url, webhook.paths[kind], ids)
    headers = webhook_headers(webhook, ids, public_address=public_address)
    return Request("POST", url, headers, dump_json(message))
