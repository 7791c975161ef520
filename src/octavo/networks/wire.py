"""The wire spelling of scalars and of JSON: what all networks read and write alike."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from typing import Any

from octavo.errors import ContentError, PayloadError
from octavo.messages import Finding
from octavo.payload import from_base64

F_PORT_MAX = 255
F_PORT_TEST = 224
"""Port of the device test protocol, never of an application. Source: LoRaWAN L2 1.0.4, section 4.3.2."""

F_PORT_APPLICATION_MAX = 223
"""Highest port for applications; above it are reserved ones. Source: LoRaWAN L2 1.0.4, section 4.3.2."""

FRM_PAYLOAD_MAX = 255
"""Bytes. Source: lorawan-stack, api/ttn/lorawan/v3/messages.proto, ApplicationDownlink.frm_payload."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
DIGITS = re.compile(r"[0-9]{1,20}")
SHOWN_MAX = 40
INTEGER_SHOWN_MAX = 10**18


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:SHOWN_MAX]} is beyond what a double holds")
    return value


def _integer(text: str) -> int:
    _number(text)  # Python's own limit is 4300 digits, and a sentence of its own
    return int(text)


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


DECODER = json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=_constant)
SPACE = re.compile(r"[ \t\n\r]*")


def parse_json(text: str | bytes | bytearray | memoryview, *, trailing: bool = False, first_line: int = 1) -> Any:
    """The value of a JSON text; of a key written twice the last counts, as in Go and JavaScript.

    Args:
        text: the text, or its UTF-8 bytes; a byte order mark is passed over.
        trailing: whether something may follow the value.
        first_line: number of the text's first line in its file; errors count on from there.

    Raises:
        ContentError: with line, column and offset where they are known: not UTF-8, not JSON, ``NaN`` and
            the like, a number beyond a double, or nested deeper than this Python can read.
    """
    source = _decoded(text)
    start = SPACE.match(source).end()  # type: ignore[union-attr] # the pattern matches everywhere
    try:
        value, end = DECODER.raw_decode(source, start)
    except json.JSONDecodeError as error:
        raise _not_json(error, first_line) from error
    except ValueError as error:
        raise ContentError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ContentError("not JSON that can be read here: nested too deeply") from error
    if not trailing and source[end:].strip(" \t\n\r"):
        raise _not_json(json.JSONDecodeError("something follows the value", source, end), first_line)
    return value


def _decoded(text: str | bytes | bytearray | memoryview) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return bytes(text).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(f"not JSON: not UTF-8 at byte {error.start}", offset=error.start) from error


def _not_json(error: json.JSONDecodeError, first_line: int) -> ContentError:
    line, column = first_line + error.lineno - 1, error.colno
    message = f"not JSON: {error.msg} (line {line}, column {column})"
    return ContentError(message, line=line, column=column, offset=error.pos)


def dump_json(value: Any) -> bytes:
    """A value as compact JSON, in ASCII.

    Raises:
        ContentError: where JSON cannot say it: ``NaN``, a type of Python's own, a cycle, too deep nesting.
    """
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise ContentError(f"cannot be written as JSON: {error}") from error
    except RecursionError as error:
        raise ContentError("cannot be written as JSON: nested too deeply") from error


def member(value: Any, *names: str) -> Any:
    """The member at the end of a path of names, or None where any step is missing or is no object."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_member(value: Any, *names: str) -> str | None:
    """`member`, where it is a text that is not empty."""
    found = member(value, *names)
    return found if isinstance(found, str) and found else None


def proto_member(value: Any, name: str) -> Any:
    """A member by its snake_case name, or by the camelCase one: JSON of protocol buffers may have either."""
    if not isinstance(value, dict):
        return None
    found = value.get(name)
    return value.get(_camel(name)) if found is None else found


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def read_uint(value: Any, path: str, *, maximum: int) -> int:
    """A whole number from 0, written as number or as decimal text; None is 0.

    Source: protocol buffers, JSON mapping: ``uint32`` may be read from a number or a string.

    Raises:
        ContentError: for anything else; ``path`` is the place in the message.
    """
    if isinstance(value, str) and DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= maximum:
        raise misfit(value, path, f"a whole number from 0 to {maximum}")
    return value


def read_bool(value: Any, path: str) -> bool:
    """A boolean; None is False. Raises `ContentError` for anything else."""
    if value is not None and not isinstance(value, bool):
        raise misfit(value, path, "true or false")
    return bool(value)


def read_object(value: Any, path: str) -> dict[str, Any] | None:
    """An object; None is none. Raises `ContentError` for anything else."""
    if value is not None and not isinstance(value, dict):
        raise misfit(value, path, "an object")
    return value


def read_bytes(value: Any, path: str) -> bytes:
    """Bytes from base64 in either alphabet, padded or not; None is no bytes.

    Raises:
        ContentError: where it is no text.
        PayloadError: where the text is no base64; ``offset`` is the character.
    """
    if value is None:
        return b""
    if not isinstance(value, str):
        raise misfit(value, path, "base64 text")
    try:
        return from_base64(value)
    except PayloadError as error:
        raise PayloadError(f"{path}: {error.message}", path=path, offset=error.offset) from error


def read_time(value: Any) -> str | None:
    """The text of a moment if it is one in RFC 3339, with all its digits; else None."""
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return value


def check_f_port(f_port: int, path: str) -> None:
    """Refuse the ports that no application may send to.

    Source: The Things Stack's API takes 1 to 223 and 225 to 255 for downlinks
    (lorawan-stack, api/ttn/lorawan/v3/messages.proto, ApplicationDownlink.f_port).

    Raises:
        ContentError: for 224, for numbers outside 0 to 255, and for what is no whole number.
    """
    if type(f_port) is not int or not 0 <= f_port <= F_PORT_MAX or f_port == F_PORT_TEST:
        raise misfit(f_port, path, "an FPort from 1 to 223, or from 225 to 255")


def port_findings(f_port: int, path: str) -> tuple[Finding, ...]:
    """The finding for a port that exists but is not one of an application's."""
    if f_port <= F_PORT_APPLICATION_MAX:
        return ()
    message = f"FPort {f_port} is above {F_PORT_APPLICATION_MAX}, the last one for applications"
    return (Finding(path, message, f_port, "octavo:message#f_port"),)


def size_findings(frm_payload: bytes, path: str) -> tuple[Finding, ...]:
    """The finding for a payload that no LoRaWAN frame can hold."""
    size = len(frm_payload)
    if size <= FRM_PAYLOAD_MAX:
        return ()
    message = f"the payload has {size} bytes; no frame holds more than {FRM_PAYLOAD_MAX}"
    return (Finding(path, message, size, "octavo:message#frm_payload"),)


def check_url(url: str) -> str:
    """The URL itself, if it is one of HTTP without spaces or control characters; else `ContentError`."""
    if not url.startswith(("https://", "http://")) or not url.isprintable() or " " in url:
        raise ContentError(f"{url.partition('?')[0]!r} is no http or https URL")
    return url


def check_key(api_key: str) -> str:
    """The API key itself, if a header can hold it; else `ContentError`."""
    if not api_key.isprintable() or not api_key:
        raise ContentError("the API key is empty or holds a character that no header may hold")
    return api_key


def misfit(value: Any, path: str, expected: str) -> ContentError:
    """The error for a value that is not what its place wants."""
    return ContentError(f"{path}: found {show(value)}, expected {expected}", path=path)


def show(value: Any) -> str:
    """A value in few words, for a sentence; big ones by their type, since `repr` of those may fail."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) > INTEGER_SHOWN_MAX:
        return "a huge number"
    text = json.dumps(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"
