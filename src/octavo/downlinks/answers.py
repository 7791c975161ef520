"""What a network server answers to a downlink, in words, and never with the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from octavo._http import host_of
from octavo.errors import ContentError, Error
from octavo.networks.wire import member, parse_json, text_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from octavo._http import Response
    from octavo.networks.message import Request

WORDS = {
    400: "it refuses the request",
    401: "the API key is missing or wrong",
    403: "the API key has no right to do this",
    404: "it knows no such application, webhook or end device",
    406: "the webhook is paused, and takes no downlinks meanwhile",
    409: "it collides with something that is there, or happens at the same time",
    413: "the request is too large",
    429: "too many requests",
}
"""What a status means here. Source: The Things Stack documentation, "Scheduling Downlinks" and "Troubleshooting
Webhooks"; lorawan-stack, pkg/applicationserver/io/web/webhooks.go (handleDown)."""

NEEDS = {
    "/down/": "downlinks need the right to write downlink application traffic",
    "field_mask=attributes": "attributes need the right to view devices",
}
"""What a key of The Things Stack needs, by what stands in the URL. Source: lorawan-stack, api/ttn/lorawan/v3/
rights.proto (RIGHT_APPLICATION_TRAFFIC_DOWN_WRITE, RIGHT_APPLICATION_DEVICES_READ)."""

CAUSES_MAX = 4
"""Causes under an error that are told."""

ATTRIBUTE = re.compile(r"\{(\w{1,50})\}")

FORBIDDEN = 403

CODES = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}
"""Source: gRPC documentation, "Status codes and their use in gRPC"."""

TEXT_MAX = 200
"""Characters of the server's own words that are passed on."""

WORDS_MAX = 60
"""Likewise of an answer that is none of a network server's."""

PART_MIN = 16
"""Characters from which a part of a key is as secret as the whole: keys are ``NNSXS.<id>.<secret>``."""

HIDDEN = "…"
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
BEARER = re.compile(r"(?i)bearer\s+(.+)")
URL_KEY = re.compile(r"[?&]key=([^&#]+)|://[^/?#@]*:([^/?#@]+)@")
"""Where a URL holds a secret: ``key`` in the query of v2, and a password."""
REDIRECTIONS = range(300, 400)
TROUBLE = 500


class ServerError(Error):
    """A network server refused a request, or could not do it.

    ``name`` is the server's own (``webhook_not_found``) or ``server``, ``code`` its gRPC code where it told one.

    Attributes:
        status: the HTTP status.
        retry_after_s: seconds after which it wants to be asked again, or None.
    """

    default_name = "server"

    def __init__(self, message: str, *, status: int = 0, retry_after_s: float | None = None, **members: Any) -> None:
        super().__init__(message, **members)
        self.status = status
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[Any, ...]:
        """As every octavo error, with its own attributes."""
        rebuild, (kind, message, state) = super().__reduce__()
        return rebuild, (kind, message, {**state, "status": self.status, "retry_after_s": self.retry_after_s})


def refusal(request: Request, response: Response) -> ServerError:
    """The error for an answer that is no success."""
    value = _json(response.body)
    details = member(value, "details")
    detail = next((each for each in details if text_member(each, "name")), None) if isinstance(details, list) else None
    name, code = text_member(detail, "name"), member(value, "code")
    told = _shortened(without_keys(_printable("; ".join([*_told(value, response), *_causes(detail)])), request))
    words = _words(request, response)
    sentence = f"{host_of(request.url)} answered {response.status}: {words}{': ' if told else ''}{told}"
    return ServerError(
        _printable(sentence),
        status=response.status,
        retry_after_s=response.retry_after_s,
        name=name if name and NAME.fullmatch(name) else None,
        code=CODES.get(code) if isinstance(code, int) else None,
    )


def is_told(response: Response) -> bool:
    """Whether an answer that is a success may be a network server's: a JSON object, or nothing.

    A login page is a success too. Source: lorawan-stack, pkg/applicationserver/io/web/webhooks.go (handleDown answers
    nothing); grpc-gateway, ForwardResponseMessage (JSON), in front of the other routes and of ChirpStack.
    """
    body = response.body.lstrip()
    return not body or body.startswith(b"{")


def misled(request: Request, response: Response) -> ServerError:
    """The error for a success that no network server answers, with what was got."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip() or "no content type"
    text = without_keys(" ".join(response.body.decode("utf-8", "replace").split()), request)
    words = f"{text[:WORDS_MAX]}{'…' if len(text) > WORDS_MAX else ''}" or "nothing"
    sentence = (
        f"{host_of(request.url)} answered {response.status} with {kind}, where a network server answers JSON: "
        f"is its address (--server) right? It said: {words}"
    )
    return ServerError(_printable(sentence), status=response.status)


def _json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ContentError:
        return None


def _words(request: Request, response: Response) -> str:
    if response.status in REDIRECTIONS:
        return f"it redirects to {_origin(response)}: give that address, for a key follows no redirection"
    if response.status >= TROUBLE:
        words = "it has trouble of its own"
    else:
        words = WORDS.get(response.status, "it does not do that")
    if response.status == FORBIDDEN:
        words += "".join(f": {need}" for part, need in NEEDS.items() if part in request.url)
    if response.retry_after_s is not None:
        words += f", to be tried again after {response.retry_after_s:g} s"
    return words


def _origin(response: Response) -> str:
    """Where a redirection leads, without its path and query: they may hold a key."""
    location = response.headers.get("location", "")
    scheme, sign, _ = location.partition("://")
    return f"{scheme}://{host_of(location)}" if sign and scheme in {"http", "https"} else "another path"


def _told(value: Any, response: Response) -> list[str]:
    """The server's own sentence, if it has one: a member of its JSON, or a plain text."""
    plain = response.headers.get("content-type", "").startswith("text/plain")
    text = text_member(value, "message") or text_member(value, "error")
    text = text or (response.body.decode("utf-8", "replace") if plain else "")
    return [" ".join(text.split())] if text.strip() else []


def _causes(detail: Any) -> Iterator[str]:
    """What lies under an error of The Things Stack: it says what was wrong, where the error says what was wanted.

    Source: lorawan-stack, api/ttn/lorawan/v3/error.proto, ErrorDetails (cause, message_format, attributes).
    """
    cause = member(detail, "cause")
    for _ in range(CAUSES_MAX):
        if text := text_member(cause, "message_format"):
            yield _filled(text, member(cause, "attributes"))
        cause = member(cause, "cause")


def _filled(text: str, attributes: Any) -> str:
    """A text with the attributes that it names in braces."""
    return ATTRIBUTE.sub(lambda found: str(member(attributes, found[1]) or found[0]), text)


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"


def without_keys(text: str, request: Request, hidden: str = HIDDEN) -> str:
    """A text without the keys that a request carries, in its headers or in its URL."""
    for key in sorted(_keys(request), key=len, reverse=True):
        text = text.replace(key, hidden)
    return text


def _keys(request: Request) -> set[str]:
    """The keys, as they are written and as they are meant, with the parts of them that are secret by themselves."""
    bearers = (BEARER.fullmatch(value) for value in request.headers.values())
    whole = {found[1] for found in bearers if found} | {
        key for pair in URL_KEY.findall(request.url) for key in pair if key
    }
    whole |= {decode(key) for key in whole for decode in (unquote, unquote_plus)}
    return whole | {part for key in whole for part in key.split(".") if len(part) >= PART_MIN}
